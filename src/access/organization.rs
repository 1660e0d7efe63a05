//! What organizations have to say: the policies that bind the asker or the resource, and the keys that tell of them.

use super::authn::Principal;
use crate::identities::{Identities, NamedPolicy, Role, SERVICE_LINKED_PATH};
use crate::ids::AccountId;
use crate::policy::context::RequestContext;

/// The service control policies that bind `principal`, level by level.
pub(super) fn service_control<'i>(principal: &Principal, identities: &'i Identities) -> Vec<Vec<&'i NamedPolicy>> {
    if is_service_linked(principal) {
        return Vec::new();
    }
    let account = principal.account();
    service_control_of(account, identities).unwrap_or_default()
}

/// The service control policies that bind an account, level by level; none if it is in no organization.
pub fn service_control_of(account: AccountId, identities: &Identities) -> Option<Vec<Vec<&NamedPolicy>>> {
    identities.organization_of(account).map(|found| found.service_control_levels(account))
}

/// The resource control policies that bind what `principal` does to something of `owner`, wherever they come from.
pub(super) fn resource_control<'i>(
    principal: Option<&Principal>,
    owner: AccountId,
    identities: &'i Identities,
) -> Vec<&'i NamedPolicy> {
    if principal.is_some_and(is_service_linked) {
        return Vec::new();
    }
    identities.organization_of(owner).map(|found| found.resource_control_policies(owner)).unwrap_or_default()
}

/// Whether resource control policies have a say about an action. AWS: whoever may give a grant back may do so (measured).
pub(super) fn resource_control_reaches(action: &str) -> bool {
    !action.eq_ignore_ascii_case("kms:RetireGrant")
}

/// Whether `one` and `other` are accounts of one organization, or one account.
pub fn are_together(one: AccountId, other: AccountId, identities: &Identities) -> bool {
    let organization = |account| identities.organization_of(account).map(|found| found.management);
    one == other || organization(one).is_some_and(|found| organization(other) == Some(found))
}

/// Adds the keys of the organizations of the asker, of whoever a service acts for, and of the resource's owner.
pub(super) fn describe(
    asker: Option<AccountId>,
    source: Option<AccountId>,
    owner: Option<AccountId>,
    identities: &Identities,
    context: &mut RequestContext<'_>,
) {
    for (account, id, paths) in [
        (asker, "aws:PrincipalOrgID", "aws:PrincipalOrgPaths"),
        (source, "aws:SourceOrgID", "aws:SourceOrgPaths"),
        (owner, "aws:ResourceOrgID", "aws:ResourceOrgPaths"),
    ] {
        let Some(account) = account else { continue };
        if let Some(organization) = identities.organization_of(account) {
            context.set(id, organization.record.id.to_string());
            context.set_many(paths, [organization.path(account).to_owned()]);
        }
    }
}

/// AWS: no policy of an organization binds such a role.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html>
fn is_service_linked(principal: &Principal) -> bool {
    matches!(principal, Principal::RoleSession { role, .. } if is_beyond_organizations(role))
}

/// Whether no policy of an organization binds a role.
pub fn is_beyond_organizations(role: &Role) -> bool {
    role.record.path.as_str().starts_with(SERVICE_LINKED_PATH)
}
