//! Keeps web pages and strangers off the companion: it can turn time and wipe state.
//!
//! A page of another site reaches loopback through the browser; a name that resolves to loopback makes it
//! look at home. Both show in the headers that a browser sets by itself.

use super::tokens::Token;
use crate::validator::{Querier, Scope};
use crate::wire::RawRequest;
use crate::wire::request::{authority_of, is_loopback_authority, split_port};

/// Who may call the companion.
#[derive(Debug, Default)]
pub struct Guard {
    /// Host names that are fine beside those of this machine.
    pub hosts: Vec<String>,
    /// What callers may show.
    pub tokens: Vec<Token>,
    /// What callers may do who show nothing.
    pub unshown: Option<Querier>,
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
    /// The body is not declared as a form.
    NotAForm,
    /// The form is none of the console's, or of an earlier start.
    Form,
    /// The token is absent or wrong.
    Token,
    /// Nothing is shown where secrets are at stake.
    Nobody,
    /// What was shown is not good for this.
    Scope(Scope),
}

impl Guard {
    /// Lets a call pass, or says why not.
    pub fn check(&self, raw: &RawRequest<'_>) -> Result<(), Stranger> {
        self.check_host(raw)?;
        check_page(raw)
    }

    /// Lets a call pass that comes by a name of this machine, or says why not.
    pub fn check_host(&self, raw: &RawRequest<'_>) -> Result<(), Stranger> {
        let known = host_of(raw).is_some_and(|host| is_at_home(host, &self.hosts));
        if known { Ok(()) } else { Err(Stranger::Host) }
    }

    /// Lets somebody pass who comes to see a page, from wherever, or says why not.
    ///
    /// ATTACK: seeing it is all that comes of it. What a browser asks for within another page is turned away.
    pub fn check_visit(&self, raw: &RawRequest<'_>) -> Result<(), Stranger> {
        self.check_host(raw)?;
        let is = |name: &str, value: &[u8]| raw.headers.iter().all(|(found, is)| *found != name || *is == value);
        let visits = is("sec-fetch-mode", b"navigate") && is("sec-fetch-dest", b"document");
        if visits { Ok(()) } else { Err(Stranger::CrossSite) }
    }

    /// Lets a form pass that a page of the companion's sent, or no page at all, or says why not.
    pub fn check_form(&self, raw: &RawRequest<'_>) -> Result<(), Stranger> {
        self.check_host(raw)?;
        check_site(raw)?;
        let host = raw.header("host").unwrap_or_default();
        let own = |origin: &[u8]| {
            let origin = std::str::from_utf8(origin).unwrap_or_default();
            let named = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
            named.is_some_and(|named| named.eq_ignore_ascii_case(host))
        };
        if raw.headers.iter().any(|(name, origin)| *name == "origin" && !own(origin)) {
            return Err(Stranger::Origin);
        }
        check_form_type(raw)
    }

    /// Lets a call pass that needs this scope, or says why not.
    pub fn check_scope(&self, raw: &RawRequest<'_>, scope: Scope) -> Result<(), Stranger> {
        check_json(raw)?;
        self.check_shown(token_of(raw), scope)
    }

    /// Lets a call pass that needs this scope and is about secrets, or says why not.
    // ATTACK: on loopback whoever reaches the port may do much without a token, but learn or replace no secret.
    pub fn check_with_secrets(&self, raw: &RawRequest<'_>, scope: Scope) -> Result<(), Stranger> {
        self.check_scope(raw, scope)?;
        let owner = self.unshown.as_ref().is_some_and(|querier| querier.may(Scope::SigningKey));
        if owner || token_of(raw).is_some() { Ok(()) } else { Err(Stranger::Nobody) }
    }

    /// Lets a call pass that needs this scope and brings secrets of its own, or says why not.
    ///
    /// Of a service that keeps nothing and knows no token whoever reaches it may be the owner; any other asks for one.
    pub fn check_bringing_secrets(&self, raw: &RawRequest<'_>, scope: Scope) -> Result<(), Stranger> {
        if self.tokens.is_empty() { self.check_scope(raw, scope) } else { self.check_with_secrets(raw, scope) }
    }

