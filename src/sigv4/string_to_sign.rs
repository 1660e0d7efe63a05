//! A string to sign that another service has made of a request: four lines instead of the request itself.
//!
//! It proves less: which host, headers and payload were signed is hidden in a hash, and for its maker to check.

use std::borrow::Cow;

use crate::time::{Moment, Timestamp};

use super::dates::Stamp;
use super::keys::{SigningKey, hex};
use super::scope::{self, Credential, Scope};
use super::verify::is_same;
use super::{ALGORITHM, Explanation, Form, Rejection, Timing, verify};

/// A well-formed string to sign that is in time; nobody has proved it yet.
#[derive(Clone, Debug)]
pub struct StringToSign<'a> {
    text: &'a str,
    credential: Credential<'a>,
    signature: &'a str,
    stamp: Stamp<'a>,
    form: Form,
}

/// One that speaks of this service, a known region and the right day: ready for the key.
#[derive(Clone, Debug)]
pub struct ScopedString<'a>(StringToSign<'a>);

/// Proof that a key signed this string.
#[derive(Clone, Debug)]
pub struct VerifiedString<'a>(StringToSign<'a>);

impl<'a> StringToSign<'a> {
    /// Reads `text`; `expires` is what `X-Amz-Expires` of a presigned request asked for.
    pub fn read(
        text: &'a str,
        access_key_id: &str,
        signature: &'a str,
        expires: Option<&str>,
        moment: &Moment,
        timing: &Timing,
    ) -> Result<Self, Rejection> {
        let form = if expires.is_some() { Form::Query } else { Form::Header };
        let mut lines = text.split('\n');
        let (Some(algorithm), Some(date), Some(scope), Some(hash), None) =
            (lines.next(), lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(Rejection::StringToSignShape);
        };
        if algorithm != ALGORITHM {
            return Err(Rejection::UnsupportedAlgorithm { got: algorithm.into(), form });
        }
        if hash.len() != 64 || !hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(Rejection::StringToSignShape);
        }
        let stamp = Stamp::basic(Cow::Borrowed(date))?;
        verify::check_time(stamp.at, expires, form, moment, timing)?;
        let credential = Credential::parse(Cow::Owned(format!("{access_key_id}/{scope}")))?;
        Ok(Self { text, credential, signature, stamp, form })
    }

    /// Demands a scope of this service, of a region that `region_ok` knows, of the day of signing.
    pub fn scoped_to(self, service: &str, region_ok: impl Fn(&str) -> bool) -> Result<ScopedString<'a>, Rejection> {
        match scope::faults(&self.credential.scope(), service, region_ok, &self.stamp) {
            None => Ok(ScopedString(self)),
            Some(faults) => Err(Rejection::WrongScope(Box::new(faults))),
        }
    }
}

impl<'a> ScopedString<'a> {
    /// What the key is said to be narrowed to.
    pub fn scope(&self) -> Scope<'_> {
        self.0.credential.scope()
    }

    /// Demands that `key` signed it. The key must be that of its scope.
    pub fn verify(self, key: &SigningKey) -> Result<VerifiedString<'a>, Rejection> {
        if is_same(&hex(&key.sign(&[self.0.text.as_bytes()])), self.0.signature.as_bytes()) {
            Ok(VerifiedString(self.0))
        } else {
            let string_to_sign = self.0.text.to_owned();
            Err(Rejection::Mismatch(Box::new(Explanation { canonical_request: String::new(), string_to_sign })))
        }
    }
}

impl VerifiedString<'_> {
    /// What the key was narrowed to.
    pub fn scope(&self) -> Scope<'_> {
        self.0.credential.scope()
    }

    /// When it was signed.
    pub fn signed_at(&self) -> Timestamp {
        self.0.stamp.at
    }

    /// Whether it was made of a presigned request.
    pub fn is_presigned(&self) -> bool {
        self.0.form == Form::Query
    }
}
