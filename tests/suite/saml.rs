//! Assertions of SAML: what holds, what does not, and every known attack.

use local_sts::federation::saml::attributes::{Unmet, Wanted, named_roles, names_role};
use local_sts::federation::saml::sign::{Hash, Sealing, Style};
use local_sts::federation::saml::{DecryptionKey, Encryption, Flaw, Hole, Metadata, Rejection, Rules, Sha1Is};
use local_sts::idp::saml::defects::Defect;
use local_sts::idp::saml::mint::{Order, SIGN_IN};
use local_sts::idp::saml::shapes::{ALL, DEFAULT, Shape};
use local_sts::ids::Partition;

use crate::support::golden;
use crate::support::saml::*;
use crate::support::saml_long::{self as long, Long};

#[test]
fn the_documents_of_every_well_known_identity_provider_hold() {
    for shape in &ALL {
        let response = shaped(shape).mint(now(), CHANCE).unwrap();
        let verified = verdict(&response).unwrap_or_else(|why| panic!("{}: {why}", shape.name));
        assert_eq!(verified.subject(), "alice", "{}", shape.name);
        assert_eq!(names_role(&verified, ROLE, PROVIDER), Ok(()), "{}", shape.name);
        assert_eq!(Wanted::of(&verified).unwrap().session_name.to_string(), "alice", "{}", shape.name);
        golden(&format!("fixtures/saml/shapes/{}.xml", shape.name), &shaped(shape).mint_xml(now(), CHANCE).unwrap());
    }
}

/// What comes of a defect, in one word.
fn outcome(defect: Defect) -> String {
    match verdict(&spoilt(defect).mint(now(), CHANCE).unwrap()) {
        Ok(verified) => format!("holds for {}", verified.subject()),
        Err(Rejection::NotAResponse(_)) => "no response".to_owned(),
        Err(Rejection::BadSignature(_)) => "bad signature".to_owned(),
        Err(Rejection::Unsigned) => "unsigned".to_owned(),
        Err(Rejection::UnknownIssuer(_)) => "unknown issuer".to_owned(),
        Err(Rejection::NoSubject) => "nobody".to_owned(),
        Err(Rejection::Expired { .. }) => "expired".to_owned(),
        Err(Rejection::Stale { .. }) => "stale".to_owned(),
        Err(Rejection::FromTheFuture { .. }) => "from the future".to_owned(),
        Err(other) => format!("{other:?}"),
    }
}

#[test]
fn every_defect_is_found_and_no_forged_subject_is_believed() {
    let bad_signature = [
        Defect::SignedByStranger,
        Defect::Altered,
        Defect::AlteredRole,
        Defect::TwoSignedInfos,
        Defect::CommentInDigest,
        Defect::PlantedDigest,
        Defect::EmptyReference,
        Defect::ForeignReference,
        Defect::Pointer,
        Defect::TwoReferences,
        Defect::XpathTransform,
        Defect::Hmac,
        Defect::ObjectInSignature,
    ];
    for defect in Defect::ALL.iter().copied() {
        let expect = match defect {
            Defect::Unsigned | Defect::OnlyResponseSigned => "unsigned",
            Defect::WrongIssuer => "unknown issuer",
            Defect::Expired => "expired",
            Defect::Stale => "stale",
            Defect::FromTheFuture => "from the future",
            Defect::NoNameId => "nobody",
            // What was read is what was signed: the whole name, comment or not.
            Defect::CommentInName | Defect::NoSessionName => "holds for alice",
            _ if bad_signature.contains(&defect) => "bad signature",
            _ => "no response",
        };
        assert_eq!(outcome(defect), expect, "{}", defect.name());
    }
}

#[test]
fn every_defect_is_kept_as_a_fixture() {
    for defect in Defect::ALL {
        let xml = spoilt(*defect).mint_xml(now(), CHANCE).unwrap();
        golden(&format!("fixtures/saml/attacks/{}.xml", defect.name()), &xml);
    }
    let list: String = Defect::ALL
        .iter()
        .map(|defect| format!("| `{}` | {} | {} |\n", defect.name(), defect.how(), outcome(*defect)))
        .collect();
    golden("fixtures/saml/attacks/README.md", &format!("{ATTACKS}{list}"));
}

const ATTACKS: &str = "# Responses that are wrong on purpose\n\nWritten by `UPDATE=1 cargo test --test suite saml` from \
`src/idp/saml/defects.rs`, which says how each is made from a good document;\ntheir time is 2031-02-03T04:05:06Z, their \
key `../keys/demo.key.pem`. The last column is what becomes of each.\n\n| file | how it is made | what becomes of it \
|\n| --- | --- | --- |\n";

