//! Questions and answers as they are written in JSON. What an answer does not say in so many words is a no.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::keys::Kept;
use crate::secret::Secret;
use crate::sigv4::SigningKey;
use crate::time::Timestamp;

/// A request as a service received it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestView<'a> {
    pub(super) method: &'a str,
    pub(super) target: &'a str,
    pub(super) headers: Vec<(&'a str, &'a str)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source_ip: Option<IpAddr>,
    pub(super) tls: bool,
}

/// What the asking service takes.
#[derive(Clone, Serialize)]
pub(super) struct Audience {
    pub(super) service: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) regions: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hosts: Option<Vec<String>>,
}

/// `POST /v1/authenticate`.
#[derive(Serialize)]
pub(super) struct Authenticate<'a> {
    pub(super) request: RequestView<'a>,
    pub(super) audience: &'a Audience,
}

/// `POST /v1/authorize`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Authorize<'a> {
    pub(super) subject: Subject<'a>,
    #[serde(flatten)]
    pub(super) asked: Asked<'a>,
}

/// `POST /v1/check`.
#[derive(Serialize)]
pub(super) struct CheckBoth<'a> {
    pub(super) request: RequestView<'a>,
    pub(super) audience: &'a Audience,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) map: Option<&'a str>,
    #[serde(flatten)]
    pub(super) asked: Asked<'a>,
}

/// Whom it is asked about.
#[derive(Serialize)]
#[serde(rename_all = "camelCase", untagged)]
pub(super) enum Subject<'a> {
    Credentials {
        #[serde(rename = "accessKeyId")]
        access_key_id: &'a str,
        #[serde(rename = "sessionToken", skip_serializing_if = "Option::is_none")]
        session_token: Option<&'a str>,
    },
    Anonymous {
        anonymous: bool,
    },
}

/// What is asked about somebody.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked<'a> {
    /// May they do these things?
    #[serde(skip_serializing_if = "<[Check]>::is_empty")]
    pub checks: &'a [Check],
    /// What is known of the request, for conditions: `aws:SourceIp` and the like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<&'a Context>,
    /// The policies of the resources, by their ARNs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_policies: Option<&'a BTreeMap<String, ResourcePolicy>>,
}

/// Condition keys and their values.
pub type Context = BTreeMap<String, Vec<String>>;

/// One thing that somebody may do or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// `s3:GetObject`.
    pub action: String,
    /// `arn:aws:s3:::bucket/key`.
    pub resource: String,
}

impl Check {
    /// To do this to that.
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into() }
    }
}

/// Whose a resource is, and its own policy if it has one.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourcePolicy {
    /// The account that owns it.
    pub owner_account_id: String,
    /// The policy as it was stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Box<RawValue>>,
}

/// `GET /v1/meta`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta {
    pub(super) protocol: u32,
    pub(super) min_client: u32,
    pub(super) epoch: u64,
    #[serde(deserialize_with = "instant")]
    pub(super) time: Timestamp,
    #[serde(deserialize_with = "instant")]
    pub(super) machine_time: Timestamp,
}

/// The answer to `POST /v1/authenticate`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Authenticated {
    authenticated: bool,
    identity: Option<Identity>,
    credential: Option<Credential>,
    reason: Option<String>,
    message: Option<String>,
    aws_error: Option<AwsError>,
}

/// What an answer says that is no yes.
pub(super) enum No {
    Refused(Box<Refused>),
    Nonsense(&'static str),
}

impl No {
    fn because(reason: String, message: Option<String>, aws_error: Option<AwsError>) -> Self {
        Self::Refused(Box::new(Refused { reason, message: message.unwrap_or_default(), aws_error }))
    }
}

impl Authenticated {
    /// Who signed. Reads a yes only where everything says so.
    pub(super) fn into_who(self) -> Result<(Identity, Credential), No> {
        match (self.authenticated, self.identity, self.credential, self.reason) {
            (true, Some(identity), Some(credential), None) => Ok((identity, credential)),
            (false, None, _, Some(reason)) => Err(No::because(reason, self.message, self.aws_error)),
            _ => Err(No::Nonsense("neither a yes nor a no")),
        }
    }
}

/// The answer to `POST /v1/check`.
#[derive(Deserialize)]
pub(super) struct Checked {
    allow: bool,
    #[serde(flatten)]
    who: Authenticated,
}

impl Checked {
    /// Who may do what they ask for. Reads a yes only where everything says so.
    pub(super) fn into_allowed(self) -> Result<(Identity, Credential), No> {
        let error = self.who.aws_error.clone();
        match (self.who.into_who(), self.allow, error) {
            (Ok(who), true, None) => Ok(who),
            (Ok(_), false, error) => Err(No::Refused(Box::new(Refused::denied(error)))),
            (Err(no), false, _) => Err(no),
            _ => Err(No::Nonsense("both a yes and a no")),
        }
    }
}

/// Why the validator says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// `SIGNATURE_MISMATCH` and the like; `ACCESS_DENIED` if it is known who asks.
    pub reason: String,
    /// For people.
    pub message: String,
    /// What AWS's service would answer.
    pub aws_error: Option<AwsError>,
}

impl Refused {
    /// They may not.
    fn denied(error: Option<AwsError>) -> Self {
        let message = error.as_ref().map(|error| error.message.clone());
        Self { reason: "ACCESS_DENIED".to_owned(), message: message.unwrap_or_default(), aws_error: error }
    }

