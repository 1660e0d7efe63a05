//! AssumeRole: temporary credentials for a role that trusts the caller.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use std::sync::Arc;

use super::credentials::{AssumedRoleUser, Credentials};
use crate::access::{Principal, Question};
use crate::api::operation::Description;
use crate::api::{ApiError, Authorized, Call, Operation, Plan, View, World};
use crate::identities::Role;
use crate::ids::Arn;
use crate::ids::names::{ArnText, ExternalId, RoleDuration, RoleSessionName};
use crate::policy::combine::ResourceRule;
use crate::policy::context::RequestContext;
use crate::sessions::{Order, Subject, TokenVersion, mint};

/// AWS: the longest session of a caller that is in one already.
const CHAINED_SECONDS: i32 = 3600;

crate::operation! {
    /// Returns temporary credentials for a role that trusts the caller.
    AssumeRole;
    input AssumeRoleInput {
        /// The role.
        "RoleArn" role_arn: ArnText,
        /// Which of the role's sessions this shall be.
        "RoleSessionName" role_session_name: RoleSessionName,
        /// How long, in seconds.
        "DurationSeconds" duration: Option<RoleDuration>,
        /// What the trust policy may demand.
        "ExternalId" external_id: Option<ExternalId>,
    }
    unserved [
        "Policy", "PolicyArns", "ProvidedContexts", "SerialNumber", "SourceIdentity", "Tags", "TokenCode",
        "TransitiveTagKeys"
    ]
    output AssumeRoleOutput {
        /// Who the caller has become.
        "AssumedRoleUser" assumed_role_user: AssumedRoleUser,
        /// The credentials.
        "Credentials" credentials: Credentials,
        /// How much of its room the session token fills, in percent.
        "PackedPolicySize" packed_policy_size: i64,
    }
}

/// A session of a role that everybody needed has agreed to.
pub struct Assumption {
    role: Arc<Role>,
    session_name: RoleSessionName,
    seconds: i32,
    chained: bool,
    token_version: TokenVersion,
}

impl Operation for AssumeRole {
    const DESCRIPTION: Description = Self::DESCRIBED;
    type Input = AssumeRoleInput;
    type Ready = Assumption;
    type Output = AssumeRoleOutput;

    fn plan(call: &Call<'_, Self::Input>, view: &View<'_>) -> Result<Plan<Self::Ready>, ApiError> {
        let AssumeRoleInput { role_arn, role_session_name, duration, external_id } = &call.input;
        let arn = Arn::parse(role_arn.as_str()).ok_or_else(|| ApiError::not_an_arn(role_arn.as_str()))?;
        arn.as_role().ok_or_else(ApiError::not_a_role_arn)?;
        if let Principal::Root(_) = call.caller.principal() {
            return Err(ApiError::root_may_not_assume());
        }
        let role = view.snapshot.identities.role_by_arn(role_arn.as_str()).ok_or_else(|| {
            ApiError::denied_unknown(&call.caller.principal().arn(), "sts:AssumeRole", role_arn.as_str())
        })?;
        let question = Question {
            action: "sts:AssumeRole",
            resource: role.arn.clone(),
            resource_account: role.record.account,
            resource_policy: Some(role.trust.clone()),
            rule: ResourceRule::MustAllow,
            context: context(role, role_session_name, external_id.as_ref()),
        };
        let assumption = Assumption {
            role: Arc::clone(role),
            session_name: role_session_name.clone(),
            seconds: duration.map_or(RoleDuration::DEFAULT_SECONDS, RoleDuration::get),
            chained: call.caller.credential().session().is_some(),
            token_version: call.endpoint.token_version(),
        };
        Ok(Plan::asking(vec![question], assumption))
    }

    fn perform(ready: Authorized<Self::Ready>, world: &World, view: &View<'_>) -> Result<Self::Output, ApiError> {
        let Assumption { role, session_name, seconds, chained, token_version } = ready.into_inner();
        // AWS: the role's own maximum is looked at first (ar-duration-both).
        if seconds > role.record.max_session_seconds {
            return Err(ApiError::over_role_maximum());
        }
        if chained && seconds > CHAINED_SECONDS {
            return Err(ApiError::over_chaining_maximum());
        }
        let assumed_role_user = AssumedRoleUser {
            assumed_role_id: format!("{}:{session_name}", role.id),
            arn: role.session_arn(&session_name),
        };
        let subject = Subject::Role { role: role.id.clone(), session_name };
        let issuer_arn = role.arn.clone();
        let order = Order { account: role.record.account, subject, issuer_arn, seconds, version: token_version };
        let minted = mint(order, &view.snapshot.sessions, world.entropy.as_ref(), view.moment.now)
            .ok_or_else(|| ApiError::internal("the key ring is empty"))?;
        let packed_policy_size = minted.token.packed_size();
        let credentials = Credentials::hand_over(minted, world);
        Ok(AssumeRoleOutput { assumed_role_user, credentials, packed_policy_size })
    }
}

/// The keys that the trust policy may ask about.
fn context(role: &Role, session_name: &RoleSessionName, external_id: Option<&ExternalId>) -> RequestContext<'static> {
    let mut context = RequestContext::new();
    context.set("sts:RoleSessionName", session_name.to_string());
    context.set_some("sts:ExternalId", external_id.map(ExternalId::to_string));
    for tag in &role.record.tags {
        context.set_tag("aws:ResourceTag", tag.key.as_str(), tag.value.as_str().to_owned());
        context.set_tag("iam:ResourceTag", tag.key.as_str(), tag.value.as_str().to_owned());
    }
    context
}
