//! Refusals of the door in S3's words. What the validator refuses it words itself.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use local_sts::client::{AwsError, Refusal, Unavailable};
use local_sts::sigv4::PayloadFault;
use s3s::{Body, S3Error, S3ErrorCode};

use crate::arrival::Fault;

/// Who sent it is not known.
pub fn refused(refusal: &Refusal, id: &str) -> Response<Body> {
    match refusal {
        Refusal::Refused(refused) => match &refused.aws_error {
            Some(error) if !error.body.is_empty() => document(error),
            _ => error(400, "InvalidRequest", &refused.message, id),
        },
        Refusal::Unavailable(why) => {
            let (status, code, message) = unavailable_words(why);
            error(status, code, message, id)
        }
    }
}

/// The validator gave no answer, while an operation asked.
pub fn unavailable(why: &Unavailable) -> S3Error {
    let (status, code, message) = unavailable_words(why);
    failure(status, code, message.to_owned())
}

/// The validator says no.
pub fn denied(error: Option<&AwsError>) -> S3Error {
    match error {
        Some(error) => failure(error.http_status, &error.code, error.message.clone()),
        None => failure(403, "AccessDenied", "Access Denied".to_owned()),
    }
}

/// An error with a code that need not be one of s3s's.
pub fn failure(status: u16, code: &str, message: String) -> S3Error {
    let code = S3ErrorCode::from_bytes(code.as_bytes()).unwrap_or(S3ErrorCode::InternalError);
    let mut error = S3Error::with_message(code, message);
    error.set_status_code(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    error
}

// AWS: the one asks clients to come again, the other does not tell them what is wrong with us.
fn unavailable_words(why: &Unavailable) -> (u16, &'static str, &'static str) {
    if why.is_passing() {
        (503, "ServiceUnavailable", "Please reduce your request rate.")
    } else {
        (500, "InternalError", "We encountered an internal error. Please try again.")
    }
}

/// The body is not what it was said to be.
pub fn bad_body(fault: &Fault, id: &str) -> Response<Body> {
    let (status, code, message) = match fault {
        Fault::Checksum { name } => {
            let kind = name.trim_start_matches("x-amz-checksum-").to_uppercase();
            (400, "BadDigest", format!("The {kind} you specified did not match the calculated checksum."))
        }
        Fault::ChecksumForm { name } => (400, "InvalidRequest", format!("Value for {name} header is invalid.")),
        Fault::Md5 => (400, "BadDigest", "The Content-MD5 you specified did not match what we received.".to_owned()),
        Fault::Md5Form => (400, "InvalidDigest", "The Content-MD5 you specified was invalid.".to_owned()),
        Fault::Trailer { name } => {
            (400, "InvalidRequest", format!("The value specified in the x-amz-trailer header is not supported: {name}"))
        }
        Fault::Stalled => (
            400,
            "RequestTimeout",
            "Your socket connection to the server was not read from or written to within the timeout period. Idle \
             connections will be closed."
                .to_owned(),
        ),
        Fault::Payload(fault) => payload(fault),
    };
    error(status, code, &message, id)
}

fn payload(fault: &PayloadFault) -> (u16, &'static str, String) {
    let mismatch = "The request signature we calculated does not match the signature you provided. Check your key and \
                    signing method.";
    match fault {
        PayloadFault::HashNotGiven => {
            (400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256".to_owned())
        }
        PayloadFault::UnknownMode { .. } => (
            400,
            "InvalidArgument",
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 value."
                .to_owned(),
        ),
        PayloadFault::LengthNotGiven => {
            (411, "MissingContentLength", "You must provide the Content-Length HTTP header.".to_owned())
        }
        PayloadFault::ChunkMismatch | PayloadFault::TrailerMismatch | PayloadFault::NoSignature => {
            (403, "SignatureDoesNotMatch", mismatch.to_owned())
        }
        PayloadFault::ChunkTooSmall { .. } => (
            403,
            "InvalidChunkSizeError",
            "Only the last chunk is allowed to have a size less than 8192 bytes".to_owned(),
        ),
        PayloadFault::HashMismatch { .. } => (
            400,
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.".to_owned(),
        ),
        PayloadFault::BadTrailer
        | PayloadFault::TrailerMissing
        | PayloadFault::TrailerNotAnnounced { .. }
        | PayloadFault::BadAnnouncement => (
            400,
            "MalformedTrailerError",
            "The request contained trailing data that was not well-formed or did not conform to our published schema."
                .to_owned(),
        ),
        PayloadFault::BadLength { .. }
        | PayloadFault::BadChunk
        | PayloadFault::ChunkTooLarge { .. }
        | PayloadFault::WrongLength { .. }
        | PayloadFault::Incomplete
        | PayloadFault::AfterEnd => (
            400,
            "IncompleteBody",
            "The request body terminated unexpectedly".to_owned(),
        ),
    }
}

/// The document as the validator wrote it.
pub fn document(error: &AwsError) -> Response<Body> {
    respond(error.http_status, &error.content_type, error.body.clone().into_bytes())
}

/// The headers have more bytes than this.
pub fn too_many_headers(most: usize, id: &str) -> Response<Body> {
    let message = "Your request header section exceeds the maximum allowed size.";
    error_with(400, "RequestHeaderSectionTooLarge", message, &format!("<MaxSizeAllowed>{most}</MaxSizeAllowed>"), id)
}

fn error(status: u16, code: &str, message: &str, id: &str) -> Response<Body> {
    error_with(status, code, message, "", id)
}

fn error_with(status: u16, code: &str, message: &str, more: &str, id: &str) -> Response<Body> {
    let escaped = message.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{escaped}</Message>{more}<RequestId>{id}</RequestId></Error>"
    );
    respond(status, "application/xml", body.into_bytes())
}

fn respond(status: u16, content_type: &str, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::http_body(Full::new(Bytes::from(body))));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let content_type = HeaderValue::try_from(content_type).unwrap_or(HeaderValue::from_static("application/xml"));
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
