//! What would be allowed: questions about policies that may only be proposed, answered by the engine that answers all
//! others.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html>

use std::collections::{HashMap, HashSet};

use super::known_actions::Known;
use crate::api::operation::{Entries, Members};
use crate::identities::{HolderKind, InlineName, NamedPolicy};
use crate::ids::arn::name_in;
use crate::ids::{AccountId, Arn};
use crate::policy::combine::{Layers, ResourceRule};
use crate::policy::context::RequestContext;
use crate::policy::decision::{Layer, LayerOutcome, LayerOutcomes, Verdict};
use crate::policy::document::{Effect, Span};
use crate::policy::explain::{Explanation, StatementTrace, explain};
use crate::policy::matching::Request;
use crate::policy::principal::Principal;

crate::structure! {
    /// A place in a document, from 1.
    ShownPosition {
        /// Which character of its line.
        "Column" column: i64,
        /// Which line.
        "Line" line: i64,
    }
}

crate::structure! {
    /// A statement that decided.
    ShownStatement {
        /// Its policy: the name of a managed one, `user_{user}_{policy}` and the like of an inline one, the list and
        /// the number of a proposed one.
        "SourcePolicyId" policy: String,
        /// Behind its last character.
        "EndPosition" end: ShownPosition,
        /// `IAM Policy`, `Resource Policy` or `Permissions Boundary Policy`.
        "SourcePolicyType" kind: String,
        /// Behind what stands before it.
        "StartPosition" start: ShownPosition,
    }
}

crate::structure! {
    /// What the organization of the account says.
    ShownOrganizations {
        /// Whether its policies allow it.
        "AllowedByOrganizations" allowed: bool,
    }
}

crate::structure! {
    /// What the boundary says.
    ShownByBoundary {
        /// Whether it allows it.
        "AllowedByPermissionsBoundary" allowed: bool,
    }
}

crate::structure! {
    /// What came of an action.
    ShownResult {
        /// What the organization says, if the account is in one.
        "OrganizationsDecisionDetail" organizations: Option<ShownOrganizations>,
        /// What each kind of policy says of a resource in another account; empty for one in the caller's own.
        "EvalDecisionDetails" details: Option<Entries<&'static str>>,
        /// What the boundary says, if there is one.
        "PermissionsBoundaryDecisionDetail" boundary: Option<ShownByBoundary>,
        /// The statements that decided.
        "MatchedStatements" matched: Members<ShownStatement>,
        /// Of an implicit no: context keys that policies read and that were not given.
        "MissingContextValues" missing: Members<String>,
        /// The resource; of several the form of such names, or `*`.
        "EvalResourceName" resource: String,
        /// `allowed`, `explicitDeny` or `implicitDeny`; of several resources the worst.
        "EvalDecision" decision: String,
        /// The action.
        "EvalActionName" action: String,
        /// The same for each resource, if any was named.
        "ResourceSpecificResults" by_resource: Option<Members<ShownResourceResult>>,
    }
}

crate::structure! {
    /// What came of an action on a resource.
    ShownResourceResult {
        /// What each kind of policy says of a resource in another account.
        "EvalDecisionDetails" details: Option<Entries<&'static str>>,
        /// What the boundary says, if there is one.
        "PermissionsBoundaryDecisionDetail" boundary: Option<ShownByBoundary>,
        /// The statements that decided.
        "MatchedStatements" matched: Option<Members<ShownStatement>>,
        /// `allowed`, `explicitDeny` or `implicitDeny`.
        "EvalResourceDecision" decision: String,
        /// Of an implicit no: context keys that policies read and that were not given.
        "MissingContextValues" missing: Option<Members<String>>,
        /// The resource.
        "EvalResourceName" resource: String,
    }
}

/// Somebody who would ask, what would bind them, and of what.
pub(super) struct Simulation {
    pub(super) caller: Simulated,
    /// The levels of an organization, if there is one.
    pub(super) service_control: Option<Vec<Vec<NamedPolicy>>>,
    /// Whether that is the one that the account is in.
    pub(super) is_in_organization: bool,
    pub(super) identity: Vec<NamedPolicy>,
    pub(super) boundary: Option<NamedPolicy>,
    pub(super) resource_policy: Option<NamedPolicy>,
    /// Who owns resources whose ARNs do not tell.
    pub(super) owner: Option<AccountId>,
    /// The context keys that were given, and what AWS adds.
    pub(super) context: RequestContext<'static>,
    /// The context keys that policies read and that were not given.
    pub(super) wanting: Vec<String>,
    pub(super) places: Places,
}

