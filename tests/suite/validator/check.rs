//! `/v1/check`: from the request that a service received to a yes or a no, by way of what the request asks for.

use local_sts::time::Timestamp;
use local_sts::validator::{Querier, Scope, Scopes};
use serde_json::{Value, json};

use super::{ACCOUNT, alice, ask, ask_as, check_has, received, s3, session_of, shown, world, zoe};
use crate::support::{Call, Keys, NOW, TestWorld};

#[track_caller]
fn checked(world: &TestWorld, call: &Call, more: Value) -> Value {
    let mut body = json!({"request": received(world, call), "audience": {"service": "s3"}, "map": "s3-path"});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let (status, answer) = ask(world, "/v1/check", &body);
    assert_eq!(status, 200, "{answer}");
    answer
}

/// What a request of alice's is taken for: `action on resource`, S3's common parts left out.
#[track_caller]
fn mapped(world: &TestWorld, method: &str, target: &str, headers: &[(&str, &str)]) -> Vec<String> {
    let call = headers.iter().fold(s3(method, target), |call, (name, value)| call.and_header(name, value));
    let answer = checked(world, &call.by(&alice()), json!({}));
    let text = |pair: &Value| {
        let (action, resource) = (pair["action"].as_str().unwrap(), pair["resource"].as_str().unwrap());
        let resource = resource.trim_start_matches("arn:aws:s3:::");
        format!("{} {resource}", action.trim_start_matches("s3:"))
    };
    answer["mapped"].as_array().unwrap_or_else(|| panic!("{answer}")).iter().map(text).collect()
}

