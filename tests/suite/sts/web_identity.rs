//! AssumeRoleWithWebIdentity through the whole pipeline: what holds, and every refusal in AWS's words.
//!
//! Rows wi-* of the observations; A3 to A8 of the federation sheet.

use local_sts::env::FetchFault;
use serde_json::{Value, json};

use crate::support::issuers::Issuers;
use crate::support::token_cases::{self, Expect};
use crate::support::tokens::{ISSUER, KEYS, Token, key_set};
use crate::support::{Answer, Call, Keys, NOW, Refusal, TestWorld, check, identify, refused};

const ACCOUNT: &str = "123456789012";
const PROVIDER: &str = "arn:aws:iam::123456789012:oidc-provider/issuer.example/tenant";

pub const NOT_A_JWT: &str =
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)";
pub const NOT_VALIDATED: &str = "The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements.";
pub const NO_KEY: &str = "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements";
pub const DENIED: Refusal<'static> =
    (403, "AccessDenied", Some("Not authorized to perform sts:AssumeRoleWithWebIdentity"));

/// A world whose role `open` trusts everybody that the provider vouches for, and `bare` without tags and source identity.
fn seed(keys: Option<&str>) -> String {
    let pinned = keys.map(|keys| format!(", jwks: {keys}")).unwrap_or_default();
    let trust = |actions: Value| json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": actions}]});
    let (all, one) = (
        trust(json!(["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"])),
        trust(json!("sts:AssumeRoleWithWebIdentity")),
    );
    format!(
        r#"
accounts:
  - id: "{ACCOUNT}"
    stsDeactivatedRegions: [eu-west-3]
    users: [{{ name: alice, accessKeys: [{{ id: AKIAALICE, secret: alice-secret }}] }}]
    oidcProviders:
      - {{ url: "{ISSUER}", clientIds: [sts.amazonaws.com, second-client]{pinned} }}
    roles:
      - {{ name: open, path: /team/, maxSessionDuration: 7200, trust: {all} }}
      - {{ name: bare, trust: {one} }}
  - id: "222222222222"
    roles: [{{ name: abroad, trust: {one} }}]
"#
    )
}

fn world() -> TestWorld {
    TestWorld::new(&seed(Some(&key_set(&KEYS))))
}

fn call(token: &str) -> Call {
    to_role("team/open", token)
}

fn to_role(role: &str, token: &str) -> Call {
    Call::web_identity(&format!("arn:aws:iam::{ACCOUNT}:role/{role}"), token)
}

fn token() -> Token {
    Token::of("system:serviceaccount:shop:api")
}

fn invalid(text: &str) -> Refusal<'_> {
    refused(400, "InvalidIdentityToken", text)
}

#[track_caller]
fn check_token(world: &TestWorld, id: &str, token: &Token, expect: Refusal<'_>) {
    check(world, id, &call(&token.sign()), expect);
}

