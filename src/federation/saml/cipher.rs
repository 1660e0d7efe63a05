//! Encrypted assertions: whoever has the public key of a provider can make one, so what comes out proves nothing.
//!
//! ATTACK: every failure is the same to the other side, and what was decrypted is signed within or refused.
//! <https://www.w3.org/TR/xmlenc-core1/>

use aes::cipher::block_padding::{NoPadding, Pkcs7};
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use aes::{Aes128, Aes256};
use aes_gcm::aead::Aead;
use aes_gcm::{Aes128Gcm, Aes256Gcm, KeyInit};
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::{Oaep, RsaPrivateKey};
use sha1::Sha1;
use sha2::Sha256;

use super::from_base64;
use super::method::Hash;
use super::namespace::{ENCRYPTION, ENCRYPTION_11, SIGNATURE};
use super::tree::Element;
use crate::secret::Secret;

/// A private key that opens what was encrypted for a provider.
#[derive(Clone, derive_more::Debug)]
#[debug("DecryptionKey(..)")]
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

fn is_pem(pem: &str, label: &str) -> bool {
    let inside = pem.strip_prefix(&format!("-----BEGIN {label}-----"));
    let inside = inside.and_then(|rest| rest.strip_suffix(&format!("-----END {label}-----")));
    inside.and_then(from_base64).is_some_and(|der| der.first() == Some(&0x30))
}

/// What is in an `EncryptedAssertion`, by one of `keys`.
pub(super) fn decrypt(encrypted: Element<'_>, keys: &[DecryptionKey]) -> Option<String> {
    let data = encrypted.only(ENCRYPTION, "EncryptedData")?;
    let method = data.only(ENCRYPTION, "EncryptionMethod")?.attribute("Algorithm")?;
    let sealing = Sealing::named(method)?;
    let wrapped = encrypted_key(encrypted, data)?;
    let transport = Transport::of(wrapped.only(ENCRYPTION, "EncryptionMethod")?)?;
    let (key_text, data_text) = (cipher_value(wrapped)?, cipher_value(data)?);
    let opened = keys.iter().filter_map(DecryptionKey::rsa).find_map(|key| {
        let content_key = transport.unwrap(key, &key_text)?;
        String::from_utf8(sealing.open(&content_key, &data_text)?).ok()
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
    from_base64(&value.text()?)
}

crate::words! {
    /// How an assertion is encrypted, by its name.
    Sealing {
        /// AES-128 in CBC.
        Aes128Cbc "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
        /// AES-256 in CBC.
        Aes256Cbc "http://www.w3.org/2001/04/xmlenc#aes256-cbc",
        /// AES-128 in GCM.
        Aes128Gcm "http://www.w3.org/2009/xmlenc11#aes128-gcm",
        /// AES-256 in GCM.
        Aes256Gcm "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    }
}

impl Sealing {
    pub(super) fn key_bytes(self) -> usize {
        match self {
            Self::Aes128Cbc | Self::Aes128Gcm => 16,
            Self::Aes256Cbc | Self::Aes256Gcm => 32,
        }
    }

    fn open(self, key: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Aes128Cbc => unpadded::<cbc::Decryptor<Aes128>>(key, sealed),
            Self::Aes256Cbc => unpadded::<cbc::Decryptor<Aes256>>(key, sealed),
            Self::Aes128Gcm => authentic::<Aes128Gcm>(key, sealed),
            Self::Aes256Gcm => authentic::<Aes256Gcm>(key, sealed),
        }
    }

    /// The other side.
    pub(super) fn seal(self, key: &[u8], vector: [u8; 16], text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Aes128Cbc => padded::<cbc::Encryptor<Aes128>>(key, &vector, text),
            Self::Aes256Cbc => padded::<cbc::Encryptor<Aes256>>(key, &vector, text),
            Self::Aes128Gcm => authenticated::<Aes128Gcm>(key, vector.get(..NONCE)?, text),
            Self::Aes256Gcm => authenticated::<Aes256Gcm>(key, vector.get(..NONCE)?, text),
        }
    }
}

/// Bytes of the nonce that GCM has in front.
const NONCE: usize = 12;

fn authentic<C: KeyInit + Aead>(key: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, text) = sealed.split_at_checked(NONCE)?;
    C::new_from_slice(key).ok()?.decrypt(nonce.try_into().ok()?, text).ok()
}

fn authenticated<C: KeyInit + Aead>(key: &[u8], nonce: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let sealed = C::new_from_slice(key).ok()?.encrypt(nonce.try_into().ok()?, text).ok()?;
    Some([nonce, &sealed].concat())
}

/// CBC with the vector in front; the last byte says how much of the last block is padding, whatever the rest of it is.
fn unpadded<D: KeyIvInit + BlockModeDecrypt>(key: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (vector, text) = sealed.split_at_checked(16)?;
    let plain = D::new_from_slices(key, vector).ok()?.decrypt_padded_vec::<NoPadding>(text).ok()?;
    let padding = usize::from(*plain.last()?);
    let kept = plain.len().checked_sub(padding).filter(|_| (1..=16).contains(&padding))?;
    plain.get(..kept).map(<[u8]>::to_vec)
}

fn padded<E: KeyIvInit + BlockModeEncrypt>(key: &[u8], vector: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let sealed = E::new_from_slices(key, vector).ok()?.encrypt_padded_vec::<Pkcs7>(text);
    Some([vector, &sealed].concat())
}

/// How the key of the content is encrypted: OAEP with these hashes.
struct Transport {
    digest: Hash,
    mask: Hash,
}

impl Transport {
    /// ATTACK: no PKCS #1 v1.5, whose padding can be asked about until the key is told.
    fn of(method: Element<'_>) -> Option<Self> {
        let digest = method.at_most_one(SIGNATURE, "DigestMethod").ok()?;
        let mask = method.at_most_one(ENCRYPTION_11, "MGF").ok()?;
        if method.children().count() != digest.iter().chain(&mask).count() {
            return None;
        }
        let digest = digest.map_or(Some(Hash::Sha1), |digest| Hash::named(digest.attribute("Algorithm")?))?;
        let mask = match (method.attribute("Algorithm")?, mask) {
            (MGF1P | OAEP, None) => Hash::Sha1,
            (OAEP, Some(mask)) => match mask.attribute("Algorithm")? {
                "http://www.w3.org/2009/xmlenc11#mgf1sha1" => Hash::Sha1,
                "http://www.w3.org/2009/xmlenc11#mgf1sha256" => Hash::Sha256,
                _ => return None,
            },
            _ => return None,
        };
        Some(Self { digest, mask })
    }

    fn unwrap(&self, key: &RsaPrivateKey, wrapped: &[u8]) -> Option<Vec<u8>> {
        match (self.digest, self.mask) {
            (Hash::Sha1, Hash::Sha1) => key.decrypt(Oaep::<Sha1>::new(), wrapped).ok(),
            (Hash::Sha256, Hash::Sha1) => key.decrypt(Oaep::<Sha256, Sha1>::new_with_mgf_hash(), wrapped).ok(),
            (Hash::Sha256, Hash::Sha256) => key.decrypt(Oaep::<Sha256>::new(), wrapped).ok(),
            _ => None,
        }
    }
}

const MGF1P: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
const OAEP: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
