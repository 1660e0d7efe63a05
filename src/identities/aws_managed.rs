//! The AWS-managed policies that are known here, with their published documents.
//!
//! <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>

use std::sync::{LazyLock, OnceLock};

use super::policies::{NamedPolicy, parse};
use crate::ids::{Arn, Partition};
use crate::policy::parse::PolicyKind;
use crate::time::Timestamp;

/// A policy of AWS's in one of its partitions.
#[derive(Debug)]
pub struct AwsPolicy {
    /// With its path.
    pub arn: String,
    /// `/`, or `/job-function/` and the like.
    pub path: &'static str,
    /// Its name without its path.
    pub name: &'static str,
    /// Its unique id, the same in every account.
    pub id: &'static str,
    /// Which version AWS is at.
    pub version: u32,
    /// When AWS made it.
    pub created: Timestamp,
    /// When AWS wrote that version.
    pub updated: Timestamp,
    /// What AWS says of it.
    pub description: &'static str,
    document: &'static str,
    partition: Partition,
    /// When somebody has it, for most are never asked for.
    compiled: OnceLock<Option<NamedPolicy>>,
}

impl AwsPolicy {
    fn new(partition: Partition, known: &Known) -> Option<Self> {
        let Known { name, id, version, created, updated, description, document } = *known;
        let arn = format!("arn:{partition}:iam::aws:policy{name}");
        let (path, name) = name.split_at_checked(name.rfind('/')? + 1)?;
        let (created, updated) = (Timestamp::parse_iso(created)?, Timestamp::parse_iso(updated)?);
        let compiled = OnceLock::new();
        Some(Self { arn, path, name, id, version, created, updated, description, document, partition, compiled })
    }

    /// Its document; the ARNs in it are of its partition.
    pub fn document(&self) -> String {
        self.document.trim_ascii_end().replace("arn:aws:", &format!("arn:{}:", self.partition))
    }

    fn compiled(&self) -> Option<&NamedPolicy> {
        let compile = || {
            // INVARIANT: the documents parse; a test holds it.
            let policy = parse(&self.arn, &self.document(), PolicyKind::Managed).ok()?;
            Some(NamedPolicy::new(self.arn.clone(), policy))
        };
        self.compiled.get_or_init(compile).as_ref()
    }
}

/// The AWS-managed policy of this ARN, in whichever partition, ready for evaluation.
pub(super) fn find(arn: &str) -> Option<&'static NamedPolicy> {
    policy(arn)?.compiled()
}

/// The same with what is known of it.
pub fn policy(arn: &str) -> Option<&'static AwsPolicy> {
    let partition = Partition::parse(Arn::parse(arn)?.partition)?;
    all(partition).iter().find(|policy| policy.arn == arn)
}

/// Those of a partition, oldest first.
pub fn all(partition: Partition) -> &'static [AwsPolicy] {
    static AWS: LazyLock<Vec<AwsPolicy>> = LazyLock::new(|| of_partition(Partition::Aws));
    static CHINA: LazyLock<Vec<AwsPolicy>> = LazyLock::new(|| of_partition(Partition::China));
    static US_GOV: LazyLock<Vec<AwsPolicy>> = LazyLock::new(|| of_partition(Partition::UsGov));
    match partition {
        Partition::Aws => &AWS,
        Partition::China => &CHINA,
        Partition::UsGov => &US_GOV,
    }
}

fn of_partition(partition: Partition) -> Vec<AwsPolicy> {
    KNOWN.iter().filter_map(|known| AwsPolicy::new(partition, known)).collect()
}

/// The ends of the ARNs of those that are of use to users, groups and roles, such as `/service-role/AWSLambdaRole`.
pub fn names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|known| known.name).filter(|name| !name.starts_with("/root-task/"))
}

/// As AWS has it in its first partition.
struct Known {
    name: &'static str,
    id: &'static str,
    version: u32,
    created: &'static str,
    updated: &'static str,
    description: &'static str,
    document: &'static str,
}

