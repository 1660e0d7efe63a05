//! SAML: assertions read once, proved, and only then believed; and the metadata that says whose they are.
//!
//! Rooms, in reading order: `text` and `tree` (XML, read strictly and once), `metadata` and `method` (who may sign, and how),
//! `response` and `assertion` (what a document says), `cipher` (what is hidden in it), `signature` (what its keys prove),
//! `verify` (the proof, in AWS's order), `addressee` (whom it must be for), `attributes` (what it demands of the session), `context` (what trust policies
//! may read of it), `rejection` (why not), `sign` (the other side, for identity providers of one's own).
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_saml.html>

mod addressee;
mod assertion;
pub mod attributes;
mod cipher;
pub mod context;
mod metadata;
mod method;
mod rejection;
mod response;
pub mod sign;
mod signature;
mod text;
mod tree;
mod verify;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use addressee::Addressee;
pub use cipher::{DecryptionKey, NotAPrivateKey};
pub use metadata::{Metadata, NotMetadata};
pub use rejection::{Flaw, Hole, Rejection};
pub use verify::{Encryption, OneTimeUse, Provider, Rules, Sha1Is, VerifiedAssertion, claimed_issuer};

/// Base64 of the standard alphabet, as forms and documents wrap it: at any column.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let mut letters = text.as_bytes().to_vec();
    letters.retain(|letter| !letter.is_ascii_whitespace());
    STANDARD.decode(letters).ok()
}

/// The namespaces of the documents.
pub(crate) mod namespace {
    pub(crate) const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
    pub(crate) const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
    pub(crate) const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
    pub(crate) const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
    pub(crate) const ENCRYPTION: &str = "http://www.w3.org/2001/04/xmlenc#";
    pub(crate) const ENCRYPTION_11: &str = "http://www.w3.org/2009/xmlenc11#";
    pub(crate) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
    pub(crate) const XML: &str = "http://www.w3.org/XML/1998/namespace";
    pub(crate) const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
}
