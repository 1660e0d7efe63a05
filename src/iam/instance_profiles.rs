//! Instance profiles.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html>

use std::sync::Arc;

use super::action::{Look, Target, tagged};
use super::shown::{self, ShownRole, ShownTag};
use super::tags::{self, SentTags};
use super::users::prefix;
use crate::action;
use crate::api::ApiError;
use crate::api::operation::Members;
use crate::env::draw;
use crate::identities::InstanceProfile;
use crate::ids::UniqueId;
use crate::ids::names::{InstanceProfileName, Path, RoleName};
use crate::ids::paths::PathPrefix;
use crate::ids::unique_id::Kind;
use crate::store::records;
use crate::time::Timestamp;

/// Who gets the credentials of a role in an instance profile.
const INSTANCES: &str = "ec2.amazonaws.com";

crate::structure! {
    /// An instance profile.
    ShownInstanceProfile {
        /// Its path.
        "Path" path: String,
        /// The role in it.
        "Roles" roles: Members<ShownRole>,
        /// Its name.
        "InstanceProfileName" name: String,
        /// Its ARN.
        "Arn" arn: String,
        /// Its unique id.
        "InstanceProfileId" id: String,
        /// Its tags.
        "Tags" tags: Option<Members<ShownTag>>,
        /// When it was made.
        "CreateDate" created: Timestamp,
    }
}

action! {
    /// Makes an instance profile.
    CreateInstanceProfile;
    input CreateInstanceProfileInput {
        /// Its name, unique in the account whatever its case.
        "InstanceProfileName" name: InstanceProfileName,
        /// Its path; `/` without it.
        "Path" path: Option<Path>,
        /// Its tags.
        "Tags" tags: SentTags,
    }
    errors [EntityAlreadyExists, InvalidInput, LimitExceeded]
    output CreateInstanceProfileOutput {
        /// The instance profile.
        "InstanceProfile" profile: ShownInstanceProfile,
    }
    on |input, look| {
        let path = input.path.clone().unwrap_or_default();
        let target = Target::at(look.asker.arn(&format!("instance-profile{path}{}", input.name)));
        Ok(tags::given(target, &input.tags, "iam:TagInstanceProfile"))
    };
    writes |input, desk| {
        let account = desk.asker.account;
        if desk.identities.instance_profile(account, input.name.as_str()).is_some() {
            return Err(ApiError::instance_profile_taken(input.name.as_str()));
        }
        desk.look().has_room(Kind::InstanceProfile)?;
        let record = records::InstanceProfile {
            id: UniqueId::mint(Kind::InstanceProfile, account, draw(desk.entropy)),
            account,
            name: input.name.clone(),
            path: input.path.clone().unwrap_or_default(),
            created: desk.now.whole_second(),
            tags: tags::for_new(&input.tags, false)?,
            role: None,
        };
        desk.identities.put_instance_profile(desk.batch, record).map_err(ApiError::internal)?;
        let look = desk.look();
        let profile = find(input.name.as_str(), look)?;
        let tags = shown::some_tags(&profile.record.tags);
        Ok(CreateInstanceProfileOutput { profile: ShownInstanceProfile { tags, ..listed(profile, look) } })
    };
}

action! {
    /// Shows an instance profile.
    GetInstanceProfile;
    input GetInstanceProfileInput {
        /// Which.
        "InstanceProfileName" name: InstanceProfileName,
    }
    errors [NoSuchEntity]
    output GetInstanceProfileOutput {
        /// The instance profile.
        "InstanceProfile" profile: ShownInstanceProfile,
    }
    on |input, look| Ok(target(input.name.as_str(), look));
    reads |input, look| {
        let profile = find(input.name.as_str(), look)?;
        let tags = Some(shown::tags(&profile.record.tags));
        Ok(GetInstanceProfileOutput { profile: ShownInstanceProfile { tags, ..listed(profile, look) } })
    };
}

action! {
    /// Lists the instance profiles of the account in the order of their names.
    ListInstanceProfiles in pages;
    input ListInstanceProfilesInput {
        /// How their paths begin.
        "PathPrefix" path_prefix: Option<PathPrefix>,
    }
    errors []
    output ListInstanceProfilesOutput {
        /// The instance profiles.
        "InstanceProfiles" profiles: Members<ShownInstanceProfile>,
    }
    on |input, look| Ok(Target::at(look.asker.arn(&format!("instance-profile{}", prefix(input.path_prefix.as_ref())))));
    reads |input, look| {
        let prefix = prefix(input.path_prefix.as_ref());
        let paging = input.paging(&[prefix])?;
        let profiles = look.identities.instance_profiles_after(look.asker.account, paging.after());
        let page = paging.cut(profiles.filter(|(_, profile)| profile.record.path.as_str().starts_with(prefix)));
        Ok(page.map(|profile| listed(profile, look)).into())
    };
}

