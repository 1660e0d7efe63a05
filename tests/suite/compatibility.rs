//! Every release reads what each one before it wrote: its seeds, its exports, its data directories with their snapshots.
//!
//! `fixtures/releases` has a directory for each release, which is written once, with that release:
//! `cargo test --test suite -- --ignored write_what_this_release_writes`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use local_sts::api::endpoint::RegionRule;
use local_sts::api::snapshots;
use local_sts::api::world::World;
use local_sts::env::{SteeredClock, SystemClock, SystemEntropy};
use local_sts::federation::mfa::{Seed as MfaSeed, Step};
use local_sts::secret::Secret;
use local_sts::seed::{self, Source};
use local_sts::sessions::ledger::Ledger;
use local_sts::store::{Batch, Engine, Expect, MemoryEngine, Write};

use crate::store::{Scratch, reopen};
use crate::support::{Answer, Call, Keys, TestWorld, identify};

const ALICE: (&str, &str) = ("AKIAEXAMPLEALICE0001", "EXAMPLE0alice0secret0EXAMPLE0alice0secre");
const BOB: (&str, &str) = ("AKIAEXAMPLEBOB000001", "EXAMPLE0bob00secret0EXAMPLE0bob00secret0");
const PHONE: &str = "arn:aws:iam::123456789012:mfa/alice-phone";

fn releases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/releases")
}

fn keys((id, secret): (&str, &str)) -> Keys {
    Keys::new(id, secret)
}

fn iam(world: &TestWorld, action: &str, params: &[(&str, &str)]) -> Answer {
    Call::iam(action).params(params).by(&keys(ALICE)).send(world)
}

#[track_caller]
fn done(world: &TestWorld, action: &str, params: &[(&str, &str)]) {
    iam(world, action, params).fine();
}

fn assume(world: &TestWorld, session: &str) -> Keys {
    let role = "arn:aws:iam::123456789012:role/report-reader";
    let call = Call::assume_role(role, session);
    call.by(&keys(BOB)).send(world).keys()
}

/// The code of alice's phone now, shown.
fn log_in(world: &TestWorld, code: &str) -> Answer {
    Call::sts("GetSessionToken").param("SerialNumber", PHONE).param("TokenCode", code).by(&keys(ALICE)).send(world)
}

fn refusal(world: &TestWorld, session: &Keys) -> Option<String> {
    identify(session).send(world).text("Code")
}

/// Copies a directory, for its owner alone, as version control does not keep it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o700)).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &place);
        } else {
            fs::copy(entry.path(), &place).unwrap();
            fs::set_permissions(&place, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}

#[test]
#[ignore = "writes the fixture of a release, once"]
fn write_what_this_release_writes() {
    let place = releases().join(env!("CARGO_PKG_VERSION"));
    fs::create_dir(&place).unwrap();
    let seed = fs::read_to_string(releases().join("../seed/sample.yaml")).unwrap();
    fs::write(place.join("seed.yaml"), &seed).unwrap();
    let scratch = Scratch::new("release");
    let directory = scratch.0.join("state");
    let world = TestWorld::over(Box::new(reopen(&directory)), Some(&seed), 1);
    let (live, ended) = (assume(&world, "live"), assume(&world, "ended"));
    let code = MfaSeed::parse(&Secret::new("ALICEALICEALICEALICEALICEALICEAL".to_owned())).unwrap();
    let code = code.code(Step::of(world.machine_now(), 0)).unwrap();
    assert_eq!(log_in(&world, &code).status(), 200);
    done(&world, "CreateUser", &[("UserName", "newcomer")]);
    done(&world, "CreateAccessKey", &[("UserName", "newcomer")]);
    let (_, ticket) = snapshots::take(world.service.world(), "with-newcomer", false).unwrap();
    ticket.wait().unwrap();
    let key = iam(&world, "ListAccessKeys", &[("UserName", "newcomer")]).text("AccessKeyId").unwrap();
    done(&world, "DeleteAccessKey", &[("UserName", "newcomer"), ("AccessKeyId", &key)]);
    done(&world, "DeleteUser", &[("UserName", "newcomer")]);
    let (session, now) = (ended.opened(&world).session().id, world.service.world().now().now);
    world.change(|draft| Ok(draft.sessions.revoke(&mut draft.batch, session, now)?));
    let told = serde_json::json!({
        "live": [live.id, live.secret, live.token], "ended": [ended.id, ended.secret, ended.token], "usedCode": code,
    });
    fs::write(place.join("credentials.json"), format!("{told:#}\n")).unwrap();
    fs::write(place.join("export.json"), world.export()).unwrap();
    drop(world);
    copy(&directory, &place.join("state"));
}

/// What the credentials of a release are for.
fn handed_out(release: &Path) -> (Keys, Keys, String) {
    let told: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(release.join("credentials.json")).unwrap()).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let keys =
        |name: &str| Keys { id: text(&told[name][0]), secret: text(&told[name][1]), token: Some(text(&told[name][2])) };
    (keys("live"), keys("ended"), text(&told["usedCode"]))
}

