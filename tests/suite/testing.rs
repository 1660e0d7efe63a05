//! Services inside a test: many of them side by side, none of which knows of another, and gone without a trace.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use local_sts::testing::{TestCredentials, TestSts};

use crate::crash::over;
use crate::http::{check_refused, exchange, status};
use crate::support::{Answer, Call, Keys, identify};

fn place(url: &str) -> String {
    url.trim_start_matches("http://").to_owned()
}

fn keys(credentials: &TestCredentials) -> Keys {
    Keys {
        id: credentials.access_key_id.clone(),
        secret: credentials.secret_access_key.clone(),
        token: credentials.session_token.clone(),
    }
}

/// Sends a call over a socket, as an SDK does.
fn send(sts: &TestSts, call: &Call) -> Answer {
    let mut stream = TcpStream::connect(place(sts.endpoint())).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    over(&mut stream, &call.clone().header("host", &place(sts.endpoint()))).unwrap()
}

fn who_is(sts: &TestSts, credentials: &TestCredentials) -> Answer {
    send(sts, &identify(&keys(credentials)))
}

#[track_caller]
fn check(sts: &TestSts, credentials: &TestCredentials, code: Option<&str>) {
    let answer = who_is(sts, credentials);
    assert_eq!(answer.text("Code").as_deref(), code, "{}", answer.body());
}

#[test]
fn one_line_starts_a_service_that_knows_the_demo_key_and_the_demo_roles() {
    let sts = TestSts::start();
    assert_eq!(
        who_is(&sts, &sts.credentials()).text("Arn").as_deref(),
        Some("arn:aws:iam::000000000000:user/administrator")
    );
    let session = sts.credentials_for("demo");
    let arn = who_is(&sts, &session).text("Arn");
    assert_eq!(arn, session.arn);
    assert_eq!(arn.as_deref(), Some("arn:aws:sts::000000000000:assumed-role/demo/test"));
    let wrong = TestCredentials { secret_access_key: "wrong".to_owned(), ..sts.credentials() };
    check(&sts, &wrong, Some("SignatureDoesNotMatch"));
    let ready = exchange(
        &place(sts.companion()),
        format!("GET /ready HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", place(sts.companion())).as_bytes(),
    );
    assert_eq!(status(&ready), "200 OK");
    assert!(format!("{sts:?} {session:?}").contains("TestSts(http://127.0.0.1:"));
    assert!(!format!("{session:?}").contains(&session.secret_access_key));
}

