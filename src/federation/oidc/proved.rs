//! Tokens that were proved lately: who assumes roles by a token mostly comes with it again and again.
//!
//! What a token says and that a key signed it stay true, so this changes no verdict. Whether its issuer still has that
//! key, and what the token is good for, is asked anew each time.

use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwapOption;
use sha2::{Digest as _, Sha256};

use super::rejection::Rejection;
use super::token::{Token, UnverifiedToken};
use super::verify::VerifiedToken;
use crate::federation::public_key::PublicKey;

/// As many tokens as are in use at once, more or less; each has one place, where another may push it out.
const PLACES: usize = 64;
/// ATTACK: what is read of a token may take sixty times its length. Tokens of build platforms and clusters are shorter.
const LONGEST: usize = 4096;

type Places = Box<[ArcSwapOption<Proved>]>;

/// What stands for the text of a token. ATTACK: no two have the same, and no time tells how alike two are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Print([u8; 32]);

/// What is known of a token that came: under which print it is kept, if at all, and the key that is known to have signed it.
#[derive(Default)]
pub(super) struct Before {
    print: Option<Print>,
    by: Option<Arc<PublicKey>>,
}

/// A memory that takes no room before there is something to remember.
#[derive(Default)]
pub struct ProvedLately(OnceLock<Places>);

struct Proved {
    print: Print,
    token: Arc<Token>,
    by: Arc<PublicKey>,
}

impl Print {
    fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    fn place(self, places: &Places) -> Option<&ArcSwapOption<Proved>> {
        let [first, ..] = self.0;
        places.get(usize::from(first) % PLACES)
    }
}

impl Before {
    pub(super) fn is_proved_by(&self, key: &Arc<PublicKey>) -> bool {
        self.by.as_ref().is_some_and(|known| Arc::ptr_eq(known, key))
    }
}

impl ProvedLately {
    /// Reads a token, or finds it among those that were proved.
    pub fn read<'t>(&self, text: &'t str) -> Result<UnverifiedToken<'t>, Rejection> {
        if text.len() > LONGEST {
            return UnverifiedToken::parse(text);
        }
        let print = Print::of(text);
        let place = self.0.get().and_then(|places| print.place(places)).map(ArcSwapOption::load);
        match place.as_ref().and_then(|place| place.as_ref()).filter(|proved| proved.print == print) {
            Some(proved) => {
                let before = Before { print: Some(print), by: Some(Arc::clone(&proved.by)) };
                Ok(UnverifiedToken { text, token: Arc::clone(&proved.token), before })
            }
            None => UnverifiedToken::take_apart(text, Before { print: Some(print), by: None }),
        }
    }

    /// Forgets all of them.
    pub fn clear(&self) {
        self.0.get().into_iter().flatten().for_each(|place| place.store(None));
    }

    /// Keeps a token that was read so and has been proved since.
    pub fn keep(&self, proved: &VerifiedToken) {
        let Some(print) = proved.before.print.filter(|_| !proved.before.is_proved_by(&proved.by)) else { return };
        let places = self.0.get_or_init(|| (0..PLACES).map(|_| ArcSwapOption::empty()).collect());
        if let Some(place) = print.place(places) {
            let (token, by) = (Arc::clone(&proved.token), Arc::clone(&proved.by));
            place.store(Some(Arc::new(Proved { print, token, by })));
        }
    }
}
