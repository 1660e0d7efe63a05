//! The aws listener: exactly what AWS serves, and no path more.

use std::borrow::Cow;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use actix_http::body::BoxBody;
use actix_http::{Payload, Request};
use actix_web::http::header::{self, HeaderName, HeaderValue, InvalidHeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, Bytes, BytesMut};
use actix_web::{HttpMessage, HttpResponse};

use super::connections::Heard;
use super::limits::{BODY_BYTES, BODY_TIMEOUT, KEYS_TIMEOUT};
use super::room::Room;
use super::{cohort, connections, doors, faults};
use crate::api::pipeline::Disturbance;
use crate::key_sets::{Due, KeySets, Turn};
use crate::service::{Answered, Service, Step};
use crate::wire::{RawRequest, RawResponse};

/// Answers one request, which came over TLS or not.
pub async fn answer(request: Request, payload: Payload, service: Arc<Service>, secure: bool) -> doors::Answer {
    let heard = connections::heard(&request);
    let response = heard.told(match body(&request, payload, heard, BODY_BYTES).await {
        Ok(body) => write(answer_to(&request, &body, secure, &service).await),
        Err(status) => turned_away(status),
    });
    cohort::others_first().await;
    Ok(response)
}

/// The answer to a request that is not read to its end.
pub fn turned_away(status: StatusCode) -> HttpResponse {
    HttpResponse::build(status).force_close().finish()
}

/// The answer, once what it rests on will outlive the process.
async fn answer_to(request: &Request, body: &[u8], secure: bool, service: &Service) -> RawResponse {
    let Answered { response, pending, disturbance } = answered(request, body, secure, service).await;
    if disturbance != Disturbance::default() {
        faults::disturb(request, disturbance).await;
    }
    let Some(ticket) = pending else { return response };
    match ticket.await {
        Ok(()) => response,
        Err(fault) => with_raw_over(request, body, secure, |raw| service.stumbled(raw, &fault.to_string())),
    }
}

/// What the service answers, once the keys that it needs for it have come or been given up.
async fn answered(request: &Request, body: &[u8], secure: bool, service: &Service) -> Answered {
    let mut waits = 0;
    loop {
        match with_raw_over(request, body, secure, |raw| service.step(raw, waits)) {
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

fn asks_for_a_socket(request: &Request) -> bool {
    request
        .headers()
        .get_all(header::UPGRADE)
        .any(|name| name.as_bytes().trim_ascii().eq_ignore_ascii_case(b"websocket"))
}

/// Waits for something as long as keys may take. Whatever becomes of it, the next step finds out.
async fn in_time(arrival: impl Future) {
    let _ = actix_web::rt::time::timeout(KEYS_TIMEOUT, arrival).await;
}

/// Reads a body of at most `limit` bytes, or says with which status to turn it away.
pub async fn body(request: &Request, payload: Payload, heard: Heard, limit: usize) -> Result<Bytes, StatusCode> {
    if heard == Heard::Over {
        return Err(StatusCode::REQUEST_TIMEOUT);
    }
    // ATTACK: to the framework, what asks to become a WebSocket or a tunnel has a body without end. Whoever would rather
    // speak HTTP/2, as Java does, is answered as if it had not said so (B-040).
    if request.method() == Method::CONNECT || asks_for_a_socket(request) {
        return Err(StatusCode::BAD_REQUEST);
    }
    let announced =
        request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let mut reading = pin!(collect(payload, limit));
    if let Some(read) = in_two_turns(reading.as_mut()).await {
        cohort::others_first().await;
        return read;
    }
    // ATTACK: a client that sends slowly does not keep its place for ever.
    let read = actix_web::rt::time::timeout(BODY_TIMEOUT, reading).await;
    read.unwrap_or(Err(StatusCode::REQUEST_TIMEOUT))
}

/// What comes of `reading` at once, or once the connection has handed over what came with the head.
// WHY: the framework does so behind the first turn and then takes the second by itself, whoever is woken or not. A
// waker that wakes nobody spares the connection a third, and a body that is there needs no timer.
async fn in_two_turns<R>(mut reading: Pin<&mut impl Future<Output = R>>) -> Option<R> {
    let mut first = true;
    let turns = std::future::poll_fn(|context| {
        if std::mem::replace(&mut first, false) {
            return reading.as_mut().poll(&mut Context::from_waker(Waker::noop())).map(Some);
        }
        Poll::Ready(match reading.as_mut().poll(context) {
            Poll::Ready(read) => Some(read),
            Poll::Pending => None,
        })
    });
    turns.await
}

async fn collect(mut payload: Payload, limit: usize) -> Result<Bytes, StatusCode> {
    let Some(first) = next(&mut payload, 0, limit).await? else { return Ok(Bytes::new()) };
    let mut room = Room::default();
    room.hold(first.len())?;
    let Some(second) = next(&mut payload, first.len(), limit).await? else { return Ok(room.of(first)) };
    room.hold(first.len() + second.len())?;
    let mut body = BytesMut::from(first);
    body.extend_from_slice(&second);
    while let Some(piece) = next(&mut payload, body.len(), limit).await? {
        room.hold(body.len() + piece.len())?;
        body.extend_from_slice(&piece);
    }
    Ok(room.of(body.freeze()))
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

/// Hands on a request that came without TLS in the form in which the rest of the house knows requests.
pub fn with_raw<R>(request: &Request, body: &[u8], go: impl FnOnce(&RawRequest<'_>) -> R) -> R {
    with_raw_over(request, body, false, go)
}

fn with_raw_over<R>(request: &Request, body: &[u8], secure: bool, go: impl FnOnce(&RawRequest<'_>) -> R) -> R {
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
        secure,
    })
}

/// Writes an answer.
pub fn write(response: RawResponse) -> HttpResponse {
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = HttpResponse::with_body(status, BoxBody::new(response.body));
    for (name, value) in response.headers {
        if let (Some(name), Ok(value)) = (header_name(name), header_value(value)) {
            answer.headers_mut().append(name, value);
        }
    }
    answer
}

// WHY: a value that owns its bytes already is not copied.
fn header_value(value: Cow<'static, str>) -> Result<HeaderValue, InvalidHeaderValue> {
    match value {
        Cow::Borrowed(value) => HeaderValue::from_maybe_shared(Bytes::from_static(value.as_bytes())),
        Cow::Owned(value) => HeaderValue::from_maybe_shared(Bytes::from(value)),
    }
}

// WHY: the names that every answer has are not read anew for each.
fn header_name(name: &'static str) -> Option<HeaderName> {
    static REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
    static EXTENDED_REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-sts-extended-request-id");
    match name {
        "Content-Type" => Some(header::CONTENT_TYPE),
        "x-amzn-RequestId" => Some(REQUEST_ID.clone()),
        "x-amz-sts-extended-request-id" => Some(EXTENDED_REQUEST_ID.clone()),
        _ => HeaderName::try_from(name).ok(),
    }
}
