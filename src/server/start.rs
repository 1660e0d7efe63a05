//! Builds the world, opens the doors, says so, and closes them again in order.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::Mode as FileMode;
use rustix::process::Resource;

use super::doors::{Doors, Failure, Place, Sockets, Stop, usual_workers};
use super::guard::Guard;
use super::printers::quoted;
use super::{files, tokens};
use crate::api::{RegionRule, World, token_keys};
use crate::config::{Config, Listen, Storage};
use crate::delivery;
use crate::env::{
    Authorities, Clock, Entropy, Https, SeededEntropy, SteeredClock, Steering, SystemClock, SystemEntropy,
};
use crate::identities::{AccessKey, ProviderKeys};
use crate::ids::region::GLOBAL;
use crate::key_sets::KeySets;
use crate::seed::{self, Seed, built_in, plant};
use crate::sessions::Ledger;
use crate::store::{Engine, MemoryEngine, SledEngine, make_private};
use crate::time::Timestamp;
use crate::validator::Querier;
use crate::wire::request::{authority_of, split_port};

/// Serves until it is told to stop.
pub fn run(config: &Config) -> Result<(), Failure> {
    // Whatever is made from here on, sockets too, is for this user alone from its first moment.
    rustix::process::umask(FileMode::RWXG | FileMode::RWXO);
    raise_descriptor_limit();
    let sockets = Sockets::bind(config)?;
    let world = world(config, Ground { seed: given(config)?, at: None })?;
    let doors = Doors::of(world, sockets, guard(config)?, config, usual_workers())?;
    let (place, socket_files) = (doors.place(), doors.socket_files());
    let result = actix_web::rt::System::new().block_on(async {
        let running = doors.serve()?;
        let told_to_stop = stop_signals()?;
        announce(config, &place)?;
        running.until(told_to_stop, Stop::Answering).await
    });
    for file in socket_files {
        file.remove();
    }
    result
}

/// What a service stands on beside its configuration.
pub struct Ground {
    /// The seed, unless it is the built-in one.
    pub seed: Option<Seed>,
    /// When its clock shall stand still, if it shall.
    pub at: Option<Timestamp>,
}

/// The world of a service, seeded.
pub fn world(config: &Config, ground: Ground) -> Result<World, Failure> {
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
    let entropy: Box<dyn Entropy> = match config.entropy_seed {
        None => Box::new(SystemEntropy),
        Some(number) => Box::new(SeededEntropy::new(number)),
    };
    let mut world = World::load(engine, clock, entropy, regions, ledger)?;
    let is_built_in = ground.seed.is_none();
    let seed = ground.seed.map_or_else(built_in, Ok)?;
    for warning in &seed.warnings {
        tracing::warn!("{warning}");
    }
    let stand_still = |world: &World| -> Result<(), Failure> {
        let Some(at) = ground.at else { return Ok(()) };
        Ok(world.steer(|_| Ok(Steering::Frozen(at)), true)?.wait()?)
    };
    // What is made of the seed is made at that time; the clock itself begins again with the seed.
    stand_still(&world)?;
    plant(&world, &seed, is_built_in, config.seed_mode)?;
    stand_still(&world)?;
    if config.entropy_seed.is_some() {
        tracing::warn!(
            "chance is repeatable: whoever knows --entropy-seed knows every secret and token that this service makes"
        );
        // Made in the background, they would take from the same stream at any time.
        for issuer in token_keys::unsettled_outbound(&world) {
            token_keys::settled(&world, issuer, token_keys::outbound)?;
        }
    }
    world.open_demo = config.demo;
    world.saml = config.saml;
    world.key_sets = key_sets(config, &world)?;
    let demo_key = world.snapshot().identities.access_keys().any(|key| key.record.active && key.is_well_known());
    if demo_key && !config.aws_listen.is_private() && !config.demo {
        return Err("there is a key that everybody knows, and others can reach this --aws-listen: give a --seed of \
                    your own, or say --demo if that is what you want"
            .into());
    }
    if let Some(Listen::Address(address)) = config.delivery_listen.as_ref().filter(|listen| !listen.is_near())
        && delivery::is_open(&world)
    {
        tracing::warn!(
            "whoever reaches {address} gets credentials without a key: have --delivery-listen be 127.0.0.1 or 169.254.170.2, \
             or have every container and pod of the seed's `delivery` show a token of 16 characters or more"
        );
    }
    Ok(world)
}

