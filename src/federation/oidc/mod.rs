//! Tokens of OpenID Connect: read strictly, proved, and only then believed.
//!
//! Rooms, in reading order: `issuer` (who may vouch, and by what address), `discovery` (where its keys are), `keys`
//! (which of them count), `claims` and `token` (what a token says), `verify` (the proof, in AWS's order), `proved` (what
//! was proved lately), `context` (what trust policies may read of it), `session` (what it demands of the session),
//! `rejection` (why not).
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html>

mod claims;
pub mod context;
pub mod discovery;
pub mod issuer;
mod keys;
mod proved;
mod rejection;
pub mod session;
mod token;
mod verify;

pub use claims::{Claim, Claims};
pub use issuer::IssuerUrl;
pub use keys::{KeySet, NotAKeySet};
pub use proved::ProvedLately;
pub use rejection::{NoKey, NotAJwt, Part, Rejection};
pub use token::UnverifiedToken;
pub use verify::{Audience, VerifiedToken};
