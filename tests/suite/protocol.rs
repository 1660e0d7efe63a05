//! The STS door before any operation: routing, versions, redirects, headers, formats.

use crate::support::{Answer, Call, TestWorld, alice, check, identify, refused};

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users:
      - { name: alice, accessKeys: [{ id: AKIAALICE, secret: alice-secret }] }
"#;

fn world() -> TestWorld {
    TestWorld::new(SEED)
}

fn send(call: Call) -> Answer {
    call.by(&alice()).send(&world())
}

/// Status, body and `Location` of an answer that comes from no operation.
#[track_caller]
fn check_bare(id: &str, answer: &Answer, status: u16, body: &str, location: Option<&str>) {
    assert_eq!((answer.status(), answer.body(), answer.header("location")), (status, body, location), "{id}");
}

const FRONT_PAGE: &str = "https://aws.amazon.com/iam";

#[test]
fn calls_without_an_action_are_sent_to_the_front_page() {
    let moved = |id, call, location: &str| {
        let answer = send(call);
        check_bare(id, &answer, 302, "", Some(location));
        assert!(answer.header("x-amzn-requestid").is_some(), "{id}");
        assert!(answer.header("x-amz-sts-extended-request-id").is_some(), "{id}");
    };
    moved("sts-proto-missing-action-post", Call::form("Version=2011-06-15"), FRONT_PAGE);
    let to = "https://aws.amazon.com/iam?Version=2011-06-15";
    moved("sts-proto-missing-action-get", Call::get("Version=2011-06-15"), to);
    moved("sts-proto-no-form-content-type", Call::sts("GetCallerIdentity").without_header("content-type"), FRONT_PAGE);
    moved("another content type", Call::sts("GetCallerIdentity").header("content-type", "text/plain"), FRONT_PAGE);
    let unsigned = Call::get("").send(&world());
    check_bare("B-007: without a signature too", &unsigned, 302, "", Some(FRONT_PAGE));
}

#[test]
fn what_names_no_operation_is_an_invalid_action_in_a_namespace_of_its_own() {
    for (id, body, text) in [
        (
            "sts-proto-unknown-action",
            "Action=Nonsense&Version=2011-06-15",
            "Could not find operation Nonsense for version 2011-06-15",
        ),
        ("sts-proto-empty-action", "Action=&Version=2011-06-15", "Could not find operation  for version 2011-06-15"),
        (
            "sts-proto-missing-version",
            "Action=GetCallerIdentity",
            "Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED",
        ),
        (
            "sts-proto-empty-version",
            "Action=GetCallerIdentity&Version=",
            "Could not find operation GetCallerIdentity for version ",
        ),
        (
            "sts-proto-bad-version",
            "Action=GetCallerIdentity&Version=2011-06-16",
            "Could not find operation GetCallerIdentity for version 2011-06-16",
        ),
        (
            "sts-proto-duplicate-action",
            "Action=A&Action=GetCallerIdentity&Version=1&Version=2011-06-15",
            "Could not find operation A for version 1",
        ),
        (
            "the name is exact",
            "Action=getCallerIdentity&Version=2011-06-15",
            "Could not find operation getCallerIdentity for version 2011-06-15",
        ),
        (
            "not served yet",
            "Action=GetDelegatedAccessToken&Version=2011-06-15",
            "Could not find operation GetDelegatedAccessToken for version 2011-06-15",
        ),
    ] {
        let call = Call::form(body).by(&alice());
        check(&world(), id, &call, refused(400, "InvalidAction", text));
        let namespace = "<ErrorResponse xmlns=\"http://webservices.amazon.com/AWSFault/2005-15-09\">\n";
        assert!(call.send(&world()).body().starts_with(namespace), "{id}");
    }
}

