//! A request as it came off the wire, free of any framework.

use std::net::IpAddr;

/// The bytes of one HTTP request, borrowed from the door.
#[derive(Clone, Copy, Debug)]
pub struct RawRequest<'a> {
    /// The method, as sent.
    pub method: &'a str,
    /// The path, its escapes untouched.
    pub path: &'a str,
    /// The query string without its question mark, escapes untouched.
    pub query: &'a str,
    /// Names in lower case; equal names in wire order.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The whole body.
    pub body: &'a [u8],
    /// Who connected; a Unix socket has no address.
    pub peer: Option<IpAddr>,
    /// Whether TLS brought it.
    pub secure: bool,
}

impl<'a> RawRequest<'a> {
    /// The first header of this lower-case name, if it is text.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        std::str::from_utf8(self.bytes_of(name)?).ok()
    }

    /// Whether its `Content-Type` is this one, whatever parameters follow.
    pub fn is_typed(&self, kind: &str) -> bool {
        let value = self.bytes_of("content-type").unwrap_or_default().trim_ascii_start();
        let Some((start, rest)) = value.split_at_checked(kind.len()) else { return false };
        start.eq_ignore_ascii_case(kind.as_bytes()) && matches!(rest.trim_ascii_start().first(), None | Some(b';'))
    }

    fn bytes_of(&self, name: &str) -> Option<&'a [u8]> {
        self.headers.iter().find(|(found, _)| *found == name).map(|(_, value)| *value)
    }
}

/// The host of a page's address as `Referer` has it, with its port if it has one.
pub fn authority_of(page: &str) -> Option<&str> {
    let rest = page.strip_prefix("http://").or_else(|| page.strip_prefix("https://"))?;
    rest.split('/').next()
}

/// Whether `authority`, a host with or without port, is this machine by a name that nobody else can own.
pub fn is_loopback_authority(authority: &str) -> bool {
    let (host, port) = split_port(authority);
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return false;
    }
    if let Some(address) = address_of(host) {
        return address.is_loopback();
    }
    let name = host.to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// A host as it is written, and what stands behind its colon.
pub fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

/// The address that a host is, in brackets or not.
pub fn address_of(host: &str) -> Option<IpAddr> {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for authority in
            ["localhost", "localhost:4593", "127.0.0.1:80", "[::1]:4593", "[::1]", "127.9.9.9", "a.localhost"]
        {
            assert!(is_loopback_authority(authority), "{authority}");
        }
        for authority in
            ["", "example.com", "127.0.0.1.example.com", "localhost.example.com", "[::1]x", "10.0.0.1", "localhost:x"]
        {
            assert!(!is_loopback_authority(authority), "{authority}");
        }
    }
}
