//! The same answer as `combine::decide`, with everything that led to it: every statement and why it applies or not.
//!
//! For people and simulators; it reads all statements and allocates. It owns no rule of its own.

use std::collections::HashSet;

use super::combine::{Findings, Layers, ResourceRule, combine};
use super::context::RequestContext;
use super::decision::{Decision, Hit, Layer};
use super::document::{Effect, Statement};
use super::evaluate::{Finding, NamedPolicy, attached};
use super::matching::{Asked, Miss, Request, applies};
use super::principal::PrincipalClass;

/// An answer with its reasons.
#[derive(Clone, Debug)]
pub struct Explanation<'a> {
    /// The answer.
    pub decision: Decision<'a>,
    /// Every statement of every layer that binds the caller.
    pub statements: Vec<StatementTrace<'a>>,
}

/// What became of one statement.
#[derive(Clone, Debug)]
pub struct StatementTrace<'a> {
    /// Its layer.
    pub layer: Layer,
    /// The name of its policy.
    pub policy: &'a str,
    /// Its place in that policy, from 0.
    pub at: usize,
    /// The statement.
    pub statement: &'a Statement,
    /// How it means the caller, or the first reason why it does not apply.
    pub outcome: Result<PrincipalClass, Miss<'a>>,
}

/// Answers a question and tells why.
pub fn explain<'a>(request: &Request<'_>, layers: &Layers<'a>, rule: ResourceRule) -> Explanation<'a> {
    let layers = layers.binding(request.principal);
    let asked = Asked::new(request, layers.boundary.is_some());
    let mut statements = Vec::new();
    let findings = Findings::of(&layers, |layer, policies| trace(layer, policies, &asked, &mut statements));
    Explanation { decision: combine(request, &findings, rule), statements }
}

/// Judges as `evaluate` does, but every statement; `traces` takes what became of each.
fn trace<'a>(
    layer: Layer,
    policies: &[NamedPolicy<'a>],
    asked: &Asked<'_>,
    traces: &mut Vec<StatementTrace<'a>>,
) -> Finding<'a> {
    let mut finding = Finding::default();
    for &NamedPolicy { name, policy } in policies {
        let attached = attached(layer, policy.kind());
        for (at, statement) in policy.statements().iter().enumerate() {
            let outcome = applies(statement, asked, attached);
            if let Ok(class) = outcome {
                finding.add(Hit { layer, policy: name, at, statement, class });
            }
            traces.push(StatementTrace { layer, policy: name, at, statement, outcome });
        }
    }
    finding
}

impl<'a> Explanation<'a> {
    /// The statements that apply.
    pub fn matched(&self) -> impl Iterator<Item = &StatementTrace<'a>> {
        self.statements.iter().filter(|trace| trace.outcome.is_ok())
    }

    /// The context keys that statements about this action, principal and resource read, once each, as first written.
    pub fn keys_read(&self) -> Vec<&'a str> {
        let read = self.statements.iter().filter(|trace| reads_context(&trace.outcome));
        once_each(read.flat_map(|trace| trace.statement.context_keys()).collect())
    }

    /// Those that are read and that the request does not have.
    pub fn keys_missing(&self, context: &RequestContext<'_>) -> Vec<&'a str> {
        self.keys_read().into_iter().filter(|key| context.get(key).is_none()).collect()
    }
}

/// Keys without those that were there before, in whatever case.
fn once_each(mut keys: Vec<&str>) -> Vec<&str> {
    let mut seen = HashSet::new();
    keys.retain(|key| seen.insert(key.to_lowercase()));
    keys
}

fn reads_context(outcome: &Result<PrincipalClass, Miss<'_>>) -> bool {
    matches!(outcome, Ok(_) | Err(Miss::Condition(_) | Miss::Variable { .. }))
}

impl StatementTrace<'_> {
    /// Its effect.
    pub fn effect(&self) -> Effect {
        self.statement.effect()
    }
}
