//! The stages of a claim before its HMAC is known: read, in time, scoped. Each can be made only from the one before.
//!
//! Never touches a key; what a stage has proved is said on its type.

use std::borrow::Cow;
use std::ops::Deref;

use crate::time::{Moment, Timestamp};

use super::dates::Stamp;
use super::marks::Token;
use super::scope::{self, Credential, Scope};
use super::signed_headers::SignedHeaders;
use super::{ALGORITHM, Expires, Form, Parts, Rejection, Timing, WINDOW_SECONDS, verify};

/// What a request says of its signature; only the syntax of it is known to be good.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    pub(super) parts: Parts<'a>,
    pub(super) form: Form,
    pub(super) algorithm: Cow<'a, str>,
    pub(super) credential: Cow<'a, str>,
    pub(super) signed_headers: SignedHeaders<'a>,
    pub(super) signature: Cow<'a, str>,
    pub(super) stamp: Stamp<'a>,
    pub(super) token: Option<Token<'a>>,
    pub(super) expires: Option<Cow<'a, str>>,
}

impl<'a> Claim<'a> {
    /// When the request says it was signed.
    pub fn signed_at(&self) -> Timestamp {
        self.stamp.at
    }

    /// The region that the credential is said to be narrowed to, if it has that many parts.
    pub fn scope_region(&self) -> Option<&str> {
        self.credential.split('/').nth(2)
    }

    /// The service that it is said to be narrowed to, likewise.
    pub fn scope_service(&self) -> Option<&str> {
        self.credential.split('/').nth(3)
    }

    /// Where the signature is.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Whose key it says signed; for telling what was shown, not for finding a key.
    pub fn access_key_id(&self) -> &str {
        let whole = self.credential.trim_end_matches('/');
        // Of what is no credential the first part may be that of a secret.
        whole.rsplitn(5, '/').nth(4).unwrap_or(whole)
    }

    /// The signature as it came.
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// The session token, if there is one that is not empty.
    pub fn session_token(&self) -> Option<&str> {
        self.token.as_ref().map(Token::text)
    }

    /// As [`Claim::in_time_of`], by the timing of STS: `X-Amz-Expires` has no say.
    // AWS: STS keeps its fifteen minutes for presigned requests too, whatever they ask for (sts-sig-presigned-15min).
    pub fn in_time(self, moment: &Moment) -> Result<Unverified<'a>, Rejection> {
        self.in_time_of(moment, &Timing { window_seconds: WINDOW_SECONDS, expires: Expires::Ignored })
    }

    /// Demands that the claim is made near `moment`, covers `host`, and names our algorithm and a whole credential.
    pub fn in_time_of(self, moment: &Moment, timing: &Timing) -> Result<Unverified<'a>, Rejection> {
        verify::check_time(self.stamp.at, self.expires.as_deref(), self.form, moment, timing)?;
        if !self.signed_headers.cover_host() {
            return Err(Rejection::HostNotSigned);
        }
        if self.algorithm != ALGORITHM {
            return Err(Rejection::UnsupportedAlgorithm { got: self.algorithm.into(), form: self.form });
        }
        let Self { parts, form, credential, signed_headers, signature, stamp, token, .. } = self;
        let credential = Credential::parse(credential)?;
        Ok(Unverified { parts, form, credential, signed_headers, signature, stamp, token })
    }
}

/// A well-formed claim made near the present moment; nobody has proved it yet.
#[derive(Clone, Debug)]
pub struct Unverified<'a> {
    pub(super) parts: Parts<'a>,
    form: Form,
    pub(super) credential: Credential<'a>,
    pub(super) signed_headers: SignedHeaders<'a>,
    pub(super) signature: Cow<'a, str>,
    pub(super) stamp: Stamp<'a>,
    token: Option<Token<'a>>,
}

impl<'a> Unverified<'a> {
    /// Whose key is said to have signed.
    pub fn access_key_id(&self) -> &str {
        self.credential.access_key_id()
    }

    /// What the key is said to be narrowed to.
    pub fn scope(&self) -> Scope<'_> {
        self.credential.scope()
    }

    /// The session token, if there is one that is not empty.
    ///
    /// It need not be signed: a token only says which key must have signed, so another one cannot make the HMAC agree.
    /// A door that wants it signed asks [`Unverified::unsigned_amz_headers`].
    pub fn session_token(&self) -> Option<&str> {
        self.token.as_ref().map(Token::text)
    }

    /// When the request says it was signed.
    pub fn signed_at(&self) -> Timestamp {
        self.stamp.at
    }

    /// The names of the headers that the signature covers.
    pub fn signed_headers(&self) -> &SignedHeaders<'a> {
        &self.signed_headers
    }

    /// Where the signature is.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Whether the query carries the signature.
    pub fn is_presigned(&self) -> bool {
        self.form == Form::Query
    }

    /// Names of `x-amz-` headers that are in the request and not covered, in wire order.
    // AWS: STS and its like accept them; S3 refuses all but `x-amz-content-sha256`, which is in the canonical
    // request anyway. So the door decides. None of them can decide anything behind the signature's back: a
    // changed date changes the string to sign, and a changed token needs another key.
    pub fn unsigned_amz_headers(&self) -> Vec<&'a str> {
        let signed: Vec<&str> = self.signed_headers.names().collect();
        let names = self.parts.headers.iter().map(|(name, _)| *name);
        names.filter(|name| name.starts_with("x-amz-") && signed.binary_search(name).is_err()).collect()
    }

    /// Demands a scope of this service, of a region that `region_ok` knows, of the day of signing.
    pub fn scoped_to(self, service: &str, region_ok: impl Fn(&str) -> bool) -> Result<Scoped<'a>, Rejection> {
        match scope::faults(&self.scope(), service, region_ok, &self.stamp) {
            None => Ok(Scoped(self)),
            Some(faults) => Err(Rejection::WrongScope(Box::new(faults))),
        }
    }
}

/// A claim that speaks of this service, a known region and the right day: ready for the key.
#[derive(Clone, Debug)]
pub struct Scoped<'a>(pub(super) Unverified<'a>);

impl<'a> Deref for Scoped<'a> {
    type Target = Unverified<'a>;

    fn deref(&self) -> &Unverified<'a> {
        &self.0
    }
}
