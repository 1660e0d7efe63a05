//! One account put back to what the seed made of it, while the others go on.

use std::collections::BTreeMap;

use super::baseline::{is_identity, kept};
use super::snapshots::overlaid;
use super::world::{ChangeError, Draft, World};
use crate::identities::{Identities, IdentityError};
use crate::ids::{AccountId, Arn};
use crate::sessions::Issuer;
use crate::store::records::KeyOwner;
use crate::store::{Expect, Row, StoreFault, Ticket, Write, tables};

/// Puts this account back to what the seed made of it, in one commit: its identities are those of the seed, used codes
/// of its devices are good again, and its sessions end. What is no account's own stays: the clock, used assertions, the
/// key ring.
pub fn reset_account(world: &World, account: AccountId) -> Result<Ticket, ChangeError> {
    let ((), ticket) = world.change(|draft| {
        draft.identities.save_uses(&mut draft.batch)?;
        let rows = overlaid(world.rows()?, &draft.batch);
        let baseline = kept(&rows)?;
        let (mut stays, goes) = split(rows, account, &draft.identities)?;
        let (_, comes) = split(baseline.clone(), account, &Identities::load(&baseline)?)?;
        if goes.is_empty() && comes.is_empty() {
            return Err(IdentityError::NoSuchAccount(account).into());
        }
        // Somebody else may have by now what the seed had given to this account.
        if let Some(other) = comes.keys().find(|key| stays.contains_key(*key)) {
            return Err(IdentityError::Taken("thing of another account,", name_of(other)).into());
        }
        for key in goes.keys().filter(|key| !comes.contains_key(*key)) {
            draft.batch.writes.push(Write { key: key.clone(), value: None, expect: Expect::Anything });
        }
        for (key, value) in comes.iter().filter(|(key, value)| goes.get(*key) != Some(value)) {
            draft.batch.writes.push(Row { key: key.clone(), value: value.clone() }.into());
        }
        stays.extend(comes);
        let rows: Vec<Row> = stays.into_iter().map(|(key, value)| Row { key, value }).collect();
        draft.become_identities(Identities::load(&rows)?)?;
        is_unmistakable(account, &draft.identities)?;
        Ok(end_sessions(world, account, draft)?)
    })?;
    Ok(ticket)
}

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// The rows that the account does not have, and those that it has.
fn split(rows: Vec<Row>, account: AccountId, identities: &Identities) -> Result<(Rows, Rows), StoreFault> {
    let (mut others, mut its) = (Rows::new(), Rows::new());
    for row in rows {
        let owner = account_of(&row, identities)?;
        // What is delivered is nobody's own.
        if owner.is_none() && is_identity(&row.key) && !tables::DELIVERY.owns(&row.key) {
            return Err(StoreFault("there is an identity that belongs to no account".to_owned()));
        }
        let rows = if owner == Some(account) { &mut its } else { &mut others };
        rows.insert(row.key, row.value);
    }
    Ok((others, its))
}

/// The account that has what this row says, if one has. `identities` know whose keys and roles are.
fn account_of(row: &Row, identities: &Identities) -> Result<Option<AccountId>, StoreFault> {
    let (key, one) = (row.key.as_slice(), std::slice::from_ref(row));
    let owner = |owner: &KeyOwner| match owner {
        KeyOwner::Root(account) => Some(*account),
        KeyOwner::User(user) => identities.user(user).map(|user| user.record.account),
    };
    let of_device = |serial_number: String| Arn::parse(&serial_number).and_then(|arn| AccountId::parse(arn.account));
    let by_key = None
        .or_else(|| tables::ACCOUNTS.key_of(key))
        .or_else(|| tables::REGION_SETTINGS.key_of(key))
        .or_else(|| tables::ORGANIZATIONS.key_of(key))
        .or_else(|| tables::OUTBOUND.key_of(key))
        .or_else(|| tables::PASSWORD_POLICIES.key_of(key))
        .or_else(|| owner(&tables::LOGIN_PROFILES.key_of(key)?))
        .or_else(|| tables::CREDENTIAL_REPORTS.key_of(key))
        .or_else(|| identities.role(&tables::ROLE_USES.key_of(key)?).map(|role| role.record.account))
        .or_else(|| owner(&identities.access_key(tables::KEY_USES.key_of(key)?.as_str())?.record.owner))
        .or_else(|| of_device(tables::MFA_VERIFICATIONS.key_of(key)?))
        .or_else(|| of_device(tables::USED_CODES.key_of(key)?.0))
        .or_else(|| of_device(tables::USED_UP_TO.key_of(key)?));
    if by_key.is_some() {
        return Ok(by_key);
    }
    let by_record = [
        tables::USERS.read(one)?.pop().map(|(_, user)| user.account),
        tables::ROLES.read(one)?.pop().map(|(_, role)| role.account),
        tables::GROUPS.read(one)?.pop().map(|(_, group)| group.account),
        tables::POLICIES.read(one)?.pop().map(|(_, policy)| policy.account),
        tables::INSTANCE_PROFILES.read(one)?.pop().map(|(_, profile)| profile.account),
        tables::OIDC_PROVIDERS.read(one)?.pop().map(|(_, provider)| provider.account),
        tables::SAML_PROVIDERS.read(one)?.pop().map(|(_, provider)| provider.account),
        tables::MFA_DEVICES.read(one)?.pop().map(|(_, device)| device.account),
        tables::ACCESS_KEYS.read(one)?.pop().and_then(|(_, key)| owner(&key.owner)),
    ];
    Ok(by_record.into_iter().flatten().next())
}

/// No other account has taken its alias.
fn is_unmistakable(account: AccountId, identities: &Identities) -> Result<(), IdentityError> {
    let alias = identities.account(account).and_then(|account| account.record.alias.as_deref());
    let taken = |alias: &&str| {
        identities.accounts().any(|other| other.id != account && other.record.alias.as_deref() == Some(alias))
    };
    let taken = alias.filter(taken);
    taken.map_or(Ok(()), |alias| Err(IdentityError::Taken("account of the alias", alias.to_owned())))
}

fn end_sessions(world: &World, account: AccountId, draft: &mut Draft) -> Result<(), StoreFault> {
    let Draft { identities, sessions, batch, .. } = draft;
    let users = identities.users().filter(|user| user.record.account == account).map(|user| &user.id);
    let roles = identities.roles().filter(|role| role.record.account == account).map(|role| &role.id);
    let principals = users.chain(roles).map(Issuer::Principal);
    principals
        .chain([Issuer::Root(account)])
        .try_for_each(|issuer| sessions.revoke_all_of(batch, world.entropy.as_ref(), issuer))
}

/// A row as people know it, more or less.
fn name_of(row_key: &[u8]) -> String {
    String::from_utf8_lossy(row_key.get(1..).unwrap_or_default()).into_owned()
}
