//! Roles as things that somebody wants to become: their trust policy is asked, and their tags can be read.

use crate::identities::{Identities, Role};
use crate::ids::tags::Tag;
use crate::policy::context::RequestContext;

/// How the names of the actions of STS begin that a trust policy decides.
const ASKED_OF_TRUST: [&str; 4] = ["AssumeRole", "TagSession", "SetSourceIdentity", "SetContext"];

/// The role whose trust policy is asked for this.
pub fn role_assumed<'i>(action: &str, resource: &str, identities: &'i Identities) -> Option<&'i Role> {
    let (service, name) = action.split_once(':')?;
    let begins = |wanted: &&str| name.get(..wanted.len()).is_some_and(|start| start.eq_ignore_ascii_case(wanted));
    let asked = service.eq_ignore_ascii_case("sts") && ASKED_OF_TRUST.iter().any(begins);
    asked.then(|| identities.role_by_arn(resource)).flatten().map(AsRef::as_ref)
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
