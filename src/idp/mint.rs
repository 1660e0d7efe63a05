//! Tokens of any shape, signed by the built-in issuer: claims of a preset, what the caller wants, what AWS reads.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp>

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::defects::{Defect, Draft};
use super::issuer;
use super::presets::{self, Filled, Preset};
use crate::api::World;
use crate::env::draw;
use crate::federation::Algorithm;

/// What a token shall be.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct TokenRequest {
    /// Whose tokens it shall look like.
    pub preset: Option<String>,
    /// The path of the issuer behind `/oidc/`.
    pub issuer: Option<String>,
    /// Whether the issuer that it names is the platform itself.
    pub platform_issuer: bool,
    /// The claim `sub`.
    pub sub: Option<String>,
    /// The claim `aud`.
    pub aud: Option<Audience>,
    /// Seconds that it shall be good for.
    pub lifetime_seconds: Option<i64>,
    /// How it shall be signed.
    pub algorithm: Option<String>,
    /// Claims beside, or in place of, those that it would have.
    pub claims: Map<String, Value>,
    /// Claims that it shall not have.
    pub without: Vec<String>,
    /// Session tags.
    pub tags: BTreeMap<String, String>,
    /// Which of the session tags are handed down.
    pub transitive_tag_keys: Vec<String>,
    /// The source identity of the session.
    pub source_identity: Option<String>,
    /// The ARNs of the only roles that it may be used for.
    pub roles: Vec<String>,
    /// Members of the header beside, or in place of, those that it would have.
    pub header: Map<String, Value>,
    /// What shall be wrong with it.
    pub defect: Option<Defect>,
}

/// One audience or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// A text in the token.
    One(String),
    /// A list in the token.
    Many(Vec<String>),
}

/// A token, and what it says.
#[derive(Debug)]
pub struct MintedToken {
    /// In compact form.
    pub token: String,
    /// The claims that were signed.
    pub claims: Map<String, Value>,
    /// The key that signs such tokens now, whatever the header says.
    pub key_id: String,
    /// When it was made, in seconds since 1970.
    pub issued_at: i64,
    /// Seconds that it is good for.
    pub expires_in: i64,
}

/// Why no token was made: in words for whoever asked.
#[derive(Debug, derive_more::Display)]
pub enum NotMinted {
    /// What was asked for makes no sense.
    Request(String),
    /// There is no key to sign with.
    Failed(String),
}

/// Good for so long if nobody says otherwise.
const LIFETIME_SECONDS: i64 = 3600;
const LONGEST_SECONDS: i64 = 10 * 365 * 24 * 3600;
/// For whom, if nobody says otherwise.
pub(super) const AWS: &str = "sts.amazonaws.com";

/// Makes a token; `base` is the address of the companion. May have to wait for keys: not for an async worker.
pub fn mint(world: &World, base: &str, request: &TokenRequest) -> Result<MintedToken, NotMinted> {
    let preset = request.preset.as_deref().map(preset).transpose()?;
    let filled = preset.map(|preset| preset.filled(request.sub.as_deref(), None));
    let iss = match &filled {
        Some(filled) if request.platform_issuer => filled.platform.clone(),
        _ => own_issuer(base, request.issuer.as_deref(), preset, request.platform_issuer)?,
    };
    let algorithm = algorithm(request, preset)?;
    let lifetime = request.lifetime_seconds.or(preset.map(|preset| preset.lifetime)).unwrap_or(LIFETIME_SECONDS);
    if !(1..=LONGEST_SECONDS).contains(&lifetime) {
        return Err(wrong("lifetimeSeconds is at least 1, and ten years at most; a token that is over is a defect"));
    }
    let now = world.now().now.seconds();
    let mut claims = claims(request, preset, filled, now, lifetime);
    claims.insert("iss".to_owned(), Value::String(iss));
    claims.insert("jti".to_owned(), Value::String(uuid(world)));
    add_what_aws_reads(request, &mut claims)?;
    claims.extend(request.claims.clone());
    claims.retain(|name, _| !request.without.contains(name));
    if !claims.contains_key("sub") && !request.without.iter().any(|name| name == "sub") {
        return Err(wrong("say whom it is about: a sub, or a preset; `without` leaves it out"));
    }
    let keys = issuer::keys(world).map_err(|error| NotMinted::Failed(error.to_string()))?;
    let unusable = || NotMinted::Failed("a stored key cannot be read".to_owned());
    let key = keys.signing(algorithm).ok_or_else(unusable)?;
    let mut header = Map::new();
    header.insert("alg".to_owned(), json!(algorithm.name()));
    header.insert("kid".to_owned(), json!(key.id));
    if !preset.is_some_and(|preset| preset.untyped) {
        header.insert("typ".to_owned(), json!("JWT"));
    }
    header.extend(request.header.clone());
    let key_id = key.id.clone();
    let mut draft = Draft { header, claims, algorithm, now };
    let chance = |bytes: &mut [u8]| world.entropy.fill(bytes);
    let token = draft.sign(&keys, request.defect, &chance).ok_or_else(unusable)?;
    Ok(MintedToken { token, claims: draft.claims, key_id, issued_at: now, expires_in: lifetime })
}

