//! The validator through real sockets: who gets in, with which token, and what every answer has in its head.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::http::{Running, check_refused, exchange, read_all, status};
use crate::store::Scratch;

const GATEWAY: &str = "gateway-token-0123";
const PLAIN: &str = "plain-token-456789";
const ADMIN: &str = "admin-token-abcdef";
const SECRETS: &str = "secret-token-fedcb";

fn token_file(scratch: &Scratch) -> String {
    let path = scratch.0.join("tokens");
    let lines = [
        "# who may do what".to_owned(),
        format!("{GATEWAY} validator,signing-key s3"),
        format!("{PLAIN} authenticate,authorize"),
        format!("{ADMIN} admin"),
        format!("{SECRETS} secret"),
    ];
    std::fs::write(&path, lines.join("\n")).unwrap();
    path.to_str().unwrap().to_owned()
}

fn with_tokens(scratch: &Scratch) -> Running {
    Running::start(&["--ephemeral", "--companion-token-file", &token_file(scratch)])
}

fn call(running: &Running, method: &str, path: &str, headers: &[&str], body: &str) -> String {
    let (place, length) = (&running.companion, body.len());
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let head =
        format!("{method} {path} HTTP/1.1\r\nHost: {place}\r\n{headers}Content-Length: {length}\r\nConnection: close");
    exchange(place, format!("{head}\r\n\r\n{body}").as_bytes())
}

const JSON: &str = "Content-Type: application/json";

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}")
}

fn body_of(answer: &str) -> Value {
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap_or_else(|_| panic!("{answer}"))
}

fn signing_key() -> String {
    json!({"accessKeyId": "test", "date": "20260115", "region": "us-east-1", "service": "s3"}).to_string()
}

