//! One layer on its own: any matching Deny denies, else any matching Allow allows, else the layer is silent.
//!
//! Knows nothing of other layers; how they weigh against each other is `combine.rs`.

use super::decision::{Hit, Layer, LayerOutcome};
use super::document::{Effect, Policy};
use super::matching::{Asked, Attached, applies};
use super::parse::PolicyKind;

/// A policy with the name by which traces and messages speak of it, such as `role/reader/inline/read` or an ARN.
#[derive(Clone, Copy, Debug)]
pub struct NamedPolicy<'a> {
    /// The name.
    pub name: &'a str,
    /// The policy.
    pub policy: &'a Policy,
}

impl<'a> NamedPolicy<'a> {
    /// Names a policy.
    pub fn new(name: &'a str, policy: &'a Policy) -> Self {
        Self { name, policy }
    }
}

/// The first Deny and the closest Allow of a layer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Finding<'a> {
    pub(super) present: bool,
    pub(super) deny: Option<Hit<'a>>,
    pub(super) allow: Option<Hit<'a>>,
}

impl<'a> Finding<'a> {
    pub(super) fn outcome(&self) -> LayerOutcome {
        match (self.present, self.deny, self.allow) {
            (false, ..) => LayerOutcome::Absent,
            (true, Some(_), _) => LayerOutcome::Deny,
            (true, None, Some(_)) => LayerOutcome::Allow,
            (true, None, None) => LayerOutcome::NoMatch,
        }
    }

    /// Takes a statement that applies into account. Of equally close Allows the first one stays.
    // INVARIANT: a layer that denies allows nothing.
    pub(super) fn add(&mut self, hit: Hit<'a>) {
        let closer = self.allow.is_none_or(|known| hit.class < known.class);
        match hit.statement.effect() {
            Effect::Deny => {
                self.deny = self.deny.or(Some(hit));
                self.allow = None;
            }
            Effect::Allow if self.deny.is_none() && closer => self.allow = Some(hit),
            Effect::Allow => {}
        }
    }
}

/// Judges the policies of one layer together: their Allows are united.
pub(super) fn evaluate<'a>(layer: Layer, policies: &[NamedPolicy<'a>], asked: &Asked<'_>) -> Finding<'a> {
    let mut finding = Finding::default();
    for &NamedPolicy { name, policy } in policies {
        let attached = attached(layer, policy.kind());
        for (at, statement) in policy.candidates(&asked.vendor) {
            // A closer Allow matters only where principals are read; elsewhere one is enough.
            let settled = finding.allow.is_some() && attached == Attached::ToCaller;
            if settled && statement.effect() == Effect::Allow {
                continue;
            }
            if let Ok(class) = applies(statement, asked, attached) {
                finding.add(Hit { layer, policy: name, at, statement, class });
                if statement.effect() == Effect::Deny {
                    return finding;
                }
            }
        }
    }
    finding
}

/// How a policy of a kind in a layer reads principals.
pub(super) fn attached(layer: Layer, kind: PolicyKind) -> Attached {
    match layer {
        Layer::Resource => Attached::ToResource { providers_mean_sessions: kind != PolicyKind::Trust },
        _ => Attached::ToCaller,
    }
}