#[test]
fn a_wrapped_document_says_why_it_does_not_hold() {
    let why = |defect| verdict(&spoilt(defect).mint(now(), CHANCE).unwrap()).err().unwrap().to_string();
    assert_eq!(why(Defect::Wrapped3), "no Response that can be used: there must be exactly one Assertion");
    assert_eq!(why(Defect::Wrapped4), "no Response that can be used: Assertion stands where it must not");
    assert_eq!(why(Defect::ForeignReference).split(':').next(), Some("the signature does not hold"));
}

/// Any change in what is signed, letter by letter, makes the whole void.
#[test]
fn whatever_is_changed_in_what_is_signed_is_noticed() {
    let xml = order().mint_xml(now(), CHANCE).unwrap();
    let start = xml.find("<saml:Assertion").unwrap();
    let end = xml.find("</saml:Assertion>").unwrap() + "</saml:Assertion>".len();
    let unsigned = xml.find("<ds:SignatureValue>").unwrap()..xml.find("</ds:Signature>").unwrap();
    assert!(verdict_of_xml(&xml).is_ok());
    for at in (start..end).filter(|at| !unsigned.contains(at)) {
        let letter = xml.as_bytes()[at];
        let other = if letter == b'x' { "y" } else { "x" };
        let changed = [&xml[..at], other, &xml[at + 1..]].concat();
        assert!(verdict_of_xml(&changed).is_err(), "{at}: {}", &xml[at.saturating_sub(20)..at + 20]);
        let shorter = [&xml[..at], &xml[at + 1..]].concat();
        let blank = letter == b' ' || letter == b'\n' || at % 7 != 0;
        assert!(blank || verdict_of_xml(&shorter).is_err(), "{at}: {}", &xml[at.saturating_sub(20)..at + 20]);
    }
}

#[test]
fn a_changed_signature_value_is_noticed() {
    let xml = order().mint_xml(now(), CHANCE).unwrap();
    let start = xml.find("<ds:SignatureValue>").unwrap() + "<ds:SignatureValue>".len();
    for at in (start..start + 340).step_by(17) {
        let other = if xml.as_bytes()[at] == b'A' { "B" } else { "A" };
        let changed = [&xml[..at], other, &xml[at + 1..]].concat();
        assert_eq!(verdict_of_xml(&changed).err(), Some(Rejection::BadSignature(Flaw::Value)), "{at}");
    }
}

#[test]
fn what_key_info_says_is_not_read() {
    let xml = order().mint_xml(now(), CHANCE).unwrap();
    let (head, rest) = xml.split_once("<ds:KeyInfo>").unwrap();
    let (_, tail) = rest.split_once("</ds:KeyInfo>").unwrap();
    assert!(verdict_of_xml(&format!("{head}{tail}")).is_ok());
    assert!(verdict_of_xml(&format!("{head}<ds:KeyInfo><ds:KeyName>other</ds:KeyName></ds:KeyInfo>{tail}")).is_ok());
}

#[test]
fn base64_comes_as_forms_wrap_it_and_in_no_other_way() {
    let response = order().mint(now(), CHANCE).unwrap();
    let wrapped: String =
        response.as_bytes().chunks(76).map(|line| format!("{}\r\n", std::str::from_utf8(line).unwrap())).collect();
    assert!(verdict(&wrapped).is_ok());
    assert_eq!(verdict(&response.replace('+', "-").replace('/', "_")).err(), Some(Hole::Base64.into()));
    assert_eq!(verdict("no base64!").err(), Some(Hole::Base64.into()));
    assert_eq!(verdict("/////w==").err(), Some(Hole::Encoding.into()));
    assert!(matches!(verdict("aGVsbG8=").err(), Some(Rejection::NotAResponse(Hole::Xml(_)))));
    assert_eq!(verdict_of_xml("<Response/>").err(), Some(Hole::Root.into()));
}

#[test]
fn times_end_without_grace_and_begin_whenever_they_like() {
    let response = order().mint(now(), CHANCE).unwrap();
    let at = |seconds| verdict_at(&response, now().plus_seconds(seconds), Rules::default()).err();
    assert_eq!(at(299), None);
    assert!(matches!(at(300), Some(Rejection::Expired { of: "SubjectConfirmationData", .. })));
    // B-766: what is over and too old is too old.
    assert!(matches!(at(301), Some(Rejection::Stale { .. })));
    // NotBefore is a minute before the issue; AWS does not look at it.
    assert_eq!(at(-299), None);
    assert!(matches!(at(-301), Some(Rejection::FromTheFuture { .. })));
    let long = Order { seconds: 3600, ..order() }.mint(now(), CHANCE).unwrap();
    let at = |seconds| verdict_at(&long, now().plus_seconds(seconds), Rules::default()).err();
    assert_eq!(at(300), None);
    assert!(matches!(at(301), Some(Rejection::Stale { .. })));
    let short = Order { session_seconds: Some(60), ..order() }.mint(now(), CHANCE).unwrap();
    let gone = verdict_at(&short, now().plus_seconds(60), Rules::default()).err();
    assert!(matches!(gone, Some(Rejection::Expired { of: "SessionNotOnOrAfter", .. })));
}

