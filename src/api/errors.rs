//! The phrasebook: every deed of a peer in AWS's words. No file but this and its pages has AWS's sentences.
//!
//! The wire says no more than AWS does; `cause` is for the log.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>

/// Sentences of AWS's, each behind its code: `name(what: &str) Code "There is no {what}.";` gives a constructor of that
/// name. `because` tells the log what the sentence does not.
macro_rules! phrases {
    ($(
        $(#[$doc:meta])*
        $name:ident($($given:ident: $kind:ty),*) $code:ident $text:literal $(because $cause:expr)?;
    )*) => {
        impl ApiError {
            $($(#[$doc])*
            pub fn $name($($given: $kind),*) -> Self {
                Self::new(ErrorCode::$code, format_args!($text).to_string())$(.because($cause))?
            })*
        }
    };
}

mod authentication;
mod federation;
mod iam;
mod organizations;
pub mod presets;
mod proofs;
mod simulation;

use std::fmt::Display;

pub use authentication::{not_there, unauthenticated};
pub use federation::{bad_assertion, bad_web_identity_token, no_key_set, unmet_demands, unmet_saml_demands};
pub use iam::{malformed_policy, unreadable_to_iam};
pub use proofs::Weakness;

use super::members::{Fault, Unreadable};
use super::world::ChangeError;
use crate::access::{Denial, Question};
use crate::federation::saml;
use crate::identities::{CodeRejection, IdentityError};
use crate::ids::OrganizationFeature;
use crate::json::{Expected, NotJson};
use crate::policy::decision::Layer;
use crate::policy::problem::{ParseError, Problem};
use crate::secret::MASKED;
use crate::sessions::{EncodedMessage, Undecoded};
use crate::shape::{Constraints, Measure, Violation, integer::Malformed};
use crate::wire::ErrorCode;

/// A refusal as AWS words it, and why in our own.
#[derive(Clone, Debug)]
pub struct ApiError {
    /// Its code.
    pub code: ErrorCode,
    /// Its text; AWS has none for some.
    pub message: Option<String>,
    /// The text for log and journal, where it repeats what is named nowhere: people put secrets anywhere.
    noted: Option<String>,
    /// What really happened: for the log, never for the wire.
    pub cause: Option<String>,
    /// The cause for those who may decode it: for the log as well.
    pub encoded_message: Option<EncodedMessage>,
    /// The code by which a service behind this one refused, if the text is that service's.
    relayed: Option<&'static str>,
}

impl ApiError {
    fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: Some(message.into()), noted: None, cause: None, encoded_message: None, relayed: None }
    }

    fn noting(self, noted: Option<String>) -> Self {
        Self { noted, ..self }
    }

    /// The text as those may read it who only look on.
    pub fn noted(&self) -> Option<&str> {
        self.noted.as_deref().or(self.message.as_deref())
    }

    fn because(self, cause: impl Display) -> Self {
        Self { cause: Some(cause.to_string()), ..self }
    }

    /// No operation of this name in this version.
    pub fn unknown_operation(action: &str, version: Option<&str>, cause: Option<String>) -> Self {
        let version = version.unwrap_or("NO_VERSION_SPECIFIED");
        let text = |action: &str, version: &str| format!("Could not find operation {action} for version {version}");
        let is_version = version.len() == 10 && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        // Whoever asks what is not served wants to know, and a secret has digits and signs amid its letters.
        let letters = action.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let is_action = action.len() <= 64
            && action.starts_with(|first: char| first.is_ascii_uppercase())
            && letters.bytes().all(|byte| byte.is_ascii_alphabetic());
        let shown = |text, is_known| if is_known { text } else { MASKED };
        let noted = text(shown(action, is_action), shown(version, is_version));
        Self { cause, ..Self::new(ErrorCode::InvalidAction, text(action, version)) }.noting(Some(noted))
    }

    /// A question was answered with no.
    pub fn denied(caller_arn: &str, question: &Question, denial: &Denial) -> Self {
        let Question { action, resource, called, .. } = question;
        // AWS: who tells why does not name a resource that is nothing in particular (dam-denied).
        let on = if resource == "*" && tells_why(action) && !action.starts_with("iam:") {
            String::new()
        } else {
            format!(" on resource: {}", called.as_ref().unwrap_or(resource))
        };
        let message = format!("User: {caller_arn} is not authorized to perform: {action}{on}{}", why(action, denial));
        Self::new(ErrorCode::AccessDenied, message).because(&denial.reason)
    }

    /// The same with its reasons sealed.
    pub fn with(self, encoded_message: Option<EncodedMessage>) -> Self {
        Self { encoded_message, ..self }
    }

    /// As `denied`, for credentials with which nobody may do this.
    pub fn not_for_sessions(caller_arn: &str, action: &str, resource: &str) -> Self {
        Self::denied_unknown(caller_arn, action, resource, "no credentials of this kind may do this")
    }

    /// More than the session token has room for.
    pub fn too_large(percent: i64, only_tags: bool) -> Self {
        let text = if only_tags {
            format!("Packed size of session tags consumes {percent}% of allotted space.")
        } else {
            format!("Packed policy consumes {percent}% of allotted space, please use smaller policy.")
        };
        Self::new(ErrorCode::PackedPolicyTooLarge, text)
    }

    /// A session policy that is none.
    pub fn malformed_session_policy(error: &ParseError) -> Self {
        Self::new(ErrorCode::MalformedPolicyDocument, session_policy_text(error)).because(error)
    }

    /// What a task needs is not switched on for the caller's organization.
    pub fn feature_is_off(feature: OrganizationFeature) -> Self {
        let name = match feature {
            OrganizationFeature::RootCredentialsManagement => "Root credentials management",
            OrganizationFeature::RootSessions => "Root sessions",
        };
        Self::new(ErrorCode::AccessDenied, format!("{name} feature is not enabled for your AWS Organization."))
    }

    /// A code of an MFA device that proves nothing. AWS: the blanks are AWS's (sts-s-mfa-invalid, sts-s-mfa-budget).
    pub fn second_factor(rejection: CodeRejection) -> Self {
        let unable = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial \
                      number is valid and associated with this user.";
        let invalid = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
        let (text, cause) = match rejection {
            CodeRejection::NotTheirDevice => (unable, "no MFA device of this serial number is enabled for the caller"),
            CodeRejection::Exhausted => (unable, "nine codes of the device were verified within these three minutes"),
            CodeRejection::Wrong => (invalid, "the code is none of those that count by the service's clock"),
            CodeRejection::Used => (invalid, "the code was used before"),
        };
        Self::new(ErrorCode::AccessDenied, text).because(cause)
    }
}

