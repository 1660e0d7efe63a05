//! What IAM says. AWS: it leaves out the values of parameters, and tells why somebody is denied (iam-api 5, 15).

use super::{ApiError, unreadable};
use crate::api::members::Unreadable;
use crate::identities::SERVICE_LINKED_PATH;
use crate::ids::AccountId;
use crate::ids::names::{NAME_PATTERN, PATH_PATTERN};
use crate::ids::paths::{POLICY_PATH_PATTERN, PREFIX_PATTERN};
use crate::json::NotJson;
use crate::policy::parse::PolicyKind;
use crate::policy::principal::PrincipalKind;
use crate::policy::problem::{
    ActionFault, OperandFamily, ParseError, Problem, ResourceFault, SharedIssuerFault, SyntaxFault,
};
use crate::policy::trust::printed;
use crate::shape::Violation;
use crate::wire::ErrorCode;

/// Parameters that cannot be read, as IAM puts it.
pub fn unreadable_to_iam(reason: Unreadable) -> ApiError {
    let Unreadable::Faults(faults) = reason else { return unreadable(&reason) };
    let has_own_words = |violation: &Violation| {
        matches!(violation, Violation::Pattern(NAME_PATTERN | PATH_PATTERN | POLICY_PATH_PATTERN | PREFIX_PATTERN))
    };
    let (own, mut rest): (Vec<_>, Vec<_>) =
        faults.into_iter().partition(|fault| has_own_words(&fault.violation) && !fault.member.contains('.'));
    if let (Some(first), true) = (own.first(), rest.is_empty()) {
        let member = &first.member;
        let text = match first.violation {
            // AWS: the same words for every form of prefixes, those that must end with / included.
            Violation::Pattern(PATH_PATTERN | POLICY_PATH_PATTERN | PREFIX_PATTERN) if member == "pathPrefix" => {
                format!(
                    "The specified value for {member} is invalid. It must begin with the / character and contain only \
                 alphanumeric characters and/or / characters."
                )
            }
            Violation::Pattern(PATH_PATTERN | POLICY_PATH_PATTERN) => format!(
                "The specified value for {member} is invalid. It must begin and end with / and contain only alphanumeric \
                 characters and/or / characters."
            ),
            _ => format!(
                "The specified value for {member} is invalid. It must contain only alphanumeric characters and/or the \
                 following: +=,.@_-"
            ),
        };
        return ApiError::invalid(text);
    }
    // AWS: IAM shows no value, but those in which a simulation is told what to leave out (principal_exclude_type_bogus).
    for fault in rest.iter_mut().filter(|fault| !fault.member.starts_with("policyExclusionList.")) {
        fault.value = Some(HIDDEN.to_owned());
    }
    let mut error = unreadable(&Unreadable::Faults(rest));
    // AWS: of keys of tags, and of no other entries, it also says that they must be there (iamx-val-scalarlist).
    error.message = error.message.map(|text| {
        let text = text.replace(&format!("Value '{HIDDEN}' at"), "Value at");
        text.replace(r"+\-@]+]", r"+\-@]+, Member must not be null]")
    });
    error
}

/// Stands for a value that is not shown.
const HIDDEN: &str = "\u{0}";

/// A policy that is none, or none of its kind.
pub fn malformed_policy(kind: PolicyKind, error: &ParseError) -> ApiError {
    let text = if kind == PolicyKind::Trust { trust_text(&error.problem) } else { None };
    let text = text.or_else(|| rule_text(&error.problem)).unwrap_or_else(|| "Syntax errors in policy.".to_owned());
    ApiError::new(ErrorCode::MalformedPolicyDocument, text).because(error)
}

fn trust_text(problem: &Problem) -> Option<String> {
    Some(match problem {
        Problem::NotJson(NotJson { .. }) => "This policy contains invalid Json".to_owned(),
        Problem::Syntax(SyntaxFault::UnknownElement(name)) => format!("Unknown field {name}"),
        Problem::NotAssumeRoleAction(_) | Problem::NoActions => {
            "AssumeRole policy may only specify STS AssumeRole actions.".to_owned()
        }
        Problem::ProhibitedField(field) => format!("Has prohibited field {field}"),
        Problem::MissingField(field) => format!("Missing required field {field}"),
        Problem::EmptyField(field) => format!("Missing required field {field} cannot be empty!"),
        Problem::NoPrincipals => {
            "Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: The passed in policy has a \
             statement with no principals!"
                .to_owned()
        }
        Problem::InvalidPrincipal { kind: "STAR", .. } => {
            "AssumeRolepolicy contained an invalid principal: \"STAR\":\"*\".".to_owned()
        }
        Problem::InvalidPrincipal { kind, value } => unknown_principal(kind, value),
        Problem::FederatedNotProvider(_) => {
            "Federated principals must be valid domain names or SAML metadata ARNs".to_owned()
        }
        Problem::SharedIssuer(SharedIssuerFault::NoCondition(_)) => {
            "A condition block must be present for the Cognito provider".to_owned()
        }
        Problem::SharedIssuer(SharedIssuerFault::Unscoped { principal, keys }) => format!(
            "Trust policy with trusted principal {principal} must evaluate, using StringEquals, StringLike or \
             StringEqualsIgnoreCase, {} which is not scoped to all.",
            keys.join(" or ")
        ),
        Problem::SharedIssuer(SharedIssuerFault::NoApplication { issuer, .. }) => {
            format!("Policy trusting {issuer} requires a StringEquals condition on an application id")
        }
        _ => return None,
    })
}

