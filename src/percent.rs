//! Percent-encoding as signatures want it: only letters, digits and `-._~` stand for themselves, hex in capitals.
//!
//! Never fails: a `%` that starts no escape is a literal percent sign.

use std::borrow::Cow;

use memchr::memchr2;

/// What a name or value of a form or a query says: `%XX` is a byte and `+` a blank. Bytes that are no UTF-8 become
/// replacement characters.
pub fn decode(text: &(impl AsRef<[u8]> + ?Sized)) -> Cow<'_, str> {
    let text = text.as_ref();
    if !is_encoded(text) {
        return str::from_utf8(text).map_or_else(|_| String::from_utf8_lossy(text), Cow::Borrowed);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    // WHY: escapes stand close together, so a search for many bytes at once is not worth beginning.
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'%' | b'+')) {
        let (plain, special) = rest.split_at(at);
        bytes.extend_from_slice(plain);
        let Some((byte, behind)) = next(special) else { break };
        bytes.push(byte);
        rest = behind;
    }
    bytes.extend_from_slice(rest);
    Cow::Owned(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(broken) => String::from_utf8_lossy(broken.as_bytes()).into_owned(),
    })
}

/// Whether anything of `text` stands for something else.
pub fn is_encoded(text: &[u8]) -> bool {
    memchr2(b'%', b'+', text).is_some()
}

/// The first decoded byte, and what follows it.
pub fn next(text: &[u8]) -> Option<(u8, &[u8])> {
    let escaped = match text {
        [b'%', high, low, rest @ ..] => hex_value(*high).zip(hex_value(*low)).map(|pair| (pair, rest)),
        [b'+', rest @ ..] => return Some((b' ', rest)),
        _ => None,
    };
    match escaped {
        Some(((high, low), rest)) => Some((high << 4 | low, rest)),
        None => text.split_first().map(|(byte, rest)| (*byte, rest)),
    }
}

/// Whether a byte stands for itself.
pub fn is_plain(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~')
}

/// How any other byte is written.
pub fn escape(byte: u8) -> [u8; 3] {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 };
    [b'%', digit(byte >> 4), digit(byte & 15)]
}

/// What a hexadecimal digit says.
pub fn hex_value(digit: u8) -> Option<u8> {
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
    fn check(text: &(impl AsRef<[u8]> + ?Sized), decoded: &str) {
        assert_eq!(decode(text), decoded);
    }

    #[test]
    fn plus_is_a_blank_and_escapes_are_bytes() {
        check("a-._~Z9", "a-._~Z9");
        check("%61%2D%7e", "a-~");
        check("a+b%20c%2Bd", "a b c+d");
        check("%c3%a9é", "éé");
        check("%ff", "\u{fffd}");
        check(b"\xff", "\u{fffd}");
    }

    #[test]
    fn a_percent_sign_that_starts_no_escape_stands_for_itself() {
        check("100%", "100%");
        check("%4", "%4");
        check("%zz%%41", "%zz%A");
        check("%é", "%é");
    }
}
