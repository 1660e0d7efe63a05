//! Principals, on both sides: the caller as policies see it, and what a policy writes to mean callers.
//!
//! A written user or role may be bound to the unique id it had when the policy was saved; then only that very entity
//! matches, and one of the same name made later does not. Values are compared whole; the lone `*` is the only wildcard.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use super::arn::{self, is_account};
use super::pattern::has_wildcard;

/// Who asks, with every name a policy may use for them. Keys of `GetSessionToken` are their user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal<'a> {
    /// The root user of an account.
    Root {
        /// `arn:aws:iam::{account}:root`
        arn: &'a str,
        /// The account id.
        account: &'a str,
    },
    /// A user.
    User {
        /// With path.
        arn: &'a str,
        /// `AIDA...`
        id: &'a str,
        /// The account id.
        account: &'a str,
    },
    /// A session of a role, however it was obtained.
    RoleSession {
        /// The role, with path.
        role_arn: &'a str,
        /// `AROA...`
        role_id: &'a str,
        /// `arn:aws:sts::{account}:assumed-role/{role name}/{session name}`
        session_arn: &'a str,
        /// The role's account id.
        account: &'a str,
        /// The provider that vouched for the session, if it came from a web identity or SAML.
        federated_provider: Option<&'a str>,
    },
    /// A session of `GetFederationToken`.
    FederatedUser {
        /// `arn:aws:sts::{account}:federated-user/{name}`
        arn: &'a str,
        /// The account id.
        account: &'a str,
        /// Who called `GetFederationToken`.
        issuer: Issuer<'a>,
    },
    /// The unsigned bearer of an OIDC token.
    WebIdentity {
        /// The provider's ARN, or the host of one of the four that need none.
        provider: &'a str,
        /// The account in whose name the token is judged.
        account: &'a str,
    },
    /// The unsigned bearer of a SAML assertion.
    Saml {
        /// The provider's ARN.
        provider: &'a str,
        /// The provider's account id.
        account: &'a str,
    },
    /// An AWS service calling for itself.
    Service {
        /// `ec2.amazonaws.com`
        name: &'a str,
    },
    /// Nobody in particular.
    Anonymous,
}

/// Who made a federated user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer<'a> {
    /// The account's root user.
    Root,
    /// A user, whose policies the federated user has at most.
    User {
        /// With path.
        arn: &'a str,
        /// `AIDA...`
        id: &'a str,
    },
}

impl<'a> Principal<'a> {
    /// The account they act in, if any.
    pub fn account(&self) -> Option<&'a str> {
        match self {
            Self::Root { account, .. }
            | Self::User { account, .. }
            | Self::RoleSession { account, .. }
            | Self::FederatedUser { account, .. }
            | Self::WebIdentity { account, .. }
            | Self::Saml { account, .. } => Some(account),
            Self::Service { .. } | Self::Anonymous => None,
        }
    }

    /// The ARN they act under; for sessions that of the session.
    pub fn arn(&self) -> Option<&'a str> {
        match self {
            Self::Root { arn, .. } | Self::User { arn, .. } | Self::FederatedUser { arn, .. } => Some(arn),
            Self::RoleSession { session_arn, .. } => Some(session_arn),
            Self::WebIdentity { .. } | Self::Saml { .. } | Self::Service { .. } | Self::Anonymous => None,
        }
    }
}

/// How closely a written principal means the caller, closest first. Closer ones reach further past silent layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalClass {
    /// The very caller: the user, the session, the service, the provider; the account for its root user.
    Direct,
    /// Everybody.
    Wildcard,
    /// The role behind a session.
    Role,
    /// The user behind a federated user.
    IssuerUser,
    /// The account, which only delegates.
    Account,
}

crate::words! {
    /// Under which key a principal is written; in the order in which AWS prints them.
    #[derive(Hash)]
    PrincipalKind {
        /// Alone, under no key.
        Star "*",
        /// An account, or somebody of one.
        Aws "AWS",
        /// An identity provider.
        Federated "Federated",
        /// A service of AWS's.
        Service "Service",
        /// An account by the id that S3 has for it.
        CanonicalUser "CanonicalUser",
    }
}

/// A principal as a policy writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalEntry {
    kind: PrincipalKind,
    text: Box<str>,
    meaning: Meaning,
    bound: Option<Box<str>>,
}

