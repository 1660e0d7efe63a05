//! What the simulator knows of actions: of which resources they can be, the form of the names of those, and scenarios.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>

use crate::ids::Arn;

/// What is known of an action.
#[derive(Clone, Copy)]
pub(super) enum Known {
    /// It is an action of a service whose actions are told apart.
    To(&'static Service, Of),
    /// No service has an action of this name.
    Nobody,
    /// The service is none of those.
    Unsure,
}

/// Of which resources an action can be.
#[derive(Clone, Copy)]
pub(super) enum Of {
    /// Any of its service.
    Any,
    /// Those whose names begin with one of these words.
    Kinds(&'static str),
    /// None: it is asked about everything or not at all.
    Nothing,
}

/// A service whose actions are told apart.
pub(super) struct Service {
    prefix: &'static str,
    /// The services in whose ARNs its resources are.
    homes: &'static [&'static str],
    /// The form of their names, behind the partition.
    form: &'static str,
    /// What its actions begin with; empty if that is not known.
    verbs: &'static str,
    /// How the names of kinds of resources begin, and actions of these alone; empty for actions of none.
    kinds: &'static [(&'static str, &'static str)],
}

impl Known {
    /// Looks an action up, in any case.
    pub(super) fn of(action: &str) -> Self {
        let (prefix, name) = action.split_once(':').unwrap_or((action, ""));
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) || prefix.contains(['*', '?']) {
            return Self::Nobody;
        }
        let Some(service) = SERVICES.iter().find(|service| service.prefix.eq_ignore_ascii_case(prefix)) else {
            return Self::Unsure;
        };
        let begins = |verb: &str| name.get(..verb.len()).is_some_and(|start| start.eq_ignore_ascii_case(verb));
        if !service.verbs.is_empty() && !service.verbs.split(' ').any(begins) {
            return Self::Nobody;
        }
        let is_among = |names: &str| names.split_whitespace().any(|one| one.eq_ignore_ascii_case(name));
        let of = match service.kinds.iter().find(|(_, names)| is_among(names)) {
            Some(("", _)) => Of::Nothing,
            Some((kinds, _)) => Of::Kinds(kinds),
            None => Of::Any,
        };
        Self::To(service, of)
    }

    /// Whether it can be done to this resource.
    pub(super) fn fits(self, resource: &str) -> bool {
        let (Self::To(service, of), Some(arn)) = (self, Arn::parse(resource)) else { return true };
        let is_its_own = service.homes.contains(&arn.service);
        match of {
            Of::Any => is_its_own,
            Of::Kinds(kinds) => is_its_own && kinds.split(' ').any(|kind| arn.resource.starts_with(kind)),
            Of::Nothing => false,
        }
    }

    /// What several resources of it are called.
    pub(super) fn form(self, partition: &str) -> String {
        match self {
            Self::To(service, _) => format!("arn:{partition}:{}", service.form),
            Self::Nobody | Self::Unsure => "*".to_owned(),
        }
    }
}

