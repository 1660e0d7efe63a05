//! What AWS says to a request without a caller: its signature, its key or its session token is no good.

use std::fmt::Display;

use super::ApiError;
use crate::access::Rejection;
use crate::identities::NotThere;
use crate::ids::AccessKeyId;
use crate::sessions::Ended;
use crate::sigv4::{self, Form, Parameter, ScopeFaults};
use crate::wire::ErrorCode;

/// A request without a caller.
pub fn unauthenticated(rejection: &Rejection) -> ApiError {
    match rejection {
        Rejection::NotSigned => {
            ApiError::new(ErrorCode::MissingAuthenticationToken, "Request is missing Authentication Token")
        }
        Rejection::Signature(rejection) => {
            unsigned(rejection).noting(rejection.noted().and_then(|noted| unsigned(&noted).message))
        }
        Rejection::Expired { at } => expired_token(format!("the session ended at {}", at.iso())),
        Rejection::Ended(Ended::Expired) => expired_token("the session was told to count as expired"),
        Rejection::UnknownKey(id) => {
            invalid_token(format!("no access key {}, and no session token for it", AccessKeyId::shown(id)))
        }
        Rejection::InactiveKey(id) => invalid_token(format!("access key {id} is inactive")),
        Rejection::KeyUnknownInRegion(why) => invalid_token(not_there(why)),
        Rejection::TokenUnknownInRegion(why) => unknown_token(not_there(why)),
        Rejection::TokenFormatUnknownInRegion { region, version } => unknown_token(format!(
            "a {version:?} token, as the global endpoint issues them, is good only in regions that every account has, \
             and {} is none",
            region.name
        )),
        Rejection::Token(unopened) => invalid_token(format!("the session token does not open: {unopened:?}")),
        Rejection::Ended(ended) => invalid_token(format!("the session was ended early: {ended:?}")),
        Rejection::PrincipalGone => invalid_token("the user or role behind it no longer exists"),
        Rejection::NoSecondFactor => {
            unknown_token("IAM takes sessions of users only after a code of an MFA device, and none of federated users")
        }
        Rejection::TokenBesideLongTermKey => invalid_token("a session token came with a long-term access key"),
        Rejection::WellKnownKeyFromPage { header } => invalid_token(format!(
            "a demo key, which everybody knows, in a request that a web page may have sent: see its {header}; \
             use a key of your own, or start with --demo if it is a host name of yours"
        )),
    }
}

pub(super) fn expired_token(cause: impl Display) -> ApiError {
    ApiError::new(ErrorCode::ExpiredToken, "The security token included in the request is expired").because(cause)
}

fn invalid_token(cause: impl Display) -> ApiError {
    ApiError::new(ErrorCode::InvalidClientTokenId, "The security token included in the request is invalid.")
        .because(cause)
}

/// Why nobody knows an account somewhere, and what decides it here.
pub fn not_there(why: &NotThere) -> String {
    let NotThere { region, home } = why;
    if *home == region.partition {
        return format!("the account has not enabled {}: see optInRegions of the seed", region.name);
    }
    let foreign = region.partition;
    format!("the account is of the partition {home}, and {} of {foreign}, which knows none of it", region.name)
}

/// AWS: without a full stop where the token itself is no good (sts-s-pref-v1-optin, sts-s-region-caller-off).
fn unknown_token(cause: impl Display) -> ApiError {
    ApiError::new(ErrorCode::InvalidClientTokenId, "The security token included in the request is invalid")
        .because(cause)
}

