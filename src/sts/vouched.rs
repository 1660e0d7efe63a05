//! What a provider vouches for, as the session of the bearer gets it: condition keys, tags, a source identity.

use super::session_tags::{RequestTag, tags_of_session};
use crate::access::describe_vouched;
use crate::api::ApiError;
use crate::federation::context::ContextKey;
use crate::ids::names::SourceIdentity;
use crate::ids::tags::{TagKey, TagValue};
use crate::policy::context::RequestContext;
use crate::sessions::{SessionTag, Vouched};
use crate::shape::Shape as _;

/// AWS: the most tags of a session.
const MOST_TAGS: usize = 50;

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
        Vouched { provider: self.provider.clone(), keys: lasting.collect() }
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
    /// The tags as the session has them.
    pub fn session_tags(&self) -> Result<Vec<SessionTag>, ApiError> {
        tags_of_session(&self.tags, &self.transitive, None)
    }
}

/// Tags that a session can have, if all of these are such.
pub fn fit_tags(tags: &[(String, String)]) -> Option<Vec<RequestTag>> {
    let fit = |(key, value): &(String, String)| {
        Some(RequestTag { key: TagKey::parse(key).ok()?, value: TagValue::parse(value).ok()? })
    };
    if tags.len() > MOST_TAGS { None } else { tags.iter().map(fit).collect() }
}

/// Keys that tags can have, if all of these are such.
pub fn fit_keys(keys: &[String]) -> Option<Vec<TagKey>> {
    keys.iter().map(|key| TagKey::parse(key).ok()).collect()
}
