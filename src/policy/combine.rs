//! How the layers weigh against each other: the whole of AWS's evaluation logic, for every kind of caller.
//!
//! Knows no service: what is special to a call is a value in the request or the rule.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use super::decision::{Because, Decision, Hit, Layer, LayerOutcome, LayerOutcomes, Verdict};
use super::evaluate::{Finding, NamedPolicy, evaluate};
use super::matching::{Asked, Request};
use super::principal::{Issuer, Principal, PrincipalClass};

/// Every policy that has a say about one request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Layers<'a> {
    /// Service control policies, a list for each level of the caller's organization; every level must allow.
    /// Empty without an organization, for the management account and for service-linked roles.
    pub service_control: &'a [&'a [NamedPolicy<'a>]],
    /// Resource control policies of all levels of the resource owner's organization. AWS attaches one that allows
    /// everything to each level, so these can only deny.
    pub resource_control: &'a [NamedPolicy<'a>],
    /// The policies of the user with their groups, or of the role. For a federated user those of the issuing user.
    pub identity: &'a [NamedPolicy<'a>],
    /// The permissions boundary of that user or role.
    pub boundary: Option<NamedPolicy<'a>>,
    /// The session policies of the caller's session; an empty list is present and allows nothing.
    pub session: Option<&'a [NamedPolicy<'a>]>,
    /// The resource's policy.
    pub resource: Option<NamedPolicy<'a>>,
}

/// What the resource's policy is to the decision within one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResourceRule {
    /// One more place from which an Allow can come.
    Ordinary,
    /// It must allow itself, whoever else does, as a trust policy must.
    MustAllow,
    /// There is none and none is needed, in another account neither: the caller's own policies decide.
    NotAsked,
}

/// Answers a question.
pub fn decide<'a>(request: &Request<'_>, layers: &Layers<'a>, rule: ResourceRule) -> Decision<'a> {
    let layers = layers.binding(request.principal);
    let asked = Asked::new(request, layers.boundary.is_some());
    let findings = Findings::of(&layers, |layer, policies| evaluate(layer, policies, &asked));
    combine(request, &findings, rule)
}

/// What every layer found on its own.
pub(super) struct Findings<'a> {
    service_control: Finding<'a>,
    resource_control: Finding<'a>,
    resource: Finding<'a>,
    identity: Finding<'a>,
    boundary: Finding<'a>,
    session: Finding<'a>,
}

impl<'a> Findings<'a> {
    /// What `judge` finds in each layer that is there.
    pub(super) fn of(layers: &Layers<'a>, mut judge: impl FnMut(Layer, &[NamedPolicy<'a>]) -> Finding<'a>) -> Self {
        let mut found = |layer, policies: Option<&[NamedPolicy<'a>]>| match policies {
            None => Finding::default(),
            Some(policies) => Finding { present: true, ..judge(layer, policies) },
        };
        let levels = layers.service_control.iter().map(|level| found(Layer::ServiceControl, Some(level)));
        let service_control = levels.reduce(join_levels).unwrap_or_default();
        let some = |policies: &'a [NamedPolicy<'a>]| (!policies.is_empty()).then_some(policies);
        Self {
            service_control,
            resource_control: found(Layer::ResourceControl, some(layers.resource_control)),
            resource: found(Layer::Resource, layers.resource.as_ref().map(std::slice::from_ref)),
            identity: found(Layer::Identity, some(layers.identity)),
            boundary: found(Layer::Boundary, layers.boundary.as_ref().map(std::slice::from_ref)),
            session: found(Layer::Session, layers.session),
        }
    }

    /// What each layer said: whoever weighs these alone comes to the same end.
    fn outcomes(&self, caller: &Principal<'_>) -> LayerOutcomes {
        let mut outcomes = LayerOutcomes {
            service_control: self.service_control.outcome(),
            resource_control: self.resource_control.outcome(),
            resource: self.resource.outcome(),
            identity: self.identity.outcome(),
            boundary: self.boundary.outcome(),
            session: self.session.outcome(),
        };
        if is_root(caller) {
            outcomes.identity = LayerOutcome::Allow;
        }
        match (caller, outcomes.session) {
            (Principal::Root { .. }, LayerOutcome::NoMatch) => outcomes.session = LayerOutcome::Absent,
            (Principal::FederatedUser { .. }, LayerOutcome::Absent) => outcomes.session = LayerOutcome::NoMatch,
            _ => {}
        }
        outcomes
    }
}

impl<'a> Layers<'a> {
    /// The context keys that policies read. A context of these alone gets the same decision as one of all.
    pub fn keys_read(&self) -> Vec<&'a str> {
        self.policies().flat_map(|named| named.policy.keys_read()).collect()
    }

    fn policies(&self) -> impl Iterator<Item = NamedPolicy<'a>> {
        let levels = self.service_control.iter().copied().flatten();
        let lists = [self.resource_control, self.identity, self.session.unwrap_or_default()];
        levels.chain(lists.into_iter().flatten()).copied().chain(self.boundary).chain(self.resource)
    }

    /// The layers that bind a kind of caller at all.
    pub(super) fn binding(self, caller: &Principal<'_>) -> Self {
        match caller {
            Principal::RoleSession { .. } | Principal::FederatedUser { issuer: Issuer::User { .. }, .. } => self,
            Principal::FederatedUser { issuer: Issuer::Root, .. } | Principal::Root { .. } => {
                Self { boundary: None, ..self }
            }
            // AWS: keys of GetSessionToken are their user, who has no session policies.
            Principal::User { .. } => Self { session: None, ..self },
            Principal::WebIdentity { .. }
            | Principal::Saml { .. }
            | Principal::Service { .. }
            | Principal::Anonymous => {
                Self { resource_control: self.resource_control, resource: self.resource, ..Self::default() }
            }
        }
    }
}

