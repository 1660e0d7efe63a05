//! Killed at any moment, everything that was answered is there: credentials, identities, revocations, used codes.
//!
//! `LOCAL_STS_CRASH_ROUNDS=50` is the long form.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::store::{Scratch, reopen};
use crate::support::{Answer, Call, Keys, Line, Running, TestWorld, demo, identify, talk};
pub use crate::support::{connect, over, receive, send};
use local_sts::env::Entropy;
use local_sts::federation::mfa::{Seed, Step};
use local_sts::ids::unique_id::Kind;
use local_sts::ids::{AccountId, UniqueId};
use local_sts::secret::Secret;
use local_sts::store::records;
use local_sts::time::Timestamp;
use serde_json::Value;

fn rounds() -> u64 {
    std::env::var("LOCAL_STS_CRASH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3)
}

/// A moment to strike, other in every round and every run.
fn moment() -> Duration {
    let [low, high] = local_sts::env::draw(&local_sts::env::SystemEntropy as &dyn Entropy);
    Duration::from_millis(20 + u64::from(u16::from_le_bytes([low, high])) % 380)
}

/// `kill -9` at such a moment.
fn kill_soon(pid: &str) {
    std::thread::sleep(moment());
    assert!(Command::new("kill").args(["-KILL", pid]).status().unwrap().success());
}

fn assume() -> Call {
    Call::assume_role("arn:aws:iam::000000000000:role/demo", "crash").by(&demo())
}

fn session_id(running: &Running, keys: &Keys) -> Option<String> {
    let path = format!("/_admin/v1/sessions?accessKeyId={}", keys.id);
    let (_, body) = talk(&mut connect(&running.companion), ("GET", &path), "", "")?;
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
                        let revoke = ("POST", "/_admin/v1/sessions/revoke");
                        let Some((status, _)) = talk(&mut side, revoke, "", &body) else { return };
                        assert_eq!(status, 200);
                        answered.lock().unwrap().push((keys, true));
                    }
                });
            }
            let pid = running.process.id().to_string();
            scope.spawn(move || kill_soon(&pid));
        });
        running.process.wait().unwrap();
        let running = Running::start(&options);
        let mut aws = connect(&running.aws);
        for (keys, revoked) in answered.lock().unwrap().iter() {
            let answer = over(&mut aws, &identify(keys)).unwrap();
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
                            let call = Call::iam(action).param("UserName", &name).by(&demo());
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
            scope.spawn(move || kill_soon(&pid));
        });
        running.process.wait().unwrap();
        known.extend(answered.into_inner().unwrap());
        let running = Running::start(&options);
        let mut aws = connect(&running.aws);
        for (name, keys, there) in &known {
            let user = Call::iam("GetUser").param("UserName", name).by(&demo());
            assert_eq!(over(&mut aws, &user).unwrap().status() == 200, *there, "round {round}: {name}");
            let identity = over(&mut aws, &identify(keys)).unwrap();
            assert_eq!(identity.status() == 200, *there, "round {round}: the key of {name}");
        }
    }
    assert!(!known.is_empty(), "something was at stake");
}

/// Something that is written again and again, each time other than before.
struct Register {
    what: &'static str,
    /// Writes the value of this number; nothing if the other side is gone.
    write: fn(&mut Doors, u64) -> Option<()>,
    read: fn(&mut Doors) -> Value,
    /// What must be read once the value of this number was written, if the one before is not.
    value: fn(u64) -> Value,
}

/// Connections to both.
struct Doors(Line, Line);

impl Doors {
    fn of(running: &Running) -> Self {
        Self(Line::to(&running.aws), Line::to(&running.companion))
    }

    fn iam(&mut self, action: &str, params: &[(&str, &str)]) -> Option<Answer> {
        over(&mut self.0, &Call::iam(action).params(params).by(&demo()))
    }

    fn done(&mut self, action: &str, params: &[(&str, &str)]) -> Option<()> {
        self.iam(action, params)?.fine();
        Some(())
    }

    fn admin(&mut self, method: &str, path: &str, body: &str) -> Option<Value> {
        let (status, answer) = talk(&mut self.1, (method, path), "", body)?;
        let told = String::from_utf8(answer).unwrap();
        assert_eq!(status, 200, "{method} {path}: {told}");
        Some(serde_json::from_str(&told).unwrap())
    }
}

fn is_even(number: u64) -> Value {
    number.is_multiple_of(2).into()
}

fn instant(number: u64) -> Value {
    format!("2030-01-01T{:02}:{:02}:{:02}.000Z", number / 3600, number / 60 % 60, number % 60).into()
}

