//! Time-based one-time codes: which code a device shows, and which of its codes count at a given moment.
//!
//! Knows neither users nor what was used before; the moment is given.
//! <https://www.rfc-editor.org/rfc/rfc6238>; AWS: aws-behaviour section 17.7

use totp_rs::{Builder, Totp};

use crate::ids::names::TokenCode;
use crate::secret::Secret;
use crate::time::Timestamp;

/// How long a device shows one code.
const STEP_SECONDS: i64 = 30;
/// AWS: how many steps off a device may be (sts-s-mfa-window).
const WINDOW: i64 = 2;
/// AWS: how far a pair of codes may lie behind the device's time when it is set right.
const FURTHEST_BACK: i64 = 998;
/// AWS: the same for a pair ahead of it.
const FURTHEST_AHEAD: i64 = 1000;

/// How many times thirty seconds since 1970 a device's clock shows. Each step has one code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step(pub i64);

/// The seed that a device and the service share, as a generator of six-digit codes.
#[derive(derive_more::Debug)]
#[debug("Seed(..)")]
pub struct Seed(Totp);

impl Step {
    /// The step of a device whose clock is `drift` steps ahead of the service's.
    pub fn of(now: Timestamp, drift: i64) -> Self {
        Self(now.seconds().div_euclid(STEP_SECONDS)).plus(drift)
    }

    /// How many steps a device that shows this one now is ahead of the service.
    pub fn drift(self, now: Timestamp) -> i64 {
        self.0.saturating_sub(Self::of(now, 0).0)
    }

    /// The steps whose codes count while a device shows this one: itself, then those still to come, then those past.
    pub fn window(self) -> impl Iterator<Item = Self> {
        (0..=WINDOW).chain((-WINDOW..0).rev()).map(move |offset| self.plus(offset))
    }

    /// The instant from which on this step's code no longer counts, if the device is `drift` steps ahead.
    pub fn over(self, drift: i64) -> Timestamp {
        let first_too_late = self.plus(WINDOW + 1).plus(drift.saturating_neg());
        Timestamp::from_seconds(first_too_late.0.saturating_mul(STEP_SECONDS))
    }

    /// The step so many later; earlier if negative.
    pub fn plus(self, steps: i64) -> Self {
        Self(self.0.saturating_add(steps))
    }
}

impl Seed {
    /// Reads base32, padded or not.
    pub fn parse(base32: &Secret<String>) -> Option<Self> {
        let seed = totp_rs::Secret::try_from_base32(base32.expose().trim_end_matches('=')).ok()?;
        // Shorter seeds than the RFC advises are the author's choice.
        Some(Self(Builder::new().with_secret(seed).with_skew(0).build_noncompliant()))
    }

    /// The code of a step; none before 1970.
    pub fn code(&self, step: Step) -> Option<String> {
        Some(self.0.generate(seconds(step)?).to_string())
    }

    /// The steps that count while the device shows `present` and have this code: as a rule one or none.
    pub fn matching(&self, code: &TokenCode, present: Step) -> impl Iterator<Item = Step> {
        present.window().filter(move |step| self.is_code(code, *step))
    }

    /// The step of the second of two consecutive codes, near the step `present` that the device is taken to show.
    /// Both must lie behind `last`, the second step of the pair before.
    pub fn second_of_pair(&self, pair: [&TokenCode; 2], present: Step, last: Option<Step>) -> Option<Step> {
        let [first, second] = pair;
        let is_new = |step: Step| last.is_none_or(|last| step.plus(-1) > last);
        let mut near = (-FURTHEST_BACK..=FURTHEST_AHEAD).map(|offset| present.plus(offset));
        near.find(|step| is_new(*step) && self.is_code(second, *step) && self.is_code(first, step.plus(-1)))
    }

    /// In constant time for codes of one length.
    fn is_code(&self, code: &TokenCode, step: Step) -> bool {
        seconds(step).is_some_and(|at| self.0.check(code.as_str(), at).is_some())
    }
}

/// The first second of a step, as the generator takes it.
fn seconds(step: Step) -> Option<u64> {
    u64::try_from(step.0.checked_mul(STEP_SECONDS)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::shape::Shape;

    /// The RFC's own seed, `12345678901234567890`.
    fn seed() -> Seed {
        Seed::parse(&Secret::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".to_owned())).unwrap()
    }

    fn code(step: Step) -> TokenCode {
        TokenCode::parse(&seed().code(step).unwrap()).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        for (seconds, expect) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (20_000_000_000, "353130")]
        {
            let step = Step::of(Timestamp::from_seconds(seconds), 0);
            assert_eq!(seed().code(step).as_deref(), Some(expect), "{seconds}");
        }
        assert_eq!(seed().code(Step::of(Timestamp::from_seconds(-1), 0)), None);
        assert_eq!(seed().code(Step(i64::MAX)), None);
    }

    #[test]
    fn every_seed_that_may_stand_in_a_seed_file_is_one() {
        for length in 16..=128 {
            for letter in ["A", "Z", "7"] {
                let text = letter.repeat(length);
                assert!(Seed::parse(&Secret::new(text.clone())).is_some(), "{text}");
                assert!(Seed::parse(&Secret::new(format!("{text}===="))).is_some(), "{text}");
            }
        }
        assert!(Seed::parse(&Secret::new("not base32".to_owned())).is_none());
        assert_eq!(format!("{:?}", seed()), "Seed(..)");
    }

    proptest! {
        /// B-134: wherever the clock and the device's drift stand, codes of five steps count.
        #[test]
        fn the_window_is_five_steps_around_the_devices_time(
            now in 1_000_000_i64..4_000_000_000, drift in -2500_i64..2500, offset in -40_i64..40,
        ) {
            let now = Timestamp::from_seconds(now);
            let present = Step::of(now, drift);
            let shown = present.plus(offset);
            let found: Vec<Step> = seed().matching(&code(shown), present).collect();
            prop_assert_eq!(found.contains(&shown), offset.abs() <= 2);
            // Another step in the window may have the same code by chance, and no others are found.
            prop_assert!(found.iter().all(|step| code(*step) == code(shown) && (step.0 - present.0).abs() <= 2));
            prop_assert_eq!(present.drift(now), drift);
            let over = shown.over(drift);
            prop_assert!(Step::of(over, drift).window().all(|step| step != shown));
            prop_assert!(Step::of(over.plus_seconds(-1), drift).window().any(|step| step == shown));
        }

        #[test]
        fn a_pair_is_found_near_the_devices_time_and_behind_the_last_one(
            now in 1_000_000_i64..4_000_000_000, drift in -2500_i64..2500, offset in -1100_i64..1100, last in -1100_i64..1100,
        ) {
            let present = Step::of(Timestamp::from_seconds(now), drift);
            let (second, last) = (present.plus(offset), present.plus(last));
            let (one, two) = (code(second.plus(-1)), code(second));
            let near = (-998..=1000).contains(&offset);
            prop_assert_eq!(seed().second_of_pair([&one, &two], present, None), near.then_some(second));
            let newer = near && second.plus(-1) > last;
            prop_assert_eq!(seed().second_of_pair([&one, &two], present, Some(last)), newer.then_some(second));
            if one != two {
                prop_assert_eq!(seed().second_of_pair([&two, &one], present, None), None);
            }
        }
    }
}
