//! The ledger: what was minted, found again by what an operator knows of it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::store::{Scratch, reopen};
use crate::support::{Call, Keys, NOW, TestWorld, identify};
use local_sts::api::baseline;
use local_sts::env::ManualClock;
use local_sts::ids::unique_id::Kind;
use local_sts::ids::{AccountId, UniqueId};
use local_sts::sessions::ledger::{Entry, Filter, Page, Unlisted};
use local_sts::sessions::{Ended, Issuer, Ledger, SessionId};
use local_sts::shape::Shape;
use local_sts::store::{Engine, SledEngine};
use local_sts::time::{Moment, Timestamp};

const SEED: &str = r#"{"accounts": [{"id": "123456789012", "users": [
    {"name": "alice", "accessKeys": [{"id": "AKIAALICE", "secret": "alice-secret"}]}]}]}"#;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(NOW + seconds)
}

fn entry(number: u128, issued: i64, lives: i64) -> Entry {
    let account = AccountId::parse(if number.is_multiple_of(2) { "123456789012" } else { "210987654321" }).unwrap();
    Entry {
        id: SessionId(number.to_be_bytes()),
        access_key_id: Shape::parse(&format!("ASIA{}", number % 7)).unwrap(),
        account,
        issuer: Some(UniqueId::mint(Kind::Role, account, [7; 9])),
        issuer_arn: format!("arn:aws:iam::{account}:role/r{}", number % 3),
        session_name: Some("ci".to_owned()),
        generation: 0,
        ring_key: 1,
        issued: at(issued),
        expires: at(issued + lives),
    }
}

fn ids(page: &Page) -> Vec<u128> {
    page.entries.iter().map(|entry| u128::from_be_bytes(entry.id.0)).collect()
}

#[track_caller]
fn check(ledger: &Ledger, filter: &Filter, expect: &[u128]) {
    assert_eq!(ids(&ledger.list(filter, None, 1000).unwrap()), expect, "{filter:?}");
}

fn filled(ledger: Ledger) -> Ledger {
    // Ends and beginnings run against each other, so neither order is the other's.
    (0..12).for_each(|number| {
        ledger.record(&entry(
            number,
            i64::try_from(number).unwrap() * 60,
            43_200 - i64::try_from(number).unwrap() * 3600,
        ));
    });
    ledger
}

