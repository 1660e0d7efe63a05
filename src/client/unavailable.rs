//! Why no answer could be had. Never a yes, and never to be taken for a no about the one who asked.

use std::fmt;

/// Why the validator gave no answer that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// Nobody listens there, or the connection broke.
    Unreachable {
        /// What the system said.
        cause: String,
    },
    /// No answer within the time limit.
    TooSlow,
    /// What answers is no validator, or talks nonsense.
    Nonsense {
        /// What was wrong with the answer.
        what: String,
    },
    /// The validator speaks another protocol.
    OtherProtocol {
        /// What it said.
        message: String,
    },
    /// The validator does not take our token, or the token may not ask this.
    NotTrusted {
        /// What it said.
        message: String,
    },
    /// The validator did not take the question.
    Misasked {
        /// Its status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// The validator failed.
    Failed {
        /// Its status.
        status: u16,
    },
    /// A body with signed chunks, and no key to verify them with.
    NoSigningKey,
}

impl Unavailable {
    /// Whether waiting may help; if not, somebody must mend the configuration.
    // AWS: a service answers `ServiceUnavailable` to the one and `InternalError` to the other.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::TooSlow | Self::Failed { .. } | Self::Nonsense { .. })
    }

    pub(super) fn nonsense(what: impl Into<String>) -> Self {
        Self::Nonsense { what: what.into() }
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { cause } => write!(out, "the validator cannot be reached: {cause}"),
            Self::TooSlow => out.write_str("the validator did not answer in time"),
            Self::Nonsense { what } => write!(out, "this is no answer of a validator: {what}"),
            Self::OtherProtocol { message } => write!(out, "the validator speaks another protocol: {message}"),
            Self::NotTrusted { message } => write!(out, "the validator does not let us ask: {message}"),
            Self::Misasked { status, message } => {
                write!(out, "the validator did not take the question ({status}): {message}")
            }
            Self::Failed { status } => write!(out, "the validator failed ({status})"),
            Self::NoSigningKey => {
                out.write_str("signed chunks cannot be verified: our token has not the scope signing-key")
            }
        }
    }
}

impl std::error::Error for Unavailable {}
