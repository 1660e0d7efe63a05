//! AssumeRoleWithWebIdentity: temporary credentials for a role that trusts whoever an issuer vouches for.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>

use super::credentials::{AssumedRoleUser, Credentials};
use super::issue::OneTime;
use super::role_sessions::{Assumed, RoleSession, account_of_role};
use super::roles::known_role;
use super::session_policies::{PolicyArn, policies_of_session};
use super::web_identity::{Proof, prove};
use crate::access::Bearer;
use crate::api::errors::unmet_demands;
use crate::api::lists::List;
use crate::api::operation::{Description, UnsignedCall, UnsignedOperation, UnsignedPlan};
use crate::api::{ApiError, Authorized, Changes, View};
use crate::federation::oidc::session::names_role;
use crate::ids::names::{
    ArnText, MinimumSessionTokenSize, ProviderId, RoleDuration, RoleSessionName, ShortPolicyText, SourceIdentity,
    WebIdentityToken,
};
use crate::sessions::Carried;

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

/// A session that the trust policy has agreed to, and of whom the token speaks.
pub struct Assumption {
    session: RoleSession,
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
        let account = account_of_role(input.role_arn.as_str())?;
        if let Some(provider_id) = &input.provider_id {
            return Err(ApiError::not_that_providers(provider_id.as_str()));
        }
        // `echo "$TOKEN" > file`, as guides of platforms say, leaves the end of a line (B-229).
        let token = input.web_identity_token.as_str().trim_end_matches(['\r', '\n']);
        let identity = match prove(token, account, input.role_arn.as_str(), view)? {
            Proof::Of(identity) => identity,
            Proof::Waiting(due) => return Ok(UnsignedPlan::Waiting(due)),
        };
        let demanded = identity.demanded()?;
        let authorized_by_idp = names_role(&identity.token, input.role_arn.as_str()).map_err(unmet_demands)?;
        let vouching = identity.vouching();
        let policy = input.policy.as_ref().map(ShortPolicyText::as_str);
        let carried = Carried {
            tags: demanded.session_tags()?,
            source_identity: demanded.source_identity,
            policies: policies_of_session(policy, &input.policy_arns.0, account, view)?,
            vouched: Some(vouching.lasting()),
        };
        let bearer = Bearer::of_web_identity(&identity.token, identity.provider.clone(), account);
        let role = known_role(input.role_arn.as_str(), call.endpoint, view)
            .map_err(|cause| ApiError::bearer_denied(Self::DESCRIPTION.name, format!("{bearer}: {cause}")))?;
        let least = input.minimum_session_token_size;
        let session = RoleSession::new(role, &input.role_session_name, input.duration, carried, least, call.endpoint);
        let mut context = session.context(&demanded.tags);
        vouching.describe(&mut context);
        context.set_bool("sts:RoleAuthorizedByIdp", authorized_by_idp);
        let questions = session.questions(None, "sts:AssumeRoleWithWebIdentity", context);
        let (audience, subject) = (identity.token.audience().to_owned(), identity.token.subject().to_owned());
        let ready = Assumption { session, audience, provider: identity.provider, subject };
        Ok(UnsignedPlan::Asking { bearer, questions, ready })
    }

    fn perform(
        ready: Authorized<Self::Ready>,
        changes: &mut Changes<'_>,
        view: &View<'_>,
    ) -> Result<Self::Output, ApiError> {
        let Assumption { session, audience, provider, subject } = ready.into_inner();
        // AWS: whoever comes with a token is in no session, so the limit of an hour is not theirs (wi-duration).
        let seconds = session.seconds()?;
        let Assumed { assumed_role_user, source_identity, issued } =
            session.issue(seconds, OneTime::Nothing, changes, view)?;
        Ok(AssumeRoleWithWebIdentityOutput {
            audience,
            assumed_role_user,
            provider,
            credentials: issued.credentials,
            source_identity,
            subject,
            packed_policy_size: issued.session_token_utilization,
            session_token_size: issued.session_token_size,
            session_token_utilization: issued.session_token_utilization,
        })
    }
}
