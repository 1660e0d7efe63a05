//! `local-sts env`, `profile`, `exec` and `credentials`: a role's credentials, as shells, SDKs and programs take them.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::manual;

/// Whose credentials, and for how long.
#[derive(Clone, Debug, Args)]
pub struct Session {
    /// The role: its ARN, or its name in the first account that has one. Its trust policy is not asked.
    pub role: String,
    /// Seconds that the credentials last, from 1 to the role's maximum. [default: 3600]
    #[arg(long, value_name = "SECONDS")]
    pub duration: Option<u32>,
    /// Which of the role's sessions it shall be. [default: local-sts]
    #[arg(long, value_name = "NAME")]
    pub session_name: Option<String>,
}

/// In which form.
#[derive(Debug, Subcommand)]
pub enum Printer {
    /// Prints lines for a shell that make it a session of the role: `eval "$(local-sts env demo)"`.
    #[command(after_help = manual::ENV)]
    Env(Session),
    /// Prints a profile of the AWS configuration that fetches credentials of the role here whenever they are needed.
    #[command(after_help = manual::PROFILE)]
    Profile {
        /// Whose credentials.
        #[command(flatten)]
        session: Session,
        /// The name of the profile. [default: that of the role]
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Put it into this file, such as ~/.aws/config, in place of the one of that name.
        #[arg(long, value_name = "FILE")]
        write: Option<PathBuf>,
    },
    /// Runs a command in a session of the role, and ends as it does.
    #[command(after_help = manual::EXEC)]
    Exec {
        /// Whose credentials.
        #[command(flatten)]
        session: Session,
        /// The command and its arguments, behind `--`.
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
    /// Prints credentials of the role as `credential_process` of a profile wants them.
    #[command(after_help = manual::CREDENTIALS)]
    Credentials(Session),
}
