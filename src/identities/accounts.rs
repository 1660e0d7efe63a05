//! Accounts, and what they have set about regions.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html>

use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

use super::{Identities, IdentityError, Result};
use crate::hex;
use crate::ids::names::FederatedName;
use crate::ids::region::TokenVersion;
use crate::ids::{AccountId, Endpoint, Partition, Region};
use crate::store::{Batch, records, tables};

/// An account.
#[derive(Debug)]
pub struct Account {
    /// Twelve digits.
    pub id: AccountId,
    /// What is stored of it.
    pub record: records::Account,
    /// What it has set about regions.
    pub regions: records::RegionSettings,
    canonical_id: OnceLock<String>,
}

/// An account is not in a region: its credentials are no good there, and its roles unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotThere {
    /// Where it is not.
    pub region: &'static Region,
    /// Its own partition; if that is the region's as well, it has not enabled the region.
    pub home: Partition,
}

impl Account {
    /// What people know it by: its alias, if it has one, and its number.
    pub fn label(&self) -> String {
        match &self.record.alias {
            Some(alias) => format!("{alias} ({})", self.id),
            None => self.id.to_string(),
        }
    }

    /// The ARN of its root user, which also means the whole account in policies.
    pub fn root_arn(&self) -> String {
        format!("arn:{}:iam::{}:root", self.record.partition, self.id)
    }

    /// The 64 digits by which S3 names it in its access control lists: always the same, and telling nothing.
    pub fn canonical_id(&self) -> &str {
        let text = || format!("local-sts canonical user of {}", self.id);
        self.canonical_id.get_or_init(|| hex::text(&Sha256::digest(text())))
    }

    /// The ARN of a federated user of this name.
    pub fn federated_user_arn(&self, name: &FederatedName) -> String {
        format!("arn:{}:sts::{}:federated-user/{name}", self.record.partition, self.id)
    }

    /// Whether its credentials are good in `region`, and its roles known there; else why not.
    pub fn is_in(&self, region: &'static Region) -> Result<(), NotThere> {
        let home = self.record.partition;
        let there = home == region.partition && (!region.opt_in || self.has_enabled(region));
        if there { Ok(()) } else { Err(NotThere { region, home }) }
    }

    fn has_enabled(&self, region: &Region) -> bool {
        let named = self.regions.opt_in_regions.iter().find(|(name, _)| name == region.name);
        named.map_or(self.regions.other_opt_in_regions, |(_, status)| *status).is_usable()
    }

    /// Whether it gets no credentials from the endpoint of `region`.
    pub fn has_deactivated_sts_in(&self, region: &Region) -> bool {
        self.regions.sts_deactivated.iter().any(|name| name == region.name)
    }

    /// Which tokens it gets at `endpoint`.
    pub fn token_version_at(&self, endpoint: Endpoint) -> TokenVersion {
        if endpoint.global { self.regions.global_endpoint_token_version } else { TokenVersion::V2 }
    }
}

impl Identities {
    /// The account whose root user has this ARN.
    pub fn account_by_root_arn(&self, arn: &str) -> Option<AccountId> {
        let account = AccountId::parse(arn.strip_suffix(":root")?.rsplit(':').next()?)?;
        self.account(account).is_some_and(|found| found.root_arn() == arn).then_some(account)
    }

    /// The account that S3 names so.
    pub fn account_by_canonical_id(&self, id: &str) -> Option<AccountId> {
        self.accounts.values().find(|account| account.canonical_id() == id).map(|account| account.id)
    }

    /// The account of this id.
    pub fn account(&self, id: AccountId) -> Option<&Arc<Account>> {
        self.accounts.get(&id)
    }

    /// Every account.
    pub fn accounts(&self) -> impl Iterator<Item = &Arc<Account>> {
        self.accounts.values()
    }

    /// Makes or alters an account.
    pub fn put_account(&mut self, batch: &mut Batch, id: AccountId, record: records::Account) -> Result<()> {
        tables::ACCOUNTS.put(batch, &id, &record)?;
        self.keep_account(id, record);
        Ok(())
    }

    /// Sets what an account has set about regions.
    pub fn put_region_settings(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        settings: records::RegionSettings,
    ) -> Result<()> {
        tables::REGION_SETTINGS.put(batch, &account, &settings)?;
        self.keep_region_settings(account, settings)
    }

    pub(super) fn keep_account(&mut self, id: AccountId, record: records::Account) {
        let regions = self.account(id).map(|account| account.regions.clone()).unwrap_or_default();
        self.accounts.insert_mut(id, Arc::new(Account { id, record, regions, canonical_id: OnceLock::new() }));
    }

    pub(super) fn keep_region_settings(&mut self, id: AccountId, regions: records::RegionSettings) -> Result<()> {
        let record = self.account(id).ok_or(IdentityError::NoSuchAccount(id))?.record.clone();
        self.accounts.insert_mut(id, Arc::new(Account { id, record, regions, canonical_id: OnceLock::new() }));
        Ok(())
    }

    /// The ARN of something of IAM's in an account.
    pub(super) fn arn_in(&self, account: AccountId, resource: std::fmt::Arguments<'_>) -> Result<String> {
        Ok(format!("arn:{}:iam::{account}:{resource}", self.partition(account)?))
    }

    pub(super) fn partition(&self, account: AccountId) -> Result<Partition> {
        let account = self.account(account).ok_or(IdentityError::NoSuchAccount(account))?;
        Ok(account.record.partition)
    }
}
