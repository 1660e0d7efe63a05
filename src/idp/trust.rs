//! What a seed needs so that tokens of the built-in issuer open a role: their provider, and a role that trusts it in the
//! way that the guide of their platform shows.

use serde_json::{Map, Value, json};

use super::mint::{AWS, NotMinted, own_issuer, preset, wrong};
use crate::federation::oidc::issuer::built_in;

/// Whose tokens shall be trusted.
#[derive(Clone, Debug, Default)]
pub struct TrustRequest {
    /// Of which platform they look.
    pub preset: Option<String>,
    /// The path of the issuer.
    pub issuer: Option<String>,
    /// Whether they name the platform itself as their issuer.
    pub platform_issuer: bool,
    /// Whom they are about.
    pub sub: Option<String>,
    /// For whom they are.
    pub aud: Option<String>,
    /// The role's account.
    pub account: String,
    /// The role's name, if not that of the preset.
    pub role: Option<String>,
}

/// A seed with a provider and a role; `base` is the address of the companion.
pub fn seed(base: &str, request: &TrustRequest) -> Result<Value, NotMinted> {
    let preset = request.preset.as_deref().map(preset).transpose()?;
    let filled = preset.map(|preset| preset.filled(request.sub.as_deref(), request.aud.as_deref()));
    let url = match &filled {
        Some(filled) if request.platform_issuer => filled.platform.clone(),
        _ => own_issuer(base, request.issuer.as_deref(), preset, request.platform_issuer)?,
    };
    let condition = match (filled, &request.sub) {
        (Some(filled), _) => filled.condition,
        (None, Some(sub)) => plain(sub, request.aud.as_deref().unwrap_or(AWS)),
        (None, None) => return Err(wrong("say whom the tokens are about: a sub, or a preset")),
    };
    let client_id = condition.get("StringEquals").and_then(|equals| equals.get(":aud")).cloned();
    let name = url.split_once("://").map_or(url.as_str(), |(_, name)| name);
    let mut provider = Map::new();
    provider.insert("url".to_owned(), json!(url));
    provider.insert("clientIds".to_owned(), json!([client_id]));
    if request.platform_issuer {
        // The platform would be asked otherwise, and knows none of our keys.
        provider.insert("jwks".to_owned(), json!("built-in"));
    }
    // AWS: some platforms every account knows by their host alone.
    let known = built_in(&url).map(str::to_owned);
    let principal = known.unwrap_or_else(|| format!("arn:aws:iam::{}:oidc-provider/{name}", request.account));
    let role = request.role.as_deref().or(request.preset.as_deref()).unwrap_or("web-identity");
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": principal },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": named(condition, name),
        }],
    });
    let role = json!({ "name": role, "trust": trust });
    Ok(json!({ "accounts": [{ "id": request.account, "oidcProviders": [provider], "roles": [role] }] }))
}

fn plain(sub: &str, aud: &str) -> Map<String, Value> {
    Map::from_iter([("StringEquals".to_owned(), json!({ ":aud": aud, ":sub": sub }))])
}

/// The condition with the name of the issuer before its keys.
fn named(condition: Map<String, Value>, name: &str) -> Map<String, Value> {
    let keys = |block: Value| match block {
        Value::Object(keys) => keys.into_iter().map(|(key, value)| (format!("{name}{key}"), value)).collect(),
        other => other,
    };
    condition.into_iter().map(|(operator, block)| (operator, keys(block))).collect()
}
