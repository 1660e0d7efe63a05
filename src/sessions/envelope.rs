//! Envelopes: an instant and some bytes under a key of the ring, in base64 for URLs.
//!
//! `ring key id | nonce | sealed (instant, content) | tag`. Whoever opens one has to know what it was bound to.

use aes_gcm_siv::aead::AeadInOut;
use aes_gcm_siv::{Aes256GcmSiv, Nonce, Tag};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::key_ring::{Key, KeyRing};
use crate::time::Timestamp;

const KEY_ID: usize = 4;
pub(super) const NONCE: usize = 12;
pub(super) const TAG: usize = 16;
const INSTANT: usize = 8;
/// What stands in the clear before the sealed part, behind the head if there is one.
pub(super) const OPEN_PART: usize = KEY_ID + NONCE;

/// Why an envelope, or a token, does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unopened {
    /// It is none of this service at all.
    Foreign,
    /// Sealed under a key that the ring no longer holds.
    RetiredKey,
    /// Changed, or bound to something else: a token to its access key.
    NotBound,
}

/// Seals them under the newest key. None only if the ring is empty.
pub(super) fn seal(
    (instant, content): (Timestamp, &[u8]),
    bound_to: &[u8],
    ring: &KeyRing,
    cipher: impl Fn(&Key) -> &Aes256GcmSiv,
    nonce: [u8; NONCE],
) -> Option<String> {
    let key = ring.newest()?;
    let open_part = [&key.id.to_be_bytes()[..], &nonce].concat();
    let mut sealed = [&instant.millis().to_be_bytes()[..], content].concat();
    let associated = [open_part.as_slice(), bound_to].concat();
    let tag =
        cipher(key).encrypt_inout_detached(&Nonce::from(nonce), &associated, sealed.as_mut_slice().into()).ok()?;
    Some(URL_SAFE_NO_PAD.encode([open_part.as_slice(), &sealed, &tag].concat()))
}

/// The instant and the content.
pub(super) fn open(
    text: &str,
    bound_to: &[u8],
    ring: &KeyRing,
    cipher: impl Fn(&Key) -> &Aes256GcmSiv,
) -> Result<(Timestamp, Vec<u8>), Unopened> {
    let mut bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Unopened::Foreign)?;
    let (_, sealed) = unseal(&mut bytes, 0, bound_to, ring, cipher)?;
    // INVARIANT: what the ring sealed begins with an instant; anything else is as bad as a changed one.
    let (instant, content) = sealed.split_first_chunk::<INSTANT>().ok_or(Unopened::NotBound)?;
    Ok((Timestamp::from_millis(i64::from_be_bytes(*instant)), content.to_vec()))
}

/// Opens in place what stands behind a head of so many bytes: which key of the ring sealed it, and what it was.
pub(super) fn unseal<'b>(
    bytes: &'b mut [u8],
    head: usize,
    bound_to: &[u8],
    ring: &KeyRing,
    cipher: impl Fn(&Key) -> &Aes256GcmSiv,
) -> Result<(u32, &'b mut [u8]), Unopened> {
    let (open_part, rest) = bytes.split_at_mut_checked(head + OPEN_PART).ok_or(Unopened::Foreign)?;
    let at = rest.len().checked_sub(TAG).ok_or(Unopened::Foreign)?;
    let (sealed, tag) = rest.split_at_mut(at);
    let (key_id, nonce) = open_part.split_at(head).1.split_at(KEY_ID);
    let key_id = key_id.try_into().map(u32::from_be_bytes).map_err(|_| Unopened::Foreign)?;
    let key = ring.find(key_id).ok_or(Unopened::RetiredKey)?;
    let nonce = Nonce::try_from(nonce).map_err(|_| Unopened::Foreign)?;
    let tag = Tag::try_from(&*tag).map_err(|_| Unopened::Foreign)?;
    let associated = [&*open_part, bound_to].concat();
    cipher(key)
        .decrypt_inout_detached(&nonce, &associated, (&mut *sealed).into(), &tag)
        .map_err(|_| Unopened::NotBound)?;
    Ok((key_id, sealed))
}

#[cfg(test)]
mod tests {
    use super::super::key_ring::ring;
    use super::*;

    fn cipher(key: &Key) -> &Aes256GcmSiv {
        &key.metadata_tokens
    }

    #[test]
    fn every_changed_bit_and_every_missing_end_is_noticed() {
        let now = Timestamp::from_seconds(1_768_478_400);
        let ring = ring(1);
        let sealed = seal((now, b"what it says"), b"somebody", &ring, cipher, [9; NONCE]).unwrap();
        assert_eq!(open(&sealed, b"somebody", &ring, cipher), Ok((now, b"what it says".to_vec())));
        assert_eq!(open(&sealed, b"somebody else", &ring, cipher), Err(Unopened::NotBound));
        let bytes = URL_SAFE_NO_PAD.decode(&sealed).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&URL_SAFE_NO_PAD.encode(changed), b"somebody", &ring, cipher).is_err(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(open(&sealed[..length], b"somebody", &ring, cipher).is_err(), "{length}");
        }
    }
}
