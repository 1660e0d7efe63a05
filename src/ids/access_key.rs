//! Access key ids, and the account that AWS writes into them.
//!
//! A minted id is a four-letter prefix and sixteen base32 characters: a one bit, forty bits of account,
//! thirty-nine free bits. Ids in a seed may be any 1 to 128 word characters.

use std::fmt;

use crate::ids::AccountId;

crate::shape! {
    /// Names one pair of keys. Not a secret.
    AccessKeyId: text 1..=128 of r"[\w]*";
}

/// Prefix of long-term keys.
pub const LONG_TERM: &str = "AKIA";
/// Prefix of temporary keys.
pub const TEMPORARY: &str = "ASIA";

/// Free bits of a minted id.
const FREE_BITS: u32 = 39;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

impl AccessKeyId {
    /// The id with this prefix for this account; `random` fills the free bits.
    pub fn mint(prefix: &str, account: AccountId, random: u64) -> Self {
        let tail = Tail::new(account, random).letters();
        Self([prefix, str::from_utf8(&tail).unwrap_or_default()].concat().into())
    }

    /// What somebody named as an id, unless it looks like none: people mistake the secret for it, or as much of it as
    /// stands before its first slash. AWS's ids are capitals and digits, its secrets have small letters among them.
    pub fn shown(named: &str) -> &str {
        let is_word = named.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let has = |letters: fn(&u8) -> bool| named.bytes().any(|byte| letters(&byte));
        let is_mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
        let is_of_aws = named.starts_with(LONG_TERM) || named.starts_with(TEMPORARY);
        let can_be = named.len() <= 32 && is_word && (is_of_aws || !is_mixed);
        if can_be { named } else { "***" }
    }

    /// The account written into a minted id, whatever its prefix and state.
    pub fn account(&self) -> Option<AccountId> {
        account_of(self.as_str())
    }
}

/// The sixteen characters that every minted id carries behind its prefix.
pub(super) struct Tail(u128);

impl Tail {
    pub(super) fn new(account: AccountId, random: u64) -> Self {
        let free = u128::from(random) & ((1 << FREE_BITS) - 1);
        Self(1 << 79 | u128::from(account.number()) << FREE_BITS | free)
    }

    fn letters(&self) -> [u8; 16] {
        let mut text = [b'A'; 16];
        for (place, letter) in text.iter_mut().rev().enumerate() {
            let digit = (self.0 >> (place * 5)) as usize & 31;
            *letter = ALPHABET.get(digit).copied().unwrap_or(b'A');
        }
        text
    }
}

impl fmt::Display for Tail {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(str::from_utf8(&self.letters()).unwrap_or_default())
    }
}

/// The account that characters 5 to 20 of `id` encode.
pub fn account_of(id: &str) -> Option<AccountId> {
    let tail = id.get(4..20)?;
    let mut bits: u128 = 0;
    for character in tail.bytes() {
        let digit = ALPHABET.iter().position(|letter| *letter == character)?;
        bits = bits << 5 | digit as u128;
    }
    let account = bits >> FREE_BITS & ((1 << 40) - 1);
    AccountId::from_number(u64::try_from(account).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(id: &str, account: &str) {
        assert_eq!(account_of(id).map(|found| found.to_string()).as_deref(), Some(account), "{id}");
    }

    #[test]
    fn the_account_is_read_out_of_real_ids() {
        check("ASIAY34FZKBOKMUTVV7A", "609629065308");
        check("ASIAQNZGKIQY56JQ7WML", "029608264753");
        check("AKIAIOSFODNN7EXAMPLE", "581039954779");
        check("AROAR42TAWARILN3MNKUT", "130633740322");
    }

    #[test]
    fn a_minted_id_carries_its_account_whatever_the_free_bits() {
        let account = AccountId::parse("123456789012").unwrap();
        for random in [0, 1, u64::MAX, 0x5555_5555_5555_5555] {
            let id = AccessKeyId::mint(TEMPORARY, account, random);
            assert_eq!(id.as_str().len(), 20);
            assert!(id.as_str().starts_with("ASIARZPUZDIK"), "{id}");
            assert_eq!(id.account(), Some(account));
        }
    }
}
