//! One file per operation.

mod assume_role;
mod get_caller_identity;
mod mfa;
mod regions;
mod session_content;
mod temporary_users;
