//! Providers of SAML: identity providers whose assertions roles may trust.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml.html>

use std::sync::Arc;

use super::action::{Desk, Look, Target};
use super::shown::{self, ShownTag};
use super::tags::{self, SentTags, Tagged};
use crate::action;
use crate::api::ApiError;
use crate::api::operation::{Members, Milliseconds};
use crate::env::draw;
use crate::federation::saml::{DecryptionKey, Metadata};
use crate::identities::SamlProvider;
use crate::ids::names::{
    ArnText, AssertionEncryptionMode, PrivateKeyId, PrivateKeyText, SamlMetadataText, SamlProviderName,
};
use crate::ids::unique_id::saml_id;
use crate::secret::Secret;
use crate::store::records;
use crate::time::Timestamp;

crate::structure! {
    /// A provider in a list.
    ListedSamlProvider {
        /// Until when its document is good.
        "ValidUntil" valid_until: Milliseconds,
        /// Its ARN.
        "Arn" arn: String,
        /// When it was made.
        "CreateDate" created: Milliseconds,
    }
}

crate::structure! {
    /// A private key that opens assertions; it is never shown itself.
    ShownPrivateKey {
        /// Names it.
        "KeyId" id: String,
        /// When it was added.
        "Timestamp" added: Milliseconds,
    }
}

action! {
    /// Registers an identity provider whose assertions roles may trust from now on.
    CreateSAMLProvider;
    input CreateSAMLProviderInput {
        /// Its metadata.
        "SAMLMetadataDocument" metadata: SamlMetadataText,
        /// Its name, unique in the account whatever its case.
        "Name" name: SamlProviderName,
        /// Its tags; case tells keys apart.
        "Tags" tags: SentTags,
        /// Whether it must encrypt its assertions; without it, it may.
        "AssertionEncryptionMode" mode: Option<AssertionEncryptionMode>,
        /// What opens them, in PEM.
        "AddPrivateKey" key: Option<PrivateKeyText>,
    }
    errors [InvalidInput, EntityAlreadyExists]
    output CreateSAMLProviderOutput {
        /// Trust policies name it so.
        "SAMLProviderArn" arn: String,
        /// Its tags.
        "Tags" tags: Option<Members<ShownTag>>,
    }
    on |input, look| {
        let target = Target::at(look.asker.arn(&format!("saml-provider/{}", input.name)));
        Ok(tags::given(target, &input.tags, "iam:TagSAMLProvider"))
    };
    writes |input, desk| {
        let encryption_required = input.mode == Some(AssertionEncryptionMode::Required);
        if encryption_required && input.key.is_none() {
            return Err(ApiError::no_private_key_provided());
        }
        let account = desk.asker.account;
        let is_taken = |known: &&Arc<SamlProvider>| {
            known.record.name.as_str().eq_ignore_ascii_case(input.name.as_str())
        };
        if desk.identities.saml_providers_of(account).iter().any(is_taken) {
            return Err(ApiError::saml_provider_taken(input.name.as_str()));
        }
        let tags = tags::for_new(&input.tags, false)?;
        let metadata = document(&input.metadata)?;
        let private_keys = input.key.iter().map(|key| private_key(key, desk)).collect::<Result<_, _>>()?;
        let shown_tags = shown::some_tags(&tags);
        let record = records::SamlProvider {
            account,
            name: input.name.clone(),
            id: saml_id("SAMLSP", draw(desk.entropy)),
            metadata,
            encryption_required,
            private_keys,
            created: desk.now,
            uploaded: desk.now,
            tags,
        };
        desk.identities.create_saml_provider(desk.batch, record).map_err(ApiError::internal)?;
        let arn = desk.asker.arn(&format!("saml-provider/{}", input.name));
        Ok(CreateSAMLProviderOutput { arn, tags: shown_tags })
    };
}

action! {
    /// Shows a provider.
    GetSAMLProvider;
    input GetSAMLProviderInput {
        /// Its ARN.
        "SAMLProviderArn" arn: ArnText,
    }
    errors [NoSuchEntity, InvalidInput]
    output GetSAMLProviderOutput {
        /// Its unique id: one that is made again under the same name has another.
        "SAMLProviderUUID" id: String,
        /// Its metadata, to the letter.
        "SAMLMetadataDocument" metadata: String,
        /// Its private keys.
        "PrivateKeyList" private_keys: Members<ShownPrivateKey>,
        /// A hundred years after the last upload, whatever the metadata says.
        "ValidUntil" valid_until: Milliseconds,
        /// Whether it must encrypt.
        "AssertionEncryptionMode" mode: String,
        /// Its tags.
        "Tags" tags: Members<ShownTag>,
        /// When it was made.
        "CreateDate" created: Milliseconds,
    }
    on |input, look| Ok(target(&input.arn, look));
    reads |input, look| {
        let record = &find(input.arn.as_str(), look)?.record;
        let keys = record.private_keys.iter();
        let keys = keys.map(|key| ShownPrivateKey { id: key.id.clone(), added: Milliseconds(key.added) });
        Ok(GetSAMLProviderOutput {
            id: record.id.clone(),
            metadata: record.metadata.clone(),
            private_keys: Members(keys.collect()),
            valid_until: valid_until(record.uploaded),
            mode: mode(record.encryption_required).as_str().to_owned(),
            tags: shown::ordered_tags(&record.tags),
            created: Milliseconds(record.created),
        })
    };
}