/// Row sts-proto-error-envelope-bytes, on a text of ours.
#[test]
fn an_error_has_awss_shape_to_the_byte() {
    let answer = Call::sts("GetCallerIdentity").send(&world());
    let request_id = answer.header("x-amzn-requestid").unwrap();
    assert_eq!(
        answer.body(),
        format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    <Type>Sender</Type>\n    \
             <Code>MissingAuthenticationToken</Code>\n    <Message>Request is missing Authentication Token</Message>\n  \
             </Error>\n  <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n"
        )
    );
    assert_eq!(answer.body().len(), 297, "sts-sig-missing");
}

#[test]
fn other_paths_are_unknown_unless_they_name_an_action() {
    for method in ["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD"] {
        let answer = send(Call::get("").method(method).path("/nowhere"));
        check_bare("sts-proto-nonroot-path", &answer, 404, "<UnknownOperationException/>\n", None);
        let answer = send(Call::get("Version=2011-06-15").method(method).path("/nowhere"));
        check_bare("B-172: a version is no action", &answer, 404, "<UnknownOperationException/>\n", None);
    }
    let form = send(Call::form("Version=2011-06-15").path("/nowhere"));
    check_bare("B-172", &form, 404, "<UnknownOperationException/>\n", None);
    let wrong_scope = Call::get("").path("/nowhere").service("s3").region("mars");
    check_bare("before the scope is looked at", &send(wrong_scope), 404, "<UnknownOperationException/>\n", None);
    let text = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
                Key and signing method. Consult the service documentation for details.";
    for call in [
        Call::sts("GetCallerIdentity").path("/nowhere"),
        Call::get("Action=GetCallerIdentity&Version=2011-06-15").path("/nowhere"),
        Call::get("Action=GetCallerIdentity&Version=2011-06-15").path("//"),
        // B-172: as any other method.
        Call::get("Action=GetCallerIdentity&Version=2011-06-15").path("/nowhere").method("HEAD"),
    ] {
        let refusal = refused(403, "SignatureDoesNotMatch", text);
        check(&world(), "sts-proto-nonroot-with-action", &call.by(&alice()), refusal);
    }
}

#[test]
fn the_front_end_answers_what_is_no_call_at_all() {
    let preflight = Call::get("")
        .method("OPTIONS")
        .path("/nowhere")
        .header("origin", "https://example.com")
        .header("access-control-request-method", "POST")
        .send(&world());
    check_bare("sts-proto-options-cors", &preflight, 200, "", None);
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    assert_eq!(preflight.header("access-control-max-age"), Some("172800"));
    assert_eq!(preflight.header("access-control-expose-headers"), None);
    for (id, call) in [
        ("sts-proto-extension-method", Call::get("").method("PROPFIND")),
        ("sts-proto-bad-percent", Call::get("Action=GetCallerIdentity&Version=2011-06-15").path("/%2")),
        ("sts-proto-bad-percent", Call::get("").path("/a%zzb")),
        ("B-008: a bad escape in the query", Call::get("Action=%zz")),
        ("sts-proto-get-head-max", Call::get(&format!("Action={}", "a".repeat(15_838)))),
    ] {
        let answer = send(call);
        check_bare(id, &answer, 400, "", None);
        assert_eq!(answer.header("x-amzn-requestid"), None, "{id}");
    }
    assert_eq!(
        send(Call::get(&format!("Action={}", "a".repeat(15_837)))).text("Code").as_deref(),
        Some("InvalidAction")
    );
}

/// B-173: a web page may read what it is answered, if it has keys of its own.
#[test]
fn answers_to_pages_may_be_read_by_them() {
    let world = world();
    let call = Call::sts("GetCallerIdentity");
    for (id, status, call) in [
        ("a success", 200, call.clone().by(&alice())),
        ("a refusal", 403, call.clone().by(&alice().with_secret("wrong"))),
        ("an unsigned call", 403, call),
        ("a redirect", 302, Call::form("Version=2011-06-15")),
        ("no operation", 404, Call::get("").path("/nowhere")),
    ] {
        let answer = call.clone().header("origin", "https://example.com").send(&world);
        assert_eq!(answer.status(), status, "{id}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{id}");
        let exposed = answer.header("access-control-expose-headers");
        assert_eq!(exposed, Some("x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"), "{id}");
        assert_eq!(answer.header("access-control-allow-credentials"), None, "{id}");
        let silent = call.send(&world);
        assert!(
            silent.0.headers.iter().all(|(name, _)| !name.starts_with("Access-Control")),
            "{id}: without an origin"
        );
    }
}

