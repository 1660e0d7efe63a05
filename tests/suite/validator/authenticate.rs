//! `/v1/authenticate`: who signed, by the rules and in the words of the service that asks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use local_sts::ids::names::UserName;
use local_sts::secret::SecretAccessKey;
use local_sts::sessions::{Issuer, SessionId};
use local_sts::shape::Shape;
use local_sts::sigv4::{self, Parts, PayloadHash, SigningKey, Style};
use local_sts::store::records;
use local_sts::validator::{Querier, Scope, Scopes};
use serde_json::{Value, json};

use super::{ACCOUNT, EMPTY, SEED, alice, ask, ask_as, check_has, received, s3, session_of, shown, world};
use crate::support::{Call, Keys, TestWorld, now};

/// The answer about `call`, which is not refused for its form.
#[track_caller]
fn authenticate(world: &TestWorld, call: &Call, audience: &Value) -> Value {
    let (status, answer) =
        ask(world, "/v1/authenticate", &json!({"request": received(world, call), "audience": audience}));
    assert_eq!(status, 200, "{answer}");
    answer
}

/// Somebody signed `call`, and these members tell of it.
#[track_caller]
fn check(world: &TestWorld, call: &Call, audience: &Value, expect: &Value) {
    let answer = authenticate(world, call, audience);
    assert_eq!(answer["authenticated"], true, "{answer}");
    check_has("", &answer, expect);
}

/// Nobody signed `call`, for this reason, and S3 would say so: status, code, text.
#[track_caller]
fn check_refused(
    world: &TestWorld,
    id: &str,
    call: &Call,
    audience: &Value,
    reason: &str,
    aws: (u16, &str, &str),
) -> Value {
    let answer = authenticate(world, call, audience);
    let error = &answer["awsError"];
    let found = (error["httpStatus"].as_u64().unwrap_or_default(), error["code"].as_str(), error["message"].as_str());
    assert_eq!((&answer["authenticated"], answer["reason"].as_str()), (&json!(false), Some(reason)), "{id}: {answer}");
    assert_eq!(found, (aws.0.into(), Some(aws.1), Some(aws.2)), "{id}: {answer}");
    assert!(error["body"].as_str().unwrap().contains(aws.1), "{id}: {answer}");
    answer
}

fn to_s3() -> Value {
    json!({"service": "s3"})
}

fn get() -> Call {
    s3("GET", "/photos/a%20b.jpg?versionId=null&x-id=GetObject")
}

/// What is presigned: nothing is said of a body.
fn unsigned(target: &str) -> Call {
    let call = s3("GET", target).without_header("x-amz-content-sha256");
    Call { payload: Some("UNSIGNED-PAYLOAD".to_owned()), ..call }
}

