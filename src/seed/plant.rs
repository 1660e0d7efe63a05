//! Plants a seed in a world: at a start, in a running service, in the place of all that is there.

use clap::ValueEnum;
use serde::Deserialize;

use super::apply::{Ids, Planting};
use super::fault::Faults;
use super::meaning::check;
use super::{Seed, SeedErrors, Source, given, namesakes};
use crate::api::World;
use crate::api::baseline::{self, Origin};
use crate::api::snapshots;
use crate::api::world::ChangeError;
use crate::identities::{Difference, Identities};
use crate::store::Ticket;
use crate::store::records::About;

/// What a seed does to a data directory that was seeded before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The same seed changes nothing; another one stops the start.
    #[default]
    Once,
    /// Add what is absent.
    Merge,
    /// Begin again from this seed.
    Reset,
}

/// What a seed does to a service that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replanting {
    /// Everything begins again from it; every session ends.
    Replace,
    /// It adds what is absent.
    Merge,
}

/// Why a seed was not applied.
#[derive(Debug, derive_more::From)]
pub enum NotPlanted {
    /// It cannot be.
    Wrong(SeedErrors),
    /// The store has another seed.
    Another,
    /// The store could not take it.
    #[from]
    Change(ChangeError),
}

impl std::fmt::Display for NotPlanted {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Wrong(errors) => write!(out, "{errors}"),
            Self::Another => out.write_str(
                "the data directory was seeded by another seed: --seed-mode merge adds what is absent, \
                 --seed-mode reset begins again from this one, and without --seed everything stays as it is",
            ),
            Self::Change(ChangeError::Store(fault)) => write!(
                out,
                "the seed could not be stored: {fault}; free some room, give another place by --data-dir, or none by --ephemeral"
            ),
            Self::Change(error) => write!(out, "{error}"),
        }
    }
}

impl std::error::Error for NotPlanted {}

/// Applies `seed` where `mode` and the state of the store call for it.
pub fn plant(world: &World, seed: &Seed, built_in: bool, mode: Mode) -> Result<(), NotPlanted> {
    check(&seed.document, &world.snapshot().identities).map_err(NotPlanted::Wrong)?;
    let about = About { seed_digest: seed.digest.clone(), built_in };
    let origin = baseline::origin(world).map_err(|fault| NotPlanted::Change(fault.into()))?;
    let ticket = match (&origin, mode) {
        (baseline::Origin::Empty, _) | (_, Mode::Reset) => begin(world, seed, &about, Snapshots::Go)?,
        (baseline::Origin::Seeded { about: present, .. }, _) if present.seed_digest == about.seed_digest => {
            return Ok(());
        }
        // What was given by nobody gives way to what somebody asks for; the built-in seed never pushes anything out.
        (_, Mode::Once) if built_in => return Ok(()),
        (Origin::Seeded { about: present, touched: false }, Mode::Once) if present.built_in => {
            begin(world, seed, &about, Snapshots::Go)?
        }
        (_, Mode::Once) => return Err(NotPlanted::Another),
        (_, Mode::Merge) => merge_checked(world, seed, &about)?,
    };
    ticket.wait().map_err(|fault| NotPlanted::Change(fault.into()))
}

/// Applies `seed` to a running service: in place of everything, or beside what is there. `reset` comes back to it from
/// then on. Snapshots stay.
pub fn replant(world: &World, seed: &Seed, how: Replanting) -> Result<Ticket, NotPlanted> {
    let about = About { seed_digest: seed.digest.clone(), built_in: false };
    if how == Replanting::Replace {
        check(&seed.document, &Identities::default()).map_err(NotPlanted::Wrong)?;
        let ticket = begin(world, seed, &about, Snapshots::Stay)?;
        baseline::forget_what_was_known(world);
        return Ok(ticket);
    }
    check(&seed.document, &world.snapshot().identities).map_err(NotPlanted::Wrong)?;
    // What a service is started with is compared with what it was begun with, and that has not changed.
    let about = match baseline::origin(world).map_err(|fault| NotPlanted::Change(fault.into()))? {
        Origin::Seeded { about: first, .. } => first,
        Origin::Empty => about,
    };
    merge_checked(world, seed, &about)
}

/// What becomes of snapshots when everything begins again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Snapshots {
    Stay,
    Go,
}

fn begin(world: &World, seed: &Seed, about: &About, snapshots: Snapshots) -> Result<Ticket, ChangeError> {
    let now = world.now().now;
    let ids = Ids::Derived(seed.document.number);
    let ((), ticket) = world.change(|draft| {
        draft.wipe(world.entropy.as_ref(), now)?;
        if snapshots == Snapshots::Go {
            snapshots::delete_all(world, draft)?;
        }
        Planting { draft, ids: &ids, now }.add_absent(&seed.document)?;
        Ok(baseline::keep(draft, about)?)
    })?;
    Ok(ticket)
}

fn merge_checked(world: &World, seed: &Seed, about: &About) -> Result<Ticket, NotPlanted> {
    let mut faults = Faults::default();
    let snapshot = world.snapshot();
    given::check_free(&seed.document, &snapshot.identities, &mut faults);
    namesakes::check(&seed.document, &snapshot.identities, &mut faults);
    faults.into_result(&[]).map_err(NotPlanted::Wrong)?;
    Ok(merge(world, seed, about)?)
}

fn merge(world: &World, seed: &Seed, about: &About) -> Result<Ticket, ChangeError> {
    let now = world.now().now;
    let ids = Ids::Fresh(world.entropy.as_ref());
    let ((), ticket) = world.change(|draft| {
        let before = draft.identities.clone();
        Planting { draft, ids: &ids, now }.add_absent(&seed.document)?;
        draft.end_sessions_of_newcomers(&before, world.entropy.as_ref())?;
        baseline::replace_namesakes(world, draft, &before)?;
        Ok(baseline::keep(draft, about)?)
    })?;
    Ok(ticket)
}

/// Replaces all identities by those of `seed`; what `reset` comes back to stays as it is. Whoever is there before and
/// after under the same unique id keeps their sessions. Says what came and what went.
pub fn replace(world: &World, seed: &Seed) -> Result<(Vec<Difference>, Ticket), NotPlanted> {
    check(&seed.document, &Identities::default()).map_err(NotPlanted::Wrong)?;
    let now = world.now().now;
    let ids = Ids::Derived(seed.document.number);
    Ok(baseline::replace(world, |draft| Planting { draft, ids: &ids, now }.add_absent(&seed.document))?)
}

/// The seed that is served when none is given.
pub fn built_in() -> Result<Seed, SeedErrors> {
    let source = Source { name: "built-in seed".to_owned(), text: include_str!("built_in.yaml").to_owned() };
    super::parse(&[source], &|_| None)
}
