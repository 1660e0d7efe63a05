//! Random input by the hundred whenever tests run, and in the long form for as long as one likes.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Every way in. In the long form they share the time.
const WAYS: [&str; 29] = [
    "admin calls",
    "bodies in chunks",
    "bytes at the doors",
    "claims",
    "cluttered heads",
    "console pages",
    "credentials for containers and instances",
    "documents of keys",
    "encoded messages",
    "encrypted assertions",
    "fault rules",
    "filters of the journal",
    "forms of the console and the sign-in",
    "letters of SAML documents",
    "metadata of SAML providers",
    "parameters",
    "passes",
    "policies",
    "requests",
    "rows of the state",
    "SAML Responses",
    "seeds",
    "session tokens",
    "snapshots",
    "state exports",
    "text of seeds",
    "text of tokens",
    "tokens of issuers",
    "validator calls",
];

/// In minutes of computing, for all of them together.
const LONG_FORM: &str = "LOCAL_STS_HOSTILE_MINUTES";

/// As many cases as share a scene in the long form.
const BATCH: u32 = 256;

/// For what needs none.
pub fn no_scene() {}

/// Throws `cases` of what `strategy` makes at `scene`, or as many as there is time for.
#[track_caller]
pub fn throw<S: Strategy, C>(
    way: &str,
    cases: u32,
    strategy: S,
    scene: impl Fn() -> C,
    check: impl Fn(&C, S::Value) -> Result<(), TestCaseError>,
) {
    assert!(WAYS.contains(&way), "{way} has no share of the time");
    let minutes = std::env::var(LONG_FORM).ok().map(|text| text.parse::<f64>().unwrap());
    let run = |cases| {
        let scene = scene();
        let config = Config { failure_persistence: None, cases, max_shrink_iters: 4096, ..Config::default() };
        let outcome = TestRunner::new(config).run(&strategy, |value| check(&scene, value));
        assert!(outcome.is_ok(), "{way}: {}", outcome.unwrap_err());
    };
    let Some(minutes) = minutes else { return run(cases) };
    let share = Duration::from_secs_f64(minutes * 60.0 / WAYS.len() as f64);
    #[expect(clippy::disallowed_methods, reason = "the long form is as long as it is asked for")]
    let begun = Instant::now();
    let mut thrown = 0;
    while begun.elapsed() < share {
        run(BATCH);
        thrown += BATCH;
    }
    println!("{way}: {thrown} in {:.0} s", share.as_secs_f64());
}
