//! A token as it came: three parts, read strictly, nothing proved.
//!
//! <https://www.rfc-editor.org/rfc/rfc7515#section-7.1>

use std::sync::Arc;

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::{DecodeError, Engine as _};

use super::claims::{Claim, Claims};
use super::proved::Before;
use super::rejection::{NotAJwt, Part, Rejection};
use crate::federation::Algorithm;

/// A token that nobody has proved. As good as a password while it lives, so it does not print.
#[derive(derive_more::Debug)]
#[debug("UnverifiedToken(..)")]
pub struct UnverifiedToken<'t> {
    pub(super) text: &'t str,
    pub(super) token: Arc<Token>,
    pub(super) before: Before,
}

/// A token taken apart.
pub(super) struct Token {
    /// How far header and payload reach, which were signed.
    pub(super) signed: usize,
    pub(super) signature: Vec<u8>,
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    pub(super) said: Said,
}

/// What a token says of itself, of the right types.
pub(super) struct Said {
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) audiences: Vec<String>,
    pub(super) authorized_party: Option<String>,
    pub(super) claims: Claims,
}

impl<'t> UnverifiedToken<'t> {
    /// Reads a token in the compact form.
    pub fn parse(text: &'t str) -> Result<Self, Rejection> {
        Self::take_apart(text, Before::default())
    }

    /// The same for one of which this is known.
    pub(super) fn take_apart(text: &'t str, before: Before) -> Result<Self, Rejection> {
        let (signed, signature) = text.rsplit_once('.').ok_or(NotAJwt::Parts)?;
        let (header, payload) = signed.split_once('.').ok_or(NotAJwt::Parts)?;
        if payload.contains('.') || signature.is_empty() {
            return Err(NotAJwt::Parts.into());
        }
        let (algorithm, key_id) = read_header(&object(header, Part::Header)?)?;
        let claims = object(payload, Part::Payload)?;
        let signature = read_signature(signature)?;
        let token = Token { signed: signed.len(), signature, algorithm, key_id, said: Said::read(claims)? };
        Ok(Self { text, token: Arc::new(token), before })
    }

    /// The issuer that it names.
    pub fn issuer(&self) -> &str {
        &self.token.said.issuer
    }
}

/// ATTACK: without padding, in its own alphabet, its last bits zero: a token has one spelling.
fn decode(part: &str, which: Part) -> Result<Vec<u8>, NotAJwt> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| NotAJwt::Encoding(which))
}

/// One whose end was cut or changed is nobody's, which is empty, rather than none (B-765).
fn read_signature(part: &str) -> Result<Vec<u8>, NotAJwt> {
    match URL_SAFE_NO_PAD.decode(part) {
        Err(DecodeError::InvalidLastSymbol { .. } | DecodeError::InvalidLength(_)) => Ok(Vec::new()),
        signature => signature.map_err(|_| NotAJwt::Encoding(Part::Signature)),
    }
}

fn object(part: &str, which: Part) -> Result<Claims, NotAJwt> {
    Claims::parse(&decode(part, which)?).ok_or(NotAJwt::NotAnObject(which))
}

/// Of the header only the algorithm and the name of the key are ever read.
///
/// ATTACK: keys and addresses in it (`jwk`, `x5c`, `jku`, ...) are the bearer's own and mean nothing; what would change
/// the meaning of the other parts is refused.
fn read_header(header: &Claims) -> Result<(Algorithm, Option<String>), NotAJwt> {
    if let Some(name) = header.repeated() {
        return Err(NotAJwt::RepeatedMember(name.to_owned()));
    }
    if let Some(name) = ["crit", "b64", "zip", "enc"].into_iter().find(|name| header.get(name).is_some()) {
        return Err(NotAJwt::HeaderMember(name));
    }
    if header.get("cty").and_then(Claim::as_text).is_some_and(|content| content.eq_ignore_ascii_case("JWT")) {
        return Err(NotAJwt::HeaderMember("cty"));
    }
    let name = header.get("alg").and_then(Claim::as_text);
    let algorithm = name.and_then(Algorithm::parse).ok_or_else(|| NotAJwt::Algorithm(name.map(str::to_owned)))?;
    match header.get("kid") {
        None => Ok((algorithm, None)),
        Some(Claim::Text(id)) => Ok((algorithm, Some(id.clone()))),
        Some(_) => Err(NotAJwt::HeaderMember("kid")),
    }
}

impl Said {
    /// AWS: whoever presents the token by its own word (`azp`) stands in the place of those it is for.
    pub(super) fn presenter(&self) -> Option<&String> {
        match (&self.authorized_party, self.audiences.as_slice()) {
            (Some(party), _) => Some(party),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }

    fn read(claims: Claims) -> Result<Self, Rejection> {
        // AWS: each of these must be there; which of two absent ones is told first is a choice (B-202).
        let present = |name| claims.get(name).filter(|claim| **claim != Claim::Null || name != "aud" && name != "iss");
        if let Some(name) = ["iss", "sub", "aud", "iat", "exp"].into_iter().find(|name| present(name).is_none()) {
            return Err(Rejection::MissingClaim(name));
        }
        let issuer = claims.get("iss").and_then(Claim::as_text).ok_or(NotAJwt::Claim("iss"))?.to_owned();
        let subject = match claims.get("sub") {
            Some(Claim::Text(text)) => text.clone(),
            // AWS: a number becomes its text; what `null` becomes AWS does not know itself.
            Some(Claim::Number(spelling)) => spelling.clone(),
            Some(Claim::Null) => return Err(Rejection::NullSubject),
            _ => return Err(NotAJwt::Claim("sub").into()),
        };
        let audiences = audiences(claims.get("aud"))?;
        let authorized_party = match claims.get("azp") {
            None | Some(Claim::Null) => None,
            Some(Claim::Text(party)) => Some(party.clone()),
            Some(_) => return Err(NotAJwt::Claim("azp").into()),
        };
        Ok(Self { issuer, subject, audiences, authorized_party, claims })
    }
}

fn audiences(claim: Option<&Claim>) -> Result<Vec<String>, Rejection> {
    let texts = match claim {
        Some(Claim::Text(audience)) => return Ok(vec![audience.clone()]),
        Some(Claim::List(audiences)) => {
            audiences.iter().map(|audience| audience.as_text().map(str::to_owned)).collect()
        }
        _ => None,
    };
    let audiences: Vec<String> = texts.ok_or(NotAJwt::Claim("aud"))?;
    if audiences.is_empty() { Err(Rejection::NoAudience) } else { Ok(audiences) }
}
