//! May this caller do this: gathers the layers of policies and asks the policy engine.

use super::acting_service::ActingService;
use super::authn::{Caller, Principal};
use super::authorization_message::AuthorizationMessage;
use super::bearer::Bearer;
use super::denial::Denial;
use super::organization;
use super::reason::reason;
use super::request_context::{Asker, RequestFacts, Who};
use super::resource::Resource;
use super::services::root_may_repair;
use crate::identities::{Identities, NamedPolicy};
use crate::ids::account::AccountText;
use crate::ids::{AccountId, Arn};
use crate::policy::combine::{self, Layers, ResourceRule};
use crate::policy::context::{ContextSource, RequestContext};
use crate::policy::decision::{Decision, Layer};
use crate::policy::document::Policy;
use crate::policy::evaluate;
use crate::policy::explain::{Explanation, explain};
use crate::policy::matching::Request;
use crate::policy::parse::PolicyKind;
use crate::policy::principal::{Issuer, Principal as PolicyPrincipal};
use crate::sessions::{OpenedToken, Session};
use crate::time::Moment;

/// One thing that must be allowed.
#[derive(Clone, Debug)]
pub struct Question {
    /// `sts:AssumeRole`.
    pub action: &'static str,
    /// The ARN that is acted on.
    pub resource: String,
    /// Another name of the same thing: a policy may use either.
    pub other_resource: Option<String>,
    /// What a refusal calls it, if not by its ARN.
    pub called: Option<String>,
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
            called: None,
            resource_account: account,
            resource_policy: None,
            rule: ResourceRule::Ordinary,
            context: RequestContext::new(),
        }
    }

    /// Who owns it as condition keys tell. AWS's managed policies are anybody's to ask for, and of an account of AWS's
    /// (measured).
    fn told_owner(&self) -> AccountId {
        let is_of_aws = Arn::parse(&self.resource).is_some_and(|arn| arn.is_of_aws());
        if is_of_aws { AccountId::OF_MANAGED_POLICIES } else { self.resource_account }
    }
}

/// One thing that another service asks about.
#[derive(Clone, Copy)]
pub struct Inquiry<'q> {
    /// `s3:GetObject`.
    pub action: &'q str,
    /// What is acted on.
    pub resource: Resource<'q>,
    /// Keys that this question adds to those of every request.
    pub context: &'q dyn ContextSource,
}

/// What came of an inquiry.
pub struct Finding<'f> {
    /// Yes or no, and what each layer said.
    pub decision: Decision<'f>,
    /// What led to it, if that was wanted.
    pub explanation: Option<Explanation<'f>>,
    /// All the keys that were known, as far as any counts.
    pub context: &'f RequestContext<'f>,
    request: &'f Request<'f>,
}

impl Finding<'_> {
    /// In our own words what decided, if that was explained.
    pub fn reason(&self) -> Option<String> {
        self.explanation.as_ref().map(|explanation| reason(explanation, self.context))
    }

    /// All of it, for `DecodeAuthorizationMessage`, if it was explained.
    pub fn message(&self) -> Option<AuthorizationMessage> {
        self.explanation.as_ref().map(|explanation| AuthorizationMessage::of(self.request, explanation))
    }
}

/// Everything about somebody that their questions share, gathered once.
pub struct Judge<'a> {
    asker: Asker<'a>,
    moment: Moment,
    /// The provider that vouched for the session.
    federated_provider: Option<&'a str>,
    request: RequestKeys<'a>,
    identities: &'a Identities,
    service_control: Vec<Vec<evaluate::NamedPolicy<'a>>>,
    identity: Vec<evaluate::NamedPolicy<'a>>,
    boundary: Option<evaluate::NamedPolicy<'a>>,
    session: Option<Vec<NamedPolicy>>,
}

