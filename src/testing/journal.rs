//! What a service inside a test was asked, and whether it was what the test expects.

use std::ops::ControlFlow;

use serde_json::Value;

use super::fail;
use crate::journal::verify::{Expectation, verify};
use crate::journal::{Entry, Journal};

/// The calls of late, oldest first, without their secrets.
#[derive(Clone, Copy, derive_more::Debug)]
#[debug("TestJournal({} entries)", self.entries().len())]
pub struct TestJournal<'a>(&'a Journal);

impl<'a> TestJournal<'a> {
    pub(super) fn of(journal: &'a Journal) -> Self {
        Self(journal)
    }

    /// All that is remembered, as `GET /_admin/v1/journal` shows it.
    pub fn entries(self) -> Vec<Value> {
        let mut entries = Vec::new();
        self.0.scan(0, |entry: Entry| {
            entries.push(entry.render());
            ControlFlow::Continue(())
        });
        entries
    }

    /// Demands that this has happened, in the JSON of `POST /_admin/v1/journal/verify`, such as
    /// `{"match": {"action": "AssumeRole"}, "expect": {"count": 1}}`; panics with what came nearest.
    #[track_caller]
    pub fn expect(self, expectation: &str) {
        let read: Result<Expectation, String> = serde_json::from_str(expectation).map_err(|error| error.to_string());
        match read.and_then(|expectation| verify(self.0, &expectation)) {
            Ok(found) if found.get("matched") == Some(&Value::Bool(true)) => {}
            Ok(found) => fail(&format!("{expectation} was expected, and this was found: {found:#}")),
            Err(why) => fail(&why),
        }
    }

    /// Forgets all of it.
    pub fn clear(self) {
        self.0.clear();
    }
}
