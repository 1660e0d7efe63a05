//! GetWebIdentityToken: tokens by which an account vouches for its own before others.

use serde_json::{Value, json};

use crate::support::{Answer, Call, Keys, NOW, Refusal, TestWorld, Token, alice, check, refused};
use local_sts::idp::documents::{self, Document};
use local_sts::ids::{AccountId, IssuerId};

/// Account 123456789012 vouches for its own, 210987654321 does not.
const SEED: &str = r#"
organizations: [{ id: o-testcompany, managementAccount: "210987654321", organizationalUnits: [{ name: Live, id: ou-test-livelive, accounts: ["345678901234"] }] }]
accounts:
  - id: "123456789012"
    outboundWebIdentityFederation: true
    rootAccessKeys: [{ id: AKIAROOT, secret: root-secret }]
    policies:
      - name: token-limit
        document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "iam:*", Resource: "*" }] }
    users:
      - name: alice
        path: /team/
        tags: { team: platform }
        accessKeys: [{ id: AKIAALICE, secret: alice-secret }]
        policies: [{ name: all, document: &all { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "*", Resource: "*" }] } }]
      - name: self
        accessKeys: [{ id: AKIASELF, secret: s }]
        policies:
          - name: token
            document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "sts:GetWebIdentityToken", Resource: "arn:aws:sts::123456789012:self" }] }
      - name: by-arn
        accessKeys: [{ id: AKIABYARN, secret: s }]
        policies:
          - name: token
            document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "sts:*", Resource: "arn:aws:iam::123456789012:user/by-arn" }] }
      - name: silent
        accessKeys: [{ id: AKIASILENT, secret: s }]
      - name: denied
        accessKeys: [{ id: AKIADENIED, secret: s }]
        policies:
          - name: token
            document:
              Version: "2012-10-17"
              Statement: [{ Effect: Allow, Action: "*", Resource: "*" }, { Effect: Deny, Action: "sts:GetWebIdentityToken", Resource: "*" }]
      - name: bounded
        accessKeys: [{ id: AKIABOUNDED, secret: s }]
        permissionsBoundary: arn:aws:iam::123456789012:policy/token-limit
        policies: [{ name: all, document: *all }]
      - name: picky
        accessKeys: [{ id: AKIAPICKY, secret: s }]
        policies:
          - name: token
            document:
              Version: "2012-10-17"
              Statement:
                - Effect: Allow
                  Action: "sts:GetWebIdentityToken"
                  Resource: "*"
                  Condition:
                    "ForAllValues:StringEquals": { "sts:IdentityTokenAudience": ["https://one.test", "https://two.test"] }
                    StringEquals: { "sts:SigningAlgorithm": ES384 }
                    NumericEquals: { "sts:DurationSeconds": "300" }
                - Effect: Allow
                  Action: "sts:TagGetWebIdentityToken"
                  Resource: "*"
                  Condition:
                    "ForAllValues:StringEquals": { "aws:TagKeys": [team] }
                    StringEquals: { "aws:RequestTag/team": blue }
    roles:
      - name: worker
        path: /jobs/
        tags: { Team: role, untouched: retained }
        policies: [{ name: all, document: *all }]
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] }] }
  - id: "345678901234"
    outboundWebIdentityFederation: true
    users:
      - { name: carol, accessKeys: [{ id: AKIACAROL, secret: s }], policies: [{ name: all, document: *all }] }
    roles:
      - name: worker
        tags: { Team: role, untouched: retained }
        policies: [{ name: all, document: *all }]
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] }] }
  - id: "210987654321"
    users:
      - name: alice
        accessKeys: [{ id: AKIAOTHER, secret: s }]
        policies: [{ name: all, document: *all }]
      - name: five-minutes
        accessKeys: [{ id: AKIAFIVE, secret: s }]
        policies:
          - name: token
            document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "sts:*", Resource: "*", Condition: { NumericEquals: { "sts:DurationSeconds": "300" } } }] }
    roles:
      - name: worker
        policies: [{ name: all, document: *all }]
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
"#;

fn world() -> TestWorld {
    TestWorld::new(SEED)
}

fn key(id: &str) -> Keys {
    Keys::new(id, "s")
}

/// A call in good order.
fn ask() -> Call {
    Call::sts("GetWebIdentityToken").param("Audience.member.1", "https://one.test").param("SigningAlgorithm", "RS256")
}

