//! Providers of OpenID Connect.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html>

use std::sync::Arc;

use super::action::{Look, Target};
use super::shown::{self, ShownTag};
use super::tags::{self, SentTags, Tagged};
use crate::action;
use crate::api::ApiError;
use crate::api::lists::PlainList;
use crate::api::operation::{Members, Milliseconds};
use crate::federation::oidc::IssuerUrl;
use crate::identities::OidcProvider;
use crate::ids::names::{ArnText, ClientId, OidcUrl, Thumbprint};
use crate::store::records;

/// Lists of IAM's that are longer than AWS lets them be: the fault is told in other words than those of parameters.
type ClientIds = PlainList<ClientId, 1000>;
type Thumbprints = PlainList<Thumbprint, 1000>;

crate::structure! {
    /// A provider in a list.
    ListedProvider {
        /// Its ARN.
        "Arn" arn: String,
    }
}

action! {
    /// Registers an issuer whose tokens roles may trust.
    CreateOpenIDConnectProvider;
    input CreateOpenIDConnectProviderInput {
        /// Its address.
        "Url" url: OidcUrl,
        /// For whom its tokens may be.
        "ClientIDList" client_ids: ClientIds,
        /// SHA-1 of certificates to trust beside those of known authorities.
        "ThumbprintList" thumbprints: Thumbprints,
        /// Its tags; case tells keys apart.
        "Tags" tags: SentTags,
    }
    errors [InvalidInput, EntityAlreadyExists, LimitExceeded]
    output CreateOpenIDConnectProviderOutput {
        /// Trust policies name it so.
        "OpenIDConnectProviderArn" arn: String,
        /// Its tags.
        "Tags" tags: Option<Members<ShownTag>>,
    }
    on |input, look| {
        let url = input.url.as_str();
        let address = url.split_once("://").map_or(url, |(_, rest)| rest);
        // AWS: where a port is named, as eksctl does, it asks of what stands before it (B-841).
        let authority = address.split('/').next().unwrap_or_default();
        let named = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => address,
        };
        let target = Target::at(look.asker.arn(&format!("oidc-provider/{named}")));
        Ok(tags::given(target, &input.tags, "iam:TagOpenIDConnectProvider"))
    };
    writes |input, desk| {
        let sent = input.url.as_str();
        let url = address(sent)?;
        if sent.contains(".tokens.sts.global.api.aws") {
            return Err(ApiError::oidc_loop());
        }
        let thumbprints = thumbprints(&input.thumbprints)?;
        let mut client_ids: Vec<String> = Vec::new();
        for id in &input.client_ids.0 {
            if !client_ids.iter().any(|known| known == id.as_str()) {
                client_ids.push(id.to_string());
            }
        }
        if client_ids.len() > OidcProvider::MOST_CLIENT_IDS {
            return Err(ApiError::over_quota("ClientIdsPerOpenIdConnectProvider", OidcProvider::MOST_CLIENT_IDS));
        }
        let tags = tags::for_new(&input.tags, false)?;
        let issuer = IssuerUrl::parse(&url).map_err(|_| ApiError::bad_oidc_url())?;
        let arn = desk.asker.arn(&format!("oidc-provider/{}", issuer.without_scheme()));
        if desk.identities.oidc_provider_by_arn(&arn).is_some() {
            return Err(ApiError::oidc_provider_taken(sent));
        }
        let (account, created, shown_tags) = (desk.asker.account, desk.now, shown::some_tags(&tags));
        let record = records::OidcProvider { account, url, client_ids, thumbprints, created, tags, keys: None };
        desk.identities.create_oidc_provider(desk.batch, record).map_err(ApiError::internal)?;
        Ok(CreateOpenIDConnectProviderOutput { arn, tags: shown_tags })
    };
}

action! {
    /// Shows a provider.
    GetOpenIDConnectProvider;
    input GetOpenIDConnectProviderInput {
        /// Its ARN.
        "OpenIDConnectProviderArn" arn: ArnText,
    }
    errors [InvalidInput, NoSuchEntity]
    output GetOpenIDConnectProviderOutput {
        /// For whom its tokens may be.
        "ClientIDList" client_ids: Members<String>,
        /// SHA-1 of certificates.
        "ThumbprintList" thumbprints: Members<String>,
        /// Its address without `https://`.
        "Url" url: String,
        /// Its tags.
        "Tags" tags: Members<ShownTag>,
        /// When it was made.
        "CreateDate" created: Milliseconds,
    }
    on |input, look| Ok(target(&input.arn, look));
    reads |input, look| {
        let provider = find(input.arn.as_str(), look)?;
        let records::OidcProvider { client_ids, thumbprints, created, tags, .. } = &provider.record;
        Ok(GetOpenIDConnectProviderOutput {
            client_ids: Members(client_ids.clone()),
            thumbprints: Members(thumbprints.clone()),
            url: provider.issuer.without_scheme().to_owned(),
            tags: shown::ordered_tags(tags),
            created: Milliseconds(*created),
        })
    };
}

