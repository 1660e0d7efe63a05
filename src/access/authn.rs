//! Who sent this request: the key, the session token, the signature, in AWS's order.
//!
//! AWS: aws-behaviour section 3; <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

use super::holder::Holder;
use crate::identities::{Account, Identities, NotThere, Role, User};
use crate::ids::names::{FederatedName, RoleSessionName};
use crate::ids::region::TokenVersion;
use crate::ids::{AccessKeyId, AccountId, Endpoint, Region};
use crate::sessions::{Ended, OpenedToken, Session, SessionState, Subject, Unopened};
use crate::sigv4::{self, Parts, PayloadHash, Scoped, SigningKey, Style, Verified};
use crate::store::records::KeyOwner;
use crate::time::{Moment, Timestamp};
use crate::wire::RawRequest;
use crate::wire::request::{authority_of, is_loopback_authority};

/// Which signatures a door takes.
pub struct Audience<'a> {
    /// The service of the scope.
    pub service: &'a str,
    /// The endpoint that a region of a scope means here, if it is one of the door's.
    pub endpoint: &'a dyn Fn(&str) -> Option<Endpoint>,
    /// False where the path that was signed cannot be the one that counts: no signature is good then.
    pub path_ok: bool,
    /// Whether the demo keys may be used by whatever name the service is called.
    pub open_demo: bool,
    /// Whether a session of a user is good only if the user showed a code of an MFA device for it.
    pub wants_second_factor: bool,
}

/// Somebody who proved who they are. Only [`authenticate`] makes one.
#[derive(Debug)]
pub struct Caller {
    principal: Principal,
    credential: Credential,
    endpoint: Endpoint,
}

/// Who policies speak of.
#[derive(Clone, Debug)]
pub enum Principal {
    /// The root user of an account.
    Root(Arc<Account>),
    /// A user.
    User(Arc<User>),
    /// Somebody in a session of a role.
    RoleSession {
        /// The role as it is now.
        role: Arc<Role>,
        /// Which of its sessions.
        session_name: RoleSessionName,
    },
    /// Somebody whom a user or the root user vouches for.
    FederatedUser {
        /// The account.
        account: Arc<Account>,
        /// Whom.
        name: FederatedName,
        /// The user who does; none for the root user.
        issuer: Option<Arc<User>>,
    },
}

impl Principal {
    /// Whether they are the same, and as they were last set.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Root(one), Self::Root(other)) => Arc::ptr_eq(one, other),
            (Self::User(one), Self::User(other)) => Arc::ptr_eq(one, other),
            (Self::RoleSession { role, session_name }, Self::RoleSession { role: other, session_name: other_name }) => {
                Arc::ptr_eq(role, other) && session_name == other_name
            }
            // Rare, and of two things.
            _ => false,
        }
    }

    /// The same as `identities` know it, if it is still there.
    pub fn as_known_to(&self, identities: &Identities) -> Option<Self> {
        let user = |user: &Arc<User>| identities.user(&user.id).cloned();
        let account = |account: &Account| identities.account(account.id).cloned();
        Some(match self {
            Self::Root(root) => Self::Root(account(root)?),
            Self::User(known) => Self::User(user(known)?),
            Self::RoleSession { role, session_name } => {
                Self::RoleSession { role: identities.role(&role.id).cloned()?, session_name: session_name.clone() }
            }
            Self::FederatedUser { account: home, name, issuer } => {
                let issuer = match issuer {
                    Some(issuer) => Some(user(issuer)?),
                    None => None,
                };
                Self::FederatedUser { account: account(home)?, name: name.clone(), issuer }
            }
        })
    }
}

/// What the caller signed with.
#[derive(Clone, Debug)]
pub enum Credential {
    /// Keys that stay until somebody removes them.
    LongTerm(AccessKeyId),
    /// Keys of a session.
    Temporary(AccessKeyId, OpenedToken),
}