// AWS: forms and kinds as recorded (stackd simulation_inputs), the rest from the service authorization reference.
const SERVICES: &[Service] = &[
    Service {
        prefix: "s3",
        homes: &["s3"],
        form: "s3:::${BucketName}/${KeyName}",
        verbs: "Abort Associate Bypass Create Delete Describe Dissociate Get Initiate List Object Pause Put Replicate \
                Restore Submit Tag Untag Update",
        // AWS: actions of buckets fit objects, and the other way round.
        kinds: &[(
            "",
            "GetAccountPublicAccessBlock ListAccessPoints ListAllMyBuckets ListJobs PutAccountPublicAccessBlock",
        )],
    },
    Service {
        prefix: "iam",
        homes: &["iam"],
        form: "iam::${Account}:${ResourceType}/${ResourceName}",
        verbs: "Accept Add Associate Attach Change Create Deactivate Delete Detach Disable Enable Generate Get List Pass \
                Put Reject Remove Reset Resync Send Set Simulate Tag Untag Update Upload",
        kinds: &[
            ("user/", IAM_USER),
            ("role/", IAM_ROLE),
            (
                "group/",
                "AddUserToGroup AttachGroupPolicy CreateGroup DeleteGroup DeleteGroupPolicy DetachGroupPolicy GetGroup \
                 GetGroupPolicy ListAttachedGroupPolicies ListGroupPolicies PutGroupPolicy RemoveUserFromGroup UpdateGroup",
            ),
            (
                "policy/",
                "CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy GetPolicyVersion \
                 ListEntitiesForPolicy ListPolicyTags ListPolicyVersions SetDefaultPolicyVersion TagPolicy UntagPolicy",
            ),
            (
                "instance-profile/",
                "AddRoleToInstanceProfile CreateInstanceProfile DeleteInstanceProfile GetInstanceProfile \
                 ListInstanceProfileTags ListInstanceProfiles RemoveRoleFromInstanceProfile TagInstanceProfile \
                 UntagInstanceProfile",
            ),
            ("mfa/", "CreateVirtualMFADevice DeleteVirtualMFADevice ListMFADeviceTags TagMFADevice UntagMFADevice"),
            (
                "oidc-provider/",
                "AddClientIDToOpenIDConnectProvider CreateOpenIDConnectProvider DeleteOpenIDConnectProvider \
                 GetOpenIDConnectProvider ListOpenIDConnectProviderTags RemoveClientIDFromOpenIDConnectProvider \
                 TagOpenIDConnectProvider UntagOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint",
            ),
            (
                "saml-provider/",
                "CreateSAMLProvider DeleteSAMLProvider GetSAMLProvider ListSAMLProviderTags TagSAMLProvider \
                 UntagSAMLProvider UpdateSAMLProvider",
            ),
            (
                "server-certificate/",
                "DeleteServerCertificate GetServerCertificate ListServerCertificateTags TagServerCertificate \
                 UntagServerCertificate UpdateServerCertificate UploadServerCertificate",
            ),
            ("user/ group/ role/", "GetContextKeysForPrincipalPolicy SimulatePrincipalPolicy"),
            ("user/ group/ role/ policy/", "GenerateServiceLastAccessedDetails"),
            (
                "",
                "CreateAccountAlias DeleteAccountAlias DeleteAccountPasswordPolicy GenerateCredentialReport \
                 GetAccountAuthorizationDetails GetAccountPasswordPolicy GetAccountSummary GetContextKeysForCustomPolicy \
                 GetCredentialReport GetServiceLastAccessedDetails GetServiceLastAccessedDetailsWithEntities \
                 ListAccountAliases ListGroups ListOpenIDConnectProviders ListPolicies ListRoles ListSAMLProviders \
                 ListServerCertificates ListUsers ListVirtualMFADevices SetSecurityTokenServicePreferences \
                 SimulateCustomPolicy UpdateAccountPasswordPolicy",
            ),
        ],
    },
    Service {
        prefix: "sts",
        homes: &["iam", "sts"],
        form: "iam::${Account}:${RelativeId}",
        verbs: "Assume Decode Get Set Tag",
        kinds: &[
            ("role/", "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity"),
            ("root", "AssumeRoot"),
            ("", "DecodeAuthorizationMessage GetAccessKeyInfo GetCallerIdentity GetSessionToken"),
        ],
    },
    Service {
        prefix: "sqs",
        homes: &["sqs"],
        form: "sqs:${Region}:${Account}:${QueueName}",
        verbs: "Add Cancel Change Create Delete Get List Purge Receive Remove Send Set Start Tag Untag",
        kinds: &[("", "ListQueues")],
    },
    Service {
        prefix: "kms",
        homes: &["kms"],
        form: "kms:${Region}:${Account}:${ResourceType}/${Id}",
        verbs: "Cancel Connect Create Decrypt Delete Derive Describe Disable Disconnect Enable Encrypt Generate Get Import \
                List Put ReEncrypt Replicate Retire Revoke Rotate Schedule Sign Synchronize Tag Untag Update Verify",
        kinds: &[("", "CreateKey DescribeCustomKeyStores GenerateRandom ListAliases ListKeys")],
    },
    Service {
        prefix: "lambda",
        homes: &["lambda"],
        form: "lambda:${Region}:${Account}:${ResourceType}:${ResourceId}",
        verbs: "",
        kinds: &[("", "GetAccountSettings ListFunctions ListLayers")],
    },
    Service {
        prefix: "ec2",
        homes: &["ec2"],
        form: "ec2:${Region}:${Account}:${ResourceType}/${ResourcePath}",
        verbs: "",
        kinds: &[(
            "",
            "DescribeAddresses DescribeAvailabilityZones DescribeImages DescribeInstances DescribeKeyPairs \
             DescribeNetworkInterfaces DescribeRegions DescribeRouteTables DescribeSecurityGroups DescribeSnapshots \
             DescribeSubnets DescribeTags DescribeVolumes DescribeVpcs",
        )],
    },
    Service {
        prefix: "devicefarm",
        homes: &["devicefarm"],
        form: "devicefarm:${Region}:${Account}:${ResourceType}:${ResourceId}",
        verbs: "",
        kinds: &[("project: devicepool: upload:", "ScheduleRun")],
    },
];

