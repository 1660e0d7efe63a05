//! The journal: what it remembers of calls, what it never shows, and whether it finds what a test expects.

use local_sts::journal::query::{Page, Query};
use local_sts::journal::verify::{Expectation, verify};
use local_sts::journal::{Entry, Journal};
use serde_json::{Value, json};

use crate::http::{JSON, Running, ask, companion, status};
use crate::store::Scratch;
use crate::support::{Call, Keys, TestWorld, alice, identify};

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users:
      - name: alice
        accessKeys: [{ id: AKIAALICE, secret: alice-secret }]
        policies: [{ name: assume, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: ["sts:*", "iam:*"], Resource: "*" }] } }]
    roles:
      - name: reader
        path: /app/
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: ["sts:AssumeRole", "sts:TagSession"] }] }
      - name: external
        trust: { Version: "2012-10-17", Statement: [{ Sid: Tenant, Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole", Condition: { StringEquals: { "sts:ExternalId": "tenant-9" } } }] }
  - id: "210987654321"
    users: [{ name: zoe, accessKeys: [{ id: AKIAZOE, secret: zoe-secret }] }]
"#;

const READER: &str = "arn:aws:iam::123456789012:role/app/reader";

fn world() -> TestWorld {
    TestWorld::new(SEED)
}

fn zoe() -> Keys {
    Keys::of("zoe")
}

fn assume(role: &str) -> Call {
    Call::assume_role(role, "ci").by(&alice())
}

fn found(world: &TestWorld, query: &str) -> Vec<Value> {
    let journal = world.service.journal();
    let query = Query::read(query, journal).unwrap_or_else(|advice| panic!("{advice}"));
    query.run(journal).entries.iter().map(Entry::render).collect()
}

/// The last entry.
fn last(world: &TestWorld) -> Value {
    found(world, "").pop().unwrap()
}

fn verdict(world: &TestWorld, expectation: Value) -> Value {
    let expectation: Expectation = serde_json::from_value(expectation).unwrap();
    verify(world.service.journal(), &expectation).unwrap_or_else(|advice| panic!("{advice}"))
}

#[test]
fn an_entry_tells_who_asked_for_what_and_what_came_of_it() {
    let world = world();
    let answer = assume(READER).param("ExternalId", "tenant-9").header("user-agent", "test/1").send(&world);
    let entry = last(&world);
    let made = &entry["made"];
    assert_eq!(
        entry,
        json!({
            "number": 1,
            "time": "2026-01-15T12:00:00.000Z",
            "machineTime": "2026-01-15T12:00:00.000Z",
            "surface": "sts",
            "action": "AssumeRole",
            "region": "us-east-1",
            "params": {"RoleArn": READER, "RoleSessionName": "ci", "ExternalId": "tenant-9"},
            "roleArn": READER,
            "accountId": "123456789012",
            "caller": {
                "type": "user",
                "arn": "arn:aws:iam::123456789012:user/alice",
                "principalId": entry["caller"]["principalId"],
                "accountId": "123456789012",
                "accessKeyId": "AKIAALICE",
            },
            "sourceIp": "127.0.0.1",
            "userAgent": "test/1",
            "host": "127.0.0.1:4592",
            "status": 200,
            "outcome": "success",
            "error": null,
            "because": null,
            "requestId": answer.header("x-amzn-requestid"),
            "made": {
                "accessKeyId": answer.keys().id,
                "accountId": "123456789012",
                "sessionId": made["sessionId"],
                "arn": "arn:aws:sts::123456789012:assumed-role/reader/ci",
                "sourceIdentity": null,
                "expiresAt": "2026-01-15T13:00:00Z",
            },
        })
    );
    assert_eq!(made["sessionId"].as_str().unwrap().len(), 32);
}

#[test]
fn a_session_is_named_as_sts_names_it_and_found_by_its_key() {
    let world = world();
    let keys = assume(READER).send(&world).keys();
    let answer = identify(&keys).send(&world);
    let asked = last(&world);
    assert_eq!(asked["caller"]["arn"].as_str().map(str::to_owned), answer.text("Arn"));
    assert_eq!(asked["caller"]["principalId"].as_str().map(str::to_owned), answer.text("UserId"));
    assert_eq!(asked["caller"]["type"], "assumed-role");
    let maker = found(&world, &format!("made={}", keys.id));
    assert_eq!((maker.len(), &maker[0]["action"]), (1, &json!("AssumeRole")));
    assert_eq!(maker[0]["made"]["sessionId"], asked["caller"]["sessionId"]);
}

#[test]
fn federated_users_are_named_as_sts_names_them() {
    let world = world();
    let answer = Call::sts("GetFederationToken").param("Name", "bob").by(&alice()).send(&world);
    let made = last(&world)["made"].clone();
    assert_eq!(made["arn"].as_str().map(str::to_owned), answer.text("Arn"));
    identify(&answer.keys()).send(&world);
    assert_eq!(last(&world)["caller"]["arn"], made["arn"]);
    assert_eq!(last(&world)["caller"]["principalId"], "123456789012:bob");
    let answer = Call::sts("GetSessionToken").by(&alice()).send(&world);
    assert_eq!(last(&world)["made"]["arn"], "arn:aws:iam::123456789012:user/alice");
    identify(&answer.keys()).send(&world);
    assert_eq!(last(&world)["caller"]["type"], "user");
}

#[test]
fn a_refusal_has_the_cause_that_the_caller_is_not_told() {
    let world = world();
    let answer = assume("arn:aws:iam::123456789012:role/external").param("ExternalId", "tenant-1").send(&world);
    let entry = last(&world);
    assert_eq!((&entry["outcome"], &entry["status"]), (&json!("refused"), &json!(403)));
    assert_eq!(entry["error"], json!({"code": "AccessDenied", "message": answer.text("Message")}));
    let because = entry["because"].as_str().unwrap();
    for piece in ["Tenant", "sts:ExternalId", "tenant-9", "tenant-1"] {
        assert!(because.contains(piece), "{piece} in {because}");
        assert!(piece.starts_with("tenant") || !answer.body().contains(piece), "{}", answer.body());
    }
    assert_eq!(entry["made"], Value::Null);
}

#[test]
fn whoever_means_no_operation_is_told_in_the_journal_what_may_be_wrong() {
    let world = world();
    let s3 = "it is signed for \"s3\", and here are STS and IAM: set AWS_ENDPOINT_URL_STS and AWS_ENDPOINT_URL_IAM rather \
              than AWS_ENDPOINT_URL";
    let form = "it names no Action: a body is read if its Content-Type is application/x-www-form-urlencoded";
    for (call, status, because) in [
        (Call::get("list-type=2").service("s3"), 302, s3),
        (Call::get("").path("/bucket/key").service("s3"), 404, s3),
        (Call::get("Action=ListQueues&Version=2012-11-05").service("s3"), 400, s3),
        (Call::sts("GetCallerIdentity").header("content-type", "text/plain"), 302, form),
        (Call::get(""), 302, "it names no Action"),
    ] {
        let answer = call.by(&alice()).send(&world);
        let entry = last(&world);
        assert_eq!(
            (answer.status(), &entry["outcome"], &entry["because"]),
            (status, &json!("refused"), &json!(because))
        );
    }
}

#[test]
fn the_cause_says_what_was_taken_for_a_role() {
    let world = world();
    for (arn, because) in [
        ("arn:aws:iam::123456789012:role/app/nobody", "it does not exist"),
        ("arn:aws:iam::123456789012:user/alice", "that is a user, not a role"),
        ("arn:aws:iam::123456789012:group/staff", "that is a group, not a role"),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", "that is a policy, not a role"),
        ("arn:aws:iam::123456789012:instance-profile/reader", "that is an instance profile, not the role in it"),
        ("arn:aws:sts::123456789012:assumed-role/reader/ci", "that is a session of a role, not the role"),
        ("arn:aws:iam::123456789012:root", "that is a root user, not a role"),
        ("arn:aws:iam:::role/app/reader", "no role has such an ARN, but arn:PARTITION:iam::ACCOUNT:role/PATH/NAME"),
    ] {
        assert_eq!(assume(arn).send(&world).status(), 403, "{arn}");
        assert_eq!(last(&world)["because"], because, "{arn}");
    }
}

#[test]
fn who_proved_nothing_is_known_by_the_key_that_they_named() {
    let world = world();
    identify(&Keys::new("AKIAALICE", "wrong")).send(&world);
    let entry = last(&world);
    assert_eq!(
        entry["caller"],
        json!({"type": "unproved", "arn": null, "principalId": null, "accountId": null, "accessKeyId": "AKIAALICE"})
    );
    assert_eq!(entry["error"]["code"], "SignatureDoesNotMatch");
    Call::sts("GetCallerIdentity").send(&world);
    assert_eq!(last(&world)["caller"], Value::Null);
    Call::sts("GetNothing").by(&alice()).send(&world);
    assert_eq!((&last(&world)["action"], &last(&world)["error"]["code"]), (&Value::Null, &json!("InvalidAction")));
}

/// Whatever somebody sends, all that is shown is what the operation declares and what is called like no secret.
#[test]
fn secrets_are_masked_by_name_and_by_default() {
    let world = world();
    let secret = "squeamish-ossifrage";
    let masked = |call: Call, name: &str| {
        call.send(&world);
        let entry = last(&world);
        assert_eq!(entry["params"][name], "***", "{name} in {entry}");
    };
    masked(Call::sts("AssumeRoleWithWebIdentity").param("WebIdentityToken", secret), "WebIdentityToken");
    masked(Call::sts("AssumeRoleWithSAML").param("SAMLAssertion", secret), "SAMLAssertion");
    masked(Call::sts("GetSessionToken").param("TokenCode", secret).by(&alice()), "TokenCode");
    masked(Call::sts("DecodeAuthorizationMessage").param("EncodedMessage", secret).by(&alice()), "EncodedMessage");
    let asked = assume(READER).param("ProvidedContexts.member.1.ContextAssertion", secret);
    masked(asked, "ProvidedContexts.member.1.ContextAssertion");
    masked(Call::iam("EnableMFADevice").param("AuthenticationCode1", secret).by(&alice()), "AuthenticationCode1");
    masked(Call::iam("ChangePassword").param("NewPassword", secret).by(&alice()), "NewPassword");
    masked(assume(READER).param("Remark", secret), "Remark");
    masked(assume(READER).param("Tags.member.1.Secret", secret), "Tags.member.1.Secret");
    masked(Call::sts("GetNothing").param("RoleArn", secret).by(&alice()), "RoleArn");
    masked(Call::form(&format!("Action=GetCallerIdentity&Version=2011-06-15&{{\"Token\": \"{secret}\"}}")), "***");
    // Secrets in the place of something else.
    let call = || Call::sts("GetCallerIdentity");
    call().header("authorization", &format!("Bearer {secret}")).send(&world);
    call().header("authorization", &format!("AWS4-HMAC-SHA256 {secret}")).send(&world);
    let swapped = "squeamish-ossifrage-of-forty-letters+/+/+";
    call().by(&Keys::new(swapped, "AKIAALICE")).send(&world);
    assert_eq!(last(&world)["caller"]["accessKeyId"], "***");
    for mistaken in ["wJalrXUtnFEMI", "wJalrXUtnFEMIaK7MDENGabPxRfiCYEXAMPLEKEY"] {
        call().by(&Keys::new(mistaken, "AKIAALICE")).send(&world);
        assert_eq!(last(&world)["caller"]["accessKeyId"], "***");
        Call::sts("GetAccessKeyInfo").param("AccessKeyId", mistaken).by(&alice()).send(&world);
        let entry = last(&world);
        assert!(entry["params"]["AccessKeyId"] == "***" && !entry.to_string().contains(mistaken), "{entry}");
    }
    // The form of a presigned request shows its signature, and perhaps a token.
    let keys = assume(READER).send(&world).keys();
    let call = Call::get("Action=GetCallerIdentity&Version=2011-06-15");
    assert_eq!(call.presigned(&keys, 60, world.machine_now()).send(&world).status(), 200);
    assert_eq!(last(&world)["params"], json!({}));
    // What was computed for a signature that does not match is the cause of the refusal.
    let forged = keys.with_secret("forged");
    identify(&forged).send(&world);
    assert!(last(&world)["because"].as_str().unwrap().contains("x-amz-security-token:(redacted)"), "{}", last(&world));
    let call = Call::get("Action=GetCallerIdentity&Version=2011-06-15");
    call.presigned(&forged, 60, world.machine_now()).send(&world);
    assert!(last(&world)["because"].as_str().unwrap().contains("X-Amz-Security-Token="), "{}", last(&world));
    let whole = Value::from(found(&world, "")).to_string();
    for word in [secret, keys.secret.as_str(), keys.token.as_deref().unwrap(), "alice-secret"] {
        assert!(!whole.contains(word), "{word} in {whole}");
    }
}

/// A secret in the place of something that AWS repeats is repeated to whoever sent it, and to nobody else.
#[test]
fn what_is_no_part_of_a_signature_or_an_operation_is_not_repeated() {
    let world = world();
    let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    let check = |call: Call, is_repeated: bool, noted: &str| {
        let answer = call.send(&world);
        assert_eq!(answer.body().contains("wJalrXUtnFEMI"), is_repeated, "{}", answer.body());
        let entry = last(&world);
        let told = format!("{} {}", entry["error"]["message"], entry["because"]);
        assert!(told.contains(noted), "{noted} in {entry}");
        assert!(!entry.to_string().contains("wJalrXUtnFEMI"), "{entry}");
    };
    let call = || Call::sts("GetCallerIdentity");
    let unknown = Call::sts(secret).by(&alice());
    check(unknown, true, "Could not find operation *** for version 2011-06-15");
    let version = Call::form(&format!("Action=GetCallerIdentity&Version={}", secret.replace('+', "%2B")));
    check(version, true, "Could not find operation GetCallerIdentity for version ***");
    let text = "Could not find operation GetCallerIdentities for version 2011-06-15";
    check(Call::sts("GetCallerIdentities"), false, text);
    let signed = |what: &str| call().header("x-amz-date", "20260115T120000Z").header("authorization", what);
    let rest = "SignedHeaders=host, Signature=00";
    let dated = "20260115/us-east-1/sts/aws4_request";
    let of_date = format!("AWS4-HMAC-SHA256 Credential=AKIAALICE/{dated}, {rest}");
    check(call().header("x-amz-date", secret).header("authorization", &of_date), true, "Got '***'");
    check(signed(&format!("{secret} Credential=AKIAALICE/{dated}, {rest}")), true, "'algorithm': '***'");
    check(signed(&format!("AWS4-HMAC-SHA256 Credential={secret}, {rest}")), true, "got '***'");
    check(signed(&format!("AWS4-HMAC-SHA256 {secret}, {rest}")), true, "'***' not a valid key=value pair");
    check(signed(&format!("AWS4-HMAC-SHA256 Credential={secret}")), true, "Authorization=***");
    let scope = format!("AWS4-HMAC-SHA256 Credential=AKIAALICE/{}/us-east-1/sts/aws4_request, {rest}", &secret[..13]);
    check(signed(&scope), true, "'***' != '20260115'");
    // What was signed and does not match is shown, but for what means nothing here.
    let forged = alice().with_secret("forged");
    let call = call().header("x-vault", secret).header("user-agent", "test/1").by(&forged);
    check(call, false, "x-vault:***");
    let query = format!("Action=GetCallerIdentity&Version=2011-06-15&Remark={}", "wJalrXUtnFEMI%2FK7");
    let call = Call::get(&query).presigned(&forged, 60, world.machine_now());
    check(call, false, "Remark=***");
}

#[test]
fn what_an_operation_declares_is_shown() {
    let world = world();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    assume(READER)
        .param("Policy", policy)
        .tags(&[("team", "red")])
        .param("TransitiveTagKeys.member.1", "team")
        .param("MinimumSessionTokenSize", "100")
        .send(&world);
    let params = &last(&world)["params"];
    assert_eq!(params["Policy"], policy);
    assert_eq!((&params["Tags.member.1.Key"], &params["Tags.member.1.Value"]), (&json!("team"), &json!("red")));
    assert_eq!(params["TransitiveTagKeys.member.1"], "team");
    assert_eq!(params["MinimumSessionTokenSize"], "100");
}

#[test]
fn what_is_long_is_cut_and_what_is_old_makes_room() {
    let mut world = world();
    world.service = world.service.with_journal(Journal::of(5));
    let document = "x".repeat(100_000);
    Call::iam("CreateRole")
        .param("RoleName", "x")
        .param("AssumeRolePolicyDocument", &document)
        .by(&alice())
        .send(&world);
    let shown = last(&world)["params"]["AssumeRolePolicyDocument"].as_str().unwrap().to_owned();
    assert!(shown.len() < 2100 && shown.ends_with("... (100000 bytes)"), "{shown}");
    let many = (0..300)
        .fold(assume(READER), |call, number| call.param(&format!("Tags.member.{number}.Key"), &"é".repeat(3000)));
    many.send(&world);
    assert!(last(&world).to_string().len() < 16 * 1024);
    for _ in 0..7 {
        identify(&alice()).send(&world);
    }
    let numbers: Vec<u64> = found(&world, "").iter().map(|entry| entry["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [5, 6, 7, 8, 9]);
}

#[test]
fn a_journal_that_is_off_remembers_nothing() {
    let mut world = world();
    world.service = world.service.with_journal(Journal::of(0));
    identify(&alice()).send(&world);
    assert!(!world.service.journal().is_on() && found(&world, "").is_empty());
}

#[test]
fn of_too_many_marks_the_oldest_goes() {
    let world = world();
    let journal = world.service.journal();
    journal.mark("first");
    assume(READER).send(&world);
    for at in 0..1000 {
        assert_eq!(journal.mark(&format!("mark-{at}")), 1);
    }
    assert_eq!((journal.marked("first"), journal.marked("mark-999")), (None, Some(1)));
}

#[test]
fn queries_narrow_and_pages_lead_on() {
    let world = world();
    assume(READER).send(&world);
    assume("arn:aws:iam::123456789012:role/external").send(&world);
    world.service.journal().mark("test-17");
    identify(&zoe()).send(&world);
    world.wait(10);
    Call::iam("ListRoles").by(&alice()).send(&world);
    let check = |query: &str, expect: &[u64]| {
        let numbers: Vec<u64> = found(&world, query).iter().map(|entry| entry["number"].as_u64().unwrap()).collect();
        assert_eq!(numbers, expect, "{query}");
    };
    check("", &[1, 2, 3, 4]);
    check("action=AssumeRole", &[1, 2]);
    check("action=*Role*", &[1, 2, 4]);
    check("surface=iam", &[4]);
    check("caller=*:user/zoe", &[3]);
    check("accessKeyId=AKIAALICE", &[1, 2, 4]);
    check("accountId=210987654321", &[3]);
    check("role=*/reader", &[1]);
    check("outcome=refused", &[2]);
    check("error=AccessDenied", &[2]);
    check("outcome=success&accountId=123456789012", &[1, 4]);
    check("since=mark%3Atest-17", &[3, 4]);
    check("since=2026-01-15T12:00:05Z", &[4]);
    check("since=1&after=2", &[3, 4]);
    check("limit=2", &[3, 4]);
    check("limit=2&after=0", &[1, 2]);
    let id = found(&world, "")[2]["requestId"].as_str().unwrap().to_owned();
    check(&format!("requestId={id}"), &[3]);
    let journal = world.service.journal();
    let Page { entries, next } = Query::read("after=1&limit=2", journal).unwrap().run(journal);
    assert_eq!((entries.len(), next), (2, Some(3)));
    assert_eq!(Query::read("after=3&limit=2", journal).unwrap().run(journal).next, None);
    for (query, advice) in [
        ("colour=red", "colour is no filter"),
        ("action=A&action=B", "twice"),
        ("surface=s3", "surface is one of sts, iam"),
        ("outcome=denied", "outcome is one of success"),
        ("since=mark:nothing", "there is no mark nothing"),
        ("since=yesterday", "since is mark:NAME"),
        ("limit=0", "limit is a number from 1"),
        ("limit=1001", "limit is a number from 1 to 1000"),
        ("accountId=1", "twelve digits"),
        ("format=xml", "format is json"),
        ("a=%", "escape"),
    ] {
        let told = Query::read(query, journal).unwrap_err();
        assert!(told.contains(advice), "{query}: {told}");
    }
}

#[test]
fn a_test_finds_what_it_expects() {
    let world = world();
    assume(READER).param("ExternalId", "tenant-8").send(&world);
    world.service.journal().mark("test-17");
    assume(READER).param("ExternalId", "tenant-9").param("DurationSeconds", "900").send(&world);
    let expectation = json!({
        "expect": {"count": {"min": 1, "max": 1}},
        "match": {
            "action": "AssumeRole",
            "params": {"RoleArn": "arn:*:role/*reader", "ExternalId": "tenant-9", "DurationSeconds": {"le": 3600}},
            "caller": {"accessKeyId": "AKIAALICE"},
            "outcome": "success",
            "error": null,
            "made": {"arn": {"present": true}},
        },
        "since": "mark:test-17",
    });
    let found = verdict(&world, expectation);
    assert_eq!(
        found,
        json!({
            "matched": true, "count": 1, "expected": {"min": 1, "max": 1}, "numbers": [2], "lookedAt": 1, "nearMisses": [],
        })
    );
    let count = |expect: Value, pattern: Value| {
        verdict(&world, json!({"expect": {"count": expect}, "match": pattern}))["matched"].as_bool().unwrap()
    };
    let assumed = json!({"action": "AssumeRole"});
    assert!(count(json!(2), assumed.clone()) && !count(json!(1), assumed.clone()));
    assert!(count(json!({"max": 2}), assumed.clone()) && !count(json!({"max": 1}), assumed));
    assert!(count(json!(0), json!({"action": "GetSessionToken"})));
    assert!(!verdict(&world, json!({"match": {"action": "GetSessionToken"}}))["matched"].as_bool().unwrap());
    assert!(count(json!(2), json!({"accountId": "123456789012"})));
    let of_account = json!({"match": {}, "accountId": "210987654321", "expect": {"count": 0}});
    assert_eq!(verdict(&world, of_account)["matched"], true);
}

#[test]
fn names_of_parameters_may_be_patterns_and_stars_may_be_meant() {
    let world = world();
    assume(READER)
        .param("Tags.member.1.Key", "project")
        .param("Tags.member.1.Value", "*")
        .param("Tags.member.2.Key", "team")
        .param("Tags.member.2.Value", "red")
        .send(&world);
    let matched = |params: Value| verdict(&world, json!({"match": {"params": params}}))["matched"].as_bool().unwrap();
    assert!(matched(json!({"Tags.member.*.Key": "team"})));
    assert!(!matched(json!({"Tags.member.*.Key": "colour"})));
    assert!(matched(json!({"Tags.member.1.Value": {"equals": "*"}})));
    assert!(!matched(json!({"Tags.member.2.Value": {"equals": "*"}})));
    assert!(matched(json!({"ExternalId": null})) && !matched(json!({"RoleArn": null})));
    assert!(matched(json!({"ExternalId": {"present": false}})) && matched(json!({"RoleArn": {"present": true}})));
    assert!(!matched(json!({"RoleSessionName": {"ge": 1}})));
}

#[test]
fn near_misses_say_which_field_differed() {
    let world = world();
    identify(&alice()).send(&world);
    assume(READER).param("ExternalId", "tenant-8").send(&world);
    assume(READER).by(&zoe()).send(&world);
    let found = verdict(
        &world,
        json!({"match": {"action": "AssumeRole", "outcome": "success", "params": {"RoleArn": READER, "ExternalId": "tenant-9"}}}),
    );
    assert_eq!((&found["matched"], &found["count"]), (&json!(false), &json!(0)));
    let misses = found["nearMisses"].as_array().unwrap();
    assert_eq!(misses.len(), 3);
    assert_eq!(misses[0]["entry"]["number"], 2);
    let expect = json!([{"field": "params.ExternalId", "expected": "tenant-9", "found": "tenant-8"}]);
    assert_eq!(misses[0]["differs"], expect);
    assert_eq!(misses[1]["entry"]["number"], 3);
    assert_eq!(misses[2]["entry"]["number"], 1);
    // What a near miss names can be asked for by that name.
    for (field, value, count) in [("params.ExternalId", "tenant-8", 1), ("params.ExternalId", "tenant-9", 0)] {
        let found = verdict(&world, json!({"match": {field: value}, "expect": {"count": count}}));
        assert_eq!(found["matched"], true, "{found}");
    }
}

#[test]
fn an_expectation_that_means_nothing_is_refused_by_name() {
    let world = world();
    let check = |expectation: Value, advice: &str| {
        let told = match serde_json::from_value::<Expectation>(expectation) {
            Err(error) => error.to_string(),
            Ok(expectation) => verify(world.service.journal(), &expectation).unwrap_err(),
        };
        assert!(told.contains(advice), "{told}");
    };
    check(json!({"match": {"colour": "red"}}), "no field colour");
    check(json!({"match": {"caller": {"colour": "red"}}}), "no field caller.colour; there are caller.type");
    check(json!({"match": {"caller": "red"}}), "caller has fields of its own");
    check(json!({"match": {"action": ["A"]}}), "a list is no pattern");
    check(json!({"match": {"status": {"about": 200}}}), "about is none of");
    check(json!({"match": {"status": {"le": "x"}}}), "le takes a number");
    check(json!({"match": {}, "expect": {"count": "many"}}), "count is a number");
    check(json!({"match": {}, "expect": {"count": {"min": 2, "max": 1}}}), "max is less than min");
    check(json!({"match": {}, "expects": {}}), "unknown field `expects`");
    check(json!({"match": {}, "since": "mark:x"}), "there is no mark x");
    check(json!({"match": {"userAgent": "a".repeat(2049)}}), "userAgent: a name and a text have at most 2048 bytes");
    check(json!({"match": {"params": {"a".repeat(2049): "x"}}}), "at most 2048 bytes");
    let many: serde_json::Map<String, Value> = (0..65).map(|at| (format!("P{at}"), json!("x"))).collect();
    check(json!({"match": {"params": many}}), "64 fields at most");
}

#[test]
fn an_action_may_have_its_service_before_it() {
    let world = world();
    assume(READER).send(&world);
    Call::iam("ListRoles").by(&alice()).send(&world);
    for (action, count) in [("sts:AssumeRole", 1), ("sts:Assume*", 1), ("iam:AssumeRole", 0), ("iam:*", 1)] {
        assert_eq!(found(&world, &format!("action={action}")).len(), count, "{action}");
        let verdict = verdict(&world, json!({"match": {"action": action}, "expect": {"count": count}}));
        assert_eq!(verdict["matched"], true, "{verdict}");
    }
}

/// However the pattern is made, looking through a full journal of long texts takes about as long as reading it.
#[test]
fn patterns_of_many_stars_cost_little() {
    let mut world = world();
    world.service = world.service.with_journal(Journal::of(2000));
    let long = "a".repeat(2048);
    for _ in 0..200 {
        assume(READER).param("ExternalId", &long).header("user-agent", &long).send(&world);
    }
    for pattern in [format!("*{}b", "a?".repeat(1000)), format!("{}b", "a*".repeat(1000)), "?*".repeat(1000) + "b"] {
        let params: serde_json::Map<String, Value> =
            (0..30).map(|at| (format!("*{}*", "?".repeat(at)), json!(pattern))).collect();
        let verdict = verdict(&world, json!({"match": {"userAgent": pattern, "params": params}}));
        assert_eq!((&verdict["matched"], &verdict["lookedAt"]), (&json!(false), &json!(200)));
    }
}

#[test]
fn the_companion_shows_marks_verifies_and_forgets() {
    let running = Running::start(&["--ephemeral"]);
    let call = |method: &str, path: &str, body: &str| {
        let answer = companion(&running, method, &format!("/_admin/v1/journal{path}"), JSON, body);
        let (_, text) = answer.split_once("\r\n\r\n").unwrap();
        let body = if text.trim_start().starts_with('{') { serde_json::from_str(text).unwrap() } else { Value::Null };
        (status(&answer).to_owned(), body)
    };
    companion(&running, "POST", "/oidc/token", JSON, r#"{"sub": "me", "aud": "you"}"#);
    let body = r#"{"subject": {"anonymous": true}, "checks": [{"action": "s3:GetObject", "resource": "*"}]}"#;
    companion(&running, "POST", "/v1/authorize", JSON, body);
    assert_eq!(call("POST", "/mark/after-token", "").1, json!({"mark": "after-token", "after": 2}));
    companion(&running, "POST", "/oidc/token", JSON, r#"{"colour": "red"}"#);
    let (status, page) = call("GET", "", "");
    assert_eq!(status, "200 OK");
    let entries = page["entries"].as_array().unwrap();
    assert_eq!((&entries[0]["surface"], &entries[0]["action"]), (&json!("oidc"), &json!("token")));
    assert_eq!(entries[0]["params"], json!({"aud": "you", "sub": "me"}));
    assert_eq!((&entries[1]["surface"], &entries[1]["outcome"]), (&json!("validator"), &json!("refused")));
    let wanted = json!([{"action": "s3:GetObject", "resource": "*", "decision": "deny", "basis": "implicitDeny"}]);
    assert_eq!(entries[1]["decisions"], wanted);
    assert!(entries[1]["because"].as_str().unwrap().contains("allow"), "{}", entries[1]);
    assert_eq!((&entries[2]["params"], &entries[2]["outcome"]), (&json!({}), &json!("refused")));
    let expectation = r#"{"match": {"surface": "oidc"}, "since": "mark:after-token", "expect": {"count": 1}}"#;
    assert_eq!(call("POST", "/verify", expectation).1["matched"], true);
    let (status, wrong) = call("POST", "/verify", r#"{"match": {"colour": "red"}}"#);
    assert_eq!(status, "400 Bad Request");
    assert!(wrong["error"]["message"].as_str().unwrap().contains("no field colour"), "{wrong}");
    let lines = companion(&running, "GET", "/_admin/v1/journal?format=jsonl", "", "");
    assert!(lines.to_ascii_lowercase().contains("content-type: application/x-ndjson"), "{lines}");
    assert_eq!(lines.split_once("\r\n\r\n").unwrap().1.lines().count(), 3);
    assert_eq!(call("DELETE", "", "").1, json!({"cleared": 3}));
    assert_eq!(call("GET", "", "").1["entries"], json!([]));
    for (method, path, expect) in [
        ("POST", "", "405 Method Not Allowed"),
        ("GET", "/verify", "405 Method Not Allowed"),
        ("GET", "/nothing", "404 Not Found"),
        ("POST", "/mark/a%20b", "400 Bad Request"),
        ("GET", "?colour=red", "400 Bad Request"),
    ] {
        assert_eq!(call(method, path, "").0, expect, "{method} {path}");
    }
}

#[test]
fn a_reset_forgets_the_journal_unless_it_is_told_to_keep_it() {
    let running = Running::start(&["--ephemeral"]);
    let count = || {
        let answer = companion(&running, "GET", "/_admin/v1/journal?format=jsonl", "", "");
        answer.split_once("\r\n\r\n").unwrap().1.lines().count()
    };
    companion(&running, "GET", "/oidc/.well-known/openid-configuration", "", "");
    let reset = |body: &str| status(&companion(&running, "POST", "/_admin/v1/reset", JSON, body)).to_owned();
    assert_eq!((reset(r#"{"keep": ["journal"]}"#), count()), ("200 OK".to_owned(), 1));
    assert_eq!((reset(r#"{"keep": ["users"]}"#), count()), ("400 Bad Request".to_owned(), 1));
    // A variable that is not set means nothing, and not everything.
    assert_eq!((reset(r#"{"accountId": null}"#), count()), ("400 Bad Request".to_owned(), 1));
    assert_eq!((reset(""), count()), ("200 OK".to_owned(), 0));
}

#[test]
fn a_journal_that_is_off_says_so() {
    let running = Running::start(&["--ephemeral", "--journal", "0"]);
    let answer = companion(&running, "GET", "/_admin/v1/journal", "", "");
    assert_eq!(status(&answer), "409 Conflict");
    assert!(answer.contains("--journal 10000"), "{answer}");
}

/// The entries of a service, and one of its numbers.
fn entries(running: &Running, query: &str) -> Vec<Value> {
    let answer = companion(running, "GET", &format!("/_admin/v1/journal?{query}"), "", "");
    let (_, text) = answer.split_once("\r\n\r\n").unwrap();
    let page: Value = serde_json::from_str(text).unwrap_or_else(|_| panic!("{answer}"));
    page["entries"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
}

fn counted(running: &Running, line: &str) -> Option<u64> {
    let answer = companion(running, "GET", "/metrics", "", "");
    answer.lines().find_map(|found| found.strip_prefix(line)?.trim().parse().ok())
}

const DELIVERING: &str = r#"
accounts:
  - id: "123456789012"
    roles:
      - name: worker
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { Service: [ecs-tasks.amazonaws.com, ec2.amazonaws.com] }, Action: "sts:AssumeRole" }] }
      - name: person
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "123456789012" }, Action: "sts:AssumeRole" }] }
delivery: { imds: { role: worker, lifetimeSeconds: 3600 } }
"#;

/// A service with a delivery listener, and where that is.
fn delivering(scratch: &Scratch) -> (Running, String) {
    std::fs::create_dir_all(&scratch.0).unwrap();
    let file = scratch.0.join("seed.yaml");
    std::fs::write(&file, DELIVERING).unwrap();
    let running =
        Running::start(&["--ephemeral", "--delivery-listen", "127.0.0.1:0", "--seed", file.to_str().unwrap()]);
    let ready = companion(&running, "GET", "/ready", "", "");
    let ready: Value = serde_json::from_str(ready.split_once("\r\n\r\n").unwrap().1).unwrap();
    let delivery = ready["endpoints"]["delivery"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
    (running, delivery)
}

fn fetched(delivery: &str, path: &str) -> Value {
    let answer = ask(delivery, &format!("GET {path} HTTP/1.1\r\nHost: {delivery}\r\nUser-Agent: sdk/1"));
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap_or_default()
}

/// However a key is handed out, the journal knows who asked for it and the counter has counted it.
#[test]
fn every_key_that_was_handed_out_was_asked_for_by_somebody() {
    let scratch = Scratch::new("handed-out");
    let (running, delivery) = delivering(&scratch);
    let worker = "arn:aws:iam::123456789012:role/worker";
    let imds = "/latest/meta-data/iam/security-credentials/worker";
    let by_imds = fetched(&delivery, imds);
    assert_eq!(fetched(&delivery, imds), by_imds);
    let by_container = fetched(&delivery, "/creds/worker");
    let body = r#"{"role": "worker", "tags": {"team": "red", "secret": "squeamish-ossifrage"}}"#;
    let issued = companion(&running, "POST", "/_admin/v1/sessions/issue", JSON, body);
    let issued: Value = serde_json::from_str(issued.split_once("\r\n\r\n").unwrap().1).unwrap();
    for (given, key, surface, action, times) in [
        (&by_imds, "AccessKeyId", "imds", "credentials", 2),
        (&by_container, "AccessKeyId", "container", "credentials", 1),
        (&issued, "accessKeyId", "admin", "sessions/issue", 1),
    ] {
        let id = given[key].as_str().unwrap();
        let found = entries(&running, &format!("made={id}"));
        assert_eq!(found.len(), times, "{surface}");
        let entry = &found[0];
        assert_eq!((&entry["surface"], &entry["action"]), (&json!(surface), &json!(action)));
        assert_eq!((&entry["roleArn"], &entry["accountId"]), (&json!(worker), &json!("123456789012")));
        assert_eq!(entry["made"]["sessionId"].as_str().unwrap().len(), 32);
        assert!(entry["made"]["expiresAt"].is_string(), "{entry}");
        assert!(entry["made"]["arn"].as_str().unwrap().contains(":assumed-role/worker/"), "{entry}");
    }
    assert_eq!(entries(&running, "role=*:role/worker").len(), 4);
    assert_eq!(entries(&running, "surface=admin")[0]["params"]["tags"], r#"{"secret":"***","team":"red"}"#);
    // The same credentials again are no new session.
    assert_eq!(counted(&running, "local_sts_sessions_minted_total "), Some(3));
    // Who asks in vain for a role that is there is found by it, too.
    fetched(&delivery, "/creds/person");
    let refused = &entries(&running, "role=*:role/person&outcome=refused")[0];
    assert_eq!(refused["error"]["code"], "AccessDenied");
    let issued = companion(&running, "POST", "/_admin/v1/sessions/issue", JSON, r#"{"role": "nobody-of-this-name"}"#);
    assert_eq!(status(&issued), "404 Not Found");
    let refused = &entries(&running, "action=sessions/issue&outcome=refused")[0];
    assert_eq!((&refused["error"]["code"], &refused["params"]), (&json!("NotFound"), &json!({})));
    assert_eq!(counted(&running, "local_sts_sessions_minted_total "), Some(3));
}

/// What is not known here may be a secret that somebody put in the wrong place.
#[test]
fn what_names_nothing_here_is_not_shown() {
    let scratch = Scratch::new("unknown");
    let (running, delivery) = delivering(&scratch);
    let secret = "squeamish-ossifrage";
    for path in [
        "/creds/SECRET",
        "/creds/%zzSECRET",
        "/creds/a/SECRET/b",
        "/role/SECRET",
        "/role-arn/arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2FSECRET",
        "/v2/credentials/SECRET",
        "/SECRET",
        "/latest/SECRET",
        "/latest/meta-data/iam/security-credentials/SECRET",
    ] {
        fetched(&delivery, &path.replace("SECRET", secret));
    }
    let shown: Vec<Value> = entries(&running, "").iter().map(|entry| entry["params"]["path"].clone()).collect();
    let expect = [
        "/creds/***",
        "/creds/***",
        "/creds/***/***/***",
        "/role/***",
        "/role-arn/***",
        "/v2/credentials/***",
        "/***",
        "/latest/***",
        "/latest/meta-data/iam/security-credentials/***",
    ];
    assert_eq!(shown, expect);
    assert_eq!(entries(&running, "")[0]["error"]["message"], "there is no role ***");
    for path in ["/oidc/SECRET", "/oidc/token/SECRET", "/saml/SECRET", "/v1/SECRET", "/v1/forward-auth/SECRET"] {
        companion(&running, "GET", &path.replace("SECRET", secret), "", "");
    }
    let actions: Vec<Value> = entries(&running, "since=9").iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions, [json!(null), json!(null), json!(null), json!(null), json!("forward-auth")]);
    assert!(!Value::from(entries(&running, "")).to_string().contains(secret));
}

/// As every admin call: a page of elsewhere has no business here.
#[test]
fn pages_and_rebound_names_see_no_journal() {
    let running = Running::start(&["--ephemeral"]);
    let origin = companion(&running, "GET", "/_admin/v1/journal", "Origin: http://evil.example\r\n", "");
    assert_eq!(status(&origin), "403 Forbidden");
}
