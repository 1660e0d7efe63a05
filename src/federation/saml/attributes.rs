//! What an assertion demands of the session: AWS's own attributes.
//!
//! AWS: names to the letter; NameFormat is not looked at.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html>

use super::verify::VerifiedAssertion;
use crate::federation::Demands;
use crate::ids::names::{RoleDuration, RoleSessionName};
use crate::shape::Shape as _;

/// What all of AWS's attributes begin with.
pub const PREFIX: &str = "https://aws.amazon.com/SAML/Attributes/";
const TAG: &str = "https://aws.amazon.com/SAML/Attributes/PrincipalTag:";

/// What the session shall be.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Which of the role's sessions it is.
    pub session_name: RoleSessionName,
    /// How many seconds it lasts at most.
    pub most_seconds: Option<i32>,
    /// What it carries.
    pub demands: Demands,
}

/// Why there can be no such session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// Neither the role nor the provider is among those named, together.
    OtherRoles,
    /// The session has no name.
    NoSessionName,
    /// Its name has other letters, or too many of them.
    SessionName,
    /// The duration is no number of seconds that a session can last.
    Duration,
    /// Whoever stands behind it cannot be called so.
    SourceIdentity,
    /// A tag has no value, or two.
    Tag,
    /// An attribute that has one value has more.
    Repeated(&'static str),
}

impl Wanted {
    /// Reads it.
    pub fn of(assertion: &VerifiedAssertion) -> Result<Self, Unmet> {
        let session_name = single(assertion, "RoleSessionName")?.ok_or(Unmet::NoSessionName)?;
        let session_name = RoleSessionName::parse(session_name).map_err(|_| Unmet::SessionName)?;
        let most_seconds = single(assertion, "SessionDuration")?.map(seconds).transpose()?;
        let source_identity = single(assertion, "SourceIdentity")?.map(source_identity).transpose()?;
        let tagged = assertion.attributes().iter().filter_map(|(name, values)| Some((name.strip_prefix(TAG)?, values)));
        let tag = |(key, values): (&str, &Vec<String>)| match values.as_slice() {
            [value] => Ok((key.to_owned(), value.clone())),
            _ => Err(Unmet::Tag),
        };
        let tags = tagged.map(tag).collect::<Result<_, _>>()?;
        let transitive = assertion.values(&format!("{PREFIX}TransitiveTagKeys")).to_vec();
        Ok(Self { session_name, most_seconds, demands: Demands { source_identity, tags, transitive } })
    }
}

/// Whether the identity provider says that the bearer may have this role by this provider.
pub fn names_role(assertion: &VerifiedAssertion, role: &str, provider: &str) -> Result<(), Unmet> {
    let mut named = named_roles(assertion).into_iter();
    if named.any(|pair| pair == (role, provider)) { Ok(()) } else { Err(Unmet::OtherRoles) }
}

/// The pairs of ARNs that an assertion names, in either order there, role first here.
///
/// ATTACK: a value has two parts, which count as a whole; one with a third part names nothing.
pub fn named_roles(assertion: &VerifiedAssertion) -> Vec<(&str, &str)> {
    assertion.values(&format!("{PREFIX}Role")).iter().filter_map(|value| pair(value)).collect()
}

fn pair(value: &str) -> Option<(&str, &str)> {
    let (one, other) = value.split_once(',').filter(|(_, other)| !other.contains(','))?;
    let (one, other) = (one.trim_ascii(), other.trim_ascii());
    Some(if other.contains(":role/") { (other, one) } else { (one, other) })
}

fn single<'a>(assertion: &'a VerifiedAssertion, name: &'static str) -> Result<Option<&'a str>, Unmet> {
    match assertion.values(&format!("{PREFIX}{name}")) {
        [] => Ok(None),
        [value] => Ok(Some(value)),
        _ => Err(Unmet::Repeated(name)),
    }
}

fn seconds(text: &str) -> Result<i32, Unmet> {
    RoleDuration::parse(text).map(RoleDuration::get).map_err(|_| Unmet::Duration)
}

/// AWS: the letters of a session's name, and as many.
fn source_identity(text: &str) -> Result<String, Unmet> {
    RoleSessionName::parse(text).map(|_| text.to_owned()).map_err(|_| Unmet::SourceIdentity)
}
