//! What is noted of one call: enough to tell who asked for what and what came of it, and nothing that is secret.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::masks::cut;
use crate::ids::{AccountId, Arn};
use crate::sessions::SessionId;
use crate::time::{Moment, Timestamp};
use crate::wire::RawRequest;

const LONGEST_TEXT: usize = 2048;
const LONGEST_HEADER: usize = 512;

/// A text of a note: borrowed while it is written, owned once it is read.
pub type Text<'a> = Cow<'a, str>;

/// One call and its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Note<'a> {
    /// When it came, by the service's clock.
    pub at: Timestamp,
    /// When it came, by the machine's.
    pub machine: Timestamp,
    /// Where it was asked.
    pub surface: Surface,
    /// For what: the operation, or the last part of the path. Empty if nothing of the name exists.
    pub action: Text<'a>,
    /// As in the answer.
    pub request_id: Text<'a>,
    /// The other id of an answer of STS; empty if it has none.
    pub extended_id: Text<'a>,
    /// The region of the endpoint; empty where there is none.
    pub region: Text<'a>,
    /// Whether the endpoint is the one without a region.
    pub global: bool,
    /// Who asked, as far as that is known.
    pub caller: Option<Caller<'a>>,
    /// Who connected.
    pub source_ip: Option<IpAddr>,
    /// What the client calls itself.
    pub user_agent: Header<'a>,
    /// What the client calls us.
    pub host: Header<'a>,
    /// Whether TLS brought it.
    pub secure: bool,
    /// The status of the answer.
    pub status: u16,
    /// What the answer comes to.
    pub outcome: Outcome,
    /// Why it was refused.
    pub error: Option<Refusal<'a>>,
    /// The parameters, secrets masked.
    pub params: Vec<(Text<'a>, Text<'a>)>,
    /// The credentials that it made.
    pub made: Option<Made<'a>>,
    /// What its answer shows of what it created, in JSON as records of CloudTrail have it.
    pub created: Option<Text<'a>>,
    /// What was decided for a service that asked.
    pub decisions: Vec<Decision<'a>>,
    /// The rule that had something go wrong with it on purpose.
    pub fault: Option<Text<'a>>,
}

/// A header as it was sent, if it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header<'a>(Cow<'a, [u8]>);

/// The number of an account, where it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account(pub Option<AccountId>);

impl<'a> Header<'a> {
    /// The header of this lower-case name.
    pub fn of(raw: &RawRequest<'a>, name: &str) -> Self {
        let value = raw.headers.iter().find(|(found, _)| *found == name).map_or(&b""[..], |(_, value)| value);
        Self(Cow::Borrowed(value.get(..LONGEST_HEADER).unwrap_or(value)))
    }

    /// The same from elsewhere.
    pub fn owned(value: &[u8]) -> Self {
        Self(Cow::Owned(value.get(..LONGEST_HEADER).unwrap_or(value).to_vec()))
    }

    /// As a text; none if it was not sent.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        (!self.0.is_empty()).then(|| String::from_utf8_lossy(&self.0))
    }
}

// WHY: most of a note is headers, and whether they are text matters to readers alone.
impl Serialize for Header<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Header<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl de::Visitor<'_> for Bytes {
            type Value = Vec<u8>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
        }
        deserializer.deserialize_bytes(Bytes).map(|bytes| Self(Cow::Owned(bytes)))
    }
}

// WHY: its usual form is a text, which takes ten times as long to write.
impl Serialize for Account {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0.map_or(u64::MAX, AccountId::number))
    }
}

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(|number| Self(AccountId::from_number(number)))
    }
}

crate::words! {
    /// Where something can be asked, as entries have it.
    #[derive(Hash, PartialOrd, Ord, Serialize, Deserialize)]
    Surface {
        /// STS of the aws listener.
        Sts "sts",
        /// IAM of the aws listener.
        Iam "iam",
        /// The validator.
        Validator "validator",
        /// The built-in issuer of tokens.
        Oidc "oidc",
        /// The built-in identity provider of SAML.
        Saml "saml",
        /// AWS's sign-in address.
        SignIn "sign-in",
        /// Where containers and pods fetch credentials.
        Container "container",
        /// The metadata service of an instance.
        Imds "imds",
        /// The companion's admin calls: those that hand out credentials.
        Admin "admin",
    }
}

crate::words! {
    /// What an answer comes to, as entries have it.
    #[derive(Hash, Serialize, Deserialize)]
    Outcome {
        /// It was done, or the answer is yes.
        Success "success",
        /// It was not, or the answer is no.
        Refused "refused",
        /// Something broke here.
        Failed "failed",
    }
}

