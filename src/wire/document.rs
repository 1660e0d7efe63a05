//! Answers as documents: XML the way STS and IAM lay it out, or JSON when the client asks for it.
//!
//! One writer serves both, so an operation says once what it answers.

use std::fmt::{Display, Write};

use serde_json::{Value, json};

use crate::time::Timestamp;

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The Query protocol's own.
    Xml,
    /// For `Accept: application/json`.
    Json,
}

impl Format {
    /// What a client that sends this `Accept` header gets.
    pub fn accepted(accept: Option<&str>) -> Self {
        let json = accept.is_some_and(|accept| {
            let first = accept.split([',', ';']).next().unwrap_or_default();
            first.trim().eq_ignore_ascii_case("application/json")
        });
        if json { Self::Json } else { Self::Xml }
    }

    /// The `Content-Type` of such an answer. Clients compare `text/xml` byte for byte.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Xml => "text/xml",
            Self::Json => "application/json",
        }
    }
}

/// A document in the making.
#[derive(Debug)]
pub struct Document {
    format: Format,
    /// XML only: what is written.
    out: String,
    depth: usize,
    /// JSON only: what is open, from the outside, under its names.
    open: Vec<(String, Value)>,
    /// JSON only: whether it is no answer, but a record of one.
    is_record: bool,
}

impl Document {
    /// An empty document.
    pub fn new(format: Format) -> Self {
        Self::with_room(format, 1000)
    }

    /// An empty document that will have so many bytes, more or less.
    pub fn with_room(format: Format, bytes: usize) -> Self {
        match format {
            Format::Xml => {
                Self { format, out: String::with_capacity(bytes), depth: 0, open: Vec::new(), is_record: false }
            }
            Format::Json => {
                let open = vec![(String::new(), json!({}))];
                Self { format, out: String::new(), depth: 0, open, is_record: false }
            }
        }
    }

    /// A record of an answer: JSON with instants as in XML, and without absent members.
    pub fn record(write: impl FnOnce(&mut Self)) -> Value {
        let mut document = Self { is_record: true, ..Self::new(Format::Json) };
        write(&mut document);
        document.open.pop().map_or(Value::Null, |(_, value)| value)
    }

    /// Opens the root element with its XML namespace.
    pub fn root(&mut self, name: &str, namespace: &str) {
        match self.format {
            Format::Xml => {
                self.out.extend(["<", name, " xmlns=\"", namespace, "\">\n"]);
                self.depth += 1;
            }
            Format::Json => self.open(name),
        }
    }

    /// Opens a structure.
    pub fn open(&mut self, name: &str) {
        match self.format {
            Format::Xml => {
                self.indent();
                self.out.extend(["<", name, ">\n"]);
                self.depth += 1;
            }
            Format::Json => self.open.push((name.to_owned(), json!({}))),
        }
    }

    /// Closes the structure that was opened last.
    pub fn close(&mut self, name: &str) {
        if self.format == Format::Json {
            return self.close_value();
        }
        self.depth = self.depth.saturating_sub(1);
        // AWS: what has nothing in it closes itself (iamx-role-get).
        if self.has_just_opened(name) {
            self.out.truncate(self.out.len().saturating_sub(2));
            self.out.push_str("/>\n");
        } else {
            self.indent();
            self.out.extend(["</", name, ">\n"]);
        }
    }