const INVALID_KEY: (u16, &str, &str) =
    (403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.");
const INVALID_TOKEN: (u16, &str, &str) = (400, "InvalidToken", "The provided token is malformed or otherwise invalid.");
const MISMATCH: (u16, &str, &str) = (
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
);
const SKEWED: (u16, &str, &str) =
    (403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.");
const NOT_SIGNED: (u16, &str, &str) =
    (403, "AccessDenied", "There were headers present in the request which were not signed");

// --- Who ---------------------------------------------------------------------------------------------------------------

#[test]
fn a_user_is_described() {
    let world = world();
    let expect = json!({
        "via": "sigv4-header",
        "identity": {
            "type": "user",
            "accountId": ACCOUNT,
            "arn": "arn:aws:iam::123456789012:user/team/alice",
            "principalArn": "arn:aws:iam::123456789012:user/team/alice",
            "sessionName": null,
            "sourceIdentity": null,
            "sessionTags": {},
        },
        "credential": { "accessKeyId": "AKIAALICE", "kind": "long-term", "issuedBy": null, "expiresAt": null },
        "signature": {
            "scope": "20260115/us-east-1/s3/aws4_request",
            "signedAt": "2026-01-15T12:00:00Z",
            "signedHeaders": ["host", "x-amz-content-sha256", "x-amz-date"],
            "host": "s3.test:9000",
            "path": "as-received",
            "presigned": false,
            "verified": ["signature", "credential", "time", "scope", "host", "signed-headers"],
            "notVerified": ["payload"],
        },
        "payload": { "mode": "sha256", "sha256": EMPTY, "callerMustVerify": true },
        "cache": { "maxAgeSeconds": 0 },
    });
    check(&world, &get().by(&alice()), &to_s3(), &expect);
}

#[test]
fn a_session_is_described_with_what_it_carries() {
    let world = world();
    let call = Call::assume_role("arn:aws:iam::123456789012:role/app/reader", "ci-17")
        .param("SourceIdentity", "alice@test")
        .tags(&[("Cost", "9")]);
    let keys = call.by(&alice()).send(&world).keys();
    let expect = json!({
        "identity": {
            "type": "assumed-role",
            "arn": "arn:aws:sts::123456789012:assumed-role/reader/ci-17",
            "principalArn": "arn:aws:iam::123456789012:role/app/reader",
            "sessionName": "ci-17",
            "sourceIdentity": "alice@test",
            "sessionTags": { "Cost": "9" },
        },
        "credential": {
            "accessKeyId": keys.id,
            "kind": "temporary",
            "issuedBy": "AssumeRole",
            "issuedAt": "2026-01-15T12:00:00Z",
            "expiresAt": "2026-01-15T13:00:00Z",
        },
        "signature": {
            "verified": ["signature", "credential", "session-token", "time", "scope", "host", "signed-headers"],
        },
    });
    check(&world, &get().by(&keys), &to_s3(), &expect);
    let answer = authenticate(&world, &get().by(&keys), &to_s3()).to_string();
    for secret in [&keys.secret, keys.token.as_ref().unwrap()] {
        assert!(!answer.contains(secret.as_str()), "an answer describes and is no credential: {answer}");
    }
}

/// What is told of a user, and of every kind of session, is told anew once they are set anew.
#[test]
fn whoever_is_renamed_is_told_by_the_new_name() {
    let world = world();
    let temporary = Call::sts("GetSessionToken").by(&alice()).send(&world).keys();
    let (of_role, other) = (session_of(&world, "app/reader"), session_of(&world, "bounded"));
    let arn = |keys: &Keys| {
        let answers = [(); 2].map(|()| authenticate(&world, &get().by(keys), &to_s3()));
        let [first, second] = answers.map(|answer| json!([answer["identity"], answer["credential"]]));
        assert_eq!(first, second);
        first[0]["arn"].as_str().unwrap().to_owned()
    };
    let all = || [arn(&alice()), arn(&temporary), arn(&of_role), arn(&other)];
    let of_roles = ["reader", "bounded"].map(|role| format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/ci"));
    let expect = |user: &str| {
        let user = format!("arn:aws:iam::{ACCOUNT}:user/team/{user}");
        [user.clone(), user, of_roles[0].clone(), of_roles[1].clone()]
    };
    assert_eq!(all(), expect("alice"));
    world.change(|draft| {
        let user = draft.identities.user_of_access_key("AKIAALICE").unwrap().clone();
        let record = records::User { name: UserName::parse("alison").unwrap(), ..user.record.clone() };
        Ok(draft.identities.update_user(&mut draft.batch, &user.id, record)?)
    });
    assert_eq!(all(), expect("alison"));
}

#[test]
fn users_of_temporary_keys_and_federated_users_are_told_apart() {
    let world = world();
    for (action, kind, issued_by, name) in [
        ("GetSessionToken", "user", "GetSessionToken", json!(null)),
        ("GetFederationToken", "federated-user", "GetFederationToken", json!("bo")),
    ] {
        let call = Call::sts(action);
        let call = if action == "GetFederationToken" { call.param("Name", "bo") } else { call };
        let keys = call.by(&alice()).send(&world).keys();
        let expect = json!({
            "identity": { "type": kind, "sessionName": name },
            "credential": { "issuedBy": issued_by },
        });
        check(&world, &get().by(&keys), &to_s3(), &expect);
    }
}

// --- How it was signed -------------------------------------------------------------------------------------------------

/// What botocore's signer for S3 made of a published example; the derived key comes with it.
#[test]
fn the_published_example_is_verified_and_its_derived_key_is_the_published_one() {
    let authorization = "AWS4-HMAC-SHA256 Credential=ASIAQWERTYUIOPASDFGH/20260115/us-east-1/s3/aws4_request, \
        SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, \
        Signature=a7f919cef58701759c0a1c26cd53549a5384278898a049ab9a8b3e5dd2049e31";
    let headers: [(&str, &[u8]); 5] = [
        ("host", b"s3.local:9000"),
        ("x-amz-date", b"20260115T120000Z"),
        ("x-amz-security-token", b"FwoEXAMPLETOKEN"),
        ("x-amz-content-sha256", EMPTY.as_bytes()),
        ("authorization", authorization.as_bytes()),
    ];
    let parts = Parts { method: "GET", path: "/reports/2026/q1.csv", query: "versionId=null", headers: &headers };
    let moment = local_sts::time::Moment::unsteered(now());
    let claim = sigv4::parse(&parts).unwrap().unwrap().in_time(&moment).unwrap();
    let scoped = claim.scoped_to("s3", |region| region == "us-east-1").unwrap();
    let secret = SecretAccessKey::new("EXAMPLESECRETKEYEXAMPLESECRETKEYEXAMPLE0".to_owned());
    let key = SigningKey::derive(&secret, "20260115", "us-east-1", "s3");
    scoped.verify(&PayloadHash::Literal(EMPTY), Style::S3, &key).unwrap();
    assert_eq!(STANDARD.encode(key.expose()), "mNFVB3MYXziwh6aYFfShEeU0GH4+1ZzyOF1r0pAsDH4=");
}

/// B-317.
#[test]
fn a_presigned_request_is_good_for_as_long_as_it_says() {
    let world = world();
    let call = unsigned("/photos/a.jpg?");
    let presigned = |expires| call.clone().presigned(&alice(), expires, now());
    let expect = json!({
        "via": "sigv4-query",
        "signature": { "presigned": true, "signedHeaders": ["host"] },
        "payload": { "mode": "unsigned", "sha256": null, "callerMustVerify": false },
    });
    check(&world, &presigned(3600), &to_s3(), &expect);
    check(&world, &presigned(604_800), &to_s3(), &expect);
    let too_long = (
        400,
        "AuthorizationQueryParametersError",
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
    );
    check_refused(&world, "a week and a second", &presigned(604_801), &to_s3(), "PRESIGN_TOO_LONG", too_long);
    world.wait(3600);
    check(&world, &presigned(3600), &to_s3(), &expect);
    world.wait(1);
    let expired = (403, "AccessDenied", "Request has expired");
    let answer = check_refused(&world, "s3-presign-expired", &presigned(3600), &to_s3(), "PRESIGN_EXPIRED", expired);
    let details =
        json!([["X-Amz-Expires", "3600"], ["Expires", "2026-01-15T13:00:00Z"], ["ServerTime", "2026-01-15T13:00:01Z"]]);
    assert_eq!(answer["awsError"]["details"], details);
}

/// B-344.
#[test]
fn what_is_said_of_the_body_is_said_once() {
    let world = world();
    // The header need not be signed, for its value is the last line of what is.
    let signed = s3("GET", "/photos/a.jpg").without_header("x-amz-content-sha256").by(&alice()).signed(now());
    let said = |values: &[&str]| {
        values.iter().fold(signed.clone(), |call, value| call.and_header("x-amz-content-sha256", value))
    };
    check(&world, &said(&[EMPTY]), &to_s3(), &json!({"payload": { "sha256": EMPTY }}));
    let text = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, or a valid sha256 value.";
    for values in [&[EMPTY, "UNSIGNED-PAYLOAD"], &["UNSIGNED-PAYLOAD", EMPTY], &[EMPTY, EMPTY]] {
        check_refused(&world, "twice", &said(values), &to_s3(), "MALFORMED", (400, "InvalidArgument", text));
    }
    let call = unsigned("/photos/a.jpg?x-AMZ-content-SHA256=UNSIGNED-PAYLOAD");
    let presigned = call.header("x-amz-content-sha256", EMPTY).presigned(&alice(), 60, now());
    check(&world, &presigned, &to_s3(), &json!({"payload": { "mode": "unsigned", "sha256": null }}));
}

/// B-192.
#[test]
fn a_lifetime_is_read_as_java_reads_a_number() {
    let world = world();
    let call = unsigned("/photos/a.jpg?");
    let asking = |expires: &str| call.clone().presigned(&alice(), expires, now());
    let yes = json!({"via": "sigv4-query"});
    for expires in ["0", "-0", "5", "%2B5", "0000000000000000000000005", "0604800"] {
        check(&world, &asking(expires), &to_s3(), &yes);
    }
    let number = "X-Amz-Expires should be a number";
    let negative = "X-Amz-Expires must be non-negative";
    let week = "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds";
    for (expires, reason, text) in [
        ("", "MALFORMED", number),
        ("-", "MALFORMED", number),
        ("%2B", "MALFORMED", number),
        ("%205", "MALFORMED", number),
        ("5%20", "MALFORMED", number),
        ("5%0A", "MALFORMED", number),
        ("5_0", "MALFORMED", number),
        ("5.0", "MALFORMED", number),
        ("5e1", "MALFORMED", number),
        ("0x5", "MALFORMED", number),
        ("9223372036854775808", "MALFORMED", number),
        ("-9223372036854775809", "MALFORMED", number),
        ("-1", "MALFORMED", negative),
        ("-9223372036854775808", "MALFORMED", negative),
        ("604801", "PRESIGN_TOO_LONG", week),
        ("9223372036854775807", "PRESIGN_TOO_LONG", week),
    ] {
        let aws = (400, "AuthorizationQueryParametersError", text);
        check_refused(&world, expires, &asking(expires), &to_s3(), reason, aws);
    }
    world.wait(1);
    let expired = (403, "AccessDenied", "Request has expired");
    check_refused(&world, "a second later", &asking("0"), &to_s3(), "PRESIGN_EXPIRED", expired);
}

#[test]
fn a_presigned_request_from_the_future_is_not_yet_valid() {
    let world = world();
    let call = unsigned("/photos/a.jpg?");
    check(&world, &call.clone().presigned(&alice(), 60, now().plus_seconds(900)), &to_s3(), &json!({}));
    let early = call.presigned(&alice(), 60, now().plus_seconds(901));
    let aws = (403, "AccessDenied", "Request is not yet valid");
    let answer = check_refused(&world, "too early", &early, &to_s3(), "CLOCK_SKEW", aws);
    let details = json!([
        ["X-Amz-Date", "1768479301000"],
        ["Expires", "2026-01-15T12:16:01Z"],
        ["ServerTime", "2026-01-15T12:00:00Z"],
    ]);
    assert_eq!(answer["awsError"]["details"], details);
}

/// Rows s3-presign-missing and s3-presign-credential.
#[test]
fn a_presigned_request_must_have_all_its_parts() {
    let world = world();
    let good = unsigned("/photos/a.jpg?").presigned(&alice(), 60, now());
    let without = |name: &str| {
        let pairs: Vec<&str> = good.query.split('&').filter(|pair| !pair.starts_with(name)).collect();
        Call { query: pairs.join("&"), ..good.clone() }
    };
    let missing = (
        400,
        "AuthorizationQueryParametersError",
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    );
    for name in ["X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires"] {
        check_refused(&world, "s3-presign-missing", &without(name), &to_s3(), "MALFORMED", missing);
    }
    let twice = Call { query: good.query.replace("%2F", "%252F"), ..good.clone() };
    let shape = (
        400,
        "AuthorizationQueryParametersError",
        "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
    );
    check_refused(&world, "s3-presign-credential", &twice, &to_s3(), "MALFORMED", shape);
}

#[test]
fn the_ways_to_cover_a_body_are_told() {
    let world = world();
    for (text, mode, must_verify) in [
        ("UNSIGNED-PAYLOAD", "unsigned", false),
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "streaming-signed", true),
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "streaming-signed-trailer", true),
        ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "streaming-unsigned-trailer", true),
    ] {
        let expect = json!({"payload": { "mode": mode, "sha256": null, "callerMustVerify": must_verify }});
        check(&world, &s3("PUT", "/photos/a.jpg").payload(text).by(&alice()), &to_s3(), &expect);
    }
    let nonsense = (400, "InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, or a valid sha256 value.");
    for text in ["STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "unsigned-payload", "abc"] {
        let call = s3("PUT", "/photos/a.jpg").payload(text).by(&alice());
        check_refused(&world, text, &call, &to_s3(), "MALFORMED", nonsense);
    }
    let missing = (400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
    let call = s3("PUT", "/photos/a.jpg").without_header("x-amz-content-sha256").by(&alice());
    check_refused(&world, "no header", &call, &to_s3(), "PAYLOAD_HASH_REQUIRED", missing);
}

#[test]
fn a_body_that_the_service_hashed_is_compared() {
    let world = world();
    let ask_with = |hash: &str| {
        let mut request = received(&world, &get().by(&alice()));
        request["bodySha256"] = json!(hash);
        ask(&world, "/v1/authenticate", &json!({"request": request, "audience": to_s3()})).1
    };
    let answer = ask_with(&EMPTY.to_uppercase());
    check_has("", &answer, &json!({"authenticated": true, "payload": { "callerMustVerify": false }}));
    assert_eq!(answer["signature"]["notVerified"], json!([]));
    let answer = ask_with(&"0".repeat(64));
    let expect = json!({
        "authenticated": false,
        "reason": "PAYLOAD_HASH_MISMATCH",
        "awsError": { "httpStatus": 400, "code": "XAmzContentSHA256Mismatch" },
    });
    check_has("", &answer, &expect);
}

/// B-302.
#[test]
fn other_services_sign_the_body_itself() {
    let world = world();
    let dynamodb = json!({"service": "dynamodb"});
    let call = Call::form("{}").service("dynamodb").header("x-amz-target", "DynamoDB_20120810.GetItem").by(&alice());
    let mut request = received(&world, &call);
    let ask_it =
        |request: &Value| ask(&world, "/v1/authenticate", &json!({"request": request, "audience": dynamodb})).1;
    assert_eq!(ask_it(&request)["reason"], "PAYLOAD_HASH_REQUIRED");
    request["bodySha256"] = json!("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    let expect = json!({
        "authenticated": true,
        "payload": { "mode": "sha256", "callerMustVerify": false },
        "signature": { "notVerified": [] },
    });
    check_has("", &ask_it(&request), &expect);
    request["bodySha256"] = json!(EMPTY);
    assert_eq!(ask_it(&request)["reason"], "SIGNATURE_MISMATCH");
    let get = Call::get("").service("execute-api").path("/prod/pets").by(&alice());
    let expect = json!({"payload": { "mode": "sha256", "sha256": EMPTY, "callerMustVerify": true }});
    check(&world, &get, &json!({"service": "execute-api"}), &expect);
}

