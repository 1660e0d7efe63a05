//! Long-term access keys. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html>

use std::sync::Arc;

use super::{Identities, IdentityError, LastUse, Result, User, mark};
use crate::ids::{AccessKeyId, AccountId};
use crate::sigv4::DerivedKeys;
use crate::store::records::KeyOwner;
use crate::store::{Batch, records, tables};

/// A long-term access key.
#[derive(Debug)]
pub struct AccessKey {
    /// Its name.
    pub id: AccessKeyId,
    /// What is stored of it.
    pub record: records::AccessKey,
    /// Signing keys derived from it. They live in this record so that a changed key starts with none.
    pub derived: DerivedKeys,
    /// When it was last used.
    pub last_use: LastUse,
}

/// The demo keys that everybody knows: id and secret.
const WELL_KNOWN: [(&str, &str); 2] = [("test", "test"), ("developer", "developer")];

impl AccessKey {
    /// Whether it is a demo key, with which any web page could sign.
    pub fn is_well_known(&self) -> bool {
        WELL_KNOWN.contains(&(self.id.as_str(), self.record.secret.expose().as_str()))
    }
}

impl Identities {
    /// The key of this id.
    pub fn access_key(&self, id: &str) -> Option<&Arc<AccessKey>> {
        self.access_keys.get(id)
    }

    /// The user whose key this is; none if it is the root user's.
    pub fn user_of_access_key(&self, id: &str) -> Option<&Arc<User>> {
        match &self.access_key(id)?.record.owner {
            KeyOwner::Root(_) => None,
            KeyOwner::User(user) => self.user(user),
        }
    }

    /// The account whose key this is.
    pub fn account_of_access_key(&self, id: &str) -> Option<AccountId> {
        match &self.access_key(id)?.record.owner {
            KeyOwner::Root(account) => Some(*account),
            KeyOwner::User(user) => self.user(user).map(|user| user.record.account),
        }
    }

    /// Every long-term key.
    pub fn access_keys(&self) -> impl Iterator<Item = &Arc<AccessKey>> {
        self.access_keys.values()
    }

    /// Makes a key.
    pub fn create_access_key(&mut self, batch: &mut Batch, id: AccessKeyId, record: records::AccessKey) -> Result<()> {
        if self.access_key(id.as_str()).is_some() {
            return Err(IdentityError::Taken("access key", id.to_string()));
        }
        self.check_owner(&record.owner)?;
        tables::ACCESS_KEYS.put(batch, &id, &record)?;
        self.keep_access_key(id, record);
        Ok(())
    }

    /// Switches a key on or off.
    pub fn set_access_key_active(&mut self, batch: &mut Batch, id: &AccessKeyId, active: bool) -> Result<()> {
        let key = self.access_key(id.as_str()).ok_or_else(|| IdentityError::NoSuch("access key", id.to_string()))?;
        let record = records::AccessKey { active, ..key.record.clone() };
        tables::ACCESS_KEYS.put(batch, id, &record)?;
        self.keep_access_key(id.clone(), record);
        Ok(())
    }

    /// Removes a key.
    pub fn delete_access_key(&mut self, batch: &mut Batch, id: &AccessKeyId) -> Result<()> {
        let key = self.access_key(id.as_str()).ok_or_else(|| IdentityError::NoSuch("access key", id.to_string()))?;
        let owner = key.record.owner.clone();
        self.access_keys.remove_mut(id);
        mark(&mut self.keys_of, owner, id.clone(), false);
        tables::ACCESS_KEYS.remove(batch, id);
        tables::KEY_USES.remove(batch, id);
        Ok(())
    }

    /// The keys of somebody, in the order of their ids.
    pub fn access_keys_of(&self, owner: &KeyOwner) -> impl Iterator<Item = &Arc<AccessKey>> {
        self.keys_of.get(owner).into_iter().flatten().filter_map(|id| self.access_key(id.as_str()))
    }

    pub(super) fn delete_access_keys_of(&mut self, batch: &mut Batch, owner: &KeyOwner) -> Result<()> {
        let owned: Vec<AccessKeyId> = self.access_keys_of(owner).map(|key| key.id.clone()).collect();
        owned.iter().try_for_each(|id| self.delete_access_key(batch, id))
    }

    pub(super) fn keep_access_key(&mut self, id: AccessKeyId, record: records::AccessKey) {
        let last_use = self.access_key(id.as_str()).map(|before| before.last_use.share()).unwrap_or_default();
        mark(&mut self.keys_of, record.owner.clone(), id.clone(), true);
        let key = AccessKey { id: id.clone(), record, derived: DerivedKeys::default(), last_use };
        self.access_keys.insert_mut(id, Arc::new(key));
    }
}
