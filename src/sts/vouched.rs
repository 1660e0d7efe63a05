//! What a provider vouches for, as the session of the bearer gets it: condition keys, tags, a source identity.

use super::session_tags::{RequestTag, tags_of_session};
use crate::access::describe_vouched;
use crate::api::ApiError;
use crate::federation::Demands;
use crate::federation::context::ContextKey;
use crate::ids::names::SourceIdentity;
use crate::ids::tags::{TagKey, TagValue};
use crate::policy::context::RequestContext;
use crate::sessions::{SessionTag, Vouched};
use crate::shape::Shape as _;

/// AWS: the most tags of a session.
const MOST_TAGS: usize = 50;
/// AWS: the longest source identity that a proof may bring; elsewhere it may be longer.
const LONGEST_SOURCE_IDENTITY: usize = 64;

/// What a provider says of a bearer.
pub struct Vouching {
    /// The provider's ARN, or the host of one that every account knows.
    pub provider: String,
    /// What it says.
    pub keys: Vec<ContextKey>,
}

impl Vouching {
    /// Adds what the trust policy may ask about.
    pub fn describe(self, context: &mut RequestContext<'_>) {
        self.keys.into_iter().for_each(|key| describe_vouched(key.key, key.value, context));
    }

    /// What later requests of the session find of it.
    pub fn lasting(&self) -> Vouched {
        let lasting = self.keys.iter().filter(|key| key.lasting).map(|key| (key.key.clone(), key.value.clone()));
        Vouched::new(self.provider.clone(), lasting.collect())
    }
}

/// What a provider demands of the bearer's session, fit for one.
pub struct Demanded {
    /// Who stands behind the session.
    pub source_identity: Option<SourceIdentity>,
    /// Its tags.
    pub tags: Vec<RequestTag>,
    /// The tags that are handed on.
    pub transitive: Vec<TagKey>,
}

impl Demanded {
    /// What is demanded, if a session can have it.
    pub fn fit(
        demands: &Demands,
        bad_tags: impl Fn() -> ApiError,
        bad_keys: impl Fn() -> ApiError,
    ) -> Result<Self, ApiError> {
        let Demands { source_identity, tags, transitive } = demands;
        let fit = |text: &String| {
            let name = SourceIdentity::parse(text).ok();
            name.filter(|_| text.len() <= LONGEST_SOURCE_IDENTITY).ok_or_else(ApiError::bad_source_identity)
        };
        Ok(Self {
            source_identity: source_identity.as_ref().map(fit).transpose()?,
            tags: fit_tags(tags).ok_or_else(bad_tags)?,
            transitive: transitive
                .iter()
                .map(|key| TagKey::parse(key).ok())
                .collect::<Option<_>>()
                .ok_or_else(bad_keys)?,
        })
    }

    /// The tags as the session has them.
    pub fn session_tags(&self) -> Result<Vec<SessionTag>, ApiError> {
        tags_of_session(&self.tags, &self.transitive, None)
    }
}

/// Tags that a session can have, if all of these are such.
fn fit_tags(tags: &[(String, String)]) -> Option<Vec<RequestTag>> {
    let fit = |(key, value): &(String, String)| {
        Some(RequestTag { key: TagKey::parse(key).ok()?, value: TagValue::parse(value).ok()? })
    };
    if tags.len() > MOST_TAGS { None } else { tags.iter().map(fit).collect() }
}
