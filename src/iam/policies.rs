//! Managed policies: the account's own, and AWS's to look at.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html>

use std::sync::Arc;

use super::action::{Look, Target, tagged};
use super::inline_policies::{check_document, size};
use super::policy_versions::{of_aws_version, versions};
use super::shown::{self, ShownPolicy, ShownVersion};
use super::tags::{self, SentTags};
use super::users::prefix;
use crate::action;
use crate::api::ApiError;
use crate::env::draw;
use crate::identities::{AwsPolicy, ManagedPolicy, SERVICE_LINKED_PATH, aws_managed_policies, aws_managed_policy};
use crate::ids::names::{ArnText, Flag, IamDescription, PolicyName, PolicyScope, PolicyText, PolicyUsage};
use crate::ids::paths::PolicyPath;
use crate::ids::unique_id::Kind;
use crate::ids::{AccountId, Arn, UniqueId};
use crate::policy::parse::PolicyKind;
use crate::store::records;

const LONGEST_POLICY: usize = 6144;

action! {
    /// Makes a managed policy.
    CreatePolicy;
    input CreatePolicyInput {
        /// Its name, unique in the account whatever its case.
        "PolicyName" name: PolicyName,
        /// Its path; `/` without it.
        "Path" path: Option<PolicyPath>,
        /// The policy.
        "PolicyDocument" document: PolicyText,
        /// What it is for; it stays so.
        "Description" description: Option<IamDescription>,
        /// Its tags; case tells keys apart.
        "Tags" tags: SentTags,
    }
    errors [InvalidInput, LimitExceeded, EntityAlreadyExists, MalformedPolicyDocument]
    output CreatePolicyOutput {
        /// The policy.
        "Policy" policy: ShownPolicy,
    }
    on |input, look| {
        let path = input.path.clone().map(PolicyPath::into_path).unwrap_or_default();
        let target = Target::at(look.asker.arn(&format!("policy{path}{}", input.name)));
        // AWS: the one thing to be made that is not called by its ARN.
        Ok(tags::given(target.called(format!("policy {}", input.name)), &input.tags, "iam:TagPolicy"))
    };
    writes |input, desk| {
        let account = desk.asker.account;
        check_document(input.document.as_str(), PolicyKind::Managed, desk)?;
        if desk.identities.policy_named(account, input.name.as_str()).is_some() {
            return Err(ApiError::policy_name_taken(input.name.as_str()));
        }
        desk.look().has_room(Kind::Policy)?;
        let tags = tags::for_new(&input.tags, false)?;
        check_size(&input.document)?;
        let path = input.path.clone().map(PolicyPath::into_path).unwrap_or_default();
        let arn = desk.asker.arn(&format!("policy{path}{}", input.name));
        let description = input.description.as_ref().map(ToString::to_string);
        let (name, document, created) = (input.name.clone(), input.document.to_string(), desk.now.whole_second());
        let record = records::ManagedPolicy::new(account, name, path, created, description, document);
        let id = UniqueId::mint(Kind::Policy, account, draw(desk.entropy));
        desk.identities
            .create_policy(desk.batch, id, records::ManagedPolicy { tags: tags.clone(), ..record })
            .map_err(ApiError::internal)?;
        let policy = desk.identities.policy(&arn).ok_or_else(|| ApiError::no_policy(&arn))?;
        let policy = shown::listed_policy(policy, desk.identities);
        Ok(CreatePolicyOutput { policy: ShownPolicy { tags: shown::some_tags(&tags), ..policy } })
    };
}

action! {
    /// Shows a managed policy.
    GetPolicy;
    input GetPolicyInput {
        /// Its ARN.
        "PolicyArn" arn: ArnText,
    }
    errors [NoSuchEntity, InvalidInput]
    output GetPolicyOutput {
        /// The policy.
        "Policy" policy: ShownPolicy,
    }
    on |input, look| Ok(target(input.arn.as_str(), look));
    reads |input, look| {
        let policy = match known(input.arn.as_str(), look)? {
            Known::Own(policy) => ShownPolicy {
                description: policy.record.description.clone(),
                tags: Some(shown::tags(&policy.record.tags)),
                ..shown::listed_policy(policy, look.identities)
            },
            Known::Aws(policy) => {
                let description = Some(policy.description.to_owned());
                ShownPolicy { description, tags: Some(shown::tags(&[])), ..of_aws(policy, look) }
            }
        };
        Ok(GetPolicyOutput { policy })
    };
}