/// Row wi-ok: members in AWS's order, the provider by its ARN.
#[test]
fn a_token_that_holds_opens_a_role_that_trusts_its_issuer() {
    let world = world();
    let answer = call(&token().sign()).send(&world).fine();
    let keys = answer.keys();
    let (id, role) = (answer.text("RequestId").unwrap(), answer.text("AssumedRoleId").unwrap());
    let size = keys.token.as_ref().unwrap().len();
    let packed = size * 100 / 4096;
    let expect = format!(
        "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">
  <AssumeRoleWithWebIdentityResult>
    <Audience>sts.amazonaws.com</Audience>
    <AssumedRoleUser>
      <AssumedRoleId>{role}</AssumedRoleId>
      <Arn>arn:aws:sts::{ACCOUNT}:assumed-role/open/ci</Arn>
    </AssumedRoleUser>
    <Provider>{PROVIDER}</Provider>
    <Credentials>
      <AccessKeyId>{}</AccessKeyId>
      <SecretAccessKey>{}</SecretAccessKey>
      <SessionToken>{}</SessionToken>
      <Expiration>2026-01-15T13:00:00Z</Expiration>
    </Credentials>
    <SubjectFromWebIdentityToken>system:serviceaccount:shop:api</SubjectFromWebIdentityToken>
    <PackedPolicySize>{packed}</PackedPolicySize>
    <SessionTokenSize>{size}</SessionTokenSize>
    <SessionTokenUtilization>{packed}</SessionTokenUtilization>
  </AssumeRoleWithWebIdentityResult>
  <ResponseMetadata>
    <RequestId>{id}</RequestId>
  </ResponseMetadata>
</AssumeRoleWithWebIdentityResponse>
",
        keys.id,
        keys.secret,
        keys.token.as_ref().unwrap()
    );
    assert_eq!(answer.body(), expect);
    assert!(role.starts_with("AROA") && role.ends_with(":ci") && keys.id.starts_with("ASIA"));
    // AWS: measured between 24 and 34 (federation 0).
    assert!((22..=34).contains(&packed), "{packed}");
    let identity = identify(&keys).send(&world).fine();
    assert_eq!(identity.text("Arn").unwrap(), format!("arn:aws:sts::{ACCOUNT}:assumed-role/open/ci"));
    world.wait(3600);
    assert_eq!(identify(&keys).send(&world).text("Code").as_deref(), Some("ExpiredToken"));
}

#[test]
fn a_token_out_of_a_file_may_have_the_end_of_its_line() {
    for end in ["\n", "\r\n"] {
        call(&format!("{}{end}", token().sign())).send(&world()).fine();
    }
    for (before, end) in [("", " "), ("\n", ""), ("", "\n.")] {
        check(&world(), "E1", &call(&format!("{before}{}{end}", token().sign())), invalid(NOT_A_JWT));
    }
}

/// What a case of `fixtures/oidc` expects of the service.
fn expected(answer: &str) -> (u16, String, String) {
    let (code, text) = match answer {
        "V" => ("InvalidIdentityToken", NOT_A_JWT),
        "G" => ("InvalidIdentityToken", NOT_VALIDATED),
        "K" => ("InvalidIdentityToken", NO_KEY),
        other => other.split_once(": ").unwrap(),
    };
    let status = if code == "InternalFailure" { 500 } else { 400 };
    (status, code.to_owned(), text.to_owned())
}

/// Rows wi-jwks, wi-no-aud, wi-no-sub, wi-not-jwt, wi-expired and wi-too-old are among them.
#[test]
fn every_fault_of_a_token_has_awss_answer() {
    let seed = seed(None);
    token_cases::for_each(|name, case| {
        let world = TestWorld::fetching(&seed, Issuers::of(ISSUER, &case.key_set()));
        world.wait(case.at);
        let answer = call(&case.token()).send(&world);
        match &case.expect {
            Expect::Accepted { accepted } => {
                assert_eq!(answer.status(), 200, "{name}: {}", answer.body());
                let told = |member: &str, expect: &Option<String>| {
                    assert!(expect.is_none() || answer.text(member) == *expect, "{name}: {}", answer.body());
                };
                told("Audience", &accepted.audience);
                told("SubjectFromWebIdentityToken", &accepted.subject);
            }
            Expect::Refused { answer: expect, .. } => {
                let found = (answer.status(), answer.text("Code").unwrap(), answer.text("Message").unwrap());
                assert_eq!(found, expected(expect), "{name}");
            }
        }
    });
}

