//! Query strings and form bodies as parameters. The first value of a name is the one that counts.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter};

use crate::percent::{self, decode, is_encoded};

/// The parameters of a request, in wire order: those of the query, then those of a form.
///
/// The first of them are decoded at once; the others stay as they came and are decoded when they are asked for, so a
/// body of millions of them costs nothing more.
#[derive(Clone, Debug, Default)]
pub struct Params<'a> {
    first: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    rest: Pairs<'a>,
}

/// Names and values as they came.
#[derive(Clone, Debug, Default)]
struct Pairs<'a> {
    query: &'a [u8],
    form: &'a [u8],
}

/// More than any call needs that no list makes long, and few enough that the allocator has them at hand.
const DECODED_AT_ONCE: usize = 20;

/// A form of these names and values.
pub fn form(pairs: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        let begin = if out.is_empty() { "" } else { "&" };
        out.extend([begin, name, "=", &escaped(value)]);
    }
    out
}

/// A value as it stands in a form, and in what is signed.
pub fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if percent::is_plain(byte) {
            out.push(char::from(byte));
        } else {
            out.extend(percent::escape(byte).map(char::from));
        }
    }
    out
}

/// What a path, or a part of one, says: its escapes read, and a plus being a plus. None if an escape is broken.
pub fn unescaped(path: &str) -> Option<String> {
    escapes_are_whole(path).then(|| decode(path.replace('+', "%2B").as_bytes()).into_owned())
}

/// A percent sign without two hexadecimal digits behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, derive_more::Display)]
#[display("an escape in the query is broken")]
pub struct BadEscape;

impl<'a> Params<'a> {
    /// The parameters of a query and a form. Bytes that are no UTF-8 become replacement characters.
    pub fn new(query: &'a [u8], form: &'a [u8]) -> Result<Self, BadEscape> {
        if !whole(query) || !whole(form) {
            return Err(BadEscape);
        }
        let mut rest = Pairs { query, form };
        let mut first = Vec::with_capacity(DECODED_AT_ONCE);
        while first.len() < DECODED_AT_ONCE {
            let Some((name, value)) = rest.next() else { break };
            first.push((decode(name), decode(value)));
        }
        Ok(Self { first, rest })
    }

    /// The parameters of a query alone.
    pub fn of_query(query: &'a str) -> Result<Self, BadEscape> {
        Self::new(query.as_bytes(), b"")
    }

    /// The first value of `name`.
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some((_, value)) = self.first.iter().find(|(found, _)| found == name) {
            return Some(Cow::Borrowed(value));
        }
        let is_name =
            |pair: &(&[u8], &[u8])| pair.0 == name.as_bytes() || (is_encoded(pair.0) && decode(pair.0) == name);
        self.rest.clone().find(is_name).map(|(_, value)| decode(value))
    }

    /// Every name and value, in wire order.
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        let first = self.first.iter().map(|(name, value)| (Cow::Borrowed(&**name), Cow::Borrowed(&**value)));
        first.chain(self.rest.clone().map(|(name, value)| (decode(name), decode(value))))
    }

    /// Every name, in wire order.
    pub fn names(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let first = self.first.iter().map(|(name, _)| Cow::Borrowed(&**name));
        first.chain(self.rest.clone().map(|(name, _)| decode(name)))
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let text = if self.query.is_empty() { &mut self.form } else { &mut self.query };
            if text.is_empty() {
                return None;
            }
            let (pair, rest) = split_once(text, b'&');
            *text = rest;
            if !pair.is_empty() {
                return Some(split_once(pair, b'='));
            }
        }
    }
}

/// What stands before and behind the first `sign`; without one, all and nothing.
fn split_once(text: &[u8], sign: u8) -> (&[u8], &[u8]) {
    let at = memchr(sign, text).unwrap_or(text.len());
    (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default())
}

/// Whether every percent sign of `text` is followed by two hexadecimal digits.
pub fn escapes_are_whole(text: &str) -> bool {
    whole(text.as_bytes())
}

fn whole(text: &[u8]) -> bool {
    let digits = |at: usize| text.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    memchr_iter(b'%', text).all(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, name: &str, expect: Option<&str>) {
        let params = Params::new(text.as_bytes(), b"").unwrap();
        assert_eq!(params.get(name).as_deref(), expect, "{text}");
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
    fn the_query_comes_before_the_form() {
        let params = Params::new(b"a=1", b"a=2&b=3").unwrap();
        assert_eq!((params.get("a").as_deref(), params.get("b").as_deref()), (Some("1"), Some("3")));
        assert!(params.names().eq(["a", "a", "b"]));
    }

    #[test]
    fn parameters_beyond_the_first_are_found_as_well() {
        let text = (0..100).fold(String::new(), |text, number| format!("{text}n{number}=%41{number}&&"));
        for number in [0, DECODED_AT_ONCE - 1, DECODED_AT_ONCE, 99] {
            check(&text, &format!("n{number}"), Some(&format!("A{number}")));
        }
        let params = Params::new(text.as_bytes(), b"form=1").unwrap();
        assert_eq!(params.get("form").as_deref(), Some("1"));
        assert_eq!((params.iter().count(), params.names().count()), (101, 101));
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
            assert_eq!(Params::new(b"a=b", text.as_bytes()).err(), Some(BadEscape), "{text}");
        }
        assert!(escapes_are_whole("/a%20b%2F"));
        assert!(!escapes_are_whole("/a%2"));
        assert!(!escapes_are_whole("/%"));
    }
}
