//! `Bool`: both sides are converted, nothing fails.
//!
//! AWS: text equal to `true` in any case is true and everything else is false, on either side (measured), so
//! `Bool: "false"` matches the request value `yes`.

use super::super::context::RequestContext;
use super::Outcome;
use super::string::Operand;

pub(super) fn compare(operands: &[Operand], value: &str, context: &RequestContext<'_>) -> Outcome {
    let value = truth(value);
    let matches = |operand: &Operand| operand.pattern().expand(context).is_some_and(|text| truth(&text) == value);
    Outcome::of(operands.iter().any(matches))
}

pub(super) fn truth(text: &str) -> bool {
    text.eq_ignore_ascii_case("true")
}
