//! GetSessionToken: the user's own permissions, by keys that last a while.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>

use super::credentials::Credentials;
use super::issue::{Issued, OneTime, issue};
use super::long_term_caller::LongTermCaller;
use crate::api::operation::Description;
use crate::api::{ApiError, Authorized, Call, Changes, Operation, Plan, SecondFactor, View};
use crate::identities::VerifiedCode;
use crate::ids::Endpoint;
use crate::ids::names::{MinimumSessionTokenSize, SerialNumber, SessionDuration, TokenCode};
use crate::sessions::{Carried, Order, Subject};

crate::operation! {
    /// Returns temporary credentials that are the calling user.
    GetSessionToken;
    input GetSessionTokenInput {
        /// How long, in seconds.
        "DurationSeconds" duration: Option<SessionDuration>,
        /// An MFA device of the caller's.
        "SerialNumber" serial_number: Option<SerialNumber>,
        /// What it shows.
        "TokenCode" token_code: Option<TokenCode>,
        /// How long the session token shall be at least, to try what fits.
        "MinimumSessionTokenSize" minimum_session_token_size: Option<MinimumSessionTokenSize>,
    }
    errors [RegionDisabledException]
    output GetSessionTokenOutput {
        /// The credentials.
        "Credentials" credentials: Credentials,
        /// How many characters the session token has.
        "SessionTokenSize" session_token_size: i64,
        /// How much of its room the session token fills, in percent.
        "SessionTokenUtilization" session_token_utilization: i64,
    }
}

impl Operation for GetSessionToken {
    const DESCRIPTION: Description = Self::DESCRIBED;
    type Input = GetSessionTokenInput;
    type Ready = (Order, Endpoint);
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
            second_factor: None,
            carried: Carried::default(),
            minimum_token_size: call.input.minimum_session_token_size,
        };
        let second_factor =
            SecondFactor { serial_number: call.input.serial_number.clone(), token_code: call.input.token_code.clone() };
        let plan = Plan::open("AWS: no permission is needed, and none can take it away", (order, call.endpoint));
        Ok(plan.with(second_factor))
    }

    fn perform(
        ready: Authorized<Self::Ready>,
        changes: &mut Changes<'_>,
        view: &View<'_>,
    ) -> Result<Self::Output, ApiError> {
        let ((order, endpoint), code) = ready.into_parts();
        let order = Order { second_factor: code.as_ref().map(VerifiedCode::at), ..order };
        let Issued { credentials, session: _, session_token_size, session_token_utilization } =
            issue(order, OneTime::code(code.as_ref()), endpoint, changes, view)?;
        Ok(GetSessionTokenOutput { credentials, session_token_size, session_token_utilization })
    }
}
