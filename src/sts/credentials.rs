//! The shapes in which several operations hand back credentials.

use super::issue::OneTime;
use crate::api::operation::OutputMember;
use crate::api::{ApiError, Changes};
use crate::secret::SecretAccessKey;
use crate::sessions::SessionToken;
use crate::sessions::ledger::Entry;
use crate::time::Timestamp;
use crate::wire::Document;

crate::structure! {
    /// Temporary credentials.
    Credentials {
        /// Names the pair of keys.
        "AccessKeyId" access_key_id: String,
        /// What signs.
        "SecretAccessKey" secret_access_key: SecretAccessKey,
        /// What must accompany every request.
        "SessionToken" session_token: SessionToken,
        /// When they stop.
        "Expiration" expiration: Timestamp,
    }
}

crate::structure! {
    /// Who the caller has become.
    AssumedRoleUser {
        /// `AROA...:{session name}`.
        "AssumedRoleId" assumed_role_id: String,
        /// The ARN of the session.
        "Arn" arn: String,
    }
}

impl Credentials {
    /// Hands over what was minted, has the ledger remember it, and uses up what earned it.
    pub(super) fn hand_over(
        entry: &Entry,
        secret_access_key: SecretAccessKey,
        session_token: SessionToken,
        earned_by: OneTime<'_>,
        changes: &mut Changes<'_>,
    ) -> Result<Self, ApiError> {
        match earned_by {
            OneTime::Nothing => {}
            OneTime::Code(code) => changes.use_up(code)?,
            OneTime::Assertion(assertion) => {
                changes.make(|draft| Ok(draft.identities.use_assertion(&mut draft.batch, &assertion)?))?;
            }
        }
        changes.world.ledger.record(entry);
        let (access_key_id, expiration) = (entry.access_key_id.as_str().to_owned(), entry.expires);
        Ok(Self { access_key_id, secret_access_key, session_token, expiration })
    }
}

/// Credentials as whoever is to have them reads them.
pub struct InTheClear<'c> {
    /// Names the pair of keys.
    pub access_key_id: &'c str,
    /// What signs.
    pub secret_access_key: &'c str,
    /// What must accompany every request.
    pub session_token: &'c str,
    /// When they stop.
    pub expiration: Timestamp,
}

impl Credentials {
    /// For an answer that is no document of AWS's Query protocol.
    pub fn in_the_clear(&self) -> InTheClear<'_> {
        InTheClear {
            access_key_id: &self.access_key_id,
            secret_access_key: self.secret_access_key.expose(),
            session_token: self.session_token.as_str(),
            expiration: self.expiration,
        }
    }
}

/// The one place where a secret leaves the service, but for the one above.
impl OutputMember for SecretAccessKey {
    fn write_as(&self, name: &'static str, document: &mut Document) {
        document.text(name, self.expose());
    }
}

impl OutputMember for SessionToken {
    const ROOM: usize = 900;

    fn write_as(&self, name: &'static str, document: &mut Document) {
        document.text(name, self.as_str());
    }
}
