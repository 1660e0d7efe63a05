//! Session tags: what may be asked for, and what a session inherits.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>

use crate::api::ApiError;
use crate::ids::tags::{Tag, TagKey, TagValue};
use crate::policy::context::RequestContext;
use crate::sessions::{Carried, SessionTag};

crate::list_item! {
    /// A tag as a parameter.
    RequestTag as "Tag" {
        /// Its key.
        "Key" key: TagKey,
        /// Its value; may be empty.
        "Value" value: TagValue,
    }
}

/// The tags of a session that is asked for with `requested`, those of `transitive` to be handed down, by a caller
/// whose own session carries `inherited`.
pub fn tags_of_session(
    requested: &[RequestTag],
    transitive: &[TagKey],
    inherited: Option<&Carried>,
) -> Result<Vec<SessionTag>, ApiError> {
    refuse_repeated_keys(requested)?;
    if !transitive.iter().all(|key| requested.iter().any(|tag| tag.key.is_same_as(key))) {
        return Err(ApiError::transitive_key_without_tag());
    }
    let handed_down: Vec<SessionTag> = inherited.into_iter().flat_map(Carried::inherited).cloned().collect();
    if requested.iter().any(|tag| handed_down.iter().any(|other| other.tag.key.is_same_as(&tag.key))) {
        return Err(ApiError::tag_is_inherited());
    }
    let asked_for = requested.iter().map(|RequestTag { key, value }| SessionTag {
        tag: Tag { key: key.clone(), value: value.clone() },
        transitive: transitive.iter().any(|other| other.is_same_as(key)),
    });
    Ok(handed_down.into_iter().chain(asked_for).collect())
}

/// Of tags whose keys differ in case only, at most one may be asked for.
pub fn refuse_repeated_keys(requested: &[RequestTag]) -> Result<(), ApiError> {
    let repeated =
        |at: usize, tag: &RequestTag| requested.iter().take(at).any(|earlier| earlier.key.is_same_as(&tag.key));
    if requested.iter().enumerate().any(|(at, tag)| repeated(at, tag)) {
        return Err(ApiError::repeated_tag_keys());
    }
    Ok(())
}

/// Adds the keys by which conditions read the tags that are asked for.
pub fn describe_request_tags(requested: &[RequestTag], context: &mut RequestContext<'_>) {
    for RequestTag { key, value } in requested {
        context.set_tag("aws:RequestTag", key.as_str(), value.as_str().to_owned());
    }
    if !requested.is_empty() {
        context.set_many("aws:TagKeys", requested.iter().map(|tag| tag.key.to_string()));
    }
}
