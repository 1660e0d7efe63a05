//! What the attributes of an assertion make of the session and of the trust policy's question (federation C4).

use local_sts::federation::saml::sign::Sealing;
use local_sts::idp::saml::mint::Order;
use serde_json::{Value, json};

use super::saml::{ACCOUNT, DENIED, PROVIDER, ROLE, SEALED, bearing, call, invalid, mint, order, world};
use crate::support::saml::certificate;
use crate::support::{Call, Keys, TestWorld, check, refused};

#[test]
fn one_role_of_many_is_named_by_the_call() {
    let world = world();
    let pair = |role: &str, provider: &str| (role.to_owned(), provider.to_owned());
    let elsewhere = pair("arn:aws:iam::999999999999:role/open", "arn:aws:iam::999999999999:saml-provider/demo");
    let bare = pair("arn:aws:iam::123456789012:role/bare", PROVIDER);
    let order = Order { roles: vec![elsewhere, bare, pair(PROVIDER, ROLE)], ..order() };
    let answer = bearing(&mint(&order), ROLE, PROVIDER).send(&world).fine();
    assert_eq!(answer.text("Arn").as_deref(), Some("arn:aws:sts::123456789012:assumed-role/open/alice"));
    let text = "SAML Assertion doesn't contain the requested Role and Metadata in the attributes";
    let picky = "arn:aws:iam::123456789012:role/picky";
    check(&world, "C5 pair", &bearing(&mint(&order), picky, PROVIDER), invalid(text));
    // Role and provider are each named, but not with one another.
    let crossed = Order { roles: vec![pair(ROLE, SEALED), pair(picky, PROVIDER)], ..order };
    check(&world, "C5 pair", &bearing(&mint(&crossed), ROLE, PROVIDER), invalid(text));
}

#[test]
fn names_of_attributes_count_to_the_letter() {
    let world = world();
    let nameless = Order { session_name: None, ..order() };
    let required = invalid("RoleSessionName is required in AuthnResponse");
    for name in ["rolesessionname", "RoleSessionName ", "SAML/Attributes/RoleSessionName"] {
        check(&world, "C4 names", &call(&nameless.clone().attribute(name, &["alice"])), required);
    }
    let other = "https://aws.amazon.com/SAML/attributes/RoleSessionName";
    check(&world, "C4 names", &call(&nameless.clone().attribute(other, &["alice"])), required);
    call(&nameless.attribute("RoleSessionName", &["alice"])).send(&world).fine();
}

