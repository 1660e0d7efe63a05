//! What S3 demands of a bucket's policy beyond what every resource policy must be: its own actions, this bucket's
//! resources, keys that the actions carry.
//!
//! The tables list what the gateway next door can be asked; S3 has more.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>

use super::context::RequestContext;
use super::document::{Policy, Resources, Statement};
use super::pattern::Pattern;
use super::problem::{BucketFault, ParseError};
use super::variables::Piece;

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

/// Checks a resource policy as the policy of `bucket`.
pub fn check_bucket(policy: &Policy, bucket: &str) -> Result<(), ParseError> {
    for (at, statement) in policy.statements().iter().enumerate() {
        check_statement(statement, bucket).map_err(|fault| ParseError::new(format!("Statement[{at}]"), fault))?;
    }
    Ok(())
}

fn check_statement(statement: &Statement, bucket: &str) -> Result<(), BucketFault> {
    let texts = statement.actions().texts();
    for text in &texts {
        if actions_of(text).next().is_none() {
            return Err(BucketFault::InvalidAction((*text).to_owned()));
        }
    }
    let patterns = statement.resources().map_or(&[][..], |resources| resources.patterns());
    let reaches: Vec<Reach> = patterns.iter().map(|pattern| reach(pattern, bucket)).collect();
    if let Some((pattern, _)) = patterns.iter().zip(&reaches).find(|(_, reach)| !reach.bucket && !reach.objects) {
        return Err(BucketFault::InvalidResource(pattern.text().to_owned()));
    }
    let negated = statement.actions().negated() || statement.resources().is_some_and(Resources::negated);
    for text in texts.iter().filter(|_| !negated) {
        let meets = |(_, on): &(&str, On)| reaches.iter().any(|reach| reach.meets(*on));
        if !actions_of(text).any(|action| meets(&action)) {
            return Err(BucketFault::ActionWithoutResource((*text).to_owned()));
        }
    }
    keys(statement, &texts)
}

/// AWS: a key that S3 does not know is refused, and so is one that any listed action cannot carry (measured).
fn keys(statement: &Statement, texts: &[&str]) -> Result<(), BucketFault> {
    for condition in statement.conditions() {
        let key = condition.key();
        let lower = key.to_ascii_lowercase();
        if lower.starts_with("aws:") {
            continue;
        }
        let known = KEYS.iter().find(|(known, _)| match known.strip_suffix('/') {
            Some(family) => lower.strip_prefix(family).is_some_and(|tag| tag.starts_with('/')),
            None => lower == *known,
        });
        let Some((_, carriers)) = known else {
            return Err(BucketFault::InvalidConditionKey(key.to_owned()));
        };
        for text in texts.iter().filter(|_| !statement.actions().negated()) {
            let carried = carriers.is_empty() || actions_of(text).any(|(name, _)| carriers.contains(&name));
            if !carried {
                return Err(BucketFault::ConditionDoesNotApply { action: (*text).to_owned(), key: key.to_owned() });
            }
        }
    }
    Ok(())
}

/// What an action works on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    Bucket,
    Object,
}

/// What a resource of a policy can mean.
struct Reach {
    bucket: bool,
    objects: bool,
}

impl Reach {
    fn meets(&self, on: On) -> bool {
        match on {
            On::Bucket => self.bucket,
            On::Object => self.objects,
        }
    }
}

/// The known actions that a written one means.
fn actions_of(text: &str) -> impl Iterator<Item = (&'static str, On)> + use<> {
    let lower = text.to_ascii_lowercase();
    let name = if lower == "*" { Some("*") } else { lower.strip_prefix("s3:") };
    let reading = super::variables::Reading { wildcards: true, variables: false };
    let pattern = name.map(|name| Pattern::new(name, reading));
    let bucket = ON_BUCKET.iter().map(|name| (*name, On::Bucket));
    let all = bucket.chain(ON_OBJECT.iter().map(|name| (*name, On::Object)));
    all.filter(move |(name, _)| pattern.as_ref().is_some_and(|pattern| pattern.matches_ignoring_ascii_case(name)))
}

