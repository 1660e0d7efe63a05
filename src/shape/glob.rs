//! Patterns as people write them: `*` for any text, `?` for one character.

/// Whether the whole of `text` is as `pattern` says. Takes no longer than the product of their lengths.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut reached) = (0, 0);
    // Where the last star stands, and how much of the text it has been given.
    let mut star: Option<(usize, usize)> = None;
    while let Some(letter) = text.get(reached) {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, reached));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == letter => {
                at += 1;
                reached += 1;
            }
            _ => {
                let Some((place, given)) = star else { return false };
                star = Some((place, given + 1));
                at = place + 1;
                reached = given + 1;
            }
        }
    }
    pattern.iter().skip(at).all(|rest| *rest == '*')
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
    }
}
