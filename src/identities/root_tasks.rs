//! What sessions of `AssumeRoot` are for: five AWS-managed policies, each of which denies all that is not its task.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html>

use serde_json::{Value, json};

use crate::ids::{OrganizationFeature, Partition};

/// A task.
struct RootTask {
    /// The name of its policy, with the path.
    name: &'static str,
    /// What must be switched on for it.
    feature: OrganizationFeature,
    /// All that may be done.
    actions: &'static [&'static str],
}

const TASKS: [RootTask; 5] = [
    RootTask {
        name: "root-task/IAMAuditRootUserCredentials",
        feature: OrganizationFeature::RootCredentialsManagement,
        actions: &[
            "iam:ListAccessKeys",
            "iam:ListSigningCertificates",
            "iam:GetLoginProfile",
            "iam:ListMFADevices",
            ACCOUNT_SUMMARY,
            "iam:GetUser",
            "iam:GetAccessKeyLastUsed",
        ],
    },
    RootTask {
        name: "root-task/IAMCreateRootUserPassword",
        feature: OrganizationFeature::RootCredentialsManagement,
        actions: &["iam:CreateLoginProfile", "iam:GetLoginProfile"],
    },
    RootTask {
        name: "root-task/IAMDeleteRootUserCredentials",
        feature: OrganizationFeature::RootCredentialsManagement,
        actions: &[
            "iam:DeleteAccessKey",
            "iam:DeleteSigningCertificate",
            "iam:DeleteLoginProfile",
            "iam:DeactivateMFADevice",
            "iam:DeleteVirtualMFADevice",
            "iam:ListAccessKeys",
            "iam:ListSigningCertificates",
            "iam:GetLoginProfile",
            "iam:ListMFADevices",
            "iam:GetUser",
            "iam:GetAccessKeyLastUsed",
        ],
    },
    RootTask {
        name: "root-task/S3UnlockBucketPolicy",
        feature: OrganizationFeature::RootSessions,
        actions: &["s3:DeleteBucketPolicy", "s3:PutBucketPolicy", "s3:GetBucketPolicy", "s3:ListAllMyBuckets"],
    },
    RootTask {
        name: "root-task/SQSUnlockQueuePolicy",
        feature: OrganizationFeature::RootSessions,
        actions: &["sqs:SetQueueAttributes", QUEUE_ATTRIBUTES, "sqs:ListQueues", "sqs:GetQueueUrl"],
    },
];

/// AWS: it is about the account, not its root user, and so no resource restricts it.
const ACCOUNT_SUMMARY: &str = "iam:GetAccountSummary";
const QUEUE_ATTRIBUTES: &str = "sqs:GetQueueAttributes";

/// The feature that must be switched on for the task whose policy has this ARN.
pub fn feature_of_root_task(arn: &str, partition: Partition) -> Option<OrganizationFeature> {
    let name = arn.strip_prefix(&format!("arn:{partition}:iam::aws:policy/"))?;
    TASKS.iter().find(|task| task.name == name).map(|task| task.feature)
}

/// The names of their policies, with their documents as they are in a partition.
pub(super) fn documents(partition: Partition) -> impl Iterator<Item = (&'static str, String)> {
    TASKS.iter().map(move |task| (task.name, task.document(partition)))
}

impl RootTask {
    fn document(&self, partition: Partition) -> String {
        let root = format!("arn:{partition}:iam::*:root");
        let everything_else = json!({ "Effect": "Deny", "NotAction": self.actions, "Resource": "*" });
        let by_others = match self.feature {
            OrganizationFeature::RootCredentialsManagement => {
                let of_root: Vec<_> = self.actions.iter().filter(|action| **action != ACCOUNT_SUMMARY).collect();
                json!({ "Effect": "Deny", "Action": of_root, "NotResource": root })
            }
            OrganizationFeature::RootSessions => json!({
                "Effect": "Deny",
                "Action": self.actions,
                "Resource": "*",
                "Condition": { "StringNotLike": { "aws:PrincipalArn": root } },
            }),
        };
        let in_other_accounts = self.actions.contains(&QUEUE_ATTRIBUTES).then(|| {
            json!({
                "Effect": "Deny",
                "Action": QUEUE_ATTRIBUTES,
                "Resource": "*",
                "Condition": { "StringNotEqualsIfExists": { "aws:ResourceAccount": "${aws:PrincipalAccount}" } },
            })
        });
        let statements: Vec<Value> = [everything_else, by_others].into_iter().chain(in_other_accounts).collect();
        json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
    }
}
