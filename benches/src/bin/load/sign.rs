//! Requests as an SDK sends them, signed by its own few lines, so that the product is not measured by itself.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use local_sts::time::Timestamp;
use sha2::{Digest as _, Sha256};

/// What signs.
#[derive(Clone)]
pub struct Keys {
    pub id: String,
    pub secret: String,
    pub token: Option<String>,
}

/// Where everybody is.
pub const REGION: &str = "eu-central-1";
const KIND: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// What boto3 sends beside what matters.
const AGENT: &str = "Boto3/1.35.99 md/Botocore#1.35.99 ua/2.0 os/linux#6.8.0 md/arch#x86_64 lang/python#3.12.3 \
                     md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.35.99";

/// The bytes of a POST of `form`, signed now.
pub fn request(host: SocketAddr, keys: &Keys, form: &str) -> Vec<u8> {
    let now = now();
    let (at, day) = (now.basic().to_string(), now.basic_date().to_string());

    let mut headers = format!("content-type:{KIND}\nhost:{host}\nx-amz-date:{at}\n");
    let mut names = "content-type;host;x-amz-date".to_owned();
    if let Some(token) = &keys.token {
        headers.push_str(&format!("x-amz-security-token:{token}\n"));
        names.push_str(";x-amz-security-token");
    }
    let canonical = format!("POST\n/\n\n{headers}\n{names}\n{}", hex(&Sha256::digest(form)));
    let scope = format!("{day}/{REGION}/sts/aws4_request");
    let to_sign = format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let secret = format!("AWS4{}", keys.secret);
    let key = [day.as_str(), REGION, "sts", "aws4_request"]
        .iter()
        .fold(secret.into_bytes(), |key, part| mac(&key, part.as_bytes()));
    let signature = hex(&mac(&key, to_sign.as_bytes()));

    let mut text = format!(
        "POST / HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\nContent-Type: {KIND}\r\nUser-Agent: {AGENT}\r\n\
         X-Amz-Date: {at}\r\n"
    );
    if let Some(token) = &keys.token {
        let _ = write!(text, "X-Amz-Security-Token: {token}\r\n");
    }
    let _ = write!(
        text,
        "Authorization: AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}\r\n\
         amz-sdk-invocation-id: 7c1c9bd2-62a4-4d0b-a0be-1d2f6b6a0d5e\r\namz-sdk-request: attempt=1\r\n\
         Content-Length: {}\r\n\r\n{form}",
        keys.id,
        form.len()
    );
    text.into_bytes()
}

/// This instant.
pub fn now() -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_seconds(i64::try_from(now.as_secs()).unwrap_or_default())
}

/// The bytes of a POST of JSON to the validator.
pub fn question(host: SocketAddr, token: &str, path: &str, json: &str) -> Vec<u8> {
    let length = json.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nValidator-Protocol: 1\r\n\
         Authorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n"
    );
    (head + json).into_bytes()
}

/// An object with a version.
pub const OBJECT: &str = "/reports/2026/january/q1.csv?versionId=null";

/// A whole GET of an object; nobody in particular signs nothing.
pub fn object(target: &str, keys: Option<&Keys>, now: Timestamp) -> Vec<u8> {
    let unsigned = || vec![("host", "127.0.0.1:9000".to_owned()), ("user-agent", AGENT.to_owned())];
    let headers = keys.map_or_else(unsigned, |keys| get_object(target, keys, now));
    let lines = headers.iter().fold(String::new(), |lines, (name, value)| format!("{lines}{name}: {value}\r\n"));
    format!("GET {target} HTTP/1.1\r\n{lines}\r\n").into_bytes()
}

/// The headers of a GET of an object, as boto3 sends and signs them.
pub fn get_object(target: &str, keys: &Keys, now: Timestamp) -> Vec<(&'static str, String)> {
    let (at, day) = (now.basic().to_string(), now.basic_date().to_string());
    let empty = hex(&Sha256::digest(""));
    let mut headers = vec![
        ("host", "127.0.0.1:9000".to_owned()),
        ("x-amz-content-sha256", empty.clone()),
        ("x-amz-date", at.clone()),
    ];
    headers.extend(keys.token.clone().map(|token| ("x-amz-security-token", token)));
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let lines = headers.iter().fold(String::new(), |lines, (name, value)| format!("{lines}{name}:{value}\n"));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let canonical = format!("GET\n{path}\n{query}\n{lines}\n{names}\n{empty}");
    let scope = format!("{day}/{REGION}/s3/aws4_request");
    let to_sign = format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let key = [day.as_str(), REGION, "s3", "aws4_request"]
        .iter()
        .fold(format!("AWS4{}", keys.secret).into_bytes(), |key, part| mac(&key, part.as_bytes()));
    let signature = hex(&mac(&key, to_sign.as_bytes()));
    headers.push((
        "authorization",
        format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", keys.id),
    ));
    headers.extend([
        ("user-agent", AGENT.to_owned()),
        ("amz-sdk-invocation-id", "7c1c9bd2-62a4-4d0b-a0be-1d2f6b6a0d5e".to_owned()),
        ("amz-sdk-request", "attempt=1".to_owned()),
    ]);
    headers
}

/// The bytes of a POST of `form` that nobody signs.
pub fn unsigned(host: SocketAddr, form: &str) -> Vec<u8> {
    let length = form.len();
    let text = format!(
        "POST / HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\nContent-Type: {KIND}\r\nUser-Agent: {AGENT}\r\n\
         amz-sdk-invocation-id: 7c1c9bd2-62a4-4d0b-a0be-1d2f6b6a0d5e\r\namz-sdk-request: attempt=1\r\n\
         Content-Length: {length}\r\n\r\n{form}"
    );
    text.into_bytes()
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.chain_update(text).finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
