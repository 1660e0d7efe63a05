//! Callers, and the credentials that are made for them, as notes have them.

use std::borrow::Cow;

use super::note::{Account, Caller, CallerSession, Made, MadeSession, Who};
use crate::access::{Bearer, Credential, Principal};
use crate::api::world;
use crate::ids::AccessKeyId;
use crate::ids::names::SourceIdentity;
use crate::sessions::{OpenedToken, Session};

impl<'a> Caller<'a> {
    /// Somebody who signed with this credential.
    pub fn of(principal: &'a Principal, credential: &'a Credential) -> Self {
        Self::with(principal, credential.access_key_id(), credential.session().map(OpenedToken::session))
    }

    /// Somebody who holds this key, perhaps of a session.
    pub fn with(principal: &'a Principal, access_key_id: &'a AccessKeyId, session: Option<&'a Session>) -> Self {
        let who = match principal {
            Principal::Root(_) => Who::Root(Cow::Owned(principal.arn())),
            Principal::User(user) => Who::User { arn: Cow::Borrowed(&user.arn), id: Cow::Borrowed(user.id.as_str()) },
            Principal::RoleSession { role, session_name } => Who::RoleSession {
                role: Cow::Borrowed(&role.arn),
                id: Cow::Borrowed(role.id.as_str()),
                name: Cow::Borrowed(session_name.as_str()),
            },
            Principal::FederatedUser { account, issuer, .. } => Who::FederatedUser {
                arn: Cow::Owned(principal.arn()),
                issuer: Some(match issuer {
                    Some(user) => (Cow::Borrowed(&user.arn), Some(Cow::Borrowed(user.id.as_str()))),
                    None => (Cow::Owned(account.root_arn()), None),
                }),
            },
        };
        Self {
            who,
            account: Account(Some(principal.account())),
            access_key_id: Some(Cow::Borrowed(access_key_id.as_str())),
            session: session.map(CallerSession::of),
        }
    }

    /// Somebody who bears a proof of another's.
    pub fn bearing(bearer: &'a Bearer) -> Self {
        let who = Who::Bearer {
            audience: bearer.audience().map(Cow::Borrowed),
            provider: Cow::Borrowed(bearer.provider()),
            subject: Cow::Borrowed(bearer.subject()),
        };
        Self { who, account: Account(Some(bearer.account())), access_key_id: None, session: None }
    }

    /// Somebody who named a key and proved nothing.
    pub fn unproved(access_key_id: &'a str) -> Self {
        let id = Cow::Borrowed(AccessKeyId::shown(access_key_id));
        Self { who: Who::Unproved, account: Account(None), access_key_id: Some(id), session: None }
    }
}

impl<'a> CallerSession<'a> {
    fn of(session: &'a Session) -> Self {
        let carried = &session.carried;
        Self {
            id: session.id,
            issued: session.issued,
            second_factor: session.second_factor.is_some(),
            source_identity: carried.source_identity.as_ref().map(SourceIdentity::as_str).map(Cow::Borrowed),
            provider: carried.vouched.as_ref().map(|vouched| Cow::Borrowed(vouched.provider.as_str())),
        }
    }
}

impl<'a> Made<'a> {
    /// Credentials that are handed out.
    pub fn of(made: &'a world::Made) -> Self {
        let (id, account, session) = match made {
            world::Made::LongTerm(id, account) => (id, *account, None),
            world::Made::Session(made) => (&made.entry.access_key_id, made.entry.account, Some(made)),
        };
        let session = session.map(|made| MadeSession {
            id: made.entry.id,
            issuer_arn: Cow::Borrowed(&made.entry.issuer_arn),
            issuer_id: made.entry.issuer.as_ref().map(|id| Cow::Borrowed(id.as_str())),
            name: made.entry.session_name.as_deref().map(Cow::Borrowed),
            source_identity: made.source_identity.as_ref().map(SourceIdentity::as_str).map(Cow::Borrowed),
            expires: made.entry.expires,
            token_size: made.token_size,
            token_utilization: made.token_utilization,
        });
        Self { access_key_id: Cow::Borrowed(id.as_str()), account, session }
    }
}
