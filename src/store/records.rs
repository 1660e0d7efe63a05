//! Stored forms, apart from the forms that requests work with. Secrets are written here in the clear:
//! the data directory is for its owner alone.

mod delivery;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::delivery::{ContainerDelivery, Delivery, DeliveryToken, InstanceDelivery, PodDelivery};
use super::Record;
use crate::ids::names::{
    GroupName, InstanceProfileName, MfaDeviceName, Path, PolicyName, RoleName, SamlProviderName, UserName,
};
use crate::ids::region::{RegionOptStatus, TokenVersion};
use crate::ids::tags::Tag;
use crate::ids::{
    AccountId, IssuerId, OrganizationFeature, OrganizationId, OrganizationPolicyId, OrganizationTarget, Partition,
    UniqueId,
};
use crate::secret::{Secret, SecretAccessKey};
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
    /// When another version began to count.
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
    #[serde(with = "stored_secret")]
    pub secret: SecretAccessKey,
    /// Whose it is.
    pub owner: KeyOwner,
    /// An inactive key signs nothing.
    pub active: bool,
    /// When it was made.
    pub created: Timestamp,
}

/// A virtual MFA device.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MfaDevice {
    /// Its account.
    pub account: AccountId,
    /// Unique in the account, whatever its case.
    pub name: MfaDeviceName,
    /// Its path.
    pub path: Path,
    /// The seed that it shares with the service, in base32.
    #[serde(with = "stored_secret")]
    pub seed: Secret<String>,
    /// Whose it is, if it is enabled.
    pub assignment: Option<MfaAssignment>,
    /// How many steps its clock is ahead of the service's.
    pub drift: i64,
    /// The step of the second code of the pair that last set it right.
    pub last_pair: Option<i64>,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// An MFA device as it was before it could have tags.
#[derive(Deserialize)]
struct MfaDevice1 {
    account: AccountId,
    name: MfaDeviceName,
    path: Path,
    #[serde(with = "stored_secret")]
    seed: Secret<String>,
    assignment: Option<MfaAssignment>,
    drift: i64,
    last_pair: Option<i64>,
}

/// That a device is enabled.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MfaAssignment {
    /// For whom.
    pub owner: KeyOwner,
    /// Since when.
    pub enabled: Timestamp,
}

/// That a user has a password, or that a root user may choose one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoginProfile {
    /// When it was made.
    pub created: Timestamp,
    /// When the password was last set.
    pub changed: Timestamp,
    /// Whether the password has to be changed before it is used.
    pub reset_required: bool,
    /// The present password behind some of those before it; of a root user none.
    pub passwords: Vec<HashedPassword>,
}

/// A password, so that it is known again and not found out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HashedPassword {
    /// Another one for each.
    pub salt: [u8; 16],
    /// What is made of both.
    #[serde(with = "stored_bytes")]
    pub hash: Secret<Vec<u8>>,
}

/// What an account asks of passwords.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are as many in AWS's policy")]
pub struct PasswordPolicy {
    /// So many characters at least.
    pub minimum_length: i32,
    /// A symbol among them.
    pub symbols: bool,
    /// A digit among them.
    pub numbers: bool,
    /// A capital letter among them.
    pub uppercase: bool,
    /// A small letter among them.
    pub lowercase: bool,
    /// Whether users may change their own.
    pub users_change: bool,
    /// After so many days they end.
    pub max_age: Option<i32>,
    /// So many of the last ones may not come again.
    pub reuse: Option<i32>,
    /// Whether one that has ended can only be changed by somebody else.
    pub hard_expiry: Option<bool>,
}

/// How often codes of a device were verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MfaVerifications {
    /// In which three minutes since 1970.
    pub slot: i64,
    /// How often in these.
    pub count: u32,
}

/// That a code was used up. The row says all by being there.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct UsedCode;

/// That an assertion was used up.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct UsedAssertion {
    /// Behind this instant it is refused for its age.
    pub until: Timestamp,
}

/// Up to which step the codes of a device count as used.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct UsedUpTo {
    /// The last of them.
    pub step: i64,
}

/// How the clock is steered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Steering {
    /// This many milliseconds ahead of the machine's.
    Offset(i64),
    /// Standing still.
    Frozen(Timestamp),
}

/// The word for the keys of the built-in issuer where a key set could stand.
pub const KEYS_OF_BUILT_IN_ISSUER: &str = "built-in";

/// A provider of OpenID Connect.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OidcProvider {
    /// Its account.
    pub account: AccountId,
    /// The address of its issuer, with scheme.
    pub url: String,
    /// For whom its tokens may be, in the order given.
    pub client_ids: Vec<String>,
    /// SHA-1 of certificates in hexadecimal, as good as a known authority.
    pub thumbprints: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// A key set in JSON, or the word for that of the built-in issuer, in place of the one that its issuer publishes.
    pub keys: Option<String>,
}

