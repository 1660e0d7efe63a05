//! Every minted session, without its secret: for operators' questions, never for a request.
//!
//! Entries are gathered in memory and written in packed rows, keyed by the end of the sessions in them, so that
//! forgetting is one range. The last interval may be lost with the process; no credential depends on it. What cannot
//! be written is kept and tried again, up to a bound.

mod cursor;
mod packing;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::cursor::Cursor;
use self::packing::{Packed, unpack};
use super::session::{Issuer, SessionId};
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
    /// The ARN of that role, user or root user, as it was then.
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
    /// Not over by itself at this instant.
    pub unexpired_at: Option<Timestamp>,
}

/// Some entries, newest first, and where to go on.
#[derive(Debug, Default)]
pub struct Page {
    /// At most as many as were asked for.
    pub entries: Vec<Entry>,
    /// Set if there are more.
    pub next: Option<Cursor>,
    /// Why there may be entries that are not shown, or that will not last.
    pub trouble: Option<String>,
}

/// Why the ledger cannot say.
#[derive(Debug)]
pub enum Unlisted {
    /// The ledger is still being opened.
    Opening,
    /// The medium failed.
    Fault(StoreFault),
}

/// The ledger of a service.
pub struct Ledger {
    shared: Arc<Shared>,
    words: Option<Sender<()>>,
    writer: Option<JoinHandle<()>>,
}

/// Whoever takes both locks takes that of `unwritten` first.
struct Shared {
    gathered: Mutex<Gathered>,
    /// What is being written, or could not be.
    unwritten: Mutex<Packed>,
    rows: RowLog,
    /// Set once the rows were opened, or could not be.
    begun: OnceLock<()>,
}

#[derive(Default)]
struct Gathered {
    entries: Packed,
    /// How many entries beside these are not written.
    unwritten: usize,
    serial: u64,
    /// Why the medium does not take them.
    trouble: Option<String>,
    /// How many found no place since it does not.
    lost: u64,
}

/// An entry with its place in the order of minting.
#[derive(Deserialize)]
struct Numbered {
    serial: u64,
    entry: Entry,
}

/// More than this is not gathered while the medium does not take it: the ledger may lose entries, never memory.
const MOST_PENDING: usize = 200_000;
/// More bytes than a packed entry mostly has.
const USUAL_BYTES: usize = 256;
/// In memory, entries are packed once there are this many.
const PACK_AT: usize = 1024;
/// How often what is over is forgotten.
const SWEEP_EVERY: Duration = Duration::from_mins(1);
/// How often a medium that failed is tried again.
const RETRY_EVERY: Duration = Duration::from_secs(1);

impl Ledger {
    /// A ledger that lasts as long as the value.
    pub fn in_memory() -> Self {
        let shared = Shared::over(RowLog::in_memory(), 0);
        let _ = shared.begun.set(());
        Self { shared: Arc::new(shared), words: None, writer: None }
    }

