//! The command line: what can be said on it, in the environment and in the file of `--config`.

use std::path::PathBuf;

use clap::builder::{BoolishValueParser, Resettable};
use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, CommandFactory as _, Error, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{manual, oidc, printers, saml};
use crate::seed;

/// AWS STS on your laptop: the same answers, the same refusals, credentials that truly expire.
#[derive(Debug, Parser)]
#[command(name = "local-sts", version, max_term_width = 100, after_help = manual::PROGRAM)]
pub struct CommandLine {
    /// What to do; to serve, if nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to serve.
    #[command(flatten)]
    pub options: Options,
}

/// What else the binary does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Checks seed files without starting: every mistake with its line and how to mend it.
    #[command(after_help = manual::CHECK)]
    Check {
        /// YAML or JSON; several are merged in this order.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Asks the built-in issuer of a running service for tokens.
    #[command(after_help = manual::OIDC)]
    Oidc {
        /// For what.
        #[command(subcommand)]
        command: oidc::OidcCommand,
    },
    /// Asks the built-in identity provider of a running service for assertions.
    #[command(after_help = manual::SAML)]
    Saml {
        /// For what.
        #[command(subcommand)]
        command: saml::SamlCommand,
    },
    /// Prints all identities of a running service as a seed that makes the same again, secrets included.
    #[command(after_help = manual::EXPORT)]
    Export {
        /// Where to write it, for its owner alone; without it to standard output.
        file: Option<PathBuf>,
    },
    /// Has a running service have the identities of a seed, such as an export, and no others.
    #[command(after_help = manual::IMPORT)]
    Import {
        /// YAML or JSON.
        file: PathBuf,
    },
    /// Hands out credentials of a role of a running service.
    #[command(flatten)]
    Printer(printers::Printer),
    /// Exits with 0 if the service of these options is ready, as an image's health check wants it.
    #[command(after_help = manual::HEALTHCHECK)]
    Healthcheck,
}

impl CommandLine {
    /// The program, with its commands and options.
    pub fn program() -> clap::Command {
        // What variables are set to may be nobody's business.
        Self::command().mut_args(|option| option.hide_env_values(true))
    }

    /// What the command line and the environment say; ends the process where that cannot be understood.
    pub fn read() -> Self {
        let matches = Self::program().mut_args(unless_empty).try_get_matches();
        let matches = matches.unwrap_or_else(|error| advised(error).exit());
        let mut read = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        read.options.outweigh(&matches);
        read
    }
}

/// What was probably meant by a word that is no command: a seed, or that it shall serve.
fn advised(mut error: Error) -> Error {
    if let (Some(ContextValue::String(word)), None) =
        (error.get(ContextKind::InvalidSubcommand), error.get(ContextKind::SuggestedSubcommand))
    {
        let is_seed = [".yaml", ".yml", ".json"].iter().any(|end| word.ends_with(end));
        let advice = if is_seed {
            format!("a seed is served by `local-sts --seed {word}`")
        } else {
            "without a command it serves".to_owned()
        };
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![advice.into()]));
    }
    error
}

/// An empty variable says nothing, for compose files write `${X:-}`.
fn unless_empty(option: Arg) -> Arg {
    let is_empty = option.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
    if is_empty { option.env(Resettable::Reset) } else { option }
}

