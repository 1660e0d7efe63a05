//! The IAM policy language as a pure engine: documents, a request and its context in; a decision and its reasons out.
//!
//! It asks nobody, tells no time, and judges without knowing any service: STS is to it one more `vendor:Name`, a trust
//! policy one more resource policy. Only what AWS demands of a document when it is saved differs by its place.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies.html>
//!
//! Rooms, in reading order: `document` (compiled policies), `parse` (text to document, with `syntax`, `rules`
//! and the kinds' own `trust`, `resource_control`; `problem` says why not), `pattern` and `variables` (text
//! that matches text), `arn`, `context` (facts of a request), `condition` (the operators), `principal` (who), `matching`
//! (one statement), `evaluate` (one layer), `combine` (all layers), `decision` and `explain` (answers), `print`
//! (documents back to text).

mod arn;
pub mod combine;
pub mod condition;
pub mod context;
pub mod decision;
pub mod document;
pub mod evaluate;
pub mod explain;
pub mod matching;
pub mod parse;
pub mod pattern;
pub mod principal;
mod print;
pub mod problem;
mod problem_text;
#[cfg(test)]
mod properties;
mod resource_control;
mod rules;
mod syntax;
pub mod trust;
pub mod variables;
