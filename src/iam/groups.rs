//! Groups. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups.html>

use std::sync::Arc;

use super::action::Target;
use super::paging::Paging;
use super::shown::{self, ShownGroup, ShownUser};
use super::users::prefix;
use crate::action;
use crate::api::ApiError;
use crate::api::operation::Members;
use crate::env::draw;
use crate::ids::UniqueId;
use crate::ids::names::{AskedUserName, GroupName, Marker, MaxItems, Path};
use crate::ids::paths::PathPrefix;
use crate::ids::unique_id::Kind;
use crate::store::records;

const MOST_GROUPS: usize = 10;

action! {
    /// Makes a group.
    CreateGroup;
    input CreateGroupInput {
        /// Its path; `/` without it.
        "Path" path: Option<Path>,
        /// Its name, unique in the account whatever its case.
        "GroupName" group_name: GroupName,
    }
    errors [LimitExceeded, EntityAlreadyExists, NoSuchEntity]
    output CreateGroupOutput {
        /// The group.
        "Group" group: ShownGroup,
    }
    on |input, look| {
        let path = input.path.clone().unwrap_or_default();
        Ok(Target::at(look.asker.arn(&format!("group{path}{}", input.group_name))))
    };
    writes |input, desk| {
        let account = desk.asker.account;
        if desk.identities.group_by_name(account, input.group_name.as_str()).is_some() {
            return Err(ApiError::name_taken("Group", input.group_name.as_str()));
        }
        desk.look().has_room(Kind::Group)?;
        let record = records::Group {
            account,
            name: input.group_name.clone(),
            path: input.path.clone().unwrap_or_default(),
            created: desk.now.whole_second(),
            permissions: records::Permissions::default(),
        };
        let id = UniqueId::mint(Kind::Group, account, draw(desk.entropy));
        desk.identities.create_group(desk.batch, id, record).map_err(ApiError::internal)?;
        Ok(CreateGroupOutput { group: shown::group(desk.look().group(input.group_name.as_str())?) })
    };
}

action! {
    /// Shows a group and who is in it.
    GetGroup;
    input GetGroupInput {
        /// Which.
        "GroupName" group_name: GroupName,
        /// Where the list of users goes on.
        "Marker" marker: Option<Marker>,
        /// How many are wanted.
        "MaxItems" max_items: Option<MaxItems>,
    }
    errors [NoSuchEntity]
    output GetGroupOutput {
        /// Whether the list goes on.
        "IsTruncated" is_truncated: bool,
        /// Where.
        "Marker" marker: Option<String>,
        /// Who is in it.
        "Users" users: Members<ShownUser>,
        /// The group.
        "Group" group: ShownGroup,
    }
    on |input, look| Ok(look.group_target(input.group_name.as_str()));
    reads |input, look| {
        let group = look.group(input.group_name.as_str())?;
        let paging = Paging::of(input.marker.as_ref(), input.max_items, &["GetGroup", &group.arn])?;
        let page = paging.cut(look.identities.members_after(group, paging.after()));
        let (is_truncated, group) = (page.is_truncated(), shown::group(group));
        let users = page.items.iter().map(|user| shown::listed_user(user)).collect();
        Ok(GetGroupOutput { is_truncated, marker: page.marker, users: Members(users), group })
    };
}

action! {
    /// Lists the groups of the account in the order of their names.
    ListGroups in pages;
    input ListGroupsInput {
        /// How their paths begin.
        "PathPrefix" path_prefix: Option<PathPrefix>,
    }
    errors []
    output ListGroupsOutput {
        /// The groups.
        "Groups" groups: Members<ShownGroup>,
    }
    on |input, look| Ok(Target::at(look.asker.arn(&format!("group{}", prefix(input.path_prefix.as_ref())))));
    reads |input, look| {
        let prefix = prefix(input.path_prefix.as_ref());
        let paging = input.paging(&[prefix])?;
        let groups = look.identities.groups_after(look.asker.account, paging.after());
        let page = paging.cut(groups.filter(|(_, group)| group.record.path.as_str().starts_with(prefix)));
        Ok(page.map(|group| shown::group(group)).into())
    };
}

action! {
    /// Lists the groups that a user is in.
    ListGroupsForUser in pages;
    input ListGroupsForUserInput {
        /// The user.
        "UserName" user_name: AskedUserName,
    }
    errors [NoSuchEntity]
    output ListGroupsForUserOutput {
        /// The groups.
        "Groups" groups: Members<ShownGroup>,
    }
    on |input, look| Ok(look.user_target(input.user_name.as_str()));
    reads |input, look| {
        let user = look.user(input.user_name.as_str())?;
        let paging = input.paging(&[user.id.as_str()])?;
        let groups = user.record.groups.iter().filter_map(|name| look.group(name.as_str()).ok());
        Ok(paging.cut_next(groups.collect(), |group| group.id.as_str()).map(|group| shown::group(group)).into())
    };
}

