//! The file of --companion-token-file: who may call the companion, and for what.
//!
//! A token a line; behind it, if it may not do everything, its scopes joined by commas, and behind those the services
//! for which it may have signing keys. `#` begins a comment.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::files;
use crate::env::{Entropy, draw};
use crate::secret::{SHORTEST_TOKEN, Secret};
use crate::validator::{NEVER_SIGNED_FOR, Querier, Scope, Scopes};

/// A token and what it is good for.
#[derive(Clone, Debug)]
pub struct Token {
    /// What is shown.
    pub text: Secret<String>,
    /// What whoever shows it may do.
    pub querier: Querier,
}

/// The file that is made in the data directory when none is named.
pub const OWN_FILE: &str = "companion.token";
/// Each of them is compared with what is shown.
const MOST: usize = 100;

/// Reads the file that the operator names.
pub fn read(path: &Path) -> Result<Vec<Token>, String> {
    let option = format!("--companion-token-file {}", path.display());
    let text = files::text(path).map_err(|error| format!("{option}: {error}"))?;
    files::warn_if_open(path, "its tokens");
    parse(&text).map_err(|fault| format!("{option}{fault}"))
}

/// Reads the file in the data directory, and makes it if there is none: with it come keys, but never secrets.
pub fn read_or_make(directory: &Path, entropy: &dyn Entropy) -> Result<Vec<Token>, String> {
    let path = directory.join(OWN_FILE);
    let spoilt = |what: String| format!("{}{what}; mend it, or remove it to have another one made", path.display());
    let text = own_text(&path, entropy).map_err(|error| spoilt(format!(": {error}")))?;
    parse(&text).map_err(spoilt)
}

/// What is in that file. One that is empty is new, or its maker was cut short.
fn own_text(path: &Path, entropy: &dyn Entropy) -> std::io::Result<String> {
    let mut options = fs::OpenOptions::new();
    let mut file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    let mut text = files::utf8(files::whole(&mut file)?)?;
    if text.is_empty() {
        text = format!("{}\n", URL_SAFE_NO_PAD.encode(draw::<24>(entropy)));
        if let Err(error) = file.write_all(text.as_bytes()).and_then(|()| file.sync_all()) {
            // What is left of it is no token; where the disk is full, this much is taken all the same.
            let _ = file.set_len(0);
            return Err(error);
        }
    }
    Ok(text)
}

fn parse(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens: Vec<Token> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let fault = |what: &str| Err(format!(", line {}: {what}", at + 1));
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_ascii_whitespace();
        let Some(token) = words.next() else { continue };
        let (scopes, services) = (words.next(), words.next());
        if words.next().is_some() {
            return fault("more than a token, its scopes and its services; lists are joined by commas");
        }
        if token.len() < SHORTEST_TOKEN {
            return fault(&format!("a token has at least {SHORTEST_TOKEN} characters"));
        }
        if tokens.iter().any(|known| known.text.is_same_as(token)) {
            return fault("the same token again");
        }
        let scopes = match scopes.map_or(Ok(Scopes::all().but(Scope::Secret)), read_scopes) {
            Ok(scopes) => scopes,
            Err(word) => return fault(&format!("there is no scope {word}: {} are", all_scopes())),
        };
        let mut querier = Querier::with(scopes);
        if let Some(services) = services {
            querier.services = services.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        }
        if let Some(never) = querier.services.iter().find(|service| NEVER_SIGNED_FOR.contains(&service.as_str())) {
            return fault(&format!("a signing key for {never} would be the credential itself: it is never given away"));
        }
        tokens.push(Token { text: Secret::new(token.to_owned()), querier });
    }
    match tokens.len() {
        0 => Err(": there is no token in it".to_owned()),
        count if count > MOST => Err(format!(": {count} tokens are more than {MOST}")),
        _ => Ok(tokens),
    }
}

fn read_scopes(list: &str) -> Result<Scopes, &str> {
    let mut scopes = Scopes::default();
    for word in list.split(',').filter(|word| !word.is_empty()) {
        scopes = match word {
            "*" => scopes.with_all(Scopes::all().but(Scope::Secret)),
            "validator" => scopes.with_all(Scopes::validator()),
            _ => scopes.and(Scope::named(word).ok_or(word)?),
        };
    }
    Ok(scopes)
}

fn all_scopes() -> String {
    let mut words: Vec<&str> = Scope::ALL.iter().map(|scope| scope.word()).collect();
    words.extend(["validator", "*"]);
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "0123456789abcdef";
    const TWO: &str = "fedcba9876543210";

    #[track_caller]
    fn check(text: &str, expect: &[(&str, &[Scope], &[&str])]) {
        let tokens = parse(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
        let found: Vec<(String, Scopes, Vec<String>)> = tokens
            .into_iter()
            .map(|token| (token.text.expose().clone(), token.querier.scopes, token.querier.services))
            .collect();
        let expect: Vec<(String, Scopes, Vec<String>)> = expect
            .iter()
            .map(|(token, scopes, services)| {
                ((*token).to_owned(), Scopes::of(scopes), services.iter().map(|name| (*name).to_owned()).collect())
            })
            .collect();
        assert_eq!(found, expect, "{text}");
    }

    #[track_caller]
    fn check_refused(text: &str, expect: &str) {
        let fault = parse(text).unwrap_err();
        assert!(fault.contains(expect), "{text}: {fault}");
    }

    #[test]
    fn a_bare_token_may_do_all_but_see_secrets() {
        let all: Vec<Scope> = Scope::ALL.iter().copied().filter(|scope| *scope != Scope::Secret).collect();
        check(&format!("{ONE}\n"), &[(ONE, &all, &["s3"])]);
        check(&format!("\n# ours\n  {ONE} * # everything\n"), &[(ONE, &all, &["s3"])]);
    }

    #[test]
    fn scopes_and_services_follow_the_token() {
        use Scope::{Authenticate, Authorize, Events, ForwardAuth, Introspect, Secret, SigningKey};
        check(
            &format!("{ONE} validator,signing-key s3,execute-api\n{TWO}\tsecret"),
            &[
                (ONE, &[Authenticate, Authorize, Events, ForwardAuth, Introspect, SigningKey], &["s3", "execute-api"]),
                (TWO, &[Secret], &["s3"]),
            ],
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_line() {
        check_refused("", "no token");
        check_refused("# nothing\n", "no token");
        check_refused("short", ", line 1: a token has at least 16");
        check_refused(&format!("{ONE}\n{TWO} Admin"), ", line 2: there is no scope Admin: authenticate, ");
        check_refused(&format!("{ONE} signing-key s3,sts"), "a signing key for sts");
        check_refused(&format!("{ONE} admin s3 more"), "joined by commas");
        check_refused(&format!("{ONE}\n{ONE} admin"), ", line 2: the same token");
    }
}
