//! What things of a seed say of each other: groups and policies that must exist, keys and aliases that are unique.
//!
//! Whether a managed policy of AWS exists is asked where these are known, not here.

use std::collections::HashSet;

use super::document::{AccessKey, Account, Document, Located, Named};
use super::fault::{Faults, Seen, quoted};
use super::given;
use super::nearest::{meant_or, nearest};
use super::organizations;
use crate::ids::arn::name_in;
use crate::ids::names::ArnText;
use crate::ids::{Arn, Partition};

/// An access key id belongs to one owner, whatever the account.
pub(super) fn access_keys<'d>(accounts: impl Iterator<Item = &'d Account>, faults: &mut Faults) {
    let mut seen = Seen::new();
    for key in accounts.flat_map(access_keys_of) {
        if let Some(first) = seen.before(key.id.as_str(), &key.at) {
            // ATTACK: whoever swaps id and secret has the secret here; the places say enough.
            let advice = format!("give it another id: the other one is on {}", first.seen_from(&key.at));
            faults.push(&key.at, "this access key id is used twice", advice);
        }
    }
}

/// Everything that one thing of the merged document says of another.
pub(super) fn references(document: &Document, faults: &mut Faults) {
    access_keys(document.accounts.iter(), faults);
    aliases(document, faults);
    organizations::check(document, faults);
    given::check(document, faults);
    for account in &document.accounts {
        regions(account, faults);
        mfa_devices(account, faults);
        groups(account, faults);
        policies(account, faults);
    }
}

fn access_keys_of(account: &Account) -> impl Iterator<Item = &AccessKey> {
    account.root_access_keys.iter().chain(account.users.iter().flat_map(|user| &user.access_keys))
}

fn aliases(document: &Document, faults: &mut Faults) {
    let mut seen = Seen::new();
    for Located { value, at } in document.accounts.iter().filter_map(|account| account.alias.as_ref()) {
        if let Some(first) = seen.before(value.as_str(), at) {
            let advice = format!("give it another one: the other account is on {}", first.seen_from(at));
            faults.push(at, format!("the alias {} names two accounts", quoted(value.as_str())), advice);
        }
    }
}

fn regions(account: &Account, faults: &mut Faults) {
    for Located { value, at } in account.regions.named() {
        if value.partition != account.partition {
            let advice = format!("this account is in the partition {}", account.partition);
            faults.push(at, format!("the region {} is of another partition", quoted(value.name)), advice);
        }
    }
}

/// Devices have their names within the account; that an owner has two of one name was told before.
fn mfa_devices(account: &Account, faults: &mut Faults) {
    let mut seen = Seen::new();
    let of_users = account.users.iter().map(|user| &user.mfa_devices);
    let of_others = [&account.root_mfa_devices, &account.unassigned_mfa_devices];
    for devices in of_others.into_iter().chain(of_users) {
        let mut own = HashSet::new();
        for device in devices.iter().filter(|device| own.insert(device.key())) {
            if let Some(first) = seen.before(device.key(), &device.at) {
                let name = quoted(device.name.as_str());
                let problem = format!("the account {} has two MFA devices {name}", account.id);
                let advice = format!("give it another name: the other one is on {}", first.seen_from(&device.at));
                faults.push(&device.at, problem, advice);
            }
        }
    }
}

fn groups(account: &Account, faults: &mut Faults) {
    let names: HashSet<&str> = account.groups.iter().map(|group| group.name.as_str()).collect();
    for Located { value, at } in account.users.iter().flat_map(|user| &user.groups) {
        let wanted = value.as_str();
        if !names.contains(wanted) {
            let known = account.groups.iter().map(|group| group.name.as_str());
            let advice = meant_or(wanted, known, "define it under `groups` of the account");
            faults.push(at, format!("the account {} has no group {}", account.id, quoted(wanted)), advice);
        }
    }
}

fn policies(account: &Account, faults: &mut Faults) {
    let own = account.policies.iter().map(|policy| account.arn("policy", &policy.path, policy.name.as_str()));
    let own: Vec<String> = own.collect();
    let known: HashSet<&str> = own.iter().map(String::as_str).collect();
    for Located { value, at } in account.named_policies() {
        if known.contains(value.as_str()) {
            continue;
        }
        if let Some((problem, advice)) = wrong_with(value, account, &own) {
            faults.push(at, problem, advice);
        }
    }
}

/// What is wrong with a reference that is to none of the account's own policies.
fn wrong_with(value: &ArnText, account: &Account, own: &[String]) -> Option<(String, String)> {
    let shown = quoted(value.as_str());
    let parsed = Arn::parse(value.as_str()).filter(|arn| arn.service == "iam" && arn.region.is_empty());
    let Some((arn, name)) = parsed.and_then(|arn| Some((arn, arn.resource.strip_prefix("policy/")?))) else {
        let advice = format!(
            "write arn:{0}:iam::{1}:policy/NAME, or arn:{0}:iam::aws:policy/NAME for one of AWS",
            account.partition, account.id
        );
        return Some((format!("{shown} is no ARN of a managed policy"), advice));
    };
    if Partition::parse(arn.partition) != Some(account.partition) {
        let advice = format!("this account is in the partition {0}: arn:{0}:...", account.partition);
        return Some((format!("{shown} is of another partition"), advice));
    }
    if arn.is_of_aws() && !name.is_empty() {
        return None;
    }
    if arn.account != account.id.to_string() {
        let advice = format!("only policies of the account {} and of AWS can be used here", account.id);
        return Some((format!("{shown} is of another account"), advice));
    }
    let advice = match meant(name, own) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "define it under `policies` of the account".to_owned(),
    };
    Some((format!("there is no policy {shown}"), advice))
}

/// The policy that differs by its path alone, or else by a slip of the finger.
fn meant<'o>(name: &str, own: &'o [String]) -> Option<&'o str> {
    let last = |text: &str| name_in(text).to_lowercase();
    let ends = own.iter().map(|arn| arn.split_once('/').map_or(arn.as_str(), |(_, end)| end));
    let twin = own.iter().find(|arn| last(arn) == last(name)).map(String::as_str);
    twin.or_else(|| {
        let end = nearest(name, ends)?;
        own.iter().map(String::as_str).find(|arn| arn.ends_with(end))
    })
}
