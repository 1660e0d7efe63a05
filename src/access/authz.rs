//! May this caller do this: gathers the layers of policies and asks the policy engine.

use super::authn::{Caller, Principal};
use super::denial::Denial;
use super::organization;
use super::request_context::RequestFacts;
use crate::identities::{Identities, NamedPolicy};
use crate::ids::AccountId;
use crate::policy::combine::{self, Layers, ResourceRule};
use crate::policy::context::RequestContext;
use crate::policy::decision::Layer;
use crate::policy::document::Policy;
use crate::policy::evaluate;
use crate::policy::explain::explain;
use crate::policy::matching::Request;
use crate::policy::parse::PolicyKind;
use crate::policy::principal::{Issuer, Principal as PolicyPrincipal};

/// One thing that must be allowed.
#[derive(Clone, Debug)]
pub struct Question {
    /// `sts:AssumeRole`.
    pub action: &'static str,
    /// The ARN that is acted on.
    pub resource: String,
    /// Another name of the same thing: a policy may use either.
    pub other_resource: Option<String>,
    /// Who owns it.
    pub resource_account: AccountId,
    /// Its own policy, if it has one.
    pub resource_policy: Option<NamedPolicy>,
    /// What that policy is to the decision.
    pub rule: ResourceRule,
    /// Keys that this question adds to those of every request.
    pub context: RequestContext<'static>,
}

impl Question {
    /// Whether somebody of `account` may do this, to nothing in particular.
    pub fn unscoped(action: &'static str, account: AccountId) -> Self {
        Self {
            action,
            resource: "*".to_owned(),
            other_resource: None,
            resource_account: account,
            resource_policy: None,
            rule: ResourceRule::Ordinary,
            context: RequestContext::new(),
        }
    }
}

/// Everything about a caller that its questions share, gathered once.
pub struct Judge<'a> {
    caller: &'a Caller<'a>,
    facts: &'a RequestFacts<'a>,
    identities: &'a Identities,
    service_control: Vec<Vec<&'a NamedPolicy>>,
    identity: Vec<&'a NamedPolicy>,
    boundary: Option<&'a NamedPolicy>,
    session: Option<Vec<NamedPolicy>>,
}

impl<'a> Judge<'a> {
    /// Gathers what binds `caller`; an error if something that should bind it cannot be found or read.
    pub fn of(caller: &'a Caller<'a>, facts: &'a RequestFacts<'a>, identities: &'a Identities) -> Result<Self, Denial> {
        let (identity, boundary) = policies_of(caller.principal(), identities).map_err(Denial::undecided)?;
        let session = session_policies(caller, identities).map_err(Denial::undecided)?;
        let service_control = organization::service_control(caller.principal(), identities);
        Ok(Self { caller, facts, identities, service_control, identity, boundary, session })
    }

    /// Decides `question`.
    pub fn decide(&self, question: &Question) -> Result<(), Denial> {
        let principal = self.caller.principal();
        let (own_account, owner) = (principal.account(), question.resource_account);
        let levels: Vec<Vec<_>> = self.service_control.iter().map(|level| as_layer(level)).collect();
        let levels: Vec<_> = levels.iter().map(Vec::as_slice).collect();
        let resource_control = as_layer(&organization::resource_control(principal, owner, self.identities));
        let identity = as_layer(&self.identity);
        let session: Option<Vec<_>> =
            self.session.as_ref().map(|policies| policies.iter().map(NamedPolicy::as_layer).collect());
        let (arn, account, id) = (principal.arn(), own_account.to_string(), unique_id(principal));
        let asking = as_policies_see(principal, &arn, &account, id);
        let mut context = question.context.clone();
        self.facts.fill(&mut context, self.caller);
        organization::describe(own_account, owner, self.identities, &mut context);
        let resource_account = owner.to_string();
        context.set("aws:ResourceAccount", resource_account.as_str());
        let layers = Layers {
            service_control: &levels,
            resource_control: &resource_control,
            identity: &identity,
            boundary: self.boundary.map(NamedPolicy::as_layer),
            session: session.as_deref(),
            resource: question.resource_policy.as_ref().map(NamedPolicy::as_layer),
        };
        let request = Request {
            other_resource: question.other_resource.as_deref(),
            ..Request::new(question.action, &question.resource, &asking, &context).owned_by(&resource_account)
        };
        if combine::decide(&request, &layers, question.rule).is_allowed() {
            return Ok(());
        }
        let mut denial = Denial::of(&request, &explain(&request, &layers, question.rule));
        // AWS: no stranger to an organization is told which of its policies refused.
        if denial.layer == Some(Layer::ResourceControl)
            && !organization::are_together(own_account, owner, self.identities)
        {
            denial.policy = None;
        }
        Err(denial)
    }
}

