//! Where a page of the ledger ends, and how that is written for whoever turns it.

use crate::sessions::SessionId;
use crate::time::Timestamp;

/// Where a page of entries ends: the next one begins behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, derive_more::Display)]
#[display("{}-{serial}-{id}", issued.millis())]
pub struct Cursor {
    /// Of the last entry.
    pub issued: Timestamp,
    /// Tells apart, in the order of minting, what began in the same millisecond.
    pub serial: u64,
    /// Of the last entry.
    pub id: SessionId,
}

impl Cursor {
    /// Reads what was written.
    pub fn parse(text: &str) -> Option<Self> {
        let (rest, id) = text.rsplit_once('-')?;
        let (millis, serial) = rest.rsplit_once('-')?;
        let issued = Timestamp::from_millis(millis.parse().ok()?);
        Some(Self { issued, serial: serial.parse().ok()?, id: SessionId::parse(id)? })
    }
}