/// The same call by ES384: its keys are made sooner.
fn quick() -> Call {
    Call::sts("GetWebIdentityToken").param("Audience.member.1", "https://one.test").param("SigningAlgorithm", "ES384")
}

#[track_caller]
fn token(answer: &Answer) -> Token {
    Token::read(&answer.text("WebIdentityToken").unwrap_or_else(|| panic!("no token in {}", answer.body())))
}

fn account() -> AccountId {
    AccountId::parse("123456789012").unwrap()
}

fn issuer(world: &TestWorld) -> IssuerId {
    world.snapshot().identities.outbound(account()).unwrap().issuer
}

fn document(world: &TestWorld, issuer: IssuerId, document: Document) -> Value {
    let response = documents::of_account(world.service.world(), issuer, document).unwrap();
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
    serde_json::from_slice(&response.body).unwrap()
}

fn key_set(world: &TestWorld) -> Value {
    document(world, issuer(world), Document::Keys)
}

/// The resource of every denial.
const SELF: &str = "arn:aws:sts::123456789012:self";

#[track_caller]
fn check_denied(world: &TestWorld, id: &str, call: &Call, arn: &str, action: &str, why: &str) {
    let text = format!("User: {arn} is not authorized to perform: {action} on resource: {SELF} {why}");
    check(world, id, call, refused(403, "AccessDenied", &text));
}

#[track_caller]
fn check_invalid(world: &TestWorld, id: &str, call: &Call, member: &str, must: &str) {
    let text = format!("1 validation error detected: Value {member} failed to satisfy constraint: Member must {must}");
    check(world, id, &call.clone().by(&alice()), refused(400, "ValidationError", &text));
}