action! {
    /// Lists the providers of the account.
    ListSAMLProviders;
    input ListSAMLProvidersInput {}
    errors []
    output ListSAMLProvidersOutput {
        /// The providers.
        "SAMLProviderList" providers: Members<ListedSamlProvider>,
    }
    on |_input, look| Ok(Target::at(look.asker.arn("saml-provider/*")));
    reads |_input, look| {
        let listed = |provider: &Arc<SamlProvider>| ListedSamlProvider {
            valid_until: valid_until(provider.record.uploaded),
            arn: provider.arn.clone(),
            created: Milliseconds(provider.record.created),
        };
        let providers = look.identities.saml_providers_of(look.asker.account);
        Ok(ListSAMLProvidersOutput { providers: Members(providers.into_iter().map(listed).collect()) })
    };
}

action! {
    /// Gives a provider other metadata or other keys: the next assertion is held against them.
    UpdateSAMLProvider;
    input UpdateSAMLProviderInput {
        /// Its new metadata.
        "SAMLMetadataDocument" metadata: Option<SamlMetadataText>,
        /// Its ARN.
        "SAMLProviderArn" arn: ArnText,
        /// Whether it must encrypt from now on.
        "AssertionEncryptionMode" mode: Option<AssertionEncryptionMode>,
        /// A private key more, in PEM; there are two at most.
        "AddPrivateKey" added: Option<PrivateKeyText>,
        /// A private key less, by its id.
        "RemovePrivateKey" removed: Option<PrivateKeyId>,
    }
    errors [NoSuchEntity, InvalidInput, LimitExceeded]
    output UpdateSAMLProviderOutput {
        /// Its ARN.
        "SAMLProviderArn" arn: String,
    }
    on |input, look| Ok(target(&input.arn, look));
    writes |input, desk| {
        let UpdateSAMLProviderInput { metadata, arn, mode, added, removed } = input;
        if metadata.is_none() && mode.is_none() && added.is_none() && removed.is_none() {
            return Err(ApiError::nothing_to_update());
        }
        if added.is_some() && removed.is_some() {
            return Err(ApiError::adds_and_removes_keys());
        }
        let mut record = find(arn.as_str(), desk.look())?.record.clone();
        if let Some(sent) = metadata {
            record.metadata = document(sent)?;
            record.uploaded = desk.now;
        }
        if let Some(sent) = added {
            if record.private_keys.len() >= SamlProvider::MOST_PRIVATE_KEYS {
                return Err(ApiError::too_many_private_keys(SamlProvider::MOST_PRIVATE_KEYS));
            }
            record.private_keys.push(private_key(sent, desk)?);
        }
        record.encryption_required = mode.map_or(record.encryption_required, |it| it == AssertionEncryptionMode::Required);
        if let Some(id) = removed {
            remove_key(&mut record, id)?;
        }
        if record.encryption_required && record.private_keys.is_empty() {
            return Err(ApiError::no_private_key_present());
        }
        desk.identities.update_saml_provider(desk.batch, record).map_err(ApiError::internal)?;
        Ok(UpdateSAMLProviderOutput { arn: arn.to_string() })
    };
}

action! {
    /// Removes a provider: its assertions are refused from now on. Trust policies go on naming it.
    DeleteSAMLProvider;
    input DeleteSAMLProviderInput {
        /// Its ARN.
        "SAMLProviderArn" arn: ArnText,
    }
    errors [InvalidInput, LimitExceeded, NoSuchEntity]
    on |input, look| Ok(target(&input.arn, look));
    writes |input, desk| {
        let provider = Arc::clone(find(input.arn.as_str(), desk.look())?);
        desk.identities.delete_saml_provider(desk.batch, &provider);
        Ok(())
    };
}

/// The provider of this ARN.
pub(super) fn find<'a>(arn: &str, look: Look<'a>) -> Result<&'a Arc<SamlProvider>, ApiError> {
    let found = look.identities.saml_provider(arn);
    found.filter(|it| it.record.account == look.asker.account).ok_or_else(|| ApiError::no_saml_provider_at(arn))
}

fn target(arn: &ArnText, look: Look<'_>) -> Target {
    tags::target(Tagged::SamlProvider, arn.as_str(), look)
}

/// A document that can be read.
fn document(sent: &SamlMetadataText) -> Result<String, ApiError> {
    Metadata::parse(sent.as_str()).map_err(|fault| ApiError::bad_metadata(&fault))?;
    Ok(sent.to_string())
}

/// A new key under a name of its own: the same key twice is two keys.
fn private_key(sent: &PrivateKeyText, desk: &Desk<'_>) -> Result<records::SamlPrivateKey, ApiError> {
    let pem = Secret::new(sent.as_str().to_owned());
    DecryptionKey::parse(&pem).map_err(|_| ApiError::bad_private_key())?;
    Ok(records::SamlPrivateKey { id: saml_id("SAMLPK", draw(desk.entropy)), added: desk.now, pem })
}

fn remove_key(record: &mut records::SamlProvider, id: &PrivateKeyId) -> Result<(), ApiError> {
    let before = record.private_keys.len();
    record.private_keys.retain(|key| key.id != id.as_str());
    if record.private_keys.len() == before {
        return Err(ApiError::private_key_stays("the provider has no such key"));
    }
    if record.encryption_required && record.private_keys.is_empty() {
        return Err(ApiError::private_key_stays("it is the last one, and assertions must be encrypted"));
    }
    Ok(())
}

fn mode(encryption_required: bool) -> AssertionEncryptionMode {
    if encryption_required { AssertionEncryptionMode::Required } else { AssertionEncryptionMode::Allowed }
}

/// AWS: a hundred years after the upload, whatever the metadata says (iam-s-saml-validuntil).
fn valid_until(uploaded: Timestamp) -> Milliseconds {
    Milliseconds(uploaded.plus_century())
}
