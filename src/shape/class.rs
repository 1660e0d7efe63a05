//! Matches a whole text against one character class, as Java's regular expressions read it.

/// How many ranges a class may hold beyond ASCII; the longest AWS class needs seven.
const RANGES: usize = 12;

/// A compiled character class with its quantifier, such as `[\w+=,.@-]*`.
#[derive(Clone, Copy, Debug)]
pub struct Class {
    ranges: [(u32, u32); RANGES],
    used: usize,
    ascii: [bool; 128],
    may_be_empty: bool,
}

impl Class {
    /// Compiles `[...]*` or `[...]+`.
    ///
    /// # Panics
    /// A pattern that this matcher cannot read stops the build.
    ///
    /// `\uXXXX` takes four digits, so AWS's `\u10000-\u10FFFF` means what Java makes of it:
    /// `\u1000`, a range from `0` to `\u10FF`, and `FF`. That is why characters beyond U+FFFF never match.
    #[expect(clippy::indexing_slicing, clippy::panic, reason = "runs at build time only")]
    pub const fn of(pattern: &str) -> Self {
        let text = pattern.as_bytes();
        let mut class = Self { ranges: [(1, 0); RANGES], used: 0, ascii: [false; 128], may_be_empty: false };
        let last = text.len() - 1;
        assert!(text[0] == b'[' && text[last - 1] == b']');
        class.may_be_empty = match text[last] {
            b'*' => true,
            b'+' => false,
            _ => panic!("a class ends in * or +"),
        };
        let mut at = 1;
        while at < last - 1 {
            if text[at] == b'\\' && text[at + 1] == b'w' {
                class = class.with(b'a' as u32, b'z' as u32).with(b'A' as u32, b'Z' as u32);
                class = class.with(b'0' as u32, b'9' as u32).with(b'_' as u32, b'_' as u32);
                at += 2;
            } else if text[at] == b'\\' && text[at + 1] == b'd' {
                class = class.with(b'0' as u32, b'9' as u32);
                at += 2;
            } else if text[at] == b'\\' && text[at + 1] == b'p' {
                class = class.with_category(text[at + 3]);
                at += 5;
            } else {
                let (from, after) = character(text, at);
                if text[after] == b'-' && after + 1 < last - 1 {
                    let (to, after) = character(text, after + 1);
                    class = class.with(from, to);
                    at = after;
                } else {
                    class = class.with(from, from);
                    at = after;
                }
            }
        }
        class
    }

    /// Whether every character of `text` is in the class.
    pub fn matches(&self, text: &str) -> bool {
        if text.is_empty() {
            return self.may_be_empty;
        }
        let is_plain = text.bytes().all(|byte| self.ascii.get(usize::from(byte)).is_some_and(|held| *held));
        is_plain || text.chars().all(|character| self.holds(character))
    }

    fn holds(&self, character: char) -> bool {
        let code = u32::from(character);
        if let Some(held) = self.ascii.get(code as usize) {
            return *held;
        }
        self.ranges.iter().take(self.used).any(|(from, to)| match (*from, *to) {
            (CATEGORY, category) => in_category(character, category),
            (from, to) => (from..=to).contains(&code),
        })
    }

    #[expect(clippy::indexing_slicing, reason = "runs at build time only")]
    const fn with(mut self, from: u32, to: u32) -> Self {
        let mut code = from;
        while code <= to && code < 128 {
            self.ascii[code as usize] = true;
            code += 1;
        }
        if to >= 128 {
            self.ranges[self.used] = (from, to);
            self.used += 1;
        }
        self
    }

    #[expect(clippy::indexing_slicing, reason = "runs at build time only")]
    const fn with_category(mut self, category: u8) -> Self {
        let mut code = 0;
        while code < 128 {
            let byte = code as u8;
            let held = match category {
                b'L' => byte.is_ascii_alphabetic(),
                b'N' => byte.is_ascii_digit(),
                _ => byte == b' ',
            };
            if held {
                self.ascii[code as usize] = true;
            }
            code += 1;
        }
        self.ranges[self.used] = (CATEGORY, category as u32);
        self.used += 1;
        self
    }
}

/// Marks a range entry that stands for a Unicode category; no scalar value is this large.
const CATEGORY: u32 = u32::MAX;

/// `\p{L}`, `\p{N}` and `\p{Z}` beyond ASCII.
fn in_category(character: char, category: u32) -> bool {
    match u8::try_from(category) {
        Ok(b'L') => character.is_alphabetic(),
        Ok(b'N') => character.is_numeric(),
        Ok(b'Z') => matches!(
            character,
            '\u{A0}' | '\u{1680}' | '\u{2000}'
                ..='\u{200A}' | '\u{2028}' | '\u{2029}' | '\u{202F}' | '\u{205F}' | '\u{3000}'
        ),
        _ => false,
    }
}

/// One character of the class and the position behind it.
#[expect(clippy::indexing_slicing, clippy::panic, reason = "runs at build time only")]
const fn character(text: &[u8], at: usize) -> (u32, usize) {
    if text[at] != b'\\' {
        return (text[at] as u32, at + 1);
    }
    if text[at + 1] != b'u' {
        return (text[at + 1] as u32, at + 2);
    }
    let mut code = 0;
    let mut digit = at + 2;
    while digit < at + 6 {
        let value = (text[digit] as char).to_digit(16);
        code = match value {
            Some(value) => code * 16 + value,
            None => panic!("\\u takes four hexadecimal digits"),
        };
        digit += 1;
    }
    (code, at + 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(class: &Class, text: &str, expect: bool) {
        assert_eq!(class.matches(text), expect, "{text:?}");
    }

    #[test]
    fn a_class_covers_the_whole_text() {
        let class = Class::of(r"[\w+=,.@-]*");
        check(&class, "", true);
        check(&class, "build-17@ci.example", true);
        check(&class, "a b", false);
        check(&class, "é", false);
        check(&class, "a:b", false);
    }

    #[test]
    fn four_digit_escapes_shut_out_what_lies_beyond_them() {
        let class = Class::of(r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+");
        check(&class, "arn:aws:iam::123456789012:role/x", true);
        check(&class, "é€", true);
        check(&class, "😀", false);
        check(&class, "\u{0}", false);
        check(&class, "", false);
    }

    #[test]
    fn categories_reach_beyond_ascii() {
        let class = Class::of(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+");
        check(&class, "Kostenstelle ä-1", true);
        check(&class, "a<b", false);
    }
}
