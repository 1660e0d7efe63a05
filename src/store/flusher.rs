//! The one thread that makes commits durable, many at a time.
//!
//! sled's `flush_async` hangs under concurrent awaits, so nobody else flushes.

use std::fs::File;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::engine::{StoreFault, Ticket};

type Waiter = oneshot::Sender<Result<(), StoreFault>>;

/// Hands out tickets and redeems them.
pub(super) struct Flusher {
    queue: Option<Sender<Waiter>>,
    thread: Option<JoinHandle<()>>,
}

impl Flusher {
    /// Starts the thread over `db`, whose data file is `data`.
    pub(super) fn start(db: sled::Db, data: File) -> std::io::Result<Self> {
        let (queue, waiters) = channel();
        let thread =
            std::thread::Builder::new().name("state-flusher".into()).spawn(move || run(&db, &data, &waiters))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// A ticket for everything that was written before this call.
    pub(super) fn ticket(&self) -> Ticket {
        let (waiter, ticket) = Ticket::pending();
        if let Some(queue) = &self.queue {
            // If the thread is gone the waiter is dropped, and the ticket says so.
            let _ = queue.send(waiter);
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

fn run(db: &sled::Db, data: &File, waiters: &Receiver<Waiter>) {
    while let Ok(first) = waiters.recv() {
        let group: Vec<Waiter> = std::iter::once(first).chain(waiters.try_iter()).collect();
        let result = flush(db, data);
        for waiter in group {
            // A caller that hung up does not want to know.
            let _ = waiter.send(result.clone());
        }
    }
    // Nobody is left to be told; the next start reads whatever reached the disk.
    let _ = flush(db, data);
}

fn flush(db: &sled::Db, data: &File) -> Result<(), StoreFault> {
    db.flush().map_err(|error| StoreFault(error.to_string()))?;
    data.sync_data().map_err(|error| StoreFault(error.to_string()))
}
