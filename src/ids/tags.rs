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
        self == other || self.folded() == other.folded()
    }

    /// What all spellings of one key have in common.
    pub fn folded(&self) -> String {
        // One letter at a time, as context keys are compared: the two must agree on what is the same key.
        self.as_str().chars().flat_map(char::to_lowercase).collect()
    }
}
