//! Asks the companion of a running service: for commands that have no curl.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::listen::near;
use super::tokens;
use crate::config::Listen;
use crate::secret::Secret;
use crate::validator::Scope;

/// No answer to a command is longer: the state is the longest.
const LONGEST_ANSWER: u64 = 1 << 30;

/// The companion tells how a token is shown; who gives a command has to know where one is.
const UNKNOWN: &str = "the service wants a token that it knows: give its own --companion-token-file or, to export and import, its \
                       own --data-dir; if it has neither, these two need a companion that listens on unix:PATH";

/// As the journal knows this program.
const USER_AGENT: &str = concat!("User-Agent: local-sts/", env!("CARGO_PKG_VERSION"), "\r\n");

/// A companion somewhere.
pub struct Client {
    listen: Listen,
    patience: Duration,
    token: Option<Secret<String>>,
}

/// What came back.
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Client {
    /// A client of the companion that listens there, which shows nothing and waits so long for an answer.
    pub fn new(listen: Listen, patience: Duration) -> Self {
        Self { listen, patience, token: None }
    }

    /// The same, showing the first token of this file that may do what this scope stands for.
    pub fn showing(self, token_file: Option<&Path>, scope: Scope) -> Result<Self, String> {
        let Some(file) = token_file else { return Ok(self) };
        let tokens = tokens::read(file)?;
        let token = tokens.into_iter().find(|token| token.querier.may(scope)).map(|token| token.text);
        let none = || format!("--companion-token-file {}: no token has the scope {}", file.display(), scope.word());
        Ok(Self { token: Some(token.ok_or_else(none)?), ..self })
    }

    /// The authority by which it is called.
    pub fn authority(&self) -> String {
        match &self.listen {
            Listen::Address(address) => near(*address).to_string(),
            Listen::Socket(_) => "localhost".to_owned(),
        }
    }

    fn place(&self) -> String {
        match &self.listen {
            Listen::Address(_) => self.authority(),
            Listen::Socket(path) => format!("unix:{}", path.display()),
        }
    }

    /// What is shown, if anything.
    pub fn shown(&self) -> Option<&str> {
        self.token.as_ref().map(|token| token.expose().as_str())
    }

    /// Sends a request with this JSON, if any, and reads the answer.
    pub fn ask(&self, method: &str, path: &str, body: Option<&str>) -> Result<Answered, String> {
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n{USER_AGENT}Connection: close\r\n", self.authority());
        if let Some(token) = self.shown() {
            request.extend(["Authorization: Bearer ", token, "\r\n"]);
        }
        if let Some(body) = body {
            let length = body.len().to_string();
            request.extend(["Content-Type: application/json\r\nContent-Length: ", &length, "\r\n"]);
        }
        request.extend(["\r\n", body.unwrap_or_default()]);
        let silent = |error| {
            let place = self.place();
            format!(
                "the companion does not answer at {place} ({error}): start local-sts, or say by --companion-listen where it is"
            )
        };
        let answer = self.exchange(&request).map_err(silent)?;
        read(&answer).ok_or_else(|| format!("the companion does not speak HTTP: {answer:.200}"))
    }

    fn exchange(&self, request: &str) -> std::io::Result<String> {
        match &self.listen {
            Listen::Address(address) => {
                let stream = TcpStream::connect_timeout(&near(*address), self.patience)?;
                stream.set_read_timeout(Some(self.patience))?;
                over(stream, request)
            }
            Listen::Socket(path) => {
                let stream = UnixStream::connect(path)?;
                stream.set_read_timeout(Some(self.patience))?;
                over(stream, request)
            }
        }
    }
}

impl Answered {
    /// The answer to a call that went well, or what the companion says to one that did not.
    pub fn good(self) -> Result<Self, String> {
        match self.status {
            200 => Ok(self),
            401 => Err(UNKNOWN.to_owned()),
            _ => Err(format!("{:.1000}", self.told())),
        }
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// What the companion says to a call that did not go well.
    pub fn told(&self) -> String {
        let told = self.json().pointer("/error/message").and_then(Value::as_str).map(str::to_owned);
        told.unwrap_or_else(|| format!("the companion answers {} {}", self.status, self.body))
    }
}

fn over(mut stream: impl Read + Write, request: &str) -> std::io::Result<String> {
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(LONGEST_ANSWER).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn read(answer: &str) -> Option<Answered> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    Some(Answered { status, body: body.to_owned() })
}
