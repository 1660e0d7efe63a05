//! Whose policies are simulated or read for their context keys: a user's, a group's or a role's.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>

use std::collections::HashSet;

use super::action::{Look, Target};
use super::policy_exclusions::Exclusions;
use crate::access::{is_beyond_organizations, service_control_of};
use crate::api::ApiError;
use crate::identities::{HolderKind, NamedPolicy};
use crate::ids::arn::name_in;
use crate::ids::names::ExcludedPolicyType;
use crate::ids::{AccountId, Arn};

/// What binds somebody.
pub(super) struct Source<'a> {
    /// Whom.
    pub(super) arn: &'a str,
    /// Their own policies, for a user those of the groups too.
    pub(super) policies: Vec<&'a NamedPolicy>,
    /// The boundary.
    pub(super) boundary: Option<&'a NamedPolicy>,
    /// The policies of the organization level by level, if the account is in one.
    pub(super) service_control: Option<Vec<Vec<&'a NamedPolicy>>>,
}

impl<'a> Source<'a> {
    /// The one of this ARN.
    pub(super) fn of(text: &str, look: Look<'a>) -> Result<Self, ApiError> {
        let (kind, account, name) = entity(text, look)?;
        if account != look.asker.account {
            return Err(ApiError::foreign_entity(look.asker.account, account));
        }
        let identities = look.identities;
        let found = match kind {
            HolderKind::User => {
                look.user(name).map(|user| (&user.arn, identities.policies_of_user(user), &user.permissions))
            }
            HolderKind::Group => look
                .group(name)
                .map(|group| (&group.arn, identities.policies_among(&group.permissions), &group.permissions)),
            HolderKind::Role => {
                look.role(name).map(|role| (&role.arn, identities.policies_among(&role.permissions), &role.permissions))
            }
        };
        let (arn, mut policies, permissions) = found.map_err(|_| ApiError::no_entity())?;
        // AWS: what a user and its groups have counts once.
        let mut seen = HashSet::new();
        policies.retain(|policy| seen.insert(&*policy.name));
        let boundary = permissions.boundary().and_then(|arn| identities.managed_policy(arn));
        let is_bound = !(kind == HolderKind::Role && look.role(name).is_ok_and(|role| is_beyond_organizations(role)));
        let service_control = service_control_of(account, identities).filter(|_| is_bound);
        Ok(Self { arn, policies, boundary, service_control })
    }

    /// Without some of it.
    pub(super) fn without(mut self, excluded: &Exclusions) -> Self {
        self.policies.retain(|policy| !excluded.have(policy));
        self.boundary = self.boundary.filter(|_| !excluded.have_all(ExcludedPolicyType::Boundary));
        self.service_control = self.service_control.filter(|_| !excluded.have_all(ExcludedPolicyType::ServiceControl));
        self
    }
}

/// The kind, the account and the name of a user, group or role by its ARN; its path does not count.
pub(super) fn entity<'t>(text: &'t str, look: Look<'_>) -> Result<(HolderKind, AccountId, &'t str), ApiError> {
    let wrong = || ApiError::not_an_entity(text);
    let arn = Arn::parse(text).ok_or_else(wrong)?;
    let (word, path_and_name) = arn.resource.split_once('/').ok_or_else(wrong)?;
    let is_known = arn.partition == look.asker.partition.as_str() && arn.service == "iam" && arn.region.is_empty();
    let kind = HolderKind::named(word).filter(|_| is_known).ok_or_else(wrong)?;
    let account = AccountId::parse(arn.account).ok_or_else(wrong)?;
    Ok((kind, account, name_in(path_and_name)))
}

/// AWS: whoever names something else is told so, whether allowed to ask or not (B-811).
pub(super) fn target(text: &str, look: Look<'_>) -> Result<Target, ApiError> {
    let (kind, account, name) = entity(text, look)?;
    Ok(if account == look.asker.account { look.target(kind, name).by_arn() } else { Target::at(text) })
}
