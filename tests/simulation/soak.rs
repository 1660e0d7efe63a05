//! The real binary under all of it for a while: deeds of the simulation, errands, kills in the middle of calls, and a
//! look at what it takes of memory and disk.
//!
//! `LOCAL_STS_SOAK_MINUTES=20 cargo test --test simulation soak -- --nocapture` is the long form, which tells its figures;
//! `LOCAL_STS_SIMULATION_SEED` begins with that seed.

#![allow(clippy::disallowed_methods, reason = "how long a process takes is no matter of its own clock")]

use std::path::Path;
use std::time::{Duration, Instant};

use local_sts::env::{Clock, SystemClock};
use local_sts::time::Timestamp;
use rustix::process::Signal;

use super::deeds::{Deed, Dice};
use super::errands::{self, Errands};
use super::house::seeded_key;
use super::model::Model;
use super::wire::{Wire, tamed};
use super::{ALL_TRIED_EVERY, Answers, DEEDS, NEWEST_TRIED, converse, every_credential, number};
use crate::support::{Keys, connect};

/// What it may have of memory, whatever it did: twice what it was seen to take.
const MOST_MEMORY_KIB: u64 = 128 * 1024;
/// By how much it may grow in its last quarter, when nothing has ended it for as long: what it keeps is full by then, and
/// this is less than what its allocator keeps for a burst.
const MOST_GROWTH_KIB: u64 = 12 * 1024;
/// What it may have on disk beside the sessions that it handed out, and for each of those.
const MOST_DISK: u64 = 48 * 1024 * 1024;
const MOST_DISK_PER_SESSION: u64 = 1024;

/// Times after which it is ended, one way or the other.
fn life(long: bool) -> Duration {
    if long { Duration::from_secs(40) } else { Duration::from_millis(1200) }
}

struct Soak {
    wire: Wire,
    model: Model,
    errands: Errands,
    dice: Dice,
    answers: Answers,
    /// What happened lately.
    lately: Vec<String>,
}

