//! Encrypted assertions: whoever has the public key of a provider can make one, so what comes out proves nothing.
//!
//! ATTACK: every failure is the same to the other side, and what was decrypted is signed within or refused.
//! <https://www.w3.org/TR/xmlenc-core1/>

use std::fmt;

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use aes::{Aes128, Aes256};
use aes_gcm::aead::Aead as _;
use aes_gcm::{Aes128Gcm, Aes256Gcm, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::{Oaep, RsaPrivateKey};
use sha1::Sha1;
use sha2::Sha256;

use super::namespace::{ENCRYPTION, ENCRYPTION_11, SIGNATURE};
use super::tree::Element;
use crate::secret::Secret;

/// A private key that opens what was encrypted for a provider.
#[derive(Clone)]
pub struct DecryptionKey(Option<RsaPrivateKey>);

/// A text is no private key in PEM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPrivateKey;

impl DecryptionKey {
    /// Reads a PEM: PKCS #8 or PKCS #1. AWS: a key of another kind is taken as well, and opens nothing.
    pub fn parse(pem: &Secret<String>) -> Result<Self, NotAPrivateKey> {
        let pem = pem.expose().trim();
        let rsa = RsaPrivateKey::from_pkcs8_pem(pem).or_else(|_| RsaPrivateKey::from_pkcs1_pem(pem));
        let other = ["PRIVATE KEY", "EC PRIVATE KEY"].iter().any(|label| is_pem(pem, label));
        match rsa {
            Ok(key) => Ok(Self(Some(key))),
            Err(_) if other => Ok(Self(None)),
            Err(_) => Err(NotAPrivateKey),
        }
    }

    pub(super) fn rsa(&self) -> Option<&RsaPrivateKey> {
        self.0.as_ref()
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("DecryptionKey(..)")
    }
}

fn is_pem(pem: &str, label: &str) -> bool {
    let inside = pem.strip_prefix(&format!("-----BEGIN {label}-----"));
    let inside = inside.and_then(|rest| rest.strip_suffix(&format!("-----END {label}-----")));
    inside.is_some_and(|text| {
        let text: String = text.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
        STANDARD.decode(text).is_ok_and(|der| der.first() == Some(&0x30))
    })
}

/// What is in an `EncryptedAssertion`, by one of `keys`.
pub(super) fn decrypt(encrypted: Element<'_>, keys: &[DecryptionKey]) -> Option<String> {
    let data = encrypted.only(ENCRYPTION, "EncryptedData")?;
    let method = data.only(ENCRYPTION, "EncryptionMethod")?.attribute("Algorithm")?;
    let cipher = Cipher::parse(method)?;
    let wrapped = encrypted_key(encrypted, data)?;
    let transport = Transport::of(wrapped.only(ENCRYPTION, "EncryptionMethod")?)?;
    let (key_text, data_text) = (cipher_value(wrapped)?, cipher_value(data)?);
    let opened = keys.iter().filter_map(DecryptionKey::rsa).find_map(|key| {
        let content_key = transport.unwrap(key, &key_text)?;
        String::from_utf8(cipher.open(&content_key, &data_text)?).ok()
    });
    opened.filter(|text| !text.is_empty())
}

/// The key stands in the `KeyInfo` of the data or beside the data; a reference to elsewhere is not followed.
fn encrypted_key<'t>(encrypted: Element<'t>, data: Element<'t>) -> Option<Element<'t>> {
    let within = data.all(SIGNATURE, "KeyInfo").flat_map(|info| info.all(ENCRYPTION, "EncryptedKey"));
    let mut found = within.chain(encrypted.all(ENCRYPTION, "EncryptedKey"));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// ATTACK: the bytes are here, not at some address.
fn cipher_value(element: Element<'_>) -> Option<Vec<u8>> {
    let value = element.only(ENCRYPTION, "CipherData")?.only(ENCRYPTION, "CipherValue")?;
    let text: String = value.text()?.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    STANDARD.decode(text).ok()
}

/// How the content is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cipher {
    Aes128Cbc,
    Aes256Cbc,
    Aes128Gcm,
    Aes256Gcm,
}

impl Cipher {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Aes128Cbc, "http://www.w3.org/2001/04/xmlenc#aes128-cbc"),
        (Self::Aes256Cbc, "http://www.w3.org/2001/04/xmlenc#aes256-cbc"),
        (Self::Aes128Gcm, "http://www.w3.org/2009/xmlenc11#aes128-gcm"),
        (Self::Aes256Gcm, "http://www.w3.org/2009/xmlenc11#aes256-gcm"),
    ];

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(cipher, _)| cipher)
    }

    fn open(self, key: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Aes128Cbc => unpadded::<cbc::Decryptor<Aes128>>(key, sealed),
            Self::Aes256Cbc => unpadded::<cbc::Decryptor<Aes256>>(key, sealed),
            Self::Aes128Gcm => {
                let (nonce, text) = sealed.split_at_checked(12)?;
                Aes128Gcm::new_from_slice(key).ok()?.decrypt(nonce.try_into().ok()?, text).ok()
            }
            Self::Aes256Gcm => {
                let (nonce, text) = sealed.split_at_checked(12)?;
                Aes256Gcm::new_from_slice(key).ok()?.decrypt(nonce.try_into().ok()?, text).ok()
            }
        }
    }
}

