//! Faults: what goes wrong on purpose, how often, and that it looks as it does on AWS.

use local_sts::api::pipeline::Disturbance;
use local_sts::faults::{Asked, Faults, NotTaken, Rule};
use local_sts::journal::query::Query;
use serde_json::{Value, json};

use crate::http::{JSON, Running, companion, exchange, status};
use crate::support::issuers::Issuers;
use crate::support::tokens::{ISSUER, Token, key_set};
use crate::support::{self, Call, TestWorld, alice, identify};

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users:
      - name: alice
        accessKeys: [{ id: AKIAALICE, secret: alice-secret }]
        policies: [{ name: all, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: ["sts:*", "iam:*"], Resource: "*" }] } }]
    roles:
      - name: reader
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
      - name: writer
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
"#;

fn whoami() -> Call {
    identify(&alice())
}

fn assume(role: &str) -> Call {
    support::assume(role).by(&alice())
}

fn rule(rule: Value) -> Rule {
    let rule: Rule = serde_json::from_value(rule).unwrap();
    rule.check().unwrap();
    rule
}

fn world(rules: Vec<Value>) -> TestWorld {
    let world = TestWorld::new(SEED);
    world.service.world().faults.add(rules.into_iter().map(rule).collect(), false).unwrap();
    world
}

fn throttling() -> Value {
    json!({"code": "Throttling", "message": "Rate exceeded", "httpStatus": 400})
}

/// What the door is to do with the answer.
fn disturbance(world: &TestWorld, call: &Call) -> Disturbance {
    call.clone().signed(world.machine_now()).raw(|raw| world.service.handle(raw).disturbance)
}

