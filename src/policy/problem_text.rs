//! Says in plain words why a document is refused, for whoever wrote it into a seed or reads a log.
//!
//! Answers of the API are never written with these words: theirs are AWS's, and stand in `api::errors`.

use std::fmt;

use super::problem::{
    ActionFault, LegacyFault, OperandFamily, ParseError, Problem, ResourceControlFault, ResourceFault,
    SharedIssuerFault, SyntaxFault,
};
use crate::json::{Expected, NotJson};

impl fmt::Display for ParseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(out, "at {}: ", harmless(&self.path, LONGEST_PATH))?;
        }
        write!(out, "{}", self.problem)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(fault) => write!(out, "{fault}"),
            Self::Syntax(fault) => write!(out, "{fault}"),
            Self::OldVersion => out.write_str("it must be written as `2012-10-17`"),
            Self::PrincipalNotAllowed => out.write_str("this kind of policy names no principals"),
            Self::Legacy(fault) => write!(out, "{fault}"),
            Self::RepeatedSid(sid) => write!(out, "an earlier statement has the Sid {} too", quoted(sid)),
            Self::SidCharacters(sid) => {
                write!(out, "it may have only letters from A to Z and digits, and is {}", quoted(sid))
            }
            Self::NoActions => out.write_str("it must name an action, such as `sts:AssumeRole`"),
            Self::NoResources => out.write_str("it must name a resource, such as `*`"),
            Self::Resource(fault) => write!(out, "{fault}"),
            Self::Action(fault) => write!(out, "{fault}"),
            Self::Operand { family, operator, value } => {
                write!(out, "{} compares with {family}, and {} is none", quoted(operator), quoted(value))
            }
            Self::MissingField(field) => write!(out, "this kind of policy needs `{field}` in every statement"),
            Self::EmptyField(_) => out.write_str("it must not be empty"),
            Self::ProhibitedField(field) => write!(out, "this kind of policy may not have `{field}`"),
            Self::NotAssumeRoleAction(action) => write!(
                out,
                "{} may not stand here: a trust policy has `Action` with names such as `sts:AssumeRole`, in these \
                 capitals",
                quoted(action)
            ),
            Self::InvalidPrincipal { kind, value } => principal(out, kind, value),
            Self::FederatedNotProvider(value) => {
                write!(out, "{} is neither the host name of an issuer nor the ARN of a provider", quoted(value))
            }
            Self::SharedIssuer(fault) => write!(out, "{fault}"),
            Self::ResourceControl(fault) => write!(out, "{fault}"),
        }
    }
}

fn principal(out: &mut fmt::Formatter<'_>, kind: &str, value: &str) -> fmt::Result {
    let shown = quoted(value);
    match kind {
        "STAR" => write!(out, "it must name a kind, as in `{{\"AWS\": \"*\"}}`, and is {shown} alone"),
        "AWS" if value == "*" => write!(out, "{shown} must be the only `AWS` principal"),
        "AWS" => write!(out, "{shown} is no account id and no ARN of a user, role or account"),
        "SERVICE" => write!(out, "{shown} is no service, such as `ec2.amazonaws.com`"),
        "FEDERATED" => write!(out, "{shown} is no issuer and no provider"),
        "CANONICAL_USER" => write!(out, "{shown} is no canonical user that may stand here"),
        _ => write!(out, "{shown} is no principal of the kind `{kind}`"),
    }
}

impl fmt::Display for SyntaxFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => out.write_str("it must be an object, in `{ }`"),
            Self::RepeatedElement(name) => write!(out, "{} stands there twice", quoted(name)),
            Self::UnknownElement(name) => write!(out, "{} is no element that is known here", quoted(name)),
            Self::WrongType => out.write_str("it is of another JSON type than may stand here"),
            Self::BadVersion(version) => {
                write!(out, "it must be `2012-10-17` or `2008-10-17`, and is {}", quoted(version))
            }
            Self::NoStatement => out.write_str("it has no `Statement`"),
            Self::EmptyStatement => out.write_str("it must hold a statement"),
            Self::NoEffect => out.write_str("it has no `Effect`, which is `Allow` or `Deny`"),
            Self::BadEffect(effect) => wrong_effect(out, effect),
            Self::BothActions => both(out, "Action"),
            Self::BothResources => both(out, "Resource"),
            Self::BothPrincipals => both(out, "Principal"),
            Self::UnknownPrincipalKind(kind) => {
                write!(out, "{} is none of `AWS`, `Service`, `Federated` and `CanonicalUser`", quoted(kind))
            }
            Self::UnknownOperator(operator) => {
                write!(out, "{} is no operator, such as `StringEquals` in these capitals", quoted(operator))
            }
        }
    }
}

