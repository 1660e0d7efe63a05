//! The companion issues sessions: of any role, whomever it trusts, and of any user. For tests that need credentials with
//! no ceremony, or such as end in a second.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::companion::Companion;
use super::guard::{Guard, Stranger};
use super::journal::told;
use super::reply::{Reply, command_like};
use crate::api::{ApiError, World};
use crate::ids::names::{ArnText, RoleDuration, RoleSessionName, SessionPolicyText, SourceIdentity};
use crate::ids::tags::{TagKey, TagValue};
use crate::journal::note::{Made, Note, Refusal};
use crate::journal::{Outcome, Surface};
use crate::metrics::Call;
use crate::service::Service;
use crate::shape::Shape as _;
use crate::sts::by_operator::{Issuance, MOST_POLICIES, MOST_TAGS, Whose, Wish, issue_for_role, issue_for_user};
use crate::validator::{Scope, code};
use crate::wire::RawRequest;

/// Which of a role's sessions it is if nobody says.
const SESSION_NAME: &str = "local-sts";

/// As the journal calls it.
const ACTION: &str = "sessions/issue";

/// Whether a path is this one.
pub fn is_ours(path: &str) -> bool {
    path.strip_prefix("/_admin/v1/") == Some(ACTION)
}

/// Answers a request there.
pub fn answer(companion: &Companion, raw: &RawRequest<'_>) -> Reply {
    let (service, moment) = (&companion.service, companion.service.world().now());
    match wanted(companion, raw).and_then(|wanted| issue(service.world(), wanted)) {
        Ok((kind, issued)) => {
            let params = told(raw.body);
            note(service, &issued, Note { params, ..Note::of(Surface::Admin, moment, 200).from(raw) });
            Reply::ok(render(kind, &issued))
        }
        Err(reply) => {
            let (status, _) = reply.refusal().unwrap_or_default();
            let (code, outcome) = (code(status), Outcome::of_status(status));
            service.metrics().count(Call { surface: Surface::Admin, action: ACTION, outcome }, Some(code), false);
            service.journal().write(&Note {
                action: ACTION.into(),
                error: Some(Refusal::new(code, None, None)),
                ..Note::of(Surface::Admin, moment, status).from(raw)
            });
            reply
        }
    }
}

/// Counts a session that was issued, and has the journal know of it.
pub fn note(service: &Service, issued: &Issuance, note: Note<'_>) {
    let call = Call { surface: note.surface, action: ACTION, outcome: note.outcome };
    service.metrics().count(call, None, true);
    service.journal().write(&Note { action: ACTION.into(), made: issued.made.as_ref().map(Made::of), ..note });
}

fn wanted(companion: &Companion, raw: &RawRequest<'_>) -> Result<Issue, Reply> {
    admit(&companion.guard, raw)?;
    if raw.method != "POST" {
        return Err(Reply::wrong_method());
    }
    command_like(r#"{"role": "demo"}"#, raw.body)
}

/// Lets those pass who may have tokens made, and those who may do everything here.
fn admit(guard: &Guard, raw: &RawRequest<'_>) -> Result<(), Stranger> {
    guard.check(raw)?;
    guard.check_scope(raw, Scope::Mint).or_else(|stranger| guard.check_scope(raw, Scope::Admin).map_err(|_| stranger))
}

/// The session that is wanted: of a role or of a user, all else may be left out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Issue {
    role: Option<String>,
    user: Option<String>,
    session_name: Option<RoleSessionName>,
    duration_seconds: Option<i32>,
    /// As text, or as the object itself.
    policy: Option<Value>,
    #[serde(default)]
    policy_arns: Vec<ArnText>,
    #[serde(default)]
    tags: BTreeMap<TagKey, TagValue>,
    #[serde(default)]
    transitive_tag_keys: Vec<TagKey>,
    source_identity: Option<SourceIdentity>,
}

