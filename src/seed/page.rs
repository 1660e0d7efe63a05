//! Writes JSON for people and for tools that compare lines: a field a line, what is empty left out, and every text so
//! that YAML reads the same.

use std::fmt::Write as _;

use crate::json::{self, Node, Value};

/// A JSON text in the making.
pub(super) struct Page {
    out: String,
    depth: usize,
    /// Whether nothing stands yet in the bracket that was opened last.
    fresh: bool,
}

/// Policies have a few levels; what has more is kept as a text.
const MAX_DEPTH: usize = 32;
/// YAML reads no longer key without a mark of its own.
const LONGEST_KEY: usize = 512;

impl Page {
    /// The text of one object.
    pub(super) fn write(inside: impl FnOnce(&mut Self)) -> String {
        let mut page = Self { out: String::new(), depth: 0, fresh: true };
        page.bracket(['{', '}'], inside);
        page.out.push('\n');
        page.out
    }

    /// A text.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.key(name);
        quote(text, &mut self.out);
    }

    /// A text, if there is one.
    pub(super) fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// A number or a word of JSON.
    pub(super) fn word(&mut self, name: &str, word: impl std::fmt::Display) {
        self.key(name);
        let _ = write!(self.out, "{word}");
    }

    /// An object.
    pub(super) fn map(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.key(name);
        self.bracket(['{', '}'], inside);
    }

    /// A list of objects, if there are any.
    pub(super) fn things<T>(&mut self, name: &str, things: impl IntoIterator<Item = T>, each: impl Fn(&mut Self, T)) {
        let mut things = things.into_iter().peekable();
        if things.peek().is_some() {
            self.key(name);
            self.bracket(['[', ']'], |page| {
                for thing in things {
                    page.next();
                    page.bracket(['{', '}'], |page| each(page, thing));
                }
            });
        }
    }

    /// A list of texts, if there are any.
    pub(super) fn texts(&mut self, name: &str, texts: impl IntoIterator<Item = impl AsRef<str>>) {
        let mut texts = texts.into_iter().peekable();
        if texts.peek().is_some() {
            self.key(name);
            self.bracket(['[', ']'], |page| {
                for text in texts {
                    page.next();
                    quote(text.as_ref(), &mut page.out);
                }
            });
        }
    }

    /// A document: as JSON within JSON if that says every character of it, else as a text under `{name}Text`.
    pub(super) fn document(&mut self, name: &str, text: &str) {
        match json::read(text, MAX_DEPTH).ok().filter(|node| is_plain(node) && compact(node) == text) {
            Some(node) => {
                self.key(name);
                self.node(&node);
            }
            None => self.text(&format!("{name}Text"), text),
        }
    }

    fn node(&mut self, node: &Node<'_>) {
        match &node.value {
            Value::Array(items) if !items.is_empty() => self.bracket(['[', ']'], |page| {
                for item in items {
                    page.next();
                    page.node(item);
                }
            }),
            Value::Object(members) if !members.is_empty() => self.bracket(['{', '}'], |page| {
                for (name, value) in members {
                    page.key(name);
                    page.node(value);
                }
            }),
            Value::Text(text) => quote(text, &mut self.out),
            _ => self.out.push_str(&compact(node)),
        }
    }

    fn bracket(&mut self, [open, close]: [char; 2], inside: impl FnOnce(&mut Self)) {
        self.out.push(open);
        self.depth += 1;
        self.fresh = true;
        inside(self);
        self.depth -= 1;
        if !self.fresh {
            self.line();
        }
        self.fresh = false;
        self.out.push(close);
    }

    fn key(&mut self, name: &str) {
        self.next();
        quote(name, &mut self.out);
        self.out.push_str(": ");
    }

    fn next(&mut self) {
        if !self.fresh {
            self.out.push(',');
        }
        self.line();
        self.fresh = false;
    }

    fn line(&mut self) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n("  ", self.depth));
    }
}

/// Whether a map can hold it: every key once and short, nothing that is null.
fn is_plain(node: &Node<'_>) -> bool {
    match &node.value {
        Value::Null => false,
        Value::Array(items) => items.iter().all(is_plain),
        Value::Object(members) => {
            let once = |(place, (name, _)): (usize, &(String, Node<'_>))| {
                name.len() <= LONGEST_KEY && members.iter().take(place).all(|(earlier, _)| earlier != name)
            };
            members.iter().enumerate().all(once) && members.iter().all(|(_, value)| is_plain(value))
        }
        _ => true,
    }
}

/// As a seed keeps documents that are written as maps.
fn compact(node: &Node<'_>) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(is) => is.to_string(),
        Value::Number(spelled) => (*spelled).to_owned(),
        Value::Text(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(compact).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let member = |(name, value): &(String, Node<'_>)| format!("{}:{}", quoted(name), compact(value));
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
        }
    }
}

/// `text` as JSON has it, in such a way that YAML, too, can have it.
fn quote(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            _ => out.push(letter),
        }
    }
    out.push('"');
}
