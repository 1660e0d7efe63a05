//! Users. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users.html>

use std::sync::Arc;

use super::action::{Look, Owner, Target, tagged};
use super::shown::{self, ShownUser};
use super::tags::{self, SentTags};
use crate::access::Principal;
use crate::action;
use crate::api::ApiError;
use crate::env::draw;
use crate::identities::HolderKind;
use crate::ids::UniqueId;
use crate::ids::names::{ArnText, AskedUserName, Path, UserName};
use crate::ids::paths::PathPrefix;
use crate::ids::unique_id::Kind;
use crate::store::records;

action! {
    /// Makes a user.
    CreateUser;
    input CreateUserInput {
        /// Its path; `/` without it.
        "Path" path: Option<Path>,
        /// Its name, unique in the account whatever its case.
        "UserName" user_name: UserName,
        /// The managed policy that bounds it.
        "PermissionsBoundary" boundary: Option<ArnText>,
        /// Its tags.
        "Tags" tags: SentTags,
    }
    errors [LimitExceeded, EntityAlreadyExists, NoSuchEntity, InvalidInput, PolicyNotAttachable]
    output CreateUserOutput {
        /// The user.
        "User" user: ShownUser,
    }
    on |input, look| {
        let path = input.path.clone().unwrap_or_default();
        let target = Target::at(look.asker.arn(&format!("user{path}{}", input.user_name)));
        let target = target.bounded(input.boundary.as_ref(), "iam:PutUserPermissionsBoundary");
        Ok(tags::given(target, &input.tags, "iam:TagUser"))
    };
    writes |input, desk| {
        let account = desk.asker.account;
        if desk.identities.user_by_name(account, input.user_name.as_str()).is_some() {
            return Err(ApiError::name_taken("User", input.user_name.as_str()));
        }
        desk.look().has_room(Kind::User)?;
        let tags = tags::for_new(&input.tags, true)?;
        if let Some(arn) = &input.boundary {
            super::boundaries::check(HolderKind::User, arn.as_str(), desk.look())?;
        }
        let boundary = input.boundary.as_ref().map(ToString::to_string);
        let id = UniqueId::mint(Kind::User, account, draw(desk.entropy));
        let record = records::User {
            account,
            name: input.user_name.clone(),
            path: input.path.clone().unwrap_or_default(),
            created: desk.now.whole_second(),
            tags,
            groups: Vec::new(),
            permissions: records::Permissions { boundary, ..records::Permissions::default() },
        };
        desk.identities.create_user(desk.batch, id, record).map_err(ApiError::internal)?;
        Ok(CreateUserOutput { user: shown::user(desk.look().user(input.user_name.as_str())?) })
    };
}

action! {
    /// Shows a user.
    GetUser;
    input GetUserInput {
        /// Which; without it the caller.
        "UserName" user_name: Option<AskedUserName>,
    }
    errors [NoSuchEntity]
    output GetUserOutput {
        /// The user.
        "User" user: ShownUser,
    }
    on |input, look| match (&input.user_name, &look.asker.principal) {
        // AWS: a session, too, must be allowed to, and only then learns that it is no user (B-812).
        (None, Principal::RoleSession { session_name, .. }) => Ok(look.user_target(session_name.as_str())),
        (user_name, _) => look.owner_target(user_name.as_ref()),
    };
    reads |input, look| Ok(GetUserOutput {
        user: match look.owner(input.user_name.as_ref())? {
            Owner::User(user) => shown::user(user),
            Owner::Root(_) => root(look),
        },
    });
}

