//! The companion's identity provider of SAML. Its metadata is for everybody, so no guard stands before it; whoever wants
//! a Response is looked at like whoever wants to turn the clock.

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use serde::Deserialize;
use serde_json::json;

use super::aws;
use super::companion::Companion;
use super::reply::{Reply, object, read};
use crate::env::draw;
use crate::idp::saml::defects::Defect;
use crate::idp::saml::metadata::metadata;
use crate::idp::saml::mint::{AUDIENCE, Order, SIGN_IN};
use crate::idp::saml::{ENTITY_ID, shapes};
use crate::validator::Scope;
use crate::wire::RawRequest;

/// Whether a path is the identity provider's.
pub fn is_ours(path: &str) -> bool {
    path.starts_with("/saml/")
}

/// Answers a request at such a path.
pub fn answer(companion: &Companion, raw: &RawRequest<'_>) -> HttpResponse {
    match (raw.method, raw.path) {
        ("GET" | "HEAD", "/saml/metadata") => document(companion, raw),
        ("POST", "/saml/response") => aws::write(response(companion, raw).unwrap_or_else(|reply| reply).render()),
        (_, "/saml/metadata" | "/saml/response") => aws::write(Reply::wrong_method().render()),
        _ => aws::write(Reply::nothing_here().render()),
    }
}

fn document(companion: &Companion, raw: &RawRequest<'_>) -> HttpResponse {
    let base = companion.service.world().issuer_url.for_host(raw.header("host")).into_owned();
    match metadata(ENTITY_ID, &format!("{base}/saml/sso")) {
        Some(document) => HttpResponse::Ok().insert_header(ContentType::xml()).body(document),
        None => HttpResponse::InternalServerError().finish(),
    }
}

/// What a Response shall say. Everything but role and provider may be left out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wanted {
    /// Pairs of ARNs: a role and the provider.
    roles: Vec<(String, String)>,
    shape: Option<String>,
    issuer: Option<String>,
    subject: Option<String>,
    name_format: Option<String>,
    session_name: Option<String>,
    recipient: Option<String>,
    audience: Option<String>,
    /// AWS's own by their short names.
    #[serde(default)]
    attributes: Vec<(String, Vec<String>)>,
    seconds: Option<i64>,
    session_seconds: Option<i64>,
    sign_response: Option<bool>,
    defect: Option<String>,
}

/// How long a Response may last, in seconds: beyond it instants have no usual form.
const LONGEST: i64 = 366 * 24 * 3600;

fn response(companion: &Companion, raw: &RawRequest<'_>) -> Result<Reply, Reply> {
    companion.guard.check(raw)?;
    companion.guard.check_scope(raw, Scope::Mint)?;
    let wanted: Wanted = read(object(raw.body)?)?;
    let order = wanted.order().map_err(|text| Reply::error(400, text))?;
    let world = companion.service.world();
    let minted = order.mint(world.now().now, draw(world.entropy.as_ref()));
    let minted = minted.ok_or_else(|| {
        Reply::error(400, "there can be no such Response: defects of what was signed are made in the default shape")
    })?;
    Ok(Reply::ok(json!({ "samlResponse": minted, "recipient": order.recipient, "subject": order.subject })))
}

impl Wanted {
    fn order(self) -> Result<Order, String> {
        let shape = self.shape.as_deref().unwrap_or("default");
        let known = || shapes::ALL.iter().map(|shape| shape.name).collect::<Vec<_>>().join(", ");
        let shape =
            shapes::named(shape).ok_or_else(|| format!("there is no shape {shape:?}; there are {}", known()))?;
        let find =
            |name: &str| Defect::named(name).map_err(|known| format!("there is no defect {name:?}; there are {known}"));
        let defect = self.defect.as_deref().map(find).transpose()?;
        if self.roles.is_empty() {
            return Err("name at least one role, with its provider".to_owned());
        }
        let seconds = [self.seconds, self.session_seconds];
        if seconds.into_iter().flatten().any(|seconds| !(-LONGEST..=LONGEST).contains(&seconds)) {
            return Err("a Response lasts a year at most".to_owned());
        }
        let subject = self.subject.unwrap_or_else(|| "demo".to_owned());
        let order = Order::of(shape, &subject, self.roles);
        Ok(Order {
            issuer: self.issuer.unwrap_or(order.issuer),
            recipient: self.recipient.unwrap_or_else(|| SIGN_IN.to_owned()),
            audience: self.audience.unwrap_or_else(|| AUDIENCE.to_owned()),
            name_format: self.name_format,
            session_name: self.session_name.or(order.session_name),
            attributes: self.attributes,
            seconds: self.seconds.unwrap_or(order.seconds),
            session_seconds: self.session_seconds,
            sign_response: self.sign_response,
            defect,
            ..order
        })
    }
}
