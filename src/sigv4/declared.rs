//! What a request says of its own body: what of it is signed, how long it is, which trailers follow it.
//!
//! Reads it off the headers; never sees the body itself. S3 has these ways of signing, other services hash the body.
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html>

use std::borrow::Cow;

use super::marks::lossy;
use super::{Form, Parts, PayloadClaim, PayloadHash, PayloadMode, percent, presigned};

/// What a request says of its own body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    literal: Box<str>,
    mode: PayloadMode,
    length: u64,
    trailers: Vec<Box<str>>,
}

impl Declared {
    /// Reads it as S3 does; `form` is where the signature is, if there is one.
    // AWS: a signed header form must say what it signs of the body; a presigned URL says `UNSIGNED-PAYLOAD` by
    // saying nothing, and so does an unsigned request.
    pub fn of(parts: &Parts<'_>, form: Option<Form>) -> Result<Self, PayloadFault> {
        let literal = match (said_of_body(parts, form), form) {
            (Some(literal), _) => literal,
            (None, Some(Form::Header)) => return Err(PayloadFault::HashNotGiven),
            (None, _) => Cow::Borrowed(PayloadClaim::unsigned().text),
        };
        let Some(PayloadClaim { mode, .. }) = PayloadClaim::parse(&literal) else {
            return Err(PayloadFault::UnknownMode { got: literal.into() });
        };
        if !mode.is_chunked() {
            return Ok(Self { literal: literal.into(), mode, length: 0, trailers: Vec::new() });
        }
        let given = header(parts, "x-amz-decoded-content-length").ok_or(PayloadFault::LengthNotGiven)?;
        let digits = !given.is_empty() && given.bytes().all(|byte| byte.is_ascii_digit());
        let Some(length) = given.parse().ok().filter(|_| digits) else {
            return Err(PayloadFault::BadLength { got: given.into() });
        };
        let trailers = if mode.has_trailers() { announced(parts)? } else { Vec::new() };
        Ok(Self { literal: literal.into(), mode, length, trailers })
    }

    /// How the body is covered.
    pub fn mode(&self) -> PayloadMode {
        self.mode
    }

    /// The last line of the canonical request.
    pub fn payload_hash(&self) -> PayloadHash<'_> {
        PayloadHash::Literal(&self.literal)
    }

    /// The hash of the whole body, if that is what is signed.
    pub fn sha256(&self) -> Option<[u8; 32]> {
        unhex(&self.literal)
    }

    /// How long an aws-chunked body is once decoded; `None` for any other, of which `content-length` tells.
    pub fn decoded_length(&self) -> Option<u64> {
        self.mode.is_chunked().then_some(self.length)
    }

    /// The names of the trailers that shall follow, in lower case.
    pub fn trailers(&self) -> impl Iterator<Item = &str> {
        self.trailers.iter().map(AsRef::as_ref)
    }
}

/// Why a body, or what the request says of it, was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayloadFault {
    /// A signed request does not say what of its body is signed.
    HashNotGiven,
    /// `x-amz-content-sha256` is neither a hash nor a way of signing that is known here.
    UnknownMode {
        /// What stood there.
        got: Box<str>,
    },
    /// The chunks are said to be signed, but the request is not.
    NoSignature,
    /// An aws-chunked body without `x-amz-decoded-content-length`.
    LengthNotGiven,
    /// `x-amz-decoded-content-length` is no number.
    BadLength {
        /// What stood there.
        got: Box<str>,
    },
    /// `x-amz-trailer` names too much, or what is no name.
    BadAnnouncement,
    /// What opens or closes a chunk is not as it should be.
    BadChunk,
    /// A signed chunk is larger than can be held until it is proven.
    ChunkTooLarge {
        /// What it says of its size.
        size: u64,
        /// The most.
        most: u64,
    },
    /// A chunk that is not the last one is smaller than [`super::SMALLEST_CHUNK`].
    ChunkTooSmall {
        /// Its size.
        size: u64,
    },
    /// The key did not sign this chunk in this place.
    ChunkMismatch,
    /// The trailers are no headers, too many, or twice the same.
    BadTrailer,
    /// A trailer that was not announced.
    TrailerNotAnnounced {
        /// Its name.
        name: Box<str>,
    },
    /// Trailers that were announced, or their signature, did not come.
    TrailerMissing,
    /// The key did not sign these trailers.
    TrailerMismatch,
    /// The body is longer or shorter than it was said to be.
    WrongLength {
        /// What was said.
        declared: u64,
        /// What came, as far as it was read.
        came: u64,
    },
    /// The body ends too early.
    Incomplete,
    /// Something follows the end.
    AfterEnd,
    /// The body is not the one whose hash was signed.
    HashMismatch {
        /// What was signed.
        signed: [u8; 32],
        /// What came.
        came: [u8; 32],
    },
}

/// The names in `x-amz-trailer`.
fn announced(parts: &Parts<'_>) -> Result<Vec<Box<str>>, PayloadFault> {
    let mut names: Vec<Box<str>> = Vec::new();
    for (_, value) in parts.headers.iter().filter(|(name, _)| *name == "x-amz-trailer") {
        for name in lossy(value).split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
            if !plain || names.len() == MOST_TRAILERS {
                return Err(PayloadFault::BadAnnouncement);
            }
            names.push(name.to_ascii_lowercase().into());
        }
    }
    Ok(names)
}

/// How many trailers a body may have; S3 knows one checksum at a time.
const MOST_TRAILERS: usize = 16;

// ATTACK: the first of several values would be the one that is believed, and the list of them the one that is signed.
fn header<'a>(parts: &Parts<'a>, name: &str) -> Option<Cow<'a, str>> {
    let mut values = parts.headers.iter().filter(|(other, _)| *other == name).map(|(_, value)| value.trim_ascii());
    let first = lossy(values.next()?);
    match values.next() {
        None => Some(first),
        Some(second) => Some(Cow::Owned(format!("{first},{}", lossy(second)))),
    }
}

fn parameter(query: &str) -> Option<Cow<'_, str>> {
    let mut values = presigned::pairs(query)
        .filter(|(name, _)| percent::decode(name).eq_ignore_ascii_case("X-Amz-Content-Sha256"))
        .map(|(_, value)| percent::decode(value));
    values.next()
}

/// What is said of the body: in the query of a presigned request, else in the header.
pub fn said_of_body<'a>(parts: &Parts<'a>, form: Option<Form>) -> Option<Cow<'a, str>> {
    let in_query = (form == Some(Form::Query)).then(|| parameter(parts.query)).flatten();
    in_query.or_else(|| header(parts, "x-amz-content-sha256"))
}

/// Reads 64 hexadecimal digits.
pub fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let digit = |digit: &u8| percent::hex_value(*digit);
        *byte = pair.iter().try_fold(0, |value, next| Some(value << 4 | digit(next)?))?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_sixty_four_digits() {
        assert_eq!(unhex(&"aF".repeat(32)), Some([0xaf; 32]));
        for text in ["", "ab", &"g".repeat(64), &"ab".repeat(33)] {
            assert_eq!(unhex(text), None, "{text}");
        }
    }
}
