//! The services that have roles of their own in accounts, and what AWS calls these and their policies.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html>

use crate::ids::Partition;

/// How the paths begin of roles that are linked to a service, and of their policies.
pub const SERVICE_LINKED_PATH: &str = "/aws-service-role/";

/// A service and the role that is linked to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkedService {
    name: &'static str,
    role: &'static str,
    policy: &'static str,
}

impl LinkedService {
    /// The service that is called by this principal, such as `ecs.amazonaws.com`. AWS: case counts.
    pub fn find(principal: &str) -> Option<Self> {
        let name = principal.strip_suffix(".amazonaws.com")?;
        all().find(|service| service.name == name)
    }

    /// What its role is called, with what tells it from others.
    pub fn role_name(self, suffix: Option<&str>) -> String {
        let (before, suffix) = if let Some(suffix) = suffix { ("_", suffix) } else { ("", "") };
        format!("AWSServiceRoleFor{}{before}{suffix}", self.role)
    }

    /// The path of its role.
    pub fn path(self) -> String {
        format!("{SERVICE_LINKED_PATH}{}.amazonaws.com/", self.name)
    }

    /// The policy that its role has.
    pub fn policy(self, partition: Partition) -> String {
        format!("arn:{partition}:iam::aws:policy{SERVICE_LINKED_PATH}{}", self.policy)
    }

    /// Whether it may have several roles, told apart by suffixes.
    pub fn takes_suffix(self) -> bool {
        TAKE_SUFFIXES.contains(&self.name)
    }
}

/// Whether this is the policy of such a role. Its document is not known here, and nobody acts by it.
pub(super) fn is_policy(arn: &str) -> bool {
    let name = arn.split_once(":iam::aws:policy").and_then(|(_, path)| path.strip_prefix(SERVICE_LINKED_PATH));
    name.is_some_and(|name| all().any(|service| service.policy == name))
}

const TAKE_SUFFIXES: [&str; 3] = ["autoscaling", "connect", "lexv2"];

fn all() -> impl Iterator<Item = LinkedService> {
    LINKED.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some(LinkedService { name: words.next()?, role: words.next()?, policy: words.next()? })
    })
}

