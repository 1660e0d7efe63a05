//! One file per operation.

mod assume_role;
mod assume_root;
mod decode_authorization_message;
mod get_caller_identity;
mod get_web_identity_token;
pub mod mfa;
mod provided_contexts;
mod regions;
mod saml;
mod saml_attributes;
mod session_content;
mod temporary_users;
pub mod web_identity;
mod web_identity_context;