/// Rows wi-no-provider and wi-no-provider-raw; E1: an issuer is another one by the least letter.
#[test]
fn an_issuer_is_known_by_every_letter_or_not_at_all() {
    let world = world();
    for iss in [
        "https://issuer.example",
        "https://issuer.example/",
        "https://issuer.example/tenant/",
        "https://issuer.example/Tenant",
        "https://ISSUER.example/tenant",
        "https://issuer.example./tenant",
        "https://issuer.example:443/tenant",
        "https://issuer.example//tenant",
        "https://issuer.example/x/../tenant",
        "https://issuer.example/%74enant",
        "https://a@issuer.example/tenant",
        "https://issuer.example/tenant?",
        "https://issuer.example/tenant#",
        "https://issuer.example\\tenant",
        "https://xn--issuer.example/tenant",
        "http://issuer.example/tenant",
        "HTTPS://issuer.example/tenant",
        "issuer.example/tenant",
        " https://issuer.example/tenant",
        "https://auth.mozilla.auth0.com/",
        "https://graph.facebook.com/",
        "",
    ] {
        let text = format!("No OpenIDConnect provider found in your account for {iss}");
        check_token(&world, &format!("wi-no-provider {iss}"), &token().claim("iss", iss), invalid(&text));
    }
    let abroad = Call::web_identity("arn:aws:iam::222222222222:role/abroad", &token().sign());
    let text = format!("No OpenIDConnect provider found in your account for {ISSUER}");
    check(&world, "the provider of another account", &abroad, invalid(&text));
    let nowhere = abroad.body.clone();
    let nowhere = Call::form(&String::from_utf8(nowhere).unwrap().replace("222222222222", "999999999999"));
    check(&world, "an account that is not here", &nowhere, invalid(&text));
}

/// Rows wi-jwks and wi-thumbprint: an issuer that is down, slow, endless, redirecting, compressed or lying.
#[test]
fn an_issuer_without_keys_is_told_in_one_sentence() {
    for fault in [
        FetchFault::Unreachable("refused".to_owned()),
        FetchFault::Late,
        FetchFault::TooLong,
        FetchFault::Status(302),
        FetchFault::Status(500),
        FetchFault::Compressed,
        FetchFault::Unencrypted,
        FetchFault::NotPublic([10, 0, 0, 1].into()),
        FetchFault::Certificate("expired".to_owned()),
    ] {
        let issuers = Issuers::default();
        issuers.publish(ISSUER, Err(fault.clone()));
        let world = TestWorld::fetching(&seed(None), issuers);
        check_token(&world, &format!("wi-jwks {fault:?}"), &token(), invalid(NO_KEY));
    }
    let url = format!("{ISSUER}/.well-known/openid-configuration");
    for discovery in [
        "",
        "<html>",
        "{}",
        r#"{"issuer":"https://issuer.example/other","jwks_uri":"https://issuer.example/tenant/keys"}"#,
    ] {
        let issuers = Issuers::of(ISSUER, &key_set(&KEYS));
        issuers.serve(&url, Ok(discovery));
        let world = TestWorld::fetching(&seed(None), issuers.clone());
        check_token(&world, &format!("wi-jwks {discovery}"), &token(), invalid(NO_KEY));
        assert_eq!(issuers.asked(), std::slice::from_ref(&url), "a document that lies leads nowhere");
    }
    let text = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint";
    let issuers = Issuers::default();
    issuers.serve(&url, Err(FetchFault::Thumbprint { found: "00".to_owned() }));
    check_token(&TestWorld::fetching(&seed(None), issuers), "wi-thumbprint", &token(), invalid(text));
}

#[test]
fn keys_are_fetched_when_they_are_needed_and_not_again() {
    let issuers = Issuers::of(ISSUER, &key_set(&["rsa"]));
    let world = TestWorld::fetching(&seed(None), issuers.clone());
    let asked = [format!("{ISSUER}/.well-known/openid-configuration"), format!("{ISSUER}/keys")];
    // Neither what is no token nor what is for nobody here costs anything.
    call("a.b.c").send(&world);
    let refusal = invalid("No OpenIDConnect provider found in your account for https://x");
    check_token(&world, "no provider", &token().claim("iss", "https://x"), refusal);
    assert!(issuers.asked().is_empty());
    for _ in 0..3 {
        call(&token().sign()).send(&world).fine();
    }
    assert_eq!(issuers.asked(), asked);
    // A new key is found at once, an unknown one costs a fetch now and then.
    issuers.publish(ISSUER, Ok(&key_set(&["rsa", "ec256"])));
    world.wait(1);
    call(&token().by("ec256").sign()).send(&world).fine();
    assert_eq!(issuers.asked(), asked);
    for _ in 0..100 {
        check_token(&world, "wi-jwks", &token().by("other"), invalid(NO_KEY));
    }
    assert!(issuers.asked().len() <= 2);
    // What was withdrawn is good until the set is too old.
    issuers.publish(ISSUER, Ok(&key_set(&["ec256"])));
    world.wait(60);
    check_token(&world, "wi-jwks", &token(), invalid(NO_KEY));
    call(&token().by("ec256").sign()).send(&world).fine();
}