#[test]
fn whatever_happens_to_the_binary_it_says_what_the_model_says() {
    let minutes = number("LOCAL_STS_SOAK_MINUTES");
    let whole = minutes.map_or(Duration::from_secs(5), |minutes| Duration::from_secs(minutes * 60));
    let seed = number("LOCAL_STS_SIMULATION_SEED").unwrap_or(1);
    let place = std::env::temp_dir().join(format!("local-sts-soak-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&place);
    let told = soak(&place, seed, whole, minutes.is_some());
    let lasting = std::fs::remove_dir_all(&place);
    println!("{told}");
    lasting.unwrap();
}

fn soak(place: &Path, seed: u64, whole: Duration, long: bool) -> String {
    let began = Instant::now();
    let mut soak = Soak::new(place, seed);
    let (mut deeds, mut rounds, mut sessions, mut kills) = (0, 0, 0, 0);
    let (mut started, mut most_memory, mut settled) = (Instant::now(), 0, None);
    while began.elapsed() < whole {
        rounds += 1;
        soak.begin(rounds > 1);
        for at in 0..DEEDS {
            let undisturbed = began.elapsed() > whole / 2;
            if !undisturbed && started.elapsed() > life(long) {
                kills += 1;
                soak.kill(kills % 3 != 0);
                started = Instant::now();
            }
            if settled.is_none() && began.elapsed() > whole * 3 / 4 {
                settled = Some(soak.wire.running.memory());
            }
            soak.go_on(at).unwrap_or_else(|what| {
                panic!("seed {seed}, round {rounds}, deed {at}: {what}\nlately:\n{}", soak.lately.join("\n"))
            });
            deeds += 1;
            most_memory = most_memory.max(if at % 100 == 0 { soak.wire.running.memory() } else { 0 });
            if began.elapsed() > whole {
                break;
            }
        }
        sessions += soak.model.credentials.len();
    }
    let at_last = soak.wire.running.memory();
    kills += 1;
    soak.kill(true);
    soak.errands.check_dead(&mut soak.wire).unwrap();
    sessions += soak.errands.done.values().sum::<usize>();
    let (memory, disk) = (soak.wire.running.memory(), size(&place.join("data")));
    let settled = settled.unwrap_or(memory);
    let growth = at_last.saturating_sub(settled);
    let told = format!(
        "{deeds} deeds in {rounds} rounds with {kills} kills and stops; some {sessions} sessions; memory {settled} KiB \
         after three quarters, {at_last} KiB at last, {most_memory} KiB at most, {memory} KiB after the last kill; disk {} KiB\n{:?}\n{:?}",
        disk / 1024,
        soak.answers,
        soak.errands.done
    );
    assert!(most_memory < MOST_MEMORY_KIB, "memory: {told}");
    assert!(!long || growth < MOST_GROWTH_KIB, "growth of memory: {told}");
    assert!(disk < MOST_DISK + MOST_DISK_PER_SESSION * sessions as u64, "disk: {told}");
    told
}

impl Soak {
    fn new(place: &Path, seed: u64) -> Self {
        let (wire, model) = (Wire::new(place, &[errands::account()]), model());
        let (errands, answers, lately) = (Errands::default(), Answers::new(), Vec::new());
        Self { wire, model, errands, dice: Dice::new(seed), answers, lately }
    }

    /// A round: everything is as in the beginning, and all who came before are dead.
    fn begin(&mut self, anew: bool) {
        if anew {
            let newest: Vec<Keys> = self.wire.sessions().rev().take(20).cloned().collect();
            self.errands.bury(newest);
            self.errands.begin();
            self.wire.admin("POST", "/_admin/v1/reset", &serde_json::Value::Null);
        }
        self.model = model();
        self.wire.begin(&self.model);
    }

    fn go_on(&mut self, at: usize) -> Result<(), String> {
        let Self { wire, model, errands, dice, answers, lately } = self;
        if dice.once_in(3) {
            let before = errands.done.clone();
            errands.run(wire, model, dice)?;
            let which = errands.done.iter().find(|(name, count)| before.get(*name) != Some(count));
            lately.push(format!("  errand {which:?}"));
        } else if let Some(deed) = tamed(&dice.deed()) {
            lately.push(format!("  {deed:?}"));
            match &deed {
                Deed::Call(call) => *answers.entry(converse(wire, model, call)?).or_default() += 1,
                Deed::Change(change) => {
                    wire.change(model, change)?;
                    if matches!(change, super::deeds::Change::Reset) {
                        errands.begin();
                    }
                    let newest = model.credentials.len().saturating_sub(NEWEST_TRIED);
                    every_credential(wire, model, newest)?;
                }
                Deed::Wait(_) | Deed::Advance(..) | Deed::FreezeNear(..) | Deed::Unsteer(_) => {
                    model.pass(&deed);
                    wire.set_clock(model);
                }
                Deed::Restart { .. } | Deed::Store(_) => {}
            }
        }
        lately.drain(..lately.len().saturating_sub(40));
        if at % ALL_TRIED_EVERY == ALL_TRIED_EVERY - 1 { self.check() } else { Ok(()) }
    }

    fn check(&mut self) -> Result<(), String> {
        let Self { wire, model, errands, .. } = self;
        every_credential(wire, model, 0)?;
        errands.check(wire)?;
        errands.check_dead(wire)
    }

    /// Ends the process, by SIGKILL in the middle of calls or as an operator does. What was answered holds.
    fn kill(&mut self, hard: bool) {
        let place = self.wire.running.aws.clone();
        let callers: Vec<_> = (0..3)
            .map(|_| {
                let aws = connect(&place);
                std::thread::spawn(move || errands::until_it_is_killed(aws))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(20 + self.dice.below(80) as u64));
        self.model.restart(false);
        self.wire.restart(if hard { Signal::KILL } else { Signal::TERM }, &self.model);
        for caller in callers {
            for answer in caller.join().unwrap() {
                self.errands.answered("AssumeRole", &answer).unwrap();
            }
        }
        self.check().unwrap_or_else(|what| panic!("after it was ended (hard: {hard}): {what}"));
    }
}

/// The cast, in the present: sessions end by both clocks.
fn model() -> Model {
    let now = SystemClock.moment().machine;
    Model::new(Timestamp::from_seconds(now.seconds()).millis(), |account, user| seeded_key(account, user).0)
}

/// What the files below a directory take.
fn size(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    entries
        .map(
            |entry| {
                if entry.file_type().unwrap().is_dir() { size(&entry.path()) } else { entry.metadata().unwrap().len() }
            },
        )
        .sum()
}
