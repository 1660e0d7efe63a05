//! Signatures of a key that were found good lately: who assumes roles by a token mostly comes with it again and again.
//!
//! That a key signed something stays true, so this changes no verdict. What a token is good for is asked anew each time.

use std::sync::OnceLock;

use arc_swap::ArcSwapOption;
use sha2::{Digest as _, Sha256};

use crate::federation::Algorithm;

/// As many tokens of one key as are in use at once, more or less; each has one place, where another may push it out.
const PLACES: usize = 64;

type Places = Box<[ArcSwapOption<Print>]>;

/// What stands for an algorithm, a message and a signature. ATTACK: no two such have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Print([u8; 32]);

/// A memory that takes no room before there is something to remember.
#[derive(Debug, Default)]
pub(super) struct ProvedLately(OnceLock<Places>);

impl Print {
    pub(super) fn of(algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Self {
        let digest = Sha256::new_with_prefix(algorithm.name()).chain_update(message.len().to_be_bytes());
        Self(digest.chain_update(message).chain_update(signature).finalize().into())
    }

    fn place(self, places: &Places) -> Option<&ArcSwapOption<Self>> {
        let [first, ..] = self.0;
        places.get(usize::from(first) % PLACES)
    }
}

impl ProvedLately {
    pub(super) fn knows(&self, print: Print) -> bool {
        let place = self.0.get().and_then(|places| print.place(places));
        place.is_some_and(|place| place.load().as_deref() == Some(&print))
    }

    pub(super) fn keep(&self, print: Print) {
        let places = self.0.get_or_init(|| (0..PLACES).map(|_| ArcSwapOption::empty()).collect());
        if let Some(place) = print.place(places) {
            place.store(Some(print.into()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_signature_makes_no_other_one_good() {
        let known = (Algorithm::Es256, b"message".as_slice(), b"signature".as_slice());
        let proved = ProvedLately::default();
        let knows = |(algorithm, message, signature)| proved.knows(Print::of(algorithm, message, signature));
        assert!(!knows(known));
        proved.keep(Print::of(known.0, known.1, known.2));
        assert!(knows(known));
        for other in [
            (Algorithm::Rs256, known.1, known.2),
            (known.0, b"messages".as_slice(), b"ignature".as_slice()),
            (known.0, b"".as_slice(), b"messagesignature".as_slice()),
            (known.0, b"massage".as_slice(), known.2),
            (known.0, known.1, b"signatur".as_slice()),
        ] {
            assert!(!knows(other), "{other:?}");
        }
    }
}
