//! What a seed that is merged calls otherwise than it is called already: names differ by more than case, so what is there
//! stays as it is, and a reference by the seed's own spelling or path leads nowhere.

use std::collections::HashMap;

use super::document::{Account, Document};
use super::fault::{Faults, Place, quoted};
use crate::identities::Identities;
use crate::policy::document::Policy;
use crate::policy::parse::PolicyKind;

/// Every reference of `document` to something that is `present` under another ARN than the document gives it.
pub(super) fn check(document: &Document, present: &Identities, faults: &mut Faults) {
    let others: HashMap<String, &str> = document.accounts.iter().flat_map(|account| others(account, present)).collect();
    if others.is_empty() {
        return;
    }
    for (arn, at) in document.accounts.iter().flat_map(references) {
        if let Some(other) = others.get(&arn) {
            let problem = format!("{} is there already, and is called {}", quoted(&arn), quoted(other));
            let advice = "call it so here, or give what is new another name: what is there stays as it is";
            faults.push(&at, problem, advice);
        }
    }
}

/// Under which ARN the document knows what is present under which other one.
fn others<'p>(account: &Account, present: &'p Identities) -> Vec<(String, &'p str)> {
    let id = account.id;
    let user = |name: &str| present.user_by_name(id, name).map(|user| user.arn.as_str());
    let role = |name: &str| present.role_by_name(id, name).map(|role| role.arn.as_str());
    let policy = |name: &str| present.policy_named(id, name).map(|policy| policy.arn.as_str());
    let users =
        account.users.iter().map(|it| (account.arn("user", &it.path, it.name.as_str()), user(it.name.as_str())));
    let roles =
        account.roles.iter().map(|it| (account.arn("role", &it.path, it.name.as_str()), role(it.name.as_str())));
    let policies =
        account.policies.iter().map(|it| (account.arn("policy", &it.path, it.name.as_str()), policy(it.name.as_str())));
    let found = users.chain(roles).chain(policies).filter_map(|(arn, other)| Some((arn, other?)));
    found.filter(|(arn, other)| arn != other).collect()
}

/// The ARNs that users, groups and roles of an account name, and where.
fn references(account: &Account) -> Vec<(String, Place)> {
    let named = account.named_policies().map(|arn| (arn.value.to_string(), arn.at.clone()));
    let trusts = account.roles.iter().filter_map(|role| {
        let trust = Policy::parse(&role.trust.json, PolicyKind::Trust).ok()?;
        let arns: Vec<String> = Identities::principals_to_bind(&trust).map(str::to_owned).collect();
        Some(arns.into_iter().map(|arn| (arn, role.trust.at.clone())))
    });
    named.chain(trusts.flatten()).collect()
}
