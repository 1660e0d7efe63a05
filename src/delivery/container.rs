//! Credentials of containers: one URL for each role, behind `AWS_CONTAINER_CREDENTIALS_FULL_URI` or `..._RELATIVE_URI`.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>

use std::sync::Arc;

use serde_json::json;

use super::Delivered;
use super::held::{Given, Held};
use super::made_up::MadeUp;
use super::refusal::{Refusal, not_assumed};
use super::seconds;
use crate::access::ActingService;
use crate::api::World;
use crate::identities::{Identities, Role};
use crate::ids::AccountId;
use crate::ids::names::RoleSessionName;
use crate::secret::Secret;
use crate::shape::Shape as _;
use crate::store::records::ContainerDelivery;
use crate::sts::by_service::ServiceWish;
use crate::wire::{RawRequest, RawResponse, query};

/// Who assumes roles for tasks.
pub const SERVICE: &str = "ecs-tasks.amazonaws.com";

/// What a container or a pod is given.
pub struct Handout {
    /// The credentials.
    pub given: Given,
    /// Whose they are.
    pub role_arn: String,
    /// In which account.
    pub account: AccountId,
}

impl Handout {
    /// As agents write it.
    pub fn render(self) -> Delivered {
        let credentials = self.given.credentials.in_the_clear();
        let response = RawResponse::json(
            200,
            &json!({
                "RoleArn": self.role_arn,
                "AccessKeyId": credentials.access_key_id,
                "SecretAccessKey": credentials.secret_access_key,
                "Token": credentials.session_token,
                "Expiration": credentials.expiration.iso().to_string(),
                "AccountId": self.account.to_string(),
            }),
        );
        let Given { made, are_new, .. } = self.given;
        Delivered { role_arn: Some(self.role_arn), made, are_new, ..response.into() }
    }
}

/// A container that gets credentials.
struct Recipient<'i> {
    /// What its task is told by.
    path: &'i str,
    role: &'i Arc<Role>,
    seconds: i32,
    token: Option<&'i Secret<String>>,
}

/// How a role is asked for.
enum Asked {
    /// By its path in the seed; without one by its name.
    Path(String),
    Name(String),
    Arn(String),
    /// By the id of its URL.
    Id(String),
}