fn reach(pattern: &Pattern, bucket: &str) -> Reach {
    let context = RequestContext::new();
    let arns = ["aws", "aws-cn", "aws-us-gov"].map(|partition| format!("arn:{partition}:s3:::{bucket}"));
    Reach {
        bucket: arns.iter().any(|arn| pattern.matches(arn, &context)),
        objects: arns.iter().any(|arn| can_begin(pattern.pieces(), &format!("{arn}/"))),
    }
}

/// Whether something that begins with `head` and goes on can match. A variable may stand for anything.
fn can_begin(pieces: &[Piece], head: &str) -> bool {
    let Some((first, rest)) = pieces.split_first() else {
        return false;
    };
    match first {
        Piece::Literal(literal) => match head.strip_prefix(&**literal) {
            Some(head) => can_begin(rest, head) || (head.is_empty() && !rest.is_empty()),
            None => literal.len() > head.len() && literal.starts_with(head),
        },
        Piece::Question => {
            head.chars().next().is_none_or(|ch| can_begin(rest, head.get(ch.len_utf8()..).unwrap_or("")))
        }
        // What follows can begin anywhere in the head, or after it.
        Piece::Star | Piece::Variable(_) => true,
    }
}

const ON_BUCKET: [&str; 55] = [
    "CreateBucket",
    "CreateBucketMetadataTableConfiguration",
    "DeleteBucket",
    "DeleteBucketMetadataTableConfiguration",
    "DeleteBucketPolicy",
    "DeleteBucketWebsite",
    "GetAccelerateConfiguration",
    "GetAnalyticsConfiguration",
    "GetBucketAcl",
    "GetBucketCORS",
    "GetBucketLocation",
    "GetBucketLogging",
    "GetBucketMetadataTableConfiguration",
    "GetBucketNotification",
    "GetBucketObjectLockConfiguration",
    "GetBucketOwnershipControls",
    "GetBucketPolicy",
    "GetBucketPolicyStatus",
    "GetBucketPublicAccessBlock",
    "GetBucketRequestPayment",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetBucketWebsite",
    "GetEncryptionConfiguration",
    "GetIntelligentTieringConfiguration",
    "GetInventoryConfiguration",
    "GetLifecycleConfiguration",
    "GetMetricsConfiguration",
    "GetReplicationConfiguration",
    "ListBucket",
    "ListBucketMultipartUploads",
    "ListBucketVersions",
    "ListTagsForResource",
    "PutAccelerateConfiguration",
    "PutAnalyticsConfiguration",
    "PutBucketAcl",
    "PutBucketCORS",
    "PutBucketLogging",
    "PutBucketNotification",
    "PutBucketObjectLockConfiguration",
    "PutBucketOwnershipControls",
    "PutBucketPolicy",
    "PutBucketPublicAccessBlock",
    "PutBucketRequestPayment",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutBucketWebsite",
    "PutEncryptionConfiguration",
    "PutIntelligentTieringConfiguration",
    "PutInventoryConfiguration",
    "PutLifecycleConfiguration",
    "PutMetricsConfiguration",
    "PutReplicationConfiguration",
    "TagResource",
    "UntagResource",
];

const ON_OBJECT: [&str; 32] = [
    "AbortMultipartUpload",
    "BypassGovernanceRetention",
    "DeleteObject",
    "DeleteObjectTagging",
    "DeleteObjectVersion",
    "DeleteObjectVersionTagging",
    "GetObject",
    "GetObjectAcl",
    "GetObjectAttributes",
    "GetObjectLegalHold",
    "GetObjectRetention",
    "GetObjectTagging",
    "GetObjectTorrent",
    "GetObjectVersion",
    "GetObjectVersionAcl",
    "GetObjectVersionAttributes",
    "GetObjectVersionForReplication",
    "GetObjectVersionTagging",
    "GetObjectVersionTorrent",
    "InitiateReplication",
    "ListMultipartUploadParts",
    "ObjectOwnerOverrideToBucketOwner",
    "PutObject",
    "PutObjectAcl",
    "PutObjectLegalHold",
    "PutObjectRetention",
    "PutObjectTagging",
    "PutObjectVersionAcl",
    "PutObjectVersionTagging",
    "ReplicateDelete",
    "ReplicateObject",
    "RestoreObject",
];

