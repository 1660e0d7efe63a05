//! The parts of calls that say what a service received, and what it takes.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::Deserialize;

use super::Ask;
use super::answer::Problem;
use super::dialect::Dialect;
use super::json::{HeaderName, HeaderPair, Text, said};
use crate::access::{Demand, Forwarded, RequestFacts, Wording};
use crate::sigv4::{self, Parts};
use crate::wire::request::split_port;

/// AWS's limits are lower; more is no honest request.
const MOST_HEADERS: usize = 200;
const MOST_HEADER_BYTES: usize = 32 * 1024;
/// Each of them costs two attempts.
const MOST_HOST_CANDIDATES: usize = 8;

/// A request as the asking service received it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Request<'a> {
    #[serde(borrow)]
    pub(super) method: Text<'a>,
    /// The bytes of the request line, escapes untouched.
    #[serde(borrow)]
    target: Text<'a>,
    #[serde(borrow)]
    headers: Vec<HeaderPair<'a>>,
    /// Of the body, if the service has hashed it.
    #[serde(borrow)]
    body_sha256: Option<Text<'a>>,
    pub(super) source_ip: Option<IpAddr>,
    #[serde(default)]
    pub(super) tls: bool,
}

/// A string to sign that the asking service made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct StringToSign<'a> {
    #[serde(borrow)]
    text: Text<'a>,
    #[serde(borrow)]
    signature: Text<'a>,
    #[serde(borrow)]
    access_key_id: Text<'a>,
    #[serde(borrow)]
    session_token: Option<Text<'a>>,
    presign_expires_seconds: Option<u64>,
}

/// What the asking service takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Audience<'a> {
    /// Its signing name.
    #[serde(borrow)]
    pub(super) service: Text<'a>,
    /// The regions it takes; any, if none are named.
    #[serde(borrow)]
    pub(super) regions: Option<Vec<Text<'a>>>,
    /// The names it has; any, if none are named. `*.s3.test` is every name under that one.
    #[serde(borrow)]
    pub(super) hosts: Option<Vec<Text<'a>>>,
    /// The form of its errors, if it is not the usual one of this service.
    pub(super) dialect: Option<Dialect>,
}

/// A request in the form in which signatures are checked.
pub(super) struct Received<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) headers: Vec<(&'a str, &'a [u8])>,
    pub(super) body_sha256: Option<[u8; 32]>,
    pub(super) source_ip: Option<IpAddr>,
    pub(super) tls: bool,
}

impl Request<'_> {
    /// Checks the bounds and takes it apart.
    pub(super) fn received(&self) -> Result<Received<'_>, Problem> {
        let bytes: usize =
            self.headers.iter().map(|HeaderPair(HeaderName(name), value)| name.len() + value.len()).sum();
        if self.headers.len() > MOST_HEADERS || bytes > MOST_HEADER_BYTES {
            return Err(Problem::new(413, "at most 200 headers of 32 KiB together"));
        }
        let Some((path, query)) = split_target(&self.target) else {
            return Err(Problem::new(400, "`target` is what stands in the request line, such as /bucket/key?x=y"));
        };
        let headers =
            self.headers.iter().map(|HeaderPair(HeaderName(name), value)| (&**name, value.as_bytes())).collect();
        let body_sha256 = match &self.body_sha256 {
            None => None,
            Some(text) => Some(sigv4::unhex(text).ok_or_else(|| {
                Problem::new(400, "`bodySha256` is the SHA-256 of the body in 64 hexadecimal digits")
            })?),
        };
        let (method, source_ip, tls) = (&*self.method, self.source_ip, self.tls);
        Ok(Received { method, path, query, headers, body_sha256, source_ip, tls })
    }
}

impl<'a> Received<'a> {
    pub(super) fn parts(&self) -> Parts<'_> {
        Parts { method: self.method, path: self.path, query: self.query, headers: &self.headers }
    }

    pub(super) fn forwarded(&'a self, host_candidates: &'a [&'a str]) -> Forwarded<'a> {
        Forwarded { parts: self.parts(), body_sha256: self.body_sha256, host_candidates }
    }

    /// The first header of this lower-case name, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.headers.iter().find(|(found, _)| *found == name)?;
        std::str::from_utf8(value).ok()
    }

    /// What it shows of itself for conditions.
    pub(super) fn facts<'f>(&'f self, region: &'f str, ask: &Ask<'_>) -> RequestFacts<'f> {
        RequestFacts::forwarded(&self.headers, region, self.source_ip, self.tls, ask.moment)
    }
}

impl StringToSign<'_> {
    /// As signatures are checked; `expires` is `presignExpiresSeconds` written out.
    pub(super) fn wording<'b>(&'b self, expires: Option<&'b str>) -> Wording<'b> {
        Wording {
            text: &self.text,
            signature: &self.signature,
            access_key_id: &self.access_key_id,
            token: said(self.session_token.as_ref()),
            expires,
        }
    }

    pub(super) fn expires(&self) -> Option<String> {
        self.presign_expires_seconds.map(|seconds| seconds.to_string())
    }
}