/// Whether simulations of an action can be of a scenario. What resources that scenario says there are is not looked at,
/// as by AWS.
pub(super) fn has_scenario(action: &str, scenario: &str) -> bool {
    let named = |(names, _): &&(&[&str], &[&str])| names.iter().any(|name| name.eq_ignore_ascii_case(action));
    SCENARIOS.iter().find(named).is_some_and(|(_, scenarios)| scenarios.contains(&scenario))
}

// AWS: as recorded (stackd service_reference), beyond those that the reference of the API lists.
const SCENARIOS: &[(&[&str], &[&str])] = &[
    (
        &["ec2:RunInstances"],
        &[
            "EC2-Classic-EBS",
            "EC2-Classic-InstanceStore",
            "EC2-VPC-EBS",
            "EC2-VPC-EBS-Subnet",
            "EC2-VPC-InstanceStore",
            "EC2-VPC-InstanceStore-Subnet",
        ],
    ),
    (
        &["cloudwatch:ListTagsForResource", "cloudwatch:TagResource", "cloudwatch:UntagResource"],
        &[
            "CloudWatch-Alarm",
            "CloudWatch-AlarmMuteRule",
            "CloudWatch-Dashboard",
            "CloudWatch-Dataset",
            "CloudWatch-InsightRule",
            "CloudWatch-MetricStream",
            "CloudWatch-Service",
            "CloudWatch-ServiceLevelObjective",
        ],
    ),
    (&["devicefarm:ScheduleRun"], &["Device Pool as filter", "Device Selection Configuration as filter"]),
];

const IAM_USER: &str = "AttachUserPolicy ChangePassword CreateAccessKey CreateLoginProfile \
    CreateServiceSpecificCredential CreateUser DeactivateMFADevice DeleteAccessKey DeleteLoginProfile \
    DeleteServiceSpecificCredential DeleteSigningCertificate DeleteSSHPublicKey DeleteUser \
    DeleteUserPermissionsBoundary DeleteUserPolicy DetachUserPolicy EnableMFADevice GetAccessKeyLastUsed \
    GetLoginProfile GetMFADevice GetSSHPublicKey GetUser GetUserPolicy ListAccessKeys ListAttachedUserPolicies ListGroupsForUser \
    ListMFADevices ListServiceSpecificCredentials ListSigningCertificates ListSSHPublicKeys ListUserPolicies \
    ListUserTags PutUserPermissionsBoundary PutUserPolicy ResetServiceSpecificCredential ResyncMFADevice TagUser \
    UntagUser UpdateAccessKey UpdateLoginProfile UpdateServiceSpecificCredential UpdateSigningCertificate \
    UpdateSSHPublicKey UpdateUser UploadSigningCertificate UploadSSHPublicKey";

const IAM_ROLE: &str = "AttachRolePolicy CreateRole CreateServiceLinkedRole DeleteRole DeleteRolePermissionsBoundary \
    DeleteRolePolicy DeleteServiceLinkedRole DetachRolePolicy GetRole GetRolePolicy \
    GetServiceLinkedRoleDeletionStatus ListAttachedRolePolicies ListInstanceProfilesForRole ListRolePolicies \
    ListRoleTags PassRole PutRolePermissionsBoundary PutRolePolicy TagRole UntagRole UpdateAssumeRolePolicy \
    UpdateRole UpdateRoleDescription";