    /// Lets whoever shows this token, or none, pass for this scope, or says why not.
    pub fn check_shown(&self, shown: Option<&str>, scope: Scope) -> Result<(), Stranger> {
        if self.querier(shown)?.may(scope) { Ok(()) } else { Err(Stranger::Scope(scope)) }
    }

    /// Who shows this token, or none.
    pub fn querier(&self, shown: Option<&str>) -> Result<&Querier, Stranger> {
        let Some(shown) = shown else { return self.unshown.as_ref().ok_or(Stranger::Token) };
        let mut found = None;
        for token in &self.tokens {
            // ATTACK: no token is left out, so that the time tells none from another.
            if token.text.is_same_as(shown) {
                found = Some(&token.querier);
            }
        }
        found.ok_or(Stranger::Token)
    }
}

/// The host by which a call came, unless several are named.
pub fn host_of<'a>(raw: &RawRequest<'a>) -> Option<&'a str> {
    let mut hosts = raw.headers.iter().filter(|(name, _)| *name == "host");
    let host = hosts.next().and_then(|(_, value)| std::str::from_utf8(value).ok());
    host.filter(|_| hosts.next().is_none())
}

/// Whether a host, with or without its port, is this machine or one of `hosts`.
pub fn is_at_home(host: &str, hosts: &[String]) -> bool {
    let (name, _) = split_port(host);
    let is_known = |known: &String| known.eq_ignore_ascii_case(name) || known.eq_ignore_ascii_case(host);
    is_loopback_authority(host) || hosts.iter().any(is_known)
}

/// Lets a call pass that no page of elsewhere can have sent, or says why not.
pub fn check_page(raw: &RawRequest<'_>) -> Result<(), Stranger> {
    check_site(raw)?;
    if raw.headers.iter().any(|(name, _)| *name == "origin") {
        return Err(Stranger::Origin);
    }
    Ok(())
}

fn check_site(raw: &RawRequest<'_>) -> Result<(), Stranger> {
    let sites = raw.headers.iter().filter(|(name, _)| *name == "sec-fetch-site");
    let strange = sites.into_iter().any(|(_, site)| !matches!(*site, b"same-origin" | b"none"));
    if strange { Err(Stranger::CrossSite) } else { Ok(()) }
}

/// Lets a call pass whose body is declared as a form, or says why not.
pub fn check_form_type(raw: &RawRequest<'_>) -> Result<(), Stranger> {
    if raw.is_typed("application/x-www-form-urlencoded") { Ok(()) } else { Err(Stranger::NotAForm) }
}

/// Lets a form pass unless it says that a page of elsewhere has it, or says why not.
pub fn check_own_referer(raw: &RawRequest<'_>) -> Result<(), Stranger> {
    let host = raw.header("host").unwrap_or_default();
    let own = |referer: &[u8]| {
        let referer = std::str::from_utf8(referer).unwrap_or_default();
        authority_of(referer).is_some_and(|it| it.eq_ignore_ascii_case(host))
    };
    let mut referers = raw.headers.iter().filter(|(name, _)| *name == "referer");
    if referers.all(|(_, referer)| own(referer)) { Ok(()) } else { Err(Stranger::Origin) }
}

/// Lets a call pass whose body, if it has one, is declared as JSON, or says why not.
// ATTACK: what a page may send without being asked first is never declared so.
pub fn check_json(raw: &RawRequest<'_>) -> Result<(), Stranger> {
    let json = raw.body.is_empty() || raw.is_typed("application/json") || raw.is_typed("application/yaml");
    if json { Ok(()) } else { Err(Stranger::NotJson) }
}

/// The token that is shown with a call, in whichever header.
pub fn token_of<'a>(raw: &RawRequest<'a>) -> Option<&'a str> {
    shown(raw).or_else(|| bearer(raw))
}

/// The token of `Validator-Token`; an empty one shows nothing.
pub fn shown<'a>(raw: &RawRequest<'a>) -> Option<&'a str> {
    raw.header("validator-token").map(str::trim).filter(|token| !token.is_empty())
}

/// The token of `Authorization: Bearer`.
pub fn bearer<'a>(raw: &RawRequest<'a>) -> Option<&'a str> {
    let (scheme, token) = raw.header("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then_some(token.trim())
}

