//! Authorization messages: why a request was refused, sealed so that only the account of whoever sent it can read it.
//!
//! An envelope with the text deflated, bound to the account.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>

use super::envelope::{self, NONCE, Unopened};
use super::key_ring::KeyRing;
use crate::ids::AccountId;
use crate::time::Timestamp;

/// A message in the form in which it is handed around. What it says is hidden, so it may be printed.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display)]
pub struct EncodedMessage(Box<str>);

/// Why a message does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undecoded {
    /// No message of this service at all.
    Foreign,
    /// Sealed under a key that the ring no longer holds.
    RetiredKey,
    /// Changed, or another account's.
    NotBound,
    /// Its time is over.
    Expired,
}

/// AWS: the longest `EncodedMessage`, in characters.
const LONGEST: usize = 10_240;
/// A longer text is not tried: no more than this is deflated for a request that is refused.
const LONGEST_TEXT: usize = 64 * 1024;
/// AWS: messages expire; after how long is not said.
const GOOD_FOR_SECONDS: i64 = 24 * 3600;
/// The text has much repetition in it, and nobody waits for it to be a byte shorter.
const LEVEL: u8 = 1;

impl EncodedMessage {
    /// Seals `text` for `account`. None if it comes out too long for `DecodeAuthorizationMessage`, or the ring is empty.
    pub fn seal(text: &str, account: AccountId, ring: &KeyRing, now: Timestamp, nonce: [u8; NONCE]) -> Option<Self> {
        if text.len() > LONGEST_TEXT {
            return None;
        }
        let deflated = miniz_oxide::deflate::compress_to_vec(text.as_bytes(), LEVEL);
        let bound_to = account.to_string();
        let content = (now, deflated.as_slice());
        let encoded = envelope::seal(content, bound_to.as_bytes(), ring, |key| &key.authorization_messages, nonce)?;
        (encoded.len() <= LONGEST).then(|| Self(encoded.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What `message` says, if it was sealed for `account`.
pub fn decode(message: &str, account: AccountId, ring: &KeyRing, now: Timestamp) -> Result<String, Undecoded> {
    if message.len() > LONGEST {
        return Err(Undecoded::Foreign);
    }
    let opened = envelope::open(message, account.to_string().as_bytes(), ring, |key| &key.authorization_messages);
    let (sealed_at, deflated) = opened.map_err(|unopened| match unopened {
        Unopened::Foreign => Undecoded::Foreign,
        Unopened::RetiredKey => Undecoded::RetiredKey,
        Unopened::NotBound => Undecoded::NotBound,
    })?;
    if now >= sealed_at.plus_seconds(GOOD_FOR_SECONDS) {
        return Err(Undecoded::Expired);
    }
    let text = miniz_oxide::inflate::decompress_to_vec_with_limit(&deflated, LONGEST_TEXT);
    text.ok().and_then(|text| String::from_utf8(text).ok()).ok_or(Undecoded::NotBound)
}

#[cfg(test)]
mod tests {
    use super::super::key_ring::ring;
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_seconds(1_768_478_400)
    }

    fn account(text: &str) -> AccountId {
        AccountId::parse(text).unwrap()
    }

    fn sealed(text: &str) -> Option<EncodedMessage> {
        EncodedMessage::seal(text, account("123456789012"), &ring(1), now(), [9; NONCE])
    }

    #[track_caller]
    fn check(message: &str, expect: Result<&str, Undecoded>) {
        let found = decode(message, account("123456789012"), &ring(1), now());
        assert_eq!(found.as_deref().map_err(|why| *why), expect, "{message:.40}");
    }

    #[test]
    fn a_message_opens_for_its_own_account_under_its_own_key_for_a_day() {
        let message = sealed("why").unwrap();
        check(message.as_str(), Ok("why"));
        let (mine, other) = (account("123456789012"), account("210987654321"));
        for (account, ring, later, expect) in [
            (other, ring(1), 0, Err(Undecoded::NotBound)),
            (mine, ring(2), 0, Err(Undecoded::NotBound)),
            (mine, KeyRing::default(), 0, Err(Undecoded::RetiredKey)),
            (mine, ring(1), GOOD_FOR_SECONDS - 1, Ok("why".to_owned())),
            (mine, ring(1), GOOD_FOR_SECONDS, Err(Undecoded::Expired)),
        ] {
            assert_eq!(decode(message.as_str(), account, &ring, now().plus_seconds(later)), expect);
        }
    }

    #[test]
    fn what_is_no_message_does_not_open() {
        for text in ["", "x", "why not", &"A".repeat(42), &"A".repeat(10_240), &"A".repeat(20_000), "AAAA\nAAAA"] {
            let found = decode(text, account("123456789012"), &ring(1), now());
            assert!(matches!(found, Err(Undecoded::Foreign | Undecoded::RetiredKey)), "{text:.20}: {found:?}");
        }
    }

    #[test]
    fn no_message_is_longer_than_its_parameter_may_be() {
        let noise: String = (0..7000_u32).map(|number| char::from(b'!' + (number * number % 89) as u8)).collect();
        assert!(sealed(&noise).is_none_or(|message| message.as_str().len() <= LONGEST));
        assert_eq!(sealed(&"a".repeat(LONGEST_TEXT + 1)), None);
        let long = "a".repeat(LONGEST_TEXT);
        check(sealed(&long).unwrap().as_str(), Ok(&long));
    }
}
