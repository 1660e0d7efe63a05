//! The door to the console: lets people in, shows pages, and does what their forms say, by the admin calls.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use actix_http::Request;
use actix_web::HttpResponse;
use actix_web::web::{self, Bytes};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::companion::{ALLOW_BACKWARDS, Companion};
use super::guard::{Stranger, check_own_referer, token_of};
use super::limits::{VISIT, VISITORS};
use super::reply::Reply;
use super::{aws, below};
use crate::console::{self, HOME, Href, Visit};
use crate::env::{Entropy, draw};
use crate::html::Page;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::validator::Scope;
use crate::wire::{Params, RawRequest, RawResponse};

/// Who is in the console, and how its forms are known.
pub struct Console {
    /// ATTACK: no other site can read it, so no other site can make a form that is taken.
    form_token: Secret<String>,
    /// Those who showed a token, the latest last.
    visitors: Mutex<VecDeque<Visitor>>,
}

/// Somebody who showed a token.
struct Visitor {
    /// What their browser shows in its place from then on.
    pass: Secret<String>,
    /// By the machine's clock.
    until: Timestamp,
}

const COOKIE: &str = "local-sts-console";

impl Console {
    /// A console that nobody is in.
    pub fn new(entropy: &dyn Entropy) -> Self {
        Self { form_token: Secret::new(secret(entropy)), visitors: Mutex::default() }
    }

    fn admit(&self, pass: String, now: Timestamp) {
        let mut visitors = self.visitors.lock().unwrap_or_else(PoisonError::into_inner);
        visitors.retain(|visitor| visitor.until > now);
        if visitors.len() >= VISITORS {
            visitors.pop_front();
        }
        visitors.push_back(Visitor { pass: Secret::new(pass), until: now.plus_seconds(VISIT.as_secs().cast_signed()) });
    }

    fn knows(&self, pass: &str, now: Timestamp) -> bool {
        let visitors = self.visitors.lock().unwrap_or_else(PoisonError::into_inner);
        visitors.iter().any(|visitor| visitor.until > now && visitor.pass.is_same_as(pass))
    }

    fn dismiss(&self, pass: &str) {
        let mut visitors = self.visitors.lock().unwrap_or_else(PoisonError::into_inner);
        visitors.retain(|visitor| !visitor.pass.is_same_as(pass));
    }
}

fn secret(entropy: &dyn Entropy) -> String {
    URL_SAFE_NO_PAD.encode(draw::<24>(entropy))
}

/// Whether this is asked of the console. Whoever only looks at the companion is led there.
pub fn is_ours(method: &str, path: &str) -> bool {
    (path == "/" && matches!(method, "GET" | "HEAD")) || below(path, HOME).is_some()
}

/// Answers a request at such a path.
pub async fn answer(request: &Request, body: &Bytes, companion: &Arc<Companion>) -> HttpResponse {
    let found = aws::with_raw(request, body, |raw| found(raw, companion));
    let (deed, logged_in) = match found {
        Err(stranger) => return aws::write(Reply::from(stranger).render()),
        Ok(Found::Ready(response)) => return aws::write(response),
        Ok(Found::Page { path, query, logged_in }) => {
            let shown = Arc::clone(companion);
            let page = web::block(move || console::page(&visit(&shown, logged_in), &path, &query)).await;
            let stumbled = |_| Reply::error(500, "the page could not be made").render();
            return aws::write(page.map_or_else(stumbled, Page::render));
        }
        Ok(Found::Deed { deed, logged_in }) => (deed, logged_in),
    };
    aws::write(match deed.reply.settled().await.refusal() {
        None => redirect(&deed.then),
        Some((status, why)) => {
            let why = why.replace(ALLOW_BACKWARDS, "tick that it may, if that is meant");
            console::failed(&visit(companion, logged_in), status, &why, &deed.back).render()
        }
    })
}

/// What a request comes to.
enum Found {
    /// An answer that is ready.
    Ready(RawResponse),
    /// A page, which may take long.
    Page { path: String, query: String, logged_in: bool },
    /// Something to wait for.
    Deed { deed: Box<Deed>, logged_in: bool },
}

/// What a form has done.
struct Deed {
    reply: Reply,
    /// Where to go then.
    then: Href,
    /// Where to go if it was not done.
    back: Href,
}

fn visit(companion: &Companion, logged_in: bool) -> Visit<'_> {
    let (world, journal) = (companion.service.world(), companion.service.journal());
    Visit { world, journal, form_token: companion.console.form_token.expose(), logged_in }
}

fn redirect(to: &Href) -> RawResponse {
    RawResponse { status: 303, headers: vec![("Location", to.as_str().to_owned().into())], body: Vec::new() }
}

