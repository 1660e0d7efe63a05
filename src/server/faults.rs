//! The companion's view of faults: which rules hold; and the doors' part in them, to wait and to cut connections.

use std::time::Duration;

use actix_http::Request;
use actix_web::HttpResponse;
use serde_json::{Map, Value, json};

use super::reply::Reply;
use super::{aws, below, connections, delivery, journal};
use crate::api::errors::presets;
use crate::api::pipeline::Disturbance;
use crate::faults::{Asked, Faults, Match, Rule, Standing};
use crate::journal::note::{Note, Refusal};
use crate::journal::{Outcome, Surface};
use crate::metrics::{Call, INJECTED};
use crate::seed::nearest;
use crate::service::{self, Service};
use crate::shape::glob;
use crate::validator::{ROUTES, route_of};
use crate::wire::RawRequest;

const PATH: &str = "/_admin/v1/faults";

/// Whether a path is that of faults.
pub fn is_ours(path: &str) -> bool {
    below(path, PATH).is_some()
}

/// Answers a call of somebody who may make it.
pub fn answer(faults: &Faults, raw: &RawRequest<'_>) -> Reply {
    let one = raw.path.strip_prefix(PATH).and_then(|rest| rest.strip_prefix('/'));
    match (raw.method, one) {
        ("GET", None) => shown(faults),
        ("POST" | "PUT", None) => match read(raw.body) {
            Ok(rules) => match faults.add(rules, raw.method == "PUT") {
                Ok(()) => shown(faults),
                Err(why) => Reply::error(409, why),
            },
            Err(advice) => Reply::error(400, advice),
        },
        ("DELETE", None) => Reply::ok(json!({"removed": faults.remove(None)})),
        ("DELETE", Some(id)) => match faults.remove(Some(id)) {
            0 => Reply::error(404, format_args!("there is no rule {id}")),
            removed => Reply::ok(json!({"removed": removed})),
        },
        _ => Reply::wrong_method(),
    }
}

fn shown(faults: &Faults) -> Reply {
    let rule = |Standing { rule, left, struck }: &Standing| {
        let mut shown = serde_json::to_value(rule).unwrap_or_default();
        if let Some(fields) = shown.as_object_mut() {
            fields.insert("struck".to_owned(), json!(struck));
            fields.extend(left.map(|left| ("left".to_owned(), json!(left))));
        }
        shown
    };
    Reply::ok(json!({"rules": faults.standing().iter().map(rule).collect::<Value>()}))
}

/// Reads `{"rules": [...]}`, or one rule alone.
pub fn read(body: &[u8]) -> Result<Vec<Rule>, String> {
    let mut object: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| format!("the body is no JSON object: {error}"))?;
    let rules = match object.remove("rules") {
        None => vec![Value::Object(object)],
        Some(Value::Array(rules)) if object.is_empty() => rules,
        Some(Value::Array(_)) => {
            let strays: Vec<String> = object.into_iter().map(|(name, _)| name).collect();
            return Err(format!("unknown field `{}` beside rules", strays.join("`, `")));
        }
        Some(_) => return Err("rules is a list".to_owned()),
    };
    rules.into_iter().enumerate().map(|(at, rule)| one(rule).map_err(|why| format!("rules[{at}]: {why}"))).collect()
}

/// Reads a rule; what it says itself outweighs its preset.
fn one(rule: Value) -> Result<Rule, String> {
    let Value::Object(mut fields) = rule else { return Err("a rule is an object".to_owned()) };
    if let Some(name) = fields.remove("preset") {
        let Some(Value::Object(usual)) = name.as_str().and_then(presets::preset) else {
            return Err(format!("there is no preset {name}; there are {}", presets::NAMES.join(", ")));
        };
        for (field, usual) in usual {
            match (fields.get_mut(&field), usual) {
                (None, usual) => {
                    fields.insert(field, usual);
                }
                (Some(Value::Object(own)), Value::Object(usual)) if field == "match" => {
                    for (name, pattern) in usual {
                        own.entry(name).or_insert(pattern);
                    }
                }
                (Some(_), _) => {}
            }
        }
        fields.entry("id").or_insert(name);
    }
    let rule: Rule = serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())?;
    rule.check()?;
    check_action(&rule.matches)?;
    Ok(rule)
}

/// What is asked for nowhere strikes nobody, and whoever wrote it would wait in vain.
fn check_action(matches: &Match) -> Result<(), String> {
    let (_, action) = matches.said_of_action();
    let said = matches.action.as_deref().unwrap_or_default();
    let surfaces: Vec<Surface> = matches.surfaces().filter_map(Surface::named).collect();
    let known = || surfaces.iter().flat_map(|surface| actions(*surface));
    if known().any(|known| glob::matches(action, known)) {
        return Ok(());
    }
    let hint = nearest(action, known()).map(|nearest| format!(": {nearest} is the nearest")).unwrap_or_default();
    let of = matches.surface.as_ref().map(|surface| format!(" of {surface}")).unwrap_or_default();
    Err(format!("there is no action {said}{of}{hint}"))
}

/// What can be asked for at a surface.
fn actions(surface: Surface) -> Vec<&'static str> {
    match surface {
        Surface::Sts | Surface::Iam => service::actions(surface.word()).collect(),
        Surface::Validator => ROUTES.iter().filter_map(|route| route_of(route.path)).collect(),
        Surface::Container | Surface::Imds => delivery::ACTIONS.to_vec(),
        _ => journal::actions(surface).to_vec(),
    }
}

/// Keeps an answer from its client.
pub async fn disturb(request: &Request, disturbance: Disturbance) {
    if disturbance.delay_millis > 0 {
        actix_web::rt::time::sleep(Duration::from_millis(disturbance.delay_millis)).await;
    }
    if disturbance.resets {
        connections::cut(request);
    }
}

/// Strikes a call of these surfaces, if a rule says so; the answer, if the fault is the answer.
pub async fn interfere(request: &Request, service: &Service, surface: Surface) -> Option<HttpResponse> {
    let path = request.path();
    let faults = &service.world().faults;
    if !faults.are_armed() {
        return None;
    }
    let known = match surface {
        Surface::Validator => route_of(path),
        Surface::Container | Surface::Imds => Some(delivery::action(path)),
        _ => journal::action(path),
    };
    let action = known.or_else(|| path.rsplit('/').next()).unwrap_or_default();
    let strike = faults.strike(&Asked { surface: surface.word(), action, ..Asked::default() })?;
    disturb(request, Disturbance { delay_millis: strike.delay_millis, resets: strike.effect.resets() }).await;
    if !strike.effect.stops() {
        return None;
    }
    let error = strike.effect.error.as_ref();
    let (code, status) = error.map_or(("ConnectionReset", 500), |error| (error.code.as_str(), error.status));
    let message = error.and_then(|error| error.message.as_deref());
    let call = Call { surface, action: known.unwrap_or("-"), outcome: Outcome::of_status(status) };
    service.metrics().count(call, Some(INJECTED), false);
    aws::with_raw(request, b"", |raw| {
        service.journal().write(&Note {
            action: known.unwrap_or_default().into(),
            error: Some(Refusal::new(code, message, Some("a fault that somebody wanted"))),
            fault: Some(strike.rule.as_str().into()),
            ..Note::of(surface, service.world().now(), status).from(raw)
        });
    });
    let body = match surface {
        // As whoever fetches credentials knows it.
        Surface::Container | Surface::Imds => json!({"code": code, "message": message}),
        _ => json!({"error": {"code": code, "message": message}}),
    };
    Some(aws::write(Reply::of(status, body).render()))
}
