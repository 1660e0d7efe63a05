//! Roles that services of AWS's have in an account: made and removed on demand, altered by nobody.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html>

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::action::{Asker, Look, Target};
use super::roles::USUAL_SECONDS;
use super::shown::{self, ShownRole};
use crate::action;
use crate::api::ApiError;
use crate::env::draw;
use crate::identities::{LinkedService, Role, SERVICE_LINKED_PATH};
use crate::ids::UniqueId;
use crate::ids::names::{AskedService, DeletionTask, IamDescription, Path, RoleName, RoleSuffix};
use crate::ids::unique_id::Kind;
use crate::shape::Shape as _;
use crate::store::records;

const SERVICE_NAME: &str = "iam:AWSServiceName";

action! {
    /// Makes the role of a service, with the policy that AWS has for it.
    CreateServiceLinkedRole;
    input CreateServiceLinkedRoleInput {
        /// Which service.
        "AWSServiceName" service: AskedService,
        /// What it is for.
        "Description" description: Option<IamDescription>,
        /// What tells it from other roles of the service, for the few that may have several.
        "CustomSuffix" suffix: Option<RoleSuffix>,
    }
    errors [InvalidInput, LimitExceeded, NoSuchEntity]
    output CreateServiceLinkedRoleOutput {
        /// The role.
        "Role" role: ShownRole,
    }
    on |input, look| {
        let target = LinkedService::find(input.service.as_str()).map_or_else(Target::any, |service| {
            let name = service.role_name(input.suffix.as_ref().map(RoleSuffix::as_str));
            Target::at(look.asker.arn(&format!("role{}{name}", service.path())))
        });
        Ok(target.with(SERVICE_NAME, Some(input.service.to_string())))
    };
    writes |input, desk| {
        let account = desk.asker.account;
        let principal = input.service.as_str();
        let service = LinkedService::find(principal).ok_or_else(|| ApiError::no_linked_role(principal))?;
        if input.suffix.is_some() && !service.takes_suffix() {
            return Err(ApiError::no_suffix(principal));
        }
        let name = service.role_name(input.suffix.as_ref().map(RoleSuffix::as_str));
        if desk.identities.role_by_name(account, &name).is_some() {
            return Err(ApiError::linked_role_taken(&name));
        }
        let trust = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{{"Service":["{principal}"]}}}}]}}"#
        );
        let attached = vec![service.policy(desk.asker.partition)];
        let record = records::Role {
            account,
            name: RoleName::parse(&name).map_err(|_| ApiError::linked_role_too_long(&name))?,
            path: Path::parse(&service.path()).ok_or_else(|| ApiError::internal("no path"))?,
            created: desk.now.whole_second(),
            description: input.description.as_ref().map(ToString::to_string),
            max_session_seconds: USUAL_SECONDS,
            trust: trust.clone(),
            trusted: Vec::new(),
            tags: Vec::new(),
            permissions: records::Permissions { attached, ..records::Permissions::default() },
        };
        let id = UniqueId::mint(Kind::Role, account, draw(desk.entropy));
        desk.identities.create_role(desk.batch, id, record).map_err(ApiError::internal)?;
        let role = desk.look().role(&name)?;
        let role = ShownRole { trust: Some(shown::encoded(&trust)), ..shown::plain_role(role, desk.identities) };
        Ok(CreateServiceLinkedRoleOutput { role })
    };
}

action! {
    /// Removes the role of a service, which nothing here can be using. Its sessions end at once.
    DeleteServiceLinkedRole;
    input DeleteServiceLinkedRoleInput {
        /// Which.
        "RoleName" role_name: RoleName,
    }
    errors [NoSuchEntity, LimitExceeded]
    output DeleteServiceLinkedRoleOutput {
        /// By which to ask how it went.
        "DeletionTaskId" task: String,
    }
    on |input, look| {
        let service = look.role(input.role_name.as_str()).ok().and_then(|role| service_of(role));
        Ok(look.role_target(input.role_name.as_str()).with(SERVICE_NAME, service.map(str::to_owned)))
    };
    writes |input, desk| {
        let role = desk.look().role(input.role_name.as_str())?.clone();
        let name = role.record.name.as_str();
        let service = service_of(&role).ok_or_else(|| ApiError::no_role(name))?;
        desk.identities.delete_role(desk.batch, &role.id).map_err(ApiError::internal)?;
        Ok(DeleteServiceLinkedRoleOutput { task: task(desk.asker, &format!("{service}/{name}")) })
    };
}

action! {
    /// Says how the removal of a service's role went: it is done as soon as it is answered.
    GetServiceLinkedRoleDeletionStatus;
    input GetServiceLinkedRoleDeletionStatusInput {
        /// Which removal.
        "DeletionTaskId" task: DeletionTask,
    }
    errors [NoSuchEntity, InvalidInput]
    output GetServiceLinkedRoleDeletionStatusOutput {
        /// `SUCCEEDED`.
        "Status" status: String,
    }
    on |input, look| Ok(asked(input.task.as_str()).map_or_else(Target::any, |role| removed(role, look)));
    reads |input, look| {
        let role = asked(input.task.as_str()).ok_or_else(ApiError::bad_deletion_task)?;
        if task(look.asker, role) != input.task.as_str() {
            return Err(ApiError::no_deletion_task());
        }
        Ok(GetServiceLinkedRoleDeletionStatusOutput { status: "SUCCEEDED".to_owned() })
    };
}

/// The service that a role is linked to.
fn service_of(role: &Role) -> Option<&str> {
    role.record.path.as_str().strip_prefix(SERVICE_LINKED_PATH)?.strip_suffix('/')
}

/// What the removal of a role is called, by `SERVICE/NAME`: so that nothing need be kept of it, the last part is made of
/// the others.
fn task(asker: &Asker, role: &str) -> String {
    let sum = Sha256::new().chain_update(asker.arn(role)).finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(sum).for_each(|(byte, summed)| *byte = summed);
    format!("task{SERVICE_LINKED_PATH}{role}/{}", uuid::Builder::from_random_bytes(bytes).into_uuid())
}

/// Whose removal a task is, as `SERVICE/NAME`.
fn asked(task: &str) -> Option<&str> {
    let (role, id) = task.strip_prefix("task")?.strip_prefix(SERVICE_LINKED_PATH)?.rsplit_once('/')?;
    let (service, name) = role.rsplit_once('/')?;
    let is_task = !service.is_empty() && RoleName::parse(name).is_ok() && Uuid::try_parse(id).is_ok();
    is_task.then_some(role)
}

fn removed(role: &str, look: Look<'_>) -> Target {
    let service = role.rsplit_once('/').map(|(service, _)| service.to_owned());
    Target::at(look.asker.arn(&format!("role{SERVICE_LINKED_PATH}{role}"))).with(SERVICE_NAME, service)
}