#[test]
fn keys_of_a_seed_need_no_network() {
    let issuers = Issuers::of(ISSUER, &key_set(&["other"]));
    let world = TestWorld::fetching(&seed(Some(&key_set(&["rsa"]))), issuers.clone());
    call(&token().sign()).send(&world).fine();
    check_token(&world, "wi-jwks", &token().by("other"), invalid(NO_KEY));
    assert!(issuers.asked().is_empty());
}

/// Two issuers, one key id: a key is its issuer's alone.
#[test]
fn a_key_of_one_issuer_proves_nothing_of_another() {
    let other = "https://other.example";
    let issuers = Issuers::of(ISSUER, &key_set(&["rsa"]));
    let keys = key_set(&["other"]).replace("\"kid\":\"other\"", "\"kid\":\"rsa\"");
    issuers.publish(other, Ok(&keys));
    let seed = seed(None).replace(
        "    oidcProviders:\n",
        &format!("    oidcProviders:\n      - {{ url: \"{other}\", clientIds: [sts.amazonaws.com] }}\n"),
    );
    let world = TestWorld::fetching(&seed, issuers);
    call(&token().sign()).send(&world).fine();
    check_token(&world, "signed by the key of another issuer", &token().claim("iss", other), invalid(NOT_VALIDATED));
    let theirs = Token { key: "other".to_owned(), ..token().claim("iss", other) };
    check_token(&world, "whom the role does not trust", &theirs, DENIED);
}

/// Rows wi-lwa and wi-idp-rejected, and the answer to every other provider.
#[test]
fn oauth_providers_are_refused_as_aws_refuses_what_is_not_theirs() {
    let world = world();
    let named = |provider: &str| call(&token().sign()).param("ProviderId", provider);
    check(&world, "wi-lwa", &named("www.amazon.com"), invalid("Provided Token is not a Login With Amazon token"));
    let text = "graph.facebook.com rejected OAuth token with response \"Bad signature\" and code 190";
    check(&world, "wi-idp-rejected", &named("graph.facebook.com"), refused(403, "IDPRejectedClaim", text));
    let text =
        "Unrecognized OAuth provider. Do not include a provider parameter when submitting OpenIDConnect ID tokens";
    for provider in ["accounts.google.com", "https://www.amazon.com", "issuer.example/tenant", "WWW.AMAZON.COM"] {
        check(&world, provider, &named(provider), refused(403, "AccessDenied", text));
    }
}

/// Row wi-token-length: a token is nobody's business, so its value is left out.
#[test]
fn the_token_is_bounded_and_not_shown() {
    let world = world();
    let fault = |must: &str| {
        format!(
            "1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: Member must have length {must}"
        )
    };
    let short = fault("greater than or equal to 4");
    check(&world, "wi-token-length", &call("abc"), refused(400, "ValidationError", &short));
    let long = fault("less than or equal to 20000");
    check(&world, "wi-token-length", &call(&"a".repeat(20_001)), refused(400, "ValidationError", &long));
    check(&world, "wi-not-jwt", &call(&"a".repeat(20_000)), invalid(NOT_A_JWT));
    check(&world, "wi-not-jwt", &call("hunter2.hunter2.hunter2"), invalid(NOT_A_JWT));
}

