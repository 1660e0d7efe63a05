//! The discovery document of an issuer: of all it may say, only where the keys are.
//!
//! <https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata>

use super::claims::{Claim, Claims};

/// Why a discovery document is of no use.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display)]
pub enum BadDiscovery {
    /// It is no JSON object.
    #[display("the discovery document is no JSON object")]
    Form,
    /// It is another issuer's.
    #[display("the discovery document names {:?} as issuer", _0.chars().take(80).collect::<String>())]
    OtherIssuer(String),
    /// It does not say where the keys are.
    #[display("the discovery document has no jwks_uri")]
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
