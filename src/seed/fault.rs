//! What is wrong in a seed, where, and how to mend it.
//!
//! Faults are collected, so that a person mends a file once. Their texts never hold what may be a secret.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

/// Where something is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The name of the file, as it was given.
    pub file: Arc<str>,
    /// Counted from one; zero means the file as a whole.
    pub line: usize,
    /// Counted in characters, from one.
    pub column: usize,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, Hash, derive_more::Display)]
#[display("{at}: {problem}\n    {advice}")]
pub struct Fault {
    /// Where it is.
    pub at: Place,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub advice: String,
}

/// Every mistake that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedErrors {
    faults: Vec<Fault>,
    more: usize,
}

impl SeedErrors {
    /// The mistakes, file by file and from top to bottom.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

impl fmt::Display for SeedErrors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, fault) in self.faults.iter().enumerate() {
            let separator = if place == 0 { "" } else { "\n" };
            write!(out, "{separator}{fault}")?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(out, "\n... and {more} more; mend these first"),
        }
    }
}

impl std::error::Error for SeedErrors {}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => out.write_str(&self.file),
            line => write!(out, "{}:{line}:{}", self.file, self.column),
        }
    }
}

impl Place {
    /// The file as a whole.
    pub(super) fn whole(file: &str) -> Self {
        Self { file: file.into(), line: 0, column: 0 }
    }

    /// How a fault in `other` names this place: short where both are in one file.
    pub(super) fn seen_from(&self, other: &Self) -> String {
        if self.file == other.file { format!("line {}", self.line) } else { self.to_string() }
    }
}

/// Gathers faults; beyond a bound it only counts them.
#[derive(Default)]
pub(super) struct Faults {
    list: Vec<Fault>,
    more: usize,
}

/// More than anybody reads at once.
const SHOWN: usize = 200;

impl Faults {
    pub(super) fn push(&mut self, at: &Place, problem: impl Into<String>, advice: impl Into<String>) {
        self.add(Fault { at: at.clone(), problem: problem.into(), advice: advice.into() });
    }

    pub(super) fn add(&mut self, fault: Fault) {
        if self.list.len() < SHOWN {
            self.list.push(fault);
        } else {
            self.more += 1;
        }
    }

    /// `Ok` if there is none; else all of them in the order of `files`.
    pub(super) fn into_result(mut self, files: &[Arc<str>]) -> Result<(), SeedErrors> {
        if self.list.is_empty() {
            return Ok(());
        }
        let order: HashMap<&str, usize> = files.iter().enumerate().map(|(place, file)| (&**file, place)).collect();
        self.list.sort_by_key(|fault| (order.get(&*fault.at.file).copied(), fault.at.line, fault.at.column));
        self.list.dedup();
        Err(SeedErrors { faults: self.list, more: self.more })
    }
}

/// Remembers where what must be unique was first written.
pub(super) struct Seen<'p, K>(HashMap<K, &'p Place>);

impl<'p, K: Hash + Eq> Seen<'p, K> {
    pub(super) fn new() -> Self {
        Self(HashMap::new())
    }

    /// Where `key` was written before `at`, if it was.
    pub(super) fn before(&mut self, key: K, at: &'p Place) -> Option<&'p Place> {
        match self.0.entry(key) {
            Entry::Occupied(first) => Some(first.get()),
            Entry::Vacant(free) => {
                free.insert(at);
                None
            }
        }
    }
}

/// `text` in backticks, harmless for a terminal and not too long.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 72;
    let harmless = |letter: char| if letter.is_control() { '\u{FFFD}' } else { letter };
    let shown: String = text.chars().take(LONGEST).map(harmless).collect();
    let cut = if text.chars().nth(LONGEST).is_some() { "..." } else { "" };
    format!("`{shown}{cut}`")
}

/// How a sentence about a key begins.
///
/// ATTACK: a secret comes into the place of a key by a slip: `secret:abc` without its blank is one key. So only what
/// looks like a key is repeated; the place of the fault says which one is meant.
pub(super) fn the_key(key: &str) -> String {
    const LONGEST: usize = 24;
    let looks_so =
        key.len() <= LONGEST && key.bytes().all(|letter| letter.is_ascii_alphabetic() || b"_-".contains(&letter));
    if looks_so { format!("the key `{key}`") } else { "this key".to_owned() }
}