/// B-303.
#[test]
fn what_a_proxy_changed_is_put_right_where_it_can_be() {
    let world = world();
    let mut request = received(&world, &s3("GET", "/photos/a%20%28b%29%2B.jpg").by(&alice()));
    request["target"] = json!("/photos/a%20(b)+.jpg");
    let ask_it = |request: &Value, hosts: &[&str]| {
        ask(&world, "/v1/authenticate", &json!({"request": request, "audience": to_s3(), "hostCandidates": hosts})).1
    };
    check_has("", &ask_it(&request, &[]), &json!({"authenticated": true, "signature": { "path": "recoded" }}));
    request["headers"][0] = json!(["Host", "backend:8080"]);
    assert_eq!(ask_it(&request, &[])["reason"], "SIGNATURE_MISMATCH");
    assert_eq!(ask_it(&request, &["s3.test", "other:1"])["reason"], "SIGNATURE_MISMATCH");
    let expect = json!({"authenticated": true, "signature": { "path": "recoded", "host": "s3.test:9000" }});
    check_has("", &ask_it(&request, &["other:1", "s3.test:9000"]), &expect);
    // S3 takes the path decoded, and Java's SDKs send the second of two slashes escaped.
    request["target"] = json!("/photos%2Fa%20(b)+.jpg");
    check_has("", &ask_it(&request, &["s3.test:9000"]), &expect);
    let mut twice = received(&world, &s3("GET", "/photos//a.jpg").by(&alice()));
    twice["target"] = json!("/photos/%2Fa.jpg");
    check_has("", &ask_it(&twice, &[]), &json!({"authenticated": true, "signature": { "path": "recoded" }}));
    let mut elsewhere = received(&world, &Call::get("").service("execute-api").path("/prod/pets/a").by(&alice()));
    elsewhere["bodySha256"] = json!(EMPTY);
    let ask_there = |request: &Value| {
        ask(&world, "/v1/authenticate", &json!({"request": request, "audience": {"service": "execute-api"}})).1
    };
    check_has("", &ask_there(&elsewhere), &json!({"authenticated": true}));
    elsewhere["target"] = json!("/prod/pets%2Fa");
    assert_eq!(ask_there(&elsewhere)["reason"], "SIGNATURE_MISMATCH", "an escaped slash is no slash");
}

