//! Proofs that come from elsewhere than an access key: the codes of MFA devices. Never looks anything up.

pub mod mfa;
