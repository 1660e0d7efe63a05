//! Credentials that are alive, and whose they are. Whether the one who shows them holds the secret is `authn`'s.

use super::authn::{Credential, Principal, Rejection, principal_of};
use crate::identities::{AccessKey, Identities, NotThere, Used};
use crate::ids::{AccessKeyId, AccountId, Endpoint, Region};
use crate::secret::SecretAccessKey;
use crate::sessions::{OpenedToken, Session, SessionState, Subject, open};
use crate::shape::Shape;
use crate::sigv4::{DerivedKeys, Scope, SigningKey};
use crate::store::records::KeyOwner;
use crate::time::Timestamp;

/// Somebody whose credentials are alive. Only [`Holder::find`] makes one.
#[derive(Clone, Debug)]
pub struct Holder<'i> {
    principal: Principal,
    keys: Keys<'i>,
}

#[derive(Clone, Debug)]
enum Keys<'i> {
    LongTerm(&'i AccessKey),
    Session(AccessKeyId, OpenedToken),
}

/// The key that signs for a scope.
#[derive(Clone)]
pub struct Signing {
    /// It.
    pub key: SigningKey,
    /// Whether it was kept with the secret since it proved a signature.
    is_kept: bool,
}

impl<'i> Holder<'i> {
    /// Finds whose credentials these are, as they are known in `region`, or anywhere. A token beside a long-term key is
    /// left for the caller to judge.
    pub fn find(
        access_key_id: &str,
        token: Option<&str>,
        region: Option<&'static Region>,
        identities: &'i Identities,
        sessions: &SessionState,
        now: Timestamp,
    ) -> Result<Self, Rejection> {
        match identities.access_key(access_key_id) {
            Some(key) => Self::of_long_term(key, region, identities),
            None => Self::of_session(access_key_id, token, region, identities, sessions, now),
        }
    }

    fn of_long_term(
        key: &'i AccessKey,
        region: Option<&'static Region>,
        identities: &Identities,
    ) -> Result<Self, Rejection> {
        if !key.record.active {
            return Err(Rejection::InactiveKey(key.id.clone()));
        }
        let principal = match &key.record.owner {
            KeyOwner::Root(account) => identities.account(*account).cloned().map(Principal::Root),
            KeyOwner::User(user) => identities.user(user).cloned().map(Principal::User),
        };
        let principal = principal.ok_or(Rejection::PrincipalGone)?;
        is_in(region, principal.account(), identities).map_err(Rejection::KeyUnknownInRegion)?;
        Ok(Self { principal, keys: Keys::LongTerm(key) })
    }

    fn of_session(
        access_key_id: &str,
        token: Option<&str>,
        region: Option<&'static Region>,
        identities: &Identities,
        sessions: &SessionState,
        now: Timestamp,
    ) -> Result<Self, Rejection> {
        let unknown = || Rejection::UnknownKey(access_key_id.to_owned());
        let access_key_id = AccessKeyId::parse(access_key_id).map_err(|_| unknown())?;
        let token = token.ok_or_else(unknown)?;
        let opened = open(token, access_key_id.as_str(), sessions.ring()).map_err(Rejection::Token)?;
        let session = opened.session();
        // AWS: a region that cannot read a token does not know that it has expired either.
        let version = opened.version();
        if let Some(region) = region.filter(|region| !version.is_good_in(region)) {
            return Err(Rejection::TokenFormatUnknownInRegion { region, version });
        }
        is_in(region, session.account, identities).map_err(Rejection::TokenUnknownInRegion)?;
        if session.is_expired(now) {
            return Err(Rejection::Expired { at: session.expires });
        }
        if let Some(ended) = sessions.ended(&opened) {
            return Err(Rejection::Ended(ended));
        }
        let principal = principal_of(session, identities).ok_or(Rejection::PrincipalGone)?;
        Ok(Self { principal, keys: Keys::Session(access_key_id, opened) })
    }

    /// Who policies speak of.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The id of their key.
    pub fn access_key_id(&self) -> &AccessKeyId {
        match &self.keys {
            Keys::LongTerm(key) => &key.id,
            Keys::Session(id, _) => id,
        }
    }

