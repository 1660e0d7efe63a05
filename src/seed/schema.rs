//! The keys of a seed file: accounts, users, groups, managed policies, roles. Organizations have a file of their own.
//!
//! Reads one file alone; what one thing says of another is compared in `check`, when all files are merged.

use super::document::{
    Account, Group, InstanceProfile, Located, ManagedPolicy, PolicyText, PolicyVersion, Role, User, Versions,
};
use super::fault::Seen;
use super::merge::{Draft, DraftAccount};
use super::reader::{Form, Map, Reader};
use super::tree::{Kind, Node};
use crate::ids::names::{GroupName, MaxSessionDuration, PolicyVersionId};
use crate::ids::unique_id::Kind as UniqueIdOf;
use crate::ids::{AccountId, Partition};
use crate::shape::{Expected, Shape};

/// How long the sessions of a role may last if it does not say.
const MAX_SESSION_SECONDS: &str = "3600";
/// Of the format, as exports say it as well.
pub(super) const VERSION: &str = "1";
/// AWS: versions of a managed policy.
const MAX_VERSIONS: usize = 5;

static FILE: Form = Form::of("a seed", "version seed organizations accounts oidc delivery");

static ACCOUNT: Form = Form::of(
    "an account",
    "id partition alias optInRegions stsDeactivatedRegions globalEndpointTokenVersion \
     outboundWebIdentityFederation outboundIssuer passwordPolicy rootLoginProfile rootAccessKeys rootMfaDevices \
     unassignedMfaDevices users groups policies roles instanceProfiles oidcProviders samlProviders",
);

static USER: Form = Form::of(
    "a user",
    "name id created path tags groups permissionsBoundary attachedPolicies loginProfile accessKeys policies \
     mfaDevices",
);

static GROUP: Form = Form::of("a group", "name id created path policies attachedPolicies");

static MANAGED_POLICY: Form = Form::of(
    "a managed policy",
    "name id created path description tags document documentText versions defaultVersion lastVersion updated",
);

static POLICY_VERSION: Form = Form::of("a version of a policy", "version created document documentText");

static INSTANCE_PROFILE: Form = Form::of("an instance profile", "name id created path role tags");

static ROLE: Form = Form::of(
    "a role",
    "name id created path description maxSessionDuration trust trustText trusted policies attachedPolicies \
     permissionsBoundary tags",
);