#[test]
fn what_aws_does_not_look_at_is_looked_at_by_the_standard() {
    let strict = Rules { by_the_standard: true, ..Rules::default() };
    let judge = |order: Order, seconds: i64| {
        let response = order.mint(now(), CHANCE).unwrap();
        assert!(verdict_at(&response, now().plus_seconds(seconds), Rules::default()).is_ok());
        verdict_at(&response, now().plus_seconds(seconds), strict).err()
    };
    assert_eq!(judge(order(), 0), None);
    let elsewhere = Order { audience: "urn:elsewhere".to_owned(), ..order() };
    assert_eq!(judge(elsewhere, 0), Some(Rejection::WrongAudience(vec!["urn:elsewhere".to_owned()])));
    assert!(matches!(judge(order(), -61), Some(Rejection::NotYetValid { .. })));
}

/// By the standard: to whom a provider of each partition has assertions delivered, and how AWS is called there.
#[test]
fn by_the_standard_an_assertion_is_for_aws_and_for_this_provider_alone() {
    let metadata = Metadata::parse(&demo_metadata()).unwrap();
    let strict = Rules { by_the_standard: true, ..Rules::default() };
    let recipient = |partition: Partition, text: &str| {
        let audience = match partition {
            Partition::Aws => "urn:amazon:webservices",
            Partition::China => "urn:amazon:webservices:cn-north-1",
            Partition::UsGov => "urn:amazon:webservices:govcloud",
        };
        let order = Order { recipient: text.to_owned(), audience: audience.to_owned(), ..order() };
        let response = order.mint(now(), CHANCE).unwrap();
        assert!(provider_in(partition, &metadata).verify(&response, Rules::default(), now()).is_ok());
        provider_in(partition, &metadata).verify(&response, strict, now()).err()
    };
    for (partition, text) in [
        (Partition::Aws, "https://signin.aws.amazon.com/saml"),
        (Partition::Aws, "https://eu-west-1.signin.aws.amazon.com/saml"),
        (Partition::Aws, "https://me-south-1.signin.aws.amazon.com/saml"),
        (Partition::Aws, "https://signin.aws.amazon.com/saml/acs/SAMLSPABCDEFGHIJKLMNOP"),
        (Partition::Aws, "https://us-west-2.signin.aws.amazon.com/saml/acs/SAMLSPABCDEFGHIJKLMNOP"),
        (Partition::China, "https://signin.amazonaws.cn/saml"),
        (Partition::China, "https://cn-northwest-1.signin.amazonaws.cn/saml"),
        (Partition::UsGov, "https://signin.amazonaws-us-gov.com/saml"),
        (Partition::UsGov, "https://us-gov-east-1.signin.amazonaws-us-gov.com/saml/acs/SAMLSPABCDEFGHIJKLMNOP"),
    ] {
        assert_eq!(recipient(partition, text), None, "{text}");
    }
    for (partition, text) in [
        (Partition::Aws, "not-a-url"),
        (Partition::Aws, ""),
        (Partition::Aws, "http://signin.aws.amazon.com/saml"),
        (Partition::Aws, "HTTPS://signin.aws.amazon.com/saml"),
        (Partition::Aws, "https://Signin.aws.amazon.com/saml"),
        (Partition::Aws, "https://signin.aws.amazon.com"),
        (Partition::Aws, "https://signin.aws.amazon.com/"),
        (Partition::Aws, "https://signin.aws.amazon.com/saml/"),
        (Partition::Aws, "https://signin.aws.amazon.com//saml"),
        (Partition::Aws, "https://signin.aws.amazon.com/saml?x=1"),
        (Partition::Aws, "https://signin.aws.amazon.com/saml#x"),
        (Partition::Aws, "https://signin.aws.amazon.com/SAML"),
        (Partition::Aws, "https://signin.aws.amazon.com/saml2"),
        (Partition::Aws, "https://signin.aws.amazon.com:443/saml"),
        (Partition::Aws, "https://signin.aws.amazon.com./saml"),
        (Partition::Aws, "https://a@signin.aws.amazon.com/saml"),
        (Partition::Aws, "https://signin.aws.amazon.com@evil.test/saml"),
        (Partition::Aws, "https://signin.aws.amazon.com.evil.test/saml"),
        (Partition::Aws, "https://evil.test/signin.aws.amazon.com/saml"),
        (Partition::Aws, "https://evil.testsignin.aws.amazon.com/saml"),
        (Partition::Aws, "https://evil.signin.aws.amazon.com/saml"),
        (Partition::Aws, "https://mars-north-1.signin.aws.amazon.com/saml"),
        (Partition::Aws, "https://eu-west-1.eu-west-1.signin.aws.amazon.com/saml"),
        (Partition::Aws, "https://.signin.aws.amazon.com/saml"),
        (Partition::Aws, "https://EU-WEST-1.signin.aws.amazon.com/saml"),
        (Partition::Aws, "https://signin.aws.amazon.com/saml/acs/SAMLSPAAAAAAAAAAAAAAAA"),
        (Partition::Aws, "https://signin.aws.amazon.com/saml/acs/SAMLSPABCDEFGHIJKLMNOPQ"),
        (Partition::Aws, "https://signin.aws.amazon.com/saml/acs/samlspabcdefghijklmnop"),
        (Partition::Aws, "https://signin.aws.amazon.com/saml/acs/"),
        (Partition::Aws, "https://signin.aws.amazon.com/saml/acs/SAMLSPABCDEFGHIJKLMNOP/"),
        (Partition::Aws, "https://cn-north-1.signin.aws.amazon.com/saml"),
        (Partition::Aws, "https://signin.amazonaws.cn/saml"),
        (Partition::China, "https://signin.aws.amazon.com/saml"),
        (Partition::China, "https://us-east-1.signin.amazonaws.cn/saml"),
        (Partition::UsGov, "https://signin.aws.amazon.com/saml"),
        (Partition::Aws, "http://127.0.0.1:4593/saml"),
    ] {
        assert_eq!(recipient(partition, text), Some(Rejection::WrongRecipient(text.to_owned())), "{text}");
    }
    let audience = |partition: Partition, text: &str| {
        let recipient =
            if partition == Partition::UsGov { "https://signin.amazonaws-us-gov.com/saml" } else { SIGN_IN };
        let order = Order { recipient: recipient.to_owned(), audience: text.to_owned(), ..order() };
        provider_in(partition, &metadata).verify(&order.mint(now(), CHANCE).unwrap(), strict, now()).err()
    };
    assert_eq!(audience(Partition::Aws, "https://signin.aws.amazon.com/saml"), None);
    assert_eq!(audience(Partition::Aws, "https://signin.aws.amazon.com/saml/acs/SAMLSPABCDEFGHIJKLMNOP"), None);
    assert_eq!(audience(Partition::UsGov, "urn:amazon:webservices:govcloud"), None);
    let wrong = |text: &str| Some(Rejection::WrongAudience(vec![text.to_owned()]));
    for text in ["urn:amazon:webservices:govcloud", "URN:amazon:webservices", "https://evil.signin.aws.amazon.com/saml"]
    {
        assert_eq!(audience(Partition::Aws, text), wrong(text));
    }
    assert_eq!(audience(Partition::UsGov, "urn:amazon:webservices"), wrong("urn:amazon:webservices"));
}

