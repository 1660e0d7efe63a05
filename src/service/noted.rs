//! What the journal is told of a call of STS or IAM.

use std::borrow::Cow;

use crate::api::pipeline::Record;
use crate::api::{ApiError, world};
use crate::ids::names::SourceIdentity;
use crate::journal::masks::{Sent, shown, without_secrets};
use crate::journal::note::{Caller, Made, MadeSession, Note, Refusal, Surface};
use crate::sigv4::{self, Parts};
use crate::wire::RawRequest;

/// Writes `record` up, and hands it over.
pub(super) fn note(record: &Record<'_>, go: impl FnOnce(&Note<'_>)) {
    let raw = record.raw;
    let key = if record.caller.is_none() && record.bearer.is_none() { claimed_key(raw) } else { None };
    let of_caller = record.caller.map(|caller| Caller::of(caller.principal(), caller.credential()));
    let caller =
        of_caller.or_else(|| record.bearer.map(Caller::bearing)).or_else(|| key.as_deref().map(Caller::unproved));
    let surface = if record.door.is_some_and(|door| door.service == "iam") { Surface::Iam } else { Surface::Sts };
    go(&Note {
        action: record.operation.map(|operation| Cow::Borrowed(operation.name)),
        request_id: Cow::Borrowed(record.request_id),
        extended_id: record.response.header("x-amz-sts-extended-request-id").map(Cow::Borrowed),
        region: Some(Cow::Borrowed(record.endpoint.region.name)),
        global: record.endpoint.global,
        caller,
        error: record.error.map(|error| refusal(error, record)),
        params: record.params.map(|params| shown(params, record.operation)).unwrap_or_default(),
        made: record.made.map(made),
        ..Note::of(surface, record.moment, record.response.status).from(raw)
    });
}

/// The key by which an unproved request says that it was signed.
fn claimed_key(raw: &RawRequest<'_>) -> Option<String> {
    let parts = Parts { method: raw.method, path: raw.path, query: raw.query, headers: raw.headers };
    let claim = sigv4::parse(&parts).ok().flatten()?;
    Some(claim.access_key_id().to_owned())
}

fn refusal<'r>(error: &'r ApiError, record: &Record<'_>) -> Refusal<'r> {
    let sent = Sent { raw: record.raw, params: record.params, operation: record.operation };
    let clean = |text: &'r str| without_secrets(text, &sent);
    Refusal::of(error.code.as_str(), error.message.as_deref().map(clean), error.cause.as_deref().map(clean))
}

fn made(made: &world::Made) -> Made<'_> {
    let session = made.session.as_ref().map(|session| MadeSession {
        id: session.id,
        issuer_arn: Cow::Borrowed(&session.issuer_arn),
        issuer_id: session.issuer.as_ref().map(|id| Cow::Borrowed(id.as_str())),
        name: session.name.as_deref().map(Cow::Borrowed),
        source_identity: session.source_identity.as_ref().map(SourceIdentity::as_str).map(Cow::Borrowed),
        expires: session.expires,
        token_size: session.token_size,
        token_utilization: session.token_utilization,
    });
    Made { access_key_id: Cow::Borrowed(made.access_key_id.as_str()), account: made.account, session }
}
