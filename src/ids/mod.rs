//! The names of things: accounts, ARNs, key ids, unique ids, regions, and the texts people choose.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>

pub mod access_key;
pub mod account;
pub mod arn;
pub mod issuer;
pub mod names;
pub mod organization;
pub mod paths;
pub mod region;
pub mod services;
pub mod tags;
pub mod unique_id;

pub use access_key::AccessKeyId;
pub use account::AccountId;
pub use arn::Arn;
pub use issuer::{IssuerBase, IssuerId};
pub use organization::{
    OrganizationFeature, OrganizationId, OrganizationPolicyId, OrganizationRootId, OrganizationTarget,
    OrganizationalUnitId,
};
pub use region::{Endpoint, Partition, Region};
pub use unique_id::UniqueId;
