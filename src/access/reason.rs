//! Why a decision was no, for whoever reads the log at midnight: the policy, the statement, the condition.

use crate::policy::condition::Condition;
use crate::policy::context::RequestContext;
use crate::policy::decision::{Because, Hit, Layer};
use crate::policy::document::{Effect, Statement};
use crate::policy::explain::{Explanation, StatementTrace};
use crate::policy::matching::Miss;

/// The reason in one line. It names what refused, and what nearly allowed.
pub(super) fn reason(explanation: &Explanation<'_>, context: &RequestContext<'_>) -> String {
    match explanation.decision.because {
        Because::Statement(hit) if hit.statement.effect() == Effect::Allow => format!("allowed by {}", hit_name(&hit)),
        Because::Statement(hit) => format!("denied by {}", hit_name(&hit)),
        Because::Root => "the root user needs no permission".to_owned(),
        Because::NoAllow(layer) => {
            let near: Vec<String> = explanation
                .statements
                .iter()
                .filter(|trace| trace.layer == layer && trace.statement.effect() == Effect::Allow)
                .filter_map(|trace| near_miss(trace, context))
                .collect();
            format!("{}{}", nothing_allows(layer), near.concat())
        }
    }
}

fn nothing_allows(layer: Layer) -> &'static str {
    match layer {
        Layer::ServiceControl => "not every level of the organization has a service control policy that allows it",
        Layer::ResourceControl => "no resource control policy allows it",
        Layer::Resource => "the resource's own policy (of a role: its trust policy) does not allow it to this caller",
        Layer::Identity => "no identity policy of the caller allows it",
        Layer::Boundary => "the caller's permissions boundary does not allow it",
        Layer::Session => "the session policies do not allow it",
    }
}

/// What kept an Allow about this action from applying; statements about other actions are no news.
fn near_miss(trace: &StatementTrace<'_>, context: &RequestContext<'_>) -> Option<String> {
    let miss = trace.outcome.as_ref().err().filter(|miss| **miss != Miss::Action)?;
    let why = why_not(miss, context);
    Some(format!("; {} {why}", statement_name(trace.statement, trace.at, trace.policy)))
}

/// What kept a statement from applying, as what the statement does.
pub fn why_not(miss: &Miss<'_>, context: &RequestContext<'_>) -> String {
    match miss {
        Miss::Action => "names other actions".to_owned(),
        Miss::Principal => "names other principals".to_owned(),
        Miss::Resource => "names other resources".to_owned(),
        Miss::Variable { key } => format!("needs a value for ${{{key}}}"),
        Miss::Condition(condition) => unmet(condition, context),
    }
}

fn unmet(condition: &Condition, context: &RequestContext<'_>) -> String {
    let wanted: Vec<&str> = condition.values().collect();
    let found = match context.get(condition.key()) {
        None => "the request has no such key".to_owned(),
        Some(value) => format!("the request has {:?}", value.texts().collect::<Vec<_>>()),
    };
    format!("demands {} {} {wanted:?}, and {found}", condition.operator().name(), condition.key())
}

fn hit_name(hit: &Hit<'_>) -> String {
    statement_name(hit.statement, hit.at, hit.policy)
}

fn statement_name(statement: &Statement, at: usize, policy: &str) -> String {
    match statement.sid() {
        Some(sid) => format!("statement {sid} of {policy}"),
        None => format!("statement {} of {policy}", at + 1),
    }
}
