//! Drives the release binary beside a bare actix-web server, and prints what came of it.

mod calls;
mod client;
mod issuer;
mod latency;
mod ledger;
mod objects;
mod process;
mod saml;
mod scene;
mod sign;
mod speed;
mod start;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use scene::{Scene, text};

/// Anything that ends a measurement.
pub type Failure = Box<dyn std::error::Error>;

/// Measures local-sts as a whole process. Leave the machine alone meanwhile.
#[derive(Parser)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
    /// The product.
    #[arg(long, global = true, default_value = "target/release/local-sts")]
    product: PathBuf,
    /// The bare server; next to this program, if nothing is said.
    #[arg(long, global = true)]
    bare: Option<PathBuf>,
    /// Where data directories are made; what is there goes.
    #[arg(long, global = true, default_value = "target/measuring-room")]
    directory: PathBuf,
}

#[derive(Subcommand)]
enum Command {
    /// Throughput beside the bare server's.
    Speed(Speed),
    /// Time from exec to the first correct answer.
    Start(Start),
    /// Resident memory of an idle server.
    Memory(Start),
    /// Counts the sessions in the ledger of a data directory that no server has open.
    Count {
        /// The data directory.
        data: PathBuf,
    },
    /// Keeps one kind of call going, for a profiler.
    Steady(Steady),
    /// Time in which the client verifies a signature by a key that was handed out.
    Verify,
    /// Throughput of GETs from the S3 server of `examples`, beside one that asks nobody.
    Objects(Objects),
}

/// What throughput is measured of.
#[derive(Args)]
pub struct Speed {
    /// Seconds of each run.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Pairs of runs.
    #[arg(long, default_value_t = 5)]
    pairs: usize,
    /// Seconds that a pair may wait for the machine to become quiet.
    #[arg(long, default_value_t = 20)]
    patience: u64,
    /// Connections at once.
    #[arg(long, value_delimiter = ',', default_value = "8,64")]
    connections: Vec<usize>,
    /// Only these of user, session, assume, web-rs256, web-es256, saml, authenticate, check, signing-keys.
    #[arg(long, value_delimiter = ',')]
    action: Vec<String>,
    /// Sessions in the ledger beforehand; without it everything is in memory.
    #[arg(long, value_delimiter = ',')]
    sessions: Vec<u64>,
    /// Roles in the seed beside those that are called; for a server that has everything in memory.
    #[arg(long, default_value_t = 0)]
    roles: usize,
}

/// What is measured of the S3 server.
#[derive(Args)]
pub struct Objects {
    /// The S3 server.
    #[arg(long, default_value = "target/s3-gateway/release/s3-gateway")]
    gateway: PathBuf,
    /// The one that asks nobody.
    #[arg(long, default_value = "target/s3-gateway/release/examples/open")]
    open: PathBuf,
    /// Seconds of each run.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// How often each is run.
    #[arg(long, default_value_t = 5)]
    times: usize,
    /// Connections at once.
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// The sizes of the object.
    #[arg(long, value_delimiter = ',', default_value = "1024,1048576")]
    bytes: Vec<usize>,
}

#[derive(Args)]
struct Start {
    /// How often.
    #[arg(long, default_value_t = 15)]
    times: usize,
    /// Sessions in the ledger beforehand; without it everything is in memory.
    #[arg(long, value_delimiter = ',')]
    sessions: Vec<u64>,
}

#[derive(Args)]
struct Steady {
    /// Where the server is.
    address: std::net::SocketAddr,
    /// user, session, assume, web-rs256, web-es256 or saml.
    action: String,
    /// For how long.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Connections at once.
    #[arg(long, default_value_t = 8)]
    connections: usize,
}

/// How a server ends between two starts.
#[derive(Clone, Copy, ValueEnum)]
pub enum End {
    /// It is asked to.
    Stop,
    /// SIGKILL, amid work.
    Kill,
}

fn main() -> ExitCode {
    match run(CommandLine::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command_line: CommandLine) -> Result<(), Failure> {
    let CommandLine { command, product, bare, directory } = command_line;
    let bare = match bare {
        Some(bare) => bare,
        None => std::env::current_exe()?.with_file_name("bare"),
    };
    let scene = Scene::new(directory)?;
    match command {
        Command::Speed(what) => {
            if what.sessions.is_empty() {
                println!("\nin memory");
                issuer::open()?;
                let arguments = scene.in_memory(what.roles)?;
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                return speed::measure(&what, &product, &bare, &scene, &arguments);
            }
            for &sessions in &what.sessions {
                let data = data(&product, &scene, sessions)?;
                println!("\n{sessions} sessions on disk");
                speed::measure(&what, &product, &bare, &scene, &["--data-dir", &text(&data)?])?;
            }
            Ok(())
        }
        Command::Start(what) => {
            if what.sessions.is_empty() {
                return start::measure("in memory", what.times, End::Stop, &product, &scene, &["--ephemeral"]);
            }
            for &sessions in &what.sessions {
                let data = text(&data(&product, &scene, sessions)?)?;
                let arguments = ["--data-dir", data.as_str()];
                for (title, end) in [("a clean stop", End::Stop), ("SIGKILL", End::Kill)] {
                    let title = format!("{sessions} sessions on disk, after {title}");
                    start::measure(&title, what.times, end, &product, &scene, &arguments)?;
                }
            }
            Ok(())
        }
        Command::Memory(what) => {
            if what.sessions.is_empty() {
                return start::memory("in memory", &product, &scene, &["--ephemeral"]);
            }
            for &sessions in &what.sessions {
                let data = text(&data(&product, &scene, sessions)?)?;
                let title = format!("{sessions} sessions on disk");
                start::memory(&title, &product, &scene, &["--data-dir", data.as_str()])?;
            }
            Ok(())
        }
        Command::Count { data } => {
            let (sessions, rows) = ledger::count(&data)?;
            println!("{sessions} sessions in {rows} rows");
            Ok(())
        }
        Command::Steady(what) => steady(&what, &scene),
        Command::Verify => verify::measure(&product, &scene),
        Command::Objects(what) => objects::measure(&what, &product, &scene),
    }
}

/// A data directory with this many sessions in its ledger; made, unless it is there from the last time.
fn data(product: &Path, scene: &Scene, sessions: u64) -> Result<PathBuf, Failure> {
    let data = scene.data(sessions);
    if sessions == 0 {
        remove(&data)?;
    } else if !data.exists() {
        ledger::fill(product, scene, &data, sessions)?;
    }
    Ok(data)
}

fn remove(directory: &Path) -> Result<(), Failure> {
    match std::fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

fn steady(what: &Steady, scene: &Scene) -> Result<(), Failure> {
    let mut of_sts = scene::Action::ALL.into_iter().filter(|action| !action.is_of_validator());
    let action = of_sts.find(|action| action.flag() == what.action);
    let action = action.ok_or("an action is one of user, session, assume, web-rs256, web-es256, saml")?;
    issuer::open()?;
    let proof = scene.proof(action, what.address)?;
    let request = |at| scene.request(action, &proof, what.address, at);
    let shape = client::Shape::of(&client::ask(what.address, &request(0))?, action.success())?;
    let requests = (0..what.connections).map(request).collect();
    let length = Duration::from_secs_f64(what.seconds);
    let driven = client::drive(what.address, requests, &shape, Duration::ZERO, length, || {})?;
    println!("{} answers, {:.0} each second", driven.answers, driven.answers as f64 / driven.seconds);
    Ok(())
}
