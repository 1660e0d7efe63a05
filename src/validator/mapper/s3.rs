//! S3: which actions a request asks for, on which bucket or object.
//!
//! AWS: iam-evaluation 7.1; <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>

use std::borrow::Cow;

use super::super::decide::Wanted;
use super::super::request::Received;
use super::s3_said::Said;
use super::{Unmapped, decoded, s3_keys};
use crate::policy::context::RequestContext;
use crate::wire::Params;

/// What `received` asks of S3; `bucket` is in the host, or else first in the path.
pub(super) fn map<'a>(received: &'a Received<'a>, bucket: Option<&str>) -> Result<Vec<Wanted<'a>>, Unmapped> {
    let path = decoded(received.path).ok_or(Unmapped::Unknown("the path is no text"))?;
    let path = path.strip_prefix('/').unwrap_or(&path);
    let (bucket, key) = match bucket {
        Some(bucket) => (bucket, path),
        None => path.split_once('/').unwrap_or((path, "")),
    };
    if key.len() > LONGEST_KEY || bucket.len() > LONGEST_BUCKET {
        return Err(Unmapped::Unknown("the bucket or key is longer than S3 has them"));
    }
    let query = Params::of_query(received.query).map_err(|_| Unmapped::Unknown("the query has a broken escape"))?;
    let said = Said::of(received, &query)?;
    // ATTACK: conditions see one of the two, and the object may have both.
    if said.get("x-amz-tagging").is_some_and(|tags| s3_keys::has_tag_twice(&tags)) {
        return Err(Unmapped::Unknown("a tag is there twice, for its case does not matter to policies"));
    }
    let request = Asked { received, query, said, bucket, key };
    if bucket.is_empty() {
        let lists = matches!(received.method, "GET" | "HEAD") && key.is_empty();
        return if lists { Ok(vec![request.wanted("ListAllMyBuckets", "*".to_owned())]) } else { Err(NO_OPERATION) };
    }
    match (request.subresource()?, key) {
        (subresource, "") => request.of_bucket(subresource),
        (subresource, _) => request.of_object(subresource),
    }
}

/// AWS: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>; the oldest buckets have 255.
const LONGEST_KEY: usize = 1024;
const LONGEST_BUCKET: usize = 255;

const NO_OPERATION: Unmapped = Unmapped::Unknown("S3 has no operation of this method and query");

/// The parameters by which S3 tells its operations apart. `versionId`, `partNumber` and the like only say more.
const SUBRESOURCES: [&str; 35] = [
    "abac",
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "metadataConfiguration",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versioning",
];
/// Those that only buckets have, and that a key may not be asked by.
const OF_LISTS: [&str; 2] = ["versions", "website"];

struct Asked<'a, 'p> {
    received: &'a Received<'a>,
    query: Params<'a>,
    said: Said<'a>,
    bucket: &'p str,
    key: &'p str,
}