/// B-311.
#[test]
fn requests_to_s3_are_mapped_to_actions() {
    let world = world();
    for (method, target, headers, expect) in [
        ("GET", "/", &[][..], &["ListAllMyBuckets *"][..]),
        ("GET", "/b", &[], &["ListBucket b"]),
        ("GET", "/b/", &[], &["ListBucket b"]),
        ("GET", "/b?list-type=2&prefix=a", &[], &["ListBucket b"]),
        ("HEAD", "/b", &[], &["ListBucket b"]),
        ("GET", "/b?versions", &[], &["ListBucketVersions b"]),
        ("GET", "/b?uploads", &[], &["ListBucketMultipartUploads b"]),
        ("GET", "/b?location", &[], &["GetBucketLocation b"]),
        ("PUT", "/b", &[], &["CreateBucket b"]),
        ("PUT", "/b", &[("x-amz-acl", "private")], &["CreateBucket b", "PutBucketAcl b"]),
        ("PUT", "/b", &[("x-amz-grant-read", "id=x")], &["CreateBucket b", "PutBucketAcl b"]),
        (
            "PUT",
            "/b",
            &[("x-amz-bucket-object-lock-enabled", "true")],
            &["CreateBucket b", "PutBucketVersioning b", "PutBucketObjectLockConfiguration b"],
        ),
        (
            "PUT",
            "/b",
            &[("x-amz-object-ownership", "ObjectWriter")],
            &["CreateBucket b", "PutBucketOwnershipControls b"],
        ),
        ("DELETE", "/b", &[], &["DeleteBucket b"]),
        ("GET", "/b?policy", &[], &["GetBucketPolicy b"]),
        ("PUT", "/b?policy", &[], &["PutBucketPolicy b"]),
        ("DELETE", "/b?policy", &[], &["DeleteBucketPolicy b"]),
        ("GET", "/b?policyStatus", &[], &["GetBucketPolicyStatus b"]),
        ("GET", "/b?acl", &[], &["GetBucketAcl b"]),
        ("PUT", "/b?acl", &[], &["PutBucketAcl b"]),
        ("GET", "/b?cors", &[], &["GetBucketCORS b"]),
        ("GET", "/b?abac", &[], &["GetBucketAbac b"]),
        ("PUT", "/b?abac", &[], &["PutBucketAbac b"]),
        ("DELETE", "/b?cors", &[], &["PutBucketCORS b"]),
        ("DELETE", "/b?tagging", &[], &["PutBucketTagging b"]),
        ("DELETE", "/b?website", &[], &["DeleteBucketWebsite b"]),
        ("DELETE", "/b?lifecycle", &[], &["PutLifecycleConfiguration b"]),
        ("PUT", "/b?versioning", &[], &["PutBucketVersioning b"]),
        ("PUT", "/b?encryption", &[], &["PutEncryptionConfiguration b"]),
        ("GET", "/b?object-lock", &[], &["GetBucketObjectLockConfiguration b"]),
        ("GET", "/b/k", &[], &["GetObject b/k"]),
        ("GET", "/b/k?x-id=GetObject&response-content-type=text/plain&partNumber=1", &[], &["GetObject b/k"]),
        ("HEAD", "/b/a%20b/c%2Bd+e", &[], &["GetObject b/a b/c+d+e"]),
        ("GET", "/b//k", &[], &["GetObject b//k"]),
        ("GET", "/b/../other/k", &[], &["GetObject b/../other/k"]),
        ("GET", "/b/k?versionId=3", &[], &["GetObjectVersion b/k"]),
        ("GET", "/b/k?acl", &[], &["GetObjectAcl b/k"]),
        ("PUT", "/b/k?acl&versionId=3", &[], &["PutObjectVersionAcl b/k"]),
        ("GET", "/b/k?tagging", &[], &["GetObjectTagging b/k"]),
        ("PUT", "/b/k?tagging&versionId=3", &[], &["PutObjectVersionTagging b/k"]),
        ("DELETE", "/b/k?tagging", &[], &["DeleteObjectTagging b/k"]),
        ("GET", "/b/k?attributes", &[], &["GetObject b/k", "GetObjectAttributes b/k"]),
        ("GET", "/b/k?attributes&versionId=3", &[], &["GetObjectVersion b/k", "GetObjectVersionAttributes b/k"]),
        ("GET", "/b/k?retention", &[], &["GetObjectRetention b/k"]),
        (
            "PUT",
            "/b/k?retention",
            &[("x-amz-bypass-governance-retention", "true")],
            &["PutObjectRetention b/k", "BypassGovernanceRetention b/k"],
        ),
        ("PUT", "/b/k?legal-hold", &[], &["PutObjectLegalHold b/k"]),
        ("PUT", "/b/k", &[], &["PutObject b/k"]),
        ("PUT", "/b/k", &[("x-amz-tagging", "a=b")], &["PutObject b/k", "PutObjectTagging b/k"]),
        ("PUT", "/b/k", &[("x-amz-acl", "public-read")], &["PutObject b/k", "PutObjectAcl b/k"]),
        ("PUT", "/b/k", &[("x-amz-object-lock-mode", "GOVERNANCE")], &["PutObject b/k", "PutObjectRetention b/k"]),
        ("PUT", "/b/k", &[("x-amz-object-lock-legal-hold", "ON")], &["PutObject b/k", "PutObjectLegalHold b/k"]),
        ("PUT", "/b/k", &[("x-amz-copy-source", "/src/a%20b")], &["GetObject src/a b", "PutObject b/k"]),
        ("PUT", "/b/k", &[("x-amz-copy-source", "src/a?versionId=3")], &["GetObjectVersion src/a", "PutObject b/k"]),
        (
            "PUT",
            "/b/k?partNumber=1&uploadId=u",
            &[("x-amz-copy-source", "src/a"), ("x-amz-acl", "private")],
            &["GetObject src/a", "PutObject b/k"],
        ),
        ("POST", "/b/k?uploads", &[("x-amz-tagging", "a=b")], &["PutObject b/k", "PutObjectTagging b/k"]),
        ("POST", "/b/k?uploadId=u", &[], &["PutObject b/k"]),
        ("GET", "/b/k?uploadId=u", &[], &["ListMultipartUploadParts b/k"]),
        ("DELETE", "/b/k?uploadId=u", &[], &["AbortMultipartUpload b/k"]),
        ("DELETE", "/b/k", &[], &["DeleteObject b/k"]),
        (
            "DELETE",
            "/b/k?versionId=3",
            &[("x-amz-bypass-governance-retention", "true")],
            &["DeleteObjectVersion b/k", "BypassGovernanceRetention b/k"],
        ),
        ("POST", "/b/k?restore", &[], &["RestoreObject b/k"]),
        ("POST", "/b/k?select&select-type=2", &[], &["GetObject b/k"]),
        (
            "PUT",
            "/b/k?x-amz-acl=public-read&X-Amz-Tagging=a%3Db",
            &[],
            &["PutObject b/k", "PutObjectTagging b/k", "PutObjectAcl b/k"],
        ),
        ("PUT", "/b/k?x-amz-copy-source=src%2Fa", &[], &["GetObject src/a", "PutObject b/k"]),
        ("PUT", "/b/k", &[("x-amz-meta-a", "1"), ("x-amz-meta-a", "2")], &["PutObject b/k"]),
    ] {
        assert_eq!(mapped(&world, method, target, headers), expect, "{method} {target} {headers:?}");
    }
}

