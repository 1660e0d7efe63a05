//! A database that may fail and goes on: closed after a failure, opened again once there is room, and set aside for a
//! new one when it cannot be read. For rows that may be lost, not for the state.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use super::directory::{OpenError, make_private, open_private, refused, unpanicked};
use super::engine::StoreFault;

/// An open database.
pub(super) struct Database {
    pub(super) db: sled::Db,
    pub(super) rows: sled::Tree,
}

/// The database of a directory, open or not.
pub(super) struct Reopened {
    directory: PathBuf,
    database: RwLock<Option<Database>>,
    /// Set when it opened, and what was in it could not be read.
    doubtful: AtomicBool,
}

/// Where the rows are.
const TREE: &str = "rows";
/// Memory that sled may use for its pages; a look through everything does not need more.
const PAGE_CACHE_BYTES: u64 = 8 * 1024 * 1024;
/// sled writes as it opens, a segment of half a MiB at most and a snapshot: there must be room for it first.
const ROOM: usize = 1024 * 1024;
/// How many databases that cannot be read are kept beside the present one.
const MOST_SET_ASIDE: usize = 3;

impl Reopened {
    /// The database in `directory`, which is opened when it is first needed.
    pub(super) fn at(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), database: RwLock::default(), doubtful: AtomicBool::new(false) }
    }

    /// Works on the database, opening it first if need be. A failure closes it: after an I/O error sled refuses
    /// everything until it is opened anew.
    pub(super) fn with<R>(&self, work: impl FnOnce(&Database) -> Result<R, sled::Error>) -> Result<R, StoreFault> {
        let mut present = self.database.read().unwrap_or_else(PoisonError::into_inner);
        if present.is_none() {
            drop(present);
            self.open()?;
            present = self.database.read().unwrap_or_else(PoisonError::into_inner);
        }
        // Another thread may have failed and closed it in between.
        let Some(opened) = present.as_ref() else { return Err(StoreFault("it was closed after a failure".to_owned())) };
        let result = unpanicked(|| work(opened));
        drop(present);
        result.map_err(|error| {
            if matches!(error, sled::Error::Corruption { .. } | sled::Error::ReportableBug(_)) {
                self.doubtful.store(true, Ordering::Relaxed);
            }
            self.close();
            error.into()
        })
    }

    fn close(&self) {
        let failed = self.database.write().unwrap_or_else(PoisonError::into_inner).take();
        // What it cannot write as it goes was not confirmed either.
        let _ = unpanicked(|| {
            drop(failed);
            Ok(())
        });
    }

    /// Where databases are that could not be read, newest first.
    pub(super) fn set_aside(&self) -> Vec<PathBuf> {
        (1..=MOST_SET_ASIDE).map(|number| self.aside(number)).filter(|place| place.exists()).collect()
    }

    fn open(&self) -> Result<(), StoreFault> {
        let mut place = self.database.write().unwrap_or_else(PoisonError::into_inner);
        if place.is_some() {
            return Ok(());
        }
        make_private(&self.directory).map_err(|error| StoreFault(error.to_string()))?;
        // WHY: on a full disk each opening would fail, and could leave something half written behind.
        find_room(&self.directory)?;
        let opened = match self.open_and_check() {
            Err(OpenError::Corrupt(_, why)) => {
                self.begin_anew(&why)?;
                self.open_and_check()
            }
            opened => opened,
        };
        *place = Some(opened.map_err(|error| StoreFault(error.to_string()))?);
        self.doubtful.store(false, Ordering::Relaxed);
        Ok(())
    }

    fn open_and_check(&self) -> Result<Database, OpenError> {
        let opened = unpanicked(|| {
            Ok(open_private(&self.directory, PAGE_CACHE_BYTES).and_then(|db| {
                let rows = db.open_tree(TREE).map_err(|error| refused(&self.directory, error))?;
                if self.doubtful.load(Ordering::Relaxed) {
                    let read = rows.iter().try_for_each(|row| row.map(|_| ()));
                    read.map_err(|error| refused(&self.directory, error))?;
                }
                Ok(Database { db, rows })
            }))
        });
        opened.unwrap_or_else(|error| Err(refused(&self.directory, error)))
    }

    /// Moves what cannot be read out of the way. The oldest of those that were moved before makes place.
    fn begin_anew(&self, why: &str) -> Result<(), StoreFault> {
        let stays =
            |error| StoreFault(format!("{} cannot be read ({why}) nor moved away: {error}", self.directory.display()));
        let oldest = self.aside(MOST_SET_ASIDE);
        if oldest.exists() {
            fs::remove_dir_all(&oldest).map_err(stays)?;
        }
        for number in (1..MOST_SET_ASIDE).rev() {
            let place = self.aside(number);
            if place.exists() {
                fs::rename(place, self.aside(number + 1)).map_err(stays)?;
            }
        }
        fs::rename(&self.directory, self.aside(1)).map_err(stays)?;
        let (directory, aside) = (self.directory.display(), self.aside(1));
        tracing::error!(
            "{directory} could not be read ({why}) and was set aside as {}: the sessions in it are not listed any more, \
             but go on working",
            aside.display()
        );
        Ok(())
    }

    fn aside(&self, number: usize) -> PathBuf {
        let mut name = self.directory.file_name().unwrap_or_default().to_owned();
        name.push(format!(".unreadable-{number}"));
        self.directory.with_file_name(name)
    }
}

/// Whether the disk takes what an opening writes.
fn find_room(directory: &Path) -> std::io::Result<()> {
    let place = directory.join("room");
    let mut probe = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&place)?;
    let written = probe.write_all(&vec![0x5A; ROOM]).and_then(|()| probe.sync_data());
    fs::remove_file(&place)?;
    written
}
