//! `StringEquals`, `StringEqualsIgnoreCase`, `StringLike`: text against text.
//!
//! Only `StringLike` knows wildcards; all three know variables, which bring in plain text.

use super::super::context::RequestContext;
use super::super::pattern::Pattern;
use super::super::variables::Reading;
use super::Outcome;

/// A text of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Operand {
    pattern: Pattern,
    /// Compare in lower case, with this as the policy's side if no variable is in it.
    lower: Option<Box<str>>,
}

impl Operand {
    pub(super) fn exact(text: &str, reading: Reading) -> Self {
        Self { pattern: Pattern::new(text, reading), lower: None }
    }

    pub(super) fn ignoring_case(text: &str, reading: Reading) -> Self {
        let pattern = Pattern::new(text, reading);
        let lower = lower_case(&pattern.expand(&RequestContext::new()).unwrap_or_default());
        Self { pattern, lower: Some(lower.into_boxed_str()) }
    }

    pub(super) fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    fn matches(&self, value: &str, context: &RequestContext<'_>) -> bool {
        let Some(lower) = &self.lower else {
            return self.pattern.matches(value, context);
        };
        if self.pattern.variables().next().is_none() {
            return same_in_lower_case(lower, value);
        }
        self.pattern.expand(context).is_some_and(|text| same_in_lower_case(&lower_case(&text), value))
    }
}

/// An operand whose variable has no value matches nothing, so its negation holds.
pub(super) fn compare(operands: &[Operand], value: &str, context: &RequestContext<'_>) -> Outcome {
    Outcome::of(operands.iter().any(|operand| operand.matches(value, context)))
}

/// AWS: the texts are lower-cased as texts, not folded: a final capital sigma becomes the final form, `ſ` is no `s`.
fn same_in_lower_case(lower: &str, value: &str) -> bool {
    if value.is_ascii() {
        return lower.eq_ignore_ascii_case(value);
    }
    lower_case(value) == lower
}

/// AWS: a letter beyond U+FFFF stays as it is, but a letter, after which a sigma is final (measured).
fn lower_case(text: &str) -> String {
    const LAST: char = '\u{ffff}';
    let lower = text.to_lowercase();
    let mut kept = text.chars().filter(|letter| *letter > LAST).peekable();
    if kept.peek().is_none() {
        return lower;
    }
    // Of letters beyond, each has one lower case, which is beyond as well.
    lower.chars().map(|letter| if letter > LAST { kept.next().unwrap_or(letter) } else { letter }).collect()
}
