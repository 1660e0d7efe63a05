//! Proofs from elsewhere than an access key, and proofs for elsewhere: codes of MFA devices, tokens of OpenID Connect,
//! assertions of SAML.
//!
//! Pure engines: bytes, keys and `now` in, a verdict out. Nothing here looks anything up, and what a verdict opens is
//! decided elsewhere.

mod algorithm;
pub mod authenticator;
mod certificate;
pub mod context;
mod demands;
pub mod mfa;
pub mod oidc;
pub mod password;
mod public_key;
pub mod saml;
pub mod signing;

pub use algorithm::{Algorithm, KeyKind};
pub use demands::Demands;
