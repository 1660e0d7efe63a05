//! Everything about the users, groups, roles and policies of an account in one list.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>

use std::sync::Arc;

use super::action::{Look, Target};
use super::attachments::{self, ShownAttached};
use super::instance_profiles::{self, ShownInstanceProfile};
use super::paging::Paging;
use super::policies::Known;
use super::shown::{self, ShownBoundary, ShownPolicy, ShownRole, ShownRoleUse, ShownTag, ShownVersion, encoded};
use crate::action;
use crate::api::ApiError;
use crate::api::lists::PlainList;
use crate::api::operation::Members;
use crate::identities::{AwsPolicy, Group, Role, User, aws_managed_policies};
use crate::ids::names::{EntityType, Marker, MaxItems};
use crate::store::records::{InlinePolicy, Permissions};
use crate::time::Timestamp;

crate::structure! {
    /// An inline policy.
    PolicyDetail {
        /// The policy, percent-encoded.
        "PolicyDocument" document: String,
        /// Its name.
        "PolicyName" name: String,
    }
}

crate::structure! {
    /// A user with all that it has.
    UserDetail {
        /// Its path.
        "Path" path: String,
        /// What bounds it.
        "PermissionsBoundary" boundary: Option<ShownBoundary>,
        /// Its managed policies.
        "AttachedManagedPolicies" attached: Members<ShownAttached>,
        /// The names of its groups.
        "GroupList" groups: Members<String>,
        /// Its inline policies, if there are any.
        "UserPolicyList" inline: Option<Members<PolicyDetail>>,
        /// Its ARN.
        "Arn" arn: String,
        /// Its name.
        "UserName" name: String,
        /// Its unique id.
        "UserId" id: String,
        /// Its tags.
        "Tags" tags: Members<ShownTag>,
        /// When it was made.
        "CreateDate" created: Timestamp,
    }
}

crate::structure! {
    /// A group with all that it has.
    GroupDetail {
        /// Its path.
        "Path" path: String,
        /// Its name.
        "GroupName" name: String,
        /// Its managed policies.
        "AttachedManagedPolicies" attached: Members<ShownAttached>,
        /// Its unique id.
        "GroupId" id: String,
        /// Its inline policies.
        "GroupPolicyList" inline: Members<PolicyDetail>,
        /// Its ARN.
        "Arn" arn: String,
        /// When it was made.
        "CreateDate" created: Timestamp,
    }
}

crate::structure! {
    /// A role with all that it has.
    RoleDetail {
        /// Its path.
        "Path" path: String,
        /// What bounds it.
        "PermissionsBoundary" boundary: Option<ShownBoundary>,
        /// Who may assume it, percent-encoded.
        "AssumeRolePolicyDocument" trust: Option<String>,
        /// The instance profiles that it is in.
        "InstanceProfileList" profiles: Members<ShownInstanceProfile>,
        /// Its managed policies.
        "AttachedManagedPolicies" attached: Members<ShownAttached>,
        /// Its unique id.
        "RoleId" id: String,
        /// When a session of it was last used.
        "RoleLastUsed" last_used: ShownRoleUse,
        /// Its name.
        "RoleName" name: String,
        /// Its ARN.
        "Arn" arn: String,
        /// Its tags.
        "Tags" tags: Members<ShownTag>,
        /// Its inline policies.
        "RolePolicyList" inline: Members<PolicyDetail>,
        /// When it was made.
        "CreateDate" created: Timestamp,
    }
}

crate::structure! {
    /// A managed policy with all its versions.
    ManagedPolicyDetail {
        /// Its versions with their documents, the newest first.
        "PolicyVersionList" versions: Members<ShownVersion>,
        /// How many it bounds.
        "PermissionsBoundaryUsageCount" bounded: i64,
        /// Its path.
        "Path" path: String,
        /// When its newest version was made.
        "UpdateDate" updated: Timestamp,
        /// Which version counts.
        "DefaultVersionId" default_version: String,
        /// Its unique id.
        "PolicyId" id: String,
        /// Whether it can be attached.
        "IsAttachable" is_attachable: bool,
        /// Its name.
        "PolicyName" name: String,
        /// To how many it is attached.
        "AttachmentCount" attached: i64,
        /// Its ARN.
        "Arn" arn: String,
        /// When it was made.
        "CreateDate" created: Timestamp,
    }
}

