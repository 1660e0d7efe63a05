//! Writes `fixtures/sigv4/<case>/` and `fixtures/sigv4-chunked/<case>.txt` with AWS's own signer, a pinned time and
//! made-up credentials.
//!
//! The signer shows only signatures, so `canonical.txt` comes from a second implementation in `canonical.rs`, and is
//! written only if it leads to the signer's signature. Run: `cargo run` in this directory; it replaces what is there.

mod canonical;
mod cases;
mod chunked;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;

use cases::{Case, cases};
use sha2::{Digest, Sha256};

/// 2026-01-15T12:00:00Z.
const SIGNED_AT: u64 = 1_768_478_400;
const STAMP: &str = "20260115T120000Z";

fn main() -> Result<(), Box<dyn Error>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/sigv4");
    if fixtures.exists() {
        fs::remove_dir_all(&fixtures)?;
    }
    let cases = cases();
    for case in &cases {
        write(case, &fixtures.join(case.name)).map_err(|error| format!("{}: {error}", case.name))?;
    }
    println!("{} cases, {} in chunks", cases.len(), chunked::write_all()?);
    Ok(())
}

fn write(case: &Case, directory: &Path) -> Result<(), Box<dyn Error>> {
    let body = match case.unsigned_payload {
        true => SignableBody::UnsignedPayload,
        false => SignableBody::Bytes(case.body.as_bytes()),
    };
    let (request, signed_headers, signature) = signed(case, body)?;
    let payload = if case.unsigned_payload { "UNSIGNED-PAYLOAD".to_owned() } else { sha256(&case.body) };
    let canonical = canonical::request(&request, &signed_headers, &payload, case.s3);
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{STAMP}\n20260115/{}/{}/aws4_request\n{}",
        case.region,
        case.service,
        sha256(&canonical)
    );
    let key = v4::generate_signing_key(case.secret, signed_at(), case.region, case.service);
    let agreed = v4::calculate_signature(key, to_sign.as_bytes());
    if agreed != signature {
        return Err(format!("the signer made {signature} of\n{canonical}").into());
    }
    let mut expect = format!(
        "form: {}\nstyle: {}\npayload: {}\nkey: {}\nsecret: {}\nregion: {}\nservice: {}\nsigned-at: {STAMP}\nsigned-headers: {signed_headers}\nsignature: {signature}\n",
        if case.expires.is_some() { "query" } else { "header" },
        if case.s3 { "s3" } else { "standard" },
        if case.unsigned_payload { "unsigned" } else { "body" },
        case.key,
        case.secret,
        case.region,
        case.service,
    );
    if let Some(token) = &case.token {
        expect += &format!("token: {token}\n");
    }
    fs::create_dir_all(directory)?;
    fs::write(directory.join("request.http"), request.wire())?;
    fs::write(directory.join("canonical.txt"), canonical)?;
    fs::write(directory.join("to-sign.txt"), to_sign)?;
    fs::write(directory.join("expect.txt"), expect)?;
    Ok(())
}

/// A request as it goes over the wire.
pub struct Request {
    pub method: &'static str,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    fn wire(&self) -> String {
        let mut text = format!("{} {} HTTP/1.1\n", self.method, self.target);
        for (name, value) in &self.headers {
            text += &format!("{name}:{value}\n");
        }
        text + "\n" + &self.body
    }
}

/// The request with its signature, the list of its signed headers, and the signature.
fn signed(case: &Case, body: SignableBody<'_>) -> Result<(Request, String, String), Box<dyn Error>> {
    let mut settings = SigningSettings::default();
    if case.s3 {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    if let Some(seconds) = case.expires {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(seconds));
    }
    let identity = Credentials::new(case.key, case.secret, case.token.clone(), None, "made up").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(case.region)
        .name(case.service)
        .time(signed_at())
        .settings(settings)
        .build()?
        .into();
    let headers = case.headers.iter().map(|(name, value)| (*name, value.as_str()));
    let url = format!("http://unused{}", case.target);
    let request = SignableRequest::new(case.method, url, headers, body)?;
    let (instructions, signature) = sign(request, &params)?.into_parts();

    let mut target = case.target.clone();
    let mut headers: Vec<(String, String)> =
        case.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let mut signed_headers = String::new();
    let (added_headers, added_params) = instructions.into_parts();
    for header in added_headers {
        if header.name() == "authorization" {
            let list = header.value().split("SignedHeaders=").nth(1).and_then(|rest| rest.split(',').next());
            signed_headers = list.unwrap_or_default().to_owned();
        }
        headers.push((header.name().to_owned(), header.value().to_owned()));
    }
    for (name, value) in added_params {
        if name == "X-Amz-SignedHeaders" {
            signed_headers = value.to_string();
        }
        target.push(if target.contains('?') { '&' } else { '?' });
        target += &format!("{name}={}", canonical::encoded(value.as_bytes(), ""));
    }
    let request = Request { method: case.method, target, headers, body: case.body.clone() };
    Ok((request, signed_headers, signature))
}

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn signed_at() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(SIGNED_AT)
}
