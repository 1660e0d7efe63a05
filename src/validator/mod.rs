//! The JSON door for services of the neighbourhood: who signed this, is it alive, may they do that.
//!
//! JSON in, JSON out; `access` judges, and no rule is made here. Answers describe and never are credentials; what is
//! not understood is refused, and a client that does not understand an answer takes it for a no.
//! `docs/validator.md` has every call.

mod answer;
mod authenticate;
mod authorize;
mod check;
mod context;
mod decide;
mod describe;
mod dialect;
pub mod events;
mod forward_auth;
mod introspect;
mod json;
mod mapper;
mod querier;
mod refusal;
mod request;
mod resolve;
mod secrets;
mod signing_keys;
mod told;

pub use answer::{Decided, Findings, Reply, code};
pub use mapper::HEADERS_OF_WRITES;
pub use querier::{NEVER_SIGNED_FOR, Querier, Scope, Scopes};
pub use refusal::Reason;
pub use told::ToldLately;

use std::cell::RefCell;

use serde::{Deserialize, Serialize};

use answer::{Cache, Problem};

use crate::access::Holder;
use crate::api::World;
use crate::api::world::Snapshot;
use crate::env::draw;
use crate::time::Moment;
use crate::wire::RawRequest;

/// The version of the protocol, in a header of every answer.
pub const PROTOCOL: u32 = 1;
/// The same in a header.
pub const PROTOCOL_TEXT: &str = "1";
/// Parts of the protocol that not every validator has.
const FEATURES: &[&str] = &["mapper.s3", "mapper.execute-api", "events", "forward-auth"];

/// What the operator decided.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// For how long clients may remember an answer. A yes; a no is never kept longer than a second.
    pub max_age_seconds: u32,
    /// Whether secrets may be looked up at all.
    pub unsafe_secrets: bool,
}

/// One call.
struct Ask<'a> {
    world: &'a World,
    settings: &'a Settings,
    querier: &'a Querier,
    told: &'a ToldLately,
    raw: &'a RawRequest<'a>,
    snapshot: &'a Snapshot,
    moment: Moment,
    epoch: u64,
    request_id: &'a str,
    findings: RefCell<Findings>,
}

type Answered = Result<Reply, Problem>;

/// A path, and what answers there.
pub struct Route {
    /// `GET` or `POST`; nothing if any will do.
    pub method: Option<&'static str>,
    /// With `{...}` for its last part if that varies.
    pub path: &'static str,
    /// What a querier must be allowed, all of it.
    pub scopes: &'static [Scope],
    answer: fn(&Ask<'_>) -> Answered,
}

const fn route(
    method: &'static str,
    path: &'static str,
    scopes: &'static [Scope],
    answer: fn(&Ask<'_>) -> Answered,
) -> Route {
    Route { method: Some(method), path, scopes, answer }
}

/// Whether a proxy asks here, in the name of clients whose headers come along.
pub fn is_for_proxies(path: &str) -> bool {
    path.starts_with("/v1/forward-auth/")
}

/// Every path there is.
pub static ROUTES: &[Route] = &[
    route("GET", "/v1/meta", &[], meta),
    route("GET", "/v1/openapi.json", &[], openapi),
    route("POST", "/v1/authenticate", &[Scope::Authenticate], authenticate::answer),
    route("POST", "/v1/authorize", &[Scope::Authorize], authorize::answer),
    route("POST", "/v1/check", &[Scope::Authenticate, Scope::Authorize], check::answer),
    route("POST", "/v1/signing-keys", &[Scope::SigningKey], signing_keys::answer),
    route("POST", "/v1/introspect", &[Scope::Introspect], introspect::answer),
    route("POST", "/v1/identities/resolve", &[Scope::Introspect], resolve::answer),
    route("GET", "/v1/events", &[Scope::Events], events::answer),
    Route {
        method: None,
        path: "/v1/forward-auth/{profile}",
        scopes: &[Scope::ForwardAuth],
        answer: forward_auth::answer,
    },
    route("POST", "/v1/secrets/lookup", &[Scope::Secret], secrets::answer),
];

fn route_at(path: &str) -> Option<&'static Route> {
    let exact = ROUTES.iter().find(|route| route.path == path);
    exact.or_else(|| ROUTES.iter().find(|route| route.is_around(path)))
}

/// The route of a path, without what varies in it, if there is one.
pub fn route_of(path: &str) -> Option<&'static str> {
    let route = route_at(path)?.path;
    let route = route.strip_prefix("/v1/").unwrap_or(route);
    Some(route.strip_suffix("/{profile}").unwrap_or(route))
}