impl Outcome {
    /// What an answer of this status comes to, if no more is known of it.
    pub fn of_status(status: u16) -> Self {
        match status {
            0..400 => Self::Success,
            400..500 => Self::Refused,
            _ => Self::Failed,
        }
    }
}

/// Why something was refused.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Refusal<'a> {
    /// The code of the answer.
    pub code: Text<'a>,
    /// Its text.
    pub message: Option<Text<'a>>,
    /// The true cause, which the answer does not tell.
    pub because: Option<Text<'a>>,
}

/// Who asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Caller<'a> {
    /// Who that is.
    pub who: Who<'a>,
    /// The account.
    pub account: Account,
    /// The key that signed, or was said to have.
    pub access_key_id: Option<Text<'a>>,
    /// The session whose key it is.
    pub session: Option<CallerSession<'a>>,
}

/// Who somebody is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Who<'a> {
    /// Nobody has proved anything.
    Unproved,
    /// The root user, by its ARN.
    Root(Text<'a>),
    /// A user.
    User {
        /// The user's ARN.
        arn: Text<'a>,
        /// The user's unique id.
        id: Text<'a>,
    },
    /// Somebody in a session of a role.
    RoleSession {
        /// The role's ARN.
        role: Text<'a>,
        /// The role's unique id.
        id: Text<'a>,
        /// Which of its sessions.
        name: Text<'a>,
    },
    /// Somebody whom a user or the root user vouches for.
    FederatedUser {
        /// The ARN.
        arn: Text<'a>,
        /// The ARN of the user or root user, and the user's unique id.
        issuer: Option<(Text<'a>, Option<Text<'a>>)>,
    },
    /// Whoever bears a token or an assertion.
    Bearer {
        /// Whether it is a token, and what it is for.
        audience: Option<Text<'a>>,
        /// Who vouched.
        provider: Text<'a>,
        /// For whom.
        subject: Text<'a>,
    },
}

/// The session whose key signed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallerSession<'a> {
    /// Its name.
    pub id: SessionId,
    /// When it began.
    pub issued: Timestamp,
    /// Whether its user showed a code of an MFA device for it.
    pub second_factor: bool,
    /// Who stands behind it.
    pub source_identity: Option<Text<'a>>,
    /// The provider that vouched for whoever began it.
    pub provider: Option<Text<'a>>,
}

/// Credentials that were made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Made<'a> {
    /// Their access key id.
    pub access_key_id: Text<'a>,
    /// The account that they are of.
    pub account: AccountId,
    /// Of temporary ones, the session.
    pub session: Option<MadeSession<'a>>,
}

/// A session that was made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MadeSession<'a> {
    /// Its name.
    pub id: SessionId,
    /// The role, user or root user behind it.
    pub issuer_arn: Text<'a>,
    /// The unique id of that role or user.
    pub issuer_id: Option<Text<'a>>,
    /// Which of the role's sessions, or the name of a federated user.
    pub name: Option<Text<'a>>,
    /// Who stands behind it.
    pub source_identity: Option<Text<'a>>,
    /// When it ends.
    pub expires: Timestamp,
    /// Characters of its token.
    pub token_size: i64,
    /// How much of the room for tokens that fills, in percent.
    pub token_utilization: i64,
}

/// What was decided for a service that asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Decision<'a> {
    /// What somebody wanted to do.
    pub action: Text<'a>,
    /// On what.
    pub resource: Text<'a>,
    /// `allow` or `deny`.
    pub decision: Text<'a>,
    /// What that rests on.
    pub basis: Text<'a>,
}

impl Note<'_> {
    /// A note with nothing but where and when something was asked, and what the answer comes to by its status.
    pub fn of(surface: Surface, moment: Moment, status: u16) -> Self {
        Self {
            at: moment.now,
            machine: moment.machine,
            surface,
            action: Cow::Borrowed(""),
            request_id: Cow::Borrowed(""),
            extended_id: Cow::Borrowed(""),
            region: Cow::Borrowed(""),
            global: false,
            caller: None,
            source_ip: None,
            user_agent: Header::default(),
            host: Header::default(),
            secure: false,
            status,
            outcome: Outcome::of_status(status),
            error: None,
            params: Vec::new(),
            made: None,
            created: None,
            decisions: Vec::new(),
            fault: None,
        }
    }
}

impl<'a> Note<'a> {
    /// The same with what a request shows by itself.
    pub fn from(self, raw: &RawRequest<'a>) -> Self {
        let (user_agent, host) = (Header::of(raw, "user-agent"), Header::of(raw, "host"));
        Self { source_ip: raw.peer, user_agent, host, secure: raw.secure, ..self }
    }

