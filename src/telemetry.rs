//! The log: to standard error, as text or JSON, and never in the way of an answer.
//!
//! Lines go to a thread of their own through a bounded queue. If nobody reads them they are dropped and counted.

use std::io::{IsTerminal as _, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use tracing::level_filters::STATIC_MAX_LEVEL;
use tracing_subscriber::filter::{LevelFilter, ParseError, Targets};
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogFormat;

/// Lines that may wait for whoever reads standard error.
const MOST_WAITING: usize = 4096;
/// How long the last lines may take when the service ends.
const LAST_LINES: Duration = Duration::from_millis(300);

/// The log while it is kept; dropping it gives the last lines some time.
pub struct Log {
    queue: Option<SyncSender<Vec<u8>>>,
    ended: Receiver<()>,
}

/// Starts the log. `filter` is a level, or levels by modules: `info`, `warn,local_sts=debug`.
pub fn start(filter: &str, format: LogFormat) -> Result<Log, String> {
    let filter = levels(filter).map_err(|what| format!("--log {filter}: {what}"))?;
    let wants_more = filter.iter().any(|(_, level)| level > STATIC_MAX_LEVEL);
    let (queue, waiting) = sync_channel(MOST_WAITING);
    let (end, ended) = sync_channel(1);
    let dropped = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&dropped);
    let write = move || {
        write_lines(&waiting, &counted);
        // Whoever started the log may not wait for its end.
        let _ = end.send(());
    };
    std::thread::Builder::new().name("log".into()).spawn(write).map_err(|error| error.to_string())?;
    let colours = std::io::stderr().is_terminal();
    let lines = layer()
        .with_writer(Queue { queue: queue.clone(), dropped })
        .with_target(false)
        .with_ansi(colours)
        .log_internal_errors(false);
    let started = match format {
        LogFormat::Text => registry().with(filter).with(lines.compact()).try_init(),
        LogFormat::Json => registry().with(filter).with(lines.json().flatten_event(true)).try_init(),
    };
    started.map_err(|error| error.to_string())?;
    if wants_more {
        tracing::warn!("this build was made without `trace`: `debug` is the most that it logs");
    }
    Ok(Log { queue: Some(queue), ended })
}

/// A word by itself is a level: the library takes one that it does not know for a module, and would be silent.
fn levels(filter: &str) -> Result<Targets, String> {
    let words: Vec<&str> = filter.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    for word in &words {
        let (module, level) = word.split_once('=').map_or((None, *word), |(module, level)| (Some(module), level));
        if level.parse::<LevelFilter>().is_err() || level.is_empty() || !module.is_none_or(is_module) {
            return Err(format!("{word} is no level (error, warn, info, debug, off) and no MODULE=LEVEL"));
        }
    }
    words.join(",").parse().map_err(|error: ParseError| error.to_string())
}

fn is_module(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:-".contains(&byte))
}

impl Drop for Log {
    fn drop(&mut self) {
        if let Some(queue) = self.queue.take() {
            // An empty line is the last one. A queue that is full has nobody at its end.
            let _ = queue.try_send(Vec::new());
            let _ = self.ended.recv_timeout(LAST_LINES);
        }
    }
}

fn write_lines(lines: &Receiver<Vec<u8>>, dropped: &AtomicU64) {
    while let Ok(line) = lines.recv() {
        if line.is_empty() {
            return;
        }
        let mut out = std::io::stderr().lock();
        let lost = dropped.swap(0, Ordering::Relaxed);
        // Who has hung up reads no complaint about it either.
        let _ = if lost > 0 { writeln!(out, "{lost} lines of the log were dropped: nobody read them") } else { Ok(()) };
        let _ = out.write_all(&line);
    }
}

/// The writing end of the queue.
struct Queue {
    queue: SyncSender<Vec<u8>>,
    dropped: Arc<AtomicU64>,
}

impl<'a> MakeWriter<'a> for Queue {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

impl Write for &Queue {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        if self.queue.try_send(line.to_vec()).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_has_levels_and_levels_of_modules() {
        for good in ["info", "warn,local_sts=debug", "off", "local_sts::server=trace, error", " info ,"] {
            assert!(levels(good).is_ok(), "{good}");
        }
        for bad in ["verbose", "bogus=", "=info", "info,local_sts=loud", "local_sts", "[x]=info", "a = info"] {
            assert!(levels(bad).is_err(), "{bad}");
        }
    }
}
