//! Reads values off JSON as `serde_json` does, but texts many letters at a time.
//!
//! It knows plain JSON only: in one line, texts without escapes, whole numbers, what is well formed. Whatever else comes is
//! left to `serde_json`, and so is saying what is wrong with it.

use memchr::memchr;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// Reads the one value that `text` holds.
// WHY: half of what a call brings is one text, its session token, and the rest is fifty short ones.
pub fn parse<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, serde_json::Error> {
    let plain = Reader::of(text).and_then(|mut reader| {
        let value = T::deserialize(&mut reader).ok()?;
        reader.peek().is_none().then_some(value)
    });
    plain.map_or_else(|| serde_json::from_str(text), Ok)
}

/// ATTACK: a text of brackets alone would overflow the stack. What is nested deeper is left to `serde_json`, too.
const DEEPEST: usize = 16;

struct Reader<'de> {
    text: &'de str,
    at: usize,
    deepest: usize,
}

/// Something is not plain, or wrong.
#[derive(Debug, derive_more::Display)]
#[display("not plain")]
struct NotPlain;

impl std::error::Error for NotPlain {}

impl de::Error for NotPlain {
    fn custom<T: std::fmt::Display>(_message: T) -> Self {
        Self
    }

    // Words that nobody reads are not made.
    fn invalid_type(_unexpected: de::Unexpected<'_>, _expected: &dyn de::Expected) -> Self {
        Self
    }
}

impl<'de> Reader<'de> {
    fn of(text: &'de str) -> Option<Self> {
        // WHY: where there is neither a control character nor an escape, a text goes up to the next quote.
        let least = text.bytes().fold(u8::MAX, u8::min);
        let is_plain = least >= b' ' && memchr(b'\\', text.as_bytes()).is_none();
        is_plain.then_some(Self { text, at: 0, deepest: DEEPEST })
    }

