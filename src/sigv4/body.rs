//! A body as it arrives: each piece is handed on with how much is known of it, and the whole is judged at the end.
//!
//! Takes bytes in any portions and keeps at most one signed chunk of them; never waits, never knows where they come from.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::chain::Chain;
use super::chunked::Chunked;
use super::declared::{Declared, PayloadFault};
use super::trailers::Pairs;

/// How much is known of a piece of a body when it is handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The key signed these bytes in this place. Whether all of the body came, only [`Body::finish`] says.
    Proven,
    /// The hash of the whole is signed: [`Body::finish`] says whether this is that body.
    Pending,
    /// Nobody signed them.
    Unsigned,
}

/// Some bytes of a body, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// At least one.
    pub bytes: Cow<'a, [u8]>,
    /// What is known of them.
    pub standing: Standing,
}

/// A body that came in full and is what it was said to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    length: u64,
    signed: bool,
    trailers: Pairs,
}

impl Whole {
    /// How long it is, decoded.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Whether the key signed it, trailers included.
    pub fn is_signed(&self) -> bool {
        self.signed
    }

    /// The trailers, names in lower case, in the order in which they came. What they say is not judged here.
    pub fn trailers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.trailers.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }
}

/// Reads and judges one body.
#[derive(Debug)]
pub struct Body {
    kind: Kind,
    length: u64,
    fault: Option<PayloadFault>,
}

#[derive(Debug)]
enum Kind {
    Hashed { signed: [u8; 32], hash: Sha256 },
    Plain,
    Chunked(Box<Chunked>),
}

impl Body {
    /// A body of which `declared` was said; `chain` comes from the verified request, none from an unsigned one.
    pub fn new(declared: &Declared, chain: Option<Chain>) -> Result<Self, PayloadFault> {
        let mode = declared.mode();
        let kind = match declared.sha256() {
            Some(signed) => Kind::Hashed { signed, hash: Sha256::new() },
            None if !mode.is_chunked() => Kind::Plain,
            None if mode.is_signed_by_chunks() && chain.is_none() => return Err(PayloadFault::NoSignature),
            None => {
                let chain = chain.filter(|_| mode.is_signed_by_chunks());
                Kind::Chunked(Box::new(Chunked::new(declared, chain)))
            }
        };
        Ok(Self { kind, length: 0, fault: None })
    }

    /// Takes the next bytes and hands on what they complete. After a fault it only repeats it.
    pub fn push(&mut self, bytes: &[u8], sink: &mut impl FnMut(Piece<'_>)) -> Result<(), PayloadFault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let length = &mut self.length;
        let mut count = |piece: Piece<'_>| {
            *length += piece.bytes.len() as u64;
            sink(piece);
        };
        let standing = match &mut self.kind {
            Kind::Chunked(chunked) => {
                return chunked.push(bytes, &mut count).map_err(|fault| self.fault.insert(fault).clone());
            }
            Kind::Hashed { hash, .. } => {
                hash.update(bytes);
                Standing::Pending
            }
            Kind::Plain => Standing::Unsigned,
        };
        if !bytes.is_empty() {
            count(Piece { bytes: Cow::Borrowed(bytes), standing });
        }
        Ok(())
    }

    /// Judges the whole, once the last byte came.
    pub fn finish(self) -> Result<Whole, PayloadFault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let length = self.length;
        match self.kind {
            Kind::Plain => Ok(Whole { length, signed: false, trailers: Vec::new() }),
            Kind::Hashed { signed, hash } => match hash.finalize().into() {
                // The hash is no secret: the request has it.
                came if came == signed => Ok(Whole { length, signed: true, trailers: Vec::new() }),
                came => Err(PayloadFault::HashMismatch { signed, came }),
            },
            Kind::Chunked(chunked) => {
                let signed = chunked.is_signed();
                Ok(Whole { length, signed, trailers: chunked.finish()? })
            }
        }
    }
}
