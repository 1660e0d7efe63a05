//! An organization whose policies are only proposed, to a simulation.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_OrderedOrganizationPolicyType.html>

use super::simulator::proposed;
use crate::api::ApiError;
use crate::api::lists::{List, ListItem, PlainList, Sent};
use crate::api::members::Reader;
use crate::api::operation::InputField;
use crate::identities::NamedPolicy;
use crate::ids::names::ProposedPolicyText;
use crate::policy::problem::ParseError;

type Policies = PlainList<ProposedPolicyText, 1000>;

/// The policies of a level, as they are sent.
#[derive(Clone, Debug)]
pub struct SentLevel(Policies);

/// The levels of an organization as they are sent, from its root down to the account.
pub type SentLevels = List<SentLevel, 7>;

impl ListItem for SentLevel {
    const MEMBERS: &'static [InputField] =
        &[InputField::of::<Policies>("ServiceControlPolicyInputList", " Service control policies; one at least.")];

    fn read(reader: &mut Reader<'_>, sent: &Sent<'_>, path: &str) -> Option<Self> {
        Policies::nested(reader, sent, path, "ServiceControlPolicyInputList").map(Self)
    }

    fn print(_sent: &Sent<'_>) -> String {
        "OrderedOrganizationPolicyType()".to_owned()
    }
}

/// The levels, if there are any.
pub(super) fn levels(sent: &SentLevels) -> Result<Option<Vec<Vec<NamedPolicy>>>, ApiError> {
    let levels: Result<Vec<_>, _> =
        sent.0.iter().enumerate().map(|(at, SentLevel(sent))| level(at + 1, sent)).collect();
    levels.map(|levels| (!levels.is_empty()).then_some(levels))
}

fn level(number: usize, sent: &Policies) -> Result<Vec<NamedPolicy>, ApiError> {
    if sent.0.is_empty() {
        return Err(ApiError::empty_organization_level(number));
    }
    let name = format!("OrderedOrganizationPolicyInputList.{number}");
    let wrong = |why: &ParseError| ApiError::bad_organization_policy(number, why);
    sent.0.iter().map(|text| proposed(name.clone(), text, wrong)).collect()
}
