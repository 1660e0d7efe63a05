//! From a request to what it wants to do: actions on resources, and the context keys that the service would fill.
//!
//! What cannot be told for certain is not guessed: an unmapped request is refused.

mod execute_api;
mod s3;
mod s3_keys;
mod s3_said;

use std::borrow::Cow;

use serde::Deserialize;

pub use s3_keys::HEADERS_OF_WRITES;

use super::answer::Problem;
use super::decide::Wanted;
use super::json::Text;
use super::request::{Audience, Received, label};
use crate::ids::AccountId;
use crate::policy::context::RequestContext;
use crate::wire::request::split_port;

/// How a request is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Map {
    /// S3, with the bucket in the path.
    S3Path,
    /// S3, with the bucket in the host, where that is not one of the service's own names.
    S3VirtualHost,
    /// An API behind a gateway.
    ExecuteApi,
}

impl Map {
    /// By its word in a query.
    pub(super) fn parse(word: &str) -> Option<Self> {
        match word {
            "s3-path" => Some(Self::S3Path),
            "s3-virtual-host" => Some(Self::S3VirtualHost),
            "execute-api" => Some(Self::ExecuteApi),
            _ => None,
        }
    }
}

/// What a gateway knows of its API; what it leaves out is read off the request.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ExecuteApi<'a> {
    #[serde(borrow)]
    pub(super) api_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) stage: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) account_id: Option<Text<'a>>,
}

/// What the signature told, if there was one.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    /// The host that was signed, or that came.
    pub(super) host: &'a str,
    /// The region of the scope.
    pub(super) region: &'a str,
    /// The account of whoever signed.
    pub(super) account: Option<AccountId>,
    /// For a presigned request the milliseconds since it was signed.
    pub(super) presigned_age: Option<i64>,
    /// Whether there was a signature at all.
    pub(super) is_signed: bool,
}

/// Why a request cannot be mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unmapped {
    /// It is not known what it would do: no check can make up for that.
    Unknown(&'static str),
    /// What it works on stands in its body: the checks that the service appends are all there is.
    InBody(&'static str),
}

/// What `received` wants to do.
pub(super) fn map<'a>(
    map: Map,
    received: &'a Received<'a>,
    audience: &Audience<'_>,
    api: &ExecuteApi<'_>,
    told: &Told<'_>,
) -> Result<Result<Vec<Wanted<'a>>, Unmapped>, Problem> {
    match map {
        Map::ExecuteApi => Ok(execute_api::map(received, api, told)),
        Map::S3Path => Ok(s3::map(received, None)),
        Map::S3VirtualHost => {
            let bases = audience.wildcard_bases();
            if bases.is_empty() {
                return Err(Problem::new(400, "s3-virtual-host needs a name such as *.s3.test among `audience.hosts`"));
            }
            Ok(match bucket_of(told.host, &bases) {
                Ok(bucket) => s3::map(received, bucket.as_deref()),
                Err(unmapped) => Err(unmapped),
            })
        }
    }
}

/// The keys that are read off requests, so that a request without any of them says so, too. If what a request wants
/// stands in its body, so do most keys.
pub(super) fn keys(map: Option<Map>, wants_in_body: bool) -> impl Iterator<Item = &'static str> {
    let is_s3 = matches!(map, Some(Map::S3Path | Map::S3VirtualHost));
    let of_requests = s3_keys::OF_REQUESTS.into_iter().filter(move |_| is_s3);
    of_requests.chain(s3_keys::of_actions().filter(move |_| is_s3 && !wants_in_body))
}

/// Sets the keys that every action of a request has, beside those of any service.
pub(super) fn fill_shared<'a>(
    map: Option<Map>,
    received: &'a Received<'a>,
    told: &Told<'_>,
    context: &mut RequestContext<'a>,
) {
    if matches!(map, Some(Map::S3Path | Map::S3VirtualHost)) {
        s3_keys::of_request(received, told, context);
    }
}

/// The bucket that stands in `host` before one of the service's own names.
// ATTACK: hosts have no case, and a server may fold it before it looks for the bucket.
fn bucket_of(host: &str, bases: &[&str]) -> Result<Option<String>, Unmapped> {
    let Some(label) = label_of(host, bases) else { return Ok(None) };
    let bucket = label.to_ascii_lowercase();
    let is_of_buckets =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'_');
    if bucket.bytes().all(is_of_buckets) {
        Ok(Some(bucket))
    } else {
        Err(Unmapped::Unknown("the host names something that is no bucket"))
    }
}

/// What stands in `host` before one of these.
fn label_of<'h>(host: &'h str, bases: &[&'h str]) -> Option<&'h str> {
    bases.iter().find_map(|base| label(split_port(host).0, split_port(base).0))
}

/// Whether a decoded path has segments in which some servers see more than a name.
fn has_odd_segments(path: &str) -> bool {
    path.split('/').any(|segment| {
        let name = segment.split(';').next().unwrap_or_default();
        matches!(name, "." | "..") || segment.contains(['\\', '\0'])
    })
}

/// Whether what is behind a proxy may take the path of a request to S3, or what it copies, for another object.
pub(super) fn may_lead_elsewhere(map: Option<Map>, received: &Received<'_>) -> bool {
    let is_s3 = matches!(map, Some(Map::S3Path | Map::S3VirtualHost));
    let leads = |path: &str| path.contains('#') || decoded(path).is_some_and(|path| has_odd_segments(&path));
    is_s3 && (leads(received.path) || received.header("x-amz-copy-source").is_some_and(leads))
}

/// Undoes the escapes of a path; a plus is a plus. Nothing if it is no text then.
fn decoded(path: &str) -> Option<Cow<'_, str>> {
    if !path.contains('%') {
        return Some(Cow::Borrowed(path));
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' { nibble(rest.next()?)? << 4 | nibble(rest.next()?)? } else { byte });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
