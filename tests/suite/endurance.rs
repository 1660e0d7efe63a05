//! Hard conditions: no room to write, damaged files, no descriptors left, clients that take their time, clocks that
//! jump. Each is told of, nothing wrong is answered meanwhile, and it goes on afterwards.
//!
//! `LOCAL_STS_PATIENCE=1` has those run, too, that wait as long as the doors do, or take ten thousand connections.

#![allow(clippy::disallowed_methods, reason = "how long a process takes is no matter of its own clock")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use local_sts::sessions::ledger::Filter;

use crate::http::{JSON, companion, read_all, status};
use crate::store::Scratch;
use crate::support::{Call, Keys, Line, Running, TestWorld, connect, demo, identify, over, talk};
use crate::tls::{TLS, client, secured};

const BINARY: &str = env!("CARGO_BIN_EXE_local-sts");
const PORTS: [&str; 3] =
    ["--aws-listen=127.0.0.1:0", "--companion-listen=127.0.0.1:0", "--delivery-listen=127.0.0.1:0"];

fn is_patient() -> bool {
    std::env::var_os("LOCAL_STS_PATIENCE").is_some()
}

fn assume() -> Call {
    let call = Call::sts("AssumeRole").param("RoleArn", "arn:aws:iam::000000000000:role/demo");
    call.param("RoleSessionName", "endurance").by(&demo())
}

/// Every file and directory below a directory, itself included.
fn everything_in(directory: &Path) -> Vec<PathBuf> {
    let below = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let below = below.flat_map(|path| if path.is_dir() { everything_in(&path) } else { vec![path] });
    [directory.to_owned()].into_iter().chain(below).collect()
}

/// The binary for whom modes of files count, as they do not for root.
fn subject_to_modes() -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new(BINARY);
    }
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set=-dac_override,-dac_read_search", BINARY]);
    command
}

