//! Managed policies on users, groups and roles, and who has a policy.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_manage-attach-detach.html>

use super::action::{Look, Target};
use super::inline_policies::{changing, held};
use super::paging::Paging;
use super::policies::{self, Known, is_reserved, known, parsed};
use super::users::prefix;
use crate::action;
use crate::api::ApiError;
use crate::api::operation::Members;
use crate::identities::{Holder, HolderKind};
use crate::ids::arn::name_in;
use crate::ids::names::{ArnText, EntityType, GroupName, Marker, MaxItems, PolicyUsage, RoleName, UserName};
use crate::ids::paths::{PolicyPath, PrefixPath};

const MOST_ATTACHED: usize = 10;

crate::structure! {
    /// A managed policy that somebody has.
    ShownAttached {
        /// Its ARN.
        "PolicyArn" arn: String,
        /// Its name.
        "PolicyName" name: String,
    }
}

crate::structure! {
    /// A user who has a policy.
    PolicyUser {
        /// Its name.
        "UserName" name: String,
        /// Its unique id.
        "UserId" id: String,
    }
}

crate::structure! {
    /// A group that has a policy.
    PolicyGroup {
        /// Its name.
        "GroupName" name: String,
        /// Its unique id.
        "GroupId" id: String,
    }
}

crate::structure! {
    /// A role that has a policy.
    PolicyRole {
        /// Its unique id.
        "RoleId" id: String,
        /// Its name.
        "RoleName" name: String,
    }
}

/// Attached policies as they are shown.
pub(super) fn shown(arns: &[String]) -> Vec<ShownAttached> {
    arns.iter().map(|arn| ShownAttached { arn: arn.clone(), name: name_in(arn).to_owned() }).collect()
}

fn target(kind: HolderKind, name: &str, arn: &ArnText, look: Look<'_>) -> Target {
    changing(kind, name, look).with("iam:PolicyARN", Some(arn.to_string()))
}

fn check(kind: HolderKind, arn: &str, look: Look<'_>) -> Result<(), ApiError> {
    parsed(arn, look)?;
    if is_reserved(arn) {
        let is_user = kind == HolderKind::User;
        return Err(if is_user { ApiError::reserved_policy() } else { ApiError::service_role_policy() });
    }
    attachable(arn, look)
}

fn attachable(arn: &str, look: Look<'_>) -> Result<(), ApiError> {
    known(arn, look).map(|_| ()).map_err(|_| ApiError::no_attachable_policy(arn))
}

/// Those of attached policies whose paths begin so.
fn under(prefix: &str, attached: &[String], look: Look<'_>) -> Vec<ShownAttached> {
    let begins_so = |policy: &ShownAttached| match known(&policy.arn, look) {
        Ok(Known::Own(policy)) => policy.record.path.as_str().starts_with(prefix),
        Ok(Known::Aws(policy)) => policy.path.starts_with(prefix),
        Err(_) => prefix == "/",
    };
    shown(attached).into_iter().filter(begins_so).collect()
}

/// The three actions on attached policies of one kind.
macro_rules! attachment_actions {
    (
        $kind:ident $wire:literal $type:ty, $quota:literal:
        $attach:ident $attach_module:ident, $detach:ident $detach_module:ident, $list:ident $list_module:ident
    ) => {
        /// Attaching a policy.
        pub mod $attach_module {
            use super::*;

            action! {
                /// Attaches a managed policy; if it is attached already, nothing happens.
                $attach;
                input Input {
                    /// To whom.
                    $wire name: $type,
                    /// The policy.
                    "PolicyArn" arn: ArnText,
                }
                errors [NoSuchEntity, LimitExceeded, InvalidInput, PolicyNotAttachable, UnmodifiableEntity]
                on |input, look| Ok(target(HolderKind::$kind, input.name.as_str(), &input.arn, look));
                writes |input, desk| {
                    let mut held = held(HolderKind::$kind, input.name.as_str(), desk.look())?;
                    held.refuse_protected()?;
                    check(HolderKind::$kind, input.arn.as_str(), desk.look())?;
                    let attached = &mut held.permissions.attached;
                    if attached.iter().any(|arn| arn == input.arn.as_str()) {
                        return Ok(());
                    }
                    if attached.len() >= MOST_ATTACHED {
                        return Err(ApiError::over_quota($quota, MOST_ATTACHED));
                    }
                    attached.push(input.arn.to_string());
                    held.put(desk)
                };
            }
        }

        /// Detaching a policy.
        pub mod $detach_module {
            use super::*;

            action! {
                /// Detaches a managed policy.
                $detach;
                input Input {
                    /// From whom.
                    $wire name: $type,
                    /// The policy.
                    "PolicyArn" arn: ArnText,
                }
                errors [NoSuchEntity, LimitExceeded, InvalidInput, UnmodifiableEntity]
                on |input, look| Ok(target(HolderKind::$kind, input.name.as_str(), &input.arn, look));
                writes |input, desk| {
                    let mut held = held(HolderKind::$kind, input.name.as_str(), desk.look())?;
                    held.refuse_protected()?;
                    parsed(input.arn.as_str(), desk.look())?;
                    let before = held.permissions.attached.len();
                    held.permissions.attached.retain(|arn| arn != input.arn.as_str());
                    if held.permissions.attached.len() == before {
                        return Err(ApiError::no_policy(input.arn.as_str()));
                    }
                    held.put(desk)
                };
            }
        }

        /// Listing attached policies.
        pub mod $list_module {
            use super::*;

            action! {
                /// Lists the managed policies that are attached to somebody.
                $list in pages;
                input Input {
                    /// To whom.
                    $wire name: $type,
                    /// How the paths of the policies begin.
                    "PathPrefix" path_prefix: Option<PolicyPath>,
                }
                errors [NoSuchEntity, InvalidInput]
                output Output {
                    /// The policies.
                    "AttachedPolicies" policies: Members<ShownAttached>,
                }
                on |input, look| Ok(look.target(HolderKind::$kind, input.name.as_str()));
                reads |input, look| {
                    let prefix = prefix(input.path_prefix.as_ref());
                    let held = held(HolderKind::$kind, input.name.as_str(), look)?;
                    let policies = under(prefix, &held.permissions.attached, look);
                    Ok(input.paging(&[held.id.as_str(), prefix])?.cut_next(policies, |policy| &policy.arn).into())
                };
            }
        }
    };
}