/// CBC with the vector in front; the last byte says how much of the last block is padding, whatever the rest of it is.
fn unpadded<D: KeyIvInit + BlockModeDecrypt>(key: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (vector, text) = sealed.split_at_checked(16)?;
    let plain = D::new_from_slices(key, vector).ok()?.decrypt_padded_vec::<NoPadding>(text).ok()?;
    let padding = usize::from(*plain.last()?);
    let kept = plain.len().checked_sub(padding).filter(|_| (1..=16).contains(&padding))?;
    plain.get(..kept).map(<[u8]>::to_vec)
}

/// How the key of the content is encrypted.
enum Transport {
    /// OAEP with SHA-1 in both places.
    Sha1,
    /// OAEP with SHA-256, its mask with SHA-1.
    Sha256MaskSha1,
    /// OAEP with SHA-256 in both places.
    Sha256,
}

impl Transport {
    /// ATTACK: no PKCS #1 v1.5, whose padding can be asked about until the key is told.
    fn of(method: Element<'_>) -> Option<Self> {
        let digest = method.at_most_one(SIGNATURE, "DigestMethod").ok()?.map(|digest| digest.attribute("Algorithm"));
        let mask = method.at_most_one(ENCRYPTION_11, "MGF").ok()?.map(|mask| mask.attribute("Algorithm"));
        let others = method.children().count() - usize::from(digest.is_some()) - usize::from(mask.is_some());
        let (sha1, sha256) = ("http://www.w3.org/2000/09/xmldsig#sha1", "http://www.w3.org/2001/04/xmlenc#sha256");
        let digest = digest.unwrap_or(Some(sha1))?;
        let mask = match (method.attribute("Algorithm")?, mask) {
            (MGF1P | OAEP, None) => "http://www.w3.org/2009/xmlenc11#mgf1sha1",
            (OAEP, Some(mask)) => mask?,
            _ => return None,
        };
        match (digest, mask) {
            _ if others > 0 => None,
            (digest, "http://www.w3.org/2009/xmlenc11#mgf1sha1") if digest == sha1 => Some(Self::Sha1),
            (digest, "http://www.w3.org/2009/xmlenc11#mgf1sha1") if digest == sha256 => Some(Self::Sha256MaskSha1),
            (digest, "http://www.w3.org/2009/xmlenc11#mgf1sha256") if digest == sha256 => Some(Self::Sha256),
            _ => None,
        }
    }

    fn unwrap(&self, key: &RsaPrivateKey, wrapped: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Sha1 => key.decrypt(Oaep::<Sha1>::new(), wrapped).ok(),
            Self::Sha256MaskSha1 => key.decrypt(Oaep::<Sha256, Sha1>::new_with_mgf_hash(), wrapped).ok(),
            Self::Sha256 => key.decrypt(Oaep::<Sha256>::new(), wrapped).ok(),
        }
    }
}

const MGF1P: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
const OAEP: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
