//! The judgement: is the claim made near the present moment, and did the key sign these bytes.
//!
//! The only maker of [`Verified`]. Never tells the time: the moment is given.

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::time::{Moment, Timestamp};

use super::canonical::{self, PayloadHash, Reading, Style, View};
use super::chain::Chain;
use super::gather::Gather;
use super::keys::{SigningKey, hex};
use super::{ALGORITHM, Expires, Form, Parameter, Rejection, Scope, Scoped, SignedHeaders, Timing, Unverified};

/// How far a signature may lie from the present, either way.
// AWS: STS allows fifteen minutes where many services allow five (sts-sig-expired, sts-sig-future).
pub const WINDOW_SECONDS: i64 = 15 * 60;
/// AWS: the longest that a presigned request may ask to be good for.
pub const LONGEST_PRESIGNED_SECONDS: i64 = 7 * 24 * 3600;

/// Proof that a key signed a request, near the present, for this service and a known region.
#[derive(Clone, Debug)]
pub struct Verified<'a>(Unverified<'a>);

/// What was signed, as it is computed here, for the log and for explaining a mismatch.
///
/// Session tokens and other proofs in it are blotted out, so the hash in `string_to_sign` is then
/// not that of the `canonical_request` shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The canonical request.
    pub canonical_request: String,
    /// The string to sign, which has the hash of the canonical request.
    pub string_to_sign: String,
}

impl<'a> Scoped<'a> {
    /// Demands that `key` signed this request with this payload. The key must be that of the claim's scope.
    pub fn verify(self, payload: &PayloadHash<'_>, style: Style, key: &SigningKey) -> Result<Verified<'a>, Rejection> {
        self.verify_any(payload, [Reading::plain(style)], key).map(|(verified, _)| verified)
    }

    /// Demands that `key` signed this request, with this payload, in one of these readings; says in which.
    pub fn verify_any<'r>(
        self,
        payload: &PayloadHash<'_>,
        readings: impl IntoIterator<Item = Reading<'r>, IntoIter: Clone>,
        key: &SigningKey,
    ) -> Result<(Verified<'a>, Reading<'r>), Rejection> {
        let mut readings = readings.into_iter();
        let first = readings.clone().next();
        if let Some(reading) = readings.find(|reading| self.is_signed(payload, reading, key)) {
            return Ok((Verified(self.0), reading));
        }
        let first = first.unwrap_or(Reading::plain(Style::Standard));
        Err(Rejection::Mismatch(Box::new(self.explained(payload, &first))))
    }

    fn is_signed(&self, payload: &PayloadHash<'_>, reading: &Reading<'_>, key: &SigningKey) -> bool {
        let hash = self.canonical_hash(payload, reading);
        let signature = hex(&key.sign(&self.to_sign(&hash)));
        is_same(&signature, self.signature.as_bytes())
    }

    /// What the key should have signed.
    pub fn explain(&self, payload: &PayloadHash<'_>, style: Style) -> Explanation {
        self.explained(payload, &Reading::plain(style))
    }

    fn explained(&self, payload: &PayloadHash<'_>, reading: &Reading<'_>) -> Explanation {
        let mut text = Vec::new();
        canonical::write(self, payload, reading, View::Redacted, &mut text);
        let to_sign = self.to_sign(&self.canonical_hash(payload, reading)).concat();
        Explanation {
            canonical_request: String::from_utf8_lossy(&text).into_owned(),
            string_to_sign: String::from_utf8_lossy(&to_sign).into_owned(),
        }
    }

    fn canonical_hash(&self, payload: &PayloadHash<'_>, reading: &Reading<'_>) -> [u8; 64] {
        let mut hash = Gather::into(Sha256::new());
        canonical::write(self, payload, reading, View::Exact, &mut hash);
        hex(&hash.finish().finalize().into())
    }

    /// The string to sign, in pieces.
    fn to_sign<'b>(&'b self, canonical_hash: &'b [u8; 64]) -> [&'b [u8]; 7] {
        let (time, scope) = (self.stamp.text.as_bytes(), self.credential.scope_text().as_bytes());
        [ALGORITHM.as_bytes(), b"\n", time, b"\n", scope, b"\n", canonical_hash]
    }
}

