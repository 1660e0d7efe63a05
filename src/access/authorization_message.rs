//! What `DecodeAuthorizationMessage` tells of a request: whether it was denied, by which statements, in which context.
//!
//! The shape is AWS's own. A message is for the account of whoever asked: what another account's policies say is not
//! in it. <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>

use serde::Serialize;

use crate::ids::AccountId;
use crate::policy::decision::Layer;
use crate::policy::document::Effect;
use crate::policy::explain::{Explanation, StatementTrace};
use crate::policy::matching::Request;
use crate::policy::pattern::Pattern;
use crate::policy::principal::{Issuer, Principal, PrincipalEntry};
use crate::sessions::{EncodedMessage, KeyRing};
use crate::time::Timestamp;

/// A decision about one request and all that led to it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizationMessage {
    allowed: bool,
    explicit_deny: bool,
    matched_statements: Items<Matched>,
    /// AWS: has not been seen with anything in it.
    failures: Items<()>,
    context: Asked,
}

#[derive(Clone, Debug, Serialize)]
struct Items<T> {
    items: Vec<T>,
}

#[derive(Clone, Debug, Serialize)]
struct Value {
    value: String,
}

#[derive(Clone, Debug, Serialize)]
struct KeyValues {
    key: String,
    values: Items<Value>,
}

/// A statement that applies to the request.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Matched {
    statement_id: String,
    effect: &'static str,
    principals: Items<Value>,
    principal_groups: Items<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actions: Option<Items<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_actions: Option<Items<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<Items<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_resources: Option<Items<Value>>,
    conditions: Items<KeyValues>,
}

#[derive(Clone, Debug, Serialize)]
struct Asked {
    principal: Asker,
    action: String,
    resource: String,
    conditions: Items<KeyValues>,
}

#[derive(Clone, Debug, Serialize)]
struct Asker {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arn: Option<String>,
}

impl AuthorizationMessage {
    /// What there is to tell of `request`, which was decided as `explanation` says.
    pub fn of(request: &Request<'_>, explanation: &Explanation<'_>) -> Self {
        let one = |key: &str| request.context.get(key).and_then(|value| value.texts().next().map(str::to_owned));
        let told = || explanation.matched().filter(|trace| may_be_told(trace, request));
        let told_keys = request.context.iter().filter(|(key, _)| is_at_home(request) || !is_of_resource(key));
        let conditions = told_keys.map(|(key, value)| KeyValues { key: key.to_owned(), values: values(value.texts()) });
        Self {
            allowed: explanation.decision.is_allowed(),
            // ATTACK: the deny of a policy that is not told of would tell what another account's policies say (B-140).
            explicit_deny: told().any(|trace| trace.statement.effect() == Effect::Deny),
            matched_statements: told().map(|trace| matched(trace, request.principal)).collect(),
            failures: Items { items: Vec::new() },
            context: Asked {
                principal: Asker {
                    id: one("aws:userid"),
                    name: one("aws:username"),
                    arn: request.principal.arn().map(str::to_owned),
                },
                action: request.action.to_owned(),
                resource: request.resource.to_owned(),
                conditions: conditions.collect(),
            },
        }
    }

    /// Seals it for `account`. Where all of it is more than a message has room for, statements that allow are left
    /// out first, then all of them, then the context keys. None only if the ring is empty.
    pub fn encode(
        mut self,
        account: AccountId,
        ring: &KeyRing,
        now: Timestamp,
        nonce: [u8; 12],
    ) -> Option<EncodedMessage> {
        let shorten: [fn(&mut Self); 4] = [
            |_| {},
            |message| message.matched_statements.items.retain(|statement| statement.effect == DENY),
            |message| message.matched_statements.items.clear(),
            |message| message.context.conditions.items.clear(),
        ];
        shorten.into_iter().find_map(|shorten| {
            shorten(&mut self);
            let text = serde_json::to_string(&self).ok()?;
            EncodedMessage::seal(&text, account, ring, now, nonce)
        })
    }
}

const ALLOW: &str = "ALLOW";
const DENY: &str = "DENY";

/// ATTACK: whoever is refused by another account's role must not read its trust policy out of the refusal, nor learn
/// what it is like by which of their own statements about it applied.
fn may_be_told(trace: &StatementTrace<'_>, request: &Request<'_>) -> bool {
    let of_owner = matches!(trace.layer, Layer::Resource | Layer::ResourceControl);
    is_at_home(request) || !(of_owner || trace.statement.context_keys().any(is_of_resource))
}

/// Whether the resource is of the asker's own account.
fn is_at_home(request: &Request<'_>) -> bool {
    request.resource_account.is_none_or(|owner| request.principal.account() == Some(owner))
}

/// ATTACK: nor its tags, nor its organization.
fn is_of_resource(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let (service, name) = key.split_once(':').unwrap_or(("", &key));
    let has_tags = name.split_once('/').is_some_and(|(family, _)| RESOURCE_TAGS.contains(&family));
    has_tags || (service == "aws" && name.starts_with("resourceorg"))
}

/// Families of keys that hold tags of a resource, in lower case.
const RESOURCE_TAGS: [&str; 3] = ["resourcetag", "existingobjecttag", "buckettag"];

fn matched(trace: &StatementTrace<'_>, asker: &Principal<'_>) -> Matched {
    let statement = trace.statement;
    let (actions, resources) = (statement.actions(), statement.resources());
    let listed = |negated| {
        let patterns = resources.filter(|resources| resources.negated() == negated)?.patterns();
        Some(values(patterns.iter().map(Pattern::text)))
    };
    let named = |negated| (actions.negated() == negated).then(|| values(actions.texts()));
    let written = statement.who().entries().iter().map(PrincipalEntry::text);
    // AWS: a policy that names nobody is shown with whom it is attached to.
    let attached_to = matches!(trace.layer, Layer::Identity | Layer::Boundary | Layer::Session).then(|| id(asker));
    Matched {
        statement_id: statement.sid().unwrap_or_default().to_owned(),
        effect: if statement.effect() == Effect::Deny { DENY } else { ALLOW },
        principals: values(written.chain(attached_to.flatten())),
        principal_groups: values([]),
        actions: named(false),
        not_actions: named(true),
        resources: listed(false),
        not_resources: listed(true),
        conditions: statement
            .conditions()
            .iter()
            .map(|condition| KeyValues { key: condition.key().to_owned(), values: values(condition.values()) })
            .collect(),
    }
}

/// The unique id of the user or role that policies of the asker are attached to; of the root user the account's.
fn id<'p>(asker: &Principal<'p>) -> Option<&'p str> {
    match asker {
        Principal::User { id, .. } | Principal::FederatedUser { issuer: Issuer::User { id, .. }, .. } => Some(id),
        Principal::RoleSession { role_id, .. } => Some(role_id),
        _ => asker.account(),
    }
}

fn values<'t>(texts: impl IntoIterator<Item = &'t str>) -> Items<Value> {
    texts.into_iter().map(|text| Value { value: text.to_owned() }).collect()
}

impl<T> FromIterator<T> for Items<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self { items: items.into_iter().collect() }
    }
}
