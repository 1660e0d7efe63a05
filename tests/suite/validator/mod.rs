//! The validator, asked in process: what a service received goes in as JSON, and what is known of it comes out.

mod authenticate;
mod authorize;
mod check;
mod door;
mod events;
mod forward_auth;
mod keys;
mod openapi;

use local_sts::validator::{self, Querier, Reply, Settings, ToldLately};
use local_sts::wire::RawRequest;
use serde_json::{Value, json};

use crate::support::{Call, Keys, TestWorld};

pub const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users:
      - name: alice
        path: /team/
        tags: { team: red }
        accessKeys:
          - { id: AKIAALICE, secret: alice-secret }
          - { id: AKIASLEEPING, secret: sleeping-secret, status: Inactive }
        policies:
          - name: photos
            document:
              Version: "2012-10-17"
              Statement:
                - { Sid: Read, Effect: Allow, Action: "s3:Get*", Resource: "arn:aws:s3:::photos/*" }
                - { Sid: Own, Effect: Allow, Action: "s3:*", Resource: "arn:aws:s3:::home/${aws:username}/*" }
                - { Sid: NotHere, Effect: Deny, Action: "s3:*", Resource: "arn:aws:s3:::photos/secret/*" }
                - { Sid: List, Effect: Allow, Action: "s3:ListBucket", Resource: "arn:aws:s3:::photos", Condition: { StringLike: { "s3:prefix": ["", "public/*"] } } }
                - { Sid: Local, Effect: Allow, Action: "s3:DeleteObject", Resource: "arn:aws:s3:::photos/*", Condition: { IpAddress: { "aws:SourceIp": "127.0.0.0/8" } } }
                - { Sid: Calls, Effect: Allow, Action: "execute-api:Invoke", Resource: "arn:aws:execute-api:*:123456789012:abc123/prod/GET/pets/*" }
          - { name: sts, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "sts:*", Resource: "*" }] } }
    roles:
      - name: reader
        path: /app/
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] }] }
        policies:
          - { name: read, document: { Version: "2012-10-17", Statement: [{ Sid: Read, Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::photos/*" }] } }
      - name: bounded
        permissionsBoundary: "arn:aws:iam::123456789012:policy/only-get"
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
        policies:
          - { name: all, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "s3:*", Resource: "*" }] } }
    policies:
      - { name: only-get, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "s3:GetObject", Resource: "*" }] } }
  - id: "210987654321"
    users:
      - name: zoe
        accessKeys: [{ id: AKIAZOE, secret: zoe-secret }]
        policies:
          - { name: all, document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "s3:*", Resource: "*" }] } }
  - id: "000000000000"
    users: [{ name: demo, accessKeys: [{ id: test, secret: test }] }]
"#;

pub const ACCOUNT: &str = "123456789012";

/// The hash of nothing.
pub const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

pub fn world() -> TestWorld {
    TestWorld::new(SEED)
}

pub fn alice() -> Keys {
    Keys::of("alice")
}

pub fn zoe() -> Keys {
    Keys::of("zoe")
}

/// Alice in a session of this role.
pub fn session_of(world: &TestWorld, role: &str) -> Keys {
    let call = Call::assume_role(&format!("arn:aws:iam::{ACCOUNT}:role/{role}"), "ci").param("DurationSeconds", "900");
    call.by(&alice()).send(world).keys()
}

/// A request to S3, by its rules: the hash of the body in a header.
pub fn s3(method: &str, target: &str) -> Call {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let call = Call { query: query.to_owned(), ..Call::form("") };
    let call = call.method(method).path(path).service("s3").without_header("content-type");
    call.header("host", "s3.test:9000").header("x-amz-content-sha256", EMPTY)
}

/// What the service received, signed now.
pub fn received(world: &TestWorld, call: &Call) -> Value {
    shown(&call.clone().signed(call.signed_at.unwrap_or_else(|| world.machine_now())))
}

/// What the service received, as it is.
pub fn shown(call: &Call) -> Value {
    let target = if call.query.is_empty() { call.path.clone() } else { format!("{}?{}", call.path, call.query) };
    let headers: Vec<[String; 2]> =
        call.headers.iter().map(|(name, value)| [name.clone(), String::from_utf8(value.clone()).unwrap()]).collect();
    json!({"method": call.method, "target": target, "headers": headers, "sourceIp": "127.0.0.1"})
}

/// Asks as any program of this machine.
pub fn ask(world: &TestWorld, path: &str, body: &Value) -> (u16, Value) {
    ask_as(world, &Querier::on_this_machine(), path, body)
}

/// Asks as somebody.
pub fn ask_as(world: &TestWorld, querier: &Querier, path: &str, body: &Value) -> (u16, Value) {
    let reply = reply(world, querier, "POST", path, body.to_string().as_bytes());
    (reply.status, serde_json::from_slice(&reply.body).unwrap())
}

pub fn reply(world: &TestWorld, querier: &Querier, method: &str, path: &str, body: &[u8]) -> Reply {
    reply_with(world, querier, method, path, &[], body)
}

pub fn reply_with(
    world: &TestWorld,
    querier: &Querier,
    method: &str,
    target: &str,
    headers: &[(&str, &[u8])],
    body: &[u8],
) -> Reply {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let raw = RawRequest { method, path, query, headers, body, peer: Some([127, 0, 0, 1].into()), secure: false };
    answered(world, Settings::default(), querier, &raw)
}

thread_local! {
    // A test has a thread of its own.
    static TOLD: ToldLately = ToldLately::default();
}

/// What is answered after all that was asked before.
pub fn answered(world: &TestWorld, settings: Settings, querier: &Querier, raw: &RawRequest<'_>) -> Reply {
    TOLD.with(|told| validator::answer(world.service.world(), &settings, told, querier, raw))
}

/// Every member of `expect` is in `found`, with that value; members of objects alike.
#[track_caller]
pub fn check_has(what: &str, found: &Value, expect: &Value) {
    if let (Value::Object(members), Value::Object(_)) = (expect, found) {
        for (name, value) in members {
            check_has(&format!("{what}.{name}"), &found[name], value);
        }
    } else {
        assert_eq!(found, expect, "{what}");
    }
}
