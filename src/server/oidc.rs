//! The companion's issuers of tokens. Their documents are for everybody, so no guard stands before them; whoever wants
//! a token is looked at like whoever wants to turn the clock.

use std::sync::Arc;

use actix_http::Request;
use actix_web::HttpResponse;
use actix_web::web::{self, Bytes};
use serde::Deserialize;
use serde_json::{Value, json};

use super::aws;
use super::companion::Companion;
use super::guard::{Guard, Stranger, bearer};
use super::reply::{Reply, object, read};
use crate::api::{World, token_keys};
use crate::idp::defects::Defect;
use crate::idp::documents::{self, Document};
use crate::idp::mint::{MintedToken, NotMinted, TokenRequest, mint};
use crate::idp::{door, issuer};
use crate::ids::IssuerId;
use crate::validator::Scope;
use crate::wire::{RawRequest, RawResponse};

/// Whether a path is one of an issuer.
pub fn is_ours(path: &str) -> bool {
    path == "/oidc" || path.starts_with("/oidc/") || path.starts_with("/outbound/")
}

/// Answers a request at such a path.
pub async fn answer(request: &Request, body: &Bytes, companion: &Arc<Companion>) -> HttpResponse {
    let wish = match aws::with_raw(request, body, |raw| Wish::of(raw, companion)) {
        Ok(wish) => wish,
        Err(reply) => return aws::write(reply.render()),
    };
    let service = Arc::clone(&companion.service);
    if wish.takes_no_time(service.world()) {
        return aws::write(wish.grant(service.world()));
    }
    // Keys may have to be made first, and that takes its time.
    let answered = web::block(move || wish.grant(service.world())).await;
    aws::write(answered.unwrap_or_else(|_| RawResponse::bare(503)))
}

/// What somebody wants who may have it.
enum Wish {
    /// A document of an account's issuer.
    Outbound(IssuerId, Document),
    /// A document of the built-in issuer at this address.
    BuiltIn(String, Document),
    /// A token, for this address of the companion.
    Token(String, Box<TokenRequest>),
    /// A token as jobs of GitHub ask for it, by this query.
    Job(String, String),
    /// Fresh keys.
    Rotation(Rotation),
}

/// How keys are replaced.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// Of how many makings the keys stay, the fresh ones included.
    #[serde(default = "two")]
    keep: usize,
}

fn two() -> usize {
    2
}

impl Wish {
    fn of(raw: &RawRequest<'_>, companion: &Companion) -> Result<Self, Reply> {
        let base = companion.service.world().issuer_url.for_host(raw.header("host")).into_owned();
        if let Some(document) = document(raw.path, &base) {
            let reads = matches!(raw.method, "GET" | "HEAD");
            return if reads { Ok(document) } else { Err(Reply::wrong_method()) };
        }
        let guard = &companion.guard;
        guard.check(raw)?;
        match (raw.method, raw.path) {
            ("GET", "/oidc/token") => {
                check_job(guard, raw)?;
                Ok(Self::Job(base, raw.query.to_owned()))
            }
            ("POST", "/oidc/token") => {
                guard.check_scope(raw, Scope::Mint)?;
                Ok(Self::Token(base, Box::new(token_request(raw.body)?)))
            }
            ("POST", "/oidc/rotate") => {
                guard.check_scope(raw, Scope::Admin)?;
                Ok(Self::Rotation(read(object(if raw.body.is_empty() { b"{}" } else { raw.body })?)?))
            }
            (_, "/oidc/token" | "/oidc/rotate") => Err(Reply::wrong_method()),
            _ => Err(Reply::nothing_here()),
        }
    }

    /// Whether it can be granted here and now: a document whose keys are there.
    ///
    /// ATTACK: the service asks its own companion, too, when it is shown tokens that were issued here. However many
    /// threads wait for those answers, none of them is needed to give one.
    fn takes_no_time(&self, world: &World) -> bool {
        match self {
            Self::Outbound(_, Document::Discovery) | Self::BuiltIn(_, Document::Discovery) => true,
            Self::Outbound(issuer, Document::Keys) => token_keys::are_settled(world, *issuer),
            Self::BuiltIn(_, Document::Keys) => token_keys::are_settled(world, IssuerId::BUILT_IN),
            Self::Token(..) | Self::Job(..) | Self::Rotation(_) => false,
        }
    }

    fn grant(self, world: &World) -> RawResponse {
        match self {
            Self::Outbound(issuer, document) => documents::of_account(world, issuer, document)
                .unwrap_or_else(|| Reply::error(404, "no account is this issuer").render()),
            Self::BuiltIn(url, document) => documents::built_in(world, &url, document),
            Self::Token(base, request) => replied(mint(world, &base, &request).map(shown)),
            Self::Job(base, query) => replied(door::answer(world, &base, &query)),
            Self::Rotation(Rotation { keep }) => match issuer::rotate(world, keep) {
                Ok(keys) => {
                    tracing::info!("the built-in issuer signs with fresh keys");
                    let ids: Vec<&str> = keys.all().iter().map(|key| key.id.as_str()).collect();
                    Reply::ok(json!({ "keys": ids })).render()
                }
                Err(error) => Reply::error(500, error).render(),
            },
        }
    }
}

/// The document that a path means.
fn document(path: &str, base: &str) -> Option<Wish> {
    if let Some((issuer, document)) = documents::outbound(path) {
        return Some(Wish::Outbound(issuer, document));
    }
    let (before, document) = Document::split(path)?;
    Some(Wish::BuiltIn(issuer::url(base, issuer::path(before)?)?, document))
}

/// Whether a job may have a token: what it shows counts only if something must be shown, for actions do not run without
/// something to show.
fn check_job(guard: &Guard, raw: &RawRequest<'_>) -> Result<(), Stranger> {
    guard.check_shown(None, Scope::Mint).or_else(|_| guard.check_shown(bearer(raw), Scope::Mint))
}

fn shown(minted: MintedToken) -> Value {
    let MintedToken { token, claims, key_id, issued_at, expires_in } = minted;
    let claim = |name: &str| claims.get(name).cloned().unwrap_or_default();
    let (issuer, subject, audience) = (claim("iss"), claim("sub"), claim("aud"));
    json!({
        "token": token,
        "keyId": key_id,
        "issuedAt": issued_at,
        "expiresIn": expires_in,
        "issuer": issuer,
        "subject": subject,
        "audience": audience,
        "claims": claims,
    })
}

fn replied(result: Result<Value, NotMinted>) -> RawResponse {
    let reply = match result {
        Ok(answer) => Reply::ok(answer),
        Err(NotMinted::Request(text)) => Reply::error(400, text),
        Err(NotMinted::Failed(text)) => Reply::error(500, text),
    };
    reply.render()
}

/// Reads what token is wanted. Whoever cannot spell a defect is told them all.
fn token_request(body: &[u8]) -> Result<TokenRequest, Reply> {
    let object = object(body)?;
    if let Some(Value::String(wanted)) = object.get("defect")
        && let Err(known) = Defect::named(wanted)
    {
        let why = format!("there is no defect {wanted}: take one of {known}");
        return Err(Reply::error(400, why));
    }
    read(object)
}
