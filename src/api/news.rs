//! What changed of late, for those who remember our answers: a number that rises, and the changes behind it.
//!
//! The changes are read off the rows of a commit, so no command can forget to tell of itself.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::baseline::is_identity;
use crate::identities::Identities;
use crate::ids::AccessKeyId;
use crate::sessions::SessionId;
use crate::store::{Batch, Row, Write, tables};
use crate::time::Timestamp;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The epoch that it began.
    pub epoch: u64,
    /// What happened.
    pub deed: Deed,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A long-term key was switched off.
    KeyDeactivated(AccessKeyId),
    /// A long-term key is gone.
    KeyDeleted(AccessKeyId),
    /// A session was ended early.
    SessionRevoked(SessionId),
    /// All sessions of a user, role or root user were ended.
    SessionsRevoked {
        /// Whose: a unique id, or of a root user the account's.
        issuer: String,
        /// Its ARN.
        arn: Option<String>,
    },
    /// Something else about an identity: a policy, a tag, a new key.
    PolicyChanged,
    /// Nothing is as it was.
    StateReset,
    /// The service's clock was set.
    ClockChanged,
}

/// The present epoch and the way to it.
pub struct News {
    epoch: AtomicU64,
    recent: Mutex<VecDeque<Change>>,
    news: watch::Sender<u64>,
}

/// News that are kept for those who were away.
const KEPT: usize = 1024;
/// News of one commit that are told one by one.
const TOLD: usize = 64;

impl News {
    /// Begins at an epoch that no earlier process can have reached: its milliseconds are more than its changes were.
    pub fn begin(machine_now: Timestamp) -> Self {
        let epoch = u64::try_from(machine_now.millis()).unwrap_or_default();
        Self { epoch: AtomicU64::new(epoch), recent: Mutex::default(), news: watch::Sender::new(epoch) }
    }

    /// The present epoch. Read it before the state that is answered from: then the answer is at least as new.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Resolves at the next change, and at those after it.
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// The changes after `epoch`. If they are not all known any more, one that says so.
    pub fn after(&self, epoch: u64) -> Vec<Change> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let present = self.epoch();
        let forgotten = recent.front().map_or(present, |oldest| oldest.epoch - 1);
        if epoch > present || epoch < forgotten {
            return vec![Change { epoch: present, deed: Deed::StateReset }];
        }
        recent.iter().filter(|change| change.epoch > epoch).cloned().collect()
    }

    /// Begins a new epoch with what happened, if anything did. The new state must be in place by now.
    pub(super) fn record(&self, mut deeds: Vec<Deed>) {
        if deeds.is_empty() {
            return;
        }
        if deeds.len() > TOLD {
            deeds = vec![Deed::StateReset];
        }
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let epoch = self.epoch() + 1;
        recent.extend(deeds.into_iter().map(|deed| Change { epoch, deed }));
        while recent.len() > KEPT {
            // A commit is forgotten as a whole.
            let oldest = recent.front().map(|change| change.epoch);
            while recent.front().map(|change| change.epoch) == oldest && !recent.is_empty() {
                recent.pop_front();
            }
        }
        self.epoch.store(epoch, Ordering::Release);
        drop(recent);
        self.news.send_replace(epoch);
    }
}

/// What a commit does, told by its rows.
pub(super) fn deeds(batch: &Batch, before: &Identities, after: &Identities) -> Vec<Deed> {
    if batch.wipe {
        return vec![Deed::StateReset];
    }
    let mut deeds = Vec::new();
    for write in &batch.writes {
        let deed = if let Some(id) = tables::ACCESS_KEYS.key_of(&write.key) {
            let active = |identities: &Identities| identities.access_key(id.as_str()).map(|key| key.record.active);
            match (active(before), active(after)) {
                (Some(_), None) => Deed::KeyDeleted(id),
                (Some(true), Some(false)) => Deed::KeyDeactivated(id),
                _ => Deed::PolicyChanged,
            }
        } else if is_identity(&write.key) {
            Deed::PolicyChanged
        } else if tables::STEERING.owns(&write.key) {
            Deed::ClockChanged
        } else if tables::RING.owns(&write.key) && !is_fresh_key(write) {
            Deed::StateReset
        } else if write.value.is_none() {
            continue;
        } else if let Some(id) = tables::REVOKED_SESSIONS.key_of(&write.key) {
            Deed::SessionRevoked(SessionId(id))
        } else if let Some(issuer) = tables::REVOKED_ISSUERS.key_of(&write.key) {
            let arn = after.role(&issuer).map(|role| role.arn.clone());
            let arn = arn.or_else(|| after.user(&issuer).map(|user| user.arn.clone()));
            Deed::SessionsRevoked { issuer: issuer.to_string(), arn }
        } else if let Some(account) = tables::REVOKED_ROOTS.key_of(&write.key) {
            let arn = after.account(account).map(|account| account.root_arn());
            Deed::SessionsRevoked { issuer: account.to_string(), arn }
        } else {
            continue;
        };
        if !deeds.contains(&deed) {
            deeds.push(deed);
        }
        if deeds.len() > TOLD {
            break;
        }
    }
    deeds
}

/// Whether this adds a key to the ring, which ends no session.
fn is_fresh_key(write: &Write) -> bool {
    let Some(value) = write.value.clone() else { return false };
    let row = Row { key: write.key.clone(), value };
    tables::RING.read(&[row]).is_ok_and(|keys| keys.iter().all(|(_, key)| !key.expired))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> Deed {
        Deed::KeyDeleted(crate::shape::Shape::parse(&format!("AKIA{number}")).unwrap())
    }

    #[track_caller]
    fn check(news: &News, after: u64, expect: &[(u64, Deed)]) {
        let found: Vec<(u64, Deed)> = news.after(after).into_iter().map(|change| (change.epoch, change.deed)).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn who_was_away_hears_what_was_missed() {
        let news = News::begin(Timestamp::from_millis(100));
        assert_eq!(news.epoch(), 100);
        check(&news, 100, &[]);
        news.record(vec![key(1), key(2)]);
        news.record(vec![]);
        news.record(vec![Deed::PolicyChanged]);
        assert_eq!(news.epoch(), 102);
        check(&news, 100, &[(101, key(1)), (101, key(2)), (102, Deed::PolicyChanged)]);
        check(&news, 101, &[(102, Deed::PolicyChanged)]);
    }

    #[test]
    fn who_was_away_too_long_or_knows_another_process_must_forget_everything() {
        let news = News::begin(Timestamp::from_millis(100));
        check(&news, 99, &[(100, Deed::StateReset)]);
        check(&news, 101, &[(100, Deed::StateReset)]);
        for number in 0..2 * KEPT {
            news.record(vec![key(number)]);
        }
        let present = news.epoch();
        check(&news, present - KEPT as u64 - 1, &[(present, Deed::StateReset)]);
        assert_eq!(news.after(present - KEPT as u64).len(), KEPT);
    }

    #[test]
    fn a_commit_of_many_changes_is_told_as_one() {
        let news = News::begin(Timestamp::from_millis(100));
        news.record((0..100).map(key).collect());
        check(&news, 100, &[(101, Deed::StateReset)]);
    }
}
