//! Long-term access keys, by which the rotation procedure of AWS's guide goes.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::action::{Look, Owner, Target};
use crate::access::Principal;
use crate::action;
use crate::api::ApiError;
use crate::api::world::Made;
use crate::env::draw;
use crate::identities::AccessKey;
use crate::ids::AccessKeyId;
use crate::ids::access_key::LONG_TERM;
use crate::ids::names::{AskedUserName, IamAccessKeyId, KeyStatus};
use crate::secret::SecretAccessKey;
use crate::store::records;
use crate::time::Timestamp;

const MOST_KEYS: usize = 2;

crate::structure! {
    /// A new key: the one time that its secret is shown.
    NewAccessKey {
        /// What signs.
        "SecretAccessKey" secret: SecretAccessKey,
        /// Its id.
        "AccessKeyId" id: String,
        /// Whose it is; the root user has no name.
        "UserName" user_name: Option<String>,
        /// When it was made.
        "CreateDate" created: Timestamp,
        /// Whether it signs.
        "Status" status: String,
    }
}

crate::structure! {
    /// A key without its secret.
    ShownAccessKey {
        /// Its id.
        "AccessKeyId" id: String,
        /// Whose it is; the root user has no name.
        "UserName" user_name: Option<String>,
        /// When it was made.
        "CreateDate" created: Timestamp,
        /// Whether it signs.
        "Status" status: String,
    }
}

crate::structure! {
    /// When a key was last used.
    ShownKeyUse {
        /// When.
        "LastUsedDate" at: Option<Timestamp>,
        /// In which region; `N/A` if it never was.
        "Region" region: String,
        /// For which service; `N/A` if it never was.
        "ServiceName" service: String,
    }
}

action! {
    /// Makes an access key for a user. A user has two at most, those that are switched off included.
    CreateAccessKey;
    input CreateAccessKeyInput {
        /// Whose it shall be; without it the caller's own.
        "UserName" user_name: Option<AskedUserName>,
    }
    errors [NoSuchEntity, LimitExceeded]
    output CreateAccessKeyOutput {
        /// The key.
        "AccessKey" access_key: NewAccessKey,
    }
    on |input, look| target(input.user_name.as_ref(), look);
    writes |input, desk| {
        let look = desk.look();
        let owner = look.owner(input.user_name.as_ref())?;
        if look.identities.access_keys_of(&owner.key()).count() >= MOST_KEYS {
            return Err(ApiError::over_quota("AccessKeysPerUser", MOST_KEYS));
        }
        let (user_name, owner) = (owner.name(), owner.key());
        let id = AccessKeyId::mint(LONG_TERM, desk.asker.account, u64::from_be_bytes(draw(desk.entropy)));
        let secret = SecretAccessKey::new(STANDARD.encode(draw::<30>(desk.entropy)));
        let created = desk.now.whole_second();
        let record = records::AccessKey { secret: secret.clone(), owner, active: true, created };
        desk.identities.create_access_key(desk.batch, id.clone(), record).map_err(ApiError::internal)?;
        *desk.made = Some(Made::LongTerm(id.clone(), desk.asker.account));
        let status = KeyStatus::Active.as_str().to_owned();
        Ok(CreateAccessKeyOutput { access_key: NewAccessKey { secret, id: id.to_string(), user_name, created, status } })
    };
}

action! {
    /// Lists the access keys of a user.
    ListAccessKeys in pages;
    input ListAccessKeysInput {
        /// Whose; without it the caller's own.
        "UserName" user_name: Option<AskedUserName>,
    }
    errors [NoSuchEntity]
    output ListAccessKeysOutput {
        /// The keys.
        "AccessKeyMetadata" keys: Members<ShownAccessKey>,
    }
    on |input, look| target(input.user_name.as_ref(), look);
    reads |input, look| {
        let owner = look.owner(input.user_name.as_ref())?;
        let whose = owner.name().unwrap_or_default();
        let paging = input.paging(&[&whose])?;
        let mut keys: Vec<_> = look.identities.access_keys_of(&owner.key()).collect();
        keys.sort_by_key(|key| key.record.created);
        Ok(paging.cut_next(keys, |key| key.id.as_str()).map(|key| shown(key, &owner)).into())
    };
}

