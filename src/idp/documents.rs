//! Public documents of issuers: where their keys are, and the keys.
//!
//! <https://openid.net/specs/openid-connect-discovery-1_0.html>

use serde_json::{Value, json};

use super::issuer;
use crate::api::{World, token_keys};
use crate::ids::IssuerId;
use crate::wire::RawResponse;

/// How long others may keep a document.
const CACHED: &str = "public, max-age=300";

/// Where users log in: nowhere. Libraries take no document without such an address (B-370).
const NOBODY_LOGS_IN: &str = "urn:local-sts:no-authorization-endpoint";

/// One of the two documents of an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// Who the issuer is and where its keys are.
    Discovery,
    /// Its public keys.
    Keys,
}

impl Document {
    /// The document behind an issuer's address; the rest of the path is the issuer's.
    pub fn split(path: &str) -> Option<(&str, Self)> {
        let (issuer, name) = path.split_once("/.well-known/")?;
        match name {
            "openid-configuration" => Some((issuer, Self::Discovery)),
            "jwks.json" => Some((issuer, Self::Keys)),
            _ => None,
        }
    }
}

/// The issuer and the document that a path means by which an account vouches for its own.
pub fn outbound(path: &str) -> Option<(IssuerId, Document)> {
    let (issuer, document) = Document::split(path.strip_prefix("/outbound/")?)?;
    Some((IssuerId::parse(issuer)?, document))
}

/// A document of an account's issuer, whether or not the account vouches for anybody now; none if it never did.
///
/// May have to wait until keys are made: not for an async worker.
pub fn of_account(world: &World, issuer: IssuerId, document: Document) -> Option<RawResponse> {
    world.snapshot().identities.outbound_issuers().find(|outbound| outbound.issuer == issuer)?;
    let url = format!("{}/outbound/{issuer}", world.issuer_url.as_str());
    Some(match document {
        // AWS: these members, in this order (sts-s-gwit-discovery).
        Document::Discovery => public(&json!({
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "jti", "https://sts.amazonaws.com/"],
            "id_token_signing_alg_values_supported": ["RS256", "ES384"],
            "issuer": url,
            "jwks_uri": format!("{url}/.well-known/jwks.json"),
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
        })),
        Document::Keys => match token_keys::settled(world, issuer, token_keys::outbound) {
            Ok(keys) => public(&keys.shown()),
            Err(error) => failed(&error),
        },
    })
}

/// A document of the built-in issuer, under the address `url`. May have to wait until keys are made, likewise.
pub fn built_in(world: &World, url: &str, document: Document) -> RawResponse {
    match document {
        Document::Discovery => public(&json!({
            "authorization_endpoint": NOBODY_LOGS_IN,
            "claims_supported": ["sub", "aud", "exp", "iat", "iss", "jti", "nbf"],
            "id_token_signing_alg_values_supported": ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"],
            "issuer": url,
            "jwks_uri": format!("{url}/.well-known/jwks.json"),
            "response_types_supported": ["id_token"],
            "scopes_supported": ["openid"],
            "subject_types_supported": ["public"],
        })),
        Document::Keys => match issuer::keys(world) {
            Ok(keys) => public(&keys.shown()),
            Err(error) => failed(&error),
        },
    }
}

/// A document that everybody may read, web pages too.
fn public(document: &Value) -> RawResponse {
    let headers = vec![
        ("Content-Type", "application/json".into()),
        ("Cache-Control", CACHED.into()),
        ("Access-Control-Allow-Origin", "*".into()),
    ];
    RawResponse { status: 200, headers, body: document.to_string().into_bytes() }
}

fn failed(error: &dyn std::fmt::Display) -> RawResponse {
    tracing::error!("the keys of an issuer could not be made: {error}");
    RawResponse::bare(500)
}