/// Google's workload identity federation sends the call in the query of a POST without a body.
#[test]
fn a_post_may_carry_its_call_in_the_query() {
    let mut call = Call::form("").without_header("content-type").header("x-goog-cloud-target-resource", "//iam/x");
    call.query = "Action=GetCallerIdentity&Version=2011-06-15".to_owned();
    assert_eq!(send(call).status(), 200);
}

#[test]
fn a_bad_escape_in_a_form_is_a_syntax_error() {
    let call = Call::form("Action=GetCallerIdentity&Version=2011-06-15&x=%zz").by(&alice());
    let expect = refused(400, "MalformedQueryString", "The query string contains a syntax error");
    check(&world(), "B-008", &call, expect);
}

/// Rows sts-proto-json-error and sts-proto-json-success.
#[test]
fn json_is_answered_to_those_who_accept_it() {
    let json = |call: Call| call.header("accept", "application/json").send(&world());
    let refusal = json(Call::sts("GetCallerIdentity"));
    let request_id = refusal.header("x-amzn-requestid").unwrap();
    assert_eq!(
        refusal.body(),
        format!(
            "{{\"Error\":{{\"Code\":\"MissingAuthenticationToken\",\"Message\":\"Request is missing Authentication Token\",\
             \"Type\":\"Sender\"}},\"RequestId\":\"{request_id}\"}}"
        )
    );
    assert_eq!(refusal.header("content-type"), Some("application/json"));
    let answer = json(identify(&alice()));
    let request_id = answer.header("x-amzn-requestid").unwrap();
    let body: serde_json::Value = serde_json::from_str(answer.body()).unwrap();
    let user_id = body["GetCallerIdentityResponse"]["GetCallerIdentityResult"]["UserId"].as_str().unwrap();
    assert_eq!(
        answer.body(),
        format!(
            "{{\"GetCallerIdentityResponse\":{{\"GetCallerIdentityResult\":{{\"Account\":\"123456789012\",\
             \"Arn\":\"arn:aws:iam::123456789012:user/alice\",\"UserId\":\"{user_id}\"}},\
             \"ResponseMetadata\":{{\"RequestId\":\"{request_id}\"}}}}}}"
        ),
        "B-770"
    );
}

/// Row sts-proto-headers.
#[test]
fn every_answer_of_the_service_has_its_ids_and_its_type() {
    let answer = send(Call::sts("GetCallerIdentity"));
    let names: Vec<&str> = answer.0.headers.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["Content-Type", "x-amzn-RequestId", "x-amz-sts-extended-request-id"]);
    assert_eq!(answer.header("x-amzn-requestid"), answer.text("RequestId").as_deref());
    let uuid = answer.header("x-amzn-requestid").unwrap();
    assert!(uuid.len() == 36 && uuid.split('-').map(str::len).eq([8, 4, 4, 4, 12]), "{uuid}");
}

/// Row sts-s-ct-extended-id.
#[test]
fn the_extended_request_id_has_the_captured_form() {
    use base64::Engine as _;
    let answer =
        send(Call::sts("GetCallerIdentity").header("host", "sts.eu-central-1.amazonaws.com").region("eu-central-1"));
    let id = answer.header("x-amz-sts-extended-request-id").unwrap();
    let text = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(id).unwrap()).unwrap();
    let parts: Vec<&str> = text.split(':').collect();
    assert_eq!(parts[..5], ["1", "eu-central-1", "S", "1768478400000", "R"], "{text}");
    assert_eq!(parts[5].len(), 8, "{text}");
}
