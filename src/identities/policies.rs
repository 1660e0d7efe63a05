//! Policies as identities hold them: inline, attached, bounding; customer-managed and AWS-managed.

use std::sync::Arc;

use super::{Identities, IdentityError, Result, aws_managed, in_order, linked_services, name_key};
use crate::ids::{AccountId, UniqueId};
use crate::policy::document::Policy;
use crate::policy::evaluate;
use crate::policy::parse::PolicyKind;
use crate::store::{Batch, records, tables};

/// A compiled policy and the name by which reasons call it, such as `role/reader/inline/read`.
#[derive(Clone, Debug)]
pub struct NamedPolicy {
    /// For reasons.
    pub name: Box<str>,
    /// Compiled.
    pub policy: Arc<Policy>,
}

/// The name of an inline policy, part by part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InlineName<'a> {
    /// `user`, `group` or `role`.
    pub kind: &'a str,
    /// Whose.
    pub holder: &'a str,
    /// Its own name.
    pub policy: &'a str,
}

impl NamedPolicy {
    /// Names a policy.
    pub fn new(name: String, policy: Policy) -> Self {
        Self { name: name.into(), policy: Arc::new(policy) }
    }

    /// Whose inline policy it is, if it is one.
    pub fn inline(&self) -> Option<InlineName<'_>> {
        let mut parts = self.name.split('/');
        match (parts.next()?, parts.next()?, parts.next()?, parts.next()?) {
            // The path of a managed policy may look alike.
            (kind, holder, "inline", policy) if !kind.starts_with("arn:") => Some(InlineName { kind, holder, policy }),
            _ => None,
        }
    }

    /// As the policy engine takes it.
    pub fn as_layer(&self) -> evaluate::NamedPolicy<'_> {
        evaluate::NamedPolicy::new(&self.name, &self.policy)
    }

    /// The same of several.
    pub fn layer<'p>(policies: impl IntoIterator<Item = &'p Self>) -> Vec<evaluate::NamedPolicy<'p>> {
        policies.into_iter().map(Self::as_layer).collect()
    }
}

/// What a user, group or role may do: its inline policies compiled, the others by ARN.
#[derive(Debug)]
pub struct Permissions {
    inline: Vec<NamedPolicy>,
    attached: Vec<String>,
    boundary: Option<String>,
}

impl Permissions {
    pub(super) fn compile(stored: &records::Permissions, owner: &str) -> Result<Self> {
        let inline: Result<_> = stored
            .inline
            .iter()
            .map(|policy| {
                let name = format!("{owner}/inline/{}", policy.name);
                let compiled = parse(&name, &policy.document, PolicyKind::Identity)?;
                Ok(NamedPolicy::new(name, compiled))
            })
            .collect();
        Ok(Self { inline: inline?, attached: stored.attached.clone(), boundary: stored.boundary.clone() })
    }

    /// The ARN of the policy that bounds the others.
    pub fn boundary(&self) -> Option<&str> {
        self.boundary.as_deref()
    }
}

/// A managed policy, ready for evaluation.
#[derive(Debug)]
pub struct ManagedPolicy {
    /// `ANPA...`
    pub id: UniqueId,
    /// With its path.
    pub arn: String,
    /// What is stored of it.
    pub record: records::ManagedPolicy,
    /// Named by its ARN.
    pub policy: NamedPolicy,
}

impl Identities {
    /// The managed policy of this ARN, AWS's own included.
    pub fn managed_policy(&self, arn: &str) -> Option<&NamedPolicy> {
        self.policies.get(arn).map(|found| &found.policy).or_else(|| aws_managed::find(arn))
    }

    /// Whether there is a managed policy of this ARN, be it one of which only the name is known.
    pub fn is_attachable(&self, arn: &str) -> bool {
        self.managed_policy(arn).is_some() || linked_services::is_policy(arn)
    }

    /// The customer-managed policy of this ARN.
    pub fn policy(&self, arn: &str) -> Option<&Arc<ManagedPolicy>> {
        self.policies.get(arn)
    }

    /// The customer-managed policies of an account after a name, in the order of their names.
    pub fn policies_after(
        &self,
        account: AccountId,
        after: Option<&str>,
    ) -> impl Iterator<Item = (&str, &Arc<ManagedPolicy>)> {
        in_order(&self.policy_names, account, after).filter_map(|(name, arn)| Some((name, self.policy(arn)?)))
    }

    /// The policy of this name, whatever its case and path.
    pub fn policy_named(&self, account: AccountId, name: &str) -> Option<&Arc<ManagedPolicy>> {
        self.policy(self.policy_names.get(&name_key(account, name))?)
    }

    /// Removes a customer-managed policy that nobody has.
    pub fn delete_policy(&mut self, batch: &mut Batch, policy: &ManagedPolicy) {
        tables::POLICIES.remove(batch, &policy.id);
        self.policies.remove_mut(policy.arn.as_str());
        self.policy_names.remove_mut(&name_key(policy.record.account, policy.record.name.as_str()));
    }

    /// Makes a customer-managed policy.
    pub fn create_policy(&mut self, batch: &mut Batch, id: UniqueId, record: records::ManagedPolicy) -> Result<()> {
        if self.policy_named(record.account, record.name.as_str()).is_some() {
            return Err(IdentityError::Taken("policy", record.name.to_string()));
        }
        tables::POLICIES.put(batch, &id, &record)?;
        self.keep_policy(id, record)
    }

    /// Changes a customer-managed policy: the version that counts, counts from now on wherever the policy does.
    pub fn update_policy(
        &mut self,
        batch: &mut Batch,
        arn: &str,
        change: impl FnOnce(&mut records::ManagedPolicy),
    ) -> Result<()> {
        let before = self.policy(arn).ok_or_else(|| IdentityError::NoSuch("policy", arn.to_owned()))?;
        let (id, mut record) = (before.id.clone(), before.record.clone());
        change(&mut record);
        tables::POLICIES.put(batch, &id, &record)?;
        self.keep_policy(id, record)
    }

    pub(super) fn keep_policy(&mut self, id: UniqueId, record: records::ManagedPolicy) -> Result<()> {
        let arn = self.arn_in(record.account, format_args!("policy{}{}", record.path, record.name))?;
        let compiled = parse(&arn, record.document(), PolicyKind::Managed)?;
        let policy = NamedPolicy::new(arn.clone(), compiled);
        self.policy_names.insert_mut(name_key(record.account, record.name.as_str()), arn.clone().into());
        self.policies.insert_mut(arn.as_str().into(), Arc::new(ManagedPolicy { id, arn, record, policy }));
        Ok(())
    }

    /// The inline and attached policies among `permissions`.
    pub fn policies_among<'a>(&'a self, permissions: &'a Permissions) -> Vec<&'a NamedPolicy> {
        let attached = permissions.attached.iter().filter_map(|arn| self.managed_policy(arn));
        permissions.inline.iter().chain(attached).collect()
    }

    /// Every managed policy that `permissions` name must exist.
    pub(super) fn check_references(&self, permissions: &records::Permissions) -> Result<()> {
        let attached = permissions.attached.iter().filter(|arn| !self.is_attachable(arn));
        let bounding = permissions.boundary.iter().filter(|arn| self.managed_policy(arn).is_none());
        let missing = attached.chain(bounding).next();
        missing.map_or(Ok(()), |arn| Err(IdentityError::NoSuch("managed policy", arn.clone())))
    }
}

pub(super) fn parse(name: &str, document: &str, kind: PolicyKind) -> Result<Policy> {
    Policy::parse(document, kind).map_err(|error| IdentityError::BadPolicy(name.to_owned(), error))
}
