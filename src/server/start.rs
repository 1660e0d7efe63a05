//! Builds the world, opens the doors, says so, and closes them again in order.

use std::io::Write as _;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

use super::companion::{self, Companion};
use super::guard::Guard;
use super::listen::Bound;
use super::{aws, limits};
use crate::api::{RegionRule, World};
use crate::config::{Config, SeedMode, Storage};
use crate::env::{Clock, SteeredClock, SystemClock, SystemEntropy};
use crate::identities::AccessKey;
use crate::ids::region::GLOBAL;
use crate::secret::Secret;
use crate::seed::{self, Mode, Seed, built_in, plant};
use crate::service::Service;
use crate::sessions::Ledger;
use crate::store::{Engine, MemoryEngine, SledEngine, make_private};

type Failure = Box<dyn std::error::Error>;

/// Serves until it is told to stop.
pub fn run(config: &Config) -> Result<(), Failure> {
    let aws_socket = Bound::bind(&config.aws_listen)?;
    let companion_socket = Bound::bind(&config.companion_listen)?;
    let service = Arc::new(Service::new(world(config)?));
    let guard = Guard { hosts: config.companion_hosts.clone(), token: token(config)? };
    let (aws_url, companion_url) = (aws_socket.url()?, companion_socket.url()?);
    let result = actix_web::rt::System::new().block_on(async {
        let served = Arc::clone(&service);
        let aws_server =
            serve(aws_socket, None, move |request, payload| aws::answer(request, payload, Arc::clone(&served)))?;
        let companion_state = Arc::new(Companion { service: Arc::clone(&service), guard });
        let companion_server = serve(companion_socket, Some(1), move |request, payload| {
            companion::answer(request, payload, Arc::clone(&companion_state))
        })?;
        let told_to_stop = stop_signals()?;
        announce(config, service.world(), &aws_url, &companion_url)?;
        service.world().ledger.begin();
        until_stopped(told_to_stop, aws_server, companion_server).await
    });
    remove_sockets(config);
    result
}

fn world(config: &Config) -> Result<World, Failure> {
    let clock = Arc::new(SteeredClock::over(Box::new(SystemClock)));
    let (engine, ledger): (Box<dyn Engine>, Ledger) = match &config.storage {
        Storage::Ephemeral => (Box::new(MemoryEngine::default()), Ledger::in_memory()),
        Storage::Directory(directory) => {
            make_private(directory)?;
            let engine = SledEngine::open(&directory.join("state"))?;
            let watch: Arc<dyn Clock> = Arc::<SteeredClock>::clone(&clock);
            let ledger = Ledger::on_disk(&directory.join("ledger"), config.ledger_flush, watch)?;
            (Box::new(engine), ledger)
        }
    };
    let regions = config.region.map_or(RegionRule::Any, RegionRule::Only);
    let world = World::load(engine, clock, Box::new(SystemEntropy), regions, ledger)?;
    let (seed, is_built_in) = if config.seed.is_empty() { (built_in()?, true) } else { (given(config)?, false) };
    let mode = match config.seed_mode {
        SeedMode::Once => Mode::Once,
        SeedMode::Merge => Mode::Merge,
        SeedMode::Reset => Mode::Reset,
    };
    for warning in &seed.warnings {
        tracing::warn!("{warning}");
    }
    plant(&world, &seed, is_built_in, mode)?;
    Ok(world)
}

fn given(config: &Config) -> Result<Seed, Failure> {
    let sources = seed::read_files(&config.seed)?;
    Ok(seed::parse(&sources, &|name| std::env::var(name).ok())?)
}

fn token(config: &Config) -> Result<Option<Secret<String>>, Failure> {
    let Some(path) = &config.companion_token_file else { return Ok(None) };
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("--companion-token-file {}: {error}", path.display()))?;
    let token = text.trim();
    if token.len() < 16 {
        return Err(format!("--companion-token-file {}: a token has at least 16 characters", path.display()).into());
    }
    Ok(Some(Secret::new(token.to_owned())))
}

