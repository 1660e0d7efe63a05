//! `local-sts oidc ...`: asks the built-in issuer of a running service.

use std::io::Write as _;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Map, Value};

use super::client::Client;
use super::files::replace;
use crate::config::oidc::{OidcCommand, Origin, SeedOptions, TokenOptions};
use crate::idp::trust::{self, TrustRequest};
use crate::validator::Scope;
use crate::wire::query::escaped;

/// How long the service may take to answer: keys may have to be made first.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked whether the token in a file is still good.
const INTERVAL: Duration = Duration::from_secs(1);

/// What must be shown for a command.
pub fn scope(command: &OidcCommand) -> Scope {
    match command {
        OidcCommand::Token(_) | OidcCommand::Actions { .. } | OidcCommand::Seed(_) => Scope::Mint,
        OidcCommand::Rotate { .. } => Scope::Admin,
    }
}

/// Does what the command says; what it prints is the token, or lines for a shell.
pub fn run(client: &Client, command: &OidcCommand) -> Result<String, String> {
    match command {
        OidcCommand::Token(options) => token(client, options),
        OidcCommand::Seed(options) => seed(client, options),
        OidcCommand::Actions { platform_issuer, sub, claims } => {
            let platform = platform_issuer.then_some(("platformIssuer", "true"));
            let sub = sub.as_deref().map(|sub| ("sub", sub));
            let claims = claims.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            Ok(actions(client, platform.into_iter().chain(sub).chain(claims)))
        }
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
    match &options.write {
        None => Ok(minted(client, &request)?.token),
        Some(file) if options.refresh => keep_fresh(client, &request, file),
        Some(file) => replace(file, &minted(client, &request)?.token).map(|()| String::new()),
    }
}

/// Asks again and again what a token would be now, and puts that one into the file once it is time. So it goes by the
/// service's own clock however that is turned, and notices keys that were replaced.
fn keep_fresh(client: &Client, request: &str, file: &Path) -> ! {
    let (mut written, mut trouble) = (None::<Minted>, String::new());
    loop {
        let now = minted(client, request).and_then(|now| {
            if written.as_ref().is_none_or(|written| written.is_due(&now)) {
                replace(file, &now.token)?;
                written = Some(now);
            }
            Ok(())
        });
        let now = now.err().unwrap_or_default();
        // Once, however long it goes on.
        if now != trouble && !now.is_empty() {
            tell(&now);
        }
        trouble = now;
        sleep(INTERVAL);
    }
}

/// Says what goes wrong while a file is kept fresh; whoever does not listen is served as well.
fn tell(error: &str) {
    let _ = writeln!(std::io::stderr(), "{error}; trying again");
}

/// A token, and what decides when another one is due.
struct Minted {
    token: String,
    key_id: String,
    issued_at: i64,
    expires_in: i64,
}

impl Minted {
    /// Whether `now`, which was made later, shall stand in place of this one.
    fn is_due(&self, now: &Self) -> bool {
        let age = now.issued_at.saturating_sub(self.issued_at);
        // AWS: as the kubelet does, when four fifths of its time are over.
        let old = age >= self.expires_in.saturating_sub(self.expires_in / 5);
        old || age < 0 || now.key_id != self.key_id
    }
}

fn minted(client: &Client, request: &str) -> Result<Minted, String> {
    let answer = ask(client, "/oidc/token", request)?;
    let text = |member: &str| answer.get(member).and_then(Value::as_str).map(str::to_owned);
    let number = |member: &str| answer.get(member).and_then(Value::as_i64);
    let minted = || {
        Some(Minted {
            token: text("token")?,
            key_id: text("keyId")?,
            issued_at: number("issuedAt")?,
            expires_in: number("expiresIn")?,
        })
    };
    minted().ok_or_else(|| "the companion has no such issuer".to_owned())
}

fn ask(client: &Client, path: &str, body: &str) -> Result<Value, String> {
    Ok(client.ask("POST", path, Some(body))?.good()?.json())
}

/// A seed that can be given beside others. Nobody is asked.
fn seed(client: &Client, options: &SeedOptions) -> Result<String, String> {
    let Origin { preset, issuer, platform_issuer, sub } = &options.origin;
    let request = TrustRequest {
        preset: preset.clone(),
        issuer: issuer.clone(),
        platform_issuer: *platform_issuer,
        sub: sub.clone(),
        aud: options.aud.clone(),
        account: options.account.to_string(),
        role: options.role.clone(),
    };
    let seed = trust::seed(&format!("http://{}", client.authority()), &request).map_err(|why| why.to_string())?;
    serde_json::to_string_pretty(&seed).map_err(|error| error.to_string())
}

/// The two variables of a job, to be pasted into a shell.
fn actions<'a>(client: &Client, parameters: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let pairs = parameters.map(|(name, value)| format!("&{}={}", escaped(name), escaped(value)));
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