action! {
    /// Tells all about the users, roles, groups and managed policies of the account, in this order page by page.
    GetAccountAuthorizationDetails;
    input GetAccountAuthorizationDetailsInput {
        /// Of which kinds; of all without it, where of AWS's policies those are told that somebody has.
        "Filter" filter: PlainList<EntityType, 1000>,
        /// How many are wanted.
        "MaxItems" max_items: Option<MaxItems>,
        /// Where the list goes on.
        "Marker" marker: Option<Marker>,
    }
    errors []
    output GetAccountAuthorizationDetailsOutput {
        /// Whether the list goes on.
        "IsTruncated" is_truncated: bool,
        /// Where.
        "Marker" marker: Option<String>,
        /// Managed policies.
        "Policies" policies: Members<ManagedPolicyDetail>,
        /// Users.
        "UserDetailList" users: Members<UserDetail>,
        /// Roles.
        "RoleDetailList" roles: Members<RoleDetail>,
        /// Groups.
        "GroupDetailList" groups: Members<GroupDetail>,
    }
    on |_input, _look| Ok(Target::any());
    reads |input, look| {
        let wanted = |kind: EntityType| input.filter.0.is_empty() || input.filter.0.contains(&kind);
        let kinds: String = KINDS.iter().map(|(_, kind)| if wanted(*kind) { 'x' } else { '-' }).collect();
        let paging = Paging::of(input.marker.as_ref(), input.max_items, &["GetAccountAuthorizationDetails"])
            .map_err(|_| ApiError::marker_of_other_filter())?;
        let after = paging.after().map(|said| goes_on(said, &kinds, &wanted)).transpose()?;
        let things = all(after, &wanted, !input.filter.0.is_empty(), look);
        let page = paging.cut(things.map(|(name, thing)| (format!("{kinds}{name}"), thing)));
        let is_truncated = page.is_truncated();
        let mut output = GetAccountAuthorizationDetailsOutput {
            is_truncated,
            marker: page.marker,
            policies: Members(Vec::new()),
            users: Members(Vec::new()),
            roles: Members(Vec::new()),
            groups: Members(Vec::new()),
        };
        for thing in page.items {
            match thing {
                Thing::User(user) => output.users.0.push(of_user(user)),
                Thing::Role(role) => output.roles.0.push(of_role(role, look)),
                Thing::Group(group) => output.groups.0.push(of_group(group)),
                Thing::Policy(policy) => output.policies.0.push(of_policy(policy, look)),
            }
        }
        Ok(output)
    };
}

/// The kinds in the order in which they are told, each with the digit that its names begin with in markers.
const KINDS: [(char, EntityType); 5] = [
    ('1', EntityType::User),
    ('2', EntityType::Role),
    ('3', EntityType::Group),
    ('4', EntityType::LocalManagedPolicy),
    ('5', EntityType::AwsManagedPolicy),
];

/// The name after which a list of these kinds goes on. AWS: a marker of other kinds is as good as garbage if this list has
/// none of the kind that it stands in.
fn goes_on<'m>(marker: &'m str, kinds: &str, wanted: &dyn Fn(EntityType) -> bool) -> Result<&'m str, ApiError> {
    let (listed, name) = marker.split_at_checked(KINDS.len()).unwrap_or_default();
    if listed == kinds {
        return Ok(name);
    }
    let kind = KINDS.into_iter().find(|(digit, _)| name.starts_with(*digit));
    let is_wanted = kind.is_some_and(|(_, kind)| wanted(kind));
    Err(if is_wanted { ApiError::bad_marker() } else { ApiError::marker_of_other_filter() })
}