#[test]
fn sha_1_is_taken_only_where_somebody_says_so() {
    const OLD: Shape = Shape { style: Style { prefix: "ds", hash: Hash::Sha1, kept_prefixes: "" }, ..DEFAULT };
    let response = shaped(&OLD).mint(now(), CHANCE).unwrap();
    assert!(matches!(verdict(&response).err(), Some(Rejection::BadSignature(Flaw::Algorithm(_)))));
    let lenient = Rules { sha1: Sha1Is::Taken, ..Rules::default() };
    assert!(verdict_at(&response, now(), lenient).is_ok());
}

fn sealed(sealing: Sealing, owner: &str) -> Order {
    Order { encrypt_for: Some((certificate(owner), sealing)), ..order() }
}

fn opened_with(order: &Order, keys: &[DecryptionKey], encryption: Encryption) -> Result<String, Rejection> {
    let metadata = Metadata::parse(&demo_metadata()).unwrap();
    let provider = provider(&metadata, keys, encryption);
    let verified = provider.verify(&order.mint(now(), CHANCE).unwrap(), Rules::default(), now())?;
    Ok(verified.subject().to_owned())
}

#[test]
fn encrypted_assertions_are_opened_by_either_key_and_proved_within() {
    let keys = [private_key("curve"), private_key("provider-next"), private_key("provider")];
    for sealing in [Sealing::Aes128Cbc, Sealing::Aes256Cbc, Sealing::Aes128Gcm, Sealing::Aes256Gcm] {
        let order = sealed(sealing, "provider");
        assert_eq!(opened_with(&order, &keys, Encryption::Required), Ok("alice".to_owned()), "{sealing:?}");
        assert_eq!(opened_with(&order, &keys[..2], Encryption::Allowed), Err(Hole::Cipher.into()), "{sealing:?}");
        let around = Order { sign_response: Some(true), ..order.clone() };
        assert_eq!(opened_with(&around, &keys, Encryption::Allowed), Ok("alice".to_owned()), "{sealing:?}");
        // Anybody can encrypt: what is within needs a signature of its own.
        let unsigned = Order { defect: Some(Defect::OnlyResponseSigned), ..order };
        assert_eq!(opened_with(&unsigned, &keys, Encryption::Allowed), Err(Rejection::Unsigned), "{sealing:?}");
    }
    assert_eq!(opened_with(&order(), &keys, Encryption::Required), Err(Hole::Plain.into()));
    assert_eq!(opened_with(&order(), &keys, Encryption::Allowed), Ok("alice".to_owned()));
}