impl<'a> Asked<'a, '_> {
    /// The one that decides.
    // ATTACK: of two, this reader and the server behind it may take different ones.
    fn subresource(&self) -> Result<Option<&'static str>, Unmapped> {
        let known = |name: &str| SUBRESOURCES.iter().chain(&OF_LISTS).copied().find(|known| *known == name);
        let mut named = self.query.names().filter_map(|name| known(&name));
        match (named.next(), named.next()) {
            (one, None) => Ok(one),
            (_, Some(_)) => Err(Unmapped::Unknown("the query names two operations")),
        }
    }

    fn of_bucket(&self, subresource: Option<&str>) -> Result<Vec<Wanted<'a>>, Unmapped> {
        let name = match (self.received.method, subresource) {
            ("GET", None) => return self.listing("ListBucket"),
            ("GET", Some("versions")) => return self.listing("ListBucketVersions"),
            ("HEAD", None) => "ListBucket",
            ("GET", Some("uploads")) => "ListBucketMultipartUploads",
            ("GET", Some("location")) => "GetBucketLocation",
            ("GET", Some("policyStatus")) => "GetBucketPolicyStatus",
            ("PUT", None) => return Ok(self.creation()),
            ("DELETE", None) => "DeleteBucket",
            ("DELETE", Some("policy")) => "DeleteBucketPolicy",
            ("DELETE", Some("website")) => "DeleteBucketWebsite",
            ("POST", Some("delete")) => return Err(KEYS_IN_BODY),
            ("POST", None) => {
                return Err(Unmapped::InBody("the key of a form upload is in its body: append it as a check"));
            }
            ("GET", Some(subresource)) => pair(subresource).ok_or(NO_OPERATION)?.0,
            ("PUT", Some(subresource)) => pair(subresource).ok_or(NO_OPERATION)?.1,
            // AWS: what has no Delete action of its own is deleted by leave to put it.
            ("DELETE", Some(subresource)) if DELETED_BY_PUT.contains(&subresource) => {
                pair(subresource).ok_or(NO_OPERATION)?.1
            }
            _ => return Err(NO_OPERATION),
        };
        Ok(vec![self.on_bucket(name)])
    }

    fn creation(&self) -> Vec<Wanted<'a>> {
        let mut names = vec!["CreateBucket"];
        names.extend(self.said.has_acl().then_some("PutBucketAcl"));
        if self.said.is_true("x-amz-bucket-object-lock-enabled") {
            names.extend(["PutBucketVersioning", "PutBucketObjectLockConfiguration"]);
        }
        names.extend(self.said.has("x-amz-object-ownership").then_some("PutBucketOwnershipControls"));
        names.into_iter().map(|name| self.on_bucket(name)).collect()
    }

    fn of_object(&self, subresource: Option<&str>) -> Result<Vec<Wanted<'a>>, Unmapped> {
        let versioned = self.query.get("versionId").is_some_and(|version| !version.is_empty());
        let either = |plain: &'static str, of_version: &'static str| if versioned { of_version } else { plain };
        let names: Vec<&'static str> = match (self.received.method, subresource) {
            ("GET" | "HEAD", None) => vec![either("GetObject", "GetObjectVersion")],
            ("GET", Some("acl")) => vec![either("GetObjectAcl", "GetObjectVersionAcl")],
            ("GET", Some("tagging")) => vec![either("GetObjectTagging", "GetObjectVersionTagging")],
            ("GET", Some("torrent")) => vec![either("GetObjectTorrent", "GetObjectVersionTorrent")],
            ("GET", Some("retention")) => vec!["GetObjectRetention"],
            ("GET", Some("legal-hold")) => vec!["GetObjectLegalHold"],
            ("GET", Some("attributes")) => {
                vec![
                    either("GetObject", "GetObjectVersion"),
                    either("GetObjectAttributes", "GetObjectVersionAttributes"),
                ]
            }
            ("GET", Some("uploadId")) => vec!["ListMultipartUploadParts"],
            ("PUT", None) | ("POST", Some("uploads")) => return self.write(true),
            ("PUT", Some("uploadId")) => return self.write(false),
            ("POST", Some("uploadId")) => vec!["PutObject"],
            ("PUT", Some("acl")) => vec![either("PutObjectAcl", "PutObjectVersionAcl")],
            ("PUT", Some("tagging")) => vec![either("PutObjectTagging", "PutObjectVersionTagging")],
            ("PUT", Some("retention")) => self.bypassing("PutObjectRetention"),
            ("PUT", Some("legal-hold")) => vec!["PutObjectLegalHold"],
            ("POST", Some("restore")) => vec!["RestoreObject"],
            ("POST", Some("select")) => vec!["GetObject"],
            ("DELETE", None) => self.bypassing(either("DeleteObject", "DeleteObjectVersion")),
            ("DELETE", Some("uploadId")) => vec!["AbortMultipartUpload"],
            ("DELETE", Some("tagging")) => vec![either("DeleteObjectTagging", "DeleteObjectVersionTagging")],
            _ => return Err(NO_OPERATION),
        };
        Ok(names.into_iter().map(|name| self.on_object(name)).collect())
    }

    /// The action, and one more if governance shall be passed over.
    fn bypassing(&self, name: &'static str) -> Vec<&'static str> {
        let bypass = self.said.is_true("x-amz-bypass-governance-retention");
        std::iter::once(name).chain(bypass.then_some("BypassGovernanceRetention")).collect()
    }

    /// What makes an object, or a part of one: `whole` if what it shall be is said with it.
    fn write(&self, whole: bool) -> Result<Vec<Wanted<'a>>, Unmapped> {
        let mut wanted = Vec::new();
        if let Some(source) = self.said.get("x-amz-copy-source") {
            wanted.push(reading_of(&source)?);
        }
        let mut names = vec!["PutObject"];
        if whole {
            let said = &self.said;
            names.extend(said.has("x-amz-tagging").then_some("PutObjectTagging"));
            names.extend(said.has_acl().then_some("PutObjectAcl"));
            let retained = said.has("x-amz-object-lock-mode") || said.has("x-amz-object-lock-retain-until-date");
            names.extend(retained.then_some("PutObjectRetention"));
            names.extend(said.has("x-amz-object-lock-legal-hold").then_some("PutObjectLegalHold"));
        }
        wanted.extend(names.into_iter().map(|name| self.on_object(name)));
        Ok(wanted)
    }

    fn listing(&self, name: &'static str) -> Result<Vec<Wanted<'a>>, Unmapped> {
        // ATTACK: -1 is less than what a policy allows, and to a server it may mean as many as there are.
        let is_number = |most: &str| !most.is_empty() && most.bytes().all(|byte| byte.is_ascii_digit());
        if self.query.get("max-keys").is_some_and(|most| !is_number(&most)) {
            return Err(Unmapped::Unknown("max-keys is no number of keys"));
        }
        let mut wanted = self.on_bucket(name);
        s3_keys::of_list(&self.query, &mut wanted.context);
        Ok(vec![wanted])
    }

    fn on_bucket(&self, name: &str) -> Wanted<'a> {
        self.wanted(name, ["arn:aws:s3:::", self.bucket].concat())
    }

    fn on_object(&self, name: &str) -> Wanted<'a> {
        self.wanted(name, ["arn:aws:s3:::", self.bucket, "/", self.key].concat())
    }

    fn wanted(&self, name: &str, resource: String) -> Wanted<'a> {
        let mut context = RequestContext::new();
        s3_keys::of_action(name, &self.said, &self.query, &mut context);
        Wanted { id: None, action: Cow::Owned(["s3:", name].concat()), resource: Cow::Owned(resource), context }
    }
}