/// What each policy is called, and where its statements stand, by its name.
pub(super) struct Places(HashMap<String, (String, Vec<Span>)>);

/// Who would ask.
pub(super) struct Simulated {
    /// Empty for nobody in particular.
    pub(super) arn: String,
    pub(super) id: String,
    pub(super) account: AccountId,
    pub(super) kind: Option<HolderKind>,
    pub(super) name: String,
}

/// What came of one question.
struct Judged {
    layers: LayerOutcomes,
    verdict: Verdict,
    is_foreign: bool,
    matched: Vec<ShownStatement>,
}

impl Simulation {
    /// How long one action of so many letters takes at most: the letters of all policies, for each letter of the action, of
    /// all resources and of what the context holds, and what each question takes by itself.
    pub(super) fn cost(&self, action: usize, resources: &[&str]) -> usize {
        let told = || self.context.iter().flat_map(|(_, value)| value.texts()).map(str::len);
        let (all_told, longest) = (told().fold(0, usize::saturating_add), told().max().unwrap_or_default());
        let proposed = self.identity.iter().chain(&self.boundary).chain(&self.resource_policy);
        let bound = self.service_control.iter().flatten().flatten();
        let letters = proposed.chain(bound).map(|policy| weight(policy.policy.source(), longest));
        let letters = letters.fold(0, usize::saturating_add);
        let asked = resources.iter().map(|resource| resource.len()).chain(resources.is_empty().then_some(1));
        let questions = asked.map(|resource| {
            let letters_asked = resource.saturating_add(all_told).saturating_add(action);
            letters.saturating_mul(letters_asked).saturating_add(QUESTION)
        });
        questions.fold(0, usize::saturating_add)
    }

    /// What comes of an action on these resources; without any, on none in particular. Of the letters that are `left` for
    /// answers it takes what it tells, and tells nothing where these do not suffice.
    pub(super) fn result(&self, action: &str, resources: &[&str], left: &mut usize) -> Option<ShownResult> {
        let known = Known::of(action);
        let (name, several) = match resources {
            [] | ["*"] => ("*".to_owned(), None),
            [one] => ((*one).to_owned(), Some(resources)),
            [first, ..] => (known.form(Arn::parse(first).map_or("aws", |arn| arn.partition)), Some(resources)),
        };
        let mut judged = Vec::new();
        for resource in several.unwrap_or(&["*"]) {
            let of_resource = self.judge(action, known, resource);
            let times = if several.is_some() { 2 } else { 1 };
            *left = left.checked_sub(escaped(resource) + times * self.letters(&of_resource))?;
            judged.push(of_resource);
        }
        let refused = judged.iter().filter(|it| refuses(it.layers.service_control)).count();
        let organizations = self.service_control.as_ref().map(|_| ShownOrganizations { allowed: refused == 0 });
        // AWS: where the account's own organization refuses all of it, nothing more is told (iamx-sim-scp).
        let stopped = self.is_in_organization && refused == judged.len();
        let boundary = self.by_boundary(&judged);
        let (judged, several) = if stopped { (Vec::new(), None) } else { (judged, several) };
        let worst = judged.iter().map(|it| it.verdict).max().unwrap_or(Verdict::ImplicitDeny);
        // AWS: the outer lists unite those of the resources.
        let mut seen = HashSet::new();
        let all = judged.iter().flat_map(|it| &it.matched);
        let matched =
            all.filter(|it| seen.insert((&it.policy, &it.kind, it.end.line, it.end.column))).cloned().collect();
        let wanting = judged.iter().map(|it| self.wanting(it)).max_by_key(|keys| keys.len()).unwrap_or_default();
        Some(ShownResult {
            organizations,
            details: judged.first().filter(|_| several.is_some()).map(|it| self.details(it)),
            boundary,
            matched: Members(matched),
            missing: Members(wanting.to_vec()),
            resource: name,
            decision: word(worst).to_owned(),
            action: action.to_owned(),
            by_resource: several.map(|resources| {
                let pairs = resources.iter().zip(&judged);
                Members(pairs.map(|(resource, judged)| self.of_resource(resource, judged)).collect())
            }),
        })
    }

    /// About how many letters tell of this, once.
    fn letters(&self, judged: &Judged) -> usize {
        let wanting = self.wanting(judged).iter().map(|key| escaped(key) + OF_A_KEY).sum::<usize>();
        wanting + judged.matched.len() * OF_A_STATEMENT + OF_A_RESULT
    }

