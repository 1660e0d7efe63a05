//! What every engine must do, held against each of them; and what a directory must be.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use local_sts::store::{Batch, CommitError, Engine, Expect, MemoryEngine, OpenError, SledEngine, Write, tables};

/// A directory that goes with the test.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("local-sts-test-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Opens a state that nobody has open any more.
pub fn reopen(directory: &Path) -> SledEngine {
    SledEngine::open(directory).unwrap()
}

fn put(key: &str, value: &str, expect: Expect) -> Write {
    Write { key: key.into(), value: Some(value.into()), expect }
}

fn batch(writes: Vec<Write>) -> Batch {
    Batch { writes, wipe: false }
}

fn rows(engine: &dyn Engine) -> Vec<(String, String)> {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    engine.load().unwrap().0.into_iter().map(|row| (text(row.key), text(row.value))).collect()
}

fn commit(engine: &dyn Engine, batch: &Batch) -> Result<(), CommitError> {
    let (_, revision) = engine.load().unwrap();
    let (_, ticket) = engine.commit(batch, revision)?;
    ticket.wait().unwrap();
    Ok(())
}

fn conforms(engine: &dyn Engine) {
    commit(engine, &batch(vec![put("b", "1", Expect::Anything), put("a", "1", Expect::Anything)])).unwrap();
    assert_eq!(rows(engine), [("a".into(), "1".into()), ("b".into(), "1".into())]);

    let (_, revision) = engine.load().unwrap();
    let stale = engine.commit(&batch(vec![put("a", "2", Expect::Anything)]), revision.wrapping_sub(1));
    assert!(matches!(stale, Err(CommitError::Conflict)), "planned on an older state");

    let used = batch(vec![put("c", "1", Expect::Anything), put("a", "2", Expect::Absent)]);
    assert!(matches!(commit(engine, &used), Err(CommitError::Conflict)), "a one-time use happens once");
    assert_eq!(rows(engine).len(), 2, "all of a batch or nothing");

    let remove = Write { key: "b".into(), value: None, expect: Expect::Anything };
    commit(engine, &batch(vec![remove, put("c", "1", Expect::Absent)])).unwrap();
    assert_eq!(rows(engine), [("a".into(), "1".into()), ("c".into(), "1".into())]);

    commit(engine, &Batch { writes: vec![put("a", "3", Expect::Absent)], wipe: true }).unwrap();
    assert_eq!(rows(engine), [("a".into(), "3".into())]);
}

#[test]
fn the_engine_in_memory_conforms() {
    conforms(&MemoryEngine::default());
}

#[test]
fn the_engine_on_disk_conforms_and_remembers() {
    let scratch = Scratch::new("conform");
    let directory = scratch.0.join("state");
    let engine = SledEngine::open(&directory).unwrap();
    conforms(&engine);
    drop(engine);
    assert_eq!(rows(&reopen(&directory)), [("a".into(), "3".into())]);
}

#[test]
fn a_directory_has_one_owner() {
    let scratch = Scratch::new("owner");
    let directory = scratch.0.join("state");
    let engine = SledEngine::open(&directory).unwrap();
    let second = SledEngine::open(&directory).err().unwrap();
    assert!(matches!(second, OpenError::InUse(_)), "{second}");
    assert!(second.to_string().contains("another local-sts is running"), "{second}");
    drop(engine);
    reopen(&directory);
}

#[test]
fn a_directory_that_others_can_read_is_refused() {
    let scratch = Scratch::new("open");
    let directory = scratch.0.join("state");
    drop(SledEngine::open(&directory).unwrap());
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o750)).unwrap();
    let refused = SledEngine::open(&directory).err().unwrap().to_string();
    assert!(refused.contains("run chmod 700"), "{refused}");
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(directory.join("db"), fs::Permissions::from_mode(0o644)).unwrap();
    let refused = SledEngine::open(&directory).err().unwrap().to_string();
    assert!(refused.contains("run chmod 600") && refused.contains("/db"), "{refused}");
}