phrases! {
    /// Something broke here: the caller learns nothing of it.
    internal(source: impl Display) InternalFailure
        "The request processing has failed because of an unknown error, exception or failure."
        because source;
    /// Too many at once.
    throttled(cause: impl Display) Throttling "Rate exceeded" because cause;
    /// As `denied`, for a resource that does not exist, or not where it was asked for: nobody can tell the difference.
    // AWS: for AssumeRole no reason is given, whichever side refused (ar-denied).
    denied_unknown(caller_arn: &str, action: &str, resource: &str, cause: impl Display) AccessDenied
        "User: {caller_arn} is not authorized to perform: {action} on resource: {resource}"
        because cause;
    /// More claims than a token holds.
    too_many_claims(bytes: usize) JWTPayloadSizeExceededException "JWT payload exceeds maximum allowed size"
        because format_args!("the claims have {bytes} bytes");
    /// A message that tells the caller nothing.
    invalid_authorization_message(why: Undecoded) InvalidAuthorizationMessageException "Message is not valid"
        because format_args!("{why:?}");
    /// An escape of the form that is none.
    malformed_form() MalformedQueryString "The query string contains a syntax error";
    /// A parameter that AWS has and this version cannot serve.
    unserved_parameter(operation: &str, parameter: &str) NotImplemented
        "local-sts does not serve {parameter} of {operation} yet";
    /// An operation that regional endpoints have and the global one does not.
    unknown_operation_at_global_endpoint() InvalidAction "Unknown Operation"
        because "the global endpoint does not have it";
    /// Credentials of a session, where only long-term ones will do.
    session_credentials(operation: &str) AccessDenied "Cannot call {operation} with session credentials";
    /// An operation that the endpoint without a region does not offer.
    not_at_global_endpoint() InvalidAction "Operation not supported on STS global endpoint";
    /// An algorithm by which no account signs.
    unsupported_signing_algorithm() ValidationError
        "Requested SigningAlgorithm is not supported. See the GetWebIdentityToken documentation for supported \
         algorithms";
    /// A federated user asked its account to vouch for it.
    no_token_for_federated_users() AccessDenied "GetWebIdentityToken does not support federated user sessions";
    /// A token that would be good when its bearer's session is over.
    token_outlives_session() SessionDurationEscalationException
        "Requested token expiry time must be before the original session's expiry time.";
    /// An account that vouches for nobody.
    outbound_federation_disabled() OutboundWebIdentityFederationDisabledException
        "OutboundWebIdentityFederation is disabled.";
    /// Two tags of one key.
    repeated_tag_keys() InvalidParameterValue
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
    /// A key that shall be inherited and is not among the tags.
    transitive_key_without_tag() InvalidParameterValue
        "The specified transitive tag key must be included in the requested tags.";
    /// A tag that the calling session hands down already.
    tag_is_inherited() InvalidParameterValue
        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from \
         the calling session.";
    /// A provided context that nobody vouches for.
    no_context_assertion() ValidationError "Request must contain a valid context assertion"
        because "there is no IAM Identity Center here that could have made one";
    /// Another source identity than the one that the caller's session has.
    source_identity_is_set() ValidationError "The source identity is already set for this assume role session";
    /// A managed policy that does not exist, as a session policy.
    no_such_session_policy(arn: &str) ValidationError "Policy {arn} does not exist or is not attachable.";
    /// The account that credentials are asked of has deactivated STS in this region.
    sts_deactivated(account: impl Display) RegionDisabledException
        "STS is not activated in this region for account:{account}. Your account administrator can activate STS in \
         this region using the IAM Console."
        because "see stsDeactivatedRegions of the seed";
    /// A target of `AssumeRoot` that is neither an account nor its root user.
    no_target_principal() ValidationError "Request must contain a valid target principal";
    /// A policy that is none of those for `AssumeRoot`.
    no_task_policy() ValidationError "Request must contain valid AWS managed task policy ARN";
    /// IAM may not act in the accounts of the caller's organization.
    iam_has_no_trusted_access() AccessDenied "Service not enabled for AWS Organizations.";
    /// An access key id that says nothing of its account.
    no_account_in_key_id() ValidationError "Invalid access key id";
    /// A serial number without a code, or the other way round.
    half_second_factor() AccessDenied
        "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.";
    /// The root user called `AssumeRole`.
    root_may_not_assume() AccessDenied "Roles may not be assumed by root accounts.";
    /// A `RoleArn` that is a text but no ARN.
    not_an_arn(text: &str) ValidationError "{text} is invalid";
    /// An ARN of something else than a role.
    not_a_role_arn() ValidationError "Request ARN is invalid";
    /// Longer than the role allows.
    over_role_maximum() ValidationError
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    /// Longer than an hour, by somebody who is in a session already.
    over_chaining_maximum() ValidationError
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
}

