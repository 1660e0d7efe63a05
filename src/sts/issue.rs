//! Hands out credentials: the last steps of every operation that does.
//!
//! What the account has set about regions decides whether it gets any here, and with which kind of token.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html>

use super::credentials::Credentials;
use crate::api::world::{Made, MadeSession};
use crate::api::{ApiError, Changes, View};
use crate::federation::saml::OneTimeUse;
use crate::identities::VerifiedCode;
use crate::ids::Endpoint;
use crate::sessions::{Order, SessionId, mint};

/// Credentials, and how large their token is.
pub struct Issued {
    /// The credentials.
    pub credentials: Credentials,
    /// The session's own name.
    pub session: SessionId,
    /// Characters of the token.
    pub session_token_size: i64,
    /// How much of the room for tokens it fills, in percent.
    pub session_token_utilization: i64,
}

/// What earned the credentials, and is good for that once.
#[derive(Clone, Copy, Debug)]
pub enum OneTime<'a> {
    /// Nothing that could be used up.
    Nothing,
    /// A code of an MFA device.
    Code(&'a VerifiedCode),
    /// An assertion, where the standard is held.
    Assertion(OneTimeUse),
}

impl<'a> OneTime<'a> {
    /// The code of a call, if it has one.
    pub fn code(code: Option<&'a VerifiedCode>) -> Self {
        code.map_or(Self::Nothing, Self::Code)
    }
}

/// Issues at `endpoint` what `order` asks for, has the ledger remember it, and uses up what earned it.
pub fn issue(
    mut order: Order,
    earned_by: OneTime<'_>,
    endpoint: Endpoint,
    changes: &mut Changes<'_>,
    view: &View<'_>,
) -> Result<Issued, ApiError> {
    let account = view.snapshot.identities.account(order.account);
    let account = account.ok_or_else(|| ApiError::internal("the account of a session is gone"))?;
    // AWS: it is the account that credentials are asked of whose settings count, not the caller's (ar-region-off).
    if account.has_deactivated_sts_in(endpoint.region) {
        return Err(ApiError::sts_deactivated(account.id));
    }
    if changes.expires_credentials {
        order.seconds = -1;
    }
    let version = account.token_version_at(endpoint);
    let only_tags = order.carried.policies.is_none();
    let source_identity = order.carried.source_identity.clone();
    let entropy = changes.world.entropy.as_ref();
    let minted = mint(order, endpoint, version, &view.snapshot.sessions, entropy, view.moment.now)
        .ok_or_else(|| ApiError::internal("the key ring is empty"))?;
    let number = |size: usize| i64::try_from(size).unwrap_or(i64::MAX);
    let session_token_size = number(minted.token.size());
    let session_token_utilization = number(minted.token.utilization());
    if session_token_utilization > 100 {
        return Err(ApiError::too_large(session_token_utilization, only_tags));
    }
    let credentials = Credentials::hand_over(&minted.entry, minted.secret, minted.token, earned_by, changes)?;
    let entry = minted.entry;
    let (session, token_size, token_utilization) = (entry.id, session_token_size, session_token_utilization);
    changes.made = Some(Made::Session(MadeSession { entry, source_identity, token_size, token_utilization }));
    Ok(Issued { credentials, session, session_token_size, session_token_utilization })
}