fn as_layer<'p>(policies: &[&'p NamedPolicy]) -> Vec<evaluate::NamedPolicy<'p>> {
    policies.iter().map(|policy| policy.as_layer()).collect()
}

/// What the caller may do by its own policies, and the policy that bounds them.
fn policies_of<'a>(
    principal: &'a Principal,
    identities: &'a Identities,
) -> Result<(Vec<&'a NamedPolicy>, Option<&'a NamedPolicy>), String> {
    let (policies, permissions) = match principal {
        Principal::Root(_) | Principal::FederatedUser { issuer: None, .. } => return Ok((Vec::new(), None)),
        Principal::User(user) | Principal::FederatedUser { issuer: Some(user), .. } => {
            (identities.policies_of_user(user), &user.permissions)
        }
        Principal::RoleSession { role, .. } => (identities.policies_of_role(role), &role.permissions),
    };
    // ATTACK: a boundary that cannot be found bounds everything, rather than nothing.
    let find =
        |arn| identities.managed_policy(arn).ok_or_else(|| format!("the permissions boundary {arn} does not exist"));
    Ok((policies, permissions.boundary().map(find).transpose()?))
}

/// What narrows the caller's session: the inline policy as it was given, the managed ones as they are now.
fn session_policies(caller: &Caller<'_>, identities: &Identities) -> Result<Option<Vec<NamedPolicy>>, String> {
    let Some(given) = caller.credential().session().and_then(|opened| opened.session().carried.policies.as_ref())
    else {
        return Ok(None);
    };
    let inline = match given.inline() {
        None => None,
        // ATTACK: a session policy that cannot be read allows nothing, rather than everything.
        Some(text) => {
            let parsed = text.ok().and_then(|text| Policy::parse(&text, PolicyKind::Session).ok());
            Some(NamedPolicy::new("session policy".to_owned(), parsed.ok_or("the session policy cannot be read")?))
        }
    };
    // ATTACK: one that is gone may have been the one that denied.
    let find =
        |arn: &String| identities.managed_policy(arn).ok_or_else(|| format!("the session policy {arn} does not exist"));
    let managed: Result<Vec<NamedPolicy>, String> = given.managed.iter().map(|arn| find(arn).cloned()).collect();
    Ok(Some(inline.into_iter().chain(managed?).collect()))
}

fn unique_id(principal: &Principal) -> &str {
    match principal {
        Principal::Root(_) | Principal::FederatedUser { .. } => "",
        Principal::User(user) => user.id.as_str(),
        Principal::RoleSession { role, .. } => role.id.as_str(),
    }
}

fn as_policies_see<'a>(principal: &'a Principal, arn: &'a str, account: &'a str, id: &'a str) -> PolicyPrincipal<'a> {
    match principal {
        Principal::Root(_) => PolicyPrincipal::Root { arn, account },
        Principal::User(_) => PolicyPrincipal::User { arn, id, account },
        Principal::RoleSession { role, .. } => PolicyPrincipal::RoleSession {
            role_arn: &role.arn,
            role_id: id,
            session_arn: arn,
            account,
            federated_provider: None,
        },
        Principal::FederatedUser { issuer, .. } => {
            let issuer =
                issuer.as_ref().map_or(Issuer::Root, |user| Issuer::User { arn: &user.arn, id: user.id.as_str() });
            PolicyPrincipal::FederatedUser { arn, account, issuer }
        }
    }
}
