//! Organizations: which accounts belong together, and the policies that bind them.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html>

use std::collections::HashMap;
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
    root: Arc<Place>,
    /// The units of the accounts that are in one.
    units: HashMap<AccountId, Arc<Place>>,
}

/// Where an account can stand in an organization.
#[derive(Debug)]
struct Place {
    /// `o-.../r-.../ou-.../`
    path: String,
    /// The names of the units, if it is one: `Workloads/Live`.
    names: String,
    /// What policies there are attached to, from the root down.
    levels: Vec<OrganizationTarget>,
}

/// A policy of an organization, named by its ARN, and where it holds.
#[derive(Debug)]
struct Attached {
    policy: NamedPolicy,
    to: Vec<OrganizationTarget>,
}

impl Organization {
    /// Where `account` stands in it: `o-.../r-.../ou-.../`.
    pub fn path(&self, account: AccountId) -> &str {
        &self.place_of(account).path
    }

    /// The names of the units that `account` is in, from the root down: `Workloads/Live`.
    pub fn unit_names(&self, account: AccountId) -> &str {
        &self.place_of(account).names
    }

    /// The service control policies that bind `account`, level by level; none bind the management account.
    pub fn service_control_levels(&self, account: AccountId) -> Vec<Vec<&NamedPolicy>> {
        let level = |target: &OrganizationTarget| {
            // AWS: attached everywhere by itself, until somebody detaches it.
            let detached = self.record.full_access_detached_from.contains(target);
            let full_access = FULL_ACCESS.as_ref().filter(|_| !detached);
            full_access.into_iter().chain(attached(&self.service_control, target)).collect()
        };
        self.at_levels(account, level)
    }

    /// The resource control policies that bind what `account` has.
    pub fn resource_control_policies(&self, account: AccountId) -> Vec<&NamedPolicy> {
        self.at_levels(account, |target| attached(&self.resource_control, target).collect::<Vec<_>>()).concat()
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

    /// What is found at each level that binds `account`, from the root down.
    fn at_levels<R>(&self, account: AccountId, find: impl Fn(&OrganizationTarget) -> R) -> Vec<R> {
        if account == self.management {
            return Vec::new();
        }
        let own = OrganizationTarget::Account(account);
        self.place_of(account).levels.iter().chain([&own]).map(find).collect()
    }

    fn place_of(&self, account: AccountId) -> &Place {
        self.units.get(&account).unwrap_or(&self.root)
    }
}

impl Place {
    fn root(record: &records::Organization) -> Self {
        let root = record.root.clone().unwrap_or_else(|| record.id.root());
        Self { path: format!("{}/{root}/", record.id), names: String::new(), levels: vec![OrganizationTarget::Root] }
    }

    fn below(&self, unit: &records::OrganizationalUnit) -> Self {
        let slash = if self.names.is_empty() { "" } else { "/" };
        Self {
            path: format!("{}{}/", self.path, unit.id),
            names: format!("{}{slash}{}", self.names, unit.name),
            levels: self.levels.iter().cloned().chain([OrganizationTarget::Unit(unit.id.clone())]).collect(),
        }
    }
}

fn attached<'p>(policies: &'p [Attached], target: &OrganizationTarget) -> impl Iterator<Item = &'p NamedPolicy> {
    policies.iter().filter(move |policy| policy.to.contains(target)).map(|policy| &policy.policy)
}

/// The place of each account that is in a unit.
fn places(record: &records::Organization, root: &Arc<Place>) -> Result<HashMap<AccountId, Arc<Place>>> {
    let (mut places, mut found) = (HashMap::new(), HashMap::new());
    for unit in &record.units {
        let above = unit.parent.as_ref().map_or(Some(root), |parent| places.get(parent));
        let above = above.ok_or_else(|| IdentityError::NoSuch("organizational unit above", unit.id.to_string()))?;
        let place = Arc::new(above.below(unit));
        found.extend(unit.accounts.iter().map(|account| (*account, Arc::clone(&place))));
        places.insert(&unit.id, place);
    }
    Ok(found)
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
        let root = Arc::new(Place::root(&record));
        let units = places(&record, &root)?;
        let organization = Organization { management, record, service_control, resource_control, root, units };
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
