//! The companion listener: readiness, the clock, codes of MFA devices, sessions, seeds and snapshots. JSON in, JSON out, and every call past the guard.

use std::sync::Arc;

use actix_http::{Payload, Request};
use actix_web::HttpResponse;
use actix_web::web::{self, Bytes};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};

use super::connections::Heard;
use super::console::Console;
use super::delivery::Addresses;
use super::guard::{Guard, Stranger};
use super::limits::{COMPANION_BODY_BYTES, STATE_BODY_BYTES};
use super::reply::{Reply, command};
use super::reset::Reset;
use super::{
    aws, cohort, connections, console, delivery, doors, events, faults, federation, headers, issue, journal, metrics,
    mfa, oidc, pages, reset, saml, seeds, sessions, snapshots, state, validator,
};
use crate::api::World;
use crate::api::world::ChangeError;
use crate::env::{SteeredClock, Steering, Unsteerable};
use crate::journal::Surface;
use crate::service::Service;
use crate::sessions::Ending;
use crate::time::Timestamp;
use crate::validator::{Scope, Settings, ToldLately};
use crate::wire::RawRequest;

/// What the companion's handlers need.
pub struct Companion {
    /// The service beside which it stands.
    pub service: Arc<Service>,
    /// Who may call.
    pub guard: Guard,
    /// What the validator may do.
    pub settings: Settings,
    /// What it told lately.
    pub told: ToldLately,
    /// Who is in the console.
    pub console: Console,
    /// Places for streams of events.
    pub streams: Arc<Semaphore>,
    /// Places for Responses at the sign-in.
    pub sign_ins: Arc<Semaphore>,
    /// Where the listeners are.
    pub addresses: Addresses,
    /// Turns true when the service stops.
    pub stopping: watch::Receiver<bool>,
}

/// How the clock shall be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, tag = "mode", rename_all = "lowercase")]
enum ClockCommand {
    System {
        #[serde(default)]
        backwards: bool,
    },
    Frozen {
        at: String,
        #[serde(default)]
        backwards: bool,
    },
}

/// How far the clock shall go on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: i64,
    #[serde(default)]
    backwards: bool,
}

/// Answers one request.
pub async fn answer(request: Request, payload: Payload, companion: Arc<Companion>) -> doors::Answer {
    let heard = connections::heard(&request);
    let response = if validator::is_ours(request.path()) {
        // The validator tells browsers what they need itself.
        heard.told(asked(request, payload, heard, companion).await)
    } else {
        headers::told(heard.told(answered(request, payload, heard, companion).await))
    };
    cohort::others_first().await;
    Ok(response)
}

/// Answers what services ask.
// WHY: they ask with every request of theirs, so the way there passes by nothing else.
async fn asked(request: Request, payload: Payload, heard: Heard, companion: Arc<Companion>) -> HttpResponse {
    let body = match aws::body(&request, payload, heard, COMPANION_BODY_BYTES).await {
        Ok(body) => body,
        Err(status) => return validator::unread(&companion, status),
    };
    if companion.service.world().faults.are_armed()
        && let Some(response) = struck(&request, &companion).await
    {
        return response;
    }
    let reply = aws::with_raw(&request, &body, |raw| validator::answer(&companion, raw));
    match reply.events_after {
        Some(after) => events::open(&request, &companion, &reply, after),
        None => validator::write(reply),
    }
}

/// What a fault answers instead. Strangers use up none.
async fn struck(request: &Request, companion: &Companion) -> Option<HttpResponse> {
    let surface = surface(request.path())?;
    let at_home = aws::with_raw(request, b"", |raw| companion.guard.check_host(raw)).is_ok();
    if at_home { faults::interfere(request, &companion.service, surface).await } else { None }
}