/// B-312, B-320, B-321, B-400.
#[test]
fn what_cannot_be_mapped_is_refused() {
    let world = world();
    let root = |call: Call| call.by(&Keys::of("zoe"));
    let (long_key, long_bucket) = (format!("/b/{}", "k".repeat(1025)), format!("/{}/k", "b".repeat(256)));
    for (method, target, headers) in [
        ("GET", "/b/k?acl&tagging", &[][..]),
        ("GET", "/b?policy&acl", &[]),
        ("PUT", "/", &[]),
        ("GET", "//k", &[]),
        ("POST", "/b", &[]),
        ("POST", "/b/k", &[]),
        ("POST", "/b?delete", &[]),
        ("PATCH", "/b/k", &[]),
        ("PUT", "/b/k?renameObject", &[]),
        ("GET", "/b?session", &[]),
        ("GET", "/b/k?versions", &[]),
        ("GET", "/b/%FF", &[]),
        ("GET", &*long_key, &[]),
        ("GET", &*long_bucket, &[]),
        ("PUT", "/b/k", &[("x-amz-copy-source", "src")]),
        ("PUT", "/b/k", &[("x-amz-copy-source", "src/a?x")]),
        ("PUT", "/b/k", &[("x-amz-copy-source", "src/a?x=y&versionId=3")]),
        ("PUT", "/b/k", &[("x-amz-copy-source", "src/a?versionId=3&versionId=4")]),
        ("PUT", "/b/k", &[("x-amz-copy-source", "src/a"), ("x-amz-copy-source", "src/b")]),
        ("PUT", "/b/k?x-amz-copy-source=src/a", &[("x-amz-copy-source", "src/b")]),
        ("PUT", "/b/k", &[("x-amz-acl", "private"), ("x-amz-acl", "public-read")]),
        ("GET", "/b?prefix=public/&prefix=private/", &[]),
        ("GET", "/b?max-keys=-1", &[]),
        ("GET", "/b?versions&max-keys=", &[]),
        ("GET", "/b?max-keys=1e3", &[]),
        ("PUT", "/b/k", &[("x-amz-tagging", "team=red&team=blue")]),
        ("PUT", "/b/k", &[("x-amz-tagging", "team=red&Team=blue")]),
        ("PUT", "/b/k", &[("x-amz-tagging", "tok=red&to%E2%84%AA=blue")]),
        ("GET", "/b/k?versionId=&versionId=3", &[]),
        ("GET", "/b/k", &[("host", "other.test")]),
        ("PUT", "/b/k", &[("x-amz-copy-source", "arn:aws:s3:us-east-1:1:accesspoint/a/object/b")]),
    ] {
        let call = headers.iter().fold(s3(method, target), |call, (name, value)| call.and_header(name, value));
        let answer = checked(&world, &root(call), json!({}));
        let expect = json!({"authenticated": true, "allow": false, "mapped": [], "results": [], "awsError": { "httpStatus": 501, "code": "NotImplemented" }});
        check_has(&format!("{method} {target}"), &answer, &expect);
        assert!(answer["unmapped"].is_string(), "{answer}");
    }
    let own = json!([{"action": "s3:GetObject", "resource": "arn:aws:s3:::b/k"}]);
    let answer = checked(&world, &root(s3("GET", "/b/k?acl&tagging")), json!({"checks": own}));
    assert_eq!(answer["allow"], false, "no check makes up for what is not understood");
}

