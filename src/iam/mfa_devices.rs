//! Virtual MFA devices: made, enabled by two codes that follow each other, set right, taken away, deleted.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_virtual.html>

use std::sync::Arc;

use super::action::{Look, Owner, Target};
use super::shown::{self, ShownTag, ShownUser};
use super::tags::{self, SentTags, Tagged};
use super::users;
use crate::access::Principal;
use crate::action;
use crate::api::ApiError;
use crate::api::operation::Members;
use crate::env::draw;
use crate::federation::authenticator::{encoded_picture, encoded_seed, fresh_seed};
use crate::identities::{IdentityError, MfaDevice};
use crate::ids::names::{
    AskedUserName, AssignmentStatus, AuthenticationCode, DeviceSerialNumber, MfaDeviceName, Path, TokenCode,
};
use crate::secret::Secret;
use crate::shape::Shape;
use crate::store::records::{self, KeyOwner};
use crate::time::Timestamp;

/// AWS: devices of one user.
const MOST_DEVICES: usize = 8;

crate::structure! {
    /// A virtual device; its seed is shown once, when it is made.
    ShownVirtualDevice {
        /// Since when it is enabled.
        "EnableDate" enabled: Option<Timestamp>,
        /// Its ARN.
        "SerialNumber" serial_number: String,
        /// The seed: base64 of base32.
        "Base32StringSeed" seed: Option<Secret<String>>,
        /// The seed as a picture for an authenticator app: a PNG in base64.
        "QRCodePNG" picture: Option<Secret<String>>,
        /// Who has it.
        "User" user: Option<ShownUser>,
        /// Its tags.
        "Tags" tags: Option<Members<ShownTag>>,
    }
}

crate::structure! {
    /// A device that somebody has.
    ShownDevice {
        /// Since when.
        "EnableDate" enabled: Timestamp,
        /// Its ARN.
        "SerialNumber" serial_number: String,
        /// Whose it is; the root user has no name.
        "UserName" user_name: Option<String>,
    }
}

action! {
    /// Makes a virtual device, which nobody has as yet. The one time that its seed is shown.
    CreateVirtualMFADevice;
    input CreateVirtualMFADeviceInput {
        /// Its path; `/` without it.
        "Path" path: Option<Path>,
        /// Its name, unique in the account whatever its case.
        "VirtualMFADeviceName" device_name: MfaDeviceName,
        /// Its tags; case tells keys apart.
        "Tags" tags: SentTags,
    }
    errors [LimitExceeded, InvalidInput, EntityAlreadyExists]
    output CreateVirtualMFADeviceOutput {
        /// The device.
        "VirtualMFADevice" device: ShownVirtualDevice,
    }
    on |input, look| {
        let path = input.path.clone().unwrap_or_default();
        let target = Target::at(look.asker.arn(&format!("mfa{path}{}", input.device_name)));
        Ok(tags::given(target, &input.tags, "iam:TagMFADevice"))
    };
    writes |input, desk| {
        let (account, path) = (desk.asker.account, input.path.clone().unwrap_or_default());
        let serial_number = desk.asker.arn(&format!("mfa{path}{}", input.device_name));
        let tags = tags::for_new(&input.tags, false)?;
        let seed = fresh_seed(draw(desk.entropy));
        let device = ShownVirtualDevice {
            enabled: None,
            serial_number,
            seed: Some(encoded_seed(&seed)),
            picture: encoded_picture(input.device_name.as_str(), &account_name(desk.look()), &seed),
            user: None,
            tags: shown::some_tags(&tags),
        };
        let name = input.device_name.clone();
        let record =
            records::MfaDevice { account, name, path, seed, assignment: None, drift: 0, last_pair: None, tags };
        desk.identities.create_mfa_device(desk.batch, record).map_err(|error| match error {
            IdentityError::Taken(..) => ApiError::mfa_device_taken(),
            other => ApiError::internal(other),
        })?;
        Ok(CreateVirtualMFADeviceOutput { device })
    };
}

action! {
    /// Lists the virtual devices of the account in the order of their names.
    ListVirtualMFADevices in pages;
    input ListVirtualMFADevicesInput {
        /// Which; all without it.
        "AssignmentStatus" status: Option<AssignmentStatus>,
    }
    errors []
    output ListVirtualMFADevicesOutput {
        /// The devices.
        "VirtualMFADevices" devices: Members<ShownVirtualDevice>,
    }
    on |_input, look| Ok(Target::at(look.asker.arn("mfa/")));
    reads |input, look| {
        let status = input.status.unwrap_or(AssignmentStatus::Any);
        let paging = input.paging(&[status.as_str()])?;
        let devices = look.identities.mfa_devices_after(look.asker.account, paging.after());
        let page = paging.cut(devices.filter(|(_, device)| match status {
            AssignmentStatus::Any => true,
            AssignmentStatus::Assigned => device.owner().is_some(),
            AssignmentStatus::Unassigned => device.owner().is_none(),
        }));
        Ok(page.map(|device| listed(device, look)).into())
    };
}