    /// The session, if the keys are one's.
    pub fn session(&self) -> Option<&Session> {
        match &self.keys {
            Keys::LongTerm(_) => None,
            Keys::Session(_, opened) => Some(opened.session()),
        }
    }

    /// The long-term key, if it is one.
    pub fn long_term(&self) -> Option<&'i AccessKey> {
        match self.keys {
            Keys::LongTerm(key) => Some(key),
            Keys::Session(..) => None,
        }
    }

    /// AWS: IAM takes sessions of users only after a code of an MFA device (sts-iam-session-no-mfa), and none of
    /// federated users.
    pub(super) fn demand_second_factor(&self) -> Result<(), Rejection> {
        let lacks = |session: &Session| match session.subject {
            Subject::Federated { .. } => true,
            _ => session.is_of_user() && session.second_factor.is_none(),
        };
        if self.session().is_some_and(lacks) { Err(Rejection::NoSecondFactor) } else { Ok(()) }
    }

    /// What keys must fulfil once they have signed. `sent_from_here` names what shows that a page sent the request.
    pub(super) fn demand_fit_keys(
        &self,
        token_sent: bool,
        sent_from_here: impl FnOnce() -> Result<(), &'static str>,
    ) -> Result<(), Rejection> {
        let Some(key) = self.long_term() else { return Ok(()) };
        if token_sent {
            return Err(Rejection::TokenBesideLongTermKey);
        }
        if key.is_well_known() {
            sent_from_here().map_err(|header| Rejection::WellKnownKeyFromPage { header })?;
        }
        Ok(())
    }

    /// What signs. Knowing it is being this holder.
    pub fn secret(&self) -> &SecretAccessKey {
        match &self.keys {
            Keys::LongTerm(key) => &key.record.secret,
            Keys::Session(_, opened) => &opened.session().secret,
        }
    }

    /// The key that signs for `scope`.
    pub fn signing_key(&self, scope: &Scope<'_>) -> Signing {
        let kept = self.derived().find(scope);
        let is_kept = kept.is_some();
        let derive = || SigningKey::derive(self.secret(), scope.date, scope.region, scope.service);
        Signing { key: kept.unwrap_or_else(derive), is_kept }
    }

    /// Keeps the key that has just proved a signature, for the next one of its scope, and notes that it was used.
    pub(super) fn keep(&self, scope: &Scope<'_>, signing: &Signing, now: Timestamp) {
        // AWS: IAM is in one region, wherever its callers say they are.
        let home = Endpoint::named(scope.region).filter(|_| scope.service == "iam");
        let region = home.map_or(scope.region, |endpoint| endpoint.region.partition.region_of_iam());
        let used = Used { at: now, region, service: scope.service };
        match (&self.keys, &self.principal) {
            (Keys::LongTerm(key), _) => key.last_use.note(used),
            (Keys::Session(..), Principal::RoleSession { role, .. }) => role.last_use.note(used),
            _ => {}
        }
        if !signing.is_kept {
            self.derived().keep(scope, &signing.key);
        }
    }

    fn derived(&self) -> &DerivedKeys {
        match &self.keys {
            Keys::LongTerm(key) => &key.derived,
            Keys::Session(_, opened) => opened.derived(),
        }
    }

    /// Who it is, and what they hold.
    pub fn into_parts(self) -> (Principal, Credential) {
        let credential = match self.keys {
            Keys::LongTerm(key) => Credential::LongTerm(key.id.clone()),
            Keys::Session(id, opened) => Credential::Temporary(id, opened),
        };
        (self.principal, credential)
    }
}

/// Whether the account is in the region, if one is meant; an account that is gone is another step's matter.
fn is_in(region: Option<&'static Region>, account: AccountId, identities: &Identities) -> Result<(), NotThere> {
    let account = region.and_then(|region| Some((region, identities.account(account)?)));
    account.map_or(Ok(()), |(region, account)| account.is_in(region))
}
