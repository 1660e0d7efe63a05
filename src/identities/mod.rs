//! Organizations, accounts, users, groups, roles, policies, long-term keys and identity providers: one immutable value,
//! replaced on change.
//!
//! Every change goes through a command here, which alters the value and adds the rows to a batch; the seed
//! and the IAM operations use the same commands. Nothing here decides whether somebody may do so.

mod access_keys;
mod accounts;
mod aws_managed;
mod delivery;
mod difference;
mod groups;
mod holders;
mod instance_profiles;
mod issuers;
mod linked_services;
mod mfa_codes;
mod mfa_devices;
mod oidc_providers;
mod organizations;
mod passwords;
mod policies;
mod quotas;
mod roles;
mod root_tasks;
mod saml_providers;
mod used_assertions;
mod users;
mod uses;

use std::sync::Arc;

use std::ops::Bound;

use foldhash::fast::RandomState;
use rpds::{HashTrieMapSync, HashTrieSetSync, RedBlackTreeMapSync, RedBlackTreeSetSync};

pub use access_keys::AccessKey;
pub use accounts::{Account, NotThere};
pub use aws_managed::{
    AwsPolicy, all as aws_managed_policies, names as aws_managed_names, policy as aws_managed_policy,
};
pub use difference::Difference;
pub use groups::Group;
pub use holders::{Holder, HolderKind};
pub use instance_profiles::InstanceProfile;
pub use issuers::{TokenKey, TokenKeys};
pub use linked_services::{LinkedService, SERVICE_LINKED_PATH};
pub use mfa_codes::{CodeRejection, VerifiedCode};
pub use mfa_devices::MfaDevice;
pub use oidc_providers::{OidcProvider, ProviderKeys};
pub use organizations::Organization;
pub use policies::{InlineName, ManagedPolicy, NamedPolicy, Permissions};
pub use quotas::{Quota, quota};
pub use roles::Role;
pub use root_tasks::feature_of_root_task;
pub use saml_providers::SamlProvider;
pub use users::User;
pub use uses::{LastUse, Used};

use crate::federation::mfa::Step;
use crate::ids::{AccessKeyId, AccountId, IssuerId, UniqueId};
use crate::policy::problem::ParseError;
use crate::store::records::{KeyOwner, MfaVerifications};
use crate::store::{Batch, Row, StoreFault, records, tables};
use crate::time::Timestamp;

// WHY: a call looks three to eight times, which is twice the work by the hasher of the standard library. What stands in a
// map, only those chose who may change identities.
type Map<K, V> = HashTrieMapSync<K, V, RandomState>;

/// What an account has, in the order in which it is listed.
type Ordered<V> = RedBlackTreeMapSync<NameKey, V>;

/// Names are unique in their account whatever their case.
type NameKey = (AccountId, Box<str>);

/// Every identity there is. Cloning shares everything.
#[derive(Clone, Default)]
pub struct Identities {
    accounts: Map<AccountId, Arc<Account>>,
    users: Map<UniqueId, Arc<User>>,
    user_names: Ordered<UniqueId>,
    groups: Map<UniqueId, Arc<Group>>,
    group_names: Ordered<UniqueId>,
    members: Map<NameKey, RedBlackTreeSetSync<Box<str>>>,
    roles: Map<UniqueId, Arc<Role>>,
    role_names: Ordered<UniqueId>,
    policies: Map<Box<str>, Arc<ManagedPolicy>>,
    policy_names: Ordered<Box<str>>,
    holders: Map<NameKey, RedBlackTreeSetSync<Holder>>,
    instance_profiles: Ordered<Arc<InstanceProfile>>,
    profiles_of: Map<NameKey, RedBlackTreeSetSync<Box<str>>>,
    access_keys: Map<AccessKeyId, Arc<AccessKey>>,
    keys_of: Map<KeyOwner, RedBlackTreeSetSync<AccessKeyId>>,
    mfa_devices: Ordered<Arc<MfaDevice>>,
    devices_of: Map<KeyOwner, RedBlackTreeSetSync<NameKey>>,
    verifications: Map<String, MfaVerifications>,
    used_codes: Map<String, HashTrieSetSync<Step>>,
    used_up_to: Map<String, Step>,
    used_assertions: Map<[u8; 32], Timestamp>,
    organizations: Map<AccountId, Arc<Organization>>,
    organization_of: Map<AccountId, AccountId>,
    oidc_providers: Ordered<Arc<OidcProvider>>,
    outbound: Map<AccountId, records::Outbound>,
    token_keys: Map<IssuerId, Arc<TokenKeys>>,
    saml_providers: Map<String, Arc<SamlProvider>>,
    credential_reports: Map<AccountId, Arc<records::CredentialReport>>,
    login_profiles: Map<KeyOwner, Arc<records::LoginProfile>>,
    password_policies: Map<AccountId, records::PasswordPolicy>,
    delivery: Option<Arc<records::Delivery>>,
}

