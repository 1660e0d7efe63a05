//! The key sets of issuers: fetched once for everybody who waits, kept for a while, and not asked for again too soon.
//!
//! Nothing here blocks but [`Lead::fetch`], which the door runs where blocking is fine.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::env::{Clock, FetchFault, KeyFetch, Wish};
use crate::federation::oidc::discovery::{BadDiscovery, jwks_uri};
use crate::federation::oidc::{IssuerUrl, KeySet, NotAKeySet, ProvedLately};
use crate::time::Timestamp;

/// AWS: an issuer has so long for its discovery document and its keys together.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest discovery document.
const LONGEST_DISCOVERY: usize = 64 * 1024;
/// The longest key set.
const LONGEST_KEY_SET: usize = 1024 * 1024;
/// How many milliseconds a set is kept: at least, at most, and where the issuer does not say.
const KEEP_LEAST: i64 = 10_000;
const KEEP_MOST: i64 = 3_600_000;
const KEEP: i64 = 60_000;
/// How many milliseconds an issuer is left in peace after it was asked; doubled each time that it was for nothing.
const PEACE_LEAST: i64 = 1_000;
const PEACE_MOST: i64 = 60_000;
/// ATTACK: whoever may register issuers shall not fill the memory with their keys.
const MOST_ISSUERS: usize = 1_000;

/// Whose keys, and by which certificates the way to them may be proved.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    issuer: IssuerUrl,
    thumbprints: Vec<String>,
}

impl Source {
    /// The keys of an issuer.
    pub fn new(issuer: IssuerUrl, thumbprints: Vec<String>) -> Self {
        Self { issuer, thumbprints }
    }
}

/// Why an issuer's keys are not there.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display)]
pub enum NoKeySet {
    /// Its discovery document did not come.
    #[display("the issuer's discovery document: {_0}")]
    NoDiscovery(FetchFault),
    /// Its discovery document is of no use.
    BadDiscovery(BadDiscovery),
    /// Its keys did not come.
    #[display("the issuer's key set: {_0}")]
    NotFetched(FetchFault),
    /// What came is no key set.
    #[display("the issuer's key set: {_0}")]
    NotAKeySet(NotAKeySet),
    /// They are being fetched, and this request may not wait any longer.
    #[display("the issuer's keys were not there in time")]
    Late,
    /// They are the built-in issuer's, which has not issued anything yet.
    #[display("the built-in issuer has issued nothing yet")]
    NeverMade,
}

impl NoKeySet {
    /// Whether it was for want of a certificate that somebody knows.
    pub fn is_unknown_certificate(&self) -> bool {
        matches!(
            self,
            Self::NoDiscovery(FetchFault::Thumbprint { .. }) | Self::NotFetched(FetchFault::Thumbprint { .. })
        )
    }
}

/// What is known of an issuer's keys.
#[derive(Debug)]
pub enum Found {
    /// A set. It is fresh, or nothing fresher can be had now.
    Keys(Arc<KeySet>),
    /// None, for this reason.
    Nothing(NoKeySet),
    /// They must be fetched, or are being.
    Due(Due),
}

/// Keys that must be fetched before a request can be answered.
#[derive(Clone, Debug)]
pub struct Due {
    source: Source,
    /// How often its issuer had been asked when this was found out.
    asked: u64,
}

/// What to do about keys that are due.
pub enum Turn {
    /// They have come in the meantime.
    Ready,
    /// Somebody fetches them: this says when.
    Follow(oneshot::Receiver<()>),
    /// Nobody does yet.
    Lead(Lead),
}

/// The duty to fetch keys for everybody who waits. Others take over if it is dropped.
pub struct Lead {
    sets: KeySets,
    source: Source,
    outcome: Option<Result<Fetched, NoKeySet>>,
}

/// The key sets of all issuers. Cloning shares them.
#[derive(Clone)]
pub struct KeySets(Arc<Shared>);

struct Shared {
    fetch: Box<dyn KeyFetch>,
    clock: Arc<dyn Clock>,
    slots: Mutex<HashMap<Source, Slot>>,
    proved: ProvedLately,
}

