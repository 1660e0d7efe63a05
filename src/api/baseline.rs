//! What a seed made of the state, kept so that `reset` can bring it back.

use std::collections::{HashMap, HashSet};

use super::world::{ChangeError, Draft, World};
use crate::identities::Identities;
use crate::store::records::{About, BaselineRow};
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

/// Goes back to the baseline in one commit; every session ends with it.
pub fn reset(world: &World) -> Result<Ticket, ChangeError> {
    let now = world.now().now;
    let rows = world.rows()?;
    let about = tables::ABOUT.read(&rows)?.pop();
    let baseline = kept(&rows)?;
    let ((), ticket) = world.change(|draft| {
        draft.wipe(world.entropy.as_ref(), now)?;
        draft.become_identities(Identities::load(&baseline)?)?;
        for Row { key, value } in baseline.clone() {
            draft.batch.writes.push(Write { key, value: Some(value), expect: Expect::Anything });
        }
        match &about {
            Some((_, about)) => Ok(keep(draft, about)?),
            None => Ok(()),
        }
    })?;
    world.key_sets.clear();
    // What is still being opened was written before this reset; its sessions are dead and time forgets them.
    let _ = world.ledger.clear();
    Ok(ticket)
}

/// Has the identities that `draw_up` makes out of none, and no others, in one commit. Whoever is there before and after
/// by the same unique id keeps sessions, uses and used codes; what `reset` comes back to stays as it is.
pub fn replace(world: &World, draw_up: impl Fn(&mut Draft) -> Result<(), ChangeError>) -> Result<Ticket, ChangeError> {
    let ((), ticket) = world.change(|draft| {
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
        Ok(draft.end_sessions_of_newcomers(&before, world.entropy.as_ref())?)
    })?;
    world.key_sets.clear();
    Ok(ticket)
}

/// The rows of the baseline, in key order.
fn kept(rows: &[Row]) -> Result<Vec<Row>, StoreFault> {
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
}
