//! The canonical request: one text for all the ways of writing one request.
//!
//! Hands the text over piece by piece, so that it can be hashed without being built; never hashes or keeps it.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use sha2::{Digest, Sha256};

use super::gather::Sink;
use super::keys::hex;
use super::signed_headers::AUTHORITY;
use super::{TOKEN_HEADER, Unverified, percent, presigned};

/// How a service has its path written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Normalised, and the escapes escaped once more: every service but S3.
    Standard,
    /// As it came.
    S3,
}

/// One way to read a request; a proxy may have altered what the client signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading<'a> {
    /// How the service has its path written.
    pub style: Style,
    /// Whether the path is first escaped anew, as a client does whose escapes a proxy has undone.
    pub recoded: bool,
    /// What stands for the value of `Host`, if not what came.
    pub host: Option<&'a str>,
}

impl Reading<'_> {
    /// The request as it came.
    pub fn plain(style: Style) -> Self {
        Self { style, recoded: false, host: None }
    }
}

/// The last line of a canonical request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadHash<'a> {
    /// The SHA-256 of the body that came.
    Sha256([u8; 32]),
    /// What `x-amz-content-sha256` has, where the service hashes the body later or by chunks.
    Literal(&'a str),
}

impl PayloadHash<'_> {
    /// Hashes a body.
    pub fn of(body: &[u8]) -> Self {
        Self::Sha256(Sha256::digest(body).into())
    }
}

/// Whether session tokens and the like are written or blotted out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Exact,
    Redacted,
}

/// Hands the canonical request over to `sink`.
pub(super) fn write(
    claim: &Unverified<'_>,
    payload: &PayloadHash<'_>,
    reading: &Reading<'_>,
    view: View,
    sink: &mut impl Sink,
) {
    // ATTACK: a line feed in the method could make two requests share one canonical request.
    percent::encode(claim.parts.method.as_bytes(), |byte| byte.is_ascii_graphic(), sink);
    sink.byte(b'\n');
    if reading.recoded {
        let mut path = Vec::with_capacity(claim.parts.path.len());
        // AWS: S3 takes a path decoded; the SDKs for Java send what they sign as `//` as `/%2F`.
        percent::recode_path(claim.parts.path, reading.style == Style::S3, &mut path);
        write_path(&String::from_utf8_lossy(&path), reading.style, sink);
    } else {
        write_path(claim.parts.path, reading.style, sink);
    }
    sink.byte(b'\n');
    write_query(claim, view, sink);
    sink.byte(b'\n');
    write_headers(claim, reading.host, view, sink);
    sink.byte(b'\n');
    sink.take(claim.signed_headers.as_str().as_bytes());
    sink.byte(b'\n');
    match payload {
        PayloadHash::Sha256(hash) => sink.take(&hex(hash)),
        PayloadHash::Literal(text) => sink.take(text.as_bytes()),
    }
}

fn write_path(path: &str, style: Style, sink: &mut impl Sink) {
    match style {
        _ if path.is_empty() || path == "/" => sink.byte(b'/'),
        // Only what cannot be in a request line is escaped.
        Style::S3 => percent::encode(path.as_bytes(), |byte| byte.is_ascii_graphic(), sink),
        Style::Standard if path.starts_with('/') && !path.contains("//") && !path.contains("/.") => {
            percent::encode(path.as_bytes(), |byte| byte == b'/', sink);
        }
        Style::Standard => write_normalised(path, sink),
    }
}

/// Removes dot segments as RFC 3986 does, and empty ones. Escaped dots are no dots.
fn write_normalised(path: &str, sink: &mut impl Sink) {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            _ => kept.push(segment),
        }
    }
    for segment in &kept {
        sink.byte(b'/');
        percent::encode(segment.as_bytes(), |_| false, sink);
    }
    // INVARIANT: if nothing is kept, neither is the last segment, so there is always one slash.
    let last = path.rsplit('/').next().unwrap_or_default();
    if matches!(last, "" | "." | "..") {
        sink.byte(b'/');
    }
}

