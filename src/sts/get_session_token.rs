//! GetSessionToken: the user's own permissions, by keys that last a while.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>

use super::credentials::Credentials;
use super::long_term_caller::LongTermCaller;
use crate::api::operation::Description;
use crate::api::{ApiError, Authorized, Call, Operation, Plan, View, World};
use crate::ids::names::SessionDuration;
use crate::sessions::{Carried, Order, Subject, mint};

crate::operation! {
    /// Returns temporary credentials that are the calling user.
    GetSessionToken;
    input GetSessionTokenInput {
        /// How long, in seconds.
        "DurationSeconds" duration: Option<SessionDuration>,
    }
    unserved ["SerialNumber", "TokenCode"]
    output GetSessionTokenOutput {
        /// The credentials.
        "Credentials" credentials: Credentials,
    }
}

impl Operation for GetSessionToken {
    const DESCRIPTION: Description = Self::DESCRIBED;
    type Input = GetSessionTokenInput;
    type Ready = Order;
    type Output = GetSessionTokenOutput;

    fn plan(call: &Call<'_, Self::Input>, _view: &View<'_>) -> Result<Plan<Self::Ready>, ApiError> {
        let caller = LongTermCaller::of(call.caller, Self::DESCRIPTION.name)?;
        let subject = match caller.user_id() {
            Some(user) => Subject::User { user: user.clone() },
            None => Subject::Root,
        };
        let order = Order {
            account: call.caller.principal().account(),
            subject,
            issuer_arn: call.caller.principal().arn(),
            seconds: caller.seconds(call.input.duration),
            carried: Carried::default(),
            version: call.endpoint.token_version(),
        };
        Ok(Plan::open("AWS: no permission is needed, and none can take it away", order))
    }

    fn perform(ready: Authorized<Self::Ready>, world: &World, view: &View<'_>) -> Result<Self::Output, ApiError> {
        let minted = mint(ready.into_inner(), &view.snapshot.sessions, world.entropy.as_ref(), view.moment.now)
            .ok_or_else(|| ApiError::internal("the key ring is empty"))?;
        Ok(GetSessionTokenOutput { credentials: Credentials::hand_over(minted, world) })
    }
}