/// The way to the keys of issuers; warns of those to whom it does not lead.
fn key_sets(config: &Config, world: &World) -> Result<KeySets, Failure> {
    let wrong = |path: &Path, error: String| format!("--ca-bundle {}: {error}", path.display());
    let read = |path: &PathBuf| files::read(path).map_err(|error| wrong(path, error.to_string()));
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
    let own = own_names(config);
    config.private_issuers.iter().cloned().chain(own.into_iter().map(|name| split_port(&name).0.to_owned())).collect()
}

/// By which names the companion is called, beside those of this machine; the name of its issuers with any port.
fn own_names(config: &Config) -> Vec<String> {
    let authority = |url: &String| Some(split_port(authority_of(url)?).0.to_owned());
    config.companion_hosts.iter().cloned().chain(config.issuer_url.as_ref().and_then(authority)).collect()
}

/// The seed of the files that are named, if some are.
fn given(config: &Config) -> Result<Option<Seed>, Failure> {
    if config.seed.is_empty() {
        return Ok(None);
    }
    let sources = seed::read_files(&config.seed)?;
    Ok(Some(seed::parse(&sources, &|name| std::env::var(name).ok())?))
}

/// Who may call the companion. Without a file of tokens whoever is on this machine may, and the data directory has
/// a token for what not everybody there shall have.
pub fn guard(config: &Config) -> Result<Guard, Failure> {
    let hosts = own_names(config);
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

/// Asks for as many descriptors as this user may have.
fn raise_descriptor_limit() {
    let mut limit = rustix::process::getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // What is refused stays as it was, and is reckoned with.
    let _ = rustix::process::setrlimit(Resource::Nofile, limit);
}

/// For people on standard error, for machines one line on standard output.
fn announce(config: &Config, place: &Place) -> Result<(), Failure> {
    // Whoever does not listen to standard error is served as well.
    let _ = greet(config, place);
    let mut ready = serde_json::json!({"aws": place.aws_url, "companion": place.companion_url});
    if let (Some(members), Some(delivery)) = (ready.as_object_mut(), &place.delivery_url) {
        members.insert("delivery".to_owned(), delivery.as_str().into());
    }
    let mut machines = std::io::stdout().lock();
    writeln!(machines, "ready {ready}")?;
    machines.flush()?;
    Ok(())
}

fn greet(config: &Config, place: &Place) -> std::io::Result<()> {
    let Place { service, aws_url: aws, companion_url: companion, delivery_url, tls } = place;
    let (world, tls) = (service.world(), tls.as_ref());
    let mut people = std::io::stderr().lock();
    writeln!(people, "local-sts {} serves AWS STS at {aws}", env!("CARGO_PKG_VERSION"))?;
    match &config.storage {
        Storage::Ephemeral => writeln!(people, "  state:     kept in memory only")?,
        Storage::Directory(directory) => writeln!(people, "  state:     {}", directory.display())?,
    }
    let pages = if companion.starts_with("http") { ", also for browsers" } else { "" };
    writeln!(people, "  companion: {companion}{pages}")?;
    if let Some(delivery) = delivery_url {
        writeln!(people, "  delivery:  {delivery}")?;
    }
    if world.clock.steering() != Steering::System {
        writeln!(people, "  clock:     steered as it was left, shows {}", world.now().now.iso())?;
    }
    if aws.starts_with("http") {
        let region = config.endpoint.map_or(GLOBAL, |endpoint| endpoint.region).name;
        let (id, secret) = first_key(world);
        writeln!(people, "\nPaste this into a shell:\n")?;
        writeln!(people, "  unset AWS_SESSION_TOKEN AWS_PROFILE")?;
        writeln!(people, "  export AWS_ENDPOINT_URL_STS={aws} AWS_ENDPOINT_URL_IAM={aws}")?;
        writeln!(people, "  export AWS_REGION={region} AWS_DEFAULT_REGION={region}")?;
        writeln!(people, "  export AWS_ACCESS_KEY_ID={id} AWS_SECRET_ACCESS_KEY={secret}")?;
        match tls.map(|tls| tls.bundle().ok_or(tls)) {
            None => {}
            Some(Ok(bundle)) => writeln!(people, "  export AWS_CA_BUNDLE={}", quoted(&bundle.display().to_string()))?,
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
