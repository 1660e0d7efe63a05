//! What the companion reads, asked in process: calls of the validator, filters and expectations of the journal, rules of
//! faults, and queries of the console's pages.

use local_sts::console::{Visit, page};
use local_sts::faults::{Asked, Faults, Rule, SURFACES};
use local_sts::journal::query::Query;
use local_sts::journal::verify::{Expectation, verify};
use local_sts::validator::Querier;
use local_sts::wire::query;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{edited, edits, grafted, grafts, odd_text, word};
use crate::support::{Keys, TestWorld, throw};
use crate::validator::{alice, received, reply_with, s3, session_of, world};

const LETTERS: &str = "[\\[\\]{}\",:\\\\a-c0-9 ]{0,4}";

const CALLS: &[&str] = &[
    "request",
    "method",
    "target",
    "headers",
    "body",
    "stringToSign",
    "signature",
    "accessKeyId",
    "AKIAALICE",
    "sessionToken",
    "service",
    "s3",
    "sts",
    "execute-api",
    "region",
    "us-east-1",
    "subject",
    "principalArn",
    "arn:aws:iam::123456789012:user/team/alice",
    "anonymous",
    "action",
    "s3:GetObject",
    "s3:*",
    "resource",
    "arn:aws:s3:::photos/x",
    "context",
    "aws:SourceIp",
    "127.0.0.1",
    "map",
    "dialect",
    "queries",
    "token",
    "tokenTypeHint",
    "GET",
    "PUT",
    "/photos/a%2Fb?versionId=1&acl",
    "x-amz-content-sha256",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "x-amz-date",
    "authorization",
];

#[test]
fn no_call_makes_the_validator_stumble() {
    const PATHS: &[&str] = &[
        "/v1/authenticate",
        "/v1/authorize",
        "/v1/check",
        "/v1/signing-keys",
        "/v1/introspect",
        "/v1/identities/resolve",
        "/v1/forward-auth/nginx?service=s3&map=s3-path",
        "/v1/forward-auth/caddy?service=execute-api&map=execute-api",
        "/v1/secrets/lookup",
        "/v1/events?after=1",
        "/v1/meta",
    ];
    let scene = || {
        let world = world();
        let session = session_of(&world, "app/reader");
        let bodies = bodies(&world, &session);
        (world, bodies)
    };
    let headers = prop::collection::vec(
        (word(&["x-forwarded-uri", "x-forwarded-method", "authorization", "x-original-uri"]), word(CALLS)),
        0..3,
    );
    let strategy = (prop::sample::select(PATHS), 0..6_usize, grafts(CALLS), edits(LETTERS), headers);
    throw("validator calls", 400, strategy, scene, |(world, bodies), (path, body, grafts, edits, headers)| {
        let body = edited(&grafted(bodies[body % bodies.len()].clone(), grafts).to_string(), &edits);
        let headers: Vec<(&str, &[u8])> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let method = if path.starts_with("/v1/events") || path == "/v1/meta" { "GET" } else { "POST" };
        let reply = reply_with(world, &Querier::of_this_user(), method, path, &headers, body.as_bytes());
        let forwards = path.contains("forward-auth");
        // Proxies that are set up wrongly are told so.
        prop_assert!(reply.status < 500 || (forwards && reply.status == 500), "{path} {body}");
        let is_json = !forwards && !path.starts_with("/v1/events");
        prop_assert!(!is_json || serde_json::from_slice::<Value>(&reply.body).is_ok(), "{path} {body}");
        Ok(())
    });
}

fn bodies(world: &TestWorld, session: &Keys) -> Vec<Value> {
    let request = received(world, &s3("GET", "/photos/x").by(session));
    let who = json!({"accessKeyId": session.id, "sessionToken": session.token});
    vec![
        json!({"request": request, "service": "s3"}),
        json!({"request": received(world, &s3("PUT", "/photos/x").by(&alice())), "service": "s3",
               "authorize": {"map": "s3"}}),
        json!({"subject": who, "queries": [{"action": "s3:GetObject", "resource": "arn:aws:s3:::photos/x",
               "context": {"aws:SourceIp": ["127.0.0.1"]}}]}),
        json!({"subject": who, "action": "s3:GetObject", "resource": "arn:aws:s3:::photos/x"}),
        json!({"token": session.id, "tokenTypeHint": "aws_access_key_id", "sessionToken": session.token}),
        json!({"accessKeyId": session.id, "sessionToken": session.token, "date": "20260115", "region": "us-east-1",
               "service": "s3", "uniqueIds": ["AIDA"]}),
    ]
}

