//! The organizations of a seed: who leads them, who belongs to them, what binds their accounts, what IAM does for them.

use super::apply::Ids;
use super::document::{Document, IamAccess, Located, Organization, OrganizationPolicy, OrganizationalUnit};
use super::fault::{Faults, Seen};
use super::reader::{Form, Map, Reader};
use super::tree::Node;
use crate::api::world::{ChangeError, Draft};
use crate::identities::Identities;
use crate::ids::names::OrganizationalUnitName;
use crate::ids::{
    AccountId, OrganizationFeature, OrganizationId, OrganizationPolicyId, OrganizationRootId,
    OrganizationTarget as Target, OrganizationalUnitId,
};
use crate::store::records;

static ORGANIZATION: Form = Form::of(
    "an organization",
    "id rootId managementAccount memberAccounts organizationalUnits iam serviceControlPolicies \
     fullAWSAccessDetachedFrom resourceControlPolicies",
);

static UNIT: Form = Form::of("an organizational unit", "name id accounts organizationalUnits");

static IAM: Form = Form::of("what IAM does for an organization", "trustedAccess delegatedAdministrators features");

static POLICY: Form = Form::of("a policy of an organization", "id attachedTo document");

const ORGANIZATION_ID: &str = "an id is `o-` and 10 to 32 small letters and digits: o-smallcompany";
const ROOT_ID: &str = "an id is `r-` and 4 to 32 small letters and digits: r-ab12";
const POLICY_ID: &str = "an id is `p-` and 8 to 128 letters, digits and underscores: p-denyguests";
const TARGET: &str = "write `root` for all member accounts, the id of one account in quotes, or an organizational unit: \
                      its id or its name, Workloads/Live if another is called Live, too";
