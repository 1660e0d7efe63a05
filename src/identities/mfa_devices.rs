//! Virtual MFA devices. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_virtual.html>

use std::sync::Arc;

use super::{Identities, IdentityError, Result, in_order, mark, name_key};
use crate::federation::mfa::{Seed, Step};
use crate::ids::names::TokenCode;
use crate::ids::tags::Tag;
use crate::ids::{AccountId, Arn};
use crate::store::records::{KeyOwner, MfaAssignment};
use crate::store::{Batch, records, tables};
use crate::time::Timestamp;

/// A virtual MFA device, ready to verify codes.
#[derive(Debug)]
pub struct MfaDevice {
    /// Its ARN, by which callers name it.
    pub serial_number: String,
    /// What is stored of it.
    pub record: records::MfaDevice,
    /// Makes its codes.
    pub seed: Seed,
}

impl MfaDevice {
    /// Whose it is, if it is enabled.
    pub fn owner(&self) -> Option<&KeyOwner> {
        self.record.assignment.as_ref().map(|assignment| &assignment.owner)
    }

    /// The step that it shows, as far as is known of its clock.
    pub fn step(&self, now: Timestamp) -> Step {
        Step::of(now, self.record.drift)
    }

    /// What is stored of it once two consecutive codes have told how its clock goes.
    fn set_right(&self, pair: [&TokenCode; 2], now: Timestamp) -> Result<records::MfaDevice> {
        let last = self.record.last_pair.map(Step);
        let second = self.seed.second_of_pair(pair, self.step(now), last);
        let second = second.ok_or_else(|| IdentityError::BadCodes(self.serial_number.clone()))?;
        Ok(records::MfaDevice { drift: second.drift(now), last_pair: Some(second.0), ..self.record.clone() })
    }
}

impl Identities {
    /// The device of this serial number, to the letter.
    pub fn mfa_device(&self, serial_number: &str) -> Option<&Arc<MfaDevice>> {
        let (account, name) = Arn::parse(serial_number)?.as_mfa_device()?;
        let device = self.mfa_devices.get(&name_key(account, name))?;
        (device.serial_number == serial_number).then_some(device)
    }

    /// Every device.
    pub fn mfa_devices(&self) -> impl Iterator<Item = &Arc<MfaDevice>> {
        self.mfa_devices.values()
    }

    /// The devices of an account after a name, in the order of their names.
    pub fn mfa_devices_after(
        &self,
        account: AccountId,
        after: Option<&str>,
    ) -> impl Iterator<Item = (&str, &Arc<MfaDevice>)> {
        in_order(&self.mfa_devices, account, after)
    }

    /// The devices of somebody, in the order of their names.
    pub fn mfa_devices_of(&self, owner: &KeyOwner) -> impl Iterator<Item = &Arc<MfaDevice>> {
        self.devices_of.get(owner).into_iter().flatten().filter_map(|key| self.mfa_devices.get(key))
    }

    /// Makes a device.
    pub fn create_mfa_device(&mut self, batch: &mut Batch, record: records::MfaDevice) -> Result<()> {
        if self.mfa_devices.contains_key(&name_key(record.account, record.name.as_str())) {
            return Err(IdentityError::Taken("MFA device", record.name.to_string()));
        }
        if let Some(assignment) = &record.assignment {
            self.check_owner(&assignment.owner)?;
        }
        self.put_mfa_device(batch, record)
    }

    /// Assigns a device to its owner, who shows two consecutive codes of it.
    pub fn enable_mfa_device(
        &mut self,
        batch: &mut Batch,
        serial_number: &str,
        owner: KeyOwner,
        pair: [&TokenCode; 2],
        now: Timestamp,
    ) -> Result<()> {
        let device = self.existing_mfa_device(serial_number)?;
        if device.owner().is_some() {
            return Err(IdentityError::DeviceAssigned(serial_number.to_owned()));
        }
        let record = device.set_right(pair, now)?;
        self.check_owner(&owner)?;
        let assignment = Some(MfaAssignment { owner, enabled: now });
        self.put_mfa_device(batch, records::MfaDevice { assignment, ..record })
    }

