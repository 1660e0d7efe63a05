//! Unique ids: what IAM gives a thing for its whole life, and never to another.

use crate::ids::{AccountId, access_key::Tail};

crate::shape! {
    /// An id such as `AROA...`: a renamed thing keeps it, a recreated one gets another.
    UniqueId: text 16..=128 of r"[\w]*";
}

/// The kinds of things that have unique ids here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A user.
    User,
    /// A role.
    Role,
    /// A group.
    Group,
    /// A managed policy.
    Policy,
    /// An instance profile.
    InstanceProfile,
}

impl Kind {
    /// The four letters that its ids begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::User => "AIDA",
            Self::Role => "AROA",
            Self::Group => "AGPA",
            Self::Policy => "ANPA",
            Self::InstanceProfile => "AIPA",
        }
    }
}

impl UniqueId {
    /// A new id of this kind in this account; `random` fills what the account leaves free.
    pub fn mint(kind: Kind, account: AccountId, random: [u8; 9]) -> Self {
        let [last, free @ ..] = random;
        let letter = char::from(b'A' + last % 26);
        Self(format!("{}{}{letter}", kind.prefix(), Tail::new(account, u64::from_be_bytes(free))).into())
    }
}

/// Ids of SAML providers and of their keys: a prefix and sixteen letters that say nothing.
pub fn saml_id(prefix: &str, random: [u8; 16]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let letter = |byte: u8| LETTERS.get(usize::from(byte & 31)).copied().map_or('A', char::from);
    format!("{prefix}{}", random.map(letter).iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unique_id_has_21_characters_and_its_account() {
        let account = AccountId::parse("123456789012").unwrap();
        let id = UniqueId::mint(Kind::Role, account, [7; 9]);
        assert_eq!(id.as_str().len(), 21);
        assert_eq!(crate::ids::access_key::account_of(id.as_str()), Some(account));
    }
}
