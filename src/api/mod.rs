//! What an operation is, and the one road that every call takes.
//!
//! `operation` declares, `members` reads parameters, `catalog` finds, `pipeline` keeps the order of the steps,
//! `errors` has AWS's words, `world` is all that a request may see and change.

pub mod account_reset;
mod answer;
pub mod baseline;
pub mod catalog;
mod deed;
pub mod endpoint;
pub mod errors;
pub mod lists;
pub mod members;
pub mod news;
pub mod operation;
pub mod pipeline;
pub mod second_factor;
pub mod snapshots;
mod standing;
pub mod token_keys;

pub mod world;

pub use catalog::{Catalog, Entry};
pub use deed::without_call;
pub use endpoint::RegionRule;
pub use errors::ApiError;
pub use operation::{Authorized, Call, Operation, Plan};
pub use second_factor::SecondFactor;
pub use standing::Standing;
pub use world::{Changes, View, World};