#[test]
fn time_resets_and_snapshots_are_at_hand() {
    let sts = TestSts::builder().at("2030-01-01T00:00:00Z").start();
    let minute = sts.credentials_lasting("demo", 60);
    check(&sts, &minute, None);
    sts.clock().advance(Duration::from_mins(1));
    check(&sts, &minute, Some("ExpiredToken"));
    let before = sts.credentials_for("demo");
    sts.snapshot("base");
    let after = sts.credentials_for("demo-long");
    sts.clock().freeze_at("2031-01-01T00:00:00Z");
    check(&sts, &before, Some("ExpiredToken"));
    sts.restore("base");
    check(&sts, &before, None);
    check(&sts, &after, Some("InvalidClientTokenId"));
    sts.expire_sessions();
    check(&sts, &before, Some("ExpiredToken"));
    let last = sts.credentials_for("demo");
    sts.revoke_sessions();
    check(&sts, &last, Some("InvalidClientTokenId"));
    sts.clock().follow_machine();
    sts.reset();
    let shown = sts.clock().now().duration_since(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(shown.as_secs(), 1_893_456_000, "as at the start");
    sts.clock().freeze();
    check(&sts, &sts.credentials(), None);
}

#[test]
fn what_was_asked_can_be_looked_at_and_expected() {
    let sts = TestSts::start();
    let keys = keys(&sts.credentials());
    let role = "arn:aws:iam::000000000000:role/demo";
    let assume = Call::assume_role(role, "ci").by(&keys);
    assert_eq!(send(&sts, &assume).status(), 200);
    assert_eq!(sts.journal().entries().last().unwrap()["action"], "AssumeRole");
    sts.journal().expect(r#"{"match": {"action": "AssumeRole"}, "expect": {"count": 1}}"#);
    let twice = r#"{"match": {"action": "AssumeRole"}, "expect": {"count": 2}}"#;
    let expecting = std::panic::AssertUnwindSafe(|| sts.journal().expect(twice));
    let missed = std::panic::catch_unwind(expecting).unwrap_err();
    assert!(missed.downcast_ref::<String>().unwrap().contains("\"count\": 1"));
    sts.journal().clear();
    assert_eq!(sts.journal().entries().len(), 0);
    assert_eq!(send(&sts, &assume).status(), 200);
    sts.reset();
    assert_eq!(sts.journal().entries().len(), 0);
}

#[test]
fn what_shall_go_wrong_goes_wrong_until_a_reset() {
    let sts = TestSts::start();
    sts.faults().add(r#"{"preset": "throttle", "match": {"action": "GetCallerIdentity"}, "times": 2}"#);
    check(&sts, &sts.credentials(), Some("Throttling"));
    assert_eq!(sts.faults().struck(), 1);
    sts.reset();
    check(&sts, &sts.credentials(), None);
    let wrong = std::panic::AssertUnwindSafe(|| sts.faults().add(r#"{"preset": "nonsense"}"#));
    assert!(std::panic::catch_unwind(wrong).is_err());
}

const SEED: &str = "
accounts:
  - id: '111111111111'
    users: [{ name: zoe, accessKeys: [{ id: AKIAZOE, secret: zoe-secret }, { id: AKIAOFF, secret: off, status: Inactive }] }]
    roles: [{ name: reader, maxSessionDuration: 3600, trust: { Version: '2012-10-17', Statement: [{ Effect: Allow, Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }] } }]
";

#[test]
fn a_seed_of_its_own_takes_the_place_of_the_built_in_one() {
    let sts = TestSts::builder().seed_file("fixtures/seed/sample.yaml").seed_str(SEED).region("eu-central-1").start();
    assert_eq!(sts.region(), "eu-central-1");
    let zoe = sts.credentials_for("arn:aws:iam::111111111111:user/zoe");
    let answer = send(&sts, &Call::sts("GetCallerIdentity").region("eu-central-1").by(&keys(&zoe)));
    assert_eq!(answer.text("Arn").as_deref(), Some("arn:aws:iam::111111111111:user/zoe"));
    let environment = sts.environment("arn:aws:iam::111111111111:role/reader");
    let value = |name: &str| environment.iter().find(|(found, _)| found == name).unwrap().1.clone();
    assert_eq!(value("AWS_ENDPOINT_URL_STS"), sts.endpoint());
    assert_eq!(value("AWS_REGION"), "eu-central-1");
    assert!(value("AWS_ACCESS_KEY_ID").starts_with("ASIA") && !value("AWS_SESSION_TOKEN").is_empty());
    sts.add_seed("accounts: [{ id: '111111111111', users: [{ name: yan }] }]");
    sts.credentials_for("arn:aws:iam::111111111111:user/yan");
    sts.reset_account("111111111111");
    sts.credentials_for("arn:aws:iam::111111111111:user/yan");
    let only_zoe = TestSts::builder().seed_str(SEED).start();
    assert_eq!(only_zoe.credentials().access_key_id, "AKIAZOE");
}

#[test]
fn what_cannot_be_is_told() {
    let told = |builder: local_sts::testing::Builder| builder.try_start().unwrap_err();
    let wrong = told(TestSts::builder().seed_str("accounts:\n  - id: x\n"));
    assert!(wrong.contains("seed_str:2:9: `x` cannot be used as the account id"), "{wrong}");
    assert!(told(TestSts::builder().seed_file("nowhere.yaml")).contains("nowhere.yaml: there is no such file"));
    assert!(told(TestSts::builder().region("atlantis")).contains("atlantis is no AWS region"));
    assert!(told(TestSts::builder().at("noon")).contains("noon is no time"));
    let asked = std::panic::catch_unwind(|| TestSts::start().credentials_for("nobody")).unwrap_err();
    assert_eq!(asked.downcast_ref::<String>().unwrap(), "local-sts: the seed has no role or user nobody");
}

#[test]
fn the_same_calls_get_the_same_ids_keys_and_tokens() {
    let told = |number: u64| {
        let sts = TestSts::builder().seed_str(SEED).entropy_seed(number).at("2030-01-01T00:00:00Z").start();
        let zoe = Keys::of("zoe");
        let role = "arn:aws:iam::111111111111:role/reader";
        let assumed = send(&sts, &Call::assume_role(role, "ci").by(&zoe));
        let refused = send(&sts, &identify(&Keys::new("AKIAZOE", "wrong")));
        let session = sts.credentials_for("reader");
        let secret = session.secret_access_key.clone();
        (assumed.body().to_owned(), refused.text("RequestId"), session.session_token, secret)
    };
    let once = told(42);
    assert_eq!(told(42), once);
    let other = told(43);
    assert!(other.0 != once.0 && other.1 != once.1 && other.2 != once.2 && other.3 != once.3);
    assert!(once.0.contains("<SessionToken>"), "{}", once.0);
}

#[test]
fn repeatable_chance_is_not_for_what_lasts_or_what_others_can_reach() {
    check_refused(&["--entropy-seed", "42"], "must not last");
    check_refused(&["--ephemeral", "--entropy-seed", "42", "--aws-listen", "0.0.0.0:0"], "others can reach");
    let delivered = ["--ephemeral", "--entropy-seed", "42", "--delivery-listen", "169.254.170.2:80"];
    check_refused(&delivered, "others can reach");
    check_refused(&["--ephemeral", "--entropy-seed", "many"], "invalid value");
}

/// As in a `#[tokio::test]`, where nothing may block.
#[test]
fn a_service_is_at_home_in_an_asynchronous_test() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let sts = TestSts::builder().at("2030-01-01T00:00:00Z").start();
        let session = sts.credentials_for("demo");
        sts.snapshot("base");
        sts.clock().advance(Duration::from_hours(1));
        check(&sts, &session, Some("ExpiredToken"));
        sts.restore("base");
        check(&sts, &session, None);
        sts.add_seed(SEED);
        sts.revoke_sessions();
        sts.reset_account("111111111111");
        sts.reset();
        check(&sts, &sts.credentials(), None);
    });
}

#[test]
fn an_async_test_starts_and_asks_it_like_any_other() {
    actix_web::rt::System::new().block_on(async {
        let sts = TestSts::start();
        let before = sts.credentials_for("demo");
        check(&sts, &before, None);
        // The built-in seed says what is delivered, which is no account's own.
        sts.reset_account("000000000000");
        check(&sts, &before, Some("InvalidClientTokenId"));
        sts.snapshot("base");
        sts.restore("base");
        sts.reset();
    });
}

#[test]
fn a_dropped_service_leaves_its_ports_at_once() {
    let sts = TestSts::start();
    let [aws, companion]: [SocketAddr; 2] = [sts.endpoint(), sts.companion()].map(|url| place(url).parse().unwrap());
    // A client that holds its connection does not hold the service up.
    let _held = TcpStream::connect(aws).unwrap();
    check(&sts, &sts.credentials(), None);
    drop(sts);
    for address in [aws, companion] {
        assert!(TcpStream::connect(address).is_err());
        TcpListener::bind(address).unwrap();
    }
}

#[test]
fn fifty_services_live_side_by_side() {
    let services: Vec<TestSts> = (0..50)
        .map(|number| {
            let seed = SEED.replace("111111111111", &format!("{:012}", 100_000_000_000_u64 + number));
            TestSts::builder().seed_str(&seed).start()
        })
        .collect();
    std::thread::scope(|scope| {
        for (number, sts) in services.iter().enumerate() {
            scope.spawn(move || {
                let session = sts.credentials_for("reader");
                let account = format!("{:012}", 100_000_000_000 + number);
                assert_eq!(who_is(sts, &session).text("Account"), Some(account));
                sts.clock().advance(Duration::from_secs(3600 * number as u64));
                check(sts, &session, (number > 0).then_some("ExpiredToken"));
                if number % 2 == 0 {
                    sts.reset();
                }
            });
        }
    });
    let stranger = services[1].credentials_for("reader");
    check(&services[3], &stranger, Some("InvalidClientTokenId"));
    check(&services[2], &services[2].credentials(), None);
}

/// The whole suite of fifty, in two processes at once.
#[test]
fn two_processes_of_fifty_services_do_not_meet() {
    let run = || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "testing::fifty_services_live_side_by_side"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    for process in [run(), run()] {
        let output = process.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success() && told.contains("1 passed"),
            "{told}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