#[test]
fn every_answer_says_what_it_is_and_how_old() {
    let running = Running::start(&["--ephemeral"]);
    for (method, path, headers, body, expect) in [
        ("GET", "/v1/meta", &[][..], "", "200 OK"),
        ("GET", "/v1/meta", &["Validator-Protocol: 1"], "", "200 OK"),
        ("GET", "/v1/meta", &["Validator-Protocol: 2"], "", "409 Conflict"),
        ("POST", "/v1/meta", &[], "", "405 Method Not Allowed"),
        ("GET", "/v1/nothing", &[], "", "404 Not Found"),
        ("POST", "/v1/authenticate", &[JSON], "[]", "400 Bad Request"),
        ("POST", "/v1/authenticate", &[], "", "400 Bad Request"),
        ("POST", "/v1/authenticate", &["Content-Type: text/plain"], "{}", "415 Unsupported Media Type"),
        ("POST", "/v1/authorize", &["Origin: http://localhost:3000"], "", "403 Forbidden"),
        ("POST", "/v1/check", &["Sec-Fetch-Site: cross-site"], "", "403 Forbidden"),
        ("POST", "/v1/check", &["Authorization: Bearer wrong-wrong-wrong-wrong"], "", "401 Unauthorized"),
        ("POST", "/v1/signing-keys", &[JSON], "{}", "403 Forbidden"),
        ("GET", "/v1/events", &[], "", "403 Forbidden"),
        ("POST", "/v1/secrets/lookup", &[JSON], "{}", "403 Forbidden"),
    ] {
        let answer = call(&running, method, path, headers, body);
        assert_eq!(status(&answer), expect, "{method} {path} {headers:?}");
        assert_eq!(answer.contains("\r\nallow: GET\r\n"), expect.starts_with("405"), "{answer}");
        let head = answer.to_ascii_lowercase();
        for header in [
            "validator-protocol: 1\r\n",
            "validator-epoch: ",
            "cache-control: no-store\r\n",
            "content-type: application/json\r\n",
        ] {
            assert!(head.contains(header), "{path}: {header} in {answer}");
        }
        let body = body_of(&answer);
        assert!(body["requestId"].is_string(), "{answer}");
        assert_eq!(body["error"]["code"].is_string(), !expect.starts_with("200"), "{answer}");
    }
    let rebound =
        exchange(&running.companion, b"GET /v1/meta HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert_eq!(status(&rebound), "421 Misdirected Request");
    let large = call(&running, "POST", "/v1/authenticate", &[JSON], &" ".repeat(256 * 1024 + 1));
    assert_eq!(status(&large), "413 Payload Too Large");
    assert_eq!(body_of(&large)["error"]["code"], "TooLarge");
}

#[test]
fn a_token_is_good_for_its_scopes_and_nothing_else() {
    let scratch = Scratch::new("scopes");
    let running = with_tokens(&scratch);
    let answer = |token: Option<&str>, method: &str, path: &str, body: &str| {
        let shown = token.map(bearer);
        let headers: Vec<&str> = [JSON].into_iter().chain(shown.as_deref()).collect();
        status(&call(&running, method, path, &headers, body)).to_owned()
    };
    let check =
        json!({"subject": {"anonymous": true}, "checks": [{"action": "s3:GetObject", "resource": "*"}]}).to_string();
    let what_if = check.replace("\"anonymous\":true", "\"principalArn\":\"arn:aws:iam::000000000000:root\"");
    for (token, method, path, body, expect) in [
        (None, "GET", "/v1/meta", "", "401 Unauthorized"),
        (Some("gateway-token-0124"), "GET", "/v1/meta", "", "401 Unauthorized"),
        (Some(ADMIN), "GET", "/v1/meta", "", "200 OK"),
        (Some(GATEWAY), "POST", "/v1/authorize", check.as_str(), "200 OK"),
        (Some(PLAIN), "POST", "/v1/authorize", &check, "200 OK"),
        (Some(ADMIN), "POST", "/v1/authorize", &check, "403 Forbidden"),
        (Some(GATEWAY), "POST", "/v1/authorize", &what_if, "403 Forbidden"),
        (Some(GATEWAY), "POST", "/v1/signing-keys", &signing_key(), "200 OK"),
        (Some(PLAIN), "POST", "/v1/signing-keys", &signing_key(), "403 Forbidden"),
        (
            Some(GATEWAY),
            "POST",
            "/v1/signing-keys",
            &signing_key().replace("\"s3\"", "\"execute-api\""),
            "403 Forbidden",
        ),
        (Some(PLAIN), "GET", "/v1/events", "", "403 Forbidden"),
        (Some(PLAIN), "POST", "/v1/introspect", "{}", "403 Forbidden"),
        (Some(SECRETS), "POST", "/v1/secrets/lookup", "{\"accessKeyId\":\"test\"}", "403 Forbidden"),
        (Some(GATEWAY), "GET", "/_admin/v1/clock", "", "403 Forbidden"),
        (Some(ADMIN), "GET", "/_admin/v1/clock", "", "200 OK"),
    ] {
        assert_eq!(answer(token, method, path, body), expect, "{token:?} {method} {path}");
    }
    let header = format!("Validator-Token: {GATEWAY}");
    assert_eq!(status(&call(&running, "GET", "/v1/meta", &[&header], "")), "200 OK");
}

#[test]
fn a_secret_is_told_to_its_own_token_with_the_flag_only() {
    let scratch = Scratch::new("secrets");
    let file = token_file(&scratch);
    let running = Running::start(&["--ephemeral", "--companion-token-file", &file, "--unsafe-secrets-lookup"]);
    let look_up = |token: &str| {
        call(&running, "POST", "/v1/secrets/lookup", &[JSON, &bearer(token)], "{\"accessKeyId\":\"test\"}")
    };
    assert_eq!(status(&look_up(GATEWAY)), "403 Forbidden");
    let answer = look_up(SECRETS);
    assert_eq!((status(&answer), &body_of(&answer)["secretAccessKey"]), ("200 OK", &json!("test")));
    check_refused(&["--ephemeral", "--unsafe-secrets-lookup"], "--companion-token-file");
    let wide =
        ["--ephemeral", "--companion-listen", "0.0.0.0:0", "--companion-token-file", &file, "--unsafe-secrets-lookup"];
    check_refused(&wide, "secrets are never given to other machines");
}

#[test]
fn a_token_file_that_cannot_be_meant_stops_the_start() {
    let scratch = Scratch::new("token-faults");
    let path = scratch.0.join("tokens");
    for (text, expect) in
        [("", "no token"), ("short\n", "line 1"), ("0123456789abcdef everything\n", "there is no scope everything")]
    {
        std::fs::write(&path, text).unwrap();
        let ports = ["--aws-listen", "127.0.0.1:0", "--companion-listen", "127.0.0.1:0"];
        let params = [&ports[..], &["--ephemeral", "--companion-token-file", path.to_str().unwrap()]].concat();
        check_refused(&params, expect);
    }
}

#[test]
fn the_data_directory_has_a_token_for_what_not_everybody_shall_have() {
    let scratch = Scratch::new("own-token");
    let directory = scratch.0.join("data");
    let start = || Running::start(&["--data-dir", directory.to_str().unwrap()]);
    let file = directory.join("companion.token");
    let running = start();
    let token = std::fs::read_to_string(&file).unwrap().trim().to_owned();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(token.len() >= 32, "{token}");
    let today = body_of(&call(&running, "GET", "/v1/meta", &[], ""))["time"].as_str().unwrap()[..10].replace('-', "");
    let body = signing_key().replace("20260115", &today);
    let key = |running: &Running, headers: &[&str]| call(running, "POST", "/v1/signing-keys", headers, &body);
    assert_eq!(status(&key(&running, &[JSON])), "403 Forbidden");
    let answer = key(&running, &[JSON, &bearer(&token)]);
    assert_eq!(body_of(&answer)["active"], true, "{answer}");
    assert_eq!(status(&call(&running, "GET", "/_admin/v1/clock", &[], "")), "200 OK", "this machine needs no token");
    drop(running);
    let running = start();
    assert_eq!(std::fs::read_to_string(&file).unwrap().trim(), token, "it stays");
    assert_eq!(status(&key(&running, &[JSON, &bearer(&token)])), "200 OK");
}

#[test]
fn whoever_may_open_the_socket_needs_no_token() {
    let scratch = Scratch::new("validator-socket");
    let side = scratch.0.join("side.sock");
    let mut process = Command::new(env!("CARGO_BIN_EXE_local-sts"))
        .args(["--ephemeral", "--aws-listen", "127.0.0.1:0", "--companion-listen", &format!("unix:{}", side.display())])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut String::new()).unwrap();
    let post = |path: &str, body: &str| {
        let mut stream = UnixStream::connect(Path::new(&side)).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\n{JSON}\r\nContent-Length: {}\r\nConnection: close",
            body.len()
        );
        stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
        read_all(stream)
    };
    assert_eq!(status(&post("/v1/signing-keys", &signing_key())), "200 OK");
    assert_eq!(status(&post("/v1/secrets/lookup", "{\"accessKeyId\":\"test\"}")), "403 Forbidden");
    process.kill().unwrap();
    process.wait().unwrap();
}