action! {
    /// Switches an access key on or off, at once for every service that asks here.
    UpdateAccessKey;
    input UpdateAccessKeyInput {
        /// Whose; without it the caller's own.
        "UserName" user_name: Option<AskedUserName>,
        /// Which.
        "AccessKeyId" id: IamAccessKeyId,
        /// Whether it shall sign.
        "Status" status: KeyStatus,
    }
    errors [NoSuchEntity, LimitExceeded, InvalidInput]
    on |input, look| target(input.user_name.as_ref(), look);
    writes |input, desk| {
        let look = desk.look();
        let owner = look.owner(input.user_name.as_ref())?;
        let id = look.access_key(input.id.as_str(), &owner)?.id.clone();
        if input.status == KeyStatus::Expired {
            return Err(ApiError::status_not_settable(input.status.as_str()));
        }
        let active = input.status == KeyStatus::Active;
        desk.identities.set_access_key_active(desk.batch, &id, active).map_err(ApiError::internal)
    };
}

action! {
    /// Removes an access key, at once for every service that asks here.
    DeleteAccessKey;
    input DeleteAccessKeyInput {
        /// Whose; without it the caller's own.
        "UserName" user_name: Option<AskedUserName>,
        /// Which.
        "AccessKeyId" id: IamAccessKeyId,
    }
    errors [NoSuchEntity, LimitExceeded]
    on |input, look| target(input.user_name.as_ref(), look);
    writes |input, desk| {
        let look = desk.look();
        let owner = look.owner(input.user_name.as_ref())?;
        let id = look.access_key(input.id.as_str(), &owner)?.id.clone();
        desk.identities.delete_access_key(desk.batch, &id).map_err(ApiError::internal)
    };
}

action! {
    /// Says when, where and for what an access key was last used.
    GetAccessKeyLastUsed;
    input GetAccessKeyLastUsedInput {
        /// Which.
        "AccessKeyId" id: IamAccessKeyId,
    }
    errors []
    output GetAccessKeyLastUsedOutput {
        /// What is known.
        "AccessKeyLastUsed" last_used: ShownKeyUse,
        /// Whose key it is; the root user has no name.
        "UserName" user_name: Option<String>,
    }
    on |input, look| match key_here(input.id.as_str(), look) {
        Some((_, Owner::User(user))) => Ok(look.user_target(user.record.name.as_str()).by_arn()),
        Some((_, Owner::Root(_))) => Ok(Target::at(look.asker.arn("root"))),
        None => Err(ApiError::foreign_access_key(&look.asker.principal.arn(), input.id.as_str())),
    };
    reads |input, look| {
        let foreign = || ApiError::foreign_access_key(&look.asker.principal.arn(), input.id.as_str());
        let (key, owner) = key_here(input.id.as_str(), look).ok_or_else(foreign)?;
        let last_used = match key.last_use.get() {
            None => ShownKeyUse { at: None, region: "N/A".to_owned(), service: "N/A".to_owned() },
            Some(last) => {
                ShownKeyUse { at: Some(last.at), region: last.region.clone(), service: last.service.clone() }
            }
        };
        Ok(GetAccessKeyLastUsedOutput { last_used, user_name: owner.name() })
    };
}

/// Whose keys they are, as the target of an action. AWS: a caller who means its own is called so (B-772).
fn target(name: Option<&AskedUserName>, look: Look<'_>) -> Result<Target, ApiError> {
    let target = look.owner_target(name)?;
    Ok(match (name, &look.asker.principal) {
        (None, Principal::User(user)) => target.called(format!("user null{}", user.record.name)),
        _ => target,
    })
}

/// A key of the asker's account, and whose it is.
fn key_here<'a>(id: &str, look: Look<'a>) -> Option<(&'a AccessKey, Owner<'a>)> {
    let key = look.identities.access_key(id)?;
    let owner = match &key.record.owner {
        records::KeyOwner::Root(account) => (*account == look.asker.account).then_some(Owner::Root(*account)),
        records::KeyOwner::User(user) => {
            let user = look.identities.user(user)?;
            (user.record.account == look.asker.account).then_some(Owner::User(user))
        }
    };
    Some((key, owner?))
}

fn shown(key: &AccessKey, owner: &Owner<'_>) -> ShownAccessKey {
    let status = if key.record.active { KeyStatus::Active } else { KeyStatus::Inactive };
    ShownAccessKey {
        id: key.id.to_string(),
        user_name: owner.name(),
        created: key.record.created,
        status: status.as_str().to_owned(),
    }
}
