//! AssumeRoleWithSAML through the whole pipeline: what holds, and every refusal in AWS's words.
//!
//! Rows saml-* of the observations; C1 to C5 of the federation sheet.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use local_sts::federation::saml::Rules;
use local_sts::idp::saml::defects::Defect;
use local_sts::idp::saml::mint::Order;
use local_sts::idp::saml::shapes::DEFAULT;
use local_sts::time::Timestamp;
use serde_json::{Value, json};

use crate::support::saml::{CHANCE, certificate, fixture};
use crate::support::{Call, NOW, Refusal, TestWorld, check, identify, logged, now, refused};

pub(super) const ACCOUNT: &str = "123456789012";
pub(super) const ROLE: &str = "arn:aws:iam::123456789012:role/team/open";
const BARE: &str = "arn:aws:iam::123456789012:role/bare";
pub(super) const PROVIDER: &str = "arn:aws:iam::123456789012:saml-provider/demo";
pub(super) const SEALED: &str = "arn:aws:iam::123456789012:saml-provider/sealed";
pub(super) const DENIED: Refusal<'static> =
    (403, "AccessDenied", Some("Not authorized to perform sts:AssumeRoleWithSAML"));

fn trust(provider: &str, actions: Value, condition: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Federated": provider}, "Action": actions, "Condition": condition,
    }]})
}

/// A world whose role `open` trusts everybody that the provider vouches for, and `bare` without tags and source identity.
fn seed(condition: Value) -> String {
    let all = json!(["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"]);
    let one = json!("sts:AssumeRoleWithSAML");
    let key = |name: &str| serde_json::to_string(&fixture(&format!("keys/{name}.key.pem"))).unwrap();
    format!(
        r#"
accounts:
  - id: "{ACCOUNT}"
    samlProviders:
      - {{ name: demo, metadata: built-in }}
      - {{ name: sealed, metadata: built-in, assertionEncryptionMode: Required, privateKeys: [{}, {}] }}
    roles:
      - {{ name: open, path: /team/, maxSessionDuration: 14400, trust: {} }}
      - {{ name: bare, trust: {} }}
      - {{ name: picky, trust: {} }}
      - {{ name: shut, trust: {} }}
      - {{ name: AWSReservedSSO_Admin_0123456789abcdef, trust: {} }}
  - id: "222222222222"
    roles: [{{ name: abroad, trust: {} }}]
"#,
        key("provider-next"),
        key("provider"),
        trust(PROVIDER, all.clone(), json!({})),
        trust(PROVIDER, one.clone(), json!({})),
        trust(PROVIDER, all, condition),
        trust(SEALED, one.clone(), json!({})),
        trust(PROVIDER, one.clone(), json!({})),
        trust(PROVIDER, one, json!({})),
    )
}

pub(super) fn world() -> TestWorld {
    TestWorld::new(&seed(json!({})))
}

pub(super) fn order() -> Order {
    to_role(ROLE)
}

fn to_role(role: &str) -> Order {
    Order::of(&DEFAULT, "alice", vec![(role.to_owned(), PROVIDER.to_owned())])
}

pub(super) fn mint(order: &Order) -> String {
    order.mint(now(), CHANCE).unwrap()
}

/// The call with this Response, for the first role that it names.
pub(super) fn call(order: &Order) -> Call {
    let (role, provider) = order.roles.first().unwrap();
    bearing(&mint(order), role, provider)
}

pub(super) fn bearing(response: &str, role: &str, provider: &str) -> Call {
    Call::sts("AssumeRoleWithSAML")
        .param("RoleArn", role)
        .param("PrincipalArn", provider)
        .param("SAMLAssertion", response)
}

pub(super) fn invalid(text: &str) -> Refusal<'_> {
    refused(400, "InvalidIdentityToken", text)
}

fn spoilt(defect: Defect) -> Order {
    Order { defect: Some(defect), ..order() }
}

/// A refusal whose text ends as the inner service's do.
#[track_caller]
fn check_relayed(world: &TestWorld, id: &str, call: &Call, text: &str) {
    check_relayed_as("AuthSamlInvalidSamlResponseException", world, id, call, text);
}

