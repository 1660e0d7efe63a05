//! Groups: policies that several users share. They are never principals.

use std::sync::Arc;

use super::policies::Permissions;
use super::{Identities, IdentityError, name_key};
use crate::ids::{AccountId, UniqueId};
use crate::store::{Batch, records, tables};

/// A group, ready for evaluation.
#[derive(Debug)]
pub struct Group {
    /// `AGPA...`
    pub id: UniqueId,
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

    /// Makes a group.
    pub fn create_group(
        &mut self,
        batch: &mut Batch,
        id: UniqueId,
        record: records::Group,
    ) -> Result<(), IdentityError> {
        if self.group_by_name(record.account, record.name.as_str()).is_some() {
            return Err(IdentityError::Taken("group", record.name.to_string()));
        }
        self.check_references(&record.permissions)?;
        tables::GROUPS.put(batch, &id, &record)?;
        self.keep_group(id, record)
    }

    pub(super) fn keep_group(&mut self, id: UniqueId, record: records::Group) -> Result<(), IdentityError> {
        self.partition(record.account)?;
        let permissions = Permissions::compile(&record.permissions, &format!("group/{}", record.name))?;
        self.group_names.insert_mut(name_key(record.account, record.name.as_str()), id.clone());
        self.groups.insert_mut(id.clone(), Arc::new(Group { id, record, permissions }));
        Ok(())
    }
}
