//! Documents of issuers, fetched: bytes in their bounds, or the reason why not. What they say is not known here.

use std::net::IpAddr;
use std::time::Duration;

/// Where documents of issuers come from. Blocks, but no longer than it is told.
pub trait KeyFetch: Send + Sync {
    /// The document of a wish.
    fn get(&self, wish: &Wish<'_>) -> Result<Document, FetchFault>;
}

/// A document that is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Whose document it is: what its issuer may be reached by, the document may too.
    pub issuer: &'a str,
    /// Where it is.
    pub url: &'a str,
    /// SHA-1 of certificates, in hexadecimal, that are good where no known authority vouches.
    pub thumbprints: &'a [String],
    /// How many bytes it may have.
    pub longest: usize,
    /// How long it may take.
    pub patience: Duration,
}

/// A document that came.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Its bytes, of which somebody else has to make sense.
    pub body: Vec<u8>,
    /// Its `Cache-Control`, and `Pragma` behind it.
    pub caching: String,
    /// How long it took.
    pub took: Duration,
}

/// Why a document did not come.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display)]
pub enum FetchFault {
    /// The address is none.
    #[display("it is no address")]
    BadUrl,
    /// It is not encrypted, and elsewhere than on this machine or a host that is named for it.
    #[display("it is not https, which is for issuers on this machine and hosts named by --private-issuer only")]
    Unencrypted,
    /// This machine, for an issuer that is not on it.
    #[display("it is on this machine, and the issuer is not")]
    OwnMachine,
    /// The host has an address that is not on the public internet.
    #[display("its host is at {_0}, which is not public; --private-issuer names hosts that may be so")]
    NotPublic(IpAddr),
    /// It did not come in time.
    #[display("it did not come in time")]
    Late,
    /// Nobody could be reached, or the talk broke off.
    #[display("it cannot be reached: {_0:.200}")]
    Unreachable(String),
    /// The certificate is not good for the host.
    #[display("its certificate is not good: {_0:.200}")]
    Certificate(String),
    /// No known authority vouches for the certificate, and its thumbprint is none of the provider's.
    #[display(
        "no known authority vouches for its certificate, and its thumbprint {found} is none of the provider's; \
         --ca-bundle names authorities of your own"
    )]
    Thumbprint {
        /// What it is.
        found: String,
    },
    /// Any status but 200: redirects are not followed.
    #[display("the answer has status {_0}")]
    Status(u16),
    /// It is compressed, though that was not asked for.
    #[display("the answer is compressed")]
    Compressed,
    /// It is longer than a document may be.
    #[display("the answer is too long")]
    TooLong,
}

/// No network at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offline;

impl KeyFetch for Offline {
    fn get(&self, _wish: &Wish<'_>) -> Result<Document, FetchFault> {
        Err(FetchFault::Unreachable("there is no network here".to_owned()))
    }
}
