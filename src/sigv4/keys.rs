//! The signing key: a secret narrowed to one day, region and service.
//!
//! Never leaves by itself: no `Display`, no `Serialize`, wiped when dropped.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::secret::{Secret, SecretAccessKey};

use super::TERMINATOR;
use super::gather::{Gather, Sink};

/// A key that can sign for one day, region and service, whoever holds it.
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
#[debug("SigningKey(..)")]
pub struct SigningKey(Secret<[u8; 32]>);

impl SigningKey {
    /// Narrows a secret.
    pub fn derive(secret: &SecretAccessKey, date: &str, region: &str, service: &str) -> Self {
        let by_date = Zeroizing::new(finish(mac(&first_block(secret.expose())), date));
        let by_region = Zeroizing::new(finish(mac(&block(&by_date)), region));
        let by_service = Zeroizing::new(finish(mac(&block(&by_region)), service));
        Self(Secret::new(finish(mac(&block(&by_service)), TERMINATOR)))
    }

    /// Takes a key that was derived elsewhere.
    pub fn from_bytes(key: [u8; 32]) -> Self {
        Self(Secret::new(key))
    }

    /// The key itself, for the one answer that hands it to a service that may have it.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    /// Signs the pieces as if they were one text.
    pub(super) fn sign(&self, pieces: &[&[u8]]) -> [u8; 32] {
        let mut text = Gather::into(mac(&block(self.0.expose())));
        for piece in pieces {
            text.take(piece);
        }
        text.finish().finalize().into_bytes().into()
    }
}

/// Writes bytes as lower-case hex.
pub(super) fn hex(bytes: &[u8; 32]) -> [u8; 64] {
    let mut text = [0; 64];
    for (place, byte) in text.as_chunks_mut().0.iter_mut().zip(bytes) {
        *place = crate::hex::pair(*byte);
    }
    text
}

/// HMAC's key: a block of SHA-256, filled up with zeros.
type Block = Zeroizing<[u8; 64]>;

/// `AWS4` and the secret, or by HMAC's rule their hash where they are longer than a block.
fn first_block(secret: &str) -> Block {
    let (prefix, secret) = (b"AWS4", secret.as_bytes());
    let mut key = Zeroizing::new([0; 64]);
    let (head, tail) = key.split_at_mut(prefix.len());
    if let Some(place) = tail.get_mut(..secret.len()) {
        head.copy_from_slice(prefix);
        place.copy_from_slice(secret);
        key
    } else {
        let hash = Sha256::new().chain_update(prefix).chain_update(secret).finalize();
        block(&Zeroizing::new(hash.into()))
    }
}

fn block(key: &[u8; 32]) -> Block {
    let mut padded = Zeroizing::new([0; 64]);
    for (place, byte) in padded.iter_mut().zip(key) {
        *place = *byte;
    }
    padded
}

fn mac(key: &Block) -> Hmac<Sha256> {
    let key: &[u8; 64] = key;
    Hmac::new(key.into())
}

fn finish(mac: Hmac<Sha256>, text: &str) -> [u8; 32] {
    mac.chain_update(text).finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signing_key_does_not_print() {
        assert_eq!(format!("{:?}", SigningKey::from_bytes([7; 32])), "SigningKey(..)");
    }

    #[test]
    fn secrets_of_every_length_are_keys_as_hmac_has_it() {
        for length in [0, 1, 4, 40, 59, 60, 61, 64, 65, 200] {
            let secret = "s".repeat(length);
            let mut plain = Hmac::<Sha256>::new_from_slice(format!("AWS4{secret}").as_bytes()).expect("any length");
            plain.update(b"20260115");
            let plain: [u8; 32] = plain.finalize().into_bytes().into();
            assert_eq!(finish(mac(&first_block(&secret)), "20260115"), plain, "{length}");
        }
    }
}
