//! A seeded world against a small model: thousands of calls, changes, faults, steps of both clocks, resets and
//! restarts, and after each the service must say what the model says. A failure prints its seed and the fewest deeds
//! that still fail.
//!
//! `LOCAL_STS_SIMULATION_ROUNDS=500` is the long form; `LOCAL_STS_SIMULATION_SEED=17` begins with that seed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::needless_pass_by_value,
    clippy::struct_excessive_bools,
    clippy::too_many_lines,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on shall stop, and says where"
)]

mod administration;
mod cast;
mod deeds;
mod errands;
mod house;
mod model;
mod rules;
mod soak;
#[path = "../suite/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with the suite, which uses the rest")]
mod support;
mod wire;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use deeds::{Ask, Call, Deed, Dice, Pick};
use house::{House, Medium, Stage, seeded_key};
use model::{Model, Said};
use support::Rows;

/// Deeds in a round.
const DEEDS: usize = 2500;
/// After so many deeds, every credential that was ever issued is tried.
const ALL_TRIED_EVERY: usize = 150;
/// After each change, so many of the newest are.
const NEWEST_TRIED: usize = 8;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[test]
fn the_service_says_what_the_model_says() {
    let first = number("LOCAL_STS_SIMULATION_SEED").unwrap_or(1);
    let rounds = number("LOCAL_STS_SIMULATION_ROUNDS").unwrap_or(3);
    let mut answers = Answers::new();
    for seed in first..first + rounds {
        for (kind, count) in check(seed, DEEDS, || Medium::Memory(Rows::default())) {
            *answers.entry(kind).or_default() += count;
        }
    }
    // Whatever never happens is not held.
    for kind in [
        "a session",
        "a session by a second factor",
        "an identity",
        "an account",
        "a key",
        "a task done",
        "AccessDenied",
        "DeleteConflict",
        "EntityAlreadyExists",
        "ExpiredToken",
        "InternalFailure",
        "InvalidClientTokenId",
        "InvalidParameterValue",
        "LimitExceeded",
        "MalformedPolicyDocument",
        "NoSuchEntity",
        "SignatureDoesNotMatch",
        "ValidationError",
    ] {
        assert!(answers.get(kind).is_some_and(|count| *count >= 5), "too seldom {kind}: {answers:?}");
    }
}

#[test]
fn a_directory_says_it_too() {
    let seed = number("LOCAL_STS_SIMULATION_SEED").unwrap_or(1);
    let place = std::env::temp_dir().join(format!("local-sts-simulation-{}", std::process::id()));
    check(seed, DEEDS / 3, || {
        let _ = std::fs::remove_dir_all(&place);
        Medium::Disk(place.clone())
    });
    std::fs::remove_dir_all(&place).unwrap();
}

/// How often what was answered to calls.
type Answers = BTreeMap<String, usize>;

/// Does `count` deeds of this seed; if that fails, looks for the fewest that do and tells them.
fn check(seed: u64, count: usize, medium: impl Fn() -> Medium) -> Answers {
    let attempt = |deeds: &[Deed]| run(seed, deeds, medium());
    let deeds = Dice::new(seed).deeds(count);
    let at = match attempt(&deeds) {
        Ok(answers) => return answers,
        Err(failure) => failure.at,
    };
    let (deeds, what) = fewest(deeds[..=at.min(count - 1)].to_vec(), &attempt);
    let list: String = deeds.iter().map(|deed| format!("  {deed:?}\n")).collect();
    panic!(
        "seed {seed}: {what}\nafter these deeds, the fewest that were found:\n{list}\
         LOCAL_STS_SIMULATION_SEED={seed} cargo test --test simulation does it again"
    );
}

/// What went wrong, and at which deed.
struct Failure {
    at: usize,
    what: String,
}

/// Leaves out whatever can be left out, in ever smaller pieces.
fn fewest(mut deeds: Vec<Deed>, attempt: &impl Fn(&[Deed]) -> Result<Answers, Failure>) -> (Vec<Deed>, String) {
    let mut what = "it failed once and not again".to_owned();
    let mut size = deeds.len();
    while size > 0 {
        let mut from = 0;
        while from < deeds.len() {
            let mut fewer = deeds.clone();
            fewer.drain(from..deeds.len().min(from + size));
            match attempt(&fewer) {
                Err(failure) => (deeds, what) = (fewer, failure.what),
                Ok(_) => from += size,
            }
        }
        size /= 2;
    }
    (deeds, what)
}