/// How to serve. Everything may be left out.
#[derive(Clone, Debug, Default, Parser, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Options {
    /// Read further options from this YAML or JSON file.
    #[arg(long, env = "LOCAL_STS_CONFIG", value_name = "FILE", global = true)]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// Where AWS clients connect: an address (port 0 for any free one) or unix:PATH. [default: 127.0.0.1:4592]
    #[arg(long, env = "LOCAL_STS_AWS_LISTEN", help_heading = "Listeners", value_name = "ADDRESS")]
    pub aws_listen: Option<String>,
    /// Where the clock, reset and readiness are: the same forms. [default: 127.0.0.1:4593]
    #[arg(long, env = "LOCAL_STS_COMPANION_LISTEN", help_heading = "Listeners", value_name = "ADDRESS", global = true)]
    pub companion_listen: Option<String>,
    /// Where SDKs fetch credentials as from a container's agent or an instance: the same forms. Without it there is no
    /// such place.
    #[arg(long, env = "LOCAL_STS_DELIVERY_LISTEN", help_heading = "Listeners", value_name = "ADDRESS")]
    pub delivery_listen: Option<String>,
    /// A host name by which the companion may be called, beside those of this machine. May be repeated.
    #[arg(
        long,
        env = "LOCAL_STS_COMPANION_HOST",
        help_heading = "Listeners",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub companion_host: Vec<String>,
    /// A file with the token that callers of the companion must show as `Authorization: Bearer`. Needed as soon
    /// as it listens wider than this machine.
    #[arg(
        long,
        env = "LOCAL_STS_COMPANION_TOKEN_FILE",
        help_heading = "Listeners",
        value_name = "FILE",
        global = true
    )]
    pub companion_token_file: Option<PathBuf>,
    /// Seconds for which services may remember what the validator told them; what changes is then seen that much
    /// later. [default: 0]
    #[arg(long, env = "LOCAL_STS_VALIDATOR_MAX_AGE", help_heading = "Validator", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(0..=3600))]
    pub validator_max_age: Option<u32>,
    /// Let tokens with the scope `secret` look up secrets in the clear. For old servers on this machine only.
    #[arg(long, env = "LOCAL_STS_UNSAFE_SECRETS_LOOKUP", help_heading = "Validator", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub unsafe_secrets_lookup: Option<bool>,
    /// A PEM file of authorities that may vouch for the certificates of issuers, beside those that browsers know.
    #[arg(long, env = "LOCAL_STS_CA_BUNDLE", help_heading = "Tokens and assertions", value_name = "FILE")]
    pub ca_bundle: Option<PathBuf>,
    /// A host whose OIDC issuers may be on a private network, and without TLS. May be repeated. Issuers on this machine
    /// need no such word.
    #[arg(
        long,
        env = "LOCAL_STS_PRIVATE_ISSUER",
        help_heading = "Tokens and assertions",
        value_name = "HOST",
        value_delimiter = ','
    )]
    pub private_issuer: Vec<String>,
    /// How the issuers of tokens are called: where others reach the companion, as in `http://sts.test:4593`. The companion
    /// may then be called by that name.
    /// [default: the address of --companion-listen]
    #[arg(long, env = "LOCAL_STS_ISSUER_URL", help_heading = "Tokens and assertions", value_name = "URL")]
    pub issuer_url: Option<String>,
    /// What is demanded of SAML assertions: what AWS looks at, or also audience, recipient and NotBefore as the standard
    /// has them, and that each is used once. [default: as-aws]
    #[arg(
        long,
        env = "LOCAL_STS_SAML_RULES",
        help_heading = "Tokens and assertions",
        value_enum,
        value_name = "RULES"
    )]
    pub saml_rules: Option<SamlRules>,
    /// Take SAML signatures that rest on SHA-1, as some old identity provider still makes them.
    #[arg(long, env = "LOCAL_STS_SAML_SHA1", help_heading = "Tokens and assertions", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub saml_sha1: Option<bool>,
    /// A PEM file with the certificate by which the aws listener speaks TLS, and behind it those that lead to an
    /// authority. Needs --tls-key.
    #[arg(long, env = "LOCAL_STS_TLS_CERT", help_heading = "Listeners", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// A PEM file with the private key of that certificate.
    #[arg(long, env = "LOCAL_STS_TLS_KEY", help_heading = "Listeners", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// Accounts, users and roles to begin with, YAML or JSON. May be repeated: later files win.
    #[arg(long, env = "LOCAL_STS_SEED", help_heading = "State", value_name = "FILE", value_delimiter = ',')]
    pub seed: Vec<String>,
    /// What a seed does to a data directory that has one. [default: once]
    #[arg(long, env = "LOCAL_STS_SEED_MODE", help_heading = "State", value_enum, value_name = "MODE")]
    pub seed_mode: Option<seed::Mode>,
    /// Where state is kept. [default: local-sts in `$XDG_STATE_HOME` or ~/.local/state]
    #[arg(long, env = "LOCAL_STS_DATA_DIR", help_heading = "State", value_name = "DIR", global = true)]
    pub data_dir: Option<PathBuf>,
    /// Keep nothing: all state is gone with the process.
    #[arg(long, env = "LOCAL_STS_EPHEMERAL", help_heading = "State", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub ephemeral: Option<bool>,
    /// Repeat all chance from this number: the same calls in the same order get the same ids, secrets and tokens, which
    /// then are no secrets. Only with --ephemeral, and where nobody else can connect.
    #[arg(long, env = "LOCAL_STS_ENTROPY_SEED", help_heading = "State", value_name = "NUMBER")]
    pub entropy_seed: Option<u64>,
    /// Milliseconds between writes of the ledger of sessions; what was gathered in between is lost if the process
    /// is killed. [default: 50]
    #[arg(long, env = "LOCAL_STS_LEDGER_FLUSH", help_heading = "State", value_name = "MILLISECONDS", value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub ledger_flush: Option<u64>,
    /// Answer as the endpoint of this region only, or as the global one: aws-global. [default: every region there is]
    #[arg(long, env = "LOCAL_STS_REGION", help_heading = "Listeners", value_name = "REGION")]
    pub region: Option<String>,
    /// Serve the built-in seed, whose key everybody knows, on an address that others can reach.
    #[arg(long, env = "LOCAL_STS_DEMO", help_heading = "State", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub demo: Option<bool>,
    /// Calls that the journal remembers; 0 for none. [default: 10000]
    #[arg(long, env = "LOCAL_STS_JOURNAL", help_heading = "State", value_name = "ENTRIES", value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub journal: Option<u32>,
    /// What to log: error, warn, info, debug, or such levels by modules, as in `warn,local_sts=debug`. [default: info]
    #[arg(long, env = "LOCAL_STS_LOG", help_heading = "Log", value_name = "FILTER")]
    pub log: Option<String>,
    /// How to log. [default: text]
    #[arg(long, env = "LOCAL_STS_LOG_FORMAT", help_heading = "Log", value_enum, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

