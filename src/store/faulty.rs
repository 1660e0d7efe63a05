//! Another engine with faults before it: what a full disk or a dying one does to those who wait, at planned moments.

use std::sync::Arc;

use super::engine::{Batch, CommitError, Engine, Row, StoreFault, Ticket};
use crate::env::{FaultPoint, Faults};

/// An engine that fails where `Faults` says so, and otherwise does as the one behind it.
pub struct FaultyEngine {
    inner: Box<dyn Engine>,
    faults: Arc<Faults>,
}

impl FaultyEngine {
    /// Puts `faults` before `inner`.
    pub fn over(inner: Box<dyn Engine>, faults: Arc<Faults>) -> Self {
        Self { inner, faults }
    }
}

impl Engine for FaultyEngine {
    fn load(&self) -> Result<(Vec<Row>, u64), StoreFault> {
        self.inner.load()
    }

    fn fault(&self) -> Option<StoreFault> {
        self.inner.fault()
    }

    fn commit(&self, batch: &Batch, planned_on: u64) -> Result<(u64, Ticket), CommitError> {
        if self.faults.strikes(FaultPoint::StoreWrite) {
            return Err(CommitError::Fault(StoreFault("a planned fault of the write".to_owned())));
        }
        let (revision, ticket) = self.inner.commit(batch, planned_on)?;
        if self.faults.strikes(FaultPoint::StoreFlush) {
            let fault = StoreFault("a planned fault of the flush".to_owned());
            return Ok((revision, Ticket::settled(Err(fault))));
        }
        Ok((revision, ticket))
    }
}
