//! What a session carries beside its keys: tags, source identity, session policies. Packed into its token.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::packed::Packed;
use crate::federation::context::ContextValue;
use crate::ids::names::SourceIdentity;
use crate::ids::tags::Tag;

/// What somebody who assumed a role gave the session to carry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// Keys unique whatever their case.
    pub tags: Vec<SessionTag>,
    /// Once set, it stays through every role that is assumed from this session.
    pub source_identity: Option<SourceIdentity>,
    /// What narrows the session, if anything does.
    pub policies: Option<SessionPolicies>,
    /// Who vouched for whoever began the session, if it was a provider.
    pub vouched: Option<Vouched>,
}

/// What an identity provider said of whoever began a session, as far as it stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vouched {
    /// The provider's ARN, or the host of one that every account knows.
    pub provider: String,
    /// Without the issuer's name where they begin with it.
    keys: Vec<(String, ContextValue)>,
}

impl Vouched {
    /// What `provider` said: condition keys that every request of the session has, with their values.
    pub fn new(provider: String, mut keys: Vec<(String, ContextValue)>) -> Self {
        if let Some(issuer) = issuer_in(&provider) {
            for (key, _) in &mut keys {
                if key.strip_prefix(issuer).is_some_and(|rest| rest.starts_with(':')) {
                    key.drain(..issuer.len());
                }
            }
        }
        Self { provider, keys }
    }

    /// The condition keys with their values.
    pub fn keys(&self) -> impl Iterator<Item = (Cow<'_, str>, &ContextValue)> {
        self.keys.iter().map(|(key, value)| match issuer_in(&self.provider) {
            Some(issuer) if key.starts_with(':') => (Cow::Owned(format!("{issuer}{key}")), value),
            _ => (Cow::Borrowed(key.as_str()), value),
        })
    }

    /// The issuer of tokens as condition keys name it; none if it was a provider of SAML.
    pub(super) fn issuer(&self) -> Option<&str> {
        issuer_in(&self.provider)
    }
}

fn issuer_in(provider: &str) -> Option<&str> {
    match provider.split_once(":oidc-provider/") {
        Some((_, issuer)) => Some(issuer),
        None => (!provider.starts_with("arn:")).then_some(provider),
    }
}

/// A tag of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTag {
    /// Key and value.
    pub tag: Tag,
    /// Whether sessions that are begun from this one have it too.
    pub transitive: bool,
}

/// The policies that were given to a session: together they say what it may do at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionPolicies {
    /// JSON: what was given stays as it was.
    inline: Option<Packed>,
    /// ARNs: what stands under them is read anew each time.
    pub managed: Vec<String>,
}

impl SessionPolicies {
    /// Packs what was given; none if nothing was.
    pub fn pack(inline: Option<&str>, managed: Vec<String>) -> Option<Self> {
        if inline.is_none() && managed.is_empty() {
            return None;
        }
        Some(Self { inline: inline.map(Packed::new), managed })
    }

    /// The text that was given, if one was; none as well if it cannot be unpacked.
    pub fn inline(&self) -> Option<Result<String, ()>> {
        self.inline.as_ref().map(|packed| packed.text().ok_or(()))
    }
}

impl Carried {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The tags that a session begun from this one has as well.
    pub fn inherited(&self) -> impl Iterator<Item = &SessionTag> {
        self.tags.iter().filter(|tag| tag.transitive)
    }
}