impl Audience<'static> {
    /// A service with any name in any region.
    pub(super) fn of(service: String) -> Self {
        Self { service: Text(Cow::Owned(service)), regions: None, hosts: None, dialect: None }
    }
}

impl Audience<'_> {
    /// Demands a service, for without one nothing is known of its rules.
    pub(super) fn check(&self) -> Result<(), Problem> {
        if self.service.is_empty() {
            return Err(Problem::new(400, "`audience.service` is the signing name of the service, such as s3"));
        }
        Ok(())
    }

    /// Whether a region is one of its own.
    pub(super) fn takes_region(&self, region: &str) -> bool {
        !region.is_empty() && self.regions.as_ref().is_none_or(|regions| regions.iter().any(|own| **own == *region))
    }

    /// Whether a host, with or without port, is one of its names.
    pub(super) fn has_host(&self, host: &str) -> bool {
        self.hosts.as_ref().is_none_or(|hosts| hosts.iter().any(|own| is_host(own, host)))
    }

    /// The names under which it takes any.
    pub(super) fn wildcard_bases(&self) -> Vec<&str> {
        self.hosts.iter().flatten().filter_map(|host| host.strip_prefix("*.")).collect()
    }

    /// The form of its errors.
    pub(super) fn dialect(&self) -> Dialect {
        self.dialect.unwrap_or_else(|| Dialect::of(&self.service))
    }

    /// As signatures are checked.
    pub(super) fn demand<'d>(
        &'d self,
        ask: &Ask<'_>,
        region_ok: &'d dyn Fn(&str) -> bool,
        host_ok: &'d dyn Fn(&str) -> bool,
    ) -> Demand<'d> {
        let host_ok = self.hosts.is_some().then_some(host_ok);
        Demand { service: &self.service, region_ok, host_ok, open_demo: ask.world.open_demo }
    }
}

/// The names by which a client may have called the service.
pub(super) fn host_candidates<'a>(given: &'a [Text<'a>]) -> Result<Vec<&'a str>, Problem> {
    if given.len() > MOST_HOST_CANDIDATES {
        return Err(Problem::new(400, "at most 8 `hostCandidates`"));
    }
    Ok(given.iter().map(|host| &**host).collect())
}

/// Whether `host`, with or without port, is the one that `own` writes.
fn is_host(own: &str, host: &str) -> bool {
    let named = if split_port(own).1.is_none() { split_port(host).0 } else { host };
    match own.strip_prefix("*.") {
        None => own.eq_ignore_ascii_case(named),
        Some(parent) => label(named, parent).is_some(),
    }
}

/// What stands in `host` before a dot and `parent`.
pub(super) fn label<'h>(host: &'h str, parent: &str) -> Option<&'h str> {
    let (label, rest) = host.split_at_checked(host.len().checked_sub(parent.len() + 1)?)?;
    (!label.is_empty() && rest.strip_prefix('.')?.eq_ignore_ascii_case(parent)).then_some(label)
}

/// Path and query; the absolute form, which proxies are sent, has a scheme and a host in front.
pub(super) fn split_target(target: &str) -> Option<(&str, &str)> {
    let origin = if target.starts_with('/') {
        target
    } else {
        let ("http" | "https", rest) = target.split_once("://")? else { return None };
        rest.get(rest.find(['/', '?']).unwrap_or(rest.len())..).unwrap_or_default()
    };
    Some(origin.split_once('?').unwrap_or((origin, "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_compared_with_its_port_only_if_that_is_named() {
        for (own, host) in [
            ("s3.test", "s3.test"),
            ("s3.test", "S3.test:9000"),
            ("s3.test:9000", "s3.test:9000"),
            ("*.s3.test", "bucket.s3.test:9000"),
            ("*.s3.test:9000", "a.b.s3.test:9000"),
            ("[::1]", "[::1]:9000"),
            ("[::1]:9000", "[::1]:9000"),
        ] {
            assert!(is_host(own, host), "{own} {host}");
        }
        for (own, host) in [
            ("s3.test", "s3.test.evil.example"),
            ("s3.test:9000", "s3.test"),
            ("*.s3.test", "s3.test"),
            ("*.s3.test", ".s3.test"),
            ("*.s3.test", "bucketxs3.test"),
            ("s3.test", ""),
        ] {
            assert!(!is_host(own, host), "{own} {host}");
        }
    }

    #[test]
    fn a_target_is_path_and_query_as_they_came() {
        for (target, expect) in [
            ("/a%20b?x=1?y", Some(("/a%20b", "x=1?y"))),
            ("/", Some(("/", ""))),
            ("http://s3.test:9000/a?b", Some(("/a", "b"))),
            ("https://s3.test", Some(("", ""))),
            ("/http://x", Some(("/http://x", ""))),
            ("bucket", None),
            ("", None),
        ] {
            assert_eq!(split_target(target), expect, "{target}");
        }
    }
}
