//! Sessions that the operator has issued on the companion: of any role and user, as long as a second.

use serde_json::{Value, json};

use crate::crash::{connect, over};
use crate::http::{JSON, Running, companion, status};
use crate::store::Scratch;
use crate::support::{Answer, Keys, identify};

const ISSUE: &str = "/_admin/v1/sessions/issue";
const SAMPLE: [&str; 3] = ["--ephemeral", "--seed", "fixtures/seed/sample.yaml"];

fn body(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"))
}

#[track_caller]
fn issued(running: &Running, wanted: &Value) -> Value {
    let answer = companion(running, "POST", ISSUE, JSON, &wanted.to_string());
    assert_eq!(status(&answer), "200 OK", "{wanted}: {answer}");
    body(&answer)
}

fn keys(issued: &Value) -> Keys {
    let text = |name: &str| issued[name].as_str().unwrap().to_owned();
    Keys { id: text("accessKeyId"), secret: text("secretAccessKey"), token: Some(text("sessionToken")) }
}

fn identity(running: &Running, keys: &Keys) -> Answer {
    over(&mut connect(&running.aws), &identify(keys)).unwrap()
}

#[track_caller]
fn check_refused(running: &Running, wanted: &Value, expect: &str, says: &str) {
    let answer = companion(running, "POST", ISSUE, JSON, &wanted.to_string());
    assert_eq!(status(&answer), expect, "{wanted}: {answer}");
    assert!(answer.contains(says), "{wanted}: {answer}");
}

#[test]
fn any_role_and_any_user_gets_a_session_that_is_one() {
    let running = Running::start(&SAMPLE);
    let account = "123456789012";
    for (wanted, kind, issuer, arn) in [
        // B-610: bob could not assume it, for it trusts a partner's account.
        (json!({"role": "report-reader"}), "roleArn", "role/report-reader", "assumed-role/report-reader/local-sts"),
        (
            json!({"role": "arn:aws:iam::123456789012:role/ci/deployer", "sessionName": "build-7"}),
            "roleArn",
            "role/ci/deployer",
            "assumed-role/deployer/build-7",
        ),
        (json!({"user": "arn:aws:iam::123456789012:user/bob"}), "userArn", "user/bob", "user/bob"),
        (json!({"user": "arn:aws:iam::123456789012:root"}), "userArn", "root", "root"),
    ] {
        let issued = issued(&running, &wanted);
        let service = if arn.starts_with("assumed-role") { "sts" } else { "iam" };
        let arn = format!("arn:aws:{service}::{account}:{arn}");
        assert_eq!(issued[kind], format!("arn:aws:iam::{account}:{issuer}"), "{wanted}");
        assert_eq!((&issued["accountId"], &issued["arn"]), (&json!(account), &json!(arn)), "{wanted}");
        let answer = identity(&running, &keys(&issued));
        assert_eq!(answer.status(), 200, "{}", answer.body());
        assert!(answer.body().contains(&format!("<Arn>{arn}</Arn>")), "{}", answer.body());
        // Who tries another secret is nobody.
        assert_eq!(identity(&running, &keys(&issued).with_secret("x")).status(), 403);
    }
}

#[test]
fn the_first_account_is_meant_by_a_bare_name() {
    let running = Running::start(&["--ephemeral"]);
    assert_eq!(issued(&running, &json!({"role": "demo"}))["roleArn"], "arn:aws:iam::000000000000:role/demo");
}

#[test]
fn a_session_may_last_a_second_and_no_longer_than_its_role_allows() {
    let running = Running::start(&SAMPLE);
    let admin = |method: &str, path: &str, body: &str| companion(&running, method, path, JSON, body);
    admin("PUT", "/_admin/v1/clock", "{\"mode\":\"frozen\",\"at\":\"2100-01-01T00:00:00Z\"}");
    let short = issued(&running, &json!({"role": "report-reader", "durationSeconds": 1}));
    assert_eq!(short["expiration"], "2100-01-01T00:00:01Z");
    assert_eq!(issued(&running, &json!({"role": "report-reader"}))["expiration"], "2100-01-01T01:00:00Z");
    for seconds in [0, -1, 3601] {
        let wanted = json!({"role": "report-reader", "durationSeconds": seconds});
        check_refused(&running, &wanted, "400 Bad Request", "a number from 1 to 3600");
    }
    let root = json!({"user": "arn:aws:iam::123456789012:root", "durationSeconds": 3601});
    check_refused(&running, &root, "400 Bad Request", "from 1 to 3600");
    admin("POST", "/_admin/v1/clock/advance", "{\"seconds\":1}");
    let answer = identity(&running, &keys(&short));
    assert!(answer.status() == 403, "{}", answer.body());
}

