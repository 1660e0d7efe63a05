//! Sessions that may call next to nothing of STS: those of users, of the root user, and of federated users.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html>

use crate::access::{Caller, Credential, Principal};
use crate::api::ApiError;

/// Refuses such a session an operation that is not among the few; `action` and `resource` are for the refusal.
pub fn refuse_limited(caller: &Caller, action: &str, resource: &str) -> Result<(), ApiError> {
    let limited = match caller.principal() {
        Principal::User(_) | Principal::Root(_) => matches!(caller.credential(), Credential::Temporary(..)),
        Principal::FederatedUser { .. } => true,
        Principal::RoleSession { .. } => false,
    };
    if limited { Err(ApiError::not_for_sessions(&caller.principal().arn(), action, resource)) } else { Ok(()) }
}
