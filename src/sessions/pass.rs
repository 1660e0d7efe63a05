//! Passes: what this service hands out, to be shown to it again for a while. Nothing is remembered of them.
//!
//! `ring key id | nonce | sealed (the instant of its end, what it says) | tag`, in base64 for URLs.

use aes_gcm_siv::aead::AeadInOut;
use aes_gcm_siv::{Aes256GcmSiv, Nonce, Tag};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::key_ring::{Key, KeyRing};
use crate::time::Timestamp;

/// What a pass is good for. One for one thing opens nothing of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Instance metadata.
    Metadata,
    /// The console.
    Console,
}

/// Why a pass is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// It was not sealed here for this, or has been changed, or its key is gone.
    Foreign,
    /// Its time is over.
    Expired,
}

const KEY_ID: usize = 4;
const NONCE: usize = 12;
const TAG: usize = 16;
const INSTANT: usize = 8;
/// What stands in the clear before the sealed part.
const OPEN_PART: usize = KEY_ID + NONCE;
/// A longer pass is not tried: a session token is the most that one holds.
const LONGEST: usize = 16_384;

impl Pass {
    fn cipher(self, key: &Key) -> &Aes256GcmSiv {
        match self {
            Self::Metadata => &key.metadata_tokens,
            Self::Console => &key.console_sign_ins,
        }
    }
}

/// A pass that says `text` and is good before `until`. None only if the ring is empty.
pub fn seal_pass(pass: Pass, text: &str, until: Timestamp, ring: &KeyRing, nonce: [u8; NONCE]) -> Option<String> {
    let key = ring.newest()?;
    let open_part = [&key.id.to_be_bytes()[..], &nonce].concat();
    let mut sealed = [&until.millis().to_be_bytes()[..], text.as_bytes()].concat();
    let cipher = pass.cipher(key);
    let tag = cipher.encrypt_inout_detached(&Nonce::from(nonce), &open_part, sealed.as_mut_slice().into()).ok()?;
    Some(URL_SAFE_NO_PAD.encode([open_part.as_slice(), &sealed, &tag].concat()))
}

/// What a pass says, if it is good.
pub fn open_pass(pass: Pass, shown: &str, ring: &KeyRing, now: Timestamp) -> Result<String, Unusable> {
    let (until, text) = open(pass, shown, ring).ok_or(Unusable::Foreign)?;
    if now < until { Ok(text) } else { Err(Unusable::Expired) }
}

fn open(pass: Pass, shown: &str, ring: &KeyRing) -> Option<(Timestamp, String)> {
    if shown.len() > LONGEST {
        return None;
    }
    let mut bytes = URL_SAFE_NO_PAD.decode(shown).ok()?;
    let (open_part, rest) = bytes.split_at_mut_checked(OPEN_PART)?;
    let (sealed, tag) = rest.split_at_mut(rest.len().checked_sub(TAG)?);
    let (key_id, nonce) = open_part.split_at(KEY_ID);
    let key = ring.find(u32::from_be_bytes(key_id.try_into().ok()?))?;
    let (nonce, tag) = (Nonce::try_from(nonce).ok()?, Tag::try_from(&*tag).ok()?);
    pass.cipher(key).decrypt_inout_detached(&nonce, open_part, (&mut *sealed).into(), &tag).ok()?;
    let (until, text) = sealed.split_first_chunk::<INSTANT>()?;
    Some((Timestamp::from_millis(i64::from_be_bytes(*until)), String::from_utf8(text.to_vec()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::SeededEntropy;

    fn now() -> Timestamp {
        Timestamp::from_seconds(1_768_478_400)
    }

    fn ring(chance: u64) -> KeyRing {
        KeyRing::load(vec![KeyRing::default().next(&SeededEntropy::new(chance), now())])
    }

    fn sealed() -> String {
        seal_pass(Pass::Metadata, "what it says", now().plus_seconds(60), &ring(1), [9; NONCE]).unwrap()
    }

    #[test]
    fn a_pass_is_good_for_one_thing_under_its_own_key_for_its_time() {
        for (pass, ring, later, expect) in [
            (Pass::Metadata, ring(1), 59, Ok("what it says".to_owned())),
            (Pass::Metadata, ring(1), 60, Err(Unusable::Expired)),
            (Pass::Console, ring(1), 0, Err(Unusable::Foreign)),
            (Pass::Metadata, ring(2), 0, Err(Unusable::Foreign)),
            (Pass::Metadata, KeyRing::default(), 0, Err(Unusable::Foreign)),
        ] {
            assert_eq!(open_pass(pass, &sealed(), &ring, now().plus_seconds(later)), expect, "{pass:?} {later}");
        }
    }

    #[test]
    fn every_changed_bit_and_every_missing_end_is_noticed() {
        let bytes = URL_SAFE_NO_PAD.decode(sealed()).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let shown = URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(open_pass(Pass::Metadata, &shown, &ring(1), now()), Err(Unusable::Foreign), "bit {bit}");
        }
        for length in 0..sealed().len() {
            let found = open_pass(Pass::Metadata, &sealed()[..length], &ring(1), now());
            assert_eq!(found, Err(Unusable::Foreign), "{length}");
        }
        let long = "A".repeat(LONGEST + 1);
        assert_eq!(open_pass(Pass::Metadata, &long, &ring(1), now()), Err(Unusable::Foreign));
    }
}
