//! `/v1/events`: what changes, as server-sent events, so that nobody goes on believing what is no longer true.
//!
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>

use serde::Serialize;

use super::answer::{Problem, Reply};
use super::{Answered, Ask};
use crate::api::news::{Change, Deed};
use crate::wire::Params;

/// What begins a stream: how soon to come back if it breaks.
pub const GREETING: &str = "retry: 1000\n\n";
/// What is sent when there is nothing to tell.
pub const HEARTBEAT: &str = ":\n\n";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    epoch: u64,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal_arn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unique_id: Option<&'a str>,
}

/// The types of events; of another one a client drops everything that it remembers.
pub const TYPES: [&str; 8] = [
    "key.deactivated",
    "key.deleted",
    "session.revoked",
    "role.sessions-revoked",
    "user.sessions-revoked",
    "policy.changed",
    "state.reset",
    "clock.changed",
];

pub(super) fn answer(ask: &Ask<'_>) -> Answered {
    let wrong = || Problem::new(400, "the query is after=<epoch> or empty");
    let params = Params::of_query(ask.raw.query).map_err(|_| wrong())?;
    let mut after = ask.raw.header("last-event-id").and_then(|id| id.trim().parse().ok());
    for (name, value) in params.iter() {
        match &*name {
            "after" => after = Some(value.parse().map_err(|_| wrong())?),
            _ => return Err(wrong()),
        }
    }
    Ok(Reply::stream(after.unwrap_or(ask.epoch)))
}

/// The events of some changes, as they go over the stream.
pub fn frames(changes: &[Change]) -> String {
    changes.iter().map(frame).collect()
}

fn frame(change: &Change) -> String {
    let event = Event::of(change);
    // What is written here is texts and a whole number, so it can be written.
    let data = serde_json::to_string(&event).unwrap_or_default();
    format!("id: {}\nevent: {}\ndata: {data}\n\n", event.epoch, event.kind)
}

impl<'a> Event<'a> {
    fn of(change: &'a Change) -> Self {
        let plain = |kind: &'static str| Self {
            epoch: change.epoch,
            kind,
            access_key_id: None,
            session_id: None,
            principal_arn: None,
            unique_id: None,
        };
        match &change.deed {
            Deed::KeyDeactivated(id) => Self { access_key_id: Some(id.as_str()), ..plain("key.deactivated") },
            Deed::KeyDeleted(id) => Self { access_key_id: Some(id.as_str()), ..plain("key.deleted") },
            Deed::SessionRevoked(id) => Self { session_id: Some(id.to_string()), ..plain("session.revoked") },
            Deed::SessionsRevoked { issuer, arn } => {
                let of_user = arn.as_ref().is_some_and(|arn| arn.contains(":user/") || arn.ends_with(":root"));
                let kind = if of_user { "user.sessions-revoked" } else { "role.sessions-revoked" };
                Self { principal_arn: arn.as_deref(), unique_id: Some(issuer.as_str()), ..plain(kind) }
            }
            Deed::PolicyChanged => plain("policy.changed"),
            Deed::StateReset => plain("state.reset"),
            Deed::ClockChanged => plain("clock.changed"),
        }
    }
}