attachment_actions!(User "UserName" UserName, "PoliciesPerUser":
    AttachUserPolicy attach_user, DetachUserPolicy detach_user, ListAttachedUserPolicies list_user);
attachment_actions!(Group "GroupName" GroupName, "PoliciesPerGroup":
    AttachGroupPolicy attach_group, DetachGroupPolicy detach_group, ListAttachedGroupPolicies list_group);
attachment_actions!(Role "RoleName" RoleName, "PoliciesPerRole":
    AttachRolePolicy attach_role, DetachRolePolicy detach_role, ListAttachedRolePolicies list_role);

action! {
    /// Lists who has a managed policy, attached or as a boundary.
    ListEntitiesForPolicy;
    input ListEntitiesForPolicyInput {
        /// The policy.
        "PolicyArn" arn: ArnText,
        /// Only things of this kind.
        "EntityFilter" kind: Option<EntityType>,
        /// How their paths begin.
        "PathPrefix" path_prefix: Option<PrefixPath>,
        /// Only those who have it in this way.
        "PolicyUsageFilter" usage: Option<PolicyUsage>,
        /// Where the list goes on.
        "Marker" marker: Option<Marker>,
        /// How many are wanted.
        "MaxItems" max_items: Option<MaxItems>,
    }
    errors [NoSuchEntity, InvalidInput]
    output ListEntitiesForPolicyOutput {
        /// Whether the list goes on.
        "IsTruncated" is_truncated: bool,
        /// The roles.
        "PolicyRoles" roles: Members<PolicyRole>,
        /// The users.
        "PolicyUsers" users: Members<PolicyUser>,
        /// Where the list goes on.
        "Marker" marker: Option<String>,
        /// The groups.
        "PolicyGroups" groups: Members<PolicyGroup>,
    }
    on |input, look| Ok(policies::target(input.arn.as_str(), look));
    reads |input, look| {
        let arn = input.arn.as_str();
        parsed(arn, look)?;
        attachable(arn, look)?;
        let prefix = prefix(input.path_prefix.as_ref());
        let list = format!("{:?} {:?} {prefix}", input.kind, input.usage);
        let paging = Paging::of(input.marker.as_ref(), input.max_items, &["ListEntitiesForPolicy", arn, &list])?;
        let wanted = |holder: &&Holder| {
            let kind = match holder.kind {
                HolderKind::User => EntityType::User,
                HolderKind::Group => EntityType::Group,
                HolderKind::Role => EntityType::Role,
            };
            let usage = if holder.bounded { PolicyUsage::Boundary } else { PolicyUsage::Permissions };
            input.kind.is_none_or(|wanted| wanted == kind) && input.usage.is_none_or(|wanted| wanted == usage)
        };
        let named = |holder: &Holder| {
            let (path, name) = look.identities.path_and_name(holder)?;
            path.starts_with(prefix).then(|| (holder.kind, name.to_owned(), holder.id.to_string()))
        };
        let holders = look.identities.holders(look.asker.account, arn).filter(wanted);
        let mut found: Vec<(HolderKind, String, String)> = holders.filter_map(named).collect();
        found.sort();
        found.dedup();
        let page = paging.cut_next(found, |(_, _, id)| id);
        let (is_truncated, marker) = (page.is_truncated(), page.marker);
        let (mut users, mut groups, mut roles) = (Vec::new(), Vec::new(), Vec::new());
        for (kind, name, id) in page.items {
            match kind {
                HolderKind::User => users.push(PolicyUser { name, id }),
                HolderKind::Group => groups.push(PolicyGroup { name, id }),
                HolderKind::Role => roles.push(PolicyRole { id, name }),
            }
        }
        let (roles, users, groups) = (Members(roles), Members(users), Members(groups));
        Ok(ListEntitiesForPolicyOutput { is_truncated, roles, users, marker, groups })
    };
}
