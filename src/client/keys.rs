//! Signing keys that the validator handed out: kept as long as nothing can have changed, and not a moment longer.
//!
//! Pure but for its lock: it is told what time it is, what changed, and whether changes would be heard of at all.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::protocol::{Credential, Identity};
use crate::sigv4::{Scope, SigningKey};
use crate::time::Timestamp;

/// What a kept key is found by: a credential shown in full, and what it signed for. No secret can be read off it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    // ATTACK: the token is part of it, so that knowing the id of somebody's session finds nothing.
    pub(super) fn of(access_key_id: &str, token: Option<&str>, scope: &Scope<'_>) -> Self {
        let mut hash = Sha256::new();
        for part in [access_key_id, token.unwrap_or_default(), scope.date, scope.region, scope.service] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }
}

/// A key, and whose it is.
pub(super) struct Kept {
    pub(super) key: SigningKey,
    pub(super) identity: Arc<Identity>,
    pub(super) credential: Arc<Credential>,
    /// From then on it is not used.
    pub(super) not_after: Timestamp,
}

/// The keys that are kept.
#[derive(Default)]
pub(super) struct Keys(Mutex<State>);

#[derive(Default)]
struct State {
    /// Whether we would hear of a change.
    live: bool,
    epoch: u64,
    kept: HashMap<Fingerprint, Arc<Kept>>,
    /// How far the validator's clock is ahead of the machine's, in milliseconds.
    ahead: i64,
}

/// More than this and they are dropped together: a validator for tests has not so many clients.
const MOST_KEYS: usize = 4096;

impl Keys {
    /// A key that is good now, by the validator's clock.
    pub(super) fn find(&self, fingerprint: &Fingerprint, now: Timestamp) -> Option<Arc<Kept>> {
        let state = self.state();
        if !state.live {
            return None;
        }
        let kept = state.kept.get(fingerprint).filter(|kept| now < kept.not_after)?;
        Some(Arc::clone(kept))
    }

    /// Keeps a key that was told in an answer of `epoch`, unless something changed since.
    pub(super) fn keep(&self, fingerprint: Fingerprint, kept: Arc<Kept>, epoch: u64) {
        let mut state = self.state();
        if !state.live || epoch != state.epoch {
            return;
        }
        if state.kept.len() >= MOST_KEYS {
            state.kept.clear();
        }
        state.kept.insert(fingerprint, kept);
    }

    /// How far the validator's clock is ahead, if that is known.
    pub(super) fn ahead(&self) -> i64 {
        self.state().ahead
    }

    /// Changes will be heard of from `epoch` on.
    pub(super) fn go_live(&self, epoch: u64, ahead: i64) {
        *self.state() = State { live: true, epoch, kept: HashMap::new(), ahead };
    }

    /// Changes will not be heard of any more.
    pub(super) fn lose(&self) {
        let mut state = self.state();
        state.live = false;
        state.kept.clear();
    }

    /// Something changed, or an answer shows that it did: whatever was told before is dropped.
    // WHY: one change could be sorted by the keys that it touches; dropping all costs one question for each, and is
    // never wrong.
    pub(super) fn change(&self, epoch: u64) {
        let mut state = self.state();
        if epoch > state.epoch {
            state.epoch = epoch;
            state.kept.clear();
        }
    }

    /// The newest epoch that was told.
    pub(super) fn epoch(&self) -> u64 {
        self.state().epoch
    }

    /// Whether changes are heard of.
    pub(super) fn is_live(&self) -> bool {
        self.state().live
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        out.debug_struct("Keys").field("live", &state.live).field("kept", &state.kept.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPE: Scope<'_> = Scope { date: "20260115", region: "us-east-1", service: "s3", terminator: "aws4_request" };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn kept() -> Arc<Kept> {
        let identity = r#"{"type":"user","accountId":"1","arn":"a","principalArn":"a","userId":"u","canonicalId":"c"}"#;
        let credential = r#"{"accessKeyId":"AKIA","kind":"long-term"}"#;
        Arc::new(Kept {
            key: SigningKey::from_bytes([7; 32]),
            identity: Arc::new(serde_json::from_str(identity).unwrap()),
            credential: Arc::new(serde_json::from_str(credential).unwrap()),
            not_after: at(1000),
        })
    }

    /// Keys that are live at epoch 5 and hold one.
    fn keys() -> (Keys, Fingerprint) {
        let (keys, print) = (Keys::default(), Fingerprint::of("AKIA", None, &SCOPE));
        keys.go_live(5, 0);
        keys.keep(print, kept(), 5);
        assert!(keys.find(&print, at(0)).is_some());
        (keys, print)
    }

    #[test]
    fn a_key_is_found_by_all_that_was_shown() {
        let (keys, _) = keys();
        let with = |id, token, scope| keys.find(&Fingerprint::of(id, token, &scope), at(0)).is_some();
        assert!(with("AKIA", None, SCOPE));
        assert!(!with("AKIB", None, SCOPE));
        assert!(!with("AKIA", Some("token"), SCOPE));
        assert!(!with("AKIA", None, Scope { date: "20260116", ..SCOPE }));
        assert!(!with("AKIA", None, Scope { region: "us-east-2", ..SCOPE }));
        assert!(!with("AKIA", None, Scope { service: "sqs", ..SCOPE }));
        assert!(!with("AKIA2026", None, Scope { date: "0115", ..SCOPE }));
    }

    #[test]
    fn a_key_ends_in_time() {
        let (keys, print) = keys();
        assert!(keys.find(&print, at(999)).is_some());
        assert!(keys.find(&print, at(1000)).is_none());
    }

    #[test]
    fn a_change_drops_all_keys_and_older_answers_bring_none_back() {
        let (keys, print) = keys();
        keys.change(5);
        assert!(keys.find(&print, at(0)).is_some());
        keys.change(6);
        assert!(keys.find(&print, at(0)).is_none());
        keys.keep(print, kept(), 5);
        assert!(keys.find(&print, at(0)).is_none(), "an answer from before the change");
        keys.keep(print, kept(), 6);
        assert!(keys.find(&print, at(0)).is_some());
    }

    #[test]
    fn nothing_is_kept_or_found_while_changes_are_not_heard_of() {
        let (keys, print) = keys();
        keys.lose();
        assert!(keys.find(&print, at(0)).is_none());
        keys.keep(print, kept(), 5);
        keys.go_live(5, 0);
        assert!(keys.find(&print, at(0)).is_none(), "what was missed is not known");
    }

    #[test]
    fn there_are_never_too_many() {
        let (keys, _) = keys();
        for number in 0..2 * MOST_KEYS {
            keys.keep(Fingerprint::of(&number.to_string(), None, &SCOPE), kept(), 5);
            assert!(keys.state().kept.len() <= MOST_KEYS);
        }
    }
}
