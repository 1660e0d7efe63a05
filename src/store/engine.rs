//! The seam to whatever keeps the rows: load everything, commit a batch whose expectations hold.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use super::tables;

/// One stored row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Table number, then the key.
    pub key: Vec<u8>,
    /// The record with its version.
    pub value: Vec<u8>,
}

/// What a write demands of the row it replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nothing.
    Anything,
    /// That there is none: decides one-time uses.
    Absent,
}

/// One row put or removed.
#[derive(Clone, Debug)]
pub struct Write {
    /// Table number, then the key.
    pub key: Vec<u8>,
    /// The new record, or none to remove the row.
    pub value: Option<Vec<u8>>,
    /// What must hold for the whole batch to happen.
    pub expect: Expect,
}

impl From<Row> for Write {
    /// That there shall be this row.
    fn from(Row { key, value }: Row) -> Self {
        Self { key, value: Some(value), expect: Expect::Anything }
    }
}

/// Writes that happen together or not at all.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// In order; a later write to a key wins.
    pub writes: Vec<Write>,
    /// Remove every row that was there before, but those of tables that outlive it.
    pub wipe: bool,
}

impl Batch {
    /// Whether it removes what was there before under this key.
    pub(super) fn wipes(&self, key: &[u8]) -> bool {
        self.wipe && !tables::outlives_wipes(key)
    }
}

/// Why a batch did not happen.
#[derive(Debug)]
pub enum CommitError {
    /// Another commit was faster, or a row that must be absent is there.
    Conflict,
    /// The medium failed.
    Fault(StoreFault),
}

/// The medium failed.
#[derive(Clone, Debug, derive_more::Display)]
pub struct StoreFault(pub String);

impl std::error::Error for StoreFault {}

/// Resolves once what was committed survives the process.
#[derive(Debug)]
pub struct Ticket(oneshot::Receiver<Result<(), StoreFault>>);

impl Ticket {
    pub(super) fn pending() -> (oneshot::Sender<Result<(), StoreFault>>, Self) {
        let (sender, receiver) = oneshot::channel();
        (sender, Self(receiver))
    }

    /// One that is resolved already.
    pub fn settled(outcome: Result<(), StoreFault>) -> Self {
        let (sender, ticket) = Self::pending();
        // The receiver is right here, so it takes the word.
        let _ = sender.send(outcome);
        ticket
    }

    /// Blocks until the commit is durable. Not for async workers, which await the ticket.
    pub fn wait(mut self) -> Result<(), StoreFault> {
        let outcome = match self.0.try_recv() {
            // WHY: a test that has a service in it may be an async task, in which nobody may block but by a thread.
            Err(TryRecvError::Empty) => {
                std::thread::scope(|scope| scope.spawn(|| self.0.blocking_recv()).join()).ok().and_then(Result::ok)
            }
            at_once => at_once.ok(),
        };
        outcome.unwrap_or_else(stopped)
    }
}

impl Future for Ticket {
    type Output = Result<(), StoreFault>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|outcome| outcome.unwrap_or_else(|_| stopped()))
    }
}

/// What a ticket of a flusher that is gone comes to.
fn stopped() -> Result<(), StoreFault> {
    Err(StoreFault("the service is stopping".to_owned()))
}

/// Keeps rows.
///
/// A commit names the revision it was planned on; if another commit came between, it is refused and may be
/// planned again. Each commit makes the next revision.
pub trait Engine: Send + Sync {
    /// Every row, in key order, and the revision they stand at.
    fn load(&self) -> Result<(Vec<Row>, u64), StoreFault>;

    /// Why nothing can be committed any more, if so.
    fn fault(&self) -> Option<StoreFault>;

    /// Makes all the writes or none. Returns the new revision, and the ticket that says when it is durable.
    fn commit(&self, batch: &Batch, planned_on: u64) -> Result<(u64, Ticket), CommitError>;
}
