//! Policies in the form in which they are judged: compiled once, shared, never changed but for their bindings.
//!
//! Everything that text must say before it can be one of these is in `parse.rs`; what they mean is in `matching.rs`.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::sync::Arc;

use super::condition::Condition;
use super::parse::PolicyKind;
use super::pattern::Pattern;
use super::principal::{PrincipalEntry, Who};
use super::variables::Variable;
use crate::json::{Position, positions};

/// A compiled policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub(super) kind: PolicyKind,
    pub(super) source: Arc<str>,
    pub(super) version: Option<Version>,
    pub(super) id: Option<Box<str>>,
    pub(super) statements: Box<[Statement]>,
    pub(super) index: VendorIndex,
    /// Every context key that it reads, as first written.
    pub(super) keys_read: Box<[Box<str>]>,
}

crate::words! {
    /// The version of the policy language, as documents write it.
    #[derive(PartialOrd, Ord)]
    Version {
        /// It has no variables. An absent `Version` means the same.
        V2008 "2008-10-17",
        /// The newer one.
        V2012 "2012-10-17",
    }
}

crate::words! {
    /// What a statement does when it applies, as documents write it.
    #[derive(Hash)]
    Effect {
        /// It lets somebody do something.
        Allow "Allow",
        /// It keeps somebody from it.
        Deny "Deny",
    }
}

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub(super) sid: Option<Box<str>>,
    pub(super) effect: Effect,
    pub(super) who: Who,
    pub(super) actions: Actions,
    pub(super) resources: Option<Resources>,
    pub(super) conditions: Box<[Condition]>,
    /// Offsets in the source, between which [`Span`] lies.
    pub(super) place: (usize, usize),
}

/// Where a statement stands in its document, in the manner of AWS's Java parser: from after the token before it to
/// after its closing brace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// After the token that precedes the statement; after its own brace if it is no list element.
    pub start: Position,
    /// After its closing brace.
    pub end: Position,
}

impl Policy {
    /// The kind it was parsed as.
    pub fn kind(&self) -> PolicyKind {
        self.kind
    }

    /// The text it was parsed from.
    pub fn source(&self) -> &Arc<str> {
        &self.source
    }

    /// The version it states.
    pub fn version(&self) -> Option<Version> {
        self.version
    }

    /// Its `Id`, which has no meaning.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Its statements, in the order of the document.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Where its statements stand in the source, in their order.
    pub fn spans(&self) -> Vec<Span> {
        let places = self.statements.iter().flat_map(|statement| [statement.place.0, statement.place.1]);
        let positions = positions(&self.source, places);
        positions.as_chunks().0.iter().map(|&[start, end]| Span { start, end }).collect()
    }

    /// Every principal it writes, with its binding.
    pub fn principals(&self) -> impl Iterator<Item = &PrincipalEntry> {
        self.statements.iter().flat_map(|statement| statement.who.entries())
    }

    /// The texts of those principals that can be bound to a unique id, so that a writer can check that they exist.
    pub fn principal_arns(&self) -> impl Iterator<Item = &str> {
        self.principals().filter(|entry| entry.binds()).map(PrincipalEntry::text)
    }

    /// Binds every user and role to the unique id that `find` knows for its text, in place of earlier bindings.
    ///
    /// A bound entry matches only the entity with that id. An entry without id compares its text; a bare unique id
    /// and a canonical user without one match nobody. For a canonical user `find` answers the account id.
    pub fn bind_principals(&mut self, mut find: impl FnMut(&str) -> Option<String>) {
        let entries = self.statements.iter_mut().flat_map(|statement| statement.who.entries_mut());
        for entry in entries.filter(|entry| entry.binds()) {
            entry.bind(find(entry.text()));
        }
    }

    /// Every context key that its conditions and variables read, once; any other may be whatever it likes.
    pub fn keys_read(&self) -> impl Iterator<Item = &str> {
        self.keys_read.iter().map(AsRef::as_ref)
    }
}

impl Statement {
    /// Its `Sid`; an empty one counts as none.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref().filter(|sid| !sid.is_empty())
    }

    /// Its effect.
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// Whom it speaks of.
    pub fn who(&self) -> &Who {
        &self.who
    }

    /// What may be done, or may not.
    pub fn actions(&self) -> &Actions {
        &self.actions
    }

    /// To what; a trust policy does not say.
    pub fn resources(&self) -> Option<&Resources> {
        self.resources.as_ref()
    }

    /// Under which conditions; all must hold.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// Every context key that its conditions and variables read, as written.
    pub fn context_keys(&self) -> impl Iterator<Item = &str> {
        let patterns = self.resources.iter().flat_map(|resources| resources.patterns.iter());
        let in_resources = patterns.flat_map(Pattern::variables).map(Variable::key);
        let in_conditions = self
            .conditions
            .iter()
            .flat_map(|condition| std::iter::once(condition.key()).chain(condition.variables().map(Variable::key)));
        in_resources.chain(in_conditions)
    }
}

/// The `Action` or `NotAction` of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actions {
    negated: bool,
    /// Sorted by vendor, those without one first, so that a request meets few of a long list.
    entries: Box<[ActionPattern]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct ActionPattern {
    /// In lower case; `None` for `*`.
    vendor: Option<Box<str>>,
    /// The name in lower case, shown as the whole action was written.
    name: Pattern,
    /// Place in the document.
    at: usize,
}

