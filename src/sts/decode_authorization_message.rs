//! `DecodeAuthorizationMessage`: why a request was refused, for those who may know.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>

use super::limited_sessions::refuse_limited;
use crate::access::Question;
use crate::api::operation::Description;
use crate::api::{ApiError, Authorized, Call, Changes, Operation, Plan, View};
use crate::ids::names::EncodedMessageText;
use crate::sessions::{Undecoded, decode};

crate::operation! {
    /// Says why a request that somebody of the caller's account sent was refused.
    DecodeAuthorizationMessage;
    input DecodeAuthorizationMessageInput {
        /// The message that came with the refusal.
        "EncodedMessage" encoded_message: EncodedMessageText,
    }
    errors [InvalidAuthorizationMessageException]
    output DecodeAuthorizationMessageOutput {
        /// JSON: the decision, the statements that apply, and the context of the request.
        "DecodedMessage" decoded_message: String,
    }
}

const ACTION: &str = "sts:DecodeAuthorizationMessage";

impl Operation for DecodeAuthorizationMessage {
    const DESCRIPTION: Description = Self::DESCRIBED;
    type Input = DecodeAuthorizationMessageInput;
    type Ready = Result<String, Undecoded>;
    type Output = DecodeAuthorizationMessageOutput;

    fn plan(call: &Call<'_, Self::Input>, view: &View<'_>) -> Result<Plan<Self::Ready>, ApiError> {
        refuse_limited(call.caller, ACTION, "*")?;
        let (account, ring) = (call.caller.principal().account(), view.snapshot.sessions.ring());
        let decoded = decode(call.input.encoded_message.as_str(), account, ring, view.moment.now);
        Ok(Plan::asking(vec![Question::unscoped(ACTION, account)], decoded))
    }

    fn perform(
        ready: Authorized<Self::Ready>,
        _changes: &mut Changes<'_>,
        _view: &View<'_>,
    ) -> Result<Self::Output, ApiError> {
        let decoded_message = ready.into_inner().map_err(ApiError::invalid_authorization_message)?;
        Ok(DecodeAuthorizationMessageOutput { decoded_message })
    }
}