    /// The first byte behind blanks.
    // WHY: it is asked for in so many places that each would have a copy.
    #[inline(never)]
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if byte != b' ' {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Takes this byte, which must be the next.
    #[inline(never)]
    fn take(&mut self, wanted: u8) -> Result<(), NotPlain> {
        if self.peek() == Some(wanted) {
            self.at += 1;
            return Ok(());
        }
        Err(NotPlain)
    }

    fn rest(&self) -> &'de [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn text(&mut self) -> Result<&'de str, NotPlain> {
        self.take(b'"')?;
        let length = memchr(b'"', self.rest()).ok_or(NotPlain)?;
        let text = self.text.get(self.at..self.at + length).ok_or(NotPlain)?;
        self.at += length + 1;
        Ok(text)
    }

    fn number(&mut self) -> Result<u64, NotPlain> {
        let start = self.at;
        self.at += self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        let digits = self.text.get(start..self.at).ok_or(NotPlain)?;
        let has_more = matches!(self.rest().first(), Some(b'.' | b'e' | b'E'));
        let is_padded = digits.len() > 1 && digits.starts_with('0');
        digits.parse().ok().filter(|_| !has_more && !is_padded).ok_or(NotPlain)
    }

    fn word(&mut self, word: &str) -> Result<(), NotPlain> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(NotPlain);
        }
        self.at += word.len();
        Ok(())
    }

    /// Reads what stands between these brackets.
    fn within<R>(
        &mut self,
        brackets: [u8; 2],
        read: impl FnOnce(Inside<'_, 'de>) -> Result<R, NotPlain>,
    ) -> Result<R, NotPlain> {
        let [begin, end] = brackets;
        self.take(begin)?;
        self.deepest = self.deepest.checked_sub(1).ok_or(NotPlain)?;
        let value = read(Inside { reader: self, end, is_first: true })?;
        self.deepest += 1;
        self.take(end)?;
        Ok(value)
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = NotPlain;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotPlain> {
        match self.peek().ok_or(NotPlain)? {
            b'"' => visitor.visit_borrowed_str(self.text()?),
            b'{' => self.within(*b"{}", |members| visitor.visit_map(members)),
            b'[' => self.within(*b"[]", |items| visitor.visit_seq(items)),
            b'0'..=b'9' => visitor.visit_u64(self.number()?),
            b't' => self.word("true").and_then(|()| visitor.visit_bool(true)),
            b'f' => self.word("false").and_then(|()| visitor.visit_bool(false)),
            b'n' => self.word("null").and_then(|()| visitor.visit_unit()),
            _ => Err(NotPlain),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotPlain> {
        if self.peek() == Some(b'n') {
            return self.word("null").and_then(|()| visitor.visit_none());
        }
        visitor.visit_some(self)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotPlain> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotPlain> {
        self.within(*b"{}", |members| visitor.visit_map(members))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NotPlain> {
        self.deserialize_map(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotPlain> {
        self.within(*b"[]", |items| visitor.visit_seq(items))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, NotPlain> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NotPlain> {
        visitor.visit_enum(BorrowedStrDeserializer::new(self.text()?))
    }

    // What is thrown away would have to be read all the same.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, NotPlain> {
        Err(NotPlain)
    }

    // To `serde_json` a list of numbers may be bytes, and a text a letter.
    fn deserialize_bytes<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, NotPlain> {
        Err(NotPlain)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, NotPlain> {
        Err(NotPlain)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char string unit unit_struct tuple tuple_struct identifier
    }
}

/// What is inside of a list or an object.
struct Inside<'r, 'de> {
    reader: &'r mut Reader<'de>,
    end: u8,
    is_first: bool,
}

impl Inside<'_, '_> {
    /// Goes up to the next one, if there is one.
    fn goes_on(&mut self) -> Result<bool, NotPlain> {
        if self.reader.peek() == Some(self.end) {
            return Ok(false);
        }
        if !std::mem::replace(&mut self.is_first, false) {
            self.reader.take(b',')?;
        }
        Ok(true)
    }
}

impl<'de> SeqAccess<'de> for Inside<'_, 'de> {
    type Error = NotPlain;

    // WHY: so many headers need no second allocation.
    fn size_hint(&self) -> Option<usize> {
        Some(8)
    }

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, NotPlain> {
        if self.goes_on()? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for Inside<'_, 'de> {
    type Error = NotPlain;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, NotPlain> {
        if !self.goes_on()? {
            return Ok(None);
        }
        let name = self.reader.text()?;
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, NotPlain> {
        self.reader.take(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    struct Sample<'t> {
        text: &'t str,
        #[serde(default)]
        owned: Option<String>,
        #[serde(default)]
        list: Vec<Pair>,
        #[serde(default)]
        kind: Option<Kind>,
        #[serde(default)]
        by_name: BTreeMap<String, f64>,
        #[serde(default)]
        by_number: BTreeMap<u8, Option<bool>>,
        #[serde(default)]
        small: u8,
        #[serde(default)]
        large: i64,
        #[serde(default)]
        letter: char,
        #[serde(borrow, default)]
        wrapped: Option<Box<Sample<'t>>>,
        #[serde(default)]
        anything: serde_json::Value,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Pair(String, u64);

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        One,
        Two(u8),
    }

    const WHOLE: &str = r#"{ "text":"täxt", "owned" : null,"list":[["a",1],["",18446744073709551615] ], "kind":"one",
        "byName":{"x":1.5,"":3}, "byNumber":{"7":true,"8":null},	"small":255,"large":-9223372036854775808,"letter":"😀",
        "wrapped":{"text":"in","kind":{"two":2},"list":[]},"anything":[{"a":[0,"\u0041",false]},12,{}]} "#;

    #[track_caller]
    fn check(text: &str) {
        let ours = parse::<Sample<'_>>(text).map_err(|error| error.to_string());
        let theirs = serde_json::from_str::<Sample<'_>>(text).map_err(|error| error.to_string());
        assert_eq!(ours, theirs, "{text}");
    }

    /// Reads without help.
    fn by_itself<'de, T: Deserialize<'de>>(text: &'de str) -> Option<T> {
        T::deserialize(&mut Reader::of(text)?).ok()
    }

    #[test]
    fn whatever_is_cut_or_put_in_anywhere_is_read_as_serde_json_reads_it() {
        check(WHOLE);
        let ends = WHOLE.char_indices().map(|(at, _)| at);
        for at in ends {
            let (head, tail) = WHOLE.split_at(at);
            check(head);
            check(tail);
            let mut rest = tail.chars();
            rest.next();
            check(&format!("{head}{}", rest.as_str()));
            for letter in
                [" ", "\"", "\\", ",", ":", "{", "}", "[", "]", "0", "1", "-", ".", "e", "n", "\n", "\u{1}", "é"]
            {
                check(&format!("{head}{letter}{tail}"));
                check(&format!("{head}{letter}{}", rest.as_str()));
            }
        }
    }

    #[test]
    fn what_is_plain_needs_no_help() {
        let whole = WHOLE.replace("-9223372036854775808", "1").replace("1.5", "1").replace("\\u0041", "A");
        let whole =
            whole.replace(['\n', '\t'], " ").replace(r#"{"two":2}"#, r#""one""#).replace(r#""7":true,"8":null"#, "");
        assert_eq!(by_itself::<Sample<'_>>(&whole), serde_json::from_str(&whole).ok());
        assert!(by_itself::<Sample<'_>>(&whole).is_some());
    }

    #[test]
    fn what_is_nested_deeply_is_left_alone() {
        let nested = |deep: usize| format!("{}{}", "[".repeat(deep), "]".repeat(deep));
        assert!(by_itself::<serde_json::Value>(&nested(DEEPEST)).is_some());
        assert!(by_itself::<serde_json::Value>(&nested(DEEPEST + 1)).is_none());
        assert!(parse::<serde_json::Value>(&nested(100)).is_ok());
        assert!(parse::<serde_json::Value>(&nested(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn any_member_is_read_as_serde_json_reads_it(
            name in select(vec!["text", "owned", "list", "kind", "byName", "byNumber", "small", "large", "letter", "anything", "x"]),
            value in select(vec![
                "null", "true", "nul", "\"\"", "\"one\"", "\"two\"", "0", "00", "01", "7", "-0", "-1", "1.0", "1e3", "256",
                "18446744073709551616", "[]", "{}", "[[]]", "[[\"a\",1,2]]", "[[\"a\"]]", "[{}]", "{\"1\":null}",
                "{\"a\":0,\"a\":1}", "{\"two\":1}", "\"\\n\"", "\"\u{7f}\"", "[1,]", "[,1]", "{\"a\":1,}", "tru e", "+1",
            ]),
            blank in "[ \t\n\r\u{c}]{0,2}",
            first: bool,
        ) {
            let member = format!("\"{name}\"{blank}:{blank}{value}{blank}");
            check(&if first { format!("{{{member},\"text\":\"x\"}}") } else { format!("{{\"text\":\"x\",{blank}{member}}}") });
        }
    }
}