/// Why a request has no caller, in the order in which the reasons are looked for.
#[derive(Clone, Debug)]
pub enum Rejection {
    /// Nobody signed.
    NotSigned,
    /// The signature's form, window or scope.
    Signature(sigv4::Rejection),
    /// No long-term key of this id, and no token that could make it a temporary one.
    UnknownKey(String),
    /// The key is switched off.
    InactiveKey(AccessKeyId),
    /// The account of this key is not in the region.
    KeyUnknownInRegion(NotThere),
    /// The session token does not open for this key.
    Token(Unopened),
    /// The account of this session is not in the region.
    TokenUnknownInRegion(NotThere),
    /// Tokens of this format are not good in this region.
    TokenFormatUnknownInRegion {
        /// Where.
        region: &'static Region,
        /// The token's.
        version: TokenVersion,
    },
    /// The session's time is over.
    Expired {
        /// When it ended.
        at: Timestamp,
    },
    /// The session was ended early.
    Ended(Ended),
    /// The role or user behind the key or session no longer exists.
    PrincipalGone,
    /// The session of a user who showed no code of an MFA device, where one is wanted.
    NoSecondFactor,
    /// A session token beside a long-term key.
    TokenBesideLongTermKey,
    /// A demo key in a request that a web page may have sent.
    WellKnownKeyFromPage {
        /// What gave it away.
        header: &'static str,
    },
}

impl Rejection {
    /// Whether the session's time is over, of itself or because somebody said so.
    pub fn is_expiry(&self) -> bool {
        matches!(self, Self::Expired { .. } | Self::Ended(Ended::Expired))
    }
}

/// Finds out who sent `raw`. `moment` decides expiry, and the window of the signature.
pub fn authenticate(
    raw: &RawRequest<'_>,
    audience: &Audience<'_>,
    identities: &Identities,
    sessions: &SessionState,
    moment: &Moment,
) -> Result<Caller, Rejection> {
    let parts = Parts { method: raw.method, path: raw.path, query: raw.query, headers: raw.headers };
    let claim = sigv4::parse(&parts).map_err(Rejection::Signature)?.ok_or(Rejection::NotSigned)?;
    let unverified = claim.in_time(moment).map_err(Rejection::Signature)?;
    let endpoint = Cell::new(None);
    let is_ours = |region: &str| {
        endpoint.set((audience.endpoint)(region));
        endpoint.get().is_some()
    };
    let scoped = unverified.scoped_to(audience.service, is_ours).map_err(Rejection::Signature)?;
    // A scope that was found good has set it.
    let endpoint = endpoint.get().unwrap_or_else(Endpoint::global);
    let payload = PayloadHash::of(raw.body);
    let (id, token) = (scoped.access_key_id(), scoped.session_token());
    let holder = Holder::find(id, token, Some(endpoint.region), identities, sessions, moment.now)?;
    if audience.wants_second_factor {
        holder.demand_second_factor()?;
    }
    let token_sent = token.is_some();
    let signing = holder.signing_key(&scoped.scope());
    let verified = verify(scoped, &payload, audience, &signing.key)?;
    holder.keep(&verified.scope(), &signing, moment.now);
    holder.demand_fit_keys(token_sent, || sent_from_here(raw.headers, |_| audience.open_demo))?;
    let (principal, credential) = holder.into_parts();
    Ok(Caller { principal, credential, endpoint })
}

/// Who acts in a session, if they still exist.
pub(super) fn principal_of(session: &Session, identities: &Identities) -> Option<Principal> {
    let account = || identities.account(session.account).cloned();
    match &session.subject {
        Subject::Role { role, session_name } => {
            let role = Arc::clone(identities.role(role)?);
            Some(Principal::RoleSession { role, session_name: session_name.clone() })
        }
        Subject::User { user } => identities.user(user).cloned().map(Principal::User),
        Subject::Root | Subject::AssumedRoot => account().map(Principal::Root),
        Subject::Federated { name, issuer } => {
            let issuer = match issuer {
                Some(user) => Some(Arc::clone(identities.user(user)?)),
                None => None,
            };
            Some(Principal::FederatedUser { account: account()?, name: name.clone(), issuer })
        }
    }
}

