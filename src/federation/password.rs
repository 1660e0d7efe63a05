//! Passwords, kept so that they are known again and not found out.

use std::num::NonZeroU32;

use ring::pbkdf2::{self, PBKDF2_HMAC_SHA256};

use crate::secret::Secret;

/// B-540: few, for these passwords open nothing, and every change waits for them.
const ROUNDS: NonZeroU32 = NonZeroU32::MIN.saturating_add(9_999);

/// How it is done, as exports say it: what was done otherwise is not known again.
pub const SHAPE: &str = "pbkdf2-sha256-10000";
/// Bytes of what is kept.
pub const LENGTH: usize = 32;

/// What is kept of a password.
pub fn hash(password: &str, salt: &[u8; 16]) -> Secret<Vec<u8>> {
    let mut hash = vec![0; LENGTH];
    pbkdf2::derive(PBKDF2_HMAC_SHA256, ROUNDS, salt, password.as_bytes(), &mut hash);
    Secret::new(hash)
}

/// Whether this is the password of which `hash` was kept; in constant time.
pub fn is_password(password: &str, salt: &[u8; 16], hash: &Secret<Vec<u8>>) -> bool {
    pbkdf2::verify(PBKDF2_HMAC_SHA256, ROUNDS, salt, password.as_bytes(), hash.expose()).is_ok()
}