// --- Refused -----------------------------------------------------------------------------------------------------------

/// B-308.
#[test]
fn keys_that_are_no_good_are_invalid_to_s3() {
    let world = world();
    let keys = session_of(&world, "app/reader");
    let other = session_of(&world, "app/reader");
    for (keys, reason) in [
        (Keys::new("AKIANOBODY", "x"), "UNKNOWN_ACCESS_KEY"),
        (Keys::of("sleeping"), "INACTIVE_ACCESS_KEY"),
        (keys.with_token(None), "SESSION_TOKEN_MISSING"),
        (keys.with_token(Some("")), "SESSION_TOKEN_MISSING"),
        (keys.with_token(other.token.as_deref()), "SESSION_TOKEN_MISMATCH"),
    ] {
        let answer = check_refused(&world, "s3-invalid-key", &get().by(&keys), &to_s3(), reason, INVALID_KEY);
        assert_eq!(answer["awsError"]["details"], json!([["AWSAccessKeyId", keys.id]]), "s3-invalid-key-asia");
    }
    let two = get().header("x-amz-security-token", other.token.as_deref().unwrap()).by(&keys);
    check_refused(&world, "two tokens", &two, &to_s3(), "SESSION_TOKEN_MISMATCH", INVALID_KEY);
    let garbage = keys.with_token(Some("garbage")).with_secret("wrong");
    let reason = "SESSION_TOKEN_MISMATCH";
    let answer = check_refused(&world, "s3-invalid-token", &get().by(&garbage), &to_s3(), reason, INVALID_TOKEN);
    assert_eq!(answer["awsError"]["details"], json!([["Token-0", "garbage"]]));
    let beside = alice().with_token(keys.token.as_deref());
    check_refused(&world, "beside", &get().by(&beside), &to_s3(), "SESSION_TOKEN_UNEXPECTED", INVALID_TOKEN);
}

#[test]
fn an_expired_session_is_expired_before_anything_else_is_wrong_with_it() {
    let world = world();
    let keys = session_of(&world, "app/reader");
    world.wait(899);
    check(&world, &get().by(&keys), &to_s3(), &json!({}));
    world.wait(1);
    let expired = (400, "ExpiredToken", "The provided token has expired.");
    let call = get().by(&keys.with_secret("wrong"));
    let answer = check_refused(&world, "s3-expired-token", &call, &to_s3(), "EXPIRED_CREDENTIAL", expired);
    assert_eq!(answer["awsError"]["details"], json!([["Token-0", keys.token.as_deref().unwrap()]]));
}

/// Row s3-sig-mismatch, B-314; what was computed is told to those who may know it.
#[test]
fn a_mismatch_shows_what_was_computed() {
    let world = world();
    let keys = session_of(&world, "app/reader");
    let call = get().by(&keys.with_secret("wrong"));
    let answer = check_refused(&world, "s3-sig-mismatch", &call, &to_s3(), "SIGNATURE_MISMATCH", MISMATCH);
    let names: Vec<&str> =
        answer["awsError"]["details"].as_array().unwrap().iter().map(|pair| pair[0].as_str().unwrap()).collect();
    let expect = [
        "AWSAccessKeyId",
        "StringToSign",
        "SignatureProvided",
        "StringToSignBytes",
        "CanonicalRequest",
        "CanonicalRequestBytes",
    ];
    assert_eq!(names, expect);
    assert!(answer["debug"]["canonicalRequest"].as_str().unwrap().starts_with("GET\n/photos/a%20b.jpg\n"), "{answer}");
    assert!(answer["debug"]["stringToSign"].as_str().unwrap().starts_with("AWS4-HMAC-SHA256\n20260115T120000Z\n"));
    assert!(!answer.to_string().contains(keys.token.as_deref().unwrap()), "no token in what was computed");
    let plain = Querier::with(Scopes::of(&[Scope::Authenticate]));
    let body = json!({"request": received(&world, &call), "audience": to_s3()});
    assert_eq!(ask_as(&world, &plain, "/v1/authenticate", &body).1["debug"], json!(null));
}

#[test]
fn every_altered_part_of_a_request_breaks_it() {
    let world = world();
    let good = get().header("x-amz-acl", "private").by(&alice()).signed(now());
    let altered = [
        Call { method: "PUT".to_owned(), ..good.clone() },
        Call { path: "/photos/a%20c.jpg".to_owned(), ..good.clone() },
        Call { query: "versionId=1&x-id=GetObject".to_owned(), ..good.clone() },
        good.clone().header("host", "s3.evil.test"),
        good.clone().header("x-amz-date", "20260115T120001Z"),
        good.clone().header("x-amz-acl", "public-read"),
        good.clone().header("x-amz-content-sha256", &"0".repeat(64)),
    ];
    for call in altered {
        check_refused(&world, &format!("{call:?}"), &call, &to_s3(), "SIGNATURE_MISMATCH", MISMATCH);
    }
    check(&world, &good, &to_s3(), &json!({}));
}

