//! Providers of SAML: identity providers whose assertions an account takes.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml.html>

use std::sync::Arc;

use super::{Identities, IdentityError, Result};
use crate::federation::saml::{Addressee, DecryptionKey, Encryption, Metadata, Provider};
use crate::ids::{AccountId, Partition};
use crate::store::{Batch, records, tables};

/// A provider, ready for assertions.
#[derive(Debug)]
pub struct SamlProvider {
    /// Trust policies name it so.
    pub arn: String,
    /// What is stored of it.
    pub record: records::SamlProvider,
    partition: Partition,
    metadata: Metadata,
    decryption: Vec<DecryptionKey>,
}

impl SamlProvider {
    /// AWS: private keys of one provider.
    pub const MOST_PRIVATE_KEYS: usize = 2;

    /// What assertions are held against.
    pub fn proof(&self) -> Provider<'_> {
        let required = self.record.encryption_required;
        let encryption = if required { Encryption::Required } else { Encryption::Allowed };
        let addressee = Addressee { partition: self.partition, provider_id: &self.record.id };
        Provider { metadata: &self.metadata, decryption: &self.decryption, encryption, addressee }
    }

    /// `{account}/{name}`: what condition keys and name qualifiers are made of.
    pub fn document(&self) -> String {
        format!("{}/{}", self.record.account, self.record.name)
    }
}

impl Identities {
    /// The provider of this ARN.
    pub fn saml_provider(&self, arn: &str) -> Option<&Arc<SamlProvider>> {
        self.saml_providers.get(arn)
    }

    /// Every provider.
    pub fn saml_providers(&self) -> impl Iterator<Item = &Arc<SamlProvider>> {
        self.saml_providers.values()
    }

    /// The providers of an account, in the order of their ARNs.
    pub fn saml_providers_of(&self, account: AccountId) -> Vec<&Arc<SamlProvider>> {
        let mut providers: Vec<_> =
            self.saml_providers().filter(|provider| provider.record.account == account).collect();
        providers.sort_by(|one, other| one.arn.cmp(&other.arn));
        providers
    }

    /// Changes a provider: assertions are held against what it is now.
    pub fn update_saml_provider(&mut self, batch: &mut Batch, record: records::SamlProvider) -> Result<()> {
        let provider = self.saml_provider_of(record)?;
        tables::SAML_PROVIDERS.put(batch, &provider.arn, &provider.record)?;
        self.saml_providers.insert_mut(provider.arn.clone(), Arc::new(provider));
        Ok(())
    }

    /// Removes a provider. Trust policies that name it keep doing so.
    pub fn delete_saml_provider(&mut self, batch: &mut Batch, provider: &SamlProvider) {
        tables::SAML_PROVIDERS.remove(batch, &provider.arn);
        self.saml_providers.remove_mut(&provider.arn);
    }

    /// Makes a provider.
    pub fn create_saml_provider(&mut self, batch: &mut Batch, record: records::SamlProvider) -> Result<()> {
        let provider = self.saml_provider_of(record)?;
        // AWS: names differ by more than case.
        let taken = |known: &Arc<SamlProvider>| {
            let (record, other) = (&provider.record, &known.record);
            record.account == other.account && record.name.as_str().eq_ignore_ascii_case(other.name.as_str())
        };
        if self.saml_providers.values().any(taken) {
            return Err(IdentityError::Taken("SAML provider", provider.record.name.to_string()));
        }
        tables::SAML_PROVIDERS.put(batch, &provider.arn, &provider.record)?;
        self.saml_providers.insert_mut(provider.arn.clone(), Arc::new(provider));
        Ok(())
    }

    pub(super) fn keep_saml_provider(&mut self, record: records::SamlProvider) -> Result<()> {
        let provider = self.saml_provider_of(record)?;
        self.saml_providers.insert_mut(provider.arn.clone(), Arc::new(provider));
        Ok(())
    }

    fn saml_provider_of(&self, record: records::SamlProvider) -> Result<SamlProvider> {
        let partition = self.partition(record.account)?;
        let bad = |why: String| IdentityError::BadSamlProvider(record.name.to_string(), why);
        let metadata = Metadata::parse(&record.metadata).map_err(|fault| bad(fault.to_string()))?;
        let keys = record.private_keys.iter().map(|key| DecryptionKey::parse(&key.pem));
        let decryption = keys.collect::<Result<_, _>>().map_err(|_| bad("a private key is no PEM".to_owned()))?;
        let arn = format!("arn:{partition}:iam::{}:saml-provider/{}", record.account, record.name);
        Ok(SamlProvider { arn, record, partition, metadata, decryption })
    }
}