/// Two levels of an organization: either may deny, both must allow.
fn join_levels<'a>(one: Finding<'a>, other: Finding<'a>) -> Finding<'a> {
    let allow = if other.allow.is_some() { one.allow } else { None };
    Finding { present: true, deny: one.deny.or(other.deny), allow }
}

/// Weighs the findings. Each step is a function that either settles the matter or leaves it to the next.
pub(super) fn combine<'a>(request: &Request<'_>, findings: &Findings<'a>, rule: ResourceRule) -> Decision<'a> {
    let (verdict, because) = match explicit_deny(request, findings) {
        Some(hit) => (Verdict::ExplicitDeny, Because::Statement(hit)),
        None => match granted(request, findings, rule) {
            Ok(because) => (Verdict::Allow, because),
            Err(layer) => (Verdict::ImplicitDeny, Because::NoAllow(layer)),
        },
    };
    Decision { verdict, because, layers: findings.outcomes(request.principal) }
}

/// Which deny is named when several layers have one: AWS does not say; this order is a choice.
fn explicit_deny<'a>(request: &Request<'_>, findings: &Findings<'a>) -> Option<Hit<'a>> {
    let owner = request.resource_account.or(request.principal.account());
    let is_owner_root = matches!(request.principal, Principal::Root { .. }) && request.principal.account() == owner;
    let in_resource = findings.resource.deny.filter(|_| !(is_owner_root && request.root_may_repair));
    findings
        .service_control
        .deny
        .or(findings.resource_control.deny)
        .or(in_resource)
        .or(findings.identity.deny)
        .or(findings.boundary.deny)
        .or(findings.session.deny)
}

/// Without any deny: what allows, or the layer that does not.
fn granted<'a>(request: &Request<'_>, findings: &Findings<'a>, rule: ResourceRule) -> Result<Because<'a>, Layer> {
    let caller = request.principal;
    if findings.service_control.present && findings.service_control.allow.is_none() {
        return Err(Layer::ServiceControl);
    }
    let in_resource = findings.resource.allow;
    let same_account = match (caller.account(), request.resource_account) {
        (Some(own), Some(owner)) => own == owner,
        (Some(_), None) => true,
        (None, _) => false,
    };
    match caller {
        Principal::WebIdentity { .. } | Principal::Saml { .. } => {
            // AWS: whoever bears a token or an assertion is admitted by provider only, never by `{"AWS": "*"}`.
            let by_provider = in_resource.filter(|hit| same_account && hit.class == PrincipalClass::Direct);
            by_provider.map(Because::Statement).ok_or(Layer::Resource)
        }
        Principal::Service { .. } | Principal::Anonymous => in_resource.map(Because::Statement).ok_or(Layer::Resource),
        _ if same_account || rule == ResourceRule::NotAsked => within_account(caller, findings, rule),
        _ => across_accounts(caller, findings),
    }
}

fn within_account<'a>(
    caller: &Principal<'_>,
    findings: &Findings<'a>,
    rule: ResourceRule,
) -> Result<Because<'a>, Layer> {
    let in_resource = findings.resource.allow;
    if rule == ResourceRule::MustAllow && in_resource.is_none() {
        return Err(Layer::Resource);
    }
    // AWS: a grant to the very caller or to everybody is not limited by what boundary and session fail to say.
    let past_limits = in_resource.filter(|hit| hit.class <= PrincipalClass::Wildcard);
    if let Some(hit) = past_limits {
        return Ok(Because::Statement(hit));
    }
    // AWS: a grant to the account only passes the question on to the caller's own policies.
    let within_limits = in_resource.filter(|hit| hit.class < PrincipalClass::Account);
    let own = own_grant(caller, findings);
    let grant = match rule {
        ResourceRule::Ordinary | ResourceRule::NotAsked => own.or(within_limits.map(Because::Statement)),
        ResourceRule::MustAllow => within_limits.map(Because::Statement).or(own),
    };
    let grant = grant.ok_or(Layer::Identity)?;
    limits(caller, findings)?;
    Ok(grant)
}

fn across_accounts<'a>(caller: &Principal<'_>, findings: &Findings<'a>) -> Result<Because<'a>, Layer> {
    let in_resource = findings.resource.allow.ok_or(Layer::Resource)?;
    own_grant(caller, findings).ok_or(Layer::Identity)?;
    limits(caller, findings)?;
    Ok(Because::Statement(in_resource))
}

fn own_grant<'a>(caller: &Principal<'_>, findings: &Findings<'a>) -> Option<Because<'a>> {
    if is_root(caller) { Some(Because::Root) } else { findings.identity.allow.map(Because::Statement) }
}

/// Whether the caller has all of its account without a policy that says so.
fn is_root(caller: &Principal<'_>) -> bool {
    matches!(caller, Principal::Root { .. } | Principal::FederatedUser { issuer: Issuer::Root, .. })
}

/// What only narrows: the boundary, then the session policies.
fn limits(caller: &Principal<'_>, findings: &Findings<'_>) -> Result<(), Layer> {
    if findings.boundary.present && findings.boundary.allow.is_none() {
        return Err(Layer::Boundary);
    }
    let bound = match caller {
        // AWS: what limits a session of the root user (a task policy of AssumeRoot) only denies.
        Principal::Root { .. } => false,
        // AWS: a role session without session policies has all of its role; a federated user without them has nothing.
        Principal::FederatedUser { .. } => true,
        _ => findings.session.present,
    };
    if bound && findings.session.allow.is_none() { Err(Layer::Session) } else { Ok(()) }
}
