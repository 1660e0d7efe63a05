//! The discovery document of an issuer: of all it may say, only where the keys are.
//!
//! <https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata>

use std::fmt;

use super::claims::{Claim, Claims};

/// Why a discovery document is of no use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadDiscovery {
    /// It is no JSON object.
    Form,
    /// It is another issuer's.
    OtherIssuer(String),
    /// It does not say where the keys are.
    NoKeys,
}

/// Where the keys of `issuer` are, by its own discovery document.
///
/// ATTACK: a document that speaks for somebody else is a mix-up, whoever arranged it.
pub fn jwks_uri(document: &[u8], issuer: &str) -> Result<String, BadDiscovery> {
    let document = Claims::parse(document).ok_or(BadDiscovery::Form)?;
    let text = |name: &str| document.get(name).and_then(Claim::as_text).map(str::to_owned);
    match text("issuer") {
        Some(named) if named == issuer => text("jwks_uri").ok_or(BadDiscovery::NoKeys),
        other => Err(BadDiscovery::OtherIssuer(other.unwrap_or_default())),
    }
}

impl fmt::Display for BadDiscovery {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => out.write_str("the discovery document is no JSON object"),
            Self::OtherIssuer(named) => {
                let named: String = named.chars().take(80).collect();
                write!(out, "the discovery document names {named:?} as issuer")
            }
            Self::NoKeys => out.write_str("the discovery document has no jwks_uri"),
        }
    }
}
