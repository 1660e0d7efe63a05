//! `AssumeRoot`: a short while as the root user of a member account, for one task.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html>

use super::credentials::Credentials;
use super::issue::{Issued, OneTime, issue};
use super::limited_sessions::refuse_limited;
use super::session_policies::PolicyArn;
use crate::access::{Principal, Question};
use crate::api::lists::Structure;
use crate::api::operation::Description;
use crate::api::{ApiError, Authorized, Call, Changes, Operation, Plan, View};
use crate::identities::feature_of_root_task;
use crate::ids::names::{MinimumSessionTokenSize, RootDuration, SourceIdentity, TargetPrincipal};
use crate::ids::{AccountId, Arn, Endpoint, OrganizationFeature, Partition};
use crate::policy::combine::ResourceRule;
use crate::policy::context::RequestContext;
use crate::sessions::{Carried, Order, SessionPolicies, Subject};

crate::operation! {
    /// Returns credentials of the root user of a member account, good for one task.
    AssumeRoot;
    input AssumeRootInput {
        /// The member account, by id or by the ARN of its root user.
        "TargetPrincipal" target_principal: TargetPrincipal,
        /// The task: one of AWS's policies for it.
        "TaskPolicyArn" task_policy_arn: Structure<PolicyArn>,
        /// How long, in seconds.
        "DurationSeconds" duration: Option<RootDuration>,
        /// How long the session token shall be at least, to try what fits.
        "MinimumSessionTokenSize" minimum_session_token_size: Option<MinimumSessionTokenSize>,
    }
    errors [RegionDisabledException]
    output AssumeRootOutput {
        /// The credentials.
        "Credentials" credentials: Credentials,
        /// Who stands behind the caller's session.
        "SourceIdentity" source_identity: Option<SourceIdentity>,
        /// How many characters the session token has.
        "SessionTokenSize" session_token_size: i64,
        /// How much of its room the session token fills, in percent.
        "SessionTokenUtilization" session_token_utilization: i64,
    }
}

const ACTION: &str = "sts:AssumeRoot";

impl Operation for AssumeRoot {
    const DESCRIPTION: Description = Self::DESCRIBED;
    type Input = AssumeRootInput;
    type Ready = Result<(Order, Endpoint), ApiError>;
    type Output = AssumeRootOutput;

    fn served_at(endpoint: Endpoint) -> Result<(), ApiError> {
        if endpoint.global { Err(ApiError::unknown_operation_at_global_endpoint()) } else { Ok(()) }
    }

    fn plan(call: &Call<'_, Self::Input>, view: &View<'_>) -> Result<Plan<Self::Ready>, ApiError> {
        let (input, principal) = (&call.input, call.caller.principal());
        let account = view.snapshot.identities.account(principal.account());
        let partition = account.ok_or_else(|| ApiError::internal("the caller's account is gone"))?.record.partition;
        let target = target(input.target_principal.as_str(), partition).ok_or_else(ApiError::no_target_principal)?;
        let task = input.task_policy_arn.0.arn.as_str();
        let feature = feature_of_root_task(task, partition).ok_or_else(ApiError::no_task_policy)?;
        // AWS: the ARN is printed even if an account id was sent (sts-s-aroot-denied).
        let resource = format!("arn:{partition}:iam::{target}:root");
        refuse_limited(call.caller, ACTION, &resource)?;
        if let Principal::Root(_) = principal {
            return Err(ApiError::not_for_sessions(&principal.arn(), ACTION, &resource));
        }
        let mut context = RequestContext::new();
        context.set("sts:TaskPolicyArn", task.to_owned());
        let question = Question {
            action: ACTION,
            resource: resource.clone(),
            other_resource: None,
            called: None,
            resource_account: target,
            resource_policy: None,
            rule: ResourceRule::NotAsked,
            context,
        };
        // WHY: who has no permission shall learn nothing of the organization, so this is told only after it.
        let admitted = admit(principal, target, &resource, feature, call.endpoint, view);
        let session = call.caller.credential().session();
        let order = Order {
            account: target,
            subject: Subject::AssumedRoot,
            issuer_arn: resource,
            seconds: input.duration.map_or(RootDuration::DEFAULT_SECONDS, RootDuration::get),
            second_factor: None,
            carried: Carried {
                tags: Vec::new(),
                source_identity: session.and_then(|opened| opened.session().carried.source_identity.clone()),
                policies: SessionPolicies::pack(None, vec![task.to_owned()]),
                vouched: None,
            },
            minimum_token_size: input.minimum_session_token_size,
        };
        Ok(Plan::asking(vec![question], admitted.map(|()| (order, call.endpoint))))
    }

    fn perform(
        ready: Authorized<Self::Ready>,
        changes: &mut Changes<'_>,
        view: &View<'_>,
    ) -> Result<Self::Output, ApiError> {
        let (order, endpoint) = ready.into_inner()?;
        let source_identity = order.carried.source_identity.clone();
        let Issued { credentials, session: _, session_token_size, session_token_utilization } =
            issue(order, OneTime::Nothing, endpoint, changes, view)?;
        Ok(AssumeRootOutput { credentials, source_identity, session_token_size, session_token_utilization })
    }
}

/// The account that is meant by its id or by the ARN of its root user.
fn target(text: &str, partition: Partition) -> Option<AccountId> {
    AccountId::parse(text).or_else(|| {
        let arn = Arn::parse(text).filter(|arn| arn.partition == partition.as_str() && arn.region.is_empty())?;
        (arn.service == "iam" && arn.resource == "root").then(|| AccountId::parse(arn.account))?
    })
}

/// Whether the organization lets `caller` act as the root user of `target`.
fn admit(
    caller: &Principal,
    target: AccountId,
    resource: &str,
    feature: OrganizationFeature,
    endpoint: Endpoint,
    view: &View<'_>,
) -> Result<(), ApiError> {
    let identities = &view.snapshot.identities;
    let denied = |cause: &str| Err(ApiError::denied_unknown(&caller.arn(), ACTION, resource, cause));
    let Some(organization) = identities.organization_of(caller.account()) else {
        return denied("the caller's account is in no organization");
    };
    if !organization.administers_iam(caller.account()) {
        return denied("the caller's account is neither the management account nor a delegated administrator for IAM");
    }
    if !organization.has_member(target) {
        return denied("the target is no member account of the caller's organization");
    }
    if identities.account(target).is_none_or(|account| account.is_in(endpoint.region).is_err()) {
        return denied("the target is not in the region");
    }
    if !organization.record.iam_trusted_access {
        return Err(ApiError::iam_has_no_trusted_access());
    }
    if !organization.has_feature(feature) {
        return Err(ApiError::feature_is_off(feature));
    }
    Ok(())
}