fn found(raw: &RawRequest<'_>, companion: &Companion) -> Result<Found, Stranger> {
    let console = &companion.console;
    companion.guard.check_visit(raw)?;
    if raw.path == "/" {
        return Ok(Found::Ready(redirect(&Href::to(HOME))));
    }
    let now = companion.service.world().now().machine;
    let pass = passes(raw).find(|pass| console.knows(pass, now));
    let logged_in = pass.is_some();
    let token = token_of(raw);
    let welcome = logged_in || companion.guard.check_shown(token, Scope::Admin).is_ok();
    let closed = |wrong| Ok(Found::Ready(console::login(console.form_token.expose(), wrong).render()));
    match raw.method {
        "GET" | "HEAD" if !welcome => closed(false),
        "GET" | "HEAD" => Ok(Found::Page { path: raw.path.to_owned(), query: raw.query.to_owned(), logged_in }),
        "POST" => {
            companion.guard.check_form(raw)?;
            check_own_referer(raw)?;
            let form = Params::new(b"", raw.body).unwrap_or_default();
            if !form.get("form").is_some_and(|token| console.form_token.is_same_as(&token)) {
                return Err(Stranger::Form);
            }
            match raw.path {
                "/console/login" => {
                    let token = form.get("token").unwrap_or_default();
                    if companion.guard.check_shown(Some(token.trim()), Scope::Admin).is_err() {
                        return closed(true);
                    }
                    let pass = secret(companion.service.world().entropy.as_ref());
                    console.admit(pass.clone(), now);
                    Ok(Found::Ready(with_pass(&pass, VISIT.as_secs())))
                }
                "/console/logout" => {
                    console.dismiss(pass.unwrap_or_default());
                    Ok(Found::Ready(with_pass("", 0)))
                }
                _ if !welcome => closed(false),
                path => Ok(match deed(path, &form, companion) {
                    Some(deed) => Found::Deed { deed: Box::new(deed), logged_in },
                    None => Found::Ready(Reply::wrong_method().render()),
                }),
            }
        }
        _ => Ok(Found::Ready(Reply::wrong_method().render())),
    }
}

/// Leads home with another pass.
// ATTACK: no script reads it, and no other site's link or form brings it along. It is not the token itself: a browser
// shows cookies of a host to whatever listens on another port of it.
fn with_pass(pass: &str, seconds: u64) -> RawResponse {
    let mut response = redirect(&Href::to(HOME));
    let cookie = format!("{COOKIE}={pass}; Path={HOME}; Max-Age={seconds}; HttpOnly; SameSite=Strict");
    response.headers.push(("Set-Cookie", cookie.into()));
    response
}

/// The passes that a browser shows: one that somebody else has set for this host stands beside the console's own.
fn passes<'a>(raw: &RawRequest<'a>) -> impl Iterator<Item = &'a str> {
    let cookies = raw.headers.iter().filter(|(name, _)| *name == "cookie");
    let texts = cookies.filter_map(|(_, value)| std::str::from_utf8(value).ok());
    let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == COOKIE).map(|(_, pass)| pass).take(MOST_PASSES)
}

/// ATTACK: each is compared with every visitor's.
const MOST_PASSES: usize = 16;

/// Does what a form says, by the admin call that does the same.
fn deed(path: &str, form: &Params<'_>, companion: &Companion) -> Option<Deed> {
    let text = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
    let backwards = !text("backwards").is_empty();
    let clock = || Href::to("/console/clock");
    let set = |command: Value| companion.commanded("PUT", "/_admin/v1/clock", &command);
    let steered = |reply: Reply| Deed { reply, then: clock().with("done", "clock"), back: clock() };
    Some(match path {
        "/console/clock/advance" => steered(match text("seconds").parse::<i64>() {
            Ok(seconds) => {
                let by = json!({"seconds": seconds, "backwards": backwards});
                companion.commanded("POST", "/_admin/v1/clock/advance", &by)
            }
            Err(_) => Reply::error(400, "write how many seconds as a whole number, such as 5400"),
        }),
        "/console/clock/freeze" => {
            let at = text("at");
            // It stands still from now on: that this is a moment ago when it does is no step back.
            let now = || companion.service.world().now().now.iso_millis().to_string();
            let (at, backwards) = if at.is_empty() { (now(), true) } else { (at, backwards) };
            steered(set(json!({"mode": "frozen", "at": at, "backwards": backwards})))
        }
        "/console/clock/system" => steered(set(json!({"mode": "system", "backwards": backwards}))),
        "/console/reset" => {
            let reply = if text("sure").is_empty() {
                Reply::error(400, "nothing was reset: tick that you are sure")
            } else {
                companion.commanded("POST", "/_admin/v1/reset", &json!({}))
            };
            Deed { reply, then: Href::to(HOME).with("done", "reset"), back: clock() }
        }
        "/console/sessions/end" => {
            let reply = companion.commanded("POST", REVOKE, &json!({"sessionId": text("id")}));
            let back = ["account", "principal", "key", "all"]
                .into_iter()
                .fold(Href::to("/console/sessions"), |href, name| href.with(name, &text(name)));
            Deed { reply, then: back.clone().with("done", "ended"), back }
        }
        "/console/sessions/end-all" => {
            let kind = if form.get("role").is_some() { "role" } else { "user" };
            let arn = text(kind);
            let back = Href::to("/console/sessions").with("principal", &arn);
            let reply = companion.commanded("POST", REVOKE, &json!({ kind: arn }));
            Deed { reply, then: back.clone().with("done", "ended-all"), back }
        }
        _ => return None,
    })
}

const REVOKE: &str = "/_admin/v1/sessions/revoke";
