//! The organizations of a seed: who leads them, who belongs to them, what binds their accounts, what IAM does for them.

use super::document::{Document, IamAccess, Located, Organization, OrganizationPolicy};
use super::fault::{Faults, Seen};
use super::reader::{Form, Map, Reader};
use super::tree::Node;
use crate::api::world::{ChangeError, Draft};
use crate::identities::Identities;
use crate::ids::{AccountId, OrganizationFeature, OrganizationId, OrganizationPolicyId, OrganizationTarget as Target};
use crate::store::records;

static ORGANIZATION: Form = Form::of(
    "an organization",
    "id managementAccount memberAccounts iam serviceControlPolicies fullAWSAccessDetachedFrom \
     resourceControlPolicies",
);

static IAM: Form = Form::of("what IAM does for an organization", "trustedAccess delegatedAdministrators features");

static POLICY: Form = Form::of("a policy of an organization", "id attachedTo document");

const ORGANIZATION_ID: &str = "an id is `o-` and 10 to 32 small letters and digits: o-smallcompany";
const POLICY_ID: &str = "an id is `p-` and 8 to 128 letters, digits and underscores: p-denyguests";
const TARGET: &str = "write `root` for all member accounts, or the id of one account in quotes";
const FEATURES: &str = "write RootCredentialsManagement or RootSessions";

impl Reader<'_> {
    /// The organizations of one file.
    pub(super) fn organizations(&mut self, map: &Map) -> Vec<Organization> {
        self.things(map, "organizations", Self::organization)
    }

    fn organization(&mut self, node: &Node) -> Option<Organization> {
        let map = self.map(node, &ORGANIZATION)?;
        let id_node = self.required(&map, "id");
        let id =
            id_node.and_then(|node| self.value(node, "id of the organization", ORGANIZATION_ID, OrganizationId::parse));
        let management_node = self.required(&map, "managementAccount");
        let management = management_node.and_then(|node| self.account_id(node));
        Some(Organization {
            members: self.distinct(&map, "memberAccounts", Self::account_id),
            iam: map.written("iam").and_then(|node| self.iam(node)).unwrap_or_default(),
            service_control_policies: self.things(&map, "serviceControlPolicies", Self::organization_policy),
            full_access_detached_from: self.distinct(&map, "fullAWSAccessDetachedFrom", Self::target),
            resource_control_policies: self.things(&map, "resourceControlPolicies", Self::organization_policy),
            id: id?,
            at: id_node?.at.clone(),
            management: Located { value: management?, at: management_node?.at.clone() },
        })
    }

    fn iam(&mut self, node: &Node) -> Option<IamAccess> {
        let map = self.map(node, &IAM)?;
        let trusted = map.get("trustedAccess").map_or(Some(true), |_| self.switch(&map, "trustedAccess"));
        let delegated_administrators = self.distinct(&map, "delegatedAdministrators", Self::account_id);
        let features = self.distinct(&map, "features", Self::feature);
        Some(IamAccess { trusted: trusted?, delegated_administrators, features })
    }

    fn organization_policy(&mut self, node: &Node) -> Option<OrganizationPolicy> {
        let map = self.map(node, &POLICY)?;
        let id_node = self.required(&map, "id");
        let id = id_node.and_then(|node| self.value(node, "id of the policy", POLICY_ID, OrganizationPolicyId::parse));
        let attached_to = self.distinct(&map, "attachedTo", Self::target);
        let document = self.document(&map, "document");
        Some(OrganizationPolicy { id: id?, at: id_node?.at.clone(), attached_to, document: document? })
    }

    fn target(&mut self, node: &Node) -> Option<Target> {
        self.value(node, "target", TARGET, |text| match text {
            "root" => Some(Target::Root),
            account => AccountId::parse(account).map(Target::Account),
        })
    }

    fn feature(&mut self, node: &Node) -> Option<OrganizationFeature> {
        self.value(node, "feature", FEATURES, OrganizationFeature::named)
    }

    /// The entries of an optional list, no two alike.
    fn distinct<T: PartialEq>(
        &mut self,
        map: &Map,
        key: &str,
        read: impl Fn(&mut Self, &Node) -> Option<T>,
    ) -> Vec<Located<T>> {
        let mut found: Vec<Located<T>> = Vec::new();
        for node in self.list(map, key) {
            let Some(value) = read(self, node) else { continue };
            match found.iter().find(|earlier| earlier.value == value) {
                None => found.push(Located { value, at: node.at.clone() }),
                Some(first) => {
                    let advice = format!("keep one: the first is on {}", first.at.seen_from(&node.at));
                    self.faults.push(&node.at, format!("`{key}` lists this twice"), advice);
                }
            }
        }
        found
    }
}

