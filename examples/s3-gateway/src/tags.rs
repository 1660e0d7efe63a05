//! The tags of objects, in a header and in XML.

use s3s::dto::{Tag, TagSet};
use s3s::{S3Result, s3_error};

use crate::records::Tags;

/// Reads `x-amz-tagging`: `team=red&stage=test`.
pub fn of_header(header: Option<&str>) -> S3Result<Tags> {
    let pairs = form_urlencoded::parse(header.unwrap_or_default().as_bytes());
    collect(pairs.map(|(key, value)| (key.into_owned(), value.into_owned())))
}

/// Reads a `TagSet`.
pub fn of_set(set: &[Tag]) -> S3Result<Tags> {
    let pair = |tag: &Tag| (tag.key.clone().unwrap_or_default(), tag.value.clone().unwrap_or_default());
    collect(set.iter().map(pair))
}

/// Writes a `TagSet`.
pub fn as_set(tags: Tags) -> TagSet {
    tags.into_iter().map(|(key, value)| Tag { key: Some(key), value: Some(value) }).collect()
}

fn collect(pairs: impl Iterator<Item = (String, String)>) -> S3Result<Tags> {
    let mut tags = Tags::new();
    for (key, value) in pairs {
        if key.is_empty() || key.chars().count() > 128 || key.to_ascii_lowercase().starts_with("aws:") {
            return Err(s3_error!(InvalidTag, "The TagKey you have provided is invalid"));
        }
        if value.chars().count() > 256 {
            return Err(s3_error!(InvalidTag, "The TagValue you have provided is invalid"));
        }
        // ATTACK: conditions read keys without their case, and so see one of two (B-400).
        if tags.keys().any(|known| known.to_lowercase() == key.to_lowercase()) {
            return Err(s3_error!(InvalidTag, "Cannot provide multiple Tags with the same key"));
        }
        tags.insert(key, value);
        if tags.len() > 10 {
            return Err(s3_error!(InvalidTag, "Object tags cannot be greater than 10"));
        }
    }
    Ok(tags)
}
