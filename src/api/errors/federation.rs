//! The phrasebook's pages on those who bear tokens of somebody else.
//!
//! AWS: federation A8, and where it stands beside the case in A3 to A6.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html#API_AssumeRoleWithWebIdentity_Errors>

use std::fmt::Display;

use super::ApiError;
use crate::federation::oidc::Rejection;
use crate::federation::oidc::session::Unmet;
use crate::federation::saml;
use crate::key_sets::NoKeySet;
use crate::wire::ErrorCode;

impl ApiError {
    /// A question about the bearer of a proof was answered with no: AWS tells nobody which.
    pub fn bearer_denied(operation: &str, cause: impl Display) -> Self {
        Self::new(ErrorCode::AccessDenied, format!("Not authorized to perform sts:{operation}")).because(cause)
    }

    /// Nobody in the role's account knows the issuer of the token.
    pub fn no_oidc_provider(iss: &str) -> Self {
        invalid(format!("No OpenIDConnect provider found in your account for {iss}"))
    }

    /// An OAuth provider is named for a token that is none of its kind.
    pub fn not_that_providers(provider_id: &str) -> Self {
        match provider_id {
            "www.amazon.com" => invalid("Provided Token is not a Login With Amazon token"),
            "graph.facebook.com" => Self::new(
                ErrorCode::IDPRejectedClaim,
                "graph.facebook.com rejected OAuth token with response \"Bad signature\" and code 190",
            ),
            _ => Self::new(
                ErrorCode::AccessDenied,
                "Unrecognized OAuth provider. Do not include a provider parameter when submitting OpenIDConnect ID tokens",
            ),
        }
        .because("tokens of OAuth 2.0 cannot be verified here")
    }

    /// A source identity of a token that no session can have.
    pub fn bad_source_identity() -> Self {
        invalid("Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with \"aws:\"")
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(ErrorCode::InvalidIdentityToken, message)
}

fn expired(message: String) -> ApiError {
    ApiError::new(ErrorCode::ExpiredTokenException, message)
}

/// AWS: the two blanks are AWS's (wi-jwks).
fn no_verification_key() -> ApiError {
    invalid(
        "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity \
         documentation for requirements",
    )
}

/// A token that does not hold.
pub fn bad_web_identity_token(rejection: &Rejection) -> ApiError {
    let error = match rejection {
        Rejection::NotAJwt(_) => {
            invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
        }
        Rejection::MissingClaim(name) => invalid(format!("Missing a required claim: {name}")),
        Rejection::NoAudience => invalid("Claim is not allowed to be empty: aud"),
        // AWS does not know itself what to make of it (measured).
        Rejection::NullSubject => {
            ApiError::new(ErrorCode::InternalFailure, "Unknown error validating third-party token")
        }
        Rejection::NoKey(_) => no_verification_key(),
        Rejection::BadSignature | Rejection::WrongAudience(_) => invalid(
            "The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for \
             requirements.",
        ),
        Rejection::BadTimestamp(_) => invalid("Invalid timestamp in token claims."),
        Rejection::Expired { now, expires } => {
            expired(format!("Token expired: current date/time {now} must be before the expiration date/time {expires}"))
        }
        Rejection::NotYetValid { now, not_before } => invalid(format!(
            "Token not yet valid: current date/time {now} must be after or equal to the not-before date/time {not_before}"
        )),
        Rejection::FromTheFuture { issued } => invalid(format!("Token issued in the future: {issued}")),
        Rejection::TooOld { age } => expired(format!("Token too old: {age}")),
        Rejection::ManyAudiences => {
            invalid("Token audience contains more than one audience while authorized party is not present")
        }
    };
    error.because(format!("the token does not hold: {rejection}"))
}

/// An issuer whose keys are not there.
pub fn no_key_set(why: &NoKeySet) -> ApiError {
    let error = if why.is_unknown_certificate() {
        invalid("OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint")
    } else {
        no_verification_key()
    };
    error.because(why)
}

/// Demands of a token that cannot be met.
pub fn unmet_demands(unmet: Unmet) -> ApiError {
    match unmet {
        Unmet::SourceIdentity => ApiError::bad_source_identity(),
        Unmet::Tags => invalid("Session tags passed in claim are not in correct format."),
        Unmet::PrincipalTags => invalid("principal_tags passed in claim is not in correct format."),
        Unmet::Roles => invalid("The roles claim is not in a supported format"),
        Unmet::NoRoles => invalid("The roles claim contains no valid role ARNs"),
        Unmet::OtherRoles => invalid("The target role ARN is not present in the roles claim of the identity token"),
    }
}

/// What the text of a service behind this one ends in. AWS: the service is called so for assertions, too.
const INNER: &str = "AWSOpenIdDiscoveryService";
const BAD_RESPONSE: &str = "AuthSamlInvalidSamlResponseException";
const NO_MANIFEST: &str = "AuthSamlManifestNotFoundException";

impl ApiError {
    /// Nobody registered this SAML provider.
    pub fn no_saml_provider(arn: &str) -> Self {
        invalid("Specified provider doesn't exist").relaying(NO_MANIFEST).because(format!("there is no {arn}"))
    }

