//! The AWS-managed policies that are known here, with their published documents.
//!
//! <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>

use std::sync::LazyLock;

use super::policies::{NamedPolicy, parse};
use crate::ids::Partition;
use crate::policy::parse::PolicyKind;
use crate::time::Timestamp;

/// A policy of AWS's.
#[derive(Debug)]
pub struct AwsPolicy {
    /// Named by its ARN.
    pub policy: NamedPolicy,
    /// Where it is.
    pub partition: Partition,
    /// `/`, or `/job-function/` and the like.
    pub path: String,
    /// Its name without its path.
    pub name: &'static str,
    /// Its unique id, the same in every account.
    pub id: &'static str,
    /// Which version AWS is at.
    pub version: u32,
    /// When that was written.
    pub updated: Timestamp,
    /// What AWS says of it, where that is known.
    pub description: Option<&'static str>,
}

/// The AWS-managed policy of this ARN, in whichever partition.
pub(super) fn find(arn: &str) -> Option<&'static NamedPolicy> {
    policy(arn).map(|found| &found.policy)
}

/// The same with what is known of it.
pub fn policy(arn: &str) -> Option<&'static AwsPolicy> {
    COMPILED.iter().find(|found| *found.policy.name == *arn)
}

/// Those of a partition, oldest first.
pub fn all(partition: Partition) -> impl Iterator<Item = &'static AwsPolicy> {
    COMPILED.iter().filter(move |found| found.partition == partition)
}

/// The names of those that are of use to users, groups and roles, for messages.
pub fn names() -> impl Iterator<Item = &'static str> {
    DOCUMENTS.iter().map(|known| known.name)
}

static COMPILED: LazyLock<Vec<AwsPolicy>> = LazyLock::new(|| {
    let all = [Partition::Aws, Partition::China, Partition::UsGov].into_iter().flat_map(of_partition);
    all.collect()
});

fn of_partition(partition: Partition) -> impl Iterator<Item = AwsPolicy> {
    DOCUMENTS.iter().chain(ROOT_TASKS).filter_map(move |known| compile(partition, known))
}

fn compile(partition: Partition, known: &'static Known) -> Option<AwsPolicy> {
    let Known { name, id, version, updated, document, description } = *known;
    let arn = format!("arn:{partition}:iam::aws:policy/{name}");
    // INVARIANT: the documents parse; a test holds it.
    let document = document.replace("arn:aws:", &format!("arn:{partition}:"));
    let policy = NamedPolicy::new(arn.clone(), parse(&arn, &document, PolicyKind::Managed).ok()?);
    let (path, name) =
        name.rsplit_once('/').map_or((String::from("/"), name), |(path, name)| (format!("/{path}/"), name));
    let updated = Timestamp::parse_iso(updated)?;
    Some(AwsPolicy { policy, partition, path, name, id, version, updated, description })
}

struct Known {
    name: &'static str,
    id: &'static str,
    version: u32,
    updated: &'static str,
    document: &'static str,
    description: Option<&'static str>,
}

impl Known {
    const fn described(self, description: &'static str) -> Self {
        Self { description: Some(description), ..self }
    }
}

const fn known(
    name: &'static str,
    id: &'static str,
    version: u32,
    updated: &'static str,
    document: &'static str,
) -> Known {
    Known { name, id, version, updated, document, description: None }
}

