//! Federation into the console: who gets a sign-in token, for how long, and what the page behind it shows.

use local_sts::sign_in::console;
use local_sts::wire::{Params, RawResponse, query};
use serde_json::{Value, json};

use crate::support::{Call, Keys, TestWorld};

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    alias: small-company
    rootAccessKeys: [{ id: AKIAROOT, secret: s }]
    users:
      - name: alice
        attachedPolicies: ["arn:aws:iam::aws:policy/AdministratorAccess"]
        policies: [{ name: own-limits, document: { Version: "2012-10-17", Statement: [{ Effect: Deny, Action: "s3:*", Resource: "*" }] } }]
        accessKeys: [{ id: AKIAALICE, secret: s }]
    roles:
      - name: reader
        attachedPolicies: ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::123456789012:policy/more"]
        policies: [{ name: "read-reports", document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "s3:*", Resource: "*" }] } }]
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::123456789012:root" }, Action: ["sts:AssumeRole", "sts:TagSession"] }] }
    policies: [{ name: more, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "s3:*", Resource: "*" }] } }]
"#;

fn alice() -> Keys {
    Keys::new("AKIAALICE", "s")
}

fn ask(world: &TestWorld, params: &[(&str, &str)]) -> RawResponse {
    let form = query::form(params);
    console::answer(world.service.world(), &Params::new(form.as_bytes(), b"").unwrap())
}

fn session(keys: &Keys) -> String {
    json!({"sessionId": keys.id, "sessionKey": keys.secret, "sessionToken": keys.token}).to_string()
}

fn role_session(world: &TestWorld) -> Keys {
    let call = Call::assume_role("arn:aws:iam::123456789012:role/reader", "monday").tags(&[("team", "blue")]);
    call.by(&alice()).send(world).keys()
}

#[track_caller]
fn token(world: &TestWorld, keys: &Keys, more: &[(&str, &str)]) -> String {
    let session = session(keys);
    let params = [&[("Action", "getSigninToken"), ("Session", &*session)], more].concat();
    let answer = ask(world, &params);
    let body = String::from_utf8(answer.body).unwrap();
    assert_eq!(answer.status, 200, "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    body["SigninToken"].as_str().unwrap().to_owned()
}

fn login(world: &TestWorld, token: &str) -> (u16, String) {
    let console = "https://console.aws.amazon.com/s3";
    let params = [("Action", "login"), ("Issuer", "https://example.test/<in>"), ("Destination", console)];
    let answer = ask(world, &[&params[..], &[("SigninToken", token)]].concat());
    (answer.status, String::from_utf8(answer.body).unwrap())
}

#[track_caller]
fn check_refused(world: &TestWorld, params: &[(&str, &str)], says: &str) {
    let answer = ask(world, params);
    let body = String::from_utf8(answer.body.clone()).unwrap();
    assert_eq!(answer.status, 400, "{body}");
    assert!(body.contains(says) && answer.header("content-type") == Some("text/html; charset=utf-8"), "{body}");
}

#[test]
fn the_session_of_a_role_leads_to_a_page_that_says_who_it_is() {
    let world = TestWorld::new(SEED);
    let (status, page) = login(&world, &token(&world, &role_session(&world), &[("SessionDuration", "7200")]));
    assert_eq!(status, 200, "{page}");
    for shown in [
        "arn:aws:sts::123456789012:assumed-role/reader/monday",
        "small-company",
        "2026-01-15T13:00:00Z",
        "2026-01-15T14:00:00Z",
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "arn:aws:iam::123456789012:policy/more",
        "read-reports (inline)",
        "team = blue",
        "https://console.aws.amazon.com/s3",
        "https://example.test/&lt;in&gt;",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
}

#[test]
fn a_federated_user_is_signed_in_by_what_bounds_him() {
    let world = TestWorld::new(SEED);
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let call = Call::sts("GetFederationToken").param("Name", "guest").param("Policy", policy);
    let keys = call.by(&alice()).send(&world).keys();
    let (status, page) = login(&world, &token(&world, &keys, &[]));
    assert_eq!(status, 200, "{page}");
    for shown in ["federated-user/guest", "own-limits (inline)", "&quot;Action&quot;:&quot;s3:*&quot;"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let session = session(&keys);
    let params = [("Action", "getSigninToken"), ("Session", &session), ("SessionDuration", "3600")];
    check_refused(&world, &params, "no SessionDuration");
}

#[test]
fn a_sign_in_token_is_good_for_a_quarter_of_an_hour_while_its_session_lives() {
    let world = TestWorld::new(SEED);
    let keys = role_session(&world);
    let good = token(&world, &keys, &[]);
    world.wait(899);
    assert_eq!(login(&world, &good).0, 200);
    world.wait(1);
    let (status, page) = login(&world, &good);
    assert!(status == 400 && page.contains("older than a quarter"), "{page}");
    let late = token(&world, &keys, &[]);
    world.wait(3600 - 900 - 800);
    let later = token(&world, &keys, &[]);
    assert_eq!(login(&world, &late).0, 400);
    world.wait(800);
    let (status, page) = login(&world, &later);
    assert!(status == 400 && page.contains("they ended at 2026-01-15T13:00:00Z"), "{page}");
}

#[test]
fn whoever_has_no_such_session_is_not_signed_in() {
    let world = TestWorld::new(SEED);
    let keys = role_session(&world);
    let user = Call::sts("GetSessionToken").by(&alice()).send(&world).keys();
    let root = Call::sts("GetSessionToken").by(&Keys::new("AKIAROOT", "s")).send(&world).keys();
    for (session, says) in [
        (session(&keys.with_secret("guess")), "sessionKey is not"),
        (session(&Keys { id: "ASIAOTHER".to_owned(), ..keys.clone() }), "nobody here"),
        (session(&keys.with_token(Some("x"))), "nobody here"),
        (session(&user), "AssumeRole and GetFederationToken"),
        (session(&root), "AssumeRole and GetFederationToken"),
        (json!({"sessionId": "AKIAALICE", "sessionKey": "s", "sessionToken": ""}).to_string(), "long-term keys"),
        ("{}".to_owned(), "sessionId, sessionKey"),
        ("x".to_owned(), "sessionId, sessionKey"),
    ] {
        check_refused(&world, &[("Action", "getSigninToken"), ("Session", &session)], says);
    }
    let good = session(&keys);
    for seconds in ["899", "43201", "x"] {
        let params = [("Action", "getSigninToken"), ("Session", &good), ("SessionDuration", seconds)];
        check_refused(&world, &params, "from 900 to 43200");
    }
    check_refused(&world, &[("Action", "getSigninToken")], "no Session");
    check_refused(&world, &[], "getSigninToken or login");
    let token = token(&world, &keys, &[]);
    check_refused(&world, &[("Action", "login"), ("SigninToken", &token)], "no Destination");
    check_refused(&world, &[("Action", "login"), ("Destination", "x")], "no SigninToken");
    for wrong in ["x", &token[1..], keys.token.as_deref().unwrap()] {
        assert_eq!(login(&world, wrong).0, 400, "{wrong}");
    }
}
