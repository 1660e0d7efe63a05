//! AssumeRole: temporary credentials for a role that trusts the caller.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use std::sync::Arc;

use super::credentials::{AssumedRoleUser, Credentials};
use super::issue::{Issued, issue};
use super::provided_contexts::{ProvidedContext, describe_contexts};
use super::roles::{describe_resource_tag, describe_role, known_role};
use super::session_policies::{PolicyArn, policies_of_session};
use super::session_tags::{RequestTag, describe_request_tags, tags_of_session};
use crate::access::{Principal, Question};
use crate::api::lists::{List, PlainList};
use crate::api::operation::Description;
use crate::api::{ApiError, Authorized, Call, Changes, Operation, Plan, SecondFactor, View};
use crate::identities::Role;
use crate::ids::names::{
    ArnText, ExternalId, MinimumSessionTokenSize, RoleDuration, RoleSessionName, SerialNumber, SessionPolicyText,
    SourceIdentity, TokenCode,
};
use crate::ids::tags::TagKey;
use crate::ids::{AccountId, Arn, Endpoint};
use crate::policy::combine::ResourceRule;
use crate::policy::context::RequestContext;
use crate::sessions::{Carried, Order, SessionTag, Subject};

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
        /// What the session may do at most.
        "Policy" policy: Option<SessionPolicyText>,
        /// Managed policies that say the same.
        "PolicyArns" policy_arns: List<PolicyArn, 10>,
        /// What is known elsewhere of the person behind the session.
        "ProvidedContexts" provided_contexts: List<ProvidedContext, 5>,
        /// An MFA device of the caller's.
        "SerialNumber" serial_number: Option<SerialNumber>,
        /// Who stands behind the session.
        "SourceIdentity" source_identity: Option<SourceIdentity>,
        /// What conditions may read of the session.
        "Tags" tags: List<RequestTag, 50>,
        /// What the MFA device shows.
        "TokenCode" token_code: Option<TokenCode>,
        /// Which of the tags sessions begun from this one shall have too.
        "TransitiveTagKeys" transitive_tag_keys: PlainList<TagKey, 50>,
        /// How long the session token shall be at least, to try what fits.
        "MinimumSessionTokenSize" minimum_session_token_size: Option<MinimumSessionTokenSize>,
    }
    unserved []
    errors [InvalidParameterValue, MalformedPolicyDocument, PackedPolicyTooLarge, RegionDisabledException]
    output AssumeRoleOutput {
        /// Who the caller has become.
        "AssumedRoleUser" assumed_role_user: AssumedRoleUser,
        /// The credentials.
        "Credentials" credentials: Credentials,
        /// Who stands behind the session.
        "SourceIdentity" source_identity: Option<SourceIdentity>,
        /// The same as `SessionTokenUtilization`, by its older name.
        "PackedPolicySize" packed_policy_size: i64,
        /// How many characters the session token has.
        "SessionTokenSize" session_token_size: i64,
        /// How much of its room the session token fills, in percent.
        "SessionTokenUtilization" session_token_utilization: i64,
    }
}

/// A session of a role that everybody needed has agreed to.
pub struct Assumption {
    role: Arc<Role>,
    session_name: RoleSessionName,
    seconds: i32,
    chained: bool,
    carried: Carried,
    has_contexts: bool,
    minimum_token_size: Option<MinimumSessionTokenSize>,
    endpoint: Endpoint,
}

impl Operation for AssumeRole {
    const DESCRIPTION: Description = Self::DESCRIBED;
    type Input = AssumeRoleInput;
    type Ready = Assumption;
    type Output = AssumeRoleOutput;