#[test]
fn what_a_session_carries_is_what_assume_role_would_give_it() {
    let running = Running::start(&SAMPLE);
    let own = "arn:aws:s3:::reports/${aws:PrincipalTag/team}-${aws:SourceIdentity}/*";
    let statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": own});
    let issued = issued(
        &running,
        &json!({
            "role": "report-reader",
            "tags": {"team": "blue"},
            "transitiveTagKeys": ["team"],
            "sourceIdentity": "alice",
            "policy": {"Version": "2012-10-17", "Statement": [statement]},
            "policyArns": ["arn:aws:iam::aws:policy/IAMReadOnlyAccess"],
        }),
    );
    let subject = json!({"accessKeyId": issued["accessKeyId"], "sessionToken": issued["sessionToken"]});
    let check =
        |resource: &str| json!({"action": "s3:GetObject", "resource": format!("arn:aws:s3:::reports/{resource}")});
    let question = json!({"subject": subject, "checks": [check("blue-alice/x"), check("x")]}).to_string();
    let told = body(&companion(&running, "POST", "/v1/authorize", JSON, &question));
    let decisions: Vec<&Value> = told["results"].as_array().unwrap().iter().map(|it| &it["decision"]).collect();
    assert_eq!(decisions, ["allow", "deny"], "{told}");
    let broken = json!({"role": "report-reader", "policy": "{"});
    check_refused(&running, &broken, "400 Bad Request", "MalformedPolicyDocument");
    for (wanted, says) in [
        (json!({"role": "report-reader", "transitiveTagKeys": ["team"]}), "InvalidParameterValue"),
        (json!({"role": "report-reader", "policyArns": ["arn:aws:iam::aws:policy/NoneSuch"]}), "NoneSuch"),
        (json!({"role": "report-reader", "sessionName": "a b"}), "RoleSessionName"),
        (json!({"user": "arn:aws:iam::123456789012:user/bob", "tags": {"a": "b"}}), "leave them out"),
        (json!({"user": "arn:aws:iam::123456789012:user/bob", "role": "report-reader"}), "one of them only"),
        (json!({}), "one of them only"),
        (json!({"role": "report-reader", "seconds": 4}), "durationSeconds"),
        (json!(["report-reader"]), "JSON object"),
    ] {
        check_refused(&running, &wanted, "400 Bad Request", says);
    }
    check_refused(&running, &json!({"role": "nobody"}), "404 Not Found", "nobody");
    check_refused(&running, &json!({"user": "arn:aws:iam::123456789012:user/nobody"}), "404 Not Found", "nobody");
}

#[test]
fn it_stands_in_the_ledger_and_can_be_ended() {
    let running = Running::start(&SAMPLE);
    let issued = issued(&running, &json!({"role": "report-reader", "sessionName": "seen"}));
    let id = issued["sessionId"].as_str().unwrap();
    let listed = body(&companion(&running, "GET", &format!("/_admin/v1/sessions?sessionId={id}"), "", ""));
    assert_eq!(listed["sessions"][0]["sessionName"], "seen", "{listed}");
    assert_eq!(listed["sessions"][0]["state"], "live", "{listed}");
    assert_eq!(identity(&running, &keys(&issued)).status(), 200);
    let ended = companion(&running, "POST", "/_admin/v1/sessions/revoke", JSON, &format!("{{\"sessionId\":\"{id}\"}}"));
    assert_eq!(status(&ended), "200 OK", "{ended}");
    assert_eq!(identity(&running, &keys(&issued)).status(), 403);
}

#[test]
fn it_demands_what_minting_demands() {
    let scratch = Scratch::new("issue");
    std::fs::create_dir_all(&scratch.0).unwrap();
    let file = scratch.0.join("tokens");
    std::fs::write(&file, "admin-token-1234567 admin\nmint-token-1234567 mint\nask-token-1234567 authenticate\n")
        .unwrap();
    let running = Running::start(&["--ephemeral", "--companion-token-file", file.to_str().unwrap()]);
    let wanted = json!({"role": "demo"}).to_string();
    let ask = |headers: &str| status(&companion(&running, "POST", ISSUE, headers, &wanted)).to_owned();
    for (token, expect) in [
        ("admin-token-1234567", "200 OK"),
        ("mint-token-1234567", "200 OK"),
        ("ask-token-1234567", "403 Forbidden"),
        ("x", "401 Unauthorized"),
    ] {
        assert_eq!(ask(&format!("{JSON}Authorization: Bearer {token}\r\n")), expect, "{token}");
    }
    assert_eq!(ask(JSON), "401 Unauthorized");
    let bearer = "Authorization: Bearer mint-token-1234567\r\n";
    assert_eq!(ask(bearer), "415 Unsupported Media Type");
    assert_eq!(ask(&format!("{JSON}{bearer}Origin: http://localhost\r\n")), "403 Forbidden");
    assert_eq!(status(&companion(&running, "GET", ISSUE, bearer, "")), "405 Method Not Allowed");
}
