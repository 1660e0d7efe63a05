//! GetCallerIdentity: who the keys of this request belong to.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>

use crate::api::operation::Description;
use crate::api::{ApiError, Authorized, Call, Changes, Operation, Plan, View};

crate::operation! {
    /// Says who the caller is. No permission is needed, and none can take it away.
    GetCallerIdentity;
    input GetCallerIdentityInput {}
    output GetCallerIdentityOutput {
        /// Of the user, the root user, or the session.
        "Arn" arn: String,
        /// `AIDA...`, `AROA...:{session name}`, or the account id for the root user.
        "UserId" user_id: String,
        /// Twelve digits.
        "Account" account: String,
    }
}

impl Operation for GetCallerIdentity {
    const DESCRIPTION: Description = Self::DESCRIBED;
    type Input = GetCallerIdentityInput;
    type Ready = GetCallerIdentityOutput;
    type Output = GetCallerIdentityOutput;

    fn plan(call: &Call<'_, Self::Input>, _view: &View<'_>) -> Result<Plan<Self::Ready>, ApiError> {
        let principal = call.caller.principal();
        let output = GetCallerIdentityOutput {
            arn: principal.arn(),
            user_id: principal.user_id(),
            account: principal.account().text().as_str().to_owned(),
        };
        Ok(Plan::open("AWS answers it even under an explicit deny", output))
    }

    fn perform(
        ready: Authorized<Self::Ready>,
        _changes: &mut Changes<'_>,
        _view: &View<'_>,
    ) -> Result<Self::Output, ApiError> {
        Ok(ready.into_inner())
    }
}
