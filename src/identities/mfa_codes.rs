//! What was shown of the codes of MFA devices: each counts once, and a device has nine verifications in three minutes.

use std::sync::Arc;

use rpds::HashTrieSetSync;

use super::mfa_devices::MfaDevice;
use super::{Identities, IdentityError, Result};
use crate::federation::mfa::Step;
use crate::ids::names::{SerialNumber, TokenCode};
use crate::store::records::{KeyOwner, MfaVerifications, UsedCode, UsedUpTo};
use crate::store::{Batch, StoreFault, tables};
use crate::time::{Moment, Timestamp};

/// AWS: good codes, bad ones and used ones alike (sts-s-mfa-budget).
const VERIFICATIONS: u32 = 9;
/// AWS: reckoned by UTC, not from the first of them (sts-s-mfa-budget-over).
const SLOT_SECONDS: i64 = 180;
/// B-139: so many used codes of a device are remembered one by one, the latest; of the time before them no code counts.
const KEPT_CODES: usize = 1000;

/// A code of a device of the caller's, fresh and of the present. Only [`Identities::verify_code`] makes one.
#[derive(Clone, Debug)]
pub struct VerifiedCode {
    serial_number: String,
    step: Step,
    at: Timestamp,
}

/// Why a code proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeRejection {
    /// No device of this serial number is enabled for the caller.
    NotTheirDevice,
    /// The device had its verifications for the present three minutes.
    Exhausted,
    /// It is none of the codes that count now.
    Wrong,
    /// It was used before.
    Used,
}

impl VerifiedCode {
    /// When it was shown.
    pub fn at(&self) -> Timestamp {
        self.at
    }
}

impl Identities {
    /// The device of `owner` of this serial number, if a code of it may be verified now.
    pub fn device_to_verify(
        &self,
        owner: &KeyOwner,
        serial_number: &str,
        now: Timestamp,
    ) -> Result<&Arc<MfaDevice>, CodeRejection> {
        let device = self.mfa_device(serial_number).filter(|device| device.owner() == Some(owner));
        let device = device.ok_or(CodeRejection::NotTheirDevice)?;
        if self.verifications_left(serial_number, now) == 0 {
            return Err(CodeRejection::Exhausted);
        }
        Ok(device)
    }

    /// Verifies a code. That this was done counts, whatever comes of it; the code is not used up by it.
    pub fn verify_code(
        &mut self,
        batch: &mut Batch,
        owner: &KeyOwner,
        serial_number: &SerialNumber,
        code: &TokenCode,
        now: Timestamp,
    ) -> Result<Result<VerifiedCode, CodeRejection>, StoreFault> {
        let device = match self.device_to_verify(owner, serial_number.as_str(), now) {
            Ok(device) => Arc::clone(device),
            Err(rejection) => return Ok(Err(rejection)),
        };
        let serial_number = device.serial_number.clone();
        let count = VERIFICATIONS - self.verifications_left(&serial_number, now) + 1;
        let verifications = MfaVerifications { slot: slot(now), count };
        tables::MFA_VERIFICATIONS.put(batch, &serial_number, &verifications)?;
        self.verifications.insert_mut(serial_number.clone(), verifications);
        let mut steps = device.seed.matching(code, device.step(now)).peekable();
        if steps.peek().is_none() {
            return Ok(Err(CodeRejection::Wrong));
        }
        let fresh = steps.find(|step| !self.is_used(&serial_number, *step));
        Ok(fresh.map(|step| VerifiedCode { serial_number, step, at: now }).ok_or(CodeRejection::Used))
    }

    /// Uses a code up, unless somebody was faster.
    pub fn use_code(&mut self, batch: &mut Batch, code: &VerifiedCode) -> Result<()> {
        let VerifiedCode { serial_number, step, .. } = code;
        if self.is_used(serial_number, *step) {
            return Err(IdentityError::CodeUsed);
        }
        tables::USED_CODES.insert(batch, &(serial_number.clone(), step.0), &UsedCode)?;
        self.keep_used_code(serial_number.clone(), *step);
        Ok(())
    }

    /// A code of `device` that counts now and that nobody has used, and the instant from which on it no longer counts.
    pub fn fresh_code(&self, device: &MfaDevice, now: Timestamp) -> Option<(String, Timestamp)> {
        let mut window = device.step(now).window();
        let step = window.find(|step| !self.is_used(&device.serial_number, *step))?;
        Some((device.seed.code(step)?, step.over(device.record.drift)))
    }

