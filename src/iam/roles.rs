//! Roles. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html>

use std::sync::Arc;

use super::action::{Desk, Target};
use super::inline_policies::{refuse_deletion, size};
use super::shown::{self, ShownRole};
use super::tags::{self, SentTags};
use super::users::prefix;
use crate::action;
use crate::api::ApiError;
use crate::api::errors::malformed_policy;
use crate::env::draw;
use crate::identities::{HolderKind, Identities, Role, SERVICE_LINKED_PATH};
use crate::ids::names::{ArnText, IamDescription, MaxSessionDuration, Path, PolicyText, RoleName};
use crate::ids::paths::PathPrefix;
use crate::ids::unique_id::Kind;
use crate::ids::{AccountId, Arn, UniqueId, services};
use crate::policy::document::Policy;
use crate::policy::parse::PolicyKind;
use crate::policy::principal::{PrincipalEntry, PrincipalKind};
use crate::policy::trust::check_shared_issuers;
use crate::shape::Shape as _;
use crate::store::records;

const LONGEST_TRUST: usize = 2048;
pub(super) const USUAL_SECONDS: i32 = 3600;

action! {
    /// Makes a role.
    CreateRole;
    input CreateRoleInput {
        /// Its path; `/` without it.
        "Path" path: Option<Path>,
        /// Its name, unique in the account whatever its case.
        "RoleName" role_name: RoleName,
        /// Who may assume it.
        "AssumeRolePolicyDocument" trust: PolicyText,
        /// What it is for.
        "Description" description: Option<IamDescription>,
        /// The longest session, in seconds; an hour without it.
        "MaxSessionDuration" max_session_duration: Option<MaxSessionDuration>,
        /// The managed policy that bounds it.
        "PermissionsBoundary" boundary: Option<ArnText>,
        /// Its tags.
        "Tags" tags: SentTags,
    }
    errors [LimitExceeded, InvalidInput, EntityAlreadyExists, MalformedPolicyDocument, NoSuchEntity]
    output CreateRoleOutput {
        /// The role, with its trust policy as it was sent.
        "Role" role: ShownRole,
    }
    on |input, look| {
        let path = input.path.clone().unwrap_or_default();
        let target = Target::at(look.asker.arn(&format!("role{path}{}", input.role_name)));
        let target = target.bounded(input.boundary.as_ref(), "iam:PutRolePermissionsBoundary");
        Ok(tags::given(target, &input.tags, "iam:TagRole"))
    };
    writes |input, desk| {
        let account = desk.asker.account;
        let path = input.path.clone().unwrap_or_default();
        // ATTACK: no service control policy binds AWS's own roles.
        if let Some(prefix) = of_aws(path.as_str()) {
            return Err(ApiError::path_of_aws(path.as_str(), prefix));
        }
        if desk.identities.role_by_name(account, input.role_name.as_str()).is_some() {
            return Err(ApiError::name_taken("Role", input.role_name.as_str()));
        }
        desk.look().has_room(Kind::Role)?;
        let trusted = trusted(input.trust.as_str(), desk)?;
        let tags = tags::for_new(&input.tags, true)?;
        if let Some(arn) = &input.boundary {
            super::boundaries::check(HolderKind::Role, arn.as_str(), desk.look())?;
        }
        let boundary = input.boundary.as_ref().map(ToString::to_string);
        let record = records::Role {
            account,
            name: input.role_name.clone(),
            path,
            created: desk.now.whole_second(),
            description: input.description.as_ref().map(ToString::to_string),
            max_session_seconds: input.max_session_duration.map_or(USUAL_SECONDS, MaxSessionDuration::get),
            trust: input.trust.to_string(),
            trusted,
            tags,
            permissions: records::Permissions { boundary, ..records::Permissions::default() },
        };
        let id = UniqueId::mint(Kind::Role, account, draw(desk.entropy));
        desk.identities.create_role(desk.batch, id, record).map_err(ApiError::internal)?;
        let role = desk.look().role(input.role_name.as_str())?;
        Ok(CreateRoleOutput { role: ShownRole {
            // AWS: only this answer has the text as it was sent (iam-s-trust-canonical).
            trust: Some(shown::encoded(input.trust.as_str())),
            boundary: shown::boundary(&role.record.permissions),
            tags: shown::some_tags(&role.record.tags),
            ..shown::plain_role(role, desk.identities)
        } })
    };
}

