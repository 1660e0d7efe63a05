//! The companion's view of the journal: what was asked, whether it was what a test expects, and moments with names.

use std::sync::Arc;

use actix_http::Request;
use actix_web::HttpResponse;
use actix_web::web::{self, Bytes};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::companion::Companion;
use super::reply::{Reply, command, json_line};
use super::{aws, below};
use crate::journal::masks::{MASKED, cut};
use crate::journal::note::{Note, Refusal, Text};
use crate::journal::query::{Format, Page, Query};
use crate::journal::verify::{Expectation, verify};
use crate::journal::{Entry, Journal, Outcome, Surface, cloudtrail};
use crate::metrics::Call;
use crate::secret::names_a_secret;
use crate::service::Service;
use crate::validator::{Scope, code};
use crate::wire::{RawRequest, RawResponse};

const PATH: &str = "/_admin/v1/journal";
const VERIFY: &str = "/_admin/v1/journal/verify";
const MARK: &str = "/_admin/v1/journal/mark/";
/// Characters that the name of a moment may have.
const LONGEST_MARK: usize = 128;

/// Whether a path is the journal's.
pub fn is_ours(path: &str) -> bool {
    below(path, PATH).is_some()
}

/// Answers a request at such a path.
pub async fn answer(request: &Request, body: &Bytes, companion: &Arc<Companion>) -> HttpResponse {
    let work = match aws::with_raw(request, body, |raw| Work::of(raw, companion)) {
        Ok(work) => work,
        Err(reply) => return aws::write(reply.render()),
    };
    let (service, body) = (Arc::clone(&companion.service), body.clone());
    // A long journal takes its time to read.
    let answered = web::block(move || work.answer(&service, &body)).await;
    aws::write(answered.unwrap_or_else(|error| Reply::error(500, error).render()))
}

/// Writes down what a surface of the companion's was asked and what came of it.
pub fn note(request: &Request, body: &[u8], companion: &Companion, surface: Surface, response: &HttpResponse) {
    let (service, status) = (&companion.service, response.status().as_u16());
    let action = action(request.path());
    let refusal = (status >= 400).then(|| code(status));
    let call = Call { surface, action: action.unwrap_or("-"), outcome: Outcome::of_status(status) };
    service.metrics().count(call, refusal, false);
    if !service.journal().is_on() {
        return;
    }
    aws::with_raw(request, body, |raw| {
        let refusal = refusal.map(|code| Refusal::new(code, None, None));
        service.journal().write(&Note {
            action: action.unwrap_or_default().into(),
            params: if status < 400 { told(body) } else { Vec::new() },
            error: refusal,
            ..Note::of(surface, service.world().now(), status).from(raw)
        });
    });
}

/// What is asked for at a path of these surfaces: its last part, if there is anything of that name.
pub fn action(path: &str) -> Option<&'static str> {
    let (above, last) = path.rsplit_once('/').unwrap_or_default();
    let name = if above == "/saml/acs" { "acs" } else { last };
    let known = [Surface::Oidc, Surface::Saml, Surface::SignIn].into_iter().flat_map(actions);
    known.copied().find(|known| *known == name)
}

/// What can be asked for there.
pub fn actions(surface: Surface) -> &'static [&'static str] {
    match surface {
        Surface::Oidc => &["jwks", "jwks.json", "openid-configuration", "rotate", "token"],
        Surface::Saml => &["metadata", "response", "sso"],
        Surface::SignIn => &["acs", "saml"],
        _ => &[],
    }
}

/// The fields of a command that was understood, but for those that are called like secrets.
pub fn told(body: &[u8]) -> Vec<(Text<'static>, Text<'static>)> {
    let fields: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    let shown = |(name, value): (String, Value)| {
        let value = match masked(&name, value) {
            Value::String(text) => text,
            other => other.to_string(),
        };
        (Text::from(name), cut(value.into(), LONGEST_FIELD))
    };
    fields.into_iter().take(MOST_FIELDS).map(shown).collect()
}

