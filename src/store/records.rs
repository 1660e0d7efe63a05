//! Stored forms, apart from the forms that requests work with. Secrets are written here in the clear:
//! the data directory is for its owner alone.

mod delivery;
mod proofs;
mod sessions;
pub mod stored;

use serde::{Deserialize, Serialize};

pub use self::delivery::{ContainerDelivery, Delivery, DeliveryToken, InstanceDelivery, PodDelivery};
pub use self::proofs::{
    HashedPassword, KEYS_OF_BUILT_IN_ISSUER, LoginProfile, MfaAssignment, MfaDevice, MfaVerifications, OidcProvider,
    PasswordPolicy, SamlPrivateKey, SamlProvider, UsedAssertion, UsedCode, UsedUpTo,
};
pub use self::sessions::{Ending, Outbound, RevokedIssuer, RevokedSession, RingKey, TokenKey, TokenKeys};
use super::Record;
use crate::ids::names::{GroupName, InstanceProfileName, OrganizationalUnitName, Path, PolicyName, RoleName, UserName};
use crate::ids::region::{RegionOptStatus, TokenVersion};
use crate::ids::tags::Tag;
use crate::ids::{
    AccountId, OrganizationFeature, OrganizationId, OrganizationPolicyId, OrganizationRootId, OrganizationTarget,
    OrganizationalUnitId, Partition, UniqueId,
};
use crate::secret::SecretAccessKey;
use crate::time::Timestamp;

/// What a directory was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Digest of the seeds that were applied.
    pub seed_digest: String,
    /// Whether that was the built-in seed.
    pub built_in: bool,
}

/// A row as it was when the seed had been applied.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BaselineRow {
    /// The record with its version.
    pub value: Vec<u8>,
}

/// An account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    /// Where it lives.
    pub partition: Partition,
    /// Its sign-in name.
    pub alias: Option<String>,
}

/// What an account has set about regions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionSettings {
    /// Whether it has the opt-in regions that are not listed.
    pub other_opt_in_regions: RegionOptStatus,
    /// Whether it has these opt-in regions.
    pub opt_in_regions: Vec<(String, RegionOptStatus)>,
    /// The regions in which it has deactivated STS.
    pub sts_deactivated: Vec<String>,
    /// Which tokens the global endpoint issues for it.
    pub global_endpoint_token_version: TokenVersion,
}

/// An organization, kept by its management account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// `o-...`
    pub id: OrganizationId,
    /// Its accounts beside the management account.
    pub members: Vec<AccountId>,
    /// Whether IAM may act in its accounts.
    pub iam_trusted_access: bool,
    /// Members that administer IAM for all of them.
    pub iam_delegated_administrators: Vec<AccountId>,
    /// What IAM does for it.
    pub features: Vec<OrganizationFeature>,
    /// What its principals may do at most.
    pub service_control_policies: Vec<OrganizationPolicy>,
    /// Where AWS's policy that allows everything is not attached.
    pub full_access_detached_from: Vec<OrganizationTarget>,
    /// What may be done to its resources at most.
    pub resource_control_policies: Vec<OrganizationPolicy>,
    /// `r-...`, if it was said.
    pub root: Option<OrganizationRootId>,
    /// Its units, each behind the one that it is in.
    pub units: Vec<OrganizationalUnit>,
}

/// A part of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationalUnit {
    /// `ou-...`
    pub id: OrganizationalUnitId,
    /// Its name within the one that it is in.
    pub name: OrganizationalUnitName,
    /// The one that it is in, unless that is the root.
    pub parent: Option<OrganizationalUnitId>,
    /// The accounts in it and in none below it.
    pub accounts: Vec<AccountId>,
}

/// A policy of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationPolicy {
    /// `p-...`
    pub id: OrganizationPolicyId,
    /// JSON.
    pub document: String,
    /// Where it holds.
    pub attached_to: Vec<OrganizationTarget>,
}

/// An inline policy as its author wrote it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InlinePolicy {
    /// Its name within the user, group or role.
    pub name: PolicyName,
    /// JSON.
    pub document: String,
}

/// The policies that a user, group or role has.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Permissions {
    /// Written into it.
    pub inline: Vec<InlinePolicy>,
    /// ARNs of managed policies.
    pub attached: Vec<String>,
    /// ARN of the managed policy that bounds it. Groups have none.
    pub boundary: Option<String>,
}

/// A user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// Its account.
    pub account: AccountId,
    /// Unique in the account, whatever its case.
    pub name: UserName,
    /// Its path.
    pub path: Path,
    /// When it was made.
    pub created: Timestamp,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// The groups it is in.
    pub groups: Vec<GroupName>,
    /// Its own policies.
    pub permissions: Permissions,
}

/// A group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Group {
    /// Its account.
    pub account: AccountId,
    /// Unique in the account, whatever its case.
    pub name: GroupName,
    /// Its path.
    pub path: Path,
    /// When it was made.
    pub created: Timestamp,
    /// What its members may do.
    pub permissions: Permissions,
}

