//! Puts the environment into secrets: `${NAME}`, `${NAME:-default}`, and `$${` for the two characters themselves.
//!
//! Never used on anything else: policy documents hold variables of IAM in the same notation.

/// Why a secret could not be filled in. Holds no part of the secret but the name of a variable.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// Not set, or empty, and without a default.
    Missing(String),
    /// `${` without `}`.
    Unclosed,
    /// What stands between the braces is no name.
    NoName,
    /// A default with a variable in it.
    Nested,
}

/// `text` with its variables replaced. A default may hold anything but `}` and `${`.
pub(super) fn interpolate(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<String, Problem> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        if let Some(escaped) = before.strip_suffix('$') {
            out.push_str(escaped);
            out.push_str("${");
            rest = behind;
            continue;
        }
        out.push_str(before);
        let (inner, after) = behind.split_once('}').ok_or(Problem::Unclosed)?;
        let (name, default) = match inner.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inner, None),
        };
        if !is_name(name) {
            return Err(Problem::NoName);
        }
        // WHY: the first `}` ends the variable, so a variable in a default would be taken by its letters.
        if default.is_some_and(|default| default.contains("${")) {
            return Err(Problem::Nested);
        }
        let value = environment(name).filter(|value| !value.is_empty());
        match (value, default) {
            (Some(value), _) => out.push_str(&value),
            (None, Some(default)) => out.push_str(default),
            (None, None) => return Err(Problem::Missing(name.to_owned())),
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn is_name(text: &str) -> bool {
    let lettered = text.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
    lettered && !text.is_empty() && !text.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Result<&str, Problem>) {
        let environment = |name: &str| match name {
            "KEY" => Some("value".to_owned()),
            "EMPTY" => Some(String::new()),
            "NESTED" => Some("${KEY}".to_owned()),
            _ => None,
        };
        assert_eq!(interpolate(text, &environment), expect.map(str::to_owned), "{text}");
    }

    #[test]
    fn variables_are_replaced_once() {
        check("${KEY}", Ok("value"));
        check("a${KEY}b${KEY}", Ok("avaluebvalue"));
        check("${NESTED}", Ok("${KEY}"));
        check("a$b{c}$", Ok("a$b{c}$"));
    }

    #[test]
    fn a_default_stands_in_for_what_is_missing_or_empty() {
        check("${NONE:-fallback}", Ok("fallback"));
        check("${EMPTY:-fallback}", Ok("fallback"));
        check("${KEY:-fallback}", Ok("value"));
        check("${NONE:-}", Ok(""));
        check("${NONE}", Err(Problem::Missing("NONE".to_owned())));
        check("${EMPTY}", Err(Problem::Missing("EMPTY".to_owned())));
    }

    #[test]
    fn a_doubled_dollar_escapes() {
        check("$${KEY}", Ok("${KEY}"));
        check("$$${KEY}", Ok("$${KEY}"));
        check("$${KEY}${KEY}", Ok("${KEY}value"));
    }

    #[test]
    fn a_default_holds_no_variable_whether_it_is_needed_or_not() {
        check("${NONE:-${KEY}}", Err(Problem::Nested));
        check("${KEY:-${NONE}}", Err(Problem::Nested));
        check("${NONE:-a$${KEY}}", Err(Problem::Nested));
        check("${NONE:-a$}${KEY}", Ok("a$value"));
    }

    #[test]
    fn broken_variables_are_refused() {
        check("${KEY", Err(Problem::Unclosed));
        check("${}", Err(Problem::NoName));
        check("${1A}", Err(Problem::NoName));
        check("${a b}", Err(Problem::NoName));
    }
}