impl Stranger {
    /// The status to turn it away with.
    pub fn status(self) -> u16 {
        match self {
            Self::Host => 421,
            Self::CrossSite | Self::Origin | Self::Form | Self::Scope(_) => 403,
            Self::NotJson | Self::NotAForm => 415,
            Self::Token | Self::Nobody => 401,
        }
    }

    /// What to do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Host => "call it by a name of this machine, or name the host with --companion-host",
            Self::CrossSite | Self::Origin => "web pages may not call the companion",
            Self::NotJson => "send the body as Content-Type: application/json",
            Self::NotAForm => "send the body as Content-Type: application/x-www-form-urlencoded",
            Self::Form => "this form is not of the console as it runs now: load its page again",
            Self::Token => "show a token of --companion-token-file as Authorization: Bearer or as Validator-Token",
            Self::Nobody => {
                "this shows and takes secrets: show a token of --companion-token-file or of the data directory's \
                 companion.token, or have the companion listen on unix:PATH"
            }
            Self::Scope(Scope::Mint) => "this needs a token with the scope mint",
            Self::Scope(_) => "this needs a token with the scope admin",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&str, &[u8])], expect: Result<(), Stranger>) {
        let guard = Guard { hosts: vec!["sts.test".to_owned()], ..Guard::default() };
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

    /// A form with these headers beside its host and type.
    #[track_caller]
    fn check_own_form(headers: &[(&str, &[u8])], expect: Result<(), Stranger>) {
        let usual: [(&str, &[u8]); 2] =
            [("host", b"localhost:4593"), ("content-type", b"application/x-www-form-urlencoded; charset=UTF-8")];
        let headers = [&usual, headers].concat();
        let (method, path) = ("POST", "/saml");
        let raw = RawRequest { method, path, query: "", headers: &headers, body: b"", peer: None, secure: false };
        assert_eq!(Guard::default().check_form(&raw), expect, "{headers:?}");
    }

    #[test]
    fn forms_of_our_own_pages_pass_and_those_of_others_do_not() {
        check_own_form(&[], Ok(()));
        check_own_form(&[("origin", b"http://localhost:4593"), ("sec-fetch-site", b"same-origin")], Ok(()));
        check_own_form(&[("origin", b"https://LOCALHOST:4593")], Ok(()));
        for origin in ["http://localhost:3000", "http://localhost", "null", "", "http://localhost:4593.evil.test", "*"]
        {
            check_own_form(&[("origin", origin.as_bytes())], Err(Stranger::Origin));
        }
        check_own_form(&[("origin", b"http://localhost:4593"), ("origin", b"http://e.test")], Err(Stranger::Origin));
        check_own_form(&[("sec-fetch-site", b"same-site")], Err(Stranger::CrossSite));
        check_own_form(&[("host", b"localhost:4593")], Err(Stranger::Host));
    }

    #[test]
    fn people_come_from_anywhere_and_nothing_else_does() {
        let check_visit = |headers: &[(&str, &[u8])], expect| {
            let headers = [&[("host", &b"localhost:4593"[..])], headers].concat();
            let (method, path) = ("GET", "/saml/sso");
            let raw = RawRequest { method, path, query: "", headers: &headers, body: b"", peer: None, secure: false };
            assert_eq!(Guard::default().check_visit(&raw), expect, "{headers:?}");
        };
        check_visit(&[], Ok(()));
        let document: (&str, &[u8]) = ("sec-fetch-dest", b"document");
        check_visit(&[("sec-fetch-site", b"cross-site"), ("sec-fetch-mode", b"navigate"), document], Ok(()));
        for mode in ["no-cors", "cors", "websocket", "same-origin"] {
            check_visit(&[("sec-fetch-mode", mode.as_bytes()), document], Err(Stranger::CrossSite));
        }
        for place in ["iframe", "frame", "embed", "object", "image", "empty"] {
            let headers: [(&str, &[u8]); 2] = [("sec-fetch-mode", b"navigate"), ("sec-fetch-dest", place.as_bytes())];
            check_visit(&headers, Err(Stranger::CrossSite));
        }
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
