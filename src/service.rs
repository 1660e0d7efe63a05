//! The composition root: joins the catalogs to the world, and answers raw requests.

mod noted;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::api::pipeline::{self, Disturbance, Handled, Outcome, Record};
use crate::api::world::Made;
use crate::api::{Catalog, World};
use crate::journal::Journal;
use crate::journal::note::Refusal;
use crate::key_sets::Due;
use crate::metrics::{Call, INJECTED, Metrics};
use crate::store::Ticket;
use crate::wire::{RawRequest, RawResponse};
use crate::{iam, sts};

/// All that the aws listener serves.
static CATALOGS: &[&Catalog] = &[&sts::CATALOG, &iam::CATALOG];

/// The names of what can be asked of a service.
pub fn actions(service: &str) -> impl Iterator<Item = &'static str> {
    let catalogs = CATALOGS.iter().filter(move |catalog| catalog.service == service);
    catalogs.flat_map(|catalog| catalog.entries).map(|entry| entry.description.name)
}

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
    journal: Journal,
    metrics: Metrics,
}

/// An answer, and what must be durable before it is given.
#[derive(Debug)]
pub struct Answered {
    /// The answer.
    pub response: RawResponse,
    /// Should this fail, [`Service::stumbled`] has the answer.
    pub pending: Option<Ticket>,
    /// How it is kept from its client, on purpose: the door's to see to.
    pub disturbance: Disturbance,
}

impl Service {
    /// A service over this world, with a journal of the usual length.
    pub fn new(world: World) -> Self {
        Self { world, journal: Journal::default(), metrics: Metrics::default() }
    }

    /// The same with this journal.
    pub fn with_journal(self, journal: Journal) -> Self {
        Self { journal, ..self }
    }

    /// What was asked and answered.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The state, the clock and chance.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// How often what was asked.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The same, before anybody is served.
    pub fn world_mut(&mut self) -> &mut World {
        &mut self.world
    }

    /// Answers a request that has waited for keys `waits` times. Never blocks, and never panics: a fault of ours is AWS's
    /// `InternalFailure`.
    pub fn step(&self, raw: &RawRequest<'_>, waits: usize) -> Step {
        let may_wait = waits < MOST_WAITS;
        let handle = || pipeline::handle(&self.world, CATALOGS, raw, may_wait, |record| self.tell(record));
        match catch_unwind(AssertUnwindSafe(handle)) {
            Ok(Outcome::Waiting(due)) => Step::Waiting(due),
            Ok(Outcome::Answered(Handled { response, pending, disturbance })) => {
                Step::Done(Answered { response, pending, disturbance })
            }
            Err(_) => {
                let response = self.stumbled(raw, "a panic; its message stands above");
                Step::Done(Answered { response, pending: None, disturbance: Disturbance::default() })
            }
        }
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
        pipeline::failed(&self.world, CATALOGS, raw, cause, |record| self.tell(record))
    }

    fn count(&self, record: &Record<'_>) {
        let surface = noted::surface(record);
        let action = operation(record);
        let outcome = noted::outcome(record);
        let injected = record.strike.filter(|strike| strike.effect.stops()).map(|_| INJECTED);
        let refusal = record.error.map(|error| error.code.as_str()).or(injected);
        let minted = matches!(record.made, Some(Made::Session(_)));
        self.metrics.count(Call { surface, action, outcome }, refusal, minted);
    }

    fn tell(&self, record: &Record<'_>) {
        let refusal = noted::refusal(record);
        log(record, refusal.as_ref());
        self.count(record);
        if self.journal.is_on() {
            noted::note(record, refusal, |note| self.journal.write(note));
        }
    }
}

/// A refusal is one line; an answer shows at `debug` only, for a line per request costs a quarter of the speed.
fn log(record: &Record<'_>, refusal: Option<&Refusal<'_>>) {
    match refusal {
        None => {
            let (request_id, status) = (record.request_id, record.response.status);
            tracing::debug!(request_id, operation = operation(record), caller = caller(record), status, "answered");
        }
        Some(refusal) => log_refusal(record, refusal),
    }
}

#[cold]
fn log_refusal(record: &Record<'_>, refusal: &Refusal<'_>) {
    let (request_id, status) = (record.request_id, record.response.status);
    let (operation, caller) = (operation(record), caller(record));
    if let Some(strike) = record.strike.filter(|strike| strike.effect.stops()) {
        tracing::info!(request_id, operation, caller, status, fault = strike.rule, "went wrong on purpose");
        return;
    }
    // What has no other cause says it all by itself.
    let because = refusal.because.as_deref().or(refusal.message.as_deref()).unwrap_or("-");
    let code = &*refusal.code;
    let encoded_message = record.error.and_then(|error| error.encoded_message.as_ref());
    let encoded_message = encoded_message.map(tracing::field::display);
    if status >= 500 {
        tracing::error!(request_id, operation, caller, status, code, because, "failed");
    } else {
        tracing::info!(request_id, operation, caller, status, code, because, encoded_message, "refused");
    }
}

fn operation(record: &Record<'_>) -> &'static str {
    record.operation.map_or("-", |operation| operation.name)
}

fn caller(record: &Record<'_>) -> String {
    record.caller.map_or_else(|| "-".to_owned(), |caller| caller.principal().arn())
}
