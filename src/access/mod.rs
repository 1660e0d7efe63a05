//! Who sent this request, and may they do this.
//!
//! `authn` turns a request into a [`Caller`]; `authz` turns a [`Question`] into a decision. Neither knows an
//! operation; the sentences of their refusals are `api`'s.

mod acting_service;
mod authn;
mod authorization_message;
mod authz;
mod bearer;
mod denial;
mod forwarded;
mod holder;
mod organization;
mod reason;
mod request_context;
mod resource;
mod role_assumed;
mod services;
mod supposed;

pub use acting_service::ActingService;
pub use authn::{Audience, Caller, Credential, Principal, Rejection, authenticate};
pub use authorization_message::AuthorizationMessage;
pub use authz::{Finding, Inquiry, Judge, Question};
pub use bearer::Bearer;
pub use denial::Denial;
pub use forwarded::{
    Demand, Forwarded, Path, Payload, Signed, SignedString, Unproved, Wording, authenticate_forwarded,
    authenticate_string,
};
pub use holder::Holder;
pub use organization::{are_together, is_beyond_organizations, service_control_of};
pub use reason::why_not;
pub use request_context::{RequestFacts, describe_vouched, is_of_asker};
pub use resource::{LONGEST_ACTION, LONGEST_RESOURCE, Resource, is_one_action, owner_named_in, resource_policy};
pub use role_assumed::{describe_resource_tag, describe_role};
pub use services::{PayloadRule, Rules, is_s3};
pub use supposed::supposed;
