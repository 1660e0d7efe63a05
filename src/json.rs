//! Reads JSON text into a tree that keeps what ordinary decoders forget: repeated keys, the spelling of numbers, places.
//!
//! A document is small and untrusted, so the reader is strict (RFC 8259, nothing after the value) and bounded in depth.
//! It knows no grammar beyond that: what a policy or a token must say is theirs to know.

mod compact;
mod indented;
mod plain;

pub use compact::{Written, compact};
pub use indented::indented;
pub use plain::parse;

/// Where and why the text stops being JSON; enough to write the words of AWS's Java parser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotJson {
    /// What would have been right.
    pub expected: Expected,
    /// The character that stands there instead; `None` at the end of the text.
    pub found: Option<char>,
    /// Where that character stands. Java's parser has already consumed it and prints one column more.
    pub position: Position,
}

/// What the JSON reader was waiting for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Any value.
    Value,
    /// A key in double quotes.
    Key,
    /// The colon after a key.
    Colon,
    /// A comma or the closing brace.
    CommaInObject,
    /// A comma or the closing bracket.
    CommaInArray,
    /// A digit of a number.
    Digit,
    /// One of `true`, `false`, `null`.
    Word {
        /// The word that stands there.
        token: String,
    },
    /// The quote that ends a string.
    ClosingQuote,
    /// An escaped control character.
    NoControlCharacter,
    /// A known escape.
    Escape,
    /// Nothing more.
    End,
    /// Fewer levels.
    LessDepth,
}

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in UTF-16 units.
    pub column: usize,
}

/// A value and the bytes it came from.
#[derive(Debug)]
pub struct Node<'t> {
    /// The value.
    pub value: Value<'t>,
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
}

/// A value.
#[derive(Debug)]
pub enum Value<'t> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// As it was spelled: `1.0` stays `1.0`.
    Number(&'t str),
    /// Its escapes resolved.
    Text(String),
    /// In order.
    Array(Vec<Node<'t>>),
    /// In order, repeated keys too.
    Object(Vec<(String, Node<'t>)>),
}

/// Reads the one value that `text` must hold. No value in it may stand under more than `deepest` others.
pub fn read(text: &str, deepest: usize) -> Result<Node<'_>, NotJson> {
    let mut reader = Reader { text, at: 0, deepest };
    reader.blanks();
    let node = reader.value(0)?;
    reader.blanks();
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.fault(Expected::End)),
    }
}

