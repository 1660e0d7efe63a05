//! The proof of a token, step by step in AWS's order: key, signature, times, audience.
//!
//! AWS: federation A4 and A5; what was not measured there is a choice (B-200).

use std::sync::Arc;

use super::claims::{Claim, Claims};
use super::keys::KeySet;
use super::proved::Before;
use super::rejection::{NoKey, Rejection};
use super::token::{Said, Token, UnverifiedToken};
use crate::federation::public_key::PublicKey;
use crate::time::Timestamp;

/// AWS: the clocks of issuers may be wrong by so many seconds, either way.
const GRACE: i64 = 300;
/// AWS: a token is too old a day after it was issued, whenever it ends (remembered; B-203).
const GREATEST_AGE: i64 = 24 * 3600;

/// For whom a token may have been issued.
#[derive(Clone, Copy, Debug)]
pub enum Audience<'a> {
    /// One of the client ids of a provider.
    ClientIds(&'a [String]),
    /// Anybody: the trust policy has to say for whom.
    Anybody,
}

/// A token of which everything was proved. Only [`UnverifiedToken::verify`] makes one.
#[derive(derive_more::Debug)]
#[debug("VerifiedToken({:?} of {:?})", self.subject(), self.issuer())]
pub struct VerifiedToken {
    pub(super) token: Arc<Token>,
    pub(super) before: Before,
    pub(super) by: Arc<PublicKey>,
}

impl UnverifiedToken<'_> {
    /// Whether `keys` have the key that this token names. If not, a fresher set may.
    pub fn finds_its_key_in(&self, keys: &KeySet) -> Result<(), NoKey> {
        keys.find(self.token.algorithm, self.token.key_id.as_deref()).map(|_| ())
    }

    /// Proves the token with the keys of its issuer, which are the caller's to find.
    pub fn verify(self, keys: &KeySet, audience: Audience<'_>, now: Timestamp) -> Result<VerifiedToken, Rejection> {
        let Self { text, token, before } = self;
        let key = keys.find(token.algorithm, token.key_id.as_deref())?;
        let signed = text.as_bytes().get(..token.signed).unwrap_or_default();
        let by = key.public.as_ref().ok_or(Rejection::BadSignature)?;
        if !before.is_proved_by(by) {
            let verified = by.verifies(token.algorithm, signed, &token.signature);
            if !verified.ok_or(NoKey::Unfit(token.algorithm))? {
                return Err(Rejection::BadSignature);
            }
        }
        in_time(&token.said.claims, now.seconds())?;
        admit(&token.said, audience)?;
        Ok(VerifiedToken { token, before, by: Arc::clone(by) })
    }
}

fn in_time(claims: &Claims, now: i64) -> Result<(), Rejection> {
    let issued = instant(claims, "iat")?.unwrap_or_default();
    let expires = instant(claims, "exp")?.unwrap_or_default();
    let not_before = instant(claims, "nbf")?;
    let (earliest, latest) = (now.saturating_sub(GRACE), now.saturating_add(GRACE));
    if earliest >= expires {
        return Err(Rejection::Expired { now: earliest, expires });
    }
    if let Some(not_before) = not_before.filter(|not_before| latest < *not_before) {
        return Err(Rejection::NotYetValid { now: latest, not_before });
    }
    if issued > latest {
        return Err(Rejection::FromTheFuture { issued });
    }
    let age = now.saturating_sub(issued);
    if age > GREATEST_AGE + GRACE { Err(Rejection::TooOld { age }) } else { Ok(()) }
}

/// AWS: whole seconds, as a number or as a text of digits; anything else, `null` too, is refused.
fn instant(claims: &Claims, name: &'static str) -> Result<Option<i64>, Rejection> {
    let Some(claim) = claims.get(name) else { return Ok(None) };
    let digits = match claim {
        Claim::Number(spelling) | Claim::Text(spelling) => spelling.as_str(),
        _ => "",
    };
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = plain.then(|| digits.parse().ok()).flatten();
    seconds.map(Some).ok_or(Rejection::BadTimestamp(name))
}

fn admit(said: &Said, audience: Audience<'_>) -> Result<(), Rejection> {
    let presenter = said.presenter().ok_or(Rejection::ManyAudiences)?;
    let admitted = match audience {
        Audience::ClientIds(ids) => ids.contains(presenter),
        Audience::Anybody => true,
    };
    if admitted { Ok(()) } else { Err(Rejection::WrongAudience(presenter.clone())) }
}

impl VerifiedToken {
    /// Who vouches.
    pub fn issuer(&self) -> &str {
        &self.token.said.issuer
    }

    /// For whom.
    pub fn subject(&self) -> &str {
        &self.token.said.subject
    }

    /// Who presents it: the client id that was admitted.
    pub fn audience(&self) -> &str {
        // Without one it would not have been admitted.
        self.token.said.presenter().map(String::as_str).unwrap_or_default()
    }

    /// Everybody it was issued for.
    pub fn audiences(&self) -> &[String] {
        &self.token.said.audiences
    }

    /// All that it says.
    pub fn claims(&self) -> &Claims {
        &self.token.said.claims
    }
}