/// What a change comes to.
pub type Result<T, E = IdentityError> = std::result::Result<T, E>;

/// Why a change cannot be made.
#[derive(Clone, Debug, derive_more::Display, derive_more::From)]
pub enum IdentityError {
    /// The account does not exist.
    #[display("there is no account {_0}")]
    NoSuchAccount(AccountId),
    /// Nothing of this kind has this name or ARN.
    #[display("there is no {_0} {_1}")]
    NoSuch(&'static str, String),
    /// Something of this kind has this name already.
    #[display("the {_0} {_1} is there already")]
    Taken(&'static str, String),
    /// The account is in an organization already.
    #[display("the account {_0} is in an organization already")]
    InOrganization(AccountId),
    /// The policy of this name breaks the policy language.
    #[display("policy {_0}: {_1}")]
    BadPolicy(String, ParseError),
    /// An OIDC provider of this address that cannot be.
    #[display("OIDC provider {_0}: {_1}")]
    BadOidcProvider(String, String),
    /// A SAML provider of this name that cannot be.
    #[display("SAML provider {_0}: {_1}")]
    BadSamlProvider(String, String),
    /// A trust policy names a user or role that does not exist.
    #[display("the trust policy names {_0}, which does not exist")]
    UnknownPrincipal(String),
    /// The seed of this MFA device is no base32.
    #[display("the seed of MFA device {_0} is no base32")]
    BadSeed(String),
    /// This MFA device is enabled already, and must not be for what was asked.
    #[display("the MFA device {_0} is enabled")]
    DeviceAssigned(String),
    /// This MFA device is not enabled for the one it was asked of.
    #[display("the MFA device {_0} is not enabled for this user")]
    NotTheirDevice(String),
    /// These are no two consecutive codes of this MFA device, later than those before.
    #[display("these are no two consecutive new codes of MFA device {_0}")]
    BadCodes(String),
    /// Somebody used this code before.
    #[display("the code was used before")]
    CodeUsed,
    /// Somebody used this assertion before.
    #[display("the assertion was used before")]
    AssertionUsed,
    /// So many assertions were used of late that no more can be remembered.
    #[display("no more used assertions can be remembered for some minutes")]
    TooManyAssertions,
    /// A stored form could not be written.
    #[from]
    Store(StoreFault),
}

impl std::error::Error for IdentityError {}

impl Identities {
    /// Reads the stored identities.
    pub fn load(rows: &[Row]) -> Result<Self> {
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
        for (id, used) in tables::KEY_USES.read(rows)? {
            if let Some(key) = identities.access_key(id.as_str()) {
                key.last_use.restore(used);
            }
        }
        for (id, used) in tables::ROLE_USES.read(rows)? {
            if let Some(role) = identities.role(&id) {
                role.last_use.restore(used);
            }
        }
        for (_, record) in tables::INSTANCE_PROFILES.read(rows)? {
            identities.keep_instance_profile(record)?;
        }
        for (_, record) in tables::MFA_DEVICES.read(rows)? {
            identities.keep_mfa_device(record)?;
        }
        for (serial_number, verifications) in tables::MFA_VERIFICATIONS.read(rows)? {
            identities.verifications.insert_mut(serial_number, verifications);
        }
        for ((serial_number, step), _) in tables::USED_CODES.read(rows)? {
            identities.keep_used_code(serial_number, Step(step));
        }
        for (serial_number, last) in tables::USED_UP_TO.read(rows)? {
            identities.used_up_to.insert_mut(serial_number, Step(last.step));
        }
        for (name, used) in tables::USED_ASSERTIONS.read(rows)? {
            identities.used_assertions.insert_mut(name, used.until);
        }
        for (management, record) in tables::ORGANIZATIONS.read(rows)? {
            identities.keep_organization(management, record)?;
        }
        for (_, record) in tables::OIDC_PROVIDERS.read(rows)? {
            identities.keep_oidc_provider(record)?;
        }
        for (account, record) in tables::OUTBOUND.read(rows)? {
            identities.keep_outbound(account, record);
        }
        for (issuer, record) in tables::TOKEN_KEYS.read(rows)? {
            identities.keep_token_keys(issuer, record);
        }
        for (_, record) in tables::SAML_PROVIDERS.read(rows)? {
            identities.keep_saml_provider(record)?;
        }
        identities.delivery = tables::DELIVERY.read(rows)?.pop().map(|(_, record)| Arc::new(record));
        for (account, report) in tables::CREDENTIAL_REPORTS.read(rows)? {
            identities.credential_reports.insert_mut(account, Arc::new(report));
        }
        for (owner, record) in tables::LOGIN_PROFILES.read(rows)? {
            identities.keep_login_profile(owner, record);
        }
        for (account, record) in tables::PASSWORD_POLICIES.read(rows)? {
            identities.keep_password_policy(account, record);
        }
        Ok(identities)
    }

    /// The credential report of an account, as it was made.
    pub fn credential_report(&self, account: AccountId) -> Option<&records::CredentialReport> {
        self.credential_reports.get(&account).map(|report| &**report)
    }

    /// Keeps a credential report in place of the one before.
    pub fn put_credential_report(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        report: records::CredentialReport,
    ) -> Result<()> {
        tables::CREDENTIAL_REPORTS.put(batch, &account, &report)?;
        self.credential_reports.insert_mut(account, Arc::new(report));
        Ok(())
    }

    /// Takes over from `before` what is known beside the identities: uses, used codes and assertions, keys of issuers,
    /// reports.
    pub fn inherit(&mut self, batch: &mut Batch, before: &Self) {
        self.token_keys = before.token_keys.clone();
        self.inherit_uses(batch, before);
        self.inherit_codes(batch, before);
        self.used_assertions = before.used_assertions.clone();
        for (account, report) in &before.credential_reports {
            if self.account(*account).is_some() {
                self.credential_reports.insert_mut(*account, Arc::clone(report));
            } else {
                tables::CREDENTIAL_REPORTS.remove(batch, account);
            }
        }
    }

    /// Somebody to whom a key or a device can belong.
    fn check_owner(&self, owner: &KeyOwner) -> Result<()> {
        match owner {
            KeyOwner::Root(account) => self.partition(*account).map(|_| ()),
            KeyOwner::User(user) if self.user(user).is_some() => Ok(()),
            KeyOwner::User(user) => Err(IdentityError::NoSuch("user", user.to_string())),
        }
    }

    /// Every unique id, with the account and the name of whose it is.
    pub fn unique_ids(&self) -> impl Iterator<Item = (&UniqueId, AccountId, &str)> {
        let users = self.users.values().map(|user| (&user.id, user.record.account, user.record.name.as_str()));
        let groups = self.groups.values().map(|group| (&group.id, group.record.account, group.record.name.as_str()));
        let roles = self.roles.values().map(|role| (&role.id, role.record.account, role.record.name.as_str()));
        let policies = self.policies.values().map(|it| (&it.id, it.record.account, it.record.name.as_str()));
        let profiles = self.instance_profiles.values().map(|it| &it.record);
        let profiles = profiles.map(|record| (&record.id, record.account, record.name.as_str()));
        users.chain(groups).chain(roles).chain(policies).chain(profiles)
    }

    /// The unique id of the user or role that has this ARN.
    pub fn unique_id(&self, arn: &str) -> Option<UniqueId> {
        self.role_by_arn(arn).map(|role| role.id.clone()).or_else(|| self.user_by_arn(arn).map(|user| user.id.clone()))
    }
}

/// What `account` has in `things` after the name `after`, first to last.
fn in_order<'a, V>(
    things: &'a Ordered<V>,
    account: AccountId,
    after: Option<&str>,
) -> impl Iterator<Item = (&'a str, &'a V)> + use<'a, V> {
    let from: NameKey = (account, after.unwrap_or_default().into());
    let from = if after.is_some() { Bound::Excluded(from) } else { Bound::Included(from) };
    let until: NameKey = (account, LAST_NAME.into());
    let range = things.range((from, Bound::Included(until)));
    range.map(|((_, name), thing)| (&**name, thing))
}

/// Behind every name: none has a character like this.
const LAST_NAME: &str = "\u{10FFFF}";

/// Adds `entry` to a set that is kept under `key`, or takes it out.
fn mark<K, V>(sets: &mut Map<K, RedBlackTreeSetSync<V>>, key: K, entry: V, there: bool)
where
    K: Eq + std::hash::Hash,
    V: Ord,
{
    let mut set = sets.get(&key).cloned().unwrap_or_else(RedBlackTreeSetSync::new_sync);
    if there {
        set.insert_mut(entry);
    } else {
        set.remove_mut(&entry);
    }
    if set.is_empty() {
        sets.remove_mut(&key);
    } else {
        sets.insert_mut(key, set);
    }
}

fn name_key(account: AccountId, name: &str) -> NameKey {
    (account, name.to_ascii_lowercase().into())
}
