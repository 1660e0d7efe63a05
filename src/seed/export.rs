//! Writes identities as a seed that makes the same again: ids, dates and secrets included, in an order that does not
//! change, so that two exports can be compared line by line.
//!
//! Not in it, for it is no identity: sessions and what ended them, uses, used codes, the clock, the keys of issuers.

use std::collections::HashMap;

use super::delivery;
use super::page::Page;
use super::passwords;
use super::schema::VERSION;
use super::tree::{MAX_NODES, MAX_TEXT};
use crate::identities::{AccessKey, Account, Group, Identities, InstanceProfile, ManagedPolicy, MfaDevice, Role, User};
use crate::ids::names::{GroupName, RoleName};
use crate::ids::region::{RegionOptStatus, TokenVersion};
use crate::ids::tags::Tag;
use crate::ids::{AccountId, OrganizationRootId, OrganizationalUnitId, UniqueId};
use crate::store::records::{self, KeyOwner};
use crate::time::Timestamp;

/// Everything that `identities` has, as the text of a seed.
pub fn export(identities: &Identities) -> String {
    let mut accounts: Vec<&Account> = identities.accounts().map(AsRef::as_ref).collect();
    accounts.sort_by_key(|account| account.id);
    Page::write(|page| {
        page.word("version", VERSION);
        let led = |account: &&Account| {
            let organization = identities.organization_of(account.id)?;
            (organization.management == account.id).then_some((account.id, &organization.record))
        };
        let mut organizations: Vec<_> = accounts.iter().filter_map(led).collect();
        organizations.sort_by_key(|(_, record)| record.id.as_str());
        page.things("organizations", organizations, |page, (management, record)| {
            organization(page, management, record);
        });
        page.things("accounts", &accounts, |page, account| Export::new(identities, account.id).account(page, account));
        if let Some(record) = identities.delivery() {
            delivery::export(page, record);
        }
    })
}

/// Whether an import takes so long a text, or why not.
pub fn comes_back(text: &str) -> Result<(), String> {
    let closes = |line: &&str| matches!(line.trim(), "}" | "}," | "]" | "],");
    let values = text.lines().filter(|line| !closes(line)).count();
    if text.len() <= MAX_TEXT && values <= MAX_NODES {
        return Ok(());
    }
    Err(format!(
        "as a seed this state has {} MiB and {values} values, and an import takes no more than {} MiB and {MAX_NODES} values: \
         copy the data directory of a service that is stopped",
        text.len().div_ceil(1 << 20),
        MAX_TEXT >> 20
    ))
}

/// One account in the writing.
struct Export<'a> {
    identities: &'a Identities,
    account: AccountId,
    /// The devices of each owner, in the order of their names; under none those that nobody has.
    devices: HashMap<Option<&'a KeyOwner>, Vec<&'a MfaDevice>>,
}

impl<'a> Export<'a> {
    fn new(identities: &'a Identities, account: AccountId) -> Self {
        let mut devices: HashMap<_, Vec<&MfaDevice>> = HashMap::new();
        for (_, device) in identities.mfa_devices_after(account, None) {
            devices.entry(device.owner()).or_default().push(device);
        }
        Self { identities, account, devices }
    }

    fn account(&self, page: &mut Page, account: &Account) {
        let (identities, id) = (self.identities, self.account);
        page.text("id", &id.to_string());
        page.text("partition", account.record.partition.as_str());
        page.optional("alias", account.record.alias.as_deref());
        regions(page, &account.regions);
        if let Some(outbound) = identities.outbound(id) {
            page.word("outboundWebIdentityFederation", outbound.enabled);
            page.text("outboundIssuer", &outbound.issuer.to_string());
        }
        let root = KeyOwner::Root(id);
        if let Some(policy) = identities.password_policy(id) {
            page.map("passwordPolicy", |page| passwords::write_policy(page, policy));
        }
        self.login_profile(page, "rootLoginProfile", &root);
        page.things("rootAccessKeys", identities.access_keys_of(&root), |page, key| access_key(page, key));
        self.devices(page, "rootMfaDevices", Some(&root));
        self.devices(page, "unassignedMfaDevices", None);
        page.things("users", identities.users_after(id, None), |page, (_, user)| self.user(page, user));
        page.things("groups", identities.groups_after(id, None), |page, (_, group)| self::group(page, group));
        page.things("policies", identities.policies_after(id, None), |page, (_, policy)| managed_policy(page, policy));
        page.things("roles", identities.roles_after(id, None), |page, (_, role)| self.role(page, role));
        let profiles = identities.instance_profiles_after(id, None);
        page.things("instanceProfiles", profiles, |page, (_, profile)| instance_profile(page, profile));
        let providers = identities.oidc_providers_of(id);
        page.things("oidcProviders", providers, |page, provider| oidc_provider(page, &provider.record));
        let providers = identities.saml_providers().filter(|provider| provider.record.account == id);
        let mut providers: Vec<&records::SamlProvider> = providers.map(|provider| &provider.record).collect();
        providers.sort_by_key(|record| record.name.as_str());
        page.things("samlProviders", providers, saml_provider);
    }