#[test]
fn the_type_of_a_subject_is_its_format_without_the_prefix_of_the_standard() {
    let world = world();
    for (format, expect) in [
        ("urn:oasis:names:tc:SAML:2.0:nameid-format:transient", "transient"),
        (
            "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
            "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        ),
        ("custom-format", "custom-format"),
    ] {
        let answer = call(&Order { name_format: Some(format.to_owned()), ..order() }).send(&world).fine();
        assert_eq!(answer.text("SubjectType").as_deref(), Some(expect));
    }
}

/// Any recipient is taken by default, and told on.
#[test]
fn the_audience_of_the_answer_is_the_recipient_and_not_the_audience() {
    let world = world();
    let order = Order { recipient: "not-a-url".to_owned(), audience: "urn:elsewhere".to_owned(), ..order() };
    assert_eq!(call(&order).send(&world).fine().text("Audience").as_deref(), Some("not-a-url"));
}

/// Encryption may be demanded; the address with the provider's id, which the manual wants then, is not.
#[test]
fn a_provider_that_wants_secrecy_does_not_look_at_the_recipient() {
    let world = world();
    let role = "arn:aws:iam::123456789012:role/shut".to_owned();
    for recipient in
        ["https://signin.aws.amazon.com/saml", "https://signin.aws.amazon.com/saml/acs/SAMLSPAAAAAAAAAAAAAAAA"]
    {
        let sealed = Order {
            roles: vec![(role.clone(), SEALED.to_owned())],
            recipient: recipient.to_owned(),
            encrypt_for: Some((certificate("provider"), Sealing::Aes128Gcm)),
            ..order()
        };
        call(&sealed).send(&world).fine();
    }
}

/// What a role's trust policy allows for assertions, by its statements.
fn seed(roles: &[(&str, Value, Value)]) -> String {
    let role = |(name, tags, statements): &(&str, Value, Value)| json!({"name": name, "tags": tags, "trust": {"Version": "2012-10-17", "Statement": statements}});
    let roles: Vec<Value> = roles.iter().map(role).collect();
    let provider = json!({"name": "demo", "metadata": "built-in"});
    json!({"accounts": [{"id": ACCOUNT, "samlProviders": [provider], "roles": roles}]}).to_string()
}

fn federated(action: &str, condition: Value) -> Value {
    json!({"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": action, "Condition": condition})
}

fn to(name: &str) -> Order {
    Order { roles: vec![(format!("arn:aws:iam::{ACCOUNT}:role/{name}"), PROVIDER.to_owned())], ..order() }
}

#[test]
fn the_question_about_tags_has_the_keys_of_the_assertion_too() {
    let statements = |aud: &str| {
        json!([
            federated("sts:AssumeRoleWithSAML", json!({})),
            federated("sts:TagSession", json!({"StringEquals": {"SAML:aud": aud, "aws:RequestTag/Team": "blue"}})),
        ])
    };
    let roles = [
        ("right", json!({}), statements("https://signin.aws.amazon.com/saml")),
        ("wrong", json!({}), statements("https://elsewhere.test/saml")),
    ];
    let world = TestWorld::new(&seed(&roles));
    let tagged = |name: &str, team: &str| call(&to(name).attribute("PrincipalTag:Team", &[team]));
    tagged("right", "blue").send(&world).fine();
    check(&world, "C4 tags", &tagged("right", "red"), DENIED);
    check(&world, "C4 tags", &tagged("wrong", "blue"), DENIED);
    call(&to("wrong")).send(&world).fine();
}

fn next(world: &TestWorld, keys: &Keys, name: &str) -> Result<Keys, u16> {
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/{name}");
    let answer = Call::assume_role(&arn, "later").by(keys).send(world);
    if answer.status() == 200 { Ok(answer.keys()) } else { Err(answer.status()) }
}

#[test]
fn tags_of_an_assertion_stand_before_those_of_the_role_and_go_on_if_they_shall() {
    let all = json!([federated("sts:AssumeRoleWithSAML", json!({})), federated("sts:TagSession", json!({}))]);
    let from = |role: &str, team: &str| {
        json!([{
            "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:role/{role}")}, "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {"StringEquals": {"aws:PrincipalTag/Team": team}},
        }])
    };
    let roles = [
        ("first", json!({"Team": "red"}), all),
        ("for-red", json!({}), from("first", "red")),
        ("for-blue", json!({}), from("first", "blue")),
        ("last", json!({}), from("for-blue", "blue")),
    ];
    let world = TestWorld::new(&seed(&roles));
    let session = |order: Order| call(&order).send(&world).fine().keys();
    let plain = session(to("first"));
    assert!(next(&world, &plain, "for-red").is_ok() && next(&world, &plain, "for-blue").is_err());
    let tagged = to("first").attribute("PrincipalTag:Team", &["blue"]);
    let blue = session(tagged.clone());
    assert!(next(&world, &blue, "for-red").is_err());
    let second = next(&world, &blue, "for-blue").unwrap();
    assert_eq!(next(&world, &second, "last").err(), Some(403));
    let handed_on = session(tagged.attribute("TransitiveTagKeys", &["Team"]));
    let second = next(&world, &handed_on, "for-blue").unwrap();
    assert!(next(&world, &second, "last").is_ok());
}

#[test]
fn only_tags_that_are_there_can_be_handed_on() {
    let call = call(&order().attribute("PrincipalTag:Team", &["blue"]).attribute("TransitiveTagKeys", &["Cost"]));
    let text = "The specified transitive tag key must be included in the requested tags.";
    check(&world(), "C4 transitive", &call, refused(400, "InvalidParameterValue", text));
}

