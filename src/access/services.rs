//! How services have their requests signed, as far as they differ. Facts only; `forwarded` judges by them.

use super::authn::Rejection;
use super::holder::Holder;
use crate::sigv4::{Expires, Style, Timing};

/// What a service demands of signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How the path is written.
    pub style: Style,
    /// How long a signature is good.
    pub timing: Timing,
    /// Where the hash of the body comes from.
    pub payload: PayloadRule,
    /// The `x-amz-` headers that need not be signed.
    pub may_be_unsigned: &'static [&'static str],
    /// Whether sessions of users need a code of an MFA device.
    pub wants_second_factor: bool,
}

/// Where a service takes the hash of the body from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadRule {
    /// From `x-amz-content-sha256`, which may as well say that there is none.
    Header,
    /// From the body.
    Body,
}

impl Rules {
    /// The rules of the service of this signing name.
    pub fn of(service: &str) -> Self {
        if is_s3(service) {
            return Self {
                style: Style::S3,
                timing: Timing { window_seconds: 15 * 60, expires: Expires::Demanded },
                payload: PayloadRule::Header,
                // AWS: its value is the last line of the canonical request, so it is signed in any case.
                may_be_unsigned: &["x-amz-content-sha256"],
                wants_second_factor: false,
            };
        }
        let minutes = if FIFTEEN_MINUTES.contains(&service) { 15 } else { 5 };
        let expires = if service == "sts" { Expires::Ignored } else { Expires::Honoured };
        Self {
            style: Style::Standard,
            timing: Timing { window_seconds: minutes * 60, expires },
            payload: PayloadRule::Body,
            // The date stands in the string to sign, and another token needs another key.
            may_be_unsigned: &["x-amz-content-sha256", "x-amz-date", "x-amz-security-token"],
            wants_second_factor: service == "iam",
        }
    }

    /// Whether the service takes credentials of this kind at all.
    pub(super) fn admit(&self, holder: &Holder<'_>) -> Result<(), Rejection> {
        if self.wants_second_factor { holder.demand_second_factor() } else { Ok(()) }
    }
}

/// Whether a service is S3 or one of its kin, which sign alike.
pub fn is_s3(service: &str) -> bool {
    matches!(service, "s3" | "s3express" | "s3-object-lambda" | "s3-outposts")
}

/// AWS: seen in refusals of these services; the others whose refusals were seen say five.
const FIFTEEN_MINUTES: [&str; 6] = ["dynamodb", "iam", "ses", "sns", "sqs", "sts"];

/// The actions on a bucket's policy that the root user of its account may do whatever the policy denies.
pub(super) fn root_may_repair(action: &str) -> bool {
    REPAIRS.iter().any(|repair| repair.eq_ignore_ascii_case(action))
}

// AWS: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-policy-language-overview.html>
const REPAIRS: [&str; 3] = ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"];
