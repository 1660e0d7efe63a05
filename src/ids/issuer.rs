//! Names an issuer of tokens for its whole life.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

/// A UUID: the part of an issuer's address that tells it from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IssuerId([u8; 16]);

impl IssuerId {
    /// The issuer that this service has for demonstrations, whatever its state.
    pub const BUILT_IN: Self = Self([0; 16]);

    /// A new id out of random bytes.
    pub fn mint(random: [u8; 16]) -> Self {
        Self(Builder::from_random_bytes(random).into_uuid().into_bytes())
    }

    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Self(Uuid::try_parse(text).ok()?.into_bytes());
        (id.to_string() == text).then_some(id)
    }

    /// The bytes of the UUID.
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// The id of these bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for IssuerId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from_bytes(self.0).hyphenated().fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_has_one_spelling() {
        let id = IssuerId::mint([0xAB; 16]);
        assert_eq!(id.to_string(), "abababab-abab-4bab-abab-abababababab");
        assert_eq!(IssuerId::parse("abababab-abab-4bab-abab-abababababab"), Some(id));
        for other in ["", "ABABABAB-abab-4bab-abab-abababababab", "abababababab4bababababababababab", "../x"] {
            assert_eq!(IssuerId::parse(other), None, "{other}");
        }
    }
}