fn wrong_effect(out: &mut fmt::Formatter<'_>, effect: &str) -> fmt::Result {
    write!(out, "it must be `Allow` or `Deny`, and is {}", quoted(effect))
}

fn both(out: &mut fmt::Formatter<'_>, field: &str) -> fmt::Result {
    write!(out, "it may have `{field}` or `Not{field}`, and has both")
}

impl fmt::Display for LegacyFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EffectCase(effect) => wrong_effect(out, effect),
            Self::Date(value) => write!(out, "{} is not {}", quoted(value), OperandFamily::Date),
            Self::Arn(resource) => {
                write!(out, "{} names no service, or skips a part and ends too early for an ARN", quoted(resource))
            }
        }
    }
}

impl fmt::Display for ResourceFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotArn(resource) => {
                write!(out, "{} is neither `*` nor an ARN, such as `arn:aws:s3:::bucket/*`", quoted(resource))
            }
            Self::Partition { partition, .. } => {
                write!(out, "{} is not the partition here, such as `aws` in `arn:aws:s3:::bucket/*`", quoted(partition))
            }
            Self::NoVendor(resource) => write!(out, "{} ends before the name of a service", quoted(resource)),
            Self::OpenVendor(resource) => {
                write!(out, "{} must name its service, in which no wildcard may stand", quoted(resource))
            }
            Self::S3Region(resource) => {
                write!(out, "{} has a region, which buckets and objects leave empty", quoted(resource))
            }
            Self::S3Account(resource) => {
                write!(out, "{} has an account, which buckets and objects leave empty", quoted(resource))
            }
            Self::Route53Region(resource) => {
                write!(out, "{} has a region, which Route 53 leaves empty", quoted(resource))
            }
            Self::IamRegion(resource) => write!(out, "{} has a region, which IAM leaves empty", quoted(resource)),
            Self::IamPath(resource) => {
                write!(out, "{} names nothing that IAM has, such as `role/NAME` or `user/*`", quoted(resource))
            }
        }
    }
}

impl fmt::Display for ActionFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoVendor(action) => {
                write!(out, "{} needs a vendor and a name, such as `sts:AssumeRole`", quoted(action))
            }
            Self::SeveralColons(action) => {
                write!(out, "{} must have one colon, such as `sts:AssumeRole`", quoted(action))
            }
            Self::OpenVendor(vendor) => {
                write!(out, "{} has a wildcard, where a vendor must be named as `sts` in `sts:*`", quoted(vendor))
            }
            Self::BadVendor(vendor) => {
                write!(out, "{} is no vendor, such as `sts` in `sts:AssumeRole`", quoted(vendor))
            }
        }
    }
}

impl fmt::Display for OperandFamily {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Number => "a number",
            Self::Date => "a date, such as `2030-01-31T00:00:00Z`",
            Self::Ip => "an IP address or range, such as `203.0.113.0/24`",
            Self::Arn => "an ARN, such as `arn:aws:s3:::bucket`",
            Self::Binary => "bytes in base64",
        })
    }
}

impl fmt::Display for SharedIssuerFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCondition(issuer) => {
                write!(out, "{} serves many customers, so a condition must say whom you trust", quoted(issuer))
            }
            Self::Unscoped { principal, keys } | Self::NoApplication { issuer: principal, keys } => {
                let keys: Vec<String> = keys.iter().map(|key| quoted(key)).collect();
                write!(
                    out,
                    "{} serves many customers, so a condition must narrow {}",
                    quoted(principal),
                    keys.join(" or ")
                )
            }
        }
    }
}

impl fmt::Display for ResourceControlFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allow => out.write_str("it must be `Deny` in a resource control policy"),
            Self::BareAction => out.write_str("it must name a service, such as `s3:*`"),
            Self::UnsupportedService(vendor) => {
                write!(out, "{} is no service that resource control policies reach", quoted(vendor))
            }
            Self::Element(field) => write!(out, "a resource control policy may not have `{field}`"),
            Self::Principal => out.write_str("it must be `*` in a resource control policy"),
        }
    }
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
fn quoted(text: &str) -> String {
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
