//! The names that Organizations gives, and the words that it and IAM have for what an organization has switched on.
//!
//! <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html>

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::AccountId;

/// The id of an organization: `o-` and 10 to 32 small letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, derive_more::Display)]
#[serde(try_from = "String", into = "String")]
pub struct OrganizationId(Box<str>);

/// The id of an organization's root: `r-` and 4 to 32 small letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, derive_more::Display)]
#[serde(try_from = "String", into = "String")]
pub struct OrganizationRootId(Box<str>);

/// The id of an organizational unit: `ou-`, what the root's id has behind its `r-`, `-` and 8 to 32 small letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, derive_more::Display)]
#[serde(try_from = "String", into = "String")]
pub struct OrganizationalUnitId(Box<str>);

/// The id of a policy of an organization: `p-` and 8 to 128 letters, digits and underscores.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, derive_more::Display)]
#[serde(try_from = "String", into = "String")]
pub struct OrganizationPolicyId(Box<str>);

/// What a policy of an organization can be attached to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, derive_more::Display)]
pub enum OrganizationTarget {
    /// Its root: every account but for the management account.
    #[display("root")]
    Root,
    /// One account.
    Account(AccountId),
    /// One unit: every account in it, and in those below it.
    Unit(OrganizationalUnitId),
}

crate::words! {
    /// What IAM does for a whole organization when it is switched on, in AWS's words.
    #[derive(Hash, Serialize, Deserialize)]
    OrganizationFeature {
        /// Root users of member accounts can be looked at and stripped of their credentials.
        RootCredentialsManagement "RootCredentialsManagement",
        /// Root users of member accounts can be stood in for to unlock what locked everybody out.
        RootSessions "RootSessions",
    }
}

impl OrganizationId {
    /// Reads an id.
    pub fn parse(text: &str) -> Option<Self> {
        is_plain(text.strip_prefix("o-")?, 10..=32).then(|| Self(text.into()))
    }

    /// What the root is called if nobody says: the first four characters of this are its own.
    pub fn root(&self) -> OrganizationRootId {
        let own: String = self.0.chars().skip(2).take(4).collect();
        OrganizationRootId(format!("r-{own}").into())
    }
}

impl OrganizationRootId {
    /// Reads an id.
    pub fn parse(text: &str) -> Option<Self> {
        is_plain(text.strip_prefix("r-")?, 4..=32).then(|| Self(text.into()))
    }

    /// How the ids of the units below it begin.
    pub fn of_units(&self) -> String {
        format!("ou{}-", self.0.strip_prefix('r').unwrap_or(&self.0))
    }
}

impl OrganizationalUnitId {
    /// Reads an id.
    pub fn parse(text: &str) -> Option<Self> {
        let (root, own) = text.strip_prefix("ou-")?.split_once('-')?;
        (is_plain(root, 4..=32) && is_plain(own, 8..=32)).then(|| Self(text.into()))
    }

    /// That of a unit below `root`.
    pub fn below(root: &OrganizationRootId, number: u32) -> Self {
        Self(format!("{}{number:08x}", root.of_units()).into())
    }
}

fn is_plain(text: &str, lengths: RangeInclusive<usize>) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

impl OrganizationPolicyId {
    /// Reads an id.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("p-")?;
        let plain = rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        (plain && (8..=128).contains(&rest.len())).then(|| Self(text.into()))
    }
}

impl std::fmt::Display for OrganizationFeature {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.word())
    }
}

macro_rules! texts {
    ($($id:ident $problem:literal;)*) => {
        $(impl $id {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $id {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text).ok_or($problem)
            }
        }

        impl From<$id> for String {
            fn from(id: $id) -> Self {
                id.0.into()
            }
        }
        )*
    };
}

texts! {
    OrganizationId "this is no id of an organization";
    OrganizationRootId "this is no id of a root";
    OrganizationalUnitId "this is no id of an organizational unit";
    OrganizationPolicyId "this is no id of a policy of an organization";
}