/// What organizations say of accounts: each belongs to one at most, and only what belongs to it can be named in it.
pub(super) fn check(document: &Document, faults: &mut Faults) {
    let mut seen = Seen::new();
    for organization in &document.organizations {
        let accounts = std::iter::once(&organization.management).chain(&organization.members);
        for Located { value, at } in accounts {
            if let Some(first) = seen.before(*value, at) {
                let problem = format!("the account {value} is in two places of organizations");
                faults.push(at, problem, format!("it can be in one only: see {}", first.seen_from(at)));
            }
        }
        named_accounts(organization, faults);
    }
}

fn named_accounts(organization: &Organization, faults: &mut Faults) {
    let is_member = |account: AccountId| organization.members.iter().any(|member| member.value == account);
    for Located { value, at } in &organization.iam.delegated_administrators {
        if !is_member(*value) {
            let problem = format!("the account {value} is no member of the organization {}", organization.id);
            faults.push(at, problem, "a delegated administrator is one of `memberAccounts`");
        }
    }
    let policies = organization.service_control_policies.iter().chain(&organization.resource_control_policies);
    let attached = policies.flat_map(|policy| &policy.attached_to);
    for Located { value, at } in attached.chain(&organization.full_access_detached_from) {
        let Target::Account(account) = *value else { continue };
        if account == organization.management.value {
            let problem = format!("{account} is the management account of the organization {}", organization.id);
            faults.push(at, problem, "no policy of the organization binds it: take it out");
        } else if !is_member(account) {
            let problem = format!("the account {account} is no member of the organization {}", organization.id);
            faults.push(at, problem, "write `root`, or one of `memberAccounts`");
        }
    }
}

/// Every account that organizations name must be written or present, in one partition.
pub(super) fn check_accounts(document: &Document, present: &Identities, faults: &mut Faults) {
    let partition_of = |id: AccountId| {
        let written = document.accounts.iter().find(|account| account.id == id).map(|account| account.partition);
        written.or_else(|| present.account(id).map(|account| account.record.partition))
    };
    for organization in &document.organizations {
        let home = partition_of(organization.management.value);
        for Located { value, at } in std::iter::once(&organization.management).chain(&organization.members) {
            let partition = partition_of(*value);
            if partition.is_none() {
                let problem = format!("there is no account {value}");
                faults.push(at, problem, "add it under `accounts`, if only with its id");
            } else if home.is_some() && partition != home {
                let problem = format!("the account {value} is in another partition than the management account");
                faults.push(at, problem, "an organization does not reach across partitions");
            }
        }
    }
}

/// Makes those that `draft` does not have; what is there is left as it is.
pub(super) fn add_absent(document: &Document, draft: &mut Draft) -> Result<(), ChangeError> {
    for organization in &document.organizations {
        let (management, record) = (organization.management.value, organization.to_record());
        let here = draft.identities.organization_of(management);
        let is_there = here.is_some_and(|here| here.management == management && here.record.id == record.id);
        if !is_there {
            draft.identities.create_organization(&mut draft.batch, management, record)?;
        }
    }
    Ok(())
}

impl Organization {
    /// As it is stored.
    fn to_record(&self) -> records::Organization {
        fn values<T: Copy>(located: &[Located<T>]) -> Vec<T> {
            located.iter().map(|located| located.value).collect()
        }
        let policies = |policies: &[OrganizationPolicy]| {
            let policy = |policy: &OrganizationPolicy| records::OrganizationPolicy {
                id: policy.id.clone(),
                document: policy.document.json.clone(),
                attached_to: values(&policy.attached_to),
            };
            policies.iter().map(policy).collect()
        };
        records::Organization {
            id: self.id.clone(),
            members: values(&self.members),
            iam_trusted_access: self.iam.trusted,
            iam_delegated_administrators: values(&self.iam.delegated_administrators),
            features: values(&self.iam.features),
            service_control_policies: policies(&self.service_control_policies),
            full_access_detached_from: values(&self.full_access_detached_from),
            resource_control_policies: policies(&self.resource_control_policies),
        }
    }
}
