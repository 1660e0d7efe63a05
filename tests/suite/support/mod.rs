//! A world in a few lines, calls that sign themselves, answers that compare themselves.

mod call;
mod faulty;
mod golden;
pub mod issuers;
mod log;
mod rows;
mod running;
pub mod saml;
pub mod saml_long;
mod throw;
mod token;
pub mod token_cases;
pub mod tokens;
mod world;
pub mod xml;

pub use call::{
    Answer, COMMON_ERRORS, Call, Keys, Refusal, alice, assume, check, check_denied, check_identity, demo, encode, hex,
    identify, refused, session,
};
pub use faulty::{FaultPoint, Faults, FaultyEngine};
pub use golden::golden;
pub use log::logged;
pub use rows::Rows;
pub use running::{Line, Running, connect, over, receive, send, talk};
pub use throw::{no_scene, throw};
pub use token::Token;
pub use world::{NOW, TestWorld, now};