#[test]
fn a_broken_cipher_tells_nothing() {
    let keys = [private_key("provider")];
    let metadata = Metadata::parse(&demo_metadata()).unwrap();
    let provider = provider(&metadata, &keys, Encryption::Allowed);
    let xml = sealed(Sealing::Aes128Cbc, "provider").mint_xml(now(), CHANCE).unwrap();
    let judge = |xml: &str| {
        use base64::Engine as _;
        let encoded = base64::engine::general_purpose::STANDARD.encode(xml);
        provider.verify(&encoded, Rules::default(), now()).err()
    };
    assert_eq!(judge(&xml), None);
    for (at, _) in xml.match_indices("<xenc:CipherValue>").collect::<Vec<_>>() {
        let start = at + "<xenc:CipherValue>".len();
        let end = start + xml[start..].find('<').unwrap();
        for cut in ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(judge(&[&xml[..start], cut, &xml[end..]].concat()), Some(Hole::Cipher.into()));
        }
        let truncated = [&xml[..end - 24], &xml[end..]].concat();
        assert!(judge(&truncated).is_some());
    }
    let rsa15 = xml.replace("rsa-oaep-mgf1p", "rsa-1_5");
    assert_eq!(judge(&rsa15), Some(Hole::Cipher.into()));
    let elsewhere =
        xml.replace("<xenc:CipherData>", "<xenc:CipherData><xenc:CipherReference URI=\"file:///etc/passwd\"/>");
    assert!(judge(&elsewhere).is_none(), "a reference beside the value is not followed");
}

#[test]
fn attributes_say_what_the_session_shall_be() {
    let order = order()
        .attribute("SessionDuration", &["900"])
        .attribute("SourceIdentity", &["alice@example.com"])
        .attribute("PrincipalTag:Team", &["blue"])
        .attribute("TransitiveTagKeys", &["Team", "Cost"]);
    let verified = verdict(&order.mint(now(), CHANCE).unwrap()).unwrap();
    let Wanted { most_seconds, demands, .. } = Wanted::of(&verified).unwrap();
    assert_eq!(most_seconds, Some(900));
    assert_eq!(demands.source_identity.as_deref(), Some("alice@example.com"));
    assert_eq!(demands.tags, [("Team".to_owned(), "blue".to_owned())]);
    assert_eq!(demands.transitive, ["Team", "Cost"]);
    assert_eq!(named_roles(&verified), [(ROLE, PROVIDER)]);
}

#[track_caller]
fn check_unmet(order: Order, expect: Unmet) {
    let verified = verdict(&order.mint(now(), CHANCE).unwrap()).unwrap();
    assert_eq!(Wanted::of(&verified).err(), Some(expect));
}

#[test]
fn attributes_that_make_no_sense_are_refused() {
    check_unmet(Order { session_name: None, ..order() }, Unmet::NoSessionName);
    check_unmet(Order { session_name: Some(" ".to_owned()), ..order() }, Unmet::NoSessionName);
    check_unmet(Order { session_name: Some("a b".to_owned()), ..order() }, Unmet::SessionName);
    check_unmet(Order { session_name: Some("alice\u{a0}".to_owned()), ..order() }, Unmet::SessionName);
    check_unmet(Order { session_name: Some("a".to_owned()), ..order() }, Unmet::SessionName);
    check_unmet(Order { session_name: Some("a".repeat(65)), ..order() }, Unmet::SessionName);
    check_unmet(order().attribute("RoleSessionName", &["bob"]), Unmet::Repeated("RoleSessionName"));
    check_unmet(order().attribute("SessionDuration", &["899"]), Unmet::Duration);
    check_unmet(order().attribute("SessionDuration", &["an hour"]), Unmet::Duration);
    check_unmet(order().attribute("SourceIdentity", &["aws:alice"]), Unmet::SourceIdentity);
    check_unmet(order().attribute("SourceIdentity", &[&"a".repeat(65)]), Unmet::SourceIdentity);
    check_unmet(order().attribute("PrincipalTag:Team", &["blue", "red"]), Unmet::Tag);
}