fn run(seed: u64, deeds: &[Deed], medium: Medium) -> Result<Answers, Failure> {
    let mut answers = Answers::new();
    let mut house = House::new(medium, seed);
    let mut model = Model::new(support::NOW * 1000, |account, user| seeded_key(account, user).0);
    for (at, deed) in deeds.iter().enumerate() {
        let done = catch_unwind(AssertUnwindSafe(|| step(&mut house, &mut model, &mut answers, at, deed)));
        let done = done.unwrap_or_else(|_| Err("a panic; its message stands above".to_owned()));
        done.map_err(|what| Failure { at, what: format!("{deed:?}: {what}") })?;
    }
    let all = every_credential(&mut house, &mut model, 0);
    all.map_err(|what| Failure { at: deeds.len(), what: format!("at the end: {what}") })?;
    Ok(answers)
}

/// One deed on both sides.
fn step(house: &mut House, model: &mut Model, answers: &mut Answers, at: usize, deed: &Deed) -> Result<(), String> {
    match deed {
        Deed::Call(call) => *answers.entry(converse(house, model, call)?).or_default() += 1,
        Deed::Change(change) => {
            let (changed, expected) = (house.change(change), model.change(change));
            same("the change was", changed, expected)?;
            every_credential(house, model, model.credentials.len().saturating_sub(NEWEST_TRIED))?;
        }
        Deed::Store(fault) => (house.fault, model.fault) = (*fault, *fault),
        Deed::Restart { lossy } => {
            let lossy = *lossy && house.can_lose();
            house.restart(lossy);
            model.restart(lossy);
        }
        Deed::Wait(_) | Deed::Advance(..) | Deed::FreezeNear(..) | Deed::Unsteer(_) => {
            let end = if let Deed::FreezeNear(pick, _) = deed { end_of(model, *pick) } else { None };
            same("the clock was turned", house.pass(deed, end), model.pass(deed))?;
        }
    }
    let everything = at % ALL_TRIED_EVERY == ALL_TRIED_EVERY - 1 || matches!(deed, Deed::Restart { .. });
    if everything { every_credential(house, model, 0) } else { Ok(()) }
}

fn end_of(model: &Model, pick: Pick) -> Option<i64> {
    model.end_of(pick.of(model.credentials.len()))
}

/// A call on both sides; what is handed out is kept by both. Tells what kind of answer it was.
fn converse(house: &mut impl Stage, model: &mut Model, call: &Call) -> Result<String, String> {
    let account = model.picked(call.by).account;
    let home = matches!(&call.ask, Ask::Iam(task) if task.is_out_of_place(account));
    let call = if home { &Call { ask: Ask::Identity, ..call.clone() } } else { call };
    let (said, keys) = house.ask(call);
    let (expected, session) = model.ask(call);
    let kind = match &said {
        Said::Refused(_, code) => code.as_str(),
        Said::Identity { .. } => "an identity",
        Said::Issued { .. } if call.ask.shown().is_some() => "a session by a second factor",
        Said::Issued { .. } => "a session",
        Said::Account(_) => "an account",
        Said::Key(_) => "a key",
        Said::Done => "a task done",
    };
    let kind = kind.to_owned();
    let new_key = if let Said::Key(user) = said { Some(user) } else { None };
    same("the answer was", said, expected)?;
    if let Some(keys) = keys {
        match (new_key, session) {
            (Some(user), _) => model.read_key(keys.id.clone(), user),
            (None, Some(session)) => model.hand_out(keys.id.clone(), session),
            (None, None) => return Ok(kind),
        }
        house.take(keys);
    }
    Ok(kind)
}

/// Whether the credentials from this one on are as alive as they should be, and whose they should be.
fn every_credential(house: &mut impl Stage, model: &mut Model, from: usize) -> Result<(), String> {
    for credential in from..model.credentials.len() {
        let (said, _) = house.ask(&Call::identify(credential));
        let id = &model.credentials[credential].id;
        same(&format!("credential {credential}, {id}, was told"), said, model.identify(credential))?;
    }
    Ok(())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what} {found:?}, and should be {expected:?}")) }
}
