//! JSON for people to read.

/// The same JSON with a line for each member. Nothing but the blanks between its parts is changed.
pub fn indented(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if in_string {
            out.push(letter);
            in_string = escaped || letter != '"';
            escaped = !escaped && letter == '\\';
            continue;
        }
        match letter {
            letter if letter.is_ascii_whitespace() => {}
            '{' | '[' => {
                out.push(letter);
                while letters.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(end) = letters.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    begin_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                begin_line(&mut out, depth);
                out.push(letter);
            }
            ',' => {
                out.push(',');
                begin_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            letter => {
                in_string = letter == '"';
                out.push(letter);
            }
        }
    }
    out
}

fn begin_line(out: &mut String, depth: usize) {
    out.push('\n');
    // ATTACK: what is nested a thousand times does not become a thousand times as long.
    out.extend(std::iter::repeat_n("  ", depth.min(20)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(indented(text), expect);
        assert_eq!(indented(expect), expect, "what is indented stays so");
    }

    #[test]
    fn every_member_has_a_line_and_no_letter_is_lost() {
        check(
            r#"{"a":[1,{"b" : [ ]}],"c":{}}"#,
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}",
        );
        check(r#"["{,:[]\\\" ","\\"]"#, "[\n  \"{,:[]\\\\\\\" \",\n  \"\\\\\"\n]");
    }

    #[test]
    fn what_is_nested_deeply_does_not_grow_beyond_measure() {
        let deep = "[".repeat(5000);
        assert!(indented(&deep).len() < 50 * deep.len());
    }
}
