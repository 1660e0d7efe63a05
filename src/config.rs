//! What can be set: by flag, by environment, by file, in that order of precedence.

pub mod oidc;
pub mod printers;
pub mod saml;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use serde::Deserialize;

use crate::federation::saml::{Rules, Sha1Is};
use crate::ids::Endpoint;
use crate::journal;
use crate::seed;
use crate::validator::Settings;
use crate::wire::request::is_loopback_authority;

/// AWS STS on your laptop: the same answers, the same refusals, credentials that truly expire.
#[derive(Debug, Parser)]
#[command(name = "local-sts", version, max_term_width = 100, after_help = AFTER_HELP)]
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
    Check {
        /// YAML or JSON; several are merged in this order.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Asks the built-in issuer of a running service for tokens.
    Oidc {
        /// For what.
        #[command(subcommand)]
        command: oidc::OidcCommand,
    },
    /// Asks the built-in identity provider of a running service for assertions.
    Saml {
        /// For what.
        #[command(subcommand)]
        command: saml::SamlCommand,
    },
    /// Prints all identities of a running service as a seed that makes the same again, secrets included.
    Export {
        /// Where to write it, for its owner alone; without it to standard output.
        file: Option<PathBuf>,
    },
    /// Has a running service have the identities of a seed, such as an export, and no others.
    Import {
        /// YAML or JSON.
        file: PathBuf,
    },
    /// Hands out credentials of a role of a running service.
    #[command(flatten)]
    Printer(printers::Printer),
    /// Exits with 0 if the service of these options is ready, as an image's health check wants it.
    Healthcheck,
}

impl CommandLine {
    /// What the command line and the environment say; ends the process where that cannot be understood.
    pub fn read() -> Self {
        let matches = Self::command().get_matches();
        let mut read = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        read.options.outweigh(&matches);
        read
    }
}

const COMPANION_LISTEN: &str = "127.0.0.1:4593";

/// What the service itself has to say, and of the framework only its troubles.
const DEFAULT_LOG: &str = "info,actix_server=warn,actix_http=warn";

const AFTER_HELP: &str = "\
Every option can stand in the environment (LOCAL_STS_AWS_LISTEN, ...) and in the file of --config, under its
own name without the dashes; a flag outweighs the environment, and that outweighs the file.

First steps:
  local-sts --ephemeral          serve the built-in seed (account 000000000000, key test/test), keep nothing
  local-sts --seed my.yaml       serve your own accounts, users and roles, and remember every change
  local-sts check my.yaml        find the mistakes in a seed
  aws sts get-caller-identity    after pasting the exports that it prints";

