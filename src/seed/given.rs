//! What was given to things when they were made: unique ids, dates, what a trust policy was bound to. Exports tell it, so
//! that what is read back is the same; whoever writes a seed by hand leaves it out.

use std::collections::{HashMap, HashSet};

use super::document::{Account, Document, Given, Located, PolicyVersion, Versions};
use super::fault::{Faults, Seen, quoted};
use super::reader::{Map, Reader};
use super::tree::{Kind as NodeKind, Node};
use crate::identities::Identities;
use crate::ids::unique_id::Kind;
use crate::ids::{AccountId, IssuerId, UniqueId};
use crate::shape::Shape;
use crate::time::Timestamp;

impl Versions {
    /// The version that counts.
    pub(super) fn counting(&self) -> Option<&PolicyVersion> {
        self.all.iter().find(|version| version.number == self.default)
    }
}

impl Reader<'_> {
    pub(super) fn given(&mut self, map: &Map, kind: Kind) -> Given {
        let id = map.get("id").and_then(|node| {
            let advice = format!("write the id of an export, {}..., or leave it out", kind.prefix());
            let id: Option<UniqueId> = UniqueId::parse(self.text(node, "unique id")?).ok();
            let value = id.filter(|id| id.as_str().starts_with(kind.prefix()));
            if value.is_none() {
                self.faults.push(&node.at, "this cannot be used as the unique id", advice);
            }
            Some(Located { value: value?, at: node.at.clone() })
        });
        Given { id, created: self.instant(map, "created") }
    }

    /// A date to the millisecond.
    pub(super) fn instant(&mut self, map: &Map, key: &str) -> Option<Timestamp> {
        let node = map.get(key)?;
        let text = self.text(node, "date")?;
        let instant = Timestamp::parse_iso(text);
        if instant.is_none() {
            self.faults.push(&node.at, format!("{} is no date", quoted(text)), "write it as 2026-01-15T12:00:00.000Z");
        }
        instant
    }

    /// How many half minutes the clock of an MFA device is off, or at which of them it was set right.
    pub(super) fn steps(&mut self, map: &Map, key: &str) -> Option<i64> {
        // More than four-digit years have.
        const MOST: i64 = 10_000_000_000;
        let node = map.get(key)?;
        let steps = self.text(node, "number of steps")?.parse().ok().filter(|steps| (-MOST..=MOST).contains(steps));
        if steps.is_none() {
            self.faults.push(&node.at, "this is no number of steps", "write the number of an export, or leave it out");
        }
        steps
    }

    pub(super) fn issuer_id(&mut self, node: &Node) -> Option<IssuerId> {
        let id = IssuerId::parse(self.text(node, "id of the issuer")?);
        if id.is_none() {
            self.faults.push(&node.at, "this cannot be used as the id of the issuer", "write a UUID in small letters");
        }
        id
    }

    pub(super) fn saml_id(&mut self, map: &Map, prefix: &str) -> Option<String> {
        let node = map.get("id")?;
        let text = self.text(node, "id")?;
        let plain = |letter: u8| letter.is_ascii_uppercase() || letter.is_ascii_digit();
        let fits = text.strip_prefix(prefix).is_some_and(|rest| rest.len() == 16 && rest.bytes().all(plain));
        if !fits {
            let advice = format!("write the id of an export, {prefix}..., or leave it out");
            self.faults.push(&node.at, "this cannot be used as the id", advice);
        }
        fits.then(|| text.to_owned())
    }

    /// To whom a trust policy was bound, where that is somebody else than who has the name now.
    pub(super) fn trusted(&mut self, map: &Map) -> Vec<(String, UniqueId)> {
        let Some(node) = map.written("trusted") else { return Vec::new() };
        let NodeKind::Map(entries) = &node.kind else {
            let problem = format!("`trusted` must be a map, not {}", node.noun());
            self.faults.push(&node.at, problem, "write it as { ARN: unique id }, or leave it out");
            return Vec::new();
        };
        let entry = |entry: &super::tree::Entry| Some((entry.key.clone(), self.shaped(&entry.value, "unique id")?));
        entries.iter().filter_map(entry).collect()
    }
}

/// No two things have one unique id, whatever their kinds and accounts.
pub(super) fn check(document: &Document, faults: &mut Faults) {
    let mut seen = Seen::new();
    for Located { value, at } in document.accounts.iter().flat_map(given).filter_map(|(given, _)| given.id.as_ref()) {
        if let Some(first) = seen.before(value.as_str(), at) {
            let advice = format!("leave it out: the other one is on {}", first.seen_from(at));
            faults.push(at, format!("the unique id {} is used twice", quoted(value.as_str())), advice);
        }
    }
    let mut issuers = HashSet::from([IssuerId::BUILT_IN]);
    for account in &document.accounts {
        // ATTACK: an account that vouches under another issuer's name signs with that one's keys.
        if account.outbound_issuer.is_some_and(|issuer| !issuers.insert(issuer)) {
            faults.push(&account.at, "the issuer of this account is somebody else's", "leave `outboundIssuer` out");
        }
        let roles: HashSet<&str> = account.roles.iter().map(|role| role.name.as_str()).collect();
        for Located { value, at } in account.instance_profiles.iter().filter_map(|profile| profile.role.as_ref()) {
            if !roles.contains(value.as_str()) {
                let problem = format!("the account {} has no role {}", account.id, quoted(value.as_str()));
                faults.push(at, problem, "define it under `roles` of the account");
            }
        }
    }
}

/// Unique ids of a document that somebody else has already.
pub(super) fn check_free(document: &Document, present: &Identities, faults: &mut Faults) {
    let present = present.unique_ids().map(|(id, account, name)| (id, (account, name)));
    let present: HashMap<&UniqueId, (AccountId, &str)> = present.collect();
    for account in &document.accounts {
        for (given, name) in given(account) {
            let Some(Located { value, at }) = &given.id else { continue };
            let other = |(there, known): &(AccountId, &str)| *there != account.id || !known.eq_ignore_ascii_case(name);
            if present.get(value).is_some_and(other) {
                let problem = format!("the unique id {} is somebody else's", quoted(value.as_str()));
                faults.push(at, problem, "leave it out: another one is given");
            }
        }
    }
}

fn given(account: &Account) -> impl Iterator<Item = (&Given, &str)> {
    let users = account.users.iter().map(|user| (&user.given, user.name.as_str()));
    let groups = account.groups.iter().map(|group| (&group.given, group.name.as_str()));
    let policies = account.policies.iter().map(|policy| (&policy.given, policy.name.as_str()));
    let roles = account.roles.iter().map(|role| (&role.given, role.name.as_str()));
    let profiles = account.instance_profiles.iter().map(|profile| (&profile.given, profile.name.as_str()));
    users.chain(groups).chain(policies).chain(roles).chain(profiles)
}
