//! Users. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users.html>

use std::sync::Arc;

use super::policies::{NamedPolicy, Permissions};
use super::{HolderKind, Identities, IdentityError, Result, in_order, mark, name_key};
use crate::ids::{AccountId, Arn, UniqueId};
use crate::store::{Batch, records, tables};

/// A user, ready for evaluation.
#[derive(Debug)]
pub struct User {
    /// `AIDA...`
    pub id: UniqueId,
    /// With its path.
    pub arn: String,
    /// What is stored of it.
    pub record: records::User,
    /// Its own policies, compiled.
    pub permissions: Permissions,
}

impl Identities {
    /// The user of this unique id.
    pub fn user(&self, id: &UniqueId) -> Option<&Arc<User>> {
        self.users.get(id)
    }

    /// The user of this name, whatever its case.
    pub fn user_by_name(&self, account: AccountId, name: &str) -> Option<&Arc<User>> {
        self.user(self.user_names.get(&name_key(account, name))?)
    }

    /// The user whose ARN this is, to the letter.
    pub fn user_by_arn(&self, arn: &str) -> Option<&Arc<User>> {
        let (account, name) = Arn::parse(arn)?.as_user()?;
        self.user_by_name(account, name).filter(|user| user.arn == arn)
    }

    /// Every user.
    pub fn users(&self) -> impl Iterator<Item = &Arc<User>> {
        self.users.values()
    }

    /// The users of an account after a name, in the order of their names.
    pub fn users_after(&self, account: AccountId, after: Option<&str>) -> impl Iterator<Item = (&str, &Arc<User>)> {
        in_order(&self.user_names, account, after).filter_map(|(name, id)| Some((name, self.user(id)?)))
    }

    /// The policies that say what `user` may do: its own, then those of its groups.
    pub fn policies_of_user<'a>(&'a self, user: &'a User) -> Vec<&'a NamedPolicy> {
        let mut policies = self.policies_among(&user.permissions);
        for name in &user.record.groups {
            if let Some(group) = self.group_by_name(user.record.account, name.as_str()) {
                policies.extend(self.policies_among(&group.permissions));
            }
        }
        policies
    }

    /// Makes a user.
    pub fn create_user(&mut self, batch: &mut Batch, id: UniqueId, record: records::User) -> Result<()> {
        if self.user_by_name(record.account, record.name.as_str()).is_some() {
            return Err(IdentityError::Taken("user", record.name.to_string()));
        }
        self.put_user(batch, id, record)
    }

    /// Changes a user, its name included. It stays who it is: its keys and sessions go on.
    pub fn update_user(&mut self, batch: &mut Batch, id: &UniqueId, record: records::User) -> Result<()> {
        let before = self.user(id).cloned().ok_or_else(|| IdentityError::NoSuch("user", id.to_string()))?;
        let record = records::User { account: before.record.account, ..record };
        if self.user_by_name(record.account, record.name.as_str()).is_some_and(|found| found.id != *id) {
            return Err(IdentityError::Taken("user", record.name.to_string()));
        }
        self.user_names.remove_mut(&name_key(before.record.account, before.record.name.as_str()));
        self.put_user(batch, id.clone(), record)
    }

    fn put_user(&mut self, batch: &mut Batch, id: UniqueId, record: records::User) -> Result<()> {
        for group in &record.groups {
            self.group_by_name(record.account, group.as_str())
                .ok_or_else(|| IdentityError::NoSuch("group", group.to_string()))?;
        }
        self.check_references(&record.permissions)?;
        tables::USERS.put(batch, &id, &record)?;
        self.keep_user(id, record)
    }

    /// Removes a user, its access keys and its password, and takes its MFA devices from it.
    pub fn delete_user(&mut self, batch: &mut Batch, id: &UniqueId) -> Result<()> {
        let user = self.user(id).cloned().ok_or_else(|| IdentityError::NoSuch("user", id.to_string()))?;
        let owner = records::KeyOwner::User(id.clone());
        self.delete_access_keys_of(batch, &owner)?;
        self.deactivate_mfa_devices_of(batch, &owner)?;
        self.delete_login_profile(batch, &owner);
        tables::USERS.remove(batch, id);
        self.mark_user(&user, false);
        self.users.remove_mut(id);
        self.user_names.remove_mut(&name_key(user.record.account, user.record.name.as_str()));
        Ok(())
    }

    pub(super) fn keep_user(&mut self, id: UniqueId, record: records::User) -> Result<()> {
        let arn = self.arn_in(record.account, format_args!("user{}{}", record.path, record.name))?;
        let permissions = Permissions::compile(&record.permissions, &format!("user/{}", record.name))?;
        if let Some(before) = self.user(&id).cloned() {
            self.mark_user(&before, false);
        }
        let user = Arc::new(User { id: id.clone(), arn, record, permissions });
        self.mark_user(&user, true);
        self.user_names.insert_mut(name_key(user.record.account, user.record.name.as_str()), id.clone());
        self.users.insert_mut(id, user);
        Ok(())
    }

    fn mark_user(&mut self, user: &User, there: bool) {
        let records::User { account, name, groups, permissions, .. } = &user.record;
        self.mark_holder(*account, HolderKind::User, &user.id, permissions, there);
        for group in groups {
            let name = name.as_str().to_ascii_lowercase().into();
            mark(&mut self.members, name_key(*account, group.as_str()), name, there);
        }
    }
}
