//! What is delivered to whom: which roles containers, instances and pods get the credentials of.

use std::sync::Arc;

use super::{Identities, InstanceProfile, Role};
use crate::policy::principal::PrincipalKind;
use crate::store::{Batch, StoreFault, records, tables};

impl Role {
    /// Whether its trust policy names this service of AWS's.
    pub fn names_service(&self, service: &str) -> bool {
        let mut named = self.trust.policy.principals();
        named.any(|entry| entry.kind() == PrincipalKind::Service && entry.text() == service)
    }
}

impl Identities {
    /// What is delivered to whom, if a seed said so.
    pub fn delivery(&self) -> Option<&Arc<records::Delivery>> {
        self.delivery.as_ref()
    }

    /// Says what is delivered to whom.
    pub fn put_delivery(&mut self, batch: &mut Batch, record: records::Delivery) -> Result<(), StoreFault> {
        tables::DELIVERY.put(batch, &0, &record)?;
        self.delivery = Some(Arc::new(record));
        Ok(())
    }

    /// The instance profile that is meant by its ARN, or by its name in the first account that has one.
    pub fn instance_profile_meant(&self, text: &str) -> Option<&Arc<InstanceProfile>> {
        let named = self
            .instance_profiles()
            .filter(|profile| profile.arn == text || profile.record.name.as_str().eq_ignore_ascii_case(text));
        named.min_by_key(|profile| profile.record.account)
    }

    /// Every instance profile, by account and name.
    pub fn instance_profiles(&self) -> impl Iterator<Item = &Arc<InstanceProfile>> {
        self.instance_profiles.values()
    }

    /// The role that is meant by its ARN, or by its name in the first account that has one.
    pub fn role_meant(&self, text: &str) -> Option<&Arc<Role>> {
        self.role_by_arn(text).or_else(|| {
            let named = self.accounts().filter_map(|account| self.role_by_name(account.id, text));
            named.min_by_key(|role| role.record.account)
        })
    }
}
