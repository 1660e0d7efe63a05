//! Verifies signatures here, with keys that were handed out. It only ever says yes: whatever is not a plain yes is for
//! the validator to judge and to word.
//!
//! Pure: keys come in through a look-up, the time as a value. S3's rules only, because keys are handed out for S3.

use std::sync::Arc;

use super::caller::{Caller, Signer};
use super::keys::{Fingerprint, Kept};
use super::protocol::{Audience, KeyWanted};
use crate::secret::Secret;
use crate::sigv4::{
    self, Chain, Claim, Declared, Expires, Form, Parts, PayloadFault, Scoped, Style, Timing, WINDOW_SECONDS,
};
use crate::time::{Moment, Timestamp};

/// The service whose signatures are verified here.
pub(super) const SERVICE: &str = "s3";

/// A signature that is good, and whose it is.
pub(super) struct Proof {
    kept: Arc<Kept>,
    declared: Declared,
    /// Where the signatures of chunks begin, if chunks are signed.
    pub(super) chain: Option<Chain>,
    token: Option<Secret<String>>,
    form: Form,
    signed_at: Timestamp,
}

impl Proof {
    pub(super) fn into_caller(self) -> Caller {
        let Self { kept, declared, chain, token, form, signed_at } = self;
        let (identity, credential) = (Arc::clone(&kept.identity), Arc::clone(&kept.credential));
        let signer = Signer { identity, credential, token, form, signed_at, locally: true };
        Caller { signer: Some(signer), declared: Ok(declared), chain }
    }
}

/// What a request shows of a signature that may be verified here.
pub(super) struct Candidate<'a> {
    scoped: Scoped<'a>,
    declared: Declared,
}

/// Whether a request claims to be signed in any way at all, even one that is not known here.
// ATTACK: what looks signed to somebody behind us must not pass here as sent by nobody in particular.
pub(super) fn shows_signature(parts: &Parts<'_>) -> bool {
    let signs = |name: &str| NAMES.iter().any(|sign| sign.eq_ignore_ascii_case(name));
    parts.headers.iter().any(|(name, _)| matches!(*name, "authorization" | "x-amz-security-token"))
        || sigv4::query_names(parts.query).any(|name| signs(&name))
}

const NAMES: [&str; 7] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-Security-Token",
    "X-Amz-SignedHeaders",
    "AWSAccessKeyId",
    "Signature",
];

/// AWS: fifteen minutes around the present; a presigned request says how long it is good.
const TIMING: Timing = Timing { window_seconds: WINDOW_SECONDS, expires: Expires::Demanded };

/// Whether a request may pass without the validator being asked: not if it must compare the host, or a web page may have
/// sent it.
pub(super) fn may_pass(parts: &Parts<'_>, audience: &Audience) -> bool {
    let of_browser = |(name, _): &(&str, &[u8])| *name == "origin" || name.starts_with("sec-fetch-");
    audience.hosts.is_none() && !parts.headers.iter().any(of_browser)
}

impl<'a> Candidate<'a> {
    /// Reads a request as far as no key is needed.
    pub(super) fn of(parts: &Parts<'a>, audience: &Audience, moment: &Moment) -> Option<Self> {
        if audience.service != SERVICE {
            return None;
        }
        let claim: Claim<'a> = sigv4::parse(parts).ok()??;
        let declared = Declared::of(parts, Some(claim.form())).ok()?;
        let unverified = claim.in_time_of(moment, &TIMING).ok()?;
        let region_ok = |region: &str| audience.regions.as_ref().is_none_or(|own| own.iter().any(|own| own == region));
        let scoped = unverified.scoped_to(&audience.service, region_ok).ok()?;
        let covered = scoped.unsigned_amz_headers().iter().all(|name| *name == "x-amz-content-sha256");
        covered.then_some(Self { scoped, declared })
    }

    /// What a key for it is found by.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.scoped.access_key_id(), self.scoped.session_token(), &self.scoped.scope())
    }

    /// What to ask for, to have it.
    pub(super) fn key_wanted(&self) -> KeyWanted<'_> {
        let scope = self.scoped.scope();
        KeyWanted {
            access_key_id: self.scoped.access_key_id(),
            session_token: self.scoped.session_token(),
            date: scope.date,
            region: scope.region,
            service: scope.service,
        }
    }

    /// Verifies it with the key that was found.
    pub(super) fn verify(self, kept: Arc<Kept>) -> Option<Proof> {
        let Self { scoped, declared } = self;
        let verified = scoped.verify(&declared.payload_hash(), Style::S3, &kept.key).ok()?;
        let chain = declared.mode().is_signed_by_chunks().then(|| verified.chain(&kept.key));
        let token = verified.session_token().map(|token| Secret::new(token.to_owned()));
        Some(Proof { declared, chain, token, form: verified.form(), signed_at: verified.signed_at(), kept })
    }
}

/// What is said of the body of a request that nobody verified here.
pub(super) fn declared(parts: &Parts<'_>) -> Result<Declared, PayloadFault> {
    let form = sigv4::parse(parts).ok().flatten().map(|claim| claim.form());
    Declared::of(parts, form)
}