async fn answered(request: Request, payload: Payload, heard: Heard, companion: Arc<Companion>) -> HttpResponse {
    let large = state::is_ours(request.path()) || seeds::is_ours(request.path());
    // ATTACK: who may not bring a state, is not listened to for as long.
    let welcome = large && aws::with_raw(&request, b"", |raw| companion.admits(raw)).is_ok();
    let most = if welcome { STATE_BODY_BYTES } else { COMPANION_BODY_BYTES };
    let body = match aws::body(&request, payload, heard, most).await {
        Ok(body) => body,
        Err(status) => return aws::turned_away(status),
    };
    if companion.service.world().faults.are_armed()
        && let Some(response) = struck(&request, &companion).await
    {
        return response;
    }
    if oidc::is_ours(request.path()) {
        let response = oidc::answer(&request, &body, &companion).await;
        journal::note(&request, &body, &companion, Surface::Oidc, &response);
        return response;
    }
    if metrics::is_ours(request.path()) {
        return metrics::answer(&request, &companion);
    }
    if journal::is_ours(request.path()) {
        return journal::answer(&request, &body, &companion).await;
    }
    if console::is_ours(request.method().as_str(), request.path()) {
        return console::answer(&request, &body, &companion).await;
    }
    if pages::is_ours(request.path()) {
        let response = pages::answer(&request, &body, &companion).await;
        // The sign-in writes for itself.
        if pages::is_login(&request) {
            journal::note(&request, b"", &companion, Surface::Saml, &response);
        }
        return response;
    }
    if issue::is_ours(request.path()) {
        return aws::with_raw(&request, &body, |raw| aws::write(issue::answer(&companion, raw).render()));
    }
    if federation::is_ours(request.path()) {
        return aws::with_raw(&request, &body, |raw| aws::write(federation::answer(&companion, raw)));
    }
    if saml::is_ours(request.path()) {
        let response = aws::with_raw(&request, &body, |raw| saml::answer(&companion, raw));
        journal::note(&request, &body, &companion, Surface::Saml, &response);
        return response;
    }
    administered(&request, body, &companion).await
}

/// Answers a request of an operator's.
async fn administered(request: &Request, body: Bytes, companion: &Arc<Companion>) -> HttpResponse {
    let service = Arc::clone(&companion.service);
    let work = aws::with_raw(request, &body, |raw| companion.work(raw));
    let done = match work.unwrap_or_else(Work::Done) {
        Work::Done(reply) => Ok(reply),
        Work::Export => {
            let text = web::block(move || state::export(service.world())).await;
            return aws::write(text.unwrap_or_else(|error| Reply::error(500, error).render()));
        }
        Work::Import(name) => web::block(move || either(state::import(service.world(), &name, &body))).await,
        Work::Long(work) => web::block(move || work(service.world())).await,
    };
    let mut reply = done.unwrap_or_else(|error| Reply::error(500, error)).settled().await;
    if let Some(id) = reply.known {
        let service = Arc::clone(&companion.service);
        let known = web::block(move || sessions::known(service.world(), id)).await;
        reply = reply.with("known", known.unwrap_or_default());
    }
    aws::write(reply.render())
}

/// The surface of a path that others than operators call.
fn surface(path: &str) -> Option<Surface> {
    match path {
        path if validator::is_ours(path) => Some(Surface::Validator),
        path if oidc::is_ours(path) => Some(Surface::Oidc),
        path if pages::is_ours(path) && path != "/saml/sso" => Some(Surface::SignIn),
        path if saml::is_ours(path) => Some(Surface::Saml),
        _ => None,
    }
}

/// What a call comes to: an answer, or something that may take long.
pub enum Work {
    /// The answer.
    Done(Reply),
    /// What may read or write much: not for an async worker.
    Long(Box<dyn FnOnce(&World) -> Reply + Send>),
    /// The state as a seed.
    Export,
    /// The body as the state; mistakes are told of a file of this name.
    Import(String),
}

impl Work {
    /// Something that may take long.
    pub fn long(work: impl FnOnce(&World) -> Result<Reply, Reply> + Send + 'static) -> Self {
        Self::Long(Box::new(|world| either(work(world))))
    }
}

impl Companion {
    fn work(&self, raw: &RawRequest<'_>) -> Result<Work, Reply> {
        self.guard.check(raw)?;
        match (raw.method, raw.path) {
            ("GET" | "HEAD", "/live") => return Ok(Work::Done(Reply::ok(json!({"live": true})))),
            ("GET" | "HEAD", "/ready") => return Ok(Work::Done(self.ready())),
            _ => {}
        }
        self.check_admin(raw)?;
        if let Some(work) = snapshots::routed(raw).or_else(|| seeds::routed(raw)) {
            return Ok(work);
        }
        Ok(match (raw.method, raw.path) {
            ("GET", "/_admin/v1/sessions") => {
                let query = raw.query.to_owned();
                Work::long(move |world| sessions::list(world, &query))
            }
            ("GET", "/_admin/v1/state") => Work::Export,
            ("PUT", "/_admin/v1/state") => Work::Import(state::name(raw.query)?),
            _ => Work::Done(self.command(raw)?),
        })
    }

    fn ready(&self) -> Reply {
        match self.service.world().trouble() {
            None => {
                let ready = Reply::ok(json!({"ready": true, "version": env!("CARGO_PKG_VERSION")}));
                ready.with("endpoints", self.addresses.shown()).with("region", self.region())
            }
            Some(trouble) => Reply::error(503, trouble),
        }
    }

    fn admits(&self, raw: &RawRequest<'_>) -> Result<(), Stranger> {
        self.guard.check(raw)?;
        self.check_admin(raw)
    }

