//! Verifies AWS Signature Version 4, carried by the `Authorization` header or by the query string.
//!
//! A request changes its type as it proves itself: [`parse`] gives a [`Claim`], [`Claim::in_time`] an
//! [`Unverified`], [`Unverified::scoped_to`] a [`Scoped`], and only [`Scoped::verify`] a [`Verified`].
//! Never finds a key, tells the time or words a refusal: those come in and go out as values.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
//!
//! The order of the checks is the order seen on AWS's common front end: both forms at once, pieces that are
//! no pairs, missing parameters, the date, its window, `host`, the algorithm, the credential's shape, its
//! scope (all faults at once), and last, with the key at hand, the HMAC.
//!
//! A body is judged apart: [`Declared`] is what the request says of it, [`Body`] takes it as it arrives. Where its
//! chunks are signed, the [`Chain`] of their signatures starts at the verified request.

mod authorization;
mod body;
mod canonical;
mod chain;
mod chunked;
mod claim;
mod dates;
mod declared;
mod derived;
mod gather;
mod keys;
mod marks;
mod payload;
mod percent;
mod presigned;
mod rejection;
mod scope;
mod signed_headers;
mod string_to_sign;
mod trailers;
mod verify;

use std::borrow::Cow;
use std::fmt;

use marks::Marks;

pub use authorization::scheme;
pub use body::{Body, Piece, Standing, Whole};
pub use canonical::{PayloadHash, Reading, Style};
pub use chain::Chain;
pub use chunked::{LARGEST_SIGNED_CHUNK, SMALLEST_CHUNK};
pub use claim::{Claim, Scoped, Unverified};
pub use declared::{Declared, PayloadFault, said_of_body, unhex};
pub use derived::DerivedKeys;
pub use keys::SigningKey;
pub use payload::{PayloadClaim, PayloadMode};
pub use rejection::{Parameter, Rejection};
pub use scope::{Scope, ScopeDateFault, ScopeFaults, ServiceFault};
pub use signed_headers::{MOST_SIGNED_HEADERS, SignedHeaders};
pub use string_to_sign::{ScopedString, StringToSign, VerifiedString};
pub use verify::{Explanation, LONGEST_PRESIGNED_SECONDS, Verified, WINDOW_SECONDS};

/// The parts of a request that a signature can cover, as they came off the wire.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// `GET`, `POST`, ...
    pub method: &'a str,
    /// With its escapes untouched.
    pub path: &'a str,
    /// With its escapes untouched and without the `?`; empty if there is none.
    pub query: &'a str,
    /// Names in lower case, repeated headers in wire order, no pseudo headers: `:authority` is given as `host`.
    pub headers: &'a [(&'a str, &'a [u8])],
}

/// Where a request carries its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query string: a presigned request.
    Query,
}

/// How long a service takes a signature for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How far the date of a signature may lie from the present, either way.
    pub window_seconds: i64,
    /// What `X-Amz-Expires` of a presigned request means to it.
    pub expires: Expires,
}

/// What `X-Amz-Expires` means to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expires {
    /// Nothing: the window holds for presigned requests too.
    Ignored,
    /// If it is there, how long the request is good.
    Honoured,
    /// The same, and it must be there.
    Demanded,
}

/// Reads what a request says of its own signature; `None` if it carries none at all.
pub fn parse<'a>(parts: &Parts<'a>) -> Result<Option<Claim<'a>>, Rejection> {
    let marks = Marks::of(parts.headers);
    let query = presigned::Parameters::of(parts.query);
    match (marks.authorization, query) {
        (None, None) => Ok(None),
        // AWS: a request that is signed in both ways is refused, whichever signature is good.
        (Some(_), Some(_)) => Err(Rejection::BothForms),
        (Some(header), None) => authorization::read(header, &marks, parts).map(Some),
        (None, Some(query)) => presigned::read(query, &marks, parts).map(Some),
    }
}

/// The names of the parameters of a query, decoded.
pub fn query_names(query: &str) -> impl Iterator<Item = Cow<'_, str>> {
    presigned::pairs(query).map(|(name, _)| percent::decode(name))
}

/// The only algorithm spoken here.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The last part of every credential scope.
const TERMINATOR: &str = "aws4_request";

/// The header, and in another spelling the query parameter, of temporary credentials.
const TOKEN_HEADER: &str = "x-amz-security-token";

impl fmt::Debug for Parts<'_> {
    /// Header values and the query may hold a session token, so only names are shown.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        out.debug_struct("Parts")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("header_names", &names)
            .finish_non_exhaustive()
    }
}
