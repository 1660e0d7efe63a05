//! The `s3:` context keys, as S3 fills them from a request.
//!
//! AWS: iam-evaluation 7.2; <https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html>

use super::super::request::Received;
use super::Told;
use super::s3_said::Said;
use crate::policy::context::RequestContext;
use crate::wire::Params;

/// Headers of writes, and the keys that have their values.
pub const HEADERS_OF_WRITES: [(&str, &str); 19] = [
    ("if-match", "s3:if-match"),
    ("if-none-match", "s3:if-none-match"),
    ("x-amz-acl", "s3:x-amz-acl"),
    ("x-amz-copy-source", "s3:x-amz-copy-source"),
    ("x-amz-grant-full-control", "s3:x-amz-grant-full-control"),
    ("x-amz-grant-read", "s3:x-amz-grant-read"),
    ("x-amz-grant-read-acp", "s3:x-amz-grant-read-acp"),
    ("x-amz-grant-write", "s3:x-amz-grant-write"),
    ("x-amz-grant-write-acp", "s3:x-amz-grant-write-acp"),
    ("x-amz-metadata-directive", "s3:x-amz-metadata-directive"),
    ("x-amz-object-lock-legal-hold", "s3:object-lock-legal-hold"),
    ("x-amz-object-lock-mode", "s3:object-lock-mode"),
    ("x-amz-object-lock-retain-until-date", "s3:object-lock-retain-until-date"),
    ("x-amz-object-ownership", "s3:x-amz-object-ownership"),
    ("x-amz-server-side-encryption", "s3:x-amz-server-side-encryption"),
    ("x-amz-server-side-encryption-aws-kms-key-id", "s3:x-amz-server-side-encryption-aws-kms-key-id"),
    ("x-amz-server-side-encryption-customer-algorithm", "s3:x-amz-server-side-encryption-customer-algorithm"),
    ("x-amz-storage-class", "s3:x-amz-storage-class"),
    ("x-amz-website-redirect-location", "s3:x-amz-website-redirect-location"),
];

/// The keys that every request to S3 tells, or by not having them.
pub(super) const OF_REQUESTS: [&str; 4] =
    ["s3:authType", "s3:signatureAge", "s3:signatureversion", "s3:x-amz-content-sha256"];

/// The keys that tell more of an action, as far as they are not in the body.
pub(super) fn of_actions() -> impl Iterator<Item = &'static str> {
    ["s3:prefix", "s3:delimiter", "s3:max-keys", "s3:VersionId"]
        .into_iter()
        .chain(HEADERS_OF_WRITES.map(|(_, key)| key))
}

/// Keys of every action of a request.
pub(super) fn of_request<'a>(received: &'a Received<'a>, told: &Told<'_>, context: &mut RequestContext<'a>) {
    if told.is_signed {
        context.set("s3:authType", if told.presigned_age.is_some() { "REST-QUERY-STRING" } else { "REST-HEADER" });
        context.set("s3:signatureversion", "AWS4-HMAC-SHA256");
        if let Some(age) = told.presigned_age {
            context.set_number("s3:signatureAge", age.max(0));
        }
    }
    context.set_some("s3:x-amz-content-sha256", received.header("x-amz-content-sha256"));
}

/// Keys of a list.
pub(super) fn of_list(query: &Params<'_>, context: &mut RequestContext<'_>) {
    for (name, key) in [("prefix", "s3:prefix"), ("delimiter", "s3:delimiter")] {
        context.set_some(key, query.get(name).map(std::borrow::Cow::into_owned));
    }
    // AWS: always there; what is listed if nobody says.
    context.set("s3:max-keys", query.get("max-keys").map_or_else(|| "1000".to_owned(), std::borrow::Cow::into_owned));
}

/// Keys of one action.
pub(super) fn of_action<'a>(action: &str, said: &Said<'a>, query: &Params<'_>, context: &mut RequestContext<'a>) {
    if action.contains("Version") && !action.starts_with("List") {
        context.set_some("s3:VersionId", query.get("versionId").map(std::borrow::Cow::into_owned));
    }
    if !action.starts_with("Put") && action != "CreateBucket" {
        return;
    }
    for (header, key) in HEADERS_OF_WRITES {
        context.set_some(key, said.get(header));
    }
    if let Some(tags) = said.get("x-amz-tagging") {
        // What cannot be read as tags is none, and S3 will say so.
        let Some(tags) = tags_of(&tags) else { return };
        context.set_many("s3:RequestObjectTagKeys", tags.iter().map(|(key, _)| key.clone()));
        for (key, value) in tags {
            context.set_tag("s3:RequestObjectTag", &key, value);
        }
    }
}

fn tags_of(header: &str) -> Option<Vec<(String, String)>> {
    let tags = Params::of_query(header).ok()?;
    Some(tags.iter().map(|(key, value)| (key.into_owned(), value.into_owned())).collect())
}

/// Whether two tags have the same key, as conditions read keys.
pub(super) fn has_tag_twice(header: &str) -> bool {
    let mut keys: Vec<String> = tags_of(header).into_iter().flatten().map(|(key, _)| key.to_lowercase()).collect();
    keys.sort_unstable();
    keys.windows(2).any(|two| two.first() == two.last())
}
