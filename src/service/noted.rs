//! What the journal is told of a call of STS or IAM.

use std::borrow::Cow;

use crate::api::pipeline::Record;
use crate::journal::masks::{Sent, shown};
use crate::journal::note::{Caller, Header, Made, Note, Outcome, Refusal, Surface};
use crate::sigv4::{self, Parts};
use crate::wire::RawRequest;

/// What AWS's front end calls a request that means no operation, where it says anything.
const NO_OPERATION: &str = "UnknownOperationException";

/// Writes `record` up, and hands it over.
pub(super) fn note<'r>(record: &Record<'r>, refusal: Option<Refusal<'r>>, go: impl FnOnce(&Note<'_>)) {
    let raw = record.raw;
    let key = if record.caller.is_none() && record.bearer.is_none() { claimed_key(raw) } else { None };
    let caller = match (record.caller, record.bearer) {
        (Some(caller), _) => Some(Caller::of(caller.principal(), caller.credential())),
        (None, Some(bearer)) => Some(Caller::bearing(bearer)),
        (None, None) => key.as_deref().map(Caller::unproved),
    };
    // WHY: all at once, for every move of a note takes as long as writing it.
    go(&Note {
        at: record.moment.now,
        machine: record.moment.machine,
        surface: surface(record),
        action: Cow::Borrowed(record.operation.map_or("", |operation| operation.name)),
        request_id: Cow::Borrowed(record.request_id),
        extended_id: Cow::Borrowed(extended_id(record)),
        region: Cow::Borrowed(record.endpoint.region.name),
        global: record.endpoint.global,
        caller,
        source_ip: raw.peer,
        user_agent: Header::of(raw, "user-agent"),
        host: Header::of(raw, "host"),
        secure: raw.secure,
        status: record.response.status,
        outcome: outcome(record),
        error: refusal,
        params: record.params.map(|params| shown(params, record.operation)).unwrap_or_default(),
        made: record.made.map(Made::of),
        created: record.created.map(Cow::Borrowed),
        decisions: Vec::new(),
        fault: record.strike.map(|strike| Cow::Borrowed(strike.rule.as_str())),
    });
}

/// Where it was asked.
pub(super) fn surface(record: &Record<'_>) -> Surface {
    if record.door.is_some_and(|door| door.service == "iam") { Surface::Iam } else { Surface::Sts }
}

/// What came of it. AWS: whoever goes astray is sent elsewhere, which is no success.
pub(super) fn outcome(record: &Record<'_>) -> Outcome {
    if record.astray.is_some() { Outcome::Refused } else { Outcome::of_status(record.response.status) }
}

fn extended_id<'r>(record: &Record<'r>) -> &'r str {
    let found = record.response.headers.iter().find(|(name, _)| *name == "x-amz-sts-extended-request-id");
    found.map_or("", |(_, value)| value)
}

/// The key by which an unproved request says that it was signed.
fn claimed_key(raw: &RawRequest<'_>) -> Option<String> {
    let parts = Parts { method: raw.method, path: raw.path, query: raw.query, headers: raw.headers };
    let claim = sigv4::parse(&parts).ok().flatten()?;
    Some(claim.access_key_id().to_owned())
}

/// Why it was refused, without what is not shown.
pub(super) fn refusal<'r>(record: &Record<'r>) -> Option<Refusal<'r>> {
    if let Some(error) = record.error {
        let hidden = Sent { raw: record.raw, params: record.params, operation: record.operation }.hidden();
        let clean = |text: &'r str| hidden.out_of(text);
        let (message, cause) = (error.noted().map(clean), error.cause.as_deref().map(clean));
        return Some(Refusal::of(error.code.as_str(), message, cause));
    }
    if let Some(cause) = record.astray {
        return Some(Refusal::new(NO_OPERATION, None, Some(cause)));
    }
    let strike = record.strike.filter(|strike| strike.effect.stops())?;
    let error = strike.effect.error.as_ref();
    let code = error.map_or("ConnectionReset", |error| error.code.as_str());
    let message = error.and_then(|error| error.message.as_deref());
    Some(Refusal::new(code, message, Some("a fault that somebody wanted")))
}
