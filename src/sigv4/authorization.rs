//! The header form: `Authorization: AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...`.
//!
//! Reads the pieces and the date beside them; never judges what they say.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html>

use std::borrow::Cow;
use std::str;

use memchr::{memchr, memchr3};

use super::dates::Stamp;
use super::marks::{Marks, lossy};
use super::signed_headers::SignedHeaders;
use super::{Claim, Form, Parameter, Parts, Rejection};

/// Reads the claim that an `Authorization` header makes.
pub(super) fn read<'a>(header: &'a [u8], marks: &Marks<'a>, parts: &Parts<'a>) -> Result<Claim<'a>, Rejection> {
    let form = Form::Header;
    if marks.authorization_repeated {
        return Err(Rejection::Repeated { parameter: None, form });
    }
    let Ok(text) = str::from_utf8(header) else { return Err(not_text(header)) };
    let mut pieces = cut(text).filter(|piece| !piece.is_empty());
    let algorithm = Cow::Borrowed(pieces.next().unwrap_or_default());
    let pieces = Pieces::of(pieces, text)?;
    let (Some(credential), Some(signature), Some(signed_headers), Some(stamp)) =
        (given(pieces.credential), given(pieces.signature), pieces.signed_headers, date(marks))
    else {
        return Err(missing(&pieces, marks, text));
    };
    let stamp = stamp?;
    Ok(Claim {
        parts: *parts,
        form,
        algorithm,
        credential: Cow::Borrowed(credential),
        signed_headers: SignedHeaders::parse(Cow::Borrowed(signed_headers))?,
        signature: Cow::Borrowed(signature),
        stamp,
        token: marks.token(),
        expires: None,
    })
}

/// The first word of an `Authorization` header: the way to authenticate.
pub fn scheme(header: &[u8]) -> &[u8] {
    header.split(|byte| is_between(*byte)).next().unwrap_or_default()
}

fn is_between(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b',')
}

/// What stands between blanks, tabs and commas.
fn cut(header: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(header);
    std::iter::from_fn(move || {
        let text = rest?;
        let at = memchr3(b' ', b'\t', b',', text.as_bytes());
        rest = at.and_then(|at| text.get(at + 1..));
        text.get(..at.unwrap_or(text.len()))
    })
}

#[derive(Default)]
struct Pieces<'a> {
    credential: Option<&'a str>,
    signature: Option<&'a str>,
    signed_headers: Option<&'a str>,
}

impl<'a> Pieces<'a> {
    /// Sorts the pieces; those of other names are ignored.
    // AWS: the header is cut at blanks as well as commas, so a blank inside a value leaves a piece without an
    // equal-sign, and every piece is looked at before any is missed (sts-sig-header-space).
    fn of(pieces: impl Iterator<Item = &'a str>, header: &str) -> Result<Self, Rejection> {
        let mut sorted = Self::default();
        for piece in pieces {
            let named = memchr(b'=', piece.as_bytes()).and_then(|at| Some((piece.get(..at)?, piece.get(at + 1..)?)));
            let Some((name, value)) = named else {
                return Err(Rejection::NotKeyValue { piece: piece.into(), header: header.into() });
            };
            let (slot, parameter) = match name {
                "Credential" => (&mut sorted.credential, Parameter::Credential),
                "Signature" => (&mut sorted.signature, Parameter::Signature),
                "SignedHeaders" => (&mut sorted.signed_headers, Parameter::SignedHeaders),
                _ => continue,
            };
            // ATTACK: two values would let two readers of one request see different signers.
            if slot.replace(value).is_some() {
                return Err(Rejection::Repeated { parameter: Some(parameter), form: Form::Header });
            }
        }
        Ok(sorted)
    }
}

/// The date that decides: `X-Amz-Date`, else `Date`.
// WHY: it need not be a signed header, because the string to sign has the date itself: another date in
// either header, or the loss of `X-Amz-Date`, changes what must have been signed.
fn date<'a>(marks: &Marks<'a>) -> Option<Result<Stamp<'a>, Rejection>> {
    match (marks.amz_date, marks.date) {
        (Some(basic), _) => Some(Stamp::basic(lossy(basic))),
        (None, Some(http)) => Some(Stamp::http_or_basic(lossy(http))),
        (None, None) => None,
    }
}

// AWS: an empty value is a missing one, but an empty list of headers is a list: `host` is then missed in it.
fn given(value: Option<&str>) -> Option<&str> {
    value.filter(|value| !value.is_empty())
}

/// What is no UTF-8 says nothing of anybody.
fn not_text(header: &[u8]) -> Rejection {
    let piece = header.split(|byte| is_between(*byte)).find(|piece| str::from_utf8(piece).is_err()).unwrap_or(header);
    Rejection::NotKeyValue { piece: lossy(piece).into(), header: lossy(header).into() }
}

fn missing(pieces: &Pieces<'_>, marks: &Marks<'_>, header: &str) -> Rejection {
    let wanted = [
        (Parameter::Credential, given(pieces.credential).is_some()),
        (Parameter::Signature, given(pieces.signature).is_some()),
        (Parameter::SignedHeaders, pieces.signed_headers.is_some()),
        (Parameter::Date, marks.amz_date.or(marks.date).is_some()),
    ];
    let missing = wanted.into_iter().filter(|(_, there)| !there).map(|(parameter, _)| parameter);
    Rejection::MissingParameters { missing: missing.collect(), form: Form::Header, header: header.into() }
}
