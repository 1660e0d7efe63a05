//! What S3 demands of a bucket's policy beyond what every resource policy must be: its own actions, this bucket's
//! resources, keys that the actions carry.
//!
//! The tables list what this gateway can be asked; S3 has more.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>

use local_sts::policy::context::RequestContext;
use local_sts::policy::document::{Policy, Resources, Statement};
use local_sts::policy::pattern::Pattern;
use local_sts::policy::variables::{Piece, Reading};

/// Checks a resource policy as the policy of `bucket`, or says in S3's words why it is none.
pub fn check(policy: &Policy, bucket: &str) -> Result<(), &'static str> {
    policy.statements().iter().try_for_each(|statement| check_statement(statement, bucket))
}

fn check_statement(statement: &Statement, bucket: &str) -> Result<(), &'static str> {
    let texts = statement.actions().texts();
    if texts.iter().any(|text| actions_of(text).next().is_none()) {
        return Err("Policy has invalid action");
    }
    let patterns = statement.resources().map_or(&[][..], |resources| resources.patterns());
    let reaches: Vec<Reach> = patterns.iter().map(|pattern| reach(pattern, bucket)).collect();
    if reaches.iter().any(|reach| !reach.bucket && !reach.objects) {
        return Err("Policy has invalid resource");
    }
    let negated = statement.actions().negated() || statement.resources().is_some_and(Resources::negated);
    let meets = |text: &&str| actions_of(text).any(|(_, on)| reaches.iter().any(|reach| reach.meets(on)));
    if !negated && !texts.iter().all(meets) {
        return Err("Action does not apply to any resource(s) in statement");
    }
    check_keys(statement, &texts)
}

/// AWS: a key that S3 does not know is refused, and so is one that any listed action cannot carry (measured).
fn check_keys(statement: &Statement, texts: &[&str]) -> Result<(), &'static str> {
    for condition in statement.conditions() {
        let lower = condition.key().to_ascii_lowercase();
        if lower.starts_with("aws:") {
            continue;
        }
        let known = KEYS.iter().find(|(known, _)| match known.strip_suffix('/') {
            Some(family) => lower.strip_prefix(family).is_some_and(|tag| tag.starts_with('/')),
            None => lower == *known,
        });
        let Some((_, carriers)) = known else {
            return Err("Policy has an invalid condition key");
        };
        let carried = |text: &&str| actions_of(text).any(|(name, _)| carriers.contains(&name));
        if !statement.actions().negated() && !carriers.is_empty() && !texts.iter().all(carried) {
            return Err("Conditions do not apply to combination of actions and resources in statement");
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
    let reading = Reading { wildcards: true, variables: false };
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

#[cfg(test)]
mod tests {
    use local_sts::policy::parse::PolicyKind;

    use super::*;

    /// A statement that lets everybody get what is in the bucket `b`, but for what this says.
    #[track_caller]
    fn check_one(other: serde_json::Value, expected: Result<(), &str>) {
        let mut statement = serde_json::json!({
            "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"
        });
        let (serde_json::Value::Object(known), serde_json::Value::Object(other)) = (&mut statement, other) else {
            unreachable!("both are objects")
        };
        known.extend(other);
        let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        let parsed = Policy::parse(&policy, PolicyKind::Resource).expect("a policy");
        assert_eq!(check(&parsed, "b"), expected, "{policy}");
    }

    macro_rules! check {
        ($other:tt, $expected:expr) => {
            check_one(serde_json::json!($other), $expected)
        };
    }

    #[test]
    fn actions_are_of_s3() {
        let fault = Err("Policy has invalid action");
        check!({"Action": "ec2:RunInstances"}, fault);
        check!({"Action": "s3:GetBananas"}, fault);
        check!({"Action": ["S3:getobject", "s3:Get*Tagging"]}, Ok(()));
    }

    #[test]
    fn resources_are_this_bucket_and_what_is_in_it() {
        check!({"Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::c/*"]}, Err("Policy has invalid resource"));
        check!({"Resource": ["arn:aws:s3:::*", "arn:aws:s3:::b*"]}, Ok(()));
        check!({"Resource": "arn:aws:s3:::b/${aws:username}/*"}, Ok(()));
    }

    #[test]
    fn every_action_has_a_resource() {
        let fault = Err("Action does not apply to any resource(s) in statement");
        check!({"Resource": "arn:aws:s3:::b"}, fault);
        check!({"Action": ["s3:GetObject", "s3:ListBucket"]}, fault);
        check!({"Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]}, Ok(()));
    }

    #[test]
    fn keys_are_those_of_every_action() {
        let fault = Err("Policy has an invalid condition key");
        check!({"Condition": {"StringEquals": {"s3:banana": "x"}}}, fault);
        check!({"Condition": {"StringEquals": {"ec2:Region": "x"}}}, fault);
        let fault = Err("Conditions do not apply to combination of actions and resources in statement");
        let put = "s3:PutObject";
        check!({"Action": put, "Condition": {"StringEquals": {"s3:ExistingObjectTag/x": "y"}}}, fault);
        let both = ["arn:aws:s3:::b", "arn:aws:s3:::b/*"];
        let listed = serde_json::json!({"StringEquals": {"s3:prefix": "x"}});
        check!({"Action": ["s3:ListBucket", "s3:GetObject"], "Resource": both, "Condition": listed}, fault);
        check!({"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b", "Condition": listed}, Ok(()));
        check!({"Condition": {"StringEquals": {"S3:existingobjecttag/X": "y"}}}, Ok(()));
        check!({"Condition": {"StringLike": {"aws:anything": "x"}}}, Ok(()));
    }
}