    /// AWS: what is empty is left out here, and is not in the outer result.
    fn of_resource(&self, resource: &str, judged: &Judged) -> ShownResourceResult {
        let wanting = self.wanting(judged);
        ShownResourceResult {
            details: judged.is_foreign.then(|| self.details(judged)),
            boundary: self.by_boundary(std::slice::from_ref(judged)),
            matched: (!judged.matched.is_empty()).then(|| Members(judged.matched.clone())),
            decision: word(judged.verdict).to_owned(),
            missing: (!wanting.is_empty()).then(|| Members(wanting.to_vec())),
            resource: resource.to_owned(),
        }
    }

    /// AWS: every key of every policy, whatever statement it stands in; none where none is needed, and none where an
    /// organization refuses.
    fn wanting(&self, judged: &Judged) -> &[String] {
        match judged.verdict {
            Verdict::ImplicitDeny if !refuses(judged.layers.service_control) => &self.wanting,
            _ => &[],
        }
    }

    fn by_boundary(&self, judged: &[Judged]) -> Option<ShownByBoundary> {
        self.boundary.as_ref()?;
        Some(ShownByBoundary { allowed: judged.iter().all(|it| it.layers.boundary == LayerOutcome::Allow) })
    }

    fn details(&self, judged: &Judged) -> Entries<&'static str> {
        if !judged.is_foreign {
            return Entries(Vec::new());
        }
        let said = |outcome: LayerOutcome| match outcome {
            LayerOutcome::Allow => word(Verdict::Allow),
            LayerOutcome::Deny => word(Verdict::ExplicitDeny),
            LayerOutcome::NoMatch | LayerOutcome::Absent => word(Verdict::ImplicitDeny),
        };
        let LayerOutcomes { identity, resource, boundary, .. } = judged.layers;
        let mut details = vec![(IDENTITY, said(identity)), (RESOURCE, said(resource))];
        if self.boundary.is_some() {
            details.push((BOUNDARY, said(boundary)));
        }
        Entries(details)
    }

    fn judge(&self, action: &str, known: Known, resource: &str) -> Judged {
        let levels = self.service_control.iter().flatten().map(NamedPolicy::layer);
        let levels: Vec<Vec<_>> = levels.collect();
        let levels: Vec<&[_]> = levels.iter().map(Vec::as_slice).collect();
        let identity = NamedPolicy::layer(&self.identity);
        // AWS: a trust policy is read and then not asked (iamx-sim-trust).
        let is_assumption = action.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("sts:assume"));
        let resource_policy = self.resource_policy.as_ref().filter(|_| !is_assumption);
        let layers = Layers {
            service_control: &levels,
            identity: &identity,
            boundary: self.boundary.as_ref().map(NamedPolicy::as_layer),
            resource: resource_policy.map(NamedPolicy::as_layer),
            ..Layers::default()
        };
        // Nobody says what a resource's own policy says if none is proposed.
        let rule = if resource_policy.is_some() { ResourceRule::Ordinary } else { ResourceRule::NotAsked };
        let named = Arn::parse(resource).and_then(|arn| AccountId::parse(arn.account));
        let owner = named.or(self.owner).unwrap_or(self.caller.account);
        let (account, owner_id) = (self.caller.account.to_string(), owner.to_string());
        let principal = self.caller.as_policies_see(&account);
        let request = Request::new(action, resource, &principal, &self.context).owned_by(&owner_id);
        let explanation = explain(&request, &layers, rule);
        let layers = explanation.decision.layers;
        // AWS: within an account, what the resource's own policy allows is allowed, even if it names the account alone.
        let is_granted = owner == self.caller.account && layers.resource == LayerOutcome::Allow;
        let verdict = match explanation.decision.verdict {
            _ if !known.fits(resource) => Verdict::ImplicitDeny,
            Verdict::ImplicitDeny if is_granted && !refuses(layers.service_control) => Verdict::Allow,
            verdict => verdict,
        };
        Judged {
            layers,
            verdict,
            is_foreign: resource_policy.is_some() && owner != self.caller.account,
            matched: self.matched(&explanation, verdict),
        }
    }

    /// The statements that decided: those that allow, but for the boundary's, or those that deny. Of a no that none says,
    /// none, and none where an organization refuses.
    fn matched(&self, explanation: &Explanation<'_>, verdict: Verdict) -> Vec<ShownStatement> {
        let effect = match verdict {
            _ if refuses(explanation.decision.layers.service_control) => return Vec::new(),
            Verdict::Allow => Effect::Allow,
            Verdict::ExplicitDeny => Effect::Deny,
            Verdict::ImplicitDeny => return Vec::new(),
        };
        let counts = |trace: &&StatementTrace<'_>| {
            trace.effect() == effect && (effect == Effect::Deny || trace.layer != Layer::Boundary)
        };
        explanation.matched().filter(counts).filter_map(|trace| self.shown(trace)).collect()
    }

    fn shown(&self, trace: &StatementTrace<'_>) -> Option<ShownStatement> {
        let kind = match trace.layer {
            Layer::Identity => IDENTITY,
            Layer::Boundary => BOUNDARY,
            Layer::Resource => RESOURCE,
            Layer::ServiceControl | Layer::ResourceControl | Layer::Session => return None,
        };
        let (policy, spans) = self.places.0.get(trace.policy)?;
        let span = spans.get(trace.at)?;
        let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let place = |line, column| ShownPosition { column: number(column), line: number(line) };
        Some(ShownStatement {
            policy: policy.clone(),
            end: place(span.end.line, span.end.column),
            kind: kind.to_owned(),
            start: place(span.start.line, span.start.column),
        })
    }
}

