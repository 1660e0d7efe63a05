//! The doors themselves, through real sockets, on the real binary.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::store::Scratch;
use crate::support::{Call, Keys};
pub use crate::support::{Running, connect, over};

impl Running {
    /// Starts it where no file can grow beyond `blocks` of 512 bytes, as on a full disk.
    fn start_cramped(options: &[&str], blocks: u32) -> Self {
        let mut command = cramped(&blocks.to_string());
        command.args(["--aws-listen", "127.0.0.1:0", "--companion-listen", "127.0.0.1:0"]).args(options);
        Self::spawn(command)
    }
}

/// Lets no file of a running binary be written from now on, as a full disk does, or again all of them.
fn set_full(running: &Running, full: bool) {
    use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
    let maximum = getrlimit(Resource::Fsize).maximum;
    let current = if full { Some(0) } else { maximum };
    let pid = Pid::from_raw(i32::try_from(running.process.id()).unwrap());
    prlimit(pid, Resource::Fsize, Rlimit { current, maximum }).unwrap();
}

/// The binary under a limit to the size of files; a write beyond it fails instead of ending the process.
fn cramped(blocks: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("trap '' XFSZ; ulimit -S -f {blocks}; exec \"$0\" \"$@\"")]);
    command.arg(env!("CARGO_BIN_EXE_local-sts"));
    command
}

/// Writes `request` as it is, and reads until the other side closes.
pub fn exchange(place: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(place.parse::<SocketAddr>().unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // The other side may answer and close before it has read everything.
    let _ = stream.write_all(request);
    read_all(stream)
}

pub fn read_all(mut stream: impl Read) -> String {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

pub fn status(answer: &str) -> &str {
    answer.lines().next().unwrap_or_default().trim_start_matches("HTTP/1.1 ")
}

fn post(place: &str, body: &[u8]) -> String {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {place}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    exchange(place, &[head.as_bytes(), body].concat())
}

pub fn ask(place: &str, request: &str) -> String {
    exchange(place, format!("{request}\r\nConnection: close\r\n\r\n").as_bytes())
}

#[test]
fn the_aws_listener_serves_what_aws_serves_and_no_path_more() {
    let running = Running::start(&["--ephemeral"]);
    let place = &running.aws;
    let answer = post(place, b"Action=GetCallerIdentity&Version=2011-06-15");
    assert_eq!(status(&answer), "403 Forbidden");
    let head = answer.to_ascii_lowercase();
    for header in [
        "content-type: text/xml\r\n",
        "content-length: 297\r\n",
        "x-amzn-requestid: ",
        "x-amz-sts-extended-request-id: ",
        "date: ",
    ] {
        assert!(head.contains(header), "{header} in {answer}");
    }
    assert_eq!(status(&ask(place, &format!("GET /ready HTTP/1.1\r\nHost: {place}"))), "404 Not Found");
    assert_eq!(status(&ask(place, &format!("GET /_admin/v1/clock HTTP/1.1\r\nHost: {place}"))), "404 Not Found");
    let head = ask(place, &format!("HEAD /nowhere HTTP/1.1\r\nHost: {place}")).to_ascii_lowercase();
    assert!(
        head.starts_with("http/1.1 404") && head.contains("content-length: 29") && head.ends_with("\r\n\r\n"),
        "sts-proto-nonroot-head: {head}"
    );
    assert_eq!(status(&ask(place, &format!("PROPFIND / HTTP/1.1\r\nHost: {place}"))), "400 Bad Request");
    assert_eq!(status(&ask(place, &format!("GET /?Version=2011-06-15 HTTP/1.1\r\nHost: {place}"))), "302 Found");
}

/// Row sts-proto-body-max.
#[test]
fn a_body_of_ten_million_bytes_is_read_and_one_more_is_not() {
    let running = Running::start(&["--ephemeral"]);
    let mut body = b"Action=GetCallerIdentity&Version=2011-06-15&x=".to_vec();
    body.resize(10_000_000, b'a');
    assert_eq!(status(&post(&running.aws, &body)), "403 Forbidden");
    body.push(b'a');
    let answer = post(&running.aws, &body);
    assert_eq!(status(&answer), "413 Payload Too Large");
    assert!(answer.ends_with("\r\n\r\n") && !answer.to_ascii_lowercase().contains("x-amzn-requestid"), "{answer}");
    let chunked = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunks = format!("989681\r\n{}\r\n0\r\n\r\n", "a".repeat(10_000_001));
    assert_eq!(
        status(&exchange(&running.aws, &[chunked.as_slice(), chunks.as_bytes()].concat())),
        "413 Payload Too Large"
    );
}

/// Begins a call with a large body, sends all of it but the end, and says whether it was turned away.
fn hold(place: &str, bytes: usize) -> (TcpStream, bool) {
    let mut stream = connect(place);
    let head = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", bytes + 1);
    stream.write_all(head.as_bytes()).unwrap();
    // Whoever is turned away in the middle of it cannot write to the end.
    let sent = stream.write_all(&vec![b'a'; bytes]);
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let mut answer = [0; 12];
    let turned_away = stream.read_exact(&mut answer).is_ok() && answer.ends_with(b" 503");
    (stream, turned_away || sent.is_err())
}

#[test]
fn large_bodies_of_all_clients_together_have_a_bound_and_small_ones_are_always_heard() {
    let running = Running::start(&["--ephemeral"]);
    let small = b"Action=GetCallerIdentity&Version=2011-06-15";
    let mut held = Vec::new();
    let was_turned_away = (0..20).any(|_| {
        let (stream, turned_away) = hold(&running.aws, 9_000_000);
        held.push(stream);
        turned_away
    });
    assert!(was_turned_away && held.len() > 14, "{} bodies", held.len());
    held.push(hold(&running.aws, 8_100_000).0);
    let is_common = (0..20).any(|_| hold(&running.companion, 200_000).1);
    assert!(is_common, "all doors have it in common");
    assert_eq!(status(&post(&running.aws, small)), "403 Forbidden");
    assert_eq!(status(&companion(&running, "GET", "/ready", "", "")), "200 OK");
    drop(held);
    let mut large = small.to_vec();
    large.resize(9_000_000, b'&');
    let comes_back = (0..100).any(|_| status(&post(&running.aws, &large)) == "403 Forbidden");
    assert!(comes_back, "what nobody sends any more takes no room");
}

#[test]
fn what_is_no_http_gets_a_plain_answer_or_none() {
    let running = Running::start(&["--ephemeral"]);
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "a".repeat(300_000));
    let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: y\r\n".repeat(20_000));
    for request in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(),
        b"GET / HTTP/9.9\r\n\r\n",
        b"\r\n\r\n\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        long.as_bytes(),
        many.as_bytes(),
    ] {
        let mut stream = TcpStream::connect(running.aws.parse::<SocketAddr>().unwrap()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let _ = stream.write_all(request);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let answer = read_all(stream);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{request:.80?} got {answer:.200}");
    }
    assert_eq!(status(&post(&running.aws, b"Action=GetCallerIdentity&Version=2011-06-15")), "403 Forbidden");
}

/// A test harness that pipes the log and never reads it, or hangs up, must not stop the answers.
#[test]
fn nobody_has_to_read_the_log() {
    for hang_up in [false, true] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_local-sts"));
        command.args(["--ephemeral", "--aws-listen", "127.0.0.1:0", "--companion-listen", "127.0.0.1:0"]);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let ready: serde_json::Value = serde_json::from_str(line.strip_prefix("ready ").unwrap()).unwrap();
        let place = ready["aws"].as_str().unwrap().trim_start_matches("http://").to_owned();
        let unread = process.stderr.take();
        if hang_up {
            drop(unread);
        }
        for _ in 0..600 {
            assert_eq!(status(&post(&place, b"Action=GetCallerIdentity&Version=2011-06-15")), "403 Forbidden");
        }
        let pid = process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(process.wait().unwrap().success(), "it stops when it is told to");
    }
}

