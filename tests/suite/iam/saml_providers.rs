//! Providers of SAML, and what their assertions open while they are there.

use local_sts::idp::saml::mint::Order;
use local_sts::idp::saml::shapes::DEFAULT;

use super::{admin, arn, call, done, elements, texts, world};
use crate::support::saml::{CHANCE, demo_metadata, fixture, metadata_of};
use crate::support::{Call, TestWorld, check, refused};

const UNREADABLE: &str = "Could not parse metadata";

/// Metadata of as many characters as AWS wants, with nothing more in it.
fn padded(document: &str) -> String {
    format!("{document}<!--{}-->", "x".repeat(1000))
}

fn of_descriptor(inside: &str) -> String {
    padded(&format!(
        "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"https://idp.example\">{inside}</md:EntityDescriptor>"
    ))
}

fn create(name: &str, metadata: &str) -> Call {
    call("CreateSAMLProvider", &[("Name", name), ("SAMLMetadataDocument", metadata)])
}

/// A call with a Response of the built-in identity provider for the role `federated`.
fn assume(world: &TestWorld, role: &str) -> Call {
    let provider = arn("saml-provider/demo");
    let order = Order::of(&DEFAULT, "alice", vec![(role.to_owned(), provider.clone())]);
    let response = order.mint(world.service.world().now().now, CHANCE).unwrap();
    let call = Call::sts("AssumeRoleWithSAML").param("RoleArn", role).param("PrincipalArn", &provider);
    call.param("SAMLAssertion", &response)
}

#[test]
fn assertions_count_while_their_provider_is_there_and_vouches_for_them() {
    let world = world();
    let provider = arn("saml-provider/demo");
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"{provider}"}},"Action":"sts:AssumeRoleWithSAML"}}]}}"#
    );
    done(&world, "CreateRole", &[("RoleName", "federated"), ("AssumeRolePolicyDocument", &trust)]);
    let role = arn("role/federated");
    let made = done(&world, "CreateSAMLProvider", &[("Name", "demo"), ("SAMLMetadataDocument", &demo_metadata())]);
    // iamx-saml-create
    assert_eq!(elements(&made, "CreateSAMLProviderResult"), ["SAMLProviderArn"]);
    assert_eq!(made.text("SAMLProviderArn").unwrap(), provider);
    assert_eq!(assume(&world, &role).send(&world).status(), 200);
    let owner = ("SAMLProviderArn", provider.as_str());
    let bad_signature = refused(400, "InvalidIdentityToken", "Response signature invalid");
    let update = |keys: &[&str]| {
        done(&world, "UpdateSAMLProvider", &[owner, ("SAMLMetadataDocument", &padded(&metadata_of(keys)))])
    };
    // iamx-saml-update
    assert_eq!(update(&["stranger"]).text("SAMLProviderArn").unwrap(), provider);
    check(&world, "another's key", &assume(&world, &role), bad_signature);
    // While keys are changed over, those of both count.
    update(&["stranger", "demo"]);
    assert_eq!(assume(&world, &role).send(&world).status(), 200);
    done(&world, "DeleteSAMLProvider", &[owner]);
    let gone = assume(&world, &role).send(&world);
    assert_eq!(gone.status(), 400, "{}", gone.body());
    // iam-s-trust-provider-recreated: the old trust goes on with the new keys.
    create("demo", &padded(&metadata_of(&["stranger"]))).send(&world);
    check(&world, "the old key", &assume(&world, &role), bad_signature);
    done(&world, "DeleteSAMLProvider", &[owner]);
    create("demo", &demo_metadata()).send(&world);
    assert_eq!(assume(&world, &role).send(&world).status(), 200);
}