/// Answers one call. Never blocks.
pub fn answer(world: &World, settings: &Settings, told: &ToldLately, querier: &Querier, raw: &RawRequest<'_>) -> Reply {
    // INVARIANT: the epoch is read before the state, so what is answered is at least as new as it says.
    let epoch = world.news().epoch();
    let snapshot = world.snapshot();
    let mut buffer = uuid::Uuid::encode_buffer();
    let request_id = uuid::Builder::from_random_bytes(draw(world.entropy.as_ref())).into_uuid();
    let request_id = &*request_id.hyphenated().encode_lower(&mut buffer);
    let findings = RefCell::new(Findings { request_id: request_id.to_owned(), ..Findings::default() });
    let moment = world.now();
    let ask = Ask { world, settings, querier, told, raw, snapshot: &snapshot, moment, epoch, request_id, findings };
    let reply = ask.find().and_then(|route| (route.answer)(&ask));
    reply.unwrap_or_else(|problem| problem.at(raw.path).reply(request_id)).of(epoch, ask.findings.into_inner())
}

/// The answer to a call that did not get as far as here.
pub fn turned_away(world: &World, path: &str, status: u16, message: &str) -> Reply {
    let request_id = uuid::Builder::from_random_bytes(draw(world.entropy.as_ref())).into_uuid().to_string();
    let reply = Problem::new(status, message).at(path).reply(&request_id);
    reply.of(world.news().epoch(), Findings { request_id, ..Findings::default() })
}

impl<'a> Ask<'a> {
    fn find(&self) -> Result<&'static Route, Problem> {
        if let Some(version) = self.raw.header("validator-protocol")
            && version.trim() != PROTOCOL_TEXT
        {
            return Err(Problem::new(409, "this validator speaks protocol 1 only"));
        }
        let route = route_at(self.raw.path).ok_or_else(|| Problem::new(404, "there is nothing at this path"))?;
        if let Some(method) = route.method.filter(|method| *method != self.raw.method) {
            return Err(Problem::only(method));
        }
        let lacked = route.scopes.iter().find(|scope| !self.querier.may(**scope));
        lacked.map_or(Ok(route), |scope| Err(Problem::lacks(*scope)))
    }

    /// Remembers whom the answer is about.
    fn note_holder(&self, holder: &Holder<'_>) {
        self.findings.borrow_mut().caller = Some(holder.clone().into_parts());
    }

    /// Remembers why somebody is not authenticated.
    fn note_reason(&self, reason: &'static str) {
        self.findings.borrow_mut().reason = Some(reason);
    }

    /// Reads the body.
    fn body<T: Deserialize<'a>>(&self) -> Result<T, Problem> {
        // A call is an object: a bare list would be taken for its fields in order.
        if !self.raw.body.trim_ascii_start().starts_with(b"{") {
            return Err(Problem::new(400, "the body is a JSON object"));
        }
        // WHY: looked at as a whole, for text by text that takes ten times as long.
        let read = match str::from_utf8(self.raw.body) {
            Ok(text) => crate::json::parse(text),
            Err(_) => serde_json::from_slice(self.raw.body),
        };
        read.map_err(|error| Problem::new(400, &error.to_string()))
    }

    /// How long a yes may be remembered.
    fn cache(&self) -> Cache {
        Cache { max_age_seconds: self.settings.max_age_seconds, epoch: self.epoch }
    }

    /// How long a no may be remembered.
    fn cache_of_no(&self) -> Cache {
        Cache { max_age_seconds: self.settings.max_age_seconds.min(1), epoch: self.epoch }
    }
}

impl Route {
    /// Whether `path` is this one with something for its last part.
    fn is_around(&self, path: &str) -> bool {
        let rest = self.path.split_once('{').and_then(|(head, _)| path.strip_prefix(head));
        rest.is_some_and(|rest| !rest.is_empty() && !rest.contains('/'))
    }
}

/// The description for programs, kept by hand; `tests/suite/validator/openapi.rs` holds the code against it.
const OPENAPI: &str = include_str!("openapi.json");

#[expect(clippy::unnecessary_wraps, reason = "every route has this form")]
fn openapi(_ask: &Ask<'_>) -> Answered {
    Ok(Reply { body: OPENAPI.as_bytes().to_vec(), ..Reply::empty(200, "application/json") })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta<'a> {
    protocol: u32,
    min_client: u32,
    version: &'static str,
    time: String,
    machine_time: String,
    epoch: u64,
    features: Vec<&'static str>,
    request_id: &'a str,
}

#[expect(clippy::unnecessary_wraps, reason = "every route has this form")]
fn meta(ask: &Ask<'_>) -> Answered {
    let secrets = ask.settings.unsafe_secrets.then_some("secrets");
    Ok(Reply::ok(&Meta {
        protocol: PROTOCOL,
        min_client: 1,
        version: env!("CARGO_PKG_VERSION"),
        time: ask.moment.now.iso_millis().to_string(),
        machine_time: ask.moment.machine.iso_millis().to_string(),
        epoch: ask.epoch,
        features: FEATURES.iter().copied().chain(secrets).collect(),
        request_id: ask.request_id,
    }))
}
