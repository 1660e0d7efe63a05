//! Which observations of real AWS have a test: `fixtures/aws/sts-rows.txt` and `iam-rows.txt` list every one.
//!
//! A row is `covered` (its id stands in a test), `superseded` by a newer observation, or `later` (its part is not
//! served yet). The list is held from both sides, so it cannot rot.

use std::fs;
use std::path::{Path, PathBuf};

fn tests(directory: &Path, text: &mut String) {
    let mut entries: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            tests(&entry, text);
        } else if entry.extension().is_some_and(|kind| kind == "rs") {
            text.push_str(&fs::read_to_string(entry).unwrap());
        }
    }
}

/// Whether `id` stands in `text` as a whole word.
fn names(text: &str, id: &str) -> bool {
    let part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    text.match_indices(id).any(|(at, _)| !text[..at].ends_with(part) && !text[at + id.len()..].starts_with(part))
}

#[test]
fn every_observation_is_covered_or_says_why_not() {
    check("sts-rows.txt", 200);
    check("iam-rows.txt", 450);
}

#[track_caller]
fn check(file: &str, least: usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = fs::read_to_string(root.join("fixtures/aws").join(file)).unwrap();
    let mut text = String::new();
    tests(&root.join("tests/suite"), &mut text);
    let mut wrong = Vec::new();
    let rows = list.lines().filter(|line| !line.starts_with('#'));
    for row in rows.clone() {
        let (id, state) = row.split_once(' ').unwrap();
        let covered = names(&text, id);
        let right = match state.split([' ', ':']).next().unwrap() {
            "covered" => covered,
            "superseded" | "later" => !covered,
            other => panic!("{id} is {other}"),
        };
        if !right {
            wrong.push(format!(
                "{id} is listed as {state}, and its test {}",
                if covered { "is there" } else { "is missing" }
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rows.count() > least);
}