#[test]
fn what_asks_for_another_protocol_is_turned_away_at_once() {
    let running = Running::start(&["--ephemeral"]);
    let place = &running.aws;
    assert_eq!(status(&ask(place, &format!("CONNECT {place} HTTP/1.1\r\nHost: {place}"))), "400 Bad Request");
    let upgrade = format!(
        "POST / HTTP/1.1\r\nHost: {place}\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n\r\na"
    );
    assert_eq!(status(&exchange(place, upgrade.as_bytes())), "400 Bad Request");
}

/// As the client of the Java library does with every first request, though it goes on in HTTP/1.1 as well.
#[test]
fn who_would_rather_speak_http_2_is_answered_in_http_1() {
    let running = Running::start(&["--ephemeral"]);
    let wish =
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAA\r\n";
    let headers = format!("{wish}Content-Type: application/json\r\n");
    let answer = companion(&running, "POST", "/_admin/v1/clock/advance", &headers, r#"{"seconds":1}"#);
    assert_eq!(status(&answer), "200 OK", "{answer}");
    assert!(!answer.to_lowercase().contains("\r\nupgrade:"), "{answer}");
    let place = &running.aws;
    let call = format!("GET /?Action=GetCallerIdentity&Version=2011-06-15 HTTP/1.1\r\nHost: {place}\r\n{wish}\r\n");
    let mut stream = connect(place);
    stream.write_all(format!("{call}{}", call.replace("Upgrade, HTTP2-Settings", "close")).as_bytes()).unwrap();
    let answers = read_all(stream);
    assert_eq!(answers.matches("HTTP/1.1 403 Forbidden").count(), 2, "{answers}");
}

pub fn companion(running: &Running, method: &str, path: &str, headers: &str, body: &str) -> String {
    let place = &running.companion;
    let length = body.len();
    ask_with(
        place,
        &format!(
            "{method} {path} HTTP/1.1\r\nHost: {place}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ),
    )
}

fn ask_with(place: &str, request: &str) -> String {
    exchange(place, request.as_bytes())
}

pub const JSON: &str = "Content-Type: application/json\r\n";

#[test]
fn the_companion_turns_the_clock_and_resets() {
    let running = Running::start(&["--ephemeral"]);
    let call = |method, path, body| companion(&running, method, path, JSON, body);
    assert_eq!(status(&call("GET", "/ready", "")), "200 OK");
    assert_eq!(status(&call("GET", "/live", "")), "200 OK");
    assert!(call("GET", "/_admin/v1/clock", "").contains("\"mode\":\"system\""));
    let frozen = call("PUT", "/_admin/v1/clock", "{\"mode\":\"frozen\",\"at\":\"2100-01-01T00:00:00Z\"}");
    assert!(frozen.contains("\"now\":\"2100-01-01T00:00:00.000Z\""), "{frozen}");
    assert!(
        call("POST", "/_admin/v1/clock/advance", "{\"seconds\":3600}").contains("\"now\":\"2100-01-01T01:00:00.000Z\"")
    );
    assert_eq!(status(&call("PUT", "/_admin/v1/clock", "{\"mode\":\"system\"}")), "409 Conflict");
    assert_eq!(status(&call("PUT", "/_admin/v1/clock", "{\"mode\":\"system\",\"backwards\":true}")), "200 OK");
    assert_eq!(status(&call("PUT", "/_admin/v1/clock", "{\"mode\":\"system\",\"forwards\":true}")), "400 Bad Request");
    for (path, body, expect) in [
        ("clock/advance", "{\"seconds\":9223372036854775807}", "400 Bad Request"),
        ("clock/advance", "{\"seconds\":-9223372036854775808,\"backwards\":true}", "400 Bad Request"),
        ("clock/advance", "{\"seconds\":-1}", "409 Conflict"),
        ("clock", "{\"mode\":\"frozen\",\"at\":\"0000-01-01T00:00:00Z\",\"backwards\":true}", "400 Bad Request"),
        ("clock", "{\"mode\":\"frozen\",\"at\":\"1969-12-31T23:59:59Z\",\"backwards\":true}", "400 Bad Request"),
        ("clock", "{\"mode\":\"frozen\",\"at\":\"9999-12-30T12:00:00Z\"}", "400 Bad Request"),
        ("clock", "{\"mode\":\"frozen\",\"at\":\"9999-12-30T11:59:59Z\"}", "200 OK"),
        ("clock/advance", "{\"seconds\":1}", "400 Bad Request"),
    ] {
        let method = if path == "clock" { "PUT" } else { "POST" };
        let answer = companion(&running, method, &format!("/_admin/v1/{path}"), JSON, body);
        assert_eq!(status(&answer), expect, "{path} {body}: {answer}");
    }
    assert_eq!(status(&call("POST", "/_admin/v1/reset", "")), "200 OK");
    assert!(call("GET", "/_admin/v1/clock", "").contains("\"mode\":\"system\""));
    assert_eq!(status(&call("POST", "/_admin/v1/reset", "{}")), "200 OK");
    for body in ["{\"a\":1}", "[]", "no"] {
        assert_eq!(status(&call("POST", "/_admin/v1/reset", body)), "400 Bad Request", "{body}");
    }
    assert_eq!(status(&call("GET", "/_admin/v1/reset", "")), "405 Method Not Allowed");
    assert_eq!(status(&call("GET", "/elsewhere", "")), "404 Not Found");
    assert!(call("GET", "/_admin/v1/sessions", "").contains("\"sessions\":[]"));
    assert_eq!(status(&call("GET", "/_admin/v1/sessions?rule=x", "")), "400 Bad Request");
    for twice in ["role=a&user=b", "limit=1&limit=2", "role=a&role=a", "after=0-0&after=0-0"] {
        let answer = companion(&running, "GET", &format!("/_admin/v1/sessions?{twice}"), "", "");
        assert!(status(&answer) == "400 Bad Request", "{twice}: {answer}");
    }
}

#[test]
fn sessions_are_ended_of_what_is_named_and_of_nothing_else() {
    let running = Running::start(&["--ephemeral", "--seed", "fixtures/seed/sample.yaml"]);
    let (alice, role) = ("arn:aws:iam::123456789012:user/alice", "arn:aws:iam::123456789012:role/ci/deployer");
    for (kind, arn, expect) in [
        ("role", role, "200 OK"),
        ("user", alice, "200 OK"),
        ("role", alice, "404 Not Found"),
        ("user", role, "404 Not Found"),
        ("user", "arn:aws:iam::123456789012:user/nobody", "404 Not Found"),
        ("user", "arn:aws:iam::123456789012:root", "200 OK"),
        ("role", "arn:aws:iam::123456789012:root", "404 Not Found"),
        ("user", "arn:aws-cn:iam::123456789012:root", "404 Not Found"),
        ("user", "arn:aws:iam::999999999999:root", "404 Not Found"),
        ("role", "deployer", "200 OK"),
        ("role", "nobody", "404 Not Found"),
    ] {
        let body = format!("{{\"{kind}\":\"{arn}\"}}");
        let answer = companion(&running, "POST", "/_admin/v1/sessions/revoke", JSON, &body);
        assert_eq!(status(&answer), expect, "{body}: {answer}");
    }
    assert_eq!(status(&companion(&running, "POST", "/_admin/v1/sessions/revoke", JSON, "{}")), "400 Bad Request");
}

#[test]
fn the_companion_tells_the_code_of_a_device_that_nobody_has_used() {
    let running = Running::start(&["--ephemeral", "--seed", "fixtures/seed/sample.yaml"]);
    let call = |method: &str, path: &str, body: &str| companion(&running, method, path, JSON, body);
    // The codes that count must not change under the test.
    call("PUT", "/_admin/v1/clock", "{\"mode\":\"frozen\",\"at\":\"2100-01-01T00:00:00Z\"}");
    let ask = |query: &str| call("GET", &format!("/_admin/v1/mfa{query}"), "");
    let phone = "arn:aws:iam::123456789012:mfa/alice-phone";
    let mut codes = std::collections::BTreeSet::new();
    for (left, until) in [
        (9, "2100-01-01T00:01:30Z"),
        (8, "2100-01-01T00:02:00Z"),
        (7, "2100-01-01T00:02:30Z"),
        (6, "2100-01-01T00:01:00Z"),
        (5, "2100-01-01T00:00:30Z"),
    ] {
        let answer = ask(&format!("?serialNumber={phone}"));
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let told: serde_json::Value = serde_json::from_str(body).unwrap();
        let code = told["code"].as_str().unwrap().to_owned();
        let expect = serde_json::json!({
            "code": code, "serialNumber": phone, "owner": "arn:aws:iam::123456789012:user/alice", "countsUntil": until, "verificationsLeft": left,
        });
        assert_eq!(told, expect);
        let log_in = Call::sts("GetSessionToken").param("SerialNumber", phone).param("TokenCode", &code);
        let keys = Keys::new("AKIAEXAMPLEALICE0001", "EXAMPLE0alice0secret0EXAMPLE0alice0secre");
        over(&mut connect(&running.aws), &log_in.by(&keys)).unwrap().fine();
        codes.insert(code);
    }
    assert_eq!(codes.len(), 5);
    let spent = ask(&format!("?serialNumber={phone}"));
    assert!(status(&spent) == "409 Conflict" && spent.contains("advance the clock"), "{spent}");
    for (query, expect) in [
        ("", "400 Bad Request"),
        ("?serial=x", "400 Bad Request"),
        ("?serialNumber=a&serialNumber=b", "400 Bad Request"),
        ("?serialNumber=%zz", "400 Bad Request"),
        ("?serialNumber=arn:aws:iam::123456789012:mfa/nobodys", "404 Not Found"),
    ] {
        assert_eq!(status(&ask(query)), expect, "{query}");
    }
    assert_eq!(status(&call("POST", "/_admin/v1/mfa", "")), "405 Method Not Allowed");
    assert!(!spent.contains("ALICEALICE"), "a seed never shows");
}

#[test]
fn the_companion_keeps_pages_and_rebound_names_out() {
    let running = Running::start(&["--ephemeral"]);
    let reset = |headers: &str| companion(&running, "POST", "/_admin/v1/reset", headers, "");
    assert_eq!(status(&reset("Origin: http://localhost:3000\r\n")), "403 Forbidden");
    assert_eq!(status(&reset("Sec-Fetch-Site: cross-site\r\n")), "403 Forbidden");
    for path in ["/ready", "/_admin/v1/clock", "/_admin/v1/mfa", "/nowhere"] {
        let rebound = format!("GET {path} HTTP/1.1\r\nHost: evil.example:4593");
        assert_eq!(status(&ask(&running.companion, &rebound)), "421 Misdirected Request", "{path}");
    }
    let plain =
        companion(&running, "POST", "/_admin/v1/clock/advance", "Content-Type: text/plain\r\n", "{\"seconds\":60}");
    assert_eq!(status(&plain), "415 Unsupported Media Type");
}

/// B-720: whatever a browser is shown is what it says it is, in no frame, kept nowhere, and for nobody's script to read.
#[test]
fn every_answer_of_the_companion_tells_browsers_what_they_may() {
    let running = Running::start(&["--ephemeral"]);
    let documents = ["/oidc/.well-known/openid-configuration", "/oidc/.well-known/jwks.json", "/saml/metadata"];
    let others = [
        "/",
        "/live",
        "/ready",
        "/nowhere",
        "/metrics",
        "/console",
        "/console/clock",
        "/console/nowhere",
        "/_admin/v1/clock",
        "/_admin/v1/state",
        "/_admin/v1/journal",
        "/_admin/v1/journal?format=jsonl",
        "/_admin/v1/snapshots",
        "/_admin/v1/nowhere",
        "/saml",
        "/saml/sso",
        "/federation",
        "/oidc/token?audience=a",
        "/v1/meta",
        "/v1/nowhere",
        "/v1/openapi.json",
    ];
    for path in documents.iter().chain(&others) {
        for (method, headers) in
            [("GET", ""), ("OPTIONS", "Access-Control-Request-Method: GET\r\n"), ("GET", "Origin: http://e.test\r\n")]
        {
            let answer = companion(&running, method, path, headers, "").to_ascii_lowercase();
            let head = answer.split_once("\r\n\r\n").unwrap().0;
            let has = |header: &str| head.contains(&format!("\r\n{header}"));
            assert!(has("x-content-type-options: nosniff"), "{method} {path}: {head}");
            let is_document = documents.contains(path);
            assert!(is_document || has("cache-control: no-store"), "{method} {path}: {head}");
            assert!(is_document || !has("access-control-"), "{method} {path}: {head}");
            let of_pages =
                ["x-frame-options: deny", "content-security-policy: default-src 'none'", "referrer-policy: "];
            assert!(path.starts_with("/v1/") || of_pages.into_iter().all(has), "{method} {path}: {head}");
        }
    }
    // What is turned away unread is told so as well.
    let long = ask(&running.companion, "POST /_admin/v1/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999");
    assert!(status(&long) == "413 Payload Too Large" && long.to_ascii_lowercase().contains("nosniff"), "{long}");
}

#[test]
fn a_companion_with_a_token_wants_to_see_it() {
    let scratch = Scratch::new("token");
    let file = scratch.0.join("token");
    std::fs::write(&file, "0123456789abcdef\n").unwrap();
    let running = Running::start(&["--ephemeral", "--companion-token-file", file.to_str().unwrap()]);
    let clock = |headers: &str| companion(&running, "GET", "/_admin/v1/clock", headers, "");
    assert_eq!(status(&clock("")), "401 Unauthorized");
    assert_eq!(status(&clock("Authorization: Bearer 0123456789abcdee\r\n")), "401 Unauthorized");
    assert_eq!(status(&clock("Authorization: Bearer 0123456789abcdef\r\n")), "200 OK");
    assert_eq!(status(&companion(&running, "GET", "/_admin/v1/mfa", "", "")), "401 Unauthorized");
    assert_eq!(status(&companion(&running, "GET", "/ready", "", "")), "200 OK");
}

/// Whoever shall believe a token must be able to read who issued it, by whatever name and from whatever page.
#[test]
fn documents_of_issuers_are_for_everybody() {
    let scratch = Scratch::new("documents");
    let (token, seed) = (scratch.0.join("token"), scratch.0.join("seed.yaml"));
    std::fs::write(&token, "0123456789abcdef\n").unwrap();
    let text = "accounts: [{ id: \"123456789012\", outboundWebIdentityFederation: true }]";
    std::fs::write(&seed, text).unwrap();
    let account = local_sts::ids::AccountId::parse("123456789012").unwrap();
    // The same seed has the same issuers.
    let twin = crate::support::TestWorld::new(text);
    let issuer = twin.snapshot().identities.outbound(account).unwrap().issuer;
    let (token, seed) = (token.to_str().unwrap(), seed.to_str().unwrap());
    let running = Running::start(&["--ephemeral", "--companion-token-file", token, "--seed", seed]);
    let get = |path: &str| {
        let headers = "Host: sts.elsewhere.test\r\nOrigin: https://page.test\r\nSec-Fetch-Site: cross-site";
        ask(&running.companion, &format!("GET {path} HTTP/1.1\r\n{headers}"))
    };
    let discovery = get(&format!("/outbound/{issuer}/.well-known/openid-configuration"));
    assert_eq!(status(&discovery), "200 OK");
    let part = format!("\"issuer\":\"http://{}/outbound/{issuer}\"", running.companion);
    assert!(discovery.contains(&part), "{discovery}");
    let head = discovery.to_ascii_lowercase();
    for header in
        ["content-type: application/json", "cache-control: public, max-age=300", "access-control-allow-origin: *"]
    {
        assert!(head.contains(&format!("{header}\r\n")), "{header} in {discovery}");
    }
    let keys = get(&format!("/outbound/{issuer}/.well-known/jwks.json"));
    assert!(keys.contains("\"kid\":\"RSA_0\"") && keys.contains("\"kid\":\"EC384_0\""), "{keys}");
    assert!(!keys.contains("\"d\""), "the public halves only");
    for path in [
        "/outbound/",
        "/outbound/x/.well-known/jwks.json",
        &format!("/outbound/{issuer}"),
        &format!("/outbound/{issuer}/.well-known/x"),
    ] {
        assert_eq!(status(&companion(&running, "GET", path, "", "")), "404 Not Found", "{path}");
    }
    let path = format!("/outbound/{issuer}/.well-known/jwks.json");
    assert_eq!(status(&companion(&running, "POST", &path, "", "")), "405 Method Not Allowed");
}

#[test]
fn a_unix_socket_does_as_well_and_leaves_nothing_behind() {
    let scratch = Scratch::new("socket");
    let (aws, side) = (scratch.0.join("aws.sock"), scratch.0.join("side.sock"));
    let mut process = Command::new(env!("CARGO_BIN_EXE_local-sts"))
        .args([
            "--ephemeral",
            "--aws-listen",
            &format!("unix:{}", aws.display()),
            "--companion-listen",
            &format!("unix:{}", side.display()),
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let expect = format!("ready {{\"aws\":\"unix:{}\",\"companion\":\"unix:{}\"}}\n", aws.display(), side.display());
    assert_eq!(line, expect);
    let mut stream = UnixStream::connect(&aws).unwrap();
    stream.write_all(b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    assert_eq!(status(&read_all(stream)), "404 Not Found");
    let pid = process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(process.wait().unwrap().success(), "it stops when it is told to");
    assert!(!aws.exists() && !side.exists());
}

#[test]
fn the_health_check_knows_a_ready_service_from_none() {
    let healthy = |place: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_local-sts"));
        command.args(["healthcheck", "--companion-listen", place]).stderr(Stdio::null());
        command.status().unwrap().success()
    };
    let running = Running::start(&["--ephemeral"]);
    assert!(healthy(&running.companion));
    let place = running.companion.clone();
    assert!(!healthy(&running.aws), "the aws listener is not the companion");
    drop(running);
    assert!(!healthy(&place));
}

#[track_caller]
pub fn check_refused(options: &[&str], expect: &str) {
    let output = Command::new(env!("CARGO_BIN_EXE_local-sts")).args(options).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains(expect), "{options:?}: {told}");
    assert!(output.stdout.is_empty(), "nothing is ready");
}

#[test]
fn what_would_be_unsafe_or_cannot_be_does_not_start() {
    check_refused(&["--ephemeral", "--aws-listen", "0.0.0.0:0", "--companion-listen", "127.0.0.1:0"], "--demo");
    check_refused(&["--ephemeral", "--companion-listen", "0.0.0.0:0"], "--companion-token-file");
    check_refused(&["--ephemeral", "--aws-listen", "nonsense"], "127.0.0.1:4592");
    check_refused(&["--ephemeral", "--region", "mars-north-1"], "us-east-1");
    for url in ["sts.test", "http://", "https:///x", "http://a b", "http://a?b", "http://a#b", "ftp://a", "http://a\nb"]
    {
        check_refused(&["--ephemeral", "--issuer-url", url], "http://sts.test:4593");
    }
    check_refused(&["--ephemeral", "--seed", "/nowhere.yaml"], "there is no such file");
    check_refused(&["--ephemeral", "--seed", ".."], "this is a directory");
    let endless = "more than 8 MiB";
    check_refused(&["--ephemeral", "--tls-cert", "/dev/zero", "--tls-key", "/dev/zero"], endless);
    check_refused(&["--ephemeral", "--companion-token-file", "/dev/zero"], endless);
    check_refused(&["--ephemeral", "--ca-bundle", "/dev/zero"], endless);
    check_refused(&["--ephemeral", "--seed-mode", "sometimes"], "once");
    let taken = Running::start(&["--ephemeral"]);
    check_refused(&["--ephemeral", "--aws-listen", &taken.aws], "another program listens there");
    let scratch = Scratch::new("second");
    let directory = scratch.0.join("data");
    let _first = Running::start(&["--data-dir", directory.to_str().unwrap()]);
    let ports = ["--aws-listen", "127.0.0.1:0", "--companion-listen", "127.0.0.1:0"];
    let params = [&["--data-dir", directory.to_str().unwrap()], ports.as_slice()].concat();
    check_refused(&params, "another local-sts is running");
}

#[test]
fn a_place_that_cannot_be_written_is_refused_with_advice() {
    check_refused(&["--data-dir", "/proc/local-sts"], "give another place by --data-dir, or none by --ephemeral");
    let scratch = Scratch::new("no-room");
    let directory = scratch.0.join("data");
    let output = cramped("1").args(["--data-dir", directory.to_str().unwrap()]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("--data-dir") && !told.contains("panicked"), "{told}");
}

/// Nobody is told of a change that was not kept; what was kept goes on.
#[test]
fn a_disk_that_fills_up_refuses_changes_and_goes_on_answering() {
    let scratch = Scratch::new("full");
    let directory = scratch.0.join("data");
    let options = ["--data-dir", directory.to_str().unwrap(), "--seed", "fixtures/seed/sample.yaml"];
    drop(Running::start(&options));
    let full = |cramped: &Running| {
        let revoke = |number: u32| {
            let body = format!("{{\"sessionId\":\"{number:032x}\"}}");
            companion(cramped, "POST", "/_admin/v1/sessions/revoke", JSON, &body)
        };
        (0..50_000).map(revoke).find(|answer| !status(answer).starts_with("200"))
    };
    let running = Running::start_cramped(&options, 2048);
    let ready = |running: &Running| companion(running, "GET", "/ready", "", "");
    assert_eq!(status(&ready(&running)), "200 OK");
    let refused = full(&running).expect("there is room for everything");
    assert!(status(&refused).starts_with("500") && refused.contains("the disk refuses"), "{refused}");
    assert_eq!(status(&post(&running.aws, b"Action=GetCallerIdentity&Version=2011-06-15")), "403 Forbidden");
    let unready = ready(&running);
    assert!(status(&unready).starts_with("503") && unready.contains("started again with room"), "{unready}");
    let health = Command::new(env!("CARGO_BIN_EXE_local-sts"))
        .args(["healthcheck", "--companion-listen", &running.companion])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&health.stderr);
    assert!(!health.status.success() && told.contains("started again with room"), "{told}");
    // Who shows a code gets no credentials unless its use was kept; who shows none gets them.
    let keys = Keys::new("AKIAEXAMPLEALICE0001", "EXAMPLE0alice0secret0EXAMPLE0alice0secre");
    let session_token = Call::sts("GetSessionToken").by(&keys);
    let coded = session_token
        .clone()
        .param("SerialNumber", "arn:aws:iam::123456789012:mfa/alice-phone")
        .param("TokenCode", "000000");
    let failed = over(&mut connect(&running.aws), &coded).unwrap();
    assert_eq!((failed.status(), failed.text("Code").as_deref()), (500, Some("InternalFailure")), "{}", failed.body());
    assert_eq!(over(&mut connect(&running.aws), &session_token).unwrap().status(), 200);
    drop(running);
    let running = Running::start(&options);
    assert_eq!(status(&ready(&running)), "200 OK");
    let answer = companion(&running, "POST", "/_admin/v1/reset", "", "");
    assert_eq!(status(&answer), "200 OK", "{answer}");
}

#[test]
fn a_place_for_state_and_none_are_not_both_taken() {
    let scratch = Scratch::new("both");
    let (file, place) = (scratch.0.join("config.yaml"), scratch.0.join("data"));
    let place = place.to_str().unwrap();
    let told = |environment: &[(&str, &str)], flags: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_local-sts"));
        // What is decided ends at the seed.
        command
            .args(["--aws-listen=127.0.0.1:0", "--companion-listen=127.0.0.1:0", "--seed=/nowhere.yaml"])
            .args(flags);
        let output = command.envs(environment.iter().copied()).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let (keep, none) = (("LOCAL_STS_DATA_DIR", place), ("LOCAL_STS_EPHEMERAL", "true"));
    let config = ["--config", file.to_str().unwrap()];
    std::fs::write(&file, format!("data-dir: {place}\nephemeral: true\n")).unwrap();
    for both in [told(&[], &["--ephemeral", "--data-dir", place]), told(&[keep, none], &[]), told(&[], &config)] {
        assert!(both.contains("--ephemeral") && both.contains("drop one of them"), "{both}");
    }
    let outweighed = [
        told(&[keep], &["--ephemeral"]),
        told(&[none], &["--data-dir", place]),
        told(&[keep], &config),
        told(&[], &[config.as_slice(), &["--ephemeral"]].concat()),
        told(&[], &["--ephemeral=false", "--data-dir", place]),
    ];
    for decided in outweighed {
        assert!(decided.contains("there is no such file"), "{decided}");
    }
}

#[test]
fn a_variable_that_is_empty_is_not_set_and_switches_are_told_as_people_tell_them() {
    let help = Command::new(env!("CARGO_BIN_EXE_local-sts")).arg("--help").output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    let variables: Vec<&str> = help.split("[env: ").skip(1).filter_map(|rest| Some(rest.split_once(']')?.0)).collect();
    assert!(variables.len() > 20, "{variables:?}");
    let told = |variables: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_local-sts"));
        let output = command.args(["--seed=/nowhere.yaml"]).envs(variables.iter().copied()).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let switches = ["1", "yes", "TRUE", "off"].map(|word| ("LOCAL_STS_EPHEMERAL", word));
    for variable in variables.into_iter().map(|name| (name, "")).chain(switches) {
        let decided = told(&[variable]);
        assert!(decided.contains("there is no such file"), "{variable:?}: {decided}");
    }
    let refused = told(&[("LOCAL_STS_EPHEMERAL", "perhaps")]);
    assert!(refused.contains("--ephemeral"), "{refused}");
}

#[test]
fn a_file_of_options_that_has_another_is_told_the_one_that_was_meant() {
    let scratch = Scratch::new("options");
    let file = scratch.0.join("config.yaml");
    let told = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_local-sts"));
        let output = command.args(["--seed=/nowhere.yaml", "--config"]).arg(&file).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    for (text, expect) in [
        ("companion-listn: unix:x\n", "there is no option companion-listn; did you mean companion-listen?"),
        ("config: x\n", "there is no option config"),
        ("ephemeral: perhaps\n", "ephemeral: invalid type"),
        ("ephemeral: true\n", "there is no such file"),
    ] {
        let decided = told(text);
        assert!(decided.contains(expect), "{text}: {decided}");
    }
}

#[test]
fn a_ledger_whose_disk_was_full_says_so_and_loses_nothing() {
    let scratch = Scratch::new("full-ledger");
    let directory = scratch.0.join("data");
    let options =
        ["--data-dir", directory.to_str().unwrap(), "--aws-listen=127.0.0.1:0", "--companion-listen=127.0.0.1:0"];
    let start = || {
        let mut command = cramped("unlimited");
        command.args(options);
        Running::spawn(command)
    };
    let assume = |running: &Running, name: &str| {
        let keys = Keys::new("test", "test");
        let call = Call::sts("AssumeRole").param("RoleArn", "arn:aws:iam::000000000000:role/demo");
        over(&mut connect(&running.aws), &call.param("RoleSessionName", name).by(&keys)).unwrap().fine();
    };
    let listed = |running: &Running| {
        let answer = companion(running, "GET", "/_admin/v1/sessions", "", "");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let told: serde_json::Value = serde_json::from_str(body).unwrap();
        let name = |session: &serde_json::Value| session["sessionName"].as_str().unwrap().to_owned();
        let names = told["sessions"].as_array().map(|sessions| sessions.iter().map(name).collect::<Vec<_>>());
        (names.unwrap_or_default(), told["trouble"].as_str().map(str::to_owned))
    };
    let until_listed = |running: &Running, expect: &[String]| {
        for _ in 0..500 {
            if listed(running) == (expect.to_vec(), None) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{:?}", listed(running));
    };
    let ready = |running: &Running| companion(running, "GET", "/ready", "", "");
    let running = start();
    assume(&running, "before");
    let mut all = vec!["before".to_owned()];
    until_listed(&running, &all);
    for episode in 0..4 {
        set_full(&running, true);
        for name in ["while-full", "still-full"] {
            all.insert(0, format!("{name}-{episode}"));
            assume(&running, &all[0]);
            // Each look tries to open it again.
            let (names, trouble) = listed(&running);
            assert_eq!(names.first(), all.first());
            assert!(trouble.is_some_and(|trouble| trouble.contains("sessions are not recorded")));
        }
        let unready = ready(&running);
        assert!(status(&unready).starts_with("503") && unready.contains("sessions are not recorded"), "{unready}");
        set_full(&running, false);
        all.insert(0, format!("after-{episode}"));
        assume(&running, &all[0]);
        until_listed(&running, &all);
        assert_eq!(status(&ready(&running)), "200 OK");
    }
    drop(running);
    until_listed(&start(), &all);
}

#[test]
fn an_end_by_id_says_whether_the_session_is_known() {
    let running = Running::start(&["--ephemeral"]);
    let call = Call::sts("AssumeRole").param("RoleArn", "arn:aws:iam::000000000000:role/demo");
    let call = call.param("RoleSessionName", "ci").by(&Keys::new("test", "test"));
    assert_eq!(over(&mut connect(&running.aws), &call).unwrap().status(), 200);
    let page = companion(&running, "GET", "/_admin/v1/sessions", "", "");
    let (_, rest) = page.split_once("\"sessionId\":\"").unwrap();
    for (id, known) in [(&rest[..32], true), ("00000000000000000000000000000000", false)] {
        let body = format!("{{\"sessionId\":\"{id}\"}}");
        let answer = companion(&running, "POST", "/_admin/v1/sessions/revoke", JSON, &body);
        assert!(answer.ends_with(&format!("{{\"known\":{known},\"revoked\":true}}\n")), "{answer}");
    }
    let page = companion(&running, "GET", "/_admin/v1/sessions", "", "");
    assert!(page.contains("\"state\":\"revoked\""), "{page}");
}

/// The value that counts is the one that is refused.
#[test]
fn a_flag_outweighs_the_environment_and_that_outweighs_the_file() {
    let scratch = Scratch::new("config");
    let file = scratch.0.join("config.yaml");
    std::fs::write(&file, "region: from-the-file\nephemeral: true\n").unwrap();
    let told = |environment: &[(&str, &str)], flags: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_local-sts"));
        command.args(["--config", file.to_str().unwrap()]).args(flags).envs(environment.iter().copied());
        String::from_utf8(command.output().unwrap().stderr).unwrap()
    };
    let environment = [("LOCAL_STS_REGION", "from-the-environment")];
    assert!(told(&[], &[]).contains("--region from-the-file"));
    assert!(told(&environment, &[]).contains("--region from-the-environment"));
    assert!(told(&environment, &["--region", "from-the-flag"]).contains("--region from-the-flag"));
    std::fs::write(&file, "regions: us-east-1\n").unwrap();
    let unknown = told(&[], &[]);
    assert!(unknown.contains("regions") && unknown.contains("config.yaml"), "{unknown}");
    std::fs::write(&file, "region: us-east-1\njournal: many\n").unwrap();
    let wrong = told(&[], &[]);
    assert!(wrong.contains("journal: invalid type: string") && !wrong.contains("column"), "{wrong}");
}
