//! Error codes, each with its HTTP status and whose fault it is.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>

/// Declares the codes: name, status, meaning.
macro_rules! error_codes {
    ($($(#[doc = $doc:literal])* $code:ident $status:literal,)*) => {
        /// A code that an answer of ours may carry.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[doc = $doc])* $code,)*
        }

        impl ErrorCode {
            /// Every one there is.
            pub const ALL: &'static [Self] = &[$(Self::$code),*];

            /// What it means.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$code => concat!($($doc),*),)*
                }
            }

            /// As it stands on the wire.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => stringify!($code),)*
                }
            }

            /// The HTTP status.
            pub fn status(self) -> u16 {
                match self {
                    $(Self::$code => $status,)*
                }
            }
        }
    };
}

error_codes! {
    /// The caller may not do this.
    AccessDenied 403,
    /// The session has ended.
    ExpiredToken 403,
    /// The time of a web identity token or an assertion is over.
    ExpiredTokenException 400,
    /// The identity provider did not take the token.
    IDPRejectedClaim 403,
    /// The signature lacks a part, or a part has no shape.
    IncompleteSignature 400,
    /// Something broke on our side.
    InternalFailure 500,
    /// No operation of this name and version.
    InvalidAction 400,
    /// An authorization message that is none, or another account's, or too old.
    InvalidAuthorizationMessageException 400,
    /// No such key, or a session token that does not belong to it.
    InvalidClientTokenId 403,
    /// A web identity token or an assertion that does not hold.
    InvalidIdentityToken 400,
    /// A number or a list that cannot be read.
    MalformedInput 400,
    /// An escape in the form that cannot be read.
    MalformedQueryString 400,
    /// Nobody signed.
    MissingAuthenticationToken 403,
    /// AWS serves it and this version does not yet: a refusal of our own.
    NotImplemented 501,
    /// The account that credentials are asked of has deactivated STS in this region.
    RegionDisabledException 403,
    /// The signature is not what this request and this key give.
    SignatureDoesNotMatch 403,
    /// Too many at once.
    Throttling 400,
    /// Parameters that do not go together.
    InvalidParameterValue 400,
    /// More claims than a token holds.
    JWTPayloadSizeExceededException 400,
    /// A policy that is none.
    MalformedPolicyDocument 400,
    /// The account vouches for nobody.
    OutboundWebIdentityFederationDisabledException 403,
    /// More tags and policies than there is room for.
    PackedPolicyTooLarge 400,
    /// A token that would outlive its bearer's session.
    SessionDurationEscalationException 403,
    /// A parameter breaks its constraints.
    ValidationError 400,
    /// Something of this name is there already.
    EntityAlreadyExists 409,
    /// Something hangs on it.
    DeleteConflict 409,
    /// The feature is off.
    FeatureDisabled 404,
    /// The feature is on already.
    FeatureEnabled 409,
    /// Only users can do this.
    InvalidUserType 400,
    /// A password that the account does not take.
    PasswordPolicyViolation 400,
    /// Codes that do not show that somebody has the device.
    InvalidAuthenticationCode 403,
    /// A value that makes no sense here.
    InvalidInput 400,
    /// More than there may be.
    LimitExceeded 409,
    /// Nothing of this name is there.
    NoSuchEntity 404,
    /// A policy that may not be attached to this.
    PolicyNotAttachable 400,
    /// Something that only AWS may alter.
    UnmodifiableEntity 400,
    /// A report so old that another must be made.
    ReportExpired 410,
    /// Nobody had a report made.
    ReportNotPresent 410,
    /// The account is in no organization.
    OrganizationNotFoundException 400,
    /// IAM may do nothing in the organization.
    ServiceAccessNotEnabledException 400,
    /// A member that does not administer IAM for the others.
    AccountNotManagementOrDelegatedAdministratorException 400,
    /// Only the account that leads the organization can do this.
    CallerIsNotManagementAccountException 400,
}

impl ErrorCode {
    /// Whose fault it is: `Sender` for every 4xx, throttling included.
    pub fn fault(self) -> &'static str {
        if self.status() < 500 { "Sender" } else { "Receiver" }
    }
}
