//! Answers of the companion in JSON: what must be durable before they are given, and how a call is turned away.

use std::fmt::Display;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::guard::Stranger;
use crate::api::snapshots::Untaken;
use crate::api::world::ChangeError;
use crate::env::Unsteerable;
use crate::seed::NotPlanted;
use crate::sessions::SessionId;
use crate::store::{StoreFault, Ticket};
use crate::validator::code;
use crate::wire::RawResponse;

/// An answer, and what must be durable before it is given.
pub struct Reply {
    status: u16,
    body: Value,
    /// What must be durable first, and what the log shall say then.
    pending: Option<(Ticket, String)>,
    /// The session of which the answer shall say whether the ledger knows it.
    pub(super) known: Option<SessionId>,
}

impl From<Stranger> for Reply {
    fn from(stranger: Stranger) -> Self {
        Self::error(stranger.status(), stranger.advice())
    }
}

impl From<ChangeError> for Reply {
    fn from(error: ChangeError) -> Self {
        let status = match &error {
            ChangeError::Clock(Unsteerable::OutOfRange) => 400,
            ChangeError::Snapshot(Untaken::Absent(_)) => 404,
            ChangeError::Clock(_) | ChangeError::Snapshot(_) | ChangeError::TooManyRevoked => 409,
            _ => 500,
        };
        Self::error(status, error)
    }
}

impl From<NotPlanted> for Reply {
    fn from(error: NotPlanted) -> Self {
        let status = if matches!(error, NotPlanted::Wrong(_)) { 400 } else { 500 };
        Self::error(status, error)
    }
}

impl From<StoreFault> for Reply {
    fn from(fault: StoreFault) -> Self {
        Self::error(500, fault)
    }
}

impl Reply {
    /// The answer where all went well.
    pub fn ok(body: Value) -> Self {
        Self::of(200, body)
    }

    /// An answer of this status.
    pub fn of(status: u16, body: Value) -> Self {
        Self { status, body, pending: None, known: None }
    }

    /// The answer to a change, given and logged once it will last.
    pub fn after(ticket: Ticket, body: Value, deed: String) -> Self {
        Self { pending: Some((ticket, deed)), ..Self::ok(body) }
    }

    /// The same, which shall also say whether the ledger knows this session.
    pub fn asking_for(self, id: SessionId) -> Self {
        Self { known: Some(id), ..self }
    }

    /// The same with another field.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Some(fields) = self.body.as_object_mut() {
            fields.insert(name.to_owned(), value.into());
        }
        self
    }

    /// The same once it is durable, or that it will not be.
    pub async fn settled(mut self) -> Self {
        let Some((ticket, deed)) = self.pending.take() else { return self };
        match ticket.await {
            Ok(()) => {
                tracing::info!("{deed}");
                self
            }
            Err(why) => {
                tracing::error!("a change could not be stored: {why}");
                let lost = "the change could not be stored and may be gone after a restart";
                Self::error(500, format_args!("{lost}: {why}"))
            }
        }
    }

    /// The status and the reason, if it is a refusal.
    pub fn refusal(&self) -> Option<(u16, String)> {
        let message = self.body.pointer("/error/message").and_then(Value::as_str).unwrap_or_default();
        (self.status != 200).then(|| (self.status, message.to_owned()))
    }

    /// The answer where something went wrong.
    pub fn error(status: u16, message: impl Display) -> Self {
        Self::of(status, json!({"error": {"code": code(status), "message": message.to_string()}}))
    }

    /// The answer to a method that the path does not have.
    pub fn wrong_method() -> Self {
        Self::error(405, "another method is needed here")
    }

    /// The answer at a path where nothing is.
    pub fn nothing_here() -> Self {
        Self::error(404, "there is nothing at this path")
    }

    /// The answer as it is written.
    pub fn render(self) -> RawResponse {
        json_line(self.status, self.body.to_string().into_bytes())
    }
}

/// An answer of JSON, with the end of its line.
pub fn json_line(status: u16, mut body: Vec<u8>) -> RawResponse {
    body.push(b'\n');
    RawResponse { status, headers: vec![("Content-Type", "application/json".into())], body }
}

/// Reads the body as a command.
pub fn command<C: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<C, Reply> {
    command_like(r#"{"seconds": 3600}"#, body)
}

/// Reads the body as a command of which this is an example.
pub fn command_like<C: for<'de> Deserialize<'de>>(example: &str, body: &[u8]) -> Result<C, Reply> {
    // A command is an object: a bare list would be taken for its fields in order.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Reply::error(400, format_args!("the body is a JSON object, such as {example}")));
    }
    serde_json::from_slice(body).map_err(|error| Reply::error(400, error))
}

/// Reads the body as an object.
pub fn object(body: &[u8]) -> Result<Map<String, Value>, Reply> {
    serde_json::from_slice(body).map_err(|error| Reply::error(400, format_args!("the body is no JSON object: {error}")))
}

/// Reads an object as a command.
pub fn read<C: for<'de> Deserialize<'de>>(object: Map<String, Value>) -> Result<C, Reply> {
    serde_json::from_value(Value::Object(object)).map_err(|error| Reply::error(400, error))
}
