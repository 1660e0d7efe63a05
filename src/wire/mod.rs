//! The Query protocol on the wire: requests as they came, parameters, XML and JSON answers.
//!
//! It translates and decides nothing. <https://docs.aws.amazon.com/STS/latest/APIReference/CommonParameters.html>

pub mod document;
pub mod error_code;
pub mod fault;
pub mod query;
pub mod request;
pub mod response;

pub use document::{Document, Format};
pub use error_code::ErrorCode;
pub use query::Params;
pub use request::RawRequest;
pub use response::RawResponse;