/// How to serve. Everything may be left out.
#[derive(Clone, Debug, Default, Parser, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Options {
    /// Read further options from this YAML or JSON file.
    #[arg(long, env = "LOCAL_STS_CONFIG", value_name = "FILE", global = true)]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// Where AWS clients connect: an address (port 0 for any free one) or unix:PATH. [default: 127.0.0.1:4592]
    #[arg(long, env = "LOCAL_STS_AWS_LISTEN", value_name = "ADDRESS")]
    pub aws_listen: Option<String>,
    /// Where the clock, reset and readiness are: the same forms. [default: 127.0.0.1:4593]
    #[arg(long, env = "LOCAL_STS_COMPANION_LISTEN", value_name = "ADDRESS", global = true)]
    pub companion_listen: Option<String>,
    /// Where SDKs fetch credentials as from a container's agent or an instance: the same forms. Without it there is no
    /// such place.
    #[arg(long, env = "LOCAL_STS_DELIVERY_LISTEN", value_name = "ADDRESS")]
    pub delivery_listen: Option<String>,
    /// A host name by which the companion may be called, beside those of this machine. May be repeated.
    #[arg(long, env = "LOCAL_STS_COMPANION_HOST", value_name = "NAME", value_delimiter = ',')]
    pub companion_host: Vec<String>,
    /// A file with the token that callers of the companion must show as `Authorization: Bearer`. Needed as soon
    /// as it listens wider than this machine.
    #[arg(long, env = "LOCAL_STS_COMPANION_TOKEN_FILE", value_name = "FILE", global = true)]
    pub companion_token_file: Option<PathBuf>,
    /// Seconds for which services may remember what the validator told them; what changes is then seen that much
    /// later. [default: 0]
    #[arg(long, env = "LOCAL_STS_VALIDATOR_MAX_AGE", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(0..=3600))]
    pub validator_max_age: Option<u32>,
    /// Let tokens with the scope `secret` look up secrets in the clear. For old servers on this machine only.
    #[arg(long, env = "LOCAL_STS_UNSAFE_SECRETS_LOOKUP", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub unsafe_secrets_lookup: Option<bool>,
    /// A PEM file of authorities that may vouch for the certificates of issuers, beside those that browsers know.
    #[arg(long, env = "LOCAL_STS_CA_BUNDLE", value_name = "FILE")]
    pub ca_bundle: Option<PathBuf>,
    /// A host whose OIDC issuers may be on a private network, and without TLS. May be repeated. Issuers on this machine
    /// need no such word.
    #[arg(long, env = "LOCAL_STS_PRIVATE_ISSUER", value_name = "HOST", value_delimiter = ',')]
    pub private_issuer: Vec<String>,
    /// How the issuers of tokens are called: where others reach the companion, as in `http://sts.test:4593`. The companion
    /// may then be called by that name.
    /// [default: the address of --companion-listen]
    #[arg(long, env = "LOCAL_STS_ISSUER_URL", value_name = "URL")]
    pub issuer_url: Option<String>,
    /// What is demanded of SAML assertions: what AWS looks at, or also audience, recipient and NotBefore as the standard
    /// has them, and that each is used once. [default: as-aws]
    #[arg(long, env = "LOCAL_STS_SAML_RULES", value_enum, value_name = "RULES")]
    pub saml_rules: Option<SamlRules>,
    /// Take SAML signatures that rest on SHA-1, as some old identity provider still makes them.
    #[arg(long, env = "LOCAL_STS_SAML_SHA1", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub saml_sha1: Option<bool>,
    /// A PEM file with the certificate by which the aws listener speaks TLS, and behind it those that lead to an
    /// authority. Needs --tls-key.
    #[arg(long, env = "LOCAL_STS_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// A PEM file with the private key of that certificate.
    #[arg(long, env = "LOCAL_STS_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// Accounts, users and roles to begin with, YAML or JSON. May be repeated: later files win.
    #[arg(long, env = "LOCAL_STS_SEED", value_name = "FILE", value_delimiter = ',')]
    pub seed: Vec<String>,
    /// What a seed does to a data directory that has one. [default: once]
    #[arg(long, env = "LOCAL_STS_SEED_MODE", value_enum, value_name = "MODE")]
    pub seed_mode: Option<SeedMode>,
    /// Where state is kept. [default: local-sts in `$XDG_STATE_HOME` or ~/.local/state]
    #[arg(long, env = "LOCAL_STS_DATA_DIR", value_name = "DIR", global = true)]
    pub data_dir: Option<PathBuf>,
    /// Keep nothing: all state is gone with the process.
    #[arg(long, env = "LOCAL_STS_EPHEMERAL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub ephemeral: Option<bool>,
    /// Repeat all chance from this number: the same calls in the same order get the same ids, secrets and tokens, which
    /// then are no secrets. Only with --ephemeral, and where nobody else can connect.
    #[arg(long, env = "LOCAL_STS_ENTROPY_SEED", value_name = "NUMBER")]
    pub entropy_seed: Option<u64>,
    /// Milliseconds between writes of the ledger of sessions; what was gathered in between is lost if the process
    /// is killed. [default: 50]
    #[arg(long, env = "LOCAL_STS_LEDGER_FLUSH", value_name = "MILLISECONDS", value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub ledger_flush: Option<u64>,
    /// Answer as the endpoint of this region only, or as the global one: aws-global. [default: every region there is]
    #[arg(long, env = "LOCAL_STS_REGION", value_name = "REGION")]
    pub region: Option<String>,
    /// Serve the built-in seed, whose key everybody knows, on an address that others can reach.
    #[arg(long, env = "LOCAL_STS_DEMO", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub demo: Option<bool>,
    /// Calls that the journal remembers; 0 for none. [default: 10000]
    #[arg(long, env = "LOCAL_STS_JOURNAL", value_name = "ENTRIES", value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub journal: Option<u32>,
    /// What to log: error, warn, info, debug, or as tracing filters go. [default: info]
    #[arg(long, env = "LOCAL_STS_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// How to log. [default: text]
    #[arg(long, env = "LOCAL_STS_LOG_FORMAT", value_enum, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

