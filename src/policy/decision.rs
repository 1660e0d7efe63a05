//! What came of a question, and because of what. Data only; the sentences are written elsewhere.

use super::document::Statement;
use super::principal::PrincipalClass;

/// The answer to one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision<'a> {
    /// Yes or no.
    pub verdict: Verdict,
    /// What decided.
    pub because: Because<'a>,
    /// What each layer said on its own.
    pub layers: LayerOutcomes,
}

impl Decision<'_> {
    /// Whether the answer is yes.
    pub fn is_allowed(&self) -> bool {
        self.verdict == Verdict::Allow
    }
}

/// Yes, or one of two kinds of no, the worse one last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Everything that must allow does, and nothing denies.
    Allow,
    /// Nothing denies, and something that must allow does not.
    ImplicitDeny,
    /// A statement denies.
    ExplicitDeny,
}

/// What decided. Where several layers refuse, one is named: see `combine.rs` for which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because<'a> {
    /// A statement that allows or denies.
    Statement(Hit<'a>),
    /// The account's own root user, who needs no statement.
    Root,
    /// A layer that had to allow and does not, be it silent or absent.
    NoAllow(Layer),
}

/// A statement that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit<'a> {
    /// The layer it belongs to.
    pub layer: Layer,
    /// The name of its policy.
    pub policy: &'a str,
    /// Its place in that policy, from 0.
    pub at: usize,
    /// The statement.
    pub statement: &'a Statement,
    /// How its principals mean the caller; in layers without principals this is `Direct`.
    pub class: PrincipalClass,
}

crate::words! {
    /// A kind of policy, by its part in the decision; in the order in which explicit denies are named.
    #[derive(PartialOrd, Ord, Hash)]
    Layer {
        /// Service control policies of the caller's organization.
        ServiceControl "service-control",
        /// Resource control policies of the resource's organization.
        ResourceControl "resource-control",
        /// The resource's own policy; a trust policy is one.
        Resource "resource",
        /// The caller's policies, groups included.
        Identity "identity",
        /// The caller's permissions boundary.
        Boundary "boundary",
        /// The session policies of the caller's session.
        Session "session",
    }
}

/// What a layer said on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub enum LayerOutcome {
    /// It is not there, or does not bind this caller.
    #[default]
    Absent,
    /// No statement of it applies.
    NoMatch,
    /// It allows.
    Allow,
    /// It denies.
    Deny,
}

/// What every layer said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub struct LayerOutcomes {
    /// Service control policies: every level must allow.
    pub service_control: LayerOutcome,
    /// Resource control policies, which can only deny.
    pub resource_control: LayerOutcome,
    /// The resource's policy.
    pub resource: LayerOutcome,
    /// The caller's policies.
    pub identity: LayerOutcome,
    /// The permissions boundary.
    pub boundary: LayerOutcome,
    /// The session policies.
    pub session: LayerOutcome,
}

impl LayerOutcomes {
    /// What one layer said.
    pub fn of(&self, layer: Layer) -> LayerOutcome {
        match layer {
            Layer::ServiceControl => self.service_control,
            Layer::ResourceControl => self.resource_control,
            Layer::Resource => self.resource,
            Layer::Identity => self.identity,
            Layer::Boundary => self.boundary,
            Layer::Session => self.session,
        }
    }
}
