//! Trades a Response for credentials: by a call of AssumeRoleWithSAML, on the road that every call takes.

use serde_json::Value;

use super::roles::Choice;
use super::{Posted, page};
use crate::service::{Answered, Service};
use crate::time::Timestamp;
use crate::wire::{RawRequest, query};

/// What of the operation's answer is shown.
pub struct Session {
    /// The ARN of the session.
    pub arn: String,
    /// Names the pair of keys.
    pub access_key_id: String,
    /// What signs.
    pub secret_access_key: String,
    /// What must accompany every request.
    pub session_token: String,
    /// When they stop.
    pub expiration: Timestamp,
}

impl Session {
    fn of(answer: &Value) -> Option<Self> {
        let result = answer.pointer("/AssumeRoleWithSAMLResponse/AssumeRoleWithSAMLResult")?;
        let text = |at: &str| result.pointer(at)?.as_str().map(str::to_owned);
        Some(Self {
            arn: text("/AssumedRoleUser/Arn")?,
            access_key_id: text("/Credentials/AccessKeyId")?,
            secret_access_key: text("/Credentials/SecretAccessKey")?,
            session_token: text("/Credentials/SessionToken")?,
            expiration: Timestamp::from_seconds(result.pointer("/Credentials/Expiration")?.as_i64()?),
        })
    }
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
    let answer: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let said = |at: &str| answer.pointer(at).and_then(Value::as_str);
    let page = match (Session::of(&answer), said("/Error/Code")) {
        (Some(session), _) => page::credentials(&session, relay_state),
        (None, Some(code)) => page::refusal(response.status, code, said("/Error/Message")),
        (None, None) => page::stumbled(),
    };
    Answered { response: page.render(), pending, disturbance }
}