/// What is demanded of SAML assertions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SamlRules {
    /// What AWS looks at.
    AsAws,
    /// Audience, recipient and NotBefore as well.
    Standard,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: an object a line.
    Json,
}

impl Options {
    /// Of a place for state and none, a flag outweighs a variable.
    fn outweigh(&mut self, matches: &ArgMatches) {
        let flag = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
        match (flag("ephemeral"), flag("data_dir")) {
            (true, false) if self.ephemeral == Some(true) => self.data_dir = None,
            (false, true) => self.ephemeral = None,
            _ => {}
        }
    }

    /// Reads the file of `--config`, if one is given, for whatever flags and environment leave open.
    pub(super) fn with_file(self) -> Result<Self, String> {
        let Some(path) = self.config.clone() else { return Ok(self) };
        let sources = seed::read_files(&[path]).map_err(|errors| errors.to_string())?;
        let Some(source) = sources.first() else { return Ok(self) };
        let json = seed::to_json(source).map_err(|errors| errors.to_string())?;
        let wrong = |error: serde_json::Error| format!("{}: {error}", source.name);
        let said: Map<String, Value> = serde_json::from_str(&json).map_err(wrong)?;
        let options = Self::command();
        let known = || options.get_arguments().filter_map(Arg::get_long).filter(|name| *name != "config");
        // One by one, so that a mistake is told by its key.
        for (key, value) in &said {
            if !known().any(|name| name == key) {
                let advice = seed::nearest(key, known()).map(|meant| format!("; did you mean {meant}?"));
                return Err(format!("{}: there is no option {key}{}", source.name, advice.unwrap_or_default()));
            }
            let alone = Value::Object([(key.clone(), value.clone())].into_iter().collect());
            Self::deserialize(alone).map_err(|error| format!("{}: {key}: {error}", source.name))?;
        }
        let file = Self::deserialize(Value::Object(said)).map_err(wrong)?;
        let (data_dir, ephemeral) = match (&self.data_dir, self.ephemeral) {
            (None, Some(true)) => (None, None),
            (Some(_), None) => (None, Some(false)),
            _ => (file.data_dir, file.ephemeral),
        };
        let either = |mine: Vec<String>, theirs: Vec<String>| if mine.is_empty() { theirs } else { mine };
        Ok(Self {
            config: None,
            aws_listen: self.aws_listen.or(file.aws_listen),
            companion_listen: self.companion_listen.or(file.companion_listen),
            delivery_listen: self.delivery_listen.or(file.delivery_listen),
            companion_host: either(self.companion_host, file.companion_host),
            companion_token_file: self.companion_token_file.or(file.companion_token_file),
            validator_max_age: self.validator_max_age.or(file.validator_max_age),
            unsafe_secrets_lookup: self.unsafe_secrets_lookup.or(file.unsafe_secrets_lookup),
            ca_bundle: self.ca_bundle.or(file.ca_bundle),
            private_issuer: either(self.private_issuer, file.private_issuer),
            issuer_url: self.issuer_url.or(file.issuer_url),
            saml_rules: self.saml_rules.or(file.saml_rules),
            saml_sha1: self.saml_sha1.or(file.saml_sha1),
            tls_cert: self.tls_cert.or(file.tls_cert),
            tls_key: self.tls_key.or(file.tls_key),
            seed: either(self.seed, file.seed),
            seed_mode: self.seed_mode.or(file.seed_mode),
            data_dir: self.data_dir.or(data_dir),
            ephemeral: self.ephemeral.or(ephemeral),
            entropy_seed: self.entropy_seed.or(file.entropy_seed),
            ledger_flush: self.ledger_flush.or(file.ledger_flush),
            region: self.region.or(file.region),
            demo: self.demo.or(file.demo),
            journal: self.journal.or(file.journal),
            log: self.log.or(file.log),
            log_format: self.log_format.or(file.log_format),
        })
    }
}