/// B-301.
#[test]
fn headers_that_mean_something_must_be_signed() {
    let world = world();
    let keys = session_of(&world, "app/reader");
    let signed = get().by(&keys.with_token(None)).signed(now());
    let late = signed.header("x-amz-security-token", keys.token.as_deref().unwrap()).header("x-amz-acl", "public-read");
    let answer = check_refused(&world, "s3-headers-not-signed", &late, &to_s3(), "UNSIGNED_AMZ_HEADER", NOT_SIGNED);
    assert_eq!(answer["awsError"]["details"], json!([["HeadersNotSigned", "x-amz-security-token, x-amz-acl"]]));
    let mut call = get().by(&alice()).signed(now());
    for (name, value) in &mut call.headers {
        if name == "authorization" {
            *value = String::from_utf8_lossy(value).replace("SignedHeaders=host;", "SignedHeaders=").into_bytes();
        }
    }
    let answer = check_refused(&world, "s3-headers-not-signed-host", &call, &to_s3(), "HOST_NOT_SIGNED", NOT_SIGNED);
    assert_eq!(answer["awsError"]["details"], json!([["HeadersNotSigned", "host"]]));
    let target = Call::form("").service("dynamodb").by(&alice()).signed(now()).header("x-amz-target", "X.DeleteTable");
    let mut request = shown(&target);
    request["bodySha256"] = json!(EMPTY);
    let answer = ask(&world, "/v1/authenticate", &json!({"request": request, "audience": {"service": "dynamodb"}})).1;
    assert_eq!(answer["reason"], "UNSIGNED_AMZ_HEADER");
}

/// B-305, B-309.
#[test]
fn a_scope_of_another_region_or_service_is_refused_in_the_form_of_the_request() {
    let world = world();
    let here = json!({"service": "s3", "regions": ["eu-west-1", "eu-west-2"]});
    check(&world, &get().region("eu-west-2").by(&alice()), &here, &json!({}));
    let region = "the region 'us-east-1' is wrong; expecting 'eu-west-1'";
    let header = format!("The authorization header is malformed; {region}");
    let malformed = (400, "AuthorizationHeaderMalformed", header.as_str());
    let call = get().service("sts").by(&alice());
    let answer = check_refused(&world, "s3-region-scope", &call, &here, "SCOPE_REGION_MISMATCH", malformed);
    assert_eq!(answer["awsError"]["details"], json!([["Region", "eu-west-1"]]));
    let service = "incorrect service \"sts\". This endpoint belongs to \"s3\".";
    let header = format!("The authorization header is malformed; {service}");
    let malformed = (400, "AuthorizationHeaderMalformed", header.as_str());
    check_refused(&world, "s3-service-scope", &call, &to_s3(), "SCOPE_SERVICE_MISMATCH", malformed);
    let presigned = s3("GET", "/a?").service("sts").presigned(&alice(), 60, now());
    let query = format!("Error parsing the X-Amz-Credential parameter; {service}");
    let malformed = (400, "AuthorizationQueryParametersError", query.as_str());
    check_refused(&world, "s3-presign-service-scope", &presigned, &to_s3(), "SCOPE_SERVICE_MISMATCH", malformed);
    let any = get().region("garage").by(&alice());
    check(&world, &any, &to_s3(), &json!({"signature": { "scope": "20260115/garage/s3/aws4_request" }}));
}

#[test]
fn a_scope_of_another_day_has_a_reason_of_its_own() {
    let world = world();
    let with = |request: &mut Value, from: &str, to: &str| {
        let authorization = request["headers"].as_array_mut().unwrap().last_mut().unwrap();
        authorization[1] = json!(authorization[1].as_str().unwrap().replace(from, to));
    };
    for (from, to, reason) in [
        ("/20260115/", "/20260114/", "SCOPE_DATE_MISMATCH"),
        ("/20260115/us-east-1/s3/", "/20260114/us-east-1/sts/", "SCOPE_SERVICE_MISMATCH"),
        ("aws4_request", "aws4", "SCOPE_SERVICE_MISMATCH"),
    ] {
        let mut request = received(&world, &get().by(&alice()));
        with(&mut request, from, to);
        let answer = ask(&world, "/v1/authenticate", &json!({"request": request, "audience": to_s3()})).1;
        assert_eq!(answer["reason"], reason, "{to}: {answer}");
    }
}

/// Rows s3-skew and s3-no-date; B-300.
#[test]
fn a_date_too_far_away_is_skewed() {
    let world = world();
    for (seconds, skewed) in [(-901, true), (-900, false), (900, false), (901, true)] {
        let call = get().by(&alice()).signed_at(now().plus_seconds(seconds));
        if skewed {
            let answer = check_refused(&world, "s3-skew", &call, &to_s3(), "CLOCK_SKEW", SKEWED);
            assert_eq!(answer["awsError"]["details"][2], json!(["MaxAllowedSkewMilliseconds", "900000"]));
            assert_eq!(answer["awsError"]["details"][1], json!(["ServerTime", "2026-01-15T12:00:00Z"]));
        } else {
            check(&world, &call, &to_s3(), &json!({}));
        }
    }
    let five_minutes = json!({"service": "execute-api"});
    let call = Call::get("").service("execute-api").by(&alice());
    assert_eq!(
        authenticate(&world, &call.clone().signed_at(now().plus_seconds(-301)), &five_minutes)["reason"],
        "CLOCK_SKEW"
    );
    check(&world, &call.signed_at(now().plus_seconds(-300)), &five_minutes, &json!({}));
    let call = get().by(&alice()).signed(now()).without_header("x-amz-date");
    let no_date = (403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header");
    check_refused(&world, "s3-no-date", &call, &to_s3(), "MALFORMED", no_date);
}

#[test]
fn what_is_not_signature_version_four_is_named() {
    let world = world();
    let old = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";
    let old = (400, "InvalidRequest", old);
    let v2 = get().header("authorization", "AWS AKIAALICE:c2lnbmF0dXJl");
    let answer = check_refused(&world, "v2", &v2, &to_s3(), "UNSUPPORTED_ALGORITHM", old);
    assert!(answer["message"].as_str().unwrap().starts_with("Signature version 2 is not supported"), "{answer}");
    let v2 = s3("GET", "/a?AWSAccessKeyId=AKIAALICE&Expires=1&Signature=x");
    check_refused(&world, "v2 presigned", &v2, &to_s3(), "UNSUPPORTED_ALGORITHM", old);
    let v4a = get().by(&alice()).signed(now());
    let v4a = Call {
        headers: v4a
            .headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value).replace("AWS4-HMAC-SHA256 ", "AWS4-ECDSA-P256-SHA256 ");
                (name.clone(), value.into_bytes())
            })
            .collect(),
        ..v4a
    };
    check_refused(&world, "v4a", &v4a, &to_s3(), "UNSUPPORTED_ALGORITHM", old);
    let basic = (400, "InvalidArgument", "Unsupported Authorization Type");
    let call = get().header("authorization", "Basic eDp5");
    check_refused(&world, "basic", &call, &to_s3(), "UNSUPPORTED_ALGORITHM", basic);
    check_refused(&world, "unsigned", &get(), &to_s3(), "MISSING_CREDENTIALS", (403, "AccessDenied", "Access Denied"));
}

