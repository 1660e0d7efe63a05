//! What is told of whoever signs, written out once: who signs one request signs the next.
//!
//! It rests on a principal as it was last set and on what a session began with; neither ever changes in its place.

use std::sync::Arc;

use arc_swap::{ArcSwapOption, Guard};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::Ask;
use super::describe::{Credential, Identity};
use crate::access::{self, Holder, Principal};
use crate::identities::AccessKey;
use crate::json::Written;
use crate::sessions::ByKey;

/// What was told lately.
#[derive(Default)]
pub struct ToldLately(ByKey<Kept>);

struct Kept {
    principal: Principal,
    credential: access::Credential,
    is_well_known: bool,
    identity_told: Written,
    credential_told: Written,
}

/// Identity and credential as answers have them.
pub(super) struct Told(Guard<Option<Arc<Kept>>>);

impl Serialize for Told {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kept = self.0.as_ref();
        let mut both = serializer.serialize_struct("Told", 2)?;
        both.serialize_field("identity", &kept.map(|kept| &kept.identity_told))?;
        both.serialize_field("credential", &kept.map(|kept| &kept.credential_told))?;
        both.end()
    }
}

impl Told {
    pub(super) fn of(ask: &Ask<'_>, holder: &Holder<'_>) -> Self {
        let place = ask.told.0.place(holder.access_key_id().as_str());
        if let Some(kept) =
            place.map(ArcSwapOption::load).filter(|kept| kept.as_ref().is_some_and(|it| it.is_of(holder)))
        {
            return Self(kept);
        }
        let kept = Arc::new(Kept::of(ask, holder));
        if let Some(place) = place.filter(|_| kept.is_short()) {
            place.store(Some(Arc::clone(&kept)));
        }
        Self(Guard::from_inner(Some(kept)))
    }
}

impl Kept {
    fn of(ask: &Ask<'_>, holder: &Holder<'_>) -> Self {
        let (principal, credential) = holder.clone().into_parts();
        Self {
            principal,
            credential,
            is_well_known: is_well_known(holder),
            identity_told: Written::of(&Identity::of(ask, holder)),
            credential_told: Written::of(&Credential::of(holder)),
        }
    }

    fn is_of(&self, holder: &Holder<'_>) -> bool {
        let session = self.credential.session().map(|opened| std::ptr::from_ref(opened.session()));
        session == holder.session().map(std::ptr::from_ref)
            && self.credential.access_key_id() == holder.access_key_id()
            && self.is_well_known == is_well_known(holder)
            && self.principal.is(holder.principal())
    }

    /// Of sessions with many tags nobody keeps more than a token has anyway.
    fn is_short(&self) -> bool {
        self.identity_told.length() < 4096
    }
}

fn is_well_known(holder: &Holder<'_>) -> bool {
    holder.long_term().is_some_and(AccessKey::is_well_known)
}
