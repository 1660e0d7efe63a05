//! Names an issuer of tokens for its whole life.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

/// A UUID: the part of an issuer's address that tells it from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, derive_more::Display)]
#[display("{}", Uuid::from_bytes(*_0).hyphenated())]
pub struct IssuerId([u8; 16]);

impl IssuerId {
    /// The issuer that this service has for demonstrations, whatever its state.
    pub const BUILT_IN: Self = Self([0; 16]);

    /// A new id out of random bytes.
    pub fn mint(random: [u8; 16]) -> Self {
        Self(Builder::from_random_bytes(random).into_uuid().into_bytes())
    }

    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Self(Uuid::try_parse(text).ok()?.into_bytes());
        (id.to_string() == text).then_some(id)
    }

    /// The bytes of the UUID.
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// The id of these bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

/// With what the addresses of issuers begin: where the companion is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssuerBase {
    /// This, whoever asks.
    Fixed(String),
    /// What the caller calls the companion; this, where nobody says.
    AsCalled(String),
}

impl IssuerBase {
    /// For those who do not call the companion.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Fixed(url) | Self::AsCalled(url) => url,
        }
    }

    /// Where a caller who sends this `Host` finds the companion, whatever its issuers are called.
    pub fn companion(&self, host: Option<&str>) -> Cow<'_, str> {
        let names =
            |url: &str| host.is_some_and(|host| url.strip_suffix(host).is_some_and(|rest| rest.ends_with("://")));
        match self {
            Self::Fixed(url) if !names(url) => named(host).map_or(Cow::from(url), Cow::from),
            _ => self.for_host(host),
        }
    }

    /// For a caller who sends this `Host`.
    pub fn for_host(&self, host: Option<&str>) -> Cow<'_, str> {
        match self {
            Self::AsCalled(url) => named(host).map_or(Cow::from(url), Cow::from),
            Self::Fixed(url) => url.into(),
        }
    }
}

/// The address of whoever is called by this host.
fn named(host: Option<&str>) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    // ATTACK: a host that is no name becomes no part of a document.
    let host = host.filter(|host| !host.is_empty() && host.len() <= 100 && host.bytes().all(plain))?;
    Some(format!("http://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_called_as_it_is_called_unless_its_name_is_fixed() {
        let open = IssuerBase::AsCalled("http://127.0.0.1:4593".to_owned());
        assert_eq!(open.for_host(Some("sts.test:4593")), "http://sts.test:4593");
        assert_eq!(open.for_host(Some("[::1]:4593")), "http://[::1]:4593");
        for odd in [None, Some(""), Some("a b"), Some("a\"b"), Some("a/b"), Some("a@b")] {
            assert_eq!(open.for_host(odd), "http://127.0.0.1:4593", "{odd:?}");
        }
        let fixed = IssuerBase::Fixed("https://tokens.test".to_owned());
        assert_eq!(fixed.for_host(Some("sts.test:4593")), "https://tokens.test");
        assert_eq!(fixed.companion(Some("localhost:4593")), "http://localhost:4593");
        assert_eq!(fixed.companion(Some("tokens.test")), "https://tokens.test");
        assert_eq!(fixed.companion(Some("test")), "http://test");
        assert_eq!(open.companion(Some("sts.test:4593")), "http://sts.test:4593");
    }

    #[test]
    fn an_issuer_has_one_spelling() {
        let id = IssuerId::mint([0xAB; 16]);
        assert_eq!(id.to_string(), "abababab-abab-4bab-abab-abababababab");
        assert_eq!(IssuerId::parse("abababab-abab-4bab-abab-abababababab"), Some(id));
        for other in ["", "ABABABAB-abab-4bab-abab-abababababab", "abababababab4bababababababababab", "../x"] {
            assert_eq!(IssuerId::parse(other), None, "{other}");
        }
    }
}
