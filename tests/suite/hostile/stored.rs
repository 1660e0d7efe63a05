//! What was stored, or exported, and then spoilt: read or refused, and whatever was read can be asked.

use std::sync::Arc;

use local_sts::api::{RegionRule, World, snapshots};
use local_sts::env::{ManualClock, SeededEntropy, SteeredClock};
use local_sts::seed::{self, Source};
use local_sts::service::Service;
use local_sts::sessions::Ledger;
use local_sts::store::{Batch, Engine, MemoryEngine, Row};
use local_sts::time::Timestamp;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use super::{edited, edits, grafted, grafts};
use crate::support::{NOW, Rows, TestWorld, throw};

const SAMPLE: &str = include_str!("../../../fixtures/seed/sample.yaml");

/// What happens to a row: of its value so many bytes at a place are replaced by others, or it goes.
#[derive(Clone, Debug)]
enum Spoilt {
    Bytes(Index, usize, Vec<u8>),
    Key(Index, u8),
    Gone,
}

fn spoilt() -> impl Strategy<Value = Vec<(Index, Spoilt)>> {
    let bytes = prop_oneof![prop::collection::vec(any::<u8>(), 0..6), Just(vec![0xFF; 10]), Just(vec![0; 4])];
    let how = prop_oneof![
        8 => (any::<Index>(), 0..8_usize, bytes).prop_map(|(at, length, bytes)| Spoilt::Bytes(at, length, bytes)),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Spoilt::Key(at, byte)),
        1 => Just(Spoilt::Gone),
    ];
    prop::collection::vec((any::<Index>(), how), 1..4)
}

fn spoil(rows: &mut Vec<Row>, spoilt: Vec<(Index, Spoilt)>) {
    for (which, how) in spoilt {
        if rows.is_empty() {
            return;
        }
        let which = which.index(rows.len());
        let row = &mut rows[which];
        match how {
            Spoilt::Bytes(at, length, bytes) => {
                let from = at.index(row.value.len() + 1);
                let to = (from + length).min(row.value.len());
                row.value.splice(from..to, bytes);
            }
            Spoilt::Key(at, byte) => {
                let at = at.index(row.key.len());
                row.key[at] = byte;
            }
            Spoilt::Gone => drop(rows.remove(which)),
        }
    }
}

/// A service over these rows, if it starts.
fn started(rows: Vec<Row>) -> Option<Service> {
    let engine = MemoryEngine::default();
    let batch = Batch { writes: rows.into_iter().map(Into::into).collect(), wipe: false };
    engine.commit(&batch, engine.load().unwrap().1).unwrap().1.wait().unwrap();
    let clock = Arc::new(SteeredClock::over(Box::new(ManualClock::at(Timestamp::from_seconds(NOW)))));
    let chance = Box::new(SeededEntropy::new(5));
    World::load(Box::new(engine), clock, chance, RegionRule::Any, Ledger::in_memory()).ok().map(Service::new)
}

/// Asks for everything that there is.
fn ask(service: &Service) {
    let world = service.world();
    let text = seed::export(&world.snapshot().identities);
    let _ = seed::comes_back(&text);
    let _ = snapshots::list(world);
    let _ = world.sweep();
}

fn rows_of(prepare: impl Fn(&TestWorld)) -> Vec<Row> {
    let rows = Rows::default();
    let world = TestWorld::over(Box::new(rows.clone()), Some(SAMPLE), 1);
    prepare(&world);
    rows.load().unwrap().0
}

#[test]
fn no_spoilt_row_makes_the_start_stumble() {
    let scene = || rows_of(|_| {});
    throw("rows of the state", 100, spoilt(), scene, |rows, spoilt| {
        let mut rows = rows.clone();
        spoil(&mut rows, spoilt);
        if let Some(service) = started(rows) {
            ask(&service);
        }
        Ok(())
    });
}

#[test]
fn no_spoilt_snapshot_makes_its_restoring_stumble() {
    let scene = || {
        let rows = rows_of(|world| {
            let (_, ticket) = snapshots::take(world.service.world(), "one", false).unwrap();
            ticket.wait().unwrap();
        });
        let of_snapshots = |row: &Row| local_sts::store::tables::outlives_wipes(&row.key);
        rows.into_iter().partition::<Vec<Row>, _>(of_snapshots)
    };
    throw("snapshots", 100, spoilt(), scene, |(of_snapshots, others), spoilt| {
        let mut rows = of_snapshots.clone();
        spoil(&mut rows, spoilt);
        rows.extend_from_slice(others);
        let Some(service) = started(rows) else { return Ok(()) };
        if let Ok((_, ticket)) = snapshots::restore(service.world(), "one") {
            prop_assert!(ticket.wait().is_ok());
        }
        ask(&service);
        Ok(())
    });
}

#[test]
fn no_state_that_somebody_wrote_makes_the_import_stumble() {
    const WORDS: &[&str] = &[
        "accounts",
        "id",
        "users",
        "name",
        "alice",
        "path",
        "/a/",
        "roles",
        "trust",
        "policies",
        "document",
        "Version",
        "2012-10-17",
        "accessKeys",
        "secret",
        "status",
        "Inactive",
        "uniqueId",
        "AIDA",
        "createDate",
        "2026-01-15T12:00:00Z",
        "tags",
        "groups",
        "mfaDevices",
        "oidcProviders",
        "samlProviders",
        "metadata",
        "123456789012",
        "organizations",
        "delivery",
        "clock",
        "loginProfile",
        "passwordHash",
        "$pbkdf2-sha256-10000$a$b",
    ];
    let scene = || {
        let world = TestWorld::new(SAMPLE);
        let text = world.export();
        (world, serde_json::from_str::<Value>(&text).unwrap())
    };
    let strategy = (grafts(WORDS), edits("[\\[\\]{}\",:\\\\0-9a-c ]{0,2}"), any::<bool>());
    throw("state exports", 60, strategy, scene, |(world, state), (grafts, edits, as_text)| {
        let text = grafted(state.clone(), grafts).to_string();
        let text = if as_text { edited(&text, &edits) } else { text };
        let source = Source { name: "state.json".to_owned(), text };
        let Ok(seed) = seed::parse(&[source], &|_| None) else { return Ok(()) };
        if let Ok((_, ticket)) = seed::replace(world.service.world(), &seed) {
            prop_assert!(ticket.wait().is_ok());
        }
        ask(&world.service);
        Ok(())
    });
}
