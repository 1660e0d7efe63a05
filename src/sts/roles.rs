//! Roles as operations look for them.

use std::sync::Arc;

use crate::api::View;
use crate::api::errors::not_there;
use crate::identities::Role;
use crate::ids::{Arn, Endpoint};

/// The role of this ARN, if it is known at `endpoint`; else why not.
pub fn known_role<'a>(arn: &str, endpoint: Endpoint, view: &View<'a>) -> Result<&'a Arc<Role>, String> {
    let role = view.snapshot.identities.role_by_arn(arn).ok_or_else(|| why_unknown(arn))?;
    let account = view.snapshot.identities.account(role.record.account).ok_or("its account does not exist")?;
    // AWS: where an account is not, its roles are unknown (sts-s-region-role-off).
    account.is_in(endpoint.region).map_err(|why| not_there(&why))?;
    Ok(role)
}

/// Why no role is found by this ARN.
fn why_unknown(arn: &str) -> &'static str {
    let Some(other) = Arn::parse(arn).filter(|arn| arn.as_role().is_none()) else { return "it does not exist" };
    match other.resource.split('/').next() {
        Some("user") => "that is a user, not a role",
        Some("group") => "that is a group, not a role",
        Some("policy") => "that is a policy, not a role",
        Some("instance-profile") => "that is an instance profile, not the role in it",
        Some("assumed-role") => "that is a session of a role, not the role",
        Some("root") => "that is a root user, not a role",
        _ => "no role has such an ARN, but arn:PARTITION:iam::ACCOUNT:role/PATH/NAME",
    }
}