    /// Learns anew how the clock of its owner's device goes. What was used of its codes stays used.
    pub fn resync_mfa_device(
        &mut self,
        batch: &mut Batch,
        serial_number: &str,
        owner: &KeyOwner,
        pair: [&TokenCode; 2],
        now: Timestamp,
    ) -> Result<()> {
        let record = self.mfa_device_of(serial_number, owner)?.set_right(pair, now)?;
        self.put_mfa_device(batch, record)
    }

    /// Gives a device other tags.
    pub fn tag_mfa_device(&mut self, batch: &mut Batch, serial_number: &str, tags: Vec<Tag>) -> Result<()> {
        let record = self.existing_mfa_device(serial_number)?.record.clone();
        self.put_mfa_device(batch, records::MfaDevice { tags, ..record })
    }

    /// Takes a device from its owner. It keeps its seed, and what is known of its clock.
    pub fn deactivate_mfa_device(&mut self, batch: &mut Batch, serial_number: &str, owner: &KeyOwner) -> Result<()> {
        let record = self.mfa_device_of(serial_number, owner)?.record.clone();
        self.put_mfa_device(batch, records::MfaDevice { assignment: None, ..record })
    }

    /// Removes a device that nobody has.
    pub fn delete_mfa_device(&mut self, batch: &mut Batch, serial_number: &str) -> Result<()> {
        let device = self.existing_mfa_device(serial_number)?;
        if device.owner().is_some() {
            return Err(IdentityError::DeviceAssigned(serial_number.to_owned()));
        }
        let key = name_key(device.record.account, device.record.name.as_str());
        tables::MFA_DEVICES.remove(batch, &device.serial_number);
        self.mfa_devices.remove_mut(&key);
        // A device of this name that is made anew has another seed, whose codes nobody has used.
        self.forget_used_codes(batch, serial_number);
        Ok(())
    }

    /// Takes every device from an owner who is going.
    pub(super) fn deactivate_mfa_devices_of(&mut self, batch: &mut Batch, owner: &KeyOwner) -> Result<()> {
        let records: Vec<records::MfaDevice> = self.mfa_devices_of(owner).map(|device| device.record.clone()).collect();
        records
            .into_iter()
            .try_for_each(|record| self.put_mfa_device(batch, records::MfaDevice { assignment: None, ..record }))
    }

    pub(super) fn keep_mfa_device(&mut self, record: records::MfaDevice) -> Result<()> {
        let device = self.ready_mfa_device(record)?;
        self.hold_mfa_device(device);
        Ok(())
    }

    fn put_mfa_device(&mut self, batch: &mut Batch, record: records::MfaDevice) -> Result<()> {
        let device = self.ready_mfa_device(record)?;
        tables::MFA_DEVICES.put(batch, &device.serial_number, &device.record)?;
        self.hold_mfa_device(device);
        Ok(())
    }

    fn hold_mfa_device(&mut self, device: MfaDevice) {
        let key = name_key(device.record.account, device.record.name.as_str());
        let before = self.mfa_devices.get(&key).and_then(|before| before.owner().cloned());
        if let Some(before) = before {
            mark(&mut self.devices_of, before, key.clone(), false);
        }
        if let Some(owner) = device.owner() {
            mark(&mut self.devices_of, owner.clone(), key.clone(), true);
        }
        self.mfa_devices.insert_mut(key, Arc::new(device));
    }

    fn ready_mfa_device(&self, record: records::MfaDevice) -> Result<MfaDevice> {
        let serial_number = self.arn_in(record.account, format_args!("mfa{}{}", record.path, record.name))?;
        match Seed::parse(&record.seed) {
            Some(seed) => Ok(MfaDevice { serial_number, record, seed }),
            None => Err(IdentityError::BadSeed(serial_number)),
        }
    }

    fn existing_mfa_device(&self, serial_number: &str) -> Result<&Arc<MfaDevice>> {
        self.mfa_device(serial_number).ok_or_else(|| IdentityError::NoSuch("MFA device", serial_number.to_owned()))
    }

    fn mfa_device_of(&self, serial_number: &str, owner: &KeyOwner) -> Result<&Arc<MfaDevice>> {
        let device = self.existing_mfa_device(serial_number)?;
        if device.owner() == Some(owner) {
            Ok(device)
        } else {
            Err(IdentityError::NotTheirDevice(serial_number.to_owned()))
        }
    }
}
