//! `local-sts env`, `profile`, `exec` and `credentials`: asks a running service for a session of a role, and says so in the
//! words of shells and SDKs.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};

use super::client::Client;
use super::files::{self, replace};
use crate::config::printers::{Printer, Session};
use crate::ids::arn::name_in;
use crate::wire::request::split_port;

/// What would hide the credentials that are set, or lead clients elsewhere.
const IN_THE_WAY: [&str; 15] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CREDENTIAL_FILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
];

/// Why a command of this program did not do what it says.
pub struct Failed {
    /// What to tell.
    pub message: String,
    /// The exit code.
    pub code: u8,
}

impl From<String> for Failed {
    fn from(message: String) -> Self {
        Self { message, code: 1 }
    }
}

/// Does what the command says; what it prints is for a shell, a file or an SDK.
pub fn run(client: &Client, printer: &Printer, own_options: &[OsString]) -> Result<String, Failed> {
    match printer {
        Printer::Env(session) => Ok(lines(&variables(&Place::of(client)?, &issued(client, session)?))),
        Printer::Credentials(session) => Ok(process(&issued(client, session)?)),
        Printer::Exec { session, command } => {
            let variables = variables(&Place::of(client)?, &issued(client, session)?);
            Err(execute(command, &variables))
        }
        Printer::Profile { session, name, write } => {
            let name = name.as_deref().unwrap_or(name_in(&session.role));
            check_name(name)?;
            // Whoever prints a profile wants to know now that the role is there.
            issued(client, session)?;
            let profile = profile(&Place::of(client)?, session, name, own_options)?;
            match write {
                None => Ok(profile.trim_end().to_owned()),
                Some(file) => Ok(put(file, name, &profile).map(|()| String::new())?),
            }
        }
    }
}

/// Where AWS clients go.
struct Place {
    aws: String,
    region: String,
    ca_bundle: Option<String>,
}

impl Place {
    fn of(client: &Client) -> Result<Self, String> {
        let ready = client.ask("GET", "/ready", None)?.good()?.json();
        let text = |pointer: &str| ready.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let aws = text("/endpoints/aws").ok_or("the companion does not say where AWS clients connect")?;
        if aws.starts_with("unix:") {
            return Err(format!("AWS clients cannot connect to {aws}: have the service listen on an address"));
        }
        let region = text("/region").ok_or("the companion does not say its region")?;
        Ok(Self { aws: reachable(&aws, &client.authority()), region, ca_bundle: text("/endpoints/caBundle") })
    }
}

/// Who listens everywhere is where the companion was found.
fn reachable(url: &str, companion: &str) -> String {
    let (host, _) = split_port(companion);
    ["//0.0.0.0:", "//[::]:"].iter().fold(url.to_owned(), |url, any| url.replace(any, &format!("//{host}:")))
}

/// A session as the companion issued it.
struct Issued {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expiration: String,
    account_id: String,
}

fn issued(client: &Client, session: &Session) -> Result<Issued, String> {
    let mut wanted = Map::new();
    wanted.insert("role".to_owned(), json!(session.role));
    if let Some(seconds) = session.duration {
        wanted.insert("durationSeconds".to_owned(), json!(seconds));
    }
    if let Some(name) = &session.session_name {
        wanted.insert("sessionName".to_owned(), json!(name));
    }
    let wanted = Value::Object(wanted).to_string();
    let answer = client.ask("POST", "/_admin/v1/sessions/issue", Some(&wanted))?.good()?.json();
    let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
    let issued = || {
        Some(Issued {
            access_key_id: text("accessKeyId")?,
            secret_access_key: text("secretAccessKey")?,
            session_token: text("sessionToken")?,
            expiration: text("expiration")?,
            account_id: text("accountId")?,
        })
    };
    issued().ok_or_else(|| "the companion issues no sessions".to_owned())
}

fn variables(place: &Place, issued: &Issued) -> Vec<(&'static str, String)> {
    let mut variables = vec![
        ("AWS_ENDPOINT_URL_STS", place.aws.clone()),
        ("AWS_ENDPOINT_URL_IAM", place.aws.clone()),
        ("AWS_REGION", place.region.clone()),
        ("AWS_DEFAULT_REGION", place.region.clone()),
        ("AWS_ACCESS_KEY_ID", issued.access_key_id.clone()),
        ("AWS_SECRET_ACCESS_KEY", issued.secret_access_key.clone()),
        ("AWS_SESSION_TOKEN", issued.session_token.clone()),
    ];
    variables.extend(place.ca_bundle.clone().map(|bundle| ("AWS_CA_BUNDLE", bundle)));
    variables
}

