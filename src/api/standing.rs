//! What has become of a session that was minted.

use super::world::Snapshot;
use crate::ids::UniqueId;
use crate::sessions::Ended;
use crate::sessions::ledger::Entry;
use crate::time::Timestamp;

/// Whether credentials are good, or why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They are.
    Live,
    /// Their time is over.
    Expired,
    /// A reset ended them.
    Reset,
    /// Somebody did, before their time.
    Revoked,
    /// The role or user behind them is gone.
    PrincipalGone,
}

impl Standing {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Expired => "expired",
            Self::Reset => "reset",
            Self::Revoked => "revoked",
            Self::PrincipalGone => "principal-deleted",
        }
    }
}

impl Snapshot {
    /// What has become of a session.
    pub fn standing(&self, entry: &Entry, now: Timestamp) -> Standing {
        let exists = |id: &UniqueId| self.identities.role(id).is_some() || self.identities.user(id).is_some();
        match self.sessions.ended_early(entry) {
            _ if entry.expires <= now => Standing::Expired,
            Some(Ended::Expired) => Standing::Expired,
            Some(Ended::RetiredKey) => Standing::Reset,
            Some(Ended::Revoked | Ended::Generation) => Standing::Revoked,
            None if !entry.issuer.as_ref().is_none_or(exists) => Standing::PrincipalGone,
            None => Standing::Live,
        }
    }
}
