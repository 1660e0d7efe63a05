//! AWS STS on your laptop: the same answers, the same refusals, credentials that truly expire.
//!
//! The rooms are listed lowest first; `docs/ARCHITECTURE.md` says who may import whom.

pub mod hex;
pub mod ids;
pub mod json;
pub mod percent;
pub mod secret;
pub mod shape;
pub mod time;

pub mod federation;
pub mod html;
pub mod policy;
pub mod sigv4;
pub mod wire;

pub mod env;
pub mod faults;
pub mod identities;
pub mod key_sets;
pub mod sessions;
pub mod store;

pub mod access;

pub mod api;
pub mod iam;
pub mod idp;
pub mod sts;

pub mod delivery;
pub mod validator;

pub mod journal;
pub mod metrics;

pub mod service;
pub mod sign_in;

pub mod console;

pub mod config;
pub mod seed;
pub mod server;
pub mod telemetry;

pub mod testing;

#[cfg(feature = "client")]
pub mod client;
