//! `/v1/identities/resolve`: do these keys and ARNs exist, and what are they? For those who write policies about them.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::answer::{Cache, Problem, Reply};
use super::json::Text;
use super::{Answered, Ask};
use crate::identities::{Identities, Role};
use crate::ids::access_key::TEMPORARY;
use crate::ids::names::{FederatedName, RoleSessionName};
use crate::ids::{AccountId, Arn};
use crate::shape::Shape;

const MOST: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Call<'a> {
    #[serde(borrow, default)]
    access_key_ids: Vec<Text<'a>>,
    #[serde(borrow, default)]
    arns: Vec<Text<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    access_key_ids: Vec<Resolved<'a>>,
    arns: Vec<Resolved<'a>>,
    cache: Cache,
    request_id: &'a str,
}

/// What is known of a name.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Resolved<'a> {
    found: bool,
    kind: Option<&'static str>,
    account_id: Option<String>,
    principal_arn: Option<Cow<'a, str>>,
    unique_id: Option<&'a str>,
}

pub(super) fn answer(ask: &Ask<'_>) -> Answered {
    let call: Call<'_> = ask.body()?;
    if call.access_key_ids.len() + call.arns.len() > MOST {
        return Err(Problem::new(413, "at most 1000 names in a call"));
    }
    let identities = &ask.snapshot.identities;
    Ok(Reply::ok(&Answer {
        access_key_ids: call.access_key_ids.iter().map(|id| of_key(identities, id)).collect(),
        arns: call.arns.iter().map(|arn| of_arn(identities, arn)).collect(),
        cache: ask.cache(),
        request_id: ask.request_id,
    }))
}

/// A temporary key is known by its token alone, so by itself it is never found.
fn of_key<'a>(identities: &'a Identities, id: &str) -> Resolved<'a> {
    let Some(account) = identities.account_of_access_key(id) else {
        let kind = id.starts_with(TEMPORARY).then_some("session");
        return Resolved { kind, ..Resolved::default() };
    };
    let Some(user) = identities.user_of_access_key(id) else { return root(identities, account) };
    Resolved {
        found: true,
        kind: Some("user"),
        account_id: Some(account.to_string()),
        principal_arn: Some(Cow::Borrowed(&user.arn)),
        unique_id: Some(user.id.as_str()),
    }
}

fn of_arn<'a>(identities: &'a Identities, text: &str) -> Resolved<'a> {
    if let Some(account) = AccountId::parse(text) {
        return root(identities, account);
    }
    let Some(arn) = Arn::parse(text) else { return Resolved::default() };
    let account = AccountId::parse(arn.account);
    // What AWS would write otherwise, or could not make at all, is nobody's name, though every part of it may be somebody's.
    match (arn.service, arn.resource.split_once('/'), account) {
        ("iam", Some(("user", _)), _) => {
            let user = identities.user_by_arn(text);
            Resolved {
                found: user.is_some(),
                principal_arn: user.map(|user| Cow::Borrowed(user.arn.as_str())),
                unique_id: user.map(|user| user.id.as_str()),
                ..nobody("user", account)
            }
        }
        ("iam", Some(("role", _)), _) => role(identities.role_by_arn(text), "role", account),
        ("iam", None, Some(id)) if arn.resource == "root" => {
            let known = identities.account(id).filter(|account| account.root_arn() == text);
            known.map_or_else(|| nobody("root", account), |_| root(identities, id))
        }
        ("sts", Some(("assumed-role", session)), Some(id)) => {
            let known = session.split_once('/').and_then(|(name, session)| {
                let session = RoleSessionName::parse(session).ok()?;
                identities.role_by_name(id, name).filter(|role| role.session_arn(&session) == text)
            });
            role(known, "session", account)
        }
        ("sts", Some(("federated-user", name)), Some(id)) => {
            let name = FederatedName::parse(name).ok();
            let arn = name.and_then(|name| Some(identities.account(id)?.federated_user_arn(&name)));
            match arn.filter(|arn| arn == text) {
                None => nobody("session", account),
                Some(arn) => {
                    Resolved { found: true, principal_arn: Some(Cow::Owned(arn)), ..nobody("session", account) }
                }
            }
        }
        _ => Resolved::default(),
    }
}

/// A name of this kind that is nobody's.
fn nobody(kind: &'static str, account: Option<AccountId>) -> Resolved<'static> {
    Resolved { kind: Some(kind), account_id: account.map(|account| account.to_string()), ..Resolved::default() }
}

fn role<'a>(role: Option<&'a Arc<Role>>, kind: &'static str, account: Option<AccountId>) -> Resolved<'a> {
    Resolved {
        found: role.is_some(),
        principal_arn: role.map(|role| Cow::Borrowed(role.arn.as_str())),
        unique_id: role.map(|role| role.id.as_str()),
        ..nobody(kind, account)
    }
}

fn root(identities: &Identities, account: AccountId) -> Resolved<'_> {
    let known = identities.account(account);
    Resolved {
        found: known.is_some(),
        principal_arn: known.map(|account| Cow::Owned(account.root_arn())),
        ..nobody("root", Some(account))
    }
}
