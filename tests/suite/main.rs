//! The suites that need no binary: one link for all of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::assigning_clones,
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    reason = "a test that cannot go on shall stop, and says where"
)]

mod support;

mod access;
mod bodies;
mod bounds;
mod catalog;
mod client;
mod cloudtrail;
mod compatibility;
mod console;
mod console_sign_in;
mod context;
mod crash;
mod delivery;
mod endurance;
mod errors;
mod faults;
mod fetch;
mod fixture;
mod hostile;
mod hostile_saml;
mod http;
mod iam;
mod identities;
mod idp;
mod idp_trust;
mod issue;
mod journal;
mod ledger;
mod manual;
mod metrics;
mod oidc;
mod order;
mod organizations;
mod policy;
mod presigned;
mod printers;
mod protocol;
mod reference;
mod restart;
mod rows;
mod saml;
mod saml_rules;
mod secrets;
mod seed;
mod sign_in;
mod sigv4;
mod state;
mod store;
mod sts;
mod testing;
mod tls;
mod token_keys;
mod trust_matrix;
mod validator;
mod waiting;