/// Row wi-duration: over the role's maximum; the limit of an hour for those who are in a session is not for bearers.
#[test]
fn the_session_is_as_long_as_the_role_allows_whenever_the_token_ends() {
    let world = world();
    let asked = |seconds: &str| call(&token().claim("exp", NOW + 60).sign()).param("DurationSeconds", seconds);
    let answer = asked("7200").send(&world).fine();
    assert_eq!(answer.text("Expiration").as_deref(), Some("2026-01-15T14:00:00Z"));
    let text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    check(&world, "wi-duration", &asked("7201"), refused(400, "ValidationError", text));
    let text = "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900";
    check(&world, "wi-duration", &asked("899"), refused(400, "ValidationError", text));
    // From the session on it is role chaining, and AWS's hour holds.
    let chained = Call::assume_role(&format!("arn:aws:iam::{ACCOUNT}:role/bare"), "ci");
    assert_eq!(chained.by(&answer.keys()).send(&world).text("Code").as_deref(), Some("AccessDenied"));
}

/// Row wi-denied: no such role, another provider, another action: nobody is told which.
#[test]
fn every_denial_has_one_text() {
    let world = world();
    for role in ["nowhere", "open", "Team/open", "team/Open"] {
        check(&world, role, &to_role(role, &token().sign()), DENIED);
    }
    let tagged = token().claim("https://aws.amazon.com/tags", json!({"principal_tags": {"Team": ["blue"]}}));
    check(&world, "sts:TagSession", &to_role("bare", &tagged.sign()), DENIED);
    let named = token().claim("https://aws.amazon.com/source_identity", "alice");
    check(&world, "sts:SetSourceIdentity", &to_role("bare", &named.sign()), DENIED);
    to_role("bare", &token().sign()).send(&world).fine();
}

/// Row wi-region-off.
#[test]
fn a_region_that_is_off_for_the_roles_account_is_refused() {
    let world = world();
    let there = call(&token().sign()).header("host", "sts.eu-west-3.amazonaws.com");
    let text = format!(
        "STS is not activated in this region for account:{ACCOUNT}. Your account administrator can activate STS in this region using the IAM Console."
    );
    check(&world, "wi-region-off", &there, refused(403, "RegionDisabledException", &text));
}

/// Row wi-security-token-header is disputed: B-210. Whatever is signed all the same, well or badly, changes nothing.
#[test]
fn a_signature_is_not_looked_at() {
    let world = world();
    let token = token().sign();
    let session = call(&token).send(&world).fine().keys();
    for keys in [Keys::of("alice"), Keys::new("AKIANOBODY", "x"), session.clone(), session.with_secret("x")] {
        let answer = call(&token).by(&keys).send(&world).fine();
        assert_eq!(answer.text("Arn").unwrap(), format!("arn:aws:sts::{ACCOUNT}:assumed-role/open/ci"));
    }
    call(&token).header("x-amz-security-token", "garbage").send(&world).fine();
    call(&token).header("authorization", "Basic x").send(&world).fine();
    let get = String::from_utf8(call(&token).body).unwrap();
    Call::get(&get).send(&world).fine();
}

#[test]
fn json_is_answered_to_those_who_ask_for_it() {
    let world = world();
    let answer = call(&token().sign()).header("accept", "application/json").send(&world);
    let body: Value = serde_json::from_str(answer.body()).unwrap();
    let result = &body["AssumeRoleWithWebIdentityResponse"]["AssumeRoleWithWebIdentityResult"];
    assert_eq!(result["Provider"], PROVIDER);
    assert_eq!(result["Credentials"]["Expiration"], NOW + 3600);
}

/// A6: what a token brings into the session.
#[test]
fn a_token_brings_tags_and_source_identity() {
    let world = world();
    let nested = token()
        .claim(
            "https://aws.amazon.com/tags",
            json!({"principal_tags": {"Team": ["blue"]}, "transitive_tag_keys": ["team"]}),
        )
        .claim("https://aws.amazon.com/source_identity", "alice");
    let answer = call(&nested.sign()).send(&world).fine();
    assert_eq!(answer.text("SourceIdentity").as_deref(), Some("alice"));
    let order: Vec<usize> =
        ["<Provider>", "<Credentials>", "<SourceIdentity>", "<SubjectFromWebIdentityToken>", "<PackedPolicySize>"]
            .iter()
            .map(|element| answer.body().find(element).unwrap())
            .collect();
    assert!(order.is_sorted());
    let plain = call(&token().sign()).send(&world).fine();
    let packed = |answer: &Answer| answer.text("PackedPolicySize").unwrap().parse::<u32>().unwrap();
    assert!(packed(&answer) > packed(&plain));
    let flat = token()
        .claim("https://aws.amazon.com/tags/principal_tags/Team", "blue")
        .claim("https://aws.amazon.com/tags/transitive_tag_keys", json!(["Team"]));
    call(&flat.sign()).send(&world).fine();
}

