//! Roles as operations look for them, and as conditions see them.

use std::sync::Arc;

use crate::api::View;
use crate::api::errors::not_there;
use crate::identities::Role;
use crate::ids::Endpoint;
use crate::ids::tags::Tag;
use crate::policy::context::RequestContext;

/// The role of this ARN, if it is known at `endpoint`; else why not.
pub fn known_role<'a>(arn: &str, endpoint: Endpoint, view: &View<'a>) -> Result<&'a Arc<Role>, String> {
    let role = view.snapshot.identities.role_by_arn(arn).ok_or("it does not exist")?;
    let account = view.snapshot.identities.account(role.record.account).ok_or("its account does not exist")?;
    // AWS: where an account is not, its roles are unknown (sts-s-region-role-off).
    account.is_in(endpoint.region).map_err(|why| not_there(&why))?;
    Ok(role)
}

/// Adds the keys by which conditions read a role's tags.
pub fn describe_role(role: &Role, context: &mut RequestContext<'_>) {
    role.record.tags.iter().for_each(|tag| describe_resource_tag(tag, context));
}

/// Adds the keys by which conditions read one tag of a role, in place of another of the same key.
pub fn describe_resource_tag(tag: &Tag, context: &mut RequestContext<'_>) {
    context.set_tag("aws:ResourceTag", tag.key.as_str(), tag.value.as_str().to_owned());
    context.set_tag("iam:ResourceTag", tag.key.as_str(), tag.value.as_str().to_owned());
}
