//! Rows that are only added, looked through and forgotten by range: what is many and may lose its last moments.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::engine::StoreFault;
use super::reopened::{Database, Reopened};

/// The rows, on disk or in memory. A key is eight bytes of the caller's and eight of a growing number.
pub struct RowLog(Medium);

enum Medium {
    Memory(Mutex<Kept>),
    Disk(Reopened),
}

#[derive(Default)]
struct Kept {
    rows: BTreeMap<[u8; 16], Vec<u8>>,
    added: u64,
}

/// In memory, the rows that would be forgotten first make place for new ones beyond this many.
const MOST_ROWS_IN_MEMORY: usize = 4096;
/// Rows that are removed in one step.
const REMOVED_AT_ONCE: usize = 1000;

impl RowLog {
    /// Rows that last as long as the value.
    pub fn in_memory() -> Self {
        Self(Medium::Memory(Mutex::default()))
    }

    /// Rows in `directory`, which is opened when they are first needed.
    pub fn on_disk(directory: &Path) -> Self {
        Self(Medium::Disk(Reopened::at(directory)))
    }

    /// Opens what is on disk, for that may take long.
    pub fn open(&self) -> Result<(), StoreFault> {
        match &self.0 {
            Medium::Memory(_) => Ok(()),
            Medium::Disk(database) => database.with(|_| Ok(())),
        }
    }

    /// Where rows are that could not be read and were set aside, newest first.
    pub fn set_aside(&self) -> Vec<PathBuf> {
        match &self.0 {
            Medium::Memory(_) => Vec::new(),
            Medium::Disk(database) => database.set_aside(),
        }
    }

    /// Adds rows. They survive the process once this returns, though not the machine.
    pub fn append(&self, added: Vec<([u8; 8], Vec<u8>)>) -> Result<(), StoreFault> {
        match &self.0 {
            Medium::Memory(kept) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                for (prefix, row) in added {
                    kept.added += 1;
                    let key = key(prefix, kept.added);
                    kept.rows.insert(key, row);
                    if kept.rows.len() > MOST_ROWS_IN_MEMORY {
                        kept.rows.pop_first();
                    }
                }
                Ok(())
            }
            Medium::Disk(database) => database.with(|Database { db, rows }| {
                let mut batch = sled::Batch::default();
                for (prefix, row) in added {
                    batch.insert(&key(prefix, db.generate_id()?), row);
                }
                rows.apply_batch(batch)?;
                db.flush().map(|_| ())
            }),
        }
    }

    /// Shows every row to `visit`, in key order, until it breaks off.
    pub fn scan(&self, mut visit: impl FnMut(&[u8], &[u8]) -> ControlFlow<()>) -> Result<(), StoreFault> {
        match &self.0 {
            Medium::Memory(kept) => {
                let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                // What it broke off with is nothing.
                let _ = kept.rows.iter().try_for_each(|(key, row)| visit(key, row));
                Ok(())
            }
            Medium::Disk(database) => database.with(|Database { rows, .. }| {
                for row in rows {
                    let (key, row) = row?;
                    if visit(&key, &row).is_break() {
                        break;
                    }
                }
                Ok(())
            }),
        }
    }

    /// Forgets every row whose key is less than `end`.
    pub fn remove_before(&self, end: &[u8]) -> Result<(), StoreFault> {
        match &self.0 {
            Medium::Memory(kept) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.rows.retain(|key, _| key.as_slice() >= end);
                Ok(())
            }
            Medium::Disk(database) => database.with(|Database { rows, .. }| {
                loop {
                    let keys = rows.range(..end).keys().take(REMOVED_AT_ONCE).collect::<Result<Vec<_>, _>>()?;
                    if keys.is_empty() {
                        return Ok(());
                    }
                    let mut batch = sled::Batch::default();
                    for key in keys {
                        batch.remove(key);
                    }
                    rows.apply_batch(batch)?;
                }
            }),
        }
    }
}

fn key(prefix: [u8; 8], number: u64) -> [u8; 16] {
    (u128::from(u64::from_be_bytes(prefix)) << 64 | u128::from(number)).to_be_bytes()
}
