//! The texts people choose, with the bounds AWS gives them.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

crate::shape! {
    /// Tells one session of a role from another; the last part of the session's ARN.
    RoleSessionName: text 2..=64 of r"[\w+=,.@-]*";
    /// What a third party must present to assume a role that demands it.
    ExternalId: text 2..=1224 of r"[\w+=,.@:\/-]*";
    /// Who stands behind a session, whatever roles they go through. AWS: the model says 64, live it is 256.
    SourceIdentity: text 2..=256 of r"[\w+=,.@-]*";
    /// A session policy: JSON. AWS: the model has no greatest length; the room of the token bounds it.
    SessionPolicyText: text 1..=10_000_000 of r"[\u0009\u000A\u000D\u0020-\u00FF]+";
    /// An ARN as a parameter: checked as a text first, as an ARN later.
    ArnText: text 20..=2048 of r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+";
    /// A Response of SAML in base64: whoever has it can use it.
    SamlAssertionText: secret text 4..=100_000;
    /// A token of OpenID Connect: whoever has it can use it.
    WebIdentityToken: secret text 4..=20000;
    /// Who shall be asked about a token that is not of OpenID Connect.
    ProviderId: text 4..=2048;
    /// Seconds that a role session shall last.
    RoleDuration: integer 900..=43200;
    /// Seconds that a session of a user or federated user shall last.
    SessionDuration: integer 900..=129_600;
    /// Characters that a session token shall have at least.
    MinimumSessionTokenSize: integer 0..=4096;
    /// The name of a federated user.
    FederatedName: text 2..=32 of r"[\w+=,.@-]*";
    /// A session policy where the model bounds it.
    ShortPolicyText: text 1..=2048 of r"[\u0009\u000A\u000D\u0020-\u00FF]+";
    /// Whose root user somebody wants to be: an account id or an ARN.
    TargetPrincipal: text 12..=2048;
    /// Seconds that a session of `AssumeRoot` shall last.
    RootDuration: integer 0..=900;
    /// What a context provider says of somebody, signed and encrypted.
    ContextAssertion: text 4..=2048;
    /// The reasons of a refusal as they are handed around.
    EncodedMessageText: text 1..=10_240;
    /// An access key id that somebody asks about.
    AskedAccessKeyId: text 16..=128 of r"[\w]*";
    /// For whom a token is meant.
    TokenAudience: text 1..=1000;
    /// The name of the algorithm by which a token shall be signed; which of them are served is a question of its own.
    SigningAlgorithm: text 5..=5;
    /// Seconds that a token shall be good for.
    TokenDuration: integer 60..=3600;
    /// Seconds that a role lets its sessions last.
    MaxSessionDuration: integer 3600..=43200;
    /// The name of a role.
    RoleName: text 1..=64 of r"[\w+=,.@-]+";
    /// The name of a user.
    UserName: text 1..=64 of r"[\w+=,.@-]+";
    /// The name of a group.
    GroupName: text 1..=128 of r"[\w+=,.@-]+";
    /// The name of a policy, inline or managed.
    PolicyName: text 1..=128 of r"[\w+=,.@-]+";
    /// The name of a SAML provider.
    SamlProviderName: text 1..=128 of r"[\w._-]+";
    /// The name of an MFA device.
    MfaDeviceName: text 1..=226 of r"[\w+=,.@-]+";
    /// What names an MFA device: the ARN of a virtual one.
    SerialNumber: text 9..=256 of r"[\w+=/:,.@-]*";
    /// A code that an MFA device shows.
    TokenCode: text 6..=6 of r"[\d]*";
}

impl SessionDuration {
    /// What a session of a user lasts when the caller does not say.
    pub const DEFAULT_SECONDS: i32 = 43_200;
    /// AWS: the longest session of the root user; a longer one is cut without a word.
    pub const ROOT_SECONDS: i32 = 3600;
}

impl RootDuration {
    /// What a session of `AssumeRoot` lasts when the caller does not say.
    pub const DEFAULT_SECONDS: i32 = 900;
}

impl TokenDuration {
    /// What a token is good for when the caller does not say.
    pub const DEFAULT_SECONDS: i32 = 300;
}

impl RoleDuration {
    /// What a role session lasts when the caller does not say.
    pub const DEFAULT_SECONDS: i32 = 3600;
}

/// The path of an IAM thing: `/`, or `/.../` of printable ASCII, at most 512 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Path(Box<str>);

impl Path {
    /// Reads a path.
    pub fn parse(text: &str) -> Option<Self> {
        let printable = text.bytes().all(|byte| (0x21..=0x7E).contains(&byte));
        let bounded = text.starts_with('/') && text.ends_with('/') && text.len() <= 512;
        (printable && bounded).then(|| Self(text.into()))
    }

    /// The path with its slashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Path {
    fn default() -> Self {
        Self("/".into())
    }
}

impl TryFrom<String> for Path {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a path begins and ends with / and has at most 512 printable characters")
    }
}

impl From<Path> for String {
    fn from(path: Path) -> Self {
        path.0.into()
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}
