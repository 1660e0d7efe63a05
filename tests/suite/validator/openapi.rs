//! The description for programs against the code: routes, scopes, fields, enums, and every answer of a long conversation.

use std::collections::BTreeSet;

use local_sts::validator::{self, Querier, Reason, Scope, Scopes, Settings, events};
use local_sts::wire::RawRequest;
use serde_json::{Map, Value, json};

use super::{ACCOUNT, alice, received, s3, session_of, shown, world};
use crate::support::{Call, Keys, TestWorld};

fn document() -> Value {
    let world = world();
    let reply = super::reply(&world, &Querier::on_this_machine(), "GET", "/v1/openapi.json", b"");
    assert_eq!((reply.status, reply.content_type), (200, "application/json"));
    serde_json::from_slice(&reply.body).unwrap()
}

fn names(object: &Value) -> BTreeSet<String> {
    object.as_object().map(|members| members.keys().cloned().collect()).unwrap_or_default()
}

// --- Routes ------------------------------------------------------------------------------------------------------------

#[test]
fn the_document_has_every_route_with_its_scopes_and_no_other() {
    let document = document();
    let written: BTreeSet<(String, String, Vec<String>)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().iter().map(move |(method, operation)| {
                let scopes = operation["x-scopes"].as_array().unwrap_or_else(|| panic!("{path}"));
                let scopes = scopes.iter().map(|scope| scope.as_str().unwrap().to_owned()).collect();
                (path.clone(), method.to_uppercase(), scopes)
            })
        })
        .collect();
    let served: BTreeSet<(String, String, Vec<String>)> = validator::ROUTES
        .iter()
        .map(|route| {
            let scopes = route.scopes.iter().map(|scope| scope.word().to_owned()).collect();
            (route.path.to_owned(), route.method.unwrap_or("GET").to_owned(), scopes)
        })
        .collect();
    assert_eq!(written, served);
}

#[test]
fn every_reference_of_the_document_leads_somewhere_and_every_part_is_used() {
    let document = document();
    let mut used = BTreeSet::new();
    references(&document, &mut used);
    for reference in &used {
        assert!(!resolve(&document, reference).is_null(), "{reference}");
    }
    for kind in ["schemas", "responses", "parameters", "headers"] {
        for name in names(&document["components"][kind]) {
            let reference = format!("#/components/{kind}/{name}");
            // What a stream carries and what the router alone answers is named in words only.
            let in_words = ["Event", "NotFound"].contains(&name.as_str());
            assert!(in_words || used.contains(&reference), "{reference} is not used");
        }
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(entries) => entries.iter().for_each(|entry| references(entry, found)),
        _ => {}
    }
}

fn resolve<'d>(document: &'d Value, reference: &str) -> &'d Value {
    reference.trim_start_matches("#/").split('/').fold(document, |value, name| &value[name])
}

// --- Fields and enums of calls -----------------------------------------------------------------------------------------

