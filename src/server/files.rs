//! Files that an operator names: read as far as such a file goes, for not every path has an end (`/dev/zero`), and
//! written in one step.

use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result, Write as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use super::limits::FILE_BYTES;
use crate::env::{SystemEntropy, draw};

/// What is in a file of a sensible size.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    whole(&mut File::open(path).map_err(told)?)
}

/// With what to do about it, where that helps.
fn told(error: Error) -> Error {
    match error.kind() {
        kind @ ErrorKind::NotFound => {
            Error::new(kind, "there is no such file; a relative path begins at the working directory")
        }
        _ => error,
    }
}

/// The same of one that is open.
pub fn whole(file: &mut File) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES {
        let size = format!("it has more than {} MiB, and nothing of the kind does", FILE_BYTES >> 20);
        return Err(Error::new(ErrorKind::FileTooLarge, size));
    }
    Ok(bytes)
}

/// The text in a file of a sensible size.
pub fn text(path: &Path) -> Result<String> {
    utf8(read(path)?)
}

/// Bytes of a file as text.
pub fn utf8(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| Error::new(ErrorKind::InvalidData, "it is no text in UTF-8"))
}

/// Says so if others can read a file with secrets.
pub fn warn_if_open(path: &Path, secrets: &str) {
    if path.metadata().is_ok_and(|found| found.permissions().mode().trailing_zeros() < 6) {
        tracing::warn!("{} can be read by others: chmod 600 keeps {secrets} secret", path.display());
    }
}

/// Puts `text` into the file in one step, so that nobody reads half of it; what is no file, such as a pipe, it goes into.
pub fn replace(file: &Path, text: &str) -> std::result::Result<(), String> {
    put(file, text).map_err(|error| format!("{}: {error}", file.display()))
}

fn put(file: &Path, text: &str) -> Result<()> {
    let file = match fs::metadata(file) {
        Ok(there) if !there.is_file() => {
            let mut there = OpenOptions::new().write(true).open(file)?;
            let found = there.metadata()?;
            // ATTACK: somebody else may have put a pipe in the place of the file, to read what is secret.
            let is_put_there = found.file_type().is_fifo() && fs::canonicalize(file).is_ok();
            if is_put_there && found.uid() != rustix::process::geteuid().as_raw() {
                return Err(Error::new(ErrorKind::PermissionDenied, "it is a pipe of another user"));
            }
            return there.write_all(text.as_bytes());
        }
        // A link goes on to point there.
        Ok(_) => fs::canonicalize(file)?,
        Err(_) => file.to_owned(),
    };
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    // ATTACK: nobody can have made that file before, for others to read or as a link to elsewhere.
    let beside = file.with_file_name(format!(".{name}.{:016x}", u64::from_be_bytes(draw(&SystemEntropy))));
    let mut options = OpenOptions::new();
    let mut new = options.write(true).create_new(true).mode(0o600).open(&beside)?;
    let written = new.write_all(text.as_bytes()).and_then(|()| new.sync_all());
    let moved = written.and_then(|()| fs::rename(&beside, file));
    if moved.is_err() {
        // It may never have been made.
        let _ = fs::remove_file(&beside);
    }
    moved
}