/// What is kept of one issuer.
#[derive(Default)]
struct Slot {
    keys: Option<Kept>,
    fault: Option<NoKeySet>,
    /// How often it was asked, and when last.
    asked: u64,
    last: Option<Timestamp>,
    /// Milliseconds for which it is left in peace from then on.
    peace: i64,
    /// Who waits, while it is being asked.
    waiting: Option<Vec<oneshot::Sender<()>>>,
}

struct Kept {
    set: Arc<KeySet>,
    print: u64,
    until: Timestamp,
}

struct Fetched {
    set: KeySet,
    print: u64,
    keep: i64,
}

impl KeySets {
    /// Key sets that come by `fetch`. Only the machine's time of `clock` counts: who steers the service's time does not
    /// change how old a set is.
    pub fn over(fetch: Box<dyn KeyFetch>, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Shared { fetch, clock, slots: Mutex::default(), proved: ProvedLately::default() }))
    }

    /// The tokens that keys proved lately.
    pub fn proved(&self) -> &ProvedLately {
        &self.0.proved
    }

    /// The keys of `source`, if there is one among them that `has` looks for.
    pub fn find(&self, source: &Source, has: impl Fn(&KeySet) -> bool) -> Found {
        let now = self.0.machine_now();
        let slots = self.0.lock();
        let due = |asked| Found::Due(Due { source: source.clone(), asked });
        let Some(slot) = slots.get(source) else { return due(0) };
        let fresh = slot.keys.as_ref().filter(|kept| now < kept.until);
        if let Some(kept) = fresh.filter(|kept| has(&kept.set)) {
            return Found::Keys(Arc::clone(&kept.set));
        }
        let in_peace = slot.last.is_some_and(|last| (0..slot.peace).contains(&now.millis_since(last)));
        if slot.waiting.is_some() || !in_peace {
            return due(slot.asked);
        }
        match (&slot.keys, &slot.fault) {
            (_, Some(fault)) => Found::Nothing(fault.clone()),
            (Some(kept), None) => Found::Keys(Arc::clone(&kept.set)),
            (None, None) => due(slot.asked),
        }
    }

    /// What to do about keys that are due.
    ///
    /// INVARIANT: of all who find the same keys due, one is told to fetch them.
    pub fn turn(&self, due: Due) -> Turn {
        let mut slots = self.0.lock();
        make_room(&mut slots, &due.source);
        let slot = slots.entry(due.source.clone()).or_default();
        if slot.asked != due.asked {
            return Turn::Ready;
        }
        if let Some(waiting) = &mut slot.waiting {
            let (sender, receiver) = oneshot::channel();
            waiting.push(sender);
            return Turn::Follow(receiver);
        }
        slot.waiting = Some(Vec::new());
        drop(slots);
        Turn::Lead(Lead { sets: self.clone(), source: due.source, outcome: None })
    }

    /// Fetches what is due and waits for it: for callers that may block.
    pub fn wait(&self, due: Due) {
        match self.turn(due) {
            Turn::Ready => {}
            Turn::Lead(lead) => lead.fetch(),
            // Whoever fetched is gone if nothing comes, and the next look tells what became of it.
            Turn::Follow(done) => drop(done.blocking_recv()),
        }
    }

    /// Forgets every set, and what was proved by them.
    pub fn clear(&self) {
        self.0.proved.clear();
        self.0.lock().retain(|_, slot| {
            (slot.keys, slot.fault, slot.last) = (None, None, None);
            slot.waiting.is_some()
        });
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, HashMap<Source, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn machine_now(&self) -> Timestamp {
        self.clock.moment().machine
    }

    fn fetch(&self, source: &Source) -> Result<Fetched, NoKeySet> {
        let issuer = source.issuer.as_iss();
        let discovery = source.issuer.discovery();
        let wish = Wish {
            issuer,
            url: &discovery,
            thumbprints: &source.thumbprints,
            longest: LONGEST_DISCOVERY,
            patience: PATIENCE,
        };
        let document = self.fetch.get(&wish).map_err(NoKeySet::NoDiscovery)?;
        let url = jwks_uri(&document.body, issuer).map_err(NoKeySet::BadDiscovery)?;
        let patience = PATIENCE.saturating_sub(document.took);
        if patience.is_zero() {
            return Err(NoKeySet::NotFetched(FetchFault::Late));
        }
        let wish = Wish { url: &url, longest: LONGEST_KEY_SET, patience, ..wish };
        let document = self.fetch.get(&wish).map_err(NoKeySet::NotFetched)?;
        let set = KeySet::parse(&document.body).map_err(NoKeySet::NotAKeySet)?;
        let mut print = DefaultHasher::new();
        document.body.hash(&mut print);
        Ok(Fetched { set, print: print.finish(), keep: lifetime(&document.caching) })
    }
}