fn unknown_principal(kind: &str, value: &str) -> String {
    format!("Invalid principal in policy: \"{kind}\":\"{value}\"")
}

/// AWS: in the order of the checks (iam-api 18).
fn rule_text(problem: &Problem) -> Option<String> {
    Some(match problem {
        Problem::OldVersion => "Policy document must be version 2012-10-17 or greater.".to_owned(),
        Problem::PrincipalNotAllowed => "Policy document should not specify a principal.".to_owned(),
        // AWS: of values that an operator cannot read, only bytes are a matter of syntax.
        Problem::Operand { family: OperandFamily::Binary, .. } => return None,
        Problem::Legacy(_) | Problem::Operand { .. } => "The policy failed legacy parsing".to_owned(),
        Problem::RepeatedSid(_) => "Statement IDs (SID) in a single policy must be unique.".to_owned(),
        Problem::SidCharacters(_) => "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies \
                                          the regular expression [0-9A-Za-z]*"
            .to_owned(),
        Problem::NoActions => "Policy statement must contain actions.".to_owned(),
        Problem::NoResources => "Policy statement must contain resources.".to_owned(),
        Problem::Resource(fault) => resource_text(fault),
        Problem::Action(ActionFault::NoVendor(_)) => {
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".to_owned()
        }
        Problem::Action(ActionFault::SeveralColons(_)) => "Actions/Condition can contain only one colon.".to_owned(),
        Problem::Action(ActionFault::OpenVendor(_)) => {
            "Action vendors (e.g., aws, ec2, etc.) must not contain wildcards.".to_owned()
        }
        Problem::Action(ActionFault::BadVendor(vendor)) => format!("Vendor {vendor} is not valid"),
        _ => return None,
    })
}

fn resource_text(fault: &ResourceFault) -> String {
    match fault {
        ResourceFault::NotArn(resource) => format!("Resource {resource} must be in ARN format or \"*\"."),
        ResourceFault::Partition { partition, repaired } => {
            format!("Partition \"{partition}\" is not valid for resource \"{repaired}\".")
        }
        ResourceFault::NoVendor(_) | ResourceFault::OpenVendor(_) => {
            "Resource vendor must be fully qualified and cannot contain regexes.".to_owned()
        }
        ResourceFault::S3Region(resource) | ResourceFault::Route53Region(resource) => {
            format!("Resource {resource} can not contain region information.")
        }
        ResourceFault::S3Account(resource) => format!("Resource {resource} cannot contain an account id."),
        ResourceFault::IamRegion(resource) => format!("IAM resource {resource} cannot contain region information."),
        ResourceFault::IamPath(_) => "IAM resource path must either be \"*\", root, or start with user/, \
                                          federated-user/, role/, group/, instance-profile/, mfa/, \
                                          server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, \
                                          report/, access-report/."
            .to_owned(),
    }
}

impl ApiError {
    pub(super) fn bad_input(text: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidInput, text)
    }

    pub(super) fn invalid(text: impl Into<String>) -> Self {
        Self::new(ErrorCode::ValidationError, text)
    }

    pub(super) fn without_text(code: ErrorCode) -> Self {
        Self { message: None, ..Self::new(code, "") }
    }

    /// Two tags of one key, where case does not count or does.
    pub fn repeated_keys_of_tags(folds_case: bool) -> Self {
        let end = if folds_case { " Please note that Tag keys are case insensitive." } else { "" };
        Self::bad_input(format!("Duplicate tag keys found.{end}"))
    }

    /// A path that only AWS's own roles have. AWS: seen of service-linked roles, with and without a service (B-690).
    pub fn path_of_aws(path: &str, prefix: &str) -> Self {
        if path == SERVICE_LINKED_PATH {
            let text = "Paths beginning with '/aws-service-role' are reserved for AWS Service Linked Roles";
            return Self::bad_input(text);
        }
        Self::bad_input(format!("Path prefix '{prefix}' can only be used for AWS Service linked Roles"))
    }

    /// A trust policy names somebody who does not exist.
    pub fn no_such_principal(kind: PrincipalKind, name: &str) -> Self {
        Self::new(ErrorCode::MalformedPolicyDocument, unknown_principal(printed(kind), name))
    }

    /// An address with a query or a fragment.
    pub fn oidc_url_with_query() -> Self {
        Self::without_text(ErrorCode::InvalidInput)
    }
}