/// The address of the issuer that is meant, which is one of ours.
pub(super) fn own_issuer(
    base: &str,
    path: Option<&str>,
    preset: Option<&Preset>,
    platform_issuer: bool,
) -> Result<String, NotMinted> {
    if platform_issuer {
        return Err(wrong("which platform's issuer is meant follows from the preset: name one"));
    }
    let path = path.or(preset.map(|preset| preset.issuer.as_str())).unwrap_or_default();
    issuer::url(base, path)
        .ok_or_else(|| wrong(format!("{path} cannot be the path of an issuer: write it as github or teams/blue")))
}

pub(super) fn wrong(text: impl Into<String>) -> NotMinted {
    NotMinted::Request(text.into())
}

pub(super) fn preset(name: &str) -> Result<&'static Preset, NotMinted> {
    presets::find(name).ok_or_else(|| {
        let known: Vec<&str> = presets::all().iter().map(|preset| preset.name.as_str()).collect();
        wrong(format!("there is no preset {name}: take one of {}", known.join(", ")))
    })
}

fn algorithm(request: &TokenRequest, preset: Option<&Preset>) -> Result<Algorithm, NotMinted> {
    let name = request.algorithm.as_deref().or(preset.and_then(|preset| preset.algorithm.as_deref()));
    let name = name.unwrap_or("RS256");
    Algorithm::parse(name)
        .ok_or_else(|| wrong(format!("{name} is no algorithm: take RS256, RS384, RS512, ES256, ES384 or ES512")))
}

fn claims(
    request: &TokenRequest,
    preset: Option<&Preset>,
    filled: Option<Filled>,
    now: i64,
    lifetime: i64,
) -> Map<String, Value> {
    let subject = request.sub.clone().or_else(|| filled.as_ref().map(|filled| filled.subject.clone()));
    let audience = match &request.aud {
        Some(Audience::One(one)) => vec![one.clone()],
        Some(Audience::Many(many)) => many.clone(),
        None => filled.as_ref().map_or_else(|| vec![AWS.to_owned()], |filled| filled.audience.clone()),
    };
    let is_list =
        matches!(request.aud, Some(Audience::Many(_))) || preset.is_some_and(|preset| preset.audience_is_list);
    let audience = match &audience[..] {
        [one] if !is_list => json!(one),
        several => json!(several),
    };
    let mut claims = filled.map(|filled| filled.claims).unwrap_or_default();
    claims.insert("aud".to_owned(), audience);
    claims.extend(subject.map(|subject| ("sub".to_owned(), Value::String(subject))));
    claims.insert("iat".to_owned(), json!(now));
    claims.insert("exp".to_owned(), json!(now.saturating_add(lifetime)));
    let not_before = preset.and_then(|preset| preset.not_before);
    claims.extend(not_before.map(|seconds| ("nbf".to_owned(), json!(now.saturating_sub(seconds)))));
    claims
}

/// AWS: tags in the nested form, each value a list of one.
fn add_what_aws_reads(request: &TokenRequest, claims: &mut Map<String, Value>) -> Result<(), NotMinted> {
    let mut say = |name: &str, value: Value| claims.insert(format!("https://aws.amazon.com/{name}"), value);
    if !request.tags.is_empty() {
        let tags: Map<String, Value> = request.tags.iter().map(|(key, value)| (key.clone(), json!([value]))).collect();
        let mut both = Map::from_iter([("principal_tags".to_owned(), Value::Object(tags))]);
        if !request.transitive_tag_keys.is_empty() {
            both.insert("transitive_tag_keys".to_owned(), json!(request.transitive_tag_keys));
        }
        say("tags", Value::Object(both));
    } else if !request.transitive_tag_keys.is_empty() {
        return Err(wrong("transitiveTagKeys need tags"));
    }
    if let Some(identity) = &request.source_identity {
        say("source_identity", json!(identity));
    }
    if !request.roles.is_empty() {
        say("roles", json!(request.roles));
    }
    Ok(())
}

fn uuid(world: &World) -> String {
    uuid::Builder::from_random_bytes(draw(world.entropy.as_ref())).into_uuid().to_string()
}
