//! Notices what a database lost: sled opens a damaged file by forgetting what it cannot read, and says nothing.
//!
//! Each commit writes, with its rows, how many commits there were and a sum over all rows. The number of the last
//! commit that was confirmed stands in a file of its own as well.

use std::fs::{File, OpenOptions};
use std::io::{Error, Result};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use sha2::{Digest, Sha256};

/// What all rows come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// How many commits there were.
    pub(super) revision: u64,
    /// The sum of the hashes of all rows.
    pub(super) sum: u64,
}

impl Tally {
    /// Takes into account that the row of `key` changes.
    pub(super) fn replace(&mut self, key: &[u8], before: Option<&[u8]>, after: Option<&[u8]>) {
        let hash = |value: Option<&[u8]>| value.map_or(0, |value| hash(key, value));
        self.sum = self.sum.wrapping_sub(hash(before)).wrapping_add(hash(after));
    }

    pub(super) fn to_bytes(self) -> [u8; 16] {
        (u128::from(self.revision) << 64 | u128::from(self.sum)).to_be_bytes()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let both = u128::from_be_bytes(bytes.try_into().ok()?);
        Some(Self { revision: (both >> 64) as u64, sum: both as u64 })
    }
}

fn hash(key: &[u8], value: &[u8]) -> u64 {
    let length = (key.len() as u64).to_be_bytes();
    let digest = Sha256::new().chain_update(length).chain_update(key).chain_update(value).finalize();
    digest.iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}

/// The file that knows the last confirmed commit.
pub(super) struct Watermark(File);

impl Watermark {
    /// Opens it; where nothing was ever committed it is begun.
    pub(super) fn open(directory: &Path, begin: bool) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(begin).truncate(false).mode(0o600);
        options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
        let watermark = Self(options.open(directory.join("confirmed"))?);
        if begin && watermark.0.metadata()?.len() == 0 {
            watermark.confirm(0)?;
        }
        Ok(watermark)
    }

    /// The last confirmed commit.
    pub(super) fn revision(&self) -> Result<u64> {
        let mut bytes = [0; 8];
        if self.0.metadata()?.len() != bytes.len() as u64 {
            return Err(Error::other("it has not eight bytes"));
        }
        self.0.read_exact_at(&mut bytes, 0)?;
        Ok(u64::from_be_bytes(bytes))
    }

    /// Confirms every commit up to this one. Survives the process.
    pub(super) fn confirm(&self, revision: u64) -> Result<()> {
        self.0.write_all_at(&revision.to_be_bytes(), 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_depends_on_the_rows_and_not_on_their_history() {
        let mut straight = Tally::default();
        straight.replace(b"a", None, Some(b"2"));
        straight.replace(b"b", None, Some(b"1"));
        let mut winding = Tally::default();
        winding.replace(b"b", None, Some(b"1"));
        winding.replace(b"a", None, Some(b"1"));
        winding.replace(b"c", None, Some(b"1"));
        winding.replace(b"a", Some(b"1"), Some(b"2"));
        winding.replace(b"c", Some(b"1"), None);
        assert_eq!(straight, winding);
        assert_eq!(Tally::from_bytes(&straight.to_bytes()), Some(straight));
        let mut other = Tally::default();
        other.replace(b"ab", None, Some(b""));
        let mut moved = Tally::default();
        moved.replace(b"a", None, Some(b"b"));
        assert_ne!(other, moved);
    }
}
