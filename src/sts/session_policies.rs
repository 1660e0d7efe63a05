//! Session policies as parameters: checked when they are given, packed into the session.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session>

use crate::api::{ApiError, View};
use crate::ids::names::ArnText;
use crate::ids::{AccountId, Arn};
use crate::policy::document::Policy;
use crate::policy::parse::PolicyKind;
use crate::sessions::SessionPolicies;

crate::list_item! {
    /// The ARN of a managed policy as a parameter.
    PolicyArn as "PolicyDescriptorType" {
        /// The ARN. AWS: in lower case on the wire.
        "arn" arn: ArnText,
    }
}

/// Characters of the longest inline policy. What is long and dull packs well, and is judged at its full length (B-181).
const LONGEST_INLINE: usize = 20_480;

/// Whether a managed policy is there for this account: its own, or AWS's in its partition.
fn is_attachable(arn: &str, account: AccountId, view: &View<'_>) -> bool {
    let (Some(parts), Some(owner)) = (Arn::parse(arn), view.snapshot.identities.account(account)) else { return false };
    let at_home = parts.partition == owner.record.partition.as_str();
    let reachable = parts.account == "aws" || AccountId::parse(parts.account) == Some(account);
    at_home && reachable && view.snapshot.identities.managed_policy(arn).is_some()
}

/// The session policies of a session that is asked for with these; none if there are none.
pub fn policies_of_session(
    inline: Option<&str>,
    managed: &[PolicyArn],
    account: AccountId,
    view: &View<'_>,
) -> Result<Option<SessionPolicies>, ApiError> {
    if let Some(text) = inline {
        if text.len() > LONGEST_INLINE {
            let percent = i64::try_from(text.len() * 100 / LONGEST_INLINE).unwrap_or(i64::MAX);
            return Err(ApiError::too_large(percent, false));
        }
        Policy::parse(text, PolicyKind::Session).map_err(|error| ApiError::malformed_session_policy(&error))?;
    }
    let unknown = managed.iter().find(|policy| !is_attachable(policy.arn.as_str(), account, view));
    if let Some(PolicyArn { arn }) = unknown {
        return Err(ApiError::no_such_session_policy(arn.as_str()));
    }
    let managed = managed.iter().map(|policy| policy.arn.to_string()).collect();
    Ok(SessionPolicies::pack(inline, managed))
}
