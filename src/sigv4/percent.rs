//! The one spelling in which names, values and paths are signed, however they were sent.

use super::gather::Sink;
use crate::percent::{escape, is_plain, next};

pub(super) use crate::percent::{decode, hex_value};

/// Appends a query name or value in its one canonical spelling, however it was spelled.
// AWS: the canonical query is made of decoded values, encoded anew; `+` is a blank, so it becomes `%20`.
pub(super) fn recode(raw: &str, out: &mut Vec<u8>) {
    let mut rest = raw.as_bytes();
    while !rest.is_empty() {
        let (plain, special) = rest.split_at(plain_length(rest));
        out.extend_from_slice(plain);
        let Some((byte, after)) = next(special) else { break };
        if is_plain(byte) {
            out.push(byte);
        } else {
            out.extend_from_slice(&escape(byte));
        }
        rest = after;
    }
}

/// Appends a path in the one spelling in which signers escape it, however it was spelled. An escaped slash stays one
/// unless it `counts`.
pub(super) fn recode_path(raw: &str, escaped_slash_counts: bool, out: &mut Vec<u8>) {
    let mut rest = raw.as_bytes();
    while let Some((first, _)) = rest.split_first() {
        // In a path a plus is a plus.
        let (byte, after) = match next(rest) {
            Some((_, after)) if *first == b'+' => (b'+', after),
            Some(found) => found,
            None => break,
        };
        if is_plain(byte) || (byte == b'/' && (*first == b'/' || escaped_slash_counts)) {
            out.push(byte);
        } else {
            out.extend_from_slice(&escape(byte));
        }
        rest = after;
    }
}

/// Hands over `raw` with every byte escaped that is not plain and not in `kept`; escapes in it are escaped again.
pub(super) fn encode(raw: &[u8], kept: impl Fn(u8) -> bool, sink: &mut impl Sink) {
    let stands = |byte: u8| is_plain(byte) || kept(byte);
    let mut rest = raw;
    while !rest.is_empty() {
        let length = rest.iter().position(|byte| !stands(*byte)).unwrap_or(rest.len());
        let (plain, special) = rest.split_at(length);
        if !plain.is_empty() {
            sink.take(plain);
        }
        let Some((byte, after)) = special.split_first() else { break };
        sink.take(&escape(*byte));
        rest = after;
    }
}

fn plain_length(raw: &[u8]) -> usize {
    raw.iter().position(|byte| !is_plain(*byte)).unwrap_or(raw.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, recoded: &str) {
        let mut out = Vec::new();
        recode(raw, &mut out);
        assert_eq!(String::from_utf8_lossy(&out), recoded, "{raw}");
    }

    #[test]
    fn every_spelling_of_a_value_has_one_canonical_form() {
        check("a-._~Z9", "a-._~Z9");
        check("%61%2D%7e", "a-~");
        check("a+b%20c%2Bd", "a%20b%20c%2Bd");
        check("%c3%a9é", "%C3%A9%C3%A9");
        check("/:!", "%2F%3A%21");
    }

    #[test]
    fn a_percent_sign_that_starts_no_escape_stands_for_itself() {
        check("100%", "100%25");
        check("%4", "%254");
        check("%zz%%41", "%25zz%25A");
        check("%é", "%25%C3%A9");
    }

    #[test]
    fn bytes_that_are_no_utf8_are_recoded_as_they_are() {
        check("%ff", "%FF");
    }
}