#[track_caller]
fn check_relayed_as(code: &str, world: &TestWorld, id: &str, call: &Call, text: &str) {
    let answer = call.send(world);
    let request = answer.text("RequestId").unwrap();
    let expect = format!(
        "{text} (Service: AWSOpenIdDiscoveryService; Status Code: 400; Error Code: {code}; Request ID: {request}; \
         Proxy: null)"
    );
    assert_eq!(answer.text("Message").as_deref(), Some(expect.as_str()), "{id}");
    assert_eq!((answer.status(), answer.text("Code").as_deref()), (400, Some("InvalidIdentityToken")), "{id}");
}

/// Row saml-ok: members in AWS's order.
#[test]
fn an_assertion_that_holds_opens_a_role_that_trusts_its_provider() {
    let world = world();
    let answer = call(&order()).send(&world).fine();
    let keys = answer.keys();
    let (id, role) = (answer.text("RequestId").unwrap(), answer.text("AssumedRoleId").unwrap());
    let size = keys.token.as_ref().unwrap().len();
    let packed = size * 100 / 4096;
    let qualifier = answer.text("NameQualifier").unwrap();
    let expect = format!(
        "<AssumeRoleWithSAMLResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">
  <AssumeRoleWithSAMLResult>
    <Audience>https://signin.aws.amazon.com/saml</Audience>
    <AssumedRoleUser>
      <AssumedRoleId>{role}</AssumedRoleId>
      <Arn>arn:aws:sts::{ACCOUNT}:assumed-role/open/alice</Arn>
    </AssumedRoleUser>
    <Credentials>
      <AccessKeyId>{}</AccessKeyId>
      <SecretAccessKey>{}</SecretAccessKey>
      <SessionToken>{}</SessionToken>
      <Expiration>2026-01-15T13:00:00Z</Expiration>
    </Credentials>
    <Subject>alice</Subject>
    <NameQualifier>{qualifier}</NameQualifier>
    <SubjectType>persistent</SubjectType>
    <PackedPolicySize>{packed}</PackedPolicySize>
    <Issuer>https://idp.local-sts.test/saml</Issuer>
    <SessionTokenSize>{size}</SessionTokenSize>
    <SessionTokenUtilization>{packed}</SessionTokenUtilization>
  </AssumeRoleWithSAMLResult>
  <ResponseMetadata>
    <RequestId>{id}</RequestId>
  </ResponseMetadata>
</AssumeRoleWithSAMLResponse>
",
        keys.id,
        keys.secret,
        keys.token.as_ref().unwrap()
    );
    assert_eq!(answer.body(), expect);
    let who = identify(&keys).send(&world);
    assert_eq!(who.text("Arn").as_deref(), Some("arn:aws:sts::123456789012:assumed-role/open/alice"));
}

/// Rows saml-5min, saml-expired, saml-signature, saml-issuer; saml-signature-doc is the same with the console's suffix.
#[test]
fn an_assertion_that_does_not_hold_is_refused_in_awss_words() {
    let world = world();
    let check = |id: &str, defect, expect| check(&world, id, &call(&spoilt(defect)), expect);
    let expired = |text| refused(400, "ExpiredTokenException", text);
    check("saml-5min", Defect::Stale, expired("Token must be redeemed within 5 minutes of issuance"));
    check("saml-expired", Defect::Expired, expired("Response has expired"));
    check("saml-signature", Defect::Altered, invalid("Response signature invalid"));
    check("saml-signature-doc", Defect::SignedByStranger, invalid("Response signature invalid"));
    check("saml-denied", Defect::NoNameId, DENIED);
    let relayed = |id: &str, defect, text| check_relayed(&world, id, &call(&spoilt(defect)), text);
    relayed("saml-issuer", Defect::WrongIssuer, "Issuer not present in specified provider");
    let mandatory = "Response (with optional signature) must contain an assertion with a mandatory signature";
    relayed("C5 unsigned", Defect::Unsigned, mandatory);
    relayed("C5 response only", Defect::OnlyResponseSigned, mandatory);
    for hole in [
        Defect::NoNameIdFormat,
        Defect::NoRecipient,
        Defect::NoNotOnOrAfter,
        Defect::TwoConfirmations,
        Defect::NoConditions,
        Defect::NoAuthnStatement,
        Defect::BadInstant,
        Defect::StatusResponder,
        Defect::Doctype,
    ] {
        relayed(hole.name(), hole, "Invalid base64 SAMLResponse");
    }
    for text in ["no base64 at all", "aGVsbG8gd29ybGQ=", "PGEvPg=="] {
        check_relayed(&world, "saml-base64", &bearing(text, ROLE, PROVIDER), "Invalid base64 SAMLResponse");
    }
}

