//! A fingerprint of what a seed says: the same whatever its comments, its notation and the order of its things.

use sha2::{Digest, Sha256};

use super::delivery;
use super::document::{
    AccessKey, Account, Document, Given, Group, InstanceProfile, Located, LoginProfile, ManagedPolicy, MfaDevice,
    Named, NamedPolicy, OidcProvider, Organization, OrganizationPolicy, OrganizationalUnit, Role, SamlProvider, User,
};
use super::page::Page;
use super::passwords;
use crate::hex;
use crate::ids::names::ArnText;
use crate::ids::tags::Tag;
use crate::store::records;
use crate::time::Timestamp;

/// SHA-256 in hexadecimal over everything but places. Secrets go in, so that a changed one is seen.
pub(super) fn of(document: &Document) -> String {
    let mut sum = Sum(Sha256::new());
    sum.text("local-sts seed 1");
    sum.text(&document.number.to_string());
    let mut accounts: Vec<&Account> = document.accounts.iter().collect();
    accounts.sort_by_key(|account| account.id);
    sum.list(&accounts, |sum, account| sum.account(account));
    sum.option(document.oidc.as_ref(), |sum, json| sum.text(json.expose()));
    sum.option(document.delivery.as_ref(), |sum, delivery| {
        sum.text(&Page::write(|page| delivery::export(page, &delivery.record)));
    });
    // WHY: a seed without organizations keeps the digest that it had before there were any.
    if !document.organizations.is_empty() {
        sum.text("organizations");
        sum.named(&document.organizations, Sum::organization);
    }
    hex::text(&sum.0.finalize())
}

struct Sum(Sha256);

