//! Signs tokens: private keys of the kinds that verifiers know, their public halves, and the compact form.
//!
//! <https://www.rfc-editor.org/rfc/rfc7515>, <https://www.rfc-editor.org/rfc/rfc7518#section-3>

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::{SignatureEncoding, Signer};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use ring::rsa::{KeyPairComponents, PublicKeyComponents};
use ring::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaKeyPair};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BoxedUint, RsaPrivateKey};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Algorithm, KeyKind};
use crate::secret::Secret;

/// A key that signs.
#[derive(derive_more::Debug)]
#[debug("PrivateKey(..)")]
pub struct PrivateKey {
    inner: Inner,
    /// From which it can be made again.
    stored: Secret<Vec<u8>>,
}

enum Inner {
    Rsa { pair: Box<RsaKeyPair>, modulus: Vec<u8> },
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
}

/// Fills bytes with what nobody can guess.
pub type Chance<'a> = &'a dyn Fn(&mut [u8]);

const RSA_BITS: usize = 2048;
/// Bytes of each of the two primes.
const PRIME_BYTES: usize = RSA_BITS / 16;
const EXPONENT: [u8; 3] = [1, 0, 1];

impl KeyKind {
    fn scalar_bytes(self) -> usize {
        match self {
            Self::Rsa => 2 * PRIME_BYTES,
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

impl PrivateKey {
    /// Makes a key. One of RSA takes a few tenths of a second: not for the road of a request that can wait elsewhere.
    pub fn generate(kind: KeyKind, chance: Chance<'_>) -> Self {
        loop {
            let stored = match kind {
                KeyKind::Rsa => primes(chance),
                _ => Some(scalar(kind, chance)),
            };
            // What chance gave is no key once in a very long time.
            if let Some(key) = stored.and_then(|stored| Self::restore(kind, stored)) {
                return key;
            }
        }
    }

    /// The key that was stored as `stored`; none if that is no key of this kind.
    pub fn restore(kind: KeyKind, stored: Secret<Vec<u8>>) -> Option<Self> {
        let bytes = stored.expose().as_slice();
        let inner = match kind {
            KeyKind::Rsa => rsa(bytes)?,
            KeyKind::P256 => Inner::P256(p256::ecdsa::SigningKey::from_slice(bytes).ok()?),
            KeyKind::P384 => Inner::P384(p384::ecdsa::SigningKey::from_slice(bytes).ok()?),
            KeyKind::P521 => Inner::P521(p521::ecdsa::SigningKey::from_slice(bytes).ok()?),
        };
        Some(Self { inner, stored })
    }

    /// From which it can be made again: of RSA both primes, of a curve the number.
    pub fn stored(&self) -> &Secret<Vec<u8>> {
        &self.stored
    }

    /// The signature over `message`; none if such a key does not sign by this algorithm.
    pub fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Option<Vec<u8>> {
        match (&self.inner, algorithm) {
            (Inner::Rsa { pair, .. }, Algorithm::Rs256) => by_rsa(pair, &RSA_PKCS1_SHA256, message),
            (Inner::Rsa { pair, .. }, Algorithm::Rs384) => by_rsa(pair, &RSA_PKCS1_SHA384, message),
            (Inner::Rsa { pair, .. }, Algorithm::Rs512) => by_rsa(pair, &RSA_PKCS1_SHA512, message),
            (Inner::P256(key), Algorithm::Es256) => by_curve::<p256::ecdsa::Signature>(key, message),
            (Inner::P384(key), Algorithm::Es384) => by_curve::<p384::ecdsa::Signature>(key, message),
            (Inner::P521(key), Algorithm::Es512) => by_curve::<p521::ecdsa::Signature>(key, message),
            _ => None,
        }
    }

    /// Its public half as key sets show it, under this id and for this algorithm.
    pub fn jwk(&self, kid: &str, algorithm: Algorithm) -> Value {
        let (alg, crv) = (algorithm.name(), algorithm.kind().curve());
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        // The byte 4, then both coordinates at full length.
        let point = match &self.inner {
            Inner::Rsa { modulus, .. } => {
                let (e, n) = (text(&EXPONENT), text(modulus));
                return json!({ "alg": alg, "e": e, "kid": kid, "kty": "RSA", "n": n, "use": "sig" });
            }
            Inner::P256(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Inner::P384(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Inner::P521(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
        };
        let (_, coordinates) = point.split_at_checked(1).unwrap_or_default();
        let (x, y) = coordinates.split_at_checked(coordinates.len() / 2).unwrap_or_default();
        json!({ "alg": alg, "crv": crv, "kid": kid, "kty": "EC", "use": "sig", "x": text(x), "y": text(y) })
    }
}

/// A token in compact form: `sign` is given what is to be signed.
pub fn compact(header: &str, claims: &str, sign: impl FnOnce(&[u8]) -> Option<Vec<u8>>) -> Option<String> {
    let mut token = URL_SAFE_NO_PAD.encode(header);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let signature = sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Some(token)
}

fn scalar(kind: KeyKind, chance: Chance<'_>) -> Secret<Vec<u8>> {
    let mut bytes = vec![0; kind.scalar_bytes()];
    chance(&mut bytes);
    // The field of P-521 fills one bit of the first byte.
    if let (KeyKind::P521, Some(first)) = (kind, bytes.first_mut()) {
        *first &= 1;
    }
    Secret::new(bytes)
}

fn primes(chance: Chance<'_>) -> Option<Secret<Vec<u8>>> {
    let mut seed = Zeroizing::new([0; 32]);
    chance(seed.as_mut_slice());
    let key = RsaPrivateKey::new(&mut StdRng::from_seed(*seed), RSA_BITS).ok()?;
    let [p, q] = key.primes() else { return None };
    let mut bytes = Vec::with_capacity(2 * PRIME_BYTES);
    bytes.extend_from_slice(&fixed(p, PRIME_BYTES)?);
    bytes.extend_from_slice(&fixed(q, PRIME_BYTES)?);
    Some(Secret::new(bytes))
}

/// A key by its two primes, in the form in which it signs.
fn rsa(primes: &[u8]) -> Option<Inner> {
    let (p, q) = primes.split_at_checked(PRIME_BYTES).filter(|(_, q)| q.len() == PRIME_BYTES)?;
    let number = |bytes: &[u8]| BoxedUint::from_be_slice(bytes, 8 * PRIME_BYTES as u32).ok();
    let key = RsaPrivateKey::from_p_q(number(p)?, number(q)?, BoxedUint::from(65_537_u64)).ok()?;
    let modulus = fixed(key.n(), 2 * PRIME_BYTES)?.to_vec();
    let components = KeyPairComponents {
        public_key: PublicKeyComponents { n: modulus.as_slice(), e: EXPONENT.as_slice() },
        d: fixed(key.d(), 2 * PRIME_BYTES)?,
        p: Zeroizing::new(p.to_vec()),
        q: Zeroizing::new(q.to_vec()),
        dP: fixed(key.dp()?, PRIME_BYTES)?,
        dQ: fixed(key.dq()?, PRIME_BYTES)?,
        qInv: fixed(&key.crt_coefficient()?, PRIME_BYTES)?,
    };
    let pair = Box::new(RsaKeyPair::from_components(&components).ok()?);
    Some(Inner::Rsa { pair, modulus })
}

fn by_curve<S: SignatureEncoding>(key: &impl Signer<S>, message: &[u8]) -> Option<Vec<u8>> {
    key.try_sign(message).ok().map(|signature| signature.to_vec())
}

fn by_rsa(pair: &RsaKeyPair, padding: &'static dyn ring::signature::RsaEncoding, message: &[u8]) -> Option<Vec<u8>> {
    let mut signature = vec![0; pair.public().modulus_len()];
    // WHY: ring asks for chance for the sake of other paddings; this one draws none.
    pair.sign(padding, &ring::rand::SystemRandom::new(), message, &mut signature).ok()?;
    Some(signature)
}

/// The last `length` bytes of a number that fits into them.
fn fixed(number: &BoxedUint, length: usize) -> Option<Zeroizing<Vec<u8>>> {
    let bytes = Zeroizing::new(number.to_be_bytes());
    let (above, low) = bytes.split_at_checked(bytes.len().checked_sub(length)?)?;
    above.iter().all(|byte| *byte == 0).then(|| Zeroizing::new(low.to_vec()))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::federation::oidc::KeySet;

    /// Repeatable, and no better than that.
    fn chance() -> impl Fn(&mut [u8]) {
        let state = RefCell::new(0x9E37_79B9_7F4A_7C15_u64);
        move |bytes: &mut [u8]| {
            let mut state = state.borrow_mut();
            for byte in bytes {
                *state ^= *state << 13;
                *state ^= *state >> 7;
                *state ^= *state << 17;
                *byte = (*state >> 32) as u8;
            }
        }
    }

    /// Whether the public half, as shown, proves the signature.
    fn proves(algorithm: Algorithm, jwk: &Value, message: &[u8], signature: &[u8]) -> bool {
        let keys = KeySet::parse(json!({ "keys": [jwk] }).to_string().as_bytes()).unwrap();
        let key = keys.find(algorithm, Some("k")).unwrap().public.clone().unwrap();
        key.verifies(algorithm, message, signature).unwrap()
    }

    #[test]
    fn every_kind_signs_and_can_be_restored() {
        let chance = chance();
        for algorithm in Algorithm::ALL {
            let key = PrivateKey::generate(algorithm.kind(), &chance);
            let signature = key.sign(algorithm, b"message").unwrap();
            assert!(proves(algorithm, &key.jwk("k", algorithm), b"message", &signature), "{algorithm:?}");
            assert!(!proves(algorithm, &key.jwk("k", algorithm), b"massage", &signature), "{algorithm:?}");
            let others = Algorithm::ALL.into_iter().filter(|other| other.kind() != algorithm.kind());
            assert!(others.into_iter().all(|other| key.sign(other, b"message").is_none()));
            let again = PrivateKey::restore(algorithm.kind(), Secret::new(key.stored().expose().clone())).unwrap();
            assert_eq!(again.sign(algorithm, b"message").unwrap(), signature, "{algorithm:?} draws no chance");
            assert_eq!(again.jwk("k", algorithm), key.jwk("k", algorithm));
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for kind in [KeyKind::Rsa, KeyKind::P256, KeyKind::P384, KeyKind::P521] {
            for bytes in [vec![], vec![0; kind.scalar_bytes()], vec![0xFF; kind.scalar_bytes()], vec![1; 7]] {
                assert!(PrivateKey::restore(kind, Secret::new(bytes)).is_none(), "{kind:?}");
            }
        }
    }

    #[test]
    fn a_compact_token_has_three_parts_without_padding() {
        let token = compact("{}", "{\"a\":1}", |signed| {
            assert_eq!(signed, b"e30.eyJhIjoxfQ");
            Some(vec![0xFF])
        });
        assert_eq!(token.as_deref(), Some("e30.eyJhIjoxfQ._w"));
    }
}