#[test]
fn a_user_gets_a_token_that_says_who_he_is() {
    let world = world();
    let answer = ask().param("DurationSeconds", "60").region("eu-central-1").by(&alice()).send(&world);
    assert_eq!(answer.status(), 200, "sts-s-gwit-ok-user: {}", answer.body());
    assert_eq!(answer.text("Expiration").as_deref(), Some("2026-01-15T12:01:00.000Z"));
    let token = token(&answer);
    assert_eq!(token.header, r#"{"kid":"RSA_0","typ":"JWT","alg":"RS256"}"#);
    let jti = token.claims()["jti"].as_str().unwrap().to_owned();
    let iss = format!("http://127.0.0.1:4593/outbound/{}", issuer(&world));
    let arn = "arn:aws:iam::123456789012:user/team/alice";
    let expect = format!(
        r#"{{"aud":"https://one.test","sub":"{arn}","https://sts.amazonaws.com/":{{"aws_account":"123456789012","source_region":"eu-central-1","principal_id":"{arn}","principal_tags":{{"team":"platform"}}}},"iss":"{iss}","exp":{},"iat":{NOW},"jti":"{jti}"}}"#,
        NOW + 60
    );
    assert_eq!(token.payload, expect, "in this order, compact, slashes as they are");
    assert_eq!(uuid::Uuid::parse_str(&jti).unwrap().get_version_num(), 4);
    assert_eq!(token.signature.len(), 256);
    assert!(token.is_proved_by(&key_set(&world)));
}

#[test]
fn an_account_of_an_organization_says_which() {
    let world = world();
    let token = token(&quick().by(&key("AKIACAROL")).send(&world));
    let arn = "arn:aws:iam::345678901234:user/carol";
    let expect = format!(
        r#""https://sts.amazonaws.com/":{{"org_id":"o-testcompany","aws_account":"345678901234","ou_path":["o-testcompany/r-test/ou-test-livelive/"],"source_region":"us-east-1","principal_id":"{arn}"}}"#
    );
    assert!(token.payload.contains(&expect), "sts-s-gwit-ok-user, B-247: {}", token.payload);
}

/// The names stand in a token's payload in this order, which is blank between them.
#[track_caller]
fn check_order(id: &str, token: &Token, names: &str) {
    let names = names.split(' ');
    let places: Vec<_> = names.map(|name| token.payload.find(&format!("\"{name}\":")).expect(name)).collect();
    assert!(places.is_sorted(), "{id}: {}", token.payload);
}

#[test]
fn claims_and_tags_stand_in_the_order_of_aws() {
    let world = world();
    let role = Call::assume_role("arn:aws:iam::345678901234:role/worker", "ci").param("SourceIdentity", "carol");
    let session = role.tags(&[("team", "session")]).by(&key("AKIACAROL")).send(&world).keys();
    let numbers: Vec<String> = (0..50).map(|number| number.to_string()).collect();
    let numbers: Vec<_> = numbers.iter().map(|number| (number.as_str(), "x")).collect();
    let words = [("Team", "request"), ("aws:test", "reserved")];
    // Each is named by its case in a recording of September 2026.
    for (id, by, tags, names) in [
        ("user_rs256", alice(), &[][..], "aws_account source_region principal_id principal_tags team"),
        ("request_tags", alice(), &words, "aws_account request_tags aws:test Team source_region principal_id"),
        (
            "max_tags",
            alice(),
            &numbers,
            "44 45 46 47 48 49 10 11 12 13 14 15 16 17 18 19 0 1 2 3 4 5 6 7 8 9 20 21 22 23 24 25 26 27 28 29 30 31 \
             32 33 34 35 36 37 38 39 40 41 42 43 source_region",
        ),
        (
            "role_session",
            session,
            &words,
            "source_identity org_id aws_account ou_path request_tags aws:test Team original_session_exp source_region \
             principal_id principal_tags untouched team",
        ),
    ] {
        check_order(id, &token(&quick().tags(tags).by(&by).send(&world)), names);
    }
}

#[test]
fn milliseconds_stand_in_the_answer_and_not_in_the_token() {
    let world = world();
    world.service.world().clock.steer(local_sts::env::Steering::Offset(507), false).unwrap();
    let answer = quick().by(&alice()).send(&world);
    assert_eq!(answer.text("Expiration").as_deref(), Some("2026-01-15T12:05:00.507Z"));
    let claims = token(&answer).claims();
    assert_eq!((claims["iat"].as_i64(), claims["exp"].as_i64()), (Some(NOW), Some(NOW + 300)));
    let json = quick().header("accept", "application/json").by(&alice()).send(&world);
    let json: Value = serde_json::from_str(json.body()).unwrap();
    let result = &json["GetWebIdentityTokenResponse"]["GetWebIdentityTokenResult"];
    assert_eq!(result["Expiration"].to_string(), format!("{}.507", NOW + 300), "B-241");
}

#[test]
fn the_other_algorithm_signs_with_two_numbers() {
    let world = world();
    let token = token(&quick().by(&alice()).send(&world));
    assert_eq!(token.header, r#"{"kid":"EC384_0","typ":"JWT","alg":"ES384"}"#, "sts-s-gwit-ok-es384");
    assert_eq!(token.signature.len(), 96);
    assert!(token.is_proved_by(&key_set(&world)));
}

#[test]
fn several_audiences_are_a_list_and_one_is_a_text() {
    let world = world();
    let call = |audiences: &[&str]| {
        let mut call = Call::sts("GetWebIdentityToken").param("SigningAlgorithm", "ES384");
        for (at, audience) in audiences.iter().enumerate() {
            call = call.param(&format!("Audience.member.{}", at + 1), audience);
        }
        token(&call.by(&alice()).send(&world)).claims()["aud"].clone()
    };
    assert_eq!(call(&["one", "one"]), json!(["one", "one"]), "sts-s-gwit-ok-audiences");
    assert_eq!(call(&["one"]), json!("one"));
}

#[test]
fn a_session_of_a_role_is_the_role_with_the_sessions_tags() {
    let world = world();
    let session = Call::assume_role("arn:aws:iam::123456789012:role/jobs/worker", "ci")
        .param("SourceIdentity", "alice")
        .tags(&[("team", "session")]);
    let session = session.by(&alice()).send(&world).keys();
    let claims = token(&quick().by(&session).send(&world)).claims();
    let arn = "arn:aws:iam::123456789012:role/jobs/worker";
    assert_eq!(claims["sub"], arn, "sts-s-gwit-ok-role");
    assert_eq!(
        claims["https://sts.amazonaws.com/"],
        json!({
            "aws_account": "123456789012",
            "source_region": "us-east-1",
            "principal_id": arn,
            "principal_tags": { "untouched": "retained", "team": "session" },
            "original_session_exp": "2026-01-15T13:00:00Z",
            "source_identity": "alice",
        })
    );
}

#[test]
fn tags_of_the_request_are_told_whatever_they_are_called() {
    let world = world();
    let call = quick().tags(&[("aws:test", "reserved"), ("Team", "request")]);
    let claims = token(&call.by(&alice()).send(&world)).claims();
    let tags = &claims["https://sts.amazonaws.com/"]["request_tags"];
    assert_eq!(tags, &json!({ "aws:test": "reserved", "Team": "request" }), "sts-s-gwit-tag-aws-prefix");
}

#[test]
fn users_in_a_session_and_the_root_user_get_tokens_too() {
    let world = world();
    let session = Call::sts("GetSessionToken").by(&alice()).send(&world).keys();
    let claims = token(&quick().by(&session).send(&world)).claims();
    assert_eq!(claims["sub"], "arn:aws:iam::123456789012:user/team/alice");
    assert_eq!(claims["https://sts.amazonaws.com/"]["original_session_exp"], "2026-01-16T00:00:00Z");
    let root = token(&quick().by(&Keys::of("root")).send(&world)).claims();
    assert_eq!(root["sub"], "arn:aws:iam::123456789012:root", "B-243");
    let other = Call::sts("GetSessionToken").by(&key("AKIAOTHER")).send(&world).keys();
    check(&world, "sts-s-gwit-gst-caller", &quick().by(&other), DISABLED);
}

const DISABLED: Refusal<'static> =
    (403, "OutboundWebIdentityFederationDisabledException", Some("OutboundWebIdentityFederation is disabled."));

#[test]
fn an_account_that_vouches_for_nobody_says_so_last_of_all() {
    let world = world();
    let disabled = |id: &str, call: Call| check(&world, id, &call, DISABLED);
    disabled("sts-s-gwit-disabled, gwit-disabled, iam-s-outbound-token-off", ask().by(&key("AKIAOTHER")));
    disabled("in any region", ask().region("eu-west-1").by(&key("AKIAOTHER")));
    disabled("sts-s-gwit-duration-key-default", ask().by(&key("AKIAFIVE")));
    let long = "é".repeat(1000);
    for audience in [" ", "no-scheme", "grüß-dich", long.as_str()] {
        let call = Call::sts("GetWebIdentityToken").param("SigningAlgorithm", "RS256");
        let call = call.param("Audience.member.1", audience).param("Audience.member.2", audience);
        disabled("sts-s-gwit-audience-free", call.by(&key("AKIAOTHER")));
    }
    let session = Call::assume_role("arn:aws:iam::210987654321:role/worker", "ci")
        .param("DurationSeconds", "900")
        .by(&key("AKIAOTHER"))
        .send(&world)
        .keys();
    check(&world, "told while it is off", &ask().param("DurationSeconds", "900").by(&session), ESCALATION);
    disabled("a shorter one", ask().param("DurationSeconds", "899").by(&session));
}

const ESCALATION: Refusal<'static> = (
    403,
    "SessionDurationEscalationException",
    Some("Requested token expiry time must be before the original session's expiry time."),
);

#[test]
fn no_token_outlives_the_session_of_its_bearer() {
    let world = world();
    let session = Call::assume_role("arn:aws:iam::123456789012:role/jobs/worker", "ci")
        .param("DurationSeconds", "900")
        .by(&alice())
        .send(&world)
        .keys();
    let lasting = |seconds: &str| quick().param("DurationSeconds", seconds).by(&session);
    check(&world, "sts-s-gwit-escalation, gwit-escalation", &lasting("3600"), ESCALATION);
    check(&world, "B-242", &lasting("900"), ESCALATION);
    assert_eq!(lasting("899").send(&world).status(), 200);
    world.wait(841);
    check(&world, "what is left counts", &lasting("60"), ESCALATION);
}

#[test]
fn the_endpoint_without_a_region_does_not_offer_it() {
    let world = world();
    let refusal = refused(400, "InvalidAction", "Operation not supported on STS global endpoint");
    let global = |call: Call| call.header("host", "sts.amazonaws.com");
    check(&world, "sts-s-gwit-global", &global(ask()).by(&alice()), refusal);
    check(&world, "before parameters are read", &global(Call::sts("GetWebIdentityToken")).by(&alice()), refusal);
    let regional = quick().header("host", "sts.us-east-1.amazonaws.com").by(&alice());
    assert_eq!(regional.send(&world).status(), 200);
}

#[test]
fn a_refusal_says_which_kind_of_policy_refused() {
    let world = world();
    let action = "sts:GetWebIdentityToken";
    let silent = "because no identity-based policy allows the sts:GetWebIdentityToken action";
    let user = |name: &str| format!("arn:aws:iam::123456789012:user/{name}");
    let by = |id: &str| ask().by(&key(id));
    check_denied(&world, "sts-s-gwit-denied", &by("AKIASILENT"), &user("silent"), action, silent);
    check_denied(&world, "sts-s-gwit-denied", &by("AKIABYARN"), &user("by-arn"), action, silent);
    let explicit = "with an explicit deny in an identity-based policy";
    check_denied(&world, "sts-s-gwit-denied-explicit", &by("AKIADENIED"), &user("denied"), action, explicit);
    let boundary = "because no permissions boundary allows the sts:GetWebIdentityToken action";
    check_denied(&world, "sts-s-gwit-denied-boundary", &by("AKIABOUNDED"), &user("bounded"), action, boundary);
    let deny = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"sts:GetWebIdentityToken","Resource":"*"}]}"#;
    let session = |policy: &str| {
        Call::assume_role("arn:aws:iam::123456789012:role/jobs/worker", "ci")
            .param("Policy", policy)
            .by(&alice())
            .send(&world)
            .keys()
    };
    let arn = "arn:aws:sts::123456789012:assumed-role/worker/ci";
    let call = ask().by(&session(deny));
    check_denied(&world, "sts-s-gwit-denied-session", &call, arn, action, "with an explicit deny in a session policy");
    let other = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"}]}"#;
    let silent = "because no session policy allows the sts:GetWebIdentityToken action";
    check_denied(&world, "a silent session policy", &ask().by(&session(other)), arn, action, silent);
}

