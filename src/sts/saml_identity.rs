//! From an assertion to its bearer: whose it is, whether it holds, what it demands.
//!
//! AWS: the order of the steps is a choice where nobody measured it (B-280).

use std::sync::Arc;

use super::session_tags::RequestTag;
use crate::api::errors::{bad_assertion, unmet_saml_demands};
use crate::api::{ApiError, View};
use crate::federation::saml::VerifiedAssertion;
use crate::federation::saml::attributes::{Demands, Unmet, names_role};
use crate::federation::saml::context::{ContextValue, context_keys, name_qualifier};
use crate::identities::SamlProvider;
use crate::ids::names::{RoleSessionName, SourceIdentity};
use crate::ids::tags::{TagKey, TagValue};
use crate::policy::context::RequestContext;
use crate::sessions::{Vouched, VouchedValue};
use crate::shape::Shape;

/// AWS: the most tags of a session.
const MOST_TAGS: usize = 50;

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
    /// Who stands behind the session.
    pub source_identity: Option<SourceIdentity>,
    /// Its tags.
    pub tags: Vec<RequestTag>,
    /// The tags that are handed on.
    pub transitive: Vec<TagKey>,
}

impl SamlIdentity {
    /// Proves a Response, which must name `role` together with the provider.
    pub fn prove(response: &str, provider_arn: &str, role: &str, view: &View<'_>) -> Result<Self, ApiError> {
        let provider = view.snapshot.identities.saml_provider(provider_arn);
        let provider = provider.ok_or_else(|| ApiError::no_saml_provider(provider_arn))?;
        let assertion = provider.proof().verify(response, view.saml, view.moment.now);
        let assertion = assertion.map_err(|rejection| bad_assertion(&rejection))?;
        names_role(&assertion, role, provider_arn).map_err(unmet_saml_demands)?;
        Ok(Self { assertion, provider: Arc::clone(provider) })
    }

    /// What it demands of the session.
    pub fn demands(&self) -> Result<SamlDemands, ApiError> {
        let demands = Demands::of(&self.assertion).map_err(unmet_saml_demands)?;
        let bad_tags = || unmet_saml_demands(Unmet::Tag);
        let source_identity = demands.source_identity.as_deref().map(SourceIdentity::parse).transpose();
        let tag = |(key, value): &(String, String)| {
            Some(RequestTag { key: TagKey::parse(key).ok()?, value: TagValue::parse(value).ok()? })
        };
        let tags: Vec<RequestTag> = demands.tags.iter().map(tag).collect::<Option<_>>().ok_or_else(bad_tags)?;
        let transitive = demands.transitive.iter().map(|key| TagKey::parse(key).ok());
        let transitive = transitive.collect::<Option<_>>().ok_or_else(bad_tags)?;
        if tags.len() > MOST_TAGS {
            return Err(bad_tags());
        }
        Ok(SamlDemands {
            session_name: demands.session_name,
            most_seconds: demands.most_seconds,
            source_identity: source_identity.map_err(|_| ApiError::bad_source_identity())?,
            tags,
            transitive,
        })
    }

    /// Adds what the trust policy may ask about.
    pub fn describe(&self, context: &mut RequestContext<'_>) {
        for key in context_keys(&self.assertion, &self.provider.document()) {
            match key.value {
                ContextValue::One(value) => context.set(key.key, value),
                ContextValue::Many(values) => context.set_many(key.key, values),
            }
        }
    }

    /// What later requests of the session find of it.
    pub fn vouched(&self) -> Vouched {
        let lasting = context_keys(&self.assertion, &self.provider.document()).into_iter().filter(|key| key.lasting);
        let keys = lasting.map(|key| match key.value {
            ContextValue::One(value) => (key.key, VouchedValue::One(value)),
            ContextValue::Many(values) => (key.key, VouchedValue::Many(values)),
        });
        Vouched { provider: self.provider.arn.clone(), keys: keys.collect() }
    }

    /// Tells subjects of one name apart.
    pub fn name_qualifier(&self) -> String {
        name_qualifier(self.assertion.issuer(), &self.provider.document())
    }
}