/// Rows saml-no-session, saml-bad-session, saml-bad-session-old, saml-bad-sourceidentity: 64 letters and no longer 32.
#[test]
fn attributes_that_make_no_sense_are_refused_in_awss_words() {
    let world = world();
    let check = |id: &str, order: &Order, text| check(&world, id, &call(order), invalid(text));
    let named = |name: &str| Order { session_name: Some(name.to_owned()), ..order() };
    let bad_name = "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}";
    check("saml-no-session", &Order { session_name: None, ..order() }, "RoleSessionName is required in AuthnResponse");
    check("saml-no-session", &spoilt(Defect::NoSessionName), "RoleSessionName is required in AuthnResponse");
    check("saml-bad-session", &named("a b"), bad_name);
    check("saml-bad-session-old", &named(&"a".repeat(65)), bad_name);
    call(&named(&"a".repeat(64))).send(&world).fine();
    let bad = order().attribute("SourceIdentity", &["aws:alice"]);
    let text = "Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with \"aws:\"";
    check("saml-bad-sourceidentity", &bad, text);
    let other = Order { roles: vec![(BARE.to_owned(), PROVIDER.to_owned())], ..order() };
    let refusal = invalid("SAML Assertion doesn't contain the requested Role and Metadata in the attributes");
    crate::support::check(&world, "C5 pair", &bearing(&mint(&other), ROLE, PROVIDER), refusal);
}

/// Rows saml-provider, saml-arn, saml-empty-arns, saml-duration, saml-duration-malformed.
#[test]
fn parameters_that_make_no_sense_are_refused_in_awss_words() {
    let world = world();
    let response = mint(&order());
    let none = "arn:aws:iam::123456789012:saml-provider/none";
    let unknown = bearing(&response, ROLE, none);
    let code = "AuthSamlManifestNotFoundException";
    check_relayed_as(code, &world, "saml-provider", &unknown, "Specified provider doesn't exist");
    let swapped = refused(400, "ValidationError", "Request ARN is invalid");
    check(&world, "saml-arn", &bearing(&response, PROVIDER, ROLE), swapped);
    check(&world, "saml-arn", &bearing(&response, ROLE, ROLE), swapped);
    let pattern = r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+";
    let clauses = |name: &str| {
        format!(
            "Value '' at '{name}' failed to satisfy constraint: Member must satisfy regular expression pattern: {pattern}; \
             Value '' at '{name}' failed to satisfy constraint: Member must have length greater than or equal to 20"
        )
    };
    let text = format!("4 validation errors detected: {}; {}", clauses("roleArn"), clauses("principalArn"));
    check(&world, "saml-empty-arns", &bearing(&response, "", ""), refused(400, "ValidationError", &text));
    let text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    let over = refused(400, "ValidationError", text);
    check(&world, "saml-duration", &call(&to_role(BARE)).param("DurationSeconds", "3601"), over);
    let malformed = call(&order()).param("DurationSeconds", "1h").send(&world);
    assert_eq!(
        (malformed.status(), malformed.text("Code").as_deref()),
        (400, Some("MalformedInput")),
        "saml-duration-malformed"
    );
}