fn unsigned(rejection: &sigv4::Rejection) -> ApiError {
    use sigv4::Rejection as Deed;
    let incomplete = |message: String| ApiError::new(ErrorCode::IncompleteSignature, message);
    let mismatch = |message: String| ApiError::new(ErrorCode::SignatureDoesNotMatch, message);
    match rejection {
        Deed::BothForms => mismatch(
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.".to_owned(),
        ),
        Deed::NotKeyValue { piece, header } => incomplete(format!(
            "'{piece}' not a valid key=value pair (missing equal-sign) in Authorization header: '{header}'."
        )),
        Deed::Repeated { parameter, .. } => {
            let name = parameter.map_or("Authorization", |parameter| parameter_name(parameter, Form::Header));
            incomplete(format!("'{name}' must not be repeated in the signature."))
        }
        Deed::MissingParameters { missing, form, header } => incomplete(missing_parameters(missing, *form, header)),
        Deed::BadDate { got } => incomplete(format!(
            "Date must be in ISO-8601 'basic format'. Got '{got}'. See http://en.wikipedia.org/wiki/ISO_8601"
        )),
        Deed::TooManySignedHeaders { count } => incomplete(format!("{count} signed headers are too many.")),
        Deed::BadSignedHeader { got } => incomplete(format!("'{got}' is not a header name in SignedHeaders.")),
        Deed::Expired { signed_at, now, window_seconds: window }
        | Deed::PresignExpired { signed_at, now, seconds: window } => mismatch(format!(
            "Signature expired: {} is now earlier than {} ({} - {})",
            signed_at.basic(),
            now.plus_seconds(-window).basic(),
            now.basic(),
            how_long(*window)
        )),
        Deed::NotYetCurrent { signed_at, now, window_seconds: window }
        | Deed::PresignNotYet { signed_at, now, window_seconds: window, .. } => mismatch(format!(
            "Signature not yet current: {} is still later than {} ({} + {})",
            signed_at.basic(),
            now.plus_seconds(*window).basic(),
            now.basic(),
            how_long(*window)
        )),
        Deed::PresignTooLong { got } | Deed::BadExpires { got } => {
            incomplete(format!("'{got}' is no lifetime that 'X-Amz-Expires' may ask for."))
        }
        Deed::HostNotSigned => {
            mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".to_owned())
        }
        Deed::UnsupportedAlgorithm { got, .. } => incomplete(format!("Unsupported AWS 'algorithm': '{got}'.")),
        Deed::CredentialShape { got } => incomplete(format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{got}'"
        )),
        Deed::StringToSignShape => incomplete("The string to sign must have exactly 4 lines.".to_owned()),
        Deed::WrongScope(faults) => mismatch(wrong_scope(faults)),
        Deed::Mismatch(explanation) => mismatch(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details."
                .to_owned(),
        )
        .because(format!(
            "computed for this canonical request:\n{:.4000}\nand this string to sign:\n{}",
            explanation.canonical_request, explanation.string_to_sign
        )),
    }
}

/// AWS: `15 min.`; of a presigned request that says so itself perhaps no whole minutes.
fn how_long(seconds: i64) -> String {
    if seconds % 60 == 0 { format!("{} min.", seconds / 60) } else { format!("{seconds} sec.") }
}

/// Each wrong part has a sentence; AWS joins them, and the blanks at their ends are AWS's.
fn wrong_scope(faults: &ScopeFaults) -> String {
    let region = faults.region.as_ref().map(|_| "Credential should be scoped to a valid region. ".to_owned());
    let service = faults
        .service
        .as_ref()
        .map(|service| format!("Credential should be scoped to correct service: '{}'. ", service.want));
    let terminator = faults
        .terminator
        .as_ref()
        .map(|_| "Credential should be scoped with a valid terminator: 'aws4_request'".to_owned());
    let date = faults.date.as_ref().map(|date| {
        let (day, instant) = (date.signed_at.basic_date(), date.signed_at.basic());
        format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
             '{}' != '{day}', from '{instant}'.",
            date.got
        )
    });
    [region, service, terminator, date].into_iter().flatten().collect()
}

fn missing_parameters(missing: &[Parameter], form: Form, header: &str) -> String {
    let sentences: Vec<String> = missing
        .iter()
        .map(|parameter| match (form, parameter) {
            (Form::Header, Parameter::Date) => {
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.".to_owned()
            }
            (Form::Header, parameter) => {
                format!("Authorization header requires '{}' parameter.", parameter_name(*parameter, form))
            }
            (Form::Query, parameter) => {
                format!("AWS query-string parameters must include '{}'.", parameter_name(*parameter, form))
            }
        })
        .collect();
    match form {
        Form::Header => format!("{} Authorization={header}", sentences.join(" ")),
        Form::Query => format!("{} Re-examine the query-string parameters.", sentences.join(" ")),
    }
}

fn parameter_name(parameter: Parameter, form: Form) -> &'static str {
    match (parameter, form) {
        (Parameter::Algorithm, _) => "X-Amz-Algorithm",
        (Parameter::Credential, Form::Header) => "Credential",
        (Parameter::Credential, Form::Query) => "X-Amz-Credential",
        (Parameter::Signature, Form::Header) => "Signature",
        (Parameter::Signature, Form::Query) => "X-Amz-Signature",
        (Parameter::SignedHeaders, Form::Header) => "SignedHeaders",
        (Parameter::SignedHeaders, Form::Query) => "X-Amz-SignedHeaders",
        (Parameter::Date, _) => "X-Amz-Date",
        (Parameter::Expires, _) => "X-Amz-Expires",
        (Parameter::SecurityToken, _) => "X-Amz-Security-Token",
    }
}
