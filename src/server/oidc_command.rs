//! `local-sts oidc ...`: asks the built-in issuer of a running service.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Map, Value};

use super::client::Client;
use crate::config::oidc::{OidcCommand, TokenOptions};

/// How long the service may take to answer: keys may have to be made first.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// How soon a token is tried for again that was not to be had.
const RETRY: Duration = Duration::from_secs(5);

/// Does what the command says; what it prints is the token, or lines for a shell.
pub fn run(client: &Client, command: &OidcCommand) -> Result<String, String> {
    match command {
        OidcCommand::Token(options) => token(client, options),
        OidcCommand::Actions { sub, claims } => Ok(actions(client, sub.as_deref(), claims)),
        OidcCommand::Rotate { keep } => {
            let body = Value::Object(Map::from_iter([("keep".to_owned(), Value::from(*keep))])).to_string();
            let answer = ask(client, "/oidc/rotate", &body)?;
            let ids = answer.get("keys").and_then(Value::as_array).cloned().unwrap_or_default();
            Ok(ids.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"))
        }
    }
}

fn token(client: &Client, options: &TokenOptions) -> Result<String, String> {
    let request = options.to_request().to_string();
    let Some(file) = &options.write else { return Ok(minted(client, &request)?.0) };
    loop {
        let written = minted(client, &request).and_then(|(token, seconds)| {
            replace(file, &token).map_err(|error| format!("{}: {error}", file.display()))?;
            Ok(seconds)
        });
        match written {
            Ok(_) if !options.refresh => return Ok(String::new()),
            // AWS: as the kubelet does, when four fifths of its time are over.
            Ok(seconds) => sleep(Duration::from_secs((seconds / 5 * 4).max(1))),
            Err(error) if !options.refresh => return Err(error),
            Err(error) => {
                tell(&error);
                sleep(RETRY);
            }
        }
    }
}

/// Says what goes wrong while a file is kept fresh; whoever does not listen is served as well.
fn tell(error: &str) {
    let _ = writeln!(std::io::stderr(), "{error}; trying again");
}

/// A token, and the seconds that it is good for.
fn minted(client: &Client, request: &str) -> Result<(String, u64), String> {
    let answer = ask(client, "/oidc/token", request)?;
    let token = answer.get("token").and_then(Value::as_str).ok_or("the companion has no such issuer")?;
    Ok((token.to_owned(), answer.get("expiresIn").and_then(Value::as_u64).unwrap_or_default()))
}

fn ask(client: &Client, path: &str, body: &str) -> Result<Value, String> {
    let answer = client.ask("POST", path, Some(body))?;
    if answer.status == 200 { Ok(answer.json()) } else { Err(format!("{:.1000}", answer.told())) }
}

/// Puts `token` into the file in one step, so that nobody reads half of it.
fn replace(file: &Path, token: &str) -> std::io::Result<()> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let beside = file.with_file_name(format!(".{name}.{}", std::process::id()));
    let mut options = OpenOptions::new();
    let written = options.write(true).create(true).truncate(true).mode(0o600).open(&beside).and_then(|mut new| {
        new.write_all(token.as_bytes())?;
        new.sync_all()
    });
    let moved = written.and_then(|()| fs::rename(&beside, file));
    if moved.is_err() {
        // It may never have been made.
        let _ = fs::remove_file(&beside);
    }
    moved
}

/// The two variables of a job, to be pasted into a shell.
fn actions(client: &Client, sub: Option<&str>, claims: &[(String, String)]) -> String {
    let sub = sub.map(|sub| ("sub", sub));
    let claims = claims.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let pairs = sub.into_iter().chain(claims).map(|(name, value)| format!("&{}={}", escaped(name), escaped(value)));
    let query = pairs.collect::<Vec<_>>().concat();
    // Without something to show, actions do not ask at all.
    let token = client.shown().unwrap_or("local");
    format!(
        "export ACTIONS_ID_TOKEN_REQUEST_URL='http://{}/oidc/token?api-version=2.0{query}'\n\
         export ACTIONS_ID_TOKEN_REQUEST_TOKEN='{}'",
        client.authority(),
        token.replace('\'', r"'\''")
    )
}

/// As a query has it.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let byte = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(byte).collect()
}
