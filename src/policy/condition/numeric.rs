//! `NumericEquals`, `NumericLessThan` and their kin: decimal numbers of any length, never doubles.
//!
//! AWS: `1`, `+1`, `01`, `1.0`, `1.` and `1e0` are one number, and 9007199254740993 is not 9007199254740992 (measured).
//! What is no number matches nothing, so `NumericNotEquals` holds for it, save where it is simulated.

use std::cmp::Ordering;

use super::super::context::RequestContext;
use super::{Order, Outcome};

/// A decimal number: its significant digits and where the point stands among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    /// Without leading or trailing zeros; empty for zero.
    digits: Box<[u8]>,
    /// The point stands this many digits after the first significant one begins.
    point: i64,
}

impl Decimal {
    /// Reads `[+-]digits[.digits][e[+-]digits]`; digits may be missing on one side of the point.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        digits.drain(..zeros);
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        if digits.is_empty() {
            return Some(Self { negative: false, digits: Box::default(), point: 0 });
        }
        let point = i64::try_from(whole.len()).ok()? - i64::try_from(zeros).ok()? + exponent;
        Some(Self { negative, digits: digits.into_boxed_slice(), point })
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self.sign(), other.sign()) {
            (1, 1) => self.compare_size(other),
            (-1, -1) => other.compare_size(self),
            (one, two) => one.cmp(&two),
        }
    }

    fn sign(&self) -> i8 {
        match (self.digits.is_empty(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    fn compare_size(&self, other: &Self) -> Ordering {
        self.point.cmp(&other.point).then_with(|| self.digits.cmp(&other.digits))
    }
}

pub(super) fn compare(
    order: Order,
    operands: &[Option<Decimal>],
    value: &str,
    context: &RequestContext<'_>,
) -> Outcome {
    let Some(value) = Decimal::parse(value) else {
        return if context.is_simulated() { Outcome::Unfit } else { Outcome::NoMatch };
    };
    Outcome::of(operands.iter().flatten().any(|operand| order.admits(value.compare(operand))))
}

/// An exponent beyond 32 bits is no number, as in Java.
fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse::<i32>().ok())?.map(i64::from)
}
