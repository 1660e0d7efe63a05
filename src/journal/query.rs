//! Which entries somebody wants to see.

use std::ops::ControlFlow;

use super::matching::Pattern;
use super::{Entry, Journal, Outcome, Surface};
use crate::ids::AccountId;
use crate::time::Timestamp;
use crate::wire::Params;

/// Entries of a page, if nobody says.
const PAGE: usize = 100;
/// Entries of the longest page.
const LONGEST_PAGE: usize = 1000;

/// Which entries, how many, and in which form.
#[derive(Clone, Debug)]
pub struct Query {
    /// What they look like.
    pub pattern: Pattern,
    /// Where they begin.
    pub since: Since,
    /// How many at most; all of an export, unless it says otherwise.
    pub limit: usize,
    /// How they are written.
    pub format: Format,
    /// Whether what is more than the limit is left out at the end, for the next page.
    onwards: bool,
}

/// Where entries begin.
#[derive(Clone, Copy, Debug, Default)]
pub struct Since {
    after: u64,
    instant: Option<Timestamp>,
}

/// How entries are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A page.
    Json,
    /// An entry a line.
    Lines,
    /// As AWS's trail has them.
    CloudTrail,
}

/// Entries in the order in which they were answered.
#[derive(Clone, Debug)]
pub struct Page {
    /// The entries.
    pub entries: Vec<Entry>,
    /// The number behind which the next page begins, if there is one.
    pub next: Option<u64>,
}

/// Every filter there is, and the field that it is about.
const FILTERS: [(&str, &[&str]); 13] = [
    ("action", &["action"]),
    ("surface", &["surface"]),
    ("caller", &["caller", "arn"]),
    ("accessKeyId", &["caller", "accessKeyId"]),
    ("made", &["made", "accessKeyId"]),
    ("sessionId", &["made", "sessionId"]),
    ("role", &["roleArn"]),
    ("outcome", &["outcome"]),
    ("error", &["error", "code"]),
    ("requestId", &["requestId"]),
    ("accountId", &["accountId"]),
    ("region", &["region"]),
    ("fault", &["fault"]),
];

impl Query {
    /// Reads a query string; what it does not know is an error, for a filter that is misspelt would show too much.
    pub fn read(query: &str, journal: &Journal) -> Result<Self, String> {
        let params = Params::of_query(query).map_err(|broken| broken.to_string())?;
        let mut read = Self {
            pattern: Pattern::default(),
            since: Since::default(),
            limit: PAGE,
            format: Format::Json,
            onwards: false,
        };
        let (mut limit, mut seen): (Option<usize>, Vec<String>) = (None, Vec::new());
        for (name, value) in params.iter() {
            let (name, value) = (name.as_ref(), value.as_ref());
            if seen.iter().any(|seen| seen == name) {
                return Err(format!("{name} is given twice: a filter stands once"));
            }
            seen.push(name.to_owned());
            match name {
                "since" => {
                    let since = Since::read(value, journal)?;
                    read.since = Since { after: since.after.max(read.since.after), ..since };
                    read.onwards = true;
                }
                "after" => {
                    let after = value.parse().map_err(|_| "after is the number of an entry".to_owned())?;
                    read.since.after = read.since.after.max(after);
                    read.onwards = true;
                }
                "limit" => limit = Some(value.parse().map_err(|_| "limit is a number".to_owned())?),
                "format" => read.format = Format::read(value)?,
                _ => read.pattern = filtered(read.pattern, name, value)?,
            }
        }
        let (usual, most) = match read.format {
            Format::Json => (PAGE, LONGEST_PAGE),
            Format::Lines | Format::CloudTrail => (usize::MAX, usize::MAX),
        };
        read.limit = match limit {
            None => usual,
            Some(limit) if (1..=most).contains(&limit) => limit,
            Some(_) => return Err(format!("limit is a number from 1 to {most}")),
        };
        Ok(read)
    }

    /// What it finds. Of more than the limit the newest, or the first if it says where to begin. May read much: not for
    /// an async worker.
    pub fn run(&self, journal: &Journal) -> Page {
        let mut entries = std::collections::VecDeque::new();
        let mut next = None;
        journal.scan(self.since.after, |entry| {
            if !self.since.includes(&entry) || !self.pattern.takes(&entry) {
                return ControlFlow::Continue(());
            }
            if entries.len() >= self.limit {
                if self.onwards {
                    next = entries.back().map(|last: &Entry| last.number);
                    return ControlFlow::Break(());
                }
                entries.pop_front();
            }
            entries.push_back(entry);
            ControlFlow::Continue(())
        });
        Page { entries: entries.into(), next }
    }
}

fn filtered(pattern: Pattern, name: &str, value: &str) -> Result<Pattern, String> {
    let known = FILTERS.iter().find(|(filter, _)| *filter == name);
    let Some((_, field)) = known else {
        let filters: Vec<&str> = FILTERS.iter().map(|(filter, _)| *filter).collect();
        return Err(format!("{name} is no filter: {}, since, after, limit and format are", filters.join(", ")));
    };
    let words: Option<Vec<&str>> = match name {
        "surface" => Some(Surface::ALL.iter().map(|surface| surface.word()).collect()),
        "outcome" => Some(Outcome::ALL.iter().map(|outcome| outcome.word()).collect()),
        "accountId" if AccountId::parse(value).is_none() => return Err("accountId is twelve digits".to_owned()),
        _ => None,
    };
    if let Some(words) = words.filter(|words| !words.contains(&value)) {
        return Err(format!("{name} is one of {}", words.join(", ")));
    }
    pattern.and(field, value)
}

impl Since {
    /// Reads `mark:NAME`, the number of an entry, or an instant.
    pub fn read(text: &str, journal: &Journal) -> Result<Self, String> {
        if let Some(name) = text.strip_prefix("mark:") {
            let after = journal.marked(name).ok_or_else(|| format!("there is no mark {name}"))?;
            return Ok(Self { after, instant: None });
        }
        if let Ok(after) = text.parse() {
            return Ok(Self { after, instant: None });
        }
        let instant = Timestamp::parse_iso(text).map(|instant| Self { after: 0, instant: Some(instant) });
        instant.ok_or_else(|| {
            "since is mark:NAME, the number of an entry, or an instant such as 2026-01-15T12:00:00Z".to_owned()
        })
    }

    /// The number of the entry behind which to begin.
    pub fn after(self) -> u64 {
        self.after
    }

    /// Whether an entry is late enough.
    pub fn includes(self, entry: &Entry) -> bool {
        self.instant.is_none_or(|instant| entry.note.at >= instant)
    }
}

impl Format {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "json" => Ok(Self::Json),
            "jsonl" => Ok(Self::Lines),
            "cloudtrail" => Ok(Self::CloudTrail),
            _ => Err("format is json, jsonl or cloudtrail".to_owned()),
        }
    }
}
