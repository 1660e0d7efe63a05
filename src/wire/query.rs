//! Query strings and form bodies as parameters. The first value of a name is the one that counts.

use std::borrow::Cow;

/// Decoded parameters in wire order.
#[derive(Clone, Debug, Default)]
pub struct Params<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// A percent sign without two hexadecimal digits behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadEscape;

impl<'a> Params<'a> {
    /// Adds the pairs of `text`. Bytes that are no UTF-8 become replacement characters.
    pub fn extend(&mut self, text: &'a [u8]) -> Result<(), BadEscape> {
        for pair in text.split(|byte| *byte == b'&') {
            if pair.is_empty() {
                continue;
            }
            let split = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = match split {
                Some(at) => (pair.get(..at).unwrap_or_default(), pair.get(at + 1..).unwrap_or_default()),
                None => (pair, &[][..]),
            };
            self.0.push((decode(name)?, decode(value)?));
        }
        Ok(())
    }

    /// The first value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_ref())
    }

    /// Every name and value, in wire order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }
}

/// Whether every percent sign of `text` is followed by two hexadecimal digits.
pub fn escapes_are_whole(text: &str) -> bool {
    let mut pieces = text.as_bytes().split(|byte| *byte == b'%');
    pieces.next();
    pieces.all(|piece| matches!(piece, [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit()))
}

fn decode(text: &[u8]) -> Result<Cow<'_, str>, BadEscape> {
    if !text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Ok(String::from_utf8_lossy(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let [high, low, after @ ..] = rest else { return Err(BadEscape) };
                rest = after;
                bytes.push(nibble(*high)? << 4 | nibble(*low)?);
            }
            byte => bytes.push(*byte),
        }
    }
    Ok(Cow::Owned(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(broken) => String::from_utf8_lossy(broken.as_bytes()).into_owned(),
    }))
}

fn nibble(digit: u8) -> Result<u8, BadEscape> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(BadEscape),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, name: &str, expect: Option<&str>) {
        let mut params = Params::default();
        params.extend(text.as_bytes()).unwrap();
        assert_eq!(params.get(name), expect, "{text}");
    }

    #[test]
    fn the_first_value_of_a_name_counts() {
        check("Action=A&Action=B", "Action", Some("A"));
        check("Action=&Action=B", "Action", Some(""));
        check("Action", "Action", Some(""));
        check("a=1&&b=2&", "b", Some("2"));
        check("action=A", "Action", None);
    }

    #[test]
    fn plus_is_a_blank_and_escapes_are_bytes() {
        check("a=b+c%2Bd%20e", "a", Some("b c+d e"));
        check("%41=x%C3%A9", "A", Some("xé"));
        check("a=%ff", "a", Some("\u{FFFD}"));
        check("a=b=c", "a", Some("b=c"));
    }

    #[test]
    fn a_broken_escape_is_reported() {
        for text in ["a=%", "a=%4", "a=%zz", "%=1"] {
            assert_eq!(Params::default().extend(text.as_bytes()), Err(BadEscape), "{text}");
        }
        assert!(escapes_are_whole("/a%20b%2F"));
        assert!(!escapes_are_whole("/a%2"));
        assert!(!escapes_are_whole("/%"));
    }
}