#[test]
fn a_provider_is_read_as_it_was_written() {
    let world = world();
    let metadata = padded(&metadata_of(&["demo"])).replace("--><", "-->\n<");
    let tags = [
        ("Tags.member.1.Key", "z"),
        ("Tags.member.1.Value", "1"),
        ("Tags.member.2.Key", "A"),
        ("Tags.member.2.Value", "2"),
    ];
    let sent = [("Name", "Demo"), ("SAMLMetadataDocument", metadata.as_str())];
    let made = done(&world, "CreateSAMLProvider", &[&sent[..], &tags].concat());
    assert_eq!(elements(&made, "CreateSAMLProviderResult").join(" "), "SAMLProviderArn Tags");
    assert_eq!(texts(&made, "Key"), ["z", "A"]);
    let provider = arn("saml-provider/Demo");
    let owner = ("SAMLProviderArn", provider.as_str());
    let get = || done(&world, "GetSAMLProvider", &[owner]);
    // iamx-saml-get
    assert_eq!(
        elements(&get(), "GetSAMLProviderResult").join(" "),
        "SAMLProviderUUID SAMLMetadataDocument PrivateKeyList ValidUntil AssertionEncryptionMode Tags CreateDate"
    );
    assert_eq!(get().text("SAMLMetadataDocument").unwrap(), metadata);
    assert_eq!(get().text("AssertionEncryptionMode").as_deref(), Some("Allowed"));
    assert_eq!(texts(&done(&world, "ListSAMLProviderTags", &[owner]), "Key"), ["A", "z"]);
    done(&world, "UntagSAMLProvider", &[owner, ("TagKeys.member.1", "A"), ("TagKeys.member.2", "Z")]);
    done(&world, "TagSAMLProvider", &[owner, ("Tags.member.1.Key", "Z"), ("Tags.member.1.Value", "3")]);
    assert_eq!(texts(&get(), "Key"), ["Z", "z"]);
    let none = call("UntagSAMLProvider", &[owner]).send(&world);
    assert_eq!((none.status(), none.text("Code").as_deref()), (400, Some("InvalidInput")));
    // iam-s-saml-uuid
    let id = get().text("SAMLProviderUUID").unwrap();
    assert!(id.len() == 22 && id.starts_with("SAMLSP"), "{id}");
    // iam-s-saml-validuntil
    let dates = || (get().text("CreateDate").unwrap(), get().text("ValidUntil").unwrap());
    let expect = |created: &str, until: &str| (created.to_owned(), until.to_owned());
    assert_eq!(dates(), expect("2026-01-15T12:00:00.000Z", "2126-01-15T12:00:00.000Z"));
    world.wait(86_400);
    done(&world, "UpdateSAMLProvider", &[owner, ("AssertionEncryptionMode", "Allowed")]);
    assert_eq!(dates().1, "2126-01-15T12:00:00.000Z");
    done(&world, "UpdateSAMLProvider", &[owner, ("SAMLMetadataDocument", &metadata)]);
    assert_eq!(dates(), expect("2026-01-15T12:00:00.000Z", "2126-01-16T12:00:00.000Z"));
    assert_eq!(get().text("SAMLProviderUUID").unwrap(), id);
    let listed = done(&world, "ListSAMLProviders", &[]);
    // iamx-saml-list
    assert_eq!(elements(&listed, "ListSAMLProvidersResult"), ["SAMLProviderList"]);
    assert_eq!(elements(&listed, "member").join(" "), "ValidUntil Arn CreateDate");
}

#[test]
fn metadata_is_judged_as_aws_judges_it() {
    let world = world();
    let key = |certificate: &str| {
        of_descriptor(&format!(
            "<md:IDPSSODescriptor><md:KeyDescriptor><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data>\
             <ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor></md:IDPSSODescriptor>"
        ))
    };
    let no_id = of_descriptor("<md:IDPSSODescriptor/>").replace(" entityID=\"https://idp.example\"", "");
    for metadata in [key("bm9uZQ=="), key("%"), no_id, padded("<other/>"), padded("nothing"), "x".repeat(1000)] {
        check(&world, "iam-s-saml-bad-cert", &create("bad", &metadata), refused(400, "InvalidInput", UNREADABLE));
    }
    let nobody = "SAML Providers must reference at least one SAML assertion issuer.";
    check(&world, "iam-s-saml-no-issuer", &create("bad", &of_descriptor("")), refused(400, "InvalidInput", nobody));
    let bare = of_descriptor("<md:IDPSSODescriptor/>");
    let group = padded(&format!(
        "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{}</md:EntitiesDescriptor>",
        metadata_of(&["demo"])
    ));
    let encrypts = metadata_of(&["demo"]).replace("<md:KeyDescriptor>", "<md:KeyDescriptor use=\"encryption\">");
    let over = bare.replace("entityID", "validUntil=\"2020-01-01T00:00:00Z\" entityID");
    // iam-s-saml-lenient
    for (name, metadata) in [("bare", &bare), ("group", &group), ("encrypts", &padded(&encrypts)), ("over", &over)] {
        let answer = create(name, metadata).send(&world);
        assert_eq!(answer.status(), 200, "{name}: {}", answer.body());
    }
    let short = "1 validation error detected: Value at 'sAMLMetadataDocument' failed to satisfy constraint: Member must have \
                 length greater than or equal to 1000";
    check(&world, "iamx-saml-short", &create("short", &"x".repeat(999)), refused(400, "ValidationError", short));
    let taken = refused(409, "EntityAlreadyExists", "Provider with name BARE already exists.");
    check(&world, "whatever its case", &create("BARE", &bare), taken);
}

