//! Tokens taken apart, and proved by what a key set shows, with nothing of the service's own.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512};
use serde_json::Value;

/// A token in its three parts.
#[derive(Clone, Debug)]
pub struct Token {
    /// JSON as it was signed.
    pub header: String,
    /// JSON as it was signed.
    pub payload: String,
    pub signature: Vec<u8>,
    signed: String,
}

impl Token {
    #[track_caller]
    pub fn read(token: &str) -> Self {
        let parts: Vec<&str> = token.split('.').collect();
        let [header, payload, signature] = parts[..] else { panic!("not three parts: {token}") };
        let text = |part: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        Self {
            header: text(header),
            payload: text(payload),
            signature: URL_SAFE_NO_PAD.decode(signature).unwrap(),
            signed: format!("{header}.{payload}"),
        }
    }

    pub fn claims(&self) -> Value {
        serde_json::from_str(&self.payload).unwrap()
    }

    /// Whether the key set has a key of the header's id, and that key signed this.
    pub fn is_proved_by(&self, key_set: &Value) -> bool {
        let header: Value = serde_json::from_str(&self.header).unwrap();
        let keys = key_set["keys"].as_array().unwrap();
        let Some(key) = keys.iter().find(|key| key["kid"] == header["kid"]) else { return false };
        let bytes = |member: &str| URL_SAFE_NO_PAD.decode(key[member].as_str().unwrap()).unwrap();
        let point = || [vec![4], bytes("x"), bytes("y")].concat();
        let (message, signature) = (self.signed.as_bytes(), self.signature.as_slice());
        let rsa = |padding| {
            let public = ring::signature::RsaPublicKeyComponents { n: bytes("n"), e: bytes("e") };
            public.verify(padding, message, signature).is_ok()
        };
        match (header["alg"].as_str().unwrap(), key["kty"].as_str().unwrap()) {
            ("RS256", "RSA") => rsa(&RSA_PKCS1_2048_8192_SHA256),
            ("RS384", "RSA") => rsa(&RSA_PKCS1_2048_8192_SHA384),
            ("RS512", "RSA") => rsa(&RSA_PKCS1_2048_8192_SHA512),
            ("ES256", "EC") => p256::ecdsa::Signature::from_slice(signature).is_ok_and(|signature| {
                p256::ecdsa::VerifyingKey::from_sec1_bytes(&point()).unwrap().verify(message, &signature).is_ok()
            }),
            ("ES384", "EC") => p384::ecdsa::Signature::from_slice(signature).is_ok_and(|signature| {
                p384::ecdsa::VerifyingKey::from_sec1_bytes(&point()).unwrap().verify(message, &signature).is_ok()
            }),
            ("ES512", "EC") => p521::ecdsa::Signature::from_slice(signature).is_ok_and(|signature| {
                p521::ecdsa::VerifyingKey::from_sec1_bytes(&point()).unwrap().verify(message, &signature).is_ok()
            }),
            _ => false,
        }
    }
}
