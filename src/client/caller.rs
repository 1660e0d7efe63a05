//! Who sent a request. Only the client makes one, of what the validator said or what its keys prove.

use std::sync::Arc;

use super::protocol::{Credential, Identity, Subject};
use crate::secret::Secret;
use crate::sigv4::{Body, Chain, Declared, Form, PayloadFault};
use crate::time::Timestamp;

/// Who sent a request, and what may be asked about them. Only authenticating makes one.
#[derive(Clone, Debug)]
pub struct Caller {
    pub(super) signer: Option<Signer>,
    pub(super) declared: Result<Declared, PayloadFault>,
    pub(super) chain: Option<Chain>,
}

/// Who signed, and how.
#[derive(Clone, Debug)]
pub struct Signer {
    pub(super) identity: Arc<Identity>,
    pub(super) credential: Arc<Credential>,
    pub(super) token: Option<Secret<String>>,
    pub(super) form: Form,
    pub(super) signed_at: Timestamp,
    pub(super) locally: bool,
}

impl Caller {
    /// Somebody who did not sign.
    pub(super) fn anonymous(declared: Result<Declared, PayloadFault>) -> Self {
        Self { signer: None, declared, chain: None }
    }

    /// Who signed; `None` if nobody did.
    pub fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
    }

    /// What judges the body as it arrives.
    pub fn body(&self) -> Result<Body, PayloadFault> {
        Body::new(self.declared.as_ref().map_err(Clone::clone)?, self.chain.clone())
    }

    /// What was said of the body.
    pub fn declared(&self) -> Result<&Declared, &PayloadFault> {
        self.declared.as_ref()
    }

    pub(super) fn subject(&self) -> Subject<'_> {
        match &self.signer {
            None => Subject::Anonymous { anonymous: true },
            Some(signer) => Subject::Credentials {
                access_key_id: &signer.credential.access_key_id,
                session_token: signer.token.as_ref().map(|token| token.expose().as_str()),
            },
        }
    }
}

impl Signer {
    /// Who it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// With which credential.
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Where the signature was.
    pub fn form(&self) -> Form {
        self.form
    }

    /// When it was made.
    pub fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    /// Whether it was verified here, with a key that the validator had handed out.
    pub fn was_verified_locally(&self) -> bool {
        self.locally
    }
}