/// What a written principal turns out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// `*`
    Everyone,
    /// An account, by id or by the ARN of its root user.
    Account {
        /// The account id.
        account: Box<str>,
    },
    /// A user's ARN.
    User,
    /// A role's ARN.
    Role,
    /// The ARN of one session of a role.
    RoleSession,
    /// A federated user's ARN.
    FederatedUser,
    /// An identity provider.
    Federated,
    /// A service.
    Service,
    /// An account by its canonical id; its binding is the account id.
    CanonicalUser,
    /// A bare `AIDA...` or `AROA...`: an entity that is gone, unless its binding says that it lives.
    UniqueId,
    /// Anything else; it matches nobody.
    Nobody,
}

impl PrincipalEntry {
    pub(super) fn new(kind: PrincipalKind, text: &str) -> Self {
        let meaning = match kind {
            PrincipalKind::Star if text == "*" => Meaning::Everyone,
            PrincipalKind::Star => Meaning::Nobody,
            PrincipalKind::Aws => aws_meaning(text),
            PrincipalKind::Federated => Meaning::Federated,
            PrincipalKind::Service => Meaning::Service,
            PrincipalKind::CanonicalUser => Meaning::CanonicalUser,
        };
        Self { kind, text: text.into(), meaning, bound: None }
    }

    /// The key it stands under.
    pub fn kind(&self) -> PrincipalKind {
        self.kind
    }

    /// As written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it turned out to be.
    pub fn meaning(&self) -> &Meaning {
        &self.meaning
    }

    /// The unique id it is bound to.
    pub fn bound(&self) -> Option<&str> {
        self.bound.as_deref()
    }

    /// Whether it names something that has a unique id to be bound to.
    pub fn binds(&self) -> bool {
        matches!(self.meaning, Meaning::User | Meaning::Role | Meaning::UniqueId | Meaning::CanonicalUser)
    }

    pub(super) fn bind(&mut self, id: Option<String>) {
        self.bound = id.map(String::into_boxed_str);
    }

    /// How it means `caller`, if it does. `sessions` lets a provider stand for the role sessions it vouched for, as
    /// resource policies do and trust policies do not.
    pub(super) fn matches(&self, caller: &Principal<'_>, sessions: bool) -> Option<PrincipalClass> {
        use PrincipalClass::{Direct, IssuerUser, Role, Wildcard};
        let is = |matched: bool, class| matched.then_some(class);
        match (&self.meaning, caller) {
            (Meaning::Everyone, _) => Some(Wildcard),
            (Meaning::Account { account }, _) => self.account_class(account, caller),
            (Meaning::CanonicalUser, _) => self.account_class(self.bound.as_deref()?, caller),
            (Meaning::User, Principal::User { arn, id, .. }) => is(self.is_entity(arn, id), Direct),
            (Meaning::User, Principal::FederatedUser { issuer: Issuer::User { arn, id }, .. }) => {
                is(self.is_entity(arn, id), IssuerUser)
            }
            (Meaning::Role, Principal::RoleSession { role_arn, role_id, .. }) => {
                is(self.is_entity(role_arn, role_id), Role)
            }
            (Meaning::UniqueId, Principal::User { id, .. }) => is(self.bound.as_deref() == Some(id), Direct),
            (Meaning::UniqueId, Principal::RoleSession { role_id, .. }) => {
                is(self.bound.as_deref() == Some(role_id), Role)
            }
            (Meaning::RoleSession, Principal::RoleSession { session_arn, .. }) => {
                is(*self.text == **session_arn, Direct)
            }
            (Meaning::FederatedUser, Principal::FederatedUser { arn, .. }) => is(*self.text == **arn, Direct),
            (Meaning::Federated, Principal::WebIdentity { provider, .. } | Principal::Saml { provider, .. }) => {
                is(*self.text == **provider, Direct)
            }
            (Meaning::Federated, Principal::RoleSession { federated_provider: Some(provider), .. }) => {
                is(sessions && *self.text == **provider, Direct)
            }
            (Meaning::Service, Principal::Service { name }) => is(*self.text == **name, Direct),
            _ => None,
        }
    }

    // AWS: a saved user or role is its unique id; the ARN only shows it.
    fn is_entity(&self, arn: &str, id: &str) -> bool {
        match &self.bound {
            Some(bound) => **bound == *id,
            None => *self.text == *arn,
        }
    }

    fn account_class(&self, account: &str, caller: &Principal<'_>) -> Option<PrincipalClass> {
        let class = match caller {
            Principal::Root { .. } => PrincipalClass::Direct,
            Principal::User { .. } | Principal::RoleSession { .. } | Principal::FederatedUser { .. } => {
                PrincipalClass::Account
            }
            _ => return None,
        };
        let same_partition = match (partition(&self.text), caller.arn().and_then(partition)) {
            (Some(written), Some(called)) => written == called,
            _ => true,
        };
        (caller.account() == Some(account) && same_partition).then_some(class)
    }
}

