//! Tags: keys unique whatever their case, the case kept.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html>

crate::shape! {
    /// The key of a tag.
    TagKey: text 1..=128 of r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+";
    /// The value of a tag; may be empty.
    TagValue: text 0..=256 of r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*";
}

/// One tag.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Tag {
    /// Its key, case kept.
    pub key: TagKey,
    /// Its value.
    pub value: TagValue,
}

impl TagKey {
    /// Whether the two are one key: case does not count.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.as_str() == other.as_str() || self.as_str().to_lowercase() == other.as_str().to_lowercase()
    }
}
