//! The twelve digits of an account.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An AWS account id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

/// One more than the greatest account id.
const END: u64 = 1_000_000_000_000;

impl AccountId {
    /// Reads exactly twelve digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok().map(Self))?
    }

    /// The account whose digits write this number.
    pub fn from_number(number: u64) -> Option<Self> {
        (number < END).then_some(Self(number))
    }

    fn digits(self) -> [u8; 12] {
        let mut text = [b'0'; 12];
        let mut rest = self.0;
        for digit in text.iter_mut().rev() {
            *digit += u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
        text
    }

    /// The digits as a number.
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(str::from_utf8(&self.digits()).unwrap_or_default())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

impl Serialize for AccountId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(str::from_utf8(&self.digits()).unwrap_or_default())
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
