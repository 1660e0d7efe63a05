//! `local-sts oidc ...`: what can be asked of the built-in issuer on the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::manual;
use crate::ids::AccountId;

/// What to ask of a running service.
#[derive(Debug, Subcommand)]
pub enum OidcCommand {
    /// Prints a token, or keeps one in a file.
    #[command(after_help = manual::OIDC_TOKEN)]
    Token(Box<TokenOptions>),
    /// Prints what a seed needs so that such tokens open a role: their provider, and a role that trusts it as the guide
    /// of their platform shows.
    #[command(after_help = manual::OIDC_SEED)]
    Seed(SeedOptions),
    /// Prints the two variables by which GitHub's own actions find their token here.
    #[command(after_help = manual::OIDC_ACTIONS)]
    Actions {
        /// Name GitHub itself as the issuer, for a provider whose `jwks` is `built-in`.
        #[arg(long)]
        platform_issuer: bool,
        /// The subject of the job's tokens, as in `repo:acme/shop:ref:refs/heads/main`.
        #[arg(long)]
        sub: Option<String>,
        /// A further claim of the job's tokens. May be repeated.
        #[arg(long = "claim", value_name = "NAME=VALUE", value_parser = pair)]
        claims: Vec<(String, String)>,
    },
    /// Signs with fresh keys from now on.
    #[command(after_help = manual::OIDC_ROTATE)]
    Rotate {
        /// Of how many makings the keys are shown, the fresh ones included. 1 withdraws all that were before.
        #[arg(long, default_value_t = 2)]
        keep: usize,
    },
}

/// Who makes tokens, and about whom.
#[derive(Debug, Args)]
pub struct Origin {
    /// Whose tokens they look like: `github-actions`, `gitlab-ci`, `eks`, `terraform`, ...; a wrong name lists them all.
    #[arg(long)]
    pub preset: Option<String>,
    /// The path of the issuer, as in `github` for `http://127.0.0.1:4593/oidc/github`.
    #[arg(long, value_name = "PATH")]
    pub issuer: Option<String>,
    /// Name the platform of the preset as the issuer, as in `https://gitlab.com`: for a provider of that address in the
    /// seed whose `jwks` is `built-in`.
    #[arg(long, requires = "preset", conflicts_with = "issuer")]
    pub platform_issuer: bool,
    /// Whom they are about.
    #[arg(long)]
    pub sub: Option<String>,
}

/// What the token shall be.
#[derive(Debug, Args)]
pub struct TokenOptions {
    /// Who makes it, and about whom.
    #[command(flatten)]
    pub origin: Origin,
    /// For whom it is meant. Several make a list.
    #[arg(long)]
    pub aud: Vec<String>,
    /// A claim that is a text. May be repeated.
    #[arg(long = "claim", value_name = "NAME=VALUE", value_parser = pair)]
    pub claims: Vec<(String, String)>,
    /// A claim that is any JSON. May be repeated.
    #[arg(long = "claim-json", value_name = "NAME=JSON", value_parser = json_pair)]
    pub json_claims: Vec<(String, Value)>,
    /// A claim that it shall not have. May be repeated.
    #[arg(long, value_name = "NAME")]
    pub without: Vec<String>,
    /// A tag of the session. May be repeated.
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = pair)]
    pub tags: Vec<(String, String)>,
    /// A tag that is handed down when roles are chained. May be repeated.
    #[arg(long = "transitive-tag", value_name = "KEY")]
    pub transitive_tags: Vec<String>,
    /// The source identity of the session.
    #[arg(long, value_name = "NAME")]
    pub source_identity: Option<String>,
    /// The ARN of a role for which alone it may be used. May be repeated.
    #[arg(long = "role", value_name = "ARN")]
    pub roles: Vec<String>,
    /// Seconds that it shall be good for.
    #[arg(long, value_name = "SECONDS")]
    pub lifetime: Option<u32>,
    /// RS256, RS384, RS512, ES256, ES384 or ES512.
    #[arg(long)]
    pub algorithm: Option<String>,
    /// A member of its header that is any JSON. May be repeated.
    #[arg(long = "header", value_name = "NAME=JSON", value_parser = json_pair)]
    pub header: Vec<(String, Value)>,
    /// What shall be wrong with it: `expired`, `wrong-audience`, `unknown-key`, `bad-signature`, ...; a wrong name lists
    /// them all.
    #[arg(long)]
    pub defect: Option<String>,
    /// Write it into this file, without a newline and for nobody else to read.
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// Go on and put a new one into the file whenever four fifths of its time are over, as Kubernetes does.
    #[arg(long, requires = "write")]
    pub refresh: bool,
}

/// Whose tokens shall open a role.
#[derive(Debug, Args)]
pub struct SeedOptions {
    /// Who makes them, and about whom.
    #[command(flatten)]
    pub origin: Origin,
    /// For whom they are.
    #[arg(long)]
    pub aud: Option<String>,
    /// The account of the role.
    #[arg(long, default_value = "000000000000", value_parser = account)]
    pub account: AccountId,
    /// The name of the role. [default: that of the preset]
    #[arg(long)]
    pub role: Option<String>,
}

impl TokenOptions {
    /// As the companion reads it.
    pub fn to_request(&self) -> Value {
        let texts = self.claims.iter().map(|(name, value)| (name.clone(), json!(value)));
        let claims: Map<String, Value> = texts.chain(self.json_claims.iter().cloned()).collect();
        let tags: Map<String, Value> = self.tags.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
        let header: Map<String, Value> = self.header.iter().cloned().collect();
        let audience = match &self.aud[..] {
            [] => Value::Null,
            [one] => json!(one),
            several => json!(several),
        };
        let Origin { preset, issuer, platform_issuer, sub } = &self.origin;
        json!({
            "preset": preset,
            "issuer": issuer,
            "platformIssuer": platform_issuer,
            "sub": sub,
            "aud": audience,
            "claims": claims,
            "without": self.without,
            "tags": tags,
            "transitiveTagKeys": self.transitive_tags,
            "sourceIdentity": self.source_identity,
            "roles": self.roles,
            "lifetimeSeconds": self.lifetime,
            "algorithm": self.algorithm,
            "header": header,
            "defect": self.defect,
        })
    }
}

fn account(text: &str) -> Result<AccountId, String> {
    AccountId::parse(text).ok_or_else(|| "an account is twelve digits".to_owned())
}

pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as name=value")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn json_pair(text: &str) -> Result<(String, Value), String> {
    let (name, value) = pair(text)?;
    let value = serde_json::from_str(&value).map_err(|error| format!("{value} is no JSON: {error}"))?;
    Ok((name, value))
}
