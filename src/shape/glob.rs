//! Patterns as people write them: `*` for any text, `?` for one character.

use super::questions::{self, Unit};

/// A pattern that was read.
#[derive(Clone, Debug)]
pub struct Glob(Vec<Vec<Unit<char>>>);

impl Glob {
    /// Reads a pattern. There is none that is none.
    pub fn new(pattern: &str) -> Self {
        let unit = |letter| (letter != '?').then_some(letter);
        Self(pattern.split('*').map(|segment| segment.chars().map(unit).collect()).collect())
    }

    /// Whether the whole of `text` is as it says. However many stars it has, this takes little longer than reading both.
    pub fn matches(&self, text: &str) -> bool {
        questions::matches(&self.0, &text.chars().collect::<Vec<char>>())
    }
}

/// Whether the whole of `text` is as `pattern` says.
pub fn matches(pattern: &str, text: &str) -> bool {
    Glob::new(pattern).matches(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_stand_for_texts_and_letters() {
        for (pattern, text) in
            [("", ""), ("*", ""), ("a*c", "abbc"), ("*/reader", "arn:role/x/reader"), ("a?c", "aéc"), ("**", "x")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("a", ""), ("?", ""), ("a*c", "abcd"), ("*/reader", "reader"), ("A", "a")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
        assert!(!matches(&"*a".repeat(60), &"a".repeat(59)));
        for pattern in ["a*".repeat(1000) + "b", "*".to_owned() + &"a?".repeat(10_000) + "b*", "?*".repeat(1000) + "b"]
        {
            assert!(!matches(&pattern, &"a".repeat(200_000)), "{pattern:.20}");
        }
    }
}
