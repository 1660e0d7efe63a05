//! Tags of things in IAM. Keys of users and roles are one whatever their case, those of other things are not.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html>

use std::sync::Arc;

use super::action::{Desk, Look, Target, tagged};
use super::shown::{self, ShownTag};
use crate::action;
use crate::api::ApiError;
use crate::api::lists::{List, PlainList};
use crate::ids::names::{ArnText, AskedUserName, DeviceSerialNumber, InstanceProfileName, RoleName};
use crate::ids::tags::{Tag, TagKey, TagValue};
use crate::store::records;

crate::list_item! {
    /// A tag as it is sent.
    SentTag as "Tag" {
        /// Its key.
        "Key" key: TagKey,
        /// What it says.
        "Value" value: TagValue,
    }
}

/// Tags as they are sent.
pub type SentTags = List<SentTag, 50>;

const MOST_TAGS: usize = 50;

/// What can have tags.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tagged {
    User,
    Role,
    Policy,
    InstanceProfile,
    OidcProvider,
    MfaDevice,
    SamlProvider,
}

impl Tagged {
    fn folds_case(self) -> bool {
        matches!(self, Self::User | Self::Role)
    }
}

/// Adds the keys by which conditions see tags that are sent. AWS: of two of one key the last one counts.
fn requested(mut target: Target, tags: &SentTags) -> Target {
    if tags.0.is_empty() {
        return target;
    }
    for tag in &tags.0 {
        target.context.set_tag("aws:RequestTag", tag.key.as_str(), tag.value.as_str().to_owned());
    }
    target.context.set_many("aws:TagKeys", tags.0.iter().map(|tag| tag.key.to_string()));
    target
}

/// The same for something that is about to be made. AWS: whoever gives it tags must be allowed to tag it as well.
pub fn given(target: Target, tags: &SentTags, action: &'static str) -> Target {
    let mut target = requested(target, tags);
    if !tags.0.is_empty() {
        let tagging = Target { called: target.called.clone(), ..Target::at(&target.arn) };
        target.also.push((action, requested(tagging, tags)));
    }
    target
}

/// Tags for something new.
pub fn for_new(sent: &SentTags, folds_case: bool) -> Result<Vec<Tag>, ApiError> {
    let tags: Vec<Tag> = sent.0.iter().map(|tag| Tag { key: tag.key.clone(), value: tag.value.clone() }).collect();
    if tags.iter().any(|tag| tag.key.as_str().get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"))) {
        return Err(ApiError::reserved_tag());
    }
    let repeated =
        |(at, tag): (usize, &Tag)| tags.iter().take(at).any(|other| is_one(&other.key, &tag.key, folds_case));
    if tags.iter().enumerate().any(repeated) {
        return Err(ApiError::repeated_keys_of_tags(folds_case));
    }
    Ok(tags)
}

fn is_one(one: &TagKey, other: &TagKey, folds_case: bool) -> bool {
    if folds_case { one.is_same_as(other) } else { one == other }
}

/// Something that can have tags as the target of an action.
pub(super) fn target(kind: Tagged, name: &str, look: Look<'_>) -> Target {
    match kind {
        Tagged::User => look.user_target(name),
        Tagged::Role => look.role_target(name),
        Tagged::InstanceProfile => super::instance_profiles::target(name, look),
        Tagged::Policy => super::policies::target(name, look),
        Tagged::OidcProvider | Tagged::SamlProvider | Tagged::MfaDevice => {
            tagged(Target::at(name), &tags_of(kind, name, look).unwrap_or_default())
        }
    }
}