    /// For what it was, if anything of the name exists.
    pub fn action(&self) -> Option<&str> {
        Some(self.action.as_ref()).filter(|action| !action.is_empty())
    }
}

impl<'a> Refusal<'a> {
    /// A refusal with this code, text and true cause.
    pub fn new(code: &'a str, message: Option<&'a str>, because: Option<&'a str>) -> Self {
        Self::of(code, message.map(Cow::Borrowed), because.map(Cow::Borrowed))
    }

    /// The same with texts that were altered.
    pub fn of(code: &'a str, message: Option<Text<'a>>, because: Option<Text<'a>>) -> Self {
        let short = |text: Text<'a>| cut(text, LONGEST_TEXT);
        Self { code: short(Cow::Borrowed(code)), message: message.map(short), because: because.map(short) }
    }
}

impl Caller<'_> {
    /// As entries have it.
    pub fn kind(&self) -> &'static str {
        match &self.who {
            Who::Unproved => "unproved",
            Who::Root(_) => "root",
            Who::User { .. } => "user",
            Who::RoleSession { .. } => "assumed-role",
            Who::FederatedUser { .. } => "federated-user",
            Who::Bearer { audience: Some(_), .. } => "web-identity",
            Who::Bearer { audience: None, .. } => "saml",
        }
    }

    /// As `GetCallerIdentity` names them.
    pub fn arn(&self) -> Option<String> {
        match &self.who {
            Who::Root(arn) | Who::FederatedUser { arn, .. } | Who::User { arn, .. } => Some(arn.to_string()),
            Who::RoleSession { role, name, .. } => session_arn(role, name),
            Who::Bearer { .. } | Who::Unproved => None,
        }
    }

    /// The `UserId` of `GetCallerIdentity`; of a bearer, what CloudTrail calls them.
    pub fn principal_id(&self) -> Option<String> {
        let of_account = || self.account.0.map(|account| account.to_string());
        match &self.who {
            Who::Unproved => None,
            Who::Root(_) => of_account(),
            Who::User { id, .. } => Some(id.to_string()),
            Who::RoleSession { id, name, .. } => Some(format!("{id}:{name}")),
            Who::FederatedUser { arn, .. } => {
                let name = arn.rsplit_once('/').map(|(_, name)| name)?;
                of_account().map(|account| format!("{account}:{name}"))
            }
            Who::Bearer { audience, provider, subject } => Some(match audience {
                Some(audience) => format!("{provider}:{audience}:{subject}"),
                None => format!("{provider}:{subject}"),
            }),
        }
    }
}

impl MadeSession<'_> {
    /// Who whoever has the credentials is.
    pub fn arn(&self) -> Option<String> {
        match &self.name {
            Some(name) => session_arn(&self.issuer_arn, name),
            None => Some(self.issuer_arn.to_string()),
        }
    }

    /// The `UserId` of `GetCallerIdentity` by these credentials.
    pub fn principal_id(&self, account: AccountId) -> Option<String> {
        match (&self.name, &self.issuer_id) {
            (Some(name), Some(id)) if id.starts_with("AROA") => Some(format!("{id}:{name}")),
            (Some(name), _) => Some(format!("{account}:{name}")),
            (None, Some(id)) => Some(id.to_string()),
            (None, None) => Some(account.to_string()),
        }
    }

    /// The role that was assumed, if it is a role's session.
    pub fn role_arn(&self) -> Option<&str> {
        Arn::parse(&self.issuer_arn)?.as_role().map(|_| self.issuer_arn.as_ref())
    }
}

/// The ARN of a session of this name that a role, user or root user gave.
fn session_arn(issuer: &str, name: &str) -> Option<String> {
    let arn = Arn::parse(issuer)?;
    let session = match arn.as_role() {
        Some((_, role)) => format!("assumed-role/{role}/{name}"),
        None => format!("federated-user/{name}"),
    };
    Some(format!("arn:{}:sts::{}:{session}", arn.partition, arn.account))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_named_as_sts_names_them() {
        let check = |issuer: &str, expect: Option<&str>| assert_eq!(session_arn(issuer, "s").as_deref(), expect);
        check("arn:aws-cn:iam::123456789012:role/a/b/R", Some("arn:aws-cn:sts::123456789012:assumed-role/R/s"));
        check("arn:aws:iam::123456789012:user/a/U", Some("arn:aws:sts::123456789012:federated-user/s"));
        check("arn:aws:iam::123456789012:root", Some("arn:aws:sts::123456789012:federated-user/s"));
        check("nothing", None);
    }
}