/// Whom a statement speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// It does not say; in a resource policy that is nobody.
    Unsaid,
    /// `Principal`
    These(Box<[PrincipalEntry]>),
    /// `NotPrincipal`
    NotThese(Box<[PrincipalEntry]>),
}

impl Who {
    /// The principals written, in either form.
    pub fn entries(&self) -> &[PrincipalEntry] {
        match self {
            Self::Unsaid => &[],
            Self::These(entries) | Self::NotThese(entries) => entries,
        }
    }

    pub(super) fn entries_mut(&mut self) -> &mut [PrincipalEntry] {
        match self {
            Self::Unsaid => &mut [],
            Self::These(entries) | Self::NotThese(entries) => entries,
        }
    }

    /// The closest way in which an Allow means `caller`.
    pub(super) fn allows(&self, caller: &Principal<'_>, sessions: bool) -> Option<PrincipalClass> {
        match self {
            Self::Unsaid => None,
            Self::These(entries) => closest(entries, caller, sessions),
            Self::NotThese(entries) => closest(entries, caller, sessions).is_none().then_some(PrincipalClass::Wildcard),
        }
    }

    /// The closest way in which a Deny means `caller`.
    ///
    /// AWS: a Deny with `NotPrincipal` hits every principal that has a permissions boundary, listed or not. Otherwise
    /// it spares who is listed by the own ARN; a role session by its role's ARN as well. The account alone spares nobody.
    pub(super) fn denies(&self, caller: &Principal<'_>, sessions: bool, has_boundary: bool) -> Option<PrincipalClass> {
        match self {
            Self::NotThese(entries) => {
                let listed = |class| entries.iter().any(|entry| entry.matches(caller, sessions) == Some(class));
                let is_session = matches!(caller, Principal::RoleSession { .. });
                let own = listed(PrincipalClass::Direct) && (!is_session || listed(PrincipalClass::Role));
                let spared = !has_boundary && (own || listed(PrincipalClass::Wildcard));
                (!spared).then_some(PrincipalClass::Wildcard)
            }
            Self::These(_) | Self::Unsaid => self.allows(caller, sessions),
        }
    }
}

fn closest(entries: &[PrincipalEntry], caller: &Principal<'_>, sessions: bool) -> Option<PrincipalClass> {
    entries.iter().filter_map(|entry| entry.matches(caller, sessions)).min()
}

fn partition(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?.split(':').next()
}

fn aws_meaning(text: &str) -> Meaning {
    if text == "*" {
        return Meaning::Everyone;
    }
    if let Some(account) = account(text) {
        return Meaning::Account { account };
    }
    let is_id = |text: &str| text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if (text.starts_with("AIDA") || text.starts_with("AROA")) && text.len() >= 16 && is_id(text) {
        return Meaning::UniqueId;
    }
    arn_meaning(text).unwrap_or(Meaning::Nobody)
}

fn arn_meaning(text: &str) -> Option<Meaning> {
    let [_, partition, service, "", account, resource] = arn::parts(text)? else {
        return None;
    };
    let named = is_account(account) || account == CLOUDFRONT;
    if partition.is_empty() || !named || has_wildcard(text) {
        return None;
    }
    let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
    let whole = !name.is_empty() && !name.ends_with('/');
    match (service, kind) {
        ("iam", "root") if resource == "root" => Some(Meaning::Account { account: account.into() }),
        ("iam", "user") if whole => Some(Meaning::User),
        ("iam", "role") if whole => Some(Meaning::Role),
        ("sts", "assumed-role") if whole && name.split('/').count() == 2 => Some(Meaning::RoleSession),
        ("sts", "federated-user") if whole => Some(Meaning::FederatedUser),
        _ => None,
    }
}

/// The account that twelve digits name. AWS: they may be written in fours.
fn account(text: &str) -> Option<Box<str>> {
    let digits = match text.split('-').collect::<Vec<_>>().as_slice() {
        [one, two, three] if [one, two, three].iter().all(|part| part.len() == 4) => [*one, *two, *three].concat(),
        _ => text.to_owned(),
    };
    is_account(&digits).then(|| digits.into_boxed_str())
}

/// The account in the ARNs of `CloudFront` origin access identities.
const CLOUDFRONT: &str = "cloudfront";
