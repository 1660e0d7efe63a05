//! From a web identity token to its bearer: whose it is, which keys prove it, what it says that matters here.
//!
//! AWS: the order of the steps is a choice where nobody measured it (federation A5, B-200).

use std::sync::Arc;

use super::vouched::{Demanded, Vouching};
use crate::api::errors::{bad_web_identity_token, no_key_set, unmet_demands};
use crate::api::{ApiError, View};
use crate::federation::oidc::context::context_keys;
use crate::federation::oidc::issuer::built_in;
use crate::federation::oidc::session::{Unmet, demands};
use crate::federation::oidc::{Audience, IssuerUrl, KeySet, Rejection, UnverifiedToken, VerifiedToken};
use crate::identities::{OidcProvider, ProviderKeys};
use crate::ids::{AccountId, IssuerId};
use crate::key_sets::{Due, Found, NoKeySet, Source};

/// A token that was proved, and who vouches for it.
pub struct WebIdentity {
    /// The token.
    pub token: VerifiedToken,
    /// The ARN of the provider, or the host of one that every account knows.
    pub provider: String,
    /// The issuer without its scheme: what its condition keys begin with.
    issuer: String,
}

/// What became of a token.
pub enum Proof {
    /// It holds.
    Of(WebIdentity),
    /// Nobody can tell before these keys are there.
    Waiting(Due),
}

/// Whoever an account takes tokens of.
enum Provider<'a> {
    /// One that it registered.
    Registered(&'a OidcProvider),
    /// One that every account knows, perhaps with keys that this account was given for it.
    BuiltIn(&'static str, ProviderKeys),
}

impl Provider<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Registered(provider) => &provider.arn,
            Self::BuiltIn(host, _) => host,
        }
    }

    fn issuer(&self) -> &str {
        match self {
            Self::Registered(provider) => provider.issuer.without_scheme(),
            Self::BuiltIn(host, _) => host,
        }
    }

    fn audience(&self) -> Audience<'_> {
        match self {
            Self::Registered(provider) => Audience::ClientIds(&provider.record.client_ids),
            Self::BuiltIn(..) => Audience::Anybody,
        }
    }
}

/// Proves `text`, for a role of `account`.
pub fn prove(text: &str, account: AccountId, role_arn: &str, view: &View<'_>) -> Result<Proof, ApiError> {
    let bad = |rejection: Rejection| bad_web_identity_token(&rejection);
    let token = view.proved().read(text).map_err(bad)?;
    let provider = provider_of(token.issuer(), account, role_arn, view)?;
    let keys = match keys_of(&provider, &token, view)? {
        Ok(keys) => keys,
        Err(due) => return Ok(Proof::Waiting(due)),
    };
    let token = token.verify(&keys, provider.audience(), view.moment.now).map_err(bad)?;
    view.proved().keep(&token);
    let (issuer, provider) = (provider.issuer().to_owned(), provider.name().to_owned());
    Ok(Proof::Of(WebIdentity { token, provider, issuer }))
}

/// ATTACK: a provider is the one of the role's own account, or none. One that every account knows is asked for its keys
/// only where the role itself names it, or anybody could have us call it (B-228).
fn provider_of<'a>(iss: &str, account: AccountId, role_arn: &str, view: &View<'a>) -> Result<Provider<'a>, ApiError> {
    let identities = &view.snapshot.identities;
    let registered = |iss: &str| identities.oidc_provider(account, iss);
    let trusts = |host: &str| identities.role_by_arn(role_arn).is_some_and(|role| role.names_provider(host));
    match (built_in(iss), registered(iss)) {
        (Some(host), _) if trusts(host) => {
            let own = registered(&format!("https://{host}")).map(|own| own.keys.clone());
            Ok(Provider::BuiltIn(host, own.unwrap_or(ProviderKeys::Published)))
        }
        (_, Some(provider)) => Ok(Provider::Registered(provider)),
        (Some(host), None) => {
            let cause = format!("the role does not trust {host}, which is therefore not asked for its keys");
            Err(ApiError::bearer_denied("AssumeRoleWithWebIdentity", cause))
        }
        (None, None) => Err(ApiError::no_oidc_provider(iss)),
    }
}

/// The keys of an issuer, or those that are due.
fn keys_of(
    provider: &Provider<'_>,
    token: &UnverifiedToken<'_>,
    view: &View<'_>,
) -> Result<Result<Arc<KeySet>, Due>, ApiError> {
    let source = match provider {
        Provider::Registered(OidcProvider { keys: ProviderKeys::Pinned(keys), .. })
        | Provider::BuiltIn(_, ProviderKeys::Pinned(keys)) => return Ok(Ok(Arc::clone(keys))),
        Provider::Registered(OidcProvider { keys: ProviderKeys::OwnIssuer, .. })
        | Provider::BuiltIn(_, ProviderKeys::OwnIssuer) => {
            let keys = view.snapshot.identities.token_keys(IssuerId::BUILT_IN);
            let keys = keys.and_then(|keys| keys.public()).ok_or_else(|| no_key_set(&NoKeySet::NeverMade))?;
            return Ok(Ok(Arc::clone(keys)));
        }
        Provider::Registered(provider) => Source::new(provider.issuer.clone(), provider.record.thumbprints.clone()),
        Provider::BuiltIn(host, ProviderKeys::Published) => {
            let issuer = IssuerUrl::parse(&format!("https://{host}"));
            Source::new(issuer.map_err(|fault| ApiError::internal(format!("{host}: {fault}")))?, Vec::new())
        }
    };
    match view.key_set(&source, |keys| token.finds_its_key_in(keys).is_ok()) {
        Found::Keys(keys) => Ok(Ok(keys)),
        Found::Nothing(why) => Err(no_key_set(&why)),
        Found::Due(due) => Ok(Err(due)),
    }
}

impl WebIdentity {
    /// What the token demands of its session.
    pub fn demanded(&self) -> Result<Demanded, ApiError> {
        let demands = demands(&self.token).map_err(unmet_demands)?;
        Demanded::fit(&demands, || unmet_demands(Unmet::PrincipalTags), || unmet_demands(Unmet::Tags))
    }

    /// What the provider says of the bearer.
    pub fn vouching(&self) -> Vouching {
        Vouching { provider: self.provider.clone(), keys: context_keys(&self.token, &self.issuer) }
    }
}
