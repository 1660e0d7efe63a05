//! Which roles a Response opens: each of its pairs whose provider has proved it.

use crate::api::errors::{bad_assertion, unmet_saml_demands};
use crate::api::{ApiError, World};
use crate::federation::saml::attributes::{Unmet, Wanted, named_roles};
use crate::federation::saml::{Rejection, VerifiedAssertion, claimed_issuer};
use crate::identities::{Identities, SamlProvider};
use crate::ids::Arn;

/// A role that somebody may choose.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Choice {
    /// What people know its account by.
    pub account: String,
    /// Its ARN.
    pub role: String,
    /// The ARN of the provider.
    pub provider: String,
    /// How many seconds the assertion wants the session to last.
    pub seconds: Option<i32>,
}

/// The roles that a Response opens, in order; of all providers, unless it came to the address of one.
///
/// ATTACK: nothing of a Response is read before a provider has proved it, and then no more than is that provider's.
pub fn opened_by(world: &World, response: &str, provider_id: Option<&str>) -> Result<Vec<Choice>, ApiError> {
    let (snapshot, now) = (world.snapshot(), world.now().now);
    let identities = &snapshot.identities;
    let mut addressed =
        identities.saml_providers().filter(|it| provider_id.is_none_or(|id| id == it.record.id)).peekable();
    if addressed.peek().is_none() {
        return Err(ApiError::no_saml_provider(provider_id.unwrap_or("provider of any account")));
    }
    // ATTACK: what is large costs every provider its time, so only those try who may turn out to know it.
    let issuer = claimed_issuer(response).map_err(|rejection| bad_assertion(&rejection))?;
    let mut choices: Vec<Choice> = Vec::new();
    let mut rejections = vec![Rejection::UnknownIssuer(issuer.clone().unwrap_or_default())];
    let mut proved = false;
    for provider in addressed.map(AsRef::as_ref).filter(|provider| may_know(provider, issuer.as_deref())) {
        match identities.prove_assertion(provider, response, world.saml, now) {
            Ok(assertion) => {
                proved = true;
                choices.extend(named_for(provider, &assertion, identities));
            }
            Err(why) => rejections.push(why),
        }
    }
    let is_trusted = |choice: &Choice| {
        identities.role_by_arn(&choice.role).is_some_and(|role| role.names_provider(&choice.provider))
    };
    choices.sort();
    choices.sort_by_cached_key(|choice| (choice.account.clone(), choice.role.clone(), !is_trusted(choice)));
    // AWS: what is chosen is a role; of two providers that vouch for it one will do, if one that the role trusts.
    choices.dedup_by(|one, other| one.role == other.role);
    match rejections.iter().max_by_key(|rejection| way(rejection)) {
        _ if !choices.is_empty() => Ok(choices),
        Some(why) if !proved => Err(bad_assertion(why)),
        _ => Err(unmet_saml_demands(Unmet::OtherRoles)),
    }
}

/// Whether a provider may know this issuer, or may open what hides its issuer.
fn may_know(provider: &SamlProvider, issuer: Option<&str>) -> bool {
    let proof = provider.proof();
    match issuer {
        Some(issuer) => proof.metadata.entity_ids().any(|known| known == issuer),
        None => !proof.decryption.is_empty(),
    }
}

fn named_for(provider: &SamlProvider, assertion: &VerifiedAssertion, identities: &Identities) -> Vec<Choice> {
    let seconds = Wanted::of(assertion).ok().and_then(|wanted| wanted.most_seconds);
    let label = |role: &str| {
        let (account, _) = Arn::parse(role)?.as_role()?;
        Some(identities.account(account).map_or_else(|| account.to_string(), |account| account.label()))
    };
    let own = named_roles(assertion).into_iter().filter(|(_, named)| *named == provider.arn);
    let choice = |(role, provider): (&str, &str)| {
        Some(Choice { account: label(role)?, role: role.to_owned(), provider: provider.to_owned(), seconds })
    };
    own.filter_map(choice).collect()
}

/// How far a Response came: of several providers that refuse it, the one to which it is nearest knows why.
fn way(rejection: &Rejection) -> u8 {
    match rejection {
        Rejection::UnknownIssuer(_) => 0,
        Rejection::NotAResponse(_) => 1,
        Rejection::Unsigned | Rejection::BadSignature(_) => 2,
        _ => 3,
    }
}
