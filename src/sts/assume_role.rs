//! AssumeRole: temporary credentials for a role that trusts the caller.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use super::credentials::{AssumedRoleUser, Credentials};
use super::issue::OneTime;
use super::provided_contexts::{ProvidedContext, describe_contexts};
use super::role_sessions::{Assumed, RoleSession};
use super::roles::known_role;
use super::session_policies::{PolicyArn, policies_of_session};
use super::session_tags::{RequestTag, tags_of_session};
use crate::access::{Principal, describe_resource_tag};
use crate::api::lists::{List, PlainList};
use crate::api::operation::Description;
use crate::api::{ApiError, Authorized, Call, Changes, Operation, Plan, SecondFactor, View};
use crate::ids::names::{
    ArnText, ExternalId, MinimumSessionTokenSize, RoleDuration, RoleSessionName, SerialNumber, SessionPolicyText,
    SourceIdentity, TokenCode,
};
use crate::ids::tags::{Tag, TagKey};
use crate::ids::{AccountId, Arn, Partition};
use crate::sessions::{Carried, SessionTag};

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
    session: RoleSession,
    chained: bool,
    has_contexts: bool,
}

impl Operation for AssumeRole {
    const DESCRIPTION: Description = Self::DESCRIBED;
    type Input = AssumeRoleInput;
    type Ready = Assumption;
    type Output = AssumeRoleOutput;

    fn plan(call: &Call<'_, Self::Input>, view: &View<'_>) -> Result<Plan<Self::Ready>, ApiError> {
        let input = &call.input;
        let account = arn_of_iam(input.role_arn.as_str())?.account;
        let account = AccountId::parse(account).unwrap_or_else(|| call.caller.principal().account());
        let caller = call.caller.credential().session().map(|opened| &opened.session().carried);
        if let Principal::FederatedUser { .. } = call.caller.principal() {
            let caller_arn = call.caller.principal().arn();
            return Err(ApiError::not_for_sessions(&caller_arn, "sts:AssumeRole", input.role_arn.as_str()));
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
        let chained = caller.is_some();
        let handed_down: Vec<Tag> =
            carried.tags.iter().filter(|tag| !is_requested(tag, input)).map(|tag| tag.tag.clone()).collect();
        let least = input.minimum_session_token_size;
        let session = RoleSession::new(role, &input.role_session_name, input.duration, carried, least, call.endpoint);
        let mut context = session.context(&input.tags.0);
        context.set_some("sts:ExternalId", input.external_id.as_ref().map(ExternalId::to_string));
        describe_contexts(&input.provided_contexts.0, &mut context);
        // AWS: while the trust is judged, tags handed down stand in for the role's own of the same key.
        for tag in &handed_down {
            describe_resource_tag(tag, &mut context);
        }
        let has_contexts = !input.provided_contexts.0.is_empty();
        let questions = session.questions(has_contexts.then_some("sts:SetContext"), "sts:AssumeRole", context);
        let assumption = Assumption { session, chained, has_contexts };
        Ok(Plan::asking(questions, assumption).with(second_factor))
    }

    fn perform(
        ready: Authorized<Self::Ready>,
        changes: &mut Changes<'_>,
        view: &View<'_>,
    ) -> Result<Self::Output, ApiError> {
        let (assumption, code) = ready.into_parts();
        let Assumption { session, chained, has_contexts } = assumption;
        // ATTACK: no provider is known, so whoever shows an assertion made it up.
        if has_contexts {
            return Err(ApiError::no_context_assertion());
        }
        // AWS: the role's own maximum is looked at first (ar-duration-both).
        let seconds = session.seconds()?;
        if chained && seconds > CHAINED_SECONDS {
            return Err(ApiError::over_chaining_maximum());
        }
        let Assumed { assumed_role_user, source_identity, issued } =
            session.issue(seconds, OneTime::code(code.as_ref()), changes, view)?;
        Ok(AssumeRoleOutput {
            assumed_role_user,
            credentials: issued.credentials,
            source_identity,
            packed_policy_size: issued.session_token_utilization,
            session_token_size: issued.session_token_size,
            session_token_utilization: issued.session_token_utilization,
        })
    }
}

/// AWS: whatever ARN of IAM's or its own is given, STS looks for a role of it and finds none (B-810).
fn arn_of_iam(text: &str) -> Result<Arn<'_>, ApiError> {
    let arn = Arn::parse(text).ok_or_else(|| ApiError::not_an_arn(text))?;
    let is_of_iam = matches!(arn.service, "iam" | "sts") && Partition::parse(arn.partition).is_some();
    if is_of_iam { Ok(arn) } else { Err(ApiError::not_a_role_arn()) }
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

fn is_requested(tag: &SessionTag, input: &AssumeRoleInput) -> bool {
    input.tags.0.iter().any(|requested| requested.key.is_same_as(&tag.tag.key))
}
