//! Values that must never be seen: no `Display`, no `Serialize`, a redacted `Debug`, wiped when dropped.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// A secret. `expose` is the only way in; `tests/tidy.rs` lists the rooms that may call it.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

/// What stands for a value that is not shown.
pub const MASKED: &str = "***";

/// Whoever may try as often as they like guesses a token of fewer bytes.
pub const SHORTEST_TOKEN: usize = 16;

/// The 40 characters that sign with an access key.
pub type SecretAccessKey = Secret<String>;

impl<T: Zeroize> Secret<T> {
    /// Takes `value` into custody.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself, for the few rooms that compute with it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

/// Words in the names of secrets.
const SECRET_WORDS: [&str; 10] = [
    "token",
    "assertion",
    "password",
    "secret",
    "code",
    "credential",
    "privatekey",
    "seed",
    "signature",
    "encodedmessage",
];
/// Names that have such a word in them and are none.
const NO_SECRETS: [&str; 7] = [
    "AssertionEncryptionMode",
    "GlobalEndpointTokenVersion",
    "MinimumSessionTokenSize",
    "AllowUsersToChangePassword",
    "MinimumPasswordLength",
    "PasswordReusePrevention",
    "PasswordResetRequired",
];

/// Whether a name is that of a secret. Of declared parameters this is found out when they are compiled.
pub const fn names_a_secret(name: &str) -> bool {
    let mut exceptions: &[&str] = &NO_SECRETS;
    while let [exception, others @ ..] = exceptions {
        if is_one(name.as_bytes(), exception.as_bytes()) {
            return false;
        }
        exceptions = others;
    }
    let mut words: &[&str] = &SECRET_WORDS;
    while let [word, others @ ..] = words {
        if has_word(name.as_bytes(), word.as_bytes()) {
            return true;
        }
        words = others;
    }
    false
}

const fn has_word(mut name: &[u8], word: &[u8]) -> bool {
    while let [_, rest @ ..] = name {
        if begins_with(name, word) {
            return true;
        }
        name = rest;
    }
    false
}

/// Whether two names are one, letter by letter.
const fn is_one(mut name: &[u8], mut other: &[u8]) -> bool {
    while let ([one, rest @ ..], [two, others @ ..]) = (name, other) {
        if *one != *two {
            return false;
        }
        (name, other) = (rest, others);
    }
    name.is_empty() && other.is_empty()
}

/// Whether a text begins with these letters, small or great.
const fn begins_with(mut text: &[u8], mut letters: &[u8]) -> bool {
    while let [letter, others @ ..] = letters {
        let [first, rest @ ..] = text else { return false };
        if !first.eq_ignore_ascii_case(letter) {
            return false;
        }
        (text, letters) = (rest, others);
    }
    true
}

/// Whether two secrets are the same.
// ATTACK: for values of one length the comparison takes the same time wherever a guess differs.
pub fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

impl Secret<String> {
    /// Whether somebody shows this very text.
    pub fn is_same_as(&self, shown: &str) -> bool {
        is_same(self.0.as_bytes(), shown.as_bytes())
    }

    /// Whether it has at least so many bytes.
    pub fn has(&self, bytes: usize) -> bool {
        self.0.len() >= bytes
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(..)")
    }
}

impl<T: Zeroize + AsRef<[u8]>> PartialEq for Secret<T> {
    fn eq(&self, other: &Self) -> bool {
        is_same((*self.0).as_ref(), (*other.0).as_ref())
    }
}

impl<T: Zeroize + AsRef<[u8]>> Eq for Secret<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_name() {
        for name in
            ["WebIdentityToken", "tokencode", "SAMLAssertion", "OldPassword", "AddPrivateKey", "minimumPasswordLength"]
        {
            assert!(names_a_secret(name), "{name}");
        }
        for name in ["RoleArn", "", "Tok", "MinimumPasswordLength", "AssertionEncryptionMode", "DurationSeconds"] {
            assert!(!names_a_secret(name), "{name}");
        }
    }

    #[test]
    fn a_secret_does_not_print() {
        let secret = SecretAccessKey::new("wJalrXUtnFEMI".to_owned());
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }
}