impl Sum {
    /// INVARIANT: every text goes in behind its length and every list behind its count, so no two documents give
    /// the same bytes.
    fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text);
    }

    fn list<T>(&mut self, items: &[T], each: impl Fn(&mut Self, &T)) {
        self.0.update((items.len() as u64).to_be_bytes());
        for item in items {
            each(self, item);
        }
    }

    fn option<T>(&mut self, item: Option<&T>, each: impl Fn(&mut Self, &T)) {
        self.list(item.as_slice(), |sum, item| each(sum, item));
    }

    /// Things whose order means nothing.
    fn named<T: Named>(&mut self, things: &[T], each: impl Fn(&mut Self, &T)) {
        let mut sorted: Vec<&T> = things.iter().collect();
        sorted.sort_by_key(|thing| thing.key());
        self.list(&sorted, |sum, thing| {
            sum.text(thing.name());
            each(sum, thing);
        });
    }

    fn account(&mut self, account: &Account) {
        self.text(&account.id.to_string());
        self.text(account.partition.as_str());
        self.option(account.alias.as_ref(), |sum, alias| sum.text(alias.value.as_str()));
        self.list(&account.root_access_keys, Self::access_key);
        self.named(&account.users, Self::user);
        self.named(&account.groups, Self::group);
        self.named(&account.policies, Self::managed_policy);
        self.named(&account.roles, Self::role);
        self.named(&account.oidc_providers, Self::oidc_provider);
        self.named(&account.saml_providers, Self::saml_provider);
        // WHY: seeds without any keep the digest that data directories have of them.
        if !account.root_mfa_devices.is_empty() {
            self.text("rootMfaDevices");
            self.named(&account.root_mfa_devices, Self::mfa_device);
        }
        self.regions(&account.regions.to_record());
        if !account.unassigned_mfa_devices.is_empty() {
            self.text("unassignedMfaDevices");
            self.named(&account.unassigned_mfa_devices, Self::mfa_device);
        }
        if !account.instance_profiles.is_empty() {
            self.text("instanceProfiles");
            self.named(&account.instance_profiles, Self::instance_profile);
        }
        self.kept("outboundIssuer", account.outbound_issuer);
        self.kept("passwordPolicy", account.password_policy.as_ref().map(|policy| format!("{policy:?}")));
        self.login_profile("rootLoginProfile", account.root_login_profile.as_ref());
        // WHY: a seed that does not speak of it keeps the digest that it had before there was such a key.
        if let Some(outbound) = account.outbound {
            self.text("outboundWebIdentityFederation");
            self.text(if outbound { "true" } else { "false" });
        }
    }

    /// Nothing where nothing is set, so that a seed that says nothing of regions keeps the digest it always had.
    fn regions(&mut self, settings: &records::RegionSettings) {
        let records::RegionSettings {
            other_opt_in_regions,
            opt_in_regions,
            sts_deactivated,
            global_endpoint_token_version,
        } = settings;
        if *settings == records::RegionSettings::default() {
            return;
        }
        // No account has this id, so what follows is not taken for the next account.
        self.text("regions");
        self.text(&format!("{other_opt_in_regions:?} {global_endpoint_token_version:?}"));
        self.list(opt_in_regions, |sum, (name, status)| sum.text(&format!("{name} {status:?}")));
        self.list(sts_deactivated, |sum, name| sum.text(name));
    }

    fn organization(&mut self, organization: &Organization) {
        let Organization { management, members, iam, .. } = organization;
        self.text(&management.value.to_string());
        self.set(members);
        self.text(if iam.trusted { "trusted" } else { "not trusted" });
        self.set(&iam.delegated_administrators);
        self.set(&iam.features);
        self.named(&organization.service_control_policies, Self::organization_policy);
        self.set(&organization.full_access_detached_from);
        self.named(&organization.resource_control_policies, Self::organization_policy);
        self.kept("root", organization.root.as_ref());
        let mut units: Vec<&OrganizationalUnit> = organization.units.iter().collect();
        units.sort_by_key(|unit| unit.id.as_str());
        for unit in units {
            self.kept("unit", Some(&unit.id));
            self.kept("path", Some(&unit.path));
            self.set(&unit.accounts);
        }
    }

    fn organization_policy(&mut self, policy: &OrganizationPolicy) {
        self.set(&policy.attached_to);
        self.text(&policy.document.json);
    }

    /// Words whose order means nothing.
    fn set<T: ToString>(&mut self, located: &[Located<T>]) {
        let mut words: Vec<String> = located.iter().map(|located| located.value.to_string()).collect();
        words.sort();
        self.list(&words, |sum, word| sum.text(word));
    }

    /// What exports tell and hands leave out: nothing where nothing is written, and else under a name that no thing has.
    fn kept(&mut self, name: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.text(&format!("kept {name}"));
            self.text(&value.to_string());
        }
    }

    fn given(&mut self, given: &Given) {
        self.kept("id", given.id.as_ref().map(|id| &id.value));
        self.kept("created", given.created.map(Timestamp::millis));
    }

    fn instance_profile(&mut self, profile: &InstanceProfile) {
        self.given(&profile.given);
        self.text(profile.path.as_str());
        self.option(profile.role.as_ref(), |sum, role| sum.text(role.value.as_str()));
        self.list(&profile.tags, Self::tag);
    }

    fn user(&mut self, user: &User) {
        self.given(&user.given);
        self.text(user.path.as_str());
        self.list(&user.tags, Self::tag);
        self.list(&user.groups, |sum, group| sum.text(group.value.as_str()));
        self.option(user.permissions_boundary.as_ref(), Self::arn);
        self.list(&user.attached_policies, Self::arn);
        self.named(&user.policies, Self::inline_policy);
        self.list(&user.access_keys, Self::access_key);
        self.named(&user.mfa_devices, Self::mfa_device);
        self.login_profile("loginProfile", user.login_profile.as_ref());
    }

    /// Nothing where there is none, so that other seeds keep the digest they always had.
    fn login_profile(&mut self, name: &str, profile: Option<&LoginProfile>) {
        let Some(LoginProfile { password, kept, reset_required, created, changed }) = profile else { return };
        self.kept(name, Some(reset_required));
        self.option(password.as_ref(), |sum, password| sum.text(password.expose()));
        self.list(kept, |sum, kept| sum.text(&passwords::text(kept)));
        self.kept("created", created.map(Timestamp::millis));
        self.kept("changed", changed.map(Timestamp::millis));
    }

    fn group(&mut self, group: &Group) {
        self.given(&group.given);
        self.text(group.path.as_str());
        self.list(&group.attached_policies, Self::arn);
        self.named(&group.policies, Self::inline_policy);
    }

    fn managed_policy(&mut self, policy: &ManagedPolicy) {
        self.given(&policy.given);
        if !policy.tags.is_empty() {
            self.text("kept tags");
            self.list(&policy.tags, Self::tag);
        }
        if let Some(versions) = &policy.versions {
            self.kept("versions", Some(format!("{} of {}", versions.default, versions.last)));
            self.kept("updated", versions.updated.map(Timestamp::millis));
            self.list(&versions.all, |sum, version| {
                sum.text(&version.number.to_string());
                sum.kept("created", version.created.map(Timestamp::millis));
                sum.text(&version.document.json);
            });
        }
        self.text(policy.path.as_str());
        self.option(policy.description.as_ref(), |sum, description| sum.text(description.as_str()));
        self.text(&policy.document.json);
    }

    fn role(&mut self, role: &Role) {
        self.given(&role.given);
        for (arn, id) in &role.trusted {
            self.kept(arn, Some(id));
        }
        self.text(role.path.as_str());
        self.option(role.description.as_ref(), |sum, description| sum.text(description.as_str()));
        self.text(&role.max_session_duration.get().to_string());
        self.text(&role.trust.json);
        self.named(&role.policies, Self::inline_policy);
        self.list(&role.attached_policies, Self::arn);
        self.option(role.permissions_boundary.as_ref(), Self::arn);
        self.list(&role.tags, Self::tag);
    }

    fn inline_policy(&mut self, policy: &NamedPolicy) {
        self.text(&policy.document.json);
    }

    fn access_key(&mut self, key: &AccessKey) {
        self.text(key.id.as_str());
        self.text(key.secret.expose());
        self.text(if key.active { "Active" } else { "Inactive" });
        self.kept("created", key.created.map(Timestamp::millis));
    }

    fn mfa_device(&mut self, device: &MfaDevice) {
        self.text(device.secret.expose());
        self.kept("path", Some(&device.path).filter(|path| path.as_str() != "/"));
        self.kept("enabled", device.enabled.map(Timestamp::millis));
        self.kept("drift", Some(device.drift).filter(|drift| *drift != 0));
        self.kept("lastPair", device.last_pair);
        for tag in &device.tags {
            self.kept(tag.key.as_str(), Some(&tag.value));
        }
    }

    fn oidc_provider(&mut self, provider: &OidcProvider) {
        self.list(&provider.client_ids, |sum, id| sum.text(id));
        self.list(&provider.thumbprints, |sum, thumbprint| sum.text(thumbprint));
        self.list(&provider.tags, Self::tag);
        self.option(provider.keys.as_ref(), |sum, keys| sum.text(keys));
        self.kept("created", provider.created.map(Timestamp::millis));
    }

    fn saml_provider(&mut self, provider: &SamlProvider) {
        self.text(&provider.metadata);
        self.text(if provider.encryption_required { "Required" } else { "Allowed" });
        self.list(&provider.private_keys, |sum, key| {
            sum.text(key.pem.expose());
            sum.kept("id", key.id.as_ref());
            sum.kept("added", key.added.map(Timestamp::millis));
        });
        self.list(&provider.tags, Self::tag);
        self.kept("id", provider.id.as_ref());
        self.kept("created", provider.created.map(Timestamp::millis));
        self.kept("uploaded", provider.uploaded.map(Timestamp::millis));
    }

    fn tag(&mut self, tag: &Tag) {
        self.text(tag.key.as_str());
        self.text(tag.value.as_str());
    }

    fn arn(&mut self, arn: &Located<ArnText>) {
        self.text(arn.value.as_str());
    }
}