fn write_query(claim: &Unverified<'_>, view: View, sink: &mut impl Sink) {
    let query = claim.parts.query;
    if query.is_empty() {
        return;
    }
    let presigned = claim.is_presigned();
    let mut text = Vec::with_capacity(query.len());
    let mut pairs = Vec::new();
    for (name, value) in presigned::pairs(query) {
        if presigned && percent::decode(name) == presigned::SIGNATURE {
            continue;
        }
        let start = text.len();
        percent::recode(name, &mut text);
        let middle = text.len();
        percent::recode(value, &mut text);
        pairs.push((start, middle, text.len()));
    }
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    // AWS: the order is that of the encoded names and then of the encoded values, not of the pairs as they are
    // written: `a=` comes before `a-=`, though `-` comes before `=`.
    let key = |&(start, middle, end): &(usize, usize, usize)| (part(start, middle), part(middle, end));
    if !pairs.is_sorted_by_key(key) {
        pairs.sort_unstable_by(|one, other| key(one).cmp(&key(other)));
    }
    for (at, pair) in pairs.iter().enumerate() {
        let (name, value) = key(pair);
        if at > 0 {
            sink.byte(b'&');
        }
        sink.take(name);
        sink.byte(b'=');
        let hidden = view == View::Redacted && HIDDEN_PARAMETERS.contains(&name);
        sink.take(if hidden { REDACTED } else { value });
    }
}

fn write_headers(claim: &Unverified<'_>, host: Option<&str>, view: View, sink: &mut impl Sink) {
    let headers = Headers::of(claim.parts.headers);
    for name in claim.signed_headers.names() {
        sink.take(name.as_bytes());
        sink.byte(b':');
        let (shown, name) = (name, if name == AUTHORITY { "host" } else { name });
        if view == View::Redacted && HIDDEN_HEADERS.contains(&shown) {
            sink.take(REDACTED);
        } else if let Some(host) = host.filter(|_| name == "host") {
            write_folded(host.as_bytes(), sink);
        } else {
            // A header that is listed and absent is one with an empty value; a repeated one is a list.
            for (at, value) in headers.values(name).enumerate() {
                if at > 0 {
                    sink.byte(b',');
                }
                write_folded(value, sink);
            }
        }
        sink.byte(b'\n');
    }
}

/// Writes a header's value without blanks at its ends and with one for each run of blanks in it.
// AWS: the manual folds spaces; the signers for Java, Python, JavaScript, PHP and Ruby fold tabs with them.
// ATTACK: it also unmakes line feeds, which could make two requests share one canonical request.
fn write_folded(value: &[u8], sink: &mut impl Sink) {
    // WHY: no early exit, so that many bytes are looked at at once: tokens are long and have no blanks.
    if value.iter().fold(0, |found, byte| found | u8::from(is_blank(*byte))) == 0 {
        return sink.take(value);
    }
    let mut words = value.split(|byte| is_blank(*byte)).filter(|word| !word.is_empty());
    if let Some(first) = words.next() {
        sink.take(first);
    }
    for word in words {
        sink.byte(b' ');
        sink.take(word);
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

type Header<'a> = (&'a str, &'a [u8]);

/// Finds headers by name without walking many headers once for each of many names.
enum Headers<'a> {
    Few(&'a [Header<'a>]),
    Sorted(Vec<Header<'a>>),
}

impl<'a> Headers<'a> {
    const FEW: usize = 40;

    fn of(headers: &'a [Header<'a>]) -> Self {
        if headers.len() <= Self::FEW {
            return Self::Few(headers);
        }
        let mut sorted = headers.to_vec();
        // INVARIANT: a stable sort, so repeated headers stay in wire order.
        sorted.sort_by_key(|(name, _)| *name);
        Self::Sorted(sorted)
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let near = match self {
            Self::Few(headers) => headers,
            Self::Sorted(headers) => {
                let from = headers.partition_point(|(other, _)| *other < name);
                let to = headers.partition_point(|(other, _)| *other <= name);
                headers.get(from..to).unwrap_or_default()
            }
        };
        near.iter().filter(move |(other, _)| *other == name).map(|(_, value)| *value)
    }
}

const REDACTED: &[u8] = b"(redacted)";

/// Headers whose values are secrets or proofs.
const HIDDEN_HEADERS: [&str; 6] = [
    TOKEN_HEADER,
    "authorization",
    "cookie",
    "proxy-authorization",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-key",
];

/// Query parameters whose values are secrets or proofs, in canonical spelling.
const HIDDEN_PARAMETERS: [&[u8]; 4] = [b"X-Amz-Security-Token", b"WebIdentityToken", b"SAMLAssertion", b"TokenCode"];
