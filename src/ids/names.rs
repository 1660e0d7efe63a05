//! The texts people choose, with the bounds AWS gives them.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use crate::shape::integer::Malformed;
use crate::shape::{Constraints, Measure, Refusal, Shape, Violation};

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

/// The characters of names in IAM.
pub const NAME_PATTERN: &str = r"[\w+=,.@-]+";
/// The form of paths in IAM, as its model writes it.
pub const PATH_PATTERN: &str = r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)";

crate::shape! {
    /// The name of an organizational unit.
    OrganizationalUnitName: text 1..=128;
    /// The name of a user that may not exist.
    AskedUserName: text 1..=128 of r"[\w+=,.@-]+";
    /// The name of an instance profile.
    InstanceProfileName: text 1..=128 of r"[\w+=,.@-]+";
    /// A service of AWS's by the name of its principal.
    AskedService: text 1..=128 of r"[\w+=,.@-]+";
    /// What tells the roles of a service apart.
    RoleSuffix: text 1..=64 of r"[\w+=,.@-]+";
    /// What asks how the removal of a role goes.
    DeletionTask: text 1..=1000;
    /// What a role or a policy is for.
    IamDescription: text 0..=1000 of r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*";
    /// A policy as IAM takes it.
    PolicyText: text 1..=131_072 of r"[\u0009\u000A\u000D\u0020-\u00FF]+";
    /// How much of a list is wanted at once.
    MaxItems: integer 1..=1000;
    /// Where a list goes on.
    Marker: text 1..=320 of r"[\u0020-\u00FF]+";
    /// An access key id as IAM is asked about it.
    IamAccessKeyId: text 16..=128 of r"[\w]+";
    /// Whether an access key signs.
    KeyStatus: word {
        /// It does.
        Active "Active",
        /// It does not.
        Inactive "Inactive",
        /// Only AWS sets this, and not on access keys.
        Expired "Expired",
    };
    /// How a managed policy counts.
    PolicyUsage: word {
        /// As permissions.
        Permissions "PermissionsPolicy",
        /// As a boundary.
        Boundary "PermissionsBoundary",
    };
    /// Whose managed policies.
    PolicyScope: word {
        /// All.
        All "All",
        /// AWS's.
        Aws "AWS",
        /// The account's own.
        Local "Local",
    };
    /// A kind of things in IAM.
    EntityType: word {
        /// The account's own policies.
        LocalManagedPolicy "LocalManagedPolicy",
        /// Users.
        User "User",
        /// AWS's policies.
        AwsManagedPolicy "AWSManagedPolicy",
        /// Roles.
        Role "Role",
        /// Groups.
        Group "Group",
    };
    /// A policy that is only proposed. AWS: of other characters than those that are kept (sts-s-q-index-gap).
    ProposedPolicyText: text 1..=131_072 of r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]+";
    /// An action that somebody asks about.
    AskedAction: text 3..=128;
    /// A resource that somebody asks about.
    AskedResource: text 1..=2048;
    /// A scenario of a simulation, which says what resources there are.
    ResourceHandlingOption: text 1..=64;
    /// A kind of policies that a simulation may leave out.
    ExcludedPolicyType: word {
        /// Those of the organization, for its principals.
        ServiceControl "scp",
        /// The boundary.
        Boundary "permission-boundary",
        /// AWS's.
        AwsManaged "aws-managed",
        /// Inline ones.
        Inline "inline",
        /// The account's own.
        UserManaged "user-managed",
        /// Those of the organization, for its resources.
        ResourceControl "rcp",
    };
    /// Whose inline policies.
    AttachmentType: word {
        /// A user's.
        User "user",
        /// A role's.
        Role "role",
        /// A group's.
        Group "group",
    };
    /// The name of a context key.
    ContextKeyName: text 5..=256;
    /// What a context key holds.
    ContextKeyValue: text 0..=131_072;
    /// What kind of values a context key holds.
    ContextKeyType: word {
        /// Base64.
        Binary "binary",
        /// Addresses.
        IpList "ipList",
        /// True or false, several.
        BooleanList "booleanList",
        /// An address.
        Ip "ip",
        /// True or false.
        Boolean "boolean",
        /// Numbers.
        NumericList "numericList",
        /// Instants.
        DateList "dateList",
        /// A number.
        Numeric "numeric",
        /// An instant.
        Date "date",
        /// Texts.
        StringList "stringList",
        /// A text.
        String "string",
        /// Base64, several.
        BinaryList "binaryList",
    };
    /// Which tokens the global endpoint issues.
    GlobalEndpointTokenVersion: word {
        /// Long ones.
        V2 "v2Token",
        /// Short ones.
        V1 "v1Token",
    };
    /// The address of an issuer.
    OidcUrl: text 1..=255;
    /// For whom tokens may be.
    ClientId: text 1..=255;
    /// SHA-1 of a certificate.
    Thumbprint: text 40..=40;
    /// The metadata of an identity provider.
    SamlMetadataText: text 1000..=10_000_000;
    /// A private key in PEM.
    PrivateKeyText: secret text 1..=16384;
    /// What names a private key of a SAML provider.
    PrivateKeyId: text 22..=64 of r"[A-Z0-9]+";
    /// Whether a SAML provider must encrypt.
    AssertionEncryptionMode: word {
        /// It must.
        Required "Required",
        /// It may.
        Allowed "Allowed",
    };
    /// A password.
    PasswordText: secret text 1..=128;
    /// Characters that passwords must have at least.
    MinimumPasswordLength: integer 6..=128;
    /// Days for which passwords are good.
    MaxPasswordAge: integer 1..=1095;
    /// How many of the last passwords may not come again.
    PasswordReusePrevention: integer 1..=24;
    /// What names an MFA device to IAM.
    DeviceSerialNumber: text 9..=256 of r"[\w+=/:,.@-]+";
    /// A code that an MFA device shows to IAM.
    AuthenticationCode: text 6..=6 of r"[\d]+";
    /// Which virtual MFA devices.
    AssignmentStatus: word {
        /// Those that somebody has.
        Assigned "Assigned",
        /// Those that nobody has.
        Unassigned "Unassigned",
        /// All.
        Any "Any",
    };
}

