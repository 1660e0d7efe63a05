//! `/v1/identities/resolve`: do these keys and ARNs exist, and what are they? For those who write policies about them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::answer::{Cache, Problem, Reply};
use super::json::Text;
use super::{Answered, Ask};
use crate::identities::Identities;
use crate::ids::access_key::TEMPORARY;
use crate::ids::{AccountId, Arn};

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
    match (arn.service, arn.resource.split_once('/'), account) {
        ("iam", Some(("user", _)), _) => {
            let user = identities.user_by_arn(text);
            Resolved {
                found: user.is_some(),
                kind: Some("user"),
                account_id: account.map(|account| account.to_string()),
                principal_arn: user.map(|user| Cow::Borrowed(user.arn.as_str())),
                unique_id: user.map(|user| user.id.as_str()),
            }
        }
        ("iam", Some(("role", _)), _) => role(identities.role_by_arn(text), "role", account),
        ("iam", None, Some(account)) if arn.resource == "root" => root(identities, account),
        ("sts", Some(("assumed-role", session)), Some(account)) => {
            let name = session.split_once('/').map(|(role, _)| role);
            role(name.and_then(|name| identities.role_by_name(account, name)), "session", Some(account))
        }
        ("sts", Some(("federated-user", _)), Some(account)) => {
            let found = identities.account(account).is_some();
            let principal_arn = found.then(|| Cow::Owned(text.to_owned()));
            let account_id = Some(account.to_string());
            Resolved { found, kind: Some("session"), account_id, principal_arn, unique_id: None }
        }
        _ => Resolved::default(),
    }
}

fn role<'a>(
    role: Option<&'a std::sync::Arc<crate::identities::Role>>,
    kind: &'static str,
    account: Option<AccountId>,
) -> Resolved<'a> {
    Resolved {
        found: role.is_some(),
        kind: Some(kind),
        account_id: account.map(|account| account.to_string()),
        principal_arn: role.map(|role| Cow::Borrowed(role.arn.as_str())),
        unique_id: role.map(|role| role.id.as_str()),
    }
}

fn root(identities: &Identities, account: AccountId) -> Resolved<'_> {
    let known = identities.account(account);
    Resolved {
        found: known.is_some(),
        kind: Some("root"),
        account_id: Some(account.to_string()),
        principal_arn: known.map(|account| Cow::Owned(account.root_arn())),
        unique_id: None,
    }
}
