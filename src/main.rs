//! `local-sts`: reads its configuration, then serves.

use std::process::ExitCode;

use local_sts::config::{Command, CommandLine};
use local_sts::{seed, server, telemetry};

fn main() -> ExitCode {
    let CommandLine { command, options } = CommandLine::read();
    let outcome = match command {
        Some(Command::Check { files }) => seed::check_files(&files),
        Some(Command::Healthcheck) => healthcheck(options),
        None => serve(options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn healthcheck(options: local_sts::config::Options) -> Result<(), String> {
    let companion = options.companion()?;
    server::health::check(&companion)
}

fn serve(options: local_sts::config::Options) -> Result<(), String> {
    let config = options.decide(&|name| std::env::var(name).ok())?;
    let _log = telemetry::start(&config.log, config.log_format)?;
    server::run(&config).map_err(|error| error.to_string())
}
