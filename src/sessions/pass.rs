//! Passes: what this service hands out, to be shown to it again for a while. Nothing is remembered of them.
//! An envelope with the instant of its end.

use aes_gcm_siv::Aes256GcmSiv;

use super::envelope::{self, NONCE};
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
    envelope::seal((until, text.as_bytes()), &[], ring, |key| pass.cipher(key), nonce)
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
    let (until, text) = envelope::open(shown, &[], ring, |key| pass.cipher(key)).ok()?;
    Some((until, String::from_utf8(text).ok()?))
}

#[cfg(test)]
mod tests {
    use super::super::key_ring::ring;
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_seconds(1_768_478_400)
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
    fn what_is_no_pass_is_not_good() {
        for text in ["", "x", &"A".repeat(42), &"A".repeat(LONGEST + 1)] {
            assert_eq!(open_pass(Pass::Metadata, text, &ring(1), now()), Err(Unusable::Foreign), "{text:.20}");
        }
    }
}
