//! The operations of AWS STS, one file each. The list below is all it takes to serve one.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html>

mod assume_role;
mod assume_role_with_saml;
mod assume_role_with_web_identity;
mod assume_root;
pub mod by_operator;
pub mod by_service;
mod credentials;
mod decode_authorization_message;
mod get_access_key_info;
mod get_caller_identity;
mod get_federation_token;
mod get_session_token;
mod get_web_identity_token;
mod issue;
mod limited_sessions;
mod long_term_caller;
mod provided_contexts;
mod role_sessions;
mod roles;
mod saml_identity;
mod session_policies;
mod session_tags;
mod vouched;
mod web_identity;
mod web_identity_claims;

pub use credentials::{Credentials, InTheClear};

use crate::api::Catalog;
use crate::api::catalog::{entry, unsigned_entry};

/// What STS answers.
pub static CATALOG: Catalog = Catalog {
    service: "sts",
    version: "2011-06-15",
    namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    is_global: false,
    wants_second_factor: false,
    shows_values: true,
    entries: &[
        entry::<assume_role::AssumeRole>(),
        unsigned_entry::<assume_role_with_saml::AssumeRoleWithSAML>(),
        unsigned_entry::<assume_role_with_web_identity::AssumeRoleWithWebIdentity>(),
        entry::<assume_root::AssumeRoot>(),
        entry::<decode_authorization_message::DecodeAuthorizationMessage>(),
        entry::<get_access_key_info::GetAccessKeyInfo>(),
        entry::<get_caller_identity::GetCallerIdentity>(),
        entry::<get_federation_token::GetFederationToken>(),
        entry::<get_session_token::GetSessionToken>(),
        entry::<get_web_identity_token::GetWebIdentityToken>(),
    ],
};