#[test]
fn a_throttled_call_is_refused_as_aws_refuses_it_and_as_often_as_the_rule_says() {
    let world = world(vec![json!({
        "id": "throttle-twice", "match": {"action": "AssumeRole", "roleArn": "*/reader"}, "times": 2, "error": throttling(),
    })]);
    let refused = assume("reader").send(&world);
    let id = refused.header("x-amzn-requestid").unwrap();
    assert_eq!(
        (refused.status(), refused.body()),
        (
            400,
            &*format!(
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    \
                 <Type>Sender</Type>\n    <Code>Throttling</Code>\n    <Message>Rate exceeded</Message>\n  </Error>\n  \
                 <RequestId>{id}</RequestId>\n</ErrorResponse>\n"
            )
        )
    );
    assert_eq!(assume("writer").send(&world).status(), 200, "another role");
    assert_eq!(whoami().send(&world).status(), 200, "another action");
    let json = assume("reader").header("accept", "application/json").send(&world);
    assert!(json.body().contains(r#""Code":"Throttling""#), "{}", json.body());
    assert_eq!(assume("reader").send(&world).status(), 200, "the third time");
    let standing = world.service.world().faults.standing();
    assert_eq!((standing[0].struck, standing[0].left), (2, Some(0)));
    let journal = world.service.journal();
    let struck = Query::read("error=Throttling", journal).unwrap().run(journal).entries;
    let entry = struck[0].render();
    assert_eq!((struck.len(), &entry["fault"], &entry["made"]), (2, &json!("throttle-twice"), &Value::Null));
    assert_eq!(entry["because"], "a fault that somebody wanted");
}

#[test]
fn nobody_is_struck_who_has_not_proved_who_they_are() {
    let world = world(vec![json!({"times": 1, "error": throttling()})]);
    let forged = identify(&alice().with_secret("wrong")).send(&world);
    assert_eq!(forged.text("Code").as_deref(), Some("SignatureDoesNotMatch"));
    assert_eq!(whoami().send(&world).text("Code").as_deref(), Some("Throttling"));
}

#[test]
fn rules_ask_for_surface_caller_account_and_key() {
    let check = |pattern: Value, call: &Call, strikes: bool| {
        let world = world(vec![json!({"match": pattern, "error": throttling()})]);
        assert_eq!(call.send(&world).status() == 400, strikes, "{pattern}");
    };
    let list = Call::iam("ListRoles").by(&alice());
    check(json!({"surface": "sts"}), &whoami(), true);
    check(json!({"surface": "iam"}), &whoami(), false);
    check(json!({"surface": "iam"}), &list, true);
    check(json!({"action": "List*"}), &list, true);
    check(json!({"caller": "*:user/alice"}), &list, true);
    check(json!({"caller": "*:user/bob"}), &list, false);
    check(json!({"accountId": "123456789012"}), &list, true);
    check(json!({"accountId": "210987654321"}), &list, false);
    check(json!({"accessKeyId": "AKIAALICE"}), &list, true);
    check(json!({"accessKeyId": "AKIABOB"}), &list, false);
    check(json!({"roleArn": "*"}), &list, false);
}

#[test]
fn the_first_rule_that_matches_and_is_not_used_up_wins() {
    let world = world(vec![
        json!({"match": {"action": "AssumeRole"}, "error": {"code": "Other"}}),
        json!({"times": 1, "error": throttling()}),
        json!({"error": {"code": "InternalFailure", "httpStatus": 503}}),
    ]);
    let codes: Vec<String> = (0..3).map(|_| whoami().send(&world).text("Code").unwrap()).collect();
    assert_eq!(codes, ["Throttling", "InternalFailure", "InternalFailure"]);
    assert_eq!(whoami().send(&world).text("Type").as_deref(), Some("Receiver"));
}

#[test]
fn chance_is_repeatable() {
    let struck = |seed: u64, probability: f64| -> Vec<bool> {
        let faults = Faults::default();
        let text = json!({"probability": probability, "seed": seed, "error": throttling()});
        faults.add(vec![rule(text)], false).unwrap();
        let asked = Asked { surface: "sts", action: "GetCallerIdentity", ..Asked::default() };
        (0..1000).map(|_| faults.strike(&asked).is_some()).collect()
    };
    assert_eq!(struck(7, 0.5), struck(7, 0.5));
    assert_ne!(struck(7, 0.5), struck(8, 0.5));
    let count = struck(7, 0.25).into_iter().filter(|struck| *struck).count();
    assert!((200..300).contains(&count), "{count}");
    assert!(struck(1, 1.0).into_iter().all(|struck| struck));
    assert!(!struck(1, 0.0).into_iter().any(|struck| struck));
}

#[test]
fn credentials_may_have_expired_before_they_are_handed_out() {
    let world = world(vec![json!({"times": 1, "mutate": {"credentials": "already-expired"}})]);
    let answer = assume("reader").send(&world);
    assert_eq!((answer.status(), answer.text("Expiration").as_deref()), (200, Some("2026-01-15T11:59:59Z")));
    let refused = identify(&answer.keys()).send(&world);
    assert_eq!(refused.text("Code").as_deref(), Some("ExpiredToken"));
    let answer = assume("reader").send(&world);
    assert_eq!(answer.text("Expiration").as_deref(), Some("2026-01-15T13:00:00Z"));
}

#[test]
fn documents_may_break_off() {
    let world = world(vec![json!({"times": 1, "mutate": {"body": "truncated"}})]);
    let answer = whoami().send(&world);
    assert!(answer.status() == 200 && !answer.body().contains("</GetCallerIdentityResponse>"), "{}", answer.body());
    assert!(whoami().send(&world).body().contains("</GetCallerIdentityResponse>"));
}

/// The keys are there and fresh; the call is struck once, though it would have waited for them.
#[test]
fn providers_may_be_out_of_reach() {
    let seed = format!(
        r#"
accounts:
  - id: "123456789012"
    oidcProviders: [{{ url: "{ISSUER}", clientIds: [sts.amazonaws.com] }}]
    roles:
      - name: web
        trust: {{ Version: "2012-10-17", Statement: [{{ Effect: Allow, Principal: {{ Federated: "arn:aws:iam::123456789012:oidc-provider/issuer.example/tenant" }}, Action: "sts:AssumeRoleWithWebIdentity" }}] }}
"#
    );
    let world = TestWorld::fetching(&seed, Issuers::of(ISSUER, &key_set(&["rsa"])));
    let token = Token::of("sub").sign();
    let call = Call::web_identity("arn:aws:iam::123456789012:role/web", &token);
    let faults = &world.service.world().faults;
    faults.add(vec![rule(json!({"id": "away", "times": 1, "mutate": {"provider": "unreachable"}}))], false).unwrap();
    let refused = call.send(&world);
    assert_eq!(refused.text("Code").as_deref(), Some("InvalidIdentityToken"), "{}", refused.body());
    assert_eq!(faults.standing()[0].struck, 1);
    // A call that waits for keys comes again, and is struck once for all.
    let rule = rule(json!({"id": "late", "times": 1, "latencyMs": 5}));
    faults.add(vec![rule], true).unwrap();
    assert_eq!(call.send(&world).status(), 200);
    assert_eq!((faults.standing()[0].struck, faults.standing()[0].left), (1, Some(0)));
}

#[test]
fn answers_may_wait_and_connections_be_cut() {
    let world = world(vec![
        json!({"id": "slow", "times": 1, "latencyMs": 250}),
        json!({"id": "range", "times": 5, "latencyMs": {"min": 10, "max": 12}}),
        json!({"id": "drop", "connection": "reset"}),
    ]);
    assert_eq!(disturbance(&world, &whoami()), Disturbance { delay_millis: 250, resets: false });
    for _ in 0..5 {
        let Disturbance { delay_millis, resets } = disturbance(&world, &whoami());
        assert!((10..=12).contains(&delay_millis) && !resets);
    }
    assert_eq!(disturbance(&world, &assume("reader")), Disturbance { delay_millis: 0, resets: true });
    let journal = world.service.journal();
    let entries = Query::read("fault=drop", journal).unwrap().run(journal).entries;
    assert_eq!((entries.len(), &entries[0].render()["made"]), (1, &Value::Null), "nothing was done");
}

#[test]
fn a_rule_that_means_nothing_is_refused_by_name() {
    let check = |text: Value, advice: &str| {
        let told = match serde_json::from_value::<Rule>(text) {
            Err(error) => error.to_string(),
            Ok(rule) => rule.check().unwrap_err(),
        };
        assert!(told.contains(advice), "{told}");
    };
    check(json!({}), "say what shall happen");
    check(json!({"mutate": {}}), "say what shall happen");
    check(json!({"colour": "red", "latencyMs": 1}), "unknown field `colour`");
    check(json!({"match": {"colour": "red"}, "latencyMs": 1}), "unknown field `colour`");
    check(json!({"error": {"code": "A", "colour": 1}}), "unknown field `colour`");
    check(json!({"mutate": {"colour": "red"}}), "unknown field `colour`");
    check(json!({"match": {"surface": "s3"}, "latencyMs": 1}), "there is no surface s3; there are sts");
    check(json!({"times": 0, "latencyMs": 1}), "times is at least 1");
    check(json!({"probability": 2, "latencyMs": 1}), "probability is a number from 0 to 1");
    check(json!({"error": {"code": "no code"}}), "error.code is a word");
    check(json!({"error": {"code": "A", "httpStatus": 200}}), "error.httpStatus");
    check(json!({"latencyMs": 60_001}), "latencyMs is a number");
    check(json!({"latencyMs": {"min": 2, "max": 1}}), "latencyMs is a number");
    check(json!({"latencyMs": "long"}), "latencyMs is a number");
    check(json!({"id": "a b", "latencyMs": 1}), "an id has");
    check(json!({"id": "..", "latencyMs": 1}), "an id has");
    let expired = json!({"credentials": "already-expired"});
    check(json!({"match": {"surface": "imds"}, "mutate": expired}), "mutate is for calls of sts and iam");
    let rule = json!({"match": {"surface": "imds", "caller": "*"}, "latencyMs": 1});
    check(rule, "caller is known of calls of sts and iam");
    check(json!({"match": {"action": "oidc:token", "roleArn": "*"}, "latencyMs": 1}), "roleArn is known of calls of");
    check(json!({"match": {"surface": "sts", "action": "iam:*"}, "latencyMs": 1}), "no call is of the surface sts and");
}

#[test]
fn an_action_may_be_a_pattern_with_the_surface_before_it() {
    let faults = Faults::default();
    let strikes = |rule_says: Value, surface: &str, action: &str| {
        faults.add(vec![rule(json!({"match": rule_says, "latencyMs": 1}))], true).unwrap();
        faults.strike(&Asked { surface, action, ..Asked::default() }).is_some()
    };
    for (pattern, is_met) in [
        ("Assume*", true),
        ("AssumeRol?", true),
        ("sts:Assume*", true),
        ("sts:*", true),
        ("*:AssumeRole", true),
        ("iam:Assume*", false),
        ("assume*", false),
        ("Assume", false),
    ] {
        assert_eq!(strikes(json!({"action": pattern}), "sts", "AssumeRole"), is_met, "{pattern}");
    }
    // Without a surface a rule is about all of them.
    for surface in local_sts::faults::SURFACES {
        assert!(strikes(json!({}), surface, "anything"), "{surface}");
    }
    assert!(strikes(json!({"action": "token"}), "oidc", "token"));
}

#[test]
fn a_rule_holds_no_connection_until_it_is_cut_for_its_silence() {
    let told = |says: Value| serde_json::from_value::<Rule>(says).unwrap().check();
    assert_eq!(told(json!({"latencyMs": 55_000})), Ok(()));
    for latency in [json!(55_001), json!({"min": 0, "max": 55_001})] {
        let wrong = told(json!({"latencyMs": latency})).unwrap_err();
        assert!(wrong.contains("55000"), "{wrong}");
    }
    let wrong = told(json!({"latencyMs": 1, "match": {"action": "s3:GetObject"}})).unwrap_err();
    assert!(wrong.contains("s3 is none of sts, iam"), "{wrong}");
    let wrong = told(json!({"latencyMs": 1, "match": {"action": "A".repeat(2049)}})).unwrap_err();
    assert!(wrong.contains("2048 bytes"), "{wrong}");
}

#[test]
fn rules_have_names_that_are_theirs_alone() {
    let faults = Faults::default();
    let named = |id: &str| rule(json!({"id": id, "times": 1, "latencyMs": 1}));
    faults.add(vec![rule(json!({"latencyMs": 1})), named("a")], false).unwrap();
    assert_eq!(faults.add(vec![named("b"), named("a")], false), Err(NotTaken::Known("a".to_owned())));
    let ids = || faults.standing().into_iter().map(|standing| standing.rule.id).collect::<Vec<_>>();
    assert_eq!(ids(), ["rule-1", "a"], "all of them or none");
    assert_eq!(faults.remove(Some("rule-1")), 1);
    faults.strike(&Asked::default()).unwrap();
    faults.add(vec![named("a")], false).unwrap();
    assert_eq!((ids(), faults.standing()[0].left), (vec!["a".to_owned()], Some(1)), "one that is used up makes room");
    assert_eq!(faults.add((0..101).map(|_| rule(json!({"latencyMs": 1}))).collect(), true), Err(NotTaken::TooMany));
    assert_eq!((faults.remove(None), faults.are_armed()), (1, false));
}

#[test]
fn the_companion_takes_rules_presets_and_resets_them() {
    let running = Running::start(&["--ephemeral"]);
    let call = |method: &str, path: &str, body: &str| {
        let answer = companion(&running, method, &format!("/_admin/v1/faults{path}"), JSON, body);
        let (_, text) = answer.split_once("\r\n\r\n").unwrap();
        (status(&answer).to_owned(), serde_json::from_str::<Value>(text).unwrap())
    };
    assert_eq!(call("GET", "", "").1, json!({"rules": []}));
    let (said, rules) = call("POST", "", r#"{"preset": "throttle", "times": 2, "match": {"action": "AssumeRole"}}"#);
    assert_eq!(said, "200 OK");
    assert_eq!(
        rules["rules"],
        json!([{
            "id": "throttle", "match": {"action": "AssumeRole"}, "times": 2, "left": 2, "struck": 0, "seed": 0,
            "error": {"code": "Throttling", "message": "Rate exceeded", "httpStatus": 400},
        }])
    );
    for preset in local_sts::api::errors::presets::NAMES {
        let (said, rules) = call("PUT", "", &format!(r#"{{"rules": [{{"preset": "{preset}"}}]}}"#));
        assert_eq!((said.as_str(), &rules["rules"][0]["id"]), ("200 OK", &json!(preset)));
    }
    let (said, error) = call("POST", "", r#"{"preset": "earthquake"}"#);
    assert_eq!(said, "400 Bad Request");
    assert!(error["error"]["message"].as_str().unwrap().contains("there are throttle, "), "{error}");
    let (said, error) = call("POST", "", r#"{"rules": [{"latencyMs": 1}, {"colour": "red", "latencyMs": 1}]}"#);
    assert_eq!(said, "400 Bad Request");
    let told = error["error"]["message"].as_str().unwrap();
    assert!(told.contains("rules[1]: unknown field `colour`"), "{told}");
    for (action, advice) in [
        ("AssumeRol", "AssumeRole is the nearest"),
        ("iam:AssumeRole", "there is no action iam:AssumeRole"),
        ("validator:authentikate", "authenticate is the nearest"),
        ("Get*Nothing", "there is no action Get*Nothing"),
    ] {
        let (said, error) = call("POST", "", &json!({"match": {"action": action}, "latencyMs": 1}).to_string());
        let told = error["error"]["message"].as_str().unwrap();
        assert!(said == "400 Bad Request" && told.contains(advice), "{told}");
    }
    let (_, error) = call("POST", "", r#"{"match": {"surface": "imds", "action": "AssumeRole"}, "latencyMs": 1}"#);
    assert_eq!(error["error"]["message"], "rules[0]: there is no action AssumeRole of imds");
    for action in ["List*", "validator:forward-auth", "sign-in:acs", "oidc:jwks", "imds:metadata", "container:*"] {
        let rule = json!({"id": "all", "match": {"action": action}, "latencyMs": 1}).to_string();
        assert_eq!(call("POST", "", &rule).0, "200 OK", "{action}");
        call("DELETE", "/all", "");
    }
    assert_eq!(call("POST", "", r#"{"preset": "slow"}"#).0, "409 Conflict");
    assert_eq!(call("DELETE", "/slow", "").1, json!({"removed": 1}));
    assert_eq!(call("DELETE", "/slow", "").0, "404 Not Found");
    assert_eq!(call("PATCH", "", "").0, "405 Method Not Allowed");
    call("PUT", "", r#"{"preset": "internal-error"}"#);
    let reset = |body: &str| companion(&running, "POST", "/_admin/v1/reset", JSON, body);
    reset(r#"{"keep": ["faults"]}"#);
    assert_eq!(call("GET", "", "").1["rules"].as_array().unwrap().len(), 1);
    reset("");
    assert_eq!(call("GET", "", "").1, json!({"rules": []}));
}

#[test]
fn a_connection_that_is_cut_brings_no_answer() {
    let running = Running::start(&["--ephemeral"]);
    let rules = r#"{"rules": [{"match": {"surface": "validator"}, "times": 1, "error": {"code": "Busy", "httpStatus": 503}},
                    {"match": {"surface": "validator"}, "connection": "reset"}]}"#;
    assert_eq!(status(&companion(&running, "PUT", "/_admin/v1/faults", JSON, rules)), "200 OK");
    let ask = || companion(&running, "GET", "/v1/meta", "", "");
    let busy = ask();
    assert_eq!(status(&busy), "503 Service Unavailable");
    assert!(busy.ends_with("{\"error\":{\"code\":\"Busy\",\"message\":null}}\n"), "{busy}");
    assert_eq!(ask(), "");
    let rules = r#"{"match": {"surface": "sts"}, "connection": "reset"}"#;
    companion(&running, "PUT", "/_admin/v1/faults", JSON, rules);
    let form = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15";
    let head = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    assert_eq!(exchange(&running.aws, head.as_bytes()), "");
}