    /// A header of the request is no text, so it cannot be asked about.
    pub(super) fn unreadable() -> Self {
        Self { reason: "MALFORMED".to_owned(), message: "a header is not UTF-8".to_owned(), aws_error: None }
    }
}

/// Who it is. A description: nobody is let in for showing one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// `user`, `assumed-role` and the like.
    #[serde(rename = "type")]
    pub kind: String,
    /// Twelve digits.
    pub account_id: String,
    /// Of the user, or of the session.
    pub arn: String,
    /// Of the user or role.
    pub principal_arn: String,
    /// `aws:userid`.
    pub user_id: String,
    /// If it is a session that has a name.
    pub session_name: Option<String>,
    /// What S3 calls an account.
    pub canonical_id: String,
    /// The tags of the session.
    #[serde(default)]
    pub session_tags: BTreeMap<String, String>,
}

/// What was signed with. No secret is in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// `AKIA...`, `ASIA...`.
    pub access_key_id: String,
    /// `long-term` or `temporary`.
    pub kind: String,
    /// When it ends, if it does.
    #[serde(default, deserialize_with = "maybe_instant")]
    pub expires_at: Option<Timestamp>,
    /// Whether it is a demo key that everybody knows; what is not said counts as yes.
    #[serde(default = "yes")]
    pub well_known: bool,
}

fn yes() -> bool {
    true
}

/// `POST /v1/signing-keys`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyWanted<'a> {
    pub(super) access_key_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_token: Option<&'a str>,
    pub(super) date: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
}

/// The answer to `POST /v1/signing-keys`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Vended {
    active: bool,
    signing_key: Option<SigningKeyView>,
    identity: Option<Identity>,
    credential: Option<Credential>,
}

/// A key that verifies what one credential signs for one day, region and service.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SigningKeyView {
    algorithm: String,
    #[serde(deserialize_with = "secret")]
    key: Secret<String>,
    #[serde(deserialize_with = "instant")]
    not_after: Timestamp,
}

impl Vended {
    /// The key and whose it is, if it is one that we can use.
    pub(super) fn into_kept(self) -> Option<Kept> {
        let view = self.signing_key.filter(|view| self.active && view.algorithm == "AWS4-HMAC-SHA256")?;
        let bytes = Zeroizing::new(STANDARD.decode(view.key.expose()).ok()?);
        let key = SigningKey::from_bytes(<[u8; 32]>::try_from(bytes.as_slice()).ok()?);
        let (identity, credential) = (Arc::new(self.identity?), Arc::new(self.credential?));
        Some(Kept { key, identity, credential, not_after: view.not_after })
    }
}

/// The answer to `POST /v1/authorize`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Authorized {
    active: bool,
    reason: Option<String>,
    message: Option<String>,
    aws_error: Option<AwsError>,
    results: Vec<Verdict>,
}

impl Authorized {
    /// The verdicts on so many checks, if the one they are about is still somebody.
    pub(super) fn into_verdicts(self, checks: usize) -> Result<Vec<Verdict>, No> {
        match (self.active, self.reason) {
            (true, None) if self.results.len() == checks => Ok(self.results),
            (true, None) => Err(No::Nonsense("not as many results as checks")),
            (false, Some(reason)) => Err(No::because(reason, self.message, self.aws_error)),
            _ => Err(No::Nonsense("neither active nor not")),
        }
    }
}

/// The answer to one check.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    decision: String,
    #[serde(default)]
    basis: String,
    aws_error: Option<AwsError>,
}

impl Verdict {
    /// Whether it is allowed: only if the validator said just that.
    pub fn is_allowed(&self) -> bool {
        self.decision == "allow" && self.aws_error.is_none()
    }

    /// `allowed`, `explicitDeny`, `implicitDeny`: for the log.
    pub fn basis(&self) -> &str {
        &self.basis
    }

    /// What AWS's service would answer, if it is not allowed.
    pub fn aws_error(&self) -> Option<&AwsError> {
        self.aws_error.as_ref()
    }
}

/// `POST /v1/identities/resolve`.
#[derive(Serialize)]
pub(super) struct Resolve<'a> {
    pub(super) arns: &'a [&'a str],
}

/// The answer to it.
#[derive(Deserialize)]
pub(super) struct Resolved {
    pub(super) arns: Vec<Found>,
}

/// Whether there is somebody of a name.
#[derive(Deserialize)]
pub(super) struct Found {
    pub(super) found: bool,
}

/// An error in the words and the form of the asking service.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AwsError {
    /// The HTTP status.
    pub http_status: u16,
    /// The code.
    pub code: String,
    /// The text.
    pub message: String,
    /// The `Content-Type`.
    #[serde(default)]
    pub content_type: String,
    /// The whole document.
    #[serde(default)]
    pub body: String,
}

fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = Cow::<str>::deserialize(deserializer)?;
    Timestamp::parse_iso(&text).ok_or_else(|| D::Error::custom("an instant is written 2026-01-15T12:00:00Z"))
}

fn maybe_instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    #[derive(Deserialize)]
    struct Instant(#[serde(deserialize_with = "instant")] Timestamp);
    Ok(Option::<Instant>::deserialize(deserializer)?.map(|Instant(at)| at))
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret<String>, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}
