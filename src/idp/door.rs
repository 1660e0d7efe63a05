//! The door at which jobs of GitHub Actions ask for their tokens, so that actions run here unchanged.
//!
//! The address that a job is given carries what its tokens shall say; the action adds for whom.
//! <https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect>

use serde_json::{Value, json};

use super::mint::{Audience, NotMinted, TokenRequest, mint};
use crate::api::World;
use crate::wire::Params;

/// Whose tokens they look like if the address does not say.
const PRESET: &str = "github-actions";

/// What a job is answered that asks with this query. May have to wait for keys: not for an async worker.
pub fn answer(world: &World, base: &str, query: &str) -> Result<Value, NotMinted> {
    let token = mint(world, base, &read(query)?)?.token;
    Ok(json!({ "count": token.len(), "value": token }))
}

/// Reads the query; what is no parameter of the door is a claim.
fn read(query: &str) -> Result<TokenRequest, NotMinted> {
    let params = Params::of_query(query).map_err(|broken| NotMinted::Request(broken.to_string()))?;
    let mut request = TokenRequest { preset: Some(PRESET.to_owned()), ..TokenRequest::default() };
    for (name, value) in params.iter() {
        let value = value.into_owned();
        match name.as_ref() {
            "audience" => request.aud = Some(Audience::One(value)),
            "preset" => request.preset = Some(value),
            "issuer" => request.issuer = Some(value),
            "platformIssuer" => request.platform_issuer = value == "true",
            "sub" => request.sub = Some(value),
            "api-version" => {}
            claim => {
                request.claims.insert(claim.to_owned(), Value::String(value));
            }
        }
    }
    Ok(request)
}
