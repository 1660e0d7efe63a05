//! Signing keys that are kept with the secret they were derived from, so that they live no longer than it.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use super::{Scope, SigningKey};

/// A few signing keys, each for the scope it was derived for; filled only after a signature verified.
#[derive(Default, derive_more::Debug)]
#[debug("DerivedKeys(..)")]
pub struct DerivedKeys([ArcSwapOption<DerivedKey>; 4]);

/// A signing key and what it was narrowed to.
#[derive(Debug)]
struct DerivedKey {
    date: Box<str>,
    region: Box<str>,
    service: Box<str>,
    key: SigningKey,
}

impl DerivedKeys {
    /// The signing key for `scope`, if it is kept.
    pub fn find(&self, scope: &Scope<'_>) -> Option<SigningKey> {
        self.0.iter().find_map(|slot| {
            let slot = slot.load();
            let kept = slot.as_ref()?;
            let same = *kept.date == *scope.date && *kept.region == *scope.region && *kept.service == *scope.service;
            same.then(|| kept.key.clone())
        })
    }

    /// Keeps the key of `scope`, in a free slot or else over the one of the oldest date.
    pub fn keep(&self, scope: &Scope<'_>, key: &SigningKey) {
        let date = |slot: &&ArcSwapOption<DerivedKey>| slot.load().as_ref().map(|kept| kept.date.clone());
        if let Some(slot) = self.0.iter().min_by_key(date) {
            let (date, region, service) = (scope.date.into(), scope.region.into(), scope.service.into());
            slot.store(Some(Arc::new(DerivedKey { date, region, service, key: key.clone() })));
        }
    }
}
