//! What came and what went between two states.

use std::hash::Hash;

use super::{Identities, Map, Ordered};

/// How many things of a kind came, stayed, whether or not they changed, and went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// As a seed calls them.
    pub kind: &'static str,
    /// Those that were not there.
    pub came: usize,
    /// Those that were.
    pub stayed: usize,
    /// Those that are there no more.
    pub went: usize,
}

impl Identities {
    /// What came and what went since `before`, of users, groups and roles by their unique ids, of all else by names.
    pub fn since(&self, before: &Self) -> Vec<Difference> {
        vec![
            of("accounts", &self.accounts, &before.accounts),
            of("users", &self.users, &before.users),
            of("groups", &self.groups, &before.groups),
            of("roles", &self.roles, &before.roles),
            of("policies", &self.policies, &before.policies),
            of_ordered("instanceProfiles", &self.instance_profiles, &before.instance_profiles),
            of("accessKeys", &self.access_keys, &before.access_keys),
            of_ordered("mfaDevices", &self.mfa_devices, &before.mfa_devices),
            of_ordered("oidcProviders", &self.oidc_providers, &before.oidc_providers),
            of("samlProviders", &self.saml_providers, &before.saml_providers),
            of("organizations", &self.organizations, &before.organizations),
        ]
    }
}

impl Difference {
    fn new(kind: &'static str, stayed: usize, now: usize, before: usize) -> Self {
        Self { kind, came: now.saturating_sub(stayed), stayed, went: before.saturating_sub(stayed) }
    }
}

fn of<K: Eq + Hash, V>(kind: &'static str, now: &Map<K, V>, before: &Map<K, V>) -> Difference {
    let stayed = now.keys().filter(|key| before.contains_key(*key)).count();
    Difference::new(kind, stayed, now.size(), before.size())
}

fn of_ordered<V>(kind: &'static str, now: &Ordered<V>, before: &Ordered<V>) -> Difference {
    let stayed = now.keys().filter(|key| before.contains_key(*key)).count();
    Difference::new(kind, stayed, now.size(), before.size())
}
