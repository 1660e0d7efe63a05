//! `local-sts export` and `local-sts import`: the state of a running service, out and in.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::client::Client;
use super::files::replace;
use super::tokens::OWN_FILE;
use crate::config::Storage;
use crate::seed;
use crate::wire::query::escaped;

/// How long the service may take: a hundred thousand users and roles are many.
pub const PATIENCE: Duration = Duration::from_mins(5);

/// The file of the token to show: the one that is named, or else that of the service's data directory, if it is there.
pub fn token_file(named: Option<PathBuf>, storage: Result<Storage, String>) -> Option<PathBuf> {
    let own = || match storage {
        Ok(Storage::Directory(directory)) => Some(directory.join(OWN_FILE)).filter(|file| file.exists()),
        _ => None,
    };
    named.or_else(own)
}

/// Writes the state into `file`, which is for its owner alone, or gives it back to be printed.
pub fn export(client: &Client, file: Option<&Path>) -> Result<String, String> {
    let answer = client.ask("GET", "/_admin/v1/state", None)?.good()?;
    let Some(file) = file else { return Ok(answer.body.trim_end().to_owned()) };
    replace(file, &answer.body).map(|()| String::new())
}

/// Replaces all identities of the service by those of `file`, which may be any seed without variables; says how many
/// came, stayed and went, and what else there is to say about them.
pub fn import(client: &Client, file: &Path) -> Result<String, String> {
    let sources = seed::read_files(&[file.to_owned()]).map_err(|errors| errors.to_string())?;
    let Some(source) = sources.first() else { return Ok(String::new()) };
    let path = format!("/_admin/v1/state?name={}", escaped(&source.name));
    let answer = client.ask("PUT", &path, Some(&source.text))?;
    if answer.status != 200 {
        return Err(answer.told());
    }
    let told = answer.json();
    let counts = ["came", "stayed", "went"].map(|what| format!("{what}: {}", counted(told.get(what))));
    let warnings = told.get("warnings").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let lines = counts.into_iter().chain(warnings.map(|warning| format!("warning: {warning}")));
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// The numbers of an answer, by what is counted.
fn counted(numbers: Option<&Value>) -> String {
    let numbers = numbers.and_then(Value::as_object).into_iter().flatten();
    let words: Vec<String> = numbers.map(|(what, number)| format!("{number} {what}")).collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}