/// Service, role, policy; without the domain, `AWSServiceRoleFor` and the path.
const LINKED: &str = "
    access-analyzer AccessAnalyzer AccessAnalyzerServiceRolePolicy
    accountdiscovery.ssm AmazonSSM_AccountDiscovery AWSSystemsManagerAccountDiscoveryServicePolicy
    acm CertificateManager CertificateManagerServiceRolePolicy
    agentless.inspector2 AmazonInspector2Agentless AmazonInspector2AgentlessServiceRolePolicy
    airflow AmazonMWAA AmazonMWAAServiceRolePolicy
    apidestinations.events AmazonEventBridgeApiDestinations AmazonEventBridgeApiDestinationsServiceRolePolicy
    application-signals.cloudwatch CloudWatchApplicationSignals CloudWatchApplicationSignalsServiceRolePolicy
    appmesh AppMesh AWSAppMeshServiceRolePolicy
    apprunner AppRunner AppRunnerServiceRolePolicy
    appstream.application-autoscaling ApplicationAutoScaling_AppStreamFleet AWSApplicationAutoscalingAppStreamFleetPolicy
    appsync AppSync AWSAppSyncServiceRolePolicy
    auditmanager AuditManager AWSAuditManagerServiceRolePolicy
    autoscaling AutoScaling AutoScalingServiceRolePolicy
    autoscaling-plans AutoScalingPlans_EC2AutoScaling AWSAutoScalingPlansEC2AutoScalingPolicy
    backup Backup AWSBackupServiceLinkedRolePolicyForBackup
    batch Batch BatchServiceRolePolicy
    cassandra.application-autoscaling ApplicationAutoScaling_CassandraTable AWSApplicationAutoscalingCassandraTablePolicy
    cks.kms KeyManagementServiceCustomKeyStores AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy
    cloud9 AWSCloud9 AWSCloud9ServiceRolePolicy
    cloudhsm CloudHSM CloudHSMServiceRolePolicy
    cloudtrail CloudTrail CloudTrailServiceRolePolicy
    cloudwatch-crossaccount CloudWatchCrossAccount CloudWatch-CrossAccountAccess
    codeguru-reviewer AmazonCodeGuruReviewer AmazonCodeGuruReviewerServiceRolePolicy
    codestar-notifications CodeStarNotifications AWSCodeStarNotificationsServiceRolePolicy
    cognito-idp AmazonCognitoIdp AmazonCognitoIdpServiceRolePolicy
    comprehend.application-autoscaling ApplicationAutoScaling_ComprehendEndpoint AWSApplicationAutoscalingComprehendEndpointPolicy
    compute-optimizer ComputeOptimizer ComputeOptimizerServiceRolePolicy
    config Config AWSConfigServiceRolePolicy
    config-conforms ConfigConforms ConfigConformsServiceRolePolicy
    config-multiaccountsetup ConfigMultiAccountSetup AWSConfigMultiAccountSetupPolicy
    connect AmazonConnect AmazonConnectServiceLinkedRolePolicy
    continuousexport.discovery ApplicationDiscoveryServiceContinuousExport ApplicationDiscoveryServiceContinuousExportServiceRolePolicy
    contributorinsights.dynamodb DynamoDBCloudWatchContributorInsights DynamoDBCloudWatchContributorInsightsServiceRolePolicy
    custom-resource.application-autoscaling ApplicationAutoScaling_CustomResource AWSApplicationAutoScalingCustomResourcePolicy
    dax DAX DAXServiceRolePolicy
    detective Detective AmazonDetectiveServiceLinkedRolePolicy
    devops-guru DevOpsGuru AmazonDevOpsGuruServiceRolePolicy
    dms DMSServerless AWSDMSServerlessServiceRolePolicy
    dms-fleet-advisor DMSFleetAdvisor AWSDMSFleetAdvisorServiceRolePolicy
    docdb-elastic DocDB-Elastic AmazonDocDB-ElasticServiceRolePolicy
    drs ElasticDisasterRecovery AWSElasticDisasterRecoveryServiceRolePolicy
    dynamodb.application-autoscaling ApplicationAutoScaling_DynamoDBTable AWSApplicationAutoscalingDynamoDBTablePolicy
    ec2-instance-connect Ec2InstanceConnect Ec2InstanceConnectEndpoint
    ec2.application-autoscaling ApplicationAutoScaling_EC2SpotFleetRequest AWSApplicationAutoscalingEC2SpotFleetRequestPolicy
    ec2fleet EC2Fleet AWSEC2FleetServiceRolePolicy
    ecr ECRTemplate ECRTemplateServiceRolePolicy
    ecs ECS AmazonECSServiceRolePolicy
    ecs.application-autoscaling ApplicationAutoScaling_ECSService AWSApplicationAutoscalingECSServicePolicy
    eks AmazonEKS AmazonEKSServiceRolePolicy
    eks-connector AmazonEKSConnector AmazonEKSConnectorServiceRolePolicy
    eks-fargate AmazonEKSForFargate AmazonEKSForFargateServiceRolePolicy
    eks-nodegroup AmazonEKSNodegroup AWSServiceRoleForAmazonEKSNodegroup
    elasticache ElastiCache ElastiCacheServiceRolePolicy
    elasticache.application-autoscaling ApplicationAutoScaling_ElastiCacheRG AWSApplicationAutoscalingElastiCacheRGPolicy
    elasticbeanstalk ElasticBeanstalk AWSElasticBeanstalkServiceRolePolicy
    elasticfilesystem AmazonElasticFileSystem AmazonElasticFileSystemServiceRolePolicy
    elasticloadbalancing ElasticLoadBalancing AWSElasticLoadBalancingServiceRolePolicy
    elasticmapreduce EMRCleanup AmazonEMRCleanupPolicy
    email.cognito-idp AmazonCognitoIdpEmailService AmazonCognitoIdpEmailServiceRolePolicy
    emr-containers AmazonEMRContainers AmazonEMRContainersServiceRolePolicy
    emrwal EMRWAL EMRDescribeClusterPolicyForEMRWAL
    es AmazonElasticsearchService AmazonElasticsearchServiceRolePolicy
    events CloudWatchEvents CloudWatchEventsServiceRolePolicy
    fis FIS AmazonFISServiceRolePolicy
    fms FMS FMSServiceRolePolicy
    fsx AmazonFSx AmazonFSxServiceRolePolicy
    globalaccelerator GlobalAccelerator AWSGlobalAcceleratorSLRPolicy
    grafana AmazonGrafana AmazonGrafanaServiceLinkedRolePolicy
    guardduty AmazonGuardDuty AmazonGuardDutyServiceRolePolicy
    imagebuilder ImageBuilder AWSServiceRoleForImageBuilder
    inspector AmazonInspector AmazonInspectorServiceRolePolicy
    inspector2 AmazonInspector2 AmazonInspector2ServiceRolePolicy
    iotmanagedintegrations IoTManagedIntegrations AWSIoTManagedIntegrationsRolePolicy
    ipam IPAM AWSIPAMServiceRolePolicy
    kafka Kafka KafkaServiceRolePolicy
    kafka.application-autoscaling ApplicationAutoScaling_KafkaCluster AWSApplicationAutoscalingKafkaClusterPolicy
    kafkaconnect KafkaConnect KafkaConnectServiceRolePolicy
    kinesisreplication.dynamodb DynamoDBKinesisDataStreamsReplication DynamoDBKinesisReplicationServiceRolePolicy
    lakeformation LakeFormationDataAccess LakeFormationDataAccessServiceRolePolicy
    lambda Lambda AWSLambdaServiceRolePolicy
    lambda.application-autoscaling ApplicationAutoScaling_LambdaConcurrency AWSApplicationAutoscalingLambdaConcurrencyPolicy
    lex LexBots AmazonLexBotPolicy
    lexv2 LexV2Bots AmazonLexV2BotPolicy
    license-manager AWSLicenseManagerRole AWSLicenseManagerServiceRolePolicy
    lightsail Lightsail LightsailExportAccess
    logger.cloudfront CloudFrontLogger AWSCloudFrontLogger
    m2 AWSM2 AWSM2ServicePolicy
    macie AmazonMacie AmazonMacieServiceRolePolicy
    malware-protection.guardduty AmazonGuardDutyMalwareProtection AmazonGuardDutyMalwareProtectionServiceRolePolicy
    management.chatbot AWSChatbot AWSChatbotServiceLinkedRolePolicy
    member.org.stacksets.cloudformation CloudFormationStackSetsOrgMember CloudFormationStackSetsOrgMemberServiceRolePolicy
    memorydb MemoryDB MemoryDBServiceRolePolicy
    mq AmazonMQ AmazonMQServiceRolePolicy
    mrk.kms KeyManagementServiceMultiRegionKeys AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy
    neptune.application-autoscaling ApplicationAutoScaling_NeptuneCluster AWSApplicationAutoscalingNeptuneClusterPolicy
    network-firewall NetworkFirewall AWSNetworkFirewallServiceRolePolicy
    networking.apprunner AppRunnerNetworking AppRunnerNetworkingServiceRolePolicy
    networkmanager NetworkManager AWSNetworkManagerServiceRolePolicy
    notifications AwsUserNotifications AWSUserNotificationsServiceLinkedRolePolicy
    observability.aoss AmazonOpenSearchServerless AmazonOpenSearchServerlessServiceRolePolicy
    opensearchservice AmazonOpenSearchService AmazonOpenSearchServiceRolePolicy
    ops.apigateway APIGateway APIGatewayServiceRolePolicy
    ops.emr-serverless AmazonEMRServerless AmazonEMRServerlessServiceRolePolicy
    opsdatasync.ssm SystemsManagerOpsDataSync AWSSystemsManagerOpsDataSyncServiceRolePolicy
    opsinsights.ssm AmazonSSM_OpsInsights AWSSSMOpsInsightsServiceRolePolicy
    organizations Organizations AWSOrganizationsServiceTrustPolicy
    osis AmazonOpenSearchIngestionService AmazonOpenSearchIngestionServiceRolePolicy
    pullthroughcache.ecr ECRPullThroughCache AWSECRPullThroughCache_ServiceRolePolicy
    ram ResourceAccessManager AWSResourceAccessManagerServiceRolePolicy
    rds RDS AmazonRDSServiceRolePolicy
    rds.application-autoscaling ApplicationAutoScaling_RDSCluster AWSApplicationAutoscalingRDSClusterPolicy
    redshift Redshift AmazonRedshiftServiceLinkedRolePolicy
    replication.cassandra KeyspacesReplication KeyspacesReplicationServiceRolePolicy
    replication.dynamodb DynamoDBReplication DynamoDBReplicationServiceRolePolicy
    replication.ecr ECRReplication ECRReplicationServiceRolePolicy
    replicator.lambda LambdaReplicator AWSLambdaReplicator
    repository.sync.codeconnections GitSync AWSGitSyncServiceRolePolicy
    resource-explorer-2 ResourceExplorer AWSResourceExplorerServiceRolePolicy
    rolesanywhere RolesAnywhere AWSRolesAnywhereServicePolicy
    route53resolver Route53Resolver Route53ResolverServiceRolePolicy
    s3-outposts S3OnOutposts AWSS3OnOutpostsServiceRolePolicy
    sagemaker.application-autoscaling ApplicationAutoScaling_SageMakerEndpoint AWSApplicationAutoscalingSageMakerEndpointPolicy
    securityhub SecurityHub AWSSecurityHubServiceRolePolicy
    servicecatalog-appregistry AWSServiceCatalogAppRegistry AWSServiceCatalogAppRegistryServiceRolePolicy
    servicequotas ServiceQuotas ServiceQuotasServiceRolePolicy
    ses AmazonSES AmazonSESServiceRolePolicy
    shield AWSShield AWSShieldServiceRolePolicy
    spot EC2Spot AWSEC2SpotServiceRolePolicy
    spotfleet EC2SpotFleet AWSEC2SpotFleetServiceRolePolicy
    ssm AmazonSSM AmazonSSMServiceRolePolicy
    ssm-incidents IncidentManager AWSIncidentManagerServiceRolePolicy
    ssm-quicksetup SSMQuickSetup SSMQuickSetupRolePolicy
    sso SSO AWSSSOServiceRolePolicy
    stacksets.cloudformation CloudFormationStackSetsOrgAdmin CloudFormationStackSetsOrgAdminServiceRolePolicy
    storage-lens.s3 S3StorageLens S3StorageLensServiceRolePolicy
    support Support AWSSupportServiceRolePolicy
    transitgateway VPCTransitGateway AWSVPCTransitGatewayServiceRolePolicy
    trustedadvisor TrustedAdvisor AWSTrustedAdvisorServiceRolePolicy
    vpcorigin.cloudfront CloudFrontVPCOrigin AWSCloudFrontVPCOriginServiceRolePolicy
    waf WAFLogging WAFLoggingServiceRolePolicy
    wafv2 WAFV2Logging WAFV2LoggingServiceRolePolicy
    workspaces-web AmazonWorkSpacesWeb AmazonWorkSpacesWebServiceRolePolicy
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::names::RoleName;
    use crate::ids::services;
    use crate::shape::Shape as _;

    #[test]
    fn every_line_is_a_service_that_trust_policies_may_name_and_a_name_that_a_role_may_have() {
        let names: Vec<_> = LINKED.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(all().count(), names.len());
        assert!(names.is_sorted_by(|a, b| a < b));
        for service in all() {
            let principal = format!("{}.amazonaws.com", service.name);
            assert_eq!(LinkedService::find(&principal), Some(service));
            assert!(services::is_known(&principal), "{principal}");
            assert!(RoleName::parse(&service.role_name(None)).is_ok(), "{service:?}");
            assert!(is_policy(&service.policy(Partition::China)), "{service:?}");
        }
        assert!(TAKE_SUFFIXES.iter().all(|name| all().any(|service| service.name == *name)));
    }

    #[test]
    fn other_policies_are_not_theirs() {
        for arn in
            ["arn:aws:iam::aws:policy/AutoScalingServiceRolePolicy", "arn:aws:iam::aws:policy/aws-service-role/X", ""]
        {
            assert!(!is_policy(arn), "{arn}");
        }
    }
}
