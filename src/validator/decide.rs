//! Decisions as answers tell them: yes or no, what every layer said, and on request why.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Ask;
use super::answer::Problem;
use super::dialect::{AwsError, Denial, Dialect};
use super::json::{Object, Pairs, Text};
use crate::access::{
    Finding, Inquiry, Judge, LONGEST_ACTION, LONGEST_RESOURCE, Principal, Resource, are_together, is_one_action,
    owner_named_in, resource_policy,
};
use crate::env::draw;
use crate::identities::NamedPolicy;
use crate::ids::{AccountId, Arn};
use crate::policy::context::{ContextSource, RequestContext};
use crate::policy::decision::{Because, Decision, Layer, LayerOutcome, LayerOutcomes, Verdict};
use crate::policy::document::Effect;

/// An S3 multi-delete has as many keys.
const MOST_CHECKS: usize = 1000;
const MOST_POLICIES: usize = 100;
/// Each tells all the statements that apply to it.
const MOST_EXPLAINED: usize = 100;
/// AWS: 20 KiB for buckets, and 32 at most elsewhere.
const LONGEST_POLICY: usize = 32 * 1024;
/// ATTACK: a thousand checks by policies full of wildcards would keep others waiting for minutes.
const LONGEST_MILLIS: i64 = 2000;

/// One thing to be allowed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Check<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    action: Text<'a>,
    #[serde(borrow)]
    resource: Text<'a>,
}

/// What the service knows of a resource.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ResourcePolicy<'a> {
    #[serde(borrow)]
    owner_account_id: Option<Text<'a>>,
    /// The document, or a text that has it.
    #[serde(borrow)]
    policy: Option<&'a RawValue>,
}

/// One thing to be decided.
pub(super) struct Wanted<'a> {
    pub(super) id: Option<Cow<'a, str>>,
    pub(super) action: Cow<'a, str>,
    pub(super) resource: Cow<'a, str>,
    pub(super) context: RequestContext<'a>,
}

/// A resource with its owner and its policy, compiled, as the service gave them.
pub(super) struct Given<'a> {
    arn: &'a str,
    owner: Option<AccountId>,
    policy: Option<NamedPolicy>,
}

/// What came of a check.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome {
    id: Option<String>,
    decision: &'static str,
    basis: &'static str,
    layers: Layers,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    matched: Option<Vec<Matched>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_keys_used: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing_context_keys: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aws_error: Option<AwsError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoded_message: Option<String>,
}

/// What each layer said on its own, for services that fold in what only they can see.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Layers {
    identity: &'static str,
    session: &'static str,
    boundary: &'static str,
    resource: &'static str,
    service_control: &'static str,
    resource_control: &'static str,
}

impl Default for Layers {
    fn default() -> Self {
        Self::of(LayerOutcomes::default())
    }
}

impl Layers {
    fn of(layers: LayerOutcomes) -> Self {
        let word = |layer: Layer| match layers.of(layer) {
            LayerOutcome::Absent => "absent",
            LayerOutcome::NoMatch => "no_match",
            LayerOutcome::Allow => "allow",
            LayerOutcome::Deny => "deny",
        };
        Self {
            identity: word(Layer::Identity),
            session: word(Layer::Session),
            boundary: word(Layer::Boundary),
            resource: word(Layer::Resource),
            service_control: word(Layer::ServiceControl),
            resource_control: word(Layer::ResourceControl),
        }
    }
}

/// A statement that applies.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Matched {
    layer: &'static str,
    policy: String,
    statement: usize,
    sid: Option<String>,
    effect: &'static str,
}

