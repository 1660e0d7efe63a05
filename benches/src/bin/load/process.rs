//! Servers as processes: started, watched through `/proc`, ended kindly or not.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Failure;
use crate::client::Answer;

/// A server that is ready.
pub struct Server {
    child: Child,
    /// Where AWS clients connect.
    pub address: SocketAddr,
    /// Where services ask the validator; the bare server has none.
    pub companion: Option<SocketAddr>,
    /// Just before it was executed.
    pub begun: Instant,
}

/// Processor time in microseconds.
#[derive(Clone, Copy, Default)]
pub struct Cpu {
    pub user: f64,
    pub system: f64,
}

/// Resident memory in KiB.
#[derive(Clone, Copy, Default)]
pub struct Memory {
    pub resident: u64,
    pub own: u64,
    pub most: u64,
}

impl Server {
    /// Starts the product; what it has to say to people goes to the file `log`.
    pub fn product(binary: &Path, arguments: &[&str], log: &Path) -> Result<Self, Failure> {
        let mut command = Command::new(binary);
        command.args(["--aws-listen", "127.0.0.1:0", "--companion-listen", "127.0.0.1:0"]).args(arguments);
        command.stderr(File::create(log)?);
        Self::start(command, "")
    }

    /// Starts the bare server with what it shall answer.
    pub fn bare(binary: &Path, answer: &Answer) -> Result<Self, Failure> {
        let mut text = format!("{}\n", answer.status);
        for (name, value) in &answer.headers {
            // These two it writes by itself, as the product does.
            if !["date", "content-length"].contains(&name.to_ascii_lowercase().as_str()) {
                text.push_str(&format!("{name}: {value}\n"));
            }
        }
        text.push('\n');
        text.push_str(&answer.body);
        let mut command = Command::new(binary);
        command.stderr(Stdio::null());
        Self::start(command, &text)
    }

    /// Starts a server of S3 over a directory.
    pub fn of_objects(binary: &Path, arguments: &[&str], log: &Path) -> Result<Self, Failure> {
        let mut command = Command::new(binary);
        command.args(arguments).stderr(File::create(log)?);
        Self::start(command, "")
    }

    fn start(mut command: Command, input: &str) -> Result<Self, Failure> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let begun = Instant::now();
        let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        let mut given = child.stdin.take().ok_or("no standard input")?;
        given.write_all(input.as_bytes())?;
        drop(given);
        let mut out = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        let mut line = String::new();
        out.read_line(&mut line)?;
        let place = |name: &str| -> Option<SocketAddr> {
            let (_, rest) = line.split_once(&format!("\"{name}\":\"http://"))?;
            rest.split_once('"')?.0.parse().ok()
        };
        let of_objects = || line.strip_prefix("ready http://")?.trim_end().parse().ok();
        let Some(address) = place("aws").or_else(of_objects) else {
            // It ends by itself or is ended; either way it shall not stay.
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("{command:?} did not become ready: {line:?}").into());
        };
        Ok(Self { child, address, companion: place("companion"), begun })
    }

    /// Processor time since it was started.
    pub fn cpu(&self) -> Cpu {
        cpu(&self.child.id().to_string())
    }

    /// Waits until it has nothing to do any more, such as opening a ledger. Seconds since its start, or nothing if it
    /// never rests.
    pub fn settle(&self) -> Option<f64> {
        const LOOK: Duration = Duration::from_millis(500);
        const MOST_LOOKS: usize = 240;
        for _ in 0..MOST_LOOKS {
            let (at, before) = (self.begun.elapsed(), self.cpu().total());
            std::thread::sleep(LOOK);
            if self.cpu().total() - before <= 2.0 * TICK {
                return Some(at.as_secs_f64());
            }
        }
        None
    }

    /// Memory at this moment.
    pub fn memory(&self) -> Memory {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or_default()
        };
        Memory { resident: field("VmRSS"), own: field("RssAnon"), most: field("VmHWM") }
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(mut self) -> Result<(), Failure> {
        if let Some(pid) = Pid::from_raw(i32::try_from(self.child.id())?) {
            kill_process(pid, Signal::TERM)?;
        }
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("it ended with {status}").into()) }
    }
}

impl Drop for Server {
    /// The hard way: what `stop` has ended already is not there any more.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Processor time that the whole machine has worked since it was started, and what its host withheld from it.
pub fn machine_cpu() -> (f64, f64) {
    let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let words = text.lines().next().unwrap_or_default().split_ascii_whitespace().skip(1);
    // user, nice, system, idle, iowait, irq, softirq, steal
    let ticks: Vec<f64> = words.map(|word| word.parse().unwrap_or_default()).collect();
    let sum = |places: &[usize]| places.iter().filter_map(|at| ticks.get(*at)).sum::<f64>() * TICK;
    (sum(&[0, 1, 2, 5, 6]), sum(&[7]))
}

/// Processor time of this process itself.
pub fn own_cpu() -> Cpu {
    cpu("self")
}

fn cpu(process: &str) -> Cpu {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name in parentheses may hold anything; user and system time are the 12th and 13th word behind it.
    let behind = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut words = behind.split_ascii_whitespace().skip(11);
    let mut next = || words.next().and_then(|word| word.parse::<f64>().ok()).unwrap_or_default() * TICK;
    Cpu { user: next(), system: next() }
}

/// Linux counts for programs in hundredths of a second, whatever it counts in itself; this is one in microseconds.
const TICK: f64 = 10_000.0;

impl Cpu {
    /// All of it.
    pub fn total(self) -> f64 {
        self.user + self.system
    }
}

impl std::ops::Sub for Cpu {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { user: self.user - other.user, system: self.system - other.system }
    }
}
