//! What a proved token demands of the session: who stands behind it, its tags, the roles it may be of.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp>

use super::claims::Claim;
use super::verify::VerifiedToken;
use crate::federation::Demands;
use crate::ids::Arn;

/// Why the demands of a token cannot be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// The source identity is no text.
    SourceIdentity,
    /// The claim of tags has no form.
    Tags,
    /// The tags in it have none.
    PrincipalTags,
    /// The claim of roles has no form.
    Roles,
    /// The claim of roles names no role.
    NoRoles,
    /// It does not name this one.
    OtherRoles,
}

const SOURCE_IDENTITY: &str = "https://aws.amazon.com/source_identity";
const TAGS: &str = "https://aws.amazon.com/tags";
const FLAT_TAG: &str = "https://aws.amazon.com/tags/principal_tags/";
const FLAT_TRANSITIVE: &str = "https://aws.amazon.com/tags/transitive_tag_keys";
const ROLES: &str = "https://aws.amazon.com/roles";

/// What a token demands of its session.
pub fn demands(token: &VerifiedToken) -> Result<Demands, Unmet> {
    let claims = token.claims();
    let source_identity = match claims.get(SOURCE_IDENTITY) {
        None | Some(Claim::Null) => None,
        Some(Claim::Text(name)) => Some(name.clone()),
        Some(_) => return Err(Unmet::SourceIdentity),
    };
    let flat = || claims.iter().filter_map(|(name, claim)| Some((name.strip_prefix(FLAT_TAG)?, claim)));
    let handed_on = claims.get(FLAT_TRANSITIVE);
    let is_flat = flat().next().is_some() || handed_on.is_some();
    let (tags, transitive) = match claims.get(TAGS) {
        // AWS: flat, each tag is a text.
        None | Some(Claim::Null) => (tags(flat(), Claim::as_text)?, transitive(handed_on)?),
        // Both forms at once: which one is meant nobody can tell (B-206).
        Some(Claim::Members(nested)) if !is_flat => {
            (nested_tags(nested.get("principal_tags"))?, transitive(nested.get("transitive_tag_keys"))?)
        }
        Some(_) => return Err(Unmet::Tags),
    };
    Ok(Demands { source_identity, tags, transitive })
}

/// AWS: nested, each tag is a list of exactly one text.
fn nested_tags(claim: Option<&Claim>) -> Result<Vec<(String, String)>, Unmet> {
    match claim {
        None | Some(Claim::Null) => Ok(Vec::new()),
        Some(Claim::Members(members)) => tags(members.iter(), only_text),
        Some(_) => Err(Unmet::PrincipalTags),
    }
}

fn only_text(claim: &Claim) -> Option<&str> {
    match claim {
        Claim::List(values) if values.len() == 1 => values.first()?.as_text(),
        _ => None,
    }
}

/// The tags with their values. Of a repeated one the last counts.
fn tags<'c>(
    members: impl Iterator<Item = (&'c str, &'c Claim)>,
    value: impl Fn(&Claim) -> Option<&str>,
) -> Result<Vec<(String, String)>, Unmet> {
    let mut tags: Vec<(String, String)> = Vec::new();
    for (key, claim) in members {
        let value = value(claim).ok_or(Unmet::PrincipalTags)?;
        tags.retain(|(known, _)| known != key);
        tags.push((key.to_owned(), value.to_owned()));
    }
    Ok(tags)
}

fn transitive(claim: Option<&Claim>) -> Result<Vec<String>, Unmet> {
    match claim {
        None | Some(Claim::Null) => Ok(Vec::new()),
        Some(Claim::List(keys)) => keys.iter().map(|key| key.as_text().map(str::to_owned).ok_or(Unmet::Tags)).collect(),
        Some(_) => Err(Unmet::Tags),
    }
}

/// Whether the issuer itself says that its token is for `role_arn`: yes, or it says nothing. Anything else is refused.
pub fn names_role(token: &VerifiedToken, role_arn: &str) -> Result<bool, Unmet> {
    let named: Vec<&str> = match token.claims().get(ROLES) {
        None | Some(Claim::Null) => return Ok(false),
        Some(Claim::Text(roles)) => roles.split(';').collect(),
        // AWS: what is no text in the list is passed over.
        Some(Claim::List(roles)) => roles.iter().filter_map(Claim::as_text).collect(),
        Some(_) => return Err(Unmet::Roles),
    };
    // AWS: with a wildcard, or with one more behind a comma, it is none (measured).
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@/-".contains(&byte));
    let is_role = |text: &&str| Arn::parse(text).is_some_and(|arn| arn.as_role().is_some() && is_plain(arn.resource));
    let mut roles = named.into_iter().map(str::trim).filter(is_role).peekable();
    if roles.peek().is_none() {
        return Err(Unmet::NoRoles);
    }
    if roles.any(|role| role == role_arn) { Ok(true) } else { Err(Unmet::OtherRoles) }
}
