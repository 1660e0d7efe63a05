//! The grammar of a policy: from a JSON tree to statements whose elements have the right names and types.
//!
//! Everything refused here is, to IAM, one sentence about syntax. What well-formed elements may say is `rules.rs`.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::fmt;

use super::condition::{Condition, Operator};
use super::document::Version;
use super::principal::PrincipalKind;
use super::problem::{ParseError, Problem, SyntaxFault};
use crate::json::{Node, Value};

/// A document of the right shape.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) version: Option<Version>,
    pub(super) id: Option<String>,
    pub(super) statements: Vec<DraftStatement>,
}

/// A statement of the right shape.
#[derive(Debug)]
pub(super) struct DraftStatement {
    /// Its place in the list; `None` if `Statement` is the object itself.
    pub(super) at: Option<usize>,
    pub(super) sid: Option<String>,
    /// One of the two words, in any case.
    pub(super) effect: String,
    pub(super) principal: Option<Principals>,
    pub(super) actions: Option<List>,
    pub(super) resources: Option<List>,
    pub(super) conditions: Vec<Condition>,
    pub(super) place: (usize, usize),
}

/// `X` or `NotX` with its texts.
#[derive(Debug)]
pub(super) struct List {
    pub(super) negated: bool,
    pub(super) texts: Vec<String>,
}

impl List {
    /// The element of one of its texts, by the name of its positive form: `Action`, `NotAction[2]`.
    pub(super) fn element(&self, name: &str, at: usize) -> String {
        element(&format!("{}{name}", if self.negated { "Not" } else { "" }), at, self.texts.len())
    }
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug)]
pub(super) struct Principals {
    pub(super) negated: bool,
    /// How many kinds are told, those that name nobody included.
    pub(super) kinds: usize,
    pub(super) entries: Vec<(PrincipalKind, String)>,
}

impl DraftStatement {
    pub(super) fn fault(&self, element: impl fmt::Display, problem: impl Into<Problem>) -> ParseError {
        ParseError::new(statement_path(self.at) + "." + &element.to_string(), problem)
    }
}

/// Reads the grammar off a tree.
pub(super) fn read(root: &Node<'_>) -> Result<Draft, ParseError> {
    let Value::Object(members) = &root.value else {
        return Err(ParseError::new("", SyntaxFault::NotAnObject));
    };
    known_once(members, &["Version", "Id", "Statement"], "")?;
    let version = find(members, "Version").map(version).transpose()?;
    let id = find(members, "Id").map(|node| text(node, || "Id".to_owned())).transpose()?;
    let variables = version == Some(Version::V2012);
    let listed = find(members, "Statement").ok_or_else(|| ParseError::new("", SyntaxFault::NoStatement))?;
    let statements = match &listed.value {
        Value::Object(members) => {
            vec![statement(members, None, variables, (listed.start + 1, listed.end))?]
        }
        Value::Array(items) if items.is_empty() => {
            return Err(ParseError::new("Statement", SyntaxFault::EmptyStatement));
        }
        Value::Array(items) => {
            let mut statements = Vec::with_capacity(items.len());
            let mut before = listed.start + 1;
            for (at, item) in items.iter().enumerate() {
                let Value::Object(members) = &item.value else {
                    return Err(ParseError::new(statement_path(Some(at)), SyntaxFault::WrongType));
                };
                statements.push(statement(members, Some(at), variables, (before, item.end))?);
                before = item.end;
            }
            statements
        }
        _ => return Err(ParseError::new("Statement", SyntaxFault::WrongType)),
    };
    Ok(Draft { version, id, statements })
}

type Members<'t> = [(String, Node<'t>)];

fn version(node: &Node<'_>) -> Result<Version, ParseError> {
    let text = text(node, || "Version".to_owned())?;
    Version::named(&text).ok_or_else(|| ParseError::new("Version", SyntaxFault::BadVersion(text)))
}

fn statement(
    members: &Members<'_>,
    at: Option<usize>,
    variables: bool,
    place: (usize, usize),
) -> Result<DraftStatement, ParseError> {
    let path = statement_path(at);
    known_once(members, &ELEMENTS, &path)?;
    let inner = |element: &str| format!("{path}.{element}");
    let sid = find(members, "Sid").map(|node| text(node, || inner("Sid"))).transpose()?;
    let effect = find(members, "Effect").ok_or_else(|| ParseError::new(path.as_str(), SyntaxFault::NoEffect))?;
    let effect = text(effect, || inner("Effect"))?;
    if !effect.eq_ignore_ascii_case("Allow") && !effect.eq_ignore_ascii_case("Deny") {
        return Err(ParseError::new(inner("Effect"), SyntaxFault::BadEffect(effect)));
    }
    let principal = match either(members, "Principal", "NotPrincipal") {
        Err(()) => return Err(ParseError::new(path.as_str(), SyntaxFault::BothPrincipals)),
        Ok(None) => None,
        Ok(Some((node, negated, name))) => Some(principals(node, negated, &inner(name))?),
    };
    let list = |positive, negative, both: SyntaxFault| match either(members, positive, negative) {
        Err(()) => Err(ParseError::new(path.as_str(), both)),
        Ok(None) => Ok(None),
        Ok(Some((node, negated, name))) => Ok(Some(List { negated, texts: texts(node, &inner(name))? })),
    };
    let actions = list("Action", "NotAction", SyntaxFault::BothActions)?;
    let resources = list("Resource", "NotResource", SyntaxFault::BothResources)?;
    let conditions = match find(members, "Condition") {
        None => Vec::new(),
        Some(node) => conditions(node, variables, &inner("Condition"))?,
    };
    Ok(DraftStatement { at, sid, effect, principal, actions, resources, conditions, place })
}