#[test]
fn the_accounts_own_self_is_the_resource_and_tags_are_asked_second() {
    let world = world();
    assert_eq!(quick().by(&key("AKIASELF")).send(&world).status(), 200);
    let call = ask().tags(&[("team", "blue")]).by(&key("AKIASELF"));
    let action = "sts:TagGetWebIdentityToken";
    let silent = "because no identity-based policy allows the sts:TagGetWebIdentityToken action";
    let arn = "arn:aws:iam::123456789012:user/self";
    check_denied(&world, "sts-s-gwit-denied-tags", &call, arn, action, silent);
    let both = ask().tags(&[("team", "blue")]).by(&key("AKIASILENT"));
    let first = "because no identity-based policy allows the sts:GetWebIdentityToken action";
    let arn = "arn:aws:iam::123456789012:user/silent";
    check_denied(&world, "the first question", &both, arn, "sts:GetWebIdentityToken", first);
}

#[test]
fn conditions_read_audience_algorithm_duration_and_tags() {
    let world = world();
    let picky = key("AKIAPICKY");
    let arn = "arn:aws:iam::123456789012:user/picky";
    let action = "sts:GetWebIdentityToken";
    let silent = "because no identity-based policy allows the sts:GetWebIdentityToken action";
    assert_eq!(quick().param("Audience.member.2", "https://two.test").by(&picky).send(&world).status(), 200);
    for (id, call) in [
        ("gwit-audience-denied", quick().param("Audience.member.2", "https://three.test")),
        ("sts:SigningAlgorithm", ask()),
        ("sts:DurationSeconds", quick().param("DurationSeconds", "299")),
    ] {
        check_denied(&world, id, &call.by(&picky), arn, action, silent);
    }
    let action = "sts:TagGetWebIdentityToken";
    let silent = "because no identity-based policy allows the sts:TagGetWebIdentityToken action";
    assert_eq!(quick().tags(&[("team", "blue")]).by(&picky).send(&world).status(), 200);
    for tags in [&[("team", "red")][..], &[("team", "blue"), ("cost", "9")]] {
        check_denied(&world, "aws:RequestTag, aws:TagKeys", &quick().tags(tags).by(&picky), arn, action, silent);
    }
}