#[test]
fn a_role_is_named_with_its_provider_in_either_order_and_whole() {
    let names = |role: &str, provider: &str, wanted: &str| {
        let order = Order { roles: vec![(role.to_owned(), provider.to_owned())], ..order() };
        let verified = verdict(&order.mint(now(), CHANCE).unwrap()).unwrap();
        names_role(&verified, wanted, PROVIDER)
    };
    let judge = |role: &str, provider: &str| names(role, provider, ROLE);
    assert_eq!(judge(ROLE, PROVIDER), Ok(()));
    assert_eq!(judge(PROVIDER, ROLE), Ok(()));
    assert_eq!(judge(&format!(" {ROLE} "), &format!("\n{PROVIDER} ")), Ok(()));
    for (role, provider) in [
        (ROLE, "arn:aws:iam::444455556666:saml-provider/other"),
        (ROLE, ROLE),
        (ROLE, &format!("{PROVIDER},{PROVIDER}") as &str),
        (ROLE, &format!("x,{PROVIDER}")),
        (&format!("{ROLE}\n{ROLE}"), PROVIDER),
        (&format!("{ROLE}\u{a0}"), PROVIDER),
        (&ROLE.to_uppercase(), PROVIDER),
    ] {
        assert_eq!(judge(role, provider), Err(Unmet::OtherRoles), "{role},{provider}");
    }
    // Names of roles may have commas, which part them here as well.
    let parted = format!("{ROLE},b");
    for (one, other) in [(&*parted, PROVIDER), (PROVIDER, &parted)] {
        assert_eq!(names(one, other, &parted), Err(Unmet::OtherRoles), "{one},{other}");
    }
}

#[test]
fn the_metadata_of_every_well_known_identity_provider_is_taken() {
    for (name, entity) in [
        ("okta", "http://www.okta.test/exk1"),
        ("entra", "https://sts.windows.test/tenant/"),
        ("adfs", "http://adfs.test/adfs/services/trust"),
        ("keycloak", "https://keycloak.test/realms/demo"),
        ("google", "https://accounts.google.test/o/saml2?idpid=C01"),
        ("ping", "ping.test"),
        ("shibboleth", "https://idp.shibboleth.test/idp/shibboleth"),
        ("simplesamlphp", "https://ssp.test/simplesaml/saml2/idp/metadata.php"),
        ("no-use", "https://no-use.test/saml"),
    ] {
        let document = fixture(&format!("metadata/{name}.xml"));
        let metadata = Metadata::parse(&document).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!(metadata.entity_ids().collect::<Vec<_>>(), [entity], "{name}");
        let provider = provider(&metadata, &[], Encryption::Allowed);
        let response = Order { issuer: entity.to_owned(), ..order() }.mint(now(), CHANCE).unwrap();
        provider.verify(&response, Rules::default(), now()).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!(
            Metadata::parse(&format!("\u{feff}{document}"))
                .err()
                .map(|fault| fault.to_string().contains("ByteOrderMark")),
            Some(true)
        );
    }
}

#[track_caller]
fn check_no_metadata(document: &str, expect: &str) {
    let padding = format!("<!-- {} -->", "padding ".repeat(125));
    let fault =
        Metadata::parse(&format!("{document}{padding}")).err().map(|fault| fault.to_string()).unwrap_or_default();
    assert!(fault.contains(expect), "{document}: {fault}");
}

/// Federation C1: what IAM answers to a bad document, `Could not parse metadata` or that nobody issues assertions.
#[test]
fn metadata_that_iam_would_refuse_is_refused() {
    let good = fixture("metadata/no-use.xml");
    let change = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    check_no_metadata(&change(" entityID=\"https://no-use.test/saml\"", ""), "no entityID");
    check_no_metadata("<other/>", "no EntityDescriptor");
    check_no_metadata("<EntityDescriptor entityID=\"x\"/>", "no EntityDescriptor");
    check_no_metadata(&change("X509Certificate>", "X509Certificate>!"), "a certificate cannot be decoded");
    check_no_metadata(&change("X509Certificate>MII", "X509Certificate>AII"), "a certificate cannot be decoded");
    let of = |name: &str| {
        let pem = fixture(&format!("keys/{name}.cert.pem"));
        let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let (head, rest) = good.split_once("<ds:X509Certificate>").unwrap();
        let (_, tail) = rest.split_once("</ds:X509Certificate>").unwrap();
        format!("{head}<ds:X509Certificate>{text}</ds:X509Certificate>{tail}")
    };
    check_no_metadata(&of("tiny"), "its key is too small");
    assert!(Metadata::parse(&of("small")).is_ok() && Metadata::parse(&of("curve")).is_ok());
    let empty = "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"x\"/>";
    check_no_metadata(empty, "nobody who issues assertions");
    check_no_metadata("<!DOCTYPE x><x/>", "cannot be read");
    assert!(Metadata::parse(empty).err().unwrap().to_string().contains("AWS takes 1000 to 10000000"));
    // No key at all, or only one for encryption, is taken; such a provider verifies nothing.
    let without = change("KeyDescriptor>", "KeyDescriptor use=\"encryption\">");
    let metadata = Metadata::parse(&without).unwrap();
    let provider = provider(&metadata, &[], Encryption::Allowed);
    let response = Order { issuer: "https://no-use.test/saml".to_owned(), ..order() }.mint(now(), CHANCE).unwrap();
    assert_eq!(provider.verify(&response, Rules::default(), now()).err(), Some(Rejection::BadSignature(Flaw::Value)));
}