/// Whether refusals of this action say which kind of policy refused: most of STS does not.
fn tells_why(action: &str) -> bool {
    action.starts_with("iam:")
        || matches!(
            action,
            "sts:DecodeAuthorizationMessage"
                | "sts:GetAccessKeyInfo"
                | "sts:GetWebIdentityToken"
                | "sts:TagGetWebIdentityToken"
        )
}

/// The end of a refusal that was `denied` by a policy, or by none that allows; for what tells it.
fn why(action: &str, denial: &Denial) -> String {
    let Some(layer) = denial.layer else { return String::new() };
    // AWS: policies that have an ARN are named (sts-s-rcp-deny, B-771).
    let policy = denial.policy.as_deref().filter(|name| name.starts_with("arn:"));
    let tells = match layer {
        // AWS: this one is told for AssumeRole, too, and explicit ones here (gft-denied-explicit).
        Layer::ResourceControl if denial.explicit && policy.is_some() => true,
        _ => tells_why(action) || (denial.explicit && action == "sts:GetFederationToken"),
    };
    if tells { because_of(action, layer, denial.explicit, policy) } else { String::new() }
}

/// The end of a refusal: what kind of policy denies the action, by name if it has one, or is there without allowing it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
pub fn because_of(action: &str, layer: Layer, explicit: bool, policy: Option<&str>) -> String {
    let (article, kind) = match layer {
        Layer::ServiceControl => ("a", "service control policy"),
        Layer::ResourceControl => ("a", "resource control policy"),
        Layer::Resource => ("a", "resource-based policy"),
        Layer::Identity => ("an", "identity-based policy"),
        Layer::Boundary => ("a", "permissions boundary"),
        Layer::Session => ("a", "session policy"),
    };
    if !explicit {
        return format!(" because no {kind} allows the {action} action");
    }
    let named = policy.map(|policy| format!(": {policy}")).unwrap_or_default();
    format!(" with an explicit deny in {article} {kind}{named}")
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Refused(error) => *error,
            ChangeError::Contended | ChangeError::Identity(IdentityError::TooManyAssertions) => Self::throttled(error),
            ChangeError::Identity(IdentityError::AssertionUsed) => bad_assertion(&saml::Rejection::Used),
            error => Self::internal(error),
        }
    }
}

