//! Simulations of policies, and which context keys policies read.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>

use std::collections::HashSet;

use super::action::{Look, Target};
use super::context_entries::{self, SentEntries};
use super::known_actions::{Known, has_scenario};
use super::organization_levels::{SentLevels, levels};
use super::paging::{Page, Paging};
use super::policy_exclusions::{Exclusions, SentExclusions};
use super::policy_sources::{Source, entity, target};
use super::simulation::{Places, ShownResult, Simulated, Simulation};
use crate::action;
use crate::api::ApiError;
use crate::api::lists::{NonEmpty, PlainList};
use crate::api::operation::Members;
use crate::identities::NamedPolicy;
use crate::ids::names::{
    ArnText, AskedAction, AskedResource, Marker, MaxItems, ProposedPolicyText, ResourceHandlingOption,
};
use crate::ids::{AccountId, Arn};
use crate::policy::context::RequestContext;
use crate::policy::document::{Policy, Statement};
use crate::policy::parse::{PolicyKind, context_keys};
use crate::policy::pattern::Pattern;
use crate::policy::problem::ParseError;

/// Letters of policies times letters of resources and context that are looked at in a call; more than that takes long.
const MOST_WORK: usize = 1 << 30;
/// Letters of an answer, about.
const MOST_TOLD: usize = 1 << 24;

/// What an input of either kind of simulation tells.
macro_rules! asked {
    ($input:ident) => {
        Asked {
            policies: &$input.policies,
            boundaries: &$input.boundaries,
            actions: &$input.actions.0,
            resources: &$input.resources,
            resource_policy: $input.resource_policy.as_ref(),
            owner: $input.owner.as_ref(),
            caller: $input.caller.as_ref(),
            context: &$input.context,
            scenario: $input.scenario.as_ref(),
            organization: None,
            marker: $input.marker.as_ref(),
            max_items: $input.max_items,
        }
    };
}

type Policies = PlainList<ProposedPolicyText, 1000>;
type Actions = NonEmpty<PlainList<AskedAction, 1000>>;
type Resources = PlainList<AskedResource, 1000>;

action! {
    /// Tells what policies would allow that are only proposed.
    SimulateCustomPolicy;
    input SimulateCustomPolicyInput {
        /// Policies of a user, group or role.
        "PolicyInputList" policies: Policies,
        /// What would bound them; one at most.
        "PermissionsBoundaryPolicyInputList" boundaries: Policies,
        /// The organization that the account would be in, level by level, from its root down to the account.
        "OrderedOrganizationPolicyInputList" organization: SentLevels,
        /// What would be done.
        "ActionNames" actions: Actions,
        /// To what; to nothing in particular without it.
        "ResourceArns" resources: Resources,
        /// The policy of those resources.
        "ResourcePolicy" resource_policy: Option<ProposedPolicyText>,
        /// Whose resources these are that do not tell it: an ARN of IAM.
        "ResourceOwner" owner: Option<AskedResource>,
        /// Who would do it; must be said beside a resource policy.
        "CallerArn" caller: Option<AskedResource>,
        /// What the context keys would hold.
        "ContextEntries" context: SentEntries,
        /// The scenario, for actions that have several. The resources that it speaks of need not be there.
        "ResourceHandlingOption" scenario: Option<ResourceHandlingOption>,
        /// How many are wanted.
        "MaxItems" max_items: Option<MaxItems>,
        /// Where the list goes on.
        "Marker" marker: Option<Marker>,
    }
    errors [InvalidInput]
    output SimulateCustomPolicyOutput {
        /// Whether the list goes on.
        "IsTruncated" is_truncated: bool,
        /// What came of each action.
        "EvaluationResults" results: Members<ShownResult>,
        /// Where the list goes on.
        "Marker" marker: Option<String>,
    }
    on |_input, _look| Ok(Target::any());
    reads |input, look| {
        let page = Asked { organization: Some(&input.organization), ..asked!(input) }.simulate(None, look)?;
        let is_truncated = page.is_truncated();
        Ok(SimulateCustomPolicyOutput { is_truncated, results: Members(page.items), marker: page.marker })
    };
}

