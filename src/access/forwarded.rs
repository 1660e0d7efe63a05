//! Who signed a request that another service received, by that service's own rules.
//!
//! The order of the checks is S3's: form, time, scope, coverage of the headers, body, key and token, HMAC; then what
//! only a good signature is asked for.
//! AWS: aws-behaviour section 14; <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html>

use std::borrow::Cow;

use super::authn::{Rejection, sent_from_here};
use super::holder::Holder;
use super::services::{PayloadRule, Rules};
use crate::hex;
use crate::identities::Identities;
use crate::ids::region;
use crate::sessions::SessionState;
use crate::sigv4::{
    self, Parts, PayloadClaim, PayloadHash, PayloadMode, Reading, SigningKey, StringToSign, Unverified, Verified,
    VerifiedString,
};
use crate::time::Moment;

/// A request as the asking service received it.
#[derive(Clone, Copy, Debug)]
pub struct Forwarded<'a> {
    /// What a signature can cover.
    pub parts: Parts<'a>,
    /// The hash of the body, if the service knows it.
    pub body_sha256: Option<[u8; 32]>,
    /// What the client may have called the service, beside the `Host` that arrived.
    pub host_candidates: &'a [&'a str],
}

/// A string to sign as the asking service made it.
#[derive(Clone, Copy)]
pub struct Wording<'a> {
    /// The four lines.
    pub text: &'a str,
    /// The signature that came with the request.
    pub signature: &'a str,
    /// Whose key it names.
    pub access_key_id: &'a str,
    /// The session token that came with it.
    pub token: Option<&'a str>,
    /// `X-Amz-Expires`, if it was a presigned request.
    pub expires: Option<&'a str>,
}

/// What the asking service takes.
#[derive(Clone, Copy)]
pub struct Demand<'a> {
    /// Its signing name.
    pub service: &'a str,
    /// Whether a region of a scope is one of its own.
    pub region_ok: &'a dyn Fn(&str) -> bool,
    /// Whether a host is one of its names; nothing if any will do.
    pub host_ok: Option<&'a dyn Fn(&str) -> bool>,
    /// Whether the demo keys may be used by whatever name a service is called.
    pub open_demo: bool,
}

/// Why nobody is known to have signed.
#[derive(Clone, Debug, derive_more::From)]
pub enum Unproved {
    /// As at our own door.
    #[from]
    Access(Rejection),
    /// Another way to authenticate than SigV4.
    OtherScheme(String),
    /// `x-amz-` headers that the signature does not cover.
    UnsignedHeaders(Vec<String>),
    /// `x-amz-content-sha256` is no word that it may be.
    BadPayloadHash(String),
    /// Neither header nor service says what the body is.
    PayloadHashRequired,
    /// The body is not the one that was signed.
    PayloadMismatch {
        /// In hexadecimal, as signed.
        signed: String,
        /// The body's.
        got: [u8; 32],
    },
    /// Signed for a host that is not the service's.
    HostNotInAudience(String),
}

/// Proof of who signed a forwarded request. Only [`authenticate_forwarded`] makes one.
#[derive(Debug)]
pub struct Signed<'a, 'i> {
    holder: Holder<'i>,
    verified: Verified<'a>,
    payload: Payload<'a>,
    path: Path,
    host: Cow<'a, str>,
    key: SigningKey,
}

/// Proof of who signed a string. Only [`authenticate_string`] makes one.
#[derive(Debug)]
pub struct SignedString<'a, 'i> {
    holder: Holder<'i>,
    verified: VerifiedString<'a>,
    key: SigningKey,
}

/// In which spelling of the path the signature was good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// As it arrived.
    AsReceived,
    /// Escaped anew: a proxy had undone escapes.
    Recoded,
}

/// What the signature says of the body.
#[derive(Clone, Debug)]
pub struct Payload<'a> {
    /// How it is covered.
    pub mode: PayloadMode,
    /// The hash that was signed, if one was.
    pub sha256: Option<Cow<'a, str>>,
    /// Whether the body that came has it.
    pub compared: bool,
}

impl<'a> Signed<'a, '_> {
    /// Who.
    pub fn holder(&self) -> &Holder<'_> {
        &self.holder
    }

    /// The signature.
    pub fn verified(&self) -> &Verified<'a> {
        &self.verified
    }

    /// What it says of the body.
    pub fn payload(&self) -> &Payload<'a> {
        &self.payload
    }

    /// In which spelling of the path it was good.
    pub fn path(&self) -> Path {
        self.path
    }

    /// The host that was signed.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The key that signed.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }
}

