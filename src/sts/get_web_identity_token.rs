//! GetWebIdentityToken: a signed token by which the account vouches for the caller before others.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html>

use super::session_tags::{RequestTag, describe_request_tags, refuse_repeated_keys};
use super::web_identity_claims::{Audience, Claims, SessionClaims, Tags};
use crate::access::{Principal, Question};
use crate::api::lists::{List, NonEmpty, PlainList};
use crate::api::operation::{Description, Milliseconds};
use crate::api::{ApiError, Authorized, Call, Changes, Operation, Plan, View, token_keys};
use crate::env::draw;
use crate::federation::Algorithm;
use crate::federation::signing::compact;
use crate::ids::names::{SigningAlgorithm, TokenAudience, TokenDuration};
use crate::ids::{AccountId, Endpoint, IssuerId};
use crate::policy::combine::ResourceRule;
use crate::policy::context::RequestContext;
use crate::secret::Secret;
use crate::sessions::OpenedToken;
use crate::time::Timestamp;

crate::operation! {
    /// Returns a token, signed by the caller's account, that says who the caller is.
    GetWebIdentityToken;
    input GetWebIdentityTokenInput {
        /// For whom the token is meant.
        "Audience" audience: NonEmpty<PlainList<TokenAudience, 10>>,
        /// How long it shall be good, in seconds.
        "DurationSeconds" duration: Option<TokenDuration>,
        /// How it shall be signed: `RS256` or `ES384`.
        "SigningAlgorithm" signing_algorithm: SigningAlgorithm,
        /// What it shall say beside.
        "Tags" tags: List<RequestTag, 50>,
    }
    errors [
        InvalidParameterValue, JWTPayloadSizeExceededException, OutboundWebIdentityFederationDisabledException,
        SessionDurationEscalationException
    ]
    output GetWebIdentityTokenOutput {
        /// The token.
        "WebIdentityToken" web_identity_token: Secret<String>,
        /// When it stops being good.
        "Expiration" expiration: Milliseconds,
    }
}

/// A token that everybody needed has agreed to.
pub struct Vouching {
    algorithm: Algorithm,
    expiration: Timestamp,
    /// When the caller's session ends, if it is in one.
    session_ends: Option<Timestamp>,
    /// The account's issuer, if it vouches for anybody.
    issuer: Option<IssuerId>,
    audience: Vec<String>,
    subject: String,
    session: SessionClaims,
}

/// AWS: bytes of UTF-8 that the claims may have (sts-s-gwit-size-limit).
const MOST_CLAIMS: usize = 14_984;

impl Operation for GetWebIdentityToken {
    const DESCRIPTION: Description = Self::DESCRIBED;
    type Input = GetWebIdentityTokenInput;
    type Ready = Vouching;
    type Output = GetWebIdentityTokenOutput;

    fn served_at(endpoint: Endpoint) -> Result<(), ApiError> {
        if endpoint.global { Err(ApiError::not_at_global_endpoint()) } else { Ok(()) }
    }

    fn plan(call: &Call<'_, Self::Input>, view: &View<'_>) -> Result<Plan<Self::Ready>, ApiError> {
        let (input, principal) = (&call.input, call.caller.principal());
        let algorithm = Algorithm::parse(input.signing_algorithm.as_str());
        let algorithm = algorithm.filter(|algorithm| matches!(algorithm, Algorithm::Rs256 | Algorithm::Es384));
        let algorithm = algorithm.ok_or_else(ApiError::unsupported_signing_algorithm)?;
        refuse_repeated_keys(&input.tags.0)?;
        let subject = subject(principal).ok_or_else(ApiError::no_token_for_federated_users)?;
        let account = principal.account();
        let seconds = input.duration.map_or(TokenDuration::DEFAULT_SECONDS, TokenDuration::get);
        let questions = questions(input, seconds, &resource(account, view)?, account);
        let outbound = view.snapshot.identities.outbound(account).filter(|outbound| outbound.enabled);
        let vouching = Vouching {
            algorithm,
            expiration: view.moment.now.plus_seconds(seconds.into()),
            session_ends: call.caller.credential().session().map(|opened| opened.session().expires),
            issuer: outbound.map(|outbound| outbound.issuer),
            audience: input.audience.0.0.iter().map(TokenAudience::to_string).collect(),
            session: session_claims(call, &subject, view),
            subject,
        };
        Ok(Plan::asking(questions, vouching))
    }

