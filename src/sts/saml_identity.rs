//! From an assertion to its bearer: whose it is, whether it holds, what it demands.
//!
//! AWS: the order of the steps is a choice where nobody measured it (B-280).

use std::sync::Arc;

use super::vouched::{Demanded, Vouching, fit_keys, fit_tags};
use crate::api::errors::{bad_assertion, unmet_saml_demands};
use crate::api::{ApiError, View};
use crate::federation::saml::VerifiedAssertion;
use crate::federation::saml::attributes::{Demands, Unmet, names_role};
use crate::federation::saml::context::{context_keys, name_qualifier};
use crate::identities::SamlProvider;
use crate::ids::names::{RoleSessionName, SourceIdentity};
use crate::shape::Shape;

/// An assertion that was proved, and who vouches for it.
pub struct SamlIdentity {
    /// The assertion.
    pub assertion: VerifiedAssertion,
    /// The provider.
    pub provider: Arc<SamlProvider>,
}

/// What an assertion demands of its session, fit for one.
pub struct SamlDemands {
    /// Which of the role's sessions it is.
    pub session_name: RoleSessionName,
    /// How many seconds it lasts at most.
    pub most_seconds: Option<i32>,
    /// What it carries.
    pub demanded: Demanded,
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

    /// What it demands of the session.
    pub fn demands(&self) -> Result<SamlDemands, ApiError> {
        let demands = Demands::of(&self.assertion).map_err(unmet_saml_demands)?;
        let bad_tags = || unmet_saml_demands(Unmet::Tag);
        let source_identity = demands.source_identity.as_deref().map(SourceIdentity::parse).transpose();
        Ok(SamlDemands {
            session_name: demands.session_name,
            most_seconds: demands.most_seconds,
            demanded: Demanded {
                tags: fit_tags(&demands.tags).ok_or_else(bad_tags)?,
                transitive: fit_keys(&demands.transitive).ok_or_else(bad_tags)?,
                source_identity: source_identity.map_err(|_| ApiError::bad_source_identity())?,
            },
        })
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