    /// A ledger in `directory`, written every `interval`. Nothing is opened before [`Ledger::begin`].
    pub fn on_disk(directory: &Path, interval: Duration, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        // Serial numbers go on where an earlier process left off: nobody mints 65,536 sessions in a millisecond.
        let serial = clock.moment().machine.millis().unsigned_abs() << 16;
        let shared = Arc::new(Shared::over(RowLog::on_disk(directory), serial));
        let (words, heard) = channel();
        let mine = Arc::clone(&shared);
        let write = move || {
            // A ledger that is dropped before it began has nothing to write.
            if heard.recv().is_ok() {
                mine.keep_written(interval, &heard, clock.as_ref());
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
    pub fn record(&self, entry: &Entry) {
        let Ok(packed) = postcard::to_extend(entry, Vec::with_capacity(USUAL_BYTES)) else { return };
        let mut gathered = self.shared.gathered();
        gathered.add(entry.expires, &packed);
        let pack = self.writer.is_none() && gathered.entries.len() >= PACK_AT;
        drop(gathered);
        if pack {
            self.shared.write();
        }
    }

    /// The newest entries that `filter` lets through and that lie behind `after`, at most `limit`.
    ///
    /// Reads everything, but holds no more than a page. If the medium fails it shows what is in memory, and says so.
    pub fn list(&self, filter: &Filter, after: Option<Cursor>, limit: usize) -> Result<Page, Unlisted> {
        // INVARIANT: an entry that is written while this reads comes twice, and is one.
        let mut newest: BTreeMap<Cursor, Entry> = BTreeMap::new();
        let read = self.shared.visit(|numbered| {
            let cursor = numbered.cursor();
            if filter.lets_through(&numbered.entry) && after.is_none_or(|after| cursor < after) {
                newest.insert(cursor, numbered.entry);
                if newest.len() > limit + 1 {
                    newest.pop_first();
                }
            }
            ControlFlow::Continue(())
        });
        match read {
            Err(Unlisted::Opening) => return Err(Unlisted::Opening),
            // What happened is told with the page.
            Ok(()) | Err(Unlisted::Fault(_)) => {}
        }
        let more = newest.len() > limit;
        if more {
            newest.pop_first();
        }
        let next = newest.first_key_value().filter(|_| more).map(|(cursor, _)| *cursor);
        Ok(Page { entries: newest.into_values().rev().collect(), next, trouble: self.incomplete() })
    }

    /// Whether this session is remembered. Reads everything at worst.
    pub fn knows(&self, id: SessionId) -> Result<bool, Unlisted> {
        let mut known = false;
        let read = self.shared.visit(|numbered| {
            known = numbered.entry.id == id;
            if known { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if known {
            return Ok(true);
        }
        let aside = self.shared.rows.set_aside();
        let elsewhere = aside.first().map(|place| StoreFault(format!("it may be in {}", place.display())));
        elsewhere.map_or(read, |fault| Err(Unlisted::Fault(fault))).map(|()| false)
    }

    /// Why sessions are not recorded at present, if so.
    pub fn trouble(&self) -> Option<String> {
        let gathered = self.shared.gathered();
        gathered.trouble.as_ref().map(|why| {
            format!(
                "sessions are not recorded ({why}): {} wait to be, {MOST_PENDING} at most, and {} were lost; it is tried \
                 again every second",
                gathered.waiting(),
                gathered.lost
            )
        })
    }

    /// Why what it lists may not be everything, if so.
    fn incomplete(&self) -> Option<String> {
        let aside = self.shared.rows.set_aside();
        let lost = aside.first().map(|newest| {
            format!(
                "sessions that were recorded before could not be read and are not listed; they go on working, and what is \
                 left of the record is in {}: remove it to be told no more",
                newest.display()
            )
        });
        let told: Vec<String> = self.trouble().into_iter().chain(lost).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }

    /// Forgets everything.
    pub fn clear(&self) -> Result<(), Unlisted> {
        self.shared.begun()?;
        let mut unwritten = self.shared.unwritten();
        unwritten.clear();
        let mut gathered = self.shared.gathered();
        (gathered.entries, gathered.unwritten) = (Packed::default(), 0);
        drop(gathered);
        self.shared.rows.remove_before(&[0xFF; 16]).map_err(Unlisted::Fault)
    }

    /// Forgets the sessions that are over.
    pub fn sweep(&self, moment: Moment) -> Result<(), Unlisted> {
        self.shared.begun()?;
        self.shared.sweep(moment).map_err(Unlisted::Fault)
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

impl Gathered {
    fn waiting(&self) -> usize {
        self.entries.len() + self.unwritten
    }

    fn add(&mut self, expires: Timestamp, entry: &[u8]) {
        if self.waiting() >= MOST_PENDING {
            self.lost += 1;
            if self.lost == 1 {
                tracing::error!("{MOST_PENDING} sessions wait to be recorded: from now on they are lost, and counted");
            }
            return;
        }
        self.serial += 1;
        self.entries.add(self.serial, expires, entry);
    }

    /// Takes note of how the medium did, and tells what is new.
    fn note<R>(&mut self, outcome: &Result<R, StoreFault>) {
        let told = self.trouble.as_deref();
        match outcome.as_ref().map_err(StoreFault::to_string) {
            Err(fault) if told != Some(fault.as_str()) => {
                tracing::error!("sessions could not be recorded, and it is tried again: {fault}");
                self.trouble = Some(fault);
            }
            Ok(_) if told.is_some() || self.lost > 0 => {
                tracing::warn!("sessions are recorded again; {} were lost", self.lost);
                (self.trouble, self.lost) = (None, 0);
            }
            _ => {}
        }
    }
}

impl Shared {
    fn over(rows: RowLog, serial: u64) -> Self {
        let gathered = Mutex::new(Gathered { serial, ..Gathered::default() });
        Self { gathered, unwritten: Mutex::default(), rows, begun: OnceLock::new() }
    }

    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unwritten(&self) -> MutexGuard<'_, Packed> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begun(&self) -> Result<(), Unlisted> {
        self.begun.get().copied().ok_or(Unlisted::Opening)
    }

    /// The life of the writer: until the other end of `words` is gone.
    fn keep_written(&self, interval: Duration, words: &Receiver<()>, clock: &dyn Clock) {
        let opened = self.rows.open();
        self.gathered().note(&opened);
        let _ = self.begun.set(());
        let mut unswept = Duration::ZERO;
        loop {
            let troubled = self.gathered().trouble.is_some();
            let pause = if troubled { RETRY_EVERY.max(interval) } else { interval };
            let word = words.recv_timeout(pause);
            self.write();
            if word == Err(RecvTimeoutError::Disconnected) {
                let left = self.gathered().waiting();
                if left > 0 {
                    tracing::error!("{left} sessions were never recorded");
                }
                return;
            }
            unswept += pause;
            if unswept >= SWEEP_EVERY {
                unswept = Duration::ZERO;
                if let Err(fault) = self.sweep(clock.moment()) {
                    tracing::error!("ended sessions could not be forgotten: {fault}");
                }
            }
        }
    }

    /// Writes what was gathered; what cannot be written stays for the next time.
    fn write(&self) {
        let mut unwritten = self.unwritten();
        let mut gathered = self.gathered();
        unwritten.append(&mut gathered.entries);
        gathered.unwritten = unwritten.len();
        let troubled = gathered.trouble.is_some();
        drop(gathered);
        if unwritten.len() == 0 && !troubled {
            return;
        }
        let written = self.rows.append(unwritten.rows());
        if written.is_ok() {
            unwritten.clear();
        }
        let mut gathered = self.gathered();
        gathered.unwritten = unwritten.len();
        gathered.note(&written);
    }

    /// Shows every entry to `see` until it breaks off, first what is in memory only.
    fn visit(&self, mut see: impl FnMut(Numbered) -> ControlFlow<()>) -> Result<(), Unlisted> {
        self.begun()?;
        self.write();
        let unwritten = self.unwritten().rows();
        if unwritten.iter().flat_map(|(_, row)| unpack(row)).try_for_each(&mut see).is_break() {
            return Ok(());
        }
        let scanned = self.rows.scan(|_, row| unpack(row).try_for_each(&mut see));
        if scanned.is_err() {
            self.gathered().note(&scanned);
        }
        scanned.map_err(Unlisted::Fault)
    }

    fn sweep(&self, moment: Moment) -> Result<(), StoreFault> {
        // WHY: a clock steered ahead and back again leaves the list whole.
        let over = u64::try_from(moment.now.min(moment.machine).seconds()).unwrap_or_default();
        self.rows.remove_before(&over.to_be_bytes())
    }
}

impl Entry {
    /// Who stands behind it.
    pub fn issuer(&self) -> Issuer<'_> {
        Issuer::of(self.issuer.as_ref(), self.account)
    }
}

impl Numbered {
    fn cursor(&self) -> Cursor {
        Cursor { issued: self.entry.issued, serial: self.serial, id: self.entry.id }
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
            && self.unexpired_at.is_none_or(|now| entry.expires > now)
    }
}