const FEATURES: &str = "write RootCredentialsManagement or RootSessions";
/// AWS: units in units.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
const MAX_DEPTH: usize = 5;

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
        let root = map.get("rootId");
        let root = root.and_then(|node| self.value(node, "id of the root", ROOT_ID, OrganizationRootId::parse));
        let management_node = self.required(&map, "managementAccount");
        let management = management_node.and_then(|node| self.account_id(node));
        let mut members = self.distinct(&map, "memberAccounts", Self::account_id);
        let units = id.as_ref().map(|id| self.units(&map, id, &root.clone().unwrap_or_else(|| id.root()), None));
        let units = units.unwrap_or_default();
        for account in units.iter().flat_map(|unit| &unit.accounts) {
            if Some(account.value) != management && members.iter().all(|member| member.value != account.value) {
                members.push(account.clone());
            }
        }
        let target = |reader: &mut Self, node: &Node| reader.target(node, &units);
        let policy = |reader: &mut Self, node: &Node| reader.organization_policy(node, &units);
        Some(Organization {
            iam: map.written("iam").and_then(|node| self.iam(node)).unwrap_or_default(),
            service_control_policies: self.things(&map, "serviceControlPolicies", policy),
            full_access_detached_from: self.distinct(&map, "fullAWSAccessDetachedFrom", target),
            resource_control_policies: self.things(&map, "resourceControlPolicies", policy),
            id: id?,
            at: id_node?.at.clone(),
            management: Located { value: management?, at: management_node?.at.clone() },
            root,
            members,
            units,
        })
    }

    /// The units in the root or in another unit, and behind them those in each of them.
    fn units(
        &mut self,
        map: &Map,
        organization: &OrganizationId,
        root: &OrganizationRootId,
        above: Option<&OrganizationalUnit>,
    ) -> Vec<OrganizationalUnit> {
        let mut below = Vec::new();
        let mut units = self.things(map, "organizationalUnits", |reader, node| {
            let map = reader.map(node, &UNIT)?;
            let (name, at) = reader.named(&map, "name of the organizational unit");
            let name: OrganizationalUnitName = name?;
            let path = above.map_or_else(|| name.to_string(), |above| format!("{}/{name}", above.path));
            let id = map.get("id").and_then(|node| reader.unit_id(node, root));
            let unit = OrganizationalUnit {
                id: id.unwrap_or_else(|| derived(organization, root, &path)),
                at,
                name,
                path,
                depth: above.map_or(1, |above| above.depth + 1),
                parent: above.map(|above| above.id.clone()),
                accounts: reader.distinct(&map, "accounts", Self::account_id),
            };
            below.extend(reader.units(&map, organization, root, Some(&unit)));
            Some(unit)
        });
        if let Some(deep) = units.first().filter(|unit| unit.depth == MAX_DEPTH + 1) {
            let advice = "leave at most five below each other, as AWS does";
            self.faults.push(&deep.at, format!("{MAX_DEPTH} organizational units stand above this one"), advice);
        }
        units.append(&mut below);
        units
    }

    fn unit_id(&mut self, node: &Node, root: &OrganizationRootId) -> Option<OrganizationalUnitId> {
        let start = root.of_units();
        let advice = format!(
            "in the root {root} an id is `{start}` and 8 to 32 small letters and digits; write `rootId` if it is another root"
        );
        self.value(node, "id of the organizational unit", &advice, |text| {
            OrganizationalUnitId::parse(text).filter(|_| text.starts_with(&start))
        })
    }

    fn iam(&mut self, node: &Node) -> Option<IamAccess> {
        let map = self.map(node, &IAM)?;
        let trusted = map.get("trustedAccess").map_or(Some(true), |_| self.switch(&map, "trustedAccess"));
        let delegated_administrators = self.distinct(&map, "delegatedAdministrators", Self::account_id);
        let features = self.distinct(&map, "features", Self::feature);
        Some(IamAccess { trusted: trusted?, delegated_administrators, features })
    }

    fn organization_policy(&mut self, node: &Node, units: &[OrganizationalUnit]) -> Option<OrganizationPolicy> {
        let map = self.map(node, &POLICY)?;
        let id_node = self.required(&map, "id");
        let id = id_node.and_then(|node| self.value(node, "id of the policy", POLICY_ID, OrganizationPolicyId::parse));
        let attached_to = self.distinct(&map, "attachedTo", |reader, node| reader.target(node, units));
        let document = self.document(&map, "document");
        Some(OrganizationPolicy { id: id?, at: id_node?.at.clone(), attached_to, document: document? })
    }

    fn target(&mut self, node: &Node, units: &[OrganizationalUnit]) -> Option<Target> {
        self.value(node, "target", TARGET, |text| match text {
            "root" => Some(Target::Root),
            _ => AccountId::parse(text)
                .map(Target::Account)
                .or_else(|| unit_called(text, units).map(|unit| Target::Unit(unit.id.clone()))),
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

/// The id of a unit that is given none, the same wherever the seed is planted.
fn derived(organization: &OrganizationId, root: &OrganizationRootId, path: &str) -> OrganizationalUnitId {
    let random = Ids::Derived(0).random(&["organizational unit", organization.as_str(), &path.to_lowercase()]);
    OrganizationalUnitId::below(root, u32::from_be_bytes(random))
}

/// The only unit of this id or path, or else of this name.
fn unit_called<'u>(text: &str, units: &'u [OrganizationalUnit]) -> Option<&'u OrganizationalUnit> {
    let mut found: Vec<_> = units.iter().filter(|unit| unit.id.as_str() == text || unit.path == text).collect();
    if found.is_empty() {
        found.extend(units.iter().filter(|unit| unit.name.as_str() == text));
    }
    match found.as_slice() {
        [unit] => Some(unit),
        _ => None,
    }
}

/// What organizations say of accounts: each belongs to one at most, and only what belongs to it can be named in it.
pub(super) fn check(document: &Document, faults: &mut Faults) {
    let mut seen = Seen::new();
    for organization in &document.organizations {
        let accounts = std::iter::once(&organization.management).chain(&organization.members);
        accounts.for_each(|account| once(&mut seen, account, faults));
        let (mut seen, mut ids) = (Seen::new(), Seen::new());
        for unit in &organization.units {
            unit.accounts.iter().for_each(|account| once(&mut seen, account, faults));
            if let Some(first) = ids.before(&unit.id, &unit.at) {
                let advice = format!("give it one of its own: the first is on {}", first.seen_from(&unit.at));
                faults.push(&unit.at, format!("two organizational units have the id {}", unit.id), advice);
            }
        }
        named_accounts(organization, faults);
    }
}

fn once<'d>(seen: &mut Seen<'d, AccountId>, Located { value, at }: &'d Located<AccountId>, faults: &mut Faults) {
    if let Some(first) = seen.before(*value, at) {
        let problem = format!("the account {value} is in two places of organizations");
        faults.push(at, problem, format!("it can be in one only: see {}", first.seen_from(at)));
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
        fn values<T: Clone>(located: &[Located<T>]) -> Vec<T> {
            located.iter().map(|located| located.value.clone()).collect()
        }
        let policies = |policies: &[OrganizationPolicy]| {
            let policy = |policy: &OrganizationPolicy| records::OrganizationPolicy {
                id: policy.id.clone(),
                document: policy.document.json.clone(),
                attached_to: values(&policy.attached_to),
            };
            policies.iter().map(policy).collect()
        };
        let unit = |unit: &OrganizationalUnit| records::OrganizationalUnit {
            id: unit.id.clone(),
            name: unit.name.clone(),
            parent: unit.parent.clone(),
            accounts: values(&unit.accounts),
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
            root: self.root.clone(),
            units: self.units.iter().map(unit).collect(),
        }
    }
}