impl Lead {
    /// Fetches. Blocks for as long as an issuer may take.
    pub fn fetch(mut self) {
        let outcome = self.sets.0.fetch(&self.source);
        if let Err(fault) = &outcome {
            tracing::info!(issuer = %self.source.issuer, because = %fault, "no keys");
        }
        self.outcome = Some(outcome);
    }
}

impl Drop for Lead {
    /// Hands over what came, and lets everybody go on; so too if fetching was never begun, or did not come to an end.
    fn drop(&mut self) {
        let now = self.sets.0.machine_now();
        let mut slots = self.sets.0.lock();
        let Some(slot) = slots.get_mut(&self.source) else { return };
        let waiting = slot.waiting.take();
        slot.asked += 1;
        slot.last = Some(now);
        slot.keep(self.outcome.take(), now);
        drop(slots);
        for waiting in waiting.into_iter().flatten() {
            // Who no longer waits need not be told.
            let _ = waiting.send(());
        }
    }
}

impl Slot {
    fn keep(&mut self, outcome: Option<Result<Fetched, NoKeySet>>, now: Timestamp) {
        let again = (self.peace * 2).clamp(PEACE_LEAST, PEACE_MOST);
        match outcome {
            Some(Ok(Fetched { set, print, keep })) => {
                let in_vain = self.keys.as_ref().is_some_and(|kept| kept.print == print && now < kept.until);
                self.peace = if in_vain { again } else { PEACE_LEAST };
                let until = Timestamp::from_millis(now.millis().saturating_add(keep));
                self.keys = Some(Kept { set: Arc::new(set), print, until });
                self.fault = None;
            }
            Some(Err(fault)) => {
                self.peace = again;
                self.keys = self.keys.take().filter(|kept| now < kept.until);
                self.fault = if self.keys.is_some() { None } else { Some(fault) };
            }
            None => self.fault = Some(NoKeySet::Late),
        }
    }
}

/// Forgets whoever was asked longest ago, if there are too many.
fn make_room(slots: &mut HashMap<Source, Slot>, newcomer: &Source) {
    if slots.len() < MOST_ISSUERS || slots.contains_key(newcomer) {
        return;
    }
    let idle = slots.iter().filter(|(_, slot)| slot.waiting.is_none());
    let oldest = idle.min_by_key(|(_, slot)| slot.last).map(|(source, _)| source.clone());
    oldest.and_then(|oldest| slots.remove(&oldest));
}