    /// How many verifications a device has left in the present three minutes.
    pub fn verifications_left(&self, serial_number: &str, now: Timestamp) -> u32 {
        let counted = self.verifications.get(serial_number).filter(|counted| counted.slot == slot(now));
        VERIFICATIONS.saturating_sub(counted.map_or(0, |counted| counted.count))
    }

    /// Forgets counts that can matter no more, and which codes were used of a time of which none counts; says how many.
    pub fn sweep_codes(&mut self, batch: &mut Batch, moment: Moment) -> Result<usize, StoreFault> {
        // ATTACK: a clock that is turned back must not revive what was forgotten: by no clock is a code too old.
        let now = moment.now.min(moment.machine);
        let past = |(_, counted): &(&String, &MfaVerifications)| counted.slot < slot(now);
        let counts: Vec<String> = self.verifications.iter().filter(past).map(|(serial, _)| serial.clone()).collect();
        for serial_number in &counts {
            tables::MFA_VERIFICATIONS.remove(batch, serial_number);
            self.verifications.remove_mut(serial_number);
        }
        let too_many = |(_, steps): &(&String, &HashTrieSetSync<Step>)| steps.size() > KEPT_CODES;
        let used = self.used_codes.iter().filter(too_many).map(|(serial, steps)| (serial.clone(), steps.clone()));
        let used: Vec<(String, HashTrieSetSync<Step>)> = used.collect();
        let mut forgotten = counts.len();
        for (serial_number, steps) in used {
            let mut earliest: Vec<Step> = steps.iter().copied().collect();
            earliest.sort_unstable();
            earliest.truncate(steps.size() - KEPT_CODES);
            for step in &earliest {
                self.forget_used_code(batch, &serial_number, *step);
            }
            forgotten += earliest.len();
            if let Some(last) = earliest.pop() {
                // What is forgotten lies behind all that was forgotten before, for that was refused since.
                tables::USED_UP_TO.put(batch, &serial_number, &UsedUpTo { step: last.0 })?;
                self.used_up_to.insert_mut(serial_number, last);
            }
        }
        Ok(forgotten)
    }

    /// What was shown of the codes of devices that are here with the same seed still counts; of others it is forgotten.
    pub(super) fn inherit_codes(&mut self, batch: &mut Batch, before: &Self) {
        let mut going = before.clone();
        for device in before.mfa_devices() {
            let serial_number = &device.serial_number;
            let seed = |found: &Arc<MfaDevice>| found.record.seed == device.record.seed;
            if !self.mfa_device(serial_number).is_some_and(seed) {
                going.forget_used_codes(batch, serial_number);
                tables::MFA_VERIFICATIONS.remove(batch, serial_number);
                continue;
            }
            if let Some(counted) = before.verifications.get(serial_number) {
                self.verifications.insert_mut(serial_number.clone(), *counted);
            }
            if let Some(used) = before.used_codes.get(serial_number) {
                self.used_codes.insert_mut(serial_number.clone(), used.clone());
            }
            if let Some(last) = before.used_up_to.get(serial_number) {
                self.used_up_to.insert_mut(serial_number.clone(), *last);
            }
        }
    }

    pub(super) fn forget_used_codes(&mut self, batch: &mut Batch, serial_number: &str) {
        let used = self.used_codes.get(serial_number).cloned().unwrap_or_default();
        for step in &used {
            self.forget_used_code(batch, serial_number, *step);
        }
        tables::USED_UP_TO.remove(batch, &serial_number.to_owned());
        self.used_up_to.remove_mut(serial_number);
    }

    pub(super) fn keep_used_code(&mut self, serial_number: String, step: Step) {
        let used = self.used_codes.get(&serial_number).cloned().unwrap_or_default();
        self.used_codes.insert_mut(serial_number, used.insert(step));
    }

    fn forget_used_code(&mut self, batch: &mut Batch, serial_number: &str, step: Step) {
        tables::USED_CODES.remove(batch, &(serial_number.to_owned(), step.0));
        let left: HashTrieSetSync<Step> =
            self.used_codes.get(serial_number).map(|used| used.remove(&step)).unwrap_or_default();
        if left.is_empty() {
            self.used_codes.remove_mut(serial_number);
        } else {
            self.used_codes.insert_mut(serial_number.to_owned(), left);
        }
    }

    fn is_used(&self, serial_number: &str, step: Step) -> bool {
        self.used_up_to.get(serial_number).is_some_and(|last| step <= *last)
            || self.used_codes.get(serial_number).is_some_and(|used| used.contains(&step))
    }
}

/// Three minutes of UTC.
fn slot(now: Timestamp) -> i64 {
    now.seconds().div_euclid(SLOT_SECONDS)
}