    fn plan(call: &Call<'_, Self::Input>, view: &View<'_>) -> Result<Plan<Self::Ready>, ApiError> {
        let input = &call.input;
        let arn = Arn::parse(input.role_arn.as_str()).ok_or_else(|| ApiError::not_an_arn(input.role_arn.as_str()))?;
        let (account, _) = arn.as_role().ok_or_else(ApiError::not_a_role_arn)?;
        let caller = call.caller.credential().session().map(|opened| &opened.session().carried);
        if let Principal::FederatedUser { .. } = call.caller.principal() {
            return Err(ApiError::not_for_sessions(
                &call.caller.principal().arn(),
                "sts:AssumeRole",
                input.role_arn.as_str(),
            ));
        }
        let carried = carried(input, caller, account, view)?;
        if let Principal::Root(_) = call.caller.principal() {
            return Err(ApiError::root_may_not_assume());
        }
        let second_factor =
            SecondFactor { serial_number: input.serial_number.clone(), token_code: input.token_code.clone() };
        let role = match known_role(input.role_arn.as_str(), call.endpoint, view) {
            Ok(role) => role,
            Err(cause) => {
                let (arn, role_arn) = (call.caller.principal().arn(), input.role_arn.as_str());
                let refusal = ApiError::denied_unknown(&arn, "sts:AssumeRole", role_arn, cause);
                return Ok(Plan::refused(refusal).with(second_factor));
            }
        };
        let context = context(role, input, &carried);
        let question = |action| Question {
            action,
            resource: role.arn.clone(),
            other_resource: None,
            resource_account: role.record.account,
            resource_policy: Some(role.trust.clone()),
            rule: ResourceRule::MustAllow,
            context: context.clone(),
        };
        // AWS: what is inherited needs the same permission as what is asked for (ar-setsourceidentity-denied).
        let source_identity = carried.source_identity.is_some().then(|| question("sts:SetSourceIdentity"));
        let tags = (!carried.tags.is_empty()).then(|| question("sts:TagSession"));
        let has_contexts = !input.provided_contexts.0.is_empty();
        let contexts = has_contexts.then(|| question("sts:SetContext"));
        let more = source_identity.into_iter().chain(tags).chain(contexts);
        let questions = more.chain([question("sts:AssumeRole")]).collect();
        let assumption = Assumption {
            role: Arc::clone(role),
            session_name: input.role_session_name.clone(),
            seconds: input.duration.map_or(RoleDuration::DEFAULT_SECONDS, RoleDuration::get),
            chained: caller.is_some(),
            carried,
            has_contexts,
            minimum_token_size: input.minimum_session_token_size,
            endpoint: call.endpoint,
        };
        Ok(Plan::asking(questions, assumption).with(second_factor))
    }

    fn perform(
        ready: Authorized<Self::Ready>,
        changes: &mut Changes<'_>,
        view: &View<'_>,
    ) -> Result<Self::Output, ApiError> {
        let (assumption, code) = ready.into_parts();
        let Assumption { role, session_name, seconds, chained, carried, has_contexts, minimum_token_size, endpoint } =
            assumption;
        // ATTACK: no provider is known, so whoever shows an assertion made it up.
        if has_contexts {
            return Err(ApiError::no_context_assertion());
        }
        // AWS: the role's own maximum is looked at first (ar-duration-both).
        if seconds > role.record.max_session_seconds {
            return Err(ApiError::over_role_maximum());
        }
        if chained && seconds > CHAINED_SECONDS {
            return Err(ApiError::over_chaining_maximum());
        }
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
        let Issued { credentials, session_token_size, session_token_utilization } =
            issue(order, code.as_ref(), endpoint, changes, view)?;
        Ok(AssumeRoleOutput {
            assumed_role_user,
            credentials,
            source_identity,
            packed_policy_size: session_token_utilization,
            session_token_size,
            session_token_utilization,
        })
    }
}

/// What the session shall carry: what is asked for, and what the caller's own session hands down.
fn carried(
    input: &AssumeRoleInput,
    caller: Option<&Carried>,
    account: AccountId,
    view: &View<'_>,
) -> Result<Carried, ApiError> {
    let tags = tags_of_session(&input.tags.0, &input.transitive_tag_keys.0, caller)?;
    let policies =
        policies_of_session(input.policy.as_ref().map(SessionPolicyText::as_str), &input.policy_arns.0, account, view)?;
    let inherited = caller.and_then(|carried| carried.source_identity.as_ref());
    let source_identity = match (inherited, &input.source_identity) {
        (Some(set), Some(asked)) if set != asked => return Err(ApiError::source_identity_is_set()),
        (Some(set), _) => Some(set.clone()),
        (None, asked) => asked.clone(),
    };
    Ok(Carried { tags, source_identity, policies, vouched: None })
}

/// The keys that the trust policy may ask about.
fn context(role: &Role, input: &AssumeRoleInput, carried: &Carried) -> RequestContext<'static> {
    let mut context = RequestContext::new();
    context.set("sts:RoleSessionName", input.role_session_name.as_str().to_owned());
    context.set_some("sts:ExternalId", input.external_id.as_ref().map(ExternalId::to_string));
    context.set_some("sts:SourceIdentity", carried.source_identity.as_ref().map(SourceIdentity::to_string));
    describe_request_tags(&input.tags.0, &mut context);
    describe_contexts(&input.provided_contexts.0, &mut context);
    let transitive: Vec<String> =
        carried.tags.iter().filter(|tag| tag.transitive).map(|tag| tag.tag.key.to_string()).collect();
    if !transitive.is_empty() {
        context.set_many("sts:TransitiveTagKeys", transitive);
    }
    // AWS: while the trust is judged, tags handed down stand in for the role's own of the same key.
    describe_role(role, &mut context);
    let handed_down = carried.tags.iter().filter(|tag| !is_requested(tag, input));
    handed_down.for_each(|tag| describe_resource_tag(&tag.tag, &mut context));
    context
}

fn is_requested(tag: &SessionTag, input: &AssumeRoleInput) -> bool {
    input.tags.0.iter().any(|requested| requested.key.is_same_as(&tag.tag.key))
}