#[test]
fn a_signature_for_another_host_of_the_same_network_is_not_for_us() {
    let world = world();
    let ours = json!({"service": "s3", "hosts": ["s3.test:9000", "*.s3.test"]});
    check(&world, &get().by(&alice()), &ours, &json!({}));
    check(&world, &get().header("host", "photos.s3.test:9000").by(&alice()), &ours, &json!({}));
    let answer = authenticate(&world, &get().header("host", "other.test:9000").by(&alice()), &ours);
    assert_eq!(answer["reason"], "HOST_NOT_IN_AUDIENCE");
}

/// B-020 at the doors of others, B-306.
#[test]
fn a_demo_key_is_not_taken_from_a_request_that_a_page_may_have_sent() {
    let mut world = world();
    let demo = Keys::new("test", "test");
    let local = get().header("host", "localhost:9000");
    check(&world, &local.clone().by(&demo), &to_s3(), &json!({}));
    check(&world, &get().by(&demo), &json!({"service": "s3", "hosts": ["s3.test"]}), &json!({}));
    for call in
        [get(), local.clone().header("origin", "https://evil.test"), local.header("sec-fetch-site", "cross-site")]
    {
        check_refused(&world, "B-020", &call.clone().by(&demo), &to_s3(), "WELL_KNOWN_KEY", INVALID_KEY);
    }
    world.open_demo();
    check(&world, &get().by(&demo), &to_s3(), &json!({}));
}

// --- In other words ----------------------------------------------------------------------------------------------------