#[test]
fn demands_that_cannot_be_met_are_told() {
    let world = world();
    let tags = |claim: Value| token().claim("https://aws.amazon.com/tags", claim);
    let principal = "principal_tags passed in claim is not in correct format.";
    for (id, claim) in [
        ("a plain text", json!({"principal_tags": {"Team": "blue"}})),
        ("two values", json!({"principal_tags": {"Team": ["blue", "red"]}})),
        ("bad letters", json!({"principal_tags": {"Te<am": ["blue"]}})),
        ("a long key", json!({"principal_tags": {"k".repeat(129): ["blue"]}})),
        ("a long value", json!({"principal_tags": {"Team": ["v".repeat(257)]}})),
        (
            "fifty-one",
            json!({"principal_tags": (0..51).map(|at| (format!("k{at}"), json!(["v"]))).collect::<serde_json::Map<_, _>>()}),
        ),
    ] {
        check_token(&world, id, &tags(claim), invalid(principal));
    }
    let refusal = invalid("Session tags passed in claim are not in correct format.");
    check_token(&world, "no object", &tags(json!("Team")), refusal);
    let twice = tags(json!({"principal_tags": {"Team": ["blue"], "TEAM": ["red"]}}));
    let text = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
    check_token(&world, "B-207", &twice, refused(400, "InvalidParameterValue", text));
    let absent = tags(json!({"principal_tags": {"Team": ["blue"]}, "transitive_tag_keys": ["Cost"]}));
    let text = "The specified transitive tag key must be included in the requested tags.";
    check_token(&world, "B-207", &absent, refused(400, "InvalidParameterValue", text));
    let text = "Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with \"aws:\"";
    for name in [json!("a"), json!("a b"), json!("aws:x"), json!("n".repeat(65)), json!(7)] {
        check_token(&world, "B-208", &token().claim("https://aws.amazon.com/source_identity", name), invalid(text));
    }
}

/// A6: the claim of roles, which is looked at before the trust policy.
#[test]
fn a_token_that_names_roles_opens_no_other() {
    let world = world();
    let named = |roles: Value| token().claim("https://aws.amazon.com/roles", roles);
    let role = format!("arn:aws:iam::{ACCOUNT}:role/team/open");
    call(&named(json!([role])).sign()).send(&world).fine();
    call(&named(json!(format!("x; {role} ;y"))).sign()).send(&world).fine();
    let text = "The target role ARN is not present in the roles claim of the identity token";
    let token = named(json!([format!("arn:aws:iam::{ACCOUNT}:role/bare")]));
    check_token(&world, "iam-s-trust-idp-roles", &token, invalid(text));
    check(&world, "before the trust", &to_role("nowhere", &named(json!([role])).sign()), invalid(text));
    check_token(&world, "no role", &named(json!(["open"])), invalid("The roles claim contains no valid role ARNs"));
    check_token(&world, "an object", &named(json!({})), invalid("The roles claim is not in a supported format"));
}

#[test]
fn session_policies_come_with_a_token_as_with_a_signature() {
    let world = world();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
    call(&token().sign()).param("Policy", policy).send(&world).fine();
    let refusal = refused(400, "MalformedPolicyDocument", "Syntax errors in policy.");
    check(&world, "no policy", &call(&token().sign()).param("Policy", "{}"), refusal);
    let long = format!("{policy}{}", " ".repeat(2048));
    let answer = call(&token().sign()).param("Policy", &long).send(&world);
    assert!(answer.text("Message").unwrap().ends_with("Member must have length less than or equal to 2048"));
    let unknown = call(&token().sign()).param("PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/Nothing");
    assert_eq!(unknown.send(&world).text("Code").as_deref(), Some("ValidationError"));
    let huge = token().claim("sub", "s".repeat(4000));
    assert_eq!(call(&huge.sign()).send(&world).text("Code").as_deref(), Some("PackedPolicyTooLarge"), "B-205");
}

