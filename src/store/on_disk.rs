//! Rows on disk, in one sled tree so that a batch is one atomic write.
//!
//! What failed once is broken until the service starts anew: sled refuses everything after an I/O error, and only
//! opening it again tells what is on disk.
//!
//! sled's `flush` survives the process, not the machine: the flusher follows it with `fdatasync`.

use std::collections::HashMap;
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::directory::{OpenError, open_private, refused, unpanicked};
use super::engine::{Batch, CommitError, Engine, Expect, Row, StoreFault, Ticket};
use super::flusher::Flusher;
use super::tally::{Tally, Watermark};

/// Memory that sled may use for its pages: everything is in our own memory anyway.
const PAGE_CACHE_BYTES: u64 = 1024 * 1024;
/// Where the tally is, behind every table.
const TALLY_KEY: [u8; 1] = [0xFF];

/// An engine over a directory.
pub struct SledEngine {
    rows: sled::Tree,
    flusher: Flusher,
    tally: Mutex<Tally>,
    /// The first failure.
    fault: Arc<OnceLock<StoreFault>>,
}

impl SledEngine {
    /// Opens the database in `directory`, making it with mode 0700 if need be.
    ///
    /// What was once answered must be there: a database that lost or changed a row is refused.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        let opened = unpanicked(|| Ok(Self::open_checked(directory)));
        opened.unwrap_or_else(|error| Err(refused(directory, error)))
    }

    fn open_checked(directory: &Path) -> Result<Self, OpenError> {
        let unusable = |error| OpenError::Unusable(directory.to_owned(), error);
        let corrupt = |why: String| OpenError::Corrupt(directory.to_owned(), why);
        let db = open_private(directory, PAGE_CACHE_BYTES)?;
        let rows = db.open_tree("rows").map_err(|error| refused(directory, error))?;
        let stored = rows.get(TALLY_KEY).map_err(|error| refused(directory, error))?;
        let tally = match stored {
            Some(bytes) => Tally::from_bytes(&bytes).ok_or_else(|| corrupt("its tally is not one".to_owned()))?,
            None => Tally::default(),
        };
        let unreadable = |error: std::io::Error| match error.kind() {
            // It is as it was, or not there yet: no reason to begin anew.
            ErrorKind::StorageFull
            | ErrorKind::QuotaExceeded
            | ErrorKind::FileTooLarge
            | ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem => unusable(error),
            _ => corrupt(format!("the record of what was confirmed: {error}")),
        };
        let watermark = Watermark::open(directory, tally == Tally::default()).map_err(unreadable)?;
        let confirmed = watermark.revision().map_err(unreadable)?;
        // The first commit is confirmed before there can be a second.
        if tally.revision < confirmed || (tally.revision > 1 && confirmed == 0) {
            return Err(corrupt("changes that had been confirmed are missing".to_owned()));
        }
        if tally.sum != sum(&rows).map_err(|fault| corrupt(fault.0))? {
            return Err(corrupt("rows are missing or changed".to_owned()));
        }
        let data = File::options().read(true).write(true).open(directory.join("db")).map_err(unusable)?;
        let fault = Arc::default();
        let flusher = Flusher::start(db, data, watermark, Arc::clone(&fault)).map_err(unusable)?;
        Ok(Self { rows, flusher, tally: Mutex::new(tally), fault })
    }

    /// The batch as sled takes it, and the tally that goes with it; none if an expectation does not hold.
    fn prepare(&self, batch: &Batch, before: Tally) -> Result<Option<(sled::Batch, Tally)>, sled::Error> {
        let (mut writes, mut tally) = (sled::Batch::default(), before);
        if batch.wipe {
            for row in self.rows.range(..TALLY_KEY.as_slice()) {
                let (key, value) = row?;
                if batch.wipes(&key) {
                    tally.replace(&key, Some(&value), None);
                    writes.remove(key);
                }
            }
        }
        let mut written: HashMap<&[u8], Option<&[u8]>> = HashMap::with_capacity(batch.writes.len());
        for write in &batch.writes {
            let stored = if batch.wipes(&write.key) { None } else { self.rows.get(&write.key)? };
            let present = written.get(write.key.as_slice()).copied().unwrap_or(stored.as_deref());
            if write.expect == Expect::Absent && present.is_some() {
                return Ok(None);
            }
            tally.replace(&write.key, present, write.value.as_deref());
            written.insert(&write.key, write.value.as_deref());
            match &write.value {
                Some(value) => writes.insert(write.key.as_slice(), value.as_slice()),
                None => writes.remove(write.key.as_slice()),
            }
        }
        tally.revision += 1;
        writes.insert(TALLY_KEY.as_slice(), tally.to_bytes().as_slice());
        Ok(Some((writes, tally)))
    }
}

impl Engine for SledEngine {
    fn load(&self) -> Result<(Vec<Row>, u64), StoreFault> {
        let tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let rows: Result<Vec<Row>, sled::Error> = self
            .rows
            .range(..TALLY_KEY.as_slice())
            .map(|row| row.map(|(key, value)| Row { key: key.to_vec(), value: value.to_vec() }))
            .collect();
        Ok((rows?, tally.revision))
    }

    fn fault(&self) -> Option<StoreFault> {
        self.fault.get().cloned()
    }

    fn commit(&self, batch: &Batch, planned_on: u64) -> Result<(u64, Ticket), CommitError> {
        if let Some(fault) = self.fault() {
            return Err(CommitError::Fault(fault));
        }
        let failed = |error: sled::Error| CommitError::Fault(self.fault.get_or_init(|| error.into()).clone());
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        if tally.revision != planned_on {
            return Err(CommitError::Conflict);
        }
        let prepared = unpanicked(|| self.prepare(batch, *tally));
        let (writes, next) = prepared.map_err(failed)?.ok_or(CommitError::Conflict)?;
        unpanicked(|| self.rows.apply_batch(writes)).map_err(failed)?;
        *tally = next;
        Ok((next.revision, self.flusher.ticket(next.revision)))
    }
}

fn sum(rows: &sled::Tree) -> Result<u64, StoreFault> {
    let mut tally = Tally::default();
    for row in rows.range(..TALLY_KEY.as_slice()) {
        let (key, value) = row?;
        tally.replace(&key, None, Some(&value));
    }
    Ok(tally.sum)
}

impl From<std::io::Error> for StoreFault {
    fn from(error: std::io::Error) -> Self {
        Self(format!("the disk refuses to be written or read: {error}"))
    }
}

impl From<sled::Error> for StoreFault {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Io(error) => error.into(),
            error => Self(error.to_string()),
        }
    }
}
