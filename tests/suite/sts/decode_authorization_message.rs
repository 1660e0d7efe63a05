//! `DecodeAuthorizationMessage`: what a refusal says to those who may know, and who may.

use serde_json::{Value, json};

use crate::store::Scratch;
use crate::support::{Call, Keys, TestWorld, assume, check, identify, logged, refused};
use local_sts::api::baseline;
use local_sts::store::SledEngine;

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    rootAccessKeys: [{ id: AKIAROOT, secret: root-secret }]
    users:
      - { name: admin, accessKeys: [{ id: AKIAADMIN, secret: admin-secret }], attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"] }
      - { name: bob, path: /team/, tags: { team: blue }, accessKeys: [{ id: AKIABOB, secret: bob-secret }] }
      - name: carol
        accessKeys: [{ id: AKIACAROL, secret: carol-secret }]
        policies:
          - name: but-not-closed
            document:
              Version: "2012-10-17"
              Statement:
                - { Sid: Roles, Effect: Allow, Action: "sts:*", Resource: "*" }
                - Sid: NotClosed
                  Effect: Deny
                  Action: ["sts:AssumeRole", "sts:TagSession"]
                  NotResource: "arn:aws:iam::123456789012:role/other"
                  Condition: { StringEquals: { "aws:username": [carol, dora] }, Null: { "sts:ExternalId": "false" } }
                - { Sid: NoDecoding, Effect: Deny, Action: "sts:DecodeAuthorizationMessage", Resource: "*" }
      - name: dora
        accessKeys: [{ id: AKIADORA, secret: dora-secret }]
        attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"]
        permissionsBoundary: "arn:aws:iam::123456789012:policy/only-s3"
    policies:
      - { name: only-s3, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "s3:*", Resource: "*" }] } }
    roles:
      - name: closed
        tags: { stage: secret-stage }
        trust: { Version: "2012-10-17", Statement: [{ Sid: OnlyRoot, Effect: Allow, Principal: { AWS: "123456789012" }, Action: "sts:AssumeRole" }] }
      - name: shut
        trust:
          Version: "2012-10-17"
          Statement: [{ Effect: Deny, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }]
      - name: open
        attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"]
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: ["sts:AssumeRole", "sts:TagSession"] }] }
      - { name: mute, trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] } }
  - id: "210987654321"
    users:
      - { name: eve, accessKeys: [{ id: AKIAEVE, secret: eve-secret }], attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"] }
      - name: mallory
        accessKeys: [{ id: AKIAMALLORY, secret: mallory-secret }]
        policies:
          - name: guesses
            document:
              Version: "2012-10-17"
              Statement:
                - { Sid: Plain, Effect: Allow, Action: "sts:*", Resource: "*" }
                - { Sid: Guess, Effect: Allow, Action: "sts:*", Resource: "*", Condition: { StringEquals: { "AWS:resourceTag/stage": secret-stage } } }
                - { Sid: Elsewhere, Effect: Allow, Action: "sts:*", Resource: "*", Condition: { "Null": { "aws:ResourceOrgID": "true" } } }
                - { Sid: InAName, Effect: Allow, Action: "sts:*", Resource: "arn:aws:iam::*:role/closed${aws:ResourceTag/none, ''}" }
                - { Sid: InAValue, Effect: Allow, Action: "sts:*", Resource: "*", Condition: { StringLike: { "sts:RoleSessionName": "*${aws:ResourceTag/none, ''}" } } }
                - { Sid: Denied, Effect: Deny, Action: "sts:AssumeRole", Resource: "*", Condition: { StringLike: { "aws:ResourceTag/stage": "secret-*" } } }
"#;

const CLOSED: &str = "arn:aws:iam::123456789012:role/closed";

fn world() -> TestWorld {
    TestWorld::new(SEED)
}

fn decode(message: &str) -> Call {
    Call::sts("DecodeAuthorizationMessage").param("EncodedMessage", message)
}

/// The message that the log has of a call that is denied.
#[track_caller]
fn message_of(world: &TestWorld, call: &Call) -> String {
    let (answer, log) = logged(|| call.send(world));
    assert_eq!(answer.text("Code").as_deref(), Some("AccessDenied"), "{}", answer.body());
    let (_, message) = log.split_once("encoded_message=").unwrap_or_else(|| panic!("no message in {log}"));
    let message = message.split_whitespace().next().unwrap();
    assert!(!answer.body().contains(message), "AssumeRole itself does not tell it");
    message.to_owned()
}

/// What the message says to an administrator of the account.
#[track_caller]
fn told(world: &TestWorld, message: &str) -> String {
    let answer = decode(message).by(&Keys::of("admin")).send(world);
    answer.text("DecodedMessage").unwrap_or_else(|| panic!("{}", answer.body()))
}

#[track_caller]
fn check_invalid(world: &TestWorld, message: &str) {
    let expect = refused(400, "InvalidAuthorizationMessageException", "Message is not valid");
    check(world, "dam-invalid", &decode(message).by(&Keys::of("admin")), expect);
}

fn values(texts: &[&str]) -> Value {
    json!({ "items": texts.iter().map(|text| json!({ "value": text })).collect::<Vec<_>>() })
}

/// The values of a context key in a decoded message.
fn key_of(decoded: &Value, key: &str) -> Option<Value> {
    let items = decoded["context"]["conditions"]["items"].as_array().unwrap();
    items.iter().find(|item| item["key"] == key).map(|item| item["values"].clone())
}

#[test]
fn a_refusal_for_want_of_an_allow_is_told_in_awss_own_shape() {
    let world = world();
    let message = message_of(&world, &assume("closed").by(&Keys::of("bob")));
    let id = identify(&Keys::of("bob")).send(&world).text("UserId").unwrap();
    let text = told(&world, &message);
    let head = format!(
        "{{\"allowed\":false,\"explicitDeny\":false,\"matchedStatements\":{{\"items\":[{{\"statementId\":\"OnlyRoot\",\
         \"effect\":\"ALLOW\",\"principals\":{{\"items\":[{{\"value\":\"123456789012\"}}]}},\"principalGroups\":{{\"items\":[]}},\
         \"actions\":{{\"items\":[{{\"value\":\"sts:AssumeRole\"}}]}},\"conditions\":{{\"items\":[]}}}}]}},\
         \"failures\":{{\"items\":[]}},\"context\":{{\"principal\":{{\"id\":\"{id}\",\"name\":\"bob\",\
         \"arn\":\"arn:aws:iam::123456789012:user/team/bob\"}},\"action\":\"sts:AssumeRole\",\"resource\":\"{CLOSED}\",\
         \"conditions\":{{\"items\":[{{\"key\":\"aws:CurrentTime\",\"values\":{{\"items\":[{{\"value\":\"2026-01-15T12:00:00Z\"}}]}}}},"
    );
    assert!(text.starts_with(&head), "{text}");
    let decoded: Value = serde_json::from_str(&text).unwrap();
    for (key, expect) in [
        ("aws:username", Some(values(&["bob"]))),
        ("aws:PrincipalTag/team", Some(values(&["blue"]))),
        ("sts:RoleSessionName", Some(values(&["ci"]))),
        ("aws:SourceIp", Some(values(&["127.0.0.1"]))),
        ("aws:ResourceTag/stage", Some(values(&["secret-stage"]))),
        ("sts:ExternalId", None),
    ] {
        assert_eq!(key_of(&decoded, key), expect, "{key}");
    }
}

#[test]
fn a_statement_that_denies_is_told_whole() {
    let world = world();
    let call = assume("closed").param("ExternalId", "x-1").by(&Keys::of("carol"));
    let decoded: Value = serde_json::from_str(&told(&world, &message_of(&world, &call))).unwrap();
    assert_eq!((&decoded["allowed"], &decoded["explicitDeny"]), (&json!(false), &json!(true)));
    let id = decoded["context"]["principal"]["id"].as_str().unwrap();
    let statements = decoded["matchedStatements"]["items"].as_array().unwrap();
    assert_eq!(
        statements.iter().map(|found| &found["statementId"]).collect::<Vec<_>>(),
        ["OnlyRoot", "Roles", "NotClosed"]
    );
    let expect = json!({
        "statementId": "NotClosed",
        "effect": "DENY",
        "principals": values(&[id]),
        "principalGroups": values(&[]),
        "actions": values(&["sts:AssumeRole", "sts:TagSession"]),
        "notResources": values(&["arn:aws:iam::123456789012:role/other"]),
        "conditions": { "items": [
            { "key": "aws:username", "values": values(&["carol", "dora"]) },
            { "key": "sts:ExternalId", "values": values(&["false"]) },
        ] },
    });
    assert_eq!(statements[2], expect);
}

/// B-140: whoever is refused by a role of another account is not told its trust policy, its tags, its organization.
#[test]
fn a_message_tells_nothing_of_another_accounts_policies() {
    let world = world();
    let message = message_of(&world, &assume("closed").by(&Keys::of("eve")));
    let told = decode(&message).by(&Keys::of("eve")).send(&world).text("DecodedMessage").unwrap();
    assert!(told.contains("\"statementId\":\"\"") && told.contains("\"value\":\"*\""), "her own policy: {told}");
    assert!(!told.contains("OnlyRoot") && !told.contains("secret-stage"), "{told}");
    check_invalid(&world, &message);
    let shut = message_of(&world, &assume("shut").by(&Keys::of("eve")));
    let shut_out = decode(&shut).by(&Keys::of("eve")).send(&world).text("DecodedMessage").unwrap();
    assert!(shut_out.contains("\"explicitDeny\":false"), "nor whether it denies: {shut_out}");
    let at_home = self::told(&world, &message_of(&world, &assume("shut").by(&Keys::of("bob"))));
    assert!(at_home.contains("\"explicitDeny\":true"), "{at_home}");
    let home = message_of(&world, &assume("closed").by(&Keys::of("bob")));
    let expect = refused(400, "InvalidAuthorizationMessageException", "Message is not valid");
    check(&world, "dam-invalid, another account", &decode(&home).by(&Keys::of("eve")), expect);
}

/// B-140: statements of one's own that ask about another account's role would tell its tags by whether they apply.
#[test]
fn a_message_tells_nothing_of_what_the_callers_own_policies_ask_of_another_accounts_resource() {
    let world = world();
    let message = message_of(&world, &assume("closed").by(&Keys::of("mallory")));
    let told = decode(&message).by(&Keys::of("mallory")).send(&world).text("DecodedMessage").unwrap();
    assert!(told.contains("\"statementId\":\"Plain\"") && told.contains("\"explicitDeny\":false"), "{told}");
    for hidden in ["Guess", "Elsewhere", "InAName", "InAValue", "Denied", "secret-stage"] {
        assert!(!told.contains(hidden), "{hidden}: {told}");
    }
}

#[test]
fn a_session_of_a_role_is_told_by_its_own_names() {
    let world = world();
    let session = assume("open").by(&Keys::of("bob")).send(&world).keys();
    let narrowed = assume("open")
        .param("Policy", r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"sts:*","Resource":"*"}]}"#);
    let denied = narrowed.by(&session).send(&world).keys();
    let decoded: Value = serde_json::from_str(&told(&world, &message_of(&world, &assume("open").by(&denied)))).unwrap();
    let principal = &decoded["context"]["principal"];
    assert_eq!(principal["arn"], "arn:aws:sts::123456789012:assumed-role/open/ci");
    let id = principal["id"].as_str().unwrap();
    assert!(id.starts_with("AROA") && id.ends_with(":ci") && principal.get("name").is_none(), "{principal}");
    let statements = decoded["matchedStatements"]["items"].as_array().unwrap();
    let deny = statements.iter().find(|found| found["effect"] == "DENY").unwrap();
    assert_eq!(deny["principals"], values(&[id.strip_suffix(":ci").unwrap()]));
}

