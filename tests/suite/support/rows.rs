//! Rows in memory that outlive the worlds over them, and that a test can look into meanwhile.

use std::sync::Arc;

use local_sts::store::{Batch, CommitError, Engine, MemoryEngine, Row, StoreFault, Ticket};

/// An engine of which there can be several hands.
#[derive(Clone, Default)]
pub struct Rows(Arc<MemoryEngine>);

impl Engine for Rows {
    fn load(&self) -> Result<(Vec<Row>, u64), StoreFault> {
        self.0.load()
    }

    fn fault(&self) -> Option<StoreFault> {
        self.0.fault()
    }

    fn commit(&self, batch: &Batch, planned_on: u64) -> Result<(u64, Ticket), CommitError> {
        self.0.commit(batch, planned_on)
    }
}
