//! How things are shown in answers, in AWS's order of members (iam-api 3).

use crate::api::operation::Members;
use crate::identities::{Group, Identities, ManagedPolicy, Role, User};
use crate::ids::tags::Tag;
use crate::ids::{Arn, UniqueId};
use crate::policy::principal::Meaning;
use crate::store::records;
use crate::store::records::Permissions;
use crate::time::Timestamp;
use crate::wire::query;

crate::structure! {
    /// A tag.
    ShownTag {
        /// What it says.
        "Value" value: String,
        /// Its key.
        "Key" key: String,
    }
}

crate::structure! {
    /// A boundary.
    ShownBoundary {
        /// The managed policy.
        "PermissionsBoundaryArn" arn: String,
        /// `Policy`.
        "PermissionsBoundaryType" kind: String,
    }
}

crate::structure! {
    /// A user.
    ShownUser {
        /// Its path; the root user has none.
        "Path" path: Option<String>,
        /// What bounds it.
        "PermissionsBoundary" boundary: Option<ShownBoundary>,
        /// When its password was last used: nobody signs in by one here.
        "PasswordLastUsed" password_last_used: Option<Timestamp>,
        /// Its ARN.
        "Arn" arn: String,
        /// Its name; the root user has none.
        "UserName" name: Option<String>,
        /// Its unique id.
        "UserId" id: String,
        /// Its tags.
        "Tags" tags: Option<Members<ShownTag>>,
        /// When it was made.
        "CreateDate" created: Timestamp,
    }
}

crate::structure! {
    /// A group.
    ShownGroup {
        /// Its path.
        "Path" path: String,
        /// Its name.
        "GroupName" name: String,
        /// Its unique id.
        "GroupId" id: String,
        /// Its ARN.
        "Arn" arn: String,
        /// When it was made.
        "CreateDate" created: Timestamp,
    }
}

crate::structure! {
    /// When something was last used.
    ShownRoleUse {
        /// When.
        "LastUsedDate" at: Option<Timestamp>,
        /// In which region.
        "Region" region: Option<String>,
    }
}

crate::structure! {
    /// A role.
    ShownRole {
        /// Its path.
        "Path" path: String,
        /// What bounds it.
        "PermissionsBoundary" boundary: Option<ShownBoundary>,
        /// Who may assume it, percent-encoded.
        "AssumeRolePolicyDocument" trust: Option<String>,
        /// The longest session, in seconds.
        "MaxSessionDuration" max_session_duration: Option<i64>,
        /// Its unique id.
        "RoleId" id: String,
        /// When a session of it was last used.
        "RoleLastUsed" last_used: Option<ShownRoleUse>,
        /// Its name.
        "RoleName" name: String,
        /// What it is for.
        "Description" description: Option<String>,
        /// Its ARN.
        "Arn" arn: String,
        /// Its tags.
        "Tags" tags: Option<Members<ShownTag>>,
        /// When it was made.
        "CreateDate" created: Timestamp,
    }
}

crate::structure! {
    /// A managed policy.
    ShownPolicy {
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
        /// What it is for.
        "Description" description: Option<String>,
        /// To how many it is attached.
        "AttachmentCount" attached: i64,
        /// Its ARN.
        "Arn" arn: String,
        /// Its tags.
        "Tags" tags: Option<Members<ShownTag>>,
        /// When it was made.
        "CreateDate" created: Timestamp,
    }
}

crate::structure! {
    /// A version of a managed policy.
    ShownVersion {
        /// Its name.
        "VersionId" id: String,
        /// Whether it counts.
        "IsDefaultVersion" is_default: bool,
        /// The policy, percent-encoded.
        "Document" document: Option<String>,
        /// When it was made.
        "CreateDate" created: Timestamp,
    }
}

/// When root users were made: accounts have no birthday (B-515).
pub fn root_created() -> Timestamp {
    Timestamp::from_seconds(0)
}

/// Tags, as they are.
pub fn tags(tags: &[Tag]) -> Members<ShownTag> {
    let shown = |tag: &Tag| ShownTag { value: tag.value.to_string(), key: tag.key.to_string() };
    Members(tags.iter().map(shown).collect())
}

/// Tags of anything but users and roles. AWS: shorter keys first (iamx-pol-tags-order).
pub fn ordered_tags(tags: &[Tag]) -> Members<ShownTag> {
    let mut shown = self::tags(tags);
    shown.0.sort_by(|one, other| (one.key.chars().count(), &one.key).cmp(&(other.key.chars().count(), &other.key)));
    shown
}

/// Tags, if there are any.
pub fn some_tags(all: &[Tag]) -> Option<Members<ShownTag>> {
    (!all.is_empty()).then(|| tags(all))
}