const LISTS: &[&str] = &["ListBucket", "ListBucketVersions"];
const WRITES: &[&str] =
    &["PutObject", "PutObjectAcl", "PutObjectVersionAcl", "CreateBucket", "PutBucketAcl", "ReplicateObject"];
const PUTS: &[&str] = &["PutObject", "ReplicateObject"];
const TAGGING: &[&str] = &["PutObject", "PutObjectTagging", "PutObjectVersionTagging", "ReplicateObject"];
const LOCKS: &[&str] = &["PutObject", "PutObjectRetention", "PutObjectLegalHold", "BypassGovernanceRetention"];
const VERSIONS: &[&str] = &[
    "DeleteObjectVersion",
    "DeleteObjectVersionTagging",
    "GetObjectVersion",
    "GetObjectVersionAcl",
    "GetObjectVersionAttributes",
    "GetObjectVersionTagging",
    "GetObjectVersionTorrent",
    "PutObjectVersionAcl",
    "PutObjectVersionTagging",
];
const EXISTING_TAGS: &[&str] = &[
    "DeleteObjectTagging",
    "DeleteObjectVersionTagging",
    "GetObject",
    "GetObjectAcl",
    "GetObjectAttributes",
    "GetObjectTagging",
    "GetObjectVersion",
    "GetObjectVersionAcl",
    "GetObjectVersionAttributes",
    "GetObjectVersionTagging",
    "PutObjectAcl",
    "PutObjectTagging",
    "PutObjectVersionAcl",
    "PutObjectVersionTagging",
];

/// Keys in lower case, a family with its slash, and the actions that carry them; none listed means all do.
const KEYS: [(&str, &[&str]); 39] = [
    ("s3:prefix", LISTS),
    ("s3:delimiter", LISTS),
    ("s3:max-keys", LISTS),
    ("s3:versionid", VERSIONS),
    ("s3:existingobjecttag/", EXISTING_TAGS),
    ("s3:requestobjecttag/", TAGGING),
    ("s3:requestobjecttagkeys", TAGGING),
    ("s3:x-amz-acl", WRITES),
    ("s3:x-amz-grant-full-control", WRITES),
    ("s3:x-amz-grant-read", WRITES),
    ("s3:x-amz-grant-read-acp", WRITES),
    ("s3:x-amz-grant-write", WRITES),
    ("s3:x-amz-grant-write-acp", WRITES),
    ("s3:x-amz-copy-source", PUTS),
    ("s3:x-amz-metadata-directive", PUTS),
    ("s3:x-amz-server-side-encryption", PUTS),
    ("s3:x-amz-server-side-encryption-aws-kms-key-id", PUTS),
    ("s3:x-amz-server-side-encryption-customer-algorithm", PUTS),
    ("s3:x-amz-storage-class", PUTS),
    ("s3:x-amz-website-redirect-location", PUTS),
    ("s3:object-lock-mode", LOCKS),
    ("s3:object-lock-legal-hold", LOCKS),
    ("s3:object-lock-retain-until-date", LOCKS),
    ("s3:object-lock-remaining-retention-days", LOCKS),
    ("s3:locationconstraint", &["CreateBucket"]),
    ("s3:if-match", PUTS),
    ("s3:if-none-match", PUTS),
    ("s3:objectcreationoperation", PUTS),
    ("s3:accessgrantsinstancearn", &[]),
    ("s3:accesspointnetworkorigin", &[]),
    ("s3:authtype", &[]),
    ("s3:buckettag/", &[]),
    ("s3:dataaccesspointaccount", &[]),
    ("s3:dataaccesspointarn", &[]),
    ("s3:resourceaccount", &[]),
    ("s3:signatureage", &[]),
    ("s3:signatureversion", &[]),
    ("s3:tlsversion", &[]),
    ("s3:x-amz-content-sha256", &[]),
];
