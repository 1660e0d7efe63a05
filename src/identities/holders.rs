//! Who has which managed policy, attached or as a boundary: read off users, groups and roles as they come and go.

use super::{Identities, mark};
use crate::ids::{AccountId, UniqueId};
use crate::store::records;

/// Somebody who has a managed policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holder {
    /// What it is.
    pub kind: HolderKind,
    /// Which.
    pub id: UniqueId,
    /// Whether the policy bounds it, rather than being attached.
    pub bounded: bool,
}

crate::words! {
    /// What can have policies, as ARNs and texts call it.
    #[derive(PartialOrd, Ord)]
    HolderKind {
        /// A user.
        User "user",
        /// A group.
        Group "group",
        /// A role.
        Role "role",
    }
}

impl Identities {
    /// Everybody in `account` who has the managed policy of this ARN; AWS's are in every account.
    pub fn holders(&self, account: AccountId, arn: &str) -> impl Iterator<Item = &Holder> {
        self.holders.get(&(account, arn.into())).into_iter().flatten()
    }

    /// The path and the name of somebody who has a policy.
    pub fn path_and_name(&self, holder: &Holder) -> Option<(&str, &str)> {
        let (path, name) = match holder.kind {
            HolderKind::User => self.user(&holder.id).map(|user| (&user.record.path, user.record.name.as_str()))?,
            HolderKind::Group => {
                self.group(&holder.id).map(|group| (&group.record.path, group.record.name.as_str()))?
            }
            HolderKind::Role => self.role(&holder.id).map(|role| (&role.record.path, role.record.name.as_str()))?,
        };
        Some((path.as_str(), name))
    }

    /// The ARNs of the policies that somebody in `account` has.
    pub fn held_policies(&self, account: AccountId) -> impl Iterator<Item = &str> {
        self.holders.keys().filter(move |(found, _)| *found == account).map(|(_, arn)| &**arn)
    }

    pub(super) fn mark_holder(
        &mut self,
        account: AccountId,
        kind: HolderKind,
        id: &UniqueId,
        permissions: &records::Permissions,
        there: bool,
    ) {
        let attached = permissions.attached.iter().map(|arn| (arn, false));
        for (arn, bounded) in attached.chain(permissions.boundary.iter().map(|arn| (arn, true))) {
            let holder = Holder { kind, id: id.clone(), bounded };
            mark(&mut self.holders, (account, arn.as_str().into()), holder, there);
        }
    }
}
