//! The aws listener: exactly what AWS serves, and no path more.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, Bytes, BytesMut, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::connections;
use super::limits::{BODY_BYTES, BODY_TIMEOUT, KEYS_TIMEOUT};
use crate::key_sets::{Due, KeySets, Turn};
use crate::service::{Answered, Service, Step};
use crate::wire::{RawRequest, RawResponse};

/// Answers one request.
pub async fn answer(request: HttpRequest, payload: Payload, service: Arc<Service>) -> HttpResponse {
    connections::heard(&request, service.world());
    match body(&request, payload, BODY_BYTES).await {
        Ok(body) => write(answer_to(&request, &body, &service).await),
        Err(status) => HttpResponse::build(status).force_close().finish(),
    }
}

/// The answer, once what it rests on will outlive the process.
async fn answer_to(request: &HttpRequest, body: &[u8], service: &Service) -> RawResponse {
    let Answered { response, pending } = answered(request, body, service).await;
    let Some(ticket) = pending else { return response };
    let stumbled = |cause: &str| with_raw(request, body, |raw| service.stumbled(raw, cause));
    match ticket.into_receiver().await {
        Ok(Ok(())) => response,
        Ok(Err(fault)) => stumbled(&fault.to_string()),
        Err(_) => stumbled("the service is stopping"),
    }
}

/// What the service answers, once the keys that it needs for it have come or been given up.
async fn answered(request: &HttpRequest, body: &[u8], service: &Service) -> Answered {
    let mut waits = 0;
    loop {
        match with_raw(request, body, |raw| service.step(raw, waits)) {
            Step::Done(answered) => return answered,
            Step::Waiting(due) => keys(&service.world().key_sets, due).await,
        }
        waits += 1;
    }
}

/// Waits until keys that are due have come, or until nobody waits for them any longer.
async fn keys(key_sets: &KeySets, due: Due) {
    match key_sets.turn(due) {
        Turn::Ready => {}
        // It goes on for the others if this client leaves.
        Turn::Lead(lead) => in_time(web::block(move || lead.fetch())).await,
        Turn::Follow(done) => in_time(done).await,
    }
}

/// Waits for something as long as keys may take. Whatever becomes of it, the next step finds out.
async fn in_time(arrival: impl Future) {
    let _ = actix_web::rt::time::timeout(KEYS_TIMEOUT, arrival).await;
}

/// Reads a body of at most `limit` bytes, or says with which status to turn it away.
pub async fn body(request: &HttpRequest, payload: Payload, limit: usize) -> Result<Bytes, StatusCode> {
    // ATTACK: what asks to become another protocol has a body without end.
    if request.method() == Method::CONNECT || request.headers().contains_key(header::UPGRADE) {
        return Err(StatusCode::BAD_REQUEST);
    }
    let announced =
        request.headers().get("content-length").and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    if announced.is_some_and(|length| length > 0) {
        next_turn().await;
    }
    // ATTACK: a client that sends slowly does not keep its place for ever.
    let read = actix_web::rt::time::timeout(BODY_TIMEOUT, collect(payload, limit)).await;
    read.unwrap_or(Err(StatusCode::REQUEST_TIMEOUT))
}

/// Lets the connection hand over what came with the head.
// WHY: the framework does so behind the first poll; a body that is there needs no timer, which costs more than this.
async fn next_turn() {
    let mut waited = false;
    let turn = std::future::poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    });
    turn.await;
}

async fn collect(mut payload: Payload, limit: usize) -> Result<Bytes, StatusCode> {
    let Some(first) = next(&mut payload, 0, limit).await? else { return Ok(Bytes::new()) };
    let Some(second) = next(&mut payload, first.len(), limit).await? else { return Ok(first) };
    let mut body = BytesMut::from(first);
    body.extend_from_slice(&second);
    while let Some(piece) = next(&mut payload, body.len(), limit).await? {
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

/// The next piece of a body of which there are `read` bytes already.
async fn next(payload: &mut Payload, read: usize, limit: usize) -> Result<Option<Bytes>, StatusCode> {
    let piece = std::future::poll_fn(|context| futures_core::Stream::poll_next(Pin::new(&mut *payload), context)).await;
    match piece {
        None => Ok(None),
        Some(Err(_)) => Err(StatusCode::BAD_REQUEST),
        Some(Ok(piece)) if read + piece.len() > limit => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Some(Ok(piece)) => Ok(Some(piece)),
    }
}

/// Hands the request on as the rest of the house knows requests.
pub fn with_raw<R>(request: &HttpRequest, body: &[u8], go: impl FnOnce(&RawRequest<'_>) -> R) -> R {
    let headers: Vec<(&str, &[u8])> =
        request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let peer: Option<IpAddr> = request.peer_addr().map(|peer| peer.ip());
    go(&RawRequest {
        method: request.method().as_str(),
        path: request.uri().path(),
        query: request.uri().query().unwrap_or_default(),
        headers: &headers,
        body,
        peer,
        secure: false,
    })
}

/// Writes an answer.
pub fn write(response: RawResponse) -> HttpResponse {
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut builder = HttpResponse::build(status);
    for (name, value) in response.headers {
        // WHY: a header value that owns its bytes already is not copied.
        let value = HeaderValue::from_maybe_shared(Bytes::from(value));
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), value) {
            builder.insert_header((name, value));
        }
    }
    if response.body.is_empty() { builder.finish() } else { builder.body(response.body) }
}
