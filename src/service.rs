//! The composition root: joins the catalogs to the world, and answers raw requests.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::api::pipeline::{self, Handled, Record};
use crate::api::{Catalog, World};
use crate::store::Ticket;
use crate::sts;
use crate::wire::{RawRequest, RawResponse};

/// All that the aws listener serves.
static CATALOGS: &[&Catalog] = &[&sts::CATALOG];

/// The service without its doors: hand it a request, get an answer.
pub struct Service {
    world: World,
}

/// An answer, and what must be durable before it is given.
#[derive(Debug)]
pub struct Answered {
    /// The answer.
    pub response: RawResponse,
    /// Should this fail, [`Service::stumbled`] has the answer.
    pub pending: Option<Ticket>,
}

impl Service {
    /// A service over this world.
    pub fn new(world: World) -> Self {
        Self { world }
    }

    /// The state, the clock and chance.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The same, before anybody is served.
    pub fn world_mut(&mut self) -> &mut World {
        &mut self.world
    }

    /// Answers one request. Never blocks, and never panics: a fault of ours is AWS's `InternalFailure`.
    pub fn handle(&self, raw: &RawRequest<'_>) -> Answered {
        let handled = catch_unwind(AssertUnwindSafe(|| pipeline::handle(&self.world, CATALOGS, raw)));
        let Handled { response, record, pending } = handled
            .unwrap_or_else(|_| pipeline::failed(&self.world, CATALOGS, raw, "a panic; its message stands above"));
        if let Some(record) = record {
            log(&record, response.status);
        }
        Answered { response, pending }
    }

    /// The answer to a request whose changes did not become durable.
    pub fn stumbled(&self, raw: &RawRequest<'_>, cause: &str) -> RawResponse {
        let Handled { response, record, .. } = pipeline::failed(&self.world, CATALOGS, raw, cause);
        if let Some(record) = record {
            log(&record, response.status);
        }
        response
    }
}

/// A refusal is one line; an answer shows at `debug` only, for a line per request costs a quarter of the speed.
fn log(record: &Record, status: u16) {
    let Record { request_id, operation, principal, error } = record;
    let operation = operation.unwrap_or("-");
    let caller = || principal.as_ref().map_or_else(|| "-".to_owned(), crate::access::Principal::arn);
    match error {
        None => tracing::debug!(request_id, operation, caller = caller(), status, "answered"),
        Some(error) => {
            let (code, cause) = (error.code.as_str(), error.cause.as_deref().unwrap_or("-"));
            let encoded_message = error.encoded_message.as_ref().map(tracing::field::display);
            if status >= 500 {
                tracing::error!(request_id, operation, caller = caller(), status, code, because = cause, "failed");
            } else {
                tracing::info!(
                    request_id,
                    operation,
                    caller = caller(),
                    status,
                    code,
                    because = cause,
                    encoded_message,
                    "refused"
                );
            }
        }
    }
}