impl Reader<'_> {
    /// One whole file. What cannot be read is left out of it, and a fault says so.
    pub(super) fn file(&mut self, root: &Node) -> Draft {
        let Some(map) = self.map(root, &FILE) else { return Draft::default() };
        if let Some(node) = map.get("version") {
            self.version(node);
        }
        let number = map.get("seed").and_then(|node| self.number(node));
        let accounts: Vec<DraftAccount> =
            self.list(&map, "accounts").iter().filter_map(|node| self.account(node)).collect();
        self.distinct_accounts(&accounts);
        let organizations = self.organizations(&map);
        self.later(&map, "oidc");
        let oidc = map.written("oidc").map(|node| {
            if !matches!(node.kind, Kind::Map(_)) {
                let problem = format!("`oidc` must be a map, not {}", node.noun());
                self.faults.push(&node.at, problem, "leave it out: this version does not serve it yet");
            }
            Self::reserved(node)
        });
        let delivery = self.delivery(&map);
        Draft { number, accounts, organizations, oidc, delivery }
    }

    fn version(&mut self, node: &Node) {
        if self.text(node, "version of the format").is_some_and(|text| text != VERSION) {
            self.faults.push(
                &node.at,
                format!("this release reads version {VERSION} of the format"),
                format!("write {VERSION}; what a later release exported, only that release and later ones read"),
            );
        }
    }

    fn number(&mut self, node: &Node) -> Option<u64> {
        let advice = format!("write a whole number from 0 to {}", u64::MAX);
        self.value(node, "seed number", &advice, |text| text.parse().ok())
    }

    fn distinct_accounts(&mut self, accounts: &[DraftAccount]) {
        let mut seen = Seen::new();
        for DraftAccount { account, .. } in accounts {
            if let Some(first) = seen.before(account.id, &account.at) {
                let problem = format!("the account {} is defined twice in one file", account.id);
                let advice = format!("put everything under the one on {}", first.seen_from(&account.at));
                self.faults.push(&account.at, problem, advice);
            }
        }
    }

    fn account(&mut self, node: &Node) -> Option<DraftAccount> {
        let map = self.map(node, &ACCOUNT)?;
        let id_node = self.required(&map, "id");
        let id = id_node.and_then(|node| self.account_id(node));
        let partition = map.get("partition").and_then(|node| {
            let known = [Partition::Aws, Partition::China, Partition::UsGov];
            self.word(node, "partition", &known.map(|partition| (partition.as_str(), partition)))
        });
        // What must be there comes last, so that all other faults are told as well.
        let account = Account {
            partition: partition.unwrap_or(Partition::Aws),
            alias: map.get("alias").and_then(|node| self.alias(node)),
            regions: self.region_settings(&map),
            outbound: map.get("outboundWebIdentityFederation").and_then(|node| {
                self.word(node, "switch of outbound web identity federation", &[("true", true), ("false", false)])
            }),
            outbound_issuer: map.get("outboundIssuer").and_then(|node| self.issuer_id(node)),
            password_policy: map.get("passwordPolicy").and_then(|node| self.password_policy(node)),
            root_login_profile: map.get("rootLoginProfile").and_then(|node| self.root_login_profile(node)),
            root_access_keys: self.access_keys(&map, "rootAccessKeys"),
            root_mfa_devices: self.mfa_devices(&map, "rootMfaDevices"),
            unassigned_mfa_devices: self.things(&map, "unassignedMfaDevices", Self::mfa_device),
            users: self.things(&map, "users", Self::user),
            groups: self.things(&map, "groups", Self::group),
            policies: self.things(&map, "policies", Self::managed_policy),
            roles: self.things(&map, "roles", Self::role),
            instance_profiles: self.things(&map, "instanceProfiles", Self::instance_profile),
            oidc_providers: self.things(&map, "oidcProviders", Self::oidc_provider),
            saml_providers: self.things(&map, "samlProviders", Self::saml_provider),
            id: id?,
            at: id_node?.at.clone(),
        };
        Some(DraftAccount { partition, account })
    }

    pub(super) fn account_id(&mut self, node: &Node) -> Option<AccountId> {
        let text = self.text(node, "account id")?;
        let id = AccountId::parse(text);
        if id.is_none() {
            let short = text.len() < 12 && text.bytes().all(|byte| byte.is_ascii_digit());
            let advice = if short {
                format!("an account id has twelve digits; in quotes it keeps its leading zeros: \"{text:0>12}\"")
            } else {
                "an account id has twelve digits: \"123456789012\"".to_owned()
            };
            self.unusable(text, &node.at, "account id", &advice);
        }
        id
    }

    fn user(&mut self, node: &Node) -> Option<User> {
        let map = self.map(node, &USER)?;
        let (name, at) = self.named(&map, "user name");
        Some(User {
            given: self.given(&map, UniqueIdOf::User),
            path: self.path(&map),
            tags: self.tags(&map),
            groups: self.references(&map, "groups", "group name", &Expected(&GroupName::CONSTRAINTS).to_string()),
            permissions_boundary: self.permissions_boundary(&map),
            attached_policies: self.attached_policies(&map),
            policies: self.things(&map, "policies", Self::inline_policy),
            login_profile: map.get("loginProfile").and_then(|node| self.login_profile(node)),
            access_keys: self.access_keys(&map, "accessKeys"),
            mfa_devices: self.mfa_devices(&map, "mfaDevices"),
            name: name?,
            at,
        })
    }

    fn group(&mut self, node: &Node) -> Option<Group> {
        let map = self.map(node, &GROUP)?;
        let (name, at) = self.named(&map, "group name");
        Some(Group {
            given: self.given(&map, UniqueIdOf::Group),
            path: self.path(&map),
            policies: self.things(&map, "policies", Self::inline_policy),
            attached_policies: self.attached_policies(&map),
            name: name?,
            at,
        })
    }

    fn managed_policy(&mut self, node: &Node) -> Option<ManagedPolicy> {
        let map = self.map(node, &MANAGED_POLICY)?;
        let (name, at) = self.named(&map, "policy name");
        let path = self.path(&map);
        let given = self.given(&map, UniqueIdOf::Policy);
        let description = self.description(&map);
        let tags = self.tags(&map);
        let versions = self.versions(&map);
        // WHY: a policy with a broken document is still there for those who name it.
        let absent = || PolicyText { json: String::new(), at: at.clone() };
        let document = match &versions {
            Some(versions) => versions.counting().map(|version| version.document.clone()),
            None => self.document(&map, "document"),
        };
        let document = document.unwrap_or_else(absent);
        Some(ManagedPolicy { given, name: name?, at, path, description, document, versions, tags })
    }

    fn versions(&mut self, map: &Map) -> Option<Versions> {
        let node = map.get("versions")?;
        let all: Vec<PolicyVersion> =
            self.list(map, "versions").iter().filter_map(|node| self.policy_version(node)).collect();
        let newest = all.last().map_or(0, |version| version.number);
        let default = map.get("defaultVersion").and_then(|node| self.version_number(node)).unwrap_or(newest);
        let last = map.get("lastVersion").and_then(|node| self.version_number(node)).unwrap_or(newest);
        let versions = Versions { all, default, last, updated: self.instant(map, "updated") };
        let wrong = if map.get("document").or(map.get("documentText")).is_some() {
            Some("a policy has `document` or `versions`, not both")
        } else if versions.all.is_empty() || versions.all.len() > MAX_VERSIONS {
            Some("a policy has one to five versions")
        } else if !versions.all.is_sorted_by(|one, other| one.number < other.number) {
            Some("versions stand in the order of their numbers, each once")
        } else if versions.counting().is_none() {
            Some("`defaultVersion` is none of the versions")
        } else if last < newest {
            Some("`lastVersion` is older than the newest version")
        } else {
            None
        };
        if let Some(wrong) = wrong {
            self.faults.push(&node.at, wrong, "write them as an export of a running service shows them");
        }
        Some(versions)
    }

    fn policy_version(&mut self, node: &Node) -> Option<PolicyVersion> {
        let map = self.map(node, &POLICY_VERSION)?;
        let number = self.required(&map, "version").and_then(|node| self.version_number(node));
        let created = self.instant(&map, "created");
        let document = self.document(&map, "document");
        Some(PolicyVersion { number: number?, created, document: document? })
    }

    fn version_number(&mut self, node: &Node) -> Option<u32> {
        let id: PolicyVersionId = self.shaped(node, "name of a version")?;
        Some(id.number()).filter(|number| *number > 0)
    }

    fn instance_profile(&mut self, node: &Node) -> Option<InstanceProfile> {
        let map = self.map(node, &INSTANCE_PROFILE)?;
        let (name, at) = self.named(&map, "name of the instance profile");
        let given = self.given(&map, UniqueIdOf::InstanceProfile);
        let path = self.path(&map);
        let role = map
            .get("role")
            .and_then(|node| Some(Located { value: self.shaped(node, "role name")?, at: node.at.clone() }));
        let tags = self.tags(&map);
        Some(InstanceProfile { given, name: name?, at, path, role, tags })
    }

    fn role(&mut self, node: &Node) -> Option<Role> {
        let map = self.map(node, &ROLE)?;
        let (name, at) = self.named(&map, "role name");
        let given = self.given(&map, UniqueIdOf::Role);
        let path = self.path(&map);
        let description = self.description(&map);
        let max_session_duration = match map.get("maxSessionDuration") {
            Some(node) => self.shaped(node, "number of seconds for a session"),
            None => MaxSessionDuration::parse(MAX_SESSION_SECONDS).ok(),
        };
        let trust = self.document(&map, "trust");
        Some(Role {
            given,
            path,
            description,
            trusted: self.trusted(&map),
            policies: self.things(&map, "policies", Self::inline_policy),
            attached_policies: self.attached_policies(&map),
            permissions_boundary: self.permissions_boundary(&map),
            tags: self.tags(&map),
            name: name?,
            at,
            max_session_duration: max_session_duration?,
            trust: trust?,
        })
    }
}
