//! The one thread that makes commits durable, many at a time.
//!
//! sled's `flush_async` hangs under concurrent awaits, so nobody else flushes.

use std::fs::File;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::directory::unpanicked;
use super::engine::{StoreFault, Ticket};
use super::tally::Watermark;

/// Who waits, and for which commit.
struct Waiter {
    revision: u64,
    told: oneshot::Sender<Result<(), StoreFault>>,
}

/// Hands out tickets and redeems them.
pub(super) struct Flusher {
    queue: Option<Sender<Waiter>>,
    thread: Option<JoinHandle<()>>,
}

impl Flusher {
    /// Starts the thread over `db`, whose data file is `data`; the first failure is left in `fault`.
    pub(super) fn start(
        db: sled::Db,
        data: File,
        watermark: Watermark,
        fault: Arc<OnceLock<StoreFault>>,
    ) -> std::io::Result<Self> {
        let (queue, waiters) = channel();
        let flush = move || run(&db, &data, &watermark, &waiters, &fault);
        let thread = std::thread::Builder::new().name("state-flusher".into()).spawn(flush)?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// A ticket for this commit, which has been written, and all before it.
    pub(super) fn ticket(&self, revision: u64) -> Ticket {
        let (told, ticket) = Ticket::pending();
        if let Some(queue) = &self.queue {
            // If the thread is gone the waiter is dropped, and the ticket says so.
            let _ = queue.send(Waiter { revision, told });
        }
        ticket
    }
}

impl Drop for Flusher {
    /// What was written is flushed before the engine is gone.
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has reached every waiter already.
            let _ = thread.join();
        }
    }
}

fn run(db: &sled::Db, data: &File, watermark: &Watermark, waiters: &Receiver<Waiter>, broken: &OnceLock<StoreFault>) {
    while let Ok(first) = waiters.recv() {
        let group: Vec<Waiter> = std::iter::once(first).chain(waiters.try_iter()).collect();
        let newest = group.iter().map(|waiter| waiter.revision).max().unwrap_or_default();
        // WHY: after a flush that failed, one that succeeds would prove nothing of what was written before.
        let result = match broken.get() {
            Some(fault) => Err(fault.clone()),
            None => flush(db, data, watermark, newest).map_err(|fault| broken.get_or_init(|| fault).clone()),
        };
        for waiter in group {
            // A caller that hung up does not want to know.
            let _ = waiter.told.send(result.clone());
        }
    }
}

/// On disk first, then confirmed: a death in between leaves more than was confirmed, which is fine.
fn flush(db: &sled::Db, data: &File, watermark: &Watermark, revision: u64) -> Result<(), StoreFault> {
    unpanicked(|| db.flush())?;
    data.sync_data()?;
    Ok(watermark.confirm(revision)?)
}
