//! Writes values as JSON: letter for letter what `serde_json` writes, but texts many letters at a time.

use serde::ser::{Error as _, Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple};
use serde::{Serialize, Serializer};
use serde_json::Error;

/// Writes `value` behind what stands in `out`. Enums with fields and tuples with names are not for it.
// WHY: an answer has a hundred short texts, and `serde_json` looks at each of their letters by itself.
pub fn compact(value: &impl Serialize, out: &mut Vec<u8>) -> Result<(), Error> {
    value.serialize(Writer { out, is_written: false })
}

/// A value that was written once to be put into others. Nobody but [`compact`] knows it for more than a text.
#[derive(Debug)]
pub struct Written(Option<Box<str>>);

const WRITTEN: &str = "local_sts::json::Written";

impl Written {
    /// Writes `value`.
    pub fn of(value: &impl Serialize) -> Self {
        let mut out = Vec::new();
        let text = compact(value, &mut out).ok().and_then(|()| String::from_utf8(out).ok());
        Self(text.map(String::into_boxed_str))
    }

    /// Its length in bytes.
    pub fn length(&self) -> usize {
        self.0.as_ref().map_or(0, |text| text.len())
    }
}

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.as_deref().ok_or_else(|| S::Error::custom("this could not be written"))?;
        serializer.serialize_newtype_struct(WRITTEN, text)
    }
}

const EACH: u64 = u64::from_ne_bytes([1; 8]);

/// Whether this is a quote, a backslash or a control character.
fn is_odd(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | ..b' ')
}

/// Has the top bit of each byte set that is odd; behind the first one of others, too.
fn odd(word: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(word);
    // What is less than what is taken away has its top bit set then; so has what is 128 and more, which is never odd.
    let control = word.wrapping_sub(EACH * 0x20);
    let quote = (word ^ (EACH * 0x22)).wrapping_sub(EACH);
    let backslash = (word ^ (EACH * 0x5c)).wrapping_sub(EACH);
    (control | quote | backslash) & !word & (EACH << 7)
}

/// Whether a text stands in JSON as it is.
fn is_plain(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks();
    match text.last_chunk() {
        Some(last) => words.iter().chain([last]).all(|word| odd(*word) == 0),
        None => !rest.iter().any(|byte| is_odd(*byte)),
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) -> Result<(), Error> {
    if !is_plain(text.as_bytes()) {
        return serde_json::to_writer(out, text);
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
    Ok(())
}

struct Writer<'w> {
    out: &'w mut Vec<u8>,
    /// Whether the text that comes is JSON already.
    is_written: bool,
}

/// What is inside of a list or an object.
struct Inside<'w> {
    out: &'w mut Vec<u8>,
    is_first: bool,
    end: u8,
}

impl<'w> Inside<'w> {
    fn begin(out: &'w mut Vec<u8>, brackets: [u8; 2]) -> Self {
        let [begin, end] = brackets;
        out.push(begin);
        Self { out, is_first: true, end }
    }

    fn next(&mut self) -> Writer<'_> {
        if !std::mem::replace(&mut self.is_first, false) {
            self.out.push(b',');
        }
        Writer { out: self.out, is_written: false }
    }

    fn close(self) {
        self.out.push(self.end);
    }
}

fn unknown<T>() -> Result<T, Error> {
    Err(Error::custom("nothing that is written here has this form"))
}

macro_rules! as_serde_json_does {
    ($($method:ident $kind:ty,)*) => {
        $(fn $method(self, value: $kind) -> Result<(), Error> {
            serde_json::to_writer(self.out, &value)
        })*
    };
}

