//! `docs/api.md`, written from the declarations of the operations, and the list of actions in `README.md`.
//!
//! Both are held to what is served. To write the first anew: `UPDATE=1 cargo test --test suite reference`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use local_sts::api::operation::{Description, InputField, OutputField, OutputKind, Parts};
use local_sts::shape::{Constraints, Measure};
use local_sts::wire::ErrorCode;
use local_sts::{iam, sts};

use crate::support::{COMMON_ERRORS, golden};

const IAM_HEAD: &str = "\
# The API of IAM

What each operation of IAM takes and answers here, in the order of the wire. Everything is text in a form or a query;
`N` counts the entries of a list from 1. Error codes are explained in [the API of STS](api.md#errors).

This file is written from the declarations in `src/iam`. To write it anew: `UPDATE=1 cargo test --test suite reference`.
";

const HEAD: &str = "\
# The API

What each operation of STS takes and answers here, in the order of the wire. Everything is text in a form or a query;
`N` counts the entries of a list from 1. What AWS's own model says otherwise is listed, with the reasons, in
`tests/clients/boto3/test_model.py`.

This file is written from the declarations in `src/sts`. To write it anew: `UPDATE=1 cargo test --test suite reference`.
";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn descriptions() -> impl Iterator<Item = &'static Description> {
    sts::CATALOG.entries.iter().map(|entry| entry.description)
}

fn iam_descriptions() -> impl Iterator<Item = &'static Description> {
    iam::CATALOG.entries.iter().map(|entry| entry.description)
}

fn sections(descriptions: impl Iterator<Item = &'static Description>, out: &mut String) {
    for description in descriptions {
        let _ = write!(out, "\n## {}\n\n{}\n", description.name, sentence(description.doc));
        parameters(description, out);
        if description.output.is_empty() {
            out.push_str("\nIt answers nothing.\n");
        } else {
            let _ = write!(out, "\n| element | kind | when | meaning |\n|---|---|---|---|\n");
            elements("", description.output, out);
        }
        if !description.errors.is_empty() {
            let _ = write!(out, "\nErrors of its own: {}.\n", codes(description.errors));
        }
    }
}

fn reference() -> String {
    let mut out = HEAD.to_owned();
    sections(descriptions(), &mut out);
    let _ = write!(out, "\n## Errors\n\nAny operation may answer {}.\n\n", codes(&COMMON_ERRORS));
    out.push_str("| code | status | fault | meaning |\n|---|---|---|---|\n");
    let mut all = ErrorCode::ALL.to_vec();
    all.sort_by_key(|code| code.as_str());
    for code in all {
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} |",
            code.as_str(),
            code.status(),
            code.fault(),
            sentence(code.meaning())
        );
    }
    out
}

fn parameters(description: &Description, out: &mut String) {
    if description.input.is_empty() && description.unserved.is_empty() {
        out.push_str("\nIt takes no parameters.\n");
        return;
    }
    out.push_str("\n| parameter | required | kind | bounds | pattern | meaning |\n|---|---|---|---|---|---|\n");
    fields("", description.input, out);
    for name in description.unserved {
        let _ = writeln!(out, "| `{name}` | no | not served | | | Refused by name. |");
    }
}

fn fields(path: &str, fields: &[InputField], out: &mut String) {
    for InputField { name, doc, required, constraints, parts, secret: _ } in fields {
        let path = format!("{path}{name}");
        let is_list = constraints.measure == Measure::Entries;
        row(&path, *required, is_list, *parts, constraints, sentence(doc), out);
        let inside = if is_list { format!("{path}.member.N") } else { path };
        match parts {
            Parts::None => {}
            Parts::Values(constraints) => row(&inside, true, false, Parts::None, constraints, "An entry.", out),
            Parts::Members(members) => self::fields(&format!("{inside}."), members, out),
        }
    }
}

fn row(
    path: &str,
    required: bool,
    is_list: bool,
    parts: Parts,
    constraints: &Constraints,
    meaning: &str,
    out: &mut String,
) {
    let kind = match (is_list, parts, constraints.measure) {
        (true, ..) => "list",
        (false, Parts::Members(_), _) => "structure",
        (false, _, Measure::Value) => "number",
        (false, _, Measure::Words(_)) => "word",
        (false, ..) => "text",
    };
    let Constraints { min, max, pattern, .. } = constraints;
    let bounds = match constraints.measure {
        Measure::Words(words) => words.join(", "),
        _ if kind == "structure" => String::new(),
        _ => format!("{min} to {max}"),
    };
    let pattern = pattern.map_or_else(String::new, |pattern| format!("`{}`", pattern.replace('|', r"\|")));
    let required = if required { "yes" } else { "no" };
    let _ = writeln!(out, "| `{path}` | {required} | {kind} | {bounds} | {pattern} | {meaning} |");
}