/// Rows saml-denied, saml-sso-role.
#[test]
fn who_may_not_is_told_no_more_than_that() {
    let world = world();
    let role = |name: &str| format!("arn:aws:iam::123456789012:role/{name}");
    check(&world, "saml-denied", &call(&to_role(&role("shut"))), DENIED);
    check(&world, "saml-denied", &call(&to_role(&role("nowhere"))), DENIED);
    check(&world, "saml-denied", &call(&to_role(BARE).attribute("PrincipalTag:Team", &["blue"])), DENIED);
    check(&world, "saml-denied", &call(&to_role(BARE).attribute("SourceIdentity", &["alice"])), DENIED);
    check(&world, "saml-denied", &call(&to_role("arn:aws:iam::222222222222:role/abroad")), DENIED);
    let reserved = role("AWSReservedSSO_Admin_0123456789abcdef");
    check(&world, "saml-sso-role", &call(&to_role(&reserved)), DENIED);
    let everybody = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRoleWithSAML",
    }]});
    let bare = trust(PROVIDER, json!("sts:AssumeRoleWithSAML"), json!({})).to_string();
    let of_aws_alone = TestWorld::new(&seed(json!({})).replacen(&bare, &everybody.to_string(), 1));
    check(&of_aws_alone, "iam-s-trust-aws-star-saml", &call(&to_role(BARE)), DENIED);
    call(&to_role(BARE)).send(&world).fine();
}

/// Row saml-audience: AWS's manual has the text, AWS itself takes any audience (federation 0).
#[test]
fn an_audience_matters_only_where_the_standard_is_held() {
    let mut world = world();
    let order = Order { audience: "urn:elsewhere".to_owned(), ..order() };
    call(&order).send(&world).fine();
    world.service.world_mut().saml = Rules { by_the_standard: true, ..Rules::default() };
    check(&world, "saml-audience", &call(&order), invalid("Response does not contain the required audience."));
    let elsewhere = Order { recipient: "not-a-url".to_owned(), ..self::order() };
    check(&world, "recipient", &call(&elsewhere), invalid("Response does not contain the required audience."));
    call(&self::order()).send(&world).fine();
}

/// Where the standard is held an assertion opens one session, and what was refused for another reason can be mended.
#[test]
fn by_the_standard_an_assertion_is_good_once() {
    let mut world = world();
    call(&order()).send(&world).fine();
    call(&order()).send(&world).fine();
    world.service.world_mut().saml = Rules { by_the_standard: true, ..Rules::default() };
    let used = invalid("Response has already been used");
    let both = Order {
        roles: vec![(ROLE.to_owned(), PROVIDER.to_owned()), (BARE.to_owned(), PROVIDER.to_owned())],
        ..order()
    };
    let response = mint(&both);
    let for_role = |role: &str| bearing(&response, role, PROVIDER);
    let shut = "arn:aws:iam::123456789012:role/shut";
    let text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    let over = refused(400, "ValidationError", text);
    check(&world, "what fails uses nothing up", &for_role(ROLE).param("DurationSeconds", "43200"), over);
    let text = "SAML Assertion doesn't contain the requested Role and Metadata in the attributes";
    let elsewhere = refused(400, "InvalidIdentityToken", text);
    check(&world, "nor does another role", &for_role(shut), elsewhere);
    for_role(ROLE).send(&world).fine();
    check(&world, "the same again", &for_role(ROLE), used);
    check(&world, "for another role", &for_role(BARE), used);
    let wrapped: String = response.chars().flat_map(|letter| [letter, '\n']).collect();
    check(&world, "in another spelling", &bearing(&wrapped, ROLE, PROVIDER), used);
    let sealed = Order { shape: &DEFAULT, sign_response: Some(true), ..both.clone() };
    check(&world, "signed around it as well", &bearing(&mint(&sealed), ROLE, PROVIDER), used);
    let other = both.mint(now(), *b"32 letters of some other drawing").unwrap();
    bearing(&other, ROLE, PROVIDER).send(&world).fine();
    world.service.world().sweep().unwrap();
    check(&world, "swept too early", &for_role(ROLE), used);
    world.wait(300);
    world.service.world().sweep().unwrap();
    check(&world, "over", &for_role(ROLE), refused(400, "ExpiredTokenException", "Response has expired"));
    assert_eq!(used_assertions(&world), 2, "of the last millisecond nothing is forgotten");
    world.wait(1);
    world.service.world().sweep().unwrap();
    assert_eq!(used_assertions(&world), 0);
}

/// A service whose clock runs ahead, and is turned back, revives nothing: what the machine's clock has not reached stays.
#[test]
fn by_the_standard_a_clock_that_is_turned_back_revives_no_assertion() {
    let mut world = world();
    world.service.world_mut().saml = Rules { by_the_standard: true, ..Rules::default() };
    call(&order()).send(&world).fine();
    world.steer_ahead(3600);
    world.service.world().sweep().unwrap();
    world.service.world().steer(|_| Ok(local_sts::env::Steering::System), true).unwrap();
    check(&world, "turned back", &call(&order()), invalid("Response has already been used"));
}