action! {
    /// Tells what a user, group or role is allowed to do, with other policies besides if that is wanted.
    SimulatePrincipalPolicy;
    input SimulatePrincipalPolicyInput {
        /// Whose policies: a user's with those of its groups, a group's or a role's.
        "PolicySourceArn" source: ArnText,
        /// More policies.
        "PolicyInputList" policies: Policies,
        /// What would bound them in place of the present boundary; one at most.
        "PermissionsBoundaryPolicyInputList" boundaries: Policies,
        /// Which of the present policies are left out.
        "PolicyExclusionList" exclusions: SentExclusions,
        /// What would be done.
        "ActionNames" actions: Actions,
        /// To what; to nothing in particular without it.
        "ResourceArns" resources: Resources,
        /// The policy of those resources.
        "ResourcePolicy" resource_policy: Option<ProposedPolicyText>,
        /// Whose resources these are that do not tell it: an ARN of IAM.
        "ResourceOwner" owner: Option<AskedResource>,
        /// Who would do it; without it the one whose policies these are.
        "CallerArn" caller: Option<AskedResource>,
        /// What the context keys would hold.
        "ContextEntries" context: SentEntries,
        /// The scenario, for actions that have several. The resources that it speaks of need not be there.
        "ResourceHandlingOption" scenario: Option<ResourceHandlingOption>,
        /// How many are wanted.
        "MaxItems" max_items: Option<MaxItems>,
        /// Where the list goes on.
        "Marker" marker: Option<Marker>,
    }
    errors [NoSuchEntity, InvalidInput]
    output SimulatePrincipalPolicyOutput {
        /// Whether the list goes on.
        "IsTruncated" is_truncated: bool,
        /// What came of each action.
        "EvaluationResults" results: Members<ShownResult>,
        /// Where the list goes on.
        "Marker" marker: Option<String>,
    }
    on |input, look| target(input.source.as_str(), look);
    reads |input, look| {
        let source = Source::of(input.source.as_str(), look)?.without(&Exclusions::of(&input.exclusions)?);
        let page = asked!(input).simulate(Some(&source), look)?;
        let is_truncated = page.is_truncated();
        Ok(SimulatePrincipalPolicyOutput { is_truncated, results: Members(page.items), marker: page.marker })
    };
}

action! {
    /// Lists the context keys that proposed policies read.
    GetContextKeysForCustomPolicy;
    input GetContextKeysForCustomPolicyInput {
        /// The policies.
        "PolicyInputList" policies: Policies,
    }
    errors [InvalidInput]
    output GetContextKeysForCustomPolicyOutput {
        /// The keys of each policy, as they are written.
        "ContextKeyNames" keys: Members<String>,
    }
    on |_input, _look| Ok(Target::any());
    reads |input, _look| Ok(GetContextKeysForCustomPolicyOutput { keys: Members(keys_of(&input.policies)?) });
}

action! {
    /// Lists the context keys that the policies of a user, group or role read, and proposed ones besides.
    GetContextKeysForPrincipalPolicy;
    input GetContextKeysForPrincipalPolicyInput {
        /// Whose: a user's with those of its groups, a group's or a role's.
        "PolicySourceArn" source: ArnText,
        /// More policies.
        "PolicyInputList" policies: Policies,
    }
    errors [NoSuchEntity, InvalidInput]
    output GetContextKeysForPrincipalPolicyOutput {
        /// The keys of each policy, as they are written.
        "ContextKeyNames" keys: Members<String>,
    }
    on |input, look| target(input.source.as_str(), look);
    reads |input, look| {
        let source = Source::of(input.source.as_str(), look)?;
        let held = source.policies.iter().copied().chain(source.boundary);
        let mut keys: Vec<String> = held.flat_map(keys_read).collect();
        keys.extend(keys_of(&input.policies)?);
        Ok(GetContextKeysForPrincipalPolicyOutput { keys: Members(keys) })
    };
}

/// A policy that is only proposed. AWS: values that operators cannot read are evaluated, as in session policies.
pub(super) fn proposed(
    name: String,
    text: &ProposedPolicyText,
    wrong: impl FnOnce(&ParseError) -> ApiError,
) -> Result<NamedPolicy, ApiError> {
    let policy = Policy::parse(text.as_str(), PolicyKind::Session).map_err(|why| wrong(&why))?;
    Ok(NamedPolicy::new(name, policy))
}

fn keys_read(policy: &NamedPolicy) -> Vec<String> {
    context_keys(policy.policy.source()).unwrap_or_default()
}