/// A provider of SAML.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SamlProvider {
    /// Its account.
    pub account: AccountId,
    /// Its name.
    pub name: SamlProviderName,
    /// `SAMLSP...`: a provider that is made again under the same name has another one.
    pub id: String,
    /// The metadata document, to the letter.
    pub metadata: String,
    /// Whether assertions have to be encrypted.
    pub encryption_required: bool,
    /// The keys that open them.
    pub private_keys: Vec<SamlPrivateKey>,
    /// When it was made.
    pub created: Timestamp,
    /// When its document was last uploaded; AWS calls it valid for a hundred years from then.
    pub uploaded: Timestamp,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// A key that opens the assertions for a provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SamlPrivateKey {
    /// `SAMLPK...`.
    pub id: String,
    /// When it was added.
    pub added: Timestamp,
    /// The key, in PEM.
    #[serde(with = "stored_secret")]
    pub pem: Secret<String>,
}

/// One key of the ring that seals session tokens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RingKey {
    /// From which the key of each purpose is derived.
    #[serde(with = "stored_ring_key")]
    pub root: Secret<[u8; 32]>,
    /// When it was made; the newest seals.
    pub created: Timestamp,
    /// Whether the sessions that it sealed count as expired.
    pub expired: bool,
}

#[derive(Deserialize)]
struct RingKey1 {
    #[serde(with = "stored_ring_key")]
    root: Secret<[u8; 32]>,
    created: Timestamp,
}

/// How sessions are ended before their time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// They count for nothing.
    Revoked,
    /// As if their time were over.
    Expired,
}

/// A session ended before its time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RevokedSession {
    /// When it was.
    pub revoked: Timestamp,
    /// How.
    pub ending: Ending,
}

/// A user, role or root user whose earlier sessions are void.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokedIssuer {
    /// A number that was drawn when they were voided: only sessions that carry it count.
    pub generation: u64,
    /// Those of them that count as expired; the others were revoked.
    pub expired: Vec<u64>,
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

/// Whether an account vouches for its own before others, and under which name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outbound {
    /// Stays when the feature is switched off and on.
    pub issuer: IssuerId,
    /// Whether tokens are issued now.
    pub enabled: bool,
}

/// The keys by which an issuer signs, oldest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TokenKeys(pub Vec<TokenKey>);

/// A key that signs tokens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TokenKey {
    /// By which tokens name it.
    pub id: String,
    /// The one algorithm by which it signs, which tells what kind of key it is.
    pub algorithm: String,
    /// From which it can be made again.
    #[serde(with = "stored_bytes")]
    pub private: Secret<Vec<u8>>,
    /// When it was made.
    pub created: Timestamp,
}

impl Record for About {}
impl Record for BaselineRow {}
impl Record for Account {}
impl Record for RegionSettings {}
impl Record for Organization {}
impl Record for User {}
impl Record for Group {}
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

impl Record for CredentialReport {}
impl Record for Delivery {}
impl Record for Use {}
impl Record for InstanceProfile {}
impl Record for Role {}
impl Record for AccessKey {}
impl Record for MfaDevice {
    const VERSION: u8 = 2;

    fn from_older(version: u8, bytes: &[u8]) -> Option<Self> {
        if version != 1 {
            return None;
        }
        let MfaDevice1 { account, name, path, seed, assignment, drift, last_pair } =
            postcard::from_bytes(bytes).ok()?;
        Some(Self { account, name, path, seed, assignment, drift, last_pair, tags: Vec::new() })
    }
}
impl Record for LoginProfile {}
impl Record for PasswordPolicy {}
impl Record for MfaVerifications {}
impl Record for UsedCode {}
impl Record for UsedAssertion {}
impl Record for UsedUpTo {}
impl Record for Steering {}
impl Record for OidcProvider {}
impl Record for SamlProvider {}
impl Record for RingKey {
    const VERSION: u8 = 2;

    fn from_older(version: u8, bytes: &[u8]) -> Option<Self> {
        let RingKey1 { root, created } = (version == 1).then(|| postcard::from_bytes(bytes).ok())??;
        Some(Self { root, created, expired: false })
    }
}
impl Record for RevokedSession {
    const VERSION: u8 = 2;

    fn from_older(version: u8, bytes: &[u8]) -> Option<Self> {
        let revoked = (version == 1).then(|| postcard::from_bytes(bytes).ok())??;
        Some(Self { revoked, ending: Ending::Revoked })
    }
}
impl Record for RevokedIssuer {
    const VERSION: u8 = 2;

    fn from_older(version: u8, bytes: &[u8]) -> Option<Self> {
        let generation = (version == 1).then(|| postcard::from_bytes(bytes).ok())??;
        Some(Self { generation, expired: Vec::new() })
    }
}
impl Record for Snapshot {}
impl Record for SnapshotPiece {}
impl Record for Outbound {}
impl Record for TokenKeys {}

mod stored_secret {
    use super::{Deserialize, Deserializer, SecretAccessKey, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(secret: &SecretAccessKey, serializer: S) -> Result<S::Ok, S::Error> {
        secret.expose().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretAccessKey, D::Error> {
        String::deserialize(deserializer).map(SecretAccessKey::new)
    }
}

mod stored_ring_key {
    use super::{Deserialize, Deserializer, Secret, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(key: &Secret<[u8; 32]>, serializer: S) -> Result<S::Ok, S::Error> {
        key.expose().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret<[u8; 32]>, D::Error> {
        <[u8; 32]>::deserialize(deserializer).map(Secret::new)
    }
}

mod stored_bytes {
    use super::{Deserialize, Deserializer, Secret, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &Secret<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
        bytes.expose().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret<Vec<u8>>, D::Error> {
        Vec::deserialize(deserializer).map(Secret::new)
    }
}