/// Of callers who race with one assertion one is served.
#[test]
fn by_the_standard_one_of_many_wins() {
    let mut world = world();
    world.service.world_mut().saml = Rules { by_the_standard: true, ..Rules::default() };
    let world = &world;
    let served = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..8).map(|_| scope.spawn(move || call(&order()).send(world).status())).collect();
        callers.into_iter().filter_map(|caller| caller.join().ok()).filter(|status| *status == 200).count()
    });
    assert_eq!(served, 1);
}

/// How many assertions the store remembers.
fn used_assertions(world: &TestWorld) -> usize {
    world.snapshot().identities.used_assertions()
}

#[track_caller]
fn check_lasts(order: &Order, asked: Option<&str>, seconds: i64) {
    let call = call(order);
    let call = asked.map_or(call.clone(), |asked| call.param("DurationSeconds", asked));
    let answer = call.send(&world()).fine();
    let expect = Timestamp::from_seconds(NOW + seconds).iso().to_string();
    assert_eq!(answer.text("Expiration"), Some(expect));
}

#[test]
fn a_session_lasts_as_long_as_the_least_of_those_who_say() {
    check_lasts(&order(), None, 3600);
    check_lasts(&order(), Some("7200"), 7200);
    check_lasts(&order().attribute("SessionDuration", &["900"]), None, 900);
    check_lasts(&order().attribute("SessionDuration", &["7200"]), None, 3600);
    check_lasts(&order().attribute("SessionDuration", &["7200"]), Some("14400"), 7200);
    check_lasts(&Order { session_seconds: Some(600), ..order() }, None, 600);
    check_lasts(&Order { session_seconds: Some(28_800), ..order() }, Some("14400"), 14_400);
}

/// One condition on the trust policy of `picky`, and whether alice meets it.
#[track_caller]
fn check_condition(order: &Order, condition: Value, expect: bool) {
    let world = TestWorld::new(&seed(condition.clone()));
    let order = Order {
        roles: vec![("arn:aws:iam::123456789012:role/picky".to_owned(), PROVIDER.to_owned())],
        ..order.clone()
    };
    let answer = call(&order).send(&world);
    assert_eq!(answer.status() == 200, expect, "{condition}: {}", answer.body());
}

#[test]
fn trust_policies_read_the_keys_of_an_assertion() {
    let oid = |arc: &str| format!("urn:oid:1.3.6.1.4.1.5923.1.1.1.{arc}");
    let order = order()
        .attribute(&oid("1"), &["staff", "member"])
        .attribute(&oid("6"), &["alice@example.org"])
        .attribute("urn:oid:2.5.4.3", &["Alice", "A. Liddell"])
        .attribute("2.5.4.42", &["Alice"])
        .attribute("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", &["a@example.org"])
        .attribute("urn:example:unmapped", &["x"])
        .attribute("PrincipalTag:Team", &["blue"])
        .attribute("SourceIdentity", &["alice"]);
    let equals = |key: &str, value: &str| json!({"StringEquals": {key: value}});
    // iam-s-trust-ctx-type
    for (key, value) in [
        ("SAML:aud", "https://signin.aws.amazon.com/saml"),
        ("saml:iss", "https://idp.local-sts.test/saml"),
        ("saml:sub", "alice"),
        ("saml:sub_type", "persistent"),
        ("saml:doc", "123456789012/demo"),
        ("saml:eduPersonPrincipalName", "alice@example.org"),
        ("saml:givenName", "Alice"),
        ("saml:mail", "a@example.org"),
        ("sts:RoleSessionName", "alice"),
        ("sts:SourceIdentity", "alice"),
        ("aws:RequestTag/Team", "blue"),
        ("aws:FederatedProvider", PROVIDER),
        ("aws:PrincipalAccount", ACCOUNT),
        ("aws:PrincipalType", "User"),
        ("aws:userid", PROVIDER),
    ] {
        check_condition(&order, equals(key, value), true);
        check_condition(&order, equals(key, "something else"), false);
    }
    let any = |key: &str, value: &str| json!({"ForAnyValue:StringEquals": {key: value}});
    check_condition(&order, any("saml:edupersonaffiliation", "staff"), true);
    check_condition(&order, any("saml:cn", "A. Liddell"), true);
    check_condition(&order, any("saml:cn", "Bob"), false);
    check_condition(&order, json!({"Null": {"saml:unmapped": "true", "aws:PrincipalArn": "true"}}), true);
    check_condition(&order, equals("saml:namequalifier", "1uAJanUnBc2XeUkHURMht+xam2c="), false);
}