fn tags_of(kind: Tagged, name: &str, look: Look<'_>) -> Result<Vec<Tag>, ApiError> {
    Ok(match kind {
        Tagged::User => look.user(name)?.record.tags.clone(),
        Tagged::Role => look.role(name)?.record.tags.clone(),
        Tagged::InstanceProfile => super::instance_profiles::find(name, look)?.record.tags.clone(),
        Tagged::Policy => super::policies::own_or_aws(name, look)?.map(|it| it.record.tags.clone()).unwrap_or_default(),
        Tagged::OidcProvider => super::oidc_providers::find(name, look)?.record.tags.clone(),
        Tagged::SamlProvider => super::saml_providers::find(name, look)?.record.tags.clone(),
        Tagged::MfaDevice => super::mfa_devices::find(name, look)?.record.tags.clone(),
    })
}

fn put(kind: Tagged, name: &str, tags: Vec<Tag>, desk: &mut Desk<'_>) -> Result<(), ApiError> {
    let look = desk.look();
    let put = match kind {
        Tagged::User => {
            let user = Arc::clone(look.user(name)?);
            let record = records::User { tags, ..user.record.clone() };
            desk.identities.update_user(desk.batch, &user.id, record)
        }
        Tagged::Role => {
            let role = Arc::clone(look.role(name)?);
            let record = records::Role { tags, ..role.record.clone() };
            desk.identities.update_role(desk.batch, &role.id, record)
        }
        Tagged::InstanceProfile => {
            let record = super::instance_profiles::find(name, look)?.record.clone();
            desk.identities.put_instance_profile(desk.batch, records::InstanceProfile { tags, ..record })
        }
        Tagged::Policy => {
            if super::policies::own_or_aws(name, look)?.is_none() {
                return Err(ApiError::no_tags_on_aws_policies());
            }
            desk.identities.update_policy(desk.batch, name, |it| it.tags = tags)
        }
        Tagged::OidcProvider => {
            let record = super::oidc_providers::find(name, look)?.record.clone();
            desk.identities.update_oidc_provider(desk.batch, records::OidcProvider { tags, ..record })
        }
        Tagged::SamlProvider => {
            let record = super::saml_providers::find(name, look)?.record.clone();
            desk.identities.update_saml_provider(desk.batch, records::SamlProvider { tags, ..record })
        }
        Tagged::MfaDevice => desk.identities.tag_mfa_device(desk.batch, name, tags),
    };
    put.map_err(ApiError::internal)
}

fn add(kind: Tagged, name: &str, sent: &SentTags, desk: &mut Desk<'_>) -> Result<(), ApiError> {
    let present = tags_of(kind, name, desk.look())?;
    if sent.0.is_empty() {
        return Err(ApiError::no_tags());
    }
    let new = for_new(sent, kind.folds_case())?;
    let replaced = |tag: &Tag| new.iter().find(|new| is_one(&new.key, &tag.key, kind.folds_case()));
    // AWS: the new spelling of a key counts (iam-s-tag-respell).
    let mut all: Vec<Tag> = present.iter().map(|tag| replaced(tag).unwrap_or(tag).clone()).collect();
    all.extend(
        new.iter().filter(|new| !present.iter().any(|tag| is_one(&new.key, &tag.key, kind.folds_case()))).cloned(),
    );
    if all.len() > MOST_TAGS {
        return Err(ApiError::too_many_tags());
    }
    put(kind, name, all, desk)
}

fn remove(kind: Tagged, name: &str, keys: &PlainList<TagKey, 50>, desk: &mut Desk<'_>) -> Result<(), ApiError> {
    let mut tags = tags_of(kind, name, desk.look())?;
    // AWS: for users an empty list is fine, for providers it is not (iam-s-untag-empty-user, iam-s-oidc-untag-empty).
    if keys.0.is_empty() && matches!(kind, Tagged::OidcProvider | Tagged::SamlProvider) {
        return Err(ApiError::no_tags());
    }
    tags.retain(|tag| !keys.0.iter().any(|key| is_one(key, &tag.key, kind.folds_case())));
    put(kind, name, tags, desk)
}

/// Tags in the order in which they are listed.
fn listed(kind: Tagged, name: &str, look: Look<'_>) -> Result<Vec<ShownTag>, ApiError> {
    let tags = tags_of(kind, name, look)?;
    Ok(if kind.folds_case() { shown::tags(&tags) } else { shown::ordered_tags(&tags) }.0)
}

