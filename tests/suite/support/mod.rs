//! A world in a few lines, calls that sign themselves, answers that compare themselves.

mod call;
mod world;

pub use call::{Answer, Call, Keys, check, refused};
pub use world::{NOW, TestWorld};
