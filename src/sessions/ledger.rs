//! Every minted session, without its secret: for operators' questions, never for a request.
//!
//! Entries are gathered in memory and written in packed rows, keyed by the end of the sessions in them, so that
//! forgetting is one range. The last interval may be lost with the process; no credential depends on it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::session::SessionId;
use crate::env::Clock;
use crate::ids::{AccessKeyId, AccountId, UniqueId};
use crate::store::{RowLog, StoreFault};
use crate::time::{Moment, Timestamp};

/// What is remembered of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The session's own name.
    pub id: SessionId,
    /// The key id that was handed out.
    pub access_key_id: AccessKeyId,
    /// The account it acts in.
    pub account: AccountId,
    /// The unique id of the role or user behind it; the root user has none.
    pub issuer: Option<UniqueId>,
    /// The ARN of that role or user, as it was then.
    pub issuer_arn: String,
    /// Which of a role's sessions, or the name of a federated user.
    pub session_name: Option<String>,
    /// Which of its issuer's generations of sessions it belongs to.
    pub generation: u64,
    /// The key that sealed its token.
    pub ring_key: u32,
    /// When it began.
    pub issued: Timestamp,
    /// When it ends by itself.
    pub expires: Timestamp,
}

/// Which entries are asked for. What is not set does not narrow.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The ARN of the role or user behind it.
    pub issuer_arn: Option<String>,
    /// The account it acts in.
    pub account: Option<AccountId>,
    /// The key id that was handed out.
    pub access_key_id: Option<String>,
    /// The session itself.
    pub id: Option<SessionId>,
    /// Begun then or later.
    pub issued_from: Option<Timestamp>,
    /// Begun before.
    pub issued_before: Option<Timestamp>,
}

/// Where a page of entries ends: the next one begins behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// Of the last entry.
    pub issued: Timestamp,
    /// Of the last entry.
    pub id: SessionId,
}

/// Some entries, newest first, and where to go on.
#[derive(Debug, Default)]
pub struct Page {
    /// At most as many as were asked for.
    pub entries: Vec<Entry>,
    /// Set if there are more.
    pub next: Option<Cursor>,
}

/// Why a page could not be made.
#[derive(Debug)]
pub enum Unlisted {
    /// The ledger is still being opened.
    Opening,
    /// It could not be opened.
    Unusable(String),
    /// The medium failed.
    Fault(StoreFault),
}

/// The ledger of a service.
pub struct Ledger {
    shared: Arc<Shared>,
    words: Option<Sender<()>>,
    writer: Option<JoinHandle<()>>,
}

struct Shared {
    pending: Mutex<Vec<Entry>>,
    rows: OnceLock<Result<RowLog, String>>,
}

/// Rows hold the sessions that end within the same ten minutes.
const BUCKET_SECONDS: i64 = 600;
/// The longest row.
const ROW_BYTES: usize = 4096;
/// More than this is not gathered while the medium does not take it: the ledger may lose entries, never memory.
const MOST_PENDING: usize = 200_000;
/// In memory, entries are packed once there are this many.
const PACK_AT: usize = 1024;
/// How often what is over is forgotten.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

impl Ledger {
    /// A ledger that lasts as long as the value.
    pub fn in_memory() -> Self {
        let rows = OnceLock::from(Ok(RowLog::in_memory()));
        Self { shared: Arc::new(Shared { pending: Mutex::default(), rows }), words: None, writer: None }
    }

    /// A ledger in `directory`, written every `interval`. Nothing is opened before [`Ledger::begin`].
    pub fn on_disk(directory: &Path, interval: Duration, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let shared = Arc::new(Shared { pending: Mutex::default(), rows: OnceLock::new() });
        let (words, heard) = channel();
        let (directory, mine) = (directory.to_owned(), Arc::clone(&shared));
        let write = move || {
            // A ledger that is dropped before it began has nothing to write.
            if heard.recv().is_ok() {
                mine.keep_written(&directory, interval, &heard, clock.as_ref());
            }
        };
        let writer = std::thread::Builder::new().name("ledger-writer".into()).spawn(write)?;
        Ok(Self { shared, words: Some(words), writer: Some(writer) })
    }

    /// Opens what is on disk, in the background, for that may take long with millions of sessions.
    pub fn begin(&self) {
        if let Some(words) = &self.words {
            // If the writer is gone it has said why.
            let _ = words.send(());
        }
    }

    /// Remembers a session. Costs no input or output.
    pub fn record(&self, entry: Entry) {
        let rows = self.shared.rows.get();
        if let Some(Err(_)) = rows {
            return;
        }
        let mut pending = self.shared.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if pending.len() < MOST_PENDING {
            pending.push(entry);
        }
        let pack = self.writer.is_none() && pending.len() >= PACK_AT;
        drop(pending);
        if let (true, Some(Ok(rows))) = (pack, rows) {
            // Memory takes whatever is written to it.
            let _ = self.shared.write(rows);
        }
    }

