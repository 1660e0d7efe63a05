//! What is told of somebody who signed: identity, credential, signature, body. Descriptions, never credentials.

use std::borrow::Cow;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::Ask;
use crate::access::{Holder, Path, Payload, Principal, Signed, SignedString};
use crate::identities::AccessKey;
use crate::ids::AccountId;
use crate::ids::names::SourceIdentity;
use crate::sessions::{Session, SessionTag, Subject};
use crate::sigv4::{PayloadMode, Scope, SignedHeaders};
use crate::time::Timestamp;

/// Who it is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Identity<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    account_id: AccountId,
    arn: String,
    principal_arn: Cow<'a, str>,
    user_id: String,
    session_name: Option<&'a str>,
    source_identity: Option<&'a str>,
    canonical_id: &'a str,
    session_tags: Tags<'a>,
}

/// What was signed with.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Credential<'a> {
    access_key_id: &'a str,
    kind: &'static str,
    /// Everybody knows it: not to be taken from a request that a web page may have sent.
    well_known: bool,
    issued_by: Option<&'static str>,
    session_id: Option<String>,
    issued_at: Option<Instant>,
    expires_at: Option<Instant>,
}

/// What was signed, and what of it was checked.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Signature<'a> {
    scope: String,
    signed_at: Instant,
    signed_headers: Option<Names<'a>>,
    host: Option<&'a str>,
    path: Option<&'static str>,
    presigned: bool,
    verified: Verified,
    not_verified: &'static [&'static str],
}

/// What the signature says of the body.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PayloadView<'a> {
    mode: &'static str,
    sha256: Option<&'a str>,
    caller_must_verify: bool,
}

struct Instant(Timestamp);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.iso().serialize(serializer)
    }
}

struct Names<'a>(&'a SignedHeaders<'a>);

impl Serialize for Names<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.names())
    }
}

/// What was checked beside what always is.
struct Verified {
    session_token: bool,
    request: bool,
    payload: bool,
}

impl Serialize for Verified {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = [
            ("signature", true),
            ("credential", true),
            ("session-token", self.session_token),
            ("time", true),
            ("scope", true),
            ("host", self.request),
            ("signed-headers", self.request),
            ("payload", self.payload),
        ];
        serializer.collect_seq(all.into_iter().filter_map(|(what, checked)| checked.then_some(what)))
    }
}

struct Tags<'a>(&'a [SessionTag]);

impl Serialize for Tags<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for SessionTag { tag, .. } in self.0 {
            map.serialize_entry(tag.key.as_str(), tag.value.as_str())?;
        }
        map.end()
    }
}

impl<'a> Identity<'a> {
    pub(super) fn of(ask: &Ask<'a>, holder: &'a Holder<'_>) -> Self {
        let (principal, session) = (holder.principal(), holder.session());
        // INVARIANT: whoever knows the principal knows its account.
        let account = ask.snapshot.identities.account(principal.account());
        let carried = session.map(|session| &session.carried);
        let kind = match principal {
            Principal::Root(_) => "root",
            Principal::User(_) => "user",
            Principal::RoleSession { .. } => "assumed-role",
            Principal::FederatedUser { .. } => "federated-user",
        };
        Self {
            kind,
            account_id: principal.account(),
            arn: principal.arn(),
            principal_arn: principal.principal_arn(),
            user_id: principal.user_id(),
            session_name: session.and_then(|session| session.subject.session_name()),
            source_identity: carried.and_then(|carried| carried.source_identity.as_ref()).map(SourceIdentity::as_str),
            canonical_id: account.map_or("", |account| account.canonical_id()),
            session_tags: Tags(carried.map_or(&[], |carried| &carried.tags)),
        }
    }
}

impl<'a> Credential<'a> {
    pub(super) fn of(holder: &'a Holder<'_>) -> Self {
        let session = holder.session();
        let instant = |of: fn(&Session) -> Timestamp| session.map(|session| Instant(of(session)));
        Self {
            access_key_id: holder.access_key_id().as_str(),
            kind: if session.is_some() { "temporary" } else { "long-term" },
            well_known: holder.long_term().is_some_and(AccessKey::is_well_known),
            issued_by: session.map(|session| issued_by(&session.subject)),
            session_id: session.map(|session| session.id.to_string()),
            issued_at: instant(|session| session.issued),
            expires_at: instant(|session| session.expires),
        }
    }
}

fn issued_by(subject: &Subject) -> &'static str {
    match subject {
        Subject::Role { .. } => "AssumeRole",
        Subject::User { .. } | Subject::Root => "GetSessionToken",
        Subject::Federated { .. } => "GetFederationToken",
        Subject::AssumedRoot => "AssumeRoot",
    }
}

impl<'a> Signature<'a> {
    pub(super) fn of(signed: &'a Signed<'_, '_>) -> Self {
        let verified = signed.verified();
        let (session_token, payload) = (signed.holder().session().is_some(), signed.payload().compared);
        Self {
            scope: scope(&verified.scope()),
            signed_at: Instant(verified.signed_at()),
            signed_headers: Some(Names(verified.signed_headers())),
            host: Some(signed.host()),
            path: Some(match signed.path() {
                Path::AsReceived => "as-received",
                Path::Recoded => "recoded",
            }),
            presigned: verified.is_presigned(),
            verified: Verified { session_token, request: true, payload },
            not_verified: if payload { &[] } else { &["payload"] },
        }
    }

    pub(super) fn of_string(signed: &SignedString<'_, '_>) -> Self {
        let verified = signed.verified();
        let session_token = signed.holder().session().is_some();
        Self {
            scope: scope(&verified.scope()),
            signed_at: Instant(verified.signed_at()),
            signed_headers: None,
            host: None,
            path: None,
            presigned: verified.is_presigned(),
            verified: Verified { session_token, request: false, payload: false },
            not_verified: &["host", "signed-headers", "payload"],
        }
    }
}

fn scope(scope: &Scope<'_>) -> String {
    [scope.date, scope.region, scope.service, scope.terminator].join("/")
}

impl<'a> PayloadView<'a> {
    pub(super) fn of(payload: &'a Payload<'_>) -> Self {
        let (mode, caller_must_verify) = match payload.mode {
            PayloadMode::Sha256 => ("sha256", !payload.compared),
            PayloadMode::Unsigned => ("unsigned", false),
            PayloadMode::StreamingSigned => ("streaming-signed", true),
            PayloadMode::StreamingSignedTrailer => ("streaming-signed-trailer", true),
            PayloadMode::StreamingUnsignedTrailer => ("streaming-unsigned-trailer", true),
        };
        Self { mode, sha256: payload.sha256.as_deref(), caller_must_verify }
    }
}
