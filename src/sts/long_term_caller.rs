//! Callers with keys that stay: what GetSessionToken and GetFederationToken demand.

use crate::access::{Caller, Credential, Principal};
use crate::api::ApiError;
use crate::ids::UniqueId;
use crate::ids::names::SessionDuration;

/// A user, or the root user, who signed with a long-term key.
#[derive(Clone, Copy)]
pub enum LongTermCaller<'a> {
    /// The root user.
    Root,
    /// A user, by unique id.
    User(&'a UniqueId),
}

impl<'a> LongTermCaller<'a> {
    /// The caller, if it is one; `operation` is for the refusal.
    pub fn of(caller: &'a Caller, operation: &str) -> Result<Self, ApiError> {
        match (caller.credential(), caller.principal()) {
            (Credential::LongTerm(_), Principal::User(user)) => Ok(Self::User(&user.id)),
            (Credential::LongTerm(_), Principal::Root(_)) => Ok(Self::Root),
            _ => Err(ApiError::session_credentials(operation)),
        }
    }

    /// The user's unique id; the root user has none.
    pub fn user_id(self) -> Option<&'a UniqueId> {
        match self {
            Self::Root => None,
            Self::User(id) => Some(id),
        }
    }

    /// How long a session lasts that is asked for with `duration`.
    pub fn seconds(self, duration: Option<SessionDuration>) -> i32 {
        match (self, duration.map(SessionDuration::get)) {
            (Self::User(_), asked) => asked.unwrap_or(SessionDuration::DEFAULT_SECONDS),
            // AWS: cut without a word (gst-root-duration).
            (Self::Root, asked) => asked.unwrap_or(SessionDuration::ROOT_SECONDS).min(SessionDuration::ROOT_SECONDS),
        }
    }
}