/// A value without what is called like a secret in it.
fn masked(name: &str, value: Value) -> Value {
    match value {
        _ if names_a_secret(name) => MASKED.into(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| {
                let value = masked(&name, value);
                (name, value)
            })
            .collect(),
        Value::Array(values) => values.into_iter().map(|value| masked(name, value)).collect(),
        other => other,
    }
}

const MOST_FIELDS: usize = 16;
const LONGEST_FIELD: usize = 512;

/// What is wanted of the journal.
enum Work {
    Show(String),
    Verify,
    Mark(String),
    Clear,
}

impl Work {
    fn of(raw: &RawRequest<'_>, companion: &Companion) -> Result<Self, Reply> {
        let guard = &companion.guard;
        let admitted = guard.check(raw).and_then(|()| guard.check_scope(raw, Scope::Admin));
        admitted?;
        if !companion.service.journal().is_on() {
            return Err(Reply::error(409, "the journal is off: start with --journal 10000, or leave --journal out"));
        }
        match (raw.method, raw.path) {
            ("GET", PATH) => Ok(Self::Show(raw.query.to_owned())),
            ("DELETE", PATH) => Ok(Self::Clear),
            ("POST", VERIFY) => Ok(Self::Verify),
            ("POST", path) if path.starts_with(MARK) => mark(path).map(Self::Mark),
            (_, path) if path == PATH || path == VERIFY || path.starts_with(MARK) => Err(Reply::wrong_method()),
            _ => Err(Reply::nothing_here()),
        }
    }

    fn answer(self, service: &Service, body: &[u8]) -> RawResponse {
        let journal = service.journal();
        let reply = match self {
            Self::Show(query) => match Query::read(&query, journal) {
                Ok(query) => return show(&query, journal),
                Err(advice) => Reply::error(400, advice),
            },
            Self::Verify => verified(body, journal).unwrap_or_else(|refusal| refusal),
            Self::Mark(name) => {
                let last = journal.mark(&name);
                Reply::ok(json!({"mark": name, "after": last}))
            }
            Self::Clear => Reply::ok(json!({"cleared": journal.clear()})),
        };
        reply.render()
    }
}

fn verified(body: &[u8], journal: &Journal) -> Result<Reply, Reply> {
    let expectation: Expectation = command(body)?;
    verify(journal, &expectation).map(Reply::ok).map_err(|advice| Reply::error(400, advice))
}

fn mark(path: &str) -> Result<String, Reply> {
    let name = path.strip_prefix(MARK).unwrap_or_default();
    let fine = |letter: u8| letter.is_ascii_alphanumeric() || b"-._~:@".contains(&letter);
    if name.is_empty() || name.len() > LONGEST_MARK || !name.bytes().all(fine) {
        return Err(Reply::error(400, "a mark has 1 to 128 letters, digits and -._~:@"));
    }
    Ok(name.to_owned())
}

fn show(query: &Query, journal: &Journal) -> RawResponse {
    let Page { entries, next } = query.run(journal);
    let rendered = || entries.iter().map(Entry::render);
    match query.format {
        Format::Json => written(&Shown { entries: Each(rendered), next }),
        Format::CloudTrail => written(&Trail { records: Each(|| entries.iter().flat_map(cloudtrail::records)) }),
        Format::Lines => {
            let mut body = Vec::new();
            rendered().for_each(|entry| body.extend(format!("{entry}\n").into_bytes()));
            RawResponse { status: 200, headers: vec![("Content-Type", "application/x-ndjson".into())], body }
        }
    }
}

#[derive(Serialize)]
struct Shown<E> {
    entries: E,
    next: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Trail<R> {
    records: R,
}

/// Values that are made one by one as they are written, for all of them take ten times the room of their text.
struct Each<F>(F);

impl<F: Fn() -> I, I: Iterator<Item = Value>> Serialize for Each<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

fn written(page: &impl Serialize) -> RawResponse {
    match serde_json::to_vec(page) {
        Ok(body) => json_line(200, body),
        Err(error) => Reply::error(500, error).render(),
    }
}
