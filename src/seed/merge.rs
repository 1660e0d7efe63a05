//! Lays several files over each other.
//!
//! Accounts merge by id. An organization, or within an account a thing of the same kind and name in a later file replaces the earlier
//! one whole, so that a file can be read without knowing what it replaces.

use std::collections::HashMap;
use std::hash::Hash;

use super::document::{Account, Delivery, Document, Named, Organization};
use crate::ids::Partition;
use crate::secret::Secret;

/// What one file says.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) number: Option<u64>,
    pub(super) accounts: Vec<DraftAccount>,
    pub(super) organizations: Vec<Organization>,
    pub(super) oidc: Option<Secret<String>>,
    pub(super) delivery: Option<Delivery>,
}

/// An account of one file; what is not written there must not replace what another file says.
pub(super) struct DraftAccount {
    pub(super) partition: Option<Partition>,
    pub(super) account: Account,
}

/// The files in their order as one document.
pub(super) fn merge(drafts: Vec<Draft>) -> Document {
    let mut document =
        Document { number: 0, accounts: Vec::new(), organizations: Vec::new(), oidc: None, delivery: None };
    let mut accounts = Vec::new();
    for draft in drafts {
        document.number = draft.number.unwrap_or(document.number);
        document.oidc = draft.oidc.or(document.oidc);
        document.delivery = draft.delivery.or(document.delivery);
        replace(&mut document.organizations, draft.organizations);
        overlay(&mut accounts, draft.accounts, |draft| draft.account.id, account);
    }
    document.accounts = accounts.into_iter().map(|draft| draft.account).collect();
    document
}

fn account(earlier: &mut DraftAccount, later: DraftAccount) {
    let DraftAccount { partition, account } = later;
    let into = &mut earlier.account;
    if let Some(partition) = partition {
        into.partition = partition;
    }
    into.alias = account.alias.or(into.alias.take());
    into.regions.opt_in = account.regions.opt_in.or(into.regions.opt_in.take());
    into.regions.sts_deactivated = account.regions.sts_deactivated.or(into.regions.sts_deactivated.take());
    into.regions.token_version = account.regions.token_version.or(into.regions.token_version);
    into.outbound = account.outbound.or(into.outbound);
    into.outbound_issuer = account.outbound_issuer.or(into.outbound_issuer);
    into.password_policy = account.password_policy.or(into.password_policy.take());
    into.root_login_profile = account.root_login_profile.or(into.root_login_profile.take());
    if !account.root_access_keys.is_empty() {
        into.root_access_keys = account.root_access_keys;
    }
    replace(&mut into.root_mfa_devices, account.root_mfa_devices);
    replace(&mut into.unassigned_mfa_devices, account.unassigned_mfa_devices);
    replace(&mut into.users, account.users);
    replace(&mut into.groups, account.groups);
    replace(&mut into.policies, account.policies);
    replace(&mut into.roles, account.roles);
    replace(&mut into.instance_profiles, account.instance_profiles);
    replace(&mut into.oidc_providers, account.oidc_providers);
    replace(&mut into.saml_providers, account.saml_providers);
}

fn replace<T: Named>(earlier: &mut Vec<T>, later: Vec<T>) {
    overlay(earlier, later, Named::key, |earlier, later| *earlier = later);
}

/// Joins each of `later` with the one of `earlier` that has its key, or adds it at the end.
fn overlay<T, K: Hash + Eq>(earlier: &mut Vec<T>, later: Vec<T>, key: fn(&T) -> K, join: fn(&mut T, T)) {
    let mut places: HashMap<K, usize> = earlier.iter().enumerate().map(|(place, thing)| (key(thing), place)).collect();
    for thing in later {
        if let Some(same) = places.get(&key(&thing)).and_then(|place| earlier.get_mut(*place)) {
            join(same, thing);
            continue;
        }
        places.insert(key(&thing), earlier.len());
        earlier.push(thing);
    }
}
