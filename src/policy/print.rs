//! Documents back to text, compact, in the manner in which IAM shows a stored trust policy.
//!
//! AWS (measured): `Version` first, a statement's members in a fixed order, a list of one as the one.

use std::fmt::Write;

use super::condition::Condition;
use super::document::{Effect, Policy, Statement, Version};
use super::principal::{PrincipalEntry, PrincipalKind, Who};

impl Policy {
    /// Writes the policy as compact JSON. `show` says how a principal is written: as in the document, or as its bare
    /// unique id when the entity it is bound to is gone.
    pub fn print(&self, mut show: impl FnMut(&PrincipalEntry) -> String) -> String {
        let mut out = String::from("{");
        if let Some(version) = self.version() {
            let version = match version {
                Version::V2008 => "2008-10-17",
                Version::V2012 => "2012-10-17",
            };
            member(&mut out, "Version", version);
        }
        if let Some(id) = self.id() {
            member(&mut out, "Id", id);
        }
        key(&mut out, "Statement");
        out.push('[');
        for statement in self.statements() {
            separate(&mut out);
            print_statement(&mut out, statement, &mut show);
        }
        out.push_str("]}");
        out
    }
}

impl Statement {
    /// Writes the statement as compact JSON, its principals as in the document.
    pub fn print(&self) -> String {
        let mut out = String::new();
        print_statement(&mut out, self, &mut |entry| entry.text().to_owned());
        out
    }
}

fn print_statement(out: &mut String, statement: &Statement, show: &mut impl FnMut(&PrincipalEntry) -> String) {
    out.push('{');
    if let Some(sid) = &statement.sid {
        member(out, "Sid", sid);
    }
    let effect = match statement.effect() {
        Effect::Allow => "Allow",
        Effect::Deny => "Deny",
    };
    member(out, "Effect", effect);
    match statement.who() {
        Who::Unsaid => {}
        Who::These(entries) => print_principals(out, "Principal", entries, show),
        Who::NotThese(entries) => print_principals(out, "NotPrincipal", entries, show),
    }
    let actions = statement.actions();
    let name = if actions.negated() { "NotAction" } else { "Action" };
    list(out, name, actions.texts().into_iter());
    if let Some(resources) = statement.resources() {
        let name = if resources.negated() { "NotResource" } else { "Resource" };
        list(out, name, resources.patterns().iter().map(super::pattern::Pattern::text));
    }
    if !statement.conditions().is_empty() {
        print_conditions(out, statement.conditions());
    }
    out.push('}');
}

fn print_principals(
    out: &mut String,
    name: &str,
    entries: &[PrincipalEntry],
    show: &mut impl FnMut(&PrincipalEntry) -> String,
) {
    if let [only] = entries
        && only.kind() == PrincipalKind::Star
    {
        member(out, name, only.text());
        return;
    }
    key(out, name);
    out.push('{');
    for (kind, name) in KINDS {
        let texts: Vec<String> = entries.iter().filter(|entry| entry.kind() == kind).map(&mut *show).collect();
        if !texts.is_empty() {
            list(out, name, texts.iter().map(String::as_str));
        }
    }
    out.push('}');
}

/// Conditions of one operator stand together, as they did in the document.
fn print_conditions(out: &mut String, conditions: &[Condition]) {
    key(out, "Condition");
    out.push('{');
    for block in conditions.chunk_by(|one, other| one.operator() == other.operator()) {
        if let Some(first) = block.first() {
            key(out, first.operator().name());
        }
        out.push('{');
        for condition in block {
            list(out, condition.key(), condition.values());
        }
        out.push('}');
    }
    out.push('}');
}

fn member(out: &mut String, name: &str, value: &str) {
    key(out, name);
    quote(out, value);
}

fn list<'v>(out: &mut String, name: &str, values: impl Iterator<Item = &'v str>) {
    let values: Vec<&str> = values.collect();
    key(out, name);
    if let [only] = values.as_slice() {
        quote(out, only);
        return;
    }
    out.push('[');
    for value in values {
        separate(out);
        quote(out, value);
    }
    out.push(']');
}

fn key(out: &mut String, name: &str) {
    separate(out);
    quote(out, name);
    out.push(':');
}

fn separate(out: &mut String) {
    if !out.ends_with(['{', '[']) {
        out.push(',');
    }
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    for ch in text.chars() {
        match ch {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ch if ch < ' ' => {
                // Writing to a String does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(ch));
            }
            ch => out.push(ch),
        }
    }
    out.push('"');
}

const KINDS: [(PrincipalKind, &str); 5] = [
    (PrincipalKind::Star, "AWS"),
    (PrincipalKind::Aws, "AWS"),
    (PrincipalKind::Federated, "Federated"),
    (PrincipalKind::Service, "Service"),
    (PrincipalKind::CanonicalUser, "CanonicalUser"),
];