/// Reads the checks of a call.
pub(super) fn wanted<'a>(checks: &'a [Object<Check<'a>>]) -> Result<Vec<Wanted<'a>>, Problem> {
    if checks.len() > MOST_CHECKS {
        return Err(Problem::new(413, "at most 1000 checks in a call"));
    }
    checks.iter().map(|check| check.wanted()).collect()
}

impl<'a> Check<'a> {
    /// A check of one action on one resource.
    pub(super) fn of(action: Text<'a>, resource: Text<'a>) -> Self {
        Self { id: None, action, resource }
    }
}

impl Check<'_> {
    fn wanted(&self) -> Result<Wanted<'_>, Problem> {
        if !is_one_action(&self.action) {
            return Err(Problem::new(400, &format!("`{}` is no action: write it as s3:GetObject", &*self.action)));
        }
        if self.action.len() > LONGEST_ACTION || self.resource.len() > LONGEST_RESOURCE {
            return Err(Problem::new(413, "an action has at most 128 bytes, a resource 2048"));
        }
        if self.resource.is_empty() {
            return Err(Problem::new(400, "`resource` is an ARN, or * where the action works on none in particular"));
        }
        Ok(Wanted {
            id: self.id.as_deref().map(Cow::Borrowed),
            action: Cow::Borrowed(&self.action),
            resource: Cow::Borrowed(&self.resource),
            context: RequestContext::new(),
        })
    }
}

/// Reads what the service knows of its resources.
pub(super) fn resources<'a>(
    ask: &Ask<'_>,
    given: &'a Pairs<'a, Object<ResourcePolicy<'a>>>,
) -> Result<Vec<Given<'a>>, Problem> {
    if given.0.len() > MOST_POLICIES {
        return Err(Problem::new(413, "at most 100 resource policies in a call"));
    }
    let arns: Vec<&str> = given.0.iter().map(|(arn, _)| &**arn).collect();
    if let Some(arn) = arns.iter().find(|arn| arn.ends_with('/') || arn.contains(['*', '?'])) {
        let why = format!("resourcePolicies[\"{arn}\"]: one resource, without the slash behind it");
        return Err(Problem::new(400, &why));
    }
    // ATTACK: of two policies for one resource neither may be lost, for it may be the one that denies.
    for (at, arn) in arns.iter().enumerate() {
        if let Some(within) = arns.iter().enumerate().find(|(other, name)| *other != at && covers(arn, name)) {
            let why = format!("resourcePolicies[\"{}\"] lies within \"{arn}\": put them into one", within.1);
            return Err(Problem::new(400, &why));
        }
    }
    given.0.iter().map(|(arn, known)| known.compiled(ask, arn)).collect()
}

/// Whether `within` is `arn`, or in it: a bucket's object.
fn covers(arn: &str, within: &str) -> bool {
    // AWS: a repository whose name has a slash is another one, and lies within none.
    let is_repository = || Arn::parse(arn).is_some_and(|arn| matches!(arn.service, "ecr" | "ecr-public"));
    within.strip_prefix(arn).is_some_and(|rest| rest.is_empty() || (rest.starts_with('/') && !is_repository()))
}

impl ResourcePolicy<'_> {
    fn compiled<'a>(&self, ask: &Ask<'_>, arn: &'a str) -> Result<Given<'a>, Problem> {
        let wrong = |why: String| Problem::new(400, &format!("resourcePolicies[\"{arn}\"]: {why}"));
        let said = self
            .owner_account_id
            .as_deref()
            .map(|text| AccountId::parse(text).ok_or_else(|| wrong("`ownerAccountId` is twelve digits".to_owned())));
        let said = said.transpose()?;
        let named = owner_named_in(arn);
        if said.zip(named).is_some_and(|(said, named)| said != named) {
            return Err(wrong("`ownerAccountId` is another account than the one of the ARN".to_owned()));
        }
        let owner = said.or(named);
        let Some(raw) = self.policy else { return Ok(Given { arn, owner, policy: None }) };
        let text: Cow<'_, str> = if raw.get().starts_with('"') {
            Cow::Owned(serde_json::from_str(raw.get()).map_err(|error| wrong(error.to_string()))?)
        } else {
            Cow::Borrowed(raw.get())
        };
        if text.len() > LONGEST_POLICY {
            return Err(Problem::new(413, "a resource policy has at most 32 KiB"));
        }
        let identities = &ask.snapshot.identities;
        let policy = resource_policy(format!("policy of {arn}"), arn, &text, identities);
        let policy = policy.map_err(|error| wrong(error.to_string()))?;
        // ATTACK: taken for the asker's own, it would let in whom it names without the leave of their own account.
        if owner.is_none() {
            return Err(wrong("say whose it is in `ownerAccountId`, for the ARN names no account".to_owned()));
        }
        Ok(Given { arn, owner, policy: Some(policy) })
    }
}

