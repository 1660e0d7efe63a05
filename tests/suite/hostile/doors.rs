//! Bytes, calls and forms at the doors themselves, through sockets: each is answered, and the next one as well.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use local_sts::testing::TestSts;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{edited, edits, grafted, grafts, odd_text, word};
use crate::support::throw;

/// A service and the addresses of its listeners: aws, companion, delivery.
struct Doors {
    _service: TestSts,
    places: [SocketAddr; 3],
}

fn doors() -> Doors {
    let service =
        TestSts::builder().options(|options| options.delivery_listen = Some("127.0.0.1:0".to_owned())).start();
    let companion = place(service.companion());
    let ready = exchange(companion, b"GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let ready: Value = serde_json::from_str(ready.split_once("\r\n\r\n").unwrap().1).unwrap();
    let delivery = place(ready["endpoints"]["delivery"].as_str().unwrap());
    Doors { places: [place(service.endpoint()), companion, delivery], _service: service }
}

fn place(url: &str) -> SocketAddr {
    url.strip_prefix("http://").unwrap().parse().unwrap()
}

/// Sends these bytes and nothing more, and reads what comes.
fn exchange(place: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(place).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    // It may be answered and closed before all is read.
    let _ = stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> u16 {
    answer
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.get(2..))
        .and_then(|rest| rest.get(..3)?.parse().ok())
        .unwrap_or(0)
}

#[test]
fn no_bytes_make_a_door_stumble() {
    const PIECES: &[&str] = &[
        "GET ",
        "POST ",
        "OPTIONS ",
        "/",
        "/live",
        "/console",
        "/latest/api/token",
        "http://localhost/",
        "*",
        " HTTP/1.1\r\n",
        " HTTP/1.0\r\n",
        " HTTP/9.9\r\n",
        "\r\n",
        "\n",
        "\r\n\r\n",
        "Host: localhost\r\n",
        "Content-Length: 5\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: chunked\r\n",
        "5\r\nhello\r\n0\r\n\r\n",
        "ffffffffffffffff\r\n",
        "Connection: upgrade\r\nUpgrade: websocket\r\n",
        "Expect: 100-continue\r\n",
        "Content-Encoding: gzip\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\u{16}\u{3}\u{1}",
    ];
    let piece = prop_oneof![
        6 => prop::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => odd_text().prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..30),
    ];
    let strategy = (0..3_usize, prop::collection::vec(piece, 1..14).prop_map(|pieces| pieces.concat()));
    throw("bytes at the doors", 200, strategy, doors, |doors, (which, bytes)| {
        let answer = exchange(doors.places[which], &bytes);
        let fine = answer.is_empty() || (200..500).contains(&status(&answer)) || status(&answer) == 501;
        prop_assert!(fine, "{:?}: {answer}", String::from_utf8_lossy(&bytes));
        let next = exchange(doors.places[1], b"GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        prop_assert_eq!(status(&next), 200, "after {:?}", String::from_utf8_lossy(&bytes));
        Ok(())
    });
}

fn send(doors: &Doors, method: &str, path: &str, kind: &str, body: &str) -> String {
    let place = doors.places[1];
    let path: String = path.chars().map(|letter| if letter.is_ascii_graphic() { letter } else { '_' }).collect();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {place}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    exchange(place, &[head.as_bytes(), body.as_bytes()].concat())
}

#[test]
fn no_admin_call_makes_the_companion_stumble() {
    const WORDS: &[&str] = &[
        "mode",
        "frozen",
        "system",
        "at",
        "2030-01-01T00:00:00Z",
        "backwards",
        "seconds",
        "role",
        "demo",
        "user",
        "arn:aws:iam::000000000000:role/demo",
        "durationSeconds",
        "sessionName",
        "accountId",
        "000000000000",
        "name",
        "one",
        "replace",
        "keep",
        "preset",
        "github-actions",
        "sub",
        "aud",
        "claims",
        "defect",
        "issuer",
        "all",
        "sessionId",
        "accessKeyId",
        "clock",
        "journal",
        "faults",
        "subject",
        "attributes",
        "shape",
        "okta",
        "text",
        "mode",
        "merge",
        "accounts",
    ];
    let calls: [(&str, &str, Value); 19] = [
        ("PUT", "/_admin/v1/clock", json!({"mode": "frozen", "at": "2030-01-01T00:00:00Z", "backwards": true})),
        ("POST", "/_admin/v1/clock/advance", json!({"seconds": 60, "backwards": false})),
        ("POST", "/_admin/v1/reset", json!({"accountId": "000000000000"})),
        ("POST", "/_admin/v1/sessions/issue", json!({"role": "demo", "durationSeconds": 900, "sessionName": "ci"})),
        ("POST", "/_admin/v1/sessions/revoke", json!({"role": "arn:aws:iam::000000000000:role/demo"})),
        ("POST", "/_admin/v1/sessions/expire", json!({"all": true})),
        ("GET", "/_admin/v1/sessions?limit=10&role=demo", Value::Null),
        ("GET", "/_admin/v1/mfa?serialNumber=x", Value::Null),
        ("GET", "/_admin/v1/delivery", Value::Null),
        ("POST", "/_admin/v1/snapshots", json!({"name": "one", "replace": true})),
        ("POST", "/_admin/v1/snapshots/one/restore", json!({})),
        ("DELETE", "/_admin/v1/snapshots/one", Value::Null),
        (
            "POST",
            "/_admin/v1/seed?mode=merge",
            json!({"accounts": [{"id": "123456789012", "users": [{"name": "alice"}]}]}),
        ),
        ("GET", "/_admin/v1/journal?action=*&limit=5", Value::Null),
        ("POST", "/_admin/v1/journal/verify", json!({"match": {"action": "AssumeRole"}, "expect": {"count": 1}})),
        ("POST", "/_admin/v1/journal/mark/one", Value::Null),
        ("POST", "/oidc/token", json!({"preset": "github-actions", "aud": "a", "sub": "b", "claims": {"x": [1]}})),
        ("GET", "/oidc/token?audience=a&preset=eks&sub=c", Value::Null),
        ("POST", "/saml/response", json!({"subject": "alice", "roles": [], "attributes": {"a": ["b"]}})),
    ];
    let kind =
        prop_oneof![8 => Just("application/json".to_owned()), 1 => odd_text().prop_map(|_| "text/plain".to_owned())];
    let strategy =
        (0..calls.len(), grafts(WORDS), edits("[\\[\\]{}\",:\\\\0-9a-c ]{0,3}"), edits("[/?&=%a-c]{0,3}"), kind);
    throw("admin calls", 150, strategy, doors, |doors, (call, grafts, body_edits, path_edits, kind)| {
        let (method, path, body) = &calls[call];
        let grafted = grafted(body.clone(), grafts);
        let body = if body.is_null() { String::new() } else { edited(&grafted.to_string(), &body_edits) };
        let path = edited(path, &path_edits);
        let path = if path.starts_with('/') { path } else { format!("/{path}") };
        let answer = send(doors, method, &path, &kind, &body);
        prop_assert!((200..500).contains(&status(&answer)), "{method} {path} {body}: {answer}");
        prop_assert!(answer.contains("x-content-type-options: nosniff"), "{answer}");
        Ok(())
    });
}

#[test]
fn no_form_makes_the_console_or_the_sign_in_stumble() {
    const PATHS: &[&str] = &[
        "/console/login",
        "/console/logout",
        "/console/clock/advance",
        "/console/clock/freeze",
        "/console/clock/system",
        "/console/reset",
        "/console/sessions/end",
        "/console/sessions/end-all",
        "/saml",
        "/saml/acs/x",
        "/saml/sso",
        "/federation",
    ];
    const NAMES: &[&str] = &[
        "form",
        "token",
        "seconds",
        "at",
        "backwards",
        "sure",
        "id",
        "role",
        "user",
        "account",
        "SAMLResponse",
        "RelayState",
        "roleIndex",
        "username",
        "password",
        "Action",
        "Session",
        "SessionDuration",
        "SigninToken",
        "Destination",
        "Issuer",
    ];
    const VALUES: &[&str] = &[
        "60",
        "-60",
        "9223372036854775807",
        "2030-01-01T00:00:00Z",
        "yes",
        "alice",
        "demo",
        "getSigninToken",
        "login",
        "arn:aws:iam::000000000000:role/demo",
        "PHNhbWxwOlJlc3BvbnNlLz4=",
        "{\"sessionId\":\"a\",\"sessionKey\":\"b\",\"sessionToken\":\"c\"}",
        "FORM",
        "00000000000000000000000000000000",
    ];
    let scene = || {
        let doors = doors();
        let page = send(&doors, "GET", "/console/clock", "text/plain", "");
        let form = page.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        (doors, form)
    };
    let pairs = prop::collection::vec((word(NAMES), word(VALUES)), 0..6);
    let strategy = (prop::sample::select(PATHS), pairs, edits("[%&=+;]{0,2}"), any::<bool>());
    throw(
        "forms of the console and the sign-in",
        150,
        strategy,
        scene,
        |(doors, form), (path, pairs, edits, knows)| {
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let own = if knows { vec![("form", form.as_str())] } else { Vec::new() };
            let body = edited(&local_sts::wire::query::form(&[own, pairs].concat()), &edits);
            let answer = send(doors, "POST", path, "application/x-www-form-urlencoded", &body);
            prop_assert!((200..500).contains(&status(&answer)), "{path} {body}: {answer}");
            Ok(())
        },
    );
}