impl Actions {
    pub(super) fn new(negated: bool, texts: &[String]) -> Self {
        let mut entries: Vec<ActionPattern> = texts
            .iter()
            .enumerate()
            .map(|(at, text)| {
                let lower = text.to_ascii_lowercase();
                let (vendor, name) = lower.split_once(':').unwrap_or(("*", &lower));
                let reading = super::variables::Reading { wildcards: true, variables: false };
                let name = Pattern::with_meaning(text, name, reading);
                ActionPattern { vendor: (vendor != "*").then(|| vendor.into()), name, at }
            })
            .collect();
        entries.sort_by(|one, other| one.vendor.cmp(&other.vendor));
        Self { negated, entries: entries.into_boxed_slice() }
    }

    /// Whether this is `NotAction`.
    pub fn negated(&self) -> bool {
        self.negated
    }

    /// The actions as written, in the order of the document.
    pub fn texts(&self) -> Vec<&str> {
        let mut entries: Vec<&ActionPattern> = self.entries.iter().collect();
        entries.sort_by_key(|entry| entry.at);
        entries.into_iter().map(|entry| entry.name.text()).collect()
    }

    /// Whether `vendor:name`, the vendor in lower case, is one of those meant.
    pub(super) fn matches(&self, vendor: &str, name: &str) -> bool {
        let named = |entry: &&ActionPattern| entry.name.matches_ignoring_ascii_case(name);
        let any = self.entries.iter().take_while(|entry| entry.vendor.is_none());
        let from = self.entries.partition_point(|entry| entry.vendor.as_deref() < Some(vendor));
        let own = self.entries.get(from..).unwrap_or_default();
        let mut own = own.iter().take_while(|entry| entry.vendor.as_deref() == Some(vendor));
        let listed = any.into_iter().any(|entry| named(&entry)) || own.any(|entry| named(&entry));
        listed != self.negated
    }

    /// The vendors that may match; nothing if any may.
    fn vendors(&self) -> Option<impl Iterator<Item = &str>> {
        let any = self.negated || self.entries.first().is_none_or(|entry| entry.vendor.is_none());
        (!any).then(|| self.entries.iter().filter_map(|entry| entry.vendor.as_deref()))
    }
}

/// The `Resource` or `NotResource` of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resources {
    pub(super) negated: bool,
    pub(super) patterns: Box<[Pattern]>,
}

impl Resources {
    /// Whether this is `NotResource`.
    pub fn negated(&self) -> bool {
        self.negated
    }

    /// The resources, in the order of the document.
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }
}

type VendorPlaces = (Box<str>, Box<[usize]>);

/// Which statements can speak of a vendor, so that a long policy is not read from end to end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct VendorIndex {
    /// Sorted by vendor; places in the order of the document. Empty for a short policy, which is simply read.
    vendors: Box<[VendorPlaces]>,
    /// Statements that may speak of any vendor.
    everywhere: Box<[usize]>,
    in_use: bool,
}

impl VendorIndex {
    pub(super) fn new(statements: &[Statement]) -> Self {
        if statements.len() <= SHORT {
            return Self::default();
        }
        let mut vendors = std::collections::BTreeMap::<Box<str>, Vec<usize>>::new();
        let mut everywhere = Vec::new();
        for (at, statement) in statements.iter().enumerate() {
            let Some(named) = statement.actions.vendors() else {
                everywhere.push(at);
                continue;
            };
            for vendor in named {
                let places = vendors.entry(vendor.into()).or_default();
                if places.last() != Some(&at) {
                    places.push(at);
                }
            }
        }
        let vendors = vendors.into_iter().map(|(vendor, places)| (vendor, places.into())).collect();
        Self { vendors, everywhere: everywhere.into(), in_use: true }
    }
}

impl Policy {
    /// The statements that can speak of `vendor`, with their places, in the order of the document.
    pub(super) fn candidates<'p>(&'p self, vendor: &str) -> impl Iterator<Item = (usize, &'p Statement)> {
        let index = &self.index;
        let all = if index.in_use { &[] } else { &*self.statements };
        let own = index.vendors.binary_search_by(|(known, _)| (**known).cmp(vendor)).ok();
        let own = own.and_then(|at| index.vendors.get(at)).map_or(&[][..], |(_, places)| places);
        let indexed = merged(&index.everywhere, own).filter_map(|at| Some((at, self.statements.get(at)?)));
        all.iter().enumerate().chain(indexed)
    }
}

/// The numbers of two sorted lists, sorted.
fn merged<'l>(mut one: &'l [usize], mut other: &'l [usize]) -> impl Iterator<Item = usize> + use<'l> {
    std::iter::from_fn(move || {
        let first = match (one.first(), other.first()) {
            (Some(left), Some(right)) => left < right,
            (left, _) => left.is_some(),
        };
        let from = if first { &mut one } else { &mut other };
        let (next, rest) = from.split_first()?;
        *from = rest;
        Some(*next)
    })
}

/// A policy of so few statements is read faster than looked up.
const SHORT: usize = 16;