    fn user(&self, page: &mut Page, user: &User) {
        let records::User { account: _, name, path, created, tags, groups, permissions } = &user.record;
        head(page, name.as_str(), &user.id, *created, path.as_str());
        self::tags(page, tags);
        page.texts("groups", groups.iter().map(GroupName::as_str));
        self::permissions(page, permissions);
        let owner = KeyOwner::User(user.id.clone());
        self.login_profile(page, "loginProfile", &owner);
        page.things("accessKeys", self.identities.access_keys_of(&owner), |page, key| access_key(page, key));
        self.devices(page, "mfaDevices", Some(&owner));
    }

    fn login_profile(&self, page: &mut Page, name: &str, owner: &KeyOwner) {
        if let Some(profile) = self.identities.login_profile(owner) {
            page.map(name, |page| passwords::write_profile(page, profile));
        }
    }

    fn role(&self, page: &mut Page, role: &Role) {
        let records::Role {
            account: _,
            name,
            path,
            created,
            description,
            max_session_seconds,
            trust,
            trusted,
            tags,
            permissions,
        } = &role.record;
        head(page, name.as_str(), &role.id, *created, path.as_str());
        page.optional("description", description.as_deref());
        page.word("maxSessionDuration", max_session_seconds);
        self::tags(page, tags);
        page.document("trust", trust);
        let others = trusted.iter().filter(|(arn, id)| self.identities.unique_id(arn).as_ref() != Some(id));
        let others: Vec<_> = others.collect();
        if !others.is_empty() {
            page.map("trusted", |page| others.iter().for_each(|(arn, id)| page.text(arn, id.as_str())));
        }
        self::permissions(page, permissions);
    }

    fn devices(&self, page: &mut Page, name: &str, owner: Option<&KeyOwner>) {
        page.things(name, self.devices.get(&owner).into_iter().flatten(), |page, device| {
            let records::MfaDevice { account: _, name, path, seed, assignment, drift, last_pair, tags } =
                &device.record;
            page.text("name", name.as_str());
            page.text("path", path.as_str());
            page.text("secret", &plain(seed.expose()));
            if let Some(assignment) = assignment {
                instant(page, "enabled", assignment.enabled);
            }
            if *drift != 0 {
                page.word("drift", drift);
            }
            if let Some(step) = last_pair {
                page.word("lastPair", step);
            }
            self::tags(page, tags);
        });
    }
}

/// How everything begins that has a unique id.
fn head(page: &mut Page, name: &str, id: &UniqueId, created: Timestamp, path: &str) {
    page.text("name", name);
    page.text("id", id.as_str());
    instant(page, "created", created);
    page.text("path", path);
}

fn instance_profile(page: &mut Page, profile: &InstanceProfile) {
    let records::InstanceProfile { id, account: _, name, path, created, tags, role } = &profile.record;
    head(page, name.as_str(), id, *created, path.as_str());
    self::tags(page, tags);
    page.optional("role", role.as_ref().map(RoleName::as_str));
}

pub(super) fn delivery_token(page: &mut Page, token: Option<&records::DeliveryToken>) {
    if let Some(token) = token {
        page.text("token", &plain(token.0.expose()));
    }
}

fn access_key(page: &mut Page, key: &AccessKey) {
    let records::AccessKey { secret, owner: _, active, created } = &key.record;
    page.text("id", key.id.as_str());
    page.text("secret", &plain(secret.expose()));
    page.text("status", if *active { "Active" } else { "Inactive" });
    instant(page, "created", *created);
}

fn group(page: &mut Page, group: &Group) {
    let records::Group { account: _, name, path, created, permissions } = &group.record;
    head(page, name.as_str(), &group.id, *created, path.as_str());
    self::permissions(page, permissions);
}

fn managed_policy(page: &mut Page, policy: &ManagedPolicy) {
    let record = &policy.record;
    head(page, record.name.as_str(), &policy.id, record.created, record.path.as_str());
    page.optional("description", record.description.as_deref());
    self::tags(page, &record.tags);
    if let ([only], 1) = (record.versions.as_slice(), record.last_version)
        && only.created == record.created
        && record.updated == record.created
    {
        return page.document("document", &only.document);
    }
    page.text("defaultVersion", &format!("v{}", record.default_version));
    page.text("lastVersion", &format!("v{}", record.last_version));
    instant(page, "updated", record.updated);
    page.things("versions", &record.versions, |page, version| {
        let records::PolicyVersion { number, document, created } = version;
        page.text("version", &format!("v{number}"));
        instant(page, "created", *created);
        page.document("document", document);
    });
}

