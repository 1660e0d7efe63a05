//! Another engine with faults before it: what a full disk or a dying one does to those who wait, at planned moments.

use std::sync::{Arc, Mutex};

use local_sts::store::{Batch, CommitError, Engine, Row, StoreFault, Ticket};

/// Where a store may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultPoint {
    /// Before a batch is written: nothing of it happens.
    StoreWrite,
    /// When what was written should become durable: a restart may forget it.
    StoreFlush,
}

/// Faults that shall happen: each strikes once.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<(FaultPoint, u32)>>);

impl Faults {
    /// The `nth` passage of `point` from now on shall fail; the next one is the first.
    pub fn plan(&self, point: FaultPoint, nth: u32) {
        self.0.lock().unwrap().push((point, nth));
    }

    /// Whether this passage of `point` fails.
    pub fn strikes(&self, point: FaultPoint) -> bool {
        let mut planned = self.0.lock().unwrap();
        let waiting = planned.len();
        planned.iter_mut().filter(|(at, _)| *at == point).for_each(|(_, left)| *left = left.saturating_sub(1));
        planned.retain(|(_, left)| *left > 0);
        planned.len() < waiting
    }
}

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
