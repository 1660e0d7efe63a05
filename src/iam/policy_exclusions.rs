//! What a simulation leaves out of the policies of whom it asks about.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyIdentifier.html>

use crate::api::ApiError;
use crate::api::lists::{List, ListItem, Sent, Structure};
use crate::api::members::Reader;
use crate::api::operation::InputField;
use crate::identities::NamedPolicy;
use crate::ids::Arn;
use crate::ids::arn::name_in;
use crate::ids::names::{ArnText, AttachmentType, ExcludedPolicyType, PolicyName, SoughtName};
use crate::shape::Shape;
use crate::shape::glob::Glob;

crate::list_item! {
    /// An inline policy, or that of several.
    InlineIdentifier as "InlinePolicyIdentifierType" {
        /// Its name.
        "PolicyName" policy: SoughtName,
        /// What it is in.
        "AttachmentType" kind: AttachmentType,
        /// The name of that, in which `*` may stand once, and `?`.
        "AttachmentName" holder: SoughtName,
    }
}

/// What is left out, as it is sent.
#[derive(Clone, Debug)]
pub struct SentExclusion {
    kind: Option<ExcludedPolicyType>,
    arn: Option<ArnText>,
    inline: Option<Structure<InlineIdentifier>>,
}

/// All that is left out, as it is sent.
pub type SentExclusions = List<SentExclusion, 256>;

impl ListItem for SentExclusion {
    const MEMBERS: &'static [InputField] = &[
        InputField::of::<Option<ExcludedPolicyType>>("PolicyType", " All of a kind."),
        InputField::of::<Option<ArnText>>(
            "PolicyArn",
            " A managed policy by its ARN, without the path; in its name `*` may stand once, and `?`.",
        ),
        InputField::of::<Option<Structure<InlineIdentifier>>>("InlinePolicyIdentifier", " An inline policy."),
    ];

    fn read(reader: &mut Reader<'_>, sent: &Sent<'_>, path: &str) -> Option<Self> {
        let kind = reader.nested_or_none(sent, path, "PolicyType");
        let arn = reader.nested_or_none(sent, path, "PolicyArn");
        let inline = Structure::nested_or_none(reader, sent, path, "InlinePolicyIdentifier");
        Some(Self { kind, arn, inline })
    }

    fn print(sent: &Sent<'_>) -> String {
        let member = |name| sent.get(name).unwrap_or("null");
        format!("PolicyIdentifier(policyType={}, policyArn={})", member("PolicyType"), member("PolicyArn"))
    }
}

/// What is left out.
pub(super) struct Exclusions(Vec<Exclusion>);

enum Exclusion {
    Kind(ExcludedPolicyType),
    Managed { arn: Glob },
    Inline { policy: PolicyName, kind: AttachmentType, holder: Glob },
}

impl Exclusions {
    /// What was sent.
    pub(super) fn of(sent: &SentExclusions) -> Result<Self, ApiError> {
        sent.0.iter().map(exclusion).collect::<Result<_, _>>().map(Self)
    }

    /// Whether every policy of a kind is among them.
    pub(super) fn have_all(&self, kind: ExcludedPolicyType) -> bool {
        self.0.iter().any(|exclusion| matches!(exclusion, Exclusion::Kind(excluded) if *excluded == kind))
    }

    /// Whether a policy that somebody has is among them. What is named and not there is passed over.
    pub(super) fn have(&self, policy: &NamedPolicy) -> bool {
        self.0.iter().any(|exclusion| exclusion.means(policy))
    }
}

impl Exclusion {
    fn means(&self, policy: &NamedPolicy) -> bool {
        let inline = policy.inline();
        let is_managed_by_aws = || Arn::parse(&policy.name).is_some_and(|arn| arn.is_of_aws());
        match (self, inline) {
            (Self::Kind(ExcludedPolicyType::Inline), inline) => inline.is_some(),
            (Self::Kind(ExcludedPolicyType::AwsManaged), None) => is_managed_by_aws(),
            (Self::Kind(ExcludedPolicyType::UserManaged), None) => !is_managed_by_aws(),
            (Self::Managed { arn }, None) => arn.matches(&without_path(&policy.name)),
            (Self::Inline { policy, kind, holder }, Some(inline)) => {
                kind.as_str() == inline.kind && policy.as_str() == inline.policy && holder.matches(inline.holder)
            }
            _ => false,
        }
    }
}

fn exclusion(sent: &SentExclusion) -> Result<Exclusion, ApiError> {
    match sent {
        SentExclusion { kind: Some(kind), arn: None, inline: None } => Ok(Exclusion::Kind(*kind)),
        SentExclusion { kind: None, arn: Some(arn), inline: None } => managed(arn.as_str()),
        SentExclusion { kind: None, arn: None, inline: Some(Structure(inline)) } => identified(inline),
        _ => Err(ApiError::exclusion_not_of_one_form()),
    }
}

// AWS: wildcards count in the name alone, and no more than one star.
fn managed(text: &str) -> Result<Exclusion, ApiError> {
    let (before, name) = text.split_once('/').unwrap_or((text, ""));
    if Arn::parse(text).is_none() || before.contains(['*', '?']) || has_several_stars(name) {
        return Err(ApiError::not_an_entity(text));
    }
    Ok(Exclusion::Managed { arn: Glob::new(text) })
}

fn identified(sent: &InlineIdentifier) -> Result<Exclusion, ApiError> {
    // AWS: wildcards count in the holder's name alone (principal_extra_exclude_inline_name_prefix).
    let holder = sent.holder.as_str();
    let is_name = <PolicyName as Shape>::parse(&holder.replace(['*', '?'], "_")).is_ok();
    match PolicyName::parse(sent.policy.as_str()) {
        Ok(policy) if is_name && !has_several_stars(holder) => {
            Ok(Exclusion::Inline { policy, kind: sent.kind, holder: Glob::new(holder) })
        }
        _ => Err(ApiError::bad_inline_exclusion()),
    }
}

fn has_several_stars(name: &str) -> bool {
    name.bytes().filter(|byte| *byte == b'*').count() > 1
}

// AWS: a policy is found by its ARN without the path, and by no other (principal_extra_exclude_arn_full).
fn without_path(arn: &str) -> String {
    arn.split_once('/').map_or_else(|| arn.to_owned(), |(before, path)| format!("{before}/{}", name_in(path)))
}