action! {
    /// Deletes a virtual device that nobody has.
    DeleteVirtualMFADevice;
    input DeleteVirtualMFADeviceInput {
        /// Its ARN.
        "SerialNumber" serial_number: DeviceSerialNumber,
    }
    errors [NoSuchEntity, DeleteConflict, LimitExceeded]
    on |input, look| Ok(tags::target(Tagged::MfaDevice, input.serial_number.as_str(), look));
    writes |input, desk| {
        let device = Arc::clone(find(input.serial_number.as_str(), desk.look())?);
        if device.owner().is_some() {
            return Err(ApiError::mfa_device_assigned());
        }
        desk.identities.delete_mfa_device(desk.batch, &device.serial_number).map_err(ApiError::internal)
    };
}

action! {
    /// Gives a user a device, who shows two codes of it that follow each other. The codes are not used up.
    EnableMFADevice;
    input EnableMFADeviceInput {
        /// Whose it shall be.
        "UserName" user_name: AskedUserName,
        /// The device's ARN.
        "SerialNumber" serial_number: DeviceSerialNumber,
        /// A code.
        "AuthenticationCode1" first: AuthenticationCode,
        /// The one after it.
        "AuthenticationCode2" second: AuthenticationCode,
    }
    errors [EntityAlreadyExists, InvalidAuthenticationCode, LimitExceeded, NoSuchEntity]
    on |input, look| Ok(look.user_target(input.user_name.as_str()));
    writes |input, desk| {
        let look = desk.look();
        let user = look.user(input.user_name.as_str())?;
        let owner = Owner::User(user).key();
        own_device_first(&owner, look)?;
        let device = find(input.serial_number.as_str(), look)?;
        match device.owner() {
            Some(present) if *present == owner => {
                return Err(ApiError::mfa_device_is_theirs(user.record.name.as_str()));
            }
            Some(_) => return Err(ApiError::mfa_device_in_use()),
            None => {}
        }
        if look.identities.mfa_devices_of(&owner).count() >= MOST_DEVICES {
            return Err(ApiError::over_quota("MFADevicesPerUser", MOST_DEVICES));
        }
        let (first, second) = (code(&input.first)?, code(&input.second)?);
        let (serial_number, now) = (input.serial_number.as_str(), desk.now);
        desk.identities
            .enable_mfa_device(desk.batch, serial_number, owner, [&first, &second], now)
            .map_err(bad_codes)?;
        Ok(())
    };
}

action! {
    /// Takes a device from its owner, whom its codes no longer help from now on. It stays, and can be enabled again.
    DeactivateMFADevice;
    input DeactivateMFADeviceInput {
        /// Whose it is; without it the caller's own.
        "UserName" user_name: Option<AskedUserName>,
        /// The device's ARN.
        "SerialNumber" serial_number: DeviceSerialNumber,
    }
    errors [NoSuchEntity, LimitExceeded]
    on |input, look| look.owner_target(input.user_name.as_ref());
    writes |input, desk| {
        let look = desk.look();
        let owner = look.owner(input.user_name.as_ref())?.key();
        own_device_first(&owner, look)?;
        let device = Arc::clone(theirs(&owner, input.serial_number.as_str(), look)?);
        desk.identities
            .deactivate_mfa_device(desk.batch, &device.serial_number, &owner)
            .map_err(ApiError::internal)
    };
}

action! {
    /// Learns by two codes that follow each other how far the clock of a user's device is off.
    ResyncMFADevice;
    input ResyncMFADeviceInput {
        /// Whose it is.
        "UserName" user_name: AskedUserName,
        /// The device's ARN.
        "SerialNumber" serial_number: DeviceSerialNumber,
        /// A code.
        "AuthenticationCode1" first: AuthenticationCode,
        /// The one after it.
        "AuthenticationCode2" second: AuthenticationCode,
    }
    errors [InvalidAuthenticationCode, NoSuchEntity, LimitExceeded]
    on |input, look| Ok(look.user_target(input.user_name.as_str()));
    writes |input, desk| {
        let look = desk.look();
        let owner = Owner::User(look.user(input.user_name.as_str())?).key();
        let device = Arc::clone(theirs(&owner, input.serial_number.as_str(), look)?);
        let (first, second) = (code(&input.first)?, code(&input.second)?);
        desk.identities
            .resync_mfa_device(desk.batch, &device.serial_number, &owner, [&first, &second], desk.now)
            .map_err(bad_codes)?;
        Ok(())
    };
}

