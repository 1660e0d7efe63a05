//! The built-in identity provider of SAML: Responses in the shapes of the real ones, good or spoiled on purpose.
//!
//! `shapes` knows how the documents of well-known identity providers look, `mint` writes and signs them, `defects`
//! spoils them, `login` is the page for people, `metadata` is what a provider is registered with. Its keys are for everybody to see (fixtures/saml).

pub mod defects;
pub mod login;
pub mod metadata;
pub mod mint;
pub mod shapes;

use crate::federation::saml::sign::Signer;

/// What the identity provider calls itself if it is not told otherwise.
pub const ENTITY_ID: &str = "https://idp.local-sts.test/saml";

/// Where its page is if it is not told otherwise: the companion, where it listens by default.
pub const SIGN_ON: &str = "http://127.0.0.1:4593/saml/sso";

/// Keys with their certificates, made by `fixtures/saml/make_keys.py`.
const DEMO: (&str, &str) = (
    include_str!("../../../fixtures/saml/keys/demo.key.pem"),
    include_str!("../../../fixtures/saml/keys/demo.cert.pem"),
);
const STRANGER: (&str, &str) = (
    include_str!("../../../fixtures/saml/keys/stranger.key.pem"),
    include_str!("../../../fixtures/saml/keys/stranger.cert.pem"),
);

/// The key of the identity provider.
pub fn demo_signer() -> Option<Signer> {
    Signer::parse(DEMO.0, DEMO.1)
}

/// A key that no metadata names.
pub fn stranger() -> Option<Signer> {
    Signer::parse(STRANGER.0, STRANGER.1)
}