    /// The newest entries that `filter` lets through and that lie behind `after`, at most `limit`.
    ///
    /// Reads everything, but holds no more than a page.
    pub fn list(&self, filter: &Filter, after: Option<Cursor>, limit: usize) -> Result<Page, Unlisted> {
        let rows = self.shared.rows()?;
        self.shared.write(rows).map_err(Unlisted::Fault)?;
        let mut newest: BinaryHeap<Reverse<Ranked>> = BinaryHeap::with_capacity(limit + 2);
        let scanned = rows.scan(|_, row| {
            for entry in unpack(row) {
                let rank = entry.cursor();
                if filter.lets_through(&entry) && after.is_none_or(|after| rank < after) {
                    newest.push(Reverse(Ranked(rank, entry)));
                    if newest.len() > limit + 1 {
                        newest.pop();
                    }
                }
            }
            ControlFlow::Continue(())
        });
        scanned.map_err(Unlisted::Fault)?;
        let mut entries: Vec<Entry> =
            newest.into_sorted_vec().into_iter().map(|Reverse(Ranked(_, entry))| entry).collect();
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| more).map(Entry::cursor);
        Ok(Page { entries, next })
    }

    /// Forgets everything.
    pub fn clear(&self) -> Result<(), Unlisted> {
        let rows = self.shared.rows()?;
        self.shared.pending.lock().unwrap_or_else(PoisonError::into_inner).clear();
        rows.remove_before(&[0xFF; 16]).map_err(Unlisted::Fault)
    }

    /// Forgets the sessions that are over.
    pub fn sweep(&self, moment: Moment) -> Result<(), Unlisted> {
        let rows = self.shared.rows()?;
        sweep(rows, moment).map_err(Unlisted::Fault)
    }
}

impl Drop for Ledger {
    /// What was gathered is written before the ledger is gone.
    fn drop(&mut self) {
        drop(self.words.take());
        if let Some(writer) = self.writer.take() {
            // A panic there has been reported by itself.
            let _ = writer.join();
        }
    }
}

impl Shared {
    fn rows(&self) -> Result<&RowLog, Unlisted> {
        match self.rows.get() {
            Some(Ok(rows)) => Ok(rows),
            Some(Err(why)) => Err(Unlisted::Unusable(why.clone())),
            None => Err(Unlisted::Opening),
        }
    }

    /// The life of the writer: until the other end of `words` is gone.
    fn keep_written(&self, directory: &Path, interval: Duration, words: &Receiver<()>, clock: &dyn Clock) {
        let opened = self.rows.get_or_init(|| RowLog::open(directory).map_err(|error| error.to_string()));
        let rows = match opened {
            Ok(rows) => rows,
            Err(why) => return tracing::error!("sessions are not recorded: {why}"),
        };
        let mut unswept = Duration::ZERO;
        loop {
            let word = words.recv_timeout(interval);
            if let Err(fault) = self.write(rows) {
                tracing::error!("sessions could not be recorded: {fault}");
            }
            if word == Err(RecvTimeoutError::Disconnected) {
                return;
            }
            unswept += interval;
            if unswept >= SWEEP_EVERY {
                unswept = Duration::ZERO;
                if let Err(fault) = sweep(rows, clock.moment()) {
                    tracing::error!("ended sessions could not be forgotten: {fault}");
                }
            }
        }
    }

    fn write(&self, rows: &RowLog) -> Result<(), StoreFault> {
        let mut pending = std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner));
        if pending.is_empty() {
            return Ok(());
        }
        pending.sort_by_key(|entry| bucket(entry.expires));
        rows.append(pack(&pending))
    }
}

impl Entry {
    fn cursor(&self) -> Cursor {
        Cursor { issued: self.issued, id: self.id }
    }
}

impl Filter {
    fn lets_through(&self, entry: &Entry) -> bool {
        fn same<T: PartialEq + ?Sized>(wanted: Option<&T>, found: &T) -> bool {
            wanted.is_none_or(|wanted| wanted == found)
        }
        same(self.issuer_arn.as_deref(), entry.issuer_arn.as_str())
            && same(self.account.as_ref(), &entry.account)
            && same(self.access_key_id.as_deref(), entry.access_key_id.as_str())
            && same(self.id.as_ref(), &entry.id)
            && self.issued_from.is_none_or(|from| entry.issued >= from)
            && self.issued_before.is_none_or(|before| entry.issued < before)
    }
}

struct Ranked(Cursor, Entry);

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

/// The end of the ten minutes in which a session ends, as the first half of a row key.
fn bucket(expires: Timestamp) -> [u8; 8] {
    let end = expires.seconds().div_euclid(BUCKET_SECONDS) + 1;
    // Years before 1970 sort first: no session ends there.
    u64::try_from(end * BUCKET_SECONDS).unwrap_or_default().to_be_bytes()
}

/// Packs entries, which are sorted by bucket, into rows.
fn pack(entries: &[Entry]) -> Vec<([u8; 8], Vec<u8>)> {
    let mut rows: Vec<([u8; 8], Vec<u8>)> = Vec::new();
    for entry in entries {
        let key = bucket(entry.expires);
        let Ok(bytes) = postcard::to_stdvec(entry) else { continue };
        match rows.last_mut().filter(|(last, row)| *last == key && row.len() + bytes.len() <= ROW_BYTES) {
            Some((_, row)) => row.extend(bytes),
            None => rows.push((key, bytes)),
        }
    }
    rows
}

fn unpack(row: &[u8]) -> impl Iterator<Item = Entry> {
    let mut rest = row;
    std::iter::from_fn(move || {
        let (entry, after) = postcard::take_from_bytes(rest).ok()?;
        rest = after;
        Some(entry)
    })
}

fn sweep(rows: &RowLog, moment: Moment) -> Result<(), StoreFault> {
    // WHY: a clock steered ahead and back again leaves the list whole.
    let over = u64::try_from(moment.now.min(moment.machine).seconds()).unwrap_or_default();
    rows.remove_before(&over.to_be_bytes())
}
