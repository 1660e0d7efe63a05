//! How many of a kind an account has at most, whatever way they came; seeds may have more.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>

use super::{Identities, Ordered, in_order};
use crate::ids::AccountId;
use crate::ids::unique_id::Kind;

/// A quota of AWS's: as many as an account gets without asking for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// As AWS calls it.
    pub name: &'static str,
    /// So many.
    pub most: usize,
}

/// The quota of a kind.
pub fn quota(kind: Kind) -> Quota {
    let (name, most) = match kind {
        Kind::User => ("UsersPerAccount", 5000),
        Kind::Group => ("GroupsPerAccount", 300),
        Kind::Role => ("RolesPerAccount", 1000),
        Kind::Policy => ("PoliciesPerAccount", 1500),
        Kind::InstanceProfile => ("InstanceProfilesPerAccount", 1000),
    };
    Quota { name, most }
}

impl Identities {
    /// Whether an account has no room for one more of this kind.
    pub fn is_full(&self, account: AccountId, kind: Kind) -> bool {
        let most = quota(kind).most;
        match kind {
            Kind::User => reaches(&self.user_names, account, most),
            Kind::Group => reaches(&self.group_names, account, most),
            Kind::Role => reaches(&self.role_names, account, most),
            Kind::Policy => reaches(&self.policy_names, account, most),
            Kind::InstanceProfile => reaches(&self.instance_profiles, account, most),
        }
    }
}

/// They are counted only where all accounts together have as many.
fn reaches<V>(things: &Ordered<V>, account: AccountId, most: usize) -> bool {
    things.size() >= most && in_order(things, account, None).nth(most.saturating_sub(1)).is_some()
}
