//! AssumeRoleWithWebIdentity: temporary credentials for a role that trusts whoever an issuer vouches for.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>

use std::sync::Arc;

use super::credentials::{AssumedRoleUser, Credentials};
use super::issue::{Issued, issue};
use super::roles::{describe_role, known_role};
use super::session_policies::{PolicyArn, policies_of_session};
use super::session_tags::{describe_request_tags, tags_of_session};
use super::web_identity::{Proof, SessionDemands, WebIdentity, prove};
use crate::access::{Bearer, Question};
use crate::api::errors::unmet_demands;
use crate::api::lists::List;
use crate::api::operation::{Description, UnsignedCall, UnsignedOperation, UnsignedPlan};
use crate::api::{ApiError, Authorized, Changes, View};
use crate::federation::oidc::session::names_role;
use crate::identities::Role;
use crate::ids::names::{
    ArnText, MinimumSessionTokenSize, ProviderId, RoleDuration, RoleSessionName, ShortPolicyText, SourceIdentity,
    WebIdentityToken,
};
use crate::ids::{Arn, Endpoint};
use crate::policy::combine::ResourceRule;
use crate::policy::context::RequestContext;
use crate::sessions::{Carried, Order, Subject};

crate::operation! {
    /// Returns temporary credentials for a role that trusts the bearer of a token of OpenID Connect. Nobody signs.
    AssumeRoleWithWebIdentity;
    input AssumeRoleWithWebIdentityInput {
        /// The role.
        "RoleArn" role_arn: ArnText,
        /// Which of the role's sessions this shall be.
        "RoleSessionName" role_session_name: RoleSessionName,
        /// The token.
        "WebIdentityToken" web_identity_token: WebIdentityToken,
        /// The OAuth 2.0 provider of a token that is not of OpenID Connect: AWS's refusals, for such tokens cannot be verified here.
        "ProviderId" provider_id: Option<ProviderId>,
        /// What the session may do at most.
        "Policy" policy: Option<ShortPolicyText>,
        /// Managed policies that say the same.
        "PolicyArns" policy_arns: List<PolicyArn, 10>,
        /// How long, in seconds, whenever the token ends.
        "DurationSeconds" duration: Option<RoleDuration>,
        /// How long the session token shall be at least, to try what fits.
        "MinimumSessionTokenSize" minimum_session_token_size: Option<MinimumSessionTokenSize>,
    }
    unserved []
    errors [
        ExpiredTokenException,
        IDPRejectedClaim,
        InvalidIdentityToken,
        InvalidParameterValue,
        MalformedPolicyDocument,
        PackedPolicyTooLarge,
        RegionDisabledException
    ]
    output AssumeRoleWithWebIdentityOutput {
        /// The client id that the token was admitted for.
        "Audience" audience: String,
        /// Who the bearer has become.
        "AssumedRoleUser" assumed_role_user: AssumedRoleUser,
        /// The ARN of the provider that vouched, or the host of one that every account knows.
        "Provider" provider: String,
        /// The credentials.
        "Credentials" credentials: Credentials,
        /// Who stands behind the session.
        "SourceIdentity" source_identity: Option<SourceIdentity>,
        /// Whom the token is for.
        "SubjectFromWebIdentityToken" subject: String,
        /// The same as `SessionTokenUtilization`, by its older name.
        "PackedPolicySize" packed_policy_size: i64,
        /// How many characters the session token has.
        "SessionTokenSize" session_token_size: i64,
        /// How much of its room the session token fills, in percent.
        "SessionTokenUtilization" session_token_utilization: i64,
    }
}

/// A session of a role that its trust policy has agreed to.
pub struct Assumption {
    role: Arc<Role>,
    session_name: RoleSessionName,
    seconds: i32,
    carried: Carried,
    minimum_token_size: Option<MinimumSessionTokenSize>,
    endpoint: Endpoint,
    audience: String,
    provider: String,
    subject: String,
}

impl UnsignedOperation for AssumeRoleWithWebIdentity {
    const DESCRIPTION: Description = Self::DESCRIBED;
    type Input = AssumeRoleWithWebIdentityInput;
    type Ready = Assumption;
    type Output = AssumeRoleWithWebIdentityOutput;

