//! What the tests share: a service whose account takes tokens that `jsonwebtoken` signs, and words with its companion.

use std::fs;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use support::{Refusal, Server, keys, refusal};

/// Of an account that is not in the sample.
pub const ROLE: &str = "arn:aws:iam::444455556666:role/build";
pub const SUBJECT: &str = "build:acme/shop";
pub const AUDIENCE: &str = "sts.amazonaws.com";
/// Nobody is asked there: its keys are in the seed.
pub const ISSUER: &str = "https://issuer.counterparts.test";
/// What `jsonwebtoken` signs with and AWS takes; it has no ES512.
pub const TAKEN: [Algorithm; 5] =
    [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::ES256, Algorithm::ES384];

/// A file of the repository.
pub fn fixture(path: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures").join(path);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The private key of an algorithm, in PEM.
pub fn pem(algorithm: Algorithm) -> Vec<u8> {
    fixture(match algorithm {
        Algorithm::ES256 => "oidc/keys/ec256.pem",
        Algorithm::ES384 => "oidc/keys/ec384.pem",
        _ => "oidc/keys/rsa.pem",
    })
}

pub fn signing_key(algorithm: Algorithm) -> EncodingKey {
    let pem = pem(algorithm);
    match algorithm {
        Algorithm::ES256 | Algorithm::ES384 => EncodingKey::from_ec_pem(&pem),
        _ => EncodingKey::from_rsa_pem(&pem),
    }
    .expect("it is a private key")
}

/// The public key of an algorithm as `jsonwebtoken` publishes it, called like the algorithm.
pub fn public_key(algorithm: Algorithm) -> Jwk {
    let mut key = Jwk::from_encoding_key(&signing_key(algorithm), algorithm).expect("it has a public part");
    key.common.key_id = Some(format!("{algorithm:?}"));
    key
}

/// A service with the sample, and an account whose role takes tokens of our issuer.
pub fn service() -> Server {
    let host = ISSUER.strip_prefix("https://").expect("it is an address");
    let trust = json!({
        "Effect": "Allow",
        "Principal": {"Federated": format!("arn:aws:iam::444455556666:oidc-provider/{host}")},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {format!("{host}:sub"): SUBJECT}},
    });
    let keys = TAKEN.map(public_key);
    let seed = json!({"accounts": [{
        "id": "444455556666",
        "oidcProviders": [{"url": ISSUER, "clientIds": [AUDIENCE], "jwks": {"keys": keys}}],
        "roles": [{"name": "build", "trust": {"Version": "2012-10-17", "Statement": [trust]}}],
    }]});
    Server::start_also_with(&seed.to_string())
}

/// The claims of a good token; `changes` replaces members, or takes them away by null.
pub fn claims(changes: Value) -> Value {
    let now = now();
    let mut claims = json!({"iss": ISSUER, "sub": SUBJECT, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 600});
    for (name, value) in changes.as_object().expect("changes are an object") {
        claims[name] = value.clone();
    }
    let members = claims.as_object_mut().expect("claims are an object");
    members.retain(|_, value| !value.is_null());
    claims
}

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970").as_secs()
}

/// The ARN of the session that a token opens.
pub async fn assume(server: &Server, token: &str) -> Result<String, Refusal> {
    let nobody = server.client(keys("nobody", "nothing", None));
    let call = nobody.assume_role_with_web_identity().role_arn(ROLE).role_session_name("ci").web_identity_token(token);
    match call.send().await {
        Ok(answer) => Ok(answer.assumed_role_user().expect("it has a user").arn().to_owned()),
        refused => Err(refusal(refused)),
    }
}

/// A token of the built-in issuer, of this path below `/oidc/`.
pub fn built_in_token(server: &Server, issuer: &str, more: Value) -> String {
    let mut wanted = json!({"issuer": issuer, "sub": SUBJECT, "aud": "relying-party"});
    for (name, value) in more.as_object().expect("it is an object") {
        wanted[name] = value.clone();
    }
    let answer = server.post("/oidc/token", &wanted.to_string());
    let answer: Value = serde_json::from_str(&answer).expect("it is JSON");
    answer["token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}
