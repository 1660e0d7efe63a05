//! Tokens that were opened lately, so that one which comes with every request is not opened for each.
//!
//! What a token says never changes; whether its session still lives is asked anew each time. A ring keeps them, and
//! another ring knows none of them.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use super::token::OpenedToken;

/// As many keys as are in use at once, more or less; each has one place, where another may push it out.
const PLACES: usize = 512;

/// What is known of sessions and keys that are in use, by the id of the key.
pub struct ByKey<T>(Box<[ArcSwapOption<T>]>);

#[derive(Default)]
pub(super) struct OpenedLately(ByKey<Kept>);

struct Kept {
    token: Box<str>,
    access_key_id: Box<str>,
    opened: OpenedToken,
}

impl OpenedLately {
    /// What came of opening this very token, if that is still known.
    pub(super) fn find(&self, token: &str, access_key_id: &str) -> Option<OpenedToken> {
        let kept = self.0.place(access_key_id)?.load();
        let kept = kept.as_ref()?;
        // The token tells nobody anything without the secret, so it may be compared as fast as it goes.
        (*kept.access_key_id == *access_key_id && *kept.token == *token).then(|| kept.opened.clone())
    }

    /// Keeps what was opened.
    pub(super) fn keep(&self, token: &str, access_key_id: &str, opened: &OpenedToken) {
        if let Some(place) = self.0.place(access_key_id) {
            let (token, access_key_id) = (token.into(), access_key_id.into());
            place.store(Some(Arc::new(Kept { token, access_key_id, opened: opened.clone() })));
        }
    }
}

impl<T> ByKey<T> {
    /// Where it is kept, or what another key has put there.
    pub fn place(&self, access_key_id: &str) -> Option<&ArcSwapOption<T>> {
        let mixed =
            access_key_id.bytes().fold(0, |mixed: usize, byte| mixed.wrapping_mul(31).wrapping_add(byte.into()));
        self.0.get(mixed % PLACES)
    }
}

impl<T> Default for ByKey<T> {
    fn default() -> Self {
        Self((0..PLACES).map(|_| ArcSwapOption::empty()).collect())
    }
}