action! {
    /// Lists the instance profiles that a role is in.
    ListInstanceProfilesForRole in pages;
    input ListInstanceProfilesForRoleInput {
        /// The role.
        "RoleName" role_name: RoleName,
    }
    errors [NoSuchEntity]
    output ListInstanceProfilesForRoleOutput {
        /// The instance profiles.
        "InstanceProfiles" profiles: Members<ShownInstanceProfile>,
    }
    on |input, look| Ok(look.role_target(input.role_name.as_str()));
    reads |input, look| {
        let role = look.role(input.role_name.as_str())?;
        let paging = input.paging(&[role.id.as_str()])?;
        let profiles = look.identities.instance_profiles_of(role.record.account, role.record.name.as_str());
        let page = paging.cut_next(profiles.collect(), |profile| profile.record.name.as_str());
        Ok(page.map(|profile| listed(profile, look)).into())
    };
}

action! {
    /// Removes an instance profile in which no role is.
    DeleteInstanceProfile;
    input DeleteInstanceProfileInput {
        /// Which.
        "InstanceProfileName" name: InstanceProfileName,
    }
    errors [NoSuchEntity, DeleteConflict, LimitExceeded]
    on |input, look| Ok(target(input.name.as_str(), look));
    writes |input, desk| {
        let profile = Arc::clone(find(input.name.as_str(), desk.look())?);
        if profile.record.role.is_some() {
            return Err(ApiError::in_instance_profile());
        }
        desk.identities.delete_instance_profile(desk.batch, &profile);
        Ok(())
    };
}

action! {
    /// Puts a role into an instance profile, which takes one. The caller must be allowed to pass it on.
    AddRoleToInstanceProfile;
    input AddRoleToInstanceProfileInput {
        /// The instance profile.
        "InstanceProfileName" name: InstanceProfileName,
        /// The role.
        "RoleName" role_name: RoleName,
    }
    errors [NoSuchEntity, EntityAlreadyExists, LimitExceeded, UnmodifiableEntity]
    on |input, look| {
        // AWS: a role that does not exist cannot be passed, and is told of later.
        let passed = look.role(input.role_name.as_str()).ok().map(|role| {
            let role = look.role_target(role.record.name.as_str()).by_arn();
            ("iam:PassRole", role.with("iam:PassedToService", Some(INSTANCES.to_owned())))
        });
        Ok(Target { also: passed.into_iter().collect(), ..target(input.name.as_str(), look) })
    };
    writes |input, desk| {
        let look = desk.look();
        let mut record = find(input.name.as_str(), look)?.record.clone();
        let role = look.role(input.role_name.as_str())?;
        super::roles::refuse_protected(role)?;
        if record.role.is_some() {
            return Err(ApiError::over_quota("InstanceSessionsPerInstanceProfile", 1));
        }
        record.role = Some(role.record.name.clone());
        desk.identities.put_instance_profile(desk.batch, record).map_err(ApiError::internal)
    };
}

action! {
    /// Takes a role out of an instance profile.
    RemoveRoleFromInstanceProfile;
    input RemoveRoleFromInstanceProfileInput {
        /// The instance profile.
        "InstanceProfileName" name: InstanceProfileName,
        /// The role.
        "RoleName" role_name: RoleName,
    }
    errors [NoSuchEntity, LimitExceeded, UnmodifiableEntity]
    on |input, look| Ok(target(input.name.as_str(), look));
    writes |input, desk| {
        let look = desk.look();
        let mut record = find(input.name.as_str(), look)?.record.clone();
        let role = look.role(input.role_name.as_str())?;
        super::roles::refuse_protected(role)?;
        if record.role.as_ref() != Some(&role.record.name) {
            return Err(ApiError::role_not_in_profile(input.role_name.as_str(), input.name.as_str()));
        }
        record.role = None;
        desk.identities.put_instance_profile(desk.batch, record).map_err(ApiError::internal)
    };
}

/// The instance profile of this name.
pub(super) fn find<'a>(name: &str, look: Look<'a>) -> Result<&'a Arc<InstanceProfile>, ApiError> {
    look.identities.instance_profile(look.asker.account, name).ok_or_else(|| ApiError::no_instance_profile(name))
}

/// An instance profile as the target of an action.
pub(super) fn target(name: &str, look: Look<'_>) -> Target {
    let target = match find(name, look) {
        Ok(profile) => tagged(Target::at(&profile.arn), &profile.record.tags),
        Err(_) => Target::missing(look.asker, "instance-profile", name),
    };
    target.called(format!("instance profile {name}"))
}

/// An instance profile as lists show it.
pub(super) fn listed(profile: &InstanceProfile, look: Look<'_>) -> ShownInstanceProfile {
    let role = profile.record.role.as_ref().and_then(|name| look.role(name.as_str()).ok());
    ShownInstanceProfile {
        path: profile.record.path.to_string(),
        roles: Members(role.map(|role| shown::plain_role(role, look.identities)).into_iter().collect()),
        name: profile.record.name.to_string(),
        arn: profile.arn.clone(),
        id: profile.record.id.to_string(),
        tags: None,
        created: profile.record.created,
    }
}
