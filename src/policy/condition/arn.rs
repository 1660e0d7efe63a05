//! `ArnEquals` and `ArnLike`, which are one: six parts, each matched apart, wildcards and variables in any of them.
//!
//! The sixth part keeps its colons. A request value that is no ARN is false in both forms. A policy value that is none
//! ends the comparison when it is met: true in a Deny, false in an Allow (measured).

use super::super::arn::{parts, parts_by};
use super::super::context::RequestContext;
use super::super::pattern::{Atom, Pattern, matches_atoms};
use super::super::variables::{Reading, has_variable};
use super::Outcome;

/// An ARN pattern of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Operand {
    whole: Pattern,
    parts: Parts,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Parts {
    /// The lone `*`.
    Any,
    Six(Box<[Pattern; 6]>),
    /// Too few colons as written, but a variable may bring them.
    Later,
    Malformed,
}

impl Operand {
    pub(super) fn parse(text: &str, reading: Reading) -> Self {
        let whole = Pattern::new(text, reading);
        let parts = match parts_by(text, |text| reading.cut(text)) {
            Some(parts) => Parts::Six(Box::new(parts.map(|part| Pattern::new(part, reading)))),
            None if whole.is_any() => Parts::Any,
            None if reading.variables && has_variable(text) => Parts::Later,
            None => Parts::Malformed,
        };
        Self { whole, parts }
    }

    pub(super) fn whole(&self) -> &Pattern {
        &self.whole
    }

    /// AWS: what is saved is an ARN as it is written, whatever a variable would bring.
    pub(super) fn is_malformed(&self, saving: bool) -> bool {
        self.parts == Parts::Malformed || (saving && self.parts == Parts::Later)
    }

    fn compare(&self, value: &[&str; 6], context: &RequestContext<'_>) -> Outcome {
        match &self.parts {
            Parts::Any => Outcome::Match,
            Parts::Malformed => Outcome::ByEffect,
            Parts::Six(parts) => {
                let mut pairs = parts.iter().zip(value);
                Outcome::of(pairs.all(|(part, value)| part.matches(value, context)))
            }
            Parts::Later => match self.whole.atoms(context) {
                None => Outcome::NoMatch,
                Some(atoms) => match split_atoms(&atoms) {
                    None => Outcome::ByEffect,
                    Some(parts) => {
                        let mut pairs = parts.iter().zip(value);
                        Outcome::of(pairs.all(|(part, value)| matches_atoms(part, value)))
                    }
                },
            },
        }
    }
}

pub(super) fn compare(operands: &[Operand], value: &str, context: &RequestContext<'_>) -> Outcome {
    let Some(value) = parts(value) else {
        return Outcome::Unfit;
    };
    let mut outcomes = operands.iter().map(|operand| operand.compare(&value, context));
    outcomes.find(|outcome| *outcome != Outcome::NoMatch).unwrap_or(Outcome::NoMatch)
}

/// Splits at the first five colons of what variables brought in as well as of what was written.
fn split_atoms<'v>(atoms: &[Atom<'v>]) -> Option<Vec<Vec<Atom<'v>>>> {
    let mut parts = vec![Vec::new()];
    for atom in atoms {
        let mut rest = match atom {
            Atom::Literal(literal) => *literal,
            other => {
                parts.last_mut()?.push(*other);
                continue;
            }
        };
        while parts.len() < 6
            && let Some((before, after)) = rest.split_once(':')
        {
            parts.last_mut()?.push(Atom::Literal(before));
            parts.push(Vec::new());
            rest = after;
        }
        parts.last_mut()?.push(Atom::Literal(rest));
    }
    (parts.len() == 6).then_some(parts)
}