fn untag_target(kind: Tagged, name: &str, keys: &PlainList<TagKey, 50>, look: Look<'_>) -> Target {
    let mut target = target(kind, name, look);
    if !keys.0.is_empty() {
        target.context.set_many("aws:TagKeys", keys.0.iter().map(ToString::to_string));
    }
    target
}

/// The three actions on tags of one kind of things.
macro_rules! tag_actions {
    ($kind:ident $wire:literal $type:ty: $tag:ident $tag_module:ident, $untag:ident $untag_module:ident, $list:ident $list_module:ident) => {
        /// Adding tags.
        pub mod $tag_module {
            use super::*;

            action! {
                /// Adds tags, or gives those of the same keys other values.
                $tag;
                input Input {
                    /// To what.
                    $wire name: $type,
                    /// The tags.
                    "Tags" tags: SentTags,
                }
                errors [NoSuchEntity, InvalidInput, LimitExceeded]
                on |input, look| Ok(requested(target(Tagged::$kind, input.name.as_str(), look), &input.tags));
                writes |input, desk| {
                    add(Tagged::$kind, input.name.as_str(), &input.tags, desk)
                };
            }
        }

        /// Removing tags.
        pub mod $untag_module {
            use super::*;

            action! {
                /// Removes tags; keys that are not there are no fault.
                $untag;
                input Input {
                    /// From what.
                    $wire name: $type,
                    /// The keys of the tags.
                    "TagKeys" keys: PlainList<TagKey, 50>,
                }
                errors [NoSuchEntity, InvalidInput]
                on |input, look| Ok(untag_target(Tagged::$kind, input.name.as_str(), &input.keys, look));
                writes |input, desk| {
                    remove(Tagged::$kind, input.name.as_str(), &input.keys, desk)
                };
            }
        }

        /// Listing tags.
        pub mod $list_module {
            use super::*;

            action! {
                /// Lists tags.
                $list in pages;
                input Input {
                    /// Whose.
                    $wire name: $type,
                }
                errors [NoSuchEntity, InvalidInput]
                output Output {
                    /// The tags.
                    "Tags" tags: Members<ShownTag>,
                }
                on |input, look| Ok(target(Tagged::$kind, input.name.as_str(), look));
                reads |input, look| {
                    let tags = listed(Tagged::$kind, input.name.as_str(), look)?;
                    Ok(input.paging(&[input.name.as_str()])?.cut_next(tags, |tag| &tag.key).into())
                };
            }
        }
    };
}

tag_actions!(User "UserName" AskedUserName: TagUser tag_user, UntagUser untag_user, ListUserTags list_user_tags);
tag_actions!(Role "RoleName" RoleName: TagRole tag_role, UntagRole untag_role, ListRoleTags list_role_tags);
tag_actions!(Policy "PolicyArn" ArnText: TagPolicy tag_policy, UntagPolicy untag_policy, ListPolicyTags list_policy_tags);
tag_actions!(InstanceProfile "InstanceProfileName" InstanceProfileName:
    TagInstanceProfile tag_instance_profile, UntagInstanceProfile untag_instance_profile,
    ListInstanceProfileTags list_instance_profile_tags);
tag_actions!(OidcProvider "OpenIDConnectProviderArn" ArnText:
    TagOpenIDConnectProvider tag_oidc_provider, UntagOpenIDConnectProvider untag_oidc_provider,
    ListOpenIDConnectProviderTags list_oidc_provider_tags);
tag_actions!(MfaDevice "SerialNumber" DeviceSerialNumber:
    TagMFADevice tag_mfa_device, UntagMFADevice untag_mfa_device, ListMFADeviceTags list_mfa_device_tags);
tag_actions!(SamlProvider "SAMLProviderArn" ArnText:
    TagSAMLProvider tag_saml_provider, UntagSAMLProvider untag_saml_provider,
    ListSAMLProviderTags list_saml_provider_tags);
