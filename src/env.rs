//! Everything that comes from outside by itself: the time, chance, and documents of others.
//!
//! No other room asks the operating system for any of them. Real versions are built at the start; tests and the
//! admin door use steered ones.

mod certificates;
mod https;
mod key_fetch;
mod reach;

pub use certificates::Authorities;
pub use https::Https;
pub use key_fetch::{Document, FetchFault, KeyFetch, Offline, Wish};

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
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

/// Why the clock is not steered as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, derive_more::Display)]
pub enum Unsteerable {
    /// It would turn time back, and nobody allowed that.
    #[display(
        "the clock shows {} and would go back to {}: expired credentials would live again",
        now.iso_millis(),
        asked.iso_millis()
    )]
    Backwards {
        /// What the clock shows.
        now: Timestamp,
        /// What it was asked to show.
        asked: Timestamp,
    },
    /// It would leave the years that can be told.
    #[display(
        "the clock shows times from 1970-01-01T00:00:00Z to {}, so that the end of every session can be told",
        Timestamp::from_millis(*TELLABLE.end()).iso()
    )]
    OutOfRange,
}

/// What a steered clock can show, in milliseconds: from 1970 on, and so that the end of the longest session, 36
/// hours later, is still written with four digits for the year.
const TELLABLE: RangeInclusive<i64> = 0..=(253_402_300_799 - 36 * 3600) * 1000;

impl SteeredClock {
    /// A clock that follows `machine` until it is steered.
    pub fn over(machine: Box<dyn Clock>) -> Self {
        Self { machine, steering: ArcSwap::from_pointee(Steering::System) }
    }

    /// How the clock is steered.
    pub fn steering(&self) -> Steering {
        **self.steering.load()
    }

    /// How it would be steered if it went on by `seconds`, frozen or not.
    pub fn advanced(&self, seconds: i64) -> Result<Steering, Unsteerable> {
        let added = |millis: i64| {
            seconds.checked_mul(1000).and_then(|step| millis.checked_add(step)).ok_or(Unsteerable::OutOfRange)
        };
        match self.steering() {
            Steering::System => added(0).map(Steering::Offset),
            Steering::Offset(millis) => added(millis).map(Steering::Offset),
            // WHY: unlike a timestamp this is not moved into what can be written.
            Steering::Frozen(at) => match added(at.millis())? {
                millis if TELLABLE.contains(&millis) => Ok(Steering::Frozen(Timestamp::from_millis(millis))),
                _ => Err(Unsteerable::OutOfRange),
            },
        }
    }

    /// Whether it may be steered so; to an earlier time than now only if `backwards` is allowed.
    pub fn check(&self, steering: Steering, backwards: bool) -> Result<(), Unsteerable> {
        let moment = self.moment();
        let machine = moment.machine.millis();
        let shown = match steering {
            Steering::System => None,
            Steering::Offset(millis) => Some(machine.checked_add(millis).ok_or(Unsteerable::OutOfRange)?),
            Steering::Frozen(at) => Some(at.millis()),
        };
        if shown.is_some_and(|shown| !TELLABLE.contains(&shown)) {
            return Err(Unsteerable::OutOfRange);
        }
        let asked = steered(steering, moment.machine);
        if asked < moment.now && !backwards {
            return Err(Unsteerable::Backwards { now: moment.now, asked });
        }
        Ok(())
    }

    /// Steers it so, whatever it shows then.
    pub fn set(&self, steering: Steering) {
        self.steering.store(steering.into());
    }

    /// Steers it so, if it may be.
    pub fn steer(&self, steering: Steering, backwards: bool) -> Result<(), Unsteerable> {
        self.check(steering, backwards)?;
        self.set(steering);
        Ok(())
    }

    /// Goes on by `seconds`, if it may.
    pub fn advance(&self, seconds: i64, backwards: bool) -> Result<(), Unsteerable> {
        self.steer(self.advanced(seconds)?, backwards)
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
    fn a_clock_is_not_steered_out_of_the_years_that_can_be_told() {
        let clock = clock();
        for seconds in [i64::MAX, i64::MIN, i64::MAX / 1000, 253_402_300_800, -1_001] {
            assert_eq!(clock.advance(seconds, true), Err(Unsteerable::OutOfRange), "{seconds}");
        }
        assert_eq!(clock.moment().now.seconds(), 1_000, "what is refused moves nothing");
        let last = Timestamp::from_millis(*TELLABLE.end());
        clock.steer(Steering::Frozen(last), false).unwrap();
        assert_eq!(clock.advance(1, false), Err(Unsteerable::OutOfRange));
        assert!(matches!(clock.advance(-1, false), Err(Unsteerable::Backwards { .. })));
        clock.advance(-1, true).unwrap();
        assert_eq!(clock.moment().now, last.plus_seconds(-1));
        assert_eq!(last.plus_seconds(36 * 3600).iso().to_string(), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn a_frozen_clock_advances_only_by_command() {
        let clock = clock();
        clock.steer(Steering::Frozen(Timestamp::from_seconds(5_000)), false).unwrap();
        clock.advance(5, false).unwrap();
        assert_eq!(clock.moment().now.seconds(), 5_005);
    }
}
