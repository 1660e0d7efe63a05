//! GetAccessKeyInfo: the account that an access key id belongs to.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html>

use crate::access::{Credential, Principal, Question};
use crate::api::operation::Description;
use crate::api::{ApiError, Authorized, Call, Changes, Operation, Plan, View};
use crate::ids::AccountId;
use crate::ids::access_key::account_of;
use crate::ids::names::AskedAccessKeyId;
use crate::policy::combine::ResourceRule;
use crate::policy::context::RequestContext;

crate::operation! {
    /// Says which account an access key id belongs to, and nothing of the key's state.
    GetAccessKeyInfo;
    input GetAccessKeyInfoInput {
        /// The id.
        "AccessKeyId" access_key_id: AskedAccessKeyId,
    }
    unserved []
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
        let (id, principal) = (call.input.access_key_id.as_str(), call.caller.principal());
        let of_a_user = matches!(
            (principal, call.caller.credential()),
            (Principal::User(_) | Principal::Root(_), Credential::Temporary(..))
        );
        if of_a_user || matches!(principal, Principal::FederatedUser { .. }) {
            return Err(ApiError::not_for_sessions(&principal.arn(), ACTION, "*"));
        }
        let question = Question {
            action: ACTION,
            resource: "*".to_owned(),
            other_resource: None,
            resource_account: principal.account(),
            resource_policy: None,
            rule: ResourceRule::Ordinary,
            context: RequestContext::new(),
        };
        Ok(Plan::asking(vec![question], account(id, view)))
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

/// The account of a key of ours, whose id a seed may have chosen freely; else the one that the id has in it.
fn account(id: &str, view: &View<'_>) -> Option<AccountId> {
    view.snapshot.identities.account_of_access_key(id).or_else(|| account_of(id))
}