/// B-310.
#[test]
fn the_same_refusal_has_a_name_of_its_own_at_every_service() {
    let world = world();
    let unknown = Keys::new("AKIANOBODY", "x");
    let query = [
        (403, "InvalidClientTokenId"),
        (403, "ExpiredToken"),
        (403, "SignatureDoesNotMatch"),
        (403, "MissingAuthenticationToken"),
    ];
    let json = |status| {
        [
            (status, "UnrecognizedClientException"),
            (status, "ExpiredTokenException"),
            (status, "InvalidSignatureException"),
            (status, "MissingAuthenticationTokenException"),
        ]
    };
    let ec2 = [(401, "AuthFailure"), (400, "RequestExpired"), (401, "AuthFailure"), (401, "AuthFailure")];
    for (service, dialect, [unknown_key, expired, mismatch, unsigned]) in [
        ("sts", "query-xml", query),
        ("sqs", "query-xml", query),
        ("dynamodb", "json-1.0", json(400)),
        ("kms", "json-1.1", json(400)),
        ("lambda", "rest-json", json(403)),
        ("ec2", "ec2-xml", ec2),
    ] {
        let audience = json!({"service": service});
        let call = Call::get("").service(service);
        let world = super::world();
        let keys = session_of(&world, "app/reader");
        let error_of = |call: &Call| {
            let error = authenticate(&world, call, &audience)["awsError"].clone();
            assert_eq!(error["dialect"], dialect, "{service}");
            (error["httpStatus"].as_u64().unwrap(), error["code"].as_str().unwrap().to_owned())
        };
        let named = |(status, code): (u64, &str)| (status, code.to_owned());
        assert_eq!(error_of(&call.clone().by(&unknown)), named(unknown_key), "{service}");
        assert_eq!(error_of(&call.clone().by(&alice().with_secret("x"))), named(mismatch), "{service}");
        assert_eq!(error_of(&call), named(unsigned), "{service}");
        world.wait(900);
        assert_eq!(error_of(&call.by(&keys)), named(expired), "{service}");
    }
    let body = |audience: Value| {
        let error =
            authenticate(&world, &Call::get("").service("dynamodb").by(&unknown), &audience)["awsError"].clone();
        error["body"].as_str().unwrap().to_owned()
    };
    let text = "The security token included in the request is invalid.";
    let expect = format!(r#"{{"__type":"com.amazon.coral.service#UnrecognizedClientException","message":"{text}"}}"#);
    assert_eq!(body(json!({"service": "dynamodb"})), expect);
    assert_eq!(body(json!({"service": "dynamodb", "dialect": "rest-json"})), format!(r#"{{"message":"{text}"}}"#));
}

/// Row s3-invalid-token-optin.
#[test]
fn credentials_are_not_good_in_regions_that_their_account_has_not_enabled() {
    let invalid_key = (403, "InvalidClientTokenId", "The security token included in the request is invalid.");
    for (disabled, region, good) in [("af-south-1", "af-south-1", false), ("af-south-1", "us-west-2", true)] {
        let world = TestWorld::new(&SEED.replace(
            "  - id: \"123456789012\"\n",
            &format!("  - id: \"123456789012\"\n    optInRegions: {{ {disabled}: DISABLED }}\n"),
        ));
        let session = session_of(&world, "app/reader");
        let (own, with_token) = (get().region(region).by(&alice()), get().region(region).by(&session));
        if good {
            check(&world, &own, &to_s3(), &json!({}));
            check(&world, &with_token, &to_s3(), &json!({}));
            continue;
        }
        check_refused(&world, "a key", &own, &to_s3(), "REGION_NOT_ENABLED", INVALID_KEY);
        let row = "s3-invalid-token-optin";
        let answer = check_refused(&world, row, &with_token, &to_s3(), "REGION_NOT_ENABLED", INVALID_TOKEN);
        assert_eq!(answer["awsError"]["details"], json!([["Token-0", session.token.as_deref().unwrap()]]));
        let to_sqs = Call::get("").service("sqs").region(region).by(&alice());
        let audience = json!({"service": "sqs"});
        check_refused(&world, "elsewhere", &to_sqs, &audience, "REGION_NOT_ENABLED", invalid_key);
    }
    let world = world();
    let global =
        Call::assume_role("arn:aws:iam::123456789012:role/app/reader", "ci").header("host", "sts.amazonaws.com");
    let keys = global.by(&alice()).send(&world).keys();
    let row = "s3-invalid-token-optin";
    let there = get().region("af-south-1").by(&keys);
    check_refused(&world, row, &there, &to_s3(), "REGION_NOT_ENABLED", INVALID_TOKEN);
    check(&world, &get().by(&keys), &to_s3(), &json!({}));
}

/// Row sts-iam-session-no-mfa.
#[test]
fn a_service_that_is_iam_takes_no_session_of_a_user_without_a_code() {
    let world = world();
    let keys = Call::sts("GetSessionToken").by(&alice()).send(&world).keys();
    let role = session_of(&world, "app/reader");
    let ask_iam = |keys: &Keys| Call::get("Action=ListRoles&Version=2010-05-08").service("iam").by(keys);
    let audience = json!({"service": "iam"});
    let expect = (403, "InvalidClientTokenId", "The security token included in the request is invalid");
    let row = "sts-iam-session-no-mfa";
    check_refused(&world, row, &ask_iam(&keys), &audience, "SECOND_FACTOR_MISSING", expect);
    check(&world, &ask_iam(&role), &audience, &json!({}));
    check(&world, &get().by(&keys), &to_s3(), &json!({}));
}

// --- A string to sign --------------------------------------------------------------------------------------------------

/// The string to sign of what `call` shows, from what was computed for a wrong signature.
fn string_of(world: &TestWorld, call: &Call, keys: &Keys) -> Value {
    let signed = call.clone().by(keys).signed(world.machine_now());
    let wrong = authenticate(world, &call.clone().by(&keys.with_secret("wrong")), &to_s3());
    let authorization = signed.headers.iter().find(|(name, _)| name == "authorization").unwrap();
    let signature = String::from_utf8_lossy(&authorization.1).rsplit_once("Signature=").unwrap().1.to_owned();
    json!({
        "text": wrong["debug"]["stringToSign"],
        "signature": signature,
        "accessKeyId": keys.id,
        "sessionToken": keys.token,
    })
}

#[test]
fn a_string_to_sign_proves_less_and_says_so() {
    let world = world();
    let keys = session_of(&world, "app/reader");
    let string = string_of(&world, &get(), &keys);
    let ask_it =
        |string: &Value| ask(&world, "/v1/authenticate", &json!({"stringToSign": string, "audience": to_s3()})).1;
    let expect = json!({
        "authenticated": true,
        "via": "sigv4-string-to-sign",
        "identity": { "type": "assumed-role" },
        "signature": {
            "verified": ["signature", "credential", "session-token", "time", "scope"],
            "notVerified": ["host", "signed-headers", "payload"],
        },
    });
    let answer = ask_it(&string);
    check_has("", &answer, &expect);
    assert_eq!(answer["payload"], json!(null));
    for (member, value, reason) in [
        ("signature", json!("0".repeat(64)), "SIGNATURE_MISMATCH"),
        ("accessKeyId", json!("AKIANOBODY"), "SESSION_TOKEN_MISMATCH"),
        ("accessKeyId", json!("a/b"), "MALFORMED"),
        ("sessionToken", json!(null), "SESSION_TOKEN_MISSING"),
        ("sessionToken", json!("x"), "SESSION_TOKEN_MISMATCH"),
        ("text", json!("AWS4-HMAC-SHA256"), "MALFORMED"),
        ("text", json!(string["text"].as_str().unwrap().replace("/s3/", "/sts/")), "SCOPE_SERVICE_MISMATCH"),
        ("text", json!(string["text"].as_str().unwrap().replace("\n20260115/", "\n20260114/")), "SCOPE_DATE_MISMATCH"),
        ("text", json!(string["text"].as_str().unwrap().replace("T12", "T11")), "CLOCK_SKEW"),
        (
            "text",
            json!(string["text"].as_str().unwrap().replace("SHA256\n", "SHA256-PAYLOAD\n")),
            "UNSUPPORTED_ALGORITHM",
        ),
        ("presignExpiresSeconds", json!(604_801), "PRESIGN_TOO_LONG"),
    ] {
        let mut string = string.clone();
        string[member] = value;
        assert_eq!(ask_it(&string)["reason"], reason, "{member}: {string}");
    }
    world.wait(850);
    assert_eq!(ask_it(&string)["authenticated"], true);
    let mut presigned = string.clone();
    presigned["presignExpiresSeconds"] = json!(60);
    assert_eq!(ask_it(&presigned)["reason"], "PRESIGN_EXPIRED");
}

// --- What changes ------------------------------------------------------------------------------------------------------

#[test]
fn whatever_changes_shows_in_the_next_answer_and_begins_an_epoch() {
    let world = world();
    let epoch = |answer: &Value| answer["cache"]["epoch"].as_u64().unwrap();
    let alive = |keys: &Keys| authenticate(&world, &get().by(keys), &to_s3());
    let refused = |keys: &Keys, reason: &str, before: u64| {
        let answer = alive(keys);
        assert_eq!(answer["reason"], reason, "{answer}");
        assert!(epoch(&answer) > before, "{answer}");
        epoch(&answer)
    };
    let (one, two) = (session_of(&world, "app/reader"), session_of(&world, "app/reader"));
    let answer = alive(&one);
    let mut seen = epoch(&answer);
    let id = SessionId::parse(answer["credential"]["sessionId"].as_str().unwrap()).unwrap();
    world.change(|draft| Ok(draft.sessions.revoke(&mut draft.batch, id, now().plus_seconds(900))?));
    seen = refused(&one, "REVOKED_CREDENTIAL", seen);
    assert_eq!(alive(&two)["authenticated"], true);
    let role = world.id_of("arn:aws:iam::123456789012:role/app/reader");
    world.revoke_all_of(Issuer::Principal(&role));
    seen = refused(&two, "REVOKED_CREDENTIAL", seen);
    let three = session_of(&world, "bounded");
    let bounded = world.id_of("arn:aws:iam::123456789012:role/bounded");
    world.change(|draft| Ok(draft.identities.delete_role(&mut draft.batch, &bounded)?));
    seen = refused(&three, "REVOKED_CREDENTIAL", seen);
    let key = world.snapshot().identities.access_key("AKIAALICE").unwrap().id.clone();
    assert_eq!(alive(&alice())["authenticated"], true);
    world.change(|draft| Ok(draft.identities.set_access_key_active(&mut draft.batch, &key, false)?));
    seen = refused(&alice(), "INACTIVE_ACCESS_KEY", seen);
    world.change(|draft| Ok(draft.identities.set_access_key_active(&mut draft.batch, &key, true)?));
    let four = session_of(&world, "app/reader");
    assert_eq!(alive(&alice())["authenticated"], true);
    world.change(|draft| Ok(draft.identities.delete_access_key(&mut draft.batch, &key)?));
    seen = refused(&alice(), "UNKNOWN_ACCESS_KEY", seen);
    assert_eq!(alive(&four)["authenticated"], true);
    world.steer_ahead(900);
    seen = refused(&four, "EXPIRED_CREDENTIAL", seen);
    local_sts::api::baseline::reset(world.service.world()).unwrap();
    refused(&four, "REVOKED_CREDENTIAL", seen);
    assert_eq!(alive(&alice())["authenticated"], true, "the seed's key is back");
}

// --- Calls that are none -----------------------------------------------------------------------------------------------

#[test]
fn a_valid_signature_never_yields_a_key() {
    let world = world();
    let keys = session_of(&world, "app/reader");
    let body = json!({"request": received(&world, &get().by(&keys)), "audience": to_s3(), "want": ["signingKey"]});
    for querier in [
        Querier::on_this_machine(),
        Querier::with(Scopes::validator()),
        Querier::with(Scopes::all().but(Scope::SigningKey)),
        Querier { services: vec!["execute-api".to_owned()], ..Querier::of_this_user() },
    ] {
        let (status, answer) = ask_as(&world, &querier, "/v1/authenticate", &body);
        assert_eq!((status, &answer["signingKey"]), (403, &json!(null)), "{querier:?}");
    }
    let sts = Querier { services: vec!["sts".to_owned(), "iam".to_owned()], ..Querier::of_this_user() };
    for service in ["sts", "iam"] {
        let call = Call::get("").service(service).by(&keys);
        let body =
            json!({"request": received(&world, &call), "audience": {"service": service}, "want": ["signingKey"]});
        assert_eq!(ask_as(&world, &sts, "/v1/authenticate", &body).0, 403, "never for {service}");
    }
    let (status, answer) = ask_as(&world, &Querier::of_this_user(), "/v1/authenticate", &body);
    assert_eq!(status, 200);
    let expect = json!({"algorithm": "AWS4-HMAC-SHA256", "notAfter": "2026-01-15T12:15:00Z"});
    check_has("", &answer["signingKey"], &expect);
    let mut wrong = body.clone();
    wrong["request"] = received(&world, &get().by(&keys.with_secret("wrong")));
    let (_, answer) = ask_as(&world, &Querier::of_this_user(), "/v1/authenticate", &wrong);
    assert_eq!((&answer["authenticated"], &answer["signingKey"]), (&json!(false), &json!(null)));
    let long = json!({"request": received(&world, &get().by(&alice())), "audience": to_s3(), "want": ["signingKey"]});
    let (_, answer) = ask_as(&world, &Querier::of_this_user(), "/v1/authenticate", &long);
    assert_eq!(answer["signingKey"]["notAfter"], "2026-01-23T00:00:00Z", "the day of the scope and eight days");
}

#[test]
fn what_is_misspelt_or_too_much_is_refused_as_a_whole() {
    let world = world();
    let good = json!({"request": received(&world, &get().by(&alice())), "audience": to_s3()});
    let but = |path: &[&str], value: Value| {
        let mut body = good.clone();
        let (last, parents) = path.split_last().unwrap();
        let place = parents.iter().fold(&mut body, |place, name| &mut place[*name]);
        place[*last] = value;
        body
    };
    for (body, status) in [
        (but(&["audince"], json!({})), 400),
        (but(&["request", "bodysha256"], json!(EMPTY)), 400),
        (but(&["request", "bodySha256"], json!("abc")), 400),
        (but(&["request", "target"], json!("photos/a")), 400),
        (but(&["request", "sourceIp"], json!("localhost")), 400),
        (but(&["request", "headers"], json!({"host": "x"})), 400),
        (but(&["request", "headers"], json!([["host"]])), 400),
        (but(&["audience", "host"], json!("x")), 400),
        (but(&["audience", "dialect"], json!("soap")), 400),
        (but(&["audience"], json!({})), 400),
        (but(&["audience"], json!(["s3", null, null, null])), 400),
        (but(&["audience", "service"], json!("")), 400),
        (but(&["request"], json!(["GET", "/", []])), 400),
        (but(&["want"], json!(["secretKey"])), 400),
        (but(&["stringToSign"], json!({"text": "", "signature": "", "accessKeyId": ""})), 400),
        (but(&["request"], json!(null)), 400),
        (but(&["hostCandidates"], json!(vec!["x"; 9])), 400),
        (but(&["request", "headers"], json!(vec![["a", "b"]; 201])), 413),
        (but(&["request", "headers"], json!([["a", "b".repeat(33_000)]])), 413),
        (json!([]), 400),
    ] {
        let (found, answer) = ask(&world, "/v1/authenticate", &body);
        assert_eq!(found, status, "{body:.200} {answer}");
        assert!(answer["error"]["code"].is_string() && answer["requestId"].is_string(), "{answer}");
    }
    assert_eq!(ask(&world, "/v1/authenticate", &good).0, 200);
}

/// B-307.
#[test]
fn a_presigned_request_is_in_time_by_either_clock() {
    let world = world();
    let presigned = unsigned("/photos/a.jpg?").presigned(&alice(), 60, now());
    world.steer_ahead(3600);
    check(&world, &presigned, &to_s3(), &json!({}));
    world.wait(61);
    assert_eq!(authenticate(&world, &presigned, &to_s3())["reason"], "PRESIGN_EXPIRED");
}

/// B-306: a string to sign does not show where it came from.
#[test]
fn a_demo_key_needs_more_than_a_string_to_sign() {
    let mut world = world();
    let string = string_of(&world, &get().header("host", "localhost:9000"), &Keys::new("test", "test"));
    let body = json!({"stringToSign": string, "audience": to_s3()});
    assert_eq!(ask(&world, "/v1/authenticate", &body).1["reason"], "WELL_KNOWN_KEY");
    world.open_demo();
    assert_eq!(ask(&world, "/v1/authenticate", &body).1["authenticated"], true);
}