#[test]
fn the_keys_of_a_multi_delete_are_appended_by_the_service() {
    let world = world();
    let call = s3("POST", "/photos?delete").by(&alice());
    let key = |id: &str, key: &str| json!({"id": id, "action": "s3:DeleteObject", "resource": format!("arn:aws:s3:::photos/{key}")});
    let answer = checked(&world, &call, json!({"checks": [key("1", "a"), key("2", "b")]}));
    check_has("", &answer, &json!({"allow": true, "mapped": []}));
    let ids: Vec<&str> =
        answer["results"].as_array().unwrap().iter().map(|result| result["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["1", "2"]);
    let answer = checked(&world, &call, json!({"checks": [key("1", "a"), key("2", "secret/b")]}));
    let decisions: Vec<&str> =
        answer["results"].as_array().unwrap().iter().map(|result| result["decision"].as_str().unwrap()).collect();
    assert_eq!((&answer["allow"], decisions), (&json!(false), vec!["allow", "deny"]));
}

#[test]
fn a_request_is_allowed_when_all_that_it_asks_for_is() {
    let world = world();
    let answer = checked(&world, &s3("GET", "/photos/a.jpg").by(&alice()), json!({}));
    let expect = json!({"authenticated": true, "allow": true, "awsError": null, "identity": { "accountId": ACCOUNT }});
    check_has("", &answer, &expect);
    let copy = s3("PUT", "/home/alice/copy").header("x-amz-copy-source", "photos/a.jpg").by(&alice());
    assert_eq!(checked(&world, &copy, json!({}))["allow"], true);
    let copy = s3("PUT", "/home/alice/copy").header("x-amz-copy-source", "others/a.jpg").by(&alice());
    let answer = checked(&world, &copy, json!({}));
    let decisions: Vec<&str> =
        answer["results"].as_array().unwrap().iter().map(|result| result["decision"].as_str().unwrap()).collect();
    assert_eq!((&answer["allow"], decisions), (&json!(false), vec!["deny", "allow"]));
    let text = "User: arn:aws:iam::123456789012:user/team/alice is not authorized to perform: s3:GetObject on resource: \
                \"arn:aws:s3:::others/a.jpg\" because no identity-based policy allows the s3:GetObject action";
    check_has("", &answer["awsError"], &json!({"httpStatus": 403, "code": "AccessDenied", "message": text}));
}

#[test]
fn who_is_not_authenticated_is_not_allowed() {
    let world = world();
    let wrong = alice().with_secret("wrong");
    let answer = checked(&world, &s3("GET", "/photos/a.jpg").by(&wrong), json!({}));
    let expect = json!({"authenticated": false, "allow": false, "reason": "SIGNATURE_MISMATCH", "results": [], "awsError": { "code": "SignatureDoesNotMatch" }});
    check_has("", &answer, &expect);
}

#[test]
fn nobody_in_particular_is_let_in_only_where_the_service_and_the_bucket_say_so() {
    let world = world();
    let public = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*"}]});
    let policies = json!({"arn:aws:s3:::photos": {"ownerAccountId": ACCOUNT, "policy": public}});
    let call = s3("GET", "/photos/a.jpg");
    let body = |more: Value| {
        let mut body = json!({"request": shown(&call), "audience": {"service": "s3"}, "map": "s3-path", "resourcePolicies": policies});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        ask(&world, "/v1/check", &body).1
    };
    let answer = body(json!({"allowAnonymous": true}));
    let expect = json!({"authenticated": false, "reason": "MISSING_CREDENTIALS", "allow": true, "awsError": null});
    check_has("", &answer, &expect);
    check_has("", &body(json!({})), &json!({"allow": false, "results": []}));
    let answer = body(json!({"allowAnonymous": true, "resourcePolicies": {}}));
    check_has("", &answer, &json!({"allow": false, "awsError": { "httpStatus": 403, "message": "Access Denied" }}));
    let bad = json!({"request": received(&world, &call.clone().by(&alice().with_secret("x"))), "allowAnonymous": true});
    check_has("a bad signature is not none", &body(bad), &json!({"allow": false, "reason": "SIGNATURE_MISMATCH"}));
}

#[test]
fn the_request_fills_the_keys_that_s3_would_fill() {
    let world = world();
    let decided_by = |call: &Call, condition: Value| {
        let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::keys", "arn:aws:s3:::keys/*"], "Condition": condition});
        let policies = json!({"arn:aws:s3:::keys": {"ownerAccountId": ACCOUNT, "policy": {"Version": "2012-10-17", "Statement": [statement]}}});
        checked(&world, call, json!({"resourcePolicies": policies}))["allow"] == true
    };
    let get = || s3("GET", "/keys/a");
    let list = |query: &str| s3("GET", &format!("/keys?{query}"));
    let put = |name: &str, value: &str| s3("PUT", "/keys/a").header(name, value);
    let equals = |key: &str, value: &str| json!({"StringEquals": { key: value }});
    for (call, condition, expect) in [
        (
            list("prefix=public/&delimiter=/"),
            json!({"StringEquals": {"s3:prefix": "public/", "s3:delimiter": "/"}}),
            true,
        ),
        (list("prefix="), equals("s3:prefix", ""), true),
        (list("list-type=2"), json!({"Null": {"s3:prefix": "true"}}), true),
        (list("prefix=private"), equals("s3:prefix", "public/"), false),
        (list("max-keys=10"), json!({"NumericLessThanEquals": {"s3:max-keys": "10"}}), true),
        (list("list-type=2"), json!({"NumericEquals": {"s3:max-keys": "1000"}}), true),
        (s3("GET", "/keys/a?versionId=3"), equals("s3:VersionId", "3"), true),
        (put("x-amz-acl", "bucket-owner-full-control"), equals("s3:x-amz-acl", "bucket-owner-full-control"), true),
        (put("x-amz-server-side-encryption", "AES256"), equals("s3:x-amz-server-side-encryption", "AES256"), true),
        (put("x-amz-storage-class", "GLACIER"), equals("s3:x-amz-storage-class", "STANDARD"), false),
        (
            put("x-amz-tagging", "team=red&cost=9"),
            json!({"StringEquals": {"s3:RequestObjectTag/team": "red"}, "ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": ["team", "cost"]}}),
            true,
        ),
        (
            put("x-amz-tagging", "team=red&other=1"),
            json!({"ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": ["team", "cost"]}}),
            false,
        ),
        (put("if-none-match", "*"), equals("s3:if-none-match", "*"), true),
        (get(), equals("s3:authType", "REST-HEADER"), true),
        (get(), equals("s3:signatureversion", "AWS4-HMAC-SHA256"), true),
        (get(), json!({"Null": {"s3:signatureAge": "true"}}), true),
        (get().payload("UNSIGNED-PAYLOAD"), equals("s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD"), true),
        (get(), equals("s3:ResourceAccount", ACCOUNT), true),
        (get(), equals("aws:ResourceAccount", ACCOUNT), true),
        (get(), json!({"IpAddress": {"aws:SourceIp": "127.0.0.1"}}), true),
        (get(), json!({"Bool": {"aws:SecureTransport": "false"}}), true),
        (get().region("eu-west-1"), equals("aws:RequestedRegion", "eu-west-1"), true),
        (get().header("user-agent", "aws-cli/2"), json!({"StringLike": {"aws:UserAgent": "aws-cli/*"}}), true),
        (get().header("referer", "http://a.test/"), json!({"StringLike": {"aws:Referer": "http://a.test/*"}}), true),
        (get(), equals("aws:username", "alice"), true),
        (get(), equals("aws:PrincipalTag/team", "red"), true),
        (get(), json!({"DateLessThan": {"aws:CurrentTime": "2026-01-15T12:00:01Z"}}), true),
    ] {
        // Somebody with no policies about this bucket, so that its own policy decides.
        assert_eq!(decided_by(&call.clone().by(&alice()), condition.clone()), expect, "{} {condition}", call.query);
    }
    let late = Timestamp::from_seconds(NOW - 30);
    let call = Call {
        payload: Some("UNSIGNED-PAYLOAD".to_owned()),
        ..s3("GET", "/keys/a?").without_header("x-amz-content-sha256")
    };
    let presigned = call.presigned(&alice(), 60, late);
    assert!(decided_by(&presigned, equals("s3:authType", "REST-QUERY-STRING")));
    assert!(decided_by(&presigned, json!({"NumericLessThanEquals": {"s3:signatureAge": "30000"}})));
    assert!(!decided_by(&presigned, json!({"NumericLessThan": {"s3:signatureAge": "30000"}})));
}

/// B-193.
#[test]
fn what_is_read_off_the_request_cannot_be_said_otherwise() {
    let world = world();
    let asked = |call: &Call, map: Option<&str>, key: &str, value: &str| {
        let check = json!([{"action": "s3:GetObject", "resource": "arn:aws:s3:::photos/a.jpg"}]);
        let body = json!({"request": received(&world, &call.clone().by(&alice())), "audience": {"service": "s3"},
            "map": map, "checks": check, "context": {key: value}});
        ask(&world, "/v1/check", &body)
    };
    let (path, none) = (Some("s3-path"), None);
    let list = || s3("GET", "/photos");
    let put = || s3("PUT", "/photos/a.jpg");
    let tagged = || put().header("x-amz-tagging", "team=red");
    for (call, map, key) in [
        (list(), path, "s3:prefix"),
        (s3("GET", "/photos?prefix=private/"), path, "S3:Prefix"),
        (list(), path, "s3:max-keys"),
        (list(), path, "s3:max-\u{212a}eys"),
        (list(), path, "s3:authType"),
        (list(), path, "aws:SourceIp"),
        (list(), none, "AWS:SourceIP"),
        (list(), none, "aws:SecureTransport"),
        (list(), none, "aws:UserAgent"),
        (list(), none, "aws:Referer"),
        (list(), none, "aws:RequestedRegion"),
        (put(), path, "s3:x-amz-acl"),
        (put(), path, "s3:x-amz-server-side-encryption"),
        (tagged(), path, "s3:RequestObjectTag/team"),
        (tagged(), path, "s3:requestObjectTagKeys"),
        (s3("GET", "/photos/a.jpg"), path, "s3:VersionId"),
        (s3("POST", "/photos?delete"), path, "s3:signatureAge"),
    ] {
        let (status, answer) = asked(&call, map, key, "public/");
        assert_eq!(status, 400, "{key}: {answer}");
        let told = answer["error"]["message"].as_str().unwrap().to_lowercase();
        assert!(told.contains(&key.to_lowercase().replace('\u{212a}', "k")), "{key}: {answer}");
    }
    for (call, map, key) in [
        (list(), path, "s3:ExistingObjectTag/team"),
        (list(), path, "aws:ViaAWSService"),
        (list(), none, "s3:prefix"),
        (put(), path, "s3:RequestObjectTag/team"),
        (tagged(), path, "s3:RequestObjectTag/stage"),
        (s3("POST", "/photos?delete"), path, "s3:VersionId"),
        (s3("POST", "/photos"), path, "s3:x-amz-acl"),
    ] {
        let (status, answer) = asked(&call, map, key, "public/");
        assert_eq!(status, 200, "{key}: {answer}");
    }
    let far = |source: &str| {
        let mut request = received(&world, &s3("DELETE", "/photos/a.jpg").by(&alice()));
        request["sourceIp"] = json!(source);
        let body = json!({"request": request, "audience": {"service": "s3"}, "map": "s3-path"});
        ask(&world, "/v1/check", &body).1["allow"].clone()
    };
    assert_eq!((far("127.0.0.1"), far("203.0.113.9")), (json!(true), json!(false)));
}

#[test]
fn the_bucket_may_be_in_the_host() {
    let world = world();
    let hosted = |host: &str, target: &str| {
        let call = s3("GET", target).header("host", host).by(&alice());
        let body = json!({"request": received(&world, &call), "audience": {"service": "s3", "hosts": ["s3.test", "*.s3.test"]}, "map": "s3-virtual-host"});
        let answer = ask(&world, "/v1/check", &body).1;
        answer["mapped"][0]["resource"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    };
    assert_eq!(hosted("photos.s3.test:9000", "/a.jpg"), "arn:aws:s3:::photos/a.jpg");
    assert_eq!(hosted("my.photos.s3.test", "/"), "arn:aws:s3:::my.photos");
    assert_eq!(hosted("s3.test:9000", "/photos/a.jpg"), "arn:aws:s3:::photos/a.jpg");
    assert_eq!(hosted("Photos.S3.test", "/a.jpg"), "arn:aws:s3:::photos/a.jpg", "hosts have no case");
    for host in ["pho/tos.s3.test", "*.s3.test"] {
        let call = s3("GET", "/a.jpg").header("host", host).by(&alice());
        let body = json!({"request": received(&world, &call), "audience": {"service": "s3", "hosts": ["*.s3.test"]}, "map": "s3-virtual-host"});
        assert_eq!(ask(&world, "/v1/check", &body).1["allow"], false, "{host}");
    }
    let body = json!({"request": received(&world, &s3("GET", "/a").by(&alice())), "audience": {"service": "s3"}, "map": "s3-virtual-host"});
    assert_eq!(ask(&world, "/v1/check", &body).0, 400, "which part of a host is the bucket must be said");
}

/// B-313.
#[test]
fn an_api_is_mapped_to_its_method_and_path() {
    let world = world();
    let asked = |method: &str, target: &str, host: &str, api: Value| {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let call = Call { query: query.to_owned(), ..Call::get("") };
        let call = call.method(method).path(path).service("execute-api").header("host", host).by(&alice());
        let body = json!({"request": received(&world, &call), "audience": {"service": "execute-api"}, "map": "execute-api", "executeApi": api});
        let (status, answer) = ask(&world, "/v1/check", &body);
        assert_eq!(status, 200, "{answer}");
        (answer["allow"] == true, answer["mapped"][0]["resource"].as_str().map(str::to_owned), answer)
    };
    let named = || json!({"apiId": "abc123", "stage": "prod"});
    let arn = |rest: &str| Some(format!("arn:aws:execute-api:us-east-1:123456789012:abc123/prod/{rest}"));
    let (allow, resource, _) = asked("GET", "/pets/7?x=1", "api.test", named());
    assert_eq!((allow, resource), (true, arn("GET/pets/7")));
    let (allow, resource, answer) = asked("GET", "/admin", "api.test", named());
    assert_eq!((allow, resource), (false, arn("GET/admin")));
    let expect = json!({"dialect": "rest-json", "httpStatus": 403, "code": "AccessDeniedException"});
    check_has("", &answer["awsError"], &expect);
    let aws = "abc123.execute-api.us-east-1.amazonaws.com";
    let (allow, resource, _) = asked("GET", "/prod/pets/7", aws, json!({}));
    assert_eq!((allow, resource), (true, arn("GET/pets/7")));
    let owned = json!({"apiId": "abc123", "stage": "prod", "accountId": "210987654321"});
    assert!(!asked("GET", "/pets/7", "api.test", owned).0);
    for method in ["get", "Get", "GET/pets", ""] {
        let (allow, resource, answer) = asked(method, "/pets/7", "api.test", named());
        assert_eq!((allow, resource), (false, None), "{method}: {answer}");
    }
    for target in
        ["/pets/../admin", "/pets/%2e%2e/admin", "//admin", "/pets%2F..%2Fadmin", "/pets/./7", "/pets/..%5Cadmin"]
    {
        let (allow, resource, answer) = asked("GET", target, "api.test", named());
        assert_eq!((allow, resource), (false, None), "{target}: {answer}");
    }
    // Signed as the first, for their canonical forms are the same, and sent as the second.
    for (signed, sent) in
        [("/pets/7", "//pets/7"), ("/pets/7", "http://api.test//pets/7"), ("/pets/..;/admin", "/pets/..;/admin")]
    {
        let call = Call::get("").path(signed).service("execute-api").header("host", "api.test").by(&alice());
        let mut request = received(&world, &call);
        request["target"] = json!(sent);
        let body = json!({"request": request, "audience": {"service": "execute-api"}, "map": "execute-api", "executeApi": named()});
        let answer = ask(&world, "/v1/check", &body).1;
        assert_eq!((&answer["allow"], &answer["mapped"]), (&json!(false), &json!([])), "{sent}: {answer}");
    }
}

#[test]
fn a_check_needs_both_scopes_and_something_to_check() {
    let world = world();
    let body =
        json!({"request": received(&world, &s3("GET", "/photos/a.jpg").by(&alice())), "audience": {"service": "s3"}});
    assert_eq!(ask(&world, "/v1/check", &body).0, 400);
    let mut body = body;
    body["map"] = json!("s3-path");
    for scope in [Scope::Authenticate, Scope::Authorize] {
        assert_eq!(ask_as(&world, &Querier::with(Scopes::of(&[scope])), "/v1/check", &body).0, 403);
    }
    let unsigned = json!({"request": shown(&s3("GET", "/")), "audience": {"service": "s3"}, "checks": [{"action": "x", "resource": "*"}]});
    assert_eq!(ask(&world, "/v1/check", &unsigned).0, 400, "whoever signed");
    body["map"] = json!("s3");
    assert_eq!(ask(&world, "/v1/check", &body).0, 400, "a mapper that is not known");
    body["map"] = json!("s3-path");
    body["want"] = json!(["signingKey"]);
    assert_eq!(ask(&world, "/v1/check", &body).0, 400, "a check yields no key");
}

#[test]
fn another_account_needs_both_sides() {
    let world = world();
    let policy = |principal: &str| {
        json!({"arn:aws:s3:::photos": {"ownerAccountId": ACCOUNT, "policy": {"Statement": [
        {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*"}]}}})
    };
    let call = s3("GET", "/photos/a.jpg");
    let allowed = |keys: &Keys, principal: &str| {
        checked(&world, &call.clone().by(keys), json!({"resourcePolicies": policy(principal)}))["allow"] == true
    };
    assert!(allowed(&zoe(), "arn:aws:iam::210987654321:user/zoe"));
    assert!(!allowed(&zoe(), "arn:aws:iam::123456789012:user/team/alice"));
    assert!(
        allowed(&session_of(&world, "app/reader"), "arn:aws:iam::210987654321:user/zoe"),
        "within the account its own policy is enough"
    );
}
