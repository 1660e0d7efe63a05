//! What IAM says of simulations and reports (iam-api 23, 24, 28).

use super::ApiError;
use crate::ids::AccountId;
use crate::policy::problem::ParseError;
use crate::wire::ErrorCode;

impl ApiError {
    /// Actions that AWS's simulator knows beside some that it does not.
    pub fn actions_not_alike(known: &[&str], others: &[&str]) -> Self {
        let (known, others) = (known.join(","), others.join(","));
        Self::bad_input(format!(
            "Invalid Input Actions: [{known}] and [{others}] require different authorization information. "
        ))
    }

    /// Nobody made a report.
    pub fn no_report() -> Self {
        Self::without_text(ErrorCode::ReportNotPresent)
    }

    /// The report is too old.
    pub fn report_expired() -> Self {
        Self::without_text(ErrorCode::ReportExpired)
    }
}

phrases! {
    /// A proposed policy that is none, the `number`-th of the list.
    bad_proposed_policy(number: usize, why: &ParseError) InvalidInput
        "Policy input list item {number} has invalid content" because why;
    /// A proposed boundary that is no policy.
    bad_proposed_boundary(why: &ParseError) InvalidInput
        "Permissions Boundary policy input list item 1 has invalid content" because why;
    /// A proposed resource policy that is none.
    bad_proposed_resource_policy(why: &ParseError) InvalidInput "Resource policy has invalid content" because why;
    /// A proposed policy of the `level`-th level of an organization that is none.
    bad_organization_policy(level: usize, why: &ParseError) InvalidInput
        "Organization policy at index {level} has invalid content" because why;
    /// A level of an organization without policies.
    empty_organization_level(level: usize) InvalidInput
        "Organization policy at index {level} must contain at least one service control policy";
    /// A policy to be left out that is named in no way, or in several.
    exclusion_not_of_one_form() InvalidInput
        "Invalid policy exclusion: exactly one of policyType, policyArn, and inlinePolicyIdentifier is required";
    /// Names of an inline policy to be left out that are none.
    bad_inline_exclusion() InvalidInput
        "Invalid inline policy exclusion: policyName, attachmentType, and attachmentName are required";
    /// A scenario that is not one of the action.
    no_such_scenario(action: &str) InvalidInput
        "Invalid input resource handling options. Action does not support resource handling options: {action}. Please \
         refer to the documentation for more details: \
         https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html";
    /// More than one proposed boundary.
    several_boundaries() InvalidInput "The list of Permissions Boundary policies cannot exceed 1 items.";
    /// An action without a service.
    action_without_service() InvalidInput "The action is invalid since it is missing names";
    /// A resource that is neither an ARN nor a star.
    resource_not_arn(text: &str) InvalidInput "ResourceNames are not in a valid ARN format: {text}.";
    /// An ARN that is no user's, group's or role's.
    not_an_entity(text: &str) InvalidInput "Invalid ARN provided in the request: {text}";
    /// A user, group or role of another account.
    foreign_entity(own: AccountId, other: AccountId) InvalidInput
        "Invalid Policy Source Arn: caller's account {own} does not have access to policies in account {other}.";
    /// No such user, group or role.
    no_entity() NoSuchEntity "Unable to retrieve specified IAM entity.";
    /// A resource policy, and nobody whom it could name.
    no_simulated_caller() InvalidInput "Invalid caller - Caller cannot be null or empty.";
    /// A caller that is no user, group or role.
    bad_simulated_caller() InvalidInput
        "Invalid caller - Caller must be an IAM user, role or group in this context.";
    /// An owner of resources that is nobody of IAM's.
    bad_resource_owner(text: &str) InvalidInput "'{text}' is not a valid as a Resource Owner.";
    /// A resource policy, and no resource that it could be of.
    entity_not_clear(text: &str) InvalidInput
        "Invalid Entity Arn: {text} does not clearly define entity type and name.";
    /// A marker of another simulation.
    bad_simulation_marker() InvalidInput "Invalid marker for pagination.";
    /// More than is evaluated in one call.
    too_much_to_simulate() InvalidInput "The policies and resources are too long to be evaluated in one call.";
    /// A context entry without a name.
    context_key_unnamed() InvalidInput "ContextKeyName cannot be null or empty.";
    /// A context entry without a type.
    context_key_untyped(key: &str) InvalidInput "Context key {key} has invalid type null.";
    /// A context entry without values.
    context_key_empty(key: &str) InvalidInput "Context values for context key {key} cannot be null or empty.";
    /// Several values where the type (`kind`) has one.
    context_key_of_one_value(kind: &str, count: usize) InvalidInput
        "Context key {kind} expected a single value, but received {count}.";
    /// A context key twice, whatever the case.
    context_key_repeated(key: &str) InvalidInput "Duplicate context key: {key}.";
    /// A value of another kind than its type says: `form` was due.
    context_value_of_other_form(key: &str, form: &str) InvalidInput
        "Invalid context value for key {key}: expected {form}.";
    /// A marker of another list of an account's details.
    marker_of_other_filter() ValidationError "Marker and Filter do not match";
}
