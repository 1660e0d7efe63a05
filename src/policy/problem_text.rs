//! What the plain words for a refused document are made of.

use std::fmt;

use super::problem::ParseError;
use crate::json::{Expected, NotJson};

impl fmt::Display for ParseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(out, "at {}: ", harmless(&self.path, LONGEST_PATH))?;
        }
        write!(out, "{}", self.problem)
    }
}

pub(super) fn principal(kind: &str, value: &str) -> String {
    let shown = quoted(value);
    match kind {
        "STAR" => format!("it must name a kind, as in `{{\"AWS\": \"*\"}}`, and is {shown} alone"),
        "AWS" if value == "*" => format!("{shown} must be the only `AWS` principal"),
        "AWS" => format!("{shown} is no account id and no ARN of a user, role or account"),
        "SERVICE" => format!("{shown} is no service, such as `ec2.amazonaws.com`"),
        "FEDERATED" => format!("{shown} is no issuer and no provider"),
        "CANONICAL_USER" => format!("{shown} is no canonical user that may stand here"),
        _ => format!("{shown} is no principal of the kind `{kind}`"),
    }
}

pub(super) fn unscoped(issuer: &str, keys: &[String]) -> String {
    let keys: Vec<String> = keys.iter().map(|key| quoted(key)).collect();
    format!("{} serves many customers, so a condition must narrow {}", quoted(issuer), keys.join(" or "))
}

impl fmt::Display for NotJson {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = format!("at line {}, column {}", self.position.line, self.position.column);
        match (&self.expected, self.found) {
            (Expected::LessDepth, _) => write!(out, "it is nested too deep {place}"),
            (Expected::Word { token }, _) => write!(out, "it is no JSON: {} {place} is no value", quoted(token)),
            (expected, None) => write!(out, "it is no JSON: it ends {place}, before {expected}"),
            (expected, Some(found)) if found.is_control() => {
                write!(out, "it is no JSON: a control character stands {place}, not {expected}")
            }
            (expected, Some(found)) => write!(out, "it is no JSON: `{found}` stands {place}, not {expected}"),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Value => "a value",
            Self::Key => "a key in double quotes",
            Self::Colon => "a colon",
            Self::CommaInObject => "a comma or `}`",
            Self::CommaInArray => "a comma or `]`",
            Self::Digit => "a digit",
            Self::Word { .. } => "`true`, `false` or `null`",
            Self::ClosingQuote => "a closing quote",
            Self::NoControlCharacter => "its escape, such as `\\n`",
            Self::Escape => "an escape, such as `\\n` or `\\u0041`",
            Self::End => "the end",
            Self::LessDepth => "less depth",
        })
    }
}

/// `text` in backticks; where nothing stands there is nothing to put in them.
pub(super) fn quoted(text: &str) -> String {
    if text.is_empty() { "the empty text".to_owned() } else { format!("`{}`", harmless(text, LONGEST_TEXT)) }
}

// ATTACK: a document may be a stranger's, and its letters shall neither steer a terminal nor flood a log.
fn harmless(text: &str, longest: usize) -> String {
    let shown = text.chars().take(longest).map(|letter| if letter.is_control() { '\u{FFFD}' } else { letter });
    let cut = if text.chars().nth(longest).is_some() { "..." } else { "" };
    shown.collect::<String>() + cut
}

const LONGEST_TEXT: usize = 72;
const LONGEST_PATH: usize = 144;

#[cfg(test)]
mod tests {
    use super::super::document::Policy;
    use super::super::parse::PolicyKind;
    use super::super::problem::SyntaxFault;
    use super::super::trust::check_shared_issuers;
    use super::*;
    use crate::json;