#[test]
fn what_is_no_role_is_refused_as_for_assume_role() {
    let world = world();
    for (arn, text) in [
        ("this-is-long-but-no-arn", "this-is-long-but-no-arn is invalid"),
        ("arn:aws:iam::123456789012:user/a", "Request ARN is invalid"),
    ] {
        check(&world, arn, &Call::web_identity(arn, "abcd"), refused(400, "ValidationError", text));
    }
}

/// A provider is the account's until the seed comes back; a reset forgets the keys that were fetched.
#[test]
fn a_reset_fetches_keys_anew() {
    let issuers = Issuers::of(ISSUER, &key_set(&["rsa"]));
    let world = TestWorld::fetching(&seed(None), issuers.clone());
    call(&token().sign()).send(&world).fine();
    issuers.publish(ISSUER, Ok(&key_set(&["other"])));
    local_sts::api::baseline::reset(world.service.world()).unwrap().wait().unwrap();
    check_token(&world, "withdrawn", &token(), invalid(NO_KEY));
    call(&token().by("other").sign()).send(&world).fine();
}

/// The faults in AWS's order, first winner first: B-200. Each token has all faults from one on.
#[test]
fn of_several_faults_the_earliest_shows() {
    let world = world();
    let broken = token()
        .claim("exp", NOW - 1000)
        .claim("aud", "stranger")
        .claim("https://aws.amazon.com/source_identity", "a b")
        .claim("https://aws.amazon.com/tags", "x")
        .claim("https://aws.amazon.com/roles", json!({}));
    let at_a_stranger = broken.clone().claim("iss", "https://stranger.example");
    let unknown_key = {
        let mut token = broken.clone();
        token.header.insert("kid".to_owned(), "nobody".into());
        token
    };
    let send = |token: &str| {
        let answer = Call::web_identity(&format!("arn:aws:iam::{ACCOUNT}:role/nowhere"), token)
            .param("Policy", "{}")
            .param("DurationSeconds", "43200")
            .send(&world);
        answer.text("Message").unwrap()
    };
    let forged = |token: &Token| {
        let signed = token.sign();
        format!("{}.AAAA", signed.rsplit_once('.').unwrap().0)
    };
    let steps = [
        (at_a_stranger.clone().without("sub").sign(), "Missing a required claim: sub"),
        (forged(&at_a_stranger), "No OpenIDConnect provider found in your account for https://stranger.example"),
        (forged(&unknown_key), NO_KEY),
        (forged(&broken), NOT_VALIDATED),
        (
            broken.sign(),
            "Token expired: current date/time 1768478100 must be before the expiration date/time 1768477400",
        ),
        (broken.clone().claim("exp", NOW + 60).sign(), NOT_VALIDATED),
        (
            broken
                .clone()
                .claim("exp", NOW + 60)
                .claim("aud", "sts.amazonaws.com")
                .without("https://aws.amazon.com/tags")
                .sign(),
            "Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with \"aws:\"",
        ),
        (
            token().claim("https://aws.amazon.com/tags", "x").claim("https://aws.amazon.com/roles", json!({})).sign(),
            "Session tags passed in claim are not in correct format.",
        ),
        (
            token().claim("https://aws.amazon.com/roles", json!({})).sign(),
            "The roles claim is not in a supported format",
        ),
        (token().sign(), "Syntax errors in policy."),
    ];
    for (token, expect) in steps {
        assert_eq!(send(&token), expect);
    }
    let text = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
    let long = to_role("nowhere", &token().sign()).param("DurationSeconds", "43200").send(&world);
    assert_eq!(long.text("Message").as_deref(), Some(text), "the trust before the duration");
}