/// A listener that answers every request by `answer`; `workers` if not one for each processor.
fn serve<A, F>(bound: Bound, workers: Option<usize>, answer: A) -> Result<Server, Failure>
where
    A: Fn(HttpRequest, web::Payload) -> F + Clone + Send + 'static,
    F: Future<Output = HttpResponse> + 'static,
{
    let server = HttpServer::new(move || App::new().default_service(web::to(answer.clone())));
    let server = match workers {
        Some(workers) => server.workers(workers),
        None => server,
    };
    let server = match bound {
        Bound::Tcp(listener) => server.listen(listener)?,
        Bound::Unix(listener, _) => server.listen_uds(listener)?,
    };
    Ok(server
        .disable_signals()
        .client_request_timeout(limits::HEAD_TIMEOUT)
        .keep_alive(limits::KEEP_ALIVE)
        .max_connections(limits::CONNECTIONS)
        .shutdown_timeout(limits::SHUTDOWN_SECONDS)
        .run())
}

/// For people on standard error, for machines one line on standard output.
fn announce(config: &Config, world: &World, aws: &str, companion: &str) -> Result<(), Failure> {
    let mut people = std::io::stderr().lock();
    writeln!(people, "local-sts {} serves AWS STS at {aws}", env!("CARGO_PKG_VERSION"))?;
    match &config.storage {
        Storage::Ephemeral => writeln!(people, "  state:     kept in memory only")?,
        Storage::Directory(directory) => writeln!(people, "  state:     {}", directory.display())?,
    }
    writeln!(people, "  companion: {companion}")?;
    if aws.starts_with("http") {
        let region = config.region.unwrap_or(GLOBAL);
        let (id, secret) = first_key(world);
        writeln!(people, "\nPaste this into a shell:\n")?;
        writeln!(people, "  export AWS_ENDPOINT_URL_STS={aws}")?;
        writeln!(people, "  export AWS_REGION={region} AWS_DEFAULT_REGION={region}")?;
        writeln!(people, "  export AWS_ACCESS_KEY_ID={id} AWS_SECRET_ACCESS_KEY={secret}")?;
        writeln!(people, "\nand try:\n\n  aws sts get-caller-identity\n")?;
    }
    drop(people);
    let ready = serde_json::json!({"aws": aws, "companion": companion});
    let mut machines = std::io::stdout().lock();
    writeln!(machines, "ready {ready}")?;
    machines.flush()?;
    Ok(())
}

/// A key to begin with: the demo key if it is there, else any. Only a secret that everybody knows is shown.
fn first_key(world: &World) -> (String, String) {
    let snapshot = world.snapshot();
    let keys = snapshot.identities.access_keys().filter(|key| key.record.active);
    let rank = |key: &&Arc<AccessKey>| (!(key.is_well_known() && key.id.as_str() == "test"), key.id.clone());
    match keys.min_by_key(rank) {
        // The demo keys are their own secrets.
        Some(key) if key.is_well_known() => (key.id.to_string(), key.id.to_string()),
        Some(key) => (key.id.to_string(), "'the secret of that key in your seed'".to_owned()),
        None => ("'a key of your seed'".to_owned(), "'its secret'".to_owned()),
    }
}

/// Resolves when the process is told to stop. It listens from the call on, before anybody is told that all is ready.
fn stop_signals() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

async fn until_stopped(
    told_to_stop: impl Future<Output = ()> + 'static,
    aws: Server,
    companion: Server,
) -> Result<(), Failure> {
    let (aws_handle, companion_handle) = (aws.handle(), companion.handle());
    actix_web::rt::spawn(async move {
        told_to_stop.await;
        tracing::info!("stopping: answering what is in flight");
        tokio::join!(aws_handle.stop(true), companion_handle.stop(true));
    });
    let (aws, companion) = tokio::join!(aws, companion);
    aws?;
    companion?;
    Ok(())
}

fn remove_sockets(config: &Config) {
    for listen in [&config.aws_listen, &config.companion_listen] {
        if let crate::config::Listen::Socket(path) = listen {
            // It may be gone already; then there is nothing to do.
            let _ = std::fs::remove_file(path);
        }
    }
}