/// What is known of the resource of a check: of itself, or of the bucket that it is in.
fn known<'r>(resources: &'r [Given<'_>], arn: &str) -> Option<&'r Given<'r>> {
    resources.iter().find(|known| covers(known.arn, arn))
}

/// Who asks, if anybody in particular does.
#[derive(Clone, Copy)]
pub(super) struct Asker<'p>(pub(super) Option<&'p Principal>);

impl Asker<'_> {
    /// For the sentences of refusals: as `GetCallerIdentity` names them.
    pub(super) fn arn(self) -> Cow<'static, str> {
        self.0.map_or(Cow::Borrowed("anonymous"), |principal| Cow::Owned(principal.arn()))
    }

    fn account(self) -> Option<AccountId> {
        self.0.map(Principal::account)
    }
}

/// The keys that the service tells with one thing to be decided.
struct Keys<'w> {
    wanted: &'w Wanted<'w>,
    said: &'w RequestContext<'w>,
}

impl ContextSource for Keys<'_> {
    fn fill<'c>(&'c self, context: &mut RequestContext<'c>) {
        context.take_over(&self.wanted.context);
        context.take_over(self.said);
    }
}

/// Decides everything that is wanted, if that does not take too long.
pub(super) fn decide(
    ask: &Ask<'_>,
    judge: &Judge<'_>,
    asker: Asker<'_>,
    wanted: &[Wanted<'_>],
    resources: &[Given<'_>],
    how: How<'_>,
) -> Result<Vec<Outcome>, Problem> {
    if how.explain && wanted.len() > MOST_EXPLAINED {
        return Err(Problem::new(413, "at most 100 checks in a call with `explain`"));
    }
    let mut told = false;
    let mut outcomes = Vec::with_capacity(wanted.len());
    for wanted in wanted {
        let is_late = || ask.world.now().machine.millis_since(ask.moment.machine) > LONGEST_MILLIS;
        if !outcomes.is_empty() && is_late() {
            return Err(Problem::new(413, "this takes too long to decide: ask for less in a call"));
        }
        let given = known(resources, &wanted.resource);
        let (policy, owner) = given.map_or((None, None), |given| (given.policy.as_ref(), given.owner));
        let (action, identities) = (&*wanted.action, &ask.snapshot.identities);
        let resource = Resource::find(action, &wanted.resource, policy, owner, asker.0, identities);
        let inquiry = Inquiry { action, resource, context: &Keys { wanted, said: how.context } };
        let outcome =
            judge.inquire(&inquiry, how.explain, |found| outcome(ask, asker, wanted, resource.owner, found, how));
        ask.findings.borrow_mut().decided(action, &wanted.resource, outcome.decision, outcome.basis);
        if !outcome.is_allowed() && !told {
            told = true;
            judge.inquire(&inquiry, true, |found| log(ask, asker, wanted, found));
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// How checks are decided and told.
#[derive(Clone, Copy)]
pub(super) struct How<'a> {
    /// What the service says of the request.
    pub(super) context: &'a RequestContext<'a>,
    /// Whether reasons are wanted.
    pub(super) explain: bool,
    /// The form of errors, if it is not the usual one of each action's service.
    pub(super) dialect: Option<Dialect>,
}

/// A refusal is one line; of a call of many checks the first tells enough.
fn log(ask: &Ask<'_>, asker: Asker<'_>, wanted: &Wanted<'_>, found: &Finding<'_>) {
    let because = found.reason().unwrap_or_default();
    let (caller, action, resource) = (asker.arn(), &*wanted.action, &*wanted.resource);
    tracing::info!(request_id = ask.request_id, caller = &*caller, action, resource, because, "denied");
    ask.findings.borrow_mut().because = Some(because);
}

fn outcome(
    ask: &Ask<'_>,
    asker: Asker<'_>,
    wanted: &Wanted<'_>,
    owner: Option<AccountId>,
    found: &Finding<'_>,
    how: How<'_>,
) -> Outcome {
    let Decision { verdict, because, layers } = found.decision;
    let (decision, basis) = match verdict {
        Verdict::Allow => ("allow", "allowed"),
        Verdict::ExplicitDeny => ("deny", "explicitDeny"),
        Verdict::ImplicitDeny => ("deny", "implicitDeny"),
    };
    let encoded_message = if verdict == Verdict::Allow { None } else { encoded(ask, asker, found) };
    let is_told = |(asker, owner)| are_together(asker, owner, &ask.snapshot.identities);
    let tells_why = asker.account().zip(owner).is_some_and(is_told);
    let aws_error = (verdict != Verdict::Allow).then(|| {
        let (vendor, _) = wanted.action.split_once(':').unwrap_or_default();
        let dialect = how.dialect.unwrap_or_else(|| Dialect::of(vendor));
        let denial = Denial {
            arn: &asker.arn(),
            action: &wanted.action,
            resource: &wanted.resource,
            because: &because,
            tells_why,
            encoded: encoded_message.as_deref(),
        };
        dialect.denied(&denial, ask.request_id)
    });
    Outcome {
        id: wanted.id.as_deref().map(str::to_owned),
        decision,
        basis,
        layers: Layers::of(layers),
        aws_error,
        encoded_message,
        ..reasons(found)
    }
}

/// All that led to a no, for `DecodeAuthorizationMessage` in the asker's account, if reasons were wanted.
fn encoded(ask: &Ask<'_>, asker: Asker<'_>, found: &Finding<'_>) -> Option<String> {
    let ring = ask.snapshot.sessions.ring();
    let message = found.message()?.encode(asker.account()?, ring, ask.moment.now, draw(ask.world.entropy.as_ref()));
    message.map(|message| message.to_string())
}

/// An outcome with nothing but its reasons, if they were wanted.
fn reasons(found: &Finding<'_>) -> Outcome {
    let Some(explanation) = &found.explanation else { return Outcome::default() };
    let texts = |keys: Vec<&str>| Some(keys.into_iter().map(str::to_owned).collect());
    let because = match found.decision.because {
        Because::Statement(hit) if hit.statement.effect() == Effect::Allow => {
            Some(format!("allowed by {}", hit.policy))
        }
        _ => found.reason(),
    };
    let matched = explanation.matched().map(|trace| Matched {
        layer: trace.layer.word(),
        policy: trace.policy.to_owned(),
        statement: trace.at,
        sid: trace.statement.sid().map(str::to_owned),
        effect: trace.effect().word(),
    });
    Outcome {
        because,
        matched: Some(matched.collect()),
        context_keys_used: texts(explanation.keys_read()),
        missing_context_keys: texts(explanation.keys_missing(found.context)),
        ..Outcome::default()
    }
}

impl Outcome {
    /// Whether the answer is yes.
    pub(super) fn is_allowed(&self) -> bool {
        self.decision == "allow"
    }

    /// The error of a no.
    pub(super) fn aws_error(&self) -> Option<&AwsError> {
        self.aws_error.as_ref()
    }

    /// A no to a check of somebody who may do nothing at all.
    pub(super) fn refused(wanted: &Wanted<'_>, basis: &'static str) -> Self {
        let id = wanted.id.as_deref().map(str::to_owned);
        Self { id, decision: "deny", basis, ..Self::default() }
    }
}
