//! Permissions boundaries of users and roles.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>

use super::action::Look;
use super::inline_policies::{changing, held};
use super::policies;
use crate::action;
use crate::api::ApiError;
use crate::identities::HolderKind;
use crate::ids::names::{ArnText, RoleName, UserName};

/// Whether a managed policy can bound somebody.
pub(super) fn check(kind: HolderKind, arn: &str, look: Look<'_>) -> Result<(), ApiError> {
    let parsed = policies::parsed(arn, look)?;
    if kind == HolderKind::User && policies::is_reserved(arn) {
        return Err(ApiError::reserved_policy());
    }
    let usable = policies::is_of(parsed.account, look) && look.identities.managed_policy(arn).is_some();
    if usable { Ok(()) } else { Err(ApiError::no_boundary(arn)) }
}

/// The two actions on boundaries of one kind.
macro_rules! boundary_actions {
    ($kind:ident $wire:literal $type:ty: $put:ident $put_module:ident, $delete:ident $delete_module:ident) => {
        /// Setting a boundary.
        pub mod $put_module {
            use super::*;

            action! {
                /// Bounds what somebody may do by a managed policy.
                $put;
                input Input {
                    /// Whom.
                    $wire name: $type,
                    /// The managed policy.
                    "PermissionsBoundary" boundary: ArnText,
                }
                errors [NoSuchEntity, InvalidInput, UnmodifiableEntity, PolicyNotAttachable]
                on |input, look| {
                    let target = look.target(HolderKind::$kind, input.name.as_str());
                    Ok(target.with("iam:PermissionsBoundary", Some(input.boundary.to_string())))
                };
                writes |input, desk| {
                    let mut held = held(HolderKind::$kind, input.name.as_str(), desk.look())?;
                    held.refuse_protected()?;
                    check(HolderKind::$kind, input.boundary.as_str(), desk.look())?;
                    held.permissions.boundary = Some(input.boundary.to_string());
                    held.put(desk)
                };
            }
        }

        /// Removing a boundary.
        pub mod $delete_module {
            use super::*;

            action! {
                /// Bounds somebody no more.
                $delete;
                input Input {
                    /// Whom.
                    $wire name: $type,
                }
                errors [NoSuchEntity, UnmodifiableEntity]
                on |input, look| Ok(changing(HolderKind::$kind, input.name.as_str(), look));
                writes |input, desk| {
                    let mut held = held(HolderKind::$kind, input.name.as_str(), desk.look())?;
                    held.refuse_protected()?;
                    if held.permissions.boundary.take().is_none() {
                        return Err(ApiError::no_boundary_set(HolderKind::$kind.word(), input.name.as_str()));
                    }
                    held.put(desk)
                };
            }
        }
    };
}

boundary_actions!(User "UserName" UserName:
    PutUserPermissionsBoundary put_user, DeleteUserPermissionsBoundary delete_user);
boundary_actions!(Role "RoleName" RoleName:
    PutRolePermissionsBoundary put_role, DeleteRolePermissionsBoundary delete_role);