/// Every attribute of AWS's table, with its key.
#[test]
fn every_attribute_of_the_table_has_its_key() {
    let edu = |number: u32| format!("urn:oid:1.3.6.1.4.1.5923.1.1.1.{number}");
    let org = |number: u32| format!("urn:oid:1.3.6.1.4.1.5923.1.2.1.{number}");
    let claim = |name: &str| format!("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/{name}");
    let lists = [
        (edu(1), "eduPersonAffiliation"),
        (edu(2), "eduPersonNickname"),
        (edu(4), "eduPersonOrgUnitDN"),
        (edu(7), "eduPersonEntitlement"),
        (edu(9), "eduPersonScopedAffiliation"),
        (edu(10), "eduPersonTargetedID"),
        (edu(11), "eduPersonAssurance"),
        (org(2), "eduOrgHomePageURI"),
        (org(3), "eduOrgIdentityAuthNPolicyURI"),
        (org(4), "eduOrgLegalName"),
        (org(5), "eduOrgSuperiorURI"),
        (org(6), "eduOrgWhitePagesURI"),
        ("urn:oid:2.5.4.3".to_owned(), "cn"),
    ];
    let singles = [
        (edu(3), "eduPersonOrgDN"),
        (edu(5), "eduPersonPrimaryAffiliation"),
        (edu(6), "eduPersonPrincipalName"),
        (edu(8), "eduPersonPrimaryOrgUnitDN"),
        (claim("name"), "name"),
        ("http://schemas.xmlsoap.org/claims/CommonName".to_owned(), "commonName"),
        (claim("givenname"), "givenName"),
        (claim("surname"), "surname"),
        (claim("emailaddress"), "mail"),
        ("http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid".to_owned(), "primaryGroupSID"),
        ("2.5.4.3".to_owned(), "commonName"),
        ("2.5.4.4".to_owned(), "surname"),
        ("2.4.5.42".to_owned(), "givenName"),
        ("2.5.4.45".to_owned(), "x500UniqueIdentifier"),
        ("0.9.2342.19200300.100.1.1".to_owned(), "uid"),
        ("0.9.2342.19200300.100.1.3".to_owned(), "mail"),
        ("0.9.2342.19200300.100.1.45".to_owned(), "organizationStatus"),
    ];
    let lists = lists.iter().map(|(name, key)| (name, key, "ForAnyValue:StringEquals"));
    let singles = singles.iter().map(|(name, key)| (name, key, "StringEquals"));
    for (number, (name, key, operator)) in lists.chain(singles).enumerate() {
        let condition = |wanted: &str| json!({operator: {format!("saml:{key}"): wanted}});
        let statements = |wanted: &str| json!([federated("sts:AssumeRoleWithSAML", condition(wanted))]);
        let roles = [("right", json!({}), statements("yes")), ("wrong", json!({}), statements("no"))];
        let world = TestWorld::new(&seed(&roles));
        let says = |role: &str| call(&to(role).attribute(name, &["yes"]));
        says("right").send(&world).fine();
        check(&world, name, &says("wrong"), DENIED);
        // A list has all of its values, anything else the first.
        let second = call(&to("right").attribute(name, &["first", "yes"])).send(&world);
        assert_eq!(second.status() == 200, number < 13, "{name}: {}", second.body());
    }
}

/// AWS: of two claims for one key only one counts.
#[test]
fn of_two_attributes_for_one_key_the_first_counts() {
    let statements =
        json!([federated("sts:AssumeRoleWithSAML", json!({"StringEquals": {"saml:mail": "a@example.test"}}))]);
    let world = TestWorld::new(&seed(&[("right", json!({}), statements)]));
    let claim = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";
    let bare = "0.9.2342.19200300.100.1.3";
    let both = |one: &str, other: &str| call(&to("right").attribute(claim, &[one]).attribute(bare, &[other]));
    both("a@example.test", "b@example.test").send(&world).fine();
    check(&world, "C4 one claim per key", &both("b@example.test", "a@example.test"), DENIED);
}

/// A length beyond AWS's is refused before anybody looks at what it is.
#[test]
fn an_assertion_that_is_too_long_is_not_read() {
    let world = world();
    let good = mint(&order());
    let wrapped = |length: usize| format!("{good}{}", "\n".repeat(length - good.len()));
    bearing(&wrapped(100_000), ROLE, PROVIDER).send(&world).fine();
    let text = "1 validation error detected: Value at 'sAMLAssertion' failed to satisfy constraint: Member must have length \
                less than or equal to 100000";
    check(&world, "length", &bearing(&wrapped(100_001), ROLE, PROVIDER), refused(400, "ValidationError", text));
    let short = bearing("abc", ROLE, PROVIDER).send(&world);
    assert_eq!(short.text("Code").as_deref(), Some("ValidationError"), "{}", short.body());
}
