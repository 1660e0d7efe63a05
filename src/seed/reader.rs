//! Reads values out of a tree and gathers what is wrong with them: maps with known keys, lists, texts, shapes.
//!
//! Knows no key of the schema. A value that may be a secret is never repeated in a fault.

use std::rc::Rc;

use super::document::{Named, PolicyText};
use super::fault::{Faults, Place, Seen, quoted, the_key};
use super::interpolate::{Problem, interpolate};
use super::json;
use super::nearest::nearest;
use super::tree::{Entry, Kind, Node};
use crate::secret::Secret;
use crate::shape::{Expected, Shape};

/// What a map may hold.
pub(super) struct Form {
    /// For sentences: "a user".
    noun: &'static str,
    /// With blanks between them.
    keys: &'static str,
    /// Whether a key that is not known may be a secret in the wrong place.
    secretive: bool,
}

impl Form {
    /// A map with these keys.
    pub(super) const fn of(noun: &'static str, keys: &'static str) -> Self {
        Self { noun, keys, secretive: false }
    }

    /// One with secrets in it.
    pub(super) const fn of_secrets(noun: &'static str, keys: &'static str) -> Self {
        Self { noun, keys, secretive: true }
    }

    fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.keys.split(' ')
    }
}

/// A map whose keys were compared with its form.
pub(super) struct Map<'n> {
    pub(super) at: &'n Place,
    form: &'static Form,
    entries: &'n [Entry],
    /// The keys that the unknown ones were probably meant to be.
    meant: Vec<&'static str>,
}

impl<'n> Map<'n> {
    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|entry| entry.value.as_ref())
    }

    /// The same, unless nothing stands behind the key.
    pub(super) fn written(&self, key: &str) -> Option<&'n Node> {
        self.get(key).filter(|node| !node.is_null())
    }

    pub(super) fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

/// Carries what every step of reading needs.
pub(super) struct Reader<'a> {
    pub(super) faults: &'a mut Faults,
    pub(super) warnings: &'a mut Vec<String>,
    pub(super) environment: &'a dyn Fn(&str) -> Option<String>,
}

