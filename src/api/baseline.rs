//! What a seed made of the state, kept so that `reset` can bring it back.

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
}
