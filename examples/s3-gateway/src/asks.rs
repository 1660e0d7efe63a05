//! What S3 asks for what: the actions of each operation, and the condition keys that it fills.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html> and
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>

use hyper::HeaderMap;
use local_sts::client::{Check, Context};
use local_sts::validator::HEADERS_OF_WRITES;

use crate::records::Tags;

/// The ARN of a bucket.
pub fn bucket_arn(bucket: &str) -> String {
    format!("arn:aws:s3:::{bucket}")
}

/// The ARN of an object.
pub fn object_arn(bucket: &str, key: &str) -> String {
    format!("arn:aws:s3:::{bucket}/{key}")
}

/// One action on a bucket.
pub fn on_bucket(action: &str, bucket: &str) -> Vec<Check> {
    vec![Check::new(action, bucket_arn(bucket))]
}

/// One action on an object; with a version, the action on versions instead.
pub fn on_object(action: Versioned, bucket: &str, key: &str, version: Option<&str>) -> Vec<Check> {
    let action = if version.is_some() { action.of_version } else { action.plain };
    vec![Check::new(action, object_arn(bucket, key))]
}

/// An action, and what it is called where the request names a version.
#[derive(Clone, Copy)]
pub struct Versioned {
    plain: &'static str,
    of_version: &'static str,
}

pub const GET: Versioned = Versioned { plain: "s3:GetObject", of_version: "s3:GetObjectVersion" };
pub const DELETE: Versioned = Versioned { plain: "s3:DeleteObject", of_version: "s3:DeleteObjectVersion" };
pub const GET_TAGGING: Versioned = Versioned { plain: "s3:GetObjectTagging", of_version: "s3:GetObjectVersionTagging" };
pub const PUT_TAGGING: Versioned = Versioned { plain: "s3:PutObjectTagging", of_version: "s3:PutObjectVersionTagging" };
pub const DELETE_TAGGING: Versioned =
    Versioned { plain: "s3:DeleteObjectTagging", of_version: "s3:DeleteObjectVersionTagging" };

/// To put an object, with what its headers ask for beside.
pub fn put_object(bucket: &str, key: &str, headers: &HeaderMap, tags: &Tags) -> Vec<Check> {
    let has = |name: &str| headers.contains_key(name);
    let asked = [
        ("s3:PutObject", true),
        ("s3:PutObjectTagging", !tags.is_empty()),
        ("s3:PutObjectAcl", has("x-amz-acl") || GRANTS.iter().any(|grant| has(grant))),
        ("s3:PutObjectRetention", has("x-amz-object-lock-mode") || has("x-amz-object-lock-retain-until-date")),
        ("s3:PutObjectLegalHold", has("x-amz-object-lock-legal-hold")),
    ];
    asked
        .into_iter()
        .filter(|(_, needed)| *needed)
        .map(|(action, _)| Check::new(action, object_arn(bucket, key)))
        .collect()
}

/// To make a bucket, with what the request asks for beside.
pub fn create_bucket(bucket: &str, headers: &HeaderMap) -> Vec<Check> {
    let has = |name: &str| headers.contains_key(name);
    let asked = [
        ("s3:CreateBucket", true),
        ("s3:PutBucketAcl", has("x-amz-acl") || GRANTS.iter().any(|grant| has(grant))),
        ("s3:PutBucketVersioning", has("x-amz-bucket-object-lock-enabled")),
        ("s3:PutBucketObjectLockConfiguration", has("x-amz-bucket-object-lock-enabled")),
        ("s3:PutBucketOwnershipControls", has("x-amz-object-ownership")),
    ];
    asked.into_iter().filter(|(_, needed)| *needed).map(|(action, _)| Check::new(action, bucket_arn(bucket))).collect()
}

/// To delete an object.
pub fn delete_object(bucket: &str, key: &str, version: Option<&str>, bypasses_governance: bool) -> Vec<Check> {
    let mut checks = on_object(DELETE, bucket, key, version);
    if bypasses_governance {
        checks.push(Check::new("s3:BypassGovernanceRetention", object_arn(bucket, key)));
    }
    checks
}

const GRANTS: [&str; 5] = [
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
];

/// Adds one key.
pub fn set(context: &mut Context, key: &str, value: impl Into<String>) {
    context.insert(key.to_owned(), vec![value.into()]);
}

/// The keys of a listing.
// AWS: present exactly if the parameter was sent; but the number of keys has a value in any case.
pub fn listing(context: &mut Context, prefix: Option<&str>, delimiter: Option<&str>, max_keys: Option<i32>) {
    if let Some(prefix) = prefix {
        set(context, "s3:prefix", prefix);
    }
    if let Some(delimiter) = delimiter {
        set(context, "s3:delimiter", delimiter);
    }
    set(context, "s3:max-keys", max_keys.unwrap_or(1000).to_string());
}

/// The key of a request that names a version.
pub fn version(context: &mut Context, version: Option<&str>) {
    if let Some(version) = version {
        set(context, "s3:VersionId", version);
    }
}

/// The keys of the tags that an object has.
pub fn existing_tags(context: &mut Context, tags: &Tags) {
    for (key, value) in tags {
        set(context, &format!("s3:ExistingObjectTag/{key}"), value);
    }
}

/// The keys of the tags that a request brings.
pub fn request_tags(context: &mut Context, tags: &Tags) {
    for (key, value) in tags {
        set(context, &format!("s3:RequestObjectTag/{key}"), value);
    }
    if !tags.is_empty() {
        context.insert("s3:RequestObjectTagKeys".to_owned(), tags.keys().cloned().collect());
    }
}

/// The keys that are headers of a write.
pub fn write_headers(context: &mut Context, headers: &HeaderMap) {
    for (header, key) in HEADERS_OF_WRITES {
        // AWS: the copy source is compared as it is spelled.
        if let Some(value) = headers.get(header).and_then(|value| value.to_str().ok()) {
            set(context, key, value);
        }
    }
}