fn elements(path: &str, members: &[OutputField], out: &mut String) {
    for OutputField { name, doc, optional, kind } in members {
        let path = format!("{path}{name}");
        let when = if *optional { "if there is one" } else { "always" };
        let kind_name = match kind {
            OutputKind::Text => "text",
            OutputKind::Number => "number",
            OutputKind::Instant => "instant",
            OutputKind::Boolean => "boolean",
            OutputKind::Structure(_) => "structure",
            OutputKind::List(_) => "list",
            OutputKind::Map => "map",
        };
        let _ = writeln!(out, "| `{path}` | {kind_name} | {when} | {} |", sentence(doc));
        match kind {
            OutputKind::Structure(members) => elements(&format!("{path}."), members, out),
            OutputKind::List(OutputKind::Structure(members)) => elements(&format!("{path}.member.N."), members, out),
            _ => {}
        }
    }
}

/// A documentation comment as a sentence: what it has for AWS's sake stays in the source.
fn sentence(doc: &str) -> &str {
    doc.split("AWS:").next().unwrap_or_default().trim()
}

fn codes(codes: &[ErrorCode]) -> String {
    codes.iter().map(|code| format!("`{}`", code.as_str())).collect::<Vec<_>>().join(", ")
}

#[test]
fn the_reference_says_what_the_declarations_say() {
    golden("docs/api.md", &reference());
    let mut out = IAM_HEAD.to_owned();
    sections(iam_descriptions(), &mut out);
    golden("docs/iam-api.md", &out);
}

#[test]
fn every_error_is_common_or_some_operations_own() {
    let own: Vec<ErrorCode> =
        descriptions().chain(iam_descriptions()).flat_map(|description| description.errors).copied().collect();
    let nobodys: Vec<&ErrorCode> =
        ErrorCode::ALL.iter().filter(|code| !COMMON_ERRORS.contains(code) && !own.contains(code)).collect();
    assert!(nobodys.is_empty(), "no operation has these among its `errors [...]`: {nobodys:?}");
    let twice: Vec<&ErrorCode> = own.iter().filter(|code| COMMON_ERRORS.contains(code)).collect();
    assert!(twice.is_empty(), "these are common to all: {twice:?}");
}

/// The words in backticks or between commas of the first cell, and the second cell.
fn readme_rows() -> Vec<(BTreeSet<String>, String)> {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, table) = text.split_once("| STS action | state |\n|---|---|\n").unwrap();
    let row = |line: &str| {
        let (actions, state) = line.trim_matches('|').split_once('|').unwrap();
        (actions.split(',').map(|action| action.trim().to_owned()).collect(), state.trim().to_owned())
    };
    table.lines().take_while(|line| line.starts_with('|')).map(row).collect()
}

#[test]
fn the_readme_lists_the_actions_of_iam() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, table) = text.split_once("| IAM | actions that are served |\n|---|---|\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let actions = rows.flat_map(|line| line.trim_matches('|').split_once('|').unwrap().1.split(','));
    let listed: BTreeSet<String> = actions.map(|action| action.trim().to_owned()).collect();
    let here: BTreeSet<String> = iam_descriptions().map(|description| description.name.to_owned()).collect();
    assert_eq!(listed, here, "README.md, table of IAM's actions");
}

#[test]
fn the_readme_lists_what_is_served_and_what_is_not() {
    let rows = readme_rows();
    let listed = |served: bool| -> BTreeSet<String> {
        let rows = rows.iter().filter(|(_, state)| state.starts_with("served") == served);
        rows.flat_map(|(actions, _)| actions.clone()).collect()
    };
    let here: BTreeSet<String> = descriptions().map(|description| description.name.to_owned()).collect();
    assert_eq!(listed(true), here, "README.md, table of actions: those that begin with `served`");
    let both: Vec<String> = listed(false).intersection(&here).cloned().collect();
    assert!(both.is_empty(), "README.md says of these that they are not served: {both:?}");
    for description in descriptions() {
        let (_, state) = rows.iter().find(|(actions, _)| actions.contains(description.name)).unwrap();
        let named: BTreeSet<&str> =
            state.split('`').skip(1).step_by(2).filter(|word| word.starts_with(char::is_uppercase)).collect();
        let unserved: BTreeSet<&str> = description.unserved.iter().copied().collect();
        assert_eq!(named, unserved, "README.md: the parameters of {} that are refused by name", description.name);
    }
}
