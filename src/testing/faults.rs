//! What shall go wrong with a service inside a test.

use super::fail;
use crate::faults::Faults;
use crate::server::faults::read;

/// Rules by which calls fail, wait or are cut off.
#[derive(Clone, Copy, derive_more::Debug)]
#[debug("TestFaults({} rules)", _0.standing().len())]
pub struct TestFaults<'a>(&'a Faults);

impl<'a> TestFaults<'a> {
    pub(super) fn of(faults: &'a Faults) -> Self {
        Self(faults)
    }

    /// Adds rules, in the JSON of `POST /_admin/v1/faults`, such as
    /// `{"preset": "throttle", "match": {"action": "AssumeRole"}, "times": 2}`.
    #[track_caller]
    pub fn add(self, rules: &str) {
        let added = read(rules.as_bytes()).and_then(|rules| self.0.add(rules, false).map_err(|why| why.to_string()));
        added.unwrap_or_else(|why| fail(&why));
    }

    /// How often rules have struck that still stand.
    pub fn struck(self) -> u64 {
        self.0.standing().iter().map(|standing| standing.struck).sum()
    }

    /// Lets all go well again.
    pub fn clear(self) {
        self.0.remove(None);
    }
}
