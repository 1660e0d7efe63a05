//! What AWS looks at in a Response and what it does not, one rule after the other (federation C1 and C3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use local_sts::federation::saml::{DecryptionKey, Flaw, Hole, Metadata, NotMetadata, Rejection, VerifiedAssertion};
use local_sts::idp::saml::defects::Defect;
use local_sts::idp::saml::demo_signer;
use local_sts::idp::saml::mint::Order;
use local_sts::idp::saml::shapes::{ALL, DEFAULT};
use local_sts::secret::Secret;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::pkcs8::DecodePrivateKey as _;

use crate::support::saml::*;

/// A Response that said something else before it was signed.
#[track_caller]
fn edited(order: &Order, changes: &[(&str, &str)]) -> String {
    let unsigned = Order { defect: Some(Defect::Unsigned), ..order.clone() };
    let mut xml = unsigned.mint_xml(now(), CHANCE).unwrap();
    for (from, to) in changes {
        assert!(xml.contains(from), "{from} is not in {xml}");
        xml = xml.replacen(from, to, 1);
    }
    let id = xml.split("Assertion xmlns:saml=").nth(1).and_then(|rest| rest.split(" ID=\"").nth(1)).unwrap();
    let id = id.split('"').next().unwrap().to_owned();
    demo_signer().unwrap().sign(&xml, &id, DEFAULT.style).unwrap()
}

#[track_caller]
fn judged(changes: &[(&str, &str)]) -> Result<VerifiedAssertion, Rejection> {
    verdict_of_xml(&edited(&order(), changes))
}

#[track_caller]
fn check_holds(from: &str, to: &str) {
    match judged(&[(from, to)]) {
        Ok(verified) => assert_eq!(verified.subject(), "alice", "{to}"),
        Err(why) => panic!("{to}: {why}"),
    }
}

const DATA: &str = "<saml:SubjectConfirmationData NotOnOrAfter=\"2031-02-03T04:10:06Z\"";
const CONDITIONS: &str = "<saml:Conditions NotBefore=\"2031-02-03T04:04:06Z\" NotOnOrAfter=\"2031-02-03T04:10:06Z\">";
const RESTRICTION: &str =
    "<saml:AudienceRestriction><saml:Audience>urn:amazon:webservices</saml:Audience></saml:AudienceRestriction>";

#[test]
fn what_aws_does_not_look_at_may_say_anything() {
    check_holds("", "");
    // The Issuer of the Response is not compared, and neither are places and questions.
    check_holds(">https://idp.local-sts.test/saml</saml:Issuer>", ">https://elsewhere.test</saml:Issuer>");
    check_holds("Destination=\"https://signin.aws.amazon.com/saml\"", "Destination=\"https://elsewhere.test\"");
    check_holds("Destination=", "InResponseTo=\"_nobody-asked\" Destination=");
    check_holds("Recipient=", "InResponseTo=\"_nobody-asked\" Address=\"192.0.2.1\" Recipient=");
    // A NotBefore a day ahead, in either place, and none at all.
    check_holds("<saml:Conditions NotBefore=\"2031-02-03", "<saml:Conditions NotBefore=\"2031-02-04");
    check_holds(DATA, &DATA.replace(" NotOn", " NotBefore=\"2031-02-04T04:04:06Z\" NotOn"));
    check_holds("<saml:Conditions NotBefore=\"2031-02-03T04:04:06Z\"", "<saml:Conditions");
    check_holds(CONDITIONS, "<saml:Conditions>");
    // No audience at all, any other condition.
    check_holds(RESTRICTION, "");
    check_holds(RESTRICTION, "<saml:OneTimeUse/>");
    check_holds(RESTRICTION, "<saml:ProxyRestriction Count=\"0\"/>");
    check_holds("PasswordProtectedTransport", "Kerberos");
    check_holds("persistent\">", "custom-format\">");
    check_holds(" AuthnInstant=\"2031-02-03T04:05:06Z\"", "");
    let text = "<saml:AttributeStatement></saml:AttributeStatement><saml:AttributeStatement>";
    check_holds("<saml:AttributeStatement>", text);
}

