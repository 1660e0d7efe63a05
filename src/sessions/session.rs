//! What a session is: the record inside its token.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::carried::Carried;
use crate::hex;
use crate::ids::names::{FederatedName, RoleSessionName};
use crate::ids::{AccountId, UniqueId};
use crate::secret::SecretAccessKey;
use crate::store::records::stored;
use crate::time::Timestamp;

/// The session's own name: 128 random bits. An access key id has only 39 and may repeat.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId(pub [u8; 16]);

impl SessionId {
    /// Reads what `Display` writes: 32 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        digits.then(|| u128::from_str_radix(text, 16).ok().map(|id| Self(id.to_be_bytes())))?
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(str::from_utf8(hex::digits(self.0).as_flattened()).unwrap_or_default())
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

/// Who stands behind a session, and can have all of theirs ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer<'a> {
    /// A user or role.
    Principal(&'a UniqueId),
    /// The root user of an account, itself, by whom it vouches for or by who stands in for it.
    Root(AccountId),
}

/// Who acts in a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    /// Somebody who assumed a role.
    Role {
        /// The role, by the id that a recreated one does not share.
        role: UniqueId,
        /// Which of the role's sessions.
        session_name: RoleSessionName,
    },
    /// A user, by keys that last a while.
    User {
        /// The user, by the id that a recreated one does not share.
        user: UniqueId,
    },
    /// The root user of the account.
    Root,
    /// Somebody whom a user or the root user vouches for.
    Federated {
        /// Whom.
        name: FederatedName,
        /// The user who does; none for the root user.
        issuer: Option<UniqueId>,
    },
    /// Somebody who stands in for the root user of the account, for the task that the session policy leaves.
    AssumedRoot,
}

/// Temporary credentials and what they carry, all but the access key id that the token is bound to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    /// Its own name.
    pub id: SessionId,
    /// What signs.
    #[serde(with = "stored")]
    pub secret: SecretAccessKey,
    /// The account it acts in.
    pub account: AccountId,
    /// Whether the global endpoint issued it.
    pub global: bool,
    /// Who acts.
    pub subject: Subject,
    /// Which of its issuer's generations of sessions it belongs to.
    pub generation: u64,
    /// When it was issued.
    pub issued: Timestamp,
    /// The first instant at which it is dead.
    pub expires: Timestamp,
    /// When its user showed a code of an MFA device for it, if so.
    pub second_factor: Option<Timestamp>,
    /// What it was given; stands behind all else in the token, so that it adds to the token's length.
    #[serde(skip)]
    pub carried: Carried,
}

impl<'a> Issuer<'a> {
    /// Of a session in `account` that has this user or role behind it, or else the root user.
    pub fn of(principal: Option<&'a UniqueId>, account: AccountId) -> Self {
        principal.map_or(Self::Root(account), Self::Principal)
    }
}

impl Subject {
    /// The unique id of the user or role whose deletion ends the session; the root user has none.
    pub fn issuer(&self) -> Option<&UniqueId> {
        match self {
            Self::Role { role, .. } => Some(role),
            Self::User { user } => Some(user),
            Self::Root | Self::AssumedRoot => None,
            Self::Federated { issuer, .. } => issuer.as_ref(),
        }
    }

    /// The name that tells the session from others of its issuer, if it has one.
    pub fn session_name(&self) -> Option<&str> {
        match self {
            Self::Role { session_name, .. } => Some(session_name.as_str()),
            Self::Federated { name, .. } => Some(name.as_str()),
            Self::User { .. } | Self::Root | Self::AssumedRoot => None,
        }
    }

    /// Its issuer and its name, to keep.
    pub fn into_issuer_and_name(self) -> (Option<UniqueId>, Option<String>) {
        match self {
            Self::Role { role, session_name } => (Some(role), Some(session_name.into())),
            Self::User { user } => (Some(user), None),
            Self::Root | Self::AssumedRoot => (None, None),
            Self::Federated { name, issuer } => (issuer, Some(name.into())),
        }
    }
}

impl Session {
    /// Who stands behind it.
    pub fn issuer(&self) -> Issuer<'_> {
        Issuer::of(self.subject.issuer(), self.account)
    }

    /// Whether it is a user's own, or the root user's.
    pub fn is_of_user(&self) -> bool {
        matches!(self.subject, Subject::User { .. } | Subject::Root)
    }

    /// Whether somebody stands in for the root user by it.
    pub fn stands_in(&self) -> bool {
        matches!(self.subject, Subject::AssumedRoot)
    }

    /// Whether its time is over.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires
    }
}
