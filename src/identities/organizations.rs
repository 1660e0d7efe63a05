//! Organizations: which accounts belong together, and the policies that bind them.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html>

use std::sync::{Arc, LazyLock};

use super::policies::{NamedPolicy, parse};
use super::{Identities, IdentityError, Result};
use crate::ids::{AccountId, OrganizationFeature, OrganizationTarget, Partition};
use crate::policy::parse::PolicyKind;
use crate::store::{Batch, records, tables};

/// An organization, ready for evaluation.
#[derive(Debug)]
pub struct Organization {
    /// The account that leads it. No policy of the organization binds it.
    pub management: AccountId,
    /// What is stored of it.
    pub record: records::Organization,
    service_control: Vec<Attached>,
    resource_control: Vec<Attached>,
}

/// A policy of an organization, named by its ARN, and where it holds.
#[derive(Debug)]
struct Attached {
    policy: NamedPolicy,
    to: Vec<OrganizationTarget>,
}

impl Organization {
    /// Where its accounts stand in it: `o-.../r-.../`. There are no organizational units here.
    pub fn path(&self) -> String {
        let id = self.record.id.as_str();
        let root: String = id.chars().skip(2).take(4).collect();
        format!("{id}/r-{root}/")
    }

    /// The service control policies that bind `account`, level by level; none bind the management account.
    pub fn service_control_levels(&self, account: AccountId) -> Vec<Vec<&NamedPolicy>> {
        let level = |target: OrganizationTarget| {
            // AWS: attached everywhere by itself, until somebody detaches it.
            let detached = self.record.full_access_detached_from.contains(&target);
            let full_access = FULL_ACCESS.as_ref().filter(|_| !detached);
            full_access.into_iter().chain(attached(&self.service_control, target)).collect()
        };
        self.levels_of(account).into_iter().map(level).collect()
    }

    /// The resource control policies that bind what `account` has.
    pub fn resource_control_policies(&self, account: AccountId) -> Vec<&NamedPolicy> {
        self.levels_of(account).into_iter().flat_map(|target| attached(&self.resource_control, target)).collect()
    }

    /// Whether `account` is one of its members; the management account is none.
    pub fn has_member(&self, account: AccountId) -> bool {
        self.record.members.contains(&account)
    }

    /// Whether `account` administers IAM for all of them.
    pub fn administers_iam(&self, account: AccountId) -> bool {
        account == self.management || self.record.iam_delegated_administrators.contains(&account)
    }

    /// Whether IAM does this for it.
    pub fn has_feature(&self, feature: OrganizationFeature) -> bool {
        self.record.features.contains(&feature)
    }

    fn levels_of(&self, account: AccountId) -> Vec<OrganizationTarget> {
        if account == self.management {
            return Vec::new();
        }
        vec![OrganizationTarget::Root, OrganizationTarget::Account(account)]
    }
}

fn attached(policies: &[Attached], target: OrganizationTarget) -> impl Iterator<Item = &NamedPolicy> {
    policies.iter().filter(move |policy| policy.to.contains(&target)).map(|policy| &policy.policy)
}

impl Identities {
    /// The organization that `account` belongs to, as its management account or as a member.
    pub fn organization_of(&self, account: AccountId) -> Option<&Arc<Organization>> {
        // WHY: mostly there is none, and every question asks for two of them.
        if self.organizations.is_empty() {
            return None;
        }
        self.organizations.get(self.organization_of.get(&account)?)
    }

    /// Makes an organization.
    pub fn create_organization(
        &mut self,
        batch: &mut Batch,
        management: AccountId,
        record: records::Organization,
    ) -> Result<()> {
        for account in [management].iter().chain(&record.members) {
            self.partition(*account)?;
            if self.organization_of(*account).is_some() {
                return Err(IdentityError::InOrganization(*account));
            }
        }
        tables::ORGANIZATIONS.put(batch, &management, &record)?;
        self.keep_organization(management, record)
    }

    /// Switches on what IAM does for the organization that `management` leads, or off.
    pub fn set_organization_feature(
        &mut self,
        batch: &mut Batch,
        management: AccountId,
        feature: OrganizationFeature,
        on: bool,
    ) -> Result<()> {
        let found = self.organizations.get(&management);
        let found = found.ok_or_else(|| IdentityError::NoSuch("organization", management.to_string()))?;
        let mut record = found.record.clone();
        record.features.retain(|present| *present != feature);
        if on {
            record.features.push(feature);
        }
        tables::ORGANIZATIONS.put(batch, &management, &record)?;
        self.keep_organization(management, record)
    }

    pub(super) fn keep_organization(&mut self, management: AccountId, record: records::Organization) -> Result<()> {
        let partition = self.partition(management)?;
        let compile = |policies: &[records::OrganizationPolicy], word: &str, kind: PolicyKind| {
            let compile = |policy: &records::OrganizationPolicy| {
                let arn = arn(partition, &management.to_string(), &format!("{}/{word}/{}", record.id, policy.id));
                let compiled = parse(&arn, &policy.document, kind)?;
                Ok(Attached { policy: NamedPolicy::new(arn, compiled), to: policy.attached_to.clone() })
            };
            policies.iter().map(compile).collect::<Result<Vec<_>>>()
        };
        let service_control =
            compile(&record.service_control_policies, "service_control_policy", PolicyKind::ServiceControl)?;
        let resource_control =
            compile(&record.resource_control_policies, "resource_control_policy", PolicyKind::ResourceControl)?;
        for account in [management].iter().chain(&record.members) {
            self.organization_of.insert_mut(*account, management);
        }
        let organization = Organization { management, record, service_control, resource_control };
        self.organizations.insert_mut(management, Arc::new(organization));
        Ok(())
    }
}

fn arn(partition: Partition, owner: &str, rest: &str) -> String {
    format!("arn:{partition}:organizations::{owner}:policy/{rest}")
}

static FULL_ACCESS: LazyLock<Option<NamedPolicy>> = LazyLock::new(|| {
    let arn = arn(Partition::Aws, "aws", "service_control_policy/p-FullAWSAccess");
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    // INVARIANT: the document parses; a test holds it.
    parse(&arn, document, PolicyKind::ServiceControl).ok().map(|policy| NamedPolicy::new(arn, policy))
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_that_aws_attaches_parses() {
        assert!(FULL_ACCESS.is_some());
    }
}
