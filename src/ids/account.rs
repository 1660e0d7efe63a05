//! The twelve digits of an account.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An AWS account id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

/// The digits of an account id.
#[derive(Clone, Copy, Debug)]
pub struct AccountText([u8; 12]);

/// One more than the greatest account id.
const END: u64 = 1_000_000_000_000;

impl AccountId {
    /// AWS's own, which keeps the managed policies that every account has.
    pub const OF_MANAGED_POLICIES: Self = Self(639_982_225_848);

    /// Reads exactly twelve digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok().map(Self))?
    }

    /// The account whose digits write this number.
    pub fn from_number(number: u64) -> Option<Self> {
        (number < END).then_some(Self(number))
    }

    /// Its digits as text, where it need not last.
    pub fn text(self) -> AccountText {
        AccountText(self.digits())
    }

    fn digits(self) -> [u8; 12] {
        let mut text = [b'0'; 12];
        let mut rest = self.0;
        for pair in text.rchunks_exact_mut(2) {
            let number = u8::try_from(rest % 100).unwrap_or_default();
            pair.copy_from_slice(&[b'0' + number / 10, b'0' + number % 10]);
            rest /= 100;
        }
        text
    }

    /// The digits as a number.
    pub fn number(self) -> u64 {
        self.0
    }
}

impl AccountText {
    /// The text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.text().as_str())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

impl Serialize for AccountId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text().as_str())
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("an account id is twelve digits, in quotes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_twelve_digits_and_keeps_its_leading_zeros() {
        assert_eq!(
            AccountId::parse("000000000001").map(|account| account.to_string()).as_deref(),
            Some("000000000001")
        );
        for text in ["", "12345678901", "1234567890123", "12345678901a", "+12345678901"] {
            assert_eq!(AccountId::parse(text), None, "{text}");
        }
    }
}