#[test]
fn what_is_no_message_is_not_valid() {
    let world = world();
    let message = message_of(&world, &assume("closed").by(&Keys::of("bob")));
    let elsewhere = TestWorld::over(Box::new(local_sts::store::MemoryEngine::default()), Some(SEED), 7);
    let foreign = message_of(&elsewhere, &assume("closed").by(&Keys::of("bob")));
    let session = assume("open").by(&Keys::of("bob")).send(&world).keys();
    let (half, mut changed) = (&message[..message.len() / 2], message.clone().into_bytes());
    changed[40] = if changed[40] == b'A' { b'B' } else { b'A' };
    let (padded, broken) = (format!("{message}="), format!("{half}\n{}", &message[message.len() / 2..]));
    for text in [
        "x",
        half,
        &message[1..],
        std::str::from_utf8(&changed).unwrap(),
        &padded,
        &broken,
        &foreign,
        session.token.as_deref().unwrap(),
        &"A".repeat(10_240),
        "\u{1F600}",
    ] {
        check_invalid(&world, text);
    }
    assert!(told(&world, &message).starts_with("{\"allowed\":false"), "and the message itself is");
}

#[test]
fn a_message_has_its_bounds() {
    let world = world();
    let long = "A".repeat(10_241);
    for (value, must) in
        [("", "have length greater than or equal to 1"), (long.as_str(), "have length less than or equal to 10240")]
    {
        let text = format!(
            "1 validation error detected: Value '{value}' at 'encodedMessage' failed to satisfy constraint: Member must {must}"
        );
        let call = decode(value).by(&Keys::of("bob"));
        check(&world, "constraints come before permission", &call, refused(400, "ValidationError", &text));
    }
}