/// Something of which all is told.
enum Thing<'a> {
    User(&'a Arc<User>),
    Role(&'a Arc<Role>),
    Group(&'a Arc<Group>),
    Policy(Known<'a>),
}

type Things<'a> = Box<dyn Iterator<Item = (String, Thing<'a>)> + 'a>;

/// All that is wanted, after a name that says its kind by its first digit.
fn all<'a>(
    after: Option<&'a str>,
    wanted: &dyn Fn(EntityType) -> bool,
    is_filtered: bool,
    look: Look<'a>,
) -> impl Iterator<Item = (String, Thing<'a>)> {
    let (section, name) = after.and_then(|after| after.split_at_checked(1)).unwrap_or_default();
    let section = section.chars().next().unwrap_or_default();
    let (identities, account) = (look.identities, look.asker.account);
    let mut sections: Vec<Things<'a>> = Vec::new();
    // What stands before the section of the marker was told on earlier pages.
    for (digit, kind) in KINDS.into_iter().filter(|(digit, kind)| wanted(*kind) && *digit >= section) {
        let after = (digit == section).then_some(name);
        let named = move |name: &str| format!("{digit}{name}");
        sections.push(match kind {
            EntityType::User => {
                let users = identities.users_after(account, after);
                Box::new(users.map(move |(name, user)| (named(name), Thing::User(user))))
            }
            EntityType::Role => {
                let roles = identities.roles_after(account, after);
                Box::new(roles.map(move |(name, role)| (named(name), Thing::Role(role))))
            }
            EntityType::Group => {
                let groups = identities.groups_after(account, after);
                Box::new(groups.map(move |(name, group)| (named(name), Thing::Group(group))))
            }
            EntityType::LocalManagedPolicy => {
                let policies = identities.policies_after(account, after);
                Box::new(policies.map(move |(name, policy)| (named(name), Thing::Policy(Known::Own(policy)))))
            }
            EntityType::AwsManagedPolicy => {
                let skipped = after.and_then(|after| after.parse().ok()).unwrap_or_default();
                let is_told =
                    move |policy: &AwsPolicy| is_filtered || identities.holders(account, &policy.arn).next().is_some();
                let policies = aws_managed_policies(look.asker.partition).iter().enumerate().skip(skipped);
                let policies = policies.filter(move |(_, policy)| is_told(policy));
                Box::new(
                    policies.map(move |(at, policy)| (named(&(at + 1).to_string()), Thing::Policy(Known::Aws(policy)))),
                )
            }
        });
    }
    sections.into_iter().flatten()
}

fn inline(permissions: &Permissions) -> Members<PolicyDetail> {
    let shown =
        |policy: &InlinePolicy| PolicyDetail { document: encoded(&policy.document), name: policy.name.to_string() };
    Members(permissions.inline.iter().map(shown).collect())
}

fn attached(permissions: &Permissions) -> Members<ShownAttached> {
    Members(attachments::shown(&permissions.attached))
}

fn of_user(user: &User) -> UserDetail {
    let record = &user.record;
    UserDetail {
        path: record.path.to_string(),
        boundary: shown::boundary(&record.permissions),
        attached: attached(&record.permissions),
        groups: Members(record.groups.iter().map(ToString::to_string).collect()),
        // AWS: of users alone nothing stands for none (iam-s-gaad-userpolicylist).
        inline: Some(inline(&record.permissions)).filter(|inline| !inline.0.is_empty()),
        arn: user.arn.clone(),
        name: record.name.to_string(),
        id: user.id.to_string(),
        tags: shown::tags(&record.tags),
        created: record.created.whole_second(),
    }
}

fn of_group(group: &Group) -> GroupDetail {
    let record = &group.record;
    GroupDetail {
        path: record.path.to_string(),
        name: record.name.to_string(),
        attached: attached(&record.permissions),
        id: group.id.to_string(),
        inline: inline(&record.permissions),
        arn: group.arn.clone(),
        created: record.created,
    }
}

fn of_role(role: &Role, look: Look<'_>) -> RoleDetail {
    let permissions = &role.record.permissions;
    let ShownRole { path, trust, id, name, arn, created, .. } = shown::plain_role(role, look.identities);
    let profiles = look.identities.instance_profiles_of(look.asker.account, role.record.name.as_str());
    RoleDetail {
        path,
        boundary: shown::boundary(permissions),
        trust,
        profiles: Members(profiles.map(|profile| instance_profiles::listed(profile, look)).collect()),
        attached: attached(permissions),
        id,
        last_used: shown::role_use(role),
        name,
        arn,
        tags: shown::tags(&role.record.tags),
        inline: inline(permissions),
        created,
    }
}

fn of_policy(policy: Known<'_>, look: Look<'_>) -> ManagedPolicyDetail {
    let ShownPolicy {
        bounded, path, updated, default_version, id, is_attachable, name, attached, arn, created, ..
    } = policy.listed(look);
    ManagedPolicyDetail {
        versions: Members(policy.versions()),
        bounded,
        path,
        updated,
        default_version,
        id,
        is_attachable,
        name,
        attached,
        arn,
        created,
    }
}
