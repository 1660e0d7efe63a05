//! Rows on disk, in one sled tree so that a batch is one atomic write.
//!
//! sled's `flush` survives the process, not the machine: the flusher follows it with `fdatasync`.

use std::fmt;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::fs::Mode;

use super::engine::{Batch, CommitError, Engine, Expect, Row, StoreFault, Ticket};
use super::flusher::Flusher;

/// Memory that sled may use for its pages: everything is in our own memory anyway.
const PAGE_CACHE_BYTES: u64 = 1024 * 1024;

/// An engine over a directory.
pub struct SledEngine {
    rows: sled::Tree,
    flusher: Flusher,
    revision: Mutex<u64>,
}

/// Why a directory cannot be used. Each says what to do about it.
#[derive(Debug)]
pub enum OpenError {
    /// Another process has it.
    InUse(PathBuf),
    /// Others may read it.
    TooOpen(PathBuf, u32),
    /// It cannot be made, read or written.
    Unusable(PathBuf, std::io::Error),
    /// What is in it cannot be understood.
    Corrupt(PathBuf, String),
}

impl fmt::Display for OpenError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse(at) => write!(
                out,
                "another local-sts is running on {}: stop it, or give this one its own --data-dir or --ephemeral",
                at.display()
            ),
            Self::TooOpen(at, mode) => {
                let wanted = if at.is_dir() { 700 } else { 600 };
                write!(out, "{0} holds secrets and has mode {mode:o}: run chmod {wanted} '{0}'", at.display())
            }
            Self::Unusable(at, why) => {
                write!(
                    out,
                    "cannot use {}: {why}; give another place by --data-dir, or none by --ephemeral",
                    at.display()
                )
            }
            Self::Corrupt(at, why) => write!(
                out,
                "the state in {} cannot be read ({why}): restore it from a copy, or move it away to begin anew",
                at.display()
            ),
        }
    }
}

impl std::error::Error for OpenError {}

impl SledEngine {
    /// Opens the database in `directory`, making it with mode 0700 if need be.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        let db = open_private(directory, PAGE_CACHE_BYTES)?;
        let rows = db.open_tree("rows").map_err(|error| refused(directory, error))?;
        let data = File::options().read(true).write(true).open(directory.join("db"));
        let data = data.map_err(|error| OpenError::Unusable(directory.to_owned(), error))?;
        let flusher = Flusher::start(db, data).map_err(|error| OpenError::Unusable(directory.to_owned(), error))?;
        Ok(Self { rows, flusher, revision: Mutex::new(0) })
    }
}

impl Engine for SledEngine {
    fn load(&self) -> Result<(Vec<Row>, u64), StoreFault> {
        let revision = self.revision.lock().unwrap_or_else(PoisonError::into_inner);
        let rows: Result<Vec<Row>, sled::Error> = self
            .rows
            .iter()
            .map(|row| row.map(|(key, value)| Row { key: key.to_vec(), value: value.to_vec() }))
            .collect();
        Ok((rows.map_err(|error| fault(&error))?, *revision))
    }

    fn commit(&self, batch: &Batch, planned_on: u64) -> Result<(u64, Ticket), CommitError> {
        let mut revision = self.revision.lock().unwrap_or_else(PoisonError::into_inner);
        if *revision != planned_on {
            return Err(CommitError::Conflict);
        }
        let mut writes = sled::Batch::default();
        if batch.wipe {
            for key in self.rows.iter().keys() {
                writes.remove(key.map_err(|error| CommitError::Fault(fault(&error)))?);
            }
        }
        for write in &batch.writes {
            let taken = || self.rows.contains_key(&write.key).map_err(|error| CommitError::Fault(fault(&error)));
            if write.expect == Expect::Absent && !batch.wipe && taken()? {
                return Err(CommitError::Conflict);
            }
            match &write.value {
                Some(value) => writes.insert(write.key.as_slice(), value.as_slice()),
                None => writes.remove(write.key.as_slice()),
            }
        }
        self.rows.apply_batch(writes).map_err(|error| CommitError::Fault(fault(&error)))?;
        *revision += 1;
        Ok((*revision, self.flusher.ticket()))
    }
}

fn fault(error: &sled::Error) -> StoreFault {
    StoreFault(error.to_string())
}

pub(super) fn refused(directory: &Path, error: sled::Error) -> OpenError {
    match error {
        // sled reports the lock that another process holds as this kind of I/O error.
        sled::Error::Io(error) if error.to_string().contains("could not acquire lock") => {
            OpenError::InUse(directory.to_owned())
        }
        sled::Error::Io(error) => OpenError::Unusable(directory.to_owned(), error),
        error => OpenError::Corrupt(directory.to_owned(), error.to_string()),
    }
}

/// Opens the database in `directory`, for its owner alone.
///
/// Sets the process's umask, for the database makes files of its own accord, now and later.
pub(super) fn open_private(directory: &Path, page_cache_bytes: u64) -> Result<sled::Db, OpenError> {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    make_private(directory)?;
    let config = sled::Config::new().path(directory).cache_capacity(page_cache_bytes).flush_every_ms(None);
    config.open().map_err(|error| refused(directory, error))
}

/// Makes the directory for its owner alone, or checks that nobody else can look into what is there.
fn make_private(directory: &Path) -> Result<(), OpenError> {
    let unusable = |error| OpenError::Unusable(directory.to_owned(), error);
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
    match made {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(unusable(error)),
        _ => check_private(directory)?,
    }
    for entry in fs::read_dir(directory).map_err(unusable)? {
        let entry = entry.map_err(unusable)?;
        check_private(&entry.path())?;
    }
    Ok(())
}

fn check_private(at: &Path) -> Result<(), OpenError> {
    let metadata = fs::metadata(at).map_err(|error| OpenError::Unusable(at.to_owned(), error))?;
    let mode = metadata.permissions().mode() & 0o777;
    let others = mode & 0o077;
    if others == 0 { Ok(()) } else { Err(OpenError::TooOpen(at.to_owned(), mode)) }
}
