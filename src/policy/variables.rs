//! Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'nobody'}` and the escapes `${*}`, `${?}`, `${$}`.
//!
//! Splits text into pieces once, when a policy is parsed, and finds a variable's value in a request context.
//! What a variable brings in stays literal text: nothing here ever makes a wildcard of it.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use super::context::{ContextValue, RequestContext};

/// One step of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Letters that stand for themselves.
    Literal(Box<str>),
    /// `*`: any run, empty ones, slashes, colons and line feeds included.
    Star,
    /// `?`: exactly one UTF-16 unit.
    Question,
    /// A variable.
    Variable(Variable),
}

/// A `${key}` or `${key, 'default'}` of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    key: Box<str>,
    default: Option<Box<str>>,
}

impl Variable {
    /// The context key as written.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The text this variable stands for, if it has any.
    ///
    /// AWS: an absent key takes the default, a multi-valued key has no value and does not take it either; an empty
    /// value is a value.
    pub(super) fn resolve<'v>(&'v self, context: &'v RequestContext<'_>) -> Option<&'v str> {
        match context.get(&self.key) {
            Some(ContextValue::One(value)) => Some(value),
            Some(ContextValue::Many(_)) => None,
            None => self.default.as_deref(),
        }
    }
}

/// What a text means beyond its letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// `*` and `?` match other text.
    pub wildcards: bool,
    /// `${...}` stands for other text: only in policies of version 2012-10-17.
    pub variables: bool,
}

impl Reading {
    /// Splits at the first colon; those inside variables do not count.
    pub(super) fn cut(self, text: &str) -> Option<(&str, &str)> {
        if self.variables { split_at_colon(text) } else { text.split_once(':') }
    }
}

/// Splits `text` into pieces; neighbouring literals are joined.
pub(super) fn split(text: &str, reading: Reading) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(ch) = rest.chars().next() {
        if reading.variables
            && let Some((inside, after)) = variable_at(rest)
        {
            rest = after;
            match inside {
                "*" | "?" | "$" => literal.push_str(inside),
                _ => {
                    flush(&mut pieces, &mut literal);
                    pieces.push(Piece::Variable(variable(inside)));
                }
            }
            continue;
        }
        rest = rest.get(ch.len_utf8()..).unwrap_or_default();
        match ch {
            '*' if reading.wildcards => {
                flush(&mut pieces, &mut literal);
                // Two stars match what one does, and cost a restart each.
                if pieces.last() != Some(&Piece::Star) {
                    pieces.push(Piece::Star);
                }
            }
            '?' if reading.wildcards => {
                flush(&mut pieces, &mut literal);
                pieces.push(Piece::Question);
            }
            _ => literal.push(ch),
        }
    }
    flush(&mut pieces, &mut literal);
    pieces
}

/// Splits what stands before the first colon outside variables from what stands after it.
pub(super) fn split_at_colon(text: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some((_, after)) = variable_at(rest) {
            at = text.len() - after.len();
        } else if rest.starts_with(':') {
            return Some((text.get(..at)?, rest.get(1..)?));
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    None
}

/// What stands in every closed `${...}` of `text`, without defaults; escapes are told as well.
pub(super) fn names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let Some((inside, after)) = rest.get(at..).and_then(variable_at) else { break };
        names.push(variable(inside).key.into());
        rest = after;
    }
    names
}

/// Whether `text` holds a variable, escapes not counted.
pub(super) fn has_variable(text: &str) -> bool {
    let reading = Reading { wildcards: false, variables: true };
    split(text, reading).iter().any(|piece| matches!(piece, Piece::Variable(_)))
}

/// If `text` begins with a closed `${...}`: its inside, and what follows. An unclosed one is plain text.
fn variable_at(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("${")?.split_once('}')
}

fn variable(inside: &str) -> Variable {
    let parts = inside.split_once(", '").and_then(|(key, rest)| Some((key, rest.strip_suffix('\'')?)));
    match parts {
        Some((key, default)) => Variable { key: key.into(), default: Some(default.into()) },
        None => Variable { key: inside.into(), default: None },
    }
}

fn flush(pieces: &mut Vec<Piece>, literal: &mut String) {
    if !literal.is_empty() {
        pieces.push(Piece::Literal(std::mem::take(literal).into_boxed_str()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Reading = Reading { wildcards: true, variables: true };

    fn literal(text: &str) -> Piece {
        Piece::Literal(text.into())
    }

    fn var(key: &str, default: Option<&str>) -> Piece {
        Piece::Variable(Variable { key: key.into(), default: default.map(Into::into) })
    }

    #[track_caller]
    fn check(text: &str, reading: Reading, pieces: &[Piece]) {
        assert_eq!(split(text, reading), pieces, "{text}");
    }

    #[test]
    fn text_is_split_once() {
        check("", ALL, &[]);
        check("a**b?", ALL, &[literal("a"), Piece::Star, literal("b"), Piece::Question]);
        check("x/${aws:username}/*", ALL, &[literal("x/"), var("aws:username", None), literal("/"), Piece::Star]);
        check("${t, 'no one'}", ALL, &[var("t", Some("no one"))]);
        check("${t, ''}", ALL, &[var("t", Some(""))]);
        check("${t,'x'}", ALL, &[var("t,'x'", None)]);
        check("a${*}${?}${$}b", ALL, &[literal("a*?$b")]);
        check("${open", ALL, &[literal("${open")]);
        check("${}", ALL, &[var("", None)]);
    }

    #[test]
    fn older_versions_have_no_variables() {
        let old = Reading { variables: false, ..ALL };
        check("${a}", old, &[literal("${a}")]);
        check("${*}", old, &[literal("${"), Piece::Star, literal("}")]);
        check("*?", Reading { wildcards: false, variables: true }, &[literal("*?")]);
    }

    #[test]
    fn colons_inside_variables_do_not_split() {
        assert_eq!(split_at_colon("${aws:x}y:z:"), Some(("${aws:x}y", "z:")));
        assert_eq!(split_at_colon("${aws:x}"), None);
    }
}