#[test]
fn what_releases_wrote_is_read() {
    let mut read = 0;
    for release in fs::read_dir(releases()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let text = |name: &str| fs::read_to_string(release.join(name)).unwrap();
        let planted = TestWorld::new(&text("seed.yaml"));
        assert_eq!(refusal(&planted, &assume(&planted, "ci")), None, "{}: its seed", release.display());
        let exported = text("export.json");
        assert_eq!(TestWorld::new(&exported).export(), exported, "{}: its export", release.display());
        check_state(&release, &exported);
        read += 1;
    }
    assert!(read > 0);
}

fn check_state(release: &Path, exported: &str) {
    let scratch = Scratch::new("compatibility");
    let directory = scratch.0.join("state");
    copy(&release.join("state"), &directory);
    let world = TestWorld::over(Box::new(reopen(&directory)), None, 2);
    assert_eq!(world.export(), exported, "{}: its identities", release.display());
    let (live, ended, code) = handed_out(release);
    assert_eq!(refusal(&world, &live), None);
    assert_eq!(refusal(&world, &ended).as_deref(), Some("InvalidClientTokenId"));
    assert_eq!(log_in(&world, &code).status(), 403, "its used code");
    let there = |world: &TestWorld| iam(world, "GetUser", &[("UserName", "newcomer")]).status();
    assert_eq!(there(&world), 404);
    let (_, ticket) = snapshots::restore(world.service.world(), "with-newcomer").unwrap();
    ticket.wait().unwrap();
    assert_eq!(there(&world), 200, "its snapshot");
    assert_eq!(refusal(&world, &live), None);
}

/// Why a state is not read that has this row beside its own.
fn refused_with(key: &[u8], value: &[u8]) -> String {
    let engine = MemoryEngine::default();
    let row = Write { key: key.to_vec(), value: Some(value.to_vec()), expect: Expect::Absent };
    engine.commit(&Batch { writes: vec![row], wipe: false }, 0).unwrap().1.wait().unwrap();
    let clock = std::sync::Arc::new(SteeredClock::over(Box::new(SystemClock)));
    let read = World::load(Box::new(engine), clock, Box::new(SystemEntropy), RegionRule::Any, Ledger::in_memory());
    read.err().unwrap().to_string()
}

#[test]
fn what_only_a_later_release_can_read_is_refused_and_says_so() {
    let advice = "which only a later release knows: start the release that wrote it, or a later one";
    let row = refused_with(b"\x01\0\0\0\0\0\0\0\x01", b"\x63whatever");
    assert!(row.contains("a row of accounts: it has version 99") && row.ends_with(advice), "{row}");
    let table = refused_with(b"\xFAkey", b"\x01whatever");
    assert!(table.contains("it has a table 250") && table.ends_with(advice), "{table}");
    let source = Source { name: "new.yaml".to_owned(), text: "version: 2\naccounts: []\n".to_owned() };
    let seed = seed::parse(&[source], &|_| None).err().unwrap().to_string();
    assert!(seed.starts_with("new.yaml:1:10: this release reads version 1 of the format"), "{seed}");
}
