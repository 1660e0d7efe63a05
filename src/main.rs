//! `local-sts`: reads its configuration, then serves.

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use local_sts::config::{Command, CommandLine};
use local_sts::server::client::Client;
use local_sts::server::printers::Failed;
use local_sts::server::{oidc_command, printers, saml_command, state_command};
use local_sts::validator::Scope;
use local_sts::{seed, server, telemetry};

fn main() -> ExitCode {
    let CommandLine { command, options } = CommandLine::read();
    let outcome = match command {
        Some(Command::Check { files }) => seed::check_files(&files).map_err(Failed::from),
        Some(Command::Healthcheck) => healthcheck(options).map_err(Failed::from),
        Some(Command::Oidc { command }) => {
            ask(options, oidc_command::scope(&command), |client| Ok(oidc_command::run(client, &command)?))
        }
        Some(Command::Saml { command }) => ask(options, Scope::Mint, |client| Ok(saml_command::run(client, &command)?)),
        Some(Command::Printer(printer)) => {
            let leading_there = options.leading_there();
            ask(options, Scope::Mint, |client| printers::run(client, &printer, &leading_there))
        }
        Some(Command::Export { file }) => {
            ask_owner(options, |client| state_command::export(client, file.as_deref())).map_err(Failed::from)
        }
        Some(Command::Import { file }) => {
            ask_owner(options, |client| state_command::import(client, &file)).map_err(Failed::from)
        }
        None => serve(options).map_err(Failed::from),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed { message, code }) => {
            eprintln!("{message}");
            ExitCode::from(code)
        }
    }
}

fn healthcheck(options: local_sts::config::Options) -> Result<(), String> {
    let (companion, _) = options.companion()?;
    server::health::check(companion)
}

fn ask_owner(
    options: local_sts::config::Options,
    what: impl FnOnce(&Client) -> Result<String, String>,
) -> Result<(), String> {
    let storage = options.clone().storage(&|name| std::env::var(name).ok());
    let (companion, token_file) = options.companion()?;
    let token_file = state_command::token_file(token_file, storage);
    let client = Client::new(companion, state_command::PATIENCE).showing(token_file.as_deref(), Scope::Admin)?;
    print(&what(&client)?)
}

fn ask(
    options: local_sts::config::Options,
    scope: Scope,
    what: impl FnOnce(&Client) -> Result<String, Failed>,
) -> Result<(), Failed> {
    let (companion, token_file) = options.companion()?;
    let client = Client::new(companion, oidc_command::PATIENCE).showing(token_file.as_deref(), scope)?;
    Ok(print(&what(&client)?)?)
}

fn print(answer: &str) -> Result<(), String> {
    if answer.is_empty() {
        return Ok(());
    }
    match writeln!(std::io::stdout(), "{answer}") {
        // Whoever reads no further has read enough.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(format!("standard output: {error}")),
        _ => Ok(()),
    }
}

fn serve(options: local_sts::config::Options) -> Result<(), String> {
    let config = options.decide(&|name| std::env::var(name).ok())?;
    let _log = telemetry::start(&config.log, config.log_format)?;
    server::run(&config).map_err(|error| error.to_string())
}
