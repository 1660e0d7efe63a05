//! Somebody who is only supposed to ask, for questions about what would be.

use std::sync::Arc;

use super::authn::Principal;
use crate::identities::Identities;
use crate::ids::names::RoleSessionName;
use crate::ids::{AccountId, Arn};
use crate::shape::Shape;

/// The principal of this ARN, as if it asked without any session's limits.
pub fn supposed(text: &str, identities: &Identities) -> Option<Principal> {
    if let Some(user) = identities.user_by_arn(text) {
        return Some(Principal::User(Arc::clone(user)));
    }
    if let Some(role) = identities.role_by_arn(text) {
        let session_name = RoleSessionName::parse("anybody").ok()?;
        return Some(Principal::RoleSession { role: Arc::clone(role), session_name });
    }
    let arn = Arn::parse(text)?;
    let account = AccountId::parse(arn.account)?;
    let principal = if arn.resource == "root" {
        Principal::Root(Arc::clone(identities.account(account)?))
    } else {
        let (role, session_name) = arn.resource.strip_prefix("assumed-role/")?.split_once('/')?;
        let role = Arc::clone(identities.role_by_name(account, role)?);
        Principal::RoleSession { role, session_name: RoleSessionName::parse(session_name).ok()? }
    };
    // Of another service, partition or region it would be another name.
    (principal.arn() == text).then_some(principal)
}
