//! Policies written into users, groups and roles.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html>

use super::action::{Desk, Look, Target};
use super::roles::is_protected;
use super::shown::encoded;
use crate::action;
use crate::api::ApiError;
use crate::api::errors::malformed_policy;
use crate::identities::HolderKind;
use crate::ids::UniqueId;
use crate::ids::names::{AskedUserName, GroupName, PolicyName, PolicyText, RoleName};
use crate::policy::document::Policy;
use crate::policy::parse::PolicyKind;
use crate::store::records;

/// Somebody who has policies, and which.
pub(super) struct Held {
    kind: HolderKind,
    pub(super) id: UniqueId,
    pub(super) name: String,
    pub(super) permissions: records::Permissions,
    is_protected: bool,
}

/// Somebody whose permissions are about to change, as the target of an action. AWS: conditions see what bounds it.
pub(super) fn changing(kind: HolderKind, name: &str, look: Look<'_>) -> Target {
    let boundary = held(kind, name, look).ok().and_then(|held| held.permissions.boundary);
    look.target(kind, name).with("iam:PermissionsBoundary", boundary)
}

/// How much all inline policies of one may have together, without blanks.
fn room(kind: HolderKind) -> usize {
    match kind {
        HolderKind::User => 2048,
        HolderKind::Group => 5120,
        HolderKind::Role => 10_240,
    }
}

/// Finds somebody of a kind.
pub(super) fn held(kind: HolderKind, name: &str, look: Look<'_>) -> Result<Held, ApiError> {
    let (id, name, permissions, is_protected) = match kind {
        HolderKind::User => {
            let user = look.user(name)?;
            (&user.id, user.record.name.as_str(), &user.record.permissions, false)
        }
        HolderKind::Group => {
            let group = look.group(name)?;
            (&group.id, group.record.name.as_str(), &group.record.permissions, false)
        }
        HolderKind::Role => {
            let role = look.role(name)?;
            (&role.id, role.record.name.as_str(), &role.record.permissions, is_protected(role))
        }
    };
    Ok(Held { kind, id: id.clone(), name: name.to_owned(), permissions: permissions.clone(), is_protected })
}

impl Held {
    /// Nobody but AWS alters what AWS keeps.
    pub(super) fn refuse_protected(&self) -> Result<(), ApiError> {
        if self.is_protected { Err(ApiError::protected_role(&self.name)) } else { Ok(()) }
    }

    /// Gives it the policies that it has by now.
    pub(super) fn put(self, desk: &mut Desk<'_>) -> Result<(), ApiError> {
        let Self { kind, id, permissions, .. } = self;
        let gone = || ApiError::internal("it was there a moment ago");
        let put = match kind {
            HolderKind::User => {
                let record = desk.identities.user(&id).ok_or_else(gone)?.record.clone();
                desk.identities.update_user(desk.batch, &id, records::User { permissions, ..record })
            }
            HolderKind::Group => {
                let record = desk.identities.group(&id).ok_or_else(gone)?.record.clone();
                desk.identities.update_group(desk.batch, &id, records::Group { permissions, ..record })
            }
            HolderKind::Role => {
                let record = desk.identities.role(&id).ok_or_else(gone)?.record.clone();
                desk.identities.update_role(desk.batch, &id, records::Role { permissions, ..record })
            }
        };
        put.map_err(ApiError::internal)
    }

    /// The place of an inline policy. AWS: case does not count (iam-s-inline-case).
    fn place(&self, policy: &PolicyName) -> Option<usize> {
        let is_it = |found: &records::InlinePolicy| found.name.as_str().eq_ignore_ascii_case(policy.as_str());
        self.permissions.inline.iter().position(is_it)
    }
}

/// Whoever has policies stays.
pub(super) fn refuse_deletion(permissions: &records::Permissions) -> Result<(), ApiError> {
    if !permissions.attached.is_empty() {
        return Err(ApiError::policies_attached());
    }
    if permissions.inline.is_empty() { Ok(()) } else { Err(ApiError::inline_policies_there()) }
}

fn put_policy(
    kind: HolderKind,
    name: &str,
    policy: &PolicyName,
    text: &PolicyText,
    desk: &mut Desk<'_>,
) -> Result<(), ApiError> {
    let mut held = held(kind, name, desk.look())?;
    held.refuse_protected()?;
    check_document(text.as_str(), PolicyKind::Identity, desk)?;
    let place = held.place(policy);
    let document = text.to_string();
    match place.and_then(|place| held.permissions.inline.get_mut(place)) {
        Some(found) => found.document = document,
        None => held.permissions.inline.push(records::InlinePolicy { name: policy.clone(), document }),
    }
    let size: usize = held.permissions.inline.iter().map(|policy| size(&policy.document)).sum();
    if size > room(kind) {
        return Err(ApiError::over_inline_size(room(kind), kind.word(), &held.name));
    }
    held.put(desk)
}

/// Characters that count: AWS leaves blanks out.
pub(super) fn size(document: &str) -> usize {
    document.chars().filter(|letter| !letter.is_whitespace()).count()
}

