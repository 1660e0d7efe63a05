//! A service inside a test: real sockets on ports of its own, gone when the value is.
//!
//! ```
//! use std::time::Duration;
//!
//! let sts = local_sts::testing::TestSts::start();
//! // As for any AWS SDK: the endpoint by its URL or by the environment, and credentials.
//! let (endpoint, keys) = (sts.endpoint(), sts.credentials());
//! assert!(endpoint.starts_with("http://127.0.0.1:"));
//! assert_eq!(keys.access_key_id, "test");
//! let session = sts.credentials_for("demo");
//! assert!(session.session_token.is_some());
//! sts.clock().advance(Duration::from_secs(3600));
//! sts.reset();
//! ```
//!
//! Instances know nothing of each other, and touch nothing that belongs to the whole process: as many as there are tests
//! may run side by side. What cannot be done panics, as an assertion does; [`Builder::try_start`] alone returns it.

mod builder;
mod clock;
mod credentials;
mod faults;
mod journal;

use std::sync::Arc;

pub use builder::Builder;
pub use clock::TestClock;
pub use credentials::TestCredentials;
pub use faults::TestFaults;
pub use journal::TestJournal;

use crate::api::account_reset::reset_account;
use crate::api::world::ChangeError;
use crate::api::{World, baseline, snapshots};
use crate::env::Steering;
use crate::ids::AccountId;
use crate::seed::{self, Replanting};
use crate::server::background::Background;
use crate::server::doors::Place;
use crate::service::Service;
use crate::sessions::Ending;
use crate::store::Ticket;
use crate::time::Timestamp;

/// A running service. Dropping it closes its ports and ends its threads.
#[derive(derive_more::Debug)]
#[debug("TestSts({}, companion {})", self.endpoint(), self.companion())]
pub struct TestSts {
    place: Arc<Place>,
    at: Option<Timestamp>,
    region: String,
    _served: Background,
}

impl TestSts {
    /// Starts one with the built-in seed: account `000000000000`, an administrator whose key and secret are `test`, and
    /// the roles `demo`, `demo-external` and `demo-long`.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// Starts one as it is told.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Where AWS clients connect.
    pub fn endpoint(&self) -> &str {
        &self.place.aws_url
    }

    /// Where clock, reset, validator and the rest of the companion answer.
    pub fn companion(&self) -> &str {
        &self.place.companion_url
    }

    /// The region to sign for.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// A long-term key: `test` if the seed has it, else the first one that is active.
    pub fn credentials(&self) -> TestCredentials {
        TestCredentials::long_term(self.world()).unwrap_or_else(|| fail("the seed has no active access key"))
    }

    /// A fresh session of a role, by name or ARN, or of the user of this ARN. Nobody's trust is asked, and it lasts an hour.
    /// The journal has it as `sessions/issue`, so that every key there was asked for by somebody.
    #[track_caller]
    pub fn credentials_for(&self, who: &str) -> TestCredentials {
        self.credentials_lasting(who, 3600)
    }

    /// The same for so many seconds, from one on.
    #[track_caller]
    pub fn credentials_lasting(&self, who: &str, seconds: i32) -> TestCredentials {
        TestCredentials::issue(self.service(), who, seconds).unwrap_or_else(|why| fail(&why))
    }

    /// What a program needs in its environment to act as a role, or as a user by ARN.
    #[track_caller]
    pub fn environment(&self, who: &str) -> Vec<(String, String)> {
        let keys = self.credentials_for(who);
        let variables = [
            ("AWS_ENDPOINT_URL_STS", self.endpoint()),
            ("AWS_ENDPOINT_URL_IAM", self.endpoint()),
            ("AWS_REGION", self.region()),
            ("AWS_DEFAULT_REGION", self.region()),
            ("AWS_ACCESS_KEY_ID", &keys.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", &keys.secret_access_key),
            ("AWS_SESSION_TOKEN", keys.session_token.as_deref().unwrap_or_default()),
            // Nobody shall look for others.
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Its clock.
    pub fn clock(&self) -> TestClock<'_> {
        TestClock::of(self.world())
    }

    /// What it was asked.
    pub fn journal(&self) -> TestJournal<'_> {
        TestJournal::of(self.service().journal())
    }

    /// What shall go wrong.
    pub fn faults(&self) -> TestFaults<'_> {
        TestFaults::of(&self.world().faults)
    }

    /// Goes back to the seed; every session ends. The clock is as it was at the start.
    #[track_caller]
    pub fn reset(&self) {
        lasting(baseline::reset(self.world()));
        self.service().journal().forget();
        self.faults().clear();
        if let Some(at) = self.at {
            lasting(self.world().steer(|_| Ok(Steering::Frozen(at)), true));
        }
    }

    /// Puts one account back to the seed, ends its sessions, and leaves the others alone.
    #[track_caller]
    pub fn reset_account(&self, account: &str) {
        let id = AccountId::parse(account).unwrap_or_else(|| fail(&format!("{account} is no account id")));
        lasting(reset_account(self.world(), id));
    }

    /// Adds what this seed (YAML or JSON) has and the service lacks; `reset` comes back to it as well.
    #[track_caller]
    pub fn add_seed(&self, text: &str) {
        let seed = builder::parsed("add_seed", text).unwrap_or_else(|why| fail(&why));
        let planted =
            seed::replant(self.world(), &seed, Replanting::Merge).unwrap_or_else(|why| fail(&why.to_string()));
        lasting(Ok(planted));
    }

    /// Keeps everything as it is now under a name, in place of what was kept under it before.
    #[track_caller]
    pub fn snapshot(&self, name: &str) {
        lasting(snapshots::take(self.world(), name, true).map(|(_, ticket)| ticket));
    }

    /// Brings everything back as it was then: sessions from before the snapshot live again, those from after it do not.
    #[track_caller]
    pub fn restore(&self, name: &str) {
        lasting(snapshots::restore(self.world(), name).map(|(_, ticket)| ticket));
    }

    /// Has every session that there is expire: `ExpiredToken`.
    #[track_caller]
    pub fn expire_sessions(&self) {
        self.end_sessions(Ending::Expired);
    }

    /// Revokes every session that there is: `InvalidClientTokenId`.
    #[track_caller]
    pub fn revoke_sessions(&self) {
        self.end_sessions(Ending::Revoked);
    }

    #[track_caller]
    fn end_sessions(&self, how: Ending) {
        let (world, now) = (self.world(), self.world().now().now);
        let ended =
            world.change(|draft| Ok(draft.sessions.end_all(&mut draft.batch, world.entropy.as_ref(), how, now)?));
        lasting(ended.map(|((), ticket)| ticket));
    }

    /// The service itself: [`Service::handle`] answers a request in process, with no socket between.
    pub fn service(&self) -> &Service {
        &self.place.service
    }

    fn world(&self) -> &World {
        self.place.service.world()
    }
}

/// In memory a change is durable at once.
#[track_caller]
fn lasting(changed: Result<Ticket, ChangeError>) {
    let done =
        changed.map_err(|error| error.to_string()).and_then(|ticket| ticket.wait().map_err(|fault| fault.to_string()));
    done.unwrap_or_else(|why| fail(&why));
}

#[track_caller]
#[expect(clippy::panic, reason = "this is part of a test, which stops where it cannot go on")]
fn fail(why: &str) -> ! {
    panic!("local-sts: {why}")
}
