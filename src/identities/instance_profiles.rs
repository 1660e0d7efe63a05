//! Instance profiles: what an EC2 instance is given to get the credentials of a role.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html>

use std::sync::Arc;

use super::{Identities, Result, in_order, mark, name_key};
use crate::ids::AccountId;
use crate::store::{Batch, records, tables};

/// An instance profile.
#[derive(Debug)]
pub struct InstanceProfile {
    /// With its path.
    pub arn: String,
    /// What is stored of it.
    pub record: records::InstanceProfile,
}

impl Identities {
    /// The instance profile of this name, whatever its case.
    pub fn instance_profile(&self, account: AccountId, name: &str) -> Option<&Arc<InstanceProfile>> {
        self.instance_profiles.get(&name_key(account, name))
    }

    /// The instance profiles of an account after a name, in the order of their names.
    pub fn instance_profiles_after(
        &self,
        account: AccountId,
        after: Option<&str>,
    ) -> impl Iterator<Item = (&str, &Arc<InstanceProfile>)> {
        in_order(&self.instance_profiles, account, after)
    }

    /// The instance profiles that a role is in.
    pub fn instance_profiles_of(&self, account: AccountId, role: &str) -> impl Iterator<Item = &Arc<InstanceProfile>> {
        let names = self.profiles_of.get(&name_key(account, role)).into_iter().flatten();
        names.filter_map(move |name| self.instance_profile(account, name))
    }

    /// Makes an instance profile, or alters it.
    pub fn put_instance_profile(&mut self, batch: &mut Batch, record: records::InstanceProfile) -> Result<()> {
        tables::INSTANCE_PROFILES.put(batch, &record.id, &record)?;
        self.keep_instance_profile(record)
    }

    /// Removes an instance profile.
    pub fn delete_instance_profile(&mut self, batch: &mut Batch, profile: &InstanceProfile) {
        let record = &profile.record;
        tables::INSTANCE_PROFILES.remove(batch, &record.id);
        self.instance_profiles.remove_mut(&name_key(record.account, record.name.as_str()));
        self.mark_profile(record, false);
    }

    pub(super) fn keep_instance_profile(&mut self, record: records::InstanceProfile) -> Result<()> {
        let arn = self.arn_in(record.account, format_args!("instance-profile{}{}", record.path, record.name))?;
        let key = name_key(record.account, record.name.as_str());
        if let Some(before) = self.instance_profiles.get(&key).cloned() {
            self.mark_profile(&before.record, false);
        }
        self.mark_profile(&record, true);
        self.instance_profiles.insert_mut(key, Arc::new(InstanceProfile { arn, record }));
        Ok(())
    }

    fn mark_profile(&mut self, record: &records::InstanceProfile, there: bool) {
        if let Some(role) = &record.role {
            let name = record.name.as_str().to_ascii_lowercase().into();
            mark(&mut self.profiles_of, name_key(record.account, role.as_str()), name, there);
        }
    }
}