/// Whether a document can be saved as a policy of this kind.
pub(super) fn check_document(text: &str, kind: PolicyKind, desk: &Desk<'_>) -> Result<(), ApiError> {
    let parsed = Policy::parse_to_save(text, kind, desk.asker.partition.as_str());
    parsed.map(|_| ()).map_err(|error| malformed_policy(kind, &error))
}

/// The four actions on inline policies of one kind.
macro_rules! inline_actions {
    (
        $kind:ident $wire:literal $type:ty:
        $put:ident $put_module:ident, $get:ident $get_module:ident { $($get_out:tt)* },
        $list:ident $list_module:ident, $delete:ident $delete_module:ident
    ) => {
        /// Writing a policy.
        pub mod $put_module {
            use super::*;

            action! {
                /// Writes a policy into somebody, in place of one of the same name.
                $put;
                input Input {
                    /// Into whom.
                    $wire name: $type,
                    /// The name of the policy; case does not tell two apart.
                    "PolicyName" policy: PolicyName,
                    /// The policy.
                    "PolicyDocument" document: PolicyText,
                }
                errors [LimitExceeded, MalformedPolicyDocument, NoSuchEntity, UnmodifiableEntity]
                on |input, look| Ok(changing(HolderKind::$kind, input.name.as_str(), look));
                writes |input, desk| {
                    put_policy(HolderKind::$kind, input.name.as_str(), &input.policy, &input.document, desk)
                };
            }
        }

        /// Showing a policy.
        pub mod $get_module {
            use super::*;

            action! {
                /// Shows a policy that is written into somebody.
                $get;
                input Input {
                    /// Into whom.
                    $wire name: $type,
                    /// The name of the policy.
                    "PolicyName" policy: PolicyName,
                }
                errors [NoSuchEntity]
                output Output { $($get_out)* }
                on |input, look| Ok(look.target(HolderKind::$kind, input.name.as_str()));
                reads |input, look| {
                    let held = held(HolderKind::$kind, input.name.as_str(), look)?;
                    let found = held.place(&input.policy).and_then(|place| held.permissions.inline.get(place));
                    let gone = || ApiError::no_inline_policy(HolderKind::$kind.word(), input.policy.as_str());
                    let document = encoded(&found.ok_or_else(gone)?.document);
                    Ok(Output { document, policy: input.policy.to_string(), owner: held.name })
                };
            }
        }

        /// Listing policies.
        pub mod $list_module {
            use super::*;

            action! {
                /// Lists the names of the policies that are written into somebody.
                $list in pages;
                input Input {
                    /// Into whom.
                    $wire name: $type,
                }
                errors [NoSuchEntity]
                output Output {
                    /// The names.
                    "PolicyNames" names: Members<String>,
                }
                on |input, look| Ok(look.target(HolderKind::$kind, input.name.as_str()));
                reads |input, look| {
                    let Held { id, permissions, .. } = held(HolderKind::$kind, input.name.as_str(), look)?;
                    let mut names: Vec<_> = permissions.inline.iter().map(|policy| policy.name.to_string()).collect();
                    names.sort();
                    Ok(input.paging(&[id.as_str()])?.cut_next(names, String::as_str).into())
                };
            }
        }

        /// Removing a policy.
        pub mod $delete_module {
            use super::*;

            action! {
                /// Removes a policy that is written into somebody.
                $delete;
                input Input {
                    /// Into whom.
                    $wire name: $type,
                    /// The name of the policy.
                    "PolicyName" policy: PolicyName,
                }
                errors [NoSuchEntity, LimitExceeded, UnmodifiableEntity]
                on |input, look| Ok(changing(HolderKind::$kind, input.name.as_str(), look));
                writes |input, desk| {
                    let mut held = held(HolderKind::$kind, input.name.as_str(), desk.look())?;
                    held.refuse_protected()?;
                    let gone = || ApiError::no_inline_policy(HolderKind::$kind.word(), input.policy.as_str());
                    let place = held.place(&input.policy).ok_or_else(gone)?;
                    held.permissions.inline.remove(place);
                    held.put(desk)
                };
            }
        }
    };
}

inline_actions!(User "UserName" AskedUserName:
    PutUserPolicy put_user,
    GetUserPolicy get_user {
        /// The policy, percent-encoded.
        "PolicyDocument" document: String,
        /// Its name as it was asked for.
        "PolicyName" policy: String,
        /// The user.
        "UserName" owner: String,
    },
    ListUserPolicies list_user, DeleteUserPolicy delete_user);
inline_actions!(Group "GroupName" GroupName:
    PutGroupPolicy put_group,
    GetGroupPolicy get_group {
        /// The policy, percent-encoded.
        "PolicyDocument" document: String,
        /// The group.
        "GroupName" owner: String,
        /// Its name as it was asked for.
        "PolicyName" policy: String,
    },
    ListGroupPolicies list_group, DeleteGroupPolicy delete_group);
inline_actions!(Role "RoleName" RoleName:
    PutRolePolicy put_role,
    GetRolePolicy get_role {
        /// The policy, percent-encoded.
        "PolicyDocument" document: String,
        /// Its name as it was asked for.
        "PolicyName" policy: String,
        /// The role.
        "RoleName" owner: String,
    },
    ListRolePolicies list_role, DeleteRolePolicy delete_role);
