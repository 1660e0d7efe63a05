//! Versions of managed policies, of which one counts.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html>

use std::sync::Arc;

use super::action::Look;
use super::inline_policies::check_document;
use super::paging::Paging;
use super::policies::{Known, check_size, known, own, own_or_aws, parsed, target};
use super::shown::{ShownVersion, encoded};
use crate::action;
use crate::api::ApiError;
use crate::api::operation::Members;
use crate::identities::{AwsPolicy, ManagedPolicy};
use crate::ids::names::{ArnText, Flag, Marker, MaxItems, PolicyText, PolicyVersionId};
use crate::policy::parse::PolicyKind;
use crate::store::records::{self, PolicyVersion};

const MOST_VERSIONS: usize = 5;

action! {
    /// Adds a version to a managed policy, and has it count if that is wanted.
    CreatePolicyVersion;
    input CreatePolicyVersionInput {
        /// Its ARN.
        "PolicyArn" arn: ArnText,
        /// The policy.
        "PolicyDocument" document: PolicyText,
        /// Whether it shall count from now on.
        "SetAsDefault" set_as_default: Option<Flag>,
    }
    errors [NoSuchEntity, MalformedPolicyDocument, InvalidInput, LimitExceeded]
    output CreatePolicyVersionOutput {
        /// The version, without its document.
        "PolicyVersion" version: ShownVersion,
    }
    on |input, look| Ok(target(input.arn.as_str(), look));
    writes |input, desk| {
        let policy = Arc::clone(own(input.arn.as_str(), "create versions for", desk.look())?);
        check_document(input.document.as_str(), PolicyKind::Managed, desk)?;
        let mut record = policy.record.clone();
        if record.versions.len() >= MOST_VERSIONS {
            return Err(ApiError::too_many_versions());
        }
        check_size(&input.document)?;
        let (number, created) = (record.last_version + 1, desk.now.whole_second());
        let version = PolicyVersion { number, document: input.document.to_string(), created };
        // AWS: a policy has changed when it has a version more, and not when another of its versions counts.
        (record.last_version, record.updated) = (number, created);
        if input.set_as_default.is_some_and(|flag| flag.0) {
            record.default_version = number;
        }
        record.versions.push(version.clone());
        let version = ShownVersion { document: None, ..shown_version(&version, &record) };
        desk.identities.update_policy(desk.batch, &policy.arn, |it| *it = record).map_err(ApiError::internal)?;
        Ok(CreatePolicyVersionOutput { version })
    };
}

action! {
    /// Shows a version of a managed policy with its document.
    GetPolicyVersion;
    input GetPolicyVersionInput {
        /// Its ARN.
        "PolicyArn" arn: ArnText,
        /// Which version.
        "VersionId" version: PolicyVersionId,
    }
    errors [NoSuchEntity, InvalidInput]
    output GetPolicyVersionOutput {
        /// The version.
        "PolicyVersion" version: ShownVersion,
    }
    on |input, look| Ok(target(input.arn.as_str(), look));
    reads |input, look| {
        let gone = || ApiError::no_policy_version(input.arn.as_str(), input.version.as_str());
        let version = match known(input.arn.as_str(), look) {
            Ok(Known::Own(policy)) => {
                let version = policy.record.version(input.version.number()).ok_or_else(gone)?;
                shown_version(version, &policy.record)
            }
            Ok(Known::Aws(policy)) if policy.version == input.version.number() => of_aws_version(policy),
            Err(error) if error.code != crate::wire::ErrorCode::NoSuchEntity => return Err(error),
            _ => return Err(gone()),
        };
        Ok(GetPolicyVersionOutput { version })
    };
}

