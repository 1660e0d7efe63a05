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
    let mut bytes = Vec::new();
    for entry in entries {
        let key = bucket(entry.entry.expires);
        bytes.clear();
        let Ok(written) = postcard::to_extend(entry, std::mem::take(&mut bytes)) else { continue };
        bytes = written;
        if !rows.last().is_some_and(|(last, row)| *last == key && row.len() + bytes.len() <= ROW_BYTES) {
            rows.push((key, Vec::with_capacity(ROW_BYTES)));
        }
        if let Some((_, row)) = rows.last_mut() {
            row.extend(&bytes);
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
