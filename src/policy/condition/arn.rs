//! `ArnEquals` and `ArnLike`, which are one: six parts, each matched apart, wildcards and variables in any of them.
//!
//! The sixth part keeps its colons. A request value that is no ARN is false in both forms. A policy value that is none
//! ends the comparison when it is met: true in a Deny, false in an Allow (measured).

use super::super::context::RequestContext;
use super::super::pattern::{Atom, Pattern, matches_atoms};
use super::super::variables::{Reading, has_variable, split_at_colon};
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
        // Colons inside variables do not split.
        let cut = |text| if reading.variables { split_at_colon(text) } else { str::split_once(text, ':') };
        let parts = match six_parts(text, cut) {
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

    pub(super) fn is_malformed(&self) -> bool {
        self.parts == Parts::Malformed
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
    let Some(value) = six_parts(value, |text| text.split_once(':')).filter(|[head, ..]| *head == "arn") else {
        return Outcome::Unfit;
    };
    let mut outcomes = operands.iter().map(|operand| operand.compare(&value, context));
    outcomes.find(|outcome| *outcome != Outcome::NoMatch).unwrap_or(Outcome::NoMatch)
}

/// The first five colons split, as `cut` finds them.
fn six_parts<'t>(text: &'t str, cut: impl Fn(&'t str) -> Option<(&'t str, &'t str)>) -> Option<[&'t str; 6]> {
    let (head, rest) = cut(text)?;
    let (partition, rest) = cut(rest)?;
    let (service, rest) = cut(rest)?;
    let (region, rest) = cut(rest)?;
    let (account, resource) = cut(rest)?;
    Some([head, partition, service, region, account, resource])
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(policy: &[&str], value: &str, expect: Outcome) {
        let mut context = RequestContext::new();
        context.set("role", "arn:aws:iam::1:role/a*");
        context.set("name", "a");
        context.set("junk", "junk");
        let reading = Reading { wildcards: true, variables: true };
        let operands: Vec<Operand> = policy.iter().map(|text| Operand::parse(text, reading)).collect();
        assert_eq!(compare(&operands, value, &context), expect, "{policy:?} {value}");
    }

    #[test]
    fn arns_match_part_by_part() {
        check(&["arn:aws:iam::1:role/*"], "arn:aws:iam::1:role/p/x", Outcome::Match);
        check(&["arn:*:iam::*:role/*"], "arn:aws:iam::1:role/x:y", Outcome::Match);
        check(&["arn:aws:*:role/x"], "arn:aws:iam::1:role/x", Outcome::ByEffect);
        check(&["arn:aws:s*:role/x"], "arn:aws:iam::1:role/x", Outcome::ByEffect);
        check(&["arn:aws:iam:*:1:role/x"], "arn:aws:iam:a:b:1:role/x", Outcome::NoMatch);
        check(&["*"], "arn:aws:iam::1:role/x", Outcome::Match);
        check(&["*"], "role/x", Outcome::Unfit);
    }

    #[test]
    fn a_bad_policy_value_counts_when_it_is_met() {
        check(&["not-an-arn", "arn:aws:iam::1:role/x"], "arn:aws:iam::1:role/x", Outcome::ByEffect);
        check(&["arn:aws:iam::1:role/x", "not-an-arn"], "arn:aws:iam::1:role/x", Outcome::Match);
        check(&["arn:aws:iam::1:role/y", "not-an-arn"], "arn:aws:iam::1:role/x", Outcome::ByEffect);
        check(&["not-an-arn"], "also-not", Outcome::Unfit);
    }

    #[test]
    fn variables_may_bring_parts_or_the_whole() {
        check(&["arn:aws:iam::1:role/${name}"], "arn:aws:iam::1:role/a", Outcome::Match);
        check(&["${role}"], "arn:aws:iam::1:role/a*", Outcome::Match);
        check(&["${role}"], "arn:aws:iam::1:role/abc", Outcome::NoMatch);
        check(&["${junk}"], "arn:aws:iam::1:role/abc", Outcome::ByEffect);
        check(&["${absent}"], "arn:aws:iam::1:role/abc", Outcome::NoMatch);
        check(&["arn:aws:iam::1:role/${absent}"], "arn:aws:iam::1:role/abc", Outcome::NoMatch);
    }
}
