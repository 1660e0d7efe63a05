//! The services that there are, by the names that stand for them as principals.
//!
//! Names that IAM took in trust policies in October 2026, those that AWS's guides trust, and those of the endpoints of its
//! SDKs, of which it is not known whether they are principals too.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services>

use super::region;

/// Whether a service of AWS's is known by a name such as `ec2.amazonaws.com`, which may have a region in it.
///
/// What is below a known service is taken for a part of it, and whatever is in another domain for one of AWS's.
pub fn is_known(principal: &str) -> bool {
    let principal = principal.to_ascii_lowercase();
    let name = principal.strip_suffix(".amazonaws.com").or_else(|| principal.strip_suffix(".amazonaws.com.cn"));
    let Some(name) = name else { return true };
    let labels: Vec<&str> = name.split('.').filter(|label| region::find(label).is_none()).collect();
    let name = labels.join(".");
    let service = labels.last().copied();
    KNOWN.split(' ').any(|known| known == name || service == Some(known))
}

/// Without the domain.
const KNOWN: &str = "\
    a2c a4b access-analyzer account account-access account-access-runtime acm acm-pca aco-automation \
    action-recommendations activate agent-registry agent-registry-control agentaccess-mcp agreement-marketplace \
    aidevops aiops airflow airflow-env airflow-serverless amplify amplifybackend amplifyuibuilder aoss apigateway \
    app-integrations appconfig appconfigdata appfabric appflow application-autoscaling application-cost-profiler \
    application-insights application-signals application-transformation applicationinsights appmesh apprunner \
    appstream appstream2 appsync aps arc-region-switch arc-zonal-shift artifact assets.marketplace athena \
    auditmanager automation autoscaling autoscaling-plans aws-artifact-account-sync aws-external-anthropic \
    aws-marketplace awsssoportal b2bi backup backup-gateway backup-search batch bcm-dashboards bcm-data-exports \
    bcm-pricing-calculator bcm-recommended-actions bedrock bedrock-agent-runtime bedrock-agentcore \
    bedrock-agentcore-control bedrock-data-automation bedrock-data-automation-runtime bedrock-mantle bedrock-runtime \
    billing billingconductor braket budgets bugbust cases cassandra cassandra-streams ce chatbot chime cleanrooms \
    cleanrooms-ml cloud9 cloudcontrolapi clouddirectory cloudformation cloudfront cloudfront-keyvaluestore cloudhsm \
    cloudhsmv2 cloudsearch cloudsearchdomain cloudtrail cloudtrail-data cloudwatch cloudwatch-crossaccount \
    cloudwatch-omni codeartifact codebuild codecatalyst codecatalyst-runner codecommit codeconnections codedeploy \
    codeguru-profiler codeguru-reviewer codeguru-security codepipeline codestar codestar-connections \
    codestar-notifications codewhisperer cognito-identity cognito-idp cognito-sync comprehend comprehendmedical \
    compute-optimizer config config-conforms config-multiaccountsetup connect connect-campaigns contact-lens \
    continuum contract.iq controlcatalog controltower cost-optimization-hub cost-optimization-hub.bcm costalerts cur \
    data-signer databrew dataexchange datapipeline datasync datazone datazonecontrol dax deadline deeplens deepracer \
    deployment-marketplace detective devicefarm devops-guru diode directconnect discovery discovery-datasync \
    discovery-marketplace dlm dms dms-data-migrations dms-fleet-advisor docdb-elastic drs ds ds-data dsql dynamodb \
    ebs ec ec2 ec2-images ec2-instance-connect ec2.application-status-checks ec2.capacitymanager ec2fastlaunch \
    ec2fleet ec2scheduled ec2sqlha ecr ecr-public ecs ecs-compute ecs-tasks edgelambda eks eks-auth eks-connector \
    eks-fargate eks-fargate-pods eks-nodegroup elasticache elasticache-snapshot elasticbeanstalk elasticfilesystem \
    elasticloadbalancing elasticmapreduce elastictranscoder elemental-inference email emr-containers emr-serverless \
    emrwal end-user-messaging entityresolution es events eventsv2 evidently evs execute-api finops-agent finspace \
    firehose fis fms forecast forecastquery frauddetector freertos freetier fsx gamelift gameliftstreams geo geo-maps \
    geo-places geo-routes glacier globalaccelerator glue grafana greengrass groundstation guardduty health \
    health-agent healthlake honeycode iam iam-toolbox identity-chime identitystore imagebuilder importexport \
    inspector inspector-scan inspector2 interconnect internetmonitor invoicing iot iot-jobs-data iot1click \
    iotanalytics iotdata iotdeviceadvisor iotevents iotfleethub iotfleetwise iotmanagedintegrations iotroborunner \
    iotsecuredtunneling iotsitewise iotthingsgraph iottwinmaker iotwireless ipam ivs ivschat ivsrealtime kafka \
    kafkaconnect kendra kendra-ranking kinesis kinesisanalytics kinesisvideo kms lakeformation lambda launchwizard \
    lex lexv2 license-management.marketplace license-manager license-manager-linux-subscriptions \
    license-manager-user-subscriptions license-manager.master-account license-manager.member-account lightsail logs \
    lookoutequipment lookoutmetrics lookoutvision m2 machinelearning macie macie2 mail-manager managedblockchain \
    managedblockchain-query managedservices marketplacecommerceanalytics media-pipelines-chime mediaconnect \
    mediaconvert medialive mediapackage mediapackage-vod mediapackagev2 mediastore mediatailor medical-imaging \
    meetings-chime memory-db memorydb messaging-chime mgh mgn migrationhub migrationhub-config \
    migrationhub-orchestrator migrationhub-strategy mobileanalytics mobilehub mobiletargeting models-v2-lex \
    monitoring monitron mpa mq mturk-requester neptune neptune-db neptune-graph network-firewall \
    network-security-director network-security-manager networkflowmonitor networkmanager networkmonitor nimble \
    notifications notifications-contacts nova-act oam observabilityadmin odb oidc omics opensearchservice opsworks \
    opsworks-cm organizations osis osis-pipelines osm outposts panorama partnercentral partnercentral-account \
    partnercentral-account-management partnercentral-benefits partnercentral-channel partnercentral-prm \
    partnercentral-selling payment-cryptography pca-connector-ad pca-connector-scep pcs permission.iq personalize \
    personalize-events personalize-runtime pi pinpoint pipes polly pricing pricingplanmanager \
    private-marketplace.marketplace profile proton purchaseorders q qapps qbusiness qldb quicksight ram rbin rds \
    rds-data rds-preview reachabilityanalyzer.networkinsights redshift redshift-data redshift-serverless \
    refactor-spaces rekognition reporting-marketplace repostspace resale-authorization.marketplace researchstudio \
    resiliencehub resource-explorer-2 resource-groups robomaker rolesanywhere route53 route53-recovery-cluster \
    route53-recovery-control-config route53-recovery-readiness route53domains route53globalresolver route53profiles \
    route53resolver rtbfabric rum runtime-v2-lex s3 s3-control s3-outposts s3tables s3vectors sagemaker \
    sagemaker-geospatial savingsplans scheduler schemas scn sdb secretsmanager security-ir securityagent securityhub \
    securityhubv2 securitylake serverlessrepo servicecatalog servicecatalog-appregistry servicediscovery \
    servicequotas ses shield signer signin simspaceweaver sms sms-voice snow-device-management snowball sns \
    social-messaging spot spotfleet sqlworkbench sqs ssm ssm-contacts ssm-guiconnect ssm-incidents ssm-quicksetup \
    ssm-sap ssm.integrations sso sso-oauth states storagegateway sts support supportapp supportauthz supportplans \
    sustainability swf synthetics tagpolicies.tag tax textract thinclient timestream timestream-influxdb tnb \
    transcribe transfer transform-custom transitgateway translate trustedadvisor tts user-subscriptions uxc \
    verified-access verifiedpermissions vmie voice-chime voiceid vpc-flow-logs vpc-lattice waf waf-regional wafv2 wam \
    wellarchitected wickr wisdom workdocs worklink workmail workmailmessageflow workspaces workspaces-instances \
    workspaces-web xray";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(principal: &str, known: bool) {
        assert_eq!(is_known(principal), known, "{principal}");
    }

    #[test]
    fn services_are_known_by_their_names_with_or_without_a_region() {
        for known in [
            "ec2.amazonaws.com",
            "EC2.amazonaws.com",
            "ec2.amazonaws.com.cn",
            "states.us-east-1.amazonaws.com",
            "us-east-1.elasticache-snapshot.amazonaws.com",
            "pods.eks.amazonaws.com",
            "contract.iq.amazonaws.com",
            "osis-pipelines.amazonaws.com",
            "alexa-appkit.amazon.com",
            "some.aws.internal",
        ] {
            check(known, true);
        }
        for unknown in [
            "nope.amazonaws.com",
            "codepipeiine.amazonaws.com",
            "ecs-task.amazonaws.com",
            "bedrock-agent.amazonaws.com",
            "s3files.amazonaws.com",
            "tagging.amazonaws.com",
            "iq.amazonaws.com",
            "eks.pods.amazonaws.com",
            "ec2.mars-north-1.amazonaws.com",
            "us-east-1.amazonaws.com",
            ".amazonaws.com",
        ] {
            check(unknown, false);
        }
    }
}
