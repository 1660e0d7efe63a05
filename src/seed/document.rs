//! What a seed says, typed and checked: the form that is turned into identities.
//!
//! Nothing here prints a secret: keys and seeds of devices are `Secret`s, and what is only kept is not shown.

use super::fault::Place;
use crate::federation::oidc::IssuerUrl;
use crate::ids::names::{
    ArnText, GroupName, IamDescription, InstanceProfileName, MaxSessionDuration, MfaDeviceName, OrganizationalUnitName,
    Path, PolicyName, RoleName, SamlProviderName, UserName,
};
use crate::ids::region::{RegionOptStatus, TokenVersion};
use crate::ids::tags::Tag;
use crate::ids::{
    AccessKeyId, AccountId, IssuerId, OrganizationFeature, OrganizationId, OrganizationPolicyId, OrganizationRootId,
    OrganizationTarget, OrganizationalUnitId, Partition, Region, UniqueId,
};
use crate::secret::{Secret, SecretAccessKey};
use crate::store::records;
use crate::time::Timestamp;

crate::shape! {
    /// The name that sign-in addresses show in the place of an account id.
    AccountAlias: text 3..=63 of r"[a-z0-9-]+";
}

/// All files of a seed in one.
#[derive(Clone, Debug)]
pub struct Document {
    /// Makes derived ids differ between seeds; zero if none is written.
    pub number: u64,
    /// The accounts, in the order in which they first appear.
    pub accounts: Vec<Account>,
    /// The organizations, in the order in which they first appear.
    pub organizations: Vec<Organization>,
    /// Kept unread for a later version, as compact JSON that may hold secrets.
    pub oidc: Option<Secret<String>>,
    /// What is delivered to whom.
    pub delivery: Option<Delivery>,
}

/// A value with its place.
#[derive(Clone, Debug)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it is written.
    pub at: Place,
}

/// What was given to a thing when it was made: an export tells it, and by hand nobody needs to write it.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Its unique id.
    pub id: Option<Located<UniqueId>>,
    /// When it was made.
    pub created: Option<Timestamp>,
}

/// What is delivered to whom.
#[derive(Clone, Debug, Default)]
pub struct Delivery {
    /// All of it.
    pub record: records::Delivery,
    /// The roles in it, and where they are named.
    pub roles: Vec<Located<String>>,
    /// The instance profile in it.
    pub profile: Option<Located<String>>,
}

/// An organization.
#[derive(Clone, Debug)]
pub struct Organization {
    /// `o-...`
    pub id: OrganizationId,
    /// Where it is written.
    pub at: Place,
    /// The account that leads it.
    pub management: Located<AccountId>,
    /// What its root is called, if that is written.
    pub root: Option<OrganizationRootId>,
    /// Its other accounts, those in units among them.
    pub members: Vec<Located<AccountId>>,
    /// Its units, each behind the one that it is in.
    pub units: Vec<OrganizationalUnit>,
    /// What IAM does for it.
    pub iam: IamAccess,
    /// What its principals may do at most.
    pub service_control_policies: Vec<OrganizationPolicy>,
    /// Where AWS's policy that allows everything is not attached.
    pub full_access_detached_from: Vec<Located<OrganizationTarget>>,
    /// What may be done to its resources at most.
    pub resource_control_policies: Vec<OrganizationPolicy>,
}

/// A part of an organization.
#[derive(Clone, Debug)]
pub struct OrganizationalUnit {
    /// `ou-...`
    pub id: OrganizationalUnitId,
    /// Where it is written.
    pub at: Place,
    /// Its name within the one that it is in.
    pub name: OrganizationalUnitName,
    /// The names of those that it is in, from the root down, and its own: `Workloads/Live`.
    pub path: String,
    /// How many names these are.
    pub depth: usize,
    /// The one that it is in, unless that is the root.
    pub parent: Option<OrganizationalUnitId>,
    /// The accounts in it and in none below it.
    pub accounts: Vec<Located<AccountId>>,
}

