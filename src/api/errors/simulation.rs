//! What IAM says of simulations and reports (iam-api 23, 24, 28).

use super::ApiError;
use crate::ids::AccountId;
use crate::policy::problem::ParseError;
use crate::wire::ErrorCode;

impl ApiError {
    /// A proposed policy that is none, the `number`-th of the list.
    pub fn bad_proposed_policy(number: usize, why: &ParseError) -> Self {
        Self::bad_input(format!("Policy input list item {number} has invalid content")).because(why)
    }

    /// A proposed boundary that is no policy.
    pub fn bad_proposed_boundary(why: &ParseError) -> Self {
        Self::bad_input("Permissions Boundary policy input list item 1 has invalid content").because(why)
    }

    /// A proposed resource policy that is none.
    pub fn bad_proposed_resource_policy(why: &ParseError) -> Self {
        Self::bad_input("Resource policy has invalid content").because(why)
    }

    /// More than one proposed boundary.
    pub fn several_boundaries() -> Self {
        Self::bad_input("The list of Permissions Boundary policies cannot exceed 1 items.")
    }

    /// An action without a service.
    pub fn action_without_service() -> Self {
        Self::bad_input("The action is invalid since it is missing names")
    }

    /// A resource that is neither an ARN nor a star.
    pub fn resource_not_arn(text: &str) -> Self {
        Self::bad_input(format!("ResourceNames are not in a valid ARN format: {text}."))
    }

    /// An ARN that is no user's, group's or role's.
    pub fn not_an_entity(text: &str) -> Self {
        Self::bad_input(format!("Invalid ARN provided in the request: {text}"))
    }

    /// A user, group or role of another account.
    pub fn foreign_entity(own: AccountId, other: AccountId) -> Self {
        Self::bad_input(format!(
            "Invalid Policy Source Arn: caller's account {own} does not have access to policies in account {other}."
        ))
    }

    /// No such user, group or role.
    pub fn no_entity() -> Self {
        Self::no_such("Unable to retrieve specified IAM entity.")
    }

    /// A resource policy, and nobody whom it could name.
    pub fn no_caller_for_resource_policy() -> Self {
        Self::bad_input("CallerArn must be specified when ResourcePolicy is provided.")
    }

    /// A marker of another simulation.
    pub fn bad_simulation_marker() -> Self {
        Self::bad_input("Invalid marker for pagination.")
    }

    /// More than is evaluated in one call.
    pub fn too_much_to_simulate() -> Self {
        Self::bad_input("The policies and resources are too long to be evaluated in one call.")
    }

    /// A context entry without a name.
    pub fn context_key_unnamed() -> Self {
        Self::bad_input("ContextKeyName cannot be null or empty.")
    }

    /// A context entry without a type.
    pub fn context_key_untyped(key: &str) -> Self {
        Self::bad_input(format!("Context key {key} has invalid type null."))
    }

    /// A context entry without values.
    pub fn context_key_empty(key: &str) -> Self {
        Self::bad_input(format!("Context values for context key {key} cannot be null or empty."))
    }

    /// Several values where the type (`kind`) has one.
    pub fn context_key_of_one_value(kind: &str, count: usize) -> Self {
        Self::bad_input(format!("Context key {kind} expected a single value, but received {count}."))
    }

    /// A context key twice, whatever the case.
    pub fn context_key_repeated(key: &str) -> Self {
        Self::bad_input(format!("Duplicate context key: {key}."))
    }

    /// A value of another kind than its type says: `form` was due.
    pub fn context_value_of_other_form(key: &str, form: &str) -> Self {
        Self::bad_input(format!("Invalid context value for key {key}: expected {form}."))
    }

    /// A marker of another list of an account's details.
    pub fn marker_of_other_filter() -> Self {
        Self::invalid("Marker and Filter do not match")
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
