//! Groups: policies that several users share. They are never principals.

use std::ops::Bound;
use std::sync::Arc;

use super::policies::Permissions;
use super::{HolderKind, Identities, IdentityError, Result, User, in_order, name_key};
use crate::ids::{AccountId, UniqueId};
use crate::store::{Batch, records, tables};

/// A group, ready for evaluation.
#[derive(Debug)]
pub struct Group {
    /// `AGPA...`
    pub id: UniqueId,
    /// With its path.
    pub arn: String,
    /// What is stored of it.
    pub record: records::Group,
    /// Its policies, compiled.
    pub permissions: Permissions,
}

impl Identities {
    /// The group of this name, whatever its case.
    pub fn group_by_name(&self, account: AccountId, name: &str) -> Option<&Arc<Group>> {
        self.groups.get(self.group_names.get(&name_key(account, name))?)
    }

    /// The group of this unique id.
    pub fn group(&self, id: &UniqueId) -> Option<&Arc<Group>> {
        self.groups.get(id)
    }

    /// The groups of an account after a name, in the order of their names.
    pub fn groups_after(&self, account: AccountId, after: Option<&str>) -> impl Iterator<Item = (&str, &Arc<Group>)> {
        in_order(&self.group_names, account, after).filter_map(|(name, id)| Some((name, self.group(id)?)))
    }

    /// The users in a group after a name, in the order of their names.
    pub fn members_after<'a>(
        &'a self,
        group: &Group,
        after: Option<&str>,
    ) -> impl Iterator<Item = (&'a str, &'a Arc<User>)> + use<'a> {
        let account = group.record.account;
        let members = self.members.get(&name_key(account, group.record.name.as_str()));
        let after: Box<str> = after.unwrap_or_default().into();
        let names = members.into_iter().flat_map(move |names| {
            let later = names.range((Bound::Excluded(after.clone()), Bound::Unbounded));
            later.map(|name| &**name)
        });
        names.filter_map(move |name| Some((name, self.user_by_name(account, name)?)))
    }

    /// Changes a group, its name included: whoever is in it stays in it.
    pub fn update_group(&mut self, batch: &mut Batch, id: &UniqueId, record: records::Group) -> Result<()> {
        let before = self.group(id).cloned().ok_or_else(|| IdentityError::NoSuch("group", id.to_string()))?;
        let record = records::Group { account: before.record.account, ..record };
        if self.group_by_name(record.account, record.name.as_str()).is_some_and(|found| found.id != *id) {
            return Err(IdentityError::Taken("group", record.name.to_string()));
        }
        self.check_references(&record.permissions)?;
        let members: Vec<Arc<User>> = self.members_after(&before, None).map(|(_, user)| Arc::clone(user)).collect();
        self.group_names.remove_mut(&name_key(record.account, before.record.name.as_str()));
        tables::GROUPS.put(batch, id, &record)?;
        self.keep_group(id.clone(), record.clone())?;
        if record.name != before.record.name {
            for user in members {
                let renamed = |name| if name == before.record.name { record.name.clone() } else { name };
                let groups = user.record.groups.iter().cloned().map(renamed).collect();
                self.update_user(batch, &user.id, records::User { groups, ..user.record.clone() })?;
            }
        }
        Ok(())
    }

    /// Removes a group, from which everybody has gone.
    pub fn delete_group(&mut self, batch: &mut Batch, id: &UniqueId) -> Result<()> {
        let group = self.group(id).cloned().ok_or_else(|| IdentityError::NoSuch("group", id.to_string()))?;
        tables::GROUPS.remove(batch, id);
        self.mark_holder(group.record.account, HolderKind::Group, id, &group.record.permissions, false);
        self.groups.remove_mut(id);
        self.group_names.remove_mut(&name_key(group.record.account, group.record.name.as_str()));
        Ok(())
    }

    /// Makes a group.
    pub fn create_group(&mut self, batch: &mut Batch, id: UniqueId, record: records::Group) -> Result<()> {
        if self.group_by_name(record.account, record.name.as_str()).is_some() {
            return Err(IdentityError::Taken("group", record.name.to_string()));
        }
        self.check_references(&record.permissions)?;
        tables::GROUPS.put(batch, &id, &record)?;
        self.keep_group(id, record)
    }

    pub(super) fn keep_group(&mut self, id: UniqueId, record: records::Group) -> Result<()> {
        let arn = self.arn_in(record.account, format_args!("group{}{}", record.path, record.name))?;
        let permissions = Permissions::compile(&record.permissions, &format!("group/{}", record.name))?;
        if let Some(before) = self.group(&id).cloned() {
            self.mark_holder(before.record.account, HolderKind::Group, &id, &before.record.permissions, false);
        }
        self.mark_holder(record.account, HolderKind::Group, &id, &record.permissions, true);
        self.group_names.insert_mut(name_key(record.account, record.name.as_str()), id.clone());
        self.groups.insert_mut(id.clone(), Arc::new(Group { id, arn, record, permissions }));
        Ok(())
    }
}
