//! Asks a running service whether it is ready: for an image's health check, which has no curl.

use std::time::Duration;

use super::client::Client;
use crate::config::Listen;

/// How long the service may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the service whose companion listens there is ready; if not, why.
pub fn check(companion: Listen) -> Result<(), String> {
    let answer = Client::new(companion, PATIENCE).ask("GET", "/ready", None)?;
    if answer.status == 200 { Ok(()) } else { Err(format!("not ready: {:.500}", answer.told())) }
}
