//! GetAccessKeyInfo: the account that an access key id belongs to.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html>

use super::limited_sessions::refuse_limited;
use crate::access::Question;
use crate::api::operation::Description;
use crate::api::{ApiError, Authorized, Call, Changes, Operation, Plan, View};
use crate::ids::access_key::account_of;
use crate::ids::names::AskedAccessKeyId;
use crate::ids::{AccountId, Region};

crate::operation! {
    /// Says which account an access key id belongs to, and nothing of the key's state.
    GetAccessKeyInfo;
    input GetAccessKeyInfoInput {
        /// The id.
        "AccessKeyId" access_key_id: AskedAccessKeyId,
    }
    output GetAccessKeyInfoOutput {
        /// Twelve digits.
        "Account" account: String,
    }
}

const ACTION: &str = "sts:GetAccessKeyInfo";

impl Operation for GetAccessKeyInfo {
    const DESCRIPTION: Description = Self::DESCRIBED;
    type Input = GetAccessKeyInfoInput;
    type Ready = Option<AccountId>;
    type Output = GetAccessKeyInfoOutput;

    fn plan(call: &Call<'_, Self::Input>, view: &View<'_>) -> Result<Plan<Self::Ready>, ApiError> {
        refuse_limited(call.caller, ACTION, "*")?;
        let question = Question::unscoped(ACTION, call.caller.principal().account());
        Ok(Plan::asking(vec![question], account(call.input.access_key_id.as_str(), call.endpoint.region, view)))
    }

    fn perform(
        ready: Authorized<Self::Ready>,
        _changes: &mut Changes<'_>,
        _view: &View<'_>,
    ) -> Result<Self::Output, ApiError> {
        let account = ready.into_inner().ok_or_else(ApiError::no_account_in_key_id)?;
        Ok(GetAccessKeyInfoOutput { account: account.to_string() })
    }
}

/// The account of a key that is known here, whose id a seed may have chosen freely; else the one that the id has in it.
fn account(id: &str, here: &Region, view: &View<'_>) -> Option<AccountId> {
    let identities = &view.snapshot.identities;
    let is_known = |owner: &AccountId| {
        identities.account(*owner).is_some_and(|account| account.record.partition == here.partition)
    };
    identities.account_of_access_key(id).filter(is_known).or_else(|| account_of(id))
}
