//! Whether that happened which a test expects, and if not, what came nearest to it.

use std::ops::ControlFlow;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Journal;
use super::matching::{Difference, Pattern};
use super::query::Since;
use crate::ids::AccountId;

/// Near misses that are told.
const MOST_MISSES: usize = 5;
/// Numbers of matching entries that are told.
const MOST_NUMBERS: usize = 100;

/// What a test expects.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Expectation {
    #[serde(default)]
    expect: Expected,
    #[serde(rename = "match")]
    pattern: Map<String, Value>,
    since: Option<String>,
    account_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    #[serde(default)]
    count: Count,
}

/// How often it shall have happened: at least once, if nobody says.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged, expecting = "count is a number, or {min, max}")]
enum Count {
    #[default]
    Some,
    Exactly(u64),
    Between(Range),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    #[serde(default)]
    min: u64,
    max: Option<u64>,
}

struct Miss {
    entry: Value,
    differences: Vec<Difference>,
}

/// Holds the journal against an expectation. May read much: not for an async worker.
pub fn verify(journal: &Journal, expectation: &Expectation) -> Result<Value, String> {
    let mut pattern = Pattern::read(&expectation.pattern)?;
    if let Some(account) = &expectation.account_id {
        AccountId::parse(account).ok_or("accountId is twelve digits")?;
        pattern = pattern.and(&["accountId"], account)?;
    }
    let (least, most) = expectation.expect.count.bounds()?;
    let since = expectation.since.as_deref().map(|text| Since::read(text, journal)).transpose()?.unwrap_or_default();
    let (mut count, mut looked_at, mut numbers, mut misses) = (0_u64, 0_u64, Vec::new(), Vec::new());
    journal.scan(since.after(), |entry| {
        if !since.includes(&entry) {
            return ControlFlow::Continue(());
        }
        looked_at += 1;
        let shown = entry.render();
        let differences = pattern.differences(&shown);
        if differences.is_empty() {
            count += 1;
            if numbers.len() < MOST_NUMBERS {
                numbers.push(entry.number);
            }
        } else if differences.len() < pattern.len() {
            keep_nearest(&mut misses, Miss { entry: shown, differences });
        }
        ControlFlow::Continue(())
    });
    let matched = count >= least && most.is_none_or(|most| count <= most);
    let near =
        |miss: &Miss| json!({"entry": miss.entry, "differs": miss.differences.iter().map(told).collect::<Value>()});
    // Who found as much as was expected does not ask what else there is.
    let misses: Vec<Value> = if matched { Vec::new() } else { misses.iter().map(near).collect() };
    Ok(json!({
        "matched": matched,
        "count": count,
        "expected": {"min": least, "max": most},
        "numbers": numbers,
        "lookedAt": looked_at,
        "nearMisses": misses,
    }))
}

/// Keeps those that differ in the fewest fields, the newest first among equals.
fn keep_nearest(misses: &mut Vec<Miss>, miss: Miss) {
    let at = misses.partition_point(|kept| kept.differences.len() < miss.differences.len());
    misses.insert(at, miss);
    misses.truncate(MOST_MISSES);
}

fn told(difference: &Difference) -> Value {
    json!({"field": difference.field, "expected": difference.expected, "found": difference.found})
}

impl Count {
    fn bounds(&self) -> Result<(u64, Option<u64>), String> {
        match self {
            Self::Some => Ok((1, None)),
            Self::Exactly(count) => Ok((*count, Some(*count))),
            Self::Between(Range { min, max }) if max.is_some_and(|max| max < *min) => {
                Err("expect.count: max is less than min".to_owned())
            }
            Self::Between(Range { min, max }) => Ok((*min, *max)),
        }
    }
}
