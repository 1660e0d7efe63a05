//! Turns a seed into identities, through the same commands that every other change takes.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::document::{
    Account, Document, Given, Group, InstanceProfile, Located, ManagedPolicy, MfaDevice, NamedPolicy, OidcProvider,
    PolicyVersion, Role, SamlPrivateKey, SamlProvider, User,
};
use super::{organizations, passwords};
use crate::api::world::{ChangeError, Draft};
use crate::env::{Entropy, draw};
use crate::identities::{Identities, IdentityError};
use crate::ids::names::ArnText;
use crate::ids::unique_id::{Kind, saml_id};
use crate::ids::{AccountId, IssuerId, UniqueId};
use crate::store::records::{self, KeyOwner, MfaAssignment, Permissions};
use crate::time::Timestamp;

/// Where unique ids come from.
pub(super) enum Ids<'a> {
    /// From the thing's name and the seed's number: the same thing has the same id wherever the seed is planted.
    Derived(u64),
    /// From chance. ATTACK: a role that was deleted and comes back by a merge must not revive its sessions.
    Fresh(&'a dyn Entropy),
}

impl Ids<'_> {
    fn make(&self, given: &Given, kind: Kind, account: AccountId, name: &str) -> UniqueId {
        if let Some(id) = &given.id {
            return id.value.clone();
        }
        UniqueId::mint(kind, account, self.random(&[kind.prefix(), &account.to_string(), &name.to_ascii_lowercase()]))
    }

    fn issuer(&self, account: AccountId) -> IssuerId {
        IssuerId::mint(self.random(&["issuer", &account.to_string()]))
    }

    pub(super) fn random<const N: usize>(&self, name: &[&str]) -> [u8; N] {
        match self {
            Self::Fresh(entropy) => draw(*entropy),
            Self::Derived(number) => {
                let text = format!("local-sts seed\n{number}\n{}", name.join("\n"));
                let mut random = [0; N];
                random.iter_mut().zip(Sha256::digest(text)).for_each(|(byte, digest)| *byte = digest);
                random
            }
        }
    }
}

/// Identities in the making.
pub(super) struct Planting<'a> {
    pub(super) draft: &'a mut Draft,
    pub(super) ids: &'a Ids<'a>,
    /// When what says nothing of it was made.
    pub(super) now: Timestamp,
}