/// Whether no page of elsewhere can have sent this; if one can, the header that says so.
///
/// ATTACK: a page can sign with a key that everybody knows, and a name that it has resolve to this machine makes it
/// look at home: then `Host` is that name.
/// `known_host` says which other hosts are ours.
pub(super) fn sent_from_here(headers: &[(&str, &[u8])], known_host: impl Fn(&str) -> bool) -> Result<(), &'static str> {
    let is_of_aws = |host: &str| host.split(':').next().and_then(Endpoint::of_host).is_some();
    for (name, value) in headers {
        let (name, is_fine): (_, &dyn Fn(&str) -> bool) = match *name {
            "host" => ("host", &|host| is_loopback_authority(host) || is_of_aws(host) || known_host(host)),
            "origin" => ("origin", &|origin| {
                let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
                authority.is_some_and(is_loopback_authority)
            }),
            // WHY: not every browser says where a picture was asked for.
            "referer" => ("referer", &|page| authority_of(page).is_some_and(is_loopback_authority)),
            "sec-fetch-site" => ("sec-fetch-site", &|site| matches!(site, "none" | "same-origin")),
            _ => continue,
        };
        if !std::str::from_utf8(value).is_ok_and(is_fine) {
            return Err(name);
        }
    }
    Ok(())
}

fn verify<'a>(
    scoped: Scoped<'a>,
    payload: &PayloadHash<'_>,
    audience: &Audience<'_>,
    key: &SigningKey,
) -> Result<Verified<'a>, Rejection> {
    if !audience.path_ok {
        let explanation = scoped.explain(payload, Style::Standard);
        return Err(Rejection::Signature(sigv4::Rejection::Mismatch(Box::new(explanation))));
    }
    scoped.verify(payload, Style::Standard, key).map_err(Rejection::Signature)
}

impl Caller {
    /// Who policies speak of.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// What was signed with.
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// The endpoint that it was signed for.
    pub fn endpoint(&self) -> Endpoint {
        self.endpoint
    }
}

impl Credential {
    /// The id of the key that signed.
    pub fn access_key_id(&self) -> &AccessKeyId {
        match self {
            Self::LongTerm(id) | Self::Temporary(id, _) => id,
        }
    }

    /// The session, if the keys are one's.
    pub fn session(&self) -> Option<&OpenedToken> {
        match self {
            Self::LongTerm(_) => None,
            Self::Temporary(_, opened) => Some(opened),
        }
    }
}

impl Principal {
    /// As which it may have keys and MFA devices of its own; sessions of roles and federated users have none.
    pub fn owner(&self) -> Option<KeyOwner> {
        match self {
            Self::Root(account) => Some(KeyOwner::Root(account.id)),
            Self::User(user) => Some(KeyOwner::User(user.id.clone())),
            Self::RoleSession { .. } | Self::FederatedUser { .. } => None,
        }
    }

    /// The account it belongs to.
    pub fn account(&self) -> AccountId {
        match self {
            Self::Root(account) | Self::FederatedUser { account, .. } => account.id,
            Self::User(user) => user.record.account,
            Self::RoleSession { role, .. } => role.record.account,
        }
    }

    /// As `GetCallerIdentity` names it.
    pub fn arn(&self) -> String {
        self.shown_arn().into_owned()
    }

    /// The same where it need not be one's own.
    pub fn shown_arn(&self) -> Cow<'_, str> {
        match self {
            Self::User(user) => Cow::Borrowed(&user.arn),
            Self::Root(account) => Cow::Owned(account.root_arn()),
            Self::RoleSession { role, session_name } => Cow::Owned(role.session_arn(session_name)),
            Self::FederatedUser { account, name, .. } => Cow::Owned(account.federated_user_arn(name)),
        }
    }

    /// `aws:PrincipalArn`: of a session the ARN of its role, with its path.
    pub fn principal_arn(&self) -> Cow<'_, str> {
        match self {
            Self::RoleSession { role, .. } => Cow::Borrowed(&role.arn),
            Self::User(_) | Self::Root(_) | Self::FederatedUser { .. } => self.shown_arn(),
        }
    }

    /// The `UserId` of `GetCallerIdentity`, and `aws:userid`.
    pub fn user_id(&self) -> String {
        match self {
            Self::Root(account) => account.id.to_string(),
            Self::User(user) => user.id.as_str().to_owned(),
            Self::RoleSession { role, session_name } => role.session_id(session_name),
            Self::FederatedUser { account, name, .. } => format!("{}:{name}", account.id),
        }
    }
}
