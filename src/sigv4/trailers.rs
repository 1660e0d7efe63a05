//! What follows the last chunk of an `aws-chunked` body: checksums, and their signature.
//!
//! Takes what was announced and nothing else; never computes a checksum.

use std::fmt::Write as _;
use std::str;

use sha2::{Digest, Sha256};

use super::chain::Chain;
use super::declared::PayloadFault;

/// Names and values.
pub(super) type Pairs = Vec<(Box<str>, Box<str>)>;

/// The trailers that came so far.
#[derive(Debug)]
pub(super) struct Trailers {
    /// Announced and not here yet.
    missing: Vec<Box<str>>,
    came: Pairs,
    blanks: u8,
    proven: bool,
}

impl Trailers {
    pub(super) fn new<'a>(announced: impl Iterator<Item = &'a str>) -> Self {
        Self { missing: announced.map(Into::into).collect(), came: Vec::new(), blanks: 0, proven: false }
    }

    /// Whether nothing more may come: all that was announced is here, and signed if it must be.
    pub(super) fn is_complete(&self, signed: bool) -> bool {
        self.missing.is_empty() && (self.proven || !signed)
    }

    pub(super) fn into_pairs(self) -> Pairs {
        self.came
    }

    /// Takes a line; whether it is the last one.
    // AWS: SDKs write `name:value\r\n` and a blank line at the end. A client that is known to work with S3 ends its
    // lines by `\n` and writes a blank line before the signature, others one after the last chunk: both are passed over.
    pub(super) fn take(&mut self, line: &[u8], chain: Option<&Chain>) -> Result<bool, PayloadFault> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            self.blanks += 1;
            return match (self.is_complete(chain.is_some()), self.blanks > MOST_BLANKS) {
                (true, _) => Ok(true),
                (false, true) => Err(PayloadFault::TrailerMissing),
                (false, false) => Ok(false),
            };
        }
        let line = str::from_utf8(line).ok().filter(|line| !line.contains(char::is_control));
        let (name, value) = line.and_then(|line| line.split_once(':')).ok_or(PayloadFault::BadTrailer)?;
        let (name, value) = (name.to_ascii_lowercase(), value.trim());
        match chain {
            _ if self.proven => return Err(PayloadFault::BadTrailer),
            Some(chain) if name == SIGNATURE => self.prove(chain, value)?,
            _ => self.keep(name.into(), value.into())?,
        }
        Ok(false)
    }

    fn keep(&mut self, name: Box<str>, value: Box<str>) -> Result<(), PayloadFault> {
        if self.came.iter().any(|(other, _)| *other == name) {
            return Err(PayloadFault::BadTrailer);
        }
        let Some(at) = self.missing.iter().position(|announced| *announced == name) else {
            return Err(PayloadFault::TrailerNotAnnounced { name });
        };
        self.missing.swap_remove(at);
        self.came.push((name, value));
        Ok(())
    }

    /// Demands that the key signed all the trailers, which must be here.
    fn prove(&mut self, chain: &Chain, signature: &str) -> Result<(), PayloadFault> {
        if !self.missing.is_empty() {
            return Err(PayloadFault::TrailerMissing);
        }
        let signature = signature.as_bytes().try_into().map_err(|_| PayloadFault::TrailerMismatch)?;
        self.proven = chain.proves_trailers(&Sha256::digest(self.canonical()).into(), &signature);
        if self.proven { Ok(()) } else { Err(PayloadFault::TrailerMismatch) }
    }

    /// `name:value` lines, sorted by name.
    fn canonical(&self) -> String {
        let mut sorted: Vec<&(Box<str>, Box<str>)> = self.came.iter().collect();
        sorted.sort_unstable();
        sorted.iter().fold(String::new(), |mut text, (name, value)| {
            let _ = writeln!(text, "{name}:{value}");
            text
        })
    }
}

const SIGNATURE: &str = "x-amz-trailer-signature";

/// Blank lines that are passed over.
const MOST_BLANKS: u8 = 3;
