//! Roles as operations look for them.

use std::sync::Arc;

use crate::api::View;
use crate::api::errors::not_there;
use crate::identities::Role;
use crate::ids::Endpoint;

/// The role of this ARN, if it is known at `endpoint`; else why not.
pub fn known_role<'a>(arn: &str, endpoint: Endpoint, view: &View<'a>) -> Result<&'a Arc<Role>, String> {
    let role = view.snapshot.identities.role_by_arn(arn).ok_or("it does not exist")?;
    let account = view.snapshot.identities.account(role.record.account).ok_or("its account does not exist")?;
    // AWS: where an account is not, its roles are unknown (sts-s-region-role-off).
    account.is_in(endpoint.region).map_err(|why| not_there(&why))?;
    Ok(role)
}