action! {
    /// Lists managed policies: AWS's as it made them, then the account's own in the order of their names.
    ListPolicies in pages;
    input ListPoliciesInput {
        /// Whose.
        "Scope" scope: Option<PolicyScope>,
        /// Only those that somebody has.
        "OnlyAttached" only_attached: Option<Flag>,
        /// How their paths begin.
        "PathPrefix" path_prefix: Option<PolicyPath>,
        /// Only those that somebody has in this way. AWS: it counts beside `OnlyAttached` alone (iam-s-listpol-usage).
        "PolicyUsageFilter" usage: Option<PolicyUsage>,
    }
    errors []
    output ListPoliciesOutput {
        /// The policies.
        "Policies" policies: Members<ShownPolicy>,
    }
    on |input, look| {
        let prefix = prefix(input.path_prefix.as_ref());
        Ok(Target::at(look.asker.arn(&format!("policy{prefix}"))).called(format!("policy path {prefix}")))
    };
    reads |input, look| {
        let prefix = prefix(input.path_prefix.as_ref());
        let only_attached = input.only_attached.is_some_and(|flag| flag.0);
        let scope = input.scope.unwrap_or(PolicyScope::All);
        let usage = input.usage.filter(|_| only_attached);
        let list = format!("{scope:?} {only_attached} {usage:?} {prefix}");
        let paging = input.paging(&[&list])?;
        // AWS's stand first, under names that no policy of an account's can have.
        let after = paging.after().unwrap_or_default();
        let (aws_after, own_after) = match after.strip_prefix('!') {
            Some(place) => (place.parse().unwrap_or(0), None),
            None if after.is_empty() => (0, None),
            None => (usize::MAX, Some(after)),
        };
        let counts = |arn: &str| {
            let (attached, bounded) = shown::counts(look.identities, look.asker.account, arn);
            match usage {
                _ if !only_attached => true,
                None => attached + bounded > 0,
                Some(PolicyUsage::Permissions) => attached > 0,
                Some(PolicyUsage::Boundary) => bounded > 0,
            }
        };
        let aws = aws_managed_policies(look.asker.partition)
            .iter()
            .enumerate()
            .skip(aws_after)
            .filter(|(_, policy)| scope != PolicyScope::Local && policy.path.starts_with(prefix))
            .filter(|(_, policy)| counts(&policy.arn))
            .map(|(at, policy)| (format!("!{}", at + 1), Known::Aws(policy)));
        let own = look
            .identities
            .policies_after(look.asker.account, own_after)
            .filter(|(_, policy)| scope != PolicyScope::Aws && policy.record.path.as_str().starts_with(prefix))
            .filter(|(_, policy)| counts(&policy.arn))
            .map(|(name, policy)| (name.to_owned(), Known::Own(policy)));
        let page = paging.cut(aws.chain(own));
        Ok(page.map(|policy| policy.listed(look)).into())
    };
}

action! {
    /// Removes a managed policy that nobody has and that has no other version than the one that counts.
    DeletePolicy;
    input DeletePolicyInput {
        /// Its ARN.
        "PolicyArn" arn: ArnText,
    }
    errors [NoSuchEntity, LimitExceeded, InvalidInput, DeleteConflict]
    on |input, look| Ok(target(input.arn.as_str(), look));
    writes |input, desk| {
        let policy = Arc::clone(own(input.arn.as_str(), "delete", desk.look())?);
        if desk.identities.holders(desk.asker.account, &policy.arn).next().is_some() {
            return Err(ApiError::policy_in_use());
        }
        if policy.record.versions.len() > 1 {
            return Err(ApiError::policy_has_versions());
        }
        desk.identities.delete_policy(desk.batch, &policy);
        Ok(())
    };
}

