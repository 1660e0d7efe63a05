//! When, where and for what a key or a role was last used. Noted with every call, so in memory first; stored now and then.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwapOption;

use super::{Identities, Result};
use crate::store::records::Use;
use crate::store::{Batch, tables};
use crate::time::Timestamp;

/// The last use of something.
#[derive(Debug, Default)]
pub struct LastUse(Arc<Noted>);

#[derive(Debug, Default)]
struct Noted {
    last: ArcSwapOption<Use>,
    unsaved: AtomicBool,
}

/// A use, as it is noted.
#[derive(Clone, Copy, Debug)]
pub struct Used<'a> {
    /// When.
    pub at: Timestamp,
    /// The region of the signature.
    pub region: &'a str,
    /// The service of the signature.
    pub service: &'a str,
}

impl LastUse {
    /// The last use, if there was one.
    pub fn get(&self) -> Option<Arc<Use>> {
        self.0.last.load_full()
    }

    /// Notes a use. AWS tells whole seconds, so another one within the same second and place is nothing new.
    pub fn note(&self, used: Used<'_>) {
        let at = used.at.whole_second();
        let known = |last: &Use| last.at >= at && *last.region == *used.region && *last.service == *used.service;
        if self.0.last.load().as_ref().is_some_and(|last| known(last)) {
            return;
        }
        let (region, service) = (used.region.to_owned(), used.service.to_owned());
        self.0.last.store(Some(Arc::new(Use { at, region, service })));
        self.0.unsaved.store(true, Ordering::Release);
    }

    pub(super) fn restore(&self, used: Use) {
        self.0.last.store(Some(Arc::new(used)));
    }

    /// The same for a thing that was altered: whoever notes a use with either, notes it for both.
    pub(super) fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    fn take_unsaved(&self) -> Option<Arc<Use>> {
        if self.0.unsaved.swap(false, Ordering::AcqRel) { self.get() } else { None }
    }
}

impl Identities {
    /// Keys and roles that are here keep their last use; that of others is forgotten.
    pub(super) fn inherit_uses(&mut self, batch: &mut Batch, before: &Self) {
        let note = |to: &LastUse, from: &LastUse| {
            if let Some(used) = from.get() {
                to.note(Used { at: used.at, region: &used.region, service: &used.service });
            }
        };
        for known in before.access_keys() {
            match self.access_key(known.id.as_str()) {
                Some(key) => note(&key.last_use, &known.last_use),
                None => tables::KEY_USES.remove(batch, &known.id),
            }
        }
        for known in before.roles() {
            match self.role(&known.id) {
                Some(role) => note(&role.last_use, &known.last_use),
                None => tables::ROLE_USES.remove(batch, &known.id),
            }
        }
    }

    /// Whether something was used since uses were last saved.
    pub fn has_unsaved_uses(&self) -> bool {
        let unsaved = |last: &LastUse| last.0.unsaved.load(Ordering::Acquire);
        self.access_keys().any(|key| unsaved(&key.last_use)) || self.roles().any(|role| unsaved(&role.last_use))
    }

    /// Stores what was used since the last time.
    pub fn save_uses(&self, batch: &mut Batch) -> Result<()> {
        for key in self.access_keys() {
            if let Some(used) = key.last_use.take_unsaved() {
                tables::KEY_USES.put(batch, &key.id, &used)?;
            }
        }
        for role in self.roles() {
            if let Some(used) = role.last_use.take_unsaved() {
                tables::ROLE_USES.put(batch, &role.id, &used)?;
            }
        }
        Ok(())
    }
}
