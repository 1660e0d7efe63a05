//! The outside of every answer: request ids, content type, the error document.

use super::catalog::Catalog;
use super::errors::ApiError;
use crate::env::{Entropy, draw};
use crate::faults::Injected;
use crate::ids::Endpoint;
use crate::time::Timestamp;
use crate::wire::{Document, Format, RawResponse};

/// The ids of one answer: the same in its headers, its body and the log.
#[derive(Clone, Debug)]
pub struct AnswerIds {
    /// A random UUID.
    pub request_id: String,
    began: Timestamp,
    random: [u8; 8],
}

impl AnswerIds {
    /// Draws the ids of an answer that begins `now`.
    pub fn draw(entropy: &dyn Entropy, now: Timestamp) -> Self {
        let mut text = uuid::Uuid::encode_buffer();
        let id = uuid::Builder::from_random_bytes(draw(entropy)).into_uuid();
        Self { request_id: id.hyphenated().encode_lower(&mut text).to_owned(), began: now, random: draw(entropy) }
    }

    /// Adds the id headers, as an answer of `endpoint`. AWS: IAM has but one of them (iamx-wire-headers).
    pub fn stamp(self, mut response: RawResponse, door: Option<&Catalog>, endpoint: Endpoint) -> RawResponse {
        if door.is_some_and(|door| door.service != "sts") {
            response.headers.push(("x-amzn-RequestId", self.request_id.into()));
            return response;
        }
        // AWS: the form that CloudTrail shows for it (sts-s-ct-extended-id).
        let kind = if endpoint.global { ":G:" } else { ":R:" };
        let mut extended = String::with_capacity(64);
        extended.extend(["1:", endpoint.region.name, ":S:", &self.began.millis().to_string(), kind]);
        extended.extend(self.random.map(|byte| LETTERS.get(usize::from(byte & 31)).map_or('A', |it| char::from(*it))));
        response.headers.push(("x-amzn-RequestId", self.request_id.into()));
        response.headers.push(("x-amz-sts-extended-request-id", base64(extended.as_bytes()).into()));
        response
    }
}

/// A short text in base64.
// WHY: the library's encoder is made for long texts: setting out takes it longer than the head of an answer.
fn base64(text: &[u8]) -> String {
    let mut written = Vec::with_capacity(text.len().div_ceil(3) * 4);
    let letters = |[one, two, three]: [u8; 3]| {
        let bits = u32::from_be_bytes([0, one, two, three]);
        [18, 12, 6, 0].map(|shift| BASE64.get((bits >> shift & 63) as usize).copied().unwrap_or_default())
    };
    let (threes, rest) = text.as_chunks();
    for three in threes {
        written.extend(letters(*three));
    }
    match *rest {
        [one] => written.extend(letters([one, 0, 0]).into_iter().take(2).chain(*b"==")),
        [one, two] => written.extend(letters([one, two, 0]).into_iter().take(3).chain(*b"=")),
        _ => {}
    }
    String::from_utf8(written).unwrap_or_default()
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// A successful answer.
pub fn success(format: Format, body: Vec<u8>) -> RawResponse {
    answer(200, format, body)
}

/// With room for the ids.
fn answer(status: u16, format: Format, body: Vec<u8>) -> RawResponse {
    let mut headers = Vec::with_capacity(4);
    headers.push(("Content-Type", format.content_type().into()));
    RawResponse { status, headers, body }
}

/// A refusal.
pub fn refusal(error: &ApiError, namespace: &str, format: Format, request_id: &str) -> RawResponse {
    let (code, message, status) = (error.code.as_str(), error.message.as_deref(), error.code.status());
    Refusal { code, message, status, fault: error.code.fault() }.answer(namespace, format, request_id)
}

/// A refusal that nobody has earned.
pub fn injected(error: &Injected, namespace: &str, format: Format, request_id: &str) -> RawResponse {
    let fault = if error.status < 500 { "Sender" } else { "Receiver" };
    let (code, message, status) = (&error.code, error.message.as_deref(), error.status);
    Refusal { code, message, status, fault }.answer(namespace, format, request_id)
}

struct Refusal<'a> {
    code: &'a str,
    message: Option<&'a str>,
    status: u16,
    fault: &'static str,
}

impl Refusal<'_> {
    /// AWS: JSON has nothing around it (sts-proto-json-error).
    fn answer(&self, namespace: &str, format: Format, request_id: &str) -> RawResponse {
        let mut document = Document::new(format);
        if format == Format::Xml {
            document.root("ErrorResponse", namespace);
        }
        document.open("Error");
        document.text("Type", self.fault);
        document.text("Code", self.code);
        // AWS: where there is no text there is no element (ar-duration-text).
        match self.message {
            Some(message) => document.text("Message", message),
            None => document.absent("Message"),
        }
        document.close("Error");
        document.text("RequestId", request_id);
        if format == Format::Xml {
            document.close("ErrorResponse");
        }
        answer(self.status, format, document.finish())
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn base64_of_a_short_text_is_the_librarys() {
        let text: Vec<u8> = (0..=255).collect();
        for (from, length) in (0..250).zip((0..7).cycle()) {
            let piece = &text[from..(from + length).min(text.len())];
            assert_eq!(base64(piece), STANDARD.encode(piece));
        }
    }
}
