//! Accounts, users, groups, roles, policies and long-term keys: one immutable value, replaced on change.
//!
//! Every change goes through a command here, which alters the value and adds the rows to a batch; the seed
//! and the IAM operations use the same commands. Nothing here decides whether somebody may do so.

mod access_keys;
mod accounts;
mod aws_managed;
mod groups;
mod policies;
mod roles;
mod users;

use std::sync::Arc;

use rpds::HashTrieMapSync;

pub use access_keys::AccessKey;
pub use accounts::Account;
pub use aws_managed::names as aws_managed_names;
pub use groups::Group;
pub use policies::{ManagedPolicy, NamedPolicy, Permissions};
pub use roles::Role;
pub use users::User;

use crate::ids::{AccessKeyId, AccountId, UniqueId};
use crate::policy::problem::ParseError;
use crate::store::{Row, StoreFault, tables};

type Map<K, V> = HashTrieMapSync<K, V>;

/// Names are unique in their account whatever their case.
type NameKey = (AccountId, Box<str>);

/// Every identity there is. Cloning shares everything.
#[derive(Clone, Default)]
pub struct Identities {
    accounts: Map<AccountId, Arc<Account>>,
    users: Map<UniqueId, Arc<User>>,
    user_names: Map<NameKey, UniqueId>,
    groups: Map<UniqueId, Arc<Group>>,
    group_names: Map<NameKey, UniqueId>,
    roles: Map<UniqueId, Arc<Role>>,
    role_names: Map<NameKey, UniqueId>,
    policies: Map<Box<str>, Arc<ManagedPolicy>>,
    policy_names: Map<NameKey, Box<str>>,
    access_keys: Map<AccessKeyId, Arc<AccessKey>>,
}

/// Why a change cannot be made.
#[derive(Clone, Debug)]
pub enum IdentityError {
    /// The account does not exist.
    NoSuchAccount(AccountId),
    /// Nothing of this kind has this name or ARN.
    NoSuch(&'static str, String),
    /// Something of this kind has this name already.
    Taken(&'static str, String),
    /// The policy of this name breaks the policy language.
    BadPolicy(String, ParseError),
    /// A trust policy names a user or role that does not exist.
    UnknownPrincipal(String),
    /// A stored form could not be written.
    Store(StoreFault),
}

impl From<StoreFault> for IdentityError {
    fn from(fault: StoreFault) -> Self {
        Self::Store(fault)
    }
}

impl std::fmt::Display for IdentityError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoSuchAccount(account) => write!(out, "there is no account {account}"),
            Self::NoSuch(kind, name) => write!(out, "there is no {kind} {name}"),
            Self::Taken(kind, name) => write!(out, "there is a {kind} {name} already"),
            Self::BadPolicy(name, error) => write!(out, "policy {name}: {error}"),
            Self::UnknownPrincipal(arn) => write!(out, "the trust policy names {arn}, which does not exist"),
            Self::Store(fault) => write!(out, "{fault}"),
        }
    }
}

impl std::error::Error for IdentityError {}

impl Identities {
    /// Reads the stored identities.
    pub fn load(rows: &[Row]) -> Result<Self, IdentityError> {
        let mut identities = Self::default();
        for (id, record) in tables::ACCOUNTS.read(rows)? {
            identities.keep_account(id, record);
        }
        for (id, settings) in tables::REGION_SETTINGS.read(rows)? {
            identities.keep_region_settings(id, settings)?;
        }
        for (id, record) in tables::POLICIES.read(rows)? {
            identities.keep_policy(id, record)?;
        }
        for (id, record) in tables::GROUPS.read(rows)? {
            identities.keep_group(id, record)?;
        }
        for (id, record) in tables::USERS.read(rows)? {
            identities.keep_user(id, record)?;
        }
        for (id, record) in tables::ROLES.read(rows)? {
            identities.keep_role(id, record)?;
        }
        for (id, record) in tables::ACCESS_KEYS.read(rows)? {
            identities.keep_access_key(id, record);
        }
        Ok(identities)
    }

    /// The unique id of the user or role that has this ARN.
    pub fn unique_id(&self, arn: &str) -> Option<UniqueId> {
        self.role_by_arn(arn).map(|role| role.id.clone()).or_else(|| self.user_by_arn(arn).map(|user| user.id.clone()))
    }
}

fn name_key(account: AccountId, name: &str) -> NameKey {
    (account, name.to_ascii_lowercase().into())
}