/// Whether a session of `open` may go on to a role that makes this condition.
#[track_caller]
fn check_lasting(condition: Value, expect: bool) {
    let next = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "sts:AssumeRole", "Condition": condition,
    }]});
    let seed = seed(json!({})).replace(
        "  - id: \"222222222222\"",
        &format!("      - {{ name: next, trust: {next} }}\n  - id: \"222222222222\""),
    );
    let world = TestWorld::new(&seed);
    let keys = call(&order().attribute("urn:oid:2.5.4.3", &["Alice"])).send(&world).fine().keys();
    let answer = Call::assume_role("arn:aws:iam::123456789012:role/next", "later").by(&keys).send(&world);
    assert_eq!(answer.status() == 200, expect, "{condition}: {}", answer.body());
}

#[test]
fn what_stays_of_an_assertion_is_the_subject_and_the_provider() {
    check_lasting(json!({"StringEquals": {"saml:sub": "alice", "saml:sub_type": "persistent"}}), true);
    check_lasting(json!({"StringEquals": {"aws:FederatedProvider": PROVIDER}}), true);
    check_lasting(json!({"StringEquals": {"saml:sub": "bob"}}), false);
    check_lasting(json!({"Null": {"saml:namequalifier": "false"}}), true);
    let keys = json!({"Null": {"saml:aud": "true", "saml:iss": "true", "saml:doc": "true", "saml:cn": "true"}});
    check_lasting(keys, true);
}

#[test]
fn a_provider_that_wants_secrecy_takes_only_encrypted_assertions() {
    use local_sts::federation::saml::sign::Sealing;
    let world = world();
    let role = "arn:aws:iam::123456789012:role/shut";
    let plain = Order { roles: vec![(role.to_owned(), SEALED.to_owned())], ..order() };
    check_relayed(&world, "C3 Required", &call(&plain), "Invalid base64 SAMLResponse");
    for owner in ["provider", "provider-next"] {
        let sealed = Order { encrypt_for: Some((certificate(owner), Sealing::Aes256Gcm)), ..plain.clone() };
        call(&sealed).send(&world).fine();
    }
    let strangers = Order { encrypt_for: Some((certificate("stranger"), Sealing::Aes256Gcm)), ..plain };
    check_relayed(&world, "C3 wrong key", &call(&strangers), "Invalid base64 SAMLResponse");
}

#[test]
fn the_same_assertion_works_again_while_it_lives() {
    let world = world();
    let call = call(&order());
    call.send(&world).fine();
    world.wait(299);
    call.send(&world).fine();
    world.wait(1);
    check(&world, "replayed too late", &call, refused(400, "ExpiredTokenException", "Response has expired"));
    world.wait(1);
    let too_old = "Token must be redeemed within 5 minutes of issuance";
    check(&world, "B-766: and later", &call, refused(400, "ExpiredTokenException", too_old));
}

/// B-767.
#[test]
fn a_response_without_any_assertion_is_told_what_must_be_in_it() {
    let xml = order().mint_xml(now(), CHANCE).unwrap();
    let (head, tail) = (xml.split("<saml:Assertion").next().unwrap(), "</samlp:Response>");
    let mandatory = "Response (with optional signature) must contain an assertion with a mandatory signature";
    let call = bearing(&STANDARD.encode([head, tail].concat()), ROLE, PROVIDER);
    check_relayed(&world(), "B-767", &call, mandatory);
}

#[test]
fn the_log_says_what_the_wire_does_not() {
    let world = world();
    let (_, log) = logged(|| call(&spoilt(Defect::Wrapped4)).send(&world));
    assert!(log.contains("Assertion stands where it must not"), "{log}");
}
