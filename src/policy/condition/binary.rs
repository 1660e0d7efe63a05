//! `BinaryEquals`: bytes, written in base64 on both sides.
//!
//! AWS: nothing is trimmed or repaired (measured): `YQ`, `YR==` and ` YQ==` are not `YQ==`. A well-formed text has
//! exactly one spelling, so the texts are compared.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Outcome;

/// Takes the text over if it is base64 as an encoder would write it.
pub(super) fn parse(text: &str) -> Option<Box<str>> {
    STANDARD.decode(text).is_ok().then(|| text.into())
}

pub(super) fn compare(operands: &[Option<Box<str>>], value: &str) -> Outcome {
    Outcome::of(operands.iter().flatten().any(|operand| **operand == *value))
}
