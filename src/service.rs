//! The composition root: joins the catalogs to the world, and answers raw requests.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::api::pipeline::{self, Handled, Outcome, Record};
use crate::api::{Catalog, World};
use crate::key_sets::Due;
use crate::store::Ticket;
use crate::wire::{RawRequest, RawResponse};
use crate::{iam, sts};

/// All that the aws listener serves.
static CATALOGS: &[&Catalog] = &[&sts::CATALOG, &iam::CATALOG];

/// How often a request may wait for keys before it is answered without them: the first set may turn out to be too old.
const MOST_WAITS: usize = 2;

/// How far a request has come.
#[derive(Debug)]
pub enum Step {
    /// To its answer.
    Done(Answered),
    /// To these keys: it shall come again when they are there.
    Waiting(Due),
}

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

    /// Answers a request that has waited for keys `waits` times. Never blocks, and never panics: a fault of ours is AWS's
    /// `InternalFailure`.
    pub fn step(&self, raw: &RawRequest<'_>, waits: usize) -> Step {
        let may_wait = waits < MOST_WAITS;
        let outcome = catch_unwind(AssertUnwindSafe(|| pipeline::handle(&self.world, CATALOGS, raw, may_wait)));
        let handled = match outcome {
            Ok(Outcome::Waiting(due)) => return Step::Waiting(due),
            Ok(Outcome::Answered(handled)) => handled,
            Err(_) => pipeline::failed(&self.world, CATALOGS, raw, "a panic; its message stands above"),
        };
        let Handled { response, record, pending } = handled;
        if let Some(record) = record {
            log(&record, response.status);
        }
        Step::Done(Answered { response, pending })
    }

    /// Answers one request, and blocks for as long as it needs keys: for callers that may.
    pub fn handle(&self, raw: &RawRequest<'_>) -> Answered {
        let mut waits = 0;
        loop {
            match self.step(raw, waits) {
                Step::Done(answered) => return answered,
                Step::Waiting(due) => self.world.key_sets.wait(due),
            }
            waits += 1;
        }
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
