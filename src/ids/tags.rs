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
