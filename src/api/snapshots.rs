//! The whole state under a name: kept beside the live one, and brought back in one commit.
//!
//! In it is all that a test can have changed: identities, uses, used codes and assertions, what ended sessions, the keys
//! that seal, how the clock is steered, and what `reset` comes back to. Not in it: the keys of issuers, for relying parties
//! keep what they fetched, the ledger, and other snapshots.

use std::collections::BTreeMap;

use super::world::{ChangeError, Draft, World};
use crate::sessions::MOST_KEYS;
use crate::store::records::{Snapshot, SnapshotPiece};
use crate::store::{Batch, Row, StoreFault, Ticket, tables};

/// Snapshots that there may be.
pub const MOST_SNAPSHOTS: usize = 32;
/// Bytes that they may take together.
pub const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// What the disk's engine likes to take at once.
const PIECE_BYTES: usize = 16 * 1024;

/// Why there is no such snapshot.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display)]
pub enum Untaken {
    /// There is one of this name already.
    #[display("there is a snapshot {_0} already: say {{\"replace\": true}}, delete it, or take another name")]
    Taken(String),
    /// There is none of this name.
    #[display("there is no snapshot {_0}")]
    Absent(String),
    /// There are as many as there may be.
    #[display("there are {MOST_SNAPSHOTS} snapshots: delete one")]
    TooMany,
    /// The bytes that all would take.
    #[display("all snapshots would take {_0} bytes, and may take {MOST_BYTES}: delete one")]
    TooLarge(u64),
    /// The keys that seal are too many.
    #[display(
        "{MOST_KEYS} snapshots were taken since the last reset, and what comes after one more could not be told \
         from what came before: reset, or restore an early one, which leaves all snapshots as they are"
    )]
    TooManyKeys,
}

/// Keeps the present state under this name. What is sealed from then on, a restore does not know.
pub fn take(world: &World, name: &str, replace: bool) -> Result<(Snapshot, Ticket), ChangeError> {
    let moment = world.now();
    world.change(|draft| {
        draft.identities.save_uses(&mut draft.batch)?;
        let rows = overlaid(world.rows()?, &draft.batch);
        let others: Vec<Snapshot> = tables::SNAPSHOTS
            .read(&rows)?
            .into_iter()
            .filter(|(other, _)| other != name)
            .map(|(_, other)| other)
            .collect();
        match named(name, &rows)? {
            Some(before) if replace => forget(name, &before, draft),
            Some(_) => return Err(ChangeError::Snapshot(Untaken::Taken(name.to_owned()))),
            None if others.len() >= MOST_SNAPSHOTS => return Err(ChangeError::Snapshot(Untaken::TooMany)),
            None => {}
        }
        // What has sealed nothing seals on, and a restore must not know what it seals then.
        let untouched = draft.sessions.ring().untouched();
        let is_kept = |row: &&Row| {
            let is_untouched = tables::RING.key_of(&row.key).is_some_and(|id| Some(id) == untouched);
            !(tables::outlives_wipes(&row.key) || tables::TOKEN_KEYS.owns(&row.key) || is_untouched)
        };
        let kept: Vec<(&[u8], &[u8])> =
            rows.iter().filter(is_kept).map(|row| (row.key.as_slice(), row.value.as_slice())).collect();
        let bytes = postcard::to_stdvec(&kept).map_err(|error| StoreFault(error.to_string()))?;
        let length = bytes.len() as u64;
        let total = others.iter().map(|other| other.bytes).sum::<u64>() + length;
        if total > MOST_BYTES {
            return Err(ChangeError::Snapshot(Untaken::TooLarge(total)));
        }
        if !draft.sessions.part(&mut draft.batch, world.entropy.as_ref(), moment.now)? {
            return Err(ChangeError::Snapshot(Untaken::TooManyKeys));
        }
        let taken = Snapshot { taken: moment.machine, clock: moment.now, rows: kept.len() as u64, bytes: length };
        tables::SNAPSHOTS.put(&mut draft.batch, &name.to_owned(), &taken)?;
        for (number, piece) in (0_i64..).zip(bytes.chunks(PIECE_BYTES)) {
            let piece = SnapshotPiece { bytes: piece.to_vec() };
            tables::SNAPSHOT_PIECES.put(&mut draft.batch, &(name.to_owned(), number), &piece)?;
        }
        Ok(taken)
    })
}

