//! Issuers of tokens: which accounts vouch for their own before others, and the keys by which issuers sign.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html>

use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use super::{Identities, IdentityError, Result};
use crate::federation::Algorithm;
use crate::federation::oidc::KeySet;
use crate::federation::signing::PrivateKey;
use crate::ids::{AccountId, IssuerId};
use crate::store::{Batch, StoreFault, records, tables};

/// The keys of an issuer, oldest first.
#[derive(Debug)]
pub struct TokenKeys {
    record: records::TokenKeys,
    /// Made of the record when they are first needed: that takes a moment, and no start shall wait for it.
    keys: OnceLock<Vec<TokenKey>>,
    public: OnceLock<Option<Arc<KeySet>>>,
    lasting: OnceLock<()>,
}

/// A key with the id by which tokens name it.
#[derive(Debug)]
pub struct TokenKey {
    /// The `kid`.
    pub id: String,
    /// How it signs.
    pub algorithm: Algorithm,
    /// What signs.
    pub private: PrivateKey,
}

impl TokenKey {
    /// Its public half, as others see it.
    pub fn shown(&self) -> Value {
        self.private.jwk(&self.id, self.algorithm)
    }
}

impl TokenKeys {
    /// Keys that nobody has stored yet.
    pub fn new(record: records::TokenKeys) -> Self {
        Self { record, keys: OnceLock::new(), public: OnceLock::new(), lasting: OnceLock::new() }
    }

    /// As they are stored.
    pub fn record(&self) -> &records::TokenKeys {
        &self.record
    }

    /// All of them. What cannot be made of its stored form is left out.
    pub fn all(&self) -> &[TokenKey] {
        let restore = |stored: &records::TokenKey| {
            let algorithm = Algorithm::parse(&stored.algorithm)?;
            let private = PrivateKey::restore(algorithm.kind(), stored.private.clone())?;
            Some(TokenKey { id: stored.id.clone(), algorithm, private })
        };
        self.keys.get_or_init(|| self.record.0.iter().filter_map(restore).collect())
    }

    /// The public halves of all of them, as others see them.
    pub fn shown(&self) -> Value {
        json!({ "keys": self.all().iter().map(TokenKey::shown).collect::<Vec<_>>() })
    }

    /// The same, ready to prove tokens.
    pub fn public(&self) -> Option<&Arc<KeySet>> {
        let read = || KeySet::parse(self.shown().to_string().as_bytes()).ok().map(Arc::new);
        self.public.get_or_init(read).as_ref()
    }

    /// The newest one for this algorithm.
    pub fn signing(&self, algorithm: Algorithm) -> Option<&TokenKey> {
        self.all().iter().rev().find(|key| key.algorithm == algorithm)
    }

    /// Whether they are known to outlive the process. What is signed before that must wait.
    pub fn are_lasting(&self) -> bool {
        self.lasting.get().is_some()
    }

    /// Says that they do.
    pub fn have_become_lasting(&self) {
        // Whoever said so before was right as well.
        let _ = self.lasting.set(());
    }
}

impl Identities {
    /// What an account decided about vouching for its own; nothing if it never did.
    pub fn outbound(&self, account: AccountId) -> Option<&records::Outbound> {
        self.outbound.get(&account)
    }

    /// Every issuer that an account is, or was before it switched that off.
    pub fn outbound_issuers(&self) -> impl Iterator<Item = &records::Outbound> {
        self.outbound.values()
    }

    /// Lets an account vouch for its own: under the name it had before, else under `fresh`.
    pub fn enable_outbound(&mut self, batch: &mut Batch, account: AccountId, fresh: IssuerId) -> Result<()> {
        let issuer = self.outbound(account).map_or(fresh, |present| present.issuer);
        self.put_outbound(batch, account, records::Outbound { issuer, enabled: true })
    }

    /// Has an account vouch for nobody any more. Its keys stay: what they signed goes on to be good.
    pub fn disable_outbound(&mut self, batch: &mut Batch, account: AccountId) -> Result<()> {
        let present = self.outbound(account).ok_or(IdentityError::NoSuchAccount(account))?;
        let record = records::Outbound { enabled: false, ..present.clone() };
        self.put_outbound(batch, account, record)
    }

    fn put_outbound(&mut self, batch: &mut Batch, account: AccountId, record: records::Outbound) -> Result<()> {
        tables::OUTBOUND.put(batch, &account, &record)?;
        self.keep_outbound(account, record);
        Ok(())
    }

    pub(super) fn keep_outbound(&mut self, account: AccountId, record: records::Outbound) {
        self.outbound.insert_mut(account, record);
    }

    /// The keys of an issuer; none before they are first needed.
    pub fn token_keys(&self, issuer: IssuerId) -> Option<&Arc<TokenKeys>> {
        self.token_keys.get(&issuer)
    }

    /// Gives an issuer these keys in place of those it had.
    pub fn put_token_keys(
        &mut self,
        batch: &mut Batch,
        issuer: IssuerId,
        keys: Arc<TokenKeys>,
    ) -> Result<(), StoreFault> {
        tables::TOKEN_KEYS.put(batch, &issuer, keys.record())?;
        self.token_keys.insert_mut(issuer, keys);
        Ok(())
    }

    /// Takes over the keys of all issuers: relying parties keep what they fetched, whatever is reset here.
    pub fn inherit_token_keys(&mut self, batch: &mut Batch, from: &Self) -> Result<(), StoreFault> {
        from.token_keys.iter().try_for_each(|(issuer, keys)| self.put_token_keys(batch, *issuer, Arc::clone(keys)))
    }

    /// Says that the keys here came from the disk with the process.
    pub fn token_keys_are_lasting(&self) {
        self.token_keys.values().for_each(|keys| keys.have_become_lasting());
    }

    pub(super) fn keep_token_keys(&mut self, issuer: IssuerId, record: records::TokenKeys) {
        self.token_keys.insert_mut(issuer, Arc::new(TokenKeys::new(record)));
    }
}
