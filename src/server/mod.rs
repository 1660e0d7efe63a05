//! The doors: sockets in, raw requests through, bytes out. The only room with a framework.

mod aws;
pub(crate) mod background;
pub mod client;
mod cohort;
mod companion;
mod connections;
mod console;
mod delivery;
pub(crate) mod doors;
mod events;
pub(crate) mod faults;
mod federation;
mod files;
mod guard;
mod headers;
pub mod health;
pub mod issue;
mod journal;
mod listen;
mod metrics;
mod mfa;
mod oidc;
pub mod oidc_command;
mod pages;
pub mod printers;
mod reply;
mod reset;
mod room;
mod saml;
pub mod saml_command;
mod seeds;
mod sessions;
mod snapshots;
pub(crate) mod start;
mod state;
pub mod state_command;
mod tls;
mod tokens;
mod validator;

pub use start::run;

/// What stands in a path behind this one, which it is or lies below.
fn below<'p>(path: &'p str, above: &str) -> Option<&'p str> {
    path.strip_prefix(above).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What the doors allow. Every bound of the front is here.
pub mod limits {
    use std::time::Duration;

    /// AWS: a body of one byte more gets a bare 413 (sts-proto-body-max).
    pub const BODY_BYTES: usize = 10_000_000;
    /// A companion call carries commands, not data.
    pub const COMPANION_BODY_BYTES: usize = 256 * 1024;
    /// The one call that brings a state may be as large as a seed.
    pub const STATE_BODY_BYTES: usize = crate::seed::MAX_TEXT;
    /// Nobody who fetches credentials sends a body.
    pub const DELIVERY_BODY_BYTES: usize = 4096;
    /// A body up to here is always heard: a call has no more, unless it brings a SAML assertion, a policy or a state.
    pub const SMALL_BODY_BYTES: usize = 32 * 1024;
    /// Bytes of larger bodies that are held at once, whoever sends them.
    pub const BODIES_BYTES: usize = 128 * 1024 * 1024;
    /// A file that an operator names: the authorities of a whole system are half a MiB.
    pub const FILE_BYTES: u64 = 8 * 1024 * 1024;
    /// How long a client may take for the head of a request.
    pub const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
    /// How long a client may take to agree on TLS.
    pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
    /// How long a client may take for a body.
    pub const BODY_TIMEOUT: Duration = Duration::from_secs(30);
    /// How long a request waits for the keys of an issuer: a little longer than those who fetch them.
    pub const KEYS_TIMEOUT: Duration = Duration::from_secs(6);
    /// How long an idle connection is kept.
    pub const KEEP_ALIVE: Duration = Duration::from_mins(1);
    /// How often connections are looked through for those that have gone quiet.
    pub const REAP_INTERVAL: Duration = Duration::from_secs(5);
    /// How often a stream of events without news gives a sign of life.
    pub const EVENT_HEARTBEAT: Duration = Duration::from_secs(15);
    /// Responses at the sign-in that are looked at together: a large one takes a while, and others need threads as well.
    pub const SIGN_INS: usize = 4;
    /// Visitors of the console at once: the next one takes the place of the first.
    pub const VISITORS: usize = 100;
    /// How long somebody who logged in stays in.
    pub const VISIT: Duration = Duration::from_hours(12);
    /// Streams of events that may be open.
    pub const EVENT_STREAMS: usize = 64;
    /// How often used codes and assertions are looked through for those that can matter no more.
    pub const SWEEP_INTERVAL: Duration = Duration::from_mins(1);
    /// Connections that may wait to be taken up.
    pub const BACKLOG: i32 = 4096;
    /// How long requests in flight may take when the service stops.
    pub const SHUTDOWN_SECONDS: u64 = 5;
    /// Descriptors that are not connections: databases, log, listeners.
    pub const OWN_DESCRIPTORS: u64 = 48;
    /// Descriptors that a worker of a listener has for itself.
    pub const WORKER_DESCRIPTORS: u64 = 4;
    /// Descriptors of a connection: its own, and the one by which it is ended.
    pub const CONNECTION_DESCRIPTORS: u64 = 2;
    /// The fewest connections of one listener on one worker with which it is worth serving at all.
    pub const FEWEST_CONNECTIONS: u64 = 8;
    /// Connections of one listener on one worker.
    pub const CONNECTIONS: u64 = 12_000;
}
