//! The keys that seal tokens and messages. The newest seals; each of them opens what it sealed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aes_gcm_siv::{Aes256GcmSiv, KeyInit};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::lately::OpenedLately;
use crate::env::{Entropy, draw};
use crate::secret::Secret;
use crate::store::records::RingKey;
use crate::time::Timestamp;

/// Says to what end a derived key may be used; a key for one end opens nothing of another.
const SESSION_TOKENS: &[u8] = b"local-sts session token v2";
const AUTHORIZATION_MESSAGES: &[u8] = b"local-sts authorization message v1";
const METADATA_TOKENS: &[u8] = b"local-sts instance metadata token v1";
const CONSOLE_SIGN_INS: &[u8] = b"local-sts console sign-in v1";

/// All the keys of this service, and what they opened lately.
#[derive(Clone, Default)]
pub struct KeyRing {
    /// Oldest first.
    keys: Arc<Vec<Key>>,
    pub(super) lately: Arc<OpenedLately>,
}

/// One key, ready for use.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) id: u32,
    pub(super) session_tokens: Aes256GcmSiv,
    pub(super) authorization_messages: Aes256GcmSiv,
    pub(super) stored: RingKey,
    /// Whether it may have sealed anything yet.
    has_sealed: Arc<AtomicBool>,
    pub(super) metadata_tokens: Aes256GcmSiv,
    pub(super) console_sign_ins: Aes256GcmSiv,
}

impl KeyRing {
    /// The ring of these stored keys.
    pub fn load(mut keys: Vec<(u32, RingKey)>) -> Self {
        keys.sort_by_key(|(id, _)| *id);
        Self::of(keys.iter().map(|(id, key)| Key::new(*id, key, true)).collect())
    }

    fn of(keys: Vec<Key>) -> Self {
        Self { keys: Arc::new(keys), lately: Arc::default() }
    }

    /// This ring and one key more, which seals from now on.
    pub(super) fn with(&self, id: u32, key: &RingKey) -> Self {
        Self::of(self.keys.iter().cloned().chain([Key::new(id, key, false)]).collect())
    }

    /// The newest `kept` keys, all of whose sessions count as expired, and the ids of those that go.
    pub(super) fn expired(&self, kept: usize) -> (Vec<u32>, Self) {
        let (gone, kept) = self.keys.split_at(self.keys.len().saturating_sub(kept));
        let expired = |key: &Key| Key { stored: RingKey { expired: true, ..key.stored.clone() }, ..key.clone() };
        (gone.iter().map(|key| key.id).collect(), Self::of(kept.iter().map(expired).collect()))
    }

    /// The keys as they are stored, oldest first.
    pub(super) fn stored(&self) -> impl Iterator<Item = (u32, &RingKey)> {
        self.keys.iter().map(|key| (key.id, &key.stored))
    }

    /// The id of the newest key, if it has sealed nothing yet.
    pub fn untouched(&self) -> Option<u32> {
        self.keys.last().filter(|key| !key.has_sealed.load(Ordering::Acquire)).map(|key| key.id)
    }

    /// A fresh stored key and the id it gets beside the ones here.
    pub fn next(&self, entropy: &dyn Entropy, now: Timestamp) -> (u32, RingKey) {
        let id = self.keys.last().map_or(1, |key| key.id.wrapping_add(1));
        (id, RingKey { root: Secret::new(draw(entropy)), created: now, expired: false })
    }

    /// The key that seals, to seal by it.
    pub(super) fn newest(&self) -> Option<&Key> {
        let key = self.keys.last()?;
        // WHY: a line of memory that everybody writes to is slow to share.
        if !key.has_sealed.load(Ordering::Relaxed) {
            key.has_sealed.store(true, Ordering::Release);
        }
        Some(key)
    }

    /// The key that sealed.
    pub(super) fn find(&self, id: u32) -> Option<&Key> {
        self.keys.iter().rev().find(|key| key.id == id)
    }
}

impl Key {
    fn new(id: u32, stored: &RingKey, has_sealed: bool) -> Self {
        let key = |purpose| derive(&stored.root, purpose);
        Self {
            id,
            session_tokens: key(SESSION_TOKENS),
            authorization_messages: key(AUTHORIZATION_MESSAGES),
            stored: stored.clone(),
            has_sealed: Arc::new(AtomicBool::new(has_sealed)),
            metadata_tokens: key(METADATA_TOKENS),
            console_sign_ins: key(CONSOLE_SIGN_INS),
        }
    }
}

fn derive(root: &Secret<[u8; 32]>, purpose: &[u8]) -> Aes256GcmSiv {
    let mut key = Zeroizing::new([0_u8; 32]);
    let expanded = Hkdf::<Sha256>::new(None, root.expose()).expand(purpose, key.as_mut());
    debug_assert!(expanded.is_ok(), "32 bytes are within what HKDF gives");
    Aes256GcmSiv::new((&*key).into())
}

/// A ring of one key, another for each `chance`.
#[cfg(test)]
pub(super) fn ring(chance: u64) -> KeyRing {
    let entropy = crate::env::SeededEntropy::new(chance);
    KeyRing::load(vec![KeyRing::default().next(&entropy, Timestamp::from_seconds(0))])
}