fn permissions(page: &mut Page, permissions: &records::Permissions) {
    let records::Permissions { inline, attached, boundary } = permissions;
    page.optional("permissionsBoundary", boundary.as_deref());
    page.texts("attachedPolicies", attached);
    page.things("policies", inline, |page, policy| {
        let records::InlinePolicy { name, document } = policy;
        page.text("name", name.as_str());
        page.document("document", document);
    });
}

fn oidc_provider(page: &mut Page, provider: &records::OidcProvider) {
    let records::OidcProvider { account: _, url, client_ids, thumbprints, created, tags, keys } = provider;
    page.text("url", url);
    instant(page, "created", *created);
    page.texts("clientIds", client_ids);
    page.texts("thumbprints", thumbprints);
    self::tags(page, tags);
    page.optional("jwks", keys.as_deref());
}

fn saml_provider(page: &mut Page, provider: &records::SamlProvider) {
    let records::SamlProvider {
        account: _,
        name,
        id,
        metadata,
        encryption_required,
        private_keys,
        created,
        uploaded,
        tags,
    } = provider;
    page.text("name", name.as_str());
    page.text("id", id);
    instant(page, "created", *created);
    instant(page, "uploaded", *uploaded);
    self::tags(page, tags);
    page.text("assertionEncryptionMode", if *encryption_required { "Required" } else { "Allowed" });
    page.things("privateKeys", private_keys, |page, key| {
        let records::SamlPrivateKey { id, added, pem } = key;
        page.text("id", id);
        instant(page, "added", *added);
        page.text("pem", &plain(pem.expose()));
    });
    page.text("metadata", metadata);
}

fn organization(page: &mut Page, management: AccountId, organization: &records::Organization) {
    let records::Organization {
        id,
        members,
        iam_trusted_access,
        iam_delegated_administrators,
        features,
        service_control_policies,
        full_access_detached_from,
        resource_control_policies,
        root,
        units,
    } = organization;
    page.text("id", id.as_str());
    page.optional("rootId", root.as_ref().map(OrganizationRootId::as_str));
    page.text("managementAccount", &management.to_string());
    page.texts("memberAccounts", members.iter().map(ToString::to_string));
    self::units(page, units, None);
    page.map("iam", |page| {
        page.word("trustedAccess", iam_trusted_access);
        page.texts("delegatedAdministrators", iam_delegated_administrators.iter().map(ToString::to_string));
        page.texts("features", features.iter().map(|feature| feature.word()));
    });
    let policy = |page: &mut Page, policy: &records::OrganizationPolicy| {
        page.text("id", policy.id.as_str());
        page.texts("attachedTo", policy.attached_to.iter().map(ToString::to_string));
        page.document("document", &policy.document);
    };
    page.things("serviceControlPolicies", service_control_policies, policy);
    page.texts("fullAWSAccessDetachedFrom", full_access_detached_from.iter().map(ToString::to_string));
    page.things("resourceControlPolicies", resource_control_policies, policy);
}

/// The units that are in one of them, or in the root.
fn units(page: &mut Page, all: &[records::OrganizationalUnit], parent: Option<&OrganizationalUnitId>) {
    let here = all.iter().filter(|unit| unit.parent.as_ref() == parent);
    page.things("organizationalUnits", here, |page, unit| {
        let records::OrganizationalUnit { id, name, parent: _, accounts } = unit;
        page.text("name", name.as_str());
        page.text("id", id.as_str());
        page.texts("accounts", accounts.iter().map(ToString::to_string));
        units(page, all, Some(id));
    });
}

fn regions(page: &mut Page, settings: &records::RegionSettings) {
    let records::RegionSettings {
        other_opt_in_regions,
        opt_in_regions,
        sts_deactivated,
        global_endpoint_token_version,
    } = settings;
    if *other_opt_in_regions != RegionOptStatus::default() || !opt_in_regions.is_empty() {
        page.map("optInRegions", |page| {
            page.text("*", super::regions::word(*other_opt_in_regions));
            for (name, status) in opt_in_regions {
                page.text(name, super::regions::word(*status));
            }
        });
    }
    page.texts("stsDeactivatedRegions", sts_deactivated);
    if *global_endpoint_token_version != TokenVersion::default() {
        page.text("globalEndpointTokenVersion", super::regions::version_word(*global_endpoint_token_version));
    }
}

fn tags(page: &mut Page, tags: &[Tag]) {
    if !tags.is_empty() {
        page.map("tags", |page| tags.iter().for_each(|tag| page.text(tag.key.as_str(), tag.value.as_str())));
    }
}

pub(super) fn instant(page: &mut Page, name: &str, at: Timestamp) {
    page.text(name, &at.iso_millis().to_string());
}

/// A secret that holds `${` is no variable.
fn plain(secret: &str) -> String {
    secret.replace("${", "$${")
}
