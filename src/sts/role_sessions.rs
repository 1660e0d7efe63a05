//! Sessions of roles: what all three ways of assuming a role have in common.

use std::sync::Arc;

use super::credentials::AssumedRoleUser;
use super::issue::{Issued, OneTime, issue};
use super::session_tags::{RequestTag, describe_request_tags};
use crate::access::{Question, describe_role};
use crate::api::{ApiError, Changes, View};
use crate::identities::Role;
use crate::ids::names::{MinimumSessionTokenSize, RoleDuration, RoleSessionName, SourceIdentity};
use crate::ids::{AccountId, Arn, Endpoint};
use crate::policy::combine::ResourceRule;
use crate::policy::context::RequestContext;
use crate::sessions::{Carried, Order, Subject};

/// The account of a role, by what was given as the role's ARN.
pub fn account_of_role(arn: &str) -> Result<AccountId, ApiError> {
    let parsed = Arn::parse(arn).ok_or_else(|| ApiError::not_an_arn(arn))?;
    parsed.as_role().map(|(account, _)| account).ok_or_else(ApiError::not_a_role_arn)
}

/// A session of a role as it is asked for; it is made once the trust policy has agreed.
pub struct RoleSession {
    role: Arc<Role>,
    session_name: RoleSessionName,
    seconds: i32,
    carried: Carried,
    minimum_token_size: Option<MinimumSessionTokenSize>,
    endpoint: Endpoint,
}

/// A session of a role as it was made.
pub struct Assumed {
    /// Who the caller has become.
    pub assumed_role_user: AssumedRoleUser,
    /// Who stands behind the session.
    pub source_identity: Option<SourceIdentity>,
    /// Its credentials.
    pub issued: Issued,
}

impl RoleSession {
    /// A session called `session_name`, of AWS's usual length unless `duration` says otherwise.
    pub fn new(
        role: &Arc<Role>,
        session_name: &RoleSessionName,
        duration: Option<RoleDuration>,
        carried: Carried,
        minimum_token_size: Option<MinimumSessionTokenSize>,
        endpoint: Endpoint,
    ) -> Self {
        Self {
            role: Arc::clone(role),
            session_name: session_name.clone(),
            seconds: duration.map_or(RoleDuration::DEFAULT_SECONDS, RoleDuration::get),
            carried,
            minimum_token_size,
            endpoint,
        }
    }

    /// The same, asked to last so many seconds: whoever is no caller of AWS's operations may ask for fewer than they do.
    pub fn lasting(self, seconds: i32) -> Self {
        Self { seconds, ..self }
    }

    /// What the trust policy must allow: what the session carries, then `more`, then `action` itself.
    ///
    /// AWS: what is inherited needs the same permission as what is asked for (ar-setsourceidentity-denied).
    pub fn questions(
        &self,
        more: Option<&'static str>,
        action: &'static str,
        context: RequestContext<'static>,
    ) -> Vec<Question> {
        let source_identity = self.carried.source_identity.is_some().then_some("sts:SetSourceIdentity");
        let tags = (!self.carried.tags.is_empty()).then_some("sts:TagSession");
        let question = |action, context| Question {
            action,
            resource: self.role.arn.clone(),
            other_resource: None,
            called: None,
            resource_account: self.role.record.account,
            resource_policy: Some(self.role.trust.clone()),
            rule: ResourceRule::MustAllow,
            context,
        };
        let before = [source_identity, tags, more].into_iter().flatten();
        let mut questions: Vec<Question> = before.map(|action| question(action, context.clone())).collect();
        questions.push(question(action, context));
        questions
    }

    /// The keys that the trust policy may ask about, however the role is assumed; the request itself asks for `tags`.
    pub fn context(&self, tags: &[RequestTag]) -> RequestContext<'static> {
        let mut context = RequestContext::new();
        context.set("sts:RoleSessionName", self.session_name.as_str().to_owned());
        context.set_some("sts:SourceIdentity", self.carried.source_identity.as_ref().map(ToString::to_string));
        describe_request_tags(tags, &mut context);
        let transitive: Vec<String> =
            self.carried.tags.iter().filter(|tag| tag.transitive).map(|tag| tag.tag.key.to_string()).collect();
        if !transitive.is_empty() {
            context.set_many("sts:TransitiveTagKeys", transitive);
        }
        describe_role(&self.role, &mut context);
        context
    }

    /// How many seconds are asked for, if sessions of the role may be as long.
    pub fn seconds(&self) -> Result<i32, ApiError> {
        if self.seconds > self.role.record.max_session_seconds {
            return Err(ApiError::over_role_maximum());
        }
        Ok(self.seconds)
    }

    /// Makes it, to last `seconds`.
    pub fn issue(
        self,
        seconds: i32,
        earned_by: OneTime<'_>,
        changes: &mut Changes<'_>,
        view: &View<'_>,
    ) -> Result<Assumed, ApiError> {
        let Self { role, session_name, seconds: _, carried, minimum_token_size, endpoint } = self;
        let assumed_role_user =
            AssumedRoleUser { assumed_role_id: role.session_id(&session_name), arn: role.session_arn(&session_name) };
        let source_identity = carried.source_identity.clone();
        let order = Order {
            account: role.record.account,
            subject: Subject::Role { role: role.id.clone(), session_name },
            issuer_arn: role.arn.clone(),
            seconds,
            // AWS: what the role's session does is not done with a second factor (iam-evaluation, decision case 40).
            second_factor: None,
            carried,
            minimum_token_size,
        };
        let issued = issue(order, earned_by, endpoint, changes, view)?;
        Ok(Assumed { assumed_role_user, source_identity, issued })
    }
}
