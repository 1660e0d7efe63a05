//! GetFederationToken: credentials for somebody whom the caller vouches for.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html>

use super::credentials::Credentials;
use super::issue::{Issued, OneTime, issue};
use super::long_term_caller::LongTermCaller;
use super::session_policies::{PolicyArn, policies_of_session};
use super::session_tags::{RequestTag, describe_request_tags, tags_of_session};
use crate::access::Question;
use crate::api::lists::List;
use crate::api::operation::Description;
use crate::api::{ApiError, Authorized, Call, Changes, Operation, Plan, View};
use crate::ids::Endpoint;
use crate::ids::names::{FederatedName, MinimumSessionTokenSize, SessionDuration, ShortPolicyText};
use crate::policy::combine::ResourceRule;
use crate::policy::context::RequestContext;
use crate::sessions::{Carried, Order, Subject};

crate::operation! {
    /// Returns temporary credentials for a federated user: at most what the caller may do, and no more than the policies say.
    GetFederationToken;
    input GetFederationTokenInput {
        /// Whom the caller vouches for.
        "Name" name: FederatedName,
        /// How long, in seconds.
        "DurationSeconds" duration: Option<SessionDuration>,
        /// What the session may do at most; without any policy it may do nothing.
        "Policy" policy: Option<ShortPolicyText>,
        /// Managed policies that say the same.
        "PolicyArns" policy_arns: List<PolicyArn, 10>,
        /// What conditions may read of the session.
        "Tags" tags: List<RequestTag, 50>,
        /// How long the session token shall be at least, to try what fits.
        "MinimumSessionTokenSize" minimum_session_token_size: Option<MinimumSessionTokenSize>,
    }
    errors [InvalidParameterValue, MalformedPolicyDocument, PackedPolicyTooLarge, RegionDisabledException]
    output GetFederationTokenOutput {
        /// Whom the credentials are for.
        "FederatedUser" federated_user: FederatedUser,
        /// The credentials.
        "Credentials" credentials: Credentials,
        /// The same as `SessionTokenUtilization`, by its older name.
        "PackedPolicySize" packed_policy_size: i64,
        /// How many characters the session token has.
        "SessionTokenSize" session_token_size: i64,
        /// How much of its room the session token fills, in percent.
        "SessionTokenUtilization" session_token_utilization: i64,
    }
}

crate::structure! {
    /// A federated user.
    FederatedUser {
        /// The ARN of the session.
        "Arn" arn: String,
        /// `{account}:{name}`.
        "FederatedUserId" federated_user_id: String,
    }
}

impl Operation for GetFederationToken {
    const DESCRIPTION: Description = Self::DESCRIBED;
    type Input = GetFederationTokenInput;
    type Ready = (Result<Order, ApiError>, Endpoint, FederatedUser);
    type Output = GetFederationTokenOutput;

    fn plan(call: &Call<'_, Self::Input>, view: &View<'_>) -> Result<Plan<Self::Ready>, ApiError> {
        let (input, principal) = (&call.input, call.caller.principal());
        let tags = tags_of_session(&input.tags.0, &[], None)?;
        let policy = input.policy.as_ref().map(ShortPolicyText::as_str);
        let carried = Carried {
            tags,
            source_identity: None,
            policies: policies_of_session(policy, &input.policy_arns.0, principal.account(), view)?,
            vouched: None,
        };
        let account = view.snapshot.identities.account(principal.account());
        let arn = account.map(|account| account.federated_user_arn(&input.name));
        let arn = arn.ok_or_else(|| ApiError::internal("the caller's account is gone"))?;
        let mut context = RequestContext::new();
        describe_request_tags(&input.tags.0, &mut context);
        let question = |action| Question {
            action,
            resource: arn.clone(),
            // AWS: one source names the federated user, another the calling one (iam-evaluation section 9).
            other_resource: Some(principal.arn()),
            called: None,
            resource_account: principal.account(),
            resource_policy: None,
            rule: ResourceRule::Ordinary,
            context: context.clone(),
        };
        let tagging = (!carried.tags.is_empty()).then(|| question("sts:TagSession"));
        let questions = [question("sts:GetFederationToken")].into_iter().chain(tagging).collect();
        // AWS: who may not do this at all is told so first (gft-session-creds).
        let order = LongTermCaller::of(call.caller, Self::DESCRIPTION.name).map(|caller| Order {
            account: principal.account(),
            subject: Subject::Federated { name: input.name.clone(), issuer: caller.user_id().cloned() },
            issuer_arn: principal.arn(),
            seconds: caller.seconds(input.duration),
            second_factor: None,
            carried,
            minimum_token_size: input.minimum_session_token_size,
        });
        let federated_user_id = format!("{}:{}", principal.account(), input.name);
        Ok(Plan::asking(questions, (order, call.endpoint, FederatedUser { arn: arn.clone(), federated_user_id })))
    }

    fn perform(
        ready: Authorized<Self::Ready>,
        changes: &mut Changes<'_>,
        view: &View<'_>,
    ) -> Result<Self::Output, ApiError> {
        let (order, endpoint, federated_user) = ready.into_inner();
        let Issued { credentials, session: _, session_token_size, session_token_utilization } =
            issue(order?, OneTime::Nothing, endpoint, changes, view)?;
        Ok(GetFederationTokenOutput {
            federated_user,
            credentials,
            packed_policy_size: session_token_utilization,
            session_token_size,
            session_token_utilization,
        })
    }
}