/// Where keys of the request come from.
enum RequestKeys<'a> {
    /// Read off it.
    Facts(RequestFacts<'a>),
    /// Told.
    Told(&'a dyn ContextSource),
}

/// Keys that a request mostly has.
const KEYS: usize = 24;

impl<'a> Judge<'a> {
    /// Gathers what binds `caller`, who is `principal`; an error if something that should bind it cannot be found or
    /// read.
    pub fn of(
        caller: &'a Caller,
        principal: &'a Principal,
        facts: &RequestFacts<'a>,
        identities: &'a Identities,
    ) -> Result<Self, Denial> {
        let session = caller.credential().session().map(OpenedToken::session);
        let who = Who::Principal(principal);
        let asker = Asker { who, session, second_factor: facts.second_factor() };
        Self::gather(asker, RequestKeys::Facts(*facts), facts.moment, identities)
    }

    /// For the bearer of a proof, whom nothing binds but what binds the resource.
    pub fn of_bearer(bearer: &'a Bearer, facts: &RequestFacts<'a>, identities: &'a Identities) -> Result<Self, Denial> {
        let asker = Asker { who: Who::Bearer(bearer), session: None, second_factor: None };
        Self::gather(asker, RequestKeys::Facts(*facts), facts.moment, identities)
    }

    /// For a service of AWS's, whom nothing binds but what binds the resource.
    pub fn of_service(
        service: &'a ActingService,
        facts: &RequestFacts<'a>,
        identities: &'a Identities,
    ) -> Result<Self, Denial> {
        let asker = Asker { who: Who::Service(service), session: None, second_factor: None };
        Self::gather(asker, RequestKeys::Facts(*facts), facts.moment, identities)
    }

    /// Gathers what binds a principal in a session, or nobody in particular; `request` has the keys of the request.
    pub fn over(
        principal: Option<&'a Principal>,
        session: Option<&'a Session>,
        request: &'a dyn ContextSource,
        moment: Moment,
        identities: &'a Identities,
    ) -> Result<Self, Denial> {
        let who = principal.map_or(Who::Anybody, Who::Principal);
        let asker = Asker { who, session, second_factor: None };
        Self::gather(asker, RequestKeys::Told(request), moment, identities)
    }

    fn gather(
        asker: Asker<'a>,
        request: RequestKeys<'a>,
        moment: Moment,
        identities: &'a Identities,
    ) -> Result<Self, Denial> {
        let (identity, boundary, service_control) = match asker.who {
            Who::Principal(principal) => {
                let (policies, boundary) = policies_of(principal, identities).map_err(Denial::undecided)?;
                let levels = organization::service_control(principal, identities);
                (policies, boundary, levels.into_iter().map(NamedPolicy::layer).collect())
            }
            Who::Bearer(_) | Who::Service(_) | Who::Anybody => (Vec::new(), None, Vec::new()),
        };
        let session = session_policies(asker.session, identities).map_err(Denial::undecided)?;
        let vouched = asker.session.and_then(|session| session.carried.vouched.as_ref());
        let federated_provider = vouched.map(|vouched| vouched.provider.as_str());
        Ok(Self {
            asker,
            moment,
            federated_provider,
            request,
            identities,
            service_control,
            identity: NamedPolicy::layer(identity),
            boundary: boundary.map(NamedPolicy::as_layer),
            session,
        })
    }

    /// Adds all that is known where a question is asked.
    fn gather_for<'c>(&'c self, question: &Question, mut context: RequestContext<'c>) -> RequestContext<'c> {
        context.take_over(&question.context);
        self.fill_request(&mut context);
        self.fill_known(Some(question.told_owner()), &mut context);
        context
    }

    /// The same where a service asks: what it says of the request completes what was read off it; what we know of the
    /// asker beats both.
    fn gather_for_service<'c>(&'c self, inquiry: &Inquiry<'c>, mut context: RequestContext<'c>) -> RequestContext<'c> {
        self.fill_request(&mut context);
        inquiry.context.fill(&mut context);
        inquiry.resource.describe(inquiry.action, &mut context);
        self.fill_known(inquiry.resource.owner, &mut context);
        context
    }

    /// Adds keys of the request.
    fn fill_request<'c>(&'c self, context: &mut RequestContext<'c>) {
        match &self.request {
            RequestKeys::Facts(facts) => facts.fill(context),
            RequestKeys::Told(told) => told.fill(context),
        }
    }

    /// Adds keys of the asker, of the time, of the resource's owner and of organizations.
    fn fill_known(&self, owner: Option<AccountId>, context: &mut RequestContext<'_>) {
        self.asker.fill(context, self.moment.now);
        let asker = self.principal().map(Principal::account);
        organization::describe(asker, self.acts_for(), owner, self.identities, context);
        if let Some(owner) = owner {
            context.set_shown("aws:ResourceAccount", owner);
        }
    }

    /// Decides `question`.
    pub fn decide(&self, question: &Question) -> Result<(), Denial> {
        let owner = question.resource_account;
        let account = owner.text();
        self.ask(question.resource_policy.as_ref(), Some(owner), |asking, layers| {
            let context = read_by(layers, |context| self.gather_for(question, context));
            let request = Request {
                other_resource: question.other_resource.as_deref(),
                ..Request::new(question.action, &question.resource, asking, &context).owned_by(account.as_str())
            };
            if combine::decide(&request, layers, question.rule).is_allowed() {
                return Ok(());
            }
            let context = self.gather_for(question, RequestContext::with_capacity(KEYS));
            let request = Request { context: &context, ..request };
            let mut denial = Denial::of(&request, &explain(&request, layers, question.rule));
            // AWS: no stranger to an organization is told which of its policies refused.
            let is_member = |asker: AccountId| organization::are_together(asker, owner, self.identities);
            if denial.layer == Some(Layer::ResourceControl) && !self.account().is_some_and(is_member) {
                denial.policy = None;
            }
            Err(denial)
        })
    }

    /// Answers another service, with reasons if they are wanted; `then` makes of it what is needed.
    pub fn inquire<R>(&self, inquiry: &Inquiry<'_>, wants_reasons: bool, then: impl FnOnce(&Finding<'_>) -> R) -> R {
        let Inquiry { action, resource: Resource { arn, owner, policy, rule, .. }, .. } = *inquiry;
        let account = owner.map(AccountId::text);
        let in_reach = owner.filter(|_| organization::resource_control_reaches(action));
        self.ask(policy, in_reach, |asking, layers| {
            // Reasons tell of keys that no policy read.
            let all = if wants_reasons {
                self.gather_for_service(inquiry, RequestContext::with_capacity(KEYS))
            } else {
                read_by(layers, |context| self.gather_for_service(inquiry, context))
            };
            let mut request = Request::new(action, arn, asking, &all);
            request.resource_account = account.as_ref().map(AccountText::as_str);
            request.root_may_repair = root_may_repair(action);
            let request = &request;
            let explanation = wants_reasons.then(|| explain(request, layers, rule));
            let decision = explanation.as_ref().map(|explanation| explanation.decision);
            let decision = decision.unwrap_or_else(|| combine::decide(request, layers, rule));
            then(&Finding { decision, explanation, context: &all, request })
        })
    }

    fn principal(&self) -> Option<&'a Principal> {
        match self.asker.who {
            Who::Principal(principal) => Some(principal),
            Who::Bearer(_) | Who::Service(_) | Who::Anybody => None,
        }
    }

    /// The account of a service's customer.
    fn acts_for(&self) -> Option<AccountId> {
        match self.asker.who {
            Who::Service(service) => Some(service.account),
            Who::Principal(_) | Who::Bearer(_) | Who::Anybody => None,
        }
    }

    /// The account in whose name it is asked.
    fn account(&self) -> Option<AccountId> {
        match self.asker.who {
            Who::Principal(principal) => Some(principal.account()),
            Who::Bearer(bearer) => Some(bearer.account()),
            Who::Service(_) | Who::Anybody => None,
        }
    }

    /// Puts the asker and the layers as the policy engine takes them; the organization of `owner` guards the resource.
    fn ask<R>(
        &self,
        resource_policy: Option<&NamedPolicy>,
        owner: Option<AccountId>,
        go: impl FnOnce(&PolicyPrincipal<'_>, &Layers<'_>) -> R,
    ) -> R {
        let levels: Vec<_> = self.service_control.iter().map(Vec::as_slice).collect();
        let resource_control =
            owner.map(|owner| organization::resource_control(self.principal(), owner, self.identities));
        let resource_control = NamedPolicy::layer(resource_control.unwrap_or_default());
        let session = self.session.as_ref().map(NamedPolicy::layer);
        let layers = Layers {
            service_control: &levels,
            resource_control: &resource_control,
            identity: &self.identity,
            boundary: self.boundary,
            session: session.as_deref(),
            resource: resource_policy.map(NamedPolicy::as_layer),
        };
        let account = self.account().map(AccountId::text);
        let account = account.as_ref().map(AccountText::as_str).unwrap_or_default();
        match self.asker.who {
            Who::Principal(principal) => {
                let arn = principal.shown_arn();
                go(&as_policies_see(principal, &arn, account, self.federated_provider), &layers)
            }
            Who::Bearer(bearer) => go(&bearer.as_policies_see(account), &layers),
            Who::Service(service) => go(&service.as_policies_see(), &layers),
            Who::Anybody => go(&PolicyPrincipal::Anonymous, &layers),
        }
    }
}

