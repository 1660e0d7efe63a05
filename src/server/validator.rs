//! The validator's paths on the companion: past the guard, answered, written.

use std::panic::{AssertUnwindSafe, catch_unwind};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};

use super::companion::Companion;
use super::guard::{Stranger, check_json, check_page, shown, token_of};
use crate::journal::note::{Caller, Decision, Note, Outcome, Refusal, Surface};
use crate::metrics::Call;
use crate::validator::{self, Decided, Querier, Reply};
use crate::wire::RawRequest;

/// Answers a call.
pub fn answer(companion: &Companion, raw: &RawRequest<'_>) -> Reply {
    let world = companion.service.world();
    let reply = match querier(companion, raw) {
        Err(stranger) => validator::turned_away(world, raw.path, stranger.status(), stranger.advice()),
        Ok(querier) => {
            let go = || validator::answer(world, &companion.settings, &companion.told, querier, raw);
            catch_unwind(AssertUnwindSafe(go))
                .unwrap_or_else(|_| validator::turned_away(world, raw.path, 500, "we stumbled; the log says more"))
        }
    };
    if !OF_NO_CALLER.contains(&raw.path) {
        note(companion, raw, &reply);
    }
    reply
}

/// What tells of the validator itself.
const OF_NO_CALLER: [&str; 3] = ["/v1/meta", "/v1/openapi.json", "/v1/events"];

/// Tells the journal what an answer comes to.
fn note(companion: &Companion, raw: &RawRequest<'_>, reply: &Reply) {
    let found = &reply.findings;
    let code = match found.reason {
        Some(reason) => Some(reason),
        None if found.denied => Some("AccessDenied"),
        None if reply.status >= 400 => Some(validator::code(reply.status)),
        None => None,
    };
    let status = Outcome::of_status(reply.status);
    let outcome = if code.is_some() && reply.status < 500 { Outcome::Refused } else { status };
    let (surface, action) = (Surface::Validator, validator::route_of(raw.path));
    companion.service.metrics().count(Call { surface, action: action.unwrap_or("-"), outcome }, code, false);
    if !companion.service.journal().is_on() {
        return;
    }
    let caller = found.caller.as_ref().map(|(principal, credential)| Caller::of(principal, credential));
    let usual = Note::of(surface, companion.service.world().now(), reply.status);
    companion.service.journal().write(&Note {
        action: action.unwrap_or_default().into(),
        request_id: found.request_id.as_str().into(),
        caller: caller.or_else(|| found.claimed_key.as_deref().map(Caller::unproved)),
        outcome,
        error: code.map(|code| Refusal::new(code, None, found.because.as_deref())),
        decisions: found.decided.iter().map(decision).collect(),
        ..usual.from(raw)
    });
}

fn decision(it: &Decided) -> Decision<'_> {
    Decision {
        action: it.action.as_str().into(),
        resource: it.resource.as_str().into(),
        decision: it.decision.into(),
        basis: it.basis.into(),
    }
}

/// Whether a path is the validator's.
pub fn is_ours(path: &str) -> bool {
    path.starts_with("/v1/")
}

/// The answer to a call whose body could not be read.
pub fn unread(companion: &Companion, status: StatusCode) -> HttpResponse {
    let why = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "a call has at most 256 KiB",
        StatusCode::REQUEST_TIMEOUT => "the body took too long to come",
        _ => "the body could not be read",
    };
    let mut response = refuse(companion, status.as_u16(), why);
    response.head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
    response
}

/// Who calls, if the guard lets them.
pub fn querier<'c>(companion: &'c Companion, raw: &RawRequest<'_>) -> Result<&'c Querier, Stranger> {
    let guard = &companion.guard;
    guard.check_host(raw)?;
    if validator::is_for_proxies(raw.path) {
        // The other headers are those of the proxy's clients: what pages send, and signatures where tokens stand.
        return guard.querier(shown(raw));
    }
    check_page(raw)?;
    check_json(raw)?;
    guard.querier(token_of(raw))
}

/// Writes an answer.
pub fn write(mut reply: Reply) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::with_body(status, std::mem::take(&mut reply.body));
    write_head(response.headers_mut(), &reply);
    response.map_into_boxed_body()
}

/// The answer to a call that is not let in.
pub fn refuse(companion: &Companion, status: u16, why: &str) -> HttpResponse {
    write(validator::turned_away(companion.service.world(), "", status, why))
}

/// Writes what every answer has in its head.
pub fn write_head(headers: &mut HeaderMap, reply: &Reply) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(PROTOCOL.clone(), HeaderValue::from_static(validator::PROTOCOL_TEXT));
    headers.insert(EPOCH.clone(), HeaderValue::from(reply.epoch));
    for (name, value) in &reply.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

static PROTOCOL: HeaderName = HeaderName::from_static("validator-protocol");
static EPOCH: HeaderName = HeaderName::from_static("validator-epoch");