/// What the code says when it meets something that it does not know: the names that it does.
#[track_caller]
fn known_names(path: &str, body: &Value) -> BTreeSet<String> {
    let world = world();
    let querier = Querier::with(Scopes::all());
    let settings = Settings { unsafe_secrets: true, ..Settings::default() };
    let body = body.to_string();
    let raw =
        RawRequest { method: "POST", path, query: "", headers: &[], body: body.as_bytes(), peer: None, secure: false };
    let reply = super::answered(&world, settings, &querier, &raw);
    let answer: Value = serde_json::from_slice(&reply.body).unwrap();
    let message = answer["error"]["message"].as_str().unwrap_or_else(|| panic!("{path} {body}: {answer}"));
    let (_, expected) = message.split_once(", expected ").unwrap_or_else(|| panic!("{path} {body}: {message}"));
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_field_that_a_call_may_have_is_in_the_document() {
    let document = document();
    let odd = || json!({"odd": 1});
    for (path, schema, body) in [
        ("/v1/authenticate", "AuthenticateCall", odd()),
        ("/v1/authenticate", "Request", json!({"request": odd()})),
        ("/v1/authenticate", "StringToSign", json!({"stringToSign": odd()})),
        ("/v1/authenticate", "Audience", json!({"audience": odd()})),
        ("/v1/authorize", "AuthorizeCall", odd()),
        ("/v1/authorize", "Subject", json!({"subject": odd()})),
        ("/v1/authorize", "Check", json!({"checks": [odd()]})),
        ("/v1/authorize", "ResourcePolicy", json!({"resourcePolicies": {"arn": odd()}})),
        ("/v1/check", "CheckCall", odd()),
        ("/v1/check", "Request", json!({"request": odd()})),
        ("/v1/check", "Audience", json!({"audience": odd()})),
        ("/v1/check", "ExecuteApi", json!({"executeApi": odd()})),
        ("/v1/check", "Check", json!({"checks": [odd()]})),
        ("/v1/check", "ResourcePolicy", json!({"resourcePolicies": {"arn": odd()}})),
        ("/v1/signing-keys", "SigningKeysCall", odd()),
        ("/v1/introspect", "IntrospectCall", odd()),
        ("/v1/identities/resolve", "ResolveCall", odd()),
        ("/v1/secrets/lookup", "SecretsCall", odd()),
    ] {
        let written = &document["components"]["schemas"][schema];
        assert_eq!(names(&written["properties"]), known_names(path, &body), "{schema}");
        assert_eq!(written["additionalProperties"], false, "{schema}");
    }
}

#[test]
fn every_value_of_an_enum_is_in_the_document() {
    let document = document();
    let written = |schema: &str| -> BTreeSet<String> {
        let values = document["components"]["schemas"][schema]["enum"].as_array().unwrap();
        values.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
    };
    for (path, schema, body) in [
        ("/v1/authenticate", "Want", json!({"want": ["odd"]})),
        ("/v1/authenticate", "Dialect", json!({"audience": {"dialect": "odd"}})),
        ("/v1/authorize", "Dialect", json!({"dialect": "odd"})),
        ("/v1/check", "Map", json!({"map": "odd"})),
        ("/v1/introspect", "TokenTypeHint", json!({"tokenTypeHint": "odd"})),
    ] {
        assert_eq!(written(schema), known_names(path, &body), "{schema}");
    }
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<String>>();
    let reasons: Vec<&str> = Reason::ALL.iter().map(|reason| reason.word()).collect();
    assert_eq!(written("Reason"), words(&reasons));
    assert_eq!(written("EventType"), words(&events::TYPES));
}

/// What a call must have is what the document says it must.
#[test]
fn every_field_that_a_call_must_have_is_required_by_the_document() {
    let document = document();
    let good = json!({
        "Request": { "method": "GET", "target": "/", "headers": [] },
        "StringToSign": { "text": "", "signature": "", "accessKeyId": "" },
        "Audience": { "service": "s3" },
        "Check": { "action": "s3:GetObject", "resource": "*" },
        "SigningKeysCall": { "accessKeyId": "a", "date": "20260115", "region": "r", "service": "s3" },
        "IntrospectCall": { "token": "t", "tokenTypeHint": "access_key" },
        "SecretsCall": { "accessKeyId": "a" },
        "AuthenticateCall": { "audience": { "service": "s3" } },
        "AuthorizeCall": { "subject": {}, "checks": [] },
        "CheckCall": { "request": { "method": "GET", "target": "/", "headers": [] }, "audience": { "service": "s3" } },
    });
    for (path, schema, within) in [
        ("/v1/authenticate", "AuthenticateCall", ""),
        ("/v1/authenticate", "Request", "request"),
        ("/v1/authenticate", "StringToSign", "stringToSign"),
        ("/v1/authenticate", "Audience", "audience"),
        ("/v1/authorize", "AuthorizeCall", ""),
        ("/v1/authorize", "Check", "checks"),
        ("/v1/check", "CheckCall", ""),
        ("/v1/signing-keys", "SigningKeysCall", ""),
        ("/v1/introspect", "IntrospectCall", ""),
        ("/v1/secrets/lookup", "SecretsCall", ""),
    ] {
        let required = document["components"]["schemas"][schema]["required"].as_array().unwrap();
        let required: BTreeSet<&str> = required.iter().map(|name| name.as_str().unwrap()).collect();
        let given = names(&good[schema]);
        assert_eq!(required, given.iter().map(String::as_str).collect(), "{schema}");
        for name in required {
            let mut part = good[schema].clone();
            part.as_object_mut().unwrap().remove(name);
            let part = if within == "checks" { json!([part]) } else { part };
            let body = if within.is_empty() { part } else { json!({ within: part }) };
            let (status, answer) = super::ask_as(&world(), &Querier::with(Scopes::all()), path, &body);
            let told = answer["error"]["message"].as_str().unwrap_or_default();
            let flagged = path == "/v1/secrets/lookup" && status == 403;
            let words = format!("missing field `{name}`");
            assert!(flagged || (status == 400 && told.contains(&words)), "{schema}.{name}: {answer}");
        }
    }
}

// --- Answers -----------------------------------------------------------------------------------------------------------

/// Faults of `value` under `schema`; a member that the schema does not have is one.
fn faults(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return faults(document, resolve(document, reference), value, at);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let found: Vec<Vec<String>> = choices.iter().map(|choice| faults(document, choice, value, at)).collect();
        let fitting = found.iter().filter(|faults| faults.is_empty()).count();
        return if fitting == 1 { Vec::new() } else { vec![format!("{at}: {fitting} of oneOf fit: {found:?}")] };
    }
    let mut wrong = Vec::new();
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().map(|kind| kind.as_str().unwrap()).collect(),
        _ => vec![kind],
    };
    if !kinds.contains(&kind) {
        return vec![format!("{at}: {kind} is none of {kinds:?}")];
    }
    if schema["enum"].as_array().is_some_and(|values| !values.contains(value)) {
        wrong.push(format!("{at}: {value} is none of {}", schema["enum"]));
    }
    match value {
        Value::Object(members) => wrong.extend(member_faults(document, schema, members, at)),
        Value::Array(entries) => {
            for (number, entry) in entries.iter().enumerate() {
                wrong.extend(faults(document, &schema["items"], entry, &format!("{at}[{number}]")));
            }
        }
        _ => {}
    }
    wrong
}

