//! The companion's view of sessions: which were minted, and an end to some of them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::issue;
use super::reply::Reply;
use crate::api::World;
use crate::api::world::ChangeError;
use crate::ids::AccountId;
use crate::sessions::ledger::{Cursor, Entry, Filter, Unlisted};
use crate::sessions::{Ending, Issuer, SessionId};
use crate::store::Ticket;
use crate::sts::by_operator::Whose;
use crate::time::Timestamp;
use crate::wire::Params;

/// Entries of a page, if the caller does not say.
const PAGE: usize = 100;
/// Entries of the longest page.
const LONGEST_PAGE: usize = 1000;

/// Which sessions shall end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Named {
    session_id: Option<String>,
    role: Option<String>,
    user: Option<String>,
    #[serde(default)]
    all: bool,
}

impl std::fmt::Display for Named {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.session_id, self.role.as_ref().or(self.user.as_ref())) {
            (Some(id), _) => write!(out, "session {id}"),
            (None, Some(issuer)) => write!(out, "all sessions of {issuer}"),
            (None, None) => out.write_str("all sessions"),
        }
    }
}

/// A page of the ledger, newest first. May read much: not for an async worker.
pub fn list(world: &World, query: &str) -> Result<Reply, Reply> {
    let asked = read(query).map_err(|advice| Reply::error(400, advice))?;
    let page = world.ledger.list(&asked.filter, asked.after, asked.limit).map_err(|unlisted| match unlisted {
        Unlisted::Opening => Reply::error(503, "the ledger is still being opened: ask again in a moment"),
        Unlisted::Fault(fault) => fault.into(),
    })?;
    let sessions: Vec<Value> = page.entries.iter().map(|entry| render(entry, world)).collect();
    let reply = Reply::ok(json!({"sessions": sessions, "next": page.next.map(|cursor| cursor.to_string())}));
    Ok(match page.trouble {
        Some(trouble) => reply.with("trouble", trouble),
        None => reply,
    })
}

/// Ends one session, all that a role, user or root user has, or all there are.
pub fn end(world: &World, which: &Named, how: Ending) -> Result<Reply, Reply> {
    let now = world.now().now;
    let mut named = None;
    let ((), ticket) = match (&which.session_id, &which.role, &which.user, which.all) {
        (Some(id), None, None, false) => {
            let advice = || Reply::error(400, "a sessionId is 32 hexadecimal digits");
            let id = SessionId::parse(id).ok_or_else(advice)?;
            named = Some(id);
            world.change(|draft| Ok(draft.sessions.end(&mut draft.batch, id, how, now)?))
        }
        (None, role, user, false) if role.is_some() != user.is_some() => {
            end_all_of(&issue::whose(world, role.as_deref(), user.as_deref())?, how, world)
        }
        (None, None, None, true) => {
            world.change(|draft| Ok(draft.sessions.end_all(&mut draft.batch, world.entropy.as_ref(), how, now)?))
        }
        _ => {
            let advice = "name a sessionId, a role or a user, or say \"all\": true, and one of them only";
            return Err(Reply::error(400, advice));
        }
    }?;
    let done = if how == Ending::Expired { "expired" } else { "revoked" };
    let reply = Reply::after(ticket, json!({done: true}), format!("{done} {which}"));
    Ok(if let Some(id) = named { reply.asking_for(id) } else { reply })
}

fn end_all_of(whose: &Whose, how: Ending, world: &World) -> Result<((), Ticket), ChangeError> {
    let issuer = match whose {
        Whose::Role(role) => Issuer::Principal(&role.id),
        Whose::User(user) => Issuer::Principal(&user.id),
        Whose::Root(account) => Issuer::Root(account.id),
    };
    world.change(|draft| Ok(draft.sessions.end_all_of(&mut draft.batch, world.entropy.as_ref(), issuer, how)?))
}

/// Whether the ledger knows this session; none if it cannot tell. May read much: not for an async worker.
pub fn known(world: &World, id: SessionId) -> Option<bool> {
    world.ledger.knows(id).ok()
}

struct Asked {
    filter: Filter,
    after: Option<Cursor>,
    limit: usize,
}

/// Reads the query; what it does not know is an error, for a filter that is misspelt would show too much.
fn read(query: &str) -> Result<Asked, String> {
    let params = Params::of_query(query).map_err(|broken| broken.to_string())?;
    let mut asked = Asked { filter: Filter::default(), after: None, limit: PAGE };
    let mut seen: Vec<String> = Vec::new();
    for (name, value) in params.iter() {
        let (name, value) = (name.as_ref(), value.as_ref());
        let instant = || Timestamp::parse_iso(value).ok_or_else(|| format!("write {name} as 2026-01-15T12:00:00Z"));
        let wrong = |what: &str| format!("{name} is {what}");
        // A session has one issuer: a role or a user.
        let once = if name == "user" { "role" } else { name };
        if seen.iter().any(|seen| seen == once) {
            return Err(format!("{name} is given twice: a filter stands once, and role and user exclude each other"));
        }
        match name {
            "role" | "user" => asked.filter.issuer_arn = Some(value.to_owned()),
            "account" => asked.filter.account = Some(AccountId::parse(value).ok_or_else(|| wrong("twelve digits"))?),
            "accessKeyId" => asked.filter.access_key_id = Some(value.to_owned()),
            "sessionId" => {
                asked.filter.id = Some(SessionId::parse(value).ok_or_else(|| wrong("32 hexadecimal digits"))?);
            }
            "issuedFrom" => asked.filter.issued_from = Some(instant()?),
            "issuedBefore" => asked.filter.issued_before = Some(instant()?),
            "after" => {
                asked.after = Some(Cursor::parse(value).ok_or_else(|| wrong("what `next` of the page before said"))?);
            }
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=LONGEST_PAGE).contains(limit));
                asked.limit = limit.ok_or_else(|| wrong(&format!("a number from 1 to {LONGEST_PAGE}")))?;
            }
            _ => {
                return Err(format!(
                    "{name} is no filter: role, user, account, accessKeyId, sessionId, issuedFrom, issuedBefore, after and limit are"
                ));
            }
        }
        seen.push(once.to_owned());
    }
    Ok(asked)
}

fn render(entry: &Entry, world: &World) -> Value {
    json!({
        "sessionId": entry.id.to_string(),
        "accessKeyId": entry.access_key_id.as_str(),
        "accountId": entry.account.to_string(),
        "principalArn": entry.issuer_arn,
        "principalId": entry.issuer.as_ref().map(ToString::to_string),
        "sessionName": entry.session_name,
        "issuedAt": entry.issued.iso_millis().to_string(),
        "expiresAt": entry.expires.iso().to_string(),
        "state": world.snapshot().standing(entry, world.now().now).word(),
    })
}
