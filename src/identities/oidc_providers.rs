//! Providers of OpenID Connect: issuers whose tokens an account takes.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html>

use std::sync::Arc;

use super::{Identities, IdentityError, Result, in_order};
use crate::federation::oidc::{IssuerUrl, KeySet};
use crate::ids::{AccountId, Arn};
use crate::store::{Batch, records, tables};

/// A provider, ready for tokens.
#[derive(Debug)]
pub struct OidcProvider {
    /// Trust policies name it so.
    pub arn: String,
    /// Its issuer.
    pub issuer: IssuerUrl,
    /// What is stored of it.
    pub record: records::OidcProvider,
    /// Which keys prove its issuer's tokens.
    pub keys: ProviderKeys,
}

/// The keys of a provider's issuer.
#[derive(Clone, Debug)]
pub enum ProviderKeys {
    /// Those that it publishes.
    Published,
    /// These, in place of those.
    Pinned(Arc<KeySet>),
    /// Those of the issuer that this service has for demonstrations, in place of those.
    OwnIssuer,
}

impl OidcProvider {
    /// AWS: client ids of one provider.
    pub const MOST_CLIENT_IDS: usize = 100;
    /// AWS: thumbprints of one provider.
    pub const MOST_THUMBPRINTS: usize = 5;
}

impl Identities {
    /// The provider of an account whose issuer names itself so in its tokens, to the letter.
    pub fn oidc_provider(&self, account: AccountId, iss: &str) -> Option<&Arc<OidcProvider>> {
        let (_, without_scheme) = iss.split_once("://")?;
        self.oidc_providers.get(&(account, without_scheme.into())).filter(|provider| provider.issuer.as_iss() == iss)
    }

    /// Every provider.
    pub fn oidc_providers(&self) -> impl Iterator<Item = &Arc<OidcProvider>> {
        self.oidc_providers.values()
    }

    /// The provider of this ARN, to the letter.
    pub fn oidc_provider_by_arn(&self, arn: &str) -> Option<&Arc<OidcProvider>> {
        let found = Arn::parse(arn)?;
        let without_scheme = found.resource.strip_prefix("oidc-provider/")?;
        let provider = self.oidc_providers.get(&(AccountId::parse(found.account)?, without_scheme.into()))?;
        (provider.arn == arn).then_some(provider)
    }

    /// The providers of an account.
    pub fn oidc_providers_of(&self, account: AccountId) -> impl Iterator<Item = &Arc<OidcProvider>> {
        in_order(&self.oidc_providers, account, None).map(|(_, provider)| provider)
    }

    /// Changes a provider.
    pub fn update_oidc_provider(&mut self, batch: &mut Batch, record: records::OidcProvider) -> Result<()> {
        let provider = self.oidc_provider_of(record)?;
        tables::OIDC_PROVIDERS.put(batch, &provider.arn, &provider.record)?;
        self.oidc_providers.insert_mut(key(&provider), Arc::new(provider));
        Ok(())
    }

    /// Removes a provider. Trust policies that name it keep doing so.
    pub fn delete_oidc_provider(&mut self, batch: &mut Batch, provider: &OidcProvider) {
        tables::OIDC_PROVIDERS.remove(batch, &provider.arn);
        self.oidc_providers.remove_mut(&key(provider));
    }

    /// Makes a provider.
    pub fn create_oidc_provider(&mut self, batch: &mut Batch, record: records::OidcProvider) -> Result<()> {
        let provider = self.oidc_provider_of(record)?;
        if self.oidc_providers.contains_key(&key(&provider)) {
            return Err(IdentityError::Taken("OIDC provider", provider.issuer.without_scheme().to_owned()));
        }
        tables::OIDC_PROVIDERS.put(batch, &provider.arn, &provider.record)?;
        self.oidc_providers.insert_mut(key(&provider), Arc::new(provider));
        Ok(())
    }

    pub(super) fn keep_oidc_provider(&mut self, record: records::OidcProvider) -> Result<()> {
        let provider = self.oidc_provider_of(record)?;
        self.oidc_providers.insert_mut(key(&provider), Arc::new(provider));
        Ok(())
    }

    fn oidc_provider_of(&self, record: records::OidcProvider) -> Result<OidcProvider> {
        let bad = |why: String| IdentityError::BadOidcProvider(record.url.clone(), why);
        let issuer = IssuerUrl::parse(&record.url).map_err(|fault| bad(fault.to_string()))?;
        let keys = match record.keys.as_deref() {
            None => ProviderKeys::Published,
            Some(records::KEYS_OF_BUILT_IN_ISSUER) => ProviderKeys::OwnIssuer,
            Some(keys) => {
                let keys = KeySet::parse(keys.as_bytes()).map_err(|fault| bad(fault.to_string()))?;
                ProviderKeys::Pinned(Arc::new(keys))
            }
        };
        let arn = self.arn_in(record.account, format_args!("oidc-provider/{}", issuer.without_scheme()))?;
        Ok(OidcProvider { arn, issuer, record, keys })
    }
}

/// AWS: one provider for each address, whatever its scheme; case and slashes tell two apart.
fn key(provider: &OidcProvider) -> (AccountId, Box<str>) {
    (provider.record.account, provider.issuer.without_scheme().into())
}