/// A boundary. AWS: the type is not the one of its model (iamx-role-boundary-type).
pub fn boundary(permissions: &Permissions) -> Option<ShownBoundary> {
    let arn = permissions.boundary.clone()?;
    Some(ShownBoundary { arn, kind: "Policy".to_owned() })
}

/// A user as lists show it.
pub fn listed_user(user: &User) -> ShownUser {
    ShownUser {
        path: Some(user.record.path.to_string()),
        boundary: None,
        password_last_used: None,
        arn: user.arn.clone(),
        name: Some(user.record.name.to_string()),
        id: user.id.to_string(),
        tags: None,
        created: user.record.created.whole_second(),
    }
}

/// A user with all that is known of it.
pub fn user(user: &User) -> ShownUser {
    let (boundary, tags) = (boundary(&user.record.permissions), some_tags(&user.record.tags));
    ShownUser { boundary, tags, ..listed_user(user) }
}

/// A group.
pub fn group(group: &Group) -> ShownGroup {
    ShownGroup {
        path: group.record.path.to_string(),
        name: group.record.name.to_string(),
        id: group.id.to_string(),
        arn: group.arn.clone(),
        created: group.record.created,
    }
}

/// A role without what only some answers show.
pub fn plain_role(role: &Role, identities: &Identities) -> ShownRole {
    ShownRole {
        path: role.record.path.to_string(),
        boundary: None,
        trust: Some(encoded(&trust(role, identities))),
        max_session_duration: None,
        id: role.id.to_string(),
        last_used: None,
        name: role.record.name.to_string(),
        description: None,
        arn: role.arn.clone(),
        tags: None,
        created: role.record.created,
    }
}

/// A role as lists show it.
pub fn listed_role(role: &Role, identities: &Identities) -> ShownRole {
    ShownRole {
        max_session_duration: Some(role.record.max_session_seconds.into()),
        description: role.record.description.clone(),
        ..plain_role(role, identities)
    }
}

/// When a session of a role was last used.
pub fn role_use(role: &Role) -> ShownRoleUse {
    let last = role.last_use.get();
    ShownRoleUse { at: last.as_ref().map(|last| last.at), region: last.map(|last| last.region.clone()) }
}

/// A role with all that is known of it.
pub fn role(role: &Role, identities: &Identities) -> ShownRole {
    ShownRole {
        boundary: boundary(&role.record.permissions),
        last_used: Some(role_use(role)),
        tags: some_tags(&role.record.tags),
        ..listed_role(role, identities)
    }
}

/// A trust policy as AWS reads it back: in its own layout, with the present ARNs of those who live and the bare ids of
/// those who do not.
pub fn trust(role: &Role, identities: &Identities) -> String {
    role.trust.policy.print(|entry| {
        let text = entry.text();
        if let Meaning::Account { account } = entry.meaning() {
            // AWS: an account that was sent as its bare id is shown as its root user.
            return root_arn(account, &role.arn);
        }
        let Some((_, id)) = role.record.trusted.iter().find(|(found, _)| found == text) else {
            return text.to_owned();
        };
        living(id, identities).unwrap_or_else(|| id.to_string())
    })
}

fn root_arn(account: &str, beside: &str) -> String {
    let partition = Arn::parse(beside).map_or("aws", |arn| arn.partition);
    format!("arn:{partition}:iam::{account}:root")
}

/// The ARN of the user or role of this unique id, if it lives.
pub fn living(id: &UniqueId, identities: &Identities) -> Option<String> {
    let role = identities.role(id).map(|role| role.arn.clone());
    role.or_else(|| identities.user(id).map(|user| user.arn.clone()))
}

/// A customer-managed policy as lists show it.
pub fn listed_policy(policy: &ManagedPolicy, identities: &Identities) -> ShownPolicy {
    let records::ManagedPolicy { account, name, path, created, updated, default_version, .. } = &policy.record;
    let (attached, bounded) = counts(identities, *account, &policy.arn);
    ShownPolicy {
        bounded,
        path: path.to_string(),
        updated: *updated,
        default_version: format!("v{default_version}"),
        id: policy.id.to_string(),
        is_attachable: true,
        name: name.to_string(),
        description: None,
        attached,
        arn: policy.arn.clone(),
        tags: None,
        created: *created,
    }
}

/// To how many a managed policy is attached, and how many it bounds.
pub fn counts(identities: &Identities, account: crate::ids::AccountId, arn: &str) -> (i64, i64) {
    identities.holders(account, arn).fold((0, 0), |(attached, bounded), holder| {
        if holder.bounded { (attached, bounded + 1) } else { (attached + 1, bounded) }
    })
}

/// A document as answers carry it. AWS: all but the unreserved characters of RFC 3986 (iamx-wire-enc).
pub fn encoded(document: &str) -> String {
    query::escaped(document)
}
