//! Killed at any moment, everything that was answered is there: credentials, identities, revocations, used codes.
//!
//! `LOCAL_STS_CRASH_ROUNDS=50` is the long form.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::http::Running;
use crate::store::{Scratch, reopen};
use crate::support::{Answer, Call, Keys, TestWorld};
use local_sts::env::Entropy;
use local_sts::federation::mfa::{Seed, Step};
use local_sts::ids::unique_id::Kind;
use local_sts::ids::{AccountId, UniqueId};
use local_sts::secret::Secret;
use local_sts::store::records;
use local_sts::time::Timestamp;
use local_sts::wire::RawResponse;

fn rounds() -> u64 {
    std::env::var("LOCAL_STS_CRASH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3)
}

/// A moment to strike, other in every round and every run.
fn moment() -> Duration {
    let [low, high] = local_sts::env::draw(&local_sts::env::SystemEntropy as &dyn Entropy);
    Duration::from_millis(20 + u64::from(u16::from_le_bytes([low, high])) % 380)
}

/// Sends a call over an open connection and waits for its answer; nothing if the other side is gone.
pub fn over(stream: &mut (impl Read + Write), call: &Call) -> Option<Answer> {
    send(stream, call)?;
    receive(stream)
}

/// Sends a call over an open connection, signed if somebody is to sign it.
pub fn send(stream: &mut impl Write, call: &Call) -> Option<()> {
    let now = local_sts::env::Clock::moment(&local_sts::env::SystemClock).machine;
    let signed = call.clone().signed(now);
    let mut request =
        format!("{} {} HTTP/1.1\r\ncontent-length: {}\r\n", signed.method, signed.path, signed.body.len()).into_bytes();
    for (name, value) in &signed.headers {
        request.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    request.extend(b"\r\n");
    request.extend(&signed.body);
    stream.write_all(&request).ok()
}

/// The answer to a call that was sent.
pub fn receive(stream: &mut impl Read) -> Option<Answer> {
    let (head, body) = read_answer(stream)?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer(RawResponse { status, headers: Vec::new(), body }))
}

fn read_answer(stream: &mut impl Read) -> Option<(String, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let length = head.to_ascii_lowercase().split("content-length: ").nth(1)?.lines().next()?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

pub fn connect(place: &str) -> TcpStream {
    let stream = TcpStream::connect(place).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

fn post(stream: &mut TcpStream, place: &str, path: &str, body: &str) -> Option<String> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {place}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).ok()?;
    let (head, _) = read_answer(stream)?;
    Some(head)
}

fn assume() -> Call {
    Call::sts("AssumeRole")
        .param("RoleArn", "arn:aws:iam::000000000000:role/demo")
        .param("RoleSessionName", "crash")
        .by(&Keys::new("test", "test"))
}

fn session_id(running: &Running, keys: &Keys) -> Option<String> {
    let mut stream = connect(&running.companion);
    let head =
        format!("GET /_admin/v1/sessions?accessKeyId={} HTTP/1.1\r\nhost: {}\r\n\r\n", keys.id, running.companion);
    stream.write_all(head.as_bytes()).ok()?;
    let (_, body) = read_answer(&mut stream)?;
    let page: serde_json::Value = serde_json::from_slice(&body).ok()?;
    page["sessions"][0]["sessionId"].as_str().map(str::to_owned)
}

/// Several connections mint and revoke while the process is killed; after the restart every answer still holds.
#[test]
fn credentials_and_revocations_that_were_answered_survive_a_kill() {
    let scratch = Scratch::new("crash");
    let directory = scratch.0.join("data");
    let options = ["--data-dir", directory.to_str().unwrap()];
    let mut minted = 0;
    for round in 0..rounds() {
        let mut running = Running::start(&options);
        let answered: Arc<Mutex<Vec<(Keys, bool)>>> = Arc::default();
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let (answered, running) = (Arc::clone(&answered), &running);
                scope.spawn(move || {
                    let (mut aws, mut side) = (connect(&running.aws), connect(&running.companion));
                    for number in 0.. {
                        let Some(answer) = over(&mut aws, &assume()) else { return };
                        let keys = answer.keys();
                        answered.lock().unwrap().push((keys.clone(), false));
                        if (number + worker) % 8 != 0 {
                            continue;
                        }
                        let Some(id) = session_id(running, &keys) else { return };
                        let body = format!("{{\"sessionId\":\"{id}\"}}");
                        // A revocation that was asked for and not answered may have happened or not.
                        answered.lock().unwrap().retain(|(known, _)| *known != keys);
                        let Some(head) = post(&mut side, &running.companion, "/_admin/v1/sessions/revoke", &body)
                        else {
                            return;
                        };
                        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
                        answered.lock().unwrap().push((keys, true));
                    }
                });
            }
            let pid = running.process.id().to_string();
            scope.spawn(move || {
                std::thread::sleep(moment());
                assert!(Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
            });
        });
        running.process.wait().unwrap();
        let running = Running::start(&options);
        let mut aws = connect(&running.aws);
        for (keys, revoked) in answered.lock().unwrap().iter() {
            let answer = over(&mut aws, &Call::sts("GetCallerIdentity").by(keys)).unwrap();
            assert_eq!(answer.status() == 200, !revoked, "round {round}: {}", answer.body());
            minted += 1;
        }
    }
    assert!(minted > 0, "something was at stake");
}

