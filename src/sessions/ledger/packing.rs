//! Entries as rows: many in one, keyed by when they can be forgotten.

use super::Numbered;
use crate::time::Timestamp;

/// Rows hold the sessions that end within the same ten minutes.
const BUCKET_SECONDS: i64 = 600;
/// The longest row.
const ROW_BYTES: usize = 4096;

/// The end of the ten minutes in which a session ends, as the first half of a row key.
pub(super) fn bucket(expires: Timestamp) -> [u8; 8] {
    let end = expires.seconds().div_euclid(BUCKET_SECONDS) + 1;
    // Years before 1970 sort first: no session ends there.
    u64::try_from(end * BUCKET_SECONDS).unwrap_or_default().to_be_bytes()
}

/// Packs entries, which are sorted by bucket, into rows.
pub(super) fn pack(entries: &[Numbered]) -> Vec<([u8; 8], Vec<u8>)> {
    let mut rows: Vec<([u8; 8], Vec<u8>)> = Vec::new();
    for entry in entries {
        let key = bucket(entry.entry.expires);
        let Ok(bytes) = postcard::to_stdvec(entry) else { continue };
        match rows.last_mut().filter(|(last, row)| *last == key && row.len() + bytes.len() <= ROW_BYTES) {
            Some((_, row)) => row.extend(bytes),
            None => rows.push((key, bytes)),
        }
    }
    rows
}

pub(super) fn unpack(row: &[u8]) -> impl Iterator<Item = Numbered> {
    let mut rest = row;
    std::iter::from_fn(move || {
        let (entry, after) = postcard::take_from_bytes(rest).ok()?;
        rest = after;
        Some(entry)
    })
}
