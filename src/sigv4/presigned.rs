//! The query form: `X-Amz-Algorithm`, `X-Amz-Credential`, ... among the parameters of a presigned request.
//!
//! Reads them; never judges what they say, `X-Amz-Expires` least of all.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html>

use std::borrow::Cow;

use super::dates::Stamp;
use super::marks::{Marks, Token};
use super::signed_headers::SignedHeaders;
use super::{ALGORITHM, Claim, Form, Parameter, Parts, Rejection, TOKEN_HEADER, percent};

/// The one parameter that a presigned signature does not cover.
pub(super) const SIGNATURE: &str = "X-Amz-Signature";

/// The parameters of a signature, decoded.
#[derive(Default)]
pub(super) struct Parameters<'a> {
    algorithm: Option<Cow<'a, str>>,
    credential: Option<Cow<'a, str>>,
    signature: Option<Cow<'a, str>>,
    signed_headers: Option<Cow<'a, str>>,
    date: Option<Cow<'a, str>>,
    expires: Option<Cow<'a, str>>,
    token: Option<Cow<'a, str>>,
    repeated: Option<Parameter>,
}

impl<'a> Parameters<'a> {
    /// Finds them; a query without `X-Amz-Algorithm` claims no signature.
    pub(super) fn of(query: &'a str) -> Option<Self> {
        if query.is_empty() {
            return None;
        }
        let mut found = Self::default();
        for (name, value) in pairs(query) {
            found.take(&percent::decode(name), value);
        }
        found.algorithm.is_some().then_some(found)
    }

    fn take(&mut self, name: &str, value: &'a str) {
        let (slot, parameter) = match name {
            "X-Amz-Algorithm" => (&mut self.algorithm, Parameter::Algorithm),
            "X-Amz-Credential" => (&mut self.credential, Parameter::Credential),
            SIGNATURE => (&mut self.signature, Parameter::Signature),
            "X-Amz-SignedHeaders" => (&mut self.signed_headers, Parameter::SignedHeaders),
            "X-Amz-Date" => (&mut self.date, Parameter::Date),
            "X-Amz-Expires" => (&mut self.expires, Parameter::Expires),
            "X-Amz-Security-Token" => (&mut self.token, Parameter::SecurityToken),
            _ => return,
        };
        if slot.is_some() {
            self.repeated.get_or_insert(parameter);
        } else {
            *slot = Some(percent::decode(value));
        }
    }

    fn missing(&self) -> Vec<Parameter> {
        let wanted = [
            (Parameter::Algorithm, &self.algorithm),
            (Parameter::Credential, &self.credential),
            (Parameter::Signature, &self.signature),
            (Parameter::SignedHeaders, &self.signed_headers),
            (Parameter::Date, &self.date),
        ];
        let absent = wanted.into_iter().filter(|(_, value)| given(value.as_ref()).is_none());
        absent.map(|(parameter, _)| parameter).collect()
    }
}

/// Reads the claim that a presigned request makes.
pub(super) fn read<'a>(found: Parameters<'a>, marks: &Marks<'a>, parts: &Parts<'a>) -> Result<Claim<'a>, Rejection> {
    let form = Form::Query;
    // AWS: two verifiers that follow AWS closely say that such a request counts as unsigned, so it comes first.
    if let Some(other) = given(found.algorithm.as_ref()).filter(|name| *name != ALGORITHM) {
        return Err(Rejection::UnsupportedAlgorithm { got: other.as_ref().into(), form });
    }
    // ATTACK: two values would let two readers of one request see different signers.
    if let Some(parameter) = found.repeated {
        return Err(Rejection::Repeated { parameter: Some(parameter), form });
    }
    let missing = found.missing();
    let (true, Some(algorithm), Some(credential), Some(signature), Some(signed_headers), Some(date)) =
        (missing.is_empty(), found.algorithm, found.credential, found.signature, found.signed_headers, found.date)
    else {
        return Err(Rejection::MissingParameters { missing, form, header: Box::default() });
    };
    let stamp = Stamp::basic(date)?;
    let signed_headers = SignedHeaders::parse(signed_headers)?;
    // AWS: seen at S3: a token in a signed header outranks the one in the query (aws-behaviour 14).
    let header_token = marks.token().filter(|_| signed_headers.contains(TOKEN_HEADER));
    Ok(Claim {
        parts: *parts,
        form,
        algorithm,
        credential,
        signed_headers,
        signature,
        stamp,
        token: header_token.or_else(|| Token::new(found.token?)),
        expires: found.expires,
    })
}

/// The names and values of a query as they are spelled in it; a name without `=` has an empty value.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

// AWS: an empty value is a missing one.
fn given<'b, 'a>(value: Option<&'b Cow<'a, str>>) -> Option<&'b Cow<'a, str>> {
    value.filter(|value| !value.is_empty())
}