action! {
    /// Lists the devices that a user has.
    ListMFADevices in pages;
    input ListMFADevicesInput {
        /// Whose; without it the caller's own.
        "UserName" user_name: Option<AskedUserName>,
    }
    errors [NoSuchEntity]
    output ListMFADevicesOutput {
        /// The devices.
        "MFADevices" devices: Members<ShownDevice>,
    }
    on |input, look| look.owner_target(input.user_name.as_ref());
    reads |input, look| {
        let owner = look.owner(input.user_name.as_ref())?;
        let whose = owner.name();
        let paging = input.paging(&[whose.as_deref().unwrap_or_default()])?;
        let key = owner.key();
        let devices = look.identities.mfa_devices_of(&key).filter_map(|device| {
            let enabled = device.record.assignment.as_ref()?.enabled.whole_second();
            Some(ShownDevice { enabled, serial_number: device.serial_number.clone(), user_name: whose.clone() })
        });
        Ok(paging.cut_next(devices.collect(), |device: &ShownDevice| &device.serial_number).into())
    };
}

action! {
    /// Tells what is known of a security key. Virtual devices are none, and other ones are not here: always a refusal.
    GetMFADevice;
    input GetMFADeviceInput {
        /// What names the device.
        "SerialNumber" serial_number: DeviceSerialNumber,
        /// Whose it is; without it the caller's own.
        "UserName" user_name: Option<AskedUserName>,
    }
    errors [NoSuchEntity]
    output GetMFADeviceOutput {
        /// Since when it is enabled.
        "EnableDate" enabled: Option<Timestamp>,
        /// What names it.
        "SerialNumber" serial_number: String,
        /// Whose it is.
        "UserName" user_name: Option<String>,
    }
    on |input, look| look.owner_target(input.user_name.as_ref());
    reads |input, look| {
        look.owner(input.user_name.as_ref())?;
        find(input.serial_number.as_str(), look)?;
        Err(ApiError::only_hardware_keys())
    };
}

/// The device of this ARN.
pub(super) fn find<'a>(serial_number: &str, look: Look<'a>) -> Result<&'a Arc<MfaDevice>, ApiError> {
    let found = look.identities.mfa_device(serial_number);
    found
        .filter(|device| device.record.account == look.asker.account)
        .ok_or_else(|| ApiError::no_mfa_device(serial_number))
}

fn theirs<'a>(owner: &KeyOwner, serial_number: &str, look: Look<'a>) -> Result<&'a Arc<MfaDevice>, ApiError> {
    let device = find(serial_number, look)?;
    if device.owner() == Some(owner) { Ok(device) } else { Err(ApiError::not_their_mfa_device()) }
}

/// AWS: whoever has devices alters them only by a session that one of them began, before anything else is said
/// (sts-s-mfa-self).
fn own_device_first(owner: &KeyOwner, look: Look<'_>) -> Result<(), ApiError> {
    let is_own = look.asker.principal.owner().as_ref() == Some(owner);
    if is_own && !look.asker.alters_own_devices && look.identities.mfa_devices_of(owner).next().is_some() {
        return Err(ApiError::own_device_first());
    }
    Ok(())
}

/// The name of the account in authenticator apps. AWS: the user's, or the number of the account.
fn account_name(look: Look<'_>) -> String {
    match &look.asker.principal {
        Principal::User(user) => user.record.name.to_string(),
        _ => look.asker.account.to_string(),
    }
}

fn code(sent: &AuthenticationCode) -> Result<TokenCode, ApiError> {
    TokenCode::parse(sent.as_str()).map_err(|_| ApiError::bad_pair_of_codes())
}

fn bad_codes(error: IdentityError) -> ApiError {
    match error {
        IdentityError::BadCodes(_) => ApiError::bad_pair_of_codes(),
        other => ApiError::internal(other),
    }
}

fn listed(device: &MfaDevice, look: Look<'_>) -> ShownVirtualDevice {
    let user = device.owner().and_then(|owner| match owner {
        KeyOwner::Root(_) => Some(users::root(look)),
        KeyOwner::User(id) => look.identities.user(id).map(|user| shown::listed_user(user)),
    });
    ShownVirtualDevice {
        enabled: device.record.assignment.as_ref().map(|assignment| assignment.enabled.whole_second()),
        serial_number: device.serial_number.clone(),
        seed: None,
        picture: None,
        user,
        tags: None,
    }
}
