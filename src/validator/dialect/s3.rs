//! S3's words, with what it tells beside its text.
//!
//! AWS: rows s3-* of the measured behaviour; where they are silent, what gateways that follow S3 closely say.

use super::super::refusal::{Shown, foreign};
use crate::access::{Rejection, Unproved};
use crate::hex;
use crate::sessions::Unopened;
use crate::sigv4::{self, Form, Parameter, ScopeFaults};
use crate::time::Timestamp;

/// An error of S3.
pub(super) struct Words {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) details: Vec<(&'static str, String)>,
}

impl Words {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.details.push((name, value.into()));
        self
    }
}

/// Nobody is known to have signed.
pub(super) fn unproved(why: &Unproved, shown: &Shown) -> Words {
    match why {
        Unproved::Access(Rejection::NotSigned) => Words::new(403, "AccessDenied", "Access Denied"),
        Unproved::Access(Rejection::Signature(rejection)) => signature(rejection, shown),
        Unproved::Access(rejection) if rejection.is_expiry() => {
            let token = shown.token.clone().unwrap_or_default();
            Words::new(400, "ExpiredToken", "The provided token has expired.").with("Token-0", token)
        }
        Unproved::Access(Rejection::Token(Unopened::Foreign)) if !shown.has_two_tokens() => invalid_token(shown),
        Unproved::Access(
            Rejection::TokenBesideLongTermKey
            | Rejection::TokenUnknownInRegion(_)
            | Rejection::TokenFormatUnknownInRegion { .. },
        ) => invalid_token(shown),
        Unproved::Access(_) => {
            let text = "The AWS Access Key Id you provided does not exist in our records.";
            Words::new(403, "InvalidAccessKeyId", text)
                .with("AWSAccessKeyId", shown.access_key_id.clone().unwrap_or_default())
        }
        Unproved::OtherScheme(scheme) if scheme.starts_with("AWS") => other_mechanism(),
        Unproved::OtherScheme(_) => {
            Words::new(400, "InvalidArgument", "Unsupported Authorization Type").with("ArgumentName", "Authorization")
        }
        Unproved::UnsignedHeaders(names) => not_signed(&names.join(", ")),
        Unproved::BadPayloadHash(text) => Words::new(
            400,
            "InvalidArgument",
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, or a valid sha256 value.",
        )
        .with("ArgumentName", "x-amz-content-sha256")
        .with("ArgumentValue", text),
        Unproved::PayloadHashRequired => {
            Words::new(400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
        }
        Unproved::PayloadMismatch { signed, got } => {
            let text = "The provided 'x-amz-content-sha256' header does not match what was computed.";
            Words::new(400, "XAmzContentSHA256Mismatch", text)
                .with("ClientComputedContentSHA256", signed)
                .with("S3ComputedContentSHA256", hex::text(got))
        }
        Unproved::HostNotInAudience(_) => Words::new(403, "AccessDenied", foreign(why)),
    }
}

fn invalid_token(shown: &Shown) -> Words {
    let text = "The provided token is malformed or otherwise invalid.";
    Words::new(400, "InvalidToken", text).with("Token-0", shown.token.clone().unwrap_or_default())
}

fn other_mechanism() -> Words {
    let text = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";
    Words::new(400, "InvalidRequest", text)
}

fn not_signed(names: &str) -> Words {
    let text = "There were headers present in the request which were not signed";
    Words::new(403, "AccessDenied", text).with("HeadersNotSigned", names)
}

fn signature(rejection: &sigv4::Rejection, shown: &Shown) -> Words {
    use sigv4::Rejection as Deed;
    match rejection {
        Deed::BothForms => {
            let text = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query \
                        string parameter or the Authorization header should be specified";
            Words::new(400, "InvalidArgument", text).with("ArgumentName", "Authorization")
        }
        Deed::MissingParameters { missing, form: Form::Header, .. } if missing.as_slice() == [Parameter::Date] => {
            Words::new(403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")
        }
        Deed::MissingParameters { form: Form::Query, .. } | Deed::Repeated { form: Form::Query, .. } => query(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, \
             X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        ),
        Deed::NotKeyValue { .. } | Deed::Repeated { .. } | Deed::MissingParameters { .. } => malformed(
            shown,
            "the authorization header requires three components: Credential, SignedHeaders, and Signature.",
        ),
        Deed::BadDate { .. } if shown.presigned => {
            query("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
        }
        Deed::BadDate { .. } => {
            Words::new(403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")
        }
        Deed::TooManySignedHeaders { .. } | Deed::BadSignedHeader { .. } => {
            malformed(shown, "the SignedHeaders are mal-formed.")
        }
        Deed::Expired { signed_at, now, window_seconds } | Deed::NotYetCurrent { signed_at, now, window_seconds } => {
            skewed(*signed_at, *now, *window_seconds)
        }
        Deed::PresignExpired { signed_at, seconds, now } => Words::new(403, "AccessDenied", "Request has expired")
            .with("X-Amz-Expires", seconds.to_string())
            .with("Expires", signed_at.plus_seconds(*seconds).iso().to_string())
            .with("ServerTime", now.iso().to_string()),
        Deed::PresignNotYet { signed_at, seconds, now, .. } => {
            Words::new(403, "AccessDenied", "Request is not yet valid")
                .with("X-Amz-Date", signed_at.millis().to_string())
                .with("Expires", signed_at.plus_seconds(*seconds).iso().to_string())
                .with("ServerTime", now.iso().to_string())
        }
        Deed::PresignTooLong { .. } => query(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than \
             604800 seconds",
        ),
        Deed::BadExpires { got } if got.parse::<i64>().is_ok() => query("X-Amz-Expires must be non-negative"),
        Deed::BadExpires { .. } => query("X-Amz-Expires should be a number"),
        Deed::HostNotSigned => not_signed("host"),
        Deed::UnsupportedAlgorithm { form: Form::Query, .. } => {
            query("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"")
        }
        Deed::UnsupportedAlgorithm { .. } => other_mechanism(),
        Deed::CredentialShape { .. } | Deed::StringToSignShape => malformed(
            shown,
            "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
        ),
        Deed::WrongScope(faults) => wrong_scope(faults, shown),
        Deed::Mismatch(explanation) => mismatch(explanation, shown),
    }
}

fn skewed(signed_at: Timestamp, now: Timestamp, window_seconds: i64) -> Words {
    let text = "The difference between the request time and the current time is too large.";
    Words::new(403, "RequestTimeTooSkewed", text)
        .with("RequestTime", signed_at.basic().to_string())
        .with("ServerTime", now.iso().to_string())
        .with("MaxAllowedSkewMilliseconds", (window_seconds * 1000).to_string())
}

fn query(text: &str) -> Words {
    Words::new(400, "AuthorizationQueryParametersError", text)
}

/// AWS: the same fault has another code and another first half in a presigned request.
fn malformed(shown: &Shown, text: &str) -> Words {
    if shown.presigned {
        query(&format!("Error parsing the X-Amz-Credential parameter; {text}"))
    } else {
        let text = format!("The authorization header is malformed; {text}");
        Words::new(400, "AuthorizationHeaderMalformed", text)
    }
}

/// AWS: if the region is wrong nothing else is told.
fn wrong_scope(faults: &ScopeFaults, shown: &Shown) -> Words {
    if let Some(got) = &faults.region {
        let want = shown.regions.first().map_or("us-east-1", String::as_str);
        let words = malformed(shown, &format!("the region '{got}' is wrong; expecting '{want}'"));
        return words.with("Region", want);
    }
    if let Some(service) = &faults.service {
        let text = format!("incorrect service \"{}\". This endpoint belongs to \"{}\".", service.got, service.want);
        return malformed(shown, &text);
    }
    if let Some(got) = &faults.terminator {
        return malformed(shown, &format!("incorrect terminal \"{got}\". This endpoint uses \"aws4_request\"."));
    }
    let (got, signed) = faults
        .date
        .as_ref()
        .map(|date| (date.got.to_string(), date.signed_at.basic_date().to_string()))
        .unwrap_or_default();
    let text = format!("Invalid credential date \"{got}\". This date is not the same as X-Amz-Date: \"{signed}\".");
    malformed(shown, &text)
}

fn mismatch(explanation: &sigv4::Explanation, shown: &Shown) -> Words {
    let text = "The request signature we calculated does not match the signature you provided. Check your key and \
                signing method.";
    let words = Words::new(403, "SignatureDoesNotMatch", text)
        .with("AWSAccessKeyId", shown.access_key_id.clone().unwrap_or_default())
        .with("StringToSign", &explanation.string_to_sign)
        .with("SignatureProvided", shown.signature.clone().unwrap_or_default())
        .with("StringToSignBytes", spaced_hex(&explanation.string_to_sign));
    if explanation.canonical_request.is_empty() {
        return words;
    }
    words
        .with("CanonicalRequest", &explanation.canonical_request)
        .with("CanonicalRequestBytes", spaced_hex(&explanation.canonical_request))
}

/// AWS: two digits for each byte, with blanks between.
fn spaced_hex(text: &str) -> String {
    let bytes: Vec<String> = text.bytes().map(|byte| hex::text(&[byte])).collect();
    bytes.join(" ")
}