#[test]
fn a_directory_that_may_not_be_written_is_refused_with_advice() {
    let scratch = Scratch::new("read-only");
    let (used, fresh) = (scratch.0.join("used"), scratch.0.join("fresh"));
    let mut running = Running::start(&["--data-dir", used.to_str().unwrap()]);
    over(&mut connect(&running.aws), &assume()).unwrap();
    running.end(rustix::process::Signal::TERM);
    fs::create_dir(&fresh).unwrap();
    let modes = |directory: &Path, (of_directories, of_files)| {
        for path in everything_in(directory) {
            let mode = if path.is_dir() { of_directories } else { of_files };
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    for (directory, data) in [(&used, used.clone()), (&fresh, fresh.clone()), (&fresh, fresh.join("deeper"))] {
        modes(directory, (0o500, 0o400));
        let output = subject_to_modes().args(PORTS).args(["--data-dir", data.to_str().unwrap()]).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && told.contains("--data-dir") && !told.contains("panicked"), "{told}");
        modes(directory, (0o700, 0o600));
        drop(Running::start(&["--data-dir", data.to_str().unwrap()]));
    }
}

fn copy(from: &Path, to: &Path) {
    for path in everything_in(from) {
        let place = to.join(path.strip_prefix(from).unwrap());
        if path.is_dir() {
            local_sts::store::make_private(&place).unwrap();
        } else {
            fs::copy(&path, place).unwrap();
        }
    }
}

type Damage = (&'static str, fn(&Path));

const DAMAGES: [Damage; 6] = [
    ("halved", |file| rewrite(file, |bytes| bytes.truncate(bytes.len() / 2))),
    ("emptied", |file| rewrite(file, Vec::clear)),
    ("zeroed", |file| rewrite(file, |bytes| bytes.fill(0))),
    ("flipped", |file| rewrite(file, |bytes| bytes.iter_mut().step_by(97).for_each(|byte| *byte ^= 0x10))),
    ("lengthened", |file| rewrite(file, |bytes| bytes.extend([0xA5; 600]))),
    ("deleted", |file| fs::remove_file(file).unwrap()),
];

fn rewrite(file: &Path, change: impl Fn(&mut Vec<u8>)) {
    let mut bytes = fs::read(file).unwrap();
    change(&mut bytes);
    fs::write(file, bytes).unwrap();
}

/// Whatever becomes of whichever file: it does not start and says what to do, or starts and has all that was answered.
#[test]
fn every_file_of_the_directory_may_be_damaged() {
    let scratch = Scratch::new("every-file");
    let healthy = scratch.0.join("healthy");
    let options = ["--data-dir", healthy.to_str().unwrap()];
    // A file of each kind is there from the second start on.
    drop(Running::start(&options));
    let running = Running::start(&options);
    let mut aws = connect(&running.aws);
    let [alive, revoked] = [(); 2].map(|()| over(&mut aws, &assume()).unwrap().keys());
    for number in 0..20 {
        let call = Call::iam("CreateUser").param("UserName", &format!("user-{number}")).by(&demo());
        assert_eq!(over(&mut aws, &call).unwrap().status(), 200);
    }
    let path = format!("/_admin/v1/sessions?accessKeyId={}", revoked.id);
    let (_, page) = talk(&mut connect(&running.companion), ("GET", &path), "", "").unwrap();
    let page: serde_json::Value = serde_json::from_slice(&page).unwrap();
    let body = format!("{{\"sessionId\":{}}}", page["sessions"][0]["sessionId"]);
    assert_eq!(status(&companion(&running, "POST", "/_admin/v1/sessions/revoke", JSON, &body)), "200 OK");
    drop(running);
    let files: Vec<PathBuf> = everything_in(&healthy).into_iter().filter(|path| path.is_file()).collect();
    let cases: Vec<(&PathBuf, &Damage)> =
        files.iter().flat_map(|file| DAMAGES.iter().map(move |damage| (file, damage))).collect();
    let check = |at: usize, file: &Path, (what, damage): &Damage| {
        let place = scratch.0.join(format!("damaged-{at}"));
        copy(&healthy, &place);
        let name = file.strip_prefix(&healthy).unwrap();
        damage(&place.join(name));
        let mut command = Command::new(BINARY);
        command.args(PORTS).args(["--data-dir", place.to_str().unwrap()]).stdout(Stdio::piped());
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let (mut first, mut told) = ([0; 1], String::new());
        let started = process.stdout.as_mut().unwrap().read(&mut first).unwrap() == 1;
        if started {
            process.kill().unwrap();
            process.wait().unwrap();
            let running = Running::start(&["--data-dir", place.to_str().unwrap()]);
            let mut aws = connect(&running.aws);
            let status = |aws: &mut TcpStream, call: Call| over(aws, &call).unwrap().status();
            let user = Call::iam("GetUser").param("UserName", "user-19").by(&demo());
            let found =
                [status(&mut aws, user), status(&mut aws, identify(&alive)), status(&mut aws, identify(&revoked))];
            assert_eq!(found, [200, 200, 403], "{} {what}", name.display());
        } else {
            process.stderr.as_mut().unwrap().read_to_string(&mut told).unwrap();
            process.wait().unwrap();
            let advice = ["restore it from a copy", "remove it to have another one made"];
            let advised = advice.iter().any(|advice| told.contains(advice)) && !told.contains("panicked");
            assert!(advised, "{} {what}: {told}", name.display());
        }
        fs::remove_dir_all(&place).unwrap();
        started
    };
    let (check, cases) = (&check, &cases);
    let refused: BTreeSet<String> = std::thread::scope(|scope| {
        let parts: Vec<_> = (0..4)
            .map(|part| {
                scope.spawn(move || {
                    let mine = cases.iter().enumerate().skip(part).step_by(4);
                    let refused = mine.filter(|(at, (file, damage))| !check(*at, file, damage));
                    refused
                        .map(|(_, (file, _))| file.file_name().unwrap().to_str().unwrap().to_owned())
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    assert!(refused.contains("db") && refused.contains("confirmed"), "some damage matters: {refused:?}");
}

/// The binary with so many descriptors, its log in a file.
fn with_descriptors(descriptors: u64, log: &Path) -> Command {
    let mut command = Command::new("sh");
    let script = format!("ulimit -n {descriptors} && exec \"$0\" \"$@\" 2>'{}'", log.display());
    command.args(["-c", &script, BINARY, "--ephemeral"]).args(PORTS);
    command
}

/// What a process has used of the processors, in hundredths of a second.
fn processor_time(running: &Running) -> u64 {
    let line = fs::read_to_string(format!("/proc/{}/stat", running.process.id())).unwrap();
    line.split(' ').skip(13).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}

#[test]
fn too_few_descriptors_are_told_of_before_anything_is_ready() {
    let scratch = Scratch::new("descriptors");
    let log = scratch.0.join("log");
    let output = with_descriptors(60, &log).output().unwrap();
    let told = fs::read_to_string(&log).unwrap();
    assert!(!output.status.success() && told.contains("ulimit -n 1024") && output.stdout.is_empty(), "{told}");
}

/// Those for whom there is no room wait, without work for anybody; nobody is turned away, and the other doors stay open.
#[test]
fn who_comes_when_all_descriptors_are_taken_waits_until_one_is_free() {
    let scratch = Scratch::new("crowd");
    let log = scratch.0.join("log");
    let mut running = Running::spawn(with_descriptors(160, &log));
    let mut crowd: Vec<Line> = (0..200).map(|_| Line::to(&running.aws)).collect();
    let told = || fs::read_to_string(&log).unwrap();
    while !told().contains("whoever comes now waits") {
        assert!(running.process.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(50));
    }
    let told_of = told().split("the aws listener serves ").nth(1).unwrap().to_owned();
    let served: usize = told_of.split(' ').next().unwrap().parse().unwrap();
    assert!((8..200).contains(&served), "{served}");
    for line in &mut crowd {
        crate::support::send(line, &identify(&demo())).unwrap();
    }
    for line in &mut crowd[..served] {
        assert_eq!(crate::support::receive(line).unwrap().status(), 200);
    }
    assert!(!told().contains("Too many open files"), "{}", told());
    for place in [&running.companion, running.delivery.as_ref().unwrap()] {
        assert!(talk(&mut connect(place), ("GET", "/ready"), "", "").is_some(), "the others are served");
    }
    let (before, waited) = (processor_time(&running), Instant::now());
    assert!(crowd[served].reads_nothing_for(Duration::from_secs(1)));
    let busy = processor_time(&running) - before;
    assert!(busy < 50, "{busy} hundredths of {:?}", waited.elapsed());
    crowd.drain(..served);
    // Their requests have been waiting.
    crowd[0].patience(Duration::from_secs(20));
    assert_eq!(crate::support::receive(&mut crowd[0]).unwrap().status(), 200);
    drop(crowd);
    assert_eq!(over(&mut connect(&running.aws), &identify(&demo())).unwrap().status(), 200);
}

// Clocks ---------------------------------------------------------------------------------------------------------------

/// NTP, a suspended laptop, a restored machine: time of the machine is not always later than it was.
#[test]
fn a_clock_of_the_machine_that_jumps_back_revives_nobody_who_was_ended_and_mints_on() {
    let seed = r#"{ "accounts": [{ "id": "123456789012", "users": [{
        "name": "alice", "accessKeys": [{ "id": "AKIAALICE", "secret": "s" }],
        "mfaDevices": [{ "name": "phone", "secret": "PHONEPHONEPHONEPHONE" }] }] }] }"#;
    let world = TestWorld::new(seed);
    let alice = Keys::new("AKIAALICE", "s");
    let session = || Call::sts("GetSessionToken").by(&alice).param("DurationSeconds", "900").send(&world).keys();
    let code = |keys: &Keys| identify(keys).send(&world).text("Code");
    let [before, ended] = [session(), session()];
    let (id, now) = (ended.opened(&world).session().id, world.machine_now());
    world.change(|draft| Ok(draft.sessions.revoke(&mut draft.batch, id, now)?));
    world.wait(901);
    world.service.world().sweep().unwrap();
    assert_eq!(code(&before).as_deref(), Some("ExpiredToken"));
    world.wait(-7200);
    let after = session();
    // Its time has not come yet, as that of a session on a machine whose clock was wrong; who was ended stays so.
    assert_eq!([code(&before), code(&after)], [None, None]);
    assert_eq!(code(&ended).as_deref(), Some("InvalidClientTokenId"));
    let entries = world.service.world().ledger.list(&Filter::default(), None, 10).unwrap().entries;
    let keys: BTreeSet<&str> = entries.iter().map(|entry| entry.access_key_id.as_str()).collect();
    assert_eq!(keys, [&before, &ended, &after].map(|keys| keys.id.as_str()).into());
    world.wait(901);
    assert_eq!(code(&after).as_deref(), Some("ExpiredToken"));
    assert_eq!(code(&session()), None);
}

// Clients that take their time -----------------------------------------------------------------------------------------

/// What a client does that the doors must not wait for without end.
const DAWDLERS: [(&str, &str); 6] = [
    ("says nothing", ""),
    ("stops in the first line", "POST / HT"),
    ("stops in the headers", "POST / HTTP/1.1\r\nHost: x\r\nX-A: "),
    ("stops in the body", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nAction="),
    ("stops in a chunk", "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nAction="),
    ("has been answered", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
];

/// Waits until the other side ends it, sending a byte now and then; says how long that took.
fn dawdle(stream: &mut (impl Read + Write), begin: &str, drip: Option<&str>) -> Duration {
    let began = Instant::now();
    stream.write_all(begin.as_bytes()).unwrap();
    stream.flush().unwrap();
    let mut answer = [0; 4096];
    loop {
        match stream.read(&mut answer) {
            Ok(0) => return began.elapsed(),
            Ok(_) => {}
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                let gone = drip.is_some_and(|drip| stream.write_all(drip.as_bytes()).is_err());
                if gone || began.elapsed() > Duration::from_secs(100) {
                    return began.elapsed();
                }
            }
            Err(_) => return began.elapsed(),
        }
    }
}

/// On every listener, over TLS as well: who is quiet or drips in any part of a request, or does not read what is answered,
/// is let go within what `limits` says, and others are answered meanwhile.
#[test]
fn clients_that_take_their_time_are_let_go() {
    if !is_patient() {
        return;
    }
    let plain = Running::start(&["--ephemeral", "--delivery-listen", "127.0.0.1:0"]);
    let tls = secured(&format!("{TLS}/alone.crt"), &format!("{TLS}/host.key"));
    let places = [&plain.aws, &plain.companion, plain.delivery.as_ref().unwrap()];
    std::thread::scope(|scope| {
        let mut dawdlers = Vec::new();
        for (what, begin) in DAWDLERS {
            for drip in [None, Some("x")] {
                for place in places {
                    dawdlers.push((
                        what,
                        drip,
                        scope.spawn(move || {
                            let mut stream = connect(place);
                            stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
                            dawdle(&mut stream, begin, drip)
                        }),
                    ));
                }
                let place = &tls.aws;
                dawdlers.push((
                    what,
                    drip,
                    scope.spawn(move || {
                        let mut stream = client(place, &format!("{TLS}/alone.crt"), &[]);
                        stream.sock.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
                        dawdle(&mut stream, begin, drip)
                    }),
                ));
            }
        }
        // Asks again and again and reads nothing of it.
        dawdlers.push((
            "does not read",
            None,
            scope.spawn(|| {
                let (mut stream, began) = (connect(&plain.companion), Instant::now());
                stream.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
                let ask = b"GET /console HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(500);
                while began.elapsed() < Duration::from_secs(100) {
                    match stream.write(&ask) {
                        Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock) => {}
                        Err(_) => return began.elapsed(),
                        Ok(_) => {}
                    }
                }
                began.elapsed()
            }),
        ));
        // Half-closed: it has said all, and listens.
        for place in places {
            let mut stream = connect(place);
            stream.write_all(b"GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            assert!(read_all(stream).starts_with("HTTP/1.1 "), "a client that has said all is answered");
        }
        for _ in 0..70 {
            let began = Instant::now();
            assert_eq!(over(&mut connect(&plain.aws), &identify(&demo())).unwrap().status(), 200);
            assert!(began.elapsed() < Duration::from_secs(5), "others are answered");
            std::thread::sleep(Duration::from_secs(1));
        }
        for (what, drip, dawdler) in dawdlers {
            let took = dawdler.join().unwrap();
            println!("{what}, dripping {drip:?}: let go after {took:?}");
            assert!(took < Duration::from_secs(80), "{what}, dripping {drip:?}: {took:?}");
        }
    });
}

/// Half of them at either listener; fewer where this user may not open 20,200 files.
#[test]
fn ten_thousand_connections_are_answered_beside_each_other() {
    if !is_patient() {
        return;
    }
    let running = Running::start(&["--ephemeral"]);
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum.unwrap_or(u64::MAX);
    let half = usize::try_from(limit.saturating_sub(200) / 4).unwrap_or(usize::MAX).min(5000);
    let idle = running.memory();
    let crowd = |place: &str| (0..half).map(|_| connect(place)).collect::<Vec<TcpStream>>();
    let (mut silent, mut used) = (0, Vec::new());
    for _ in 0..7 {
        let (mut aws, mut side) = (crowd(&running.aws), crowd(&running.companion));
        silent = silent.max(running.memory());
        for stream in &mut aws {
            crate::support::send(stream, &identify(&demo())).unwrap();
        }
        for (aws, side) in aws.iter_mut().zip(&mut side) {
            assert_eq!(crate::support::receive(aws).unwrap().status(), 200);
            assert_eq!(talk(side, ("GET", "/ready"), "", "").unwrap().0, 200);
        }
        used.push(running.memory());
    }
    assert_eq!(over(&mut connect(&running.aws), &identify(&demo())).unwrap().status(), 200);
    println!(
        "memory in KiB: idle {idle}, with {} connections {silent}, once all were used, again and again: {used:?}",
        2 * half
    );
    // The framework keeps what connections had, by worker, and they are dealt out otherwise each time.
    assert!(used[6] < 512 * 1024 && used[6] - used[5] < used[0] / 20, "{used:?} KiB");
}