/// AWS: of a text that is no JSON the raw message of its parser (ar-policy-not-json).
fn session_policy_text(error: &ParseError) -> String {
    let Problem::NotJson(NotJson { expected, found, position }) = &error.problem else {
        return "Syntax errors in policy.".to_owned();
    };
    let found = found.map_or_else(
        || "Unexpected end-of-input".to_owned(),
        |found| format!("Unexpected character ('{found}' (code {}))", u32::from(found)),
    );
    let wanted = match expected {
        Expected::Value => "expected a valid value (number, String, array, object, 'true', 'false' or 'null')",
        Expected::Key => "was expecting double-quote to start field name",
        Expected::Colon => "was expecting a colon to separate field name and value",
        Expected::CommaInObject => "was expecting comma to separate OBJECT entries",
        Expected::CommaInArray => "was expecting comma to separate ARRAY entries",
        _ => return "The policy is not in the valid JSON format.".to_owned(),
    };
    // Java has read the character that it complains of, and counts it.
    let (line, column) = (position.line, position.column + 1);
    format!("{found}: {wanted}\n at [Source: java.io.StringReader@0; line: {line}, column: {column}]")
}

/// Parameters that cannot be read.
pub fn unreadable(reason: &Unreadable) -> ApiError {
    match reason {
        Unreadable::Malformed(malformed) => {
            let message = malformed_text(malformed);
            ApiError { message, ..ApiError::new(ErrorCode::MalformedInput, "") }.because(format!("{malformed:?}"))
        }
        Unreadable::Faults(faults) => {
            let (count, plural) = (faults.len(), if faults.len() == 1 { "" } else { "s" });
            let clauses: Vec<String> = faults.iter().map(clause).collect();
            let message = format!("{count} validation error{plural} detected: {}", clauses.join("; "));
            ApiError::invalid(message)
        }
    }
}

/// AWS: a number that is none gets no text at all (ar-duration-text).
fn malformed_text(malformed: &Malformed) -> Option<String> {
    match malformed {
        Malformed::Empty => Some("missing value for decimal type".to_owned()),
        Malformed::NotANumber => None,
        Malformed::NotAnIndex(index) => Some(format!("{index} is not a valid index")),
        Malformed::NegativeIndex(index) => Some(format!("Key {index} may not have a leading '-'")),
        Malformed::SkipsEntries(skipped) => {
            Some(format!("Excessively sparse input would skip {skipped} list elements"))
        }
        Malformed::IndicesBackToBack => Some("Two index elements may not occur back to back".to_owned()),
        Malformed::ListStart => Some("Start of list found where not expected".to_owned()),
    }
}

/// AWS: the greatest length first (sts-s-gwit-audience-length).
fn entries_must(constraints: &Constraints) -> String {
    let Constraints { min, max, pattern, .. } = constraints;
    if let Measure::Words(words) = constraints.measure {
        return format!("Member must satisfy enum value set: [{}]", words.join(", "));
    }
    let lengths = format!(
        "Member must have length less than or equal to {max}, Member must have length greater than or equal to {min}"
    );
    match pattern {
        Some(pattern) => format!("{lengths}, Member must satisfy regular expression pattern: {pattern}"),
        None => lengths,
    }
}

fn clause(fault: &Fault) -> String {
    let value = match (&fault.value, fault.violation) {
        (Some(value), _) => format!(" '{value}'"),
        (None, Violation::Null) => " null".to_owned(),
        (None, _) => String::new(),
    };
    let must = match fault.violation {
        Violation::Null => "not be null".to_owned(),
        Violation::Pattern(pattern) => format!("satisfy regular expression pattern: {pattern}"),
        Violation::TooShort(least) => format!("have length greater than or equal to {least}"),
        Violation::TooLong(most) => format!("have length less than or equal to {most}"),
        Violation::TooSmall(least) => format!("have value greater than or equal to {least}"),
        Violation::TooLarge(most) => format!("have value less than or equal to {most}"),
        Violation::Word(words) => format!("satisfy enum value set: [{}]", words.join(", ")),
        Violation::Entries(constraints) => format!("satisfy constraint: [{}]", entries_must(&constraints)),
    };
    format!("Value{value} at '{}' failed to satisfy constraint: Member must {must}", fault.member)
}