/// What a seed does to a data directory that was seeded before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeedMode {
    /// The same seed changes nothing; another one stops the start.
    Once,
    /// Add what is absent.
    Merge,
    /// Begin again from this seed.
    Reset,
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

/// Everything decided.
#[derive(Debug)]
pub struct Config {
    /// Where AWS clients connect.
    pub aws_listen: Listen,
    /// By what the aws listener speaks TLS, if it does.
    pub tls: Option<TlsFiles>,
    /// Where the companion answers.
    pub companion_listen: Listen,
    /// Where SDKs fetch credentials, if anywhere.
    pub delivery_listen: Option<Listen>,
    /// Host names by which the companion may be called.
    pub companion_hosts: Vec<String>,
    /// The file with the companion's token.
    pub companion_token_file: Option<PathBuf>,
    /// What the validator may do.
    pub validator: Settings,
    /// The file with authorities of one's own.
    pub ca_bundle: Option<PathBuf>,
    /// Hosts of issuers on a private network.
    pub private_issuers: Vec<String>,
    /// How the issuers of tokens are called, if that was said.
    pub issuer_url: Option<String>,
    /// What is demanded of assertions.
    pub saml: Rules,
    /// The seed files; empty for the built-in seed.
    pub seed: Vec<PathBuf>,
    /// What a seed does to a directory that has one.
    pub seed_mode: SeedMode,
    /// Where state is kept, if anywhere.
    pub storage: Storage,
    /// From which number chance repeats itself, if it shall.
    pub entropy_seed: Option<u64>,
    /// How long the ledger gathers before it writes.
    pub ledger_flush: Duration,
    /// The one endpoint to answer as.
    pub endpoint: Option<Endpoint>,
    /// Whether the demo key may be reachable for others.
    pub demo: bool,
    /// Calls that the journal remembers.
    pub journal: usize,
    /// What to log.
    pub log: String,
    /// How to log.
    pub log_format: LogFormat,
}

/// The files by which a listener speaks TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificates, the listener's own first.
    pub certificate: PathBuf,
    /// The key of the first.
    pub key: PathBuf,
}

/// Where state is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Nowhere.
    Ephemeral,
    /// In this directory.
    Directory(PathBuf),
}

/// Where a listener listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// TCP.
    Address(SocketAddr),
    /// A Unix socket.
    Socket(PathBuf),
}

