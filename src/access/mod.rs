//! Who sent this request, and may they do this.
//!
//! `authn` turns a request into a [`Caller`]; `authz` turns a [`Question`] into a decision. Neither knows an
//! operation; the sentences of their refusals are `api`'s.

mod authn;
mod authorization_message;
mod authz;
mod denial;
mod organization;
mod reason;
mod request_context;

pub use authn::{Audience, Caller, Credential, Principal, Rejection, authenticate};
pub use authorization_message::AuthorizationMessage;
pub use authz::{Judge, Question};
pub use denial::Denial;
pub use request_context::RequestFacts;