impl Places {
    pub(super) fn of<'p>(policies: impl Iterator<Item = &'p NamedPolicy>) -> Self {
        Self(policies.map(|policy| (policy.name.to_string(), (source_id(policy), policy.policy.spans()))).collect())
    }
}

impl Simulated {
    /// Somebody of an account of whom nothing else is said.
    pub(super) fn nobody(account: AccountId) -> Self {
        Self { arn: String::new(), id: String::new(), account, kind: None, name: String::new() }
    }

    /// Sets the context keys that AWS knows unasked (B-553).
    pub(super) fn describe(&self, context: &mut RequestContext<'static>) {
        context.set("aws:PrincipalAccount", self.account.to_string());
        if self.arn.is_empty() {
            context.set("aws:userid", NOBODY);
            return;
        }
        context.set("aws:userid", self.arn.clone());
        context.set("aws:PrincipalArn", self.arn.clone());
        if self.kind == Some(HolderKind::User) {
            context.set("aws:username", self.name.clone());
        }
    }

    fn as_policies_see<'p>(&'p self, account: &'p str) -> Principal<'p> {
        let Self { arn, id, .. } = self;
        if self.kind == Some(HolderKind::Role) {
            let (role_arn, role_id, session_arn) = (arn, id, arn);
            Principal::RoleSession { role_arn, role_id, session_arn, account, federated_provider: None }
        } else {
            Principal::User { arn, id, account }
        }
    }
}

/// AWS: who asks where nobody is said to (iam-s-sim-userid).
const NOBODY: &str = "STUB_PRINCIPAL_FOR_POLICY_SIMULATOR";

const IDENTITY: &str = "IAM Policy";
const RESOURCE: &str = "Resource Policy";
const BOUNDARY: &str = "Permissions Boundary Policy";

/// The letters of a document by the time that matching them takes. A `?` is looked at by itself, as whole literals are,
/// and a variable brings in what the context holds.
fn weight(document: &str, longest_value: usize) -> usize {
    document.bytes().fold(document.len(), |letters, byte| match byte {
        b'?' => letters.saturating_add(QUESTION_MARK),
        b'$' => letters.saturating_add(longest_value),
        _ => letters,
    })
}

/// What stands about a key, a statement or a result in an answer.
const OF_A_KEY: usize = 20;
const OF_A_STATEMENT: usize = 400;
const OF_A_RESULT: usize = 200;

/// The letters of a text in XML, at most.
fn escaped(text: &str) -> usize {
    text.len() + 5 * text.bytes().filter(|byte| matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'')).count()
}

/// How many letters are compared in the time that a question takes by itself.
const QUESTION: usize = 5_000;

/// How many letters of a literal are compared in the time that one `?` takes.
const QUESTION_MARK: usize = 15;

/// AWS: a managed policy by its name, an inline one by its owner's kind and name and its own (iamx-sim-inline-id).
fn source_id(policy: &NamedPolicy) -> String {
    match policy.inline() {
        Some(InlineName { kind, holder, policy }) => format!("{kind}_{holder}_{policy}"),
        None => name_in(&policy.name).to_owned(),
    }
}

fn refuses(organization: LayerOutcome) -> bool {
    matches!(organization, LayerOutcome::Deny | LayerOutcome::NoMatch)
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allowed",
        Verdict::ExplicitDeny => "explicitDeny",
        Verdict::ImplicitDeny => "implicitDeny",
    }
}
