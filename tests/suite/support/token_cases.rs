//! The cases of `fixtures/oidc/cases`: tokens with one thing wrong, and a few with nothing wrong.
//!
//! `fixtures/oidc/README.md` tells their form.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::tokens::{KEYS, Token, certificate, encode, jwk, sign};

/// A token, the keys of its issuer, and what shall come of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenCase {
    pub name: String,
    #[serde(rename = "why")]
    _why: String,
    #[serde(default)]
    header: Map<String, Value>,
    #[serde(default)]
    without_header: Vec<String>,
    header_text: Option<String>,
    #[serde(default)]
    claims: Map<String, Value>,
    #[serde(default)]
    without: Vec<String>,
    payload_text: Option<String>,
    payload_hex: Option<String>,
    signed_by: Option<String>,
    signed_as: Option<String>,
    signature: Option<String>,
    signature_hex: Option<String>,
    form: Option<String>,
    keys: Option<Vec<KeyCase>>,
    keys_text: Option<String>,
    /// Seconds after the instant at which tests stand.
    #[serde(default)]
    pub at: i64,
    pub expect: Expect,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum KeyCase {
    Name(String),
    Changed {
        of: String,
        #[serde(default)]
        set: Map<String, Value>,
        #[serde(default)]
        without: Vec<String>,
        #[serde(default)]
        even: bool,
        pad: Option<String>,
        times: Option<usize>,
    },
    Jwk {
        jwk: Value,
    },
}

/// What shall come of a token.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Expect {
    Accepted {
        accepted: Accepted,
    },
    Refused {
        /// `V`, `G` and `K` for the three sentences that have many causes, or code and text.
        answer: String,
        /// Stands in the true cause.
        because: String,
    },
}

/// What an accepted token turns out to say; what is not written is the default's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    pub audience: Option<String>,
    pub subject: Option<String>,
}

/// Hands every case to `check`, and says of which file and name it is.
pub fn for_each(check: impl Fn(&str, &TokenCase)) -> usize {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/oidc/cases");
    let mut files: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut count = 0;
    for file in files {
        let topic = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let cases: Vec<Value> = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        for case in cases {
            let text = case.to_string();
            let case: TokenCase =
                serde_json::from_value(expanded(case)).unwrap_or_else(|error| panic!("{topic}: {error}: {text}"));
            check(&format!("{topic}: {}", case.name), &case);
            count += 1;
        }
    }
    count
}

/// Every text with `${N:text}` written out N times; `$key` as that key's public half, `$key.crt` as its certificate.
fn expanded(value: Value) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix('$').map(|name| (name, name.strip_suffix(".crt"))) {
            Some((_, Some(key))) => certificate(key).into(),
            Some((name, None)) if KEYS.contains(&name) => jwk(name),
            _ => written_out(&text).into(),
        },
        Value::Array(items) => items.into_iter().map(expanded).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, expanded(value))).collect(),
        other => other,
    }
}

fn written_out(text: &str) -> String {
    let Some((before, rest)) = text.split_once("${") else { return text.to_owned() };
    let (times, rest) = rest.split_once(':').unwrap();
    // The repeated text is at least one letter, so that a brace can be repeated too.
    let end = rest.char_indices().skip(1).find(|(_, letter)| *letter == '}').unwrap().0;
    format!("{before}{}{}", rest[..end].repeat(times.parse().unwrap()), written_out(&rest[end + 1..]))
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

impl TokenCase {
    /// The token.
    pub fn token(&self) -> String {
        let mut honest = Token::of("system:serviceaccount:shop:api");
        honest.header.extend(self.header.clone());
        honest.claims.extend(self.claims.clone());
        honest.header.retain(|name, _| !self.without_header.contains(name));
        honest.claims.retain(|name, _| !self.without.contains(name));
        let key_id = honest.header.get("kid").and_then(Value::as_str).unwrap_or("rsa").to_owned();
        let named = if KEYS.contains(&key_id.as_str()) { key_id } else { "rsa".to_owned() };
        let key = self.signed_by.clone().unwrap_or(named);
        let algorithm = honest.header.get("alg").and_then(Value::as_str).unwrap_or_default().to_owned();
        let header = self.header_text.clone().unwrap_or_else(|| Value::from(honest.header).to_string());
        let payload = match (&self.payload_hex, &self.payload_text) {
            (Some(hex), _) => unhex(hex),
            (None, Some(text)) => text.clone().into_bytes(),
            (None, None) => Value::from(honest.claims).to_string().into_bytes(),
        };
        let (header, payload) = (encode(header), encode(payload));
        let signature = match (&self.signature, &self.signature_hex) {
            (Some(text), _) => text.clone(),
            (None, Some(hex)) => encode(unhex(hex)),
            (None, None) => {
                let algorithm = self.signed_as.as_deref().unwrap_or(&algorithm);
                encode(sign(&key, algorithm, format!("{header}.{payload}").as_bytes()))
            }
        };
        let form = self.form.as_deref().unwrap_or("{header}.{payload}.{signature}");
        form.replace("{header}", &header).replace("{payload}", &payload).replace("{signature}", &signature)
    }

    /// The key set of its issuer.
    pub fn key_set(&self) -> String {
        if let Some(text) = &self.keys_text {
            return text.clone();
        }
        let keys: Vec<Value> = match &self.keys {
            None => KEYS.iter().map(|key| jwk(key)).collect(),
            Some(keys) => keys.iter().flat_map(KeyCase::jwks).collect(),
        };
        json!({ "keys": keys }).to_string()
    }
}

impl KeyCase {
    fn jwks(&self) -> Vec<Value> {
        match self {
            Self::Name(name) => vec![jwk(name)],
            Self::Jwk { jwk } => vec![jwk.clone()],
            Self::Changed { of, set, without, even, pad, times } => {
                let mut key = jwk(of);
                let members = key.as_object_mut().unwrap();
                members.extend(set.clone());
                members.retain(|name, _| !without.contains(name));
                if *even {
                    respell(members, "n", |bytes| *bytes.last_mut().unwrap() &= !1);
                }
                if let Some(name) = pad {
                    respell(members, name, |bytes| bytes.splice(0..0, [0, 0]).for_each(drop));
                }
                match times {
                    None => vec![key],
                    Some(times) => (0..*times)
                        .map(|number| {
                            let mut key = key.clone();
                            key["kid"] = format!("{of}-{number}").into();
                            key
                        })
                        .collect(),
                }
            }
        }
    }
}

fn respell(members: &mut Map<String, Value>, name: &str, change: impl Fn(&mut Vec<u8>)) {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let mut bytes = URL_SAFE_NO_PAD.decode(members[name].as_str().unwrap()).unwrap();
    change(&mut bytes);
    members.insert(name.to_owned(), encode(bytes).into());
}