fn member_faults(document: &Value, schema: &Value, members: &Map<String, Value>, at: &str) -> Vec<String> {
    let required = schema["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap());
    let missing = required.filter(|name| !members.contains_key(*name)).map(|name| format!("{at} lacks {name}"));
    let mut wrong: Vec<String> = missing.collect();
    for (name, member) in members {
        let place = format!("{at}.{name}");
        match (&schema["properties"][name], &schema["additionalProperties"]) {
            (Value::Null, Value::Object(_)) => {
                wrong.extend(faults(document, &schema["additionalProperties"], member, &place));
            }
            (Value::Null, _) => wrong.push(format!("{place} is not in the document")),
            (known, _) => wrong.extend(faults(document, known, member, &place)),
        }
    }
    wrong
}

#[test]
fn every_answer_is_as_the_document_says() {
    let document = document();
    let mut seen = BTreeSet::new();
    let mut check = |method: &str, path: &str, reply: &validator::Reply| {
        let operation = &document["paths"][path][method];
        let mut response = &operation["responses"][reply.status.to_string()];
        assert!(!response.is_null(), "{path} answers {}", reply.status);
        if let Some(reference) = response["$ref"].as_str() {
            response = resolve(&document, reference);
        }
        let schema = &response["content"][reply.content_type]["schema"];
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        let wrong = faults(&document, schema, &body, path);
        assert!(wrong.is_empty(), "{wrong:#?} in {body:#}");
        seen.insert((path.to_owned(), reply.status));
    };
    let world = world();
    let settings = Settings { unsafe_secrets: true, max_age_seconds: 30 };
    let everything = Querier::with(Scopes::all());
    let nothing = Querier::with(Scopes::of(&[Scope::Admin]));
    for (path, body) in conversation(&world) {
        for querier in [&everything, &nothing, &Querier::with(Scopes::all().but(Scope::Debug))] {
            let text = body.to_string();
            let raw = RawRequest {
                method: "POST",
                path,
                query: "",
                headers: &[],
                body: text.as_bytes(),
                peer: None,
                secure: false,
            };
            check("post", path, &super::answered(&world, settings, querier, &raw));
        }
    }
    let meta = "/v1/meta";
    check("get", meta, &super::reply(&world, &everything, "GET", meta, b""));
    check("get", meta, &super::reply_with(&world, &everything, "GET", meta, &[("validator-protocol", b"2")], b""));
    let answered = |path: &str, status: u16| seen.contains(&(path.to_owned(), status));
    for route in validator::ROUTES.iter().filter(|route| route.method == Some("POST")) {
        assert!(answered(route.path, 200) && answered(route.path, 403), "{}", route.path);
    }
}

/// Calls of every kind, good and bad.
fn conversation(world: &TestWorld) -> Vec<(&'static str, Value)> {
    let session = session_of(world, "app/reader");
    let federated = Call::sts("GetFederationToken").param("Name", "bo").by(&alice()).send(world).keys();
    let user_session = Call::sts("GetSessionToken").by(&alice()).send(world).keys();
    let to_s3 = || json!({"service": "s3", "regions": ["us-east-1"], "hosts": ["s3.test", "*.s3.test"]});
    let get = || s3("GET", "/photos/a.jpg");
    let mut calls = Vec::new();
    let demo = Keys::new("test", "test");
    for keys in [
        alice(),
        session.clone(),
        federated,
        user_session,
        demo,
        alice().with_secret("x"),
        Keys::new("AKIANOBODY", "x"),
    ] {
        let request = received(world, &get().by(&keys));
        calls.push(("/v1/authenticate", json!({"request": request, "audience": to_s3(), "want": ["signingKey"]})));
        calls.push(("/v1/check", json!({"request": request, "audience": to_s3(), "map": "s3-path", "explain": true})));
        let subject = json!({"accessKeyId": keys.id, "sessionToken": keys.token});
        let checks = json!([{"id": "a", "action": "s3:GetObject", "resource": "arn:aws:s3:::photos/a"}, {"action": "s3:PutObject", "resource": "arn:aws:s3:::photos/a"}]);
        calls.push(("/v1/authorize", json!({"subject": subject, "checks": checks, "explain": true})));
        calls.push(("/v1/signing-keys", json!({"accessKeyId": keys.id, "sessionToken": keys.token, "date": "20260115", "region": "us-east-1", "service": "s3"})));
        calls.push((
            "/v1/introspect",
            json!({"token": keys.id, "tokenTypeHint": "access_key", "sessionToken": keys.token}),
        ));
        calls.push(("/v1/secrets/lookup", json!({"accessKeyId": keys.id, "sessionToken": keys.token})));
    }
    let presigned = Call {
        payload: Some("UNSIGNED-PAYLOAD".to_owned()),
        ..s3("GET", "/photos/a?").without_header("x-amz-content-sha256")
    };
    let presigned = presigned.presigned(&session, 60, world.machine_now());
    calls.push(("/v1/authenticate", json!({"request": shown(&presigned), "audience": to_s3()})));
    calls.push((
        "/v1/check",
        json!({"request": shown(&get()), "audience": to_s3(), "map": "s3-path", "allowAnonymous": true}),
    ));
    calls.push(("/v1/check", json!({"request": received(world, &s3("GET", "/b?acl&tagging").by(&alice())), "audience": to_s3(), "map": "s3-path"})));
    calls.push(("/v1/authorize", json!({"subject": {"principalArn": "arn:aws:iam::123456789012:user/nobody"}, "checks": [{"action": "s3:GetObject", "resource": "*"}]})));
    calls.push(("/v1/authorize", json!({"subject": {"principalArn": format!("arn:aws:iam::{ACCOUNT}:root")}, "checks": [{"action": "s3:GetObject", "resource": "*"}], "explain": true})));
    for service in ["sts", "dynamodb", "kms", "lambda", "ec2"] {
        calls.push(("/v1/authenticate", json!({"request": shown(&get()), "audience": {"service": service}})));
    }
    calls.push(("/v1/identities/resolve", json!({"accessKeyIds": ["AKIAALICE", "ASIAX", "x"], "arns": [ACCOUNT, "arn:aws:iam::123456789012:role/app/reader"]})));
    for path in [
        "/v1/authenticate",
        "/v1/authorize",
        "/v1/check",
        "/v1/signing-keys",
        "/v1/introspect",
        "/v1/identities/resolve",
        "/v1/secrets/lookup",
    ] {
        calls.push((path, json!({"odd": 1})));
        calls.push((path, json!([])));
    }
    calls.push(("/v1/authorize", json!({"subject": {"anonymous": true}, "checks": vec![json!({"action": "s3:GetObject", "resource": "*"}); 1001]})));
    calls
}
