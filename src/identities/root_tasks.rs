//! What the tasks of `AssumeRoot` need: each is one of five AWS-managed policies.

use crate::ids::{OrganizationFeature, Partition};

/// The feature that must be switched on for the task whose policy has this ARN.
pub fn feature_of_root_task(arn: &str, partition: Partition) -> Option<OrganizationFeature> {
    match arn.strip_prefix(&format!("arn:{partition}:iam::aws:policy/root-task/"))? {
        "IAMAuditRootUserCredentials" | "IAMCreateRootUserPassword" | "IAMDeleteRootUserCredentials" => {
            Some(OrganizationFeature::RootCredentialsManagement)
        }
        "S3UnlockBucketPolicy" | "SQSUnlockQueuePolicy" => Some(OrganizationFeature::RootSessions),
        _ => None,
    }
}
