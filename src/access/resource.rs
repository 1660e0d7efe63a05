//! What is acted on, as another service asks about it: whose it is, and what its own policy is to the decision.

use super::authn::Principal;
use super::role_assumed::{describe_role, role_assumed};
use crate::identities::{Identities, NamedPolicy, Role};
use crate::ids::{AccountId, Arn};
use crate::policy::combine::ResourceRule;
use crate::policy::context::RequestContext;
use crate::policy::document::Policy;
use crate::policy::problem::ParseError;

/// AWS: no action is half as long.
pub const LONGEST_ACTION: usize = 128;
/// AWS: the longest ARN.
pub const LONGEST_RESOURCE: usize = 2048;

/// What is acted on.
#[derive(Clone, Copy)]
pub struct Resource<'r> {
    /// Its ARN, or `*`.
    pub arn: &'r str,
    /// Who owns it, if that is known.
    pub owner: Option<AccountId>,
    /// Its own policy, if it has one.
    pub(super) policy: Option<&'r NamedPolicy>,
    /// What that policy is to the decision.
    pub(super) rule: ResourceRule,
    /// The role that it is, if its trust policy is asked.
    pub role: Option<&'r Role>,
}

impl<'r> Resource<'r> {
    /// What `asker` would act on. `policy` and `owner` are what the asking service says of it; what is nobody's by its ARN
    /// is the asker's own. A role that is known here is asked by its trust policy unless the service brought another.
    pub fn find(
        action: &str,
        arn: &'r str,
        policy: Option<&'r NamedPolicy>,
        owner: Option<AccountId>,
        asker: Option<&Principal>,
        identities: &'r Identities,
    ) -> Self {
        let role = role_assumed(action, arn, identities).filter(|_| policy.is_none());
        // AWS: no root user assumes a role, and nobody without a credential or a proof.
        let may_be_trusted = asker.is_some_and(|asker| !matches!(asker, Principal::Root(_)));
        let trust = role.filter(|_| may_be_trusted).map(|role| &role.trust);
        let must_allow = role.is_some() || (policy.is_some() && is_of_kms(arn));
        Self {
            arn,
            owner: owner.or_else(|| owner_named_in(arn)).or(asker.map(Principal::account)),
            policy: policy.or(trust),
            rule: if must_allow { ResourceRule::MustAllow } else { ResourceRule::Ordinary },
            role,
        }
    }

    /// Adds the keys that tell of it where `action` is asked for.
    pub(super) fn describe(&self, action: &str, context: &mut RequestContext<'_>) {
        if action.starts_with("s3:") {
            context.set_some("s3:ResourceAccount", self.owner.map(|owner| owner.to_string()));
        }
        if let Some(role) = self.role {
            describe_role(role, context);
        }
    }
}

/// Whether a text names one action of a service.
pub fn is_one_action(text: &str) -> bool {
    let named = text.split_once(':').is_some_and(|(vendor, name)| !vendor.is_empty() && !name.is_empty());
    named && !text.contains(['*', '?'])
}

/// The account that an ARN names, as those of most services do.
pub fn owner_named_in(arn: &str) -> Option<AccountId> {
    Arn::parse(arn).and_then(|arn| AccountId::parse(arn.account))
}

/// Reads the own policy of the resource `arn`, and knows whom it means by canonical ids.
pub fn resource_policy(
    name: String,
    arn: &str,
    text: &str,
    identities: &Identities,
) -> Result<NamedPolicy, ParseError> {
    let mut policy = Policy::parse_of(text, arn)?;
    policy.bind_principals(|name| identities.account_by_canonical_id(name).map(|account| account.to_string()));
    Ok(NamedPolicy::new(name, policy))
}

/// AWS: the policy of a key must allow, whoever else does.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>
fn is_of_kms(arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|arn| arn.service == "kms")
}