#[test]
fn federated_users_are_not_vouched_for() {
    let world = world();
    let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let federated = Call::sts("GetFederationToken").param("Name", "bob").param("Policy", all);
    let federated = federated.by(&alice()).send(&world).keys();
    let text = "GetWebIdentityToken does not support federated user sessions";
    check(&world, "sts-s-gwit-federated", &ask().by(&federated), refused(403, "AccessDenied", text));
    let twice = ask().tags(&[("a", "1"), ("A", "2")]).by(&federated);
    let text = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
    check(&world, "tags come before it", &twice, refused(400, "InvalidParameterValue", text));
}

#[test]
fn algorithms_and_durations_have_their_bounds() {
    let world = world();
    let signed = |algorithm: &str| {
        Call::sts("GetWebIdentityToken").param("Audience.member.1", "a").param("SigningAlgorithm", algorithm)
    };
    let text = "Requested SigningAlgorithm is not supported. See the GetWebIdentityToken documentation for supported algorithms";
    for algorithm in ["RS384", "ES256", "HS256", "rs256", "ES512"] {
        let call = signed(algorithm).by(&alice());
        check(&world, "sts-s-gwit-algorithm, iam-s-outbound-alg", &call, refused(400, "ValidationError", text));
    }
    let at = |value: &str| format!("'{value}' at 'signingAlgorithm'");
    let short = "have length greater than or equal to 5";
    check_invalid(&world, "sts-s-gwit-algorithm-short", &signed("none"), &at("none"), short);
    check_invalid(&world, "sts-s-gwit-algorithm-short", &signed(""), &at(""), short);
    let long = "have length less than or equal to 5";
    check_invalid(&world, "sts-s-gwit-algorithm-long", &signed("RS256x"), &at("RS256x"), long);
    let absent = Call::sts("GetWebIdentityToken").param("Audience.member.1", "a");
    let id = "sts-s-gwit-algorithm-null, iam-s-outbound-alg-null";
    check_invalid(&world, id, &absent, "null at 'signingAlgorithm'", "not be null");
    let lasting = |seconds: &str| ask().param("DurationSeconds", seconds);
    let least = "have value greater than or equal to 60";
    let most = "have value less than or equal to 3600";
    for (id, seconds, must) in [
        ("sts-s-gwit-duration-low", "59", least),
        ("sts-s-gwit-duration-low", "0", least),
        ("sts-s-gwit-duration-high", "3601", most),
    ] {
        check_invalid(&world, id, &lasting(seconds), &format!("'{seconds}' at 'durationSeconds'"), must);
    }
}

