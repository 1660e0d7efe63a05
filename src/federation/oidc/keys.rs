//! Key sets: which of an issuer's published keys can be used, and which one a token means.
//!
//! AWS: what is taken and what is passed over was measured (federation A3).
//! <https://www.rfc-editor.org/rfc/rfc7517>

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::RsaPublicKeyComponents;

use super::claims::{Claim, Claims};
use super::rejection::NoKey;
use super::signature::PublicKey;
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
pub struct Key {
    id: String,
    pub(super) public: Arc<PublicKey>,
}

/// Why a document is no key set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAKeySet {
    /// No JSON object with a list of keys.
    Form,
    /// Not one key in it can be used.
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
        let keys: Vec<Key> = entries().filter_map(Key::parse).collect();
        if keys.is_empty() {
            return Err(NotAKeySet::Empty);
        }
        let (too_many_rsa, too_many_ec) = (of_kind("RSA") > MOST_OF_A_KIND, of_kind("EC") > MOST_OF_A_KIND);
        Ok(Self { keys, too_many_rsa, too_many_ec })
    }

    /// Whether a key has this id.
    pub fn has(&self, id: &str) -> bool {
        self.keys.iter().any(|key| key.id == id)
    }

    /// The key that a token means by `id`. Of several with one id the last one counts.
    pub(super) fn find(&self, algorithm: Algorithm, id: Option<&str>) -> Result<&Key, NoKey> {
        if if algorithm.kind() == KeyKind::Rsa { self.too_many_rsa } else { self.too_many_ec } {
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
    /// Whether `signature` is this key's over `message`.
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<bool, NoKey> {
        self.public.verifies(algorithm, message, signature).ok_or(NoKey::Unfit(algorithm))
    }

    /// AWS: a key without id is never meant, one for another use neither, and `key_ops` rules a key out whatever it
    /// says; its `alg` is not looked at.
    fn parse(jwk: &Claims) -> Option<Self> {
        let id = text(jwk, "kid")?.to_owned();
        let for_signatures = jwk.get("use").is_none_or(|usage| matches!(usage, Claim::Text(usage) if usage == "sig"));
        if !for_signatures || jwk.get("key_ops").is_some() {
            return None;
        }
        let (public, encoded) = match text(jwk, "kty")? {
            "RSA" => rsa(jwk)?,
            "EC" => curve(jwk)?,
            _ => return None,
        };
        let certified = jwk.get("x5c").is_none_or(|chain| certifies(chain, &encoded));
        certified.then(|| Self { id, public: public.into() })
    }
}

/// ATTACK: a key that breaks by itself is no key: too small, even, or with an exponent that invites roots.
fn rsa(jwk: &Claims) -> Option<(PublicKey, Vec<u8>)> {
    let (n, e) = (number(jwk, "n")?, number(jwk, "e")?);
    let bits = n.len() * 8 - n.first()?.leading_zeros() as usize;
    let exponent = e.iter().try_fold(0_u64, |sum, byte| sum.checked_mul(256)?.checked_add(u64::from(*byte)))?;
    let odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
    let sound =
        RSA_BITS.contains(&bits) && (LEAST_EXPONENT..=GREATEST_EXPONENT).contains(&exponent) && odd(&n) && odd(&e);
    let encoded = der(0x30, &[der_integer(&n), der_integer(&e)].concat());
    sound.then_some((PublicKey::Rsa(RsaPublicKeyComponents { n, e }), encoded))
}

/// ATTACK: a point that is not on its curve gives its private key away to whoever computes with it.
fn curve(jwk: &Claims) -> Option<(PublicKey, Vec<u8>)> {
    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(text(jwk, name)?).ok();
    let (x, y) = (coordinate("x")?, coordinate("y")?);
    let point = [&[4], x.as_slice(), y.as_slice()].concat();
    if x.len() != y.len() {
        return None;
    }
    let public = match text(jwk, "crv")? {
        "P-256" => p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).map(|_| PublicKey::P256(point.clone())).ok()?,
        "P-384" => p384::ecdsa::VerifyingKey::from_sec1_bytes(&point).map(|_| PublicKey::P384(point.clone())).ok()?,
        "P-521" => PublicKey::P521(p521::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok()?),
        _ => return None,
    };
    Some((public, point))
}

fn text<'j>(jwk: &'j Claims, name: &str) -> Option<&'j str> {
    if let Some(Claim::Text(text)) = jwk.get(name) { Some(text) } else { None }
}

/// A positive whole number, without the zeros that some write before it.
fn number(jwk: &Claims, name: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text(jwk, name)?).ok()?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    bytes.get(first..).map(<[u8]>::to_vec)
}

/// Whether the first certificate of `chain` is for the very key that is encoded so.
///
/// AWS: a chain that disagrees with the key makes it useless. No certificate is trusted for anything here, so it is
/// enough that it holds the key, whose encoding can be no other.
fn certifies(chain: &Claim, encoded: &[u8]) -> bool {
    let Claim::List(chain) = chain else { return false };
    let Some(Claim::Text(first)) = chain.first() else { return false };
    let wanted = der(0x03, &[&[0], encoded].concat());
    STANDARD.decode(first).is_ok_and(|certificate| certificate.windows(wanted.len()).any(|part| part == wanted))
}

fn der_integer(number: &[u8]) -> Vec<u8> {
    let negative = number.first().is_some_and(|byte| *byte >= 0x80);
    if negative { der(0x02, &[&[0], number].concat()) } else { der(0x02, number) }
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = length.iter().position(|byte| *byte != 0).unwrap_or(length.len() - 1);
    let length = length.get(significant..).unwrap_or_default();
    let long = (content.len() >= 0x80).then_some(0x80 | length.len() as u8);
    [tag].into_iter().chain(long).chain(length.iter().copied()).chain(content.iter().copied()).collect()
}

impl fmt::Display for NotAKeySet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Form => "it is no JSON object with a list of keys",
            Self::Empty => "not one key in it can be used",
        })
    }
}
