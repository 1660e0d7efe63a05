//! How a container or a pod is refused: `{"code", "message"}`, as SDKs read it.

use serde_json::json;

use super::Delivered;
use crate::secret::MASKED;
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
    /// The same for the journal, where it repeats what the client made up.
    noted: Option<String>,
    /// The role that was asked for, if it is there.
    role_arn: Option<String>,
}

impl Refusal {
    /// A refusal in these words.
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), noted: None, role_arn: None }
    }

    /// A refusal that repeats a name which nothing here has.
    pub fn naming(status: u16, code: &'static str, name: &str, say: impl Fn(&str) -> String) -> Self {
        Self { noted: Some(say(MASKED)), ..Self::new(status, code, say(name)) }
    }

    /// The same to whoever asks for this role.
    pub fn of_role(self, role_arn: &str) -> Self {
        Self { role_arn: Some(role_arn.to_owned()), ..self }
    }

    /// The refusal as it is written.
    pub fn render(self) -> Delivered {
        let Self { status, code, message, noted, role_arn } = self;
        let response = RawResponse::json(status, &json!({"code": code, "message": message}));
        Delivered { role_arn, refused: Some((code, noted.unwrap_or(message))), ..response.into() }
    }
}

/// Another method than GET.
pub fn wrong_method() -> Refusal {
    Refusal::new(405, "MethodNotAllowed", "credentials are fetched by GET")
}

/// What kept a service from assuming a role, in a sentence that says how to mend it.
pub fn not_assumed(why: NotAssumed, role: &str, service: &str, actions: &[&str]) -> Refusal {
    let refusal = match why {
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
    };
    refusal.of_role(role)
}