/// True or false as IAM reads it: `1` and `0` as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flag(pub bool);

impl Shape for Flag {
    const CONSTRAINTS: Constraints = Constraints {
        name: "Flag",
        measure: Measure::Words(&["true", "false", "1", "0"]),
        min: 0,
        max: 0,
        pattern: None,
        secret: false,
    };

    fn parse(text: &str) -> Result<Self, Refusal> {
        match text {
            "true" | "1" => Ok(Self(true)),
            "false" | "0" => Ok(Self(false)),
            _ => Err(Refusal::Malformed(Malformed::NotANumber)),
        }
    }
}

/// The sign-in name of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountAlias(Box<str>);

const ALIAS_PATTERN: &str = r"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$";

impl AccountAlias {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Shape for AccountAlias {
    const CONSTRAINTS: Constraints = Constraints {
        name: "AccountAlias",
        measure: Measure::Length,
        min: 3,
        max: 63,
        pattern: Some(ALIAS_PATTERN),
        secret: false,
    };

    fn parse(text: &str) -> Result<Self, Refusal> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_part = |part: &str| !part.is_empty() && part.bytes().all(plain);
        let length = text.chars().count();
        let mut violations = Vec::new();
        if !text.split('-').all(is_part) || !(3..=63).contains(&length) {
            violations.push(Violation::Pattern(ALIAS_PATTERN));
        }
        if length < 3 {
            violations.push(Violation::TooShort(3));
        }
        if length > 63 {
            violations.push(Violation::TooLong(63));
        }
        if violations.is_empty() { Ok(Self(text.into())) } else { Err(Refusal::Violations(violations)) }
    }
}

/// The name of a version of a managed policy: `v1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyVersionId(Box<str>);

impl PolicyVersionId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number of the version; of a name that no version has, zero.
    pub fn number(&self) -> u32 {
        self.0.get(1..).and_then(|digits| digits.parse().ok()).unwrap_or_default()
    }
}

const VERSION_PATTERN: &str = r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?";

impl Shape for PolicyVersionId {
    const CONSTRAINTS: Constraints = Constraints {
        name: "PolicyVersionId",
        measure: Measure::Length,
        min: 0,
        max: 64,
        pattern: Some(VERSION_PATTERN),
        secret: false,
    };

    fn parse(text: &str) -> Result<Self, Refusal> {
        let rest = text.strip_prefix('v').unwrap_or_default();
        let (number, suffix) = rest.split_once('.').unwrap_or((rest, ""));
        let is_number = number.starts_with(|first: char| matches!(first, '1'..='9'))
            && number.bytes().all(|byte| byte.is_ascii_digit());
        let suffix_fits = suffix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if is_number && suffix_fits && text.len() <= 64 {
            Ok(Self(text.into()))
        } else {
            Err(Refusal::Violations(vec![Violation::Pattern(VERSION_PATTERN)]))
        }
    }
}

impl Shape for Path {
    const CONSTRAINTS: Constraints = Constraints {
        name: "Path",
        measure: Measure::Length,
        min: 1,
        max: 512,
        pattern: Some(PATH_PATTERN),
        secret: false,
    };

    fn parse(text: &str) -> Result<Self, Refusal> {
        match (text.chars().count(), Self::parse(text)) {
            (513.., _) => Err(Refusal::Violations(vec![Violation::TooLong(512)])),
            (_, Some(path)) if path.as_str() != "//" => Ok(path),
            _ => Err(Refusal::Violations(vec![Violation::Pattern(PATH_PATTERN)])),
        }
    }
}

/// The form of names that are looked for, as IAM's model writes it.
const SOUGHT_PATTERN: &str = r".*[\w+=,.@-]+.*";

/// A name that is looked for: it may have wildcards, but has a letter of names too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoughtName(Box<str>);

impl Shape for SoughtName {
    const CONSTRAINTS: Constraints = Constraints {
        name: "SoughtName",
        measure: Measure::Length,
        min: 1,
        max: 128,
        pattern: Some(SOUGHT_PATTERN),
        secret: false,
    };

    fn parse(text: &str) -> Result<Self, Refusal> {
        let is_of_names = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
        // Java: a dot stands for no end of a line.
        let fits = text.contains(is_of_names) && !text.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
        let mut violations = if fits { Vec::new() } else { vec![Violation::Pattern(SOUGHT_PATTERN)] };
        if let Err(Refusal::Violations(of_length)) = Self::CONSTRAINTS.check_text(None, text) {
            violations.extend(of_length);
        }
        if violations.is_empty() { Ok(Self(text.into())) } else { Err(Refusal::Violations(violations)) }
    }
}

impl SoughtName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl MinimumPasswordLength {
    /// What an account asks that does not say.
    pub const DEFAULT: i32 = 6;
}

impl PasswordReusePrevention {
    /// How many passwords can ever matter.
    pub const MOST: i32 = 24;
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
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, derive_more::Display,
)]
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
