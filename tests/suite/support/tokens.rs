//! Tokens and key sets of any shape, honest or not, by the keys of `fixtures/oidc/keys`.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p256::ecdsa::signature::Signer;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaKeyPair, RsaPublicKeyComponents};
use serde_json::{Map, Value, json};

use super::NOW;

/// Who issues the tokens of most tests.
pub const ISSUER: &str = "https://issuer.example/tenant";

/// The keys there are.
pub const KEYS: [&str; 5] = ["rsa", "other", "ec256", "ec384", "ec521"];

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/oidc").join(name)
}

/// What a PEM file holds.
fn pem(name: &str) -> Vec<u8> {
    let text = std::fs::read_to_string(fixture("keys").join(name)).unwrap();
    let base64: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(base64).unwrap()
}

/// The certificate of a key, as `x5c` writes it.
pub fn certificate(key: &str) -> String {
    STANDARD.encode(pem(&format!("{key}.crt")))
}

fn rsa(key: &str) -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(&pem(&format!("{key}.pem"))).unwrap()
}

/// The number of `size` bytes in the PKCS #8 form of a key on a curve.
fn scalar(key: &str, size: usize) -> Vec<u8> {
    let der = pem(&format!("{key}.pem"));
    let mark = [2, 1, 1, 4, u8::try_from(size).unwrap()];
    let at = der.windows(mark.len()).position(|part| part == mark).unwrap() + mark.len();
    der[at..at + size].to_vec()
}

/// The algorithm that a key is for, if its bearer does not say otherwise.
pub fn algorithm_of(key: &str) -> &'static str {
    match key {
        "ec256" => "ES256",
        "ec384" => "ES384",
        "ec521" => "ES512",
        _ => "RS256",
    }
}

/// Signs with a key.
pub fn sign(key: &str, algorithm: &str, message: &[u8]) -> Vec<u8> {
    match key {
        "ec256" => {
            let key = p256::ecdsa::SigningKey::from_slice(&scalar(key, 32)).unwrap();
            let signature: p256::ecdsa::Signature = key.sign(message);
            signature.to_bytes().to_vec()
        }
        "ec384" => {
            let key = p384::ecdsa::SigningKey::from_slice(&scalar(key, 48)).unwrap();
            let signature: p384::ecdsa::Signature = key.sign(message);
            signature.to_bytes().to_vec()
        }
        "ec521" => {
            let key = p521::ecdsa::SigningKey::from_slice(&scalar(key, 66)).unwrap();
            let signature: p521::ecdsa::Signature = key.sign(message);
            signature.to_bytes().to_vec()
        }
        _ => {
            let padding = match algorithm {
                "RS384" => &RSA_PKCS1_SHA384,
                "RS512" => &RSA_PKCS1_SHA512,
                _ => &RSA_PKCS1_SHA256,
            };
            let key = rsa(key);
            let mut signature = vec![0; key.public().modulus_len()];
            key.sign(padding, &SystemRandom::new(), message, &mut signature).unwrap();
            signature
        }
    }
}

/// The public half of a key, by its own name.
pub fn jwk(key: &str) -> Value {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let on_curve = |curve: &str, point: &[u8]| {
        let (x, y) = point[1..].split_at(point.len() / 2);
        json!({"kty": "EC", "kid": key, "use": "sig", "crv": curve, "x": encode(x), "y": encode(y)})
    };
    match key {
        "ec256" => {
            let key = p256::ecdsa::SigningKey::from_slice(&scalar(key, 32)).unwrap();
            on_curve("P-256", key.verifying_key().to_sec1_point(false).as_bytes())
        }
        "ec384" => {
            let key = p384::ecdsa::SigningKey::from_slice(&scalar(key, 48)).unwrap();
            on_curve("P-384", key.verifying_key().to_sec1_point(false).as_bytes())
        }
        "ec521" => {
            let key = p521::ecdsa::SigningKey::from_slice(&scalar(key, 66)).unwrap();
            on_curve("P-521", key.verifying_key().to_sec1_point(false).as_bytes())
        }
        _ => {
            let public = RsaPublicKeyComponents::<Vec<u8>>::from(rsa(key).public());
            let (n, e) = (encode(&public.n), encode(&public.e));
            json!({"kty": "RSA", "kid": key, "use": "sig", "alg": "RS256", "n": n, "e": e})
        }
    }
}

/// A key set of these keys.
pub fn key_set(keys: &[&str]) -> String {
    json!({"keys": keys.iter().map(|key| jwk(key)).collect::<Vec<_>>()}).to_string()
}

/// A token in the making: what stands in it, and by whom it is signed.
#[derive(Clone, Debug)]
pub struct Token {
    pub header: Map<String, Value>,
    pub claims: Map<String, Value>,
    pub key: String,
}

impl Token {
    /// An honest token of this subject, an hour to live.
    pub fn of(subject: &str) -> Self {
        let map = |value: Value| value.as_object().unwrap().clone();
        Self {
            header: map(json!({"alg": "RS256", "kid": "rsa", "typ": "JWT"})),
            claims: map(json!({
                "iss": ISSUER, "sub": subject, "aud": "sts.amazonaws.com", "iat": NOW, "exp": NOW + 3600
            })),
            key: "rsa".to_owned(),
        }
    }

    /// With a claim, in place of what stood there.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Without a claim.
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Signed by this key, and saying so.
    pub fn by(mut self, key: &str) -> Self {
        self.header.insert("alg".to_owned(), algorithm_of(key).into());
        self.header.insert("kid".to_owned(), key.into());
        key.clone_into(&mut self.key);
        self
    }

    /// The token.
    pub fn sign(&self) -> String {
        let (header, claims) = (Value::from(self.header.clone()), Value::from(self.claims.clone()));
        let algorithm = self.header.get("alg").and_then(Value::as_str).unwrap_or_default();
        let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let signature = sign(&self.key, algorithm, signed.as_bytes());
        format!("{signed}.{}", encode(signature))
    }
}

/// Base64url without padding.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