/// The reading of what is copied.
fn reading_of<'a>(header: &str) -> Result<Wanted<'a>, Unmapped> {
    let (name, version) = match header.split_once("?versionId=") {
        Some((name, version)) => (name, Some(version)),
        None => (header, None),
    };
    // ATTACK: a server may read no further than a question mark, and so another key than we do.
    if name.contains('?') || version.is_some_and(|version| version.contains(['?', '&'])) {
        return Err(Unmapped::Unknown("x-amz-copy-source has more behind the key than a versionId"));
    }
    let name = decoded(name).ok_or(Unmapped::Unknown("x-amz-copy-source is no text"))?;
    let name = name.strip_prefix('/').unwrap_or(&name);
    if !name.split_once('/').is_some_and(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
        || name.starts_with("arn:")
    {
        return Err(Unmapped::Unknown("x-amz-copy-source is not bucket/key"));
    }
    let action = if version.is_some() { "GetObjectVersion" } else { "GetObject" };
    let mut context = RequestContext::new();
    context.set_some("s3:VersionId", version.map(str::to_owned));
    Ok(Wanted {
        id: None,
        action: Cow::Owned(format!("s3:{action}")),
        resource: Cow::Owned(format!("arn:aws:s3:::{name}")),
        context,
    })
}

/// AWS: each key of a multi-delete is asked for by itself.
const KEYS_IN_BODY: Unmapped = Unmapped::InBody("the keys of a multi-delete are in its body: append each as a check");

/// The actions that get and put what a bucket has.
fn pair(subresource: &str) -> Option<(&'static str, &'static str)> {
    Some(match subresource {
        "abac" => ("GetBucketAbac", "PutBucketAbac"),
        "accelerate" => ("GetAccelerateConfiguration", "PutAccelerateConfiguration"),
        "acl" => ("GetBucketAcl", "PutBucketAcl"),
        "analytics" => ("GetAnalyticsConfiguration", "PutAnalyticsConfiguration"),
        "cors" => ("GetBucketCORS", "PutBucketCORS"),
        "encryption" => ("GetEncryptionConfiguration", "PutEncryptionConfiguration"),
        "intelligent-tiering" => ("GetIntelligentTieringConfiguration", "PutIntelligentTieringConfiguration"),
        "inventory" => ("GetInventoryConfiguration", "PutInventoryConfiguration"),
        "lifecycle" => ("GetLifecycleConfiguration", "PutLifecycleConfiguration"),
        "logging" => ("GetBucketLogging", "PutBucketLogging"),
        "metrics" => ("GetMetricsConfiguration", "PutMetricsConfiguration"),
        "notification" => ("GetBucketNotification", "PutBucketNotification"),
        "object-lock" => ("GetBucketObjectLockConfiguration", "PutBucketObjectLockConfiguration"),
        "ownershipControls" => ("GetBucketOwnershipControls", "PutBucketOwnershipControls"),
        "policy" => ("GetBucketPolicy", "PutBucketPolicy"),
        "publicAccessBlock" => ("GetBucketPublicAccessBlock", "PutBucketPublicAccessBlock"),
        "replication" => ("GetReplicationConfiguration", "PutReplicationConfiguration"),
        "requestPayment" => ("GetBucketRequestPayment", "PutBucketRequestPayment"),
        "tagging" => ("GetBucketTagging", "PutBucketTagging"),
        "versioning" => ("GetBucketVersioning", "PutBucketVersioning"),
        "website" => ("GetBucketWebsite", "PutBucketWebsite"),
        _ => return None,
    })
}

const DELETED_BY_PUT: [&str; 11] = [
    "analytics",
    "cors",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "lifecycle",
    "metrics",
    "ownershipControls",
    "publicAccessBlock",
    "replication",
    "tagging",
];