/// How many milliseconds a set may be kept, by the headers that came with it.
fn lifetime(caching: &str) -> i64 {
    let mut keep = KEEP;
    for directive in caching.split(',').map(|directive| directive.trim().to_ascii_lowercase()) {
        match directive.split_once('=') {
            None if directive == "no-cache" || directive == "no-store" => return KEEP_LEAST,
            Some(("max-age", seconds)) => {
                let seconds: i64 = seconds.trim_matches('"').parse().unwrap_or(0);
                keep = seconds.saturating_mul(1000).clamp(KEEP_LEAST, KEEP_MOST);
            }
            _ => {}
        }
    }
    keep
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::env::{Document, ManualClock};
    use crate::federation::Algorithm;

    const ISSUER: &str = "https://issuer.example";

    /// An issuer that answers what the test says, and counts how often it was asked for its keys.
    struct Scripted {
        keys: Mutex<Result<(&'static str, &'static str), FetchFault>>,
        asked: AtomicUsize,
    }

    struct World {
        issuer: Arc<Scripted>,
        clock: Arc<ManualClock>,
        sets: KeySets,
    }

    struct Fetch(Arc<Scripted>);

    impl KeyFetch for Fetch {
        fn get(&self, wish: &Wish<'_>) -> Result<Document, FetchFault> {
            assert_eq!(wish.issuer, ISSUER);
            let document = |body: String, caching: &str| Document {
                body: body.into_bytes(),
                caching: caching.to_owned(),
                took: Duration::ZERO,
            };
            if wish.url.ends_with("/.well-known/openid-configuration") {
                return Ok(document(format!(r#"{{"issuer":"{ISSUER}","jwks_uri":"{ISSUER}/keys"}}"#), ""));
            }
            self.0.asked.fetch_add(1, Ordering::SeqCst);
            let (id, caching) = self.0.keys.lock().unwrap().clone()?;
            let key = format!(r#"{{"kty":"EC","kid":"{id}","crv":"P-256","x":"{X}","y":"{Y}"}}"#);
            Ok(document(format!(r#"{{"keys":[{key}]}}"#), caching))
        }
    }

    const X: &str = "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY";
    const Y: &str = "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU";

    impl World {
        fn new(keys: Result<(&'static str, &'static str), FetchFault>) -> Self {
            let issuer = Arc::new(Scripted { keys: Mutex::new(keys), asked: AtomicUsize::new(0) });
            let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_000_000)));
            let sets = KeySets::over(Box::new(Fetch(Arc::clone(&issuer))), Arc::<ManualClock>::clone(&clock));
            Self { issuer, clock, sets }
        }

        fn answer(&self, keys: Result<(&'static str, &'static str), FetchFault>) {
            *self.issuer.keys.lock().unwrap() = keys;
        }

        /// Looks for a key as a request does, and tells what there is in the end.
        fn look(&self, id: &str) -> Result<bool, NoKeySet> {
            let has = |set: &KeySet| set.find(Algorithm::Rs256, Some(id)).is_ok();
            for _ in 0..3 {
                match self.sets.find(&source(), has) {
                    Found::Keys(set) => return Ok(has(&set)),
                    Found::Nothing(fault) => return Err(fault),
                    Found::Due(due) => self.sets.wait(due),
                }
            }
            Err(NoKeySet::Late)
        }

        #[track_caller]
        fn check(&self, id: &str, expect: Result<bool, NoKeySet>, asked: usize) {
            assert_eq!((self.look(id), self.issuer.asked.load(Ordering::SeqCst)), (expect, asked));
        }
    }

    fn source() -> Source {
        Source::new(IssuerUrl::parse(ISSUER).unwrap(), Vec::new())
    }

    #[test]
    fn a_set_is_kept_for_a_while_and_the_issuer_says_how_long_within_bounds() {
        for (caching, seconds) in [
            ("", 60),
            ("max-age=300", 300),
            ("public, Max-Age=300, must-revalidate, ", 300),
            ("max-age=0", 10),
            ("no-cache", 10),
            ("max-age=300, no-store", 10),
            (", no-cache", 10),
            ("max-age=999999999999999999999", 10),
            ("max-age=9999999", 3600),
            ("private", 60),
        ] {
            let world = World::new(Ok(("one", caching)));
            world.check("one", Ok(true), 1);
            world.clock.advance(seconds - 1);
            world.check("one", Ok(true), 1);
            world.clock.advance(1);
            world.check("one", Ok(true), 2);
        }
    }

    #[test]
    fn an_unknown_key_has_the_set_fetched_anew() {
        let world = World::new(Ok(("one", "")));
        world.check("one", Ok(true), 1);
        world.answer(Ok(("two", "")));
        world.clock.advance(1);
        world.check("two", Ok(true), 2);
        world.clock.advance(1);
        world.check("one", Ok(false), 3);
    }

    /// A flood of made-up key ids: one fetch, then one after a second, after two more, after four ...
    #[test]
    fn key_ids_made_up_are_fetched_for_more_and_more_rarely() {
        let world = World::new(Ok(("one", "max-age=3600")));
        let mut asked = Vec::new();
        for second in 0..400 {
            let before = world.issuer.asked.load(Ordering::SeqCst);
            for _ in 0..10 {
                assert_eq!(world.look("made-up"), Ok(false));
            }
            if world.issuer.asked.load(Ordering::SeqCst) > before {
                asked.push(second);
            }
            world.clock.advance(1);
        }
        assert_eq!(asked, [0, 1, 3, 7, 15, 31, 63, 123, 183, 243, 303, 363]);
        world.check("one", Ok(true), 12);
    }

    #[test]
    fn a_failure_is_remembered_and_tried_again() {
        let down = FetchFault::Unreachable("refused".to_owned());
        let world = World::new(Err(down.clone()));
        let fault = || Err(NoKeySet::NotFetched(down.clone()));
        world.check("one", fault(), 1);
        world.check("one", fault(), 1);
        world.clock.advance(1);
        world.check("one", fault(), 2);
        world.clock.advance(1);
        world.check("one", fault(), 2);
        world.answer(Ok(("one", "")));
        world.clock.advance(1);
        world.check("one", Ok(true), 3);
    }

    #[test]
    fn a_set_that_is_still_good_outlives_a_failure_and_no_longer() {
        let world = World::new(Ok(("one", "")));
        world.check("one", Ok(true), 1);
        world.answer(Err(FetchFault::Status(500)));
        world.clock.advance(1);
        world.check("two", Ok(false), 2);
        world.check("one", Ok(true), 2);
        world.clock.advance(59);
        world.check("one", Err(NoKeySet::NotFetched(FetchFault::Status(500))), 3);
    }

    #[test]
    fn a_thousand_callers_at_a_cold_cache_cause_one_fetch() {
        let world = World::new(Ok(("one", "")));
        std::thread::scope(|scope| {
            let callers: Vec<_> = (0..1000).map(|_| scope.spawn(|| world.look("one"))).collect();
            assert!(callers.into_iter().all(|caller| caller.join().unwrap() == Ok(true)));
        });
        assert_eq!(world.issuer.asked.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn whoever_gives_up_leaves_the_turn_to_another() {
        let world = World::new(Ok(("one", "")));
        let Found::Due(due) = world.sets.find(&source(), |_| true) else { panic!("cold") };
        let Turn::Lead(lead) = world.sets.turn(due.clone()) else { panic!("first") };
        let Turn::Follow(mut follower) = world.sets.turn(due) else { panic!("second") };
        assert!(follower.try_recv().is_err());
        drop(lead);
        assert!(follower.try_recv().is_ok());
        world.check("one", Ok(true), 1);
    }

    #[test]
    fn other_thumbprints_are_another_way_to_the_keys() {
        let world = World::new(Ok(("one", "")));
        world.check("one", Ok(true), 1);
        let other = Source::new(IssuerUrl::parse(ISSUER).unwrap(), vec!["a".repeat(40)]);
        assert!(matches!(world.sets.find(&other, |_| true), Found::Due(_)));
        world.sets.clear();
        assert!(matches!(world.sets.find(&source(), |_| true), Found::Due(_)));
    }

    #[test]
    fn memory_has_a_bound() {
        let world = World::new(Ok(("one", "")));
        for number in 0..2 * MOST_ISSUERS {
            let issuer = IssuerUrl::parse(&format!("https://{number}.example")).unwrap();
            let Found::Due(due) = world.sets.find(&Source::new(issuer, Vec::new()), |_| true) else { panic!("new") };
            let Turn::Lead(lead) = world.sets.turn(due) else { panic!("alone") };
            drop(lead);
            assert!(world.sets.0.lock().len() <= MOST_ISSUERS);
        }
    }
}
