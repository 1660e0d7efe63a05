//! Values that must never be seen: no `Display`, no `Serialize`, a redacted `Debug`, wiped when dropped.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// A secret. `expose` is the only way in; `tests/tidy.rs` lists the rooms that may call it.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

/// What stands for a value that is not shown.
pub const MASKED: &str = "***";

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

impl Secret<String> {
    /// Whether somebody shows this very text, compared in constant time for texts of one length.
    pub fn is_same_as(&self, shown: &str) -> bool {
        self.0.as_bytes().ct_eq(shown.as_bytes()).into()
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(..)")
    }
}

impl<T: Zeroize + AsRef<[u8]>> PartialEq for Secret<T> {
    /// Compares in constant time for values of one length.
    fn eq(&self, other: &Self) -> bool {
        self.0.as_ref().ct_eq(other.0.as_ref()).into()
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