macro_rules! known {
    ($($name:literal, $id:literal, $version:literal, $created:literal, $updated:literal, $description:literal;)*) => {
        &[$(Known {
            name: $name,
            id: $id,
            version: $version,
            created: $created,
            updated: $updated,
            description: $description,
            document: include_str!(concat!("aws_managed", $name, ".json")),
        }),*]
    };
}

/// By path and name: unique id, version, when AWS made the policy, when it wrote the version, what it says of it. The
/// documents are in files of these names.
///
/// In the order in which AWS made them; state of May 2026 or later. `ReadOnlyAccess` is not AWS's own, which has 2,914
/// actions and changes every week, but those of the services that are met most. The tasks are what sessions of `AssumeRoot`
/// are for: each denies all that is not its task.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html>
const KNOWN: &[Known] = known! {
    "/AdministratorAccess", "ANPAIWMBCKSKIEE64ZLYK", 1, "2015-02-06T18:39:46Z", "2015-02-06T18:39:46Z",
        "Provides full access to AWS services and resources.";
    "/PowerUserAccess", "ANPAJYRXTHIB4FOVS3ZXS", 12, "2015-02-06T18:39:47Z", "2026-02-12T17:59:14Z",
        "Provides full access to AWS services and resources, but does not allow management of Users and groups.";
    "/ReadOnlyAccess", "ANPAILL3HVNFSB6DCOWYQ", 188, "2015-02-06T18:39:48Z", "2026-07-21T00:00:00Z",
        "Provides read-only access to AWS services and resources. Here: a short part of it, for the services that are met most.";
    "/AWSCloudFormationReadOnlyAccess", "ANPAJWVBEE4I2POWLODLW", 7, "2015-02-06T18:39:49Z", "2026-02-12T18:02:00Z",
        "Provides access to AWS CloudFormation via the AWS Management Console.";
    "/CloudWatchFullAccess", "ANPAIKEABORKUXN6DEAZU", 4, "2015-02-06T18:40:00Z", "2022-11-27T13:23:49Z",
        "Provides full access to CloudWatch.";
    "/CloudWatchReadOnlyAccess", "ANPAJN23PDQP7SZQAE3QE", 24, "2015-02-06T18:40:01Z", "2026-02-12T18:01:50Z",
        "Provides read only access to CloudWatch.";
    "/CloudWatchLogsFullAccess", "ANPAJ3ZGNWK2R5HW5BQFO", 8, "2015-02-06T18:40:02Z", "2026-02-12T18:00:33Z",
        "Provides full access to CloudWatch Logs";
    "/CloudWatchLogsReadOnlyAccess", "ANPAJ2YIYDYSNNEHK3VKW", 12, "2015-02-06T18:40:03Z", "2026-02-12T17:59:13Z",
        "Provides read only access to CloudWatch Logs";
    "/AmazonDynamoDBFullAccess", "ANPAINUGF2JSOSUY76KYA", 15, "2015-02-06T18:40:11Z", "2021-01-29T17:38:30Z",
        "Provides full access to Amazon DynamoDB via the AWS Management Console.";
    "/AmazonDynamoDBReadOnlyAccess", "ANPAIY2XFNA232XJ6J7X2", 15, "2015-02-06T18:40:12Z", "2024-11-18T17:38:15Z",
        "Provides read only access to Amazon DynamoDB via the AWS Management Console.";
    "/AmazonEC2FullAccess", "ANPAI3VAJF5ZCRZ7MCQE6", 5, "2015-02-06T18:40:15Z", "2018-11-27T02:16:56Z",
        "Provides full access to Amazon EC2 via the AWS Management Console.";
    "/AmazonEC2ReadOnlyAccess", "ANPAIGDT4SV4GSETWTBZK", 5, "2015-02-06T18:40:17Z", "2026-02-12T18:03:17Z",
        "Provides read only access to Amazon EC2 via the AWS Management Console.";
    "/AmazonElastiCacheReadOnlyAccess", "ANPAIPDACSNQHSENWAKM2", 1, "2015-02-06T18:40:21Z", "2015-02-06T18:40:21Z",
        "Provides read only access to Amazon ElastiCache via the AWS Management Console.";
    "/AmazonKinesisFullAccess", "ANPAIVF32HAMOXCUYRAYE", 1, "2015-02-06T18:40:29Z", "2015-02-06T18:40:29Z",
        "Provides full access to all streams via the AWS Management Console.";
    "/AmazonKinesisReadOnlyAccess", "ANPAIOCMTDT5RLKZ2CAJO", 1, "2015-02-06T18:40:30Z", "2015-02-06T18:40:30Z",
        "Provides read only access to all streams via the AWS Management Console.";
    "/IAMFullAccess", "ANPAI7XKCFMBPM3QQRRVQ", 2, "2015-02-06T18:40:38Z", "2019-06-21T19:40:00Z",
        "Provides full access to IAM via the AWS Management Console.";
    "/IAMReadOnlyAccess", "ANPAJKSO7NDY4T57MWDSQ", 4, "2015-02-06T18:40:39Z", "2018-01-25T19:11:27Z",
        "Provides read only access to IAM via the AWS Management Console.";
    "/AWSKeyManagementServicePowerUser", "ANPAJNPP7PPPPMJRV2SA4", 2, "2015-02-06T18:40:40Z", "2017-03-07T00:55:11Z",
        "Provides access to AWS Key Management Service (KMS).";
    "/AWSLambdaExecute", "ANPAJE5FX7FQZSU5XAKGO", 1, "2015-02-06T18:40:46Z", "2015-02-06T18:40:46Z",
        "Provides Put, Get access to S3 and full access to CloudWatch Logs.";
    "/AmazonRDSFullAccess", "ANPAI3R4QMOG6Q5A4VWVG", 14, "2015-02-06T18:40:52Z", "2023-08-17T23:00:17Z",
        "Provides full access to Amazon RDS via the AWS Management Console.";
    "/AmazonRDSReadOnlyAccess", "ANPAJKTTTYV2IIHKLZ346", 7, "2015-02-06T18:40:53Z", "2023-04-14T12:32:09Z",
        "Provides read only access to Amazon RDS via the AWS Management Console.";
    "/AmazonRoute53FullAccess", "ANPAJWVDLG5RPST6PHQ3A", 7, "2015-02-06T18:40:54Z", "2026-02-12T18:00:40Z",
        "Provides full access to all Amazon Route 53 via the AWS Management Console.";
    "/AmazonS3FullAccess", "ANPAIFIR6V6BVTRAHWINE", 2, "2015-02-06T18:40:58Z", "2021-09-27T20:16:37Z",
        "Provides full access to all buckets via the AWS Management Console.";
    "/AmazonS3ReadOnlyAccess", "ANPAIZTJ4DXE7G6AGAE6M", 3, "2015-02-06T18:40:59Z", "2023-08-10T21:31:39Z",
        "Provides read only access to all buckets via the AWS Management Console.";
    "/AmazonSESFullAccess", "ANPAJ2P4NXCHAT7NDPNR4", 1, "2015-02-06T18:41:02Z", "2015-02-06T18:41:02Z",
        "Provides full access to Amazon SES via the AWS Management Console.";
    "/AmazonSNSFullAccess", "ANPAJWEKLCXXUNT2SOLSG", 2, "2015-02-06T18:41:05Z", "2024-09-24T22:32:05Z",
        "Provides full access to Amazon SNS via the AWS Management Console.";
    "/AmazonSNSReadOnlyAccess", "ANPAIZGQCQTFOFPMHSB6W", 2, "2015-02-06T18:41:06Z", "2024-09-24T22:13:12Z",
        "Provides read only access to Amazon SNS via the AWS Management Console.";
    "/AmazonSQSFullAccess", "ANPAI65L554VRJ33ECQS6", 1, "2015-02-06T18:41:07Z", "2015-02-06T18:41:07Z",
        "Provides full access to Amazon SQS via the AWS Management Console.";
    "/AmazonSQSReadOnlyAccess", "ANPAIUGSSQY362XGCM6KW", 4, "2015-02-06T18:41:08Z", "2024-05-24T18:16:44Z",
        "Provides read only access to Amazon SQS via the AWS Management Console.";
    "/AWSSupportAccess", "ANPAJSNKQX2OW67GF4S7E", 4, "2015-02-06T18:41:11Z", "2026-02-12T17:59:31Z",
        "Allows users to access the AWS Support Center.";
    "/AmazonVPCReadOnlyAccess", "ANPAIICZJNOJN36GTG6CM", 12, "2015-02-06T18:41:17Z", "2026-02-12T17:58:19Z",
        "Provides read only access to Amazon VPC via the AWS Management Console.";
    "/service-role/AWSLambdaRole", "ANPAJX4DPCRGTC4NFDUXI", 1, "2015-02-06T18:41:28Z", "2015-02-06T18:41:28Z",
        "Default policy for AWS Lambda service role.";
    "/service-role/AmazonEC2ContainerServiceforEC2Role", "ANPAJLYJCVHC7TQHCSQDS", 10, "2015-03-19T18:45:18Z", "2026-02-12T17:59:52Z",
        "Default policy for the Amazon EC2 Role for Amazon EC2 Container Service.";
    "/AmazonCognitoPowerUser", "ANPAJKW5H2HNCPGCYGR6Y", 9, "2015-03-24T17:14:56Z", "2026-02-12T18:00:09Z",
        "Provides administrative access to existing Amazon Cognito resources. You will need AWS account admin privileges to create new Cognito resources.";
    "/service-role/AWSLambdaBasicExecutionRole", "ANPAJNCQGXC42545SKXIK", 1, "2015-04-09T15:03:43Z", "2015-04-09T15:03:43Z",
        "Provides write permissions to CloudWatch Logs.";
    "/service-role/AWSLambdaDynamoDBExecutionRole", "ANPAIP7WNAGMIPYNW4WQG", 1, "2015-04-09T15:09:29Z", "2015-04-09T15:09:29Z",
        "Provides list and read access to DynamoDB streams and write permissions to CloudWatch logs.";
    "/service-role/AWSLambdaKinesisExecutionRole", "ANPAJHOLKJPXV4GBRMJUQ", 2, "2015-04-09T15:14:16Z", "2018-11-19T20:09:24Z",
        "Provides list and read access to Kinesis streams and write permissions to CloudWatch logs.";
    "/service-role/AWSCodeDeployRole", "ANPAJ2NKMKD73QS5NBFLA", 11, "2015-05-04T18:05:37Z", "2023-08-16T20:38:58Z",
        "Provides CodeDeploy service access to expand tags and interact with Auto Scaling on your behalf.";
    "/AmazonSSMFullAccess", "ANPAJA7V6HI4ISQFMDYAG", 4, "2015-05-29T17:39:47Z", "2019-11-20T20:08:56Z",
        "Provides full access to Amazon SSM.";
    "/AmazonSSMReadOnlyAccess", "ANPAJODSKQGGJTHRYZ5FC", 1, "2015-05-29T17:44:19Z", "2015-05-29T17:44:19Z",
        "Provides read only access to Amazon SSM.";
    "/IAMUserSSHKeys", "ANPAJTSHUA4UXGXU7ANUA", 1, "2015-07-09T17:08:54Z", "2015-07-09T17:08:54Z",
        "Provides the ability for an IAM user to manage their own SSH keys.";
    "/AmazonAPIGatewayInvokeFullAccess", "ANPAIIWAX2NOOQJ4AIEQ6", 2, "2015-07-09T17:36:12Z", "2018-12-18T18:25:10Z",
        "Provides full access to invoke APIs in Amazon API Gateway.";
    "/service-role/AmazonRDSEnhancedMonitoringRole", "ANPAJV7BS425S4PTSSVGK", 1, "2015-11-11T19:58:29Z", "2015-11-11T19:58:29Z",
        "Provides access to Cloudwatch for RDS Enhanced Monitoring";
    "/service-role/AmazonAPIGatewayPushToCloudWatchLogs", "ANPAIK4GFO7HLKYN64ASK", 1, "2015-11-11T23:41:46Z", "2015-11-11T23:41:46Z",
        "Allows API Gateway to push logs to user's account.";
    "/AmazonEC2ContainerRegistryReadOnly", "ANPAIFYZPA37OOHVIH7KQ", 3, "2015-12-21T17:04:15Z", "2019-12-10T20:56:32Z",
        "Provides read-only access to Amazon EC2 Container Registry repositories.";
    "/AmazonEC2ContainerRegistryPowerUser", "ANPAJDNE5PIHROIBGGDDW", 3, "2015-12-21T17:05:33Z", "2019-12-10T20:48:08Z",
        "Provides full access to Amazon EC2 Container Registry repositories, but does not allow repository deletion or policy changes.";
    "/AmazonEC2ContainerRegistryFullAccess", "ANPAIESRL7KD7IIVF6V4W", 3, "2015-12-21T17:06:48Z", "2020-12-05T00:04:19Z",
        "Provides administrative access to Amazon ECR resources";
    "/service-role/AWSLambdaVPCAccessExecutionRole", "ANPAJVTME3YLVNL72YR2K", 3, "2016-02-11T23:15:26Z", "2024-01-05T22:38:26Z",
        "Provides minimum permissions for a Lambda function to execute while accessing a resource within a VPC - create, describe, delete network interfaces and write permissions to CloudWatch Logs. ";
    "/job-function/ViewOnlyAccess", "ANPAID22R6XPJATWOFDK6", 45, "2016-11-10T17:20:15Z", "2026-04-22T18:12:21Z",
        "This policy grants permissions to view resources and basic metadata across all AWS services. ";
    "/job-function/Billing", "ANPAIFTHXT6FFMIRT7ZEA", 28, "2016-11-10T17:33:18Z", "2026-04-08T17:12:18Z",
        "Grants permissions for billing and cost management. This includes viewing account usage and viewing and modifying budgets and payment methods.";
    "/IAMUserChangePassword", "ANPAJ4L4MM2A7QIEB56MS", 5, "2016-11-15T00:25:16Z", "2026-02-12T17:58:57Z",
        "Provides the ability for an IAM user to change their own password.";
    "/AmazonAthenaFullAccess", "ANPAIPJMLMD4C7RYZ6XCK", 15, "2016-11-30T16:46:01Z", "2026-02-12T18:03:09Z",
        "Provide full access to Amazon Athena and scoped access to the dependencies needed to enable querying, writing results, and data management.";
    "/AWSCodeBuildDeveloperAccess", "ANPAIMKTMR34XSBQW45HS", 21, "2016-12-01T19:02:32Z", "2026-02-12T18:01:34Z",
        "Provides access to AWS CodeBuild via the AWS Management Console, but does not allow CodeBuild project administration. Also attach AmazonS3ReadOnlyAccess to provide access to download build artifacts.";
    "/IAMSelfManageServiceSpecificCredentials", "ANPAI4VT74EMXK2PMQJM2", 1, "2016-12-22T17:25:18Z", "2016-12-22T17:25:18Z",
        "Allows an IAM user to manage their own Service Specific Credentials.";
    "/AWSStepFunctionsFullAccess", "ANPAJXKA6VP3UFBVHDPPA", 1, "2017-01-11T21:51:32Z", "2017-01-11T21:51:32Z",
        "An access policy for providing a user/role/etc access to the AWS StepFunctions API. For full access, in addition to this policy, a user MUST have iam:PassRole permission on at least one IAM role that can be assumed by the service.";
    "/service-role/AmazonEC2ContainerServiceEventsRole", "ANPAITKFNIUAG27VSYNZ4", 3, "2017-05-30T16:51:35Z", "2023-03-06T22:25:12Z",
        "Policy to enable CloudWatch Events for EC2 Container Service";
    "/service-role/AWSGlueServiceRole", "ANPAIRUJCPEBPMEZFAS32", 5, "2017-08-14T13:37:21Z", "2023-09-11T16:39:47Z",
        "Policy for AWS Glue service role which allows access to related services including EC2, S3, and Cloudwatch Logs";
    "/service-role/AmazonECSTaskExecutionRolePolicy", "ANPAJG4T4G4PV56DE72PY", 1, "2017-11-16T18:48:22Z", "2017-11-16T18:48:22Z",
        "Provides access to other AWS service resources that are required to run Amazon ECS tasks";
    "/CloudWatchAgentServerPolicy", "ANPAIGOPKN7KRDAKTLG4I", 3, "2018-03-07T01:06:44Z", "2024-02-06T16:37:37Z",
        "Permissions required to use AmazonCloudWatchAgent on servers";
    "/SecretsManagerReadWrite", "ANPAI3VG7CI5BIQZQ6G2E", 5, "2018-04-04T18:05:29Z", "2024-02-22T18:12:06Z",
        "Provides read/write access to AWS Secrets Manager via the AWS Management Console. Note: this exludes IAM actions, so combine with IAMFullAccess if rotation configuration is required.";
    "/AmazonEKSClusterPolicy", "ANPAIBTLDQMIC6UOIGFWA", 10, "2018-05-27T21:06:14Z", "2026-02-12T17:58:15Z",
        "This policy provides Kubernetes the permissions it requires to manage resources on your behalf. Kubernetes requires Ec2:CreateTags permissions to place identifying information on EC2 resources including but not limited to Instances, Security Groups, and Elastic Network Interfaces. ";
    "/AmazonEKS_CNI_Policy", "ANPAJWLAS474LDBXNNTM4", 6, "2018-05-27T21:07:42Z", "2026-03-04T19:12:14Z",
        "This policy provides the Amazon VPC CNI Plugin (amazon-vpc-cni-k8s) the permissions it requires to modify the IP address configuration on your EKS worker nodes. This permission set allows the CNI to list, describe, and modify Elastic Network Interfaces on your behalf. More information on the AWS VPC CNI Plugin is available here: https://github.com/aws/amazon-vpc-cni-k8s";
    "/AmazonEKSWorkerNodePolicy", "ANPAIBVMOY52IPQ6HD3PO", 3, "2018-05-27T21:09:01Z", "2023-11-27T00:06:13Z",
        "This policy allows Amazon EKS worker nodes to connect to Amazon EKS Clusters.";
    "/service-role/AWSLambdaSQSQueueExecutionRole", "ANPAJFWJZI6JNND4TSELK", 1, "2018-06-14T21:50:45Z", "2018-06-14T21:50:45Z",
        "Provides receive message, delete message, and read attribute access to SQS queues, and write permissions to CloudWatch logs.";
    "/AWSXRayDaemonWriteAccess", "ANPAIOE47HSUE5AVBNEDM", 2, "2018-08-28T23:00:33Z", "2024-02-13T21:58:30Z",
        "Allow the AWS X-Ray Daemon to relay raw trace segments data to the service's API and retrieve sampling data (rules, targets, etc.) to be used by the X-Ray SDK.";
    "/AmazonSSMManagedInstanceCore", "ANPAIXSHM2BNB2D3AXXRU", 2, "2019-03-15T17:22:12Z", "2019-05-23T16:54:21Z",
        "The policy for Amazon EC2 Role to enable AWS Systems Manager service core functionality.";
    "/AWSDenyAll", "ANPAZKAPJZG4P43IUQ5E5", 2, "2019-05-01T22:36:14Z", "2023-12-18T16:42:05Z",
        "Deny all access.";
    "/IAMAccessAdvisorReadOnly", "ANPAZKAPJZG4FNDX5PG6Z", 1, "2019-06-21T19:33:45Z", "2019-06-21T19:33:45Z",
        "This policy grants access to read all access information provided by IAM access advisor such as service last accessed information.";
    "/AmazonEventBridgeFullAccess", "ANPAZKAPJZG4BUM4GCASI", 7, "2019-07-11T14:08:55Z", "2026-02-12T17:58:25Z",
        "Provides full access to Amazon EventBridge.";
    "/AWSCloudFormationFullAccess", "ANPAZKAPJZG4CRR3ZS723", 1, "2019-07-26T21:50:35Z", "2019-07-26T21:50:35Z",
        "Provides full access to AWS CloudFormation.";
    "/AmazonEKSFargatePodExecutionRolePolicy", "ANPAZKAPJZG4FJRXZH7YQ", 1, "2019-11-22T04:34:29Z", "2019-11-22T04:34:29Z",
        "Provides access to other AWS service resources that are required to run Amazon EKS pods on AWS Fargate";
    "/AmazonEKSVPCResourceController", "ANPAZKAPJZG4PBOFT2NNA", 1, "2020-08-12T00:55:34Z", "2020-08-12T00:55:34Z",
        "Policy used by VPC Resource Controller to manage ENI and IPs for worker nodes.";
    "/AWSLambda_ReadOnlyAccess", "ANPAZKAPJZG4IERNVMNPE", 5, "2020-11-17T21:10:32Z", "2026-02-12T18:02:55Z",
        "Grants read-only access to AWS Lambda service, AWS Lambda console features, and other related AWS services.";
    "/AWSLambda_FullAccess", "ANPAZKAPJZG4OXQPYWZ5D", 7, "2020-11-17T21:14:08Z", "2026-02-12T18:00:51Z",
        "Grants full access to AWS Lambda service, AWS Lambda console features, and other related AWS services.";
    "/service-role/AmazonEBSCSIDriverPolicy", "ANPAZKAPJZG4IV6FHD2UE", 14, "2022-04-04T17:24:29Z", "2026-02-12T18:02:41Z",
        "IAM Policy that allows the CSI driver service account to make calls to related services such as EC2 on your behalf.";
    "/root-task/SQSUnlockQueuePolicy", "ANPAZKAPJZG4HPZI4FDUV", 1, "2024-11-06T21:51:02Z", "2024-11-06T21:51:02Z",
        "Provides access required to unlock a SQS queue policy using the Security Token Service (STS) AssumeRoot API. Use this managed policy only with the STS AssumeRoot action.";
    "/root-task/S3UnlockBucketPolicy", "ANPAZKAPJZG4OALTIPZOF", 1, "2024-11-06T21:55:56Z", "2024-11-06T21:55:56Z",
        "Provides access required to unlock a S3 bucket policy using the Security Token Service (STS) AssumeRoot API. Use this managed policy only with the STS AssumeRoot action.";
    "/root-task/IAMAuditRootUserCredentials", "ANPAZKAPJZG4BDSCREYVS", 1, "2024-11-06T22:27:58Z", "2024-11-06T22:27:58Z",
        "Provides access required to check the presence of root user credentials such as root user password and root user access keys using the Security Token Service (STS) AssumeRoot API. Use this managed policy only with the STS AssumeRoot action.";
    "/root-task/IAMCreateRootUserPassword", "ANPAZKAPJZG4OEGTN7YT5", 1, "2024-11-06T22:32:59Z", "2024-11-06T22:32:59Z",
        "Provides access required to create a root user password using the Security Token Service (STS) AssumeRoot API.  Use this managed policy only with the STS AssumeRoot action. ";
    "/root-task/IAMDeleteRootUserCredentials", "ANPAZKAPJZG4CX73XKORQ", 1, "2024-11-06T22:47:58Z", "2024-11-06T22:47:58Z",
        "Provides access required to delete all root user credentials such as root password and root access keys using the Security Token Service (STS) AssumeRoot API.  Use this managed policy only with the STS AssumeRoot action.";
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_parses_in_every_partition() {
        for partition in [Partition::Aws, Partition::China, Partition::UsGov] {
            assert_eq!(all(partition).len(), KNOWN.len());
            for policy in all(partition) {
                assert!(policy.compiled().is_some(), "{}", policy.arn);
                assert_eq!(find(&policy.arn).map(|found| &*found.name), Some(&*policy.arn));
                let document = policy.document();
                assert!(partition == Partition::Aws || !document.contains("arn:aws:"), "{}", policy.arn);
                assert!(!document.contains('\n'), "B-911: {}", policy.arn);
            }
        }
        assert!(find("arn:aws-cn:iam::aws:policy/AdministratorAccess").is_some());
        assert!(find("arn:aws-us-gov:iam::aws:policy/root-task/S3UnlockBucketPolicy").is_some());
        for none in ["arn:aws:iam::aws:policy/Nothing", "arn:aws-iso:iam::aws:policy/AdministratorAccess", "Nothing"] {
            assert!(find(none).is_none(), "{none}");
        }
    }

    #[test]
    fn they_stand_in_the_order_in_which_aws_made_them() {
        let policies = all(Partition::Aws);
        assert!(policies.is_sorted_by_key(|policy| policy.created));
        assert!(policies.iter().all(|policy| (policy.version == 1) == (policy.created == policy.updated)));
        let ids: std::collections::HashSet<&str> = policies.iter().map(|policy| policy.id).collect();
        assert!(ids.len() == policies.len() && ids.iter().all(|id| id.len() == 21 && id.starts_with("ANPA")));
    }

    /// What was counted of AWS's, on 22 August 2026.
    #[test]
    fn documents_are_as_long_as_those_of_aws() {
        for (name, version, length) in LENGTHS {
            let policy = all(Partition::Aws).iter().find(|policy| policy.name == name).unwrap();
            assert_eq!((policy.version, policy.document().len()), (version, length), "{name}");
        }
    }

    const LENGTHS: [(&str, u32, usize); 30] = [
        ("AdministratorAccess", 1, 85),
        ("PowerUserAccess", 12, 442),
        ("IAMFullAccess", 2, 421),
        ("IAMReadOnlyAccess", 4, 235),
        ("AmazonS3FullAccess", 2, 111),
        ("AmazonS3ReadOnlyAccess", 3, 168),
        ("IAMUserChangePassword", 5, 256),
        ("ViewOnlyAccess", 45, 12303),
        ("AWSDenyAll", 2, 102),
        ("AmazonEC2FullAccess", 5, 573),
        ("AmazonEC2ReadOnlyAccess", 5, 398),
        ("AmazonSQSFullAccess", 1, 91),
        ("AmazonSNSFullAccess", 2, 717),
        ("AmazonDynamoDBFullAccess", 15, 2442),
        ("AmazonDynamoDBReadOnlyAccess", 15, 1539),
        ("AWSLambda_FullAccess", 7, 1167),
        ("AWSLambdaBasicExecutionRole", 1, 148),
        ("AmazonSSMManagedInstanceCore", 2, 864),
        ("AmazonECSTaskExecutionRolePolicy", 1, 237),
        ("AmazonEC2ContainerRegistryReadOnly", 3, 400),
        ("CloudWatchFullAccess", 4, 535),
        ("CloudWatchLogsFullAccess", 8, 325),
        ("SecretsManagerReadWrite", 5, 1286),
        ("AWSSupportAccess", 4, 115),
        ("IAMSelfManageServiceSpecificCredentials", 1, 305),
        ("IAMAuditRootUserCredentials", 1, 538),
        ("IAMCreateRootUserPassword", 1, 335),
        ("IAMDeleteRootUserCredentials", 1, 788),
        ("S3UnlockBucketPolicy", 1, 469),
        ("SQSUnlockQueuePolicy", 1, 672),
    ];
}
