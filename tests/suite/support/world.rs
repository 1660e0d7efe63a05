//! A service in memory, at a known instant, with repeatable chance.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use local_sts::api::world::{ChangeError, Draft, Snapshot};
use local_sts::api::{RegionRule, World};
use local_sts::env::{Clock, KeyFetch, ManualClock, SeededEntropy, SteeredClock};
use local_sts::ids::{Endpoint, UniqueId};
use local_sts::key_sets::KeySets;
use local_sts::seed::{self, Mode, Source};
use local_sts::service::Service;
use local_sts::sessions::{Issuer, Ledger};
use local_sts::store::{Engine, MemoryEngine};
use local_sts::time::{Moment, Timestamp};

/// 2026-01-15T12:00:00Z.
pub const NOW: i64 = 1_768_478_400;

/// The same as an instant.
pub fn now() -> Timestamp {
    Timestamp::from_seconds(NOW)
}

/// A service, and the hands that move its machine's clock.
pub struct TestWorld {
    pub service: Service,
    machine: Arc<ManualClock>,
    slowness: Arc<AtomicI64>,
}

struct Shared(Arc<ManualClock>, Arc<AtomicI64>);

impl Clock for Shared {
    fn moment(&self) -> Moment {
        self.0.advance(self.1.load(Ordering::Relaxed));
        self.0.moment()
    }
}

impl TestWorld {
    /// A service with this seed.
    pub fn new(seed: &str) -> Self {
        Self::over(Box::new(MemoryEngine::default()), Some(seed), 1)
    }

    /// A service over this engine; without a seed it has what the engine kept.
    pub fn over(engine: Box<dyn Engine>, seed: Option<&str>, chance: u64) -> Self {
        Self::with_regions(engine, seed, chance, RegionRule::Any)
    }

    /// A service that answers as one endpoint.
    pub fn in_region(seed: &str, region: &str) -> Self {
        let rule = RegionRule::Only(Endpoint::named(region).unwrap());
        Self::with_regions(Box::new(MemoryEngine::default()), Some(seed), 1, rule)
    }

    fn with_regions(engine: Box<dyn Engine>, seed: Option<&str>, chance: u64, regions: RegionRule) -> Self {
        let machine = Arc::new(ManualClock::at(now()));
        let slowness = Arc::new(AtomicI64::new(0));
        let clock = Arc::new(SteeredClock::over(Box::new(Shared(Arc::clone(&machine), Arc::clone(&slowness)))));
        let world =
            World::load(engine, clock, Box::new(SeededEntropy::new(chance)), regions, Ledger::in_memory()).unwrap();
        if let Some(text) = seed {
            let source = Source { name: "test.yaml".to_owned(), text: text.to_owned() };
            let seed = seed::parse(&[source], &|_| None).unwrap_or_else(|errors| panic!("{errors}"));
            seed::plant(&world, &seed, false, Mode::Once).unwrap_or_else(|error| panic!("{error}"));
        }
        Self { service: Service::new(world), machine, slowness }
    }

    /// A service that gets its documents from `fetch`.
    pub fn fetching(seed: &str, fetch: impl KeyFetch + 'static) -> Self {
        let mut world = Self::new(seed);
        let watch: Arc<dyn Clock> = Arc::<SteeredClock>::clone(&world.service.world().clock);
        world.service.world_mut().key_sets = KeySets::over(Box::new(fetch), watch);
        world
    }

    /// Lets the machine's clock go on, and with it the service's.
    pub fn wait(&self, seconds: i64) {
        self.machine.advance(seconds);
    }

    /// From now on so many seconds pass whenever the service looks at its clock.
    pub fn slow_down(&self, seconds: i64) {
        self.slowness.store(seconds, Ordering::Relaxed);
    }

    /// Steers the service's clock ahead of the machine's.
    pub fn steer_ahead(&self, seconds: i64) {
        self.service.world().steer(|clock| clock.advanced(seconds), false).unwrap();
    }

    /// Starts anew with `--demo`.
    pub fn open_demo(&mut self) {
        self.service.world_mut().open_demo = true;
    }

    /// The machine's clock.
    pub fn machine(&self) -> Arc<ManualClock> {
        Arc::clone(&self.machine)
    }

    /// What the machine's clock shows.
    pub fn machine_now(&self) -> Timestamp {
        self.machine.moment().machine
    }

    /// What the service knows now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.service.world().snapshot())
    }

    /// The unique id of the user or role of this ARN.
    #[track_caller]
    pub fn id_of(&self, arn: &str) -> UniqueId {
        self.snapshot().identities.unique_id(arn).unwrap()
    }

    /// Ends all sessions an issuer has handed out so far.
    pub fn revoke_all_of(&self, issuer: Issuer<'_>) {
        let entropy = self.service.world().entropy.as_ref();
        self.change(|draft| Ok(draft.sessions.revoke_all_of(&mut draft.batch, entropy, issuer)?));
    }

    /// What it exports.
    pub fn export(&self) -> String {
        seed::export(&self.snapshot().identities)
    }

    /// Makes a change and waits until it is durable.
    pub fn change<R>(&self, draw_up: impl Fn(&mut Draft) -> Result<R, ChangeError>) -> R {
        let (result, ticket) = self.service.world().change(draw_up).unwrap();
        ticket.wait().unwrap();
        result
    }
}