/// What policies read of a context that `gather` fills.
// WHY: most policies read no key or two, and gathering all there are takes longer than judging.
fn read_by<'c>(
    layers: &Layers<'c>,
    gather: impl FnOnce(RequestContext<'c>) -> RequestContext<'c>,
) -> RequestContext<'c> {
    let keys = layers.keys_read();
    if keys.is_empty() { RequestContext::new() } else { gather(RequestContext::for_reading(keys)) }
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
        Principal::RoleSession { role, .. } => (identities.policies_among(&role.permissions), &role.permissions),
    };
    // ATTACK: a boundary that cannot be found bounds everything, rather than nothing.
    let find =
        |arn| identities.managed_policy(arn).ok_or_else(|| format!("the permissions boundary {arn} does not exist"));
    Ok((policies, permissions.boundary().map(find).transpose()?))
}

/// What narrows the caller's session: the inline policy as it was given, the managed ones as they are now.
fn session_policies(session: Option<&Session>, identities: &Identities) -> Result<Option<Vec<NamedPolicy>>, String> {
    let Some(given) = session.and_then(|session| session.carried.policies.as_ref()) else { return Ok(None) };
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

fn as_policies_see<'a>(
    principal: &'a Principal,
    arn: &'a str,
    account: &'a str,
    federated_provider: Option<&'a str>,
) -> PolicyPrincipal<'a> {
    match principal {
        Principal::Root(_) => PolicyPrincipal::Root { arn, account },
        Principal::User(user) => PolicyPrincipal::User { arn, id: user.id.as_str(), account },
        Principal::RoleSession { role, .. } => {
            let (role_arn, role_id, session_arn) = (&role.arn, role.id.as_str(), arn);
            PolicyPrincipal::RoleSession { role_arn, role_id, session_arn, account, federated_provider }
        }
        Principal::FederatedUser { issuer, .. } => {
            let issuer =
                issuer.as_ref().map_or(Issuer::Root, |user| Issuer::User { arn: &user.arn, id: user.id.as_str() });
            PolicyPrincipal::FederatedUser { arn, account, issuer }
        }
    }
}
