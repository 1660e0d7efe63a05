//! Public keys, and what it means that one of them signed something.
//!
//! <https://www.rfc-editor.org/rfc/rfc7518#section-3>

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_2048_8192_SHA384, VerificationAlgorithm,
};
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::traits::PublicKeyParts as _;
use rsa::{Pkcs1v15Sign, RsaPublicKey};
use sha2::{Digest as _, Sha384, Sha512};

use super::{Algorithm, KeyKind};

/// A public key. Which keys are too small to be used is for whoever reads them to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey {
    kind: KeyKind,
    /// Of RSA the form of PKCS #1, of a curve the byte 4 and both coordinates at full length.
    encoded: Vec<u8>,
}

impl PublicKey {
    /// A key of RSA in the form of PKCS #1.
    pub(super) fn rsa(encoded: Vec<u8>) -> Self {
        Self { kind: KeyKind::Rsa, encoded }
    }

    /// The key at a point of this curve.
    ///
    /// ATTACK: a point that is not on its curve gives its private key away to whoever computes with it.
    pub(super) fn at_point(curve: KeyKind, point: &[u8]) -> Option<Self> {
        let encoded = match curve {
            KeyKind::Rsa => return None,
            KeyKind::P256 => {
                p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?.to_sec1_point(false).as_bytes().to_vec()
            }
            KeyKind::P384 => {
                p384::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?.to_sec1_point(false).as_bytes().to_vec()
            }
            KeyKind::P521 => {
                p521::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?.to_sec1_point(false).as_bytes().to_vec()
            }
        };
        Some(Self { kind: curve, encoded })
    }

    /// Whether `signature` is this key's over `message`; none if the key is not for that algorithm.
    ///
    /// ATTACK: the key says which algorithms it is for, never what it signed. Signatures on curves are two numbers of
    /// fixed length, neither of them zero.
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Option<bool> {
        if algorithm.kind() != self.kind {
            return None;
        }
        Some(match algorithm {
            Algorithm::Rs256 => self.by(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, message, signature),
            Algorithm::Rs384 => self.by(&RSA_PKCS1_2048_8192_SHA384, message, signature),
            Algorithm::Rs512 => self.by(&RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, message, signature),
            Algorithm::Es256 => self.by(&ECDSA_P256_SHA256_FIXED, message, signature),
            Algorithm::Es384 => self.by(&ECDSA_P384_SHA384_FIXED, message, signature),
            Algorithm::Es512 => self.verifies_hash(&Sha512::digest(message), signature),
        })
    }

    /// Whether `signature` is this key's, on its curve, over a message of this hash.
    pub(super) fn verifies_hash(&self, hash: &[u8], signature: &[u8]) -> bool {
        match self.kind {
            KeyKind::Rsa => false,
            KeyKind::P256 => self.on::<p256::ecdsa::VerifyingKey, p256::ecdsa::Signature>(hash, signature),
            KeyKind::P384 => self.on::<p384::ecdsa::VerifyingKey, p384::ecdsa::Signature>(hash, signature),
            KeyKind::P521 => self.on::<p521::ecdsa::VerifyingKey, p521::ecdsa::Signature>(hash, signature),
        }
    }

    /// Whether `signature` is this key's by RSA with SHA-1, as no token is signed.
    pub(super) fn verifies_by_sha1(&self, message: &[u8], signature: &[u8]) -> bool {
        self.kind == KeyKind::Rsa && self.by(&RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, message, signature)
    }

    /// The same with SHA-384, which ring leaves out for keys of less than 2048 bits.
    pub(super) fn verifies_by_sha384_if_small(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = RsaPublicKey::from_pkcs1_der(&self.encoded).ok().filter(|key| key.size() < 256);
        let hash = Sha384::digest(message);
        key.is_some_and(|key| key.verify(Pkcs1v15Sign::new::<Sha384>(), &hash, signature).is_ok())
    }

    fn on<K, S>(&self, hash: &[u8], signature: &[u8]) -> bool
    where
        K: for<'b> TryFrom<&'b [u8]> + PrehashVerifier<S>,
        S: for<'b> TryFrom<&'b [u8]>,
    {
        let (Ok(key), Ok(signature)) = (K::try_from(&self.encoded), S::try_from(signature)) else { return false };
        key.verify_prehash(hash, &signature).is_ok()
    }

    fn by(&self, algorithm: &dyn VerificationAlgorithm, message: &[u8], signature: &[u8]) -> bool {
        algorithm.verify(self.encoded.as_slice().into(), message.into(), signature.into()).is_ok()
    }
}
