//! What a token of GetWebIdentityToken says, in the order in which AWS says it.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html>

use serde::ser::{SerializeMap, Serializer};
use serde::{Serialize, ser::SerializeSeq};

use crate::api::members::listing_place;
use crate::ids::tags::{Tag, TagKey, TagValue};

/// The claims of a token.
#[derive(Serialize)]
pub(super) struct Claims<'a> {
    pub(super) aud: Audience<'a>,
    pub(super) sub: &'a str,
    #[serde(rename = "https://sts.amazonaws.com/")]
    pub(super) session: &'a SessionClaims,
    pub(super) iss: String,
    pub(super) exp: i64,
    pub(super) iat: i64,
    pub(super) jti: String,
}

impl Claims<'_> {
    /// Compact, and slashes as they are.
    pub(super) fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

/// One audience is a text, several are a list.
pub(super) struct Audience<'a>(pub(super) &'a [String]);

impl Serialize for Audience<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let [only] = self.0 {
            return serializer.serialize_str(only);
        }
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        self.0.iter().try_for_each(|audience| list.serialize_element(audience))?;
        list.end()
    }
}

/// What AWS knows of the caller and its session. AWS: in the order of `listing_place`.
#[derive(Default, Serialize)]
pub(super) struct SessionClaims {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) federated_provider: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source_identity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) org_id: Option<String>,
    pub(super) aws_account: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ou_path: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Tags::is_empty")]
    pub(super) request_tags: Tags,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) original_session_exp: Option<String>,
    pub(super) source_region: String,
    pub(super) principal_id: String,
    #[serde(skip_serializing_if = "Tags::is_empty")]
    pub(super) principal_tags: Tags,
}

/// Tags as an object. AWS: in the order of `listing_place` too.
#[derive(Default)]
pub(super) struct Tags(Vec<(String, String)>);

impl Tags {
    /// Tags in AWS's order.
    pub(super) fn of<'t>(tags: impl Iterator<Item = (&'t TagKey, &'t TagValue)>) -> Self {
        let mut tags: Vec<_> = tags.map(|(key, value)| (key.to_string(), value.to_string())).collect();
        let among = tags.len();
        tags.sort_by_cached_key(|(key, _)| listing_place(key, among));
        Self(tags)
    }

    /// AWS: of tags that differ in case only the last one counts, with its spelling (sts-s-gwit-ok-role).
    pub(super) fn merged<'t>(tags: impl Iterator<Item = &'t Tag>) -> Self {
        let mut merged: Vec<&Tag> = Vec::new();
        for tag in tags {
            merged.retain(|earlier| !earlier.key.is_same_as(&tag.key));
            merged.push(tag);
        }
        Self::of(merged.into_iter().map(|tag| (&tag.key, &tag.value)))
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Tags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        self.0.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_stand_where_aws_lists_them() {
        let names = [
            "federated_provider",
            "source_identity",
            "org_id",
            "aws_account",
            "ou_path",
            "request_tags",
            "original_session_exp",
            "source_region",
            "principal_id",
            "principal_tags",
        ];
        assert!(names.is_sorted_by_key(|name| listing_place(name, names.len())));
        let tags = || Tags(vec![(String::new(), String::new())]);
        let full = SessionClaims {
            federated_provider: Some(String::new()),
            source_identity: Some(String::new()),
            org_id: Some(String::new()),
            ou_path: Some(Vec::new()),
            request_tags: tags(),
            original_session_exp: Some(String::new()),
            principal_tags: tags(),
            ..SessionClaims::default()
        };
        let json = serde_json::to_string(&full).unwrap();
        let places = names.map(|name| json.find(&format!("\"{name}\":")).unwrap());
        assert!(places.is_sorted(), "{json}");
    }
}
