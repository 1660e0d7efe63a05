//! How a container or a pod is refused: `{"code", "message"}`, as SDKs read it.

use serde_json::{Value, json};

use crate::sts::by_service::NotAssumed;
use crate::wire::RawResponse;

/// Why there are no credentials.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The agent's word for it, where it has one.
    pub code: &'static str,
    /// What to do about it.
    pub message: String,
}

impl Refusal {
    /// A refusal in these words.
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// The refusal as it is written.
    pub fn render(self) -> RawResponse {
        let Self { status, code, message } = self;
        tracing::info!(status, code, because = message, "delivered nothing");
        json_response(status, &json!({"code": code, "message": message}))
    }
}

/// Another method than GET.
pub fn wrong_method() -> Refusal {
    Refusal::new(405, "MethodNotAllowed", "credentials are fetched by GET")
}

/// What kept a service from assuming a role, in a sentence that says how to mend it.
pub fn not_assumed(why: NotAssumed, role: &str, service: &str, actions: &[&str]) -> Refusal {
    match why {
        NotAssumed::Unknown(why) => Refusal::new(404, "NoCredentialsAssociated", format!("{role} is not known: {why}")),
        NotAssumed::Untrusting { action, reason } => {
            let statement = json!({"Effect": "Allow", "Principal": {"Service": service}, "Action": actions});
            let message = format!(
                "{service} may not do {action} on {role}: {reason}. Its trust policy needs a statement such as {statement}"
            );
            Refusal::new(403, "AccessDenied", message)
        }
        NotAssumed::Refused(error) => {
            let (status, code) = (error.code.status(), error.code.as_str());
            let text = error.message.as_deref().or(error.cause.as_deref()).unwrap_or_default();
            Refusal::new(if status >= 500 { 500 } else { 400 }, code, text)
        }
    }
}

/// An answer in JSON that nobody keeps.
pub fn json_response(status: u16, body: &Value) -> RawResponse {
    let headers = vec![("Content-Type", "application/json".to_owned()), ("Cache-Control", "no-store".to_owned())];
    RawResponse { status, headers, body: body.to_string().into_bytes() }
}
