//! The outside of every answer: status, epoch, JSON, and how a call that cannot be answered is turned away.

use serde::Serialize;

use super::querier::{Querier, Scope};
use super::{is_for_proxies, route_of};
use crate::access::{Credential, Principal};
use crate::json;

/// An answer before it goes onto the wire.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The epoch of the state that it was answered from.
    pub epoch: u64,
    /// The type of the body.
    pub content_type: &'static str,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// If the body is a stream of events: the epoch after which it begins.
    pub events_after: Option<u64>,
    /// What it comes to.
    pub findings: Findings,
}

/// What an answer comes to: for the journal.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// As in the answer.
    pub request_id: String,
    /// Who it is about, if that was found out.
    pub caller: Option<(Principal, Credential)>,
    /// The key that was shown where it was not.
    pub claimed_key: Option<String>,
    /// The word for why somebody is not authenticated.
    pub reason: Option<&'static str>,
    /// In our own words why the first no is one.
    pub because: Option<String>,
    /// The first of what was decided.
    pub decided: Vec<Decided>,
    /// Whether any of what was decided is a no.
    pub denied: bool,
}

/// One thing that was decided.
#[derive(Clone, Debug)]
pub struct Decided {
    /// What somebody wanted to do.
    pub action: String,
    /// On what.
    pub resource: String,
    /// `allow` or `deny`.
    pub decision: &'static str,
    /// What that rests on.
    pub basis: &'static str,
}

/// Decisions of one call that the journal keeps.
const MOST_DECIDED: usize = 16;

impl Findings {
    /// Adds a decision.
    pub(super) fn decided(&mut self, action: &str, resource: &str, decision: &'static str, basis: &'static str) {
        self.denied |= decision != "allow";
        if self.decided.len() < MOST_DECIDED {
            let (action, resource) = (action.to_owned(), resource.to_owned());
            self.decided.push(Decided { action, resource, decision, basis });
        }
    }
}

/// How long an answer may be remembered.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cache {
    pub(super) max_age_seconds: u32,
    pub(super) epoch: u64,
}

impl Reply {
    /// A question that was understood.
    pub(super) fn ok(answer: &impl Serialize) -> Self {
        Self::json(200, answer)
    }

    /// Any answer in JSON.
    pub(super) fn json(status: u16, answer: &impl Serialize) -> Self {
        let mut body = Vec::with_capacity(USUAL_LENGTH);
        // What is written here has no keys but texts and no forms but the usual ones, so it can be written.
        let status = if json::compact(answer, &mut body).is_ok() { status } else { 500 };
        body.push(b'\n');
        Self { body, ..Self::empty(status, "application/json") }
    }

    /// An answer that goes on and on: the events after `epoch`.
    pub(super) fn stream(epoch: u64) -> Self {
        Self { events_after: Some(epoch), ..Self::empty(200, "text/event-stream") }
    }

    pub(super) fn empty(status: u16, content_type: &'static str) -> Self {
        Self {
            status,
            epoch: 0,
            content_type,
            headers: Vec::new(),
            body: Vec::new(),
            events_after: None,
            findings: Findings::default(),
        }
    }

    pub(super) fn of(self, epoch: u64, findings: Findings) -> Self {
        Self { epoch, findings, ..self }
    }
}

/// Most answers are shorter.
const USUAL_LENGTH: usize = 2048;

/// Why a call cannot be answered: something is wrong with the querier, not with what it asks about.
#[derive(Debug)]
pub(super) struct Problem {
    status: u16,
    message: String,
    /// The method that would have been right.
    allow: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Turned<'a> {
    error: Fault<'a>,
    request_id: &'a str,
}

#[derive(Serialize)]
struct Fault<'a> {
    code: &'static str,
    message: &'a str,
}

impl Problem {
    pub(super) fn new(status: u16, message: &str) -> Self {
        Self { status, message: message.to_owned(), allow: None }
    }

    /// There is something at this path for another method only.
    pub(super) fn only(method: &'static str) -> Self {
        Self { allow: Some(method), ..Self::new(405, &format!("only {method} is answered here")) }
    }

    /// The same problem where a proxy asks: its clients are not at fault, and must not be told that they are.
    pub(super) fn at(self, path: &str) -> Self {
        if is_for_proxies(path) && self.status < 500 {
            tracing::error!(route = route_of(path), "the proxy that asks is set up wrongly: {}", self.message);
            return Self { status: 500, ..self };
        }
        self
    }

    pub(super) fn lacks(scope: Scope) -> Self {
        let how = match scope {
            Scope::SigningKey | Scope::Events => "; on this machine too that needs a token, or the Unix socket",
            _ => "",
        };
        Self::new(403, &format!("this needs the scope {}{how}", scope.word()))
    }

    pub(super) fn lacks_key_for(querier: &Querier, service: &str) -> Self {
        if querier.may(Scope::SigningKey) {
            Self::new(403, &format!("this token gives no signing keys for the service {service}"))
        } else {
            Self::lacks(Scope::SigningKey)
        }
    }

    pub(super) fn reply(&self, request_id: &str) -> Reply {
        let error = Fault { code: code(self.status), message: &self.message };
        let headers = self.allow.map(|method| ("allow", method.to_owned())).into_iter().collect();
        Reply { headers, ..Reply::json(self.status, &Turned { error, request_id }) }
    }
}

/// The word for a status, as clients compare it.
pub fn code(status: u16) -> &'static str {
    match status {
        400 => "MalformedRequest",
        401 => "NotAuthenticated",
        403 | 421 => "NotAllowed",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        408 => "TooSlow",
        409 => "Conflict",
        413 => "TooLarge",
        415 => "NotJson",
        429 => "TooMany",
        503 => "NotReady",
        _ => "Failed",
    }
}
