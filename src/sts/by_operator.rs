//! Sessions that the operator has issued: nobody signs, no policy is asked, and a second is long enough.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::credentials::Credentials;
use super::issue::{Issued, OneTime, issue};
use super::role_sessions::RoleSession;
use super::session_policies::{PolicyArn, policies_of_session};
use super::session_tags::{RequestTag, tags_of_session};
use crate::api::world::Made;
use crate::api::{ApiError, View, World, without_call};
use crate::identities::{Account, Identities, Role, User};
use crate::ids::names::{ArnText, RoleSessionName, SessionDuration, SessionPolicyText, SourceIdentity};
use crate::ids::tags::{TagKey, TagValue};
use crate::ids::{AccountId, Endpoint};
use crate::sessions::{Carried, Order, SessionId, Subject};

/// AWS: the longest session of a user.
const USER_SECONDS: i32 = 129_600;
/// AWS: the most tags of a session.
pub const MOST_TAGS: usize = 50;
/// AWS: the most managed policies of a session.
pub const MOST_POLICIES: usize = 10;

/// Whose session it shall be.
#[derive(Clone, Debug)]
pub enum Whose {
    /// A role's.
    Role(Arc<Role>),
    /// A user's own.
    User(Arc<User>),
    /// A root user's own.
    Root(Arc<Account>),
}

/// What a session of a role shall be like.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Which of the role's sessions.
    pub session_name: RoleSessionName,
    /// What it may do at most.
    pub policy: Option<SessionPolicyText>,
    /// Managed policies that say the same.
    pub policy_arns: Vec<ArnText>,
    /// Its tags.
    pub tags: BTreeMap<TagKey, TagValue>,
    /// Which of them sessions begun from it shall have too.
    pub transitive_tag_keys: Vec<TagKey>,
    /// Who stands behind it.
    pub source_identity: Option<SourceIdentity>,
}

/// A session that was issued.
pub struct Issuance {
    /// Its credentials.
    pub credentials: Credentials,
    /// Its own name.
    pub session: SessionId,
    /// The account it acts in.
    pub account: AccountId,
    /// The ARN of the role or user behind it.
    pub issuer_arn: String,
    /// The ARN under which it acts.
    pub arn: String,
    /// What the journal may know of it.
    pub made: Option<Made>,
}

impl Whose {
    /// The role of this ARN, or of this name in the first account that has one.
    pub fn role(identities: &Identities, text: &str) -> Option<Self> {
        identities.role_meant(text).cloned().map(Self::Role)
    }

    /// The user or root user of this ARN.
    pub fn user(identities: &Identities, arn: &str) -> Option<Self> {
        let user = identities.user_by_arn(arn).cloned().map(Self::User);
        user.or_else(|| identities.account(identities.account_by_root_arn(arn)?).cloned().map(Self::Root))
    }

    /// How long its sessions may last, in seconds.
    pub fn most_seconds(&self) -> i32 {
        match self {
            Self::Role(role) => role.record.max_session_seconds,
            Self::User(_) => USER_SECONDS,
            Self::Root(_) => SessionDuration::ROOT_SECONDS,
        }
    }
}

impl fmt::Display for Whose {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => out.write_str(&role.arn),
            Self::User(user) => out.write_str(&user.arn),
            Self::Root(account) => out.write_str(&account.root_arn()),
        }
    }
}

/// Issues a session of a role as it is wished for, whomever the role trusts.
pub fn issue_for_role(world: &World, role: &Arc<Role>, wish: &Wish, seconds: i32) -> Result<Issuance, ApiError> {
    let endpoint = world.regions.usual_endpoint();
    without_call(world, |changes, view| {
        let session = RoleSession::new(role, &wish.session_name, None, carried(role, wish, view)?, None, endpoint);
        let session = session.lasting(seconds);
        let seconds = session.seconds()?;
        let assumed = session.issue(seconds, OneTime::Nothing, changes, view)?;
        let Issued { credentials, session, .. } = assumed.issued;
        let (account, arn) = (role.record.account, assumed.assumed_role_user.arn);
        Ok(Issuance { credentials, session, account, issuer_arn: role.arn.clone(), arn, made: changes.made.take() })
    })
}

fn carried(role: &Role, wish: &Wish, view: &View<'_>) -> Result<Carried, ApiError> {
    let Wish { session_name: _, policy, policy_arns, tags, transitive_tag_keys, source_identity } = wish;
    let tags: Vec<RequestTag> =
        tags.iter().map(|(key, value)| RequestTag { key: key.clone(), value: value.clone() }).collect();
    let managed: Vec<PolicyArn> = policy_arns.iter().map(|arn| PolicyArn { arn: arn.clone() }).collect();
    let inline = policy.as_ref().map(SessionPolicyText::as_str);
    Ok(Carried {
        tags: tags_of_session(&tags, transitive_tag_keys, None)?,
        source_identity: source_identity.clone(),
        policies: policies_of_session(inline, &managed, role.record.account, view)?,
        vouched: None,
    })
}

/// Issues a session of a user or a root user, as `GetSessionToken` does without a second factor.
pub fn issue_for_user(world: &World, whose: &Whose, seconds: i32) -> Result<Issuance, ApiError> {
    let (account, subject, arn) = match whose {
        Whose::User(user) => (user.record.account, Subject::User { user: user.id.clone() }, user.arn.clone()),
        Whose::Root(account) => (account.id, Subject::Root, account.root_arn()),
        Whose::Role(role) => return Err(ApiError::internal(format!("{} is no user", role.arn))),
    };
    let order = Order {
        account,
        subject,
        issuer_arn: arn.clone(),
        seconds,
        second_factor: None,
        carried: Carried::default(),
        minimum_token_size: None,
    };
    let endpoint: Endpoint = world.regions.usual_endpoint();
    without_call(world, |changes, view| {
        let Issued { credentials, session, .. } = issue(order, OneTime::Nothing, endpoint, changes, view)?;
        Ok(Issuance { credentials, session, account, issuer_arn: arn.clone(), arn, made: changes.made.take() })
    })
}
