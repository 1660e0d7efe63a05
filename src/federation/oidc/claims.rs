//! What a token, or a document of its issuer, says: JSON as it stands there, of repeated members the last one.

use std::collections::HashSet;

use crate::json::{self, Node, Value};

/// The members of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims(Vec<(String, Claim)>);

/// The value of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// As it is spelled.
    Number(String),
    /// Its escapes resolved.
    Text(String),
    /// In order.
    List(Vec<Claim>),
    /// An object.
    Members(Claims),
}

/// More than any token needs.
const DEEPEST: usize = 32;

impl Claims {
    /// Reads an object in UTF-8; none if it is anything else, or if anything stands behind it.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let node = json::read(std::str::from_utf8(text).ok()?, DEEPEST).ok()?;
        match Claim::of(node) {
            Claim::Members(members) => Some(members),
            _ => None,
        }
    }

    /// The value of `name`. AWS: of several the last one counts, for checks and conditions alike.
    pub fn get(&self, name: &str) -> Option<&Claim> {
        self.0.iter().rfind(|(found, _)| found == name).map(|(_, claim)| claim)
    }

    /// Every member in order, repeated ones too.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Claim)> {
        self.0.iter().map(|(name, claim)| (name.as_str(), claim))
    }

    /// A name that stands here twice.
    pub(super) fn repeated(&self) -> Option<&str> {
        let mut seen = HashSet::new();
        self.0.iter().map(|(name, _)| name.as_str()).find(|name| !seen.insert(*name))
    }
}

impl Claim {
    fn of(node: Node<'_>) -> Self {
        match node.value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(spelling) => Self::Number(spelling.to_owned()),
            Value::Text(text) => Self::Text(text),
            Value::Array(items) => Self::List(items.into_iter().map(Self::of).collect()),
            Value::Object(members) => {
                Self::Members(Claims(members.into_iter().map(|(name, node)| (name, Self::of(node))).collect()))
            }
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}