phrases! {
    /// No user of this name.
    no_user(name: &str) NoSuchEntity "The user with name {name} cannot be found.";
    /// No group of this name.
    no_group(name: &str) NoSuchEntity "The group with name {name} cannot be found.";
    /// No role of this name.
    no_role(name: &str) NoSuchEntity "The role with name {name} cannot be found.";
    /// No instance profile of this name.
    no_instance_profile(name: &str) NoSuchEntity "Instance Profile {name} cannot be found.";
    /// A user, group or role (`owner`) has no inline policy of this name.
    no_inline_policy(owner: &str, name: &str) NoSuchEntity "The {owner} policy with name {name} cannot be found.";
    /// No access key of this id, or not this user's.
    no_access_key(id: &str) NoSuchEntity "The Access Key with id {id} cannot be found.";
    /// No managed policy of this ARN, or not attached.
    no_policy(arn: &str) NoSuchEntity "Policy {arn} was not found.";
    /// No managed policy of this ARN that could be attached.
    no_attachable_policy(arn: &str) NoSuchEntity "Policy {arn} does not exist or is not attachable.";
    /// No such version of a managed policy.
    no_policy_version(arn: &str, version: &str) NoSuchEntity
        "Policy {arn} version {version} does not exist or is not attachable.";
    /// No managed policy of this ARN that could be a boundary.
    no_boundary(arn: &str) NoSuchEntity "Scope ARN: {arn} does not exist or is not attachable.";
    /// A user or role (`owner`) without a boundary.
    no_boundary_set(owner: &str, name: &str) NoSuchEntity "The {owner} with name {name} has no permissions boundary.";
    /// No provider of this ARN to be read.
    no_oidc_provider_at(arn: &str) NoSuchEntity "OpenIDConnect Provider not found for arn {arn}";
    /// No provider of this ARN to be removed.
    no_oidc_provider_to_delete(arn: &str) NoSuchEntity "OpenId connect Provider {arn} cannot be found.";
    /// A role that is not in this instance profile.
    role_not_in_profile(role: &str, profile: &str) NoSuchEntity
        "Role {role} in Instance Profile {profile} cannot be found.";
    /// Not the account's alias.
    no_alias(alias: &str) NoSuchEntity "The account alias {alias} cannot be found.";
    /// The name of a user, group or role (`kind`, with a capital) is taken.
    name_taken(kind: &str, name: &str) EntityAlreadyExists "{kind} with name {name} already exists.";
    /// The name of a managed policy is taken.
    policy_name_taken(name: &str) EntityAlreadyExists
        "A policy called {name} already exists. Duplicate names are not allowed.";
    /// The name of an instance profile is taken.
    instance_profile_taken(name: &str) EntityAlreadyExists "Instance Profile {name} already exists.";
    /// A provider of this address is there.
    oidc_provider_taken(url: &str) EntityAlreadyExists "Provider with url {url} already exists.";
    /// Somebody has this alias.
    alias_taken(alias: &str) EntityAlreadyExists "The account alias {alias} already exists.";
    /// More than `quota` of what AWS calls `what`.
    over_quota(what: &str, quota: usize) LimitExceeded "Cannot exceed quota for {what}: {quota}";
    /// The inline policies of a user, group or role (`owner`) would be too long together.
    over_inline_size(size: usize, owner: &str, name: &str) LimitExceeded
        "Maximum policy size of {size} bytes exceeded for {owner} {name}";
    /// A sixth version.
    too_many_versions() LimitExceeded
        "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing \
         version.";
    /// A fifty-first tag.
    too_many_tags() LimitExceeded "The number of tags has reached the maximum limit.";
    /// Managed policies are attached.
    policies_attached() DeleteConflict "Cannot delete entity, must detach all policies first.";
    /// Inline policies are there.
    inline_policies_there() DeleteConflict "Cannot delete entity, must delete policies first.";
    /// Access keys are there.
    access_keys_there() DeleteConflict "Cannot delete entity, must delete access keys first.";
    /// MFA devices are enabled.
    mfa_devices_there() DeleteConflict "Cannot delete entity, must remove tokens from principal first.";
    /// A user is in a group.
    in_group() DeleteConflict "Cannot delete entity, must remove users from group first.";
    /// A role is in an instance profile.
    in_instance_profile() DeleteConflict "Cannot delete entity, must remove roles from instance profile first.";
    /// A policy is attached, or bounds somebody.
    policy_in_use() DeleteConflict "Cannot delete a policy attached to entities.";
    /// A policy has more than its default version.
    policy_has_versions() DeleteConflict
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. \
         The default version is deleted with the policy.";
    /// The version that counts.
    default_version() DeleteConflict "Cannot delete the default version of a policy.";
    /// A tag that only AWS may set.
    reserved_tag() InvalidInput "Tag keys beginning with aws: are reserved for system use.";
    /// No tag at all.
    no_tags() InvalidInput "Error occurred while validating input. ";
    /// AWS's policies have no tags.
    no_tags_on_aws_policies() InvalidInput "Tags not supported for policies in this domain";
    /// A status that only AWS may set.
    status_not_settable(status: &str) InvalidInput "The access key status cannot be set to {status}.";
    /// An ARN of something else.
    wrong_arn(arn: &str) InvalidInput "ARN {arn} is not valid.";
    /// A text that is no ARN.
    no_arn(text: &str) ValidationError "ARN {text} is not valid.";
    /// An ARN of another partition.
    foreign_partition() ValidationError "Invalid ARN partition";
    /// Nobody can say whose is meant.
    must_name_user() ValidationError "Must specify userName when calling with non-User credentials";
    /// A marker of nothing that was listed.
    bad_marker() ValidationError "Invalid Marker.";
    /// What an account may not do (`what`) to policies of AWS's.
    not_your_policy(what: &str) AccessDenied "Cannot {what} policies outside your own account.";
    /// A policy for sessions of AWS's own, on a user.
    reserved_policy() PolicyNotAttachable "Cannot attach AWS reserved policy to an IAM user.";
    /// A policy for roles of AWS's own, on one of the customer's.
    service_role_policy() PolicyNotAttachable "Cannot attach a Service Role Policy to a Customer Role.";
    /// A role that AWS keeps.
    protected_role(name: &str) UnmodifiableEntity
        "Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS";
    /// How long sessions last of a role that AWS keeps.
    protected_duration(name: &str) UnmodifiableEntity
        "{name} is an AWS service linked role, max session duration cannot be changed.";
    /// A service that has no roles of its own, as far as is known (B-940). AWS: the code and the words (measured).
    no_linked_role(service: &str) AccessDenied "{service} is not a valid AWS service name (Service Principal)";
    /// A service that has one role.
    no_suffix(service: &str) InvalidInput "Custom suffix is not allowed for {service}";
    /// The service has this role already.
    linked_role_taken(name: &str) InvalidInput
        "Service role name {name} has been taken in this account, please try a different suffix.";
    /// With its suffix the name is too long for a role.
    linked_role_too_long(name: &str) InvalidInput "Service role name {name} is too long, please try a shorter suffix.";
    /// What no removal of a role is called.
    bad_deletion_task() InvalidInput "Invalid task id";
    /// A removal that nobody asked for.
    no_deletion_task() NoSuchEntity "Cannot find deletion status for given id.";
    /// A key that the caller's account does not have. AWS: no colon (iam-key-lastused-none).
    foreign_access_key(caller_arn: &str, id: &str) AccessDenied
        "User: {caller_arn} is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key {id}"
        because "the account has no such key";
    /// An address that no provider can have.
    bad_oidc_url() ValidationError "Invalid Open ID Connect Provider URL";
    /// AWS's own issuer.
    oidc_loop() InvalidInput
        "Creating an OIDC provider with an STS issuer URL from the same partition is not supported. Within a \
         partition, use AssumeRole instead of web identity federation.";
    /// Six thumbprints. AWS: five are fine, whatever it says.
    too_many_thumbprints() InvalidInput "Thumbprint list must contain fewer than 5 entries.";
    /// No thumbprint.
    no_thumbprints() InvalidInput "Thumbprint list must contain at least one entry.";
    /// The account vouches for its own already.
    outbound_enabled(account: AccountId) FeatureEnabled
        "Outbound identity federation is already enabled for account {account}";
    /// The account vouches for nobody.
    outbound_disabled(account: AccountId) FeatureDisabled
        "Outbound identity federation is disabled for account {account}";
    /// It vouches for nobody already.
    outbound_already_disabled(account: AccountId) FeatureDisabled
        "Outbound identity federation is already disabled for account {account}";
}