/// What IAM does for an organization.
#[derive(Clone, Debug, Default)]
pub struct IamAccess {
    /// Whether it may act in the accounts at all.
    pub trusted: bool,
    /// Members that administer it for all of them.
    pub delegated_administrators: Vec<Located<AccountId>>,
    /// What is switched on.
    pub features: Vec<Located<OrganizationFeature>>,
}

/// A policy of an organization.
#[derive(Clone, Debug)]
pub struct OrganizationPolicy {
    /// `p-...`
    pub id: OrganizationPolicyId,
    /// Where it is written.
    pub at: Place,
    /// Where it holds.
    pub attached_to: Vec<Located<OrganizationTarget>>,
    /// Its document.
    pub document: PolicyText,
}

/// An account and everything in it.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its twelve digits.
    pub id: AccountId,
    /// Where it is first written.
    pub at: Place,
    /// Its partition.
    pub partition: Partition,
    /// Its alias.
    pub alias: Option<Located<AccountAlias>>,
    /// What it has set about regions.
    pub regions: RegionSettings,
    /// Whether it vouches for its own before others; if nothing is written it does not.
    pub outbound: Option<bool>,
    /// Under which name it does.
    pub outbound_issuer: Option<IssuerId>,
    /// What it asks of passwords.
    pub password_policy: Option<records::PasswordPolicy>,
    /// That the root user may choose a password.
    pub root_login_profile: Option<LoginProfile>,
    /// Access keys of the root user.
    pub root_access_keys: Vec<AccessKey>,
    /// MFA devices of the root user, enabled.
    pub root_mfa_devices: Vec<MfaDevice>,
    /// MFA devices that nobody has.
    pub unassigned_mfa_devices: Vec<MfaDevice>,
    /// Its users.
    pub users: Vec<User>,
    /// Its groups.
    pub groups: Vec<Group>,
    /// Its managed policies.
    pub policies: Vec<ManagedPolicy>,
    /// Its roles.
    pub roles: Vec<Role>,
    /// Its instance profiles.
    pub instance_profiles: Vec<InstanceProfile>,
    /// The issuers whose tokens it takes.
    pub oidc_providers: Vec<OidcProvider>,
    /// The identity providers whose assertions it takes.
    pub saml_providers: Vec<SamlProvider>,
}

impl Account {
    /// The ARN of one of its things.
    pub(super) fn arn(&self, kind: &str, path: &Path, name: &str) -> String {
        format!("arn:{}:iam::{}:{kind}{path}{name}", self.partition, self.id)
    }

    /// The managed policies that its users, groups and roles name, attached or as a boundary.
    pub(super) fn named_policies(&self) -> impl Iterator<Item = &Located<ArnText>> {
        let users = self.users.iter().flat_map(|user| user.attached_policies.iter().chain(&user.permissions_boundary));
        let groups = self.groups.iter().flat_map(|group| &group.attached_policies);
        let roles = self.roles.iter().flat_map(|role| role.attached_policies.iter().chain(&role.permissions_boundary));
        users.chain(groups).chain(roles)
    }
}

/// What an account has set about regions; what is not written is left to the default.
#[derive(Clone, Debug, Default)]
pub struct RegionSettings {
    /// Which opt-in regions it has.
    pub opt_in: Option<OptInRegions>,
    /// Where it has deactivated STS.
    pub sts_deactivated: Option<Vec<Located<&'static Region>>>,
    /// Which tokens the global endpoint issues for it.
    pub token_version: Option<TokenVersion>,
}