action! {
    /// Lists the providers of the account.
    ListOpenIDConnectProviders;
    input ListOpenIDConnectProvidersInput {}
    errors []
    output ListOpenIDConnectProvidersOutput {
        /// Their ARNs.
        "OpenIDConnectProviderList" providers: Members<ListedProvider>,
    }
    on |_input, look| Ok(Target::at(look.asker.arn("oidc-provider/*")));
    reads |_input, look| {
        let providers = look.identities.oidc_providers_of(look.asker.account);
        let providers = providers.map(|provider| ListedProvider { arn: provider.arn.clone() }).collect();
        Ok(ListOpenIDConnectProvidersOutput { providers: Members(providers) })
    };
}

action! {
    /// Forgets a provider: no token of its is good any more.
    DeleteOpenIDConnectProvider;
    input DeleteOpenIDConnectProviderInput {
        /// Its ARN.
        "OpenIDConnectProviderArn" arn: ArnText,
    }
    errors [InvalidInput, NoSuchEntity]
    on |input, look| Ok(target(&input.arn, look));
    writes |input, desk| {
        let found = find(input.arn.as_str(), desk.look());
        let provider = Arc::clone(found.map_err(|_| ApiError::no_oidc_provider_to_delete(input.arn.as_str()))?);
        desk.identities.delete_oidc_provider(desk.batch, &provider);
        Ok(())
    };
}

action! {
    /// Adds somebody for whom tokens of a provider may be; if they are known already, nothing happens.
    AddClientIDToOpenIDConnectProvider;
    input AddClientIDToOpenIDConnectProviderInput {
        /// The provider's ARN.
        "OpenIDConnectProviderArn" arn: ArnText,
        /// For whom.
        "ClientID" client_id: ClientId,
    }
    errors [InvalidInput, NoSuchEntity, LimitExceeded]
    on |input, look| Ok(target(&input.arn, look));
    writes |input, desk| {
        let mut record = find(input.arn.as_str(), desk.look())?.record.clone();
        if !record.client_ids.iter().any(|known| known == input.client_id.as_str()) {
            if record.client_ids.len() >= OidcProvider::MOST_CLIENT_IDS {
                return Err(ApiError::over_quota("ClientIdsPerOpenIdConnectProvider", OidcProvider::MOST_CLIENT_IDS));
            }
            record.client_ids.push(input.client_id.to_string());
        }
        desk.identities.update_oidc_provider(desk.batch, record).map_err(ApiError::internal)
    };
}

action! {
    /// Removes somebody for whom tokens of a provider may be; if they are not known, nothing happens.
    RemoveClientIDFromOpenIDConnectProvider;
    input RemoveClientIDFromOpenIDConnectProviderInput {
        /// The provider's ARN.
        "OpenIDConnectProviderArn" arn: ArnText,
        /// For whom.
        "ClientID" client_id: ClientId,
    }
    errors [InvalidInput, NoSuchEntity]
    on |input, look| Ok(target(&input.arn, look));
    writes |input, desk| {
        let mut record = find(input.arn.as_str(), desk.look())?.record.clone();
        record.client_ids.retain(|known| known != input.client_id.as_str());
        desk.identities.update_oidc_provider(desk.batch, record).map_err(ApiError::internal)
    };
}

action! {
    /// Gives a provider other thumbprints.
    UpdateOpenIDConnectProviderThumbprint;
    input UpdateOpenIDConnectProviderThumbprintInput {
        /// Its ARN.
        "OpenIDConnectProviderArn" arn: ArnText,
        /// SHA-1 of certificates.
        "ThumbprintList" thumbprints: Thumbprints,
    }
    errors [InvalidInput, NoSuchEntity]
    on |input, look| Ok(target(&input.arn, look));
    writes |input, desk| {
        let record = find(input.arn.as_str(), desk.look())?.record.clone();
        let thumbprints = thumbprints(&input.thumbprints)?;
        if thumbprints.is_empty() {
            return Err(ApiError::no_thumbprints());
        }
        let record = records::OidcProvider { thumbprints, ..record };
        desk.identities.update_oidc_provider(desk.batch, record).map_err(ApiError::internal)
    };
}

/// The provider of this ARN.
pub(super) fn find<'a>(arn: &str, look: Look<'a>) -> Result<&'a Arc<OidcProvider>, ApiError> {
    let found = look.identities.oidc_provider_by_arn(arn);
    found.filter(|it| it.record.account == look.asker.account).ok_or_else(|| ApiError::no_oidc_provider_at(arn))
}

fn target(arn: &ArnText, look: Look<'_>) -> Target {
    tags::target(Tagged::OidcProvider, arn.as_str(), look)
}

/// An address as it is kept. AWS: the usual port is dropped, a query is refused without a word (iam-s-oidc-port).
fn address(sent: &str) -> Result<String, ApiError> {
    if sent.contains(['?', '#']) {
        return Err(ApiError::oidc_url_with_query());
    }
    let Some((scheme, rest)) = sent.split_once("://") else { return Err(ApiError::bad_oidc_url()) };
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = if scheme == "https" { host.strip_suffix(":443").unwrap_or(host) } else { host };
    Ok(format!("{scheme}://{host}{path}"))
}

/// AWS: in lower case, repeats and odd letters kept (iam-s-oidc-thumb-lower).
fn thumbprints(sent: &Thumbprints) -> Result<Vec<String>, ApiError> {
    if sent.0.len() > OidcProvider::MOST_THUMBPRINTS {
        return Err(ApiError::too_many_thumbprints());
    }
    Ok(sent.0.iter().map(|text| text.as_str().to_ascii_lowercase()).collect())
}