fn keys_of(policies: &Policies) -> Result<Vec<String>, ApiError> {
    let mut keys = Vec::new();
    for (at, policy) in policies.0.iter().enumerate() {
        keys.extend(context_keys(policy.as_str()).map_err(|why| ApiError::bad_proposed_policy(at + 1, &why))?);
    }
    Ok(keys)
}

/// What both kinds of simulation are told.
struct Asked<'i> {
    policies: &'i Policies,
    boundaries: &'i Policies,
    actions: &'i PlainList<AskedAction, 1000>,
    resources: &'i Resources,
    resource_policy: Option<&'i ProposedPolicyText>,
    owner: Option<&'i AskedResource>,
    caller: Option<&'i AskedResource>,
    context: &'i SentEntries,
    scenario: Option<&'i ResourceHandlingOption>,
    organization: Option<&'i SentLevels>,
    marker: Option<&'i Marker>,
    max_items: Option<MaxItems>,
}

impl Asked<'_> {
    fn simulate(&self, source: Option<&Source<'_>>, look: Look<'_>) -> Result<Page<ShownResult>, ApiError> {
        let actions: Vec<&str> = self.actions.0.iter().map(AskedAction::as_str).collect();
        if actions.iter().any(|action| !action.contains(':')) {
            return Err(ApiError::action_without_service());
        }
        let resources = self.resources()?;
        let simulation = self.simulation(source, &resources, look)?;
        if !matches!(*resources, [] | ["*"]) {
            known_alike(&actions)?;
            self.fits(&actions)?;
        }
        // AWS: a marker is a place among the actions, whichever these are.
        let list = ["simulation"];
        let paging = Paging::of(self.marker, self.max_items, &list).map_err(|_| ApiError::bad_simulation_marker())?;
        // ATTACK: what takes long is told in shorter pages, as AWS says that it may.
        let longest = actions.iter().map(|action| action.len()).max().unwrap_or_default();
        let fits = MOST_WORK / simulation.cost(longest, &resources).max(1);
        if fits == 0 {
            return Err(ApiError::too_much_to_simulate());
        }
        let paging = paging.at_most(fits);
        let page = paging.cut_whole(actions.iter());
        let mut left = MOST_TOLD;
        let results = page.items.iter().map_while(|action| simulation.result(action, &resources, &mut left));
        let items: Vec<ShownResult> = results.collect();
        match items.len() {
            all if all == page.items.len() => Ok(Page { items, marker: page.marker }),
            0 => Err(ApiError::too_much_to_simulate()),
            some => Ok(Page { items, marker: paging.at_most(some).cut_whole(actions.iter()).marker }),
        }
    }

    // AWS: where no resource is named, it does not matter what the scenario is (resource_handling_unknown).
    fn fits(&self, actions: &[&str]) -> Result<(), ApiError> {
        let Some(scenario) = self.scenario else { return Ok(()) };
        let without = actions.iter().find(|action| !has_scenario(action, scenario.as_str()));
        without.map_or(Ok(()), |action| Err(ApiError::no_such_scenario(action)))
    }

    fn resources(&self) -> Result<Vec<&str>, ApiError> {
        let resources: Vec<&str> = self.resources.0.iter().map(AskedResource::as_str).collect();
        match resources.iter().find(|text| **text != "*" && Arn::parse(text).is_none()) {
            Some(text) => Err(ApiError::resource_not_arn(text)),
            None => Ok(resources),
        }
    }

    fn simulation<'l>(
        &self,
        source: Option<&Source<'l>>,
        resources: &[&str],
        look: Look<'l>,
    ) -> Result<Simulation, ApiError> {
        let mut identity: Vec<NamedPolicy> =
            source.map(|source| source.policies.iter().copied().cloned().collect()).unwrap_or_default();
        for (at, text) in self.policies.0.iter().enumerate() {
            let name = format!("PolicyInputList.{}", at + 1);
            identity.push(proposed(name, text, |why| ApiError::bad_proposed_policy(at + 1, why))?);
        }
        let given = context_entries::context(self.context)?;
        let caller = self.caller(source, look)?;
        let mut context = RequestContext::simulated();
        caller.describe(&mut context);
        context.take_over(&given);
        let boundary = self.boundary(source)?;
        let resource_policy = self.resource_policy(resources, look)?;
        let read = identity.iter().chain(&boundary).chain(&resource_policy).flat_map(keys_read);
        let mut wanting: Vec<String> = read.filter(|key| given.get(key).is_none()).collect();
        let mut seen = HashSet::new();
        wanting.retain(|key| seen.insert(key.clone()));
        let service_control = match (source, self.organization) {
            (Some(source), _) => source.service_control.as_deref().map(owned),
            (None, Some(proposed)) => levels(proposed)?,
            (None, None) => None,
        };
        let places = Places::of(identity.iter().chain(&boundary).chain(&resource_policy));
        Ok(Simulation {
            service_control,
            is_in_organization: source.is_some(),
            identity,
            boundary,
            resource_policy,
            owner: self.owner(look)?,
            caller,
            places,
            context,
            wanting,
        })
    }

    /// What bounds: the one that is proposed, else the present one.
    fn boundary(&self, source: Option<&Source<'_>>) -> Result<Option<NamedPolicy>, ApiError> {
        match self.boundaries.0.as_slice() {
            [] => Ok(source.and_then(|source| source.boundary).cloned()),
            [text] => {
                let name = "PermissionsBoundaryPolicyInputList.1".to_owned();
                proposed(name, text, ApiError::bad_proposed_boundary).map(Some)
            }
            _ => Err(ApiError::several_boundaries()),
        }
    }

    fn resource_policy(&self, resources: &[&str], look: Look<'_>) -> Result<Option<NamedPolicy>, ApiError> {
        let Some(text) = self.resource_policy else { return Ok(None) };
        if resources.is_empty() || resources.contains(&"*") {
            return Err(ApiError::entity_not_clear("*"));
        }
        match Policy::parse_to_simulate(text.as_str()) {
            Ok(policy) if policy.statements().iter().any(is_of_everything) => Err(ApiError::resource_not_arn("*")),
            Ok(mut policy) => {
                policy.bind_principals(|arn| look.identities.unique_id(arn).map(|id| id.to_string()));
                Ok(Some(NamedPolicy::new("ResourcePolicy".to_owned(), policy)))
            }
            // AWS: a trust policy is read and then not asked (iamx-sim-trust).
            Err(_) if Policy::parse(text.as_str(), PolicyKind::Trust).is_ok() => Ok(None),
            Err(why) => Err(ApiError::bad_proposed_resource_policy(&why)),
        }
    }

    fn owner(&self, look: Look<'_>) -> Result<Option<AccountId>, ApiError> {
        let Some(owner) = self.owner else { return Ok(None) };
        let wrong = || ApiError::bad_resource_owner(owner.as_str());
        let arn = Arn::parse(owner.as_str()).filter(|arn| arn.service == "iam").ok_or_else(wrong)?;
        if arn.partition != look.asker.partition.as_str() {
            return Err(wrong());
        }
        AccountId::parse(arn.account).map(Some).ok_or_else(wrong)
    }

    fn caller(&self, source: Option<&Source<'_>>, look: Look<'_>) -> Result<Simulated, ApiError> {
        let Some(arn) = self.caller.map(AskedResource::as_str).or(source.map(|source| source.arn)) else {
            return match self.resource_policy {
                Some(_) => Err(ApiError::no_simulated_caller()),
                None => Ok(Simulated::nobody(look.asker.account)),
            };
        };
        let (kind, account, name) = entity(arn, look).map_err(|_| ApiError::bad_simulated_caller())?;
        let id = look.identities.unique_id(arn).map(|id| id.to_string()).unwrap_or_default();
        Ok(Simulated { arn: arn.to_owned(), id, account, kind: Some(kind), name: name.to_owned() })
    }
}

fn owned(levels: &[Vec<&NamedPolicy>]) -> Vec<Vec<NamedPolicy>> {
    levels.iter().map(|level| level.iter().copied().cloned().collect()).collect()
}

/// Whether a statement is of `*`, which a resource's own policy is not in a simulation.
fn is_of_everything(statement: &Statement) -> bool {
    statement.resources().is_some_and(|resources| resources.patterns().iter().any(Pattern::is_any))
}

/// AWS: actions that the simulator knows and ones that nobody has are not simulated together on resources.
fn known_alike(actions: &[&str]) -> Result<(), ApiError> {
    let (known, others): (Vec<&str>, Vec<&str>) =
        actions.iter().partition(|action| matches!(Known::of(action), Known::To(..)));
    if known.is_empty() || !others.iter().any(|action| matches!(Known::of(action), Known::Nobody)) {
        return Ok(());
    }
    Err(ApiError::actions_not_alike(&known, &others))
}