/// Which opt-in regions an account has.
#[derive(Clone, Debug)]
pub struct OptInRegions {
    /// Those that are not named.
    pub others: RegionOptStatus,
    /// Those that are.
    pub named: Vec<(Located<&'static Region>, RegionOptStatus)>,
}

impl RegionSettings {
    /// Every region that is named.
    pub(super) fn named(&self) -> impl Iterator<Item = &Located<&'static Region>> {
        let opt_in = self.opt_in.iter().flat_map(|opt_in| opt_in.named.iter().map(|(region, _)| region));
        opt_in.chain(self.sts_deactivated.iter().flatten())
    }
}

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    /// Its id and date.
    pub given: Given,
    /// Its name.
    pub name: UserName,
    /// Where it is written.
    pub at: Place,
    /// Its path.
    pub path: Path,
    /// Its tags, in the order written.
    pub tags: Vec<Tag>,
    /// The groups of the account that it belongs to.
    pub groups: Vec<Located<GroupName>>,
    /// What it may have at most.
    pub permissions_boundary: Option<Located<ArnText>>,
    /// Managed policies.
    pub attached_policies: Vec<Located<ArnText>>,
    /// Inline policies.
    pub policies: Vec<NamedPolicy>,
    /// Its password.
    pub login_profile: Option<LoginProfile>,
    /// At most two.
    pub access_keys: Vec<AccessKey>,
    /// At most eight, enabled.
    pub mfa_devices: Vec<MfaDevice>,
}

/// A group.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its id and date.
    pub given: Given,
    /// Its name.
    pub name: GroupName,
    /// Where it is written.
    pub at: Place,
    /// Its path.
    pub path: Path,
    /// Managed policies.
    pub attached_policies: Vec<Located<ArnText>>,
    /// Inline policies.
    pub policies: Vec<NamedPolicy>,
}

/// A managed policy of an account.
#[derive(Clone, Debug)]
pub struct ManagedPolicy {
    /// Its id and date.
    pub given: Given,
    /// Its name.
    pub name: PolicyName,
    /// Where it is written.
    pub at: Place,
    /// Its path.
    pub path: Path,
    /// What it is for.
    pub description: Option<IamDescription>,
    /// Its document: that of the version that counts.
    pub document: PolicyText,
    /// All versions, where there is more to say of them.
    pub versions: Option<Versions>,
    /// Its tags, in the order written.
    pub tags: Vec<Tag>,
}

/// The versions of a managed policy.
#[derive(Clone, Debug)]
pub struct Versions {
    /// Oldest first, at least one.
    pub all: Vec<PolicyVersion>,
    /// Which of them counts.
    pub default: u32,
    /// The newest that there ever was.
    pub last: u32,
    /// When another one began to count.
    pub updated: Option<Timestamp>,
}

/// A version of a managed policy.
#[derive(Clone, Debug)]
pub struct PolicyVersion {
    /// 1 is `v1`.
    pub number: u32,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Its document.
    pub document: PolicyText,
}

/// An instance profile.
#[derive(Clone, Debug)]
pub struct InstanceProfile {
    /// Its id and date.
    pub given: Given,
    /// Its name.
    pub name: InstanceProfileName,
    /// Where it is written.
    pub at: Place,
    /// Its path.
    pub path: Path,
    /// The role of the account that is in it.
    pub role: Option<Located<RoleName>>,
    /// Its tags, in the order written.
    pub tags: Vec<Tag>,
}

/// A role.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its id and date.
    pub given: Given,
    /// Its name.
    pub name: RoleName,
    /// Where it is written.
    pub at: Place,
    /// Its path.
    pub path: Path,
    /// What it is for.
    pub description: Option<IamDescription>,
    /// How long its sessions may last; an hour if nothing is written.
    pub max_session_duration: MaxSessionDuration,
    /// Who may assume it.
    pub trust: PolicyText,
    /// Users and roles that the trust policy named when they were others than those of these names are now.
    pub trusted: Vec<(String, UniqueId)>,
    /// Inline policies.
    pub policies: Vec<NamedPolicy>,
    /// Managed policies.
    pub attached_policies: Vec<Located<ArnText>>,
    /// What it may have at most.
    pub permissions_boundary: Option<Located<ArnText>>,
    /// Its tags, in the order written.
    pub tags: Vec<Tag>,
}

/// A pair of keys.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// Its id.
    pub id: AccessKeyId,
    /// Where it is written.
    pub at: Place,
    /// What signs.
    pub secret: SecretAccessKey,
    /// Whether it may sign.
    pub active: bool,
    /// When it was made.
    pub created: Option<Timestamp>,
}

/// An inline policy.
#[derive(Clone, Debug)]
pub struct NamedPolicy {
    /// Its name.
    pub name: PolicyName,
    /// Where it is written.
    pub at: Place,
    /// Its document.
    pub document: PolicyText,
}