impl Reader<'_> {
    /// The map at `node`; its unknown keys are faults.
    pub(super) fn map<'n>(&mut self, node: &'n Node, form: &'static Form) -> Option<Map<'n>> {
        let known = || form.keys.replace(' ', ", ");
        let Kind::Map(entries) = &node.kind else {
            let problem = format!("{} must be a map, not {}", form.noun, node.noun());
            self.faults.push(&node.at, problem, format!("write it with the keys {}", known()));
            return None;
        };
        let mut meant = Vec::new();
        for entry in entries.iter().filter(|entry| form.keys().all(|key| key != entry.key)) {
            let guess = nearest(&entry.key, form.keys());
            let secretive = form.secretive && guess.is_none();
            let shown = if secretive { "this key".to_owned() } else { the_key(&entry.key) };
            let advice = match guess {
                Some(guess) => format!("did you mean `{guess}`?"),
                None if form.secretive => format!("known here: {}; a blank follows each colon", known()),
                None => format!("known here: {}", known()),
            };
            self.faults.push(&entry.at, format!("{shown} is not known in {}", form.noun), advice);
            meant.extend(guess);
        }
        Some(Map { at: &node.at, form, entries, meant })
    }

    /// The value of a key that must be there.
    pub(super) fn required<'n>(&mut self, map: &Map<'n>, key: &str) -> Option<&'n Node> {
        let found = map.get(key);
        if found.is_none() && !map.meant.contains(&key) {
            self.faults.push(map.at, format!("{} has no `{key}`", map.form.noun), format!("add the key `{key}`"));
        }
        found
    }

    /// The entries of an optional list. A key with nothing behind it is an empty list.
    pub(super) fn list<'n>(&mut self, map: &Map<'n>, key: &str) -> &'n [Rc<Node>] {
        match map.get(key) {
            None => &[],
            Some(node) if node.is_null() => &[],
            Some(Node { kind: Kind::List(items), .. }) => items,
            Some(node) => {
                let problem = format!("`{key}` must be a list, not {}", node.noun());
                self.faults.push(&node.at, problem, "begin each entry with `- `, or put the entries in [ ]");
                &[]
            }
        }
    }

    /// The things of an optional list, no two of one name.
    pub(super) fn things<T: Named>(
        &mut self,
        map: &Map,
        key: &str,
        mut read: impl FnMut(&mut Self, &Node) -> Option<T>,
    ) -> Vec<T> {
        let items = self.list(map, key);
        let things: Vec<T> = items.iter().filter_map(|node| read(self, node)).collect();
        let mut seen = Seen::new();
        for thing in &things {
            if let Some(first) = seen.before(thing.key(), thing.at()) {
                let problem = format!("the {} {} is defined twice", T::NOUN, quoted(thing.name()));
                let advice = format!("{}: the first is on {}", T::RULE, first.seen_from(thing.at()));
                self.faults.push(thing.at(), problem, advice);
            }
        }
        things
    }

    /// A text, however it is written: `42` and `true` are texts where one is wanted.
    pub(super) fn text<'n>(&mut self, node: &'n Node, noun: &str) -> Option<&'n str> {
        match &node.kind {
            Kind::Scalar { text, .. } if !node.is_null() => return Some(text),
            Kind::Scalar { .. } => {
                let problem = format!("the {noun} is missing");
                self.faults.push(&node.at, problem, "write it behind the colon, or leave the key out");
            }
            _ => {
                let problem = format!("the {noun} must be a text, not {}", node.noun());
                self.faults.push(&node.at, problem, "write one text behind the colon");
            }
        }
        None
    }

    /// A text of a shape.
    pub(super) fn shaped<T: Shape>(&mut self, node: &Node, noun: &str) -> Option<T> {
        self.advised(node, noun, &Expected(&T::CONSTRAINTS).to_string())
    }

    /// A text of a shape whose own description would help nobody.
    pub(super) fn advised<T: Shape>(&mut self, node: &Node, noun: &str, advice: &str) -> Option<T> {
        self.value(node, noun, advice, |text| T::parse(text).ok())
    }

    /// The value that a text writes.
    pub(super) fn value<T>(
        &mut self,
        node: &Node,
        noun: &str,
        advice: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(node, noun)?;
        let value = parse(text);
        if value.is_none() {
            self.unusable(text, &node.at, noun, advice);
        }
        value
    }

    /// Notes a text that cannot be what it should be.
    pub(super) fn unusable(&mut self, text: &str, at: &Place, noun: &str, advice: &str) {
        self.faults.push(at, format!("{} cannot be used as the {noun}", quoted(text)), advice);
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&mut self, node: &Node, noun: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(node, noun)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            // ATTACK: what is written is not shown, as the neighbour of a secret it may be one.
            self.faults.push(&node.at, format!("the {noun} is not known"), format!("write {}", words.join(" or ")));
        }
        found
    }

    /// Whether something is on, if that is written.
    pub(super) fn switch(&mut self, map: &Map, key: &str) -> Option<bool> {
        self.word(map.get(key)?, &format!("value of `{key}`"), &[("true", true), ("false", false)])
    }

    /// Of a list no more entries than IAM takes.
    pub(super) fn at_most(&mut self, map: &Map, key: &str, most: usize) {
        let items = self.list(map, key);
        self.no_more(items.iter().map(|node| &node.at), &format!("entries of `{key}`"), most);
    }

    /// Of things at these places no more than IAM takes.
    pub(super) fn no_more<'p>(
        &mut self,
        mut places: impl ExactSizeIterator<Item = &'p Place>,
        things: &str,
        most: usize,
    ) {
        let problem = format!("these are {} {things}", places.len());
        if let Some(over) = places.nth(most) {
            self.faults.push(over, problem, format!("leave at most {most}, as IAM does"));
        }
    }

    /// A secret with its variables replaced. Faults tell the wish, never the value.
    pub(super) fn secret(
        &mut self,
        node: &Node,
        noun: &str,
        fits: fn(&str) -> bool,
        wish: &str,
    ) -> Option<Secret<String>> {
        if node.is_null() {
            let advice = "write it behind the colon, in quotes if it begins with a mark such as & or !";
            self.faults.push(&node.at, format!("the {noun} is missing"), advice);
            return None;
        }
        let text = self.text(node, noun)?;
        let filled = match interpolate(text, self.environment) {
            Ok(filled) => filled,
            Err(problem) => {
                let (problem, advice) = match problem {
                    Problem::Missing(name) => (
                        format!("the variable {name} is not set in the environment, or is empty"),
                        format!("set it, or write a default: ${{{name}:-value}}"),
                    ),
                    Problem::Unclosed => (
                        format!("`${{` in the {noun} has no end"),
                        "close it with `}`; write `$${` for the two characters themselves".to_owned(),
                    ),
                    Problem::NoName => (
                        format!("what stands in `${{ }}` in the {noun} is no name of a variable"),
                        "a name has letters, digits and _; write `$${` for the two characters themselves".to_owned(),
                    ),
                    Problem::Nested => (
                        format!("a default in the {noun} has `${{` in it"),
                        "variables do not nest: write the default as plain text, or set the variable".to_owned(),
                    ),
                };
                self.faults.push(&node.at, problem, advice);
                return None;
            }
        };
        if !fits(&filled) {
            self.faults.push(&node.at, format!("this cannot be used as the {noun}"), wish);
            return None;
        }
        Some(Secret::new(filled))
    }

    /// A policy document, written as a map or as JSON in a text.
    pub(super) fn policy(&mut self, node: &Node, noun: &str) -> Option<PolicyText> {
        let parsed = match &node.kind {
            Kind::Scalar { text, .. } if !node.is_null() => Some(json::read(text, &node.at, self.faults)?),
            _ => None,
        };
        let tree = parsed.as_deref().unwrap_or(node);
        if !matches!(tree.kind, Kind::Map(_)) {
            let problem = if tree.is_null() {
                format!("the {noun} is missing")
            } else {
                format!("the {noun} must be a map, not {}", tree.noun())
            };
            self.faults.push(&node.at, problem, "write it as a map with Version and Statement, or as a text of JSON");
            return None;
        }
        self.no_nulls(tree, noun);
        Some(PolicyText { json: json::render(tree), at: node.at.clone() })
    }

    /// Anything, unread.
    pub(super) fn reserved(node: &Node) -> Secret<String> {
        Secret::new(json::render(node))
    }

    /// Says that what stands at `key` has no effect yet; silent if nothing stands there.
    pub(super) fn later(&mut self, map: &Map, key: &str) {
        let Some(Entry { at, value, .. }) = map.entry(key) else { return };
        let empty = match &value.kind {
            Kind::Scalar { .. } => value.is_null(),
            Kind::List(items) => items.is_empty(),
            Kind::Map(entries) => entries.is_empty(),
        };
        if !empty {
            let text = format!("{}:{}: this version does not serve `{key}` yet: it has no effect", at.file, at.line);
            self.warnings.push(text);
        }
    }

    fn no_nulls(&mut self, node: &Node, noun: &str) {
        match &node.kind {
            Kind::Scalar { .. } if node.is_null() => {
                let problem = format!("a key or entry of the {noun} has no value");
                self.faults.push(&node.at, problem, "write one, or take it out");
            }
            Kind::Scalar { .. } => {}
            Kind::List(items) => items.iter().for_each(|item| self.no_nulls(item, noun)),
            Kind::Map(entries) => entries.iter().for_each(|entry| self.no_nulls(&entry.value, noun)),
        }
    }
}
