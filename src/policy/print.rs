//! Documents back to text, compact, in the manner in which IAM shows a stored trust policy.
//!
//! AWS (measured): `Version` first, a statement's members in a fixed order, a list of one as the one.

use serde::{Serialize, Serializer};

use super::condition::Condition;
use super::document::{Policy, Statement};
use super::pattern::Pattern;
use super::principal::{PrincipalEntry, PrincipalKind, Who};

/// What documents are made of.
enum Written<'p> {
    Text(&'p str),
    List(Vec<Written<'p>>),
    Object(Vec<(&'p str, Written<'p>)>),
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(members) => serializer.collect_map(members.iter().map(|(name, value)| (name, value))),
        }
    }
}

impl Written<'_> {
    fn to_json(&self) -> String {
        // Texts and names that are texts can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Policy {
    /// Writes the policy as compact JSON. `show` says how a principal is written: as in the document, or as its bare
    /// unique id when the entity it is bound to is gone.
    pub fn print(&self, show: impl FnMut(&PrincipalEntry) -> String) -> String {
        let shown: Vec<String> = self.principals().map(show).collect();
        let mut shown = shown.iter().map(String::as_str);
        let version = self.version().map(|version| ("Version", Written::Text(version.word())));
        let id = self.id().map(|id| ("Id", Written::Text(id)));
        let statements = self.statements().iter().map(|written| statement(written, &mut shown)).collect();
        let members = version.into_iter().chain(id).chain([("Statement", Written::List(statements))]);
        Written::Object(members.collect()).to_json()
    }
}

impl Statement {
    /// Writes the statement as compact JSON, its principals as in the document.
    pub fn print(&self) -> String {
        statement(self, &mut self.who().entries().iter().map(PrincipalEntry::text)).to_json()
    }
}

/// A statement, of which `shown` has the principals in their order.
fn statement<'p>(statement: &'p Statement, shown: &mut impl Iterator<Item = &'p str>) -> Written<'p> {
    let mut members = Vec::new();
    members.extend(statement.sid.as_deref().map(|sid| ("Sid", Written::Text(sid))));
    members.push(("Effect", Written::Text(statement.effect().word())));
    match statement.who() {
        Who::Unsaid => {}
        Who::These(entries) => members.push(("Principal", principals(entries, shown))),
        Who::NotThese(entries) => members.push(("NotPrincipal", principals(entries, shown))),
    }
    let actions = statement.actions();
    members.push((if actions.negated() { "NotAction" } else { "Action" }, list(actions.texts())));
    if let Some(resources) = statement.resources() {
        let name = if resources.negated() { "NotResource" } else { "Resource" };
        members.push((name, list(resources.patterns().iter().map(Pattern::text))));
    }
    if !statement.conditions().is_empty() {
        members.push(("Condition", conditions(statement.conditions())));
    }
    Written::Object(members)
}

fn principals<'p>(entries: &[PrincipalEntry], shown: &mut impl Iterator<Item = &'p str>) -> Written<'p> {
    let shown: Vec<(PrincipalKind, &str)> = entries.iter().map(PrincipalEntry::kind).zip(shown).collect();
    if let [(PrincipalKind::Star, text)] = shown.as_slice() {
        return Written::Text(text);
    }
    let of = |kind| list(shown.iter().filter(|(found, _)| *found == kind).map(|(_, text)| *text));
    let kinds = PrincipalKind::ALL.iter().filter(|kind| shown.iter().any(|(found, _)| found == *kind));
    Written::Object(kinds.map(|kind| (kind.word(), of(*kind))).collect())
}

/// Conditions of one operator stand together, as they did in the document.
fn conditions(conditions: &[Condition]) -> Written<'_> {
    let blocks = conditions.chunk_by(|one, other| one.operator() == other.operator());
    let written = blocks.filter_map(|block| {
        let keys = block.iter().map(|condition| (condition.key(), list(condition.values())));
        Some((block.first()?.operator().name(), Written::Object(keys.collect())))
    });
    Written::Object(written.collect())
}

fn list<'p>(texts: impl IntoIterator<Item = &'p str>) -> Written<'p> {
    let mut texts: Vec<Written<'p>> = texts.into_iter().map(Written::Text).collect();
    match texts.pop() {
        Some(only) if texts.is_empty() => only,
        last => {
            texts.extend(last);
            Written::List(texts)
        }
    }
}