action! {
    /// Gives a group another name or path. Whoever is in it stays in it.
    UpdateGroup;
    input UpdateGroupInput {
        /// Which.
        "GroupName" group_name: GroupName,
        /// Its new path.
        "NewPath" new_path: Option<Path>,
        /// Its new name.
        "NewGroupName" new_name: Option<GroupName>,
    }
    errors [NoSuchEntity, EntityAlreadyExists, LimitExceeded]
    on |input, look| {
        let mut target = look.group_target(input.group_name.as_str());
        if let Ok(group) = look.group(input.group_name.as_str()) {
            let path = input.new_path.as_ref().unwrap_or(&group.record.path);
            let name = input.new_name.as_ref().unwrap_or(&group.record.name);
            // AWS: whoever renames must be allowed to on what it is and on what it becomes.
            target.also = vec![("iam:UpdateGroup", Target::at(look.asker.arn(&format!("group{path}{name}"))))];
        }
        Ok(target)
    };
    writes |input, desk| {
        let group = Arc::clone(desk.look().group(input.group_name.as_str())?);
        let mut record = group.record.clone();
        if let Some(new_name) = &input.new_name {
            let found = desk.identities.group_by_name(desk.asker.account, new_name.as_str());
            if found.is_some_and(|found| found.id != group.id) {
                return Err(ApiError::name_taken("Group", new_name.as_str()));
            }
            record.name = new_name.clone();
        }
        record.path = input.new_path.clone().unwrap_or(record.path);
        desk.identities.update_group(desk.batch, &group.id, record).map_err(ApiError::internal)
    };
}

action! {
    /// Removes a group in which nobody is and on which nothing hangs.
    DeleteGroup;
    input DeleteGroupInput {
        /// Which.
        "GroupName" group_name: GroupName,
    }
    errors [NoSuchEntity, DeleteConflict, LimitExceeded]
    on |input, look| Ok(look.group_target(input.group_name.as_str()));
    writes |input, desk| {
        let look = desk.look();
        let group = Arc::clone(look.group(input.group_name.as_str())?);
        if look.identities.members_after(&group, None).next().is_some() {
            return Err(ApiError::in_group());
        }
        super::inline_policies::refuse_deletion(&group.record.permissions)?;
        desk.identities.delete_group(desk.batch, &group.id).map_err(ApiError::internal)
    };
}

action! {
    /// Puts a user into a group; if it is in it already, nothing happens.
    AddUserToGroup;
    input AddUserToGroupInput {
        /// The group.
        "GroupName" group_name: GroupName,
        /// The user.
        "UserName" user_name: AskedUserName,
    }
    errors [NoSuchEntity, LimitExceeded]
    on |input, look| Ok(look.group_target(input.group_name.as_str()));
    writes |input, desk| {
        let look = desk.look();
        let user = Arc::clone(look.user(input.user_name.as_str())?);
        let group = look.group(input.group_name.as_str())?.record.name.clone();
        if user.record.groups.contains(&group) {
            return Ok(());
        }
        if user.record.groups.len() >= MOST_GROUPS {
            return Err(ApiError::over_quota("GroupsPerUser", MOST_GROUPS));
        }
        let groups = user.record.groups.iter().cloned().chain([group]).collect();
        let record = records::User { groups, ..user.record.clone() };
        desk.identities.update_user(desk.batch, &user.id, record).map_err(ApiError::internal)
    };
}

action! {
    /// Takes a user out of a group; if it is not in it, nothing happens.
    RemoveUserFromGroup;
    input RemoveUserFromGroupInput {
        /// The group.
        "GroupName" group_name: GroupName,
        /// The user.
        "UserName" user_name: AskedUserName,
    }
    errors [NoSuchEntity, LimitExceeded]
    on |input, look| Ok(look.group_target(input.group_name.as_str()));
    writes |input, desk| {
        let look = desk.look();
        // AWS: the user is looked for first (iamx-group-remove-order).
        let user = Arc::clone(look.user(input.user_name.as_str())?);
        let group = look.group(input.group_name.as_str())?.record.name.clone();
        let groups = user.record.groups.iter().filter(|name| **name != group).cloned().collect();
        let record = records::User { groups, ..user.record.clone() };
        desk.identities.update_user(desk.batch, &user.id, record).map_err(ApiError::internal)
    };
}
