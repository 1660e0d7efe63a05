//! What was asked and answered on every surface, for whoever tests, watches or wonders. Bounded, and without a secret.
//!
//! A call costs one note in a ring of bytes; everything else happens when somebody reads. `docs/fixture.md` has the API.

mod callers;
pub mod cloudtrail;
mod entry;
pub mod masks;
mod matching;
pub mod note;
pub mod query;
mod slots;
pub mod verify;

pub use entry::Entry;
pub use note::{Note, Outcome, Surface};

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use slots::Slots;

/// Calls that are remembered, unless somebody wants another number.
pub const USUAL: usize = 10_000;
/// Calls that can be remembered at most.
pub const MOST: usize = 1_000_000;
/// Bytes that there are for each call on the average.
const BYTES_EACH: usize = 1024;
/// Bytes that the longest note may have.
const LONGEST: usize = 32 * 1024;
/// Names that may be given to moments.
const MOST_MARKS: usize = 1000;
/// Entries that are copied at once: nobody who is served waits for more.
const AT_ONCE: u64 = 128;

thread_local! {
    /// Where notes are written before the ring takes them.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; LONGEST]);
}

/// The journal; perhaps one that is off.
// WHY: what stands beside it in memory is read with every call, and would have to be fetched anew after every note.
#[repr(align(128))]
pub struct Journal(Option<Mutex<State>>);

struct State {
    slots: Slots,
    /// Names of moments, each with the number of the entry before it.
    marks: BTreeMap<String, u64>,
}

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Entries.
    pub entries: usize,
    /// Their bytes.
    pub bytes: usize,
    /// How many were ever written.
    pub written: u64,
}

fn written(note: &Note<'_>, buffer: &mut [u8]) -> Option<usize> {
    postcard::to_slice(note, buffer).ok().map(|record| record.len())
}

impl Default for Journal {
    fn default() -> Self {
        Self::of(USUAL)
    }
}

impl Journal {
    /// A journal of so many calls; of none, it is off.
    pub fn of(entries: usize) -> Self {
        let state = |most: usize| State {
            slots: Slots::of(most, (most * BYTES_EACH).max(2 * LONGEST)),
            marks: BTreeMap::new(),
        };
        Self((entries > 0).then(|| Mutex::new(state(entries.min(MOST)))))
    }

    /// Whether anything is remembered.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Remembers a call.
    pub fn write(&self, note: &Note<'_>) {
        if self.0.is_none() {
            return;
        }
        BUFFER.with_borrow_mut(|buffer| {
            // Of one that is too long, who it was and what came of it matters more than what was said.
            let length = written(note, buffer).or_else(|| {
                written(&Note { params: Vec::new(), decisions: Vec::new(), created: None, ..note.clone() }, buffer)
            });
            let record = length.and_then(|length| buffer.get(..length)).unwrap_or_default();
            if let Some(mut state) = self.state() {
                state.slots.push(record);
            }
        });
    }

    /// Shows entries to `visit`, those behind the entry `after` and oldest first, until it has seen enough.
    pub fn scan(&self, after: u64, mut visit: impl FnMut(Entry) -> ControlFlow<()>) {
        let mut number = after.saturating_add(1);
        loop {
            let (first, records) = self.copied(number);
            if records.is_empty() {
                return;
            }
            number = first + records.len() as u64;
            for (number, record) in (first..).zip(&records) {
                let Ok(note) = postcard::from_bytes(record) else { continue };
                if visit(Entry { number, note }).is_break() {
                    return;
                }
            }
        }
    }

    /// Some records from `number` on, or from the oldest that is there, and the number of the first.
    fn copied(&self, number: u64) -> (u64, Vec<Vec<u8>>) {
        let Some(state) = self.state() else { return (number, Vec::new()) };
        let first = number.max(state.slots.first());
        let records =
            (first..first.saturating_add(AT_ONCE)).map_while(|number| state.slots.get(number).map(<[u8]>::to_vec));
        (first, records.collect())
    }

    /// Forgets every entry, and says how many there were. Marks stay.
    pub fn clear(&self) -> usize {
        self.state().map_or(0, |mut state| state.slots.clear())
    }

    /// Gives this moment a name, and says which entry is the last before it.
    ///
    /// Of too many moments the earliest loses its name.
    pub fn mark(&self, name: &str) -> u64 {
        let Some(mut state) = self.state() else { return 0 };
        let last = state.slots.next() - 1;
        state.marks.insert(name.to_owned(), last);
        if state.marks.len() > MOST_MARKS {
            let oldest = state.marks.iter().min_by_key(|(_, last)| **last).map(|(name, _)| name.clone());
            oldest.map(|name| state.marks.remove(&name));
        }
        last
    }

    /// The last entry before the moment of this name.
    pub fn marked(&self, name: &str) -> Option<u64> {
        self.state()?.marks.get(name).copied()
    }

    /// Forgets every entry and every mark.
    pub fn forget(&self) {
        if let Some(mut state) = self.state() {
            state.slots.clear();
            state.marks.clear();
        }
    }

    /// How much there is.
    pub fn size(&self) -> Size {
        self.state().map_or_else(Size::default, |state| {
            let (entries, bytes) = state.slots.size();
            Size { entries, bytes, written: state.slots.next() - 1 }
        })
    }

    fn state(&self) -> Option<MutexGuard<'_, State>> {
        self.0.as_ref().map(|state| state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