    /// A list: `entry` writes each of `entries` under the name that it is given.
    pub fn list<T>(&mut self, name: &str, entries: &[T], mut entry: impl FnMut(&T, &'static str, &mut Self)) {
        match self.format {
            Format::Xml if entries.is_empty() => return self.empty(name),
            Format::Xml => self.open(name),
            Format::Json => self.open.push((name.to_owned(), json!([]))),
        }
        for it in entries {
            entry(it, "member", self);
        }
        self.close(name);
    }

    /// Names with their values.
    pub fn map<'a>(&mut self, name: &str, entries: impl Iterator<Item = (&'a str, Value)>) {
        self.open(name);
        for (key, value) in entries {
            match (self.format, value) {
                (Format::Json, value) => self.put(key, value),
                (Format::Xml, value) => {
                    self.open("entry");
                    self.text("key", key);
                    match value {
                        Value::String(text) => self.text("value", &text),
                        other => self.shown("value", other),
                    }
                    self.close("entry");
                }
            }
        }
        self.close(name);
    }

    /// A member that is not there. AWS: XML leaves it out, and JSON says so (B-770).
    pub fn absent(&mut self, name: &str) {
        if self.format == Format::Json && !self.is_record {
            self.put(name, Value::Null);
        }
    }

    /// A member that is true or false.
    pub fn boolean(&mut self, name: &str, value: bool) {
        match self.format {
            Format::Xml => self.shown(name, value),
            Format::Json => self.put(name, value.into()),
        }
    }

    /// A member that is text. AWS: an empty one closes itself (iamx-wire-getrole).
    pub fn text(&mut self, name: &str, value: &str) {
        match self.format {
            Format::Xml if value.is_empty() => self.empty(name),
            Format::Xml => self.element(name, |out| escape_xml(value, out)),
            Format::Json => self.put(name, value.into()),
        }
    }

    /// A member that is a number.
    pub fn number(&mut self, name: &str, value: i64) {
        match self.format {
            Format::Xml => self.shown(name, value),
            Format::Json => self.put(name, value.into()),
        }
    }

    /// A member that is an instant: ISO 8601 in XML, epoch seconds in JSON.
    pub fn instant(&mut self, name: &str, value: Timestamp) {
        match self.format {
            Format::Xml => self.shown(name, value.iso()),
            Format::Json if self.is_record => self.put(name, value.iso().to_string().into()),
            Format::Json => self.put(name, value.seconds().into()),
        }
    }

    /// The same with its milliseconds.
    pub fn instant_with_millis(&mut self, name: &str, value: Timestamp) {
        match self.format {
            Format::Xml => self.shown(name, value.iso_millis()),
            Format::Json if self.is_record => self.put(name, value.iso_millis().to_string().into()),
            Format::Json => {
                let millis = value.millis();
                let seconds = format!("{}.{:03}", millis.div_euclid(1000), millis.rem_euclid(1000));
                self.put(name, seconds.parse::<f64>().map_or(Value::Null, Value::from));
            }
        }
    }

    /// The finished bytes. AWS: the members of a structure stand in JSON in the order of their names (B-770).
    pub fn finish(mut self) -> Vec<u8> {
        match self.open.pop() {
            Some((_, value)) => value.to_string().into_bytes(),
            None => self.out.into_bytes(),
        }
    }

    /// XML only: a structure or a list without anything in it.
    fn empty(&mut self, name: &str) {
        self.indent();
        self.out.extend(["<", name, "/>\n"]);
    }

    /// XML only: an element in which `write` leaves something.
    fn element<R>(&mut self, name: &str, write: impl FnOnce(&mut String) -> R) -> R {
        self.indent();
        self.out.extend(["<", name, ">"]);
        let written = write(&mut self.out);
        self.out.extend(["</", name, ">\n"]);
        written
    }

    /// XML only: an element with something in it that needs no escape.
    fn shown(&mut self, name: &str, value: impl Display) {
        // A String takes whatever is written to it.
        let _ = self.element(name, |out| write!(out, "{value}"));
    }

    fn has_just_opened(&self, name: &str) -> bool {
        let opened = self.out.strip_suffix(">\n").and_then(|out| out.strip_suffix(name));
        opened.is_some_and(|out| out.ends_with('<'))
    }

    fn indent(&mut self) {
        const BLANKS: &str = "                ";
        match BLANKS.get(..self.depth * 2) {
            Some(blanks) => self.out.push_str(blanks),
            None => (0..self.depth).for_each(|_| self.out.push_str("  ")),
        }
    }

    /// JSON only: a member of what is open; entries of lists have no names.
    fn put(&mut self, name: &str, value: Value) {
        match self.open.last_mut() {
            Some((_, Value::Object(members))) => {
                members.insert(name.to_owned(), value);
            }
            Some((_, Value::Array(entries))) => entries.push(value),
            _ => {}
        }
    }

    /// JSON only.
    fn close_value(&mut self) {
        if let Some((name, value)) = self.open.pop() {
            self.put(&name, value);
        }
    }
}

/// Escapes what XML text cannot hold. Quotes and apostrophes stand as they are: captured bodies count so.
pub(super) fn escape_xml(text: &str, out: &mut String) {
    let odd = |byte: u8| byte < 0x20 || matches!(byte, b'<' | b'>' | b'&');
    // WHY: not `any`, which looks at one byte at a time: tokens are long and plain.
    if text.bytes().fold(0, |found, byte| found | u8::from(odd(byte))) == 0 {
        out.push_str(text);
        return;
    }
    for piece in quick_xml::escape::partial_escape(text).split_inclusive(|character: char| character < ' ') {
        match piece.char_indices().next_back() {
            Some((at, last)) if last < ' ' && !matches!(last, '\n' | '\t') => {
                out.push_str(piece.get(..at).unwrap_or_default());
                let _ = write!(out, "&#x{:x};", u32::from(last));
            }
            _ => out.push_str(piece),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(format: Format) -> String {
        let mut document = Document::new(format);
        document.root("AResponse", "https://example.com/");
        document.open("AResult");
        document.text("Name", "a<b & \"c\" 'd'\u{1}");
        document.number("Size", 18);
        document.absent("Rest");
        document.instant("At", Timestamp::from_seconds(1_768_478_400));
        document.close("AResult");
        document.open("ResponseMetadata");
        document.text("RequestId", "r");
        document.close("ResponseMetadata");
        document.close("AResponse");
        String::from_utf8(document.finish()).unwrap()
    }

    #[test]
    fn xml_is_indented_by_two_and_ends_in_a_newline() {
        assert_eq!(
            sample(Format::Xml),
            "<AResponse xmlns=\"https://example.com/\">\n  <AResult>\n    <Name>a&lt;b &amp; \"c\" 'd'&#x1;</Name>\n    \
             <Size>18</Size>\n    <At>2026-01-15T12:00:00Z</At>\n  </AResult>\n  <ResponseMetadata>\n    \
             <RequestId>r</RequestId>\n  </ResponseMetadata>\n</AResponse>\n"
        );
    }

    #[test]
    fn json_has_numbers_for_numbers_and_instants() {
        assert_eq!(
            sample(Format::Json),
            "{\"AResponse\":{\"AResult\":{\"At\":1768478400,\"Name\":\"a<b & \\\"c\\\" 'd'\\u0001\",\"Rest\":null,\"Size\":18},\
             \"ResponseMetadata\":{\"RequestId\":\"r\"}}}"
        );
    }

    #[test]
    fn json_is_only_for_those_who_ask_for_it_first() {
        assert_eq!(Format::accepted(Some("application/json")), Format::Json);
        assert_eq!(Format::accepted(Some("application/json; q=1")), Format::Json);
        assert_eq!(Format::accepted(Some("*/*")), Format::Xml);
        assert_eq!(Format::accepted(Some("text/xml, application/json")), Format::Xml);
        assert_eq!(Format::accepted(None), Format::Xml);
    }
}
