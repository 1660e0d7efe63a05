//! What a seed made of the state, kept so that `reset` can bring it back.

use std::collections::{HashMap, HashSet};

use super::world::{ChangeError, Draft, World};
use crate::identities::{Difference, Identities};
use crate::ids::{AccountId, UniqueId};
use crate::store::records::{About, BaselineRow, KeyOwner};
use crate::store::{Expect, Row, StoreFault, Ticket, Write, tables};

/// What a store was seeded with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nothing yet.
    Empty,
    /// This seed.
    Seeded {
        /// Which.
        about: About,
        /// Whether identities were changed since.
        touched: bool,
    },
}

/// Finds out what the store was seeded with.
pub fn origin(world: &World) -> Result<Origin, StoreFault> {
    let rows = world.rows()?;
    let Some((_, about)) = tables::ABOUT.read(&rows)?.pop() else { return Ok(Origin::Empty) };
    let baseline = kept(&rows)?;
    let present: Vec<Row> = rows.into_iter().filter(|row| is_identity(&row.key)).collect();
    Ok(Origin::Seeded { about, touched: present != baseline })
}

/// Adds what `draft` has written so far to the baseline, and says which seed that was.
pub fn keep(draft: &mut Draft, about: &About) -> Result<(), StoreFault> {
    let seeded: Vec<Write> = draft.batch.writes.iter().filter(|write| is_identity(&write.key)).cloned().collect();
    for write in seeded {
        if let Some(value) = write.value {
            tables::BASELINE.put(&mut draft.batch, &write.key, &BaselineRow { value })?;
        }
    }
    tables::ABOUT.put(&mut draft.batch, &0, about)
}

/// Takes out of the baseline whatever has the same name as something that has come since `before`, and so has another
/// unique id: a reset must not bring back both.
pub fn replace_namesakes(world: &World, draft: &mut Draft, before: &Identities) -> Result<(), ChangeError> {
    let baseline = kept(&world.rows()?)?;
    let seeded = Identities::load(&baseline)?;
    let present: HashSet<&UniqueId> = before.unique_ids().map(|(id, ..)| id).collect();
    let name = |(id, account, name): (&UniqueId, AccountId, &str)| {
        (id.as_str().get(..4).map(str::to_owned), account, name.to_ascii_lowercase())
    };
    let newcomers = draft.identities.unique_ids().filter(|(id, ..)| !present.contains(id));
    let newcomers: HashMap<_, &UniqueId> = newcomers.map(|newcomer| (name(newcomer), newcomer.0)).collect();
    let is_old = |thing: &(&UniqueId, AccountId, &str)| newcomers.get(&name(*thing)).is_some_and(|id| *id != thing.0);
    let old: HashSet<&UniqueId> = seeded.unique_ids().filter(is_old).map(|(id, ..)| id).collect();
    if old.is_empty() {
        return Ok(());
    }
    let is_of_old = |owner: &KeyOwner| matches!(owner, KeyOwner::User(user) if old.contains(user));
    for row in &baseline {
        let one = std::slice::from_ref(row);
        let itself = row.key.get(1..).and_then(|key| std::str::from_utf8(key).ok());
        let gone = itself.is_some_and(|key| old.iter().any(|id| id.as_str() == key))
            || tables::LOGIN_PROFILES.key_of(&row.key).is_some_and(|owner| is_of_old(&owner))
            || tables::ACCESS_KEYS.read(one)?.iter().any(|(_, key)| is_of_old(&key.owner))
            || tables::MFA_DEVICES.read(one)?.iter().any(|(_, it)| it.assignment.iter().any(|it| is_of_old(&it.owner)));
        if gone {
            tables::BASELINE.remove(&mut draft.batch, &row.key);
        }
    }
    Ok(())
}

/// Goes back to the baseline in one commit; every session ends with it.
pub fn reset(world: &World) -> Result<Ticket, ChangeError> {
    let now = world.now().now;
    let ((), ticket) = world.change(|draft| {
        let rows = world.rows()?;
        let baseline = kept(&rows)?;
        draft.wipe(world.entropy.as_ref(), now)?;
        draft.become_identities(Identities::load(&baseline)?)?;
        draft.batch.writes.extend(baseline.into_iter().map(Write::from));
        match tables::ABOUT.read(&rows)?.pop() {
            Some((_, about)) => Ok(keep(draft, &about)?),
            None => Ok(()),
        }
    })?;
    forget_what_was_known(world);
    Ok(ticket)
}

/// Forgets, after everything else has gone, what was fetched and the list of sessions, which are all dead.
pub fn forget_what_was_known(world: &World) {
    world.key_sets.clear();
    // What is still being opened was written before; time forgets it.
    let _ = world.ledger.clear();
}

/// Replaces all identities by those that `draw_up` makes, in one commit. Whoever is there before and after under the
/// same unique id keeps sessions, uses and used codes; what `reset` comes back to stays as it is. Says what came and
/// what went.
pub fn replace(
    world: &World,
    draw_up: impl Fn(&mut Draft) -> Result<(), ChangeError>,
) -> Result<(Vec<Difference>, Ticket), ChangeError> {
    let (differences, ticket) = world.change(|draft| {
        let present: HashMap<Vec<u8>, Vec<u8>> =
            world.rows()?.into_iter().filter(|row| is_identity(&row.key)).map(|row| (row.key, row.value)).collect();
        let before = draft.identities.clone();
        draft.identities = Identities::default();
        draw_up(draft)?;
        let made: HashSet<&[u8]> = draft.batch.writes.iter().map(|write| write.key.as_slice()).collect();
        let gone: Vec<Vec<u8>> = present.keys().filter(|key| !made.contains(key.as_slice())).cloned().collect();
        // What stays as it is, is not written: whoever listens hears of what changes.
        draft.batch.writes.retain(|write| present.get(&write.key) != write.value.as_ref());
        draft.batch.writes.extend(gone.into_iter().map(|key| Write { key, value: None, expect: Expect::Anything }));
        draft.identities.inherit(&mut draft.batch, &before);
        draft.end_sessions_of_newcomers(&before, world.entropy.as_ref())?;
        Ok(draft.identities.since(&before))
    })?;
    world.key_sets.clear();
    Ok((differences, ticket))
}

/// The rows of the baseline, in key order.
pub(super) fn kept(rows: &[Row]) -> Result<Vec<Row>, StoreFault> {
    let rows = tables::BASELINE.read(rows)?;
    Ok(rows.into_iter().map(|(key, BaselineRow { value })| Row { key, value }).collect())
}

pub(super) fn is_identity(row_key: &[u8]) -> bool {
    tables::ACCOUNTS.owns(row_key)
        || tables::REGION_SETTINGS.owns(row_key)
        || tables::USERS.owns(row_key)
        || tables::ROLES.owns(row_key)
        || tables::GROUPS.owns(row_key)
        || tables::POLICIES.owns(row_key)
        || tables::ACCESS_KEYS.owns(row_key)
        || tables::MFA_DEVICES.owns(row_key)
        || tables::ORGANIZATIONS.owns(row_key)
        || tables::OIDC_PROVIDERS.owns(row_key)
        || tables::INSTANCE_PROFILES.owns(row_key)
        || tables::OUTBOUND.owns(row_key)
        || tables::SAML_PROVIDERS.owns(row_key)
        || tables::LOGIN_PROFILES.owns(row_key)
        || tables::PASSWORD_POLICIES.owns(row_key)
        || tables::DELIVERY.owns(row_key)
}