/// A stream of events, read frame by frame.
struct Stream(BufReader<TcpStream>);

impl Stream {
    fn open(running: &Running, path: &str) -> Self {
        let mut stream = TcpStream::connect(running.companion.parse::<SocketAddr>().unwrap()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let (place, token) = (&running.companion, bearer(GATEWAY));
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {place}\r\n{token}\r\n\r\n").as_bytes()).unwrap();
        let mut opened = Self(BufReader::new(stream));
        let head: Vec<String> = std::iter::from_fn(|| opened.line()).take_while(|line| !line.is_empty()).collect();
        assert!(head[0].contains("200 OK") && head.iter().any(|line| line.contains("text/event-stream")), "{head:?}");
        assert!(head.iter().any(|line| line.to_ascii_lowercase().starts_with("validator-epoch: ")), "{head:?}");
        opened
    }

    /// The next line of what is sent in chunks; nothing at the end.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        (self.0.read_line(&mut line).unwrap() > 0).then(|| line.trim_end().to_owned())
    }

    /// The data of the next event.
    fn next(&mut self) -> Value {
        loop {
            let line = self.line().expect("the stream goes on");
            if let Some(data) = line.strip_prefix("data: ") {
                return serde_json::from_str(data).unwrap();
            }
        }
    }
}

#[test]
fn changes_are_told_as_they_happen_and_again_to_who_was_away() {
    let scratch = Scratch::new("events");
    let mut running = with_tokens(&scratch);
    let admin = |running: &Running, path: &str, body: &str| {
        let answer = call(running, "POST", path, &[JSON, &bearer(ADMIN)], body);
        assert_eq!(status(&answer), "200 OK", "{answer}");
    };
    let mut stream = Stream::open(&running, "/v1/events");
    admin(&running, "/_admin/v1/clock/advance", "{\"seconds\":60}");
    let first = stream.next();
    assert_eq!(first["type"], "clock.changed");
    let epoch = first["epoch"].as_u64().unwrap();
    admin(&running, "/_admin/v1/sessions/revoke", "{\"role\":\"arn:aws:iam::000000000000:role/demo\"}");
    let second = stream.next();
    assert_eq!(
        (&second["type"], &second["principalArn"]),
        (&json!("role.sessions-revoked"), &json!("arn:aws:iam::000000000000:role/demo"))
    );
    assert_eq!(second["epoch"], epoch + 1);
    admin(&running, "/_admin/v1/reset", "");
    assert_eq!(stream.next()["type"], "state.reset");
    let mut again = Stream::open(&running, &format!("/v1/events?after={epoch}"));
    assert_eq!(again.next(), second);
    assert_eq!(again.next()["type"], "state.reset");
    let mut stranger = Stream::open(&running, "/v1/events?after=7");
    assert_eq!(stranger.next()["type"], "state.reset", "what is not known any more is everything");
    let meta = body_of(&call(&running, "GET", "/v1/meta", &[&bearer(GATEWAY)], ""));
    assert!(meta["epoch"].as_u64().unwrap() > epoch + 1);
    let pid = running.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(running.process.wait().unwrap().success(), "an open stream does not keep it");
}
