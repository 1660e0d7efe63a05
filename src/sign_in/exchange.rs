//! Trades a Response for credentials: by a call of AssumeRoleWithSAML, on the road that every call takes.

use serde::Deserialize;

use super::roles::Choice;
use super::{Posted, page};
use crate::service::{Answered, Service};
use crate::time::Timestamp;
use crate::wire::{RawRequest, query};

/// What of the operation's answer is shown.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Session {
    /// Who somebody has become.
    pub assumed_role_user: AssumedRoleUser,
    /// What that is proved by.
    pub credentials: Credentials,
}

/// Who somebody has become.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssumedRoleUser {
    /// The ARN of the session.
    pub arn: String,
}

/// Temporary credentials.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Credentials {
    /// Names the pair of keys.
    pub access_key_id: String,
    /// What signs.
    pub secret_access_key: String,
    /// What must accompany every request.
    pub session_token: String,
    expiration: i64,
}

impl Credentials {
    /// When they stop.
    pub fn expiration(&self) -> Timestamp {
        Timestamp::from_seconds(self.expiration)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
enum Said {
    #[serde(rename = "AssumeRoleWithSAMLResponse")]
    Session {
        #[serde(rename = "AssumeRoleWithSAMLResult")]
        result: Session,
    },
    #[serde(untagged)]
    Refusal {
        #[serde(rename = "Error")]
        error: Refusal,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Refusal {
    code: String,
    message: Option<String>,
}

/// The page with the credentials of a role, or with the operation's refusal.
pub fn credentials(service: &Service, posted: &Posted, response: &str, relay_state: &str, choice: &Choice) -> Answered {
    let seconds = choice.seconds.map(|seconds| seconds.to_string());
    let mut params = vec![
        ("Action", "AssumeRoleWithSAML"),
        ("Version", "2011-06-15"),
        ("RoleArn", &choice.role),
        ("PrincipalArn", &choice.provider),
        ("SAMLAssertion", response),
    ];
    // B-354: the sign-in of AWS lets a session last as long as the assertion wants it to.
    params.extend(seconds.as_deref().map(|seconds| ("DurationSeconds", seconds)));
    let body = query::form(&params);
    let own: [(&str, &[u8]); 2] =
        [("content-type", b"application/x-www-form-urlencoded"), ("accept", b"application/json")];
    let theirs = posted.headers.iter().map(|(name, value)| (*name, value.as_slice()));
    let headers: Vec<(&str, &[u8])> = own.into_iter().chain(theirs).collect();
    let call = RawRequest {
        method: "POST",
        path: "/",
        query: "",
        headers: &headers,
        body: body.as_bytes(),
        peer: posted.peer,
        secure: false,
    };
    let Answered { response, pending, disturbance } = service.handle(&call);
    let page = match serde_json::from_slice(&response.body) {
        Ok(Said::Session { result }) => page::credentials(&result, relay_state),
        Ok(Said::Refusal { error }) => page::refusal(response.status, &error.code, error.message.as_deref()),
        Err(_) => page::stumbled(),
    };
    Answered { response: page.render(), pending, disturbance }
}
