//! Fills a data directory with sessions, by asking the product for them; and counts what is there.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use local_sts::sessions::ledger::Entry;
use local_sts::store::RowLog;

use crate::Failure;
use crate::client::{self, Shape};
use crate::scene::{Action, Proof, Scene, text};

/// Requests are signed anew this often: signatures do not live long.
const SLICE: Duration = Duration::from_secs(5);
const CONNECTIONS: usize = 64;
const SETTLING: Duration = Duration::from_secs(1);

/// Has the product mint at least this many sessions into `data`, counts them, and says how large it has become.
pub fn fill(product: &Path, scene: &Scene, data: &Path, sessions: u64) -> Result<(), Failure> {
    let begun = Instant::now();
    let server = scene.start(product, &["--data-dir", &text(data)?])?;
    let request = |at| scene.request(Action::AssumeRole, &Proof::of_user(), server.address, at);
    let shape = Shape::of(&client::ask(server.address, &request(0))?, Action::AssumeRole.success())?;
    let mut minted = 1;
    while minted < sessions {
        let requests = (0..CONNECTIONS).map(request).collect();
        minted += client::drive(server.address, requests, &shape, Duration::ZERO, SLICE, || {})?.answers;
    }
    // What was minted last is written some fifty milliseconds later.
    std::thread::sleep(SETTLING);
    server.stop()?;
    let (counted, rows) = count(data)?;
    let size = std::fs::metadata(data.join("ledger/db"))?.len();
    println!(
        "{counted} sessions in {rows} rows, {} MiB, minted in {:.0} s",
        size / (1024 * 1024),
        begun.elapsed().as_secs_f64()
    );
    if counted >= minted { Ok(()) } else { Err(format!("{minted} sessions were minted: the ledger lost some").into()) }
}

/// How many sessions are in the ledger of `data`, and in how many rows.
pub fn count(data: &Path) -> Result<(u64, u64), Failure> {
    let rows = RowLog::on_disk(&data.join("ledger"));
    let (mut entries, mut count) = (0, 0);
    let scanned = rows.scan(|_, row| {
        count += 1;
        let mut rest = row;
        // Before each entry stands its number.
        while let Ok((_, after)) = postcard::take_from_bytes::<(u64, Entry)>(rest) {
            entries += 1;
            rest = after;
        }
        ControlFlow::Continue(())
    });
    scanned.map_err(|fault| fault.to_string())?;
    Ok((entries, count))
}