#[test]
fn each_of_the_three_ends_ends_it() {
    let past = "2031-02-03T04:04:06Z";
    let over = |of: &'static str, from: &str, to: &str| {
        let verdict = judged(&[(from, to)]).err();
        assert!(matches!(verdict, Some(Rejection::Expired { of: found, .. }) if found == of), "{of}: {verdict:?}");
    };
    over("SubjectConfirmationData", DATA, &format!("<saml:SubjectConfirmationData NotOnOrAfter=\"{past}\""));
    over("Conditions", CONDITIONS, &format!("<saml:Conditions NotOnOrAfter=\"{past}\">"));
    let session = "<saml:AuthnStatement AuthnInstant";
    let ended = format!("<saml:AuthnStatement SessionNotOnOrAfter=\"{past}\" AuthnInstant");
    over("SessionNotOnOrAfter", session, &ended);
    // Of several sessions the first to end counts.
    let long = "<saml:AuthnStatement SessionNotOnOrAfter=\"2031-02-03T05:05:06Z\" AuthnInstant";
    let two = format!("{}/>{ended}", "<saml:AuthnStatement AuthnInstant=\"2031-02-03T04:05:06Z\"");
    over("SessionNotOnOrAfter", session, &two);
    assert!(judged(&[(session, long)]).is_ok());
}

#[test]
fn instants_are_in_utc_and_as_exact_as_one_likes() {
    for instant in
        ["2031-02-03T04:10:06.1Z", "2031-02-03T04:10:06.123456789Z", "2031-02-03T04:10:06Z", " 2031-02-03T04:10:06Z\n"]
    {
        check_holds(DATA, &format!("<saml:SubjectConfirmationData NotOnOrAfter=\"{instant}\""));
    }
    for instant in
        ["2031-02-03T04:10:06", "2031-02-03T04:10:06+00:00", "2031-02-03", "1927000000", "", "2031-02-30T04:10:06Z"]
    {
        let verdict = judged(&[(DATA, &format!("<saml:SubjectConfirmationData NotOnOrAfter=\"{instant}\""))]).err();
        assert_eq!(verdict, Some(Hole::Instant("NotOnOrAfter").into()), "{instant:?}");
    }
    // A NotBefore that nobody looks at must make sense all the same.
    let verdict = judged(&[(CONDITIONS, "<saml:Conditions NotBefore=\"soon\">")]).err();
    assert_eq!(verdict, Some(Hole::Instant("NotBefore").into()));
    let verdict = judged(&[(DATA, &DATA.replace(" NotOn", " NotBefore=\"soon\" NotOn"))]).err();
    assert_eq!(verdict, Some(Hole::Instant("NotBefore").into()));
}

#[test]
fn values_that_are_empty_or_nil_are_none_and_those_of_one_name_are_joined() {
    let value = "<saml:AttributeValue xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
    let attribute = |inside: &str| format!("<saml:Attribute Name=\"colour\">{inside}</saml:Attribute>");
    let statement = [
        attribute("<saml:AttributeValue>red</saml:AttributeValue><saml:AttributeValue/>"),
        attribute(&format!("{value} xsi:nil=\"true\">green</saml:AttributeValue>")),
        attribute(&format!("{value} xsi:nil=\"1\"/><saml:AttributeValue> \n </saml:AttributeValue>")),
        attribute("<saml:AttributeValue>\n  blue\n</saml:AttributeValue>"),
    ];
    let verified =
        judged(&[("</saml:AttributeStatement>", &format!("{}</saml:AttributeStatement>", statement.concat()))]);
    assert_eq!(verified.unwrap().values("colour"), ["red", "blue"]);
    let nameless =
        "<saml:Attribute><saml:AttributeValue>x</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>";
    let verdict = judged(&[("</saml:AttributeStatement>", nameless)]).err();
    assert_eq!(verdict, Some(Hole::Attribute("Name of an Attribute").into()));
}