action! {
    /// Lists the users of the account in the order of their names.
    ListUsers in pages;
    input ListUsersInput {
        /// How their paths begin.
        "PathPrefix" path_prefix: Option<PathPrefix>,
    }
    errors []
    output ListUsersOutput {
        /// The users.
        "Users" users: Members<ShownUser>,
    }
    on |input, look| Ok(Target::at(look.asker.arn(&format!("user{}", prefix(input.path_prefix.as_ref())))));
    reads |input, look| {
        let prefix = prefix(input.path_prefix.as_ref());
        let paging = input.paging(&[prefix])?;
        let users = look.identities.users_after(look.asker.account, paging.after());
        let page = paging.cut(users.filter(|(_, user)| user.record.path.as_str().starts_with(prefix)));
        Ok(page.map(|user| shown::listed_user(user)).into())
    };
}

action! {
    /// Gives a user another name or path. It stays who it is: its keys, devices, groups and policies go with it.
    UpdateUser;
    input UpdateUserInput {
        /// Which.
        "UserName" user_name: AskedUserName,
        /// Its new path.
        "NewPath" new_path: Option<Path>,
        /// Its new name.
        "NewUserName" new_name: Option<UserName>,
    }
    errors [NoSuchEntity, LimitExceeded, EntityAlreadyExists]
    on |input, look| {
        let mut target = look.user_target(input.user_name.as_str());
        if let Ok(user) = look.user(input.user_name.as_str()) {
            let path = input.new_path.as_ref().unwrap_or(&user.record.path);
            let name = input.new_name.as_ref().unwrap_or(&user.record.name);
            // AWS: whoever renames must be allowed to on what it is and on what it becomes.
            let becomes = Target::at(look.asker.arn(&format!("user{path}{name}")));
            target.also = vec![("iam:UpdateUser", tagged(becomes, &user.record.tags))];
        }
        Ok(target)
    };
    writes |input, desk| {
        let user = Arc::clone(desk.look().user(input.user_name.as_str())?);
        let mut record = user.record.clone();
        if let Some(new_name) = &input.new_name {
            let found = desk.identities.user_by_name(desk.asker.account, new_name.as_str());
            if found.is_some_and(|found| found.id != user.id) {
                return Err(ApiError::name_taken("User", new_name.as_str()));
            }
            record.name = new_name.clone();
        }
        record.path = input.new_path.clone().unwrap_or(record.path);
        desk.identities.update_user(desk.batch, &user.id, record).map_err(ApiError::internal)
    };
}

action! {
    /// Removes a user on whom nothing hangs. Sessions that it began end at once.
    DeleteUser;
    input DeleteUserInput {
        /// Which.
        "UserName" user_name: AskedUserName,
    }
    errors [LimitExceeded, NoSuchEntity, DeleteConflict]
    on |input, look| Ok(look.user_target(input.user_name.as_str()));
    writes |input, desk| {
        let look = desk.look();
        let user = Arc::clone(look.user(input.user_name.as_str())?);
        let owner = records::KeyOwner::User(user.id.clone());
        // AWS: devices before keys (a recording of September 2026).
        if look.identities.mfa_devices_of(&owner).next().is_some() {
            return Err(ApiError::mfa_devices_there());
        }
        if look.identities.access_keys_of(&owner).next().is_some() {
            return Err(ApiError::access_keys_there());
        }
        if look.identities.login_profile(&owner).is_some() {
            return Err(ApiError::login_profile_there());
        }
        if !user.record.groups.is_empty() {
            return Err(ApiError::in_group());
        }
        super::inline_policies::refuse_deletion(&user.record.permissions)?;
        desk.identities.delete_user(desk.batch, &user.id).map_err(ApiError::internal)
    };
}

/// The root user of the asker's account.
pub(super) fn root(look: Look<'_>) -> ShownUser {
    ShownUser {
        path: None,
        boundary: None,
        password_last_used: None,
        arn: look.asker.arn("root"),
        name: None,
        id: look.asker.account.to_string(),
        tags: None,
        created: shown::root_created(),
    }
}

/// How paths begin that were asked for.
pub(super) fn prefix(sent: Option<&impl AsRef<str>>) -> &str {
    sent.map_or("/", AsRef::as_ref)
}