action! {
    /// Shows a role.
    GetRole;
    input GetRoleInput {
        /// Which.
        "RoleName" role_name: RoleName,
    }
    errors [NoSuchEntity]
    output GetRoleOutput {
        /// The role.
        "Role" role: ShownRole,
    }
    on |input, look| Ok(look.role_target(input.role_name.as_str()));
    reads |input, look| Ok(GetRoleOutput { role: shown::role(look.role(input.role_name.as_str())?, look.identities) });
}

action! {
    /// Lists the roles of the account in the order of their names.
    ListRoles in pages;
    input ListRolesInput {
        /// How their paths begin.
        "PathPrefix" path_prefix: Option<PathPrefix>,
    }
    errors []
    output ListRolesOutput {
        /// The roles.
        "Roles" roles: Members<ShownRole>,
    }
    on |input, look| Ok(Target::at(look.asker.arn(&format!("role{}", prefix(input.path_prefix.as_ref())))));
    reads |input, look| {
        let prefix = prefix(input.path_prefix.as_ref());
        let paging = input.paging(&[prefix])?;
        let roles = look.identities.roles_after(look.asker.account, paging.after());
        let page = paging.cut(roles.filter(|(_, role)| role.record.path.as_str().starts_with(prefix)));
        Ok(page.map(|role| shown::listed_role(role, look.identities)).into())
    };
}

action! {
    /// Gives a role another description or longest session; what is not sent stays.
    UpdateRole;
    input UpdateRoleInput {
        /// Which.
        "RoleName" role_name: RoleName,
        /// What it is for.
        "Description" description: Option<IamDescription>,
        /// The longest session, in seconds.
        "MaxSessionDuration" max_session_duration: Option<MaxSessionDuration>,
    }
    errors [UnmodifiableEntity, NoSuchEntity]
    output UpdateRoleOutput {}
    on |input, look| Ok(look.role_target(input.role_name.as_str()));
    writes |input, desk| {
        let role = Arc::clone(desk.look().role(input.role_name.as_str())?);
        let mut record = role.record.clone();
        if let Some(seconds) = input.max_session_duration {
            if is_protected(&role) {
                return Err(ApiError::protected_duration(role.record.name.as_str()));
            }
            record.max_session_seconds = seconds.get();
        }
        record.description = input.description.as_ref().map(ToString::to_string).or(record.description);
        desk.identities.update_role(desk.batch, &role.id, record).map_err(ApiError::internal)?;
        Ok(UpdateRoleOutput {})
    };
}

action! {
    /// Gives a role another description, and shows it.
    UpdateRoleDescription;
    input UpdateRoleDescriptionInput {
        /// Which.
        "RoleName" role_name: RoleName,
        /// What it is for.
        "Description" description: IamDescription,
    }
    errors [NoSuchEntity, UnmodifiableEntity]
    output UpdateRoleDescriptionOutput {
        /// The role.
        "Role" role: ShownRole,
    }
    on |input, look| Ok(look.role_target(input.role_name.as_str()));
    writes |input, desk| {
        let role = Arc::clone(desk.look().role(input.role_name.as_str())?);
        let description = Some(input.description.to_string());
        let record = records::Role { description: description.clone(), ..role.record.clone() };
        desk.identities.update_role(desk.batch, &role.id, record).map_err(ApiError::internal)?;
        let role = ShownRole { description, ..shown::plain_role(&role, desk.identities) };
        Ok(UpdateRoleDescriptionOutput { role })
    };
}

action! {
    /// Gives a role another trust policy. Its sessions go on; whether new ones begin is decided by the new one.
    UpdateAssumeRolePolicy;
    input UpdateAssumeRolePolicyInput {
        /// Which.
        "RoleName" role_name: RoleName,
        /// Who may assume it.
        "PolicyDocument" trust: PolicyText,
    }
    errors [NoSuchEntity, MalformedPolicyDocument, LimitExceeded, UnmodifiableEntity]
    on |input, look| Ok(look.role_target(input.role_name.as_str()));
    writes |input, desk| {
        let role = Arc::clone(desk.look().role(input.role_name.as_str())?);
        refuse_protected(&role)?;
        let trusted = trusted(input.trust.as_str(), desk)?;
        let record = records::Role { trust: input.trust.to_string(), trusted, ..role.record.clone() };
        desk.identities.update_role(desk.batch, &role.id, record).map_err(ApiError::internal)
    };
}

