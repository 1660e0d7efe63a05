//! `Null`: whether a key is absent.
//!
//! AWS: the policy's text is converted as for `Bool` (measured); a key with an empty value is present.

use super::boolean::truth;

/// `true` asks for an absent key, anything else for a present one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operand {
    absent: bool,
}

impl Operand {
    pub(super) fn parse(text: &str) -> Self {
        Self { absent: truth(text) }
    }

    pub(super) fn holds(self, present: bool) -> bool {
        self.absent != present
    }
}
