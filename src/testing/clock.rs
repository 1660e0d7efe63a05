//! The clock of a service inside a test.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::builder::instant;
use super::{fail, lasting};
use crate::api::World;
use crate::env::Steering;

/// What the service takes for the time. It decides what has expired, what policies see, and what is issued.
#[derive(Clone, Copy, derive_more::Debug)]
#[debug("TestClock({})", _0.now().now.iso_millis())]
pub struct TestClock<'a>(&'a World);

impl<'a> TestClock<'a> {
    pub(super) fn of(world: &'a World) -> Self {
        Self(world)
    }

    /// What it shows.
    pub fn now(self) -> SystemTime {
        let millis = u64::try_from(self.0.now().now.millis()).unwrap_or_default();
        UNIX_EPOCH + Duration::from_millis(millis)
    }

    /// Goes on by so many whole seconds, whether it stands still or not.
    #[track_caller]
    pub fn advance(self, by: Duration) {
        let seconds = i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
        lasting(self.0.steer(|clock| clock.advanced(seconds), false));
    }

    /// Stands still at this time, such as `2026-01-15T12:00:00Z`, also if that is earlier.
    #[track_caller]
    pub fn freeze_at(self, time: &str) {
        let at = instant(time).unwrap_or_else(|why| fail(&why));
        lasting(self.0.steer(|_| Ok(Steering::Frozen(at)), true));
    }

    /// Stands still now.
    #[track_caller]
    pub fn freeze(self) {
        let now = self.0.now().now;
        lasting(self.0.steer(|_| Ok(Steering::Frozen(now)), true));
    }

    /// Goes with the machine's again.
    #[track_caller]
    pub fn follow_machine(self) {
        lasting(self.0.steer(|_| Ok(Steering::System), true));
    }
}