#[test]
fn the_keys_of_one_entity_do_not_vouch_for_another() {
    let entity = |id: &str, key: &str| {
        let pem = fixture(&format!("keys/{key}.cert.pem"));
        let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        format!(
            "<md:EntityDescriptor entityID=\"{id}\"><md:IDPSSODescriptor><md:KeyDescriptor>\
             <ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data><ds:X509Certificate>{text}\
             </ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor></md:IDPSSODescriptor></md:EntityDescriptor>"
        )
    };
    let group = |one: &str, other: &str| {
        format!(
            "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{one}{other}</md:EntitiesDescriptor>"
        )
    };
    let metadata =
        Metadata::parse(&group(&entity("https://one.test", "demo"), &entity("https://two.test", "stranger"))).unwrap();
    let provider = provider(&metadata, &[], Encryption::Allowed);
    let judge = |issuer: &str, defect: Option<Defect>| {
        let order = Order { issuer: issuer.to_owned(), defect, ..order() };
        provider.verify(&order.mint(now(), CHANCE).unwrap(), Rules::default(), now()).err()
    };
    assert_eq!(judge("https://one.test", None), None);
    assert_eq!(judge("https://two.test", None), Some(Rejection::BadSignature(Flaw::Value)));
    assert_eq!(judge("https://two.test", Some(Defect::SignedByStranger)), None);
    assert_eq!(judge("https://three.test", None), Some(Rejection::UnknownIssuer("https://three.test".to_owned())));
    let same = group(&entity("https://one.test", "demo"), &entity("https://one.test", "stranger"));
    check_no_metadata(&same, "two entities have one entityID");
}

/// Documents that the xmlsec1 command line signed and encrypted.
#[test]
fn what_xmlsec1_signed_holds() {
    let both = crate::support::saml::metadata_of(&["demo", "curve", "curve-384", "curve-521", "small"]);
    let metadata = Metadata::parse(&both).unwrap();
    let keys = [private_key("provider")];
    let provider = provider(&metadata, &keys, Encryption::Allowed);
    let judge = |name: &str, rules: Rules| {
        use base64::Engine as _;
        let encoded = base64::engine::general_purpose::STANDARD.encode(fixture(&format!("foreign/{name}.xml")));
        provider.verify(&encoded, rules, now()).map(|verified| verified.subject().to_owned())
    };
    for name in [
        "rsa-sha256",
        "rsa-sha384",
        "rsa-sha512",
        "ecdsa-sha256",
        "ecdsa-sha384",
        "ecdsa-sha512",
        "curve-sha384",
        "curve-sha512",
        "curve-384-sha256",
        "curve-384-sha512",
        "curve-521-sha256",
        "curve-521-sha384",
        "small-sha256",
        "small-sha384",
        "small-sha512",
        "with-comments",
        "inclusive",
        "inclusive-with-comments",
        "inclusive-1.1",
        "inclusive-1.1-with-comments",
        "both",
        "aes128-cbc",
        "aes256-cbc",
        "aes128-gcm",
        "aes256-gcm",
        "blanks",
        "around-blanks",
    ] {
        assert_eq!(judge(name, Rules::default()), Ok("alice".to_owned()), "{name}");
    }
    // Whoever encrypts puts an assertion into the Response, and nothing beside it.
    assert_eq!(judge("around-element", Rules::default()), Err(Hole::Cipher.into()));
    assert_eq!(judge("stranger", Rules::default()), Err(Rejection::BadSignature(Flaw::Value)));
    for name in ["rsa-sha1", "small-sha1"] {
        assert!(matches!(judge(name, Rules::default()), Err(Rejection::BadSignature(Flaw::Algorithm(_)))), "{name}");
        let lenient = Rules { sha1: Sha1Is::Taken, ..Rules::default() };
        assert_eq!(judge(name, lenient), Ok("alice".to_owned()), "{name}");
    }
}

