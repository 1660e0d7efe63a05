//! What seals sessions and tokens, and what ends them early, as it is stored.

use serde::{Deserialize, Serialize};

use super::{Record, stored};
use crate::ids::IssuerId;
use crate::secret::Secret;
use crate::time::Timestamp;

/// One key of the ring that seals session tokens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RingKey {
    /// From which the key of each purpose is derived.
    #[serde(with = "stored")]
    pub root: Secret<[u8; 32]>,
    /// When it was made; the newest seals.
    pub created: Timestamp,
    /// Whether the sessions that it sealed count as expired.
    pub expired: bool,
}

#[derive(Deserialize)]
struct RingKey1 {
    #[serde(with = "stored")]
    root: Secret<[u8; 32]>,
    created: Timestamp,
}

/// How sessions are ended before their time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// They count for nothing.
    Revoked,
    /// As if their time were over.
    Expired,
}

/// A session ended before its time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RevokedSession {
    /// When it was.
    pub revoked: Timestamp,
    /// How.
    pub ending: Ending,
}

/// A user, role or root user whose earlier sessions are void.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokedIssuer {
    /// A number that was drawn when they were voided: only sessions that carry it count.
    pub generation: u64,
    /// Those of them that count as expired; the others were revoked.
    pub expired: Vec<u64>,
}

/// Whether an account vouches for its own before others, and under which name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outbound {
    /// Stays when the feature is switched off and on.
    pub issuer: IssuerId,
    /// Whether tokens are issued now.
    pub enabled: bool,
}

/// The keys by which an issuer signs, oldest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TokenKeys(pub Vec<TokenKey>);

/// A key that signs tokens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TokenKey {
    /// By which tokens name it.
    pub id: String,
    /// The one algorithm by which it signs, which tells what kind of key it is.
    pub algorithm: String,
    /// From which it can be made again.
    #[serde(with = "stored")]
    pub private: Secret<Vec<u8>>,
    /// When it was made.
    pub created: Timestamp,
}

impl Record for RingKey {
    const VERSION: u8 = 2;

    fn from_older(version: u8, bytes: &[u8]) -> Option<Self> {
        let RingKey1 { root, created } = (version == 1).then(|| postcard::from_bytes(bytes).ok())??;
        Some(Self { root, created, expired: false })
    }
}

impl Record for RevokedSession {
    const VERSION: u8 = 2;

    fn from_older(version: u8, bytes: &[u8]) -> Option<Self> {
        let revoked = (version == 1).then(|| postcard::from_bytes(bytes).ok())??;
        Some(Self { revoked, ending: Ending::Revoked })
    }
}

impl Record for RevokedIssuer {
    const VERSION: u8 = 2;

    fn from_older(version: u8, bytes: &[u8]) -> Option<Self> {
        let generation = (version == 1).then(|| postcard::from_bytes(bytes).ok())??;
        Some(Self { generation, expired: Vec::new() })
    }
}

impl Record for Outbound {}
impl Record for TokenKeys {}