#[test]
fn private_keys_open_what_is_encrypted() {
    let world = world();
    let (metadata, pem) = (demo_metadata(), fixture("keys/provider.key.pem"));
    let provider = arn("saml-provider/sealed");
    let new =
        [("Name", "sealed"), ("SAMLMetadataDocument", metadata.as_str()), ("AssertionEncryptionMode", "Required")];
    let no_key = "Unable to set assertion encryption mode to Required because no private key is provided.";
    let created = call("CreateSAMLProvider", &new);
    check(&world, "iam-s-saml-required-create", &created, refused(400, "ValidationError", no_key));
    let odd = created.param("AddPrivateKey", "no key").by(&admin());
    check(&world, "B-537", &odd, refused(400, "InvalidInput", "Could not parse private key"));
    done(&world, "CreateSAMLProvider", &[&new[..], &[("AddPrivateKey", &pem)]].concat());
    let update = |params: &[(&str, &str)]| {
        call("UpdateSAMLProvider", &[&[("SAMLProviderArn", provider.as_str())][..], params].concat())
    };
    let ids = || texts(&done(&world, "GetSAMLProvider", &[("SAMLProviderArn", &provider)]), "KeyId");
    let [first] = <[String; 1]>::try_from(ids()).unwrap();
    assert!(first.len() == 22 && first.starts_with("SAMLPK"), "{first}");
    let stays = refused(400, "InvalidInput", "Failed to remove private key.");
    check(&world, "iam-s-saml-last-key", &update(&[("RemovePrivateKey", &first)]), stays);
    check(&world, "B-537", &update(&[("RemovePrivateKey", "SAMLPKNOSUCHKEYOFTHEM0")]), stays);
    let both =
        "Unable to add and remove private keys in the same request. Set a value for only one of the two parameters.";
    let call = update(&[("AddPrivateKey", &pem), ("RemovePrivateKey", &first)]);
    check(&world, "iam-s-saml-add-remove", &call, refused(400, "ValidationError", both));
    // The same key twice counts twice.
    assert_eq!(update(&[("AddPrivateKey", &pem)]).send(&world).status(), 200);
    assert_eq!(ids().len(), 2);
    let third = refused(409, "LimitExceeded", "Private key limit of 2 is reached.");
    check(&world, "iam-s-saml-third-key", &update(&[("AddPrivateKey", &pem)]), third);
    let nothing = "Unable to update identity provider. No updates are defined for metadata or encryption assertion.";
    check(&world, "iam-s-saml-update-none", &update(&[]), refused(400, "ValidationError", nothing));
    assert_eq!(update(&[("RemovePrivateKey", &first)]).send(&world).status(), 200);
    let [second] = <[String; 1]>::try_from(ids()).unwrap();
    assert_ne!(first, second);
    update(&[("RemovePrivateKey", &second), ("AssertionEncryptionMode", "Allowed")]).send(&world).fine();
    assert!(ids().is_empty());
    let required = update(&[("AssertionEncryptionMode", "Required")]);
    let text = "Failed to set assertion encryption mode to Required because no private key is present.";
    check(&world, "iam-s-saml-required-update", &required, refused(400, "InvalidInput", text));
}

#[test]
fn what_is_not_there_is_told_so() {
    let world = world();
    let missing = arn("saml-provider/nowhere");
    let text = format!("Manifest not found for arn {missing}");
    let owner = ("SAMLProviderArn", missing.as_str());
    for (id, action, more) in [
        ("iam-saml-none", "GetSAMLProvider", None),
        ("iamx-saml-del-none", "DeleteSAMLProvider", None),
        ("tags", "ListSAMLProviderTags", None),
        ("update", "UpdateSAMLProvider", Some(("AssertionEncryptionMode", "Allowed"))),
    ] {
        let params: Vec<(&str, &str)> = std::iter::once(owner).chain(more).collect();
        check(&world, id, &call(action, &params), refused(404, "NoSuchEntity", &text));
    }
    // iamx-sum-providers
    let count = |name: &str| {
        let summary = done(&world, "GetAccountSummary", &[]);
        let at = texts(&summary, "key").iter().position(|key| key == name).unwrap();
        texts(&summary, "value")[at].parse::<u32>().unwrap()
    };
    let before = ["Providers", "MFADevices", "MFADevicesInUse"].map(count);
    create("one", &demo_metadata()).send(&world);
    done(&world, "CreateOpenIDConnectProvider", &[("Url", "https://one.example")]);
    done(&world, "CreateVirtualMFADevice", &[("VirtualMFADeviceName", "one")]);
    assert_eq!(["Providers", "MFADevices", "MFADevicesInUse"].map(count), [before[0] + 2, before[1] + 1, before[2]]);
}