/// A signature of the Response is not needed, and must hold if it is there.
#[test]
fn the_response_must_hold_if_it_is_signed_and_whatever_is_changed_in_it_is_noticed() {
    for (number, shape) in ALL.iter().enumerate() {
        let xml = Order { sign_response: Some(true), ..shaped(shape) }.mint_xml(now(), CHANCE).unwrap();
        assert!(verdict_of_xml(&xml).is_ok(), "{}", shape.name);
        let value = xml.find("SignatureValue>").unwrap()..xml.find("Signature>").unwrap();
        // The canonical form leaves declarations out that no name uses, unless the shape lists their prefix.
        let declared = xml.match_indices(" xmlns:xs=").chain(xml.match_indices(" xmlns:xsd="));
        let unsigned: Vec<_> = declared.map(|(at, _)| at..at + xml[at + 15..].find('"').unwrap() + 15).collect();
        // One letter in thirteen, other ones for each shape; of the first shape every one is tried elsewhere.
        for at in (number..xml.len()).step_by(13).filter(|at| !value.contains(at)) {
            let other = if xml.as_bytes()[at] == b'x' { "y" } else { "x" };
            let changed = [&xml[..at], other, &xml[at + 1..]].concat();
            let near = &xml[at.saturating_sub(20)..(at + 20).min(xml.len())];
            let passes = shape.style.kept_prefixes.is_empty() && unsigned.iter().any(|range| range.contains(&at));
            assert!(verdict_of_xml(&changed).is_err() || passes, "{}, {at}: {near}", shape.name);
        }
    }
    let both = Order { sign_response: Some(true), ..order() }.mint_xml(now(), CHANCE).unwrap();
    let elsewhere = both.replacen("Destination=\"https://signin", "Destination=\"https://sign-in", 1);
    assert_eq!(verdict_of_xml(&elsewhere).err(), Some(Rejection::BadSignature(Flaw::Digest)));
}

/// Every certificate of the fixtures is over since 2021, and the time of the tests is 2031.
#[test]
fn the_dates_of_a_certificate_are_not_looked_at() {
    assert!(certificate("demo").windows(13).any(|bytes| bytes == b"210101000000Z"));
    assert!(verdict(&order().mint(now(), CHANCE).unwrap()).is_ok());
}

#[test]
fn metadata_may_lack_what_nobody_needs_to_believe_it() {
    let padding = format!("<!-- {} -->", "padding ".repeat(125));
    let descriptor = |inside: &str| {
        format!(
            "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"https://idp.test\">{inside}\
             </md:EntityDescriptor>"
        )
    };
    // No key, no address, no protocol, no end; a comment makes up for the length.
    let bare = descriptor("<md:IDPSSODescriptor/>");
    let metadata = Metadata::parse(&format!("{bare}{padding}")).unwrap();
    assert_eq!(metadata.entity_ids().collect::<Vec<_>>(), ["https://idp.test"]);
    assert_eq!(Metadata::parse(&bare).err(), Some(NotMetadata::Length(bare.len())));
    let groups = |inside: &str| {
        format!(
            "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{inside}</md:EntitiesDescriptor>"
        )
    };
    assert!(Metadata::parse(&format!("{}{padding}", groups(&groups(&bare)))).is_ok());
    assert_eq!(Metadata::parse(&format!("{}{padding}", groups(""))).err(), Some(NotMetadata::NoIssuer));
    let past = bare.replacen(" entityID", " validUntil=\"2017-01-01T00:00:00Z\" entityID", 1);
    assert!(Metadata::parse(&format!("{past}{padding}")).is_ok());
    let provider = "<md:SPSSODescriptor/>";
    assert_eq!(Metadata::parse(&format!("{}{padding}", descriptor(provider))).err(), Some(NotMetadata::NoIssuer));
}

#[test]
fn private_keys_come_in_every_form_that_iam_takes() {
    let pem = |name: &str| fixture(&format!("keys/{name}.key.pem"));
    let parsed = |text: &str| DecryptionKey::parse(&Secret::new(text.to_owned())).is_ok();
    let pkcs1 =
        rsa::RsaPrivateKey::from_pkcs8_pem(&pem("provider")).unwrap().to_pkcs1_pem(rsa::pkcs8::LineEnding::LF).unwrap();
    assert!(parsed(&pkcs1) && pkcs1.starts_with("-----BEGIN RSA PRIVATE KEY-----"));
    // PKCS #8, one of 1024 bits, one on a curve, which opens nothing.
    assert!(parsed(&pem("provider")) && parsed(&pem("small")) && parsed(&pem("curve")));
    assert!(!parsed("") && !parsed(&fixture("keys/provider.cert.pem")) && !parsed("-----BEGIN PRIVATE KEY-----"));
}

/// The greatest document that AWS takes has 100,000 letters of base64.
#[test]
fn a_response_as_long_as_may_be_is_read_to_its_end() {
    let xml = order().mint_xml(now(), CHANCE).unwrap();
    let filled =
        xml.replacen("<samlp:Status>", &format!("<!--{}--><samlp:Status>", "x".repeat(75_000 - xml.len() - 7)), 1);
    let encoded = STANDARD.encode(&filled);
    assert_eq!(encoded.len(), 100_000);
    assert!(verdict(&encoded).is_ok());
}
