//! Passwords of users, which open nothing here but their own change; and what an account asks of passwords.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords.html>

use std::sync::Arc;

use super::{Identities, Result};
use crate::ids::AccountId;
use crate::store::records::KeyOwner;
use crate::store::{Batch, records, tables};

impl Identities {
    /// The password of a user, if it has one.
    pub fn login_profile(&self, owner: &KeyOwner) -> Option<&Arc<records::LoginProfile>> {
        self.login_profiles.get(owner)
    }

    /// Gives a user a password, or another one.
    pub fn put_login_profile(
        &mut self,
        batch: &mut Batch,
        owner: &KeyOwner,
        record: records::LoginProfile,
    ) -> Result<()> {
        self.check_owner(owner)?;
        tables::LOGIN_PROFILES.put(batch, owner, &record)?;
        self.keep_login_profile(owner.clone(), record);
        Ok(())
    }

    /// Takes the password from a user, if it has one.
    pub fn delete_login_profile(&mut self, batch: &mut Batch, owner: &KeyOwner) {
        if self.login_profiles.remove_mut(owner) {
            tables::LOGIN_PROFILES.remove(batch, owner);
        }
    }

    /// What an account asks of passwords, if it has said so.
    pub fn password_policy(&self, account: AccountId) -> Option<&records::PasswordPolicy> {
        self.password_policies.get(&account)
    }

    /// Says what an account asks of passwords; nothing in particular with `None`.
    pub fn set_password_policy(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        policy: Option<records::PasswordPolicy>,
    ) -> Result<()> {
        if let Some(policy) = policy {
            tables::PASSWORD_POLICIES.put(batch, &account, &policy)?;
            self.keep_password_policy(account, policy);
        } else {
            tables::PASSWORD_POLICIES.remove(batch, &account);
            self.password_policies.remove_mut(&account);
        }
        Ok(())
    }

    pub(super) fn keep_login_profile(&mut self, owner: KeyOwner, record: records::LoginProfile) {
        self.login_profiles.insert_mut(owner, Arc::new(record));
    }

    pub(super) fn keep_password_policy(&mut self, account: AccountId, record: records::PasswordPolicy) {
        self.password_policies.insert_mut(account, record);
    }
}
