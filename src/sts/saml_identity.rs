//! From an assertion to its bearer: whose it is, whether it holds, what it demands.
//!
//! AWS: the order of the steps is a choice where nobody measured it (B-280).

use std::sync::Arc;

use super::vouched::{Demanded, Vouching};
use crate::api::errors::{bad_assertion, unmet_saml_demands};
use crate::api::{ApiError, View};
use crate::federation::saml::VerifiedAssertion;
use crate::federation::saml::attributes::{Unmet, Wanted, names_role};
use crate::federation::saml::context::{context_keys, name_qualifier};
use crate::identities::SamlProvider;

/// An assertion that was proved, and who vouches for it.
pub struct SamlIdentity {
    /// The assertion.
    pub assertion: VerifiedAssertion,
    /// The provider.
    pub provider: Arc<SamlProvider>,
}

impl SamlIdentity {
    /// Proves a Response, which must name `role` together with the provider.
    pub fn prove(response: &str, provider_arn: &str, role: &str, view: &View<'_>) -> Result<Self, ApiError> {
        let provider = view.snapshot.identities.saml_provider(provider_arn);
        let provider = provider.ok_or_else(|| ApiError::no_saml_provider(provider_arn))?;
        let assertion = view.snapshot.identities.prove_assertion(provider, response, view.saml, view.moment.now);
        let assertion = assertion.map_err(|rejection| bad_assertion(&rejection))?;
        names_role(&assertion, role, provider_arn).map_err(unmet_saml_demands)?;
        Ok(Self { assertion, provider: Arc::clone(provider) })
    }

    /// What it wants of the session, and what of that the session carries.
    pub fn wanted(&self) -> Result<(Wanted, Demanded), ApiError> {
        let wanted = Wanted::of(&self.assertion).map_err(unmet_saml_demands)?;
        let bad_tags = || unmet_saml_demands(Unmet::Tag);
        let demanded = Demanded::fit(&wanted.demands, bad_tags, bad_tags)?;
        Ok((wanted, demanded))
    }

    /// What the provider says of the bearer.
    pub fn vouching(&self) -> Vouching {
        let keys = context_keys(&self.assertion, &self.provider.document());
        Vouching { provider: self.provider.arn.clone(), keys }
    }

    /// Tells subjects of one name apart.
    pub fn name_qualifier(&self) -> String {
        name_qualifier(self.assertion.issuer(), &self.provider.document())
    }
}
