//! Builds the world, opens the doors, says so, and closes them again in order.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix_http::{Payload, Request};
use actix_web::dev::{Server, fn_service};
use actix_web::{HttpResponse, HttpServer, web};
use rustix::fs::Mode as FileMode;
use rustix::process::Resource;
use tokio::sync::{Semaphore, watch};

use super::companion::{self, Companion};
use super::connections::Connections;
use super::guard::Guard;
use super::listen::{Bound, SocketFile};
use super::tls::Tls;
use super::{aws, limits, tokens};
use crate::api::{RegionRule, World, token_keys};
use crate::config::{Config, Listen, SeedMode, Storage};
use crate::env::{Authorities, Clock, Https, SteeredClock, Steering, SystemClock, SystemEntropy};
use crate::identities::{AccessKey, ProviderKeys};
use crate::ids::IssuerBase;
use crate::ids::region::GLOBAL;
use crate::journal::Journal;
use crate::key_sets::KeySets;
use crate::seed::{self, Mode, Seed, built_in, plant};
use crate::service::Service;
use crate::sessions::Ledger;
use crate::store::{Engine, MemoryEngine, SledEngine, make_private};
use crate::validator::Querier;

type Failure = Box<dyn std::error::Error>;

/// Serves until it is told to stop.
pub fn run(config: &Config) -> Result<(), Failure> {
    // Whatever is made from here on, sockets too, is for this user alone from its first moment.
    rustix::process::umask(FileMode::RWXG | FileMode::RWXO);
    raise_descriptor_limit();
    let tls = config.tls.as_ref().map(Tls::read).transpose()?;
    let aws_socket = Bound::bind(&config.aws_listen)?;
    let companion_socket = Bound::bind(&config.companion_listen)?;
    let mut world = world(config)?;
    world.issuer_url = match &config.issuer_url {
        Some(url) => IssuerBase::Fixed(url.clone()),
        None => IssuerBase::AsCalled(companion_socket.base_url()?),
    };
    let service = Arc::new(Service::new(world).with_journal(Journal::of(config.journal)));
    let guard = guard(config)?;
    let settings = config.validator;
    let (aws_url, companion_url) = (aws_socket.url(tls.as_ref())?, companion_socket.url(None)?);
    let socket_files: Vec<SocketFile> = [&aws_socket, &companion_socket].into_iter().filter_map(Bound::file).collect();
    let result = actix_web::rt::System::new().block_on(async {
        let (served, secure) = (Arc::clone(&service), tls.is_some());
        let aws_server = serve(aws_socket, tls.as_ref(), &service, move |request, payload| {
            aws::answer(request, payload, Arc::clone(&served), secure)
        })?;
        let (stop, stopping) = watch::channel(false);
        let companion_state = Arc::new(Companion {
            service: Arc::clone(&service),
            guard,
            settings,
            streams: Arc::new(Semaphore::new(limits::EVENT_STREAMS)),
            sign_ins: Arc::new(Semaphore::new(limits::SIGN_INS)),
            stopping,
        });
        let companion_server = serve(companion_socket, None, &service, move |request, payload| {
            companion::answer(request, payload, Arc::clone(&companion_state))
        })?;
        let told_to_stop = stop_signals()?;
        announce(config, service.world(), &aws_url, tls.as_ref(), &companion_url)?;
        service.world().ledger.begin();
        actix_web::rt::spawn(sweep_now_and_then(Arc::clone(&service)));
        until_stopped(told_to_stop, stop, aws_server, companion_server).await
    });
    for file in socket_files {
        file.remove();
    }
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
    let regions = config.endpoint.map_or(RegionRule::Any, RegionRule::Only);
    let mut world = World::load(engine, clock, Box::new(SystemEntropy), regions, ledger)?;
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
    world.open_demo = config.demo;
    world.saml = config.saml;
    world.key_sets = key_sets(config, &world)?;
    let demo_key = world.snapshot().identities.access_keys().any(|key| key.record.active && key.is_well_known());
    if demo_key && !config.aws_listen.is_private() && !config.demo {
        return Err("there is a key that everybody knows, and others can reach this --aws-listen: give a --seed of \
                    your own, or say --demo if that is what you want"
            .into());
    }
    Ok(world)
}