/// Users and keys are made and removed over IAM while the process is killed; after the restart every answer still holds.
#[test]
fn what_iam_answered_survives_a_kill() {
    let scratch = Scratch::new("iam-crash");
    let directory = scratch.0.join("data");
    let options = ["--data-dir", directory.to_str().unwrap()];
    let mut known: Vec<(String, Keys, bool)> = Vec::new();
    for round in 0..rounds() {
        let mut running = Running::start(&options);
        let answered: Mutex<Vec<(String, Keys, bool)>> = Mutex::default();
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let (answered, running) = (&answered, &running);
                scope.spawn(move || {
                    let mut aws = connect(&running.aws);
                    for number in 0.. {
                        let name = format!("r{round}w{worker}n{number}");
                        let mut call = |action: &str, key: Option<&Keys>| {
                            let call = Call::iam(action).param("UserName", &name).by(&Keys::new("test", "test"));
                            let call = key.into_iter().fold(call, |call, key| call.param("AccessKeyId", &key.id));
                            let answer = over(&mut aws, &call)?;
                            assert_eq!(answer.status(), 200, "{action}: {}", answer.body());
                            Some(answer)
                        };
                        // What was asked for and not answered may have happened or not.
                        let Some(_) = call("CreateUser", None) else { return };
                        let Some(made) = call("CreateAccessKey", None) else { return };
                        let text = |element: &str| made.text(element).unwrap();
                        let keys = Keys::new(&text("AccessKeyId"), &text("SecretAccessKey"));
                        let goes = number % 3 == 0;
                        if goes {
                            let Some(_) = call("DeleteAccessKey", Some(&keys)) else { return };
                            let Some(_) = call("DeleteUser", None) else { return };
                        }
                        answered.lock().unwrap().push((name.clone(), keys, !goes));
                    }
                });
            }
            let pid = running.process.id().to_string();
            scope.spawn(move || {
                std::thread::sleep(moment());
                assert!(Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
            });
        });
        running.process.wait().unwrap();
        known.extend(answered.into_inner().unwrap());
        let running = Running::start(&options);
        let mut aws = connect(&running.aws);
        for (name, keys, there) in &known {
            let user = Call::iam("GetUser").param("UserName", name).by(&Keys::new("test", "test"));
            assert_eq!(over(&mut aws, &user).unwrap().status() == 200, *there, "round {round}: {name}");
            let identity = over(&mut aws, &Call::sts("GetCallerIdentity").by(keys)).unwrap();
            assert_eq!(identity.status() == 200, *there, "round {round}: the key of {name}");
        }
    }
    assert!(!known.is_empty(), "something was at stake");
}

/// Users who each have a device; every device has the same seed.
const USERS: usize = 300;

fn write_users(file: &Path) {
    let mut text = "accounts:\n- id: \"123456789012\"\n  users:\n".to_owned();
    for number in 0..USERS {
        text.push_str(&format!(
            "  - {{ name: u{number}, accessKeys: [{{ id: AKIAU{number}, secret: s }}], mfaDevices: [{{ name: d{number}, secret: GEZDGNBVGY3TQOJQ }}] }}\n"
        ));
    }
    std::fs::write(file, text).unwrap();
}

/// The user of this number shows a code that counts for two more minutes.
fn log_in(number: usize, code: &str) -> Call {
    Call::sts("GetSessionToken")
        .param("SerialNumber", &format!("arn:aws:iam::123456789012:mfa/d{number}"))
        .param("TokenCode", code)
        .by(&Keys::new(&format!("AKIAU{number}"), "s"))
}

fn code_ahead() -> String {
    let now = local_sts::env::Clock::moment(&local_sts::env::SystemClock).now;
    let seed = Seed::parse(&Secret::new("GEZDGNBVGY3TQOJQ".to_owned())).unwrap();
    seed.code(Step::of(now, 2)).unwrap()
}

