//! Why no answer could be had. Never a yes, and never to be taken for a no about the one who asked.

/// Why the validator gave no answer that can be used.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display)]
pub enum Unavailable {
    /// Nobody listens there, or the connection broke.
    #[display("the validator cannot be reached: {cause}")]
    Unreachable {
        /// What the system said.
        cause: String,
    },
    /// No answer within the time limit.
    #[display("the validator did not answer in time")]
    TooSlow,
    /// What answers is no validator, or talks nonsense.
    #[display("this is no answer of a validator: {what}")]
    Nonsense {
        /// What was wrong with the answer.
        what: String,
    },
    /// The validator speaks another protocol.
    #[display("the validator speaks another protocol: {message}")]
    OtherProtocol {
        /// What it said.
        message: String,
    },
    /// The validator does not take our token, or the token may not ask this.
    #[display("the validator does not let us ask: {message}")]
    NotTrusted {
        /// What it said.
        message: String,
    },
    /// The validator did not take the question.
    #[display("the validator did not take the question ({status}): {message}")]
    Misasked {
        /// Its status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// The validator failed.
    #[display("the validator failed ({status})")]
    Failed {
        /// Its status.
        status: u16,
    },
    /// A body with signed chunks, and no key to verify them with.
    #[display("signed chunks cannot be verified: our token has not the scope signing-key")]
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

impl std::error::Error for Unavailable {}