#[test]
fn a_file_in_the_place_of_the_directory_is_refused() {
    let scratch = Scratch::new("file");
    let place = scratch.0.join("state");
    fs::write(&place, "x").unwrap();
    fs::set_permissions(&place, fs::Permissions::from_mode(0o600)).unwrap();
    let refused = SledEngine::open(&place).err().unwrap().to_string();
    assert!(refused.contains("--data-dir"), "{refused}");
}

/// sled opens a damaged file by forgetting what it cannot read; that must not pass for the state.
#[test]
fn a_database_that_lost_something_is_refused() {
    let scratch = Scratch::new("damaged");
    let directory = scratch.0.join("state");
    let engine = SledEngine::open(&directory).unwrap();
    for number in 0..40 {
        let rows =
            (0..20).map(|row| put(&format!("row {row}"), &format!("{number} {}", "x".repeat(200)), Expect::Anything));
        commit(&engine, &batch(rows.collect())).unwrap();
    }
    drop(engine);
    let healthy = fs::read(directory.join("db")).unwrap();
    let mut refusals = 0;
    for share in 0..16 {
        let mut damaged = healthy.clone();
        let at = healthy.len() * share / 16;
        damaged[at..].iter_mut().take(64).for_each(|byte| *byte ^= 0xFF);
        fs::write(directory.join("db"), damaged).unwrap();
        match SledEngine::open(&directory) {
            // Damage to what nobody needs any more does no harm.
            Ok(engine) => assert!(rows(&engine).iter().all(|(_, value)| value.starts_with("39 ")), "share {share}"),
            Err(error) => {
                assert!(error.to_string().contains("restore it from a copy"), "{error}");
                refusals += 1;
            }
        }
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir(&directory).unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
        drop(SledEngine::open(&directory).unwrap());
        fs::write(directory.join("confirmed"), 40_u64.to_be_bytes()).unwrap();
    }
    assert!(refusals > 0, "some damage matters");
    let refused = SledEngine::open(&directory).err().unwrap().to_string();
    assert!(refused.contains("changes that had been confirmed are missing"), "{refused}");
}

#[test]
fn links_in_the_directory_are_refused() {
    let scratch = Scratch::new("links");
    let directory = scratch.0.join("state");
    let engine = SledEngine::open(&directory).unwrap();
    commit(&engine, &batch(vec![put("a", "1", Expect::Anything)])).unwrap();
    commit(&engine, &batch(vec![put("a", "2", Expect::Anything)])).unwrap();
    drop(engine);
    let (place, elsewhere) = (directory.join("confirmed"), scratch.0.join("elsewhere"));
    fs::rename(&place, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &place).unwrap();
    let refused = SledEngine::open(&directory).err().unwrap().to_string();
    assert!(refused.contains("is a link"), "{refused}");
}

/// Without what was confirmed, a state that was set back could pass for the present one.
#[test]
fn the_record_of_what_was_confirmed_must_be_whole() {
    let scratch = Scratch::new("confirmed");
    let directory = scratch.0.join("state");
    let engine = SledEngine::open(&directory).unwrap();
    for value in ["1", "2"] {
        commit(&engine, &batch(vec![put("a", value, Expect::Anything)])).unwrap();
    }
    drop(engine);
    let place = directory.join("confirmed");
    for spoilt in [&b""[..], &[0; 4], &[0; 8], &[0; 9], &[0xFF; 8]] {
        fs::write(&place, spoilt).unwrap();
        let refused = SledEngine::open(&directory).err().map(|error| error.to_string());
        assert!(
            refused.as_ref().is_some_and(|told| told.contains("restore it from a copy")),
            "{spoilt:?}: {refused:?}"
        );
    }
    fs::remove_file(&place).unwrap();
    assert!(SledEngine::open(&directory).is_err(), "it is missing");
    fs::write(&place, 2_u64.to_be_bytes()).unwrap();
    fs::set_permissions(&place, fs::Permissions::from_mode(0o600)).unwrap();
    reopen(&directory);
}

/// Two tables of one number would read each other's rows.
#[test]
fn no_two_tables_have_one_number() {
    let distinct: std::collections::BTreeSet<u8> = tables::NUMBERS.iter().copied().collect();
    assert_eq!(tables::NUMBERS.len(), distinct.len(), "{:?}", tables::NUMBERS);
}