impl Issue {
    fn is_plain(&self) -> bool {
        self.session_name.is_none()
            && self.policy.is_none()
            && self.policy_arns.is_empty()
            && self.tags.is_empty()
            && self.transitive_tag_keys.is_empty()
            && self.source_identity.is_none()
    }

    fn wish(self) -> Result<Wish, Reply> {
        if self.tags.len() > MOST_TAGS || self.policy_arns.len() > MOST_POLICIES {
            let most = format!("a session has at most {MOST_TAGS} tags and {MOST_POLICIES} policyArns");
            return Err(Reply::error(400, &most));
        }
        let policy = self.policy.map(|policy| match policy {
            Value::String(text) => text,
            document => document.to_string(),
        });
        let policy = policy.map(|text| SessionPolicyText::parse(&text)).transpose();
        let session_name = self.session_name.map_or_else(|| RoleSessionName::parse(SESSION_NAME), Ok);
        Ok(Wish {
            session_name: session_name.map_err(|_| Reply::error(500, "the session has no name"))?,
            policy: policy.map_err(|_| Reply::error(400, "policy has characters that no policy has"))?,
            policy_arns: self.policy_arns,
            tags: self.tags,
            transitive_tag_keys: self.transitive_tag_keys,
            source_identity: self.source_identity,
        })
    }
}

/// Who is named by one of these: a role by its ARN or name, a user or root user by the ARN.
pub fn whose(world: &World, role: Option<&str>, user: Option<&str>) -> Result<Whose, Reply> {
    let identities = &world.snapshot().identities;
    let absent = |kind, name| Reply::error(404, format_args!("there is no {kind} {name:.2048}"));
    match (role, user) {
        (Some(role), None) => Whose::role(identities, role).ok_or_else(|| absent("role", role)),
        (None, Some(user)) => Whose::user(identities, user).ok_or_else(|| absent("user", user)),
        _ => Err(Reply::error(400, "name a role or a user, and one of them only")),
    }
}

fn issue(world: &World, wanted: Issue) -> Result<(&'static str, Issuance), Reply> {
    let whose = whose(world, wanted.role.as_deref(), wanted.user.as_deref())?;
    let (seconds, most) = (wanted.duration_seconds.unwrap_or(RoleDuration::DEFAULT_SECONDS), whose.most_seconds());
    if !(1..=most).contains(&seconds) {
        return Err(Reply::error(400, format_args!("durationSeconds of {whose} is a number from 1 to {most}")));
    }
    let (kind, issued) = match &whose {
        Whose::Role(role) => ("roleArn", issue_for_role(world, role, &wanted.wish()?, seconds)),
        Whose::User(_) | Whose::Root(_) if !wanted.is_plain() => {
            let why = "a user's session has no sessionName, policies, tags and sourceIdentity: leave them out";
            return Err(Reply::error(400, why));
        }
        Whose::User(_) | Whose::Root(_) => ("userArn", issue_for_user(world, &whose, seconds)),
    };
    let issued = issued.map_err(|error| refused(&error))?;
    tracing::info!(session = %issued.session, arn = issued.arn, seconds, "issued a session for the operator");
    Ok((kind, issued))
}

/// In AWS's words, for the same mistake is refused there.
fn refused(error: &ApiError) -> Reply {
    let status = if error.code.status() >= 500 { 500 } else { 400 };
    let cause = error.cause.as_deref().filter(|_| status == 500);
    let text = cause.or(error.message.as_deref()).unwrap_or_default();
    Reply::error(status, format_args!("{}: {text}", error.code.as_str()))
}

fn render(kind: &str, issued: &Issuance) -> Value {
    let credentials = issued.credentials.in_the_clear();
    json!({
        "accessKeyId": credentials.access_key_id,
        "secretAccessKey": credentials.secret_access_key,
        "sessionToken": credentials.session_token,
        "expiration": credentials.expiration.iso().to_string(),
        "accountId": issued.account.to_string(),
        kind: issued.issuer_arn,
        "arn": issued.arn,
        "sessionId": issued.session.to_string(),
    })
}
