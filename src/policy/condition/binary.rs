//! `BinaryEquals`: bytes, written in base64 on both sides.
//!
//! AWS: nothing is trimmed or repaired (measured): `YQ`, `YR==` and ` YQ==` are not `YQ==`. A well-formed text has
//! exactly one spelling, so the texts are compared.

use super::Outcome;

/// Takes the text over if it is base64 as an encoder would write it.
pub(super) fn parse(text: &str) -> Option<Box<str>> {
    let bytes = text.as_bytes();
    let body = text.trim_end_matches('=');
    let padding = bytes.len() - body.len();
    let shaped = bytes.len().is_multiple_of(4) && padding <= 2;
    let last = body.bytes().last().map_or(Some(0), sextet)?;
    // The bits that padding leaves over must be zero, or two texts would stand for the same bytes.
    let leftover = match padding {
        0 => 0,
        1 => last & 0b11,
        _ => last & 0b1111,
    };
    (shaped && leftover == 0 && body.bytes().all(|byte| sextet(byte).is_some())).then(|| text.into())
}

pub(super) fn compare(operands: &[Option<Box<str>>], value: &str) -> Outcome {
    Outcome::of(operands.iter().flatten().any(|operand| **operand == *value))
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_encoder_writes_is_taken() {
        for good in ["", "YQ==", "YWI=", "YWJj", "+/+/"] {
            assert!(parse(good).is_some(), "{good}");
        }
        for bad in ["YQ", "YR==", " YQ==", "YQ=", "Y===", "====", "no-binary", "YW=j", "YWJ=", "Y"] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
