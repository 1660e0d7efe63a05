//! Issuers: the address by which one is known, and the four that every account knows.
//!
//! An address is never normalised: AWS compares it as it was written, case and slashes included.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html>

use std::net::IpAddr;

/// The address of an issuer, as a provider is registered with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, derive_more::Display)]
#[display("{whole}")]
pub struct IssuerUrl {
    /// With its scheme, as the claim `iss` writes it.
    whole: String,
    scheme: usize,
}

/// Why a text is no address of an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, derive_more::Display)]
pub enum UrlFault {
    /// Not of 1 to 255 characters.
    #[display("it has 1 to 255 characters")]
    Length,
    /// Neither `https://` nor `http://`.
    #[display("it begins with https://, or for an issuer on your own machines with http://")]
    Scheme,
    /// It has a query or a fragment.
    #[display("it has no query and no fragment")]
    QueryOrFragment,
    /// Its host is none, its port no number, or somebody's name stands before them.
    #[display("it names a host, perhaps a port, and no user")]
    Host,
    /// Blanks, or characters that need an escape.
    #[display("it has no blanks, and nothing that needs an escape")]
    Characters,
}

/// Hosts of issuers that need no provider in an account.
pub const BUILT_IN: [&str; 4] = [GOOGLE, "cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com"];
/// Its tokens name it with or without scheme.
pub const GOOGLE: &str = "accounts.google.com";

impl IssuerUrl {
    /// Reads the address of a provider. AWS: port 443 is dropped.
    pub fn parse(text: &str) -> Result<Self, UrlFault> {
        if !(1..=255).contains(&text.chars().count()) {
            return Err(UrlFault::Length);
        }
        let (scheme, rest) = text.split_once("://").ok_or(UrlFault::Scheme)?;
        if !matches!(scheme, "https" | "http") {
            return Err(UrlFault::Scheme);
        }
        if text.contains(['?', '#']) {
            return Err(UrlFault::QueryOrFragment);
        }
        if !text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`'))
        {
            return Err(UrlFault::Characters);
        }
        let (authority, path) = rest.find('/').and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, ""));
        let (_, port) = host_and_port(authority).ok_or(UrlFault::Host)?;
        let dropped = if (scheme, port) == ("https", Some(443)) { authority.rsplit_once(':') } else { None };
        let authority = dropped.map_or(authority, |(host, _)| host);
        Ok(Self { whole: format!("{scheme}://{authority}{path}"), scheme: scheme.len() + 3 })
    }

    /// As a token's `iss` must read, to the letter.
    pub fn as_iss(&self) -> &str {
        &self.whole
    }

    /// Without its scheme: as IAM shows it, and what condition keys begin with.
    pub fn without_scheme(&self) -> &str {
        self.whole.get(self.scheme..).unwrap_or_default()
    }

    /// Where its discovery document is.
    pub fn discovery(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.whole.strip_suffix('/').unwrap_or(&self.whole))
    }
}

/// The built-in issuer that a token means by `iss`.
pub fn built_in(iss: &str) -> Option<&'static str> {
    let host = iss.strip_prefix("https://").or_else(|| (iss == GOOGLE).then_some(iss))?;
    BUILT_IN.into_iter().find(|known| *known == host)
}

/// Splits `host[:port]`; none if it is not that.
fn host_and_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !authority.ends_with(']') => {
            let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
            (host, Some(port.parse().ok().filter(|port| digits && *port > 0)?))
        }
        _ => (authority, None),
    };
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let sound = match bracketed {
        Some(address) => address.parse::<IpAddr>().is_ok_and(|address| address.is_ipv6()),
        None => !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)),
    };
    sound.then_some((host, port))
}