/// What a path begins with, and how what follows names a role.
type Kind = (&'static str, fn(String) -> Asked);

impl Asked {
    fn of(path: &str) -> Result<Self, Refusal> {
        let kinds: [Kind; 4] = [
            ("/creds/", Self::Path),
            ("/role/", Self::Name),
            ("/role-arn/", Self::Arn),
            ("/v2/credentials/", Self::Id),
        ];
        let found = kinds.iter().find_map(|(begin, kind)| Some((kind, path.strip_prefix(begin)?)));
        let Some((kind, rest)) = found else {
            let known = "there is nothing here: ask for /creds/ROLE, /role/NAME, /role-arn/ARN, /v2/credentials/ID, \
                         /v1/credentials of a pod or /latest/meta-data/ of an instance";
            return Err(Refusal::new(404, "NotFound", known));
        };
        let text = query::unescaped(rest.trim_end_matches('/')).unwrap_or_default();
        if text.is_empty() {
            let say = |named: &str| format!("no role is named in {named}");
            return Err(Refusal::naming(400, "NoIdInRequest", path, say));
        }
        Ok(kind(text))
    }
}

/// The credentials of the role that is asked for.
pub fn credentials(held: &Held, world: &World, raw: &RawRequest<'_>) -> Result<Handout, Refusal> {
    let asked = Asked::of(raw.path)?;
    let snapshot = world.snapshot();
    let recipient = find(&asked, &snapshot.identities)?;
    if recipient.token.is_some_and(|token| !is_shown(raw, token)) {
        let message = "show the token of the seed as Authorization: set AWS_CONTAINER_AUTHORIZATION_TOKEN or _TOKEN_FILE, \
                       without an end of line";
        return Err(Refusal::new(401, "InvalidAuthorizationToken", message).of_role(&recipient.role.arn));
    }
    let (role, record) = (recipient.role, &recipient.role.record);
    let task = MadeUp::of("task", &[recipient.path, &role.arn]).digits(32);
    let region = world.regions.usual_endpoint().region.name;
    let source = format!("arn:{}:ecs:{region}:{}:task/local/{task}", role.partition, record.account);
    let session_name =
        RoleSessionName::parse(&task).map_err(|_| Refusal::new(500, "InternalServerError", "a task without a name"))?;
    let service = ActingService { name: SERVICE, account: record.account, source_arn: Some(source) };
    let wish = ServiceWish { service, role, session_name, seconds: recipient.seconds, tags: Vec::new() };
    let given = held.credentials(world, &wish);
    let given = given.map_err(|why| not_assumed(why, &role.arn, SERVICE, &["sts:AssumeRole"]))?;
    Ok(Handout { given, role_arn: role.arn.clone(), account: record.account })
}

/// Whether exactly this token is shown; `Authorization` has it as it is.
pub fn is_shown(raw: &RawRequest<'_>, token: &Secret<String>) -> bool {
    let shown = raw.header("authorization").unwrap_or_default();
    // ATTACK: the comparison takes the same time wherever a guess differs.
    token.is_same_as(shown)
}

fn find<'i>(asked: &'i Asked, identities: &'i Identities) -> Result<Recipient<'i>, Refusal> {
    let configured = listed(identities);
    let found = match configured {
        Some(listed) => listed.iter().find_map(|container| {
            let role = identities.role_meant(&container.role)?;
            let recipient = Recipient {
                path: &container.path,
                role,
                seconds: seconds(container.lifetime_seconds),
                token: container.token.as_ref().map(|token| &token.0),
            };
            is_meant(asked, &recipient).then_some(recipient)
        }),
        None => find_unlisted(asked, identities),
    };
    found.ok_or_else(|| match asked {
        Asked::Id(_) => Refusal::new(404, "InvalidIdInRequest", "no credentials have this id"),
        Asked::Path(text) | Asked::Name(text) | Asked::Arn(text) => {
            Refusal::naming(404, "NoCredentialsAssociated", text, |name| match configured {
                Some(_) => format!("the delivery of the seed has no container for {name:.200}"),
                None => format!("there is no role {name:.200}"),
            })
        }
    })
}

fn is_meant(asked: &Asked, recipient: &Recipient<'_>) -> bool {
    match asked {
        Asked::Path(path) => recipient.path == path,
        Asked::Name(name) => recipient.role.record.name.as_str().eq_ignore_ascii_case(name),
        Asked::Arn(arn) => recipient.role.arn == *arn,
        Asked::Id(id) => url_id(recipient.path, &recipient.role.arn) == *id,
    }
}

/// Where no seed says who gets what, every role can be had that lets the service in.
fn find_unlisted<'i>(asked: &'i Asked, identities: &'i Identities) -> Option<Recipient<'i>> {
    let role = match asked {
        Asked::Path(name) | Asked::Name(name) => identities.role_meant(name),
        Asked::Arn(arn) => identities.role_by_arn(arn),
        Asked::Id(id) => {
            let mut trusting = identities.roles().filter(|role| role.names_service(SERVICE));
            trusting.find(|role| url_id(role.record.name.as_str(), &role.arn) == *id)
        }
    }?;
    Some(Recipient { path: role.record.name.as_str(), role, seconds: seconds(None), token: None })
}

/// What stands behind `/v2/credentials/`.
fn url_id(path: &str, role_arn: &str) -> String {
    MadeUp::of("credentials", &[path, role_arn]).uuid()
}

/// What a container can be told to fetch.
pub struct Offer {
    /// What stands behind `/creds/`.
    pub path: String,
    /// What stands behind `/v2/credentials/`.
    pub id: String,
    /// Whose credentials.
    pub role_arn: String,
}

/// All that containers can be told to fetch.
pub fn offers(identities: &Identities) -> Vec<Offer> {
    let offer = |path: &str, role: &Role| Offer {
        path: path.to_owned(),
        id: url_id(path, &role.arn),
        role_arn: role.arn.clone(),
    };
    if let Some(listed) = listed(identities) {
        let meant =
            |container: &ContainerDelivery| Some(offer(&container.path, identities.role_meant(&container.role)?));
        return listed.iter().filter_map(meant).collect();
    }
    let mut roles: Vec<&Arc<Role>> = identities.roles().filter(|role| role.names_service(SERVICE)).collect();
    roles.sort_by_key(|role| &role.arn);
    let by_name = |role: &Arc<Role>| {
        let name = role.record.name.as_str();
        let is_meant = identities.role_meant(name).is_some_and(|meant| meant.id == role.id);
        let named = offer(name, role);
        if is_meant { named } else { Offer { path: role.arn.clone(), ..named } }
    };
    roles.into_iter().map(by_name).collect()
}

/// The containers of the seed, if it has any.
fn listed(identities: &Identities) -> Option<&[ContainerDelivery]> {
    let listed = identities.delivery()?.container.as_slice();
    (!listed.is_empty()).then_some(listed)
}
