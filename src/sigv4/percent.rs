//! Percent-encoding as signatures want it: only letters, digits and `-._~` stand for themselves, hex in capitals.
//!
//! Never fails: a `%` that starts no escape is a literal percent sign.

use std::borrow::Cow;

use super::gather::Sink;

/// Decodes a query name or value: `%XX` is a byte and `+` a blank.
pub(super) fn decode(raw: &str) -> Cow<'_, str> {
    if !raw.bytes().any(|byte| byte == b'%' || byte == b'+') {
        return Cow::Borrowed(raw);
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some((byte, after)) = next(rest) {
        bytes.push(byte);
        rest = after;
    }
    Cow::Owned(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(broken) => String::from_utf8_lossy(broken.as_bytes()).into_owned(),
    })
}

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

/// Appends a path in the one spelling in which signers escape it, however it was spelled; an escaped slash stays one.
pub(super) fn recode_path(raw: &str, out: &mut Vec<u8>) {
    let mut rest = raw.as_bytes();
    while let Some((first, _)) = rest.split_first() {
        // In a path a plus is a plus.
        let (byte, after) = match next(rest) {
            Some((_, after)) if *first == b'+' => (b'+', after),
            Some(found) => found,
            None => break,
        };
        if is_plain(byte) || (byte == b'/' && *first == b'/') {
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

/// The first decoded byte, and what follows it.
fn next(raw: &[u8]) -> Option<(u8, &[u8])> {
    let escaped = match raw {
        [b'%', high, low, rest @ ..] => hex_value(*high).zip(hex_value(*low)).map(|pair| (pair, rest)),
        [b'+', rest @ ..] => return Some((b' ', rest)),
        _ => None,
    };
    match escaped {
        Some(((high, low), rest)) => Some((high << 4 | low, rest)),
        None => raw.split_first().map(|(byte, rest)| (*byte, rest)),
    }
}

fn plain_length(raw: &[u8]) -> usize {
    raw.iter().position(|byte| !is_plain(*byte)).unwrap_or(raw.len())
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~')
}

fn escape(byte: u8) -> [u8; 3] {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 };
    [b'%', digit(byte >> 4), digit(byte & 15)]
}

pub(super) fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, decoded: &str, recoded: &str) {
        let mut out = Vec::new();
        recode(raw, &mut out);
        assert_eq!((decode(raw).as_ref(), String::from_utf8_lossy(&out).as_ref()), (decoded, recoded), "{raw}");
    }

    #[test]
    fn every_spelling_of_a_value_has_one_canonical_form() {
        check("a-._~Z9", "a-._~Z9", "a-._~Z9");
        check("%61%2D%7e", "a-~", "a-~");
        check("a+b%20c%2Bd", "a b c+d", "a%20b%20c%2Bd");
        check("%c3%a9é", "éé", "%C3%A9%C3%A9");
        check("/:!", "/:!", "%2F%3A%21");
    }

    #[test]
    fn a_percent_sign_that_starts_no_escape_stands_for_itself() {
        check("100%", "100%", "100%25");
        check("%4", "%4", "%254");
        check("%zz%%41", "%zz%A", "%25zz%25A");
        check("%é", "%é", "%25%C3%A9");
    }

    #[test]
    fn bytes_that_are_no_utf8_are_recoded_as_they_are() {
        check("%ff", "\u{fffd}", "%FF");
    }
}