#[test]
fn audiences_have_their_bounds() {
    let world = world();
    let signed = || Call::sts("GetWebIdentityToken").param("SigningAlgorithm", "RS256");
    check_invalid(&world, "sts-s-gwit-audience-null", &signed(), "null at 'audience'", "not be null");
    let items = "satisfy constraint: [Member must have length less than or equal to 1000, Member must have length \
                 greater than or equal to 1]";
    let one = |audience: &str| signed().param("Audience.member.1", audience);
    check_invalid(&world, "sts-s-gwit-audience-empty", &one(""), "'[]' at 'audience'", items);
    let long = "a".repeat(1001);
    check_invalid(&world, "sts-s-gwit-audience-long", &one(&long), &format!("'[{long}]' at 'audience'"), items);
    let mut eleven = signed();
    for at in 0..11 {
        eleven = eleven.param(&format!("Audience.member.{}", at + 1), &at.to_string());
    }
    let printed = "'[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]' at 'audience'";
    let id = "sts-s-gwit-audience-eleven, iam-s-outbound-aud-11";
    check_invalid(&world, id, &eleven, printed, "have length less than or equal to 10");
}

#[test]
fn tags_have_their_bounds() {
    let world = world();
    let pattern = r"satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+";
    let text = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
    for other in ["team", "TEAM"] {
        let twice = ask().tags(&[("team", "a"), (other, "b")]).by(&alice());
        check(&world, "sts-s-gwit-tag-dup", &twice, refused(400, "InvalidParameterValue", text));
    }
    let empty = ask().tags(&[("", "x")]).by(&alice());
    let text = format!(
        "2 validation errors detected: Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must have \
         length greater than or equal to 1; Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must \
         {pattern}"
    );
    check(&world, "sts-s-gwit-tag-empty-key", &empty, refused(400, "ValidationError", &text));
    let bad = ask().tags(&[("<team>", "x")]);
    check_invalid(&world, "sts-s-gwit-tag-bad-key", &bad, "'<team>' at 'tags.1.member.key'", pattern);
    let (key, value) = ("k".repeat(129), "v".repeat(257));
    let printed = format!("'{key}' at 'tags.1.member.key'");
    let must = "have length less than or equal to 128";
    check_invalid(&world, "sts-s-gwit-tag-long-key", &ask().tags(&[(&key, "x")]), &printed, must);
    let printed = format!("'{value}' at 'tags.1.member.value'");
    let must = "have length less than or equal to 256";
    check_invalid(&world, "sts-s-gwit-tag-long-value", &ask().tags(&[("team", &value)]), &printed, must);
    let keys: Vec<String> = (0..51).map(|at| at.to_string()).collect();
    let tags: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "test")).collect();
    let printed: Vec<String> = keys.iter().map(|key| format!("Tag(key={key}, value=test)")).collect();
    let printed = format!("'[{}]' at 'tags'", printed.join(", "));
    let must = "have length less than or equal to 50";
    check_invalid(&world, "sts-s-gwit-tag-count", &ask().tags(&tags), &printed, must);
}

