//! What somebody from elsewhere was vouched for, as condition keys.

use serde::{Deserialize, Serialize};

/// A condition key with what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextKey {
    /// `{issuer}:{name}` or `saml:{name}`.
    pub key: String,
    /// What it holds.
    pub value: ContextValue,
    /// Whether later requests of the session have it too.
    pub lasting: bool,
}

/// What a condition key holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContextValue {
    /// One value.
    One(String),
    /// Several, however many there happen to be.
    Many(Vec<String>),
}
