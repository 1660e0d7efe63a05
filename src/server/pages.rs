//! The companion's pages for people: the login of the built-in identity provider, and the sign-in to which it leads.

use std::sync::Arc;

use actix_http::Request;
use actix_web::HttpResponse;
use actix_web::web::{self, Bytes};

use super::companion::Companion;
use super::guard::{Stranger, check_form_type, token_of};
use super::reply::Reply;
use super::{aws, faults};
use crate::env::draw;
use crate::html::Page;
use crate::idp::saml::login::{Login, NotLoggedIn, Offer, carried_on, login_page, offers};
use crate::service::Answered;
use crate::sign_in::{self, Posted};
use crate::validator::Scope;
use crate::wire::{Params, RawRequest};

const LOGIN: &str = "/saml/sso";
const SIGN_IN: &str = "/saml";
/// What stands before the id of a provider in its own address.
const SIGN_IN_OF: &str = "/saml/acs/";

/// Whether a path is one of a page.
pub fn is_ours(path: &str) -> bool {
    path == LOGIN || path == SIGN_IN || path.starts_with(SIGN_IN_OF)
}

/// Whether somebody logs in at the built-in identity provider.
pub fn is_login(request: &Request) -> bool {
    request.path() == LOGIN && request.method() == "POST"
}

/// Answers a request at such a path.
pub async fn answer(request: &Request, body: &Bytes, companion: &Arc<Companion>) -> HttpResponse {
    let posted = match aws::with_raw(request, body, |raw| found(raw, companion)) {
        Err(stranger) => return aws::write(Reply::from(stranger).render()),
        Ok(Found::Page(page)) => return aws::write(page.render()),
        Ok(Found::WrongMethod) => return aws::write(Reply::wrong_method().render()),
        Ok(Found::SignIn(posted)) => posted,
    };
    let service = Arc::clone(&companion.service);
    let place = companion.sign_ins.acquire().await;
    let answered = web::block(move || sign_in::answer(&service, &posted)).await;
    drop(place);
    let Ok(Answered { response, pending, disturbance }) = answered else {
        return aws::write(sign_in::stumbled().render());
    };
    faults::disturb(request, disturbance).await;
    let Some(ticket) = pending else { return aws::write(response) };
    match ticket.await {
        Ok(()) => aws::write(response),
        Err(why) => {
            tracing::error!("a sign-in could not be stored: {why}");
            aws::write(sign_in::stumbled().render())
        }
    }
}

/// What a request comes to.
enum Found {
    /// A page that is ready.
    Page(Page),
    /// A form for the sign-in.
    SignIn(Box<Posted>),
    WrongMethod,
}

fn found(raw: &RawRequest<'_>, companion: &Companion) -> Result<Found, Stranger> {
    let guard = &companion.guard;
    guard.check_visit(raw)?;
    match (raw.method, raw.path) {
        ("GET" | "HEAD", LOGIN) => Ok(Found::Page(visit(raw, companion, raw.query.as_bytes()))),
        ("GET" | "HEAD", _) => Ok(Found::Page(sign_in::nothing_posted())),
        ("POST", LOGIN) if !logs_in(raw.body) => {
            check_form_type(raw)?;
            Ok(Found::Page(visit(raw, companion, raw.body)))
        }
        ("POST", LOGIN) => {
            guard.check_form(raw)?;
            Ok(Found::Page(log_in(raw, companion)))
        }
        ("POST", path) => {
            check_form_type(raw)?;
            // ATTACK: any site may bring somebody with a Response, but only our own page chooses for them.
            if sign_in::chooses(raw.body) {
                guard.check_form(raw)?;
            }
            Ok(Found::SignIn(Box::new(Posted {
                form: raw.body.to_vec(),
                address: at(companion, raw, path),
                provider_id: path.strip_prefix(SIGN_IN_OF).map(str::to_owned),
                headers: ["host", "user-agent"].into_iter().filter_map(|name| header(raw, name)).collect(),
                peer: raw.peer,
            })))
        }
        _ => Ok(Found::WrongMethod),
    }
}

fn header(raw: &RawRequest<'_>, name: &'static str) -> Option<(&'static str, Vec<u8>)> {
    raw.headers.iter().find(|(found, _)| *found == name).map(|(_, value)| (name, value.to_vec()))
}

/// The address of a page, as its visitor calls the companion: some tools take no other in a form.
fn at(companion: &Companion, raw: &RawRequest<'_>, path: &str) -> String {
    let base = companion.service.world().issuer_url.companion(raw.header("host"));
    format!("{base}{path}")
}

fn logs_in(form: &[u8]) -> bool {
    Params::new(b"", form).is_ok_and(|form| form.get("username").is_some())
}

/// The login page for somebody who came with this query or form. Requests of services are not read: what is sent on to
/// the sign-in was not asked for, as AWS has it (B-353).
fn visit(raw: &RawRequest<'_>, companion: &Companion, said: &[u8]) -> Page {
    let said = Params::new(b"", said).unwrap_or_default();
    let relay_state = said.get("RelayState").unwrap_or_default();
    login_page(&at(companion, raw, LOGIN), &relay_state, visible_offers(raw, companion).as_deref(), None)
}

/// The roles to choose from, where they are for everybody who comes to see.
fn visible_offers(raw: &RawRequest<'_>, companion: &Companion) -> Option<Vec<Offer>> {
    let may = companion.guard.check_shown(token_of(raw), Scope::Mint).is_ok();
    may.then(|| offers(&companion.service.world().snapshot().identities))
}

fn log_in(raw: &RawRequest<'_>, companion: &Companion) -> Page {
    let login = Login::of(&Params::new(b"", raw.body).unwrap_or_default());
    let (guard, world) = (&companion.guard, companion.service.world());
    let may = guard
        .check_shown(token_of(raw), Scope::Mint)
        .or_else(|_| guard.check_shown(Some(&login.password), Scope::Mint));
    let sign_in = at(companion, raw, SIGN_IN);
    let response = may.map_err(|_| NotLoggedIn::Password).and_then(|()| {
        login.response(offers(&world.snapshot().identities), &sign_in, world.now().now, draw(world.entropy.as_ref()))
    });
    match response {
        Ok(response) => carried_on(&sign_in, &response, &login.relay_state),
        Err(why) => {
            let offers = visible_offers(raw, companion);
            login_page(&at(companion, raw, LOGIN), &login.relay_state, offers.as_deref(), Some(why))
        }
    }
}