action! {
    /// Lists the versions of a managed policy, the newest first. Of AWS's policies the present one is known.
    ListPolicyVersions;
    input ListPolicyVersionsInput {
        /// Its ARN.
        "PolicyArn" arn: ArnText,
        /// Where the list goes on.
        "Marker" marker: Option<Marker>,
        /// How many are wanted.
        "MaxItems" max_items: Option<MaxItems>,
    }
    errors [NoSuchEntity, InvalidInput]
    output ListPolicyVersionsOutput {
        /// Whether the list goes on.
        "IsTruncated" is_truncated: bool,
        /// The versions, without their documents.
        "Versions" versions: Members<ShownVersion>,
        /// Where the list goes on.
        "Marker" marker: Option<String>,
    }
    on |input, look| Ok(target(input.arn.as_str(), look));
    reads |input, look| {
        let versions = known(input.arn.as_str(), look)?.versions();
        let paging = Paging::of(input.marker.as_ref(), input.max_items, &["ListPolicyVersions", input.arn.as_str()])?;
        let page = paging.cut_next(versions, |version| &version.id);
        let page = page.map(|version| ShownVersion { document: None, ..version });
        let is_truncated = page.is_truncated();
        Ok(ListPolicyVersionsOutput { is_truncated, versions: Members(page.items), marker: page.marker })
    };
}

action! {
    /// Removes a version of a managed policy that does not count.
    DeletePolicyVersion;
    input DeletePolicyVersionInput {
        /// Its ARN.
        "PolicyArn" arn: ArnText,
        /// Which version.
        "VersionId" version: PolicyVersionId,
    }
    errors [NoSuchEntity, LimitExceeded, InvalidInput, DeleteConflict]
    on |input, look| Ok(target(input.arn.as_str(), look));
    writes |input, desk| {
        let policy = own_version(&input.arn, &input.version, "delete policy versions for", desk.look())?;
        let mut record = policy.record.clone();
        if record.default_version == input.version.number() {
            return Err(ApiError::default_version());
        }
        record.versions.retain(|version| version.number != input.version.number());
        desk.identities.update_policy(desk.batch, input.arn.as_str(), |it| *it = record).map_err(ApiError::internal)
    };
}

action! {
    /// Has another version of a managed policy count, at once wherever the policy does.
    SetDefaultPolicyVersion;
    input SetDefaultPolicyVersionInput {
        /// Its ARN.
        "PolicyArn" arn: ArnText,
        /// Which version.
        "VersionId" version: PolicyVersionId,
    }
    errors [NoSuchEntity, InvalidInput, LimitExceeded]
    on |input, look| Ok(target(input.arn.as_str(), look));
    writes |input, desk| {
        let policy = own_version(&input.arn, &input.version, "update", desk.look())?;
        let mut record = policy.record.clone();
        record.default_version = input.version.number();
        desk.identities.update_policy(desk.batch, input.arn.as_str(), |it| *it = record).map_err(ApiError::internal)
    };
}

fn own_version<'a>(
    arn: &ArnText,
    version: &PolicyVersionId,
    what: &str,
    look: Look<'a>,
) -> Result<&'a Arc<ManagedPolicy>, ApiError> {
    let gone = || ApiError::no_policy_version(arn.as_str(), version.as_str());
    if parsed(arn.as_str(), look)?.account == "aws" {
        return Err(ApiError::not_your_policy(what));
    }
    let policy = own_or_aws(arn.as_str(), look).ok().flatten().ok_or_else(gone)?;
    if policy.record.version(version.number()).is_some() { Ok(policy) } else { Err(gone()) }
}

fn shown_version(version: &PolicyVersion, record: &records::ManagedPolicy) -> ShownVersion {
    ShownVersion {
        id: format!("v{}", version.number),
        is_default: version.number == record.default_version,
        document: Some(encoded(&version.document)),
        created: version.created,
    }
}

/// The versions of a policy with their documents, the newest first.
pub(super) fn versions(policy: &ManagedPolicy) -> Vec<ShownVersion> {
    policy.record.versions.iter().rev().map(|version| shown_version(version, &policy.record)).collect()
}

/// The version of one of AWS's policies that is known here.
pub(super) fn of_aws_version(policy: &AwsPolicy) -> ShownVersion {
    ShownVersion {
        id: format!("v{}", policy.version),
        is_default: true,
        document: Some(encoded(&policy.document())),
        created: policy.updated,
    }
}