    fn perform(
        ready: Authorized<Self::Ready>,
        changes: &mut Changes<'_>,
        view: &View<'_>,
    ) -> Result<Self::Output, ApiError> {
        let vouching = ready.into_inner();
        // AWS: told even while the feature is off (sts-s-gwit-escalation).
        if vouching.session_ends.is_some_and(|ends| vouching.expiration >= ends) {
            return Err(ApiError::token_outlives_session());
        }
        let issuer = vouching.issuer.ok_or_else(ApiError::outbound_federation_disabled)?;
        let world = changes.world;
        let claims = Claims {
            aud: Audience(&vouching.audience),
            sub: &vouching.subject,
            session: &vouching.session,
            iss: format!("{}/outbound/{issuer}", world.issuer_url.as_str()),
            exp: vouching.expiration.seconds(),
            iat: view.moment.now.seconds(),
            jti: uuid::Builder::from_random_bytes(draw(world.entropy.as_ref())).into_uuid().to_string(),
        };
        let claims = claims.to_json().map_err(ApiError::internal)?;
        if claims.len() > MOST_CLAIMS {
            return Err(ApiError::too_many_claims(claims.len()));
        }
        let keys = token_keys::at_once(changes, issuer, token_keys::outbound)?;
        let unusable = || ApiError::internal("a stored key cannot be read");
        let key = keys.signing(vouching.algorithm).ok_or_else(unusable)?;
        let header = format!(r#"{{"kid":"{}","typ":"JWT","alg":"{}"}}"#, key.id, vouching.algorithm.name());
        let token = compact(&header, &claims, |signed| key.private.sign(vouching.algorithm, signed));
        let web_identity_token = Secret::new(token.ok_or_else(unusable)?);
        Ok(GetWebIdentityTokenOutput { web_identity_token, expiration: Milliseconds(vouching.expiration) })
    }
}

/// Whom the token is about: a user, or a role whatever the session; nobody for a federated user.
fn subject(principal: &Principal) -> Option<String> {
    match principal {
        Principal::Root(account) => Some(account.root_arn()),
        Principal::User(user) => Some(user.arn.clone()),
        Principal::RoleSession { role, .. } => Some(role.arn.clone()),
        Principal::FederatedUser { .. } => None,
    }
}

fn resource(account: AccountId, view: &View<'_>) -> Result<String, ApiError> {
    let found = view.snapshot.identities.account(account);
    let found = found.ok_or_else(|| ApiError::internal("the caller's account is gone"))?;
    Ok(format!("arn:{}:sts::{account}:self", found.record.partition))
}

fn questions(input: &GetWebIdentityTokenInput, seconds: i32, resource: &str, account: AccountId) -> Vec<Question> {
    let mut context = RequestContext::new();
    context.set_many("sts:IdentityTokenAudience", input.audience.0.0.iter().map(TokenAudience::to_string));
    context.set("sts:SigningAlgorithm", input.signing_algorithm.to_string());
    // AWS: with its default where the caller does not say (sts-s-gwit-duration-key-default).
    context.set_number("sts:DurationSeconds", seconds.into());
    describe_request_tags(&input.tags.0, &mut context);
    let question = |action| Question {
        action,
        resource: resource.to_owned(),
        other_resource: None,
        called: None,
        resource_account: account,
        resource_policy: None,
        rule: ResourceRule::Ordinary,
        context: context.clone(),
    };
    let tagging = (!input.tags.0.is_empty()).then(|| question("sts:TagGetWebIdentityToken"));
    [question("sts:GetWebIdentityToken")].into_iter().chain(tagging).collect()
}

fn session_claims(call: &Call<'_, GetWebIdentityTokenInput>, subject: &str, view: &View<'_>) -> SessionClaims {
    let principal = call.caller.principal();
    let own = match principal {
        Principal::User(user) => &*user.record.tags,
        Principal::RoleSession { role, .. } => &*role.record.tags,
        Principal::Root(_) | Principal::FederatedUser { .. } => &[],
    };
    let session = call.caller.credential().session().map(OpenedToken::session);
    let carried = session.map(|session| &session.carried);
    let session_tags = carried.into_iter().flat_map(|carried| &carried.tags).map(|tag| &tag.tag);
    let organization = view.snapshot.identities.organization_of(principal.account());
    SessionClaims {
        federated_provider: carried
            .and_then(|carried| carried.vouched.as_ref())
            .map(|vouched| vouched.provider.clone()),
        source_identity: carried.and_then(|carried| carried.source_identity.as_ref()).map(ToString::to_string),
        org_id: organization.map(|organization| organization.record.id.as_str().to_owned()),
        aws_account: principal.account().to_string(),
        ou_path: organization.map(|organization| vec![organization.path(principal.account()).to_owned()]),
        request_tags: Tags::of(call.input.tags.0.iter().map(|tag| (&tag.key, &tag.value))),
        original_session_exp: session.map(|session| session.expires.iso().to_string()),
        source_region: call.endpoint.region.name.to_owned(),
        principal_id: subject.to_owned(),
        principal_tags: Tags::merged(own.iter().chain(session_tags)),
    }
}
