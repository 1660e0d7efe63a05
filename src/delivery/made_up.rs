//! Names of things that do not exist here and have to have names: instances, tasks, pods. The same thing has the same name
//! after every start.

use sha2::{Digest as _, Sha256};

use crate::hex;

/// What is made up for a thing that is known by these words.
pub struct MadeUp([u8; 32]);

impl MadeUp {
    /// For the thing of this kind that these words tell from others.
    pub fn of(kind: &str, words: &[&str]) -> Self {
        let mut sum = Sha256::new();
        for word in ["local-sts delivery", kind].iter().chain(words) {
            sum.update((word.len() as u64).to_be_bytes());
            sum.update(word);
        }
        Self(sum.finalize().into())
    }

    /// So many hexadecimal digits, 64 at most.
    pub fn digits(&self, count: usize) -> String {
        let mut text = hex::text(&self.0);
        text.truncate(count);
        text
    }

    /// As a UUID.
    pub fn uuid(&self) -> String {
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(self.0).for_each(|(byte, made)| *byte = made);
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// One of its bytes.
    pub fn byte(&self, at: usize) -> u8 {
        self.0.get(at).copied().unwrap_or_default()
    }
}