/// Makes everything as it was when the snapshot of this name was taken, in one commit.
pub fn restore(world: &World, name: &str) -> Result<(Snapshot, Ticket), ChangeError> {
    let now = world.now().now;
    let restored = world.change(|draft| {
        let rows = world.rows()?;
        let taken = found(name, &rows)?;
        let kept = opened(name, &taken, &rows)?;
        draft.become_rows(&kept, world.entropy.as_ref(), now)?;
        Ok(taken)
    })?;
    world.key_sets.clear();
    Ok(restored)
}

/// Forgets the snapshot of this name.
pub fn delete(world: &World, name: &str) -> Result<Ticket, ChangeError> {
    let ((), ticket) = world.change(|draft| {
        forget(name, &found(name, &world.rows()?)?, draft);
        Ok(())
    })?;
    Ok(ticket)
}

/// Forgets all of them.
pub fn delete_all(world: &World, draft: &mut Draft) -> Result<(), StoreFault> {
    tables::SNAPSHOTS.read(&world.rows()?)?.iter().for_each(|(name, taken)| forget(name, taken, draft));
    Ok(())
}

/// All of them, by name.
pub fn list(world: &World) -> Result<Vec<(String, Snapshot)>, StoreFault> {
    tables::SNAPSHOTS.read(&world.rows()?)
}

/// The rows as they are once `batch` is committed that wipes nothing.
pub(super) fn overlaid(rows: Vec<Row>, batch: &Batch) -> Vec<Row> {
    let mut rows: BTreeMap<Vec<u8>, Vec<u8>> = rows.into_iter().map(|row| (row.key, row.value)).collect();
    for write in &batch.writes {
        match &write.value {
            Some(value) => rows.insert(write.key.clone(), value.clone()),
            None => rows.remove(&write.key),
        };
    }
    rows.into_iter().map(|(key, value)| Row { key, value }).collect()
}

fn named(name: &str, rows: &[Row]) -> Result<Option<Snapshot>, StoreFault> {
    let found = tables::SNAPSHOTS.read(rows)?.into_iter().find(|(other, _)| other == name);
    Ok(found.map(|(_, taken)| taken))
}

fn found(name: &str, rows: &[Row]) -> Result<Snapshot, ChangeError> {
    named(name, rows)?.ok_or_else(|| ChangeError::Snapshot(Untaken::Absent(name.to_owned())))
}

fn opened(name: &str, taken: &Snapshot, rows: &[Row]) -> Result<Vec<Row>, StoreFault> {
    let mut bytes = Vec::with_capacity(usize::try_from(taken.bytes.min(MOST_BYTES)).unwrap_or_default());
    // INVARIANT: rows are in the order of their keys, and so are pieces of one name.
    for ((of, _), piece) in tables::SNAPSHOT_PIECES.read(rows)? {
        if of == name {
            bytes.extend(piece.bytes);
        }
    }
    let kept: Vec<(Vec<u8>, Vec<u8>)> = postcard::from_bytes(&bytes)
        .map_err(|error| StoreFault(format!("the snapshot {name} cannot be read: {error}")))?;
    Ok(kept.into_iter().map(|(key, value)| Row { key, value }).collect())
}

fn forget(name: &str, taken: &Snapshot, draft: &mut Draft) {
    let pieces = i64::try_from(taken.bytes.div_ceil(PIECE_BYTES as u64)).unwrap_or_default();
    tables::SNAPSHOTS.remove(&mut draft.batch, &name.to_owned());
    (0..pieces).for_each(|number| tables::SNAPSHOT_PIECES.remove(&mut draft.batch, &(name.to_owned(), number)));
}
