//! `/v1/forward-auth/{profile}` in process: what proxies ask, and what they are told. The real ones are in
//! `tests/clients/boto3/test_forward_auth.py`.

use local_sts::validator::{Querier, Reply, Scope, Scopes};

use super::{alice, reply_with, s3, session_of, world, zoe};
use crate::support::{Call, TestWorld};

const GUARD: &str = "service=s3&map=s3-path";

/// A request as the proxy tells of it.
fn told(world: &TestWorld, profile: &str, call: &Call) -> Vec<(String, Vec<u8>)> {
    let call = call.clone().signed(world.machine_now());
    let target = if call.query.is_empty() { call.path.clone() } else { format!("{}?{}", call.path, call.query) };
    let names = match profile {
        "nginx" => ["x-original-method", "x-original-uri", "x-original-host", "x-real-ip"],
        _ => ["x-forwarded-method", "x-forwarded-uri", "x-forwarded-host", "x-forwarded-for"],
    };
    let host = call.headers.iter().find(|(name, _)| name == "host").unwrap().1.clone();
    let own = [call.method.as_bytes().to_vec(), target.into_bytes(), host, b"127.0.0.1".to_vec()];
    let mut headers: Vec<(String, Vec<u8>)> = call.headers.iter().filter(|(name, _)| name != "host").cloned().collect();
    headers.push(("host".to_owned(), b"127.0.0.1:4593".to_vec()));
    headers.extend(names.into_iter().map(str::to_owned).zip(own));
    headers
}

fn ask(world: &TestWorld, target: &str, headers: &[(String, Vec<u8>)]) -> Reply {
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let querier = Querier::with(Scopes::of(&[Scope::ForwardAuth]));
    reply_with(world, &querier, "GET", &format!("/v1/forward-auth/{target}"), &headers, b"")
}

fn header<'r>(reply: &'r Reply, name: &str) -> Option<&'r str> {
    reply.headers.iter().find(|(found, _)| *found == name).map(|(_, value)| value.as_str())
}

#[track_caller]
fn check(world: &TestWorld, profile: &str, query: &str, call: &Call, status: u16, expect: &[(&str, Option<&str>)]) {
    let reply = ask(world, &format!("{profile}?{query}"), &told(world, profile, call));
    let body = String::from_utf8_lossy(&reply.body);
    assert_eq!(reply.status, status, "{profile} {query}: {body}");
    for (name, value) in expect {
        assert_eq!(header(&reply, name), *value, "{profile} {query} {name}: {body}");
    }
}

#[test]
fn who_may_passes_with_a_name() {
    let world = world();
    let session = session_of(&world, "app/reader");
    for profile in ["nginx", "caddy"] {
        let expect = [
            ("x-auth-decision", Some("allow")),
            ("x-auth-principal-arn", Some("arn:aws:iam::123456789012:user/team/alice")),
            ("x-auth-account", Some("123456789012")),
            ("x-auth-access-key-id", Some("AKIAALICE")),
            ("x-auth-session-name", None),
            ("x-auth-error-code", None),
        ];
        check(&world, profile, GUARD, &s3("GET", "/photos/a%20b.jpg?x-id=GetObject").by(&alice()), 200, &expect);
        let expect = [("x-auth-session-name", Some("ci")), ("x-auth-access-key-id", Some(session.id.as_str()))];
        check(&world, profile, GUARD, &s3("GET", "/photos/a.jpg").by(&session), 200, &expect);
        check(&world, profile, GUARD, &s3("DELETE", "/photos/a.jpg").by(&alice()), 200, &[]);
    }
}

#[test]
fn who_may_not_is_told_so_as_far_as_the_proxy_can() {
    let world = world();
    let wrong = alice().with_secret("wrong");
    let expired = session_of(&world, "app/reader");
    world.wait(900);
    for (call, nginx, caddy, code, reason) in [
        (s3("GET", "/photos/a.jpg"), 401, 403, "AccessDenied", Some("MISSING_CREDENTIALS")),
        (s3("GET", "/photos/a.jpg").by(&wrong), 401, 403, "SignatureDoesNotMatch", Some("SIGNATURE_MISMATCH")),
        (s3("GET", "/photos/a.jpg").by(&expired), 401, 400, "ExpiredToken", Some("EXPIRED_CREDENTIAL")),
        (s3("PUT", "/photos/a.jpg").by(&alice()), 403, 403, "AccessDenied", None),
        (s3("GET", "/photos/a?acl&tagging").by(&alice()), 403, 501, "NotImplemented", None),
    ] {
        let expect = [("x-auth-decision", Some("deny")), ("x-auth-error-code", Some(code)), ("x-auth-reason", reason)];
        check(&world, "nginx", GUARD, &call, nginx, &expect);
        check(&world, "caddy", GUARD, &call, caddy, &expect);
    }
    let reply = ask(&world, &format!("caddy?{GUARD}"), &told(&world, "caddy", &s3("GET", "/photos/a.jpg").by(&wrong)));
    assert_eq!(reply.content_type, "application/xml");
    assert!(String::from_utf8_lossy(&reply.body).contains("<Code>SignatureDoesNotMatch</Code>"));
}