/// The way to the keys of issuers; warns of those to whom it does not lead.
fn key_sets(config: &Config, world: &World) -> Result<KeySets, Failure> {
    let wrong = |path: &Path, error: String| format!("--ca-bundle {}: {error}", path.display());
    let read = |path: &PathBuf| std::fs::read(path).map_err(|error| wrong(path, error.to_string()));
    let bundle = config.ca_bundle.as_ref().map(read).transpose()?;
    let path = config.ca_bundle.clone().unwrap_or_default();
    let authorities = Authorities::with(bundle.as_deref()).map_err(|error| wrong(&path, error))?;
    let https = Https::new(authorities, near_hosts(config));
    for provider in
        world.snapshot().identities.oidc_providers().filter(|provider| matches!(provider.keys, ProviderKeys::Published))
    {
        if let Err(fault) = https.would_ask(provider.issuer.as_iss()) {
            tracing::warn!("no token of {} will be taken: {fault}", provider.issuer);
        }
    }
    let watch: Arc<dyn Clock> = Arc::<SteeredClock>::clone(&world.clock);
    Ok(KeySets::over(Box::new(https), watch))
}

/// The hosts whose issuers may be near: those that were named for it, and every name of this service itself.
fn near_hosts(config: &Config) -> Vec<String> {
    let authority = |url: &String| url.split("://").nth(1)?.split('/').next().map(str::to_owned);
    let own = config.companion_hosts.iter().cloned().chain(config.issuer_url.as_ref().and_then(authority));
    let bare = |host: String| match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name.to_owned(),
        _ => host,
    };
    config.private_issuers.iter().cloned().chain(own.map(bare)).collect()
}

fn given(config: &Config) -> Result<Seed, Failure> {
    let sources = seed::read_files(&config.seed)?;
    Ok(seed::parse(&sources, &|name| std::env::var(name).ok())?)
}

/// Who may call the companion. Without a file of tokens whoever is on this machine may, and the data directory has
/// a token for what not everybody there shall have.
fn guard(config: &Config) -> Result<Guard, Failure> {
    let hosts = config.companion_hosts.clone();
    if let Some(path) = &config.companion_token_file {
        return Ok(Guard { hosts, tokens: tokens::read(path)?, unshown: None });
    }
    let tokens = match &config.storage {
        Storage::Ephemeral => Vec::new(),
        Storage::Directory(directory) => tokens::read_or_make(directory, &SystemEntropy)?,
    };
    let unshown = match config.companion_listen {
        Listen::Socket(_) => Querier::of_this_user(),
        Listen::Address(_) => Querier::on_this_machine(),
    };
    Ok(Guard { hosts, tokens, unshown: Some(unshown) })
}

/// A listener that answers every request by `answer`.
fn serve<A, F>(bound: Bound, tls: Option<&Tls>, service: &Arc<Service>, answer: A) -> Result<Server, Failure>
where
    A: Fn(Request, Payload) -> F + Clone + Send + 'static,
    F: Future<Output = HttpResponse> + 'static,
{
    let (connections, watched) = (Connections::default(), Arc::clone(service));
    let opened = connections.clone();
    actix_web::rt::spawn(reap_now_and_then(connections, Arc::clone(service)));
    // WHY: there is nothing to route, and the framework's router takes as long as a signature.
    let handler = move || {
        let answer = answer.clone();
        fn_service(move |mut request: Request| {
            let payload = request.take_payload();
            let answered = answer(request, payload);
            async { Ok::<_, actix_web::Error>(answered.await) }
        })
    };
    let server = HttpServer::new(handler).on_connect(move |stream, data| opened.opened(stream, data, watched.world()));
    let server = match (bound, tls) {
        (Bound::Tcp(listener), None) => server.listen(listener)?,
        // ATTACK: who begins to agree on TLS and goes no further takes the place of one connection, and not for long.
        (Bound::Tcp(listener), Some(tls)) => server
            .tls_handshake_timeout(limits::HANDSHAKE_TIMEOUT)
            .max_connection_rate(connections_for_each_worker())
            .listen_rustls_0_23(listener, tls.config.clone())?,
        (Bound::Unix(listener, _), _) => server.listen_uds(listener)?,
    };
    Ok(server
        .disable_signals()
        .client_request_timeout(limits::HEAD_TIMEOUT)
        .keep_alive(limits::KEEP_ALIVE)
        .max_connections(connections_for_each_worker())
        .shutdown_timeout(limits::SHUTDOWN_SECONDS)
        .run())
}

/// As many connections as there are descriptors for: each takes two, and there is a listener more than workers.
fn connections_for_each_worker() -> usize {
    let descriptors = rustix::process::getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let workers = std::thread::available_parallelism().map_or(1, usize::from) * 2;
    let share =
        usize::try_from(descriptors.saturating_sub(limits::OWN_DESCRIPTORS)).unwrap_or(usize::MAX) / 2 / workers;
    share.clamp(limits::FEWEST_CONNECTIONS, limits::CONNECTIONS)
}