#[test]
fn no_filter_makes_the_journal_stumble() {
    const NAMES: &[&str] = &[
        "action",
        "surface",
        "caller",
        "accessKeyId",
        "made",
        "sessionId",
        "role",
        "outcome",
        "error",
        "requestId",
        "accountId",
        "region",
        "fault",
        "since",
        "after",
        "limit",
        "format",
    ];
    const VALUES: &[&str] = &[
        "AssumeRole",
        "*",
        "?",
        "sts",
        "refused",
        "success",
        "123456789012",
        "mark:one",
        "0",
        "1",
        "18446744073709551615",
        "2026-01-15T12:00:00Z",
        "json",
        "jsonl",
        "cloudtrail",
        "us-east-1",
        "arn:aws:*",
    ];
    const FIELDS: &[&str] = &[
        "expect",
        "count",
        "min",
        "max",
        "match",
        "since",
        "accountId",
        "action",
        "caller",
        "arn",
        "params",
        "RoleArn",
        "status",
        "mark:one",
        "AssumeRole",
        "*",
        "made",
        "absent",
        "contains",
    ];
    let scene = || {
        let world = world();
        session_of(&world, "app/reader");
        world.service.journal().mark("one");
        world
    };
    let pairs = prop::collection::vec((word(NAMES), word(VALUES)), 0..4);
    let strategy = (pairs, edits("[%&=+;*?]{0,3}"), grafts(FIELDS));
    throw("filters of the journal", 400, strategy, scene, |world, (pairs, edits, grafts)| {
        let journal = world.service.journal();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if let Ok(query) = Query::read(&edited(&query::form(&pairs), &edits), journal) {
            let found = query.run(journal).entries;
            prop_assert!(found.len() <= 2);
        }
        let expectation = json!({"expect": {"count": {"min": 1, "max": 2}}, "since": "mark:one",
            "match": {"action": "AssumeRole", "params": {"RoleArn": "arn:*"}, "caller": {"arn": "*alice"}}});
        if let Ok(expectation) = serde_json::from_value::<Expectation>(grafted(expectation, grafts)) {
            let _ = verify(journal, &expectation);
        }
        Ok(())
    });
}

#[test]
fn no_rule_makes_faults_stumble() {
    const FIELDS: &[&str] = &[
        "id",
        "match",
        "surface",
        "action",
        "roleArn",
        "caller",
        "accountId",
        "accessKeyId",
        "times",
        "probability",
        "seed",
        "error",
        "code",
        "message",
        "status",
        "latency",
        "minMillis",
        "maxMillis",
        "connection",
        "reset",
        "truncate",
        "credentials",
        "expired",
        "provider",
        "unreachable",
        "body",
        "sts",
        "*",
        "Assume*",
        "Throttling",
    ];
    let rule = json!({"id": "one", "match": {"surface": "sts", "action": "Assume*", "accountId": "123456789012"},
        "times": 2, "probability": 0.5, "seed": 7, "error": {"code": "Throttling", "message": "x", "status": 400},
        "latency": {"minMillis": 1, "maxMillis": 2}});
    let strategy = (grafts(FIELDS), word(FIELDS), 0..SURFACES.len(), any::<bool>());
    throw("fault rules", 400, strategy, Faults::default, |faults, (grafts, action, surface, replacing)| {
        let Ok(rule) = serde_json::from_value::<Rule>(grafted(rule.clone(), grafts)) else { return Ok(()) };
        if rule.check().is_ok() {
            let _ = faults.add(vec![rule], replacing);
        }
        let asked = Asked { surface: SURFACES[surface], action: &action, role_arn: Some(&action), ..Asked::default() };
        for _ in 0..3 {
            if let Some(strike) = faults.strike(&asked) {
                prop_assert!(strike.delay_millis <= 60_000, "{strike:?}");
                faults.take_back(&strike);
            }
        }
        prop_assert!(serde_json::to_string(&faults.standing().iter().map(|it| &it.rule).collect::<Vec<_>>()).is_ok());
        Ok(())
    });
}

#[test]
fn no_query_makes_a_page_of_the_console_stumble() {
    const PAGES: &[&str] = &[
        "",
        "/",
        "/account",
        "/users",
        "/groups",
        "/roles",
        "/policies",
        "/user",
        "/group",
        "/role",
        "/policy",
        "/sessions",
        "/journal",
        "/call",
        "/tester",
        "/clock",
        "/nowhere",
    ];
    const NAMES: &[&str] = &[
        "account",
        "search",
        "after",
        "before",
        "arn",
        "name",
        "principal",
        "key",
        "all",
        "number",
        "action",
        "resource",
        "context",
        "caller",
        "outcome",
        "surface",
        "version",
        "done",
        "page",
        "subject",
        "session",
    ];
    const VALUES: &[&str] = &[
        "123456789012",
        "alice",
        "reader",
        "arn:aws:iam::123456789012:user/team/alice",
        "arn:aws:iam::123456789012:role/app/reader",
        "arn:aws:iam::123456789012:policy/only-get",
        "s3:GetObject",
        "arn:aws:s3:::photos/x",
        "1",
        "-1",
        "true",
        "aws:SourceIp=127.0.0.1\naws:TagKeys=a",
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
    ];
    let scene = || {
        let world = world();
        session_of(&world, "app/reader");
        world
    };
    let strategy = (
        prop::sample::select(PAGES),
        prop::collection::vec((word(NAMES), word(VALUES)), 0..5),
        edits("[%&=+;]{0,2}"),
        odd_text(),
    );
    throw("console pages", 300, strategy, scene, |world, (path, pairs, edits, token)| {
        let (state, journal) = (world.service.world(), world.service.journal());
        let visit = Visit { world: state, journal, form_token: &token, logged_in: true };
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let asked = edited(&query::form(&pairs), &edits);
        let answer = page(&visit, &format!("/console{path}"), &asked).render();
        let text = String::from_utf8(answer.body).unwrap();
        prop_assert!([200, 400, 404].contains(&answer.status), "{path}?{asked}: {}", answer.status);
        prop_assert!(!text.contains("<script>alert") && !text.contains("<img"), "{path}?{asked}: {text}");
        Ok(())
    });
}