impl<'a> SignedString<'a, '_> {
    /// Who.
    pub fn holder(&self) -> &Holder<'_> {
        &self.holder
    }

    /// The signature.
    pub fn verified(&self) -> &VerifiedString<'a> {
        &self.verified
    }

    /// The key that signed.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }
}

impl From<sigv4::Rejection> for Unproved {
    fn from(rejection: sigv4::Rejection) -> Self {
        Self::Access(Rejection::Signature(rejection))
    }
}

/// Finds out who signed what the service of `demand` received.
pub fn authenticate_forwarded<'a, 'i>(
    request: &Forwarded<'a>,
    demand: &Demand<'_>,
    identities: &'i Identities,
    sessions: &SessionState,
    moment: &Moment,
) -> Result<Signed<'a, 'i>, Unproved> {
    let rules = Rules::of(demand.service);
    other_scheme(&request.parts)?;
    let claim = sigv4::parse(&request.parts)?.ok_or(Rejection::NotSigned)?;
    let unverified = claim.in_time_of(moment, &rules.timing)?;
    let scoped = unverified.scoped_to(demand.service, demand.region_ok)?;
    let mut uncovered = scoped.unsigned_amz_headers();
    uncovered.retain(|name| !rules.may_be_unsigned.contains(name));
    if !uncovered.is_empty() {
        return Err(Unproved::UnsignedHeaders(uncovered.into_iter().map(str::to_owned).collect()));
    }
    let body = Body::of(request, &scoped, rules.payload)?;
    let token = scoped.session_token();
    let (id, region) = (scoped.access_key_id(), region::find(scoped.scope().region));
    let holder = Holder::find(id, token, region, identities, sessions, moment.now)?;
    rules.admit(&holder)?;
    let token_sent = token.is_some();
    let signing = holder.signing_key(&scoped.scope());
    let hosts = std::iter::once(None).chain(request.host_candidates.iter().copied().map(Some));
    let readings = hosts.flat_map(|host| [false, true].map(|recoded| Reading { style: rules.style, recoded, host }));
    let (verified, reading) = scoped.verify_any(&body.hash(), readings, &signing.key)?;
    let path = if reading.recoded { Path::Recoded } else { Path::AsReceived };
    let host = reading.host.map_or_else(|| received_host(&request.parts), Cow::Borrowed);
    holder.keep(&verified.scope(), &signing, moment.now);
    let known_host = |host: &str| demand.open_demo || demand.host_ok.is_some_and(|ok| ok(host));
    holder.demand_fit_keys(token_sent, || sent_from_here(request.parts.headers, known_host))?;
    if demand.host_ok.is_some_and(|ok| !ok(&host)) {
        return Err(Unproved::HostNotInAudience(host.into_owned()));
    }
    let payload = body.compare(request.body_sha256)?;
    Ok(Signed { holder, verified, payload, path, host, key: signing.key })
}

/// Finds out who signed a string that the service of `demand` made.
pub fn authenticate_string<'a, 'i>(
    wording: &Wording<'a>,
    demand: &Demand<'_>,
    identities: &'i Identities,
    sessions: &SessionState,
    moment: &Moment,
) -> Result<SignedString<'a, 'i>, Unproved> {
    let rules = Rules::of(demand.service);
    let Wording { text, signature, access_key_id, token, expires } = *wording;
    let string = StringToSign::read(text, access_key_id, signature, expires, moment, &rules.timing)?;
    let scoped = string.scoped_to(demand.service, demand.region_ok)?;
    let holder =
        Holder::find(access_key_id, token, region::find(scoped.scope().region), identities, sessions, moment.now)?;
    rules.admit(&holder)?;
    let signing = holder.signing_key(&scoped.scope());
    let verified = scoped.verify(&signing.key)?;
    holder.keep(&verified.scope(), &signing, moment.now);
    // ATTACK: the string does not show whether a page sent the request.
    holder.demand_fit_keys(token.is_some(), || if demand.open_demo { Ok(()) } else { Err("string to sign") })?;
    Ok(SignedString { holder, verified, key: signing.key })
}