/// A code that earned an answer earns no other, whatever happens in between; one that earned none is as good as new
/// or used, and nothing else.
#[test]
fn codes_that_were_answered_stay_used_after_a_kill() {
    let scratch = Scratch::new("codes-crash");
    let file = scratch.0.join("users.yaml");
    write_users(&file);
    let mut used = 0;
    for round in 0..rounds() {
        let directory = scratch.0.join(format!("data-{round}"));
        let options = ["--data-dir", directory.to_str().unwrap(), "--seed", file.to_str().unwrap()];
        let mut running = Running::start(&options);
        let code = code_ahead();
        let answered: Mutex<Vec<usize>> = Mutex::default();
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let (answered, running, code) = (&answered, &running, &code);
                scope.spawn(move || {
                    let mut aws = connect(&running.aws);
                    for number in (worker..USERS - 4).step_by(4) {
                        let Some(answer) = over(&mut aws, &log_in(number, code)) else { return };
                        assert_eq!(answer.status(), 200, "{}", answer.body());
                        answered.lock().unwrap().push(number);
                    }
                });
            }
            let pid = running.process.id().to_string();
            scope.spawn(move || {
                std::thread::sleep(moment());
                assert!(Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
            });
        });
        running.process.wait().unwrap();
        let running = Running::start(&options);
        let mut aws = connect(&running.aws);
        let last = over(&mut aws, &log_in(USERS - 1, &code)).unwrap();
        assert_eq!(last.status(), 200, "the code counts still: {}", last.body());
        for number in answered.into_inner().unwrap() {
            let answer = over(&mut aws, &log_in(number, &code)).unwrap();
            assert_eq!(answer.status(), 403, "round {round}: the code of {number} is good again");
            used += 1;
        }
    }
    assert!(used > 0, "something was at stake");
}

const SEED: &str = r#"
accounts:
  - id: "123456789012"
    users: [{ name: alice, accessKeys: [{ id: AKIAALICE, secret: alice-secret }] }]
"#;

fn open(directory: &Path) -> TestWorld {
    TestWorld::over(Box::new(reopen(directory)), Some(SEED), 1)
}

/// The child of the test below: makes and removes roles, and says so once each change is durable.
#[test]
fn changes_identities_until_it_is_killed() {
    let Ok(directory) = std::env::var("LOCAL_STS_CRASH_CHILD") else { return };
    let world = open(Path::new(&directory));
    let account = AccountId::parse("123456789012").unwrap();
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#;
    for number in 0_u32.. {
        let id =
            UniqueId::mint(Kind::Role, account, local_sts::env::draw(&local_sts::env::SystemEntropy as &dyn Entropy));
        let record = records::Role {
            account,
            name: local_sts::shape::Shape::parse(&format!("r-{}-{number}", id.as_str())).unwrap(),
            path: local_sts::ids::names::Path::default(),
            created: Timestamp::from_seconds(0),
            description: None,
            max_session_seconds: 3600,
            trust: trust.to_owned(),
            trusted: Vec::new(),
            tags: Vec::new(),
            permissions: records::Permissions::default(),
        };
        world.change(|draft| Ok(draft.identities.create_role(&mut draft.batch, id.clone(), record.clone())?));
        println!("\nmade {id}");
        if number % 3 == 0 {
            println!("\nremoving {id}");
            world.change(|draft| Ok(draft.identities.delete_role(&mut draft.batch, &id)?));
            println!("\nremoved {id}");
        }
    }
}

#[test]
fn identities_that_were_answered_survive_a_kill() {
    let scratch = Scratch::new("identities");
    let directory = scratch.0.join("state");
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for round in 0..rounds() {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::changes_identities_until_it_is_killed", "--nocapture"])
            .env("LOCAL_STS_CRASH_CHILD", &directory)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = child.stdout.take().unwrap();
        let reader =
            std::thread::spawn(move || BufReader::new(output).lines().map_while(Result::ok).collect::<Vec<_>>());
        std::thread::sleep(Duration::from_millis(200) + moment());
        child.kill().unwrap();
        child.wait().unwrap();
        for line in reader.join().unwrap() {
            if let Some((deed, id)) =
                line.split_once(' ').filter(|(deed, _)| ["made", "removing", "removed"].contains(deed))
            {
                known.insert(id.to_owned(), deed.to_owned());
            }
        }
        let world = open(&directory);
        let snapshot = world.service.world().snapshot();
        for (id, deed) in &known {
            let id: UniqueId = local_sts::shape::Shape::parse(id).unwrap();
            let there = snapshot.identities.role(&id).is_some();
            match deed.as_str() {
                "made" => assert!(there, "round {round}: {id} is lost"),
                "removed" => assert!(!there, "round {round}: {id} is back"),
                _ => {}
            }
        }
    }
    assert!(!known.is_empty(), "something was at stake");
}
