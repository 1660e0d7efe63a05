//! The keys of identity providers, and the signatures that they can make.
//!
//! <https://www.w3.org/TR/xmldsig-core1/#sec-SignatureAlg>

use p256::ecdsa::signature::Verifier as _;
use ring::signature::{
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA384, RsaParameters, UnparsedPublicKey,
};
use rsa::pkcs1::RsaPublicKeyRef;
use rsa::pkcs8::ObjectIdentifier;
use rsa::pkcs8::der::{AnyRef, Decode as _};
use rsa::pkcs8::spki::SubjectPublicKeyInfoRef;

use super::certificate::public_key_info;

/// How a document is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    RsaSha1,
    RsaSha256,
    RsaSha384,
    RsaSha512,
    EcdsaSha256,
    EcdsaSha384,
    EcdsaSha512,
}

impl Algorithm {
    const ALL: [(Self, &'static str); 7] = [
        (Self::RsaSha1, "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        (Self::RsaSha256, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"),
        (Self::RsaSha384, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"),
        (Self::RsaSha512, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"),
        (Self::EcdsaSha256, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"),
        (Self::EcdsaSha384, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"),
        (Self::EcdsaSha512, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"),
    ];

    /// The algorithm of this very name.
    ///
    /// ATTACK: a list of what is taken, and nothing symmetric on it, so that no public key becomes a shared secret.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(algorithm, _)| algorithm)
    }
}

/// A public key that may sign assertions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SigningKey {
    /// In the form of PKCS #1.
    Rsa(Vec<u8>),
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(Box<p521::ecdsa::VerifyingKey>),
    /// Sound, but of a kind that signs nothing here.
    Other,
}

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ELLIPTIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// AWS: RSA keys have so many bits at least.
const LEAST_RSA_BITS: usize = 1024;

impl SigningKey {
    /// The key of a certificate; none if it has no readable one, or too small a one.
    pub(super) fn of_certificate(certificate: &[u8]) -> Option<Self> {
        let der = public_key_info(certificate)?;
        let info = SubjectPublicKeyInfoRef::try_from(der.as_slice()).ok()?;
        let bytes = info.subject_public_key.as_bytes()?;
        let algorithm = info.algorithm;
        match algorithm.oid {
            RSA => {
                let modulus = RsaPublicKeyRef::from_der(bytes).ok()?.modulus.as_bytes().to_vec();
                let spare = modulus.first()?.leading_zeros() as usize;
                (modulus.len() * 8 - spare >= LEAST_RSA_BITS).then(|| Self::Rsa(bytes.to_vec()))
            }
            ELLIPTIC => match curve(algorithm.parameters)? {
                P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(bytes).ok().map(Self::P256),
                P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(bytes).ok().map(Self::P384),
                P521 => p521::ecdsa::VerifyingKey::from_sec1_bytes(bytes).ok().map(|key| Self::P521(Box::new(key))),
                _ => Some(Self::Other),
            },
            _ => Some(Self::Other),
        }
    }

    /// Whether `signature` is this key's over `message`.
    ///
    /// ATTACK: the kind of the key says which algorithms it is for; on curves a signature is two numbers of fixed length.
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match (self, algorithm) {
            (Self::Rsa(key), algorithm) => rsa_parameters(algorithm)
                .is_some_and(|parameters| UnparsedPublicKey::new(parameters, key).verify(message, signature).is_ok()),
            (Self::P256(key), Algorithm::EcdsaSha256) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            (Self::P384(key), Algorithm::EcdsaSha384) => p384::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            (Self::P521(key), Algorithm::EcdsaSha512) => p521::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            _ => false,
        }
    }
}

fn rsa_parameters(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::RsaSha1 => Some(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY),
        Algorithm::RsaSha256 => Some(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY),
        Algorithm::RsaSha384 => Some(&RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RsaSha512 => Some(&RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY),
        _ => None,
    }
}

fn curve(parameters: Option<AnyRef<'_>>) -> Option<ObjectIdentifier> {
    parameters?.decode_as().ok()
}