/// ATTACK: of two hosts, the asking service may take either; joined, as they are signed, they are nobody's name.
fn received_host<'a>(parts: &Parts<'a>) -> Cow<'a, str> {
    let hosts = parts.headers.iter().filter(|(name, _)| *name == "host");
    let mut hosts = hosts.map(|(_, value)| String::from_utf8_lossy(value.trim_ascii()));
    let first = hosts.next().unwrap_or_default();
    hosts.fold(first, |joined, host| Cow::Owned(format!("{joined},{host}")))
}

/// AWS: signature version 2 says `AWS` in the header and `AWSAccessKeyId` in the query.
fn other_scheme(parts: &Parts<'_>) -> Result<(), Unproved> {
    let shown = parts.headers.iter().filter(|(name, _)| *name == "authorization").map(|(_, value)| value.trim_ascii());
    for value in shown.filter(|value| !value.is_empty()) {
        let word = sigv4::scheme(value);
        if !word.starts_with(b"AWS4-") {
            return Err(Unproved::OtherScheme(String::from_utf8_lossy(word).into_owned()));
        }
    }
    let old = |pair: &str| pair.starts_with("AWSAccessKeyId=");
    if parts.query.split('&').any(old) { Err(Unproved::OtherScheme("AWS".to_owned())) } else { Ok(()) }
}

/// The body, as the last line of the canonical request has it.
enum Body<'a> {
    Said(PayloadMode, Cow<'a, str>),
    Hashed([u8; 32]),
}

impl<'a> Body<'a> {
    fn of(request: &Forwarded<'a>, claim: &Unverified<'a>, rule: PayloadRule) -> Result<Self, Unproved> {
        let said = sigv4::said_of_body(&request.parts, Some(claim.form()));
        let read = |text: &str| PayloadClaim::parse(text).map(|claim| claim.mode);
        match (rule, said, request.body_sha256) {
            (PayloadRule::Header, Some(text), _) => match read(&text) {
                Some(mode) => Ok(Self::Said(mode, text)),
                None => Err(Unproved::BadPayloadHash(text.into_owned())),
            },
            (PayloadRule::Header, None, _) if claim.is_presigned() => {
                let PayloadClaim { mode, text } = PayloadClaim::unsigned();
                Ok(Self::Said(mode, Cow::Borrowed(text)))
            }
            (PayloadRule::Body, _, Some(hash)) => Ok(Self::Hashed(hash)),
            (PayloadRule::Body, Some(text), None) if read(&text) == Some(PayloadMode::Sha256) => {
                Ok(Self::Said(PayloadMode::Sha256, text))
            }
            (PayloadRule::Body, _, None) if has_no_body(&request.parts) => {
                Ok(Self::Said(PayloadMode::Sha256, Cow::Borrowed(EMPTY_SHA256)))
            }
            _ => Err(Unproved::PayloadHashRequired),
        }
    }

    fn hash(&self) -> PayloadHash<'_> {
        match self {
            Self::Said(_, text) => PayloadHash::Literal(text),
            Self::Hashed(hash) => PayloadHash::Sha256(*hash),
        }
    }

    fn compare(self, got: Option<[u8; 32]>) -> Result<Payload<'a>, Unproved> {
        match (self, got) {
            (Self::Hashed(hash), _) => {
                let text = hex::text(&hash);
                Ok(Payload { mode: PayloadMode::Sha256, sha256: Some(text.into()), compared: true })
            }
            (Self::Said(PayloadMode::Sha256, text), Some(got)) if !text.eq_ignore_ascii_case(&hex::text(&got)) => {
                Err(Unproved::PayloadMismatch { signed: text.into_owned(), got })
            }
            (Self::Said(PayloadMode::Sha256, text), got) => {
                Ok(Payload { mode: PayloadMode::Sha256, sha256: Some(text), compared: got.is_some() })
            }
            (Self::Said(mode, _), _) => Ok(Payload { mode, sha256: None, compared: false }),
        }
    }
}

/// Whether a request cannot have a body, going by its method and headers.
fn has_no_body(parts: &Parts<'_>) -> bool {
    let header =
        |wanted: &str| parts.headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.trim_ascii());
    match (header("content-length"), header("transfer-encoding")) {
        (_, Some(_)) => false,
        (Some(length), None) if !length.is_empty() => length == b"0",
        _ => matches!(parts.method, "GET" | "HEAD" | "DELETE" | "OPTIONS"),
    }
}

const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_hash_of_nothing_is_the_hash_of_nothing() {
        assert_eq!(hex::text(&Sha256::digest(b"")), EMPTY_SHA256);
    }
}