fn principals(node: &Node<'_>, negated: bool, path: &str) -> Result<Principals, ParseError> {
    let mut entries = Vec::new();
    let mut kinds = 1;
    match &node.value {
        Value::Text(text) => entries.push((PrincipalKind::Star, text.clone())),
        Value::Object(members) => {
            known_once(members, &[], path)?;
            kinds = members.len();
            for (name, node) in members {
                let inner = format!("{path}.{name}");
                let known = PrincipalKind::named(name).filter(|known| *known != PrincipalKind::Star);
                let kind = known
                    .ok_or_else(|| ParseError::new(inner.as_str(), SyntaxFault::UnknownPrincipalKind(name.clone())))?;
                entries.extend(texts(node, &inner)?.into_iter().map(|text| (kind, text)));
            }
        }
        _ => return Err(ParseError::new(path, SyntaxFault::WrongType)),
    }
    Ok(Principals { negated, kinds, entries })
}

fn conditions(node: &Node<'_>, variables: bool, path: &str) -> Result<Vec<Condition>, ParseError> {
    let Value::Object(operators) = &node.value else {
        return Err(ParseError::new(path, SyntaxFault::WrongType));
    };
    known_once(operators, &[], path)?;
    let mut conditions = Vec::new();
    for (name, node) in operators {
        let inner = format!("{path}.{name}");
        let Value::Object(keys) = &node.value else {
            return Err(ParseError::new(inner, SyntaxFault::WrongType));
        };
        known_once(keys, &[], &inner)?;
        for (key, node) in keys {
            // AWS: an unknown operator is refused only if something stands under it (measured).
            let operator = Operator::parse(name)
                .ok_or_else(|| ParseError::new(inner.as_str(), SyntaxFault::UnknownOperator(name.clone())))?;
            let values = condition_values(node, &format!("{inner}.{key}"))?;
            conditions.push(Condition::new(operator, key, values, variables));
        }
    }
    Ok(conditions)
}

/// Values are compared by their text, so a number keeps its spelling.
fn condition_values(node: &Node<'_>, path: &str) -> Result<Vec<String>, ParseError> {
    let one = |node: &Node<'_>| match &node.value {
        Value::Text(text) => Ok(text.clone()),
        Value::Number(spelling) => Ok((*spelling).to_owned()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(ParseError::new(path, SyntaxFault::WrongType)),
    };
    match &node.value {
        Value::Array(items) => items.iter().map(one).collect(),
        _ => Ok(vec![one(node)?]),
    }
}

/// A text or a list of texts, in which `null` is passed over.
fn texts(node: &Node<'_>, path: &str) -> Result<Vec<String>, ParseError> {
    let Value::Array(items) = &node.value else {
        return Ok(vec![text(node, || path.to_owned())?]);
    };
    let mut texts = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        if !matches!(item.value, Value::Null) {
            texts.push(text(item, || format!("{path}[{at}]"))?);
        }
    }
    Ok(texts)
}

fn text(node: &Node<'_>, path: impl Fn() -> String) -> Result<String, ParseError> {
    match &node.value {
        Value::Text(text) => Ok(text.clone()),
        _ => Err(ParseError::new(path(), SyntaxFault::WrongType)),
    }
}

fn find<'n, 't>(members: &'n Members<'t>, name: &str) -> Option<&'n Node<'t>> {
    members.iter().find(|(key, _)| key == name).map(|(_, node)| node)
}

type Either<'n, 't> = Option<(&'n Node<'t>, bool, &'static str)>;

fn either<'n, 't>(
    members: &'n Members<'t>,
    positive: &'static str,
    negative: &'static str,
) -> Result<Either<'n, 't>, ()> {
    match (find(members, positive), find(members, negative)) {
        (Some(_), Some(_)) => Err(()),
        (Some(node), None) => Ok(Some((node, false, positive))),
        (None, Some(node)) => Ok(Some((node, true, negative))),
        (None, None) => Ok(None),
    }
}

/// Refuses a key that stands twice and, unless `known` is empty, one that is not known.
// ATTACK: a reader that keeps one of two equal keys judges another policy than the one its author read.
fn known_once(members: &Members<'_>, known: &[&str], path: &str) -> Result<(), ParseError> {
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    if let Some(name) = names.iter().find(|name| !known.is_empty() && !known.contains(name)) {
        return Err(ParseError::new(path, SyntaxFault::UnknownElement((*name).to_owned())));
    }
    names.sort_unstable();
    match names.windows(2).find(|pair| pair.first() == pair.last()).and_then(<[_]>::first) {
        Some(name) => Err(ParseError::new(path, SyntaxFault::RepeatedElement((*name).to_owned()))),
        None => Ok(()),
    }
}

/// `Action` if there is one, `Action[2]` if there are several.
pub(super) fn element(name: &str, at: usize, of: usize) -> String {
    if of > 1 { format!("{name}[{at}]") } else { name.to_owned() }
}

fn statement_path(at: Option<usize>) -> String {
    at.map_or_else(|| "Statement".to_owned(), |at| format!("Statement[{at}]"))
}

const ELEMENTS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