/// A call whose claims have `room` bytes more than the least, by the length of its audiences.
fn filled(algorithm: &str, room: usize) -> Call {
    let mut call = Call::sts("GetWebIdentityToken").param("SigningAlgorithm", algorithm);
    let mut left = room;
    for at in 1..=10 {
        // Three bytes each in UTF-8, one character each for the bound of an audience.
        let wide = (left / 3).min(999);
        left -= wide * 3;
        let narrow = if at == 10 { left } else { 0 };
        call = call.param(&format!("Audience.member.{at}"), &format!("{}{}a", "€".repeat(wide), "x".repeat(narrow)));
    }
    call
}

#[test]
fn claims_have_at_most_so_many_bytes() {
    let world = world();
    let least = token(&filled("ES384", 0).by(&alice()).send(&world)).payload.len();
    for (algorithm, length) in [("RS256", 20_378), ("ES384", 20_167)] {
        let full = filled(algorithm, 14_984 - least).by(&alice()).send(&world);
        let text = full.text("WebIdentityToken").unwrap();
        assert_eq!(Token::read(&text).payload.len(), 14_984, "sts-s-gwit-size-limit");
        assert_eq!(text.len(), length, "sts-s-gwit-size-limit");
        let refusal = refused(400, "JWTPayloadSizeExceededException", "JWT payload exceeds maximum allowed size");
        let over = filled(algorithm, 14_985 - least).by(&alice());
        check(&world, "sts-s-gwit-size, gwit-size", &over, refusal);
    }
}

#[test]
fn the_issuer_says_where_its_keys_are() {
    let world = world();
    let url = format!("http://127.0.0.1:4593/outbound/{}", issuer(&world));
    let response = documents::of_account(world.service.world(), issuer(&world), Document::Discovery).unwrap();
    let expect = format!(
        r#"{{"claims_supported":["sub","iss","aud","exp","iat","jti","https://sts.amazonaws.com/"],"id_token_signing_alg_values_supported":["RS256","ES384"],"issuer":"{url}","jwks_uri":"{url}/.well-known/jwks.json","response_types_supported":["id_token"],"subject_types_supported":["public"]}}"#
    );
    assert_eq!(std::str::from_utf8(&response.body).unwrap(), expect, "sts-s-gwit-discovery");
    let path = url.strip_prefix("http://127.0.0.1:4593").unwrap();
    let found = |name: &str| documents::outbound(&format!("{path}/.well-known/{name}"));
    assert_eq!(found("openid-configuration"), Some((issuer(&world), Document::Discovery)));
    assert_eq!(found("jwks.json"), Some((issuer(&world), Document::Keys)));
    assert_eq!(found("keys.json"), None);
    let stranger = IssuerId::mint([7; 16]);
    assert!(documents::of_account(world.service.world(), stranger, Document::Keys).is_none());
    assert!(documents::of_account(world.service.world(), IssuerId::BUILT_IN, Document::Keys).is_none());
}

