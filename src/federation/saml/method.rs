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

/// How a document is signed: unlike tokens, with any hash on any curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// RSASSA-PKCS1-v1_5.
    Rsa(Hash),
    /// ECDSA.
    Ecdsa(Hash),
}

impl Method {
    const ALL: [(Self, &'static str); 7] = [
        (Self::Rsa(Hash::Sha1), "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        (Self::Rsa(Hash::Sha256), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"),
        (Self::Rsa(Hash::Sha384), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"),
        (Self::Rsa(Hash::Sha512), "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"),
        (Self::Ecdsa(Hash::Sha256), "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"),
        (Self::Ecdsa(Hash::Sha384), "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"),
        (Self::Ecdsa(Hash::Sha512), "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"),
    ];

    /// The method of this very name.
    ///
    /// ATTACK: a list of what is taken, and nothing symmetric on it, so that no public key becomes a shared secret.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(method, _)| method)
    }

    /// How RSA signs with this hash.
    pub(super) fn rsa(hash: Hash) -> &'static str {
        Self::ALL.into_iter().find(|(known, _)| *known == Self::Rsa(hash)).map(|(_, name)| name).unwrap_or_default()
    }

    /// Whether `signature` is this key's over `message`.
    pub(super) fn proves(self, key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
        let as_in_tokens = |algorithm| key.verifies(algorithm, message, signature);
        match self {
            Self::Rsa(Hash::Sha1) => key.verifies_by_sha1(message, signature),
            Self::Rsa(Hash::Sha256) => as_in_tokens(Algorithm::Rs256).unwrap_or_default(),
            Self::Rsa(Hash::Sha384) => {
                as_in_tokens(Algorithm::Rs384).unwrap_or_default()
                    || key.verifies_by_sha384_if_small(message, signature)
            }
            Self::Rsa(Hash::Sha512) => as_in_tokens(Algorithm::Rs512).unwrap_or_default(),
            Self::Ecdsa(hash) => {
                let on_the_usual_curve = match hash {
                    Hash::Sha1 => None,
                    Hash::Sha256 => as_in_tokens(Algorithm::Es256),
                    Hash::Sha384 => as_in_tokens(Algorithm::Es384),
                    Hash::Sha512 => as_in_tokens(Algorithm::Es512),
                };
                on_the_usual_curve.unwrap_or_else(|| key.verifies_hash(&hash.of(message), signature))
            }
        }
    }
}