/// In the order in which AWS made them; state of 22 August 2026.
const DOCUMENTS: &[Known] = &[
    known(
        "AdministratorAccess",
        "ANPAIWMBCKSKIEE64ZLYK",
        1,
        "2015-02-06T00:00:00Z",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    ),
    known(
        "PowerUserAccess",
        "ANPAJYRXTHIB4FOVS3ZXS",
        12,
        "2026-02-12T00:00:00Z",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},{"Effect":"Allow","Action":["account:GetAccountInformation","account:GetGovCloudAccountInformation","account:GetPrimaryEmail","account:ListRegions","iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles","organizations:DescribeEffectivePolicy","organizations:DescribeOrganization"],"Resource":"*"}]}"#,
    ),
    known("ReadOnlyAccess", "ANPAILL3HVNFSB6DCOWYQ", 188, "2026-07-21T00:00:00Z", READ_ONLY),
    known(
        "IAMFullAccess",
        "ANPAI7XKCFMBPM3QQRRVQ",
        2,
        "2019-06-21T00:00:00Z",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","organizations:DescribeAccount","organizations:DescribeOrganization","organizations:DescribeOrganizationalUnit","organizations:DescribePolicy","organizations:ListChildren","organizations:ListParents","organizations:ListPoliciesForTarget","organizations:ListRoots","organizations:ListPolicies","organizations:ListTargetsForPolicy"],"Resource":"*"}]}"#,
    ),
    known(
        "IAMReadOnlyAccess",
        "ANPAJKSO7NDY4T57MWDSQ",
        4,
        "2018-01-25T00:00:00Z",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GenerateCredentialReport","iam:GenerateServiceLastAccessedDetails","iam:Get*","iam:List*","iam:SimulateCustomPolicy","iam:SimulatePrincipalPolicy"],"Resource":"*"}]}"#,
    ),
    known(
        "AmazonS3FullAccess",
        "ANPAIFIR6V6BVTRAHWINE",
        2,
        "2021-09-27T00:00:00Z",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","s3-object-lambda:*"],"Resource":"*"}]}"#,
    ),
    known(
        "AmazonS3ReadOnlyAccess",
        "ANPAIZTJ4DXE7G6AGAE6M",
        3,
        "2023-08-10T00:00:00Z",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*","s3-object-lambda:List*"],"Resource":"*"}]}"#,
    ),
    known(
        "AmazonEC2ReadOnlyAccess",
        "ANPAIGDT4SV4GSETWTBZK",
        5,
        "2026-02-12T00:00:00Z",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:Describe*","ec2:GetSecurityGroupsForVpc"],"Resource":"*"},{"Effect":"Allow","Action":"elasticloadbalancing:Describe*","Resource":"*"},{"Effect":"Allow","Action":["cloudwatch:ListMetrics","cloudwatch:GetMetricStatistics","cloudwatch:Describe*"],"Resource":"*"},{"Effect":"Allow","Action":"autoscaling:Describe*","Resource":"*"}]}"#,
    ),
    known(
        "AmazonSQSFullAccess",
        "ANPAI65L554VRJ33ECQS6",
        1,
        "2015-02-06T00:00:00Z",
        r#"{"Version":"2012-10-17","Statement":[{"Action":["sqs:*"],"Effect":"Allow","Resource":"*"}]}"#,
    ),
    known(
        "AWSSupportAccess",
        "ANPAJSNKQX2OW67GF4S7E",
        4,
        "2026-02-12T00:00:00Z",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["support:*","support-console:*"],"Resource":"*"}]}"#,
    ),
    known(
        "service-role/AWSLambdaBasicExecutionRole",
        "ANPAJNCQGXC42545SKXIK",
        1,
        "2015-04-09T00:00:00Z",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}"#,
    ),
    known(
        "IAMUserChangePassword",
        "ANPAJ4L4MM2A7QIEB56MS",
        5,
        "2026-02-12T00:00:00Z",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ChangePassword"],"Resource":["arn:aws:iam::*:user/${aws:username}","arn:aws:iam::*:user/*/${aws:username}"]},{"Effect":"Allow","Action":["iam:GetAccountPasswordPolicy"],"Resource":"*"}]}"#,
    ),
    known(
        "service-role/AmazonECSTaskExecutionRolePolicy",
        "ANPAJG4T4G4PV56DE72PY",
        1,
        "2017-11-16T00:00:00Z",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}"#,
    ),
    known(
        "AWSDenyAll",
        "ANPAZKAPJZG4P43IUQ5E5",
        2,
        "2023-12-18T00:00:00Z",
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyAll","Effect":"Deny","Action":["*"],"Resource":"*"}]}"#,
    ),
];

/// AWS's own has 2,914 actions and changes every week; these are those of the services that are met most.
const READ_ONLY: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"ReadOnlyActionsOfCommonServices","Effect":"Allow","Action":["cloudformation:Describe*","cloudformation:Get*","cloudformation:List*","cloudtrail:Describe*","cloudtrail:Get*","cloudtrail:List*","cloudtrail:LookupEvents","cloudwatch:Describe*","cloudwatch:Get*","cloudwatch:List*","dynamodb:BatchGet*","dynamodb:Describe*","dynamodb:Get*","dynamodb:List*","dynamodb:Query","dynamodb:Scan","ec2:Describe*","ec2:Get*","ecr:BatchCheck*","ecr:BatchGet*","ecr:Describe*","ecr:Get*","ecr:List*","ecs:Describe*","ecs:List*","eks:Describe*","eks:List*","iam:Generate*","iam:Get*","iam:List*","iam:Simulate*","kms:Describe*","kms:Get*","kms:List*","lambda:Get*","lambda:List*","logs:Describe*","logs:FilterLogEvents","logs:Get*","organizations:Describe*","organizations:List*","rds:Describe*","rds:List*","route53:Get*","route53:List*","route53:Test*","s3:Describe*","s3:Get*","s3:List*","secretsmanager:Describe*","secretsmanager:GetResourcePolicy","secretsmanager:List*","sns:Get*","sns:List*","sqs:Get*","sqs:List*","ssm:Describe*","ssm:Get*","ssm:List*","sts:GetAccessKeyInfo","sts:GetCallerIdentity","sts:GetSessionToken","tag:Get*"],"Resource":"*"}]}"#;

/// What sessions of `AssumeRoot` are for: each denies all that is not its task.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html>
const ROOT_TASKS: &[Known] = &[
    known(
        "root-task/IAMAuditRootUserCredentials",
        "ANPAZKAPJZG4BDSCREYVS",
        1,
        "2024-11-06T22:27:58Z",
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyAllOtherActionsOnAnyResource","Effect":"Deny","NotAction":["iam:ListAccessKeys","iam:ListSigningCertificates","iam:GetLoginProfile","iam:ListMFADevices","iam:GetAccountSummary","iam:GetUser","iam:GetAccessKeyLastUsed"],"Resource":"*"},{"Sid":"DenyAuditingCredentialsOnNonRootUserResource","Effect":"Deny","Action":["iam:ListAccessKeys","iam:ListSigningCertificates","iam:GetLoginProfile","iam:ListMFADevices","iam:GetUser","iam:GetAccessKeyLastUsed"],"NotResource":"arn:aws:iam::*:root"}]}"#,
    )
    .described("Provides access required to check the presence of root user credentials such as root user password and root user access keys using the Security Token Service (STS) AssumeRoot API. Use this managed policy only with the STS AssumeRoot action."),
    known(
        "root-task/IAMCreateRootUserPassword",
        "ANPAZKAPJZG4OEGTN7YT5",
        1,
        "2024-11-06T22:32:59Z",
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyAllOtherActionsOnAnyResource","Effect":"Deny","NotAction":["iam:CreateLoginProfile","iam:GetLoginProfile"],"Resource":"*"},{"Sid":"DenyCreatingPasswordOnNonRootUserResource","Effect":"Deny","Action":["iam:CreateLoginProfile","iam:GetLoginProfile"],"NotResource":"arn:aws:iam::*:root"}]}"#,
    )
    .described("Provides access required to create a root user password using the Security Token Service (STS) AssumeRoot API.  Use this managed policy only with the STS AssumeRoot action. "),
    known(
        "root-task/IAMDeleteRootUserCredentials",
        "ANPAZKAPJZG4CX73XKORQ",
        1,
        "2024-11-06T22:47:58Z",
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyAllOtherActionsOnAnyResource","Effect":"Deny","NotAction":["iam:DeleteAccessKey","iam:DeleteSigningCertificate","iam:DeleteLoginProfile","iam:DeactivateMFADevice","iam:DeleteVirtualMFADevice","iam:ListAccessKeys","iam:ListSigningCertificates","iam:GetLoginProfile","iam:ListMFADevices","iam:GetUser","iam:GetAccessKeyLastUsed"],"Resource":"*"},{"Sid":"DenyDeletingRootUserCredentialsOnNonRootUserResource","Effect":"Deny","Action":["iam:DeleteAccessKey","iam:DeleteSigningCertificate","iam:DeleteLoginProfile","iam:DeactivateMFADevice","iam:DeleteVirtualMFADevice","iam:ListAccessKeys","iam:ListSigningCertificates","iam:GetLoginProfile","iam:ListMFADevices","iam:GetUser","iam:GetAccessKeyLastUsed"],"NotResource":"arn:aws:iam::*:root"}]}"#,
    )
    .described("Provides access required to delete all root user credentials such as root password and root access keys using the Security Token Service (STS) AssumeRoot API.  Use this managed policy only with the STS AssumeRoot action."),
    known(
        "root-task/S3UnlockBucketPolicy",
        "ANPAZKAPJZG4OALTIPZOF",
        1,
        "2024-11-06T21:55:56Z",
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyAllOtherActionsOnAnyResource","Effect":"Deny","NotAction":["s3:DeleteBucketPolicy","s3:PutBucketPolicy","s3:GetBucketPolicy","s3:ListAllMyBuckets"],"Resource":"*"},{"Sid":"DenyManagingBucketPolicyForNonRootCallers","Effect":"Deny","Action":["s3:DeleteBucketPolicy","s3:PutBucketPolicy","s3:GetBucketPolicy","s3:ListAllMyBuckets"],"Resource":"*","Condition":{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}]}"#,
    )
    .described("Provides access required to unlock a S3 bucket policy using the Security Token Service (STS) AssumeRoot API. Use this managed policy only with the STS AssumeRoot action."),
    known(
        "root-task/SQSUnlockQueuePolicy",
        "ANPAZKAPJZG4HPZI4FDUV",
        1,
        "2024-11-06T21:51:02Z",
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyAllOtherActionsOnAnyResource","Effect":"Deny","NotAction":["sqs:SetQueueAttributes","sqs:GetQueueAttributes","sqs:ListQueues","sqs:GetQueueUrl"],"Resource":"*"},{"Sid":"DenyGettingQueueAttributesOnNonOwnQueue","Effect":"Deny","Action":["sqs:GetQueueAttributes"],"Resource":"arn:aws:sqs:*:*:*","Condition":{"StringNotEqualsIfExists":{"aws:ResourceAccount":["${aws:PrincipalAccount}"]}}},{"Sid":"DenyActionsForNonRootUser","Effect":"Deny","Action":["sqs:SetQueueAttributes","sqs:GetQueueAttributes","sqs:ListQueues","sqs:GetQueueUrl"],"Resource":"*","Condition":{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}]}"#,
    )
    .described("Provides access required to unlock a SQS queue policy using the Security Token Service (STS) AssumeRoot API. Use this managed policy only with the STS AssumeRoot action."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_parses() {
        assert_eq!(COMPILED.len(), 3 * (DOCUMENTS.len() + ROOT_TASKS.len()));
        assert!(find("arn:aws-cn:iam::aws:policy/AdministratorAccess").is_some());
        assert!(find("arn:aws-us-gov:iam::aws:policy/root-task/S3UnlockBucketPolicy").is_some());
        assert!(find("arn:aws:iam::aws:policy/Nothing").is_none());
    }
}