const REGISTERS: [Register; 6] = [
    Register {
        what: "the password policy",
        write: |doors, number| {
            let length = (6 + number % 100).to_string();
            doors.done("UpdateAccountPasswordPolicy", &[("MinimumPasswordLength", &length)])
        },
        read: |doors| {
            let found = doors.iam("GetAccountPasswordPolicy", &[]).unwrap().text("MinimumPasswordLength");
            found.map_or(Value::Null, Value::from)
        },
        value: |number| if number == 0 { Value::Null } else { (6 + number % 100).to_string().into() },
    },
    Register {
        what: "a login profile",
        write: |doors, number| match number {
            // It may have been made without an answer.
            1 => doors.iam("CreateUser", &[("UserName", "clerk")]).map(|_| ()),
            _ if number.is_multiple_of(2) => {
                doors.done("CreateLoginProfile", &[("UserName", "clerk"), ("Password", &"Aa1!".repeat(32))])
            }
            _ => doors.done("DeleteLoginProfile", &[("UserName", "clerk")]),
        },
        read: |doors| (doors.iam("GetLoginProfile", &[("UserName", "clerk")]).unwrap().status() == 200).into(),
        value: |number| (number > 0 && number.is_multiple_of(2)).into(),
    },
    Register {
        what: "an account's alias",
        write: |doors, number| doors.done("CreateAccountAlias", &[("AccountAlias", &format!("alias-{number}"))]),
        read: |doors| {
            let aliases = doors.iam("ListAccountAliases", &[]).unwrap();
            aliases.text("member").map_or(Value::Null, Value::from)
        },
        value: |number| if number == 0 { Value::Null } else { format!("alias-{number}").into() },
    },
    Register {
        what: "a snapshot",
        write: |doors, number| {
            let method = if number.is_multiple_of(2) { "DELETE" } else { "POST" };
            doors.admin(method, "/_admin/v1/snapshots/kept", "").map(|_| ())
        },
        read: |doors| {
            doors.admin("GET", "/_admin/v1/snapshots", "").unwrap()["snapshots"].as_array().unwrap().is_empty().into()
        },
        value: is_even,
    },
    Register {
        what: "a steered clock",
        write: |doors, number| {
            let at = instant(number);
            doors.admin("PUT", "/_admin/v1/clock", &format!("{{\"mode\":\"frozen\",\"at\":{at}}}")).map(|_| ())
        },
        read: |doors| {
            let clock = doors.admin("GET", "/_admin/v1/clock", "").unwrap();
            if clock["mode"] == "frozen" { clock["now"].clone() } else { Value::Null }
        },
        value: |number| if number == 0 { Value::Null } else { instant(number) },
    },
    Register {
        what: "an MFA device",
        write: |doors, number| {
            let serial = "arn:aws:iam::000000000000:mfa/seal";
            if number.is_multiple_of(2) {
                doors.done("DeleteVirtualMFADevice", &[("SerialNumber", serial)])
            } else {
                doors.done("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "seal")])
            }
        },
        read: |doors| (!doors.iam("ListVirtualMFADevices", &[]).unwrap().body().contains("mfa/seal")).into(),
        value: is_even,
    },
];

/// What was answered last is there, or what was asked for last; of faults and the journal, which are for one run, nothing.
#[test]
fn what_is_written_again_and_again_is_as_it_was_answered_last() {
    let scratch = Scratch::new("registers");
    let directory = scratch.0.join("data");
    let options = ["--data-dir", directory.to_str().unwrap()];
    let mut sure = [0; REGISTERS.len()];
    for round in 0..rounds() {
        let mut running = Running::start(&options);
        let fault = r#"{"preset": "slow", "match": {"action": "DecodeAuthorizationMessage"}}"#;
        Doors::of(&running).admin("POST", "/_admin/v1/faults", fault).unwrap();
        std::thread::scope(|scope| {
            for (register, sure) in REGISTERS.iter().zip(&mut sure) {
                let mut doors = Doors::of(&running);
                scope.spawn(move || {
                    while (register.write)(&mut doors, *sure + 1).is_some() {
                        *sure += 1;
                    }
                });
            }
            let pid = running.process.id().to_string();
            scope.spawn(move || kill_soon(&pid));
        });
        running.process.wait().unwrap();
        let running = Running::start(&options);
        let mut doors = Doors::of(&running);
        for (register, sure) in REGISTERS.iter().zip(&mut sure) {
            let (found, what) = ((register.read)(&mut doors), register.what);
            let values = [*sure, *sure + 1].map(register.value);
            assert!(values.contains(&found), "round {round}: {what} is {found}, and should be one of {values:?}");
            *sure += u64::from(found != values[0]);
        }
        assert_eq!(doors.admin("GET", "/_admin/v1/faults", "").unwrap(), serde_json::json!({"rules": []}));
        let journal = doors.admin("GET", "/_admin/v1/journal?action=CreateAccountAlias", "").unwrap();
        assert_eq!(journal["entries"], serde_json::json!([]));
    }
    assert!(sure.iter().all(|sure| *sure > rounds()), "all of them were written: {sure:?}");
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
            scope.spawn(move || kill_soon(&pid));
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
        let snapshot = world.snapshot();
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
