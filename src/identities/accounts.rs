//! Accounts.

use std::sync::Arc;

use super::{Identities, IdentityError};
use crate::ids::names::FederatedName;
use crate::ids::{AccountId, Partition};
use crate::store::{Batch, records, tables};

/// An account.
#[derive(Debug)]
pub struct Account {
    /// Twelve digits.
    pub id: AccountId,
    /// What is stored of it.
    pub record: records::Account,
}

impl Account {
    /// The ARN of its root user, which also means the whole account in policies.
    pub fn root_arn(&self) -> String {
        format!("arn:{}:iam::{}:root", self.record.partition, self.id)
    }

    /// The ARN of a federated user of this name.
    pub fn federated_user_arn(&self, name: &FederatedName) -> String {
        format!("arn:{}:sts::{}:federated-user/{name}", self.record.partition, self.id)
    }
}

impl Identities {
    /// The account of this id.
    pub fn account(&self, id: AccountId) -> Option<&Arc<Account>> {
        self.accounts.get(&id)
    }

    /// Every account.
    pub fn accounts(&self) -> impl Iterator<Item = &Arc<Account>> {
        self.accounts.values()
    }

    /// Makes or alters an account.
    pub fn put_account(
        &mut self,
        batch: &mut Batch,
        id: AccountId,
        record: records::Account,
    ) -> Result<(), IdentityError> {
        tables::ACCOUNTS.put(batch, &id, &record)?;
        self.keep_account(id, record);
        Ok(())
    }

    pub(super) fn keep_account(&mut self, id: AccountId, record: records::Account) {
        self.accounts.insert_mut(id, Arc::new(Account { id, record }));
    }

    pub(super) fn partition(&self, account: AccountId) -> Result<Partition, IdentityError> {
        let account = self.account(account).ok_or(IdentityError::NoSuchAccount(account))?;
        Ok(account.record.partition)
    }
}