/// Lines and columns of byte offsets that rise, both counted from 1. As Java does, columns count UTF-16 units, and lines end
/// in a line feed, in a carriage return or in both.
pub fn positions(text: &str, offsets: impl IntoIterator<Item = usize>) -> Vec<Position> {
    let ends_line = |(at, byte): &(usize, u8)| match byte {
        b'\n' => true,
        b'\r' => text.as_bytes().get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    let (mut reached, mut here) = (0, Position { line: 1, column: 1 });
    let positions = offsets.into_iter().map(|offset| {
        let passed = text.get(reached..offset).unwrap_or_default();
        let ends = (reached..).zip(passed.bytes()).filter(ends_line);
        let (lines, start) = ends.fold((0, None), |(lines, _), (at, _)| (lines + 1, Some(at + 1)));
        let column = if start.is_some() { 1 } else { here.column };
        let last = text.get(start.unwrap_or(reached)..offset).unwrap_or_default();
        here = Position { line: here.line + lines, column: column + last.encode_utf16().count() };
        reached = offset.max(reached);
        here
    });
    positions.collect()
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    // ATTACK: 131,072 opening brackets would overflow the stack of a reader without this bound.
    deepest: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn position(&self) -> Position {
        positions(self.text, [self.at]).pop().unwrap_or(Position { line: 1, column: 1 })
    }

    fn fault(&self, expected: Expected) -> NotJson {
        let found = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        NotJson { expected, found, position: self.position() }
    }

    fn value(&mut self, depth: usize) -> Result<Node<'t>, NotJson> {
        if depth > self.deepest {
            return Err(self.fault(Expected::LessDepth));
        }
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => return Err(self.fault(Expected::Value)),
        };
        Ok(Node { value, start, end: self.at })
    }

    fn object(&mut self, depth: usize) -> Result<Value<'t>, NotJson> {
        self.at += 1;
        let mut members = Vec::new();
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(members));
        }
        loop {
            self.blanks();
            if self.peek() != Some(b'"') {
                return Err(self.fault(Expected::Key));
            }
            let key = self.string()?;
            self.blanks();
            if self.peek() != Some(b':') {
                return Err(self.fault(Expected::Colon));
            }
            self.at += 1;
            self.blanks();
            members.push((key, self.value(depth + 1)?));
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Object(members));
                }
                _ => return Err(self.fault(Expected::CommaInObject)),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value<'t>, NotJson> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            self.blanks();
            items.push(self.value(depth + 1)?);
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::Array(items));
                }
                _ => return Err(self.fault(Expected::CommaInArray)),
            }
        }
    }

    fn word(&mut self, word: &'static str, value: Value<'t>) -> Result<Value<'t>, NotJson> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let token = rest.find(|ch: char| !ch.is_alphanumeric()).map_or(rest, |end| rest.get(..end).unwrap_or(rest));
        if token != word {
            return Err(self.fault(Expected::Word { token: token.to_owned() }));
        }
        self.at += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<Value<'t>, NotJson> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Value::Number(self.text.get(start..self.at).unwrap_or_default()))
    }

    fn digits(&mut self) -> Result<(), NotJson> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.fault(Expected::Digit)) } else { Ok(()) }
    }

    fn string(&mut self) -> Result<String, NotJson> {
        self.at += 1;
        let mut value = String::new();
        loop {
            let plain = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..=0x1f)) {
                self.at += 1;
            }
            value.push_str(self.text.get(plain..self.at).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(value);
                }
                Some(b'\\') => {
                    self.at += 1;
                    value.push(self.escape()?);
                }
                None => return Err(self.fault(Expected::ClosingQuote)),
                Some(_) => return Err(self.fault(Expected::NoControlCharacter)),
            }
        }
    }

    fn escape(&mut self) -> Result<char, NotJson> {
        let plain = match self.peek() {
            Some(b'u') => return self.unicode_escape(),
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            _ => return Err(self.fault(Expected::Escape)),
        };
        self.at += 1;
        Ok(plain)
    }

    /// Reads what follows the backslash of `\u0041`, or of a surrogate pair. A lone half is no text and refused.
    fn unicode_escape(&mut self) -> Result<char, NotJson> {
        let first = self.hex_unit()?;
        if let Some(ch) = char::from_u32(first) {
            return Ok(ch);
        }
        let paired = self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u"));
        if !paired || first >= 0xdc00 {
            return Err(self.fault(Expected::Escape));
        }
        self.at += 1;
        let second = self.hex_unit()?;
        let joined = 0x1_0000 + ((first & 0x3ff) << 10) + (second & 0x3ff);
        let is_low = (0xdc00..=0xdfff).contains(&second);
        is_low.then(|| char::from_u32(joined)).flatten().ok_or_else(|| self.fault(Expected::Escape))
    }

    fn hex_unit(&mut self) -> Result<u32, NotJson> {
        self.at += 1;
        let digits = self.text.get(self.at..self.at + 4).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits.and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let unit = unit.ok_or_else(|| self.fault(Expected::Escape))?;
        self.at += 4;
        Ok(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_fault(text: &str, expected: &Expected, found: Option<char>, line: usize, column: usize) {
        let fault = read(text, 8).expect_err(text);
        assert_eq!((&fault.expected, fault.found), (expected, found), "{text}");
        assert_eq!(fault.position, Position { line, column }, "{text}");
    }

    #[test]
    fn positions_are_those_of_each_offset_alone() {
        let text = "{\r\n \"\u{1f600}é\":\n\r1,\r\n\n2}";
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        for (at, together) in ends.iter().zip(positions(text, ends.iter().copied())) {
            assert_eq!(positions(text, [*at]), [together], "{at}");
        }
        assert_eq!(positions(text, [text.len()]), [Position { line: 6, column: 3 }]);
    }

    #[test]
    fn faults_name_the_character_and_the_place() {
        check_fault("invalid", &Expected::Value, Some('i'), 1, 1);
        check_fault("", &Expected::Value, None, 1, 1);
        check_fault("{\n  \"a\" 1}", &Expected::Colon, Some('1'), 2, 7);
        check_fault("{\r  \"a\" 1}", &Expected::Colon, Some('1'), 2, 7);
        check_fault("{\r\n\r\r\n  \"a\" 1}", &Expected::Colon, Some('1'), 4, 7);
        check_fault("{\"a\":1,}", &Expected::Key, Some('}'), 1, 8);
        check_fault("[1 2]", &Expected::CommaInArray, Some('2'), 1, 4);
        check_fault("{\"a\":1 \"b\":2}", &Expected::CommaInObject, Some('"'), 1, 8);
        check_fault("{} x", &Expected::End, Some('x'), 1, 4);
        check_fault("[tru]", &Expected::Word { token: "tru".to_owned() }, Some('t'), 1, 2);
        check_fault("[\"a\nb\"]", &Expected::NoControlCharacter, Some('\n'), 1, 4);
        check_fault("[\"a", &Expected::ClosingQuote, None, 1, 4);
        check_fault("[\"\\ud800\"]", &Expected::Escape, Some('"'), 1, 9);
        check_fault("[\"😀\" 1]", &Expected::CommaInArray, Some('1'), 1, 7);
        check_fault("[-]", &Expected::Digit, Some(']'), 1, 3);
        check_fault("[01]", &Expected::CommaInArray, Some('1'), 1, 3);
    }

    #[test]
    fn depth_is_bounded() {
        assert_eq!(read(&"[".repeat(100_000), 64).expect_err("deep").expected, Expected::LessDepth);
        assert!(read("[[0]]", 2).is_ok());
        assert_eq!(read("[[0]]", 1).expect_err("deep").expected, Expected::LessDepth);
    }

    #[test]
    fn repeated_keys_and_spellings_survive() {
        let node = read(r#" {"a":1.0,"a":"\u0041\ud83d\ude00\n"} "#, 8).expect("json");
        let Value::Object(members) = node.value else { panic!("object") };
        assert!(matches!(members[0].1.value, Value::Number("1.0")));
        assert!(matches!(&members[1].1.value, Value::Text(text) if text == "A😀\n"));
        assert_eq!((node.start, node.end), (1, 37));
    }
}
