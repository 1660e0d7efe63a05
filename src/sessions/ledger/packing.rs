//! Entries as rows: many in one, keyed by when they can be forgotten.

use super::Numbered;
use crate::time::Timestamp;

/// Rows hold the sessions that end within the same ten minutes.
const BUCKET_SECONDS: i64 = 600;
/// The longest row.
const ROW_BYTES: usize = 4096;

/// The end of the ten minutes in which a session ends, as the first half of a row key.
fn bucket(expires: Timestamp) -> [u8; 8] {
    let end = expires.seconds().div_euclid(BUCKET_SECONDS) + 1;
    // Years before 1970 sort first: no session ends there.
    u64::try_from(end * BUCKET_SECONDS).unwrap_or_default().to_be_bytes()
}

/// Of the rows begun last, so many may still have room.
const OPEN_ROWS: usize = 16;

/// Entries in the rows in which they will be written.
// WHY: an entry has five texts; packed where it was gathered, it gives them back while the allocator has them at hand.
// It is packed before others are made to wait.
#[derive(Default)]
pub(super) struct Packed {
    rows: Vec<([u8; 8], Vec<u8>)>,
    entries: usize,
}

impl Packed {
    /// Adds an entry that ends at `expires`, and was packed before.
    pub(super) fn add(&mut self, serial: u64, expires: Timestamp, entry: &[u8]) {
        let mut place = [0; 10];
        let Ok(serial) = postcard::to_slice(&serial, &mut place) else { return };
        let key = bucket(expires);
        let mut open = self.rows.iter_mut().rev().take(OPEN_ROWS);
        match open.find(|(of, row)| *of == key && row.len() + serial.len() + entry.len() <= ROW_BYTES) {
            Some((_, row)) => {
                row.extend_from_slice(serial);
                row.extend_from_slice(entry);
            }
            None => self.rows.push((key, [&*serial, entry].concat())),
        }
        self.entries += 1;
    }

    /// Adds all of `others`, and leaves none there.
    pub(super) fn append(&mut self, others: &mut Self) {
        self.rows.append(&mut others.rows);
        self.entries += std::mem::take(&mut others.entries);
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.entries
    }

    pub(super) fn rows(&self) -> Vec<([u8; 8], Vec<u8>)> {
        self.rows.clone()
    }
}

pub(super) fn unpack(row: &[u8]) -> impl Iterator<Item = Numbered> {
    let mut rest = row;
    std::iter::from_fn(move || {
        let (entry, after) = postcard::take_from_bytes(rest).ok()?;
        rest = after;
        Some(entry)
    })
}