#[test]
fn a_key_set_has_both_keys_and_outlasts_the_feature() {
    let world = world();
    let before = key_set(&world);
    let members: Vec<Vec<&str>> = before["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key.as_object().unwrap().keys().map(String::as_str).collect())
        .collect();
    let expect = [vec!["alg", "e", "kid", "kty", "n", "use"], vec!["alg", "crv", "kid", "kty", "use", "x", "y"]];
    assert_eq!(members, expect, "sts-s-gwit-jwks");
    let (rsa, curve) = (&before["keys"][0], &before["keys"][1]);
    assert_eq!((&rsa["kid"], &rsa["alg"], &rsa["e"]), (&json!("RSA_0"), &json!("RS256"), &json!("AQAB")));
    assert_eq!((&curve["kid"], &curve["crv"]), (&json!("EC384_0"), &json!("P-384")));
    let issuer = issuer(&world);
    let token = token(&quick().by(&alice()).send(&world));
    world.change(|draft| Ok(draft.identities.disable_outbound(&mut draft.batch, account())?));
    check(&world, "B-244: at once (sts-s-gwit-after-disable, sts-s-gwit-transition)", &quick().by(&alice()), DISABLED);
    assert_eq!(document(&world, issuer, Document::Keys), before);
    assert!(token.is_proved_by(&before));
    world.change(|draft| Ok(draft.identities.enable_outbound(&mut draft.batch, account(), IssuerId::mint([9; 16]))?));
    assert_eq!(document(&world, self::issuer(&world), Document::Keys), before, "the same issuer, the same keys");
}

/// What can be wrong with one call, first winner first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Endpoint,
    Constraint,
    Algorithm,
    TagTwice,
    Federated,
    Denied,
    TagDenied,
    Escalation,
    Disabled,
    Size,
}

const ORDER: [Fault; 10] = [
    Fault::Endpoint,
    Fault::Constraint,
    Fault::Algorithm,
    Fault::TagTwice,
    Fault::Federated,
    Fault::Denied,
    Fault::TagDenied,
    Fault::Escalation,
    Fault::Disabled,
    Fault::Size,
];

impl Fault {
    /// A part of the text that no other fault has.
    fn sign(self) -> &'static str {
        match self {
            Self::Endpoint => "not supported on STS global endpoint",
            Self::Constraint => "at 'durationSeconds'",
            Self::Algorithm => "Requested SigningAlgorithm",
            Self::TagTwice => "Duplicate tag keys",
            Self::Federated => "federated user sessions",
            Self::Denied => "to perform: sts:GetWebIdentityToken on",
            Self::TagDenied => "to perform: sts:TagGetWebIdentityToken on",
            Self::Escalation => "original session's expiry time",
            Self::Disabled => "is disabled",
            Self::Size => "payload exceeds",
        }
    }
}

/// A call with these faults and no other.
fn with_faults(world: &TestWorld, faults: [Fault; 2]) -> Call {
    let has = |fault: Fault| faults.contains(&fault);
    let algorithm = if has(Fault::Algorithm) { "RS384" } else { "ES384" };
    let mut call = filled(algorithm, if has(Fault::Size) { 20_000 } else { 0 });
    let seconds = if has(Fault::Constraint) { "3601" } else { "3600" };
    if has(Fault::Escalation) || has(Fault::Constraint) {
        call = call.param("DurationSeconds", seconds);
    }
    if has(Fault::TagTwice) {
        call = call.tags(&[("a", "1"), ("A", "2")]);
    } else if has(Fault::TagDenied) {
        call = call.tags(&[("a", "1")]);
    }
    if has(Fault::Endpoint) {
        call = call.header("host", "sts.amazonaws.com");
    }
    let (account, user) =
        if has(Fault::Disabled) { ("210987654321", key("AKIAOTHER")) } else { ("123456789012", alice()) };
    let path = if has(Fault::Disabled) { "" } else { "jobs/" };
    let action = match (has(Fault::Denied), has(Fault::TagDenied)) {
        (true, _) => "iam:*",
        (false, true) => "sts:GetWebIdentityToken",
        (false, false) => "*",
    };
    let policy =
        format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#);
    let session = if has(Fault::Federated) {
        Call::sts("GetFederationToken").param("Name", "bob")
    } else {
        Call::assume_role(&format!("arn:aws:iam::{account}:role/{path}worker"), "ci")
    };
    let session = session.param("Policy", &policy).param("DurationSeconds", "900");
    call.by(&session.by(&user).send(world).keys())
}

#[test]
fn of_two_faults_the_earlier_one_is_told() {
    let world = world();
    for (at, first) in ORDER.into_iter().enumerate() {
        for second in ORDER.into_iter().skip(at + 1) {
            let answer = with_faults(&world, [first, second]).send(&world);
            let text = answer.text("Message").unwrap_or_else(|| panic!("{first:?}, {second:?}: {}", answer.body()));
            assert!(text.contains(first.sign()), "{first:?} before {second:?}: {text}");
        }
    }
}
