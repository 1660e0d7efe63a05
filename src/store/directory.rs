//! Directories for databases: made for their owner alone, refused when others can look in.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::Mode;

/// How often the lock on a database is asked for, and how long between: who had it may just be leaving, and a child
/// that it started holds what its parent had open until it runs its own program.
const LOCK_ATTEMPTS: usize = 25;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Why a directory cannot be used. Each says what to do about it.
#[derive(Debug, derive_more::Display)]
pub enum OpenError {
    /// Another process has it.
    #[display(
        "another local-sts is running on {}: stop it, or give this one its own --data-dir or --ephemeral",
        _0.display()
    )]
    InUse(PathBuf),
    /// Others may read it.
    #[display(
        "{0} holds secrets and has mode {_1:o}: run chmod {1} '{0}'",
        _0.display(),
        if _0.is_dir() { 700 } else { 600 }
    )]
    TooOpen(PathBuf, u32),
    /// It is a link to somewhere else.
    #[display("{} is a link: put what it leads to in its place, or give another --data-dir", _0.display())]
    Link(PathBuf),
    /// It belongs to another user.
    #[display("{} belongs to another user, who can change it: give a --data-dir of your own", _0.display())]
    NotOurs(PathBuf),
    /// It cannot be made, read or written.
    #[display("cannot use {}: {_1}; give another place by --data-dir, or none by --ephemeral", _0.display())]
    Unusable(PathBuf, std::io::Error),
    /// What is in it cannot be understood.
    #[display(
        "the state in {} cannot be read ({_1}): restore it from a copy, or move it away to begin anew",
        _0.display()
    )]
    Corrupt(PathBuf, String),
}

impl std::error::Error for OpenError {}

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

/// Turns panics into errors: sled panics over damage that it does not expect.
pub(super) fn unpanicked<R>(work: impl FnOnce() -> Result<R, sled::Error>) -> Result<R, sled::Error> {
    let gave_up = |_| Err(sled::Error::ReportableBug("the database gave up over what it read".to_owned()));
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(gave_up)
}

/// Opens the database in `directory`, for its owner alone.
///
/// Waits half a second at most for another process to leave it.
/// Sets the process's umask, for the database makes files of its own accord, now and later.
pub(super) fn open_private(directory: &Path, page_cache_bytes: u64) -> Result<sled::Db, OpenError> {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    make_private(directory)?;
    let config = sled::Config::new().path(directory).cache_capacity(page_cache_bytes).flush_every_ms(None);
    let mut opened = config.open().map_err(|error| refused(directory, error));
    for _ in 1..LOCK_ATTEMPTS {
        if !matches!(opened, Err(OpenError::InUse(_))) {
            break;
        }
        std::thread::sleep(LOCK_PAUSE);
        opened = config.open().map_err(|error| refused(directory, error));
    }
    if matches!(opened, Err(OpenError::Corrupt(..))) && remove_unfinished(directory) {
        opened = config.open().map_err(|error| refused(directory, error));
    }
    opened
}

/// Removes snapshots that sled could not finish, for its disk was full or it was killed, and would read as whole ones.
/// What they were drawn from is still there, for only a finished one, which has another name, takes its place.
fn remove_unfinished(directory: &Path) -> bool {
    let Ok(entries) = fs::read_dir(directory) else { return false };
    let unfinished = entries.flatten().map(|entry| entry.path()).filter(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy());
        name.is_some_and(|name| name.starts_with("snap.") && name.ends_with(".generating"))
    });
    unfinished.flat_map(fs::remove_file).count() > 0
}

/// Makes the directory for its owner alone, or checks that nobody else can look into what is there.
pub fn make_private(directory: &Path) -> Result<(), OpenError> {
    let unusable = |error| OpenError::Unusable(directory.to_owned(), error);
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
    match made {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(unusable(error)),
        _ => check_private(directory)?,
    }
    for entry in fs::read_dir(directory).map_err(unusable)? {
        let entry = entry.map_err(unusable)?;
        // ATTACK: what a link leads to may be anybody's, and would be written to.
        if entry.file_type().map_err(unusable)?.is_symlink() {
            return Err(OpenError::Link(entry.path()));
        }
        check_private(&entry.path())?;
    }
    Ok(())
}

fn check_private(at: &Path) -> Result<(), OpenError> {
    let metadata = fs::metadata(at).map_err(|error| OpenError::Unusable(at.to_owned(), error))?;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(OpenError::NotOurs(at.to_owned()));
    }
    let mode = metadata.permissions().mode() & 0o777;
    let others = mode & 0o077;
    if others == 0 { Ok(()) } else { Err(OpenError::TooOpen(at.to_owned(), mode)) }
}
