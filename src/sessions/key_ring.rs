//! The keys that seal tokens and messages. The newest seals; each of them opens what it sealed.

use std::sync::Arc;

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
}

impl KeyRing {
    /// The ring of these stored keys.
    pub fn load(mut keys: Vec<(u32, RingKey)>) -> Self {
        keys.sort_by_key(|(id, _)| *id);
        Self::of(keys.iter().map(|(id, key)| Key::new(*id, key)).collect())
    }

    fn of(keys: Vec<Key>) -> Self {
        Self { keys: Arc::new(keys), lately: Arc::default() }
    }

    /// This ring and one key more, which seals from now on.
    pub(super) fn with(&self, id: u32, key: &RingKey) -> Self {
        Self::of(self.keys.iter().cloned().chain([Key::new(id, key)]).collect())
    }

    /// A fresh stored key and the id it gets beside the ones here.
    pub fn next(&self, entropy: &dyn Entropy, now: Timestamp) -> (u32, RingKey) {
        let id = self.keys.last().map_or(1, |key| key.id.wrapping_add(1));
        (id, RingKey { root: Secret::new(draw(entropy)), created: now })
    }

    /// The key that seals.
    pub(super) fn newest(&self) -> Option<&Key> {
        self.keys.last()
    }

    /// The key that sealed.
    pub(super) fn find(&self, id: u32) -> Option<&Key> {
        self.keys.iter().rev().find(|key| key.id == id)
    }
}

impl Key {
    fn new(id: u32, stored: &RingKey) -> Self {
        let key = |purpose| derive(&stored.root, purpose);
        Self { id, session_tokens: key(SESSION_TOKENS), authorization_messages: key(AUTHORIZATION_MESSAGES) }
    }
}

fn derive(root: &Secret<[u8; 32]>, purpose: &[u8]) -> Aes256GcmSiv {
    let mut key = Zeroizing::new([0_u8; 32]);
    let expanded = Hkdf::<Sha256>::new(None, root.expose()).expand(purpose, key.as_mut());
    debug_assert!(expanded.is_ok(), "32 bytes are within what HKDF gives");
    Aes256GcmSiv::new((&*key).into())
}
