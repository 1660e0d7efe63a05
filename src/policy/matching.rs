//! Whether a statement speaks of a request: its action, its principal, its resource, its conditions.
//!
//! Each test is a function of the statement and the request alone. What follows from a match is `evaluate.rs`.

use std::borrow::Cow;

use super::condition::Condition;
use super::context::RequestContext;
use super::document::{Effect, Resources, Statement};
use super::pattern::Pattern;
use super::principal::{Principal, PrincipalClass};

/// One question: may this principal do this to that?
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `sts:AssumeRole`; compared ignoring case.
    pub action: &'a str,
    /// An ARN, or `*` for an action that works on no resource in particular.
    pub resource: &'a str,
    /// A second name of the same resource: a pattern that matches either matches.
    pub other_resource: Option<&'a str>,
    /// The account that owns the resource; nothing if it is the caller's.
    pub resource_account: Option<&'a str>,
    /// Who asks.
    pub principal: &'a Principal<'a>,
    /// The facts that conditions read.
    pub context: &'a RequestContext<'a>,
    /// The root user of the resource's account may do this whatever the resource's policy denies, so that a policy
    /// which locks everybody out can be repaired.
    pub root_may_repair: bool,
}

impl<'a> Request<'a> {
    /// A question about a resource of the caller's own account.
    pub fn new(
        action: &'a str,
        resource: &'a str,
        principal: &'a Principal<'a>,
        context: &'a RequestContext<'a>,
    ) -> Self {
        let (other_resource, resource_account) = (None, None);
        Self { action, resource, other_resource, resource_account, principal, context, root_may_repair: false }
    }

    /// The same question about a resource of `account`.
    pub fn owned_by(mut self, account: &'a str) -> Self {
        self.resource_account = Some(account);
        self
    }
}

/// A request with what statements ask of it again and again.
pub(super) struct Asked<'r> {
    pub(super) request: &'r Request<'r>,
    /// In lower case.
    pub(super) vendor: Cow<'r, str>,
    pub(super) name: &'r str,
    pub(super) has_boundary: bool,
}

impl<'r> Asked<'r> {
    pub(super) fn new(request: &'r Request<'r>, has_boundary: bool) -> Self {
        let (vendor, name) = request.action.split_once(':').unwrap_or(("", request.action));
        let is_lower = !vendor.bytes().any(|byte| byte.is_ascii_uppercase());
        let vendor = if is_lower { Cow::Borrowed(vendor) } else { Cow::Owned(vendor.to_ascii_lowercase()) };
        Self { request, vendor, name, has_boundary }
    }
}

/// How a layer reads principals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attached {
    /// To the caller or to an organization: a statement speaks of whoever the layer binds.
    ToCaller,
    /// To a resource: a statement speaks of whom it names.
    ToResource {
        /// An identity provider stands for the role sessions it vouched for.
        providers_mean_sessions: bool,
    },
}

/// Why a statement does not apply; the first reason found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss<'a> {
    /// It speaks of other actions.
    Action,
    /// It speaks of other principals.
    Principal,
    /// It speaks of other resources.
    Resource,
    /// It would speak of this resource if a variable had a value.
    Variable {
        /// The context key without a value.
        key: &'a str,
    },
    /// This condition does not hold.
    Condition(&'a Condition),
}

/// Whether `statement` applies, and how closely it means the caller.
pub(super) fn applies<'s>(
    statement: &'s Statement,
    asked: &Asked<'_>,
    attached: Attached,
) -> Result<PrincipalClass, Miss<'s>> {
    if !statement.actions.matches(&asked.vendor, asked.name) {
        return Err(Miss::Action);
    }
    let class = principal(statement, asked, attached).ok_or(Miss::Principal)?;
    if let Some(resources) = &statement.resources {
        resource(resources, asked)?;
    }
    let context = asked.request.context;
    match statement.conditions.iter().find(|condition| !condition.holds(context, statement.effect)) {
        Some(condition) => Err(Miss::Condition(condition)),
        None => Ok(class),
    }
}

fn principal(statement: &Statement, asked: &Asked<'_>, attached: Attached) -> Option<PrincipalClass> {
    let caller = asked.request.principal;
    match (attached, statement.effect) {
        (Attached::ToCaller, _) => Some(PrincipalClass::Direct),
        (Attached::ToResource { providers_mean_sessions: sessions }, Effect::Allow) => {
            statement.who.allows(caller, sessions)
        }
        (Attached::ToResource { providers_mean_sessions: sessions }, Effect::Deny) => {
            statement.who.denies(caller, sessions, asked.has_boundary)
        }
    }
}

fn resource<'s>(resources: &'s Resources, asked: &Asked<'_>) -> Result<(), Miss<'s>> {
    let listed = resources.patterns.iter().any(|pattern| means(pattern, asked));
    match (listed, resources.negated) {
        (true, false) | (false, true) => Ok(()),
        (true, true) => Err(Miss::Resource),
        (false, false) => Err(unresolved(resources, asked.request.context).unwrap_or(Miss::Resource)),
    }
}

// AWS: a pattern with a variable that has no value matches no resource, in `NotResource` too, where it spares nothing.
fn means(pattern: &Pattern, asked: &Asked<'_>) -> bool {
    let request = asked.request;
    let matches = |resource: &str| {
        if resource == "*" {
            // AWS: an action on no particular resource is granted by the lone star; S3's list of buckets also by this.
            pattern.is_any() || (asked.vendor == "s3" && pattern.text() == "arn:aws:s3:::*")
        } else {
            !resource.is_empty() && pattern.matches(resource, request.context)
        }
    };
    matches(request.resource) || request.other_resource.is_some_and(matches)
}

fn unresolved<'s>(resources: &'s Resources, context: &RequestContext<'_>) -> Option<Miss<'s>> {
    let mut variables = resources.patterns.iter().flat_map(Pattern::variables);
    variables
        .find(|variable| variable.resolve(context).is_none())
        .map(|variable| Miss::Variable { key: variable.key() })
}
