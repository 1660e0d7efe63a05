//! The hashes and the methods by which documents are signed, by XML's names.
//!
//! <https://www.w3.org/TR/xmldsig-core1/#sec-SignatureAlg>

use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::federation::Algorithm;
use crate::federation::public_key::PublicKey;

crate::words! {
    /// A hash, by its name.
    Hash {
        /// SHA-1, as old identity providers have it.
        Sha1 "http://www.w3.org/2000/09/xmldsig#sha1",
        /// SHA-256.
        Sha256 "http://www.w3.org/2001/04/xmlenc#sha256",
        /// SHA-384.
        Sha384 "http://www.w3.org/2001/04/xmldsig-more#sha384",
        /// SHA-512.
        Sha512 "http://www.w3.org/2001/04/xmlenc#sha512",
    }
}

impl Hash {
    pub(super) fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(bytes).to_vec(),
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

/// How a document is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// RSA with SHA-1.
    RsaSha1,
    /// As tokens are signed, too.
    Of(Algorithm),
}

impl Method {
    const ALL: [(Self, &'static str); 7] = [
        (Self::RsaSha1, "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        (Self::Of(Algorithm::Rs256), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"),
        (Self::Of(Algorithm::Rs384), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"),
        (Self::Of(Algorithm::Rs512), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"),
        (Self::Of(Algorithm::Es256), "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"),
        (Self::Of(Algorithm::Es384), "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"),
        (Self::Of(Algorithm::Es512), "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"),
    ];

    /// The method of this very name.
    ///
    /// ATTACK: a list of what is taken, and nothing symmetric on it, so that no public key becomes a shared secret.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(method, _)| method)
    }

    /// How RSA signs with this hash.
    pub(super) fn rsa(hash: Hash) -> &'static str {
        let method = match hash {
            Hash::Sha1 => Self::RsaSha1,
            Hash::Sha256 => Self::Of(Algorithm::Rs256),
            Hash::Sha384 => Self::Of(Algorithm::Rs384),
            Hash::Sha512 => Self::Of(Algorithm::Rs512),
        };
        Self::ALL.into_iter().find(|(known, _)| *known == method).map(|(_, name)| name).unwrap_or_default()
    }

    /// Whether `signature` is this key's over `message`.
    pub(super) fn proves(self, key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::RsaSha1 => key.verifies_by_sha1(message, signature),
            Self::Of(algorithm) => key.verifies(algorithm, message, signature).unwrap_or_default(),
        }
    }
}
