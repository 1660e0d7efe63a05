//! Secrets as they are stored, or sealed: `#[serde(with = "stored")]`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroize;

use crate::secret::Secret;

/// Writes a secret in the clear.
pub fn serialize<T: Zeroize + Serialize, S: Serializer>(secret: &Secret<T>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.expose().serialize(serializer)
}

/// Reads a secret.
pub fn deserialize<'de, T: Zeroize + Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Secret<T>, D::Error> {
    T::deserialize(deserializer).map(Secret::new)
}
