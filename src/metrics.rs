//! Counts what was asked and answered, for Prometheus. Each thread counts for itself, so nobody waits; whoever reads adds up.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::faults::Standing;
use crate::journal::{Outcome, Size, Surface};

/// Threads that count apart from each other.
const SHARDS: usize = 32;

static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static SHARD: Cell<usize> = Cell::new(THREADS.fetch_add(1, Ordering::Relaxed) % SHARDS);
}

/// What was counted.
#[derive(Debug, Default)]
pub struct Metrics([Shard; SHARDS]);

// WHY: processors that write into one line of memory wait for each other.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard(Mutex<Counts>);

/// What one thread counted. All names are the program's own, so there are only so many.
#[derive(Debug, Default)]
struct Counts {
    calls: Vec<(Call, u64)>,
    refusals: Vec<((Surface, &'static str), u64)>,
    minted: u64,
}

/// One kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Where.
    pub surface: Surface,
    /// For what.
    pub action: &'static str,
    /// What the answer came to.
    pub outcome: Outcome,
}

/// What else is told beside what was counted.
pub struct Beside {
    /// Of the journal.
    pub journal: Size,
    /// Of faults.
    pub faults: Vec<Standing>,
}

/// The code of a refusal that somebody wanted.
pub const INJECTED: &str = "injected";

impl Metrics {
    /// Counts a call, why it was refused, and whether it made a session.
    pub fn count(&self, call: Call, refusal: Option<&'static str>, minted: bool) {
        let Some(shard) = self.0.get(SHARD.get()) else { return };
        let mut counts = shard.0.lock().unwrap_or_else(PoisonError::into_inner);
        add(&mut counts.calls, call);
        if let Some(code) = refusal {
            add(&mut counts.refusals, (call.surface, code));
        }
        counts.minted += u64::from(minted);
    }

    /// All of it, as Prometheus reads it.
    pub fn render(&self, beside: &Beside) -> String {
        let (mut calls, mut refusals, mut minted) = (BTreeMap::new(), BTreeMap::new(), 0);
        for shard in &self.0 {
            let counts = shard.0.lock().unwrap_or_else(PoisonError::into_inner);
            for (Call { surface, action, outcome }, count) in &counts.calls {
                *calls.entry((surface.word(), *action, outcome.word())).or_insert(0) += count;
            }
            for ((surface, code), count) in &counts.refusals {
                *refusals.entry((surface.word(), *code)).or_insert(0) += count;
            }
            minted += counts.minted;
        }
        let mut text = Text::default();
        text.family("requests_total", "counter", "Calls that were answered.");
        for ((surface, action, outcome), count) in calls {
            let labels = [("surface", surface), ("action", action), ("outcome", outcome)];
            text.sample("requests_total", &labels, count);
        }
        text.family("refusals_total", "counter", "Calls that were refused or failed, by the code of the answer.");
        for ((surface, code), count) in refusals {
            text.sample("refusals_total", &[("surface", surface), ("code", code)], count);
        }
        text.family("sessions_minted_total", "counter", "Sessions whose credentials were handed out.");
        text.sample("sessions_minted_total", &[], minted);
        let Size { entries, bytes, written } = beside.journal;
        text.family("journal_entries", "gauge", "Calls that the journal remembers.");
        text.sample("journal_entries", &[], entries as u64);
        text.family("journal_bytes", "gauge", "Bytes of what the journal remembers.");
        text.sample("journal_bytes", &[], bytes as u64);
        text.family("journal_written_total", "counter", "Calls that the journal was told of.");
        text.sample("journal_written_total", &[], written);
        text.family("faults_struck_total", "counter", "Calls that went wrong on purpose, by the rule.");
        for Standing { rule, struck, .. } in &beside.faults {
            text.sample("faults_struck_total", &[("rule", &rule.id)], *struck);
        }
        text.family("build_info", "gauge", "The version that runs.");
        text.sample("build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
        text.0
    }
}

fn add<K: PartialEq>(counts: &mut Vec<(K, u64)>, key: K) {
    match counts.iter_mut().find(|(known, _)| *known == key) {
        Some((_, count)) => *count += 1,
        None => counts.push((key, 1)),
    }
}

/// The text format of Prometheus. Nothing that is written here has a quote or an end of a line in it.
#[derive(Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // A text takes everything that is written to it.
        let _ = write!(self.0, "# HELP local_sts_{name} {help}\n# TYPE local_sts_{name} {kind}\n");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        let _ = write!(self.0, "local_sts_{name}");
        for (at, (label, value)) in labels.iter().enumerate() {
            let _ = write!(self.0, "{}{label}=\"{value}\"", if at == 0 { "{" } else { "," });
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }
}
