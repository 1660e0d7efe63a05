//! Values that must never be seen: no `Display`, no `Serialize`, a redacted `Debug`, wiped when dropped.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// A secret. `expose` is the only way in; `tests/tidy.rs` lists the rooms that may call it.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

/// What stands for a value that is not shown.
pub const MASKED: &str = "***";

/// Whoever may try as often as they like guesses a token of fewer bytes.
pub const SHORTEST_TOKEN: usize = 16;

/// The 40 characters that sign with an access key.
pub type SecretAccessKey = Secret<String>;

impl<T: Zeroize> Secret<T> {
    /// Takes `value` into custody.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself, for the few rooms that compute with it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

/// Whether two secrets are the same.
// ATTACK: for values of one length the comparison takes the same time wherever a guess differs.
pub fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

impl Secret<String> {
    /// Whether somebody shows this very text.
    pub fn is_same_as(&self, shown: &str) -> bool {
        is_same(self.0.as_bytes(), shown.as_bytes())
    }

    /// Whether it has at least so many bytes.
    pub fn has(&self, bytes: usize) -> bool {
        self.0.len() >= bytes
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(..)")
    }
}

impl<T: Zeroize + AsRef<[u8]>> PartialEq for Secret<T> {
    fn eq(&self, other: &Self) -> bool {
        is_same((*self.0).as_ref(), (*other.0).as_ref())
    }
}

impl<T: Zeroize + AsRef<[u8]>> Eq for Secret<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        let secret = SecretAccessKey::new("wJalrXUtnFEMI".to_owned());
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }
}
