//! What can be set, by flag, by environment, by file, in that order of precedence; and what is decided of it.

mod command_line;
mod manual;
pub mod oidc;
pub mod printers;
pub mod saml;

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use command_line::{Command, CommandLine, LogFormat, Options, SamlRules};

use crate::federation::saml::{Rules, Sha1Is};
use crate::ids::Endpoint;
use crate::journal;
use crate::seed;
use crate::validator::Settings;
use crate::wire::request::is_loopback_authority;

const COMPANION_LISTEN: &str = "127.0.0.1:4593";

/// What the service itself has to say, and of the framework only its troubles.
const DEFAULT_LOG: &str = "info,actix_server=warn,actix_http=warn";

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
    pub seed_mode: seed::Mode,
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
        let port = text.strip_prefix("localhost:");
        let address = port.map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"));
        address.parse().map(Self::Address).map_err(|_| {
            format!("--{option} {text} is no address: write it as 127.0.0.1:4592, [::1]:0 or unix:/path/of/socket")
        })
    }

    /// Whether only this machine can connect, or its neighbours by an address that is routed nowhere.
    pub fn is_near(&self) -> bool {
        let of_the_link = |address: &SocketAddr| match address.ip() {
            IpAddr::V4(ip) => ip.is_link_local(),
            // AWS: fd00:ec2::23 is the agent's address, fd00:ec2::254 that of the metadata service.
            IpAddr::V6(ip) => ip.is_unicast_link_local() || ip.segments().starts_with(&[0xfd00, 0x0ec2]),
        };
        self.is_private() || matches!(self, Self::Address(address) if of_the_link(address))
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
        let delivery = filled(options.delivery_listen).next();
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
            issuer_url: filled(options.issuer_url).next().map(|url| issuer_url(&url)).transpose()?,
            saml: Rules {
                by_the_standard: options.saml_rules == Some(SamlRules::Standard),
                sha1: if options.saml_sha1.unwrap_or_default() { Sha1Is::Taken } else { Sha1Is::Refused },
            },
            seed: filled(options.seed).map(PathBuf::from).collect(),
            seed_mode: options.seed_mode.unwrap_or_default(),
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

/// What is set to nothing is not set; of variables that is seen to before.
fn filled(values: impl IntoIterator<Item = String>) -> impl Iterator<Item = String> {
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
    let none = || "there is no HOME to keep state in: give a --data-dir, or say --ephemeral".to_owned();
    directory.or_else(default).map(Storage::Directory).ok_or_else(none)
}