/// Asks for as many descriptors as this user may have.
fn raise_descriptor_limit() {
    let mut limit = rustix::process::getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // What is refused stays as it was, and is reckoned with.
    let _ = rustix::process::setrlimit(Resource::Nofile, limit);
}

/// Ends connections whose clients have gone quiet.
async fn reap_now_and_then(connections: Connections, service: Arc<Service>) {
    loop {
        actix_web::rt::time::sleep(limits::REAP_INTERVAL).await;
        connections.reap(service.world());
    }
}

/// For people on standard error, for machines one line on standard output.
fn announce(config: &Config, world: &World, aws: &str, tls: Option<&Tls>, companion: &str) -> Result<(), Failure> {
    // Whoever does not listen to standard error is served as well.
    let _ = greet(config, world, aws, tls, companion);
    let ready = serde_json::json!({"aws": aws, "companion": companion});
    let mut machines = std::io::stdout().lock();
    writeln!(machines, "ready {ready}")?;
    machines.flush()?;
    Ok(())
}

fn greet(config: &Config, world: &World, aws: &str, tls: Option<&Tls>, companion: &str) -> std::io::Result<()> {
    let mut people = std::io::stderr().lock();
    writeln!(people, "local-sts {} serves AWS STS at {aws}", env!("CARGO_PKG_VERSION"))?;
    match &config.storage {
        Storage::Ephemeral => writeln!(people, "  state:     kept in memory only")?,
        Storage::Directory(directory) => writeln!(people, "  state:     {}", directory.display())?,
    }
    writeln!(people, "  companion: {companion}")?;
    if world.clock.steering() != Steering::System {
        writeln!(people, "  clock:     steered as it was left, shows {}", world.now().now.iso())?;
    }
    if aws.starts_with("http") {
        let region = config.endpoint.map_or(GLOBAL, |endpoint| endpoint.region).name;
        let (id, secret) = first_key(world);
        writeln!(people, "\nPaste this into a shell:\n")?;
        writeln!(people, "  export AWS_ENDPOINT_URL_STS={aws} AWS_ENDPOINT_URL_IAM={aws}")?;
        writeln!(people, "  export AWS_REGION={region} AWS_DEFAULT_REGION={region}")?;
        writeln!(people, "  export AWS_ACCESS_KEY_ID={id} AWS_SECRET_ACCESS_KEY={secret}")?;
        match tls.map(|tls| tls.bundle().ok_or(tls)) {
            None => {}
            Some(Ok(bundle)) => writeln!(people, "  export AWS_CA_BUNDLE={}", quoted(&bundle))?,
            Some(Err(tls)) => writeln!(
                people,
                "\nand, unless it is trusted already, let AWS_CA_BUNDLE name a PEM file of the authority behind {}",
                tls.file().display()
            )?,
        }
        writeln!(people, "\nand try:\n\n  aws sts get-caller-identity\n")?;
    }
    Ok(())
}

/// A path as a shell reads it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+:@%,".contains(&byte));
    if plain { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
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

/// Forgets codes and assertions that were used long ago, and makes keys before somebody has to wait for them.
async fn sweep_now_and_then(service: Arc<Service>) {
    loop {
        settle_token_keys(&service).await;
        actix_web::rt::time::sleep(limits::SWEEP_INTERVAL).await;
        if let Err(error) = service.world().sweep() {
            tracing::error!("what was used long ago could not be forgotten: {error}");
        }
    }
}

/// Off the road of requests: making a key of RSA takes its time.
async fn settle_token_keys(service: &Arc<Service>) {
    for issuer in token_keys::unsettled_outbound(service.world()) {
        let service = Arc::clone(service);
        let settled = web::block(move || token_keys::settled(service.world(), issuer, token_keys::outbound)).await;
        let Ok(Err(error)) = settled else { continue };
        tracing::error!("the keys by which accounts sign tokens could not be stored: {error}");
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
    stop: watch::Sender<bool>,
    aws: Server,
    companion: Server,
) -> Result<(), Failure> {
    let (aws_handle, companion_handle) = (aws.handle(), companion.handle());
    actix_web::rt::spawn(async move {
        told_to_stop.await;
        tracing::info!("stopping: answering what is in flight");
        stop.send_replace(true);
        tokio::join!(aws_handle.stop(true), companion_handle.stop(true));
    });
    let (aws, companion) = tokio::join!(aws, companion);
    aws?;
    companion?;
    Ok(())
}
