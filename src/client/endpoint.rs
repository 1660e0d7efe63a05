//! Where a validator listens: `http://HOST:PORT`, or `unix:PATH`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a validator listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Plain HTTP, for loopback or a private network.
    Tcp {
        /// A name or an address.
        host: String,
        /// The port.
        port: u16,
    },
    /// A socket of this machine.
    Unix(PathBuf),
}

/// A text that is no endpoint.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display)]
#[display("`{_0}` is neither http://HOST:PORT nor unix:PATH")]
pub struct NotAnEndpoint(String);

impl std::error::Error for NotAnEndpoint {}

impl FromStr for Endpoint {
    type Err = NotAnEndpoint;

    fn from_str(text: &str) -> Result<Self, NotAnEndpoint> {
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() { Err(NotAnEndpoint(text.to_owned())) } else { Ok(Self::Unix(path.into())) };
        }
        let tcp = || {
            let (host, port) = text.strip_prefix("http://")?.trim_end_matches('/').rsplit_once(':')?;
            let bare = host.strip_prefix('[').map_or(Some(host), |inside| inside.strip_suffix(']'))?;
            let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._:%".contains(letter);
            let is_name = !bare.is_empty() && bare.chars().all(plain) && (bare == host) != bare.contains(':');
            Some(Self::Tcp { host: bare.to_owned(), port: port.parse().ok()? }).filter(|_| is_name)
        };
        tcp().ok_or_else(|| NotAnEndpoint(text.to_owned()))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(out, "http://[{host}]:{port}"),
            Self::Tcp { host, port } => write!(out, "http://{host}:{port}"),
            Self::Unix(path) => write!(out, "unix:{}", path.display()),
        }
    }
}

impl Endpoint {
    /// What the `Host` header says.
    pub(super) fn authority(&self) -> String {
        match self {
            Self::Tcp { .. } => self.to_string().split_off("http://".len()),
            Self::Unix(_) => "localhost".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_read_and_written() {
        for (text, authority) in [
            ("http://127.0.0.1:4593", "127.0.0.1:4593"),
            ("http://sts:4593", "sts:4593"),
            ("http://[::1]:4593", "[::1]:4593"),
            ("unix:/run/companion.sock", "localhost"),
        ] {
            let endpoint: Endpoint = text.parse().expect(text);
            assert_eq!((endpoint.to_string().as_str(), endpoint.authority().as_str()), (text, authority));
        }
        assert_eq!("http://sts:1/".parse(), "http://sts:1".parse::<Endpoint>());
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        for text in [
            "",
            "unix:",
            "127.0.0.1:4593",
            "https://sts:4593",
            "http://sts",
            "http://:4593",
            "http://sts:x",
            "http://sts:70000",
            "http://a@b:1",
            "http://sts:1/v1",
            "http://::1:4593",
            "http://[::1:4593",
            "http://[sts]:1",
        ] {
            assert!(text.parse::<Endpoint>().is_err(), "{text}");
        }
    }
}