/// A customer-managed policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ManagedPolicy {
    /// Its account.
    pub account: AccountId,
    /// Unique in the account, whatever its case.
    pub name: PolicyName,
    /// Its path.
    pub path: Path,
    /// When it was made.
    pub created: Timestamp,
    /// When its newest version was made.
    pub updated: Timestamp,
    /// What its author says of it.
    pub description: Option<String>,
    /// Oldest first.
    pub versions: Vec<PolicyVersion>,
    /// Which of them counts.
    pub default_version: u32,
    /// The newest that there ever was: numbers are not given twice.
    pub last_version: u32,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// A version of a managed policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// 1 is `v1`.
    pub number: u32,
    /// JSON.
    pub document: String,
    /// When it was made.
    pub created: Timestamp,
}

/// A customer-managed policy as it was stored before it had versions.
#[derive(Deserialize)]
struct ManagedPolicy1 {
    account: AccountId,
    name: PolicyName,
    path: Path,
    created: Timestamp,
    description: Option<String>,
    document: String,
}

/// A role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Role {
    /// Its account.
    pub account: AccountId,
    /// Unique in the account, whatever its case.
    pub name: RoleName,
    /// Its path.
    pub path: Path,
    /// When it was made.
    pub created: Timestamp,
    /// What its author says of it.
    pub description: Option<String>,
    /// The longest session it allows.
    pub max_session_seconds: i32,
    /// JSON: who may assume it.
    pub trust: String,
    /// The users and roles that the trust policy names, with the unique ids they had when it was written.
    pub trusted: Vec<(String, UniqueId)>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// What its sessions may do.
    pub permissions: Permissions,
}

/// Who a long-term key or an MFA device belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum KeyOwner {
    /// The root user of an account.
    Root(AccountId),
    /// A user.
    User(UniqueId),
}

/// A long-term access key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccessKey {
    /// What signs.
    #[serde(with = "stored")]
    pub secret: SecretAccessKey,
    /// Whose it is.
    pub owner: KeyOwner,
    /// An inactive key signs nothing.
    pub active: bool,
    /// When it was made.
    pub created: Timestamp,
}

/// How the clock is steered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Steering {
    /// This many milliseconds ahead of the machine's.
    Offset(i64),
    /// Standing still.
    Frozen(Timestamp),
}

/// A state that was kept under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// What the machine's clock showed.
    pub taken: Timestamp,
    /// What the service's clock showed.
    pub clock: Timestamp,
    /// How many rows it has.
    pub rows: u64,
    /// How many bytes they take.
    pub bytes: u64,
}

/// Some bytes of a snapshot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SnapshotPiece {
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Record for ManagedPolicy {
    const VERSION: u8 = 2;

    fn from_older(version: u8, bytes: &[u8]) -> Option<Self> {
        if version != 1 {
            return None;
        }
        let ManagedPolicy1 { account, name, path, created, description, document } =
            postcard::from_bytes(bytes).ok()?;
        Some(Self::new(account, name, path, created, description, document))
    }
}

impl ManagedPolicy {
    /// A policy with its first version.
    pub fn new(
        account: AccountId,
        name: PolicyName,
        path: Path,
        created: Timestamp,
        description: Option<String>,
        document: String,
    ) -> Self {
        let versions = vec![PolicyVersion { number: 1, document, created }];
        let (default_version, last_version, updated) = (1, 1, created);
        let tags = Vec::new();
        Self { account, name, path, created, updated, description, versions, default_version, last_version, tags }
    }

    /// The document that counts.
    pub fn document(&self) -> &str {
        self.version(self.default_version).map_or("", |version| &version.document)
    }

    /// The version of this number.
    pub fn version(&self, number: u32) -> Option<&PolicyVersion> {
        self.versions.iter().find(|version| version.number == number)
    }
}

/// That something was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// When.
    pub at: Timestamp,
    /// The region of the signature.
    pub region: String,
    /// The service of the signature.
    pub service: String,
}

/// An instance profile.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InstanceProfile {
    /// `AIPA...`
    pub id: UniqueId,
    /// Its account.
    pub account: AccountId,
    /// Unique in the account, whatever its case.
    pub name: InstanceProfileName,
    /// Its path.
    pub path: Path,
    /// When it was made.
    pub created: Timestamp,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// The role in it.
    pub role: Option<RoleName>,
}

/// A credential report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialReport {
    /// When it was made.
    pub generated: Timestamp,
    /// Comma-separated values.
    pub content: String,
}

impl Record for About {}
impl Record for BaselineRow {}
impl Record for Account {}
impl Record for RegionSettings {}
impl Record for User {}
impl Record for Group {}
impl Record for CredentialReport {}
impl Record for Delivery {}
impl Record for Use {}
impl Record for InstanceProfile {}
impl Record for Role {}
impl Record for AccessKey {}
impl Record for Steering {}
impl Record for Snapshot {}
impl Record for SnapshotPiece {}

impl Record for Organization {
    const VERSION: u8 = 2;

    fn from_older(version: u8, bytes: &[u8]) -> Option<Self> {
        // The first form ended before root and units: no root and no units are a zero each.
        (version == 1).then(|| postcard::from_bytes(&[bytes, &[0, 0]].concat()).ok())?
    }
}