action! {
    /// Removes a role on which nothing hangs. Its sessions end at once.
    DeleteRole;
    input DeleteRoleInput {
        /// Which.
        "RoleName" role_name: RoleName,
    }
    errors [NoSuchEntity, DeleteConflict, LimitExceeded, UnmodifiableEntity]
    on |input, look| Ok(look.role_target(input.role_name.as_str()));
    writes |input, desk| {
        let look = desk.look();
        let role = Arc::clone(look.role(input.role_name.as_str())?);
        refuse_protected(&role)?;
        let name = role.record.name.as_str();
        if look.identities.instance_profiles_of(role.record.account, name).next().is_some() {
            return Err(ApiError::in_instance_profile());
        }
        refuse_deletion(&role.record.permissions)?;
        desk.identities.delete_role(desk.batch, &role.id).map_err(ApiError::internal)
    };
}

/// How the paths of the roles begin that AWS keeps for itself.
const PATHS_OF_AWS: [&str; 2] = [SERVICE_LINKED_PATH, "/aws-reserved/"];

/// Of a path that only AWS's own roles have, how it begins.
fn of_aws(path: &str) -> Option<&'static str> {
    PATHS_OF_AWS.into_iter().find(|prefix| path.starts_with(prefix))
}

/// Whether AWS keeps a role for itself.
pub(super) fn is_protected(role: &Role) -> bool {
    of_aws(role.record.path.as_str()).is_some()
}

/// Nobody but AWS alters such a role.
pub(super) fn refuse_protected(role: &Role) -> Result<(), ApiError> {
    if is_protected(role) { Err(ApiError::protected_role(role.record.name.as_str())) } else { Ok(()) }
}

/// Whom a trust policy names, each with the unique id that it has now. AWS: they must exist when it is written.
fn trusted(document: &str, desk: &Desk<'_>) -> Result<Vec<(String, UniqueId)>, ApiError> {
    let policy = Policy::parse_to_save(document, PolicyKind::Trust, desk.asker.partition.as_str());
    let policy = policy.and_then(|policy| check_shared_issuers(&policy).map(|()| policy));
    let policy = policy.map_err(|error| malformed_policy(PolicyKind::Trust, &error))?;
    if size(document) > LONGEST_TRUST {
        return Err(ApiError::over_quota("ACLSizePerRole", LONGEST_TRUST));
    }
    if let Some(entry) = policy.principals().find(|entry| !may_be_there(entry, desk)) {
        return Err(ApiError::no_such_principal(entry.kind(), entry.text()));
    }
    let entities = Identities::principals_to_bind(&policy).map(|arn| (arn, desk.identities.unique_id(arn)));
    let ids = policy.principal_arns().filter(|text| Arn::parse(text).is_none() && is_unique_id(text));
    let living = |text: &str| UniqueId::parse(text).ok().filter(|id| shown::living(id, desk.identities).is_some());
    entities
        .chain(ids.map(|text| (text, living(text))))
        .map(|(text, id)| {
            let id = id.ok_or_else(|| ApiError::no_such_principal(PrincipalKind::Aws, text))?;
            Ok((text.to_owned(), id))
        })
        .collect()
}

/// Not so of a service that nobody knows, a principal of another partition, or a session of a role that is not there.
fn may_be_there(entry: &PrincipalEntry, desk: &Desk<'_>) -> bool {
    let arn = match entry.kind() {
        PrincipalKind::Service => return services::is_known(entry.text()),
        PrincipalKind::Aws => Arn::parse(entry.text()).filter(|arn| matches!(arn.service, "iam" | "sts")),
        _ => None,
    };
    let Some(arn) = arn else { return true };
    let role = arn.resource.strip_prefix("assumed-role/").filter(|_| arn.service == "sts");
    let role = role.and_then(|rest| rest.split_once('/')).map(|(name, _)| name);
    let is_there = |name: &str| {
        let account = AccountId::parse(arn.account);
        let found = account.and_then(|account| desk.identities.role_by_name(account, name));
        found.is_some_and(|role| role.record.name.as_str() == name)
    };
    arn.partition == desk.asker.partition.as_str() && role.is_none_or(is_there)
}

fn is_unique_id(text: &str) -> bool {
    (text.starts_with("AIDA") || text.starts_with("AROA")) && text.len() >= 16
}