    fn check_admin(&self, raw: &RawRequest<'_>) -> Result<(), Stranger> {
        match raw.path {
            path if state::is_ours(path) => self.guard.check_with_secrets(raw, Scope::Admin),
            path if seeds::is_ours(path) => self.guard.check_bringing_secrets(raw, Scope::Admin),
            _ => self.guard.check_scope(raw, Scope::Admin),
        }
    }

    fn command(&self, raw: &RawRequest<'_>) -> Result<Reply, Reply> {
        let world = self.service.world();
        match (raw.method, raw.path) {
            ("GET", "/_admin/v1/clock") => Ok(Reply::ok(self.clock())),
            ("PUT", "/_admin/v1/clock") => self.set_clock(command(raw.body)?),
            ("POST", "/_admin/v1/clock/advance") => {
                let Advance { seconds, backwards } = command(raw.body)?;
                self.steer(|clock| clock.advanced(seconds), backwards)
            }
            ("GET", "/_admin/v1/delivery") => Ok(Reply::ok(delivery::offered(world, &self.addresses))),
            ("GET", "/_admin/v1/mfa") => Ok(mfa::code(world, raw.query)),
            ("POST", "/_admin/v1/reset") if raw.body.trim_ascii().is_empty() => {
                reset::reset(&self.service, &Reset::default())
            }
            ("POST", "/_admin/v1/reset") => reset::reset(&self.service, &command(raw.body)?),
            ("POST", "/_admin/v1/sessions/revoke") => sessions::end(world, &command(raw.body)?, Ending::Revoked),
            ("POST", "/_admin/v1/sessions/expire") => sessions::end(world, &command(raw.body)?, Ending::Expired),
            (_, path) if faults::is_ours(path) => Ok(faults::answer(&world.faults, raw)),
            (_, path) if PATHS.contains(&path) => Err(Reply::wrong_method()),
            _ => Err(Reply::nothing_here()),
        }
    }

    /// Does what an admin call with this body would.
    pub fn commanded(&self, method: &str, path: &str, body: &Value) -> Reply {
        let body = body.to_string();
        let (query, headers, peer, secure) = ("", &[], None, false);
        either(self.command(&RawRequest { method, path, query, headers, body: body.as_bytes(), peer, secure }))
    }

    fn region(&self) -> &'static str {
        self.service.world().regions.usual_endpoint().region.name
    }

    fn clock(&self) -> Value {
        let mode = match self.service.world().clock.steering() {
            Steering::System => "system",
            Steering::Offset(_) => "offset",
            Steering::Frozen(_) => "frozen",
        };
        let moment = self.service.world().now();
        let (now, machine) = (moment.now.iso_millis().to_string(), moment.machine.iso_millis().to_string());
        json!({"mode": mode, "now": now, "machine": machine})
    }

    fn set_clock(&self, command: ClockCommand) -> Result<Reply, Reply> {
        match command {
            ClockCommand::System { backwards } => self.steer(|_| Ok(Steering::System), backwards),
            ClockCommand::Frozen { at, backwards } => {
                let advice = || Reply::error(400, "write `at` as 2026-01-15T12:00:00Z");
                let at = Timestamp::parse_iso(&at).ok_or_else(advice)?;
                self.steer(|_| Ok(Steering::Frozen(at)), backwards)
            }
        }
    }

    fn steer(
        &self,
        to: impl Fn(&SteeredClock) -> Result<Steering, Unsteerable>,
        backwards: bool,
    ) -> Result<Reply, Reply> {
        let ticket = self.service.world().steer(to, backwards).map_err(|error| match error {
            ChangeError::Clock(why @ Unsteerable::Backwards { .. }) => {
                Reply::error(409, format_args!("{why}; {ALLOW_BACKWARDS}"))
            }
            error => error.into(),
        })?;
        let deed = format!("the clock was set to {}", self.service.world().now().now.iso_millis());
        Ok(Reply::after(ticket, self.clock(), deed))
    }
}

fn either(outcome: Result<Reply, Reply>) -> Reply {
    outcome.unwrap_or_else(|refusal| refusal)
}

/// What to say to turn time back on purpose; on pages there is a box to tick.
pub const ALLOW_BACKWARDS: &str = "say \"backwards\": true if that is meant";

const PATHS: &[&str] = &[
    "/live",
    "/ready",
    "/_admin/v1/clock",
    "/_admin/v1/clock/advance",
    "/_admin/v1/delivery",
    "/_admin/v1/mfa",
    "/_admin/v1/reset",
    "/_admin/v1/sessions",
    "/_admin/v1/sessions/expire",
    "/_admin/v1/sessions/revoke",
    "/_admin/v1/state",
];
