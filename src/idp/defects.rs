//! What can be wrong with a token on purpose: each defect is one that a service must refuse, and nothing else is wrong.
//!
//! ATTACK: this is the attackers' side. What is made here is good for nothing but to be refused.

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use crate::federation::signing::{Chance, PrivateKey, compact};
use crate::federation::{Algorithm, KeyKind};
use crate::identities::TokenKeys;

defects! {
    Expired "expired" "It was good until an hour ago.",
    NotYetValid "not-yet-valid" "It is good from an hour on.",
    IssuedInFuture "issued-in-future" "It was made in an hour.",
    WrongAudience "wrong-audience" "It is meant for somebody else.",
    WrongIssuer "wrong-issuer" "Another issuer is said to have made it.",
    UnknownKey "unknown-key" "A key signed that the issuer does not show.",
    BorrowedKeyId "borrowed-key-id" "A key signed that the issuer does not show, under the id of one that it does.",
    NoKeyId "no-key-id" "It does not say which key signed.",
    BadSignature "bad-signature" "One bit of the signature is another.",
    ChangedClaims "changed-claims" "What it says was changed after it was signed.",
    Unsigned "unsigned" "It says that nobody signed.",
    PublicKeyAsSecret "public-key-as-secret" "What should be a secret is what the issuer shows of its key.",
    OtherAlgorithm "other-algorithm" "It names an algorithm that is none of the key's.",
    Critical "critical" "It demands that something unheard of is understood.",
    RepeatedClaim "repeated-claim" "Its subject stands in it twice, and the one that counts on AWS, the last, is somebody else.",
    NotJson "not-json" "What it says is no JSON.",
    TwoParts "two-parts" "It lacks its signature, dot and all.",
    FiveParts "five-parts" "It has the form of an encrypted one.",
    Padded "padded" "Its parts are padded.",
    AccessToken "access-token" "It is a token of another kind, opaque to all but its issuer.",
}

/// A token before it is signed.
pub struct Draft {
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    pub(super) algorithm: Algorithm,
    pub(super) now: i64,
}

const HOUR: i64 = 3600;

impl Draft {
    /// The token, signed by one of `keys` as far as the defect lets it be; the claims are then as they were signed.
    pub(super) fn sign(&mut self, keys: &TokenKeys, defect: Option<Defect>, chance: Chance<'_>) -> Option<String> {
        let key = keys.signing(self.algorithm)?;
        let Some(defect) = defect else { return self.signed_by(&key.private) };
        self.spoil_claims(defect);
        match defect {
            Defect::UnknownKey | Defect::BorrowedKeyId => {
                // A curve's key is made at once, one of RSA is not.
                let stranger = PrivateKey::generate(KeyKind::P256, chance);
                self.algorithm = Algorithm::Es256;
                let id = match defect {
                    Defect::UnknownKey => "nobody-knows-me",
                    _ => &keys.signing(Algorithm::Es256)?.id,
                };
                self.set("alg", json!("ES256"));
                self.set("kid", json!(id));
                self.signed_by(&stranger)
            }
            Defect::NoKeyId => {
                self.header.remove("kid");
                self.signed_by(&key.private)
            }
            Defect::Critical => {
                self.set("crit", json!(["unheard-of"]));
                self.set("unheard-of", json!(true));
                self.signed_by(&key.private)
            }
            Defect::OtherAlgorithm => {
                let other = if key.algorithm.kind() == KeyKind::Rsa { "ES256" } else { "RS256" };
                self.set("alg", json!(other));
                self.signed_by(&key.private)
            }
            Defect::Unsigned => {
                self.set("alg", json!("none"));
                self.compact(|_| Some(Vec::new()))
            }
            Defect::PublicKeyAsSecret => {
                self.set("alg", json!("HS256"));
                let mac = Hmac::<Sha256>::new_from_slice(key.shown().to_string().as_bytes()).ok()?;
                self.compact(|signed| Some(mac.chain_update(signed).finalize().into_bytes().to_vec()))
            }
            Defect::RepeatedClaim => {
                let payload = serde_json::to_string(&self.claims).ok()?;
                let payload = format!(r#"{},"sub":"somebody-else"}}"#, payload.strip_suffix('}')?);
                compact(&header(&self.header)?, &payload, |signed| key.private.sign(self.algorithm, signed))
            }
            Defect::NotJson => {
                compact(&header(&self.header)?, "{\"sub\":", |signed| key.private.sign(self.algorithm, signed))
            }
            Defect::AccessToken => {
                let mut bytes = [0; 32];
                chance(&mut bytes);
                Some(URL_SAFE_NO_PAD.encode(bytes))
            }
            _ => bend(&self.signed_by(&key.private)?, defect),
        }
    }

    fn spoil_claims(&mut self, defect: Defect) {
        let (now, hence) = (self.now, self.now.saturating_add(HOUR));
        let mut claim = |name: &str, value: Value| {
            self.claims.insert(name.to_owned(), value);
        };
        match defect {
            Defect::Expired => {
                claim("iat", json!(now.saturating_sub(2 * HOUR)));
                claim("exp", json!(now.saturating_sub(HOUR)));
                if self.claims.contains_key("nbf") {
                    self.claims.insert("nbf".to_owned(), json!(now.saturating_sub(2 * HOUR)));
                }
            }
            Defect::NotYetValid => {
                claim("nbf", json!(hence));
                claim("exp", json!(hence.saturating_add(HOUR)));
            }
            Defect::IssuedInFuture => {
                claim("iat", json!(hence));
                claim("exp", json!(hence.saturating_add(HOUR)));
            }
            Defect::WrongAudience => claim("aud", json!("https://somebody-else.test")),
            Defect::WrongIssuer => claim("iss", json!("https://somebody-else.test")),
            _ => {}
        }
    }

    fn set(&mut self, member: &str, value: Value) {
        self.header.insert(member.to_owned(), value);
    }

    fn signed_by(&self, key: &PrivateKey) -> Option<String> {
        self.compact(|signed| key.sign(self.algorithm, signed))
    }

    fn compact(&self, sign: impl FnOnce(&[u8]) -> Option<Vec<u8>>) -> Option<String> {
        compact(&header(&self.header)?, &serde_json::to_string(&self.claims).ok()?, sign)
    }
}

fn header(members: &Map<String, Value>) -> Option<String> {
    serde_json::to_string(members).ok()
}

/// Spoils the form of a good token.
fn bend(token: &str, defect: Defect) -> Option<String> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.')?;
    let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    match defect {
        Defect::BadSignature => {
            let mut signature = bytes(signature)?;
            *signature.last_mut()? ^= 1;
            Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
        }
        Defect::ChangedClaims => {
            let mut claims: Map<String, Value> = serde_json::from_slice(&bytes(payload)?).ok()?;
            claims.insert("sub".to_owned(), json!("somebody-else"));
            let payload = URL_SAFE_NO_PAD.encode(serde_json::to_string(&claims).ok()?);
            Some(format!("{header}.{payload}.{signature}"))
        }
        Defect::TwoParts => Some(signed.to_owned()),
        Defect::FiveParts => Some(format!("{header}.{payload}.{signature}.{payload}.{signature}")),
        Defect::Padded => {
            let padded = |part: &str| {
                let text = URL_SAFE.encode(bytes(part)?);
                // A length that needs no padding gets some all the same.
                Some(if text.ends_with('=') { text } else { text + "=" })
            };
            Some(format!("{}.{}.{}", padded(header)?, padded(payload)?, padded(signature)?))
        }
        _ => Some(token.to_owned()),
    }
}