impl<'w> Serializer for Writer<'w> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Inside<'w>;
    type SerializeTuple = Inside<'w>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Inside<'w>;
    type SerializeStruct = Inside<'w>;
    type SerializeStructVariant = Impossible<(), Error>;

    as_serde_json_does! {
        serialize_bool bool,
        serialize_i8 i8,
        serialize_i16 i16,
        serialize_i32 i32,
        serialize_i64 i64,
        serialize_i128 i128,
        serialize_u8 u8,
        serialize_u16 u16,
        serialize_u32 u32,
        serialize_u64 u64,
        serialize_u128 u128,
        serialize_f32 f32,
        serialize_f64 f64,
        serialize_char char,
        serialize_bytes &[u8],
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        if self.is_written {
            self.out.extend_from_slice(text.as_bytes());
            return Ok(());
        }
        write_text(text, self.out)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        self.serialize_none()
    }

    fn serialize_unit_variant(self, _name: &'static str, _at: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(Writer { is_written: name == WRITTEN, ..self })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _at: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<(), Error> {
        unknown()
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Inside<'w>, Error> {
        Ok(Inside::begin(self.out, *b"[]"))
    }

    fn serialize_tuple(self, _length: usize) -> Result<Inside<'w>, Error> {
        Ok(Inside::begin(self.out, *b"[]"))
    }

    fn serialize_tuple_struct(self, _name: &'static str, _length: usize) -> Result<Impossible<(), Error>, Error> {
        unknown()
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _at: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Impossible<(), Error>, Error> {
        unknown()
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Inside<'w>, Error> {
        Ok(Inside::begin(self.out, *b"{}"))
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Inside<'w>, Error> {
        Ok(Inside::begin(self.out, *b"{}"))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _at: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Impossible<(), Error>, Error> {
        unknown()
    }
}

impl SerializeSeq for Inside<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(self.next())
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl SerializeTuple for Inside<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl SerializeMap for Inside<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        key.serialize(self.next())?;
        if self.out.last() == Some(&b'"') { Ok(()) } else { unknown() }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.out.push(b':');
        value.serialize(Writer { out: self.out, is_written: false })
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl SerializeStruct for Inside<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        // WHY: a third of all texts are these names, which are the program's own.
        debug_assert!(is_plain(name.as_bytes()), "{name}");
        let Writer { out, .. } = self.next();
        out.reserve(name.len() + 3);
        out.push(b'"');
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
        value.serialize(Writer { out, is_written: false })
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Sample<'a> {
        the_text: &'a str,
        none: Option<u8>,
        some: Option<&'a str>,
        list: Vec<&'a str>,
        nothing: [&'a str; 0],
        pair: (&'a str, i64),
        by_name: BTreeMap<&'a str, Inner>,
        odd: bool,
        #[serde(flatten)]
        flat: Option<Inner>,
        #[serde(skip_serializing_if = "Option::is_none")]
        absent: Option<()>,
        unit: (),
        letter: char,
    }

    #[derive(Clone, Serialize)]
    struct Inner {
        number: u64,
        fraction: f64,
        kind: Kind,
    }

    #[derive(Clone, Serialize)]
    #[serde(rename_all = "kebab-case")]
    enum Kind {
        OneOfThem,
    }

    #[track_caller]
    fn check(text: &str, number: i64) {
        let inner = Inner { number: number.unsigned_abs(), fraction: 0.1, kind: Kind::OneOfThem };
        let sample = Sample {
            the_text: text,
            none: None,
            some: Some(text),
            list: vec!["", text, "plain"],
            nothing: [],
            pair: (text, number),
            by_name: [("", inner.clone()), (text, inner.clone())].into(),
            odd: number < 0,
            flat: Some(inner),
            absent: None,
            unit: (),
            letter: text.chars().next().unwrap_or('"'),
        };
        let mut out = b"before".to_vec();
        compact(&sample, &mut out).expect("written");
        let expect = serde_json::to_string(&sample).expect("written");
        assert_eq!(String::from_utf8(out).expect("text"), format!("before{expect}"));
    }

    #[test]
    fn of_all_bytes_those_are_odd_that_json_escapes() {
        for byte in 0..=u8::MAX {
            let escaped = byte < 0x20 || byte == b'"' || byte == b'\\';
            assert_eq!(is_odd(byte), escaped, "{byte}");
            for neighbour in [0, 1, 0x1f, 0x20, 0x22, 0x5c, 0x80, 0xff] {
                let mut word = [neighbour; 8];
                word[3] = byte;
                assert_eq!(odd(word) == 0, !escaped && !is_odd(neighbour), "{byte} {neighbour}");
            }
        }
    }

    #[test]
    fn every_single_letter_is_written_as_serde_json_writes_it_wherever_it_stands() {
        for letter in (0..=255).map(char::from).chain(['\u{2028}', '\u{ffff}', '😀']) {
            for before in [0, 1, 7, 8, 31, 32, 33, 47] {
                check(&format!("{}{letter}{}", "x".repeat(before), "y".repeat(40 - before % 40)), -1);
                check(&format!("{}{letter}", "x".repeat(before)), i64::MIN);
            }
        }
        check("", i64::MAX);
    }

    proptest! {
        #[test]
        fn any_text_is_written_as_serde_json_writes_it(text: String, number: i64) {
            check(&text, number);
        }
    }

    #[test]
    fn what_was_written_once_is_put_in_as_it_is() {
        let (inner, mut out) = (Inner { number: 1, fraction: 0.5, kind: Kind::OneOfThem }, Vec::new());
        let by_name: BTreeMap<&str, Written> = [("a", Written::of(&inner)), ("b", Written::of(&"\""))].into();
        compact(&by_name, &mut out).expect("written");
        let expect = format!(r#"{{"a":{},"b":"\""}}"#, serde_json::to_string(&inner).expect("written"));
        assert_eq!(String::from_utf8(out).expect("text"), expect);
        assert!(compact(&Written::of(&Ok::<u8, u8>(1)), &mut Vec::new()).is_err());
    }

    #[test]
    fn what_has_no_such_form_is_not_written() {
        let numbers: BTreeMap<u8, u8> = [(1, 2)].into();
        assert!(compact(&numbers, &mut Vec::new()).is_err());
        assert!(compact(&Ok::<u8, u8>(1), &mut Vec::new()).is_err());
    }
}
