//! Throughput beside the bare server's, in pairs, with the processor time of each request.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::client::{self, Driven, Shape};
use crate::process::{Cpu, Server, machine_cpu, own_cpu};
use crate::scene::{Action, Scene};
use crate::{Failure, Speed};

/// One run of one server.
pub struct Run {
    pub per_second: f64,
    /// Microseconds within which 99 of a hundred answers came.
    p99: f64,
    server: Cpu,
    client: Cpu,
    /// What share of the machine others took, its host included.
    others: f64,
}

/// Others may take this much before a pair does not count.
const QUIET: f64 = 0.03;
/// A pair that was disturbed is run again, but no more than this many times what was asked for.
const MOST_TRIES: usize = 3;
const WARM_UP: Duration = Duration::from_millis(500);

/// Prints a line for each action and number of connections.
pub fn measure(what: &Speed, product: &Path, bare: &Path, scene: &Scene, arguments: &[&str]) -> Result<(), Failure> {
    let product = scene.start(product, arguments)?;
    product.settle().ok_or("it never rests")?;
    println!(
        "{:<27}{:>5} {:>9} {:>9}  {:<19} {:>6}  {:<16} {:<16} {:>6}  {:<16}",
        "",
        "conn.",
        "product/s",
        "bare/s",
        "ratio min/MED/max",
        "by CPU",
        "product us (u+s)",
        "bare us (u+s)",
        "client",
        "p99 us, bare, x"
    );
    for action in Action::ALL {
        if !what.action.is_empty() && !what.action.iter().any(|name| name == action.flag()) {
            continue;
        }
        if action.is_in_memory_only() && !arguments.contains(&"--ephemeral") {
            continue;
        }
        let proof = scene.proof(action, product.address)?;
        let place = door(action, &product);
        let answer = client::ask(place, &scene.request(action, &proof, place, 0))?;
        let shape = Shape::of(&answer, action.success())?;
        let bare = Server::bare(bare, &answer)?;
        for &connections in &what.connections {
            let go = |server: &Server| -> Result<Run, Failure> {
                let place = door(action, server);
                let request = |at| scene.request(action, &proof, place, at);
                run(server, place, (0..connections).map(request).collect(), &shape, what.seconds)
            };
            let (mut pairs, mut disturbed) = (Vec::new(), Vec::new());
            for attempt in 0..what.pairs * MOST_TRIES {
                wait_for_quiet(what.patience);
                // Either comes first as often as the other.
                let (ours, bares) = if attempt % 2 == 0 {
                    let ours = go(&product)?;
                    (ours, go(&bare)?)
                } else {
                    let bares = go(&bare)?;
                    (go(&product)?, bares)
                };
                let quiet = ours.others.max(bares.others) <= QUIET;
                if quiet {
                    pairs.push((ours, bares));
                } else {
                    disturbed.push((ours, bares));
                }
                if pairs.len() == what.pairs {
                    break;
                }
            }
            let (noise, missing) = (disturbed.len(), what.pairs - pairs.len());
            // The least disturbed have to do where there was no quiet.
            disturbed.sort_by(|(one, _), (other, _)| one.others.total_cmp(&other.others));
            pairs.extend(disturbed.into_iter().take(missing));
            print(action, connections, &pairs, &format!("{noise} disturbed, {missing} counted"));
        }
    }
    let memory = product.memory();
    println!("product after that: {} KiB resident, {} KiB of its own", memory.resident, memory.own);
    product.stop()
}

/// Where this kind of call goes; the bare server has but one door.
fn door(action: Action, server: &Server) -> SocketAddr {
    server.companion.filter(|_| action.is_of_validator()).unwrap_or(server.address)
}

/// Drives one server for so many seconds.
pub fn run(
    server: &Server,
    address: SocketAddr,
    requests: Vec<Vec<u8>>,
    shape: &Shape,
    seconds: f64,
) -> Result<Run, Failure> {
    let mut marks = Vec::with_capacity(2);
    let length = Duration::from_secs_f64(seconds);
    let mark = || marks.push((server.cpu(), own_cpu(), machine_cpu()));
    let driven = client::drive(address, requests, shape, WARM_UP, length, mark)?;
    let (Some(from), Some(to)) = (marks.first(), marks.last()) else { return Err("no marks".into()) };
    let Driven { answers, seconds, latencies } = driven;
    let (server, client) = (to.0 - from.0, to.1 - from.1);
    let (worked, withheld) = (to.2.0 - from.2.0, to.2.1 - from.2.1);
    let others = (worked - server.total() - client.total() + withheld) / (seconds * 1e6 * processors());
    let each = |cpu: Cpu| Cpu { user: cpu.user / answers as f64, system: cpu.system / answers as f64 };
    let (per_second, p99) = (answers as f64 / seconds, latencies.within(0.99));
    Ok(Run { per_second, p99, server: each(server), client: each(client), others })
}

/// Waits until nobody works, but no longer than this many seconds.
pub fn wait_for_quiet(seconds: u64) {
    const LOOK: Duration = Duration::from_millis(250);
    for _ in 0..seconds * 4 {
        let before = machine_cpu().0;
        std::thread::sleep(LOOK);
        if machine_cpu().0 - before <= 0.1 * LOOK.as_secs_f64() * 1e6 * processors() {
            return;
        }
    }
}

fn processors() -> f64 {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as f64
}

fn print(action: Action, connections: usize, pairs: &[(Run, Run)], noise: &str) {
    let of = |pick: &dyn Fn(&(Run, Run)) -> f64| middle(pairs.iter().map(pick).collect());
    let ratios: Vec<f64> = pairs.iter().map(|(ours, bares)| ours.per_second / bares.per_second).collect();
    let (least, most) = (ratios.iter().copied().fold(f64::MAX, f64::min), ratios.iter().copied().fold(0.0, f64::max));
    let each = |run: &Run| run.server.total() + run.client.total();
    let cpu = |pick: &dyn Fn(&(Run, Run)) -> Cpu| {
        let (user, system) = (of(&|pair| pick(pair).user), of(&|pair| pick(pair).system));
        format!("{:>5.1} ({user:>4.1}+{system:>4.1})", of(&|pair| pick(pair).total()))
    };
    println!(
        "{:<27}{connections:>5} {:>9.0} {:>9.0}  {least:.3}/{:.3}/{most:.3}   {:>6.3}  {:<16} {:<16} {:>6.1}  {:>4.0} {:>5.0} {:>5.2}  {noise}",
        action.title(),
        of(&|pair| pair.0.per_second),
        of(&|pair| pair.1.per_second),
        middle(ratios.clone()),
        of(&|pair| each(&pair.1)) / of(&|pair| each(&pair.0)),
        cpu(&|pair| pair.0.server),
        cpu(&|pair| pair.1.server),
        of(&|pair| pair.0.client.total()),
        of(&|pair| pair.0.p99),
        of(&|pair| pair.1.p99),
        of(&|pair| pair.0.p99 / pair.1.p99),
    );
}

/// The median.
pub fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = |back: usize| values.get((values.len() - back) / 2).copied().unwrap_or(f64::NAN);
    f64::midpoint(at(0), at(1)).max(0.0)
}