impl<'a> Verified<'a> {
    /// The chain of signatures of a body in chunks, which starts at this request's and needs the same key.
    pub fn chain(&self, key: &SigningKey) -> Chain {
        let place = [&*self.0.stamp.text, "\n", self.0.credential.scope_text(), "\n"];
        let mut seed = [0; 64];
        // INVARIANT: what was verified has as many digits as there is room for.
        seed.iter_mut().zip(self.0.signature.bytes()).for_each(|(place, digit)| *place = digit);
        Chain::new(key, place.concat().into_bytes().into(), seed)
    }

    /// What the key was narrowed to.
    pub fn scope(&self) -> Scope<'_> {
        self.0.scope()
    }

    /// The session token that came with the request, signed or not.
    pub fn session_token(&self) -> Option<&str> {
        self.0.session_token()
    }

    /// When it was signed.
    pub fn signed_at(&self) -> Timestamp {
        self.0.signed_at()
    }

    /// The names of the headers that are covered.
    pub fn signed_headers(&self) -> &SignedHeaders<'a> {
        self.0.signed_headers()
    }

    /// Where the signature was.
    pub fn form(&self) -> Form {
        self.0.form()
    }

    /// Whether the query carried the signature.
    pub fn is_presigned(&self) -> bool {
        self.0.is_presigned()
    }
}

/// Whether two signatures are the same.
// ATTACK: the comparison takes the same time wherever a forged signature differs.
pub(super) fn is_same(ours: &[u8; 64], theirs: &[u8]) -> bool {
    let Ok(theirs) = <&[u8; 64]>::try_from(theirs) else { return false };
    let words = ours.as_chunks().0.iter().zip(theirs.as_chunks().0);
    let same = words.map(|(one, other)| u64::from_ne_bytes(*one).ct_eq(&u64::from_ne_bytes(*other)));
    same.fold(Choice::from(1), |all, word| all & word).into()
}

/// Demands that `signed_at` is in time as `timing` has it; `expires` is what a presigned request asks for.
pub(super) fn check_time(
    signed_at: Timestamp,
    expires: Option<&str>,
    form: Form,
    moment: &Moment,
    timing: &Timing,
) -> Result<(), Rejection> {
    match (form, timing.expires, expires) {
        (Form::Header, ..) | (_, Expires::Ignored, _) | (_, Expires::Honoured, None) => {
            check_window(signed_at, moment, timing.window_seconds)
        }
        (Form::Query, Expires::Demanded, None) => {
            Err(Rejection::MissingParameters { missing: vec![Parameter::Expires], form, header: Box::default() })
        }
        (Form::Query, _, Some(text)) => check_expires(signed_at, text, moment, timing.window_seconds),
    }
}

/// Demands that a presigned request is still good, and was not signed in the future.
// WHY: by either clock, as the window is: clients presign by the machine's (B-307).
fn check_expires(signed_at: Timestamp, text: &str, moment: &Moment, window: i64) -> Result<(), Rejection> {
    // AWS: as Java reads a long: a sign may stand before the digits, and zeros, and nothing else (B-192).
    let seconds = match text.parse::<i64>() {
        Ok(seconds) if seconds > LONGEST_PRESIGNED_SECONDS => {
            return Err(Rejection::PresignTooLong { got: text.into() });
        }
        Ok(seconds) if seconds >= 0 => seconds,
        _ => return Err(Rejection::BadExpires { got: text.into() }),
    };
    let good = |now: Timestamp| {
        let age = now.millis_since(signed_at);
        age >= -window * 1000 && age <= seconds * 1000
    };
    let now = moment.machine.whole_second();
    if good(now) || good(moment.now.whole_second()) {
        Ok(())
    } else if now < signed_at {
        Err(Rejection::PresignNotYet { signed_at, seconds, now, window_seconds: window })
    } else {
        Err(Rejection::PresignExpired { signed_at, seconds, now })
    }
}

/// Demands that `signed_at` lies in the window around the machine's time or the service's.
// WHY: clients sign by the machine's clock, and a test that steers the service's clock may sign by that one. The
// refusal speaks of the machine's, because that is the clock a client can set right.
fn check_window(signed_at: Timestamp, moment: &Moment, window_seconds: i64) -> Result<(), Rejection> {
    let near = |now: Timestamp| signed_at.millis_since(now).abs() <= window_seconds * 1000;
    // AWS: the present is taken in whole seconds, as it is printed; fifteen minutes sharp are in time.
    let now = moment.machine.whole_second();
    if near(now) || near(moment.now.whole_second()) {
        Ok(())
    } else if signed_at < now {
        Err(Rejection::Expired { signed_at, now, window_seconds })
    } else {
        Err(Rejection::NotYetCurrent { signed_at, now, window_seconds })
    }
}
