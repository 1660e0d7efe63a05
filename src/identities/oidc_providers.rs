//! Providers of OpenID Connect: issuers whose tokens an account takes.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html>

use std::sync::Arc;

use super::{Identities, IdentityError};
use crate::federation::oidc::{IssuerUrl, KeySet};
use crate::ids::AccountId;
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

    /// Makes a provider.
    pub fn create_oidc_provider(
        &mut self,
        batch: &mut Batch,
        record: records::OidcProvider,
    ) -> Result<(), IdentityError> {
        let provider = self.oidc_provider_of(record)?;
        if self.oidc_providers.contains_key(&key(&provider)) {
            return Err(IdentityError::Taken("OIDC provider", provider.issuer.without_scheme().to_owned()));
        }
        tables::OIDC_PROVIDERS.put(batch, &provider.arn, &provider.record)?;
        self.oidc_providers.insert_mut(key(&provider), Arc::new(provider));
        Ok(())
    }

    pub(super) fn keep_oidc_provider(&mut self, record: records::OidcProvider) -> Result<(), IdentityError> {
        let provider = self.oidc_provider_of(record)?;
        self.oidc_providers.insert_mut(key(&provider), Arc::new(provider));
        Ok(())
    }

    fn oidc_provider_of(&self, record: records::OidcProvider) -> Result<OidcProvider, IdentityError> {
        let partition = self.partition(record.account)?;
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
        let arn = format!("arn:{partition}:iam::{}:oidc-provider/{}", record.account, issuer.without_scheme());
        Ok(OidcProvider { arn, issuer, record, keys })
    }
}

/// AWS: one provider for each address, whatever its scheme; case and slashes tell two apart.
fn key(provider: &OidcProvider) -> (AccountId, Box<str>) {
    (provider.record.account, provider.issuer.without_scheme().into())
}
