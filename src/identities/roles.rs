//! Roles. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html>

use std::sync::Arc;

use super::policies::{NamedPolicy, Permissions, parse};
use super::{HolderKind, Identities, IdentityError, LastUse, Result, in_order, name_key};
use crate::ids::names::RoleSessionName;
use crate::ids::{AccountId, Arn, Partition, UniqueId};
use crate::policy::document::Policy;
use crate::policy::parse::PolicyKind;
use crate::policy::principal::PrincipalKind;
use crate::policy::trust::check_shared_issuers;
use crate::store::{Batch, records, tables};

/// A role, ready for evaluation.
#[derive(Debug)]
pub struct Role {
    /// `AROA...`
    pub id: UniqueId,
    /// With its path.
    pub arn: String,
    /// Its account's.
    pub partition: Partition,
    /// What the ARNs of its sessions begin with.
    session_arns: String,
    /// What is stored of it.
    pub record: records::Role,
    /// Who may assume it.
    pub trust: NamedPolicy,
    /// What its sessions may do, compiled.
    pub permissions: Permissions,
    /// When a session of it was last used.
    pub last_use: LastUse,
}

impl Role {
    /// The ARN of one of its sessions, which has no path.
    pub fn session_arn(&self, session_name: &RoleSessionName) -> String {
        [self.session_arns.as_str(), session_name.as_str()].concat()
    }

    /// The id of one of its sessions: `AROA...:{session name}`.
    pub fn session_id(&self, session_name: &RoleSessionName) -> String {
        [self.id.as_str(), ":", session_name.as_str()].concat()
    }

    /// Whether its trust policy names somebody who vouches for others: a provider by its ARN, or a host.
    pub fn names_provider(&self, name: &str) -> bool {
        let mut named = self.trust.policy.principals();
        named.any(|entry| entry.kind() == PrincipalKind::Federated && entry.text() == name)
    }
}

impl Identities {
    /// The role of this unique id.
    pub fn role(&self, id: &UniqueId) -> Option<&Arc<Role>> {
        self.roles.get(id)
    }

    /// The role of this name, whatever its case.
    pub fn role_by_name(&self, account: AccountId, name: &str) -> Option<&Arc<Role>> {
        self.role(self.role_names.get(&name_key(account, name))?)
    }

    /// The role whose ARN this is, to the letter.
    pub fn role_by_arn(&self, arn: &str) -> Option<&Arc<Role>> {
        let (account, name) = Arn::parse(arn)?.as_role()?;
        self.role_by_name(account, name).filter(|role| role.arn == arn)
    }

    /// Every role.
    pub fn roles(&self) -> impl Iterator<Item = &Arc<Role>> {
        self.roles.values()
    }

    /// The roles of an account after a name, in the order of their names.
    pub fn roles_after(&self, account: AccountId, after: Option<&str>) -> impl Iterator<Item = (&str, &Arc<Role>)> {
        in_order(&self.role_names, account, after).filter_map(|(name, id)| Some((name, self.role(id)?)))
    }

    /// The users and roles that `trust` names, each with its unique id; `find` knows those that exist.
    pub fn trusted(trust: &str, find: impl Fn(&str) -> Option<UniqueId>) -> Result<Vec<(String, UniqueId)>> {
        let policy = parse("trust", trust, PolicyKind::Trust)?;
        Self::principals_to_bind(&policy)
            .map(|arn| Ok((arn.to_owned(), find(arn).ok_or_else(|| IdentityError::UnknownPrincipal(arn.to_owned()))?)))
            .collect()
    }

    /// The users and roles that a trust policy names: they must exist when it is written.
    pub fn principals_to_bind(trust: &Policy) -> impl Iterator<Item = &str> {
        let is_entity = |arn: Arn<'_>| arn.as_user().is_some() || arn.as_role().is_some();
        trust.principal_arns().filter(move |arn| Arn::parse(arn).is_some_and(is_entity))
    }

    /// Makes a role.
    pub fn create_role(&mut self, batch: &mut Batch, id: UniqueId, record: records::Role) -> Result<()> {
        if self.role_by_name(record.account, record.name.as_str()).is_some() {
            return Err(IdentityError::Taken("role", record.name.to_string()));
        }
        self.put_role(batch, id, record)
    }

    /// Changes a role, its trust included; its name stays. Its sessions go on, whoever may begin new ones.
    pub fn update_role(&mut self, batch: &mut Batch, id: &UniqueId, record: records::Role) -> Result<()> {
        let before = self.role(id).ok_or_else(|| IdentityError::NoSuch("role", id.to_string()))?;
        let (account, name, path) = (before.record.account, before.record.name.clone(), before.record.path.clone());
        self.put_role(batch, id.clone(), records::Role { account, name, path, ..record })
    }

    // AWS: what a trust on a shared issuer must test is looked at when it is written, and never again.
    fn put_role(&mut self, batch: &mut Batch, id: UniqueId, record: records::Role) -> Result<()> {
        self.check_references(&record.permissions)?;
        let trust = parse("trust", &record.trust, PolicyKind::Trust)?;
        check_shared_issuers(&trust).map_err(|error| IdentityError::BadPolicy("trust".to_owned(), error))?;
        tables::ROLES.put(batch, &id, &record)?;
        self.keep_role(id, record)
    }

    /// Removes a role; its sessions die with it, for a role made anew has another unique id.
    pub fn delete_role(&mut self, batch: &mut Batch, id: &UniqueId) -> Result<()> {
        let role = self.role(id).cloned().ok_or_else(|| IdentityError::NoSuch("role", id.to_string()))?;
        tables::ROLES.remove(batch, id);
        tables::ROLE_USES.remove(batch, id);
        self.mark_holder(role.record.account, HolderKind::Role, id, &role.record.permissions, false);
        self.roles.remove_mut(id);
        self.role_names.remove_mut(&name_key(role.record.account, role.record.name.as_str()));
        Ok(())
    }

    pub(super) fn keep_role(&mut self, id: UniqueId, record: records::Role) -> Result<()> {
        let partition = self.partition(record.account)?;
        let arn = format!("arn:{partition}:iam::{}:role{}{}", record.account, record.path, record.name);
        let session_arns = format!("arn:{partition}:sts::{}:assumed-role/{}/", record.account, record.name);
        let owner = format!("role/{}", record.name);
        let bound = |arn: &str| record.trusted.iter().find(|(found, _)| found == arn).map(|(_, id)| id.to_string());
        let mut trust = parse("trust", &record.trust, PolicyKind::Trust)?;
        trust.bind_principals(bound);
        let trust = NamedPolicy::new(format!("{owner}/trust"), trust);
        let permissions = Permissions::compile(&record.permissions, &owner)?;
        let before = self.role(&id).cloned();
        if let Some(before) = &before {
            self.mark_holder(before.record.account, HolderKind::Role, &id, &before.record.permissions, false);
        }
        let last_use = before.map(|before| before.last_use.share()).unwrap_or_default();
        self.mark_holder(record.account, HolderKind::Role, &id, &record.permissions, true);
        self.role_names.insert_mut(name_key(record.account, record.name.as_str()), id.clone());
        let role = Role { id: id.clone(), arn, partition, session_arns, record, trust, permissions, last_use };
        self.roles.insert_mut(id, Arc::new(role));
        Ok(())
    }
}