    /// The same text, once it is known as what the request is answered. AWS: the inner service has ids of its own
    /// (B-286).
    pub(in crate::api) fn relayed_as(self, request_id: &str) -> Self {
        let Some(code) = self.relayed else { return self };
        let tail =
            format!(" (Service: {INNER}; Status Code: 400; Error Code: {code}; Request ID: {request_id}; Proxy: null)");
        Self { message: self.message.clone().map(|text| text + &tail), relayed: None, ..self }
    }

    fn relaying(self, code: &'static str) -> Self {
        Self { relayed: Some(code), ..self }
    }
}

/// A Response that nobody can make sense of.
fn unreadable_response() -> ApiError {
    invalid("Invalid base64 SAMLResponse").relaying(BAD_RESPONSE)
}

/// An assertion that does not hold. AWS: federation C5; what nobody saw is B-282, B-285 and B-348.
pub fn bad_assertion(rejection: &saml::Rejection) -> ApiError {
    use saml::{Hole, Rejection};
    let error = match rejection {
        // What there must be is an assertion, before it is one that is signed (B-767).
        Rejection::Unsigned | Rejection::NotAResponse(Hole::NoAssertion) => {
            invalid("Response (with optional signature) must contain an assertion with a mandatory signature")
                .relaying(BAD_RESPONSE)
        }
        Rejection::NotAResponse(_) => unreadable_response(),
        Rejection::UnknownIssuer(_) => invalid("Issuer not present in specified provider").relaying(BAD_RESPONSE),
        Rejection::BadSignature(_) => invalid("Response signature invalid"),
        Rejection::NoSubject => ApiError::bearer_denied("AssumeRoleWithSAML", ""),
        Rejection::Expired { .. } => expired("Response has expired".to_owned()),
        Rejection::Stale { .. } | Rejection::FromTheFuture { .. } => {
            expired("Token must be redeemed within 5 minutes of issuance".to_owned())
        }
        Rejection::WrongAudience(_) | Rejection::WrongRecipient(_) => {
            invalid("Response does not contain the required audience.")
        }
        Rejection::NotYetValid { .. } => invalid("Response is not yet valid"),
        Rejection::Used => invalid("Response has already been used"),
    };
    error.because(format!("the assertion does not hold: {rejection}"))
}

/// Demands of an assertion that cannot be met.
pub fn unmet_saml_demands(unmet: saml::attributes::Unmet) -> ApiError {
    use saml::attributes::Unmet;
    match unmet {
        Unmet::OtherRoles => {
            invalid("SAML Assertion doesn't contain the requested Role and Metadata in the attributes")
        }
        Unmet::NoSessionName => invalid("RoleSessionName is required in AuthnResponse"),
        Unmet::SessionName => invalid("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"),
        Unmet::SourceIdentity => ApiError::bad_source_identity(),
        Unmet::Duration | Unmet::Tag | Unmet::Repeated(_) => {
            unreadable_response().because(format!("an attribute makes no sense: {unmet:?}"))
        }
    }
}
