//! What has become of a session that was minted.

use super::world::Snapshot;
use crate::ids::UniqueId;
use crate::sessions::Ended;
use crate::sessions::ledger::Entry;
use crate::time::Timestamp;

crate::words! {
    /// Whether credentials are good, or why not.
    Standing {
        /// They are.
        Live "live",
        /// Their time is over.
        Expired "expired",
        /// A reset ended them.
        Reset "reset",
        /// Somebody did, before their time.
        Revoked "revoked",
        /// The role or user behind them is gone.
        PrincipalGone "principal-deleted",
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
