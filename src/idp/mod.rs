//! The built-in issuer of tokens and identity provider, and the documents by which others come to trust what they say.
//!
//! `presets` knows what the tokens of well-known platforms look like, `mint` makes tokens of any shape, `defects` spoils
//! them on purpose, `door` is how jobs of GitHub ask, `issuer` has the keys, `documents` shows them, `trust` says what a
//! seed needs for it. `saml` is all of that for assertions. Who may ask is decided elsewhere.

pub mod defects;
pub mod documents;
pub mod door;
pub mod issuer;
pub mod mint;
pub mod presets;
pub mod saml;
pub mod trust;
