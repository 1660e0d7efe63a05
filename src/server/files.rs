//! Files that an operator names: read as far as such a file goes, for not every path has an end (`/dev/zero`).

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::limits::FILE_BYTES;

/// What is in a file of a sensible size.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    whole(&mut File::open(path)?)
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
