//! Everything that comes from outside by itself: the time and chance.
//!
//! No other room asks the operating system for either. Real versions are built in `main`; tests and the
//! admin door use steered ones.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::time::{Moment, Timestamp};

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// What time it is, for the service and for its clients.
    fn moment(&self) -> Moment;
}

/// Where chance comes from.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with what nobody can guess.
    fn fill(&self, bytes: &mut [u8]);
}

/// `N` fresh random bytes.
pub fn draw<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}

/// The machine's own clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks")]
    fn moment(&self) -> Moment {
        let millis = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |millis| -millis),
        };
        Moment::unsteered(Timestamp::from_millis(millis))
    }
}

/// A clock that only moves when it is told to: tests' stand-in for the machine's.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.millis()))
    }

    /// Goes on by `seconds`.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds.saturating_mul(1000), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn moment(&self) -> Moment {
        Moment::unsteered(Timestamp::from_millis(self.0.load(Ordering::SeqCst)))
    }
}

/// A clock laid over another: shifted or frozen by command, and never backwards unless told so.
pub struct SteeredClock {
    machine: Box<dyn Clock>,
    steering: ArcSwap<Steering>,
}

/// How a steered clock relates to the machine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steering {
    /// As the machine.
    System,
    /// This many milliseconds ahead of the machine; behind it if negative.
    Offset(i64),
    /// Standing still.
    Frozen(Timestamp),
}

/// A command would have turned time back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backwards {
    /// What the clock shows.
    pub now: Timestamp,
    /// What it was asked to show.
    pub asked: Timestamp,
}

impl SteeredClock {
    /// A clock that follows `machine` until it is steered.
    pub fn over(machine: Box<dyn Clock>) -> Self {
        Self { machine, steering: ArcSwap::from_pointee(Steering::System) }
    }

    /// How the clock is steered.
    pub fn steering(&self) -> Steering {
        **self.steering.load()
    }

    /// Steers anew; what would show an earlier time than now is refused unless `backwards` is allowed.
    pub fn steer(&self, steering: Steering, backwards: bool) -> Result<(), Backwards> {
        let moment = self.moment();
        let asked = steered(steering, moment.machine);
        if asked < moment.now && !backwards {
            return Err(Backwards { now: moment.now, asked });
        }
        self.steering.store(steering.into());
        Ok(())
    }

    /// Goes on by `seconds`, frozen or not.
    pub fn advance(&self, seconds: i64, backwards: bool) -> Result<(), Backwards> {
        let steering = match self.steering() {
            Steering::System => Steering::Offset(seconds.saturating_mul(1000)),
            Steering::Offset(millis) => Steering::Offset(millis.saturating_add(seconds.saturating_mul(1000))),
            Steering::Frozen(at) => Steering::Frozen(at.plus_seconds(seconds)),
        };
        self.steer(steering, backwards)
    }
}

impl Clock for SteeredClock {
    fn moment(&self) -> Moment {
        let machine = self.machine.moment().machine;
        Moment { now: steered(self.steering(), machine), machine }
    }
}

fn steered(steering: Steering, machine: Timestamp) -> Timestamp {
    match steering {
        Steering::System => machine,
        Steering::Offset(millis) => Timestamp::from_millis(machine.millis().saturating_add(millis)),
        Steering::Frozen(at) => at,
    }
}

/// The operating system's randomness, through a generator per thread.
#[derive(Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks")]
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// Repeatable bytes, for tests only: whoever knows the seed knows every secret.
pub struct SeededEntropy(Mutex<StdRng>);

impl SeededEntropy {
    /// The stream that `seed` begins.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let mut generator = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        generator.fill_bytes(bytes);
    }
}

/// Where the outside may fail us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultPoint {
    /// Before a batch is written: nothing of it happens.
    StoreWrite,
    /// When what was written should become durable: a restart may forget it.
    StoreFlush,
}

/// Faults that shall happen, for tests only: each strikes once.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<(FaultPoint, u32)>>);

impl Faults {
    /// The `nth` passage of `point` from now on shall fail; the next one is the first.
    pub fn plan(&self, point: FaultPoint, nth: u32) {
        self.lock().push((point, nth));
    }

    /// Whether this passage of `point` fails.
    pub fn strikes(&self, point: FaultPoint) -> bool {
        let mut planned = self.lock();
        let waiting = planned.len();
        planned.iter_mut().filter(|(at, _)| *at == point).for_each(|(_, left)| *left = left.saturating_sub(1));
        planned.retain(|(_, left)| *left > 0);
        planned.len() < waiting
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(FaultPoint, u32)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> SteeredClock {
        SteeredClock::over(Box::new(ManualClock::at(Timestamp::from_seconds(1_000))))
    }

    #[test]
    fn a_steered_clock_keeps_the_machine_time_beside_its_own() {
        let clock = clock();
        clock.advance(3600, false).unwrap();
        let moment = clock.moment();
        assert_eq!((moment.now.seconds(), moment.machine.seconds()), (4_600, 1_000));
    }

    #[test]
    fn time_does_not_run_backwards_unless_told() {
        let clock = clock();
        clock.advance(60, false).unwrap();
        assert!(clock.steer(Steering::System, false).is_err());
        clock.steer(Steering::System, true).unwrap();
        assert_eq!(clock.moment().now.seconds(), 1_000);
    }

    #[test]
    fn a_planned_fault_strikes_once_at_its_passage() {
        let faults = Faults::default();
        faults.plan(FaultPoint::StoreWrite, 2);
        faults.plan(FaultPoint::StoreFlush, 1);
        let struck: Vec<bool> = (0..4).map(|_| faults.strikes(FaultPoint::StoreWrite)).collect();
        assert_eq!(struck, [false, true, false, false]);
        assert!(faults.strikes(FaultPoint::StoreFlush) && !faults.strikes(FaultPoint::StoreFlush));
    }

    #[test]
    fn a_frozen_clock_advances_only_by_command() {
        let clock = clock();
        clock.steer(Steering::Frozen(Timestamp::from_seconds(5_000)), false).unwrap();
        clock.advance(5, false).unwrap();
        assert_eq!(clock.moment().now.seconds(), 5_005);
    }
}