/// B-142.
#[test]
fn a_message_is_good_for_a_day_and_until_the_next_reset() {
    let world = world();
    let message = message_of(&world, &assume("closed").by(&Keys::of("bob")));
    world.wait(24 * 3600 - 1);
    told(&world, &message);
    world.wait(1);
    check_invalid(&world, &message);
    let message = message_of(&world, &assume("closed").by(&Keys::of("bob")));
    baseline::reset(world.service.world()).unwrap().wait().unwrap();
    check_invalid(&world, &message);
}

#[test]
fn a_message_outlives_a_restart() {
    let scratch = Scratch::new("messages");
    let directory = scratch.0.join("state");
    let open =
        |seed: Option<&str>, chance| TestWorld::over(Box::new(SledEngine::open(&directory).unwrap()), seed, chance);
    let world = open(Some(SEED), 1);
    let message = message_of(&world, &assume("closed").by(&Keys::of("bob")));
    drop(world);
    assert!(told(&open(None, 2), &message).contains("\"name\":\"bob\""));
}

#[test]
fn decoding_needs_a_permission_and_says_which_policy_has_none() {
    let world = world();
    let message = message_of(&world, &assume("closed").by(&Keys::of("bob")));
    let denied = |who: &str, why: &str| {
        format!(
            "User: arn:aws:iam::123456789012:user/{who} is not authorized to perform: sts:DecodeAuthorizationMessage{why}"
        )
    };
    let allows = |kind: &str| format!(" because no {kind} allows the sts:DecodeAuthorizationMessage action");
    for (who, arn, why) in [
        ("bob", "team/bob", allows("identity-based policy")),
        ("carol", "carol", " with an explicit deny in an identity-based policy".to_owned()),
        ("dora", "dora", allows("permissions boundary")),
    ] {
        for text in [message.as_str(), "x"] {
            let call = decode(text).by(&Keys::of(who));
            check(&world, "dam-denied", &call, refused(403, "AccessDenied", &denied(arn, &why)));
        }
    }
    let narrowed = assume("open")
        .param("Policy", r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#);
    let session = narrowed.by(&Keys::of("bob")).send(&world).keys();
    let text = format!(
        "User: arn:aws:sts::123456789012:assumed-role/open/ci is not authorized to perform: sts:DecodeAuthorizationMessage{}",
        allows("session policy")
    );
    check(&world, "dam-denied", &decode(&message).by(&session), refused(403, "AccessDenied", &text));
}

#[test]
fn root_users_and_roles_may_decode_and_sessions_of_users_may_not() {
    let world = world();
    let message = message_of(&world, &assume("closed").by(&Keys::of("bob")));
    let role = assume("open").by(&Keys::of("bob")).send(&world).keys();
    for keys in [Keys::of("root"), role] {
        assert_eq!(decode(&message).by(&keys).send(&world).status(), 200);
    }
    let user = Call::sts("GetSessionToken").by(&Keys::of("admin")).send(&world).keys();
    let federated = Call::sts("GetFederationToken").param("Name", "guest").by(&Keys::of("admin")).send(&world).keys();
    for session in [user, federated] {
        let answer = decode(&message).by(&session).send(&world);
        assert_eq!(answer.text("Code").as_deref(), Some("AccessDenied"), "B-063: {}", answer.body());
    }
}

/// Whatever a request carries, its message has room in the parameter, and it has no secret in it.
#[test]
fn a_message_is_never_too_long_to_be_decoded_and_holds_no_secret() {
    let world = world();
    let session = assume("mute").by(&Keys::of("bob")).send(&world).keys();
    let noise = |seed: usize, length: usize| -> String {
        (0..length).map(|at| char::from(b'a' + ((at * at * 31 + seed * 17 + at / 3) % 26) as u8)).collect()
    };
    for tags in [0, 1, 10, 50] {
        let tag = |number: usize| (format!("{number}{}", noise(number, 100)), noise(number + 99, 256));
        let call = assume("closed").by(&session).tags(&(1..=tags).map(tag).collect::<Vec<_>>());
        let message = message_of(&world, &call);
        assert!(message.len() <= 10_240, "{tags} tags: {}", message.len());
        let told = told(&world, &message);
        assert!(told.contains("\"resource\":\"arn:aws:iam::123456789012:role/closed\""), "{told}");
        for secret in [session.secret.as_str(), &session.token.as_deref().unwrap()[..40]] {
            assert!(!told.contains(secret));
        }
    }
}
