//! How long answers took, in a few counters: a driver that shares the machine must not touch much memory.

use std::time::Duration;

/// Counters for each doubling of nanoseconds: what is told is at most a sixteenth too long.
const STEPS: u32 = 16;

/// How many answers took how long.
pub struct Latencies {
    counts: [u64; (32 * STEPS) as usize],
}

impl Latencies {
    /// Of no answer yet.
    pub fn new() -> Self {
        Self { counts: [0; (32 * STEPS) as usize] }
    }

    /// One more answer.
    pub fn record(&mut self, took: Duration) {
        let nanos = u32::try_from(took.as_nanos()).unwrap_or(u32::MAX).max(STEPS);
        let doublings = nanos.ilog2();
        let within = (nanos >> (doublings - STEPS.ilog2())) - STEPS;
        if let Some(count) = self.counts.get_mut((doublings * STEPS + within) as usize) {
            *count += 1;
        }
    }

    /// The microseconds within which this share of the answers came.
    pub fn within(&self, share: f64) -> f64 {
        let wanted = self.counts.iter().sum::<u64>() as f64 * share;
        let mut seen = 0;
        for (at, count) in (0..).zip(&self.counts) {
            seen += count;
            if seen as f64 >= wanted {
                let (doublings, within) = (at / STEPS, at % STEPS);
                return (u64::from(STEPS + within + 1) << doublings >> STEPS.ilog2()) as f64 / 1000.0;
            }
        }
        f64::NAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_at_most_a_sixteenth_too_long() {
        let mut latencies = Latencies::new();
        for micros in 1..=1000 {
            latencies.record(Duration::from_micros(micros));
        }
        for (share, true_micros) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1000.0)] {
            let told = latencies.within(share);
            assert!((true_micros..=true_micros * 17.0 / 16.0).contains(&told), "{share}: {told}");
        }
    }
}