    #[track_caller]
    fn check(kind: PolicyKind, statement: &str, expect: &str) {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{{{}}}]}}"#, statement.replace('\'', "\""));
        let refused = Policy::parse(&text, kind).and_then(|policy| check_shared_issuers(&policy)).expect_err(&text);
        assert_eq!(refused.to_string(), expect);
    }

    #[track_caller]
    fn identity(statement: &str, expect: &str) {
        check(PolicyKind::Identity, statement, expect);
    }

    #[track_caller]
    fn trust(statement: &str, expect: &str) {
        check(PolicyKind::Trust, &format!("'Effect':'Allow',{statement}"), expect);
    }

    #[test]
    fn statements_are_told_what_they_lack() {
        let effect = "at Statement[0].Effect: it must be `Allow` or `Deny`, and is";
        identity("'Effect':'allow'", &format!("{effect} `allow`"));
        identity("'Effect':''", &format!("{effect} the empty text"));
        identity("'Action':'*'", "at Statement[0]: it has no `Effect`, which is `Allow` or `Deny`");
        identity("'Effect':'Deny','Actions':'*'", "at Statement[0]: `Actions` is no element that is known here");
        identity(
            "'Effect':'Deny','Action':['s3:*','sts'],'Resource':'*'",
            "at Statement[0].Action[1]: `sts` needs a vendor and a name, such as `sts:AssumeRole`",
        );
        identity(
            "'Effect':'Deny','Action':'*','Resource':'bucket'",
            "at Statement[0].Resource: `bucket` is neither `*` nor an ARN, such as `arn:aws:s3:::bucket/*`",
        );
        identity(
            "'Effect':'Deny','Action':'*','Resource':'*','Condition':{'NumericEquals':{'a':['1','b']}}",
            "at Statement[0].Condition.NumericEquals.a[1]: `NumericEquals` compares with a number, and `b` is none",
        );
    }

    #[test]
    fn trust_policies_are_told_whom_and_what_they_may_name() {
        trust(
            "'Principal':{'AWS':'*'},'NotAction':'sts:AssumeRole'",
            "at Statement[0].NotAction: `sts:AssumeRole` may not stand here: a trust policy has `Action` with names \
             such as `sts:AssumeRole`, in these capitals",
        );
        trust(
            "'Principal':'*','Action':'sts:AssumeRole'",
            r#"at Statement[0].Principal: it must name a kind, as in `{"AWS": "*"}`, and is `*` alone"#,
        );
        trust(
            "'Principal':{'AWS':['*','123456789012']},'Action':'sts:AssumeRole'",
            "at Statement[0].Principal: `*` must be the only `AWS` principal",
        );
        trust(
            "'Principal':{'Federated':'accounts.google.com'},'Action':'sts:AssumeRoleWithWebIdentity'",
            "at Statement[0]: `accounts.google.com` serves many customers, so a condition must narrow \
             `accounts.google.com:aud` or `accounts.google.com:oaud` or `accounts.google.com:sub`",
        );
    }

    #[track_caller]
    fn check_json(text: &str, expect: &str) {
        assert_eq!(json::read(text, 8).expect_err(text).to_string(), expect);
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        check_json("", "it is no JSON: it ends at line 1, column 1, before a value");
        check_json("{\n'", "it is no JSON: `'` stands at line 2, column 1, not a key in double quotes");
        check_json(
            "[\"\n\"]",
            "it is no JSON: a control character stands at line 1, column 3, not its escape, such as `\\n`",
        );
        check_json("[True]", "it is no JSON: `T` stands at line 1, column 2, not a value");
        check_json("[tru]", "it is no JSON: `tru` at line 1, column 2 is no value");
        check_json("{} x", "it is no JSON: `x` stands at line 1, column 4, not the end");
    }

    #[test]
    fn strange_letters_and_long_texts_are_not_repeated() {
        let long = "x".repeat(9_999);
        let told = ParseError::new(format!("\u{1b}[2J{long}"), SyntaxFault::BadEffect(long)).to_string();
        assert!(told.starts_with("at \u{FFFD}[2Jx") && told.len() < 300, "{told}");
    }
}