    fn plan(call: &UnsignedCall<Self::Input>, view: &View<'_>) -> Result<UnsignedPlan<Self::Ready>, ApiError> {
        let input = &call.input;
        let arn = Arn::parse(input.role_arn.as_str()).ok_or_else(|| ApiError::not_an_arn(input.role_arn.as_str()))?;
        let (account, _) = arn.as_role().ok_or_else(ApiError::not_a_role_arn)?;
        if let Some(provider_id) = &input.provider_id {
            return Err(ApiError::not_that_providers(provider_id.as_str()));
        }
        // `echo "$TOKEN" > file`, as guides of platforms say, leaves the end of a line (B-229).
        let token = input.web_identity_token.as_str().trim_end_matches(['\r', '\n']);
        let identity = match prove(token, account, input.role_arn.as_str(), view)? {
            Proof::Of(identity) => identity,
            Proof::Waiting(due) => return Ok(UnsignedPlan::Waiting(due)),
        };
        let demands = SessionDemands::of(&identity.token)?;
        let authorized_by_idp = names_role(&identity.token, input.role_arn.as_str()).map_err(unmet_demands)?;
        let carried = Carried {
            tags: tags_of_session(&demands.tags, &demands.transitive, None)?,
            source_identity: demands.source_identity.clone(),
            policies: policies_of_session(
                input.policy.as_ref().map(ShortPolicyText::as_str),
                &input.policy_arns.0,
                account,
                view,
            )?,
            vouched: Some(identity.vouched()),
        };
        let bearer = Bearer::of_web_identity(&identity.token, identity.provider.clone(), account);
        let role = known_role(input.role_arn.as_str(), call.endpoint, view)
            .map_err(|cause| ApiError::bearer_denied(Self::DESCRIPTION.name, format!("{bearer}: {cause}")))?;
        let context = context(role, input, &demands, authorized_by_idp, &identity);
        let ready = Assumption {
            role: Arc::clone(role),
            session_name: input.role_session_name.clone(),
            seconds: input.duration.map_or(RoleDuration::DEFAULT_SECONDS, RoleDuration::get),
            carried,
            minimum_token_size: input.minimum_session_token_size,
            endpoint: call.endpoint,
            audience: identity.token.audience().to_owned(),
            provider: identity.provider.clone(),
            subject: identity.token.subject().to_owned(),
        };
        Ok(UnsignedPlan::Asking { bearer, questions: questions(role, &demands, &context), ready })
    }

    fn perform(
        ready: Authorized<Self::Ready>,
        changes: &mut Changes<'_>,
        view: &View<'_>,
    ) -> Result<Self::Output, ApiError> {
        let Assumption {
            role,
            session_name,
            seconds,
            carried,
            minimum_token_size,
            endpoint,
            audience,
            provider,
            subject,
        } = ready.into_inner();
        // AWS: whoever comes with a token is in no session, so the limit of an hour is not theirs (wi-duration).
        if seconds > role.record.max_session_seconds {
            return Err(ApiError::over_role_maximum());
        }
        let assumed_role_user = AssumedRoleUser {
            assumed_role_id: format!("{}:{session_name}", role.id),
            arn: role.session_arn(&session_name),
        };
        let source_identity = carried.source_identity.clone();
        let order = Order {
            account: role.record.account,
            subject: Subject::Role { role: role.id.clone(), session_name },
            issuer_arn: role.arn.clone(),
            seconds,
            second_factor: None,
            carried,
            minimum_token_size,
        };
        let Issued { credentials, session_token_size, session_token_utilization } =
            issue(order, None, endpoint, changes, view)?;
        Ok(AssumeRoleWithWebIdentityOutput {
            audience,
            assumed_role_user,
            provider,
            credentials,
            source_identity,
            subject,
            packed_policy_size: session_token_utilization,
            session_token_size,
            session_token_utilization,
        })
    }
}

/// What the trust policy must allow, in the order of AssumeRole.
fn questions(role: &Role, demands: &SessionDemands, context: &RequestContext<'static>) -> Vec<Question> {
    let question = |action| Question {
        action,
        resource: role.arn.clone(),
        other_resource: None,
        resource_account: role.record.account,
        resource_policy: Some(role.trust.clone()),
        rule: ResourceRule::MustAllow,
        context: context.clone(),
    };
    let source_identity = demands.source_identity.is_some().then(|| question("sts:SetSourceIdentity"));
    let tags = (!demands.tags.is_empty()).then(|| question("sts:TagSession"));
    source_identity.into_iter().chain(tags).chain([question("sts:AssumeRoleWithWebIdentity")]).collect()
}

/// The keys that the trust policy may ask about.
fn context(
    role: &Role,
    input: &AssumeRoleWithWebIdentityInput,
    demands: &SessionDemands,
    authorized_by_idp: bool,
    identity: &WebIdentity,
) -> RequestContext<'static> {
    let mut context = RequestContext::new();
    identity.describe(&mut context);
    context.set("sts:RoleSessionName", input.role_session_name.to_string());
    context.set_some("sts:SourceIdentity", demands.source_identity.as_ref().map(SourceIdentity::to_string));
    context.set_bool("sts:RoleAuthorizedByIdp", authorized_by_idp);
    describe_request_tags(&demands.tags, &mut context);
    if !demands.transitive.is_empty() {
        context.set_many("sts:TransitiveTagKeys", demands.transitive.iter().map(ToString::to_string));
    }
    describe_role(role, &mut context);
    context
}