fn lines(variables: &[(&str, String)]) -> String {
    let exports = variables.iter().map(|(name, value)| format!("export {name}={}", quoted(value)));
    let lines: Vec<String> = [format!("unset {}", IN_THE_WAY.join(" "))].into_iter().chain(exports).collect();
    lines.join("\n")
}

/// As a shell reads it.
pub(super) fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@%,=".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>
fn process(issued: &Issued) -> String {
    json!({
        "Version": 1,
        "AccessKeyId": issued.access_key_id,
        "SecretAccessKey": issued.secret_access_key,
        "SessionToken": issued.session_token,
        "Expiration": issued.expiration,
        "AccountId": issued.account_id,
    })
    .to_string()
}

/// Becomes the command, so that signals and the exit code are its own; what comes back says why it could not, with the
/// codes of shells: 127 of a program that is not there, 126 of one that cannot be run.
fn execute(command: &[OsString], variables: &[(&str, String)]) -> Failed {
    let Some((program, arguments)) = command.split_first() else { return "there is no command".to_owned().into() };
    let mut child = Command::new(program);
    child.args(arguments);
    for name in IN_THE_WAY {
        child.env_remove(name);
    }
    for (name, value) in variables {
        child.env(name, value);
    }
    let error = child.exec();
    // A script is there whose interpreter is not.
    let is_there = program.as_encoded_bytes().contains(&b'/') && Path::new(program).exists();
    let is_absent = error.kind() == ErrorKind::NotFound && !is_there;
    let why = match error.kind() {
        ErrorKind::NotFound if is_absent => "there is no such program".to_owned(),
        ErrorKind::NotFound => "it cannot be run: the interpreter that its first line names is not there".to_owned(),
        _ => format!("it cannot be run: {error}"),
    };
    Failed { message: format!("{}: {why}", program.display()), code: if is_absent { 127 } else { 126 } }
}

/// Names that every SDK reads alike, whose parsers differ in quotes, blanks and comments.
fn check_name(name: &str) -> Result<(), String> {
    let fine = |letter: u8| letter.is_ascii_alphanumeric() || b"-_.%@:/+".contains(&letter);
    if !name.is_empty() && name.len() <= 128 && name.bytes().all(fine) {
        return Ok(());
    }
    Err(format!("{name:?} is no name of a profile that every SDK reads: give a --name of letters, digits and -_.%@:/+"))
}

/// Two sections: the profile, and the services to which it leads.
fn profile(place: &Place, session: &Session, name: &str, own_options: &[OsString]) -> Result<String, String> {
    let program = std::env::current_exe().map_err(|error| format!("this program does not find itself: {error}"))?;
    let mut words = vec![program.display().to_string(), "credentials".to_owned(), session.role.clone()];
    words.extend(session.duration.map(|seconds| format!("--duration={seconds}")));
    words.extend(session.session_name.as_ref().map(|name| format!("--session-name={name}")));
    words.extend(own_options.iter().map(|option| option.to_string_lossy().into_owned()));
    if let Some(word) = words.iter().find(|word| word.chars().any(char::is_control)) {
        return Err(format!("{word:?} cannot stand in a line of a profile"));
    }
    let command: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    let Place { aws, region, ca_bundle } = place;
    let bundle = ca_bundle.as_ref().map(|bundle| format!("ca_bundle = {bundle}\n")).unwrap_or_default();
    let command = command.join(" ");
    Ok(format!(
        "[{}]\nregion = {region}\ncredential_process = {command}\n{bundle}services = {}\n\n[services {}]\nsts =\n  \
         endpoint_url = {aws}\niam =\n  endpoint_url = {aws}\n",
        section(name),
        services(name),
        services(name),
    ))
}

/// What a line names, if it begins a section: however it is spaced and quoted.
fn header(line: &str) -> Option<String> {
    let (inner, _) = line.strip_prefix('[')?.rsplit_once(']')?;
    Some(inner.replace(['"', '\''], " ").split_whitespace().collect::<Vec<_>>().join(" "))
}

fn section(name: &str) -> String {
    if name == "default" { name.to_owned() } else { format!("profile {name}") }
}

fn services(name: &str) -> String {
    format!("local-sts-{name}")
}

/// Puts the sections into a file in place of those of their names; all else stays as it is.
fn put(file: &Path, name: &str, profile: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    let before = match files::text(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed(error)),
    };
    let own = [section(name), format!("services {}", services(name))];
    let mut kept = String::new();
    let mut is_own = false;
    for line in before.lines() {
        if let Some(header) = header(line) {
            is_own = own.contains(&header);
        }
        if !is_own {
            kept.extend([line, "\n"]);
        }
    }
    let kept = kept.trim_end();
    let gap = if kept.is_empty() { "" } else { "\n\n" };
    if let Some(directory) = file.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(directory).map_err(failed)?;
    }
    replace(file, &format!("{kept}{gap}{profile}"))
}