#[test]
fn entries_come_newest_first_and_by_what_is_asked() {
    let ledger = filled(Ledger::in_memory());
    check(&ledger, &Filter::default(), &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    let account = AccountId::parse("123456789012");
    check(&ledger, &Filter { account, ..Filter::default() }, &[10, 8, 6, 4, 2, 0]);
    let issuer_arn = Some("arn:aws:iam::123456789012:role/r0".to_owned());
    check(&ledger, &Filter { issuer_arn, ..Filter::default() }, &[6, 0]);
    check(&ledger, &Filter { access_key_id: Some("ASIA3".to_owned()), ..Filter::default() }, &[10, 3]);
    check(&ledger, &Filter { id: Some(SessionId(5_u128.to_be_bytes())), ..Filter::default() }, &[5]);
    let (issued_from, issued_before) = (Some(at(180)), Some(at(300)));
    check(&ledger, &Filter { issued_from, issued_before, ..Filter::default() }, &[4, 3]);
    check(&ledger, &Filter { access_key_id: Some("ASIA".to_owned()), ..Filter::default() }, &[]);
}

#[test]
fn pages_join_without_gap_or_overlap() {
    let ledger = filled(Ledger::in_memory());
    let (mut after, mut seen, mut pages) = (None, Vec::new(), 0);
    loop {
        let page = ledger.list(&Filter::default(), after, 5).unwrap();
        seen.extend(ids(&page));
        pages += 1;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((seen, pages), ((0..12).rev().collect(), 3));
}

/// Whatever their ids are and whenever they end.
fn check_order_within_a_millisecond(ledger: &Ledger) {
    let ids_in_order: Vec<u128> = (0..12).map(|number| number * 7 % 12).collect();
    for (place, id) in ids_in_order.iter().enumerate() {
        ledger.record(&entry(*id, 0, if id % 3 == 0 { 900 } else { 3600 }));
        if place % 5 == 4 {
            opened(ledger, &Filter::default());
        }
    }
    let expect: Vec<u128> = ids_in_order.into_iter().rev().collect();
    assert_eq!(ids(&opened(ledger, &Filter::default())), expect);
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = ledger.list(&Filter::default(), after, 5).unwrap();
        seen.extend(ids(&page));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, expect);
}

#[test]
fn what_began_in_the_same_millisecond_comes_in_the_order_of_minting() {
    check_order_within_a_millisecond(&Ledger::in_memory());
    let scratch = Scratch::new("order");
    let directory = scratch.0.join("ledger");
    let open = |at| Ledger::on_disk(&directory, Duration::from_millis(5), Arc::new(ManualClock::at(at))).unwrap();
    let ledger = open(at(0));
    ledger.begin();
    check_order_within_a_millisecond(&ledger);
    drop(ledger);
    let ledger = open(at(1));
    ledger.begin();
    ledger.record(&entry(99, 0, 900));
    assert_eq!(ids(&opened(&ledger, &Filter::default())).first(), Some(&99), "after a restart as well");
}

#[test]
fn what_is_not_written_is_kept_up_to_a_bound_and_counted_beyond_it() {
    let scratch = Scratch::new("bound");
    std::fs::write(scratch.0.join("file"), "in the way").unwrap();
    let clock = Arc::new(ManualClock::at(at(0)));
    let ledger = Ledger::on_disk(&scratch.0.join("file/ledger"), Duration::from_hours(1), clock).unwrap();
    ledger.begin();
    opened(&ledger, &Filter::default());
    let one = entry(1, 0, 3600);
    (0..200_003).for_each(|_| ledger.record(&one));
    let told = ledger.trouble().unwrap();
    assert!(told.contains("200000 wait") && told.contains("3 were lost"), "{told}");
    let page = ledger.list(&Filter::default(), None, 10).unwrap();
    assert!(page.entries.len() == 10 && page.trouble.is_some());
    ledger.clear().unwrap_err();
    assert!(ledger.trouble().unwrap().contains(": 0 wait"), "a reset forgets what waits as well");
    std::fs::remove_file(scratch.0.join("file")).unwrap();
    ledger.record(&one);
    let page = ledger.list(&Filter::default(), None, 10).unwrap();
    assert!(page.entries.len() == 1 && page.trouble.is_none(), "{page:?}");
}

#[test]
fn what_is_over_on_both_clocks_is_forgotten() {
    let ledger = filled(Ledger::in_memory());
    let late = at(10 * 86_400);
    ledger.list(&Filter::default(), None, 1).unwrap();
    ledger.sweep(Moment { now: late, machine: at(0) }).unwrap();
    check(&ledger, &Filter::default(), &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    // Number 11 lives an hour from NOW + 660 s.
    ledger.sweep(Moment::unsteered(at(2 * 3600))).unwrap();
    check(&ledger, &Filter::default(), &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    ledger.sweep(Moment::unsteered(late)).unwrap();
    check(&ledger, &Filter::default(), &[]);
}

/// Asks until the ledger is open: the only suite that waits for another thread.
fn opened(ledger: &Ledger, filter: &Filter) -> Page {
    for _ in 0..1000 {
        match ledger.list(filter, None, 1000) {
            Ok(page) => return page,
            Err(Unlisted::Opening) => std::thread::sleep(Duration::from_millis(5)),
            Err(failed) => panic!("{failed:?}"),
        }
    }
    panic!("the ledger did not open within five seconds")
}

#[test]
fn a_ledger_on_disk_remembers_and_loses_nothing_before_it_is_open() {
    let scratch = Scratch::new("ledger");
    let clock = || Arc::new(ManualClock::at(at(0)));
    let directory = scratch.0.join("ledger");
    let open = || Ledger::on_disk(&directory, Duration::from_millis(20), clock()).unwrap();
    let ledger = open();
    ledger.record(&entry(1, 0, 3600));
    assert!(matches!(ledger.list(&Filter::default(), None, 1), Err(Unlisted::Opening)));
    ledger.begin();
    assert_eq!(ids(&opened(&ledger, &Filter::default())), [1]);
    ledger.record(&entry(2, 1, 3600));
    drop(ledger);
    let ledger = open();
    ledger.begin();
    assert_eq!(ids(&opened(&ledger, &Filter::default())), [2, 1]);
}

fn on_disk(directory: &Path) -> Ledger {
    let ledger = Ledger::on_disk(directory, Duration::from_hours(1), Arc::new(ManualClock::at(at(0)))).unwrap();
    ledger.begin();
    ledger
}

/// The files of a ledger of 4,000 sessions that was opened a second time: it has a snapshot by then, and reads its
/// pages only when they are needed.
fn files_of_a_ledger(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let ledger = on_disk(directory);
    (0..4000).for_each(|number| ledger.record(&entry(number, 0, 3600 + i64::try_from(number).unwrap() * 60)));
    drop(ledger);
    opened(&on_disk(directory), &Filter::default());
    files_in(directory)
}

fn files_in(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.is_file()).map(|path| (path.clone(), std::fs::read(&path).unwrap())).collect()
}

fn write_files(directory: &Path, files: &[(PathBuf, Vec<u8>)]) {
    let _ = std::fs::remove_dir_all(directory);
    local_sts::store::make_private(directory).unwrap();
    for (path, bytes) in files {
        std::fs::write(path, bytes).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// Wherever it is damaged, and however often: it opens, takes new sessions, and tells that it lost older ones.
#[test]
fn a_ledger_that_cannot_be_read_is_set_aside_and_begun_anew() {
    let scratch = Scratch::new("unreadable");
    let directory = scratch.0.join("ledger");
    let files = files_of_a_ledger(&directory);
    let mut times_told = 0;
    for (share, name) in (0..20).map(|share| (share, "db")).chain([(0, "snap."), (10, "snap.")]) {
        let mut damaged = files.clone();
        let named = |path: &Path| path.file_name().unwrap().to_str().unwrap().starts_with(name);
        let (_, bytes) = damaged.iter_mut().find(|(path, _)| named(path)).unwrap();
        let at = bytes.len() * share / 20;
        bytes[at..].iter_mut().take(64 << (share % 8)).for_each(|byte| *byte ^= 0xFF);
        write_files(&directory, &damaged);
        let ledger = on_disk(&directory);
        // What is damaged is found by the first reading, and set aside by what comes next.
        opened(&ledger, &Filter::default());
        opened(&ledger, &Filter::default());
        ledger.record(&entry(9999, 99, 3600));
        let page = opened(&ledger, &Filter::default());
        assert_eq!((ids(&page).first(), ledger.trouble()), (Some(&9999), None), "{name} at {share}");
        if page.next.is_none() {
            times_told += usize::from(page.trouble.is_some_and(|told| told.contains("ledger.unreadable-1")));
        }
        drop(ledger);
        assert!(std::fs::read_dir(&scratch.0).unwrap().count() <= 4, "at most three are kept");
        assert_eq!(ids(&opened(&on_disk(&directory), &Filter::default())).first(), Some(&9999));
    }
    assert!(times_told > 1, "some damage matters: {times_told}");
}

/// sled panics over some of it, and forgets some of it; neither may pass for the state, nor for a fault of ours.
#[test]
fn a_damaged_state_is_refused_with_advice_or_whole() {
    let scratch = Scratch::new("damaged-state");
    let directory = scratch.0.join("state");
    for chance in 1..4 {
        let world = TestWorld::over(Box::new(reopen(&directory)), Some(SEED), chance);
        baseline::reset(world.service.world()).unwrap().wait().unwrap();
    }
    let rows = reopen(&directory).load().unwrap().0;
    let files = files_in(&directory);
    let mut refusals = 0;
    for (at, size) in (0..40).flat_map(|share| [(share, 8), (share, 512), (share, 9000)]) {
        let mut damaged = files.clone();
        let (_, bytes) = damaged.iter_mut().find(|(path, _)| path.ends_with("db")).unwrap();
        let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
        bytes[used * at / 40..].iter_mut().take(size).for_each(|byte| *byte ^= 0xFF);
        write_files(&directory, &damaged);
        match SledEngine::open(&directory) {
            Ok(engine) => assert_eq!(engine.load().unwrap().0, rows, "{size} at {at}"),
            Err(error) => {
                assert!(error.to_string().contains("restore it from a copy"), "{error}");
                refusals += 1;
            }
        }
    }
    assert!(refusals > 3, "some damage matters: {refusals}");
}

/// sled reads what it could not finish, on a full disk or at its death, before all that is whole.
#[test]
fn a_snapshot_that_was_not_finished_harms_neither_the_ledger_nor_the_state() {
    let scratch = Scratch::new("unfinished");
    let (directory, state) = (scratch.0.join("ledger"), scratch.0.join("state"));
    files_of_a_ledger(&directory);
    drop(TestWorld::over(Box::new(reopen(&state)), Some(SEED), 1));
    for (place, text) in [(&directory, "unfinished"), (&state, "unfinished"), (&state, "")] {
        let unfinished = place.join("snap.00000000000FFFFF.generating");
        std::fs::write(&unfinished, text).unwrap();
        std::fs::set_permissions(&unfinished, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let page = opened(&on_disk(&directory), &Filter::default());
    assert!(page.next.is_some() && page.trouble.is_none(), "all of it is there");
    let world = TestWorld::over(Box::new(reopen(&state)), None, 2);
    let alice = Keys::of("alice");
    assert_eq!(identify(&alice).send(&world).status(), 200);
}

#[test]
fn every_session_that_is_handed_out_is_in_the_ledger() {
    let world = TestWorld::new(
        r#"
accounts:
  - id: "123456789012"
    users: [{ name: alice, accessKeys: [{ id: AKIAALICE, secret: alice-secret }] }]
    roles:
      - name: open
        path: /ci/
        trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
"#,
    );
    let call = Call::assume_role("arn:aws:iam::123456789012:role/ci/open", "build-17");
    let keys = call.by(&Keys::of("alice")).send(&world).keys();
    let page = world.service.world().ledger.list(&Filter::default(), None, 10).unwrap();
    let [found] = page.entries.as_slice() else { panic!("{page:?}") };
    assert_eq!(found.access_key_id.as_str(), keys.id);
    assert_eq!(found.issuer_arn, "arn:aws:iam::123456789012:role/ci/open");
    assert_eq!(found.session_name.as_deref(), Some("build-17"));
    assert_eq!((found.issued, found.expires), (at(0), at(3600)));
    assert!(!format!("{found:?}").contains(&keys.secret));
}

#[test]
fn an_entry_tells_how_its_session_ended() {
    let world = TestWorld::new(SEED);
    let inner = world.service.world();
    let begin = || Call::sts("GetSessionToken").by(&Keys::of("alice")).send(&world).status();
    assert_eq!((begin(), begin()), (200, 200));
    let entries = inner.ledger.list(&Filter::default(), None, 10).unwrap().entries;
    let [one, other] = entries.as_slice() else { panic!("{entries:?}") };
    let ended = || {
        let snapshot = inner.snapshot();
        (snapshot.sessions.ended_early(one), snapshot.sessions.ended_early(other))
    };
    assert_eq!(ended(), (None, None));
    world.change(|draft| Ok(draft.sessions.revoke(&mut draft.batch, one.id, one.issued)?));
    assert_eq!(ended(), (Some(Ended::Revoked), None));
    world.revoke_all_of(Issuer::Principal(other.issuer.as_ref().unwrap()));
    assert_eq!(ended(), (Some(Ended::Revoked), Some(Ended::Generation)));
    baseline::reset(inner).unwrap().wait().unwrap();
    assert_eq!(ended(), (Some(Ended::RetiredKey), Some(Ended::RetiredKey)));
}