#[test]
fn the_configuration_says_what_is_checked() {
    let world = world();
    let get = || s3("GET", "/photos/a.jpg").by(&alice());
    for (query, status) in [
        ("service=s3", 200),
        ("service=s3&action=s3:GetObject&resource=arn:aws:s3:::photos/x", 200),
        ("service=s3&action=s3:PutObject&resource=arn:aws:s3:::photos/x", 403),
        ("service=s3&regions=us-east-1,eu-west-1", 200),
        ("service=s3&regions=eu-west-1", 401),
        ("service=s3&hosts=s3.test", 200),
        ("service=s3&hosts=other.test", 401),
        ("service=execute-api", 401),
        ("", 500),
        ("map=s3-path", 500),
        ("service=s3&map=s4", 500),
        ("service=s3&map=s3-virtual-host", 500),
        ("service=s3&action=s3:GetObject", 500),
        ("service=s3&mapp=s3-path", 500),
        ("service=s3&service=s3", 500),
        ("service=s3&map=s3-path&map=execute-api", 500),
        ("service=s3&action=s3:PutObject&resource=*&actio%6E=s3:GetObject", 500),
    ] {
        check(&world, "nginx", query, &get(), status, &[]);
    }
    check(&world, "nginx", "service=s3", &s3("GET", "/anything").by(&zoe()), 200, &[]);
    assert_eq!(ask(&world, &format!("envoy?{GUARD}"), &told(&world, "nginx", &get())).status, 500, "not tried");
}

#[test]
fn paths_that_what_is_behind_may_read_as_others_do_not_pass() {
    let world = world();
    for path in [
        "/photos/../theirs/a",
        "/photos/%2e%2e/theirs/a",
        "/photos%2F..%2Ftheirs/a",
        "/photos/./a",
        "/photos/..;/a",
        "/photos/a%5C..%5Cb",
        "/photos/a#b",
    ] {
        check(&world, "nginx", GUARD, &s3("GET", path).by(&alice()), 403, &[("x-auth-decision", Some("deny"))]);
        check(&world, "nginx", "service=s3", &s3("GET", path).by(&alice()), 200, &[]);
    }
    check(&world, "nginx", GUARD, &s3("GET", "/photos//a..b/...").by(&alice()), 200, &[]);
    for (source, code) in [
        ("/photos/b.jpg", "AccessDenied"),
        ("/photos/../theirs/a", "NotImplemented"),
        ("photos/%2e%2e/theirs/a", "NotImplemented"),
    ] {
        let copy = s3("PUT", "/photos/a.jpg").header("x-amz-copy-source", source).by(&alice());
        check(&world, "nginx", GUARD, &copy, 403, &[("x-auth-error-code", Some(code))]);
    }
}

#[test]
fn a_client_cannot_choose_what_is_believed() {
    let world = world();
    let good = told(&world, "nginx", &s3("GET", "/photos/a.jpg").by(&alice()));
    let target = format!("nginx?{GUARD}");
    assert_eq!(ask(&world, &target, &good).status, 200);
    let with = |name: &str, value: &str| {
        let mut headers = good.clone();
        headers.push((name.to_owned(), value.as_bytes().to_vec()));
        headers
    };
    for (name, value) in
        [("x-original-uri", "/photos/secret/a"), ("x-original-method", "DELETE"), ("x-original-host", "s3.test:9000")]
    {
        assert_eq!(ask(&world, &target, &with(name, value)).status, 500, "{name} twice");
        let without: Vec<(String, Vec<u8>)> = good.iter().filter(|(found, _)| found != name).cloned().collect();
        assert_eq!(ask(&world, &target, &without).status, 500, "no {name}");
    }
    assert_eq!(ask(&world, &target, &with("x-forwarded-uri", "/photos/secret/a")).status, 200, "another proxy's");
    assert_eq!(ask(&world, &target, &with("x-amz-acl", "public-read")).status, 401, "not signed");
    let querier = Querier::with(Scopes::validator().but(Scope::ForwardAuth));
    assert_eq!(reply_with(&world, &querier, "GET", "/v1/forward-auth/nginx?service=s3", &[], b"").status, 500);
}

#[test]
fn a_signed_length_is_checked_where_the_proxy_tells_it() {
    let world = world();
    let call = s3("PUT", "/home/alice/a").payload("UNSIGNED-PAYLOAD").header("content-length", "5").by(&alice());
    let mut headers = told(&world, "nginx", &call);
    headers.retain(|(name, _)| name != "content-length");
    let target = format!("nginx?{GUARD}");
    assert_eq!(ask(&world, &target, &headers).status, 401);
    headers.push(("x-original-content-length".to_owned(), b"5".to_vec()));
    assert_eq!(ask(&world, &target, &headers).status, 200);
}
