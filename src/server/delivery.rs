//! The delivery listener: credentials as SDKs fetch them where they run on AWS. It serves nothing else.

use std::path::PathBuf;
use std::sync::Arc;

use actix_http::{Payload, Request};
use serde_json::{Map, Value, json};

use super::guard::{check_page, host_of, is_at_home};
use super::limits::DELIVERY_BODY_BYTES;
use super::{aws, connections, doors, faults};
use crate::api::World;
use crate::delivery::{self, Delivered, Delivery, is_metadata, offers};
use crate::journal::masks::{cut, shape_of};
use crate::journal::note::{Made, Note, Refusal, Text};
use crate::journal::{Outcome, Surface};
use crate::metrics::Call;
use crate::service::Service;
use crate::wire::request::{address_of, split_port};
use crate::wire::{RawRequest, RawResponse};

/// Characters of a path that the journal keeps.
const LONGEST_PATH: usize = 512;

/// What the listener's handlers need.
pub struct Counter {
    /// The service whose credentials they are.
    pub service: Arc<Service>,
    /// What was handed out.
    pub delivery: Delivery,
    /// Host names that are fine beside addresses.
    pub hosts: Vec<String>,
}

/// Answers one request.
pub async fn answer(request: Request, payload: Payload, counter: Arc<Counter>) -> doors::Answer {
    let heard = connections::heard(&request);
    Ok(heard.told(match aws::body(&request, payload, heard, DELIVERY_BODY_BYTES).await {
        Ok(body) => {
            let welcome = aws::with_raw(&request, b"", |raw| counter.is_welcome(raw));
            let surface = surface(request.path());
            if welcome && let Some(response) = faults::interfere(&request, &counter.service, surface).await {
                return Ok(heard.told(response));
            }
            aws::write(aws::with_raw(&request, &body, |raw| counter.noted(raw)))
        }
        Err(status) => aws::turned_away(status),
    }))
}

fn surface(path: &str) -> Surface {
    if is_metadata(path) { Surface::Imds } else { Surface::Container }
}

/// What can be asked for.
pub const ACTIONS: [&str; 3] = ["credentials", "metadata", "token"];

/// What is asked for at a path.
pub fn action(path: &str) -> &'static str {
    match path {
        "/latest/api/token" => "token",
        _ if path.contains("/security-credentials") || !is_metadata(path) => "credentials",
        _ => "metadata",
    }
}

impl Counter {
    /// Hands out, and lets log and journal know.
    fn noted(&self, raw: &RawRequest<'_>) -> RawResponse {
        let Delivered { response, role_arn, made, are_new, refused } = self.hand_out(raw);
        let (status, surface, action) = (response.status, surface(raw.path), action(raw.path));
        // What has no reason is a page of the metadata service, which has none but its status.
        let plain = || (status >= 400).then(|| (status.to_string(), None));
        let refused = refused.map(|(code, text)| (code.to_owned(), Some(text))).or_else(plain);
        // An instance says no with the status of a yes.
        let outcome = if refused.is_some() && status < 400 { Outcome::Refused } else { Outcome::of_status(status) };
        let call = Call { surface, action, outcome };
        self.service.metrics().count(call, refused.as_ref().map(|_| "refused"), made.is_some() && are_new);
        let is_known = role_arn.is_some() || refused.is_none();
        let path = if is_known { Text::from(raw.path) } else { shape_of(raw.path).into() };
        let path = cut(path, LONGEST_PATH);
        if let Some((code, text)) = &refused {
            let because = text.as_deref().unwrap_or("-");
            tracing::info!(surface = surface.word(), path = &*path, status, code, because, "delivered nothing");
        }
        if self.service.journal().is_on() {
            let role = role_arn.map(|arn| (Text::from("RoleArn"), Text::from(arn)));
            self.service.journal().write(&Note {
                action: action.into(),
                params: [(Text::from("path"), path)].into_iter().chain(role).collect(),
                error: refused.as_ref().map(|(code, text)| Refusal::new(code, text.as_deref(), None)),
                outcome,
                made: made.as_ref().map(Made::of),
                ..Note::of(surface, self.service.world().now(), status).from(raw)
            });
        }
        response
    }

    fn hand_out(&self, raw: &RawRequest<'_>) -> Delivered {
        // ATTACK: a page reaches this address through the browser, by a name of its own that leads here.
        if !self.is_welcome(raw) {
            let why =
                "credentials are for programs that call this by an address or by a --companion-host, not for pages";
            return delivery::Refusal::new(403, "AccessDenied", why).render();
        }
        self.delivery.answer(self.service.world(), raw)
    }

    fn is_welcome(&self, raw: &RawRequest<'_>) -> bool {
        let is_address = |host: &str| address_of(split_port(host).0).is_some();
        host_of(raw).is_some_and(|host| is_address(host) || is_at_home(host, &self.hosts)) && check_page(raw).is_ok()
    }
}

/// Where the listeners are.
#[derive(Clone, Debug, Default)]
pub struct Addresses {
    /// Where AWS clients connect.
    pub aws: String,
    /// Where the companion is.
    pub companion: String,
    /// Where SDKs fetch credentials, if anywhere.
    pub delivery: Option<String>,
    /// The same for clients on this machine: their SDKs take loopback, and no address that is everybody's.
    pub delivery_near: Option<String>,
    /// A file of authorities by which clients know the aws listener's certificate, if they need one.
    pub ca_bundle: Option<PathBuf>,
}

impl Addresses {
    /// As machines read them.
    pub fn shown(&self) -> Value {
        let mut shown = Map::new();
        shown.insert("aws".to_owned(), json!(self.aws));
        shown.insert("companion".to_owned(), json!(self.companion));
        if let Some(delivery) = &self.delivery {
            shown.insert("delivery".to_owned(), json!(delivery));
        }
        if let Some(bundle) = &self.ca_bundle {
            shown.insert("caBundle".to_owned(), json!(bundle.display().to_string()));
        }
        Value::Object(shown)
    }
}

/// Who can fetch what where: for people who set the variables of an SDK.
pub fn offered(world: &World, addresses: &Addresses) -> Value {
    let containers: Vec<Value> = offers(&world.snapshot().identities)
        .into_iter()
        .map(|offer| {
            let full = addresses.delivery_near.as_ref().map(|at| format!("{at}/creds/{}", offer.path));
            json!({
                "roleArn": offer.role_arn,
                "path": format!("/creds/{}", offer.path),
                "relativeUri": format!("/v2/credentials/{}", offer.id),
                "fullUri": full,
            })
        })
        .collect();
    json!({"listener": addresses.delivery, "container": containers})
}