/// Any hash goes with any key, but a signature is one by the hash that it names and by the key that made it.
#[test]
fn a_signature_holds_by_its_own_hash_and_key_only() {
    let documents = [
        ("curve", "ecdsa", ["ecdsa-sha256", "curve-sha384", "curve-sha512"]),
        ("curve-384", "ecdsa", ["curve-384-sha256", "ecdsa-sha384", "curve-384-sha512"]),
        ("curve-521", "ecdsa", ["curve-521-sha256", "curve-521-sha384", "ecdsa-sha512"]),
        ("small", "rsa", ["small-sha256", "small-sha384", "small-sha512"]),
        ("demo", "rsa", ["rsa-sha256", "rsa-sha384", "rsa-sha512"]),
    ];
    let methods = ["sha256", "sha384", "sha512"];
    for (key, family, names) in documents {
        for (name, made_by) in names.iter().zip(methods) {
            let xml = fixture(&format!("foreign/{name}.xml"));
            for (known, _, _) in documents {
                let metadata = Metadata::parse(&crate::support::saml::metadata_of(&[known, "provider"])).unwrap();
                for method in methods {
                    let [from, to] = [made_by, method].map(|hash| format!("xmldsig-more#{family}-{hash}\""));
                    assert_eq!(xml.matches(&from).count(), 1, "{name}");
                    let verdict = verdict_by(&metadata, &xml.replace(&from, &to));
                    let expect = if (known, method) == (key, made_by) { Ok(()) } else { Err(Flaw::Value) };
                    assert_eq!(verdict.map(|_| ()), expect.map_err(Rejection::BadSignature), "{name} {known} {method}");
                }
            }
        }
    }
}

/// XML 1.0, 2.11 and 3.3.3: line ends are line feeds, in values spaces, and references to either are neither.
#[test]
fn blanks_mean_the_same_however_they_are_written() {
    let verified = verdict_of_xml(&fixture("foreign/blanks.xml")).unwrap();
    let expect =
        ("the blanks of values and\nreferences".to_owned(), vec!["one\ntwo\nthree\n\tfour\nfive\r\nsix".to_owned()]);
    assert_eq!(verified.attributes()[0], expect);
    for shape in &ALL {
        let order = shaped(shape).attribute("urn:two.words and more", &["one\nline"]);
        let xml = order.mint_xml(now(), CHANCE).unwrap();
        let said = |xml: &str| verdict_of_xml(xml).map(|verified| verified.attributes().to_vec());
        let honest = said(&xml);
        assert!(honest.is_ok(), "{}", shape.name);
        for blank in ["\n", "\t", "\r", "\r\n"] {
            let written = xml.replace("words and more", &format!("words{blank}and{blank}more"));
            assert_eq!(said(&written), honest, "{}: {blank:?}", shape.name);
        }
        for end in ["\r", "\r\n"] {
            assert_eq!(said(&xml.replace('\n', end)), honest, "{}: {end:?}", shape.name);
            let section = xml.replace("one\nline", &format!("<![CDATA[one{end}line]]>"));
            assert_eq!(said(&section), honest, "{}: {end:?}", shape.name);
        }
        for (from, to) in [
            ("words and", "words&#10;and"),
            ("words and", "words&#9;and"),
            ("words and", "words\n\nand"),
            ("words and", "words\u{a0}and"),
            ("one\nline", "one&#13;line"),
            ("one\nline", "one line"),
            ("one\nline", "<![CDATA[one\tline]]>"),
        ] {
            assert_eq!(
                said(&xml.replace(from, to)),
                Err(Rejection::BadSignature(Flaw::Digest)),
                "{}: {to}",
                shape.name
            );
        }
    }
}

/// Directories name groups with four of them each.
#[test]
fn values_may_have_as_many_equals_signs_as_they_like() {
    let groups = "CN=group,OU=unit,DC=corp,DC=test;".repeat(200);
    let order = order().attribute("urn:groups.one", &[&groups]).attribute(&format!("urn:{groups}."), &["one"]);
    let verified = verdict(&order.mint(now(), CHANCE).unwrap()).unwrap();
    assert_eq!(verified.values("urn:groups.one"), [groups]);
}

/// What would take long is refused before anything is done that could. Each of these meets one bound or another: of
/// depth, attributes, elements and prefixes; what no bound stops is at most the canonical form of 3000 elements with 24
/// prefixes. How long that takes, the measuring room says.
#[test]
fn documents_made_to_take_long_are_refused_at_the_first_bound() {
    let good = order().mint_xml(now(), CHANCE).unwrap();
    for Long { name, xml, refused_for } in long::all(&good, &fixture("foreign/inclusive.xml")) {
        assert!(xml.len() <= long::LONGEST, "{name}: {}", xml.len());
        let why = verdict_of_xml(&xml).err().map(|why| why.to_string()).unwrap_or_default();
        assert!(why.contains(refused_for), "{name}: {why}");
    }
    // Comments are signed by nobody, so a document may be full of them and hold.
    let comments = "<!---->".repeat((long::LONGEST - good.len()) / 7);
    assert!(verdict_of_xml(&good.replacen("<saml:Subject>", &format!("{comments}<saml:Subject>"), 1)).is_ok());
}