impl Listen {
    fn parse(option: &str, text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            return Ok(Self::Socket(path.into()));
        }
        let address = if let Some(port) = text.strip_prefix("localhost:") {
            format!("127.0.0.1:{port}")
        } else {
            text.to_owned()
        };
        address.parse().map(Self::Address).map_err(|_| {
            format!("--{option} {text} is no address: write it as 127.0.0.1:4592, [::1]:0 or unix:/path/of/socket")
        })
    }

    /// Whether only this machine can connect.
    pub fn is_private(&self) -> bool {
        match self {
            Self::Address(address) => is_loopback_authority(&address.to_string()),
            Self::Socket(_) => true,
        }
    }
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
    fn with_file(self) -> Result<Self, String> {
        let Some(path) = self.config.clone() else { return Ok(self) };
        let sources = seed::read_files(&[path]).map_err(|errors| errors.to_string())?;
        let Some(source) = sources.first() else { return Ok(self) };
        let json = seed::to_json(source).map_err(|errors| errors.to_string())?;
        let file: Self = serde_json::from_str(&json).map_err(|error| format!("{}: {error}", source.name))?;
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

    /// Where the companion is, and the file with what it wants to see.
    pub fn companion(self) -> Result<(Listen, Option<PathBuf>), String> {
        let options = self.with_file()?;
        let listen = options.companion_listen.as_deref().unwrap_or(COMPANION_LISTEN);
        Ok((Listen::parse("companion-listen", listen)?, options.companion_token_file))
    }

    /// The options by which another process finds the same companion.
    pub fn leading_there(&self) -> Vec<OsString> {
        let file = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone()).into_os_string();
        let option = |name: &str, value: Option<OsString>| {
            value.map(|value| {
                let mut option = OsString::from(name);
                option.push(value);
                option
            })
        };
        let listen = self.companion_listen.clone().map(OsString::from);
        [
            option("--config=", self.config.as_ref().map(file)),
            option("--companion-listen=", listen),
            option("--companion-token-file=", self.companion_token_file.as_ref().map(file)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Where state is kept, if anywhere.
    pub fn storage(self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Storage, String> {
        let options = self.with_file()?;
        storage(options.ephemeral.unwrap_or_default(), options.data_dir, variable)
    }

    /// Decides everything; `variable` answers for the environment. What cannot be is refused with what to do.
    pub fn decide(self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Config, String> {
        let options = self.with_file()?;
        let aws_listen = Listen::parse("aws-listen", options.aws_listen.as_deref().unwrap_or("127.0.0.1:4592"))?;
        let companion_listen =
            Listen::parse("companion-listen", options.companion_listen.as_deref().unwrap_or(COMPANION_LISTEN))?;
        let delivery = options.delivery_listen.filter(|text| !text.is_empty());
        let delivery_listen = delivery.map(|text| Listen::parse("delivery-listen", &text)).transpose()?;
        let endpoint = options.region.map(|name| endpoint(&name)).transpose()?;
        let storage = storage(options.ephemeral.unwrap_or_default(), options.data_dir, variable)?;
        let demo = options.demo.unwrap_or_default();
        if !companion_listen.is_private() && options.companion_token_file.is_none() {
            return Err("the companion can change time and wipe state, and others can reach this --companion-listen: \
                        give a --companion-token-file, or listen on 127.0.0.1 or unix:PATH"
                .to_owned());
        }
        if options.entropy_seed.is_some() {
            let listeners = [Some(&aws_listen), Some(&companion_listen), delivery_listen.as_ref()];
            check_repeatable(&storage, listeners.into_iter().flatten())?;
        }
        let validator = Settings {
            max_age_seconds: options.validator_max_age.unwrap_or_default().min(3600),
            unsafe_secrets: options.unsafe_secrets_lookup.unwrap_or_default(),
        };
        if validator.unsafe_secrets && !companion_listen.is_private() {
            return Err("secrets are never given to other machines: leave out --unsafe-secrets-lookup, or have the \
                        companion listen on 127.0.0.1 or unix:PATH"
                .to_owned());
        }
        if validator.unsafe_secrets && options.companion_token_file.is_none() {
            return Err(
                "--unsafe-secrets-lookup needs a --companion-token-file with a token of the scope secret".to_owned()
            );
        }
        Ok(Config {
            validator,
            tls: tls_files(options.tls_cert, options.tls_key, &aws_listen)?,
            aws_listen,
            companion_listen,
            delivery_listen,
            companion_hosts: filled(options.companion_host).collect(),
            companion_token_file: options.companion_token_file,
            ca_bundle: options.ca_bundle,
            private_issuers: filled(options.private_issuer).map(|host| bare_host(&host)).collect::<Result<_, _>>()?,
            issuer_url: options.issuer_url.filter(|url| !url.is_empty()).map(|url| issuer_url(&url)).transpose()?,
            saml: Rules {
                by_the_standard: options.saml_rules == Some(SamlRules::Standard),
                sha1: if options.saml_sha1.unwrap_or_default() { Sha1Is::Taken } else { Sha1Is::Refused },
            },
            seed: filled(options.seed).map(PathBuf::from).collect(),
            seed_mode: options.seed_mode.unwrap_or(SeedMode::Once),
            storage,
            entropy_seed: options.entropy_seed,
            ledger_flush: Duration::from_millis(options.ledger_flush.unwrap_or(50).clamp(1, 60_000)),
            endpoint,
            demo,
            journal: options.journal.map_or(journal::USUAL, |entries| entries as usize),
            log: options.log.unwrap_or_else(|| DEFAULT_LOG.to_owned()),
            log_format: options.log_format.unwrap_or_default(),
        })
    }
}

fn tls_files(certificate: Option<PathBuf>, key: Option<PathBuf>, listen: &Listen) -> Result<Option<TlsFiles>, String> {
    match (certificate, key) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) if matches!(listen, Listen::Socket(_)) => {
            Err("no client speaks TLS over a Unix socket: leave out --tls-cert and --tls-key, or listen on an address"
                .to_owned())
        }
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
        (Some(file), None) => {
            Err(format!("--tls-cert {} needs a --tls-key: the private key of its first certificate", file.display()))
        }
        (None, Some(file)) => {
            Err(format!("--tls-key {} needs a --tls-cert: the certificate that it belongs to", file.display()))
        }
    }
}

/// What is made by chance that repeats itself must neither last nor be had from elsewhere.
fn check_repeatable<'l>(storage: &Storage, mut listeners: impl Iterator<Item = &'l Listen>) -> Result<(), String> {
    let advice = if *storage != Storage::Ephemeral {
        "which must not last: say --ephemeral, or leave it out"
    } else if !listeners.all(Listen::is_private) {
        "and others can reach this service: listen on 127.0.0.1 or unix:PATH, or leave it out"
    } else {
        return Ok(());
    };
    Err(format!("--entropy-seed makes secrets that anybody can guess, {advice}"))
}

/// A variable that is set to nothing sets nothing.
fn filled(values: Vec<String>) -> impl Iterator<Item = String> {
    values.into_iter().filter(|value| !value.is_empty())
}

/// A host without scheme and port.
fn bare_host(text: &str) -> Result<String, String> {
    if text.contains('/') || (text.contains(':') && !text.ends_with(']')) {
        return Err(format!("--private-issuer {text} is no host: write its name alone, such as keycloak"));
    }
    Ok(text.to_owned())
}

fn endpoint(name: &str) -> Result<Endpoint, String> {
    let found = Endpoint::named(name);
    found.ok_or_else(|| format!("--region {name} is no AWS region: take one such as us-east-1, or aws-global"))
}

/// What `iss` begins with, so it must be an address to which a path can be added.
fn issuer_url(url: &str) -> Result<String, String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let fine = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/[]".contains(&byte));
    match rest.map(|rest| rest.trim_end_matches('/')) {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') && rest.len() <= 150 && fine(rest) => {
            Ok(url.trim_end_matches('/').to_owned())
        }
        _ => Err(format!("--issuer-url {url} is none: write it as http://sts.test:4593 or https://sts.test")),
    }
}

fn storage(
    ephemeral: bool,
    directory: Option<PathBuf>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Storage, String> {
    match &directory {
        Some(directory) if ephemeral => {
            return Err(format!(
                "--ephemeral keeps nothing and --data-dir {} keeps everything there: drop one of them",
                directory.display()
            ));
        }
        _ if ephemeral => return Ok(Storage::Ephemeral),
        _ => {}
    }
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let state_home = || set("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || set("HOME").map(|home| Path::new(&home).join(".local/state"));
    let default = || state_home().or_else(home).map(|state| state.join("local-sts"));
    match directory.or_else(default) {
        Some(directory) => Ok(Storage::Directory(directory)),
        None => Err("there is no HOME to keep state in: give a --data-dir, or say --ephemeral".to_owned()),
    }
}
