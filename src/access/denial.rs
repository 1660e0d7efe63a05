//! A no, taken apart: what is told to the caller, what to the log, what to those who may decode it.

use super::authorization_message::AuthorizationMessage;
use super::reason::reason;
use crate::policy::decision::{Because, Layer, Verdict};
use crate::policy::explain::Explanation;
use crate::policy::matching::Request;

/// Why a question was answered with no.
#[derive(Clone, Debug)]
pub struct Denial {
    /// In our own words: for the log, never for the wire.
    pub reason: String,
    /// The layer that refused; none if it did not come to a decision.
    pub layer: Option<Layer>,
    /// Whether a statement denies, rather than none allowing.
    pub explicit: bool,
    /// The name of the policy whose statement denies, if the caller may know it.
    pub policy: Option<String>,
    /// All of it, for `DecodeAuthorizationMessage`.
    pub message: Option<Box<AuthorizationMessage>>,
}

impl Denial {
    /// Something that should bind the caller cannot be found or read.
    pub(super) fn undecided(reason: String) -> Self {
        Self { reason, layer: None, explicit: false, policy: None, message: None }
    }

    pub(super) fn of(request: &Request<'_>, explanation: &Explanation<'_>) -> Self {
        let decision = &explanation.decision;
        let (layer, policy) = match decision.because {
            Because::Statement(hit) => (Some(hit.layer), Some(hit.policy.to_owned())),
            Because::NoAllow(layer) => (Some(layer), None),
            Because::Root => (None, None),
        };
        Self {
            reason: reason(explanation, request.context),
            layer,
            explicit: decision.verdict == Verdict::ExplicitDeny,
            policy,
            message: Some(Box::new(AuthorizationMessage::of(request, explanation))),
        }
    }
}
