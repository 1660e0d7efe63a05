//! Keeps web pages and strangers off the companion: it can turn time and wipe state.
//!
//! A page of another site reaches loopback through the browser; a name that resolves to loopback makes it
//! look at home. Both show in the headers that a browser sets by itself.

use subtle::ConstantTimeEq;

use crate::secret::Secret;
use crate::wire::RawRequest;
use crate::wire::request::is_loopback_authority;

/// Who may call the companion.
#[derive(Debug, Default)]
pub struct Guard {
    /// Host names that are fine beside those of this machine.
    pub hosts: Vec<String>,
    /// What callers must show, if anything.
    pub token: Option<Secret<String>>,
}

/// Why a call is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// The `Host` is not this machine.
    Host,
    /// A browser says that another site asks.
    CrossSite,
    /// A browser says which page asks.
    Origin,
    /// The body is not declared as JSON.
    NotJson,
    /// The token is absent or wrong.
    Token,
}

impl Guard {
    /// Lets a call pass, or says why not.
    pub fn check(&self, raw: &RawRequest<'_>) -> Result<(), Stranger> {
        let mut hosts = raw.headers.iter().filter(|(name, _)| *name == "host");
        let host = hosts.next().and_then(|(_, value)| std::str::from_utf8(value).ok());
        if hosts.next().is_some() || !host.is_some_and(|host| self.knows(host)) {
            return Err(Stranger::Host);
        }
        let sites = raw.headers.iter().filter(|(name, _)| *name == "sec-fetch-site");
        if sites.into_iter().any(|(_, site)| !matches!(*site, b"same-origin" | b"none")) {
            return Err(Stranger::CrossSite);
        }
        if raw.headers.iter().any(|(name, _)| *name == "origin") {
            return Err(Stranger::Origin);
        }
        Ok(())
    }

    /// Lets a call that changes or shows something pass, or says why not.
    pub fn check_private(&self, raw: &RawRequest<'_>) -> Result<(), Stranger> {
        let json = raw.header("content-type").is_some_and(|kind| {
            kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
        });
        if !raw.body.is_empty() && !json {
            return Err(Stranger::NotJson);
        }
        let Some(token) = &self.token else { return Ok(()) };
        let shown = raw.header("authorization").and_then(|shown| shown.strip_prefix("Bearer ")).unwrap_or_default();
        // ATTACK: the comparison takes the same time wherever a guess differs.
        if shown.as_bytes().ct_eq(token.expose().as_bytes()).into() { Ok(()) } else { Err(Stranger::Token) }
    }

    fn knows(&self, host: &str) -> bool {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        is_loopback_authority(host)
            || self.hosts.iter().any(|known| known.eq_ignore_ascii_case(name) || known.eq_ignore_ascii_case(host))
    }
}

impl Stranger {
    /// The status to turn it away with.
    pub fn status(self) -> u16 {
        match self {
            Self::Host => 421,
            Self::CrossSite | Self::Origin => 403,
            Self::NotJson => 415,
            Self::Token => 401,
        }
    }

    /// What to do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Host => "call it by a name of this machine, or name the host with --companion-host",
            Self::CrossSite | Self::Origin => "web pages may not call the companion",
            Self::NotJson => "send the body as Content-Type: application/json",
            Self::Token => "show the token of --companion-token-file as Authorization: Bearer",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&str, &[u8])], expect: Result<(), Stranger>) {
        let guard = Guard { hosts: vec!["sts.test".to_owned()], token: None };
        let raw = RawRequest { method: "GET", path: "/", query: "", headers, body: b"", peer: None, secure: false };
        assert_eq!(guard.check(&raw), expect, "{headers:?}");
    }

    #[test]
    fn names_of_this_machine_are_at_home() {
        check(&[("host", b"127.0.0.1:4593")], Ok(()));
        check(&[("host", b"localhost:4593")], Ok(()));
        check(&[("host", b"[::1]:4593")], Ok(()));
        check(&[("host", b"sts.test:4593")], Ok(()));
        check(&[("host", b"localhost:4593"), ("sec-fetch-site", b"same-origin")], Ok(()));
    }

    #[test]
    fn pages_and_rebound_names_are_strangers() {
        check(&[], Err(Stranger::Host));
        check(&[("host", b"evil.example:4593")], Err(Stranger::Host));
        check(&[("host", b"127.0.0.1.evil.example")], Err(Stranger::Host));
        check(&[("host", b"localhost"), ("host", b"evil.example")], Err(Stranger::Host));
        check(&[("host", b"localhost"), ("sec-fetch-site", b"cross-site")], Err(Stranger::CrossSite));
        check(&[("host", b"localhost"), ("sec-fetch-site", b"same-site")], Err(Stranger::CrossSite));
        check(&[("host", b"localhost"), ("origin", b"http://localhost:3000")], Err(Stranger::Origin));
        check(&[("host", b"localhost"), ("origin", b"null")], Err(Stranger::Origin));
    }
}