/// A policy document as compact JSON, not yet read as a policy.
#[derive(Clone, Debug)]
pub struct PolicyText {
    /// Members in the order written, numbers and booleans as written.
    pub json: String,
    /// Where it begins.
    pub at: Place,
}

/// A password.
#[derive(Clone, Debug)]
pub struct LoginProfile {
    /// The password, unless there is none, or only what is kept of it.
    pub password: Option<Secret<String>>,
    /// What is kept of the present one, behind those before it.
    pub kept: Vec<records::HashedPassword>,
    /// Whether it has to be changed before it is used.
    pub reset_required: bool,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When the password was last set.
    pub changed: Option<Timestamp>,
}

/// A device that shows one-time codes.
#[derive(Clone, Debug)]
pub struct MfaDevice {
    /// Its name.
    pub name: MfaDeviceName,
    /// Where it is written.
    pub at: Place,
    /// Its path.
    pub path: Path,
    /// Its seed in base32.
    pub secret: Secret<String>,
    /// Since when it is enabled.
    pub enabled: Option<Timestamp>,
    /// How many steps its clock is ahead of the service's.
    pub drift: i64,
    /// The step of the code that last set it right.
    pub last_pair: Option<i64>,
    /// Its tags, in the order written.
    pub tags: Vec<Tag>,
}

/// An OpenID Connect provider.
#[derive(Clone, Debug)]
pub struct OidcProvider {
    /// Its issuer.
    pub url: IssuerUrl,
    /// Where it is written.
    pub at: Place,
    /// For whom its tokens may be, each once.
    pub client_ids: Vec<String>,
    /// Fingerprints of certificates.
    pub thumbprints: Vec<String>,
    /// Its tags, in the order written.
    pub tags: Vec<Tag>,
    /// Its key set in JSON, if it shall not be fetched.
    pub keys: Option<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
}

/// A SAML provider.
#[derive(Clone, Debug)]
pub struct SamlProvider {
    /// Its name.
    pub name: SamlProviderName,
    /// Where it is written.
    pub at: Place,
    /// Its metadata document.
    pub metadata: String,
    /// Whether assertions have to be encrypted.
    pub encryption_required: bool,
    /// The keys that open them.
    pub private_keys: Vec<SamlPrivateKey>,
    /// Its tags, in the order written.
    pub tags: Vec<Tag>,
    /// `SAMLSP...`
    pub id: Option<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When its document was last uploaded.
    pub uploaded: Option<Timestamp>,
}

/// A key that opens assertions.
#[derive(Clone, Debug)]
pub struct SamlPrivateKey {
    /// The key, in PEM.
    pub pem: Secret<String>,
    /// `SAMLPK...`
    pub id: Option<String>,
    /// When it was added.
    pub added: Option<Timestamp>,
}

/// Things of which a place holds one of each name, whatever its case.
pub(super) trait Named {
    /// For sentences.
    const NOUN: &'static str;
    /// What two of them must not share, for whoever wrote one twice.
    const RULE: &'static str = "names must differ by more than case";

    fn name(&self) -> &str;

    fn at(&self) -> &Place;

    /// What two things of one name have in common.
    fn key(&self) -> String {
        self.name().to_lowercase()
    }
}

macro_rules! named {
    ($($thing:ident $noun:literal $name:ident;)*) => {
        $(impl Named for $thing {
            const NOUN: &'static str = $noun;

            fn name(&self) -> &str {
                self.$name.as_str()
            }

            fn at(&self) -> &Place {
                &self.at
            }
        })*
    };
}

named! {
    Organization "organization" id;
    OrganizationPolicy "policy of an organization" id;
    OrganizationalUnit "organizational unit" name;
    User "user" name;
    Group "group" name;
    ManagedPolicy "managed policy" name;
    Role "role" name;
    NamedPolicy "inline policy" name;
    InstanceProfile "instance profile" name;
    MfaDevice "MFA device" name;
    SamlProvider "SAML provider" name;
}