/// A managed policy that the asker can look at.
#[derive(Clone, Copy)]
pub(super) enum Known<'a> {
    Own(&'a Arc<ManagedPolicy>),
    Aws(&'static AwsPolicy),
}

impl Known<'_> {
    /// As lists show it.
    pub(super) fn listed(self, look: Look<'_>) -> ShownPolicy {
        match self {
            Self::Own(policy) => shown::listed_policy(policy, look.identities),
            Self::Aws(policy) => of_aws(policy, look),
        }
    }

    /// Its versions with their documents, the newest first; of AWS's policies the present one is known.
    pub(super) fn versions(self) -> Vec<ShownVersion> {
        match self {
            Self::Own(policy) => versions(policy),
            Self::Aws(policy) => vec![of_aws_version(policy)],
        }
    }
}

/// Whether an ARN's account is one whose policies the asker can have.
pub(super) fn is_of(account: &str, look: Look<'_>) -> bool {
    account == "aws" || AccountId::parse(account) == Some(look.asker.account)
}

/// Whether a policy is one for sessions of AWS's own.
pub(super) fn is_reserved(arn: &str) -> bool {
    let path = arn.split_once(":iam::aws:policy").map_or("", |(_, path)| path);
    [SERVICE_LINKED_PATH, "/root-task/"].iter().any(|reserved| path.starts_with(reserved))
}

/// The form of an ARN. AWS: what is none, or of another partition, is told before anything is looked up.
pub(super) fn parsed<'a>(arn: &'a str, look: Look<'_>) -> Result<Arn<'a>, ApiError> {
    let parsed = Arn::parse(arn).ok_or_else(|| ApiError::no_arn(arn))?;
    if parsed.partition != look.asker.partition.as_str() {
        return Err(ApiError::foreign_partition());
    }
    if parsed.service != "iam" || !parsed.resource.starts_with("policy/") {
        return Err(ApiError::wrong_arn(arn));
    }
    Ok(parsed)
}

/// The managed policy of this ARN.
pub(super) fn known<'a>(arn: &str, look: Look<'a>) -> Result<Known<'a>, ApiError> {
    let parsed = parsed(arn, look)?;
    let own = look.identities.policy(arn).filter(|_| is_of(parsed.account, look)).map(Known::Own);
    own.or_else(|| aws_managed_policy(arn).map(Known::Aws)).ok_or_else(|| ApiError::no_policy(arn))
}

/// The account's own policy of this ARN; none if it is one of AWS's.
pub(super) fn own_or_aws<'a>(arn: &str, look: Look<'a>) -> Result<Option<&'a Arc<ManagedPolicy>>, ApiError> {
    Ok(match known(arn, look)? {
        Known::Own(policy) => Some(policy),
        Known::Aws(_) => None,
    })
}

/// The account's own policy of this ARN, of which `what` is done.
pub(super) fn own<'a>(arn: &str, what: &str, look: Look<'a>) -> Result<&'a Arc<ManagedPolicy>, ApiError> {
    // AWS: whether there is one of AWS's of this name is not told (iam-s-awspol-delete).
    if parsed(arn, look)?.account == "aws" {
        return Err(ApiError::not_your_policy(what));
    }
    own_or_aws(arn, look)?.ok_or_else(|| ApiError::no_policy(arn))
}

/// A managed policy as the target of an action.
pub(super) fn target(arn: &str, look: Look<'_>) -> Target {
    let target = match own_or_aws(arn, look) {
        Ok(Some(policy)) => tagged(Target::at(arn), &policy.record.tags),
        _ => Target::at(arn),
    };
    target.called(format!("policy {arn}"))
}

pub(super) fn check_size(document: &PolicyText) -> Result<(), ApiError> {
    if size(document.as_str()) > LONGEST_POLICY {
        return Err(ApiError::over_quota("PolicySize", LONGEST_POLICY));
    }
    Ok(())
}

/// One of AWS's policies as lists show it.
fn of_aws(policy: &AwsPolicy, look: Look<'_>) -> ShownPolicy {
    let (attached, bounded) = shown::counts(look.identities, look.asker.account, &policy.arn);
    ShownPolicy {
        bounded,
        path: policy.path.to_owned(),
        updated: policy.updated,
        default_version: format!("v{}", policy.version),
        id: policy.id.to_owned(),
        is_attachable: true,
        name: policy.name.to_owned(),
        description: None,
        attached,
        arn: policy.arn.clone(),
        tags: None,
        created: policy.created,
    }
}