impl Planting<'_> {
    /// Everything in `document` that `draft` does not have.
    pub(super) fn add_absent(&mut self, document: &Document) -> Result<(), ChangeError> {
        for account in &document.accounts {
            if self.draft.identities.account(account.id).is_none() {
                let alias = account.alias.as_ref().map(|alias| alias.value.to_string());
                let record = records::Account { partition: account.partition, alias };
                self.draft.identities.put_account(&mut self.draft.batch, account.id, record)?;
                let settings = account.regions.to_record();
                if settings != records::RegionSettings::default() {
                    self.draft.identities.put_region_settings(&mut self.draft.batch, account.id, settings)?;
                }
            }
            self.add_outbound(account)?;
            passwords::add_of_account(account, self.draft, self.now)?;
            for policy in &account.policies {
                self.add_policy(account.id, policy)?;
            }
            for group in &account.groups {
                self.add_group(account.id, group)?;
            }
            for user in &account.users {
                self.add_user(account.id, user)?;
            }
            for provider in &account.oidc_providers {
                self.add_oidc_provider(account.id, provider)?;
            }
            for provider in &account.saml_providers {
                self.add_saml_provider(account.id, provider)?;
            }
            for key in &account.root_access_keys {
                self.add_key(key, KeyOwner::Root(account.id))?;
            }
            for device in &account.root_mfa_devices {
                self.add_mfa_device(account.id, device, Some(KeyOwner::Root(account.id)))?;
            }
            for device in &account.unassigned_mfa_devices {
                self.add_mfa_device(account.id, device, None)?;
            }
        }
        organizations::add_absent(document, self.draft)?;
        self.add_roles(document)?;
        if let Some(delivery) = document.delivery.as_ref().filter(|_| self.draft.identities.delivery().is_none()) {
            self.draft.identities.put_delivery(&mut self.draft.batch, delivery.record.clone())?;
        }
        let profiles =
            document.accounts.iter().flat_map(|account| account.instance_profiles.iter().map(|it| (account.id, it)));
        profiles.into_iter().try_for_each(|(account, profile)| self.add_instance_profile(account, profile))
    }

    /// That an account vouches for its own, or did once: then its name is known.
    fn add_outbound(&mut self, account: &Account) -> Result<(), ChangeError> {
        let enabled = account.outbound == Some(true);
        if self.draft.identities.outbound(account.id).is_some() || !enabled && account.outbound_issuer.is_none() {
            return Ok(());
        }
        let issuer = account.outbound_issuer.unwrap_or_else(|| self.ids.issuer(account.id));
        self.draft.identities.enable_outbound(&mut self.draft.batch, account.id, issuer)?;
        if !enabled {
            self.draft.identities.disable_outbound(&mut self.draft.batch, account.id)?;
        }
        Ok(())
    }

    fn add_instance_profile(&mut self, account: AccountId, profile: &InstanceProfile) -> Result<(), ChangeError> {
        if self.draft.identities.instance_profile(account, profile.name.as_str()).is_some() {
            return Ok(());
        }
        let record = records::InstanceProfile {
            id: self.ids.make(&profile.given, Kind::InstanceProfile, account, profile.name.as_str()),
            account,
            name: profile.name.clone(),
            path: profile.path.clone(),
            created: profile.given.created.unwrap_or(self.now),
            tags: profile.tags.clone(),
            role: profile.role.as_ref().map(|role| role.value.clone()),
        };
        Ok(self.draft.identities.put_instance_profile(&mut self.draft.batch, record)?)
    }

    fn add_policy(&mut self, account: AccountId, policy: &ManagedPolicy) -> Result<(), ChangeError> {
        let description = policy.description.as_ref().map(ToString::to_string);
        let (name, path, document) = (policy.name.clone(), policy.path.clone(), policy.document.json.clone());
        let created = policy.given.created.unwrap_or(self.now);
        let first = records::ManagedPolicy::new(account, name, path, created, description, document);
        let mut record = records::ManagedPolicy { tags: policy.tags.clone(), ..first };
        if let Some(versions) = &policy.versions {
            let version = |version: &PolicyVersion| records::PolicyVersion {
                number: version.number,
                document: version.document.json.clone(),
                created: version.created.unwrap_or(self.now),
            };
            record.versions = versions.all.iter().map(version).collect();
            (record.default_version, record.last_version) = (versions.default, versions.last);
            record.updated = versions.updated.unwrap_or(created);
        }
        let id = self.ids.make(&policy.given, Kind::Policy, account, policy.name.as_str());
        absent(self.draft.identities.create_policy(&mut self.draft.batch, id, record))
    }

    fn add_oidc_provider(&mut self, account: AccountId, provider: &OidcProvider) -> Result<(), ChangeError> {
        let record = records::OidcProvider {
            account,
            url: provider.url.to_string(),
            client_ids: provider.client_ids.clone(),
            thumbprints: provider.thumbprints.clone(),
            created: provider.created.unwrap_or(self.now),
            tags: provider.tags.clone(),
            keys: provider.keys.clone(),
        };
        absent(self.draft.identities.create_oidc_provider(&mut self.draft.batch, record))
    }

    fn add_saml_provider(&mut self, account: AccountId, provider: &SamlProvider) -> Result<(), ChangeError> {
        let id = |prefix: &str, name: &str| {
            saml_id(prefix, self.ids.random(&[prefix, &account.to_string(), &name.to_ascii_lowercase()]))
        };
        let created = provider.created.unwrap_or(self.now);
        let key = |(at, key): (usize, &SamlPrivateKey)| records::SamlPrivateKey {
            id: key.id.clone().unwrap_or_else(|| id("SAMLPK", &format!("{}/{at}", provider.name))),
            added: key.added.unwrap_or(created),
            pem: key.pem.clone(),
        };
        let record = records::SamlProvider {
            account,
            name: provider.name.clone(),
            id: provider.id.clone().unwrap_or_else(|| id("SAMLSP", provider.name.as_str())),
            metadata: provider.metadata.clone(),
            encryption_required: provider.encryption_required,
            private_keys: provider.private_keys.iter().enumerate().map(key).collect(),
            created,
            uploaded: provider.uploaded.unwrap_or(created),
            tags: provider.tags.clone(),
        };
        absent(self.draft.identities.create_saml_provider(&mut self.draft.batch, record))
    }

    fn add_group(&mut self, account: AccountId, group: &Group) -> Result<(), ChangeError> {
        let record = records::Group {
            account,
            name: group.name.clone(),
            path: group.path.clone(),
            created: group.given.created.unwrap_or(self.now),
            permissions: permissions(&group.policies, &group.attached_policies, None),
        };
        let id = self.ids.make(&group.given, Kind::Group, account, group.name.as_str());
        absent(self.draft.identities.create_group(&mut self.draft.batch, id, record))
    }

    fn add_user(&mut self, account: AccountId, user: &User) -> Result<(), ChangeError> {
        let record = records::User {
            account,
            name: user.name.clone(),
            path: user.path.clone(),
            created: user.given.created.unwrap_or(self.now),
            tags: user.tags.clone(),
            groups: user.groups.iter().map(|group| group.value.clone()).collect(),
            permissions: permissions(&user.policies, &user.attached_policies, user.permissions_boundary.as_ref()),
        };
        let id = self.ids.make(&user.given, Kind::User, account, user.name.as_str());
        absent(self.draft.identities.create_user(&mut self.draft.batch, id, record))?;
        let present = self.draft.identities.user_by_name(account, user.name.as_str()).map(|user| user.id.clone());
        let Some(id) = present else { return Ok(()) };
        let owner = KeyOwner::User(id);
        if let Some(profile) = &user.login_profile {
            let salt =
                || self.ids.random(&["password", &account.to_string(), &user.name.as_str().to_ascii_lowercase()]);
            passwords::add_profile(&owner, profile, salt, self.draft, self.now)?;
        }
        user.access_keys.iter().try_for_each(|key| self.add_key(key, owner.clone()))?;
        user.mfa_devices.iter().try_for_each(|device| self.add_mfa_device(account, device, Some(owner.clone())))
    }

    fn add_key(&mut self, key: &super::document::AccessKey, owner: KeyOwner) -> Result<(), ChangeError> {
        if let Some(present) = self.draft.identities.access_key(key.id.as_str()) {
            if present.record.owner != owner {
                tracing::warn!("{}: access key {} belongs to somebody else already, and stays so", key.at, key.id);
            }
            return Ok(());
        }
        let created = key.created.unwrap_or(self.now);
        let record = records::AccessKey { secret: key.secret.clone(), owner, active: key.active, created };
        Ok(self.draft.identities.create_access_key(&mut self.draft.batch, key.id.clone(), record)?)
    }

    fn add_mfa_device(
        &mut self,
        account: AccountId,
        device: &MfaDevice,
        owner: Option<KeyOwner>,
    ) -> Result<(), ChangeError> {
        let record = records::MfaDevice {
            account,
            name: device.name.clone(),
            path: device.path.clone(),
            seed: device.secret.clone(),
            assignment: owner.map(|owner| MfaAssignment { owner, enabled: device.enabled.unwrap_or(self.now) }),
            drift: device.drift,
            last_pair: device.last_pair,
            tags: device.tags.clone(),
        };
        absent(self.draft.identities.create_mfa_device(&mut self.draft.batch, record))
    }

    /// Roles may trust each other, so every one of them has its id before the first is made.
    fn add_roles(&mut self, document: &Document) -> Result<(), ChangeError> {
        let roles = document.accounts.iter().flat_map(|account| account.roles.iter().map(move |role| (account, role)));
        let absent_roles = roles
            .filter(|(account, role)| self.draft.identities.role_by_name(account.id, role.name.as_str()).is_none());
        let planned: Vec<(String, UniqueId, &Account, &Role)> = absent_roles
            .map(|(account, role)| {
                (
                    account.arn("role", &role.path, role.name.as_str()),
                    self.ids.make(&role.given, Kind::Role, account.id, role.name.as_str()),
                    account,
                    role,
                )
            })
            .collect();
        let new: HashMap<&str, &UniqueId> = planned.iter().map(|(arn, id, ..)| (arn.as_str(), id)).collect();
        for (_, id, account, role) in &planned {
            let bound = |arn: &str| role.trusted.iter().find(|(known, _)| known == arn).map(|(_, id)| id.clone());
            let present =
                |arn: &str| new.get(arn).map(|id| (*id).clone()).or_else(|| self.draft.identities.unique_id(arn));
            let find = |arn: &str| bound(arn).or_else(|| present(arn));
            let record = records::Role {
                account: account.id,
                name: role.name.clone(),
                path: role.path.clone(),
                created: role.given.created.unwrap_or(self.now),
                description: role.description.as_ref().map(ToString::to_string),
                max_session_seconds: role.max_session_duration.get(),
                trust: role.trust.json.clone(),
                trusted: Identities::trusted(&role.trust.json, find)?,
                tags: role.tags.clone(),
                permissions: permissions(&role.policies, &role.attached_policies, role.permissions_boundary.as_ref()),
            };
            self.draft.identities.create_role(&mut self.draft.batch, id.clone(), record)?;
        }
        Ok(())
    }
}

/// What is there already is left as it is.
fn absent(result: Result<(), IdentityError>) -> Result<(), ChangeError> {
    match result {
        Ok(()) | Err(IdentityError::Taken(..)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn permissions(
    inline: &[NamedPolicy],
    attached: &[Located<ArnText>],
    boundary: Option<&Located<ArnText>>,
) -> Permissions {
    let inline = inline
        .iter()
        .map(|policy| records::InlinePolicy { name: policy.name.clone(), document: policy.document.json.clone() });
    Permissions {
        inline: inline.collect(),
        attached: attached.iter().map(|arn| arn.value.to_string()).collect(),
        boundary: boundary.map(|arn| arn.value.to_string()),
    }
}
