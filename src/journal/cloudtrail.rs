//! The journal as AWS's trail has it: records of calls of STS and IAM, by the names of CloudTrail.
//!
//! AWS: aws-behaviour 17.9;
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Entry;
use super::masks::MASKED;
use super::note::{Caller, CallerSession, Made, MadeSession, Note, Outcome, Surface, Who};
use crate::ids::arn::name_in;
use crate::ids::{AccountId, Arn, Partition};

/// What stands where AWS would show a session token: no token leaves by this door (B-635).
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// AWS: what only reads, assuming a role among it, and being vouched for not (sts-s-ct-writes).
const READS: [&str; 7] = [
    "AssumeRole",
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "DecodeAuthorizationMessage",
    "GetAccessKeyInfo",
    "GetCallerIdentity",
    "GetDelegatedAccessToken",
];

/// Parameters that are numbers there.
const NUMBERS: [&str; 6] =
    ["DurationSeconds", "MaxItems", "MaxSessionDuration", "MinimumSessionTokenSize", "TaskPolicySize", "MaxResults"];

/// Codes of IAM that are those of every service, and have no ending of their own in a record.
const COMMON: [&str; 10] = [
    "AccessDenied",
    "ExpiredToken",
    "IncompleteSignature",
    "InternalFailure",
    "InvalidAction",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "SignatureDoesNotMatch",
    "Throttling",
    "ValidationError",
];

/// The records of a call: none of what no account's trail has, two of a role that is assumed across accounts.
pub fn records(entry: &Entry) -> Vec<Value> {
    let note = &entry.note;
    let Some(action) = note.action().filter(|_| matches!(note.surface, Surface::Sts | Surface::Iam)) else {
        return Vec::new();
    };
    // AWS: nobody's trail has what nobody has signed, unless a role is named that has an account (B-636).
    let unsigned = note.caller.is_none() && action.starts_with("AssumeRoleWith");
    let known = note.caller.as_ref().is_some_and(|caller| !matches!(caller.who, Who::Unproved));
    let Some(account) = entry.account().filter(|_| known || unsigned) else { return Vec::new() };
    let record = record(entry, action, account);
    let made_in = note.made.as_ref().map(|made| made.account);
    match made_in.filter(|made_in| *made_in != account && action == "AssumeRole") {
        None => vec![record],
        Some(other) => {
            let shared = event_id(note, 2);
            let theirs = with(
                record.clone(),
                [
                    ("userIdentity", other_account(note)),
                    ("recipientAccountId", json!(other.to_string())),
                    ("eventID", json!(event_id(note, 1))),
                    ("sharedEventID", json!(shared)),
                ],
            );
            vec![with(record, [("sharedEventID", json!(shared))]), theirs]
        }
    }
}

fn record(entry: &Entry, action: &str, account: AccountId) -> Value {
    let note = &entry.note;
    let error = note.error.as_ref();
    let code = error.map(|error| error.code.as_ref());
    // AWS: who may not do it is not told what of (sts-s-ct-denied).
    let params = if code == Some("AccessDenied") { Value::Null } else { parameters(note) };
    let record = json!({
        "eventVersion": "1.11",
        "userIdentity": identity(note),
        "eventTime": note.at.iso().to_string(),
        "eventSource": format!("{}.amazonaws.com", note.surface.word()),
        "eventName": action,
        "awsRegion": region(note),
        "sourceIPAddress": note.source_ip.map(|address| address.to_string()),
        "userAgent": note.user_agent.text(),
        "requestParameters": params,
        "responseElements": elements(note, action),
        "requestID": note.request_id,
        "eventID": event_id(note, 0),
        "readOnly": is_read(note, action),
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": account.to_string(),
        "eventCategory": "Management",
        "tlsDetails": {"clientProvidedHostHeader": note.host.text()},
    });
    let mut more = Vec::new();
    if let Some(error) = error {
        more.push(("errorCode", json!(recorded_code(note.surface, &error.code))));
        more.push(("errorMessage", json!(error.message)));
    }
    if let Some(role) = entry.role_arn() {
        let owner = Arn::parse(role).map(|arn| arn.account.to_owned());
        more.push(("resources", json!([{"accountId": owner, "type": "AWS::IAM::Role", "ARN": role}])));
    }
    let is_token_refused = action == "GetWebIdentityToken" && error.is_some();
    let extended = &note.extended_id;
    if !extended.is_empty() && !is_token_refused {
        let kind = if note.global { "global" } else { "regional" };
        let details = json!({"awsServingRegion": note.region, "endpointType": kind});
        more.push(("additionalEventData", json!({"ExtendedRequestId": extended, "RequestDetails": details})));
    }
    with(record, more)
}

fn with<'n>(mut record: Value, more: impl IntoIterator<Item = (&'n str, Value)>) -> Value {
    if let Some(fields) = record.as_object_mut() {
        fields.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    record
}

/// AWS: IAM is in one region of its partition.
fn region(note: &Note<'_>) -> String {
    if note.surface == Surface::Sts {
        return note.region.to_string();
    }
    let arn = note.caller.as_ref().and_then(Caller::arn);
    let partition = arn.as_deref().and_then(Arn::parse).and_then(|arn| Partition::parse(arn.partition));
    partition.unwrap_or(Partition::Aws).region_of_iam().to_owned()
}

fn is_read(note: &Note<'_>, action: &str) -> bool {
    match note.surface {
        Surface::Iam => ["Get", "List", "Simulate"].iter().any(|verb| action.starts_with(verb)),
        _ => READS.contains(&action),
    }
}

/// AWS: errors of IAM end otherwise in a record than on the wire.
fn recorded_code(surface: Surface, code: &str) -> String {
    let plain = surface != Surface::Iam || COMMON.contains(&code) || code.ends_with("Exception");
    if plain { code.to_owned() } else { format!("{code}Exception") }
}

/// The id of the nth thing that a call leaves: other than the call's own, and the same whenever somebody asks.
fn event_id(note: &Note<'_>, nth: u128) -> String {
    let call = Uuid::parse_str(&note.request_id).unwrap_or_default().as_u128();
    // The digits that say which kind of id it is stay as they are.
    let other = call ^ 0x5a5a_5a5a_5a5a_0a5a_0a5a_0000_0000_0000 ^ (nth << 8);
    Uuid::from_u128(other).hyphenated().to_string()
}

fn identity(note: &Note<'_>) -> Value {
    let Some(caller) = &note.caller else { return json!({"type": "Unknown", "principalId": ""}) };
    let account = caller.account.0.map(|account| account.to_string());
    if let Who::Bearer { audience, provider, subject } = &caller.who {
        let kind = if audience.is_some() { "WebIdentityUser" } else { "SAMLUser" };
        let id = caller.principal_id();
        return json!({"type": kind, "principalId": id, "userName": subject, "identityProvider": provider});
    }
    let kind = match &caller.who {
        Who::Root(_) => "Root",
        Who::User { .. } => "IAMUser",
        Who::RoleSession { .. } => "AssumedRole",
        Who::FederatedUser { .. } => "FederatedUser",
        Who::Bearer { .. } | Who::Unproved => "Unknown",
    };
    let identity = json!({
        "type": kind,
        "principalId": caller.principal_id(),
        "arn": caller.arn(),
        "accountId": account,
        "accessKeyId": caller.access_key_id,
    });
    let mut more = Vec::new();
    if let Who::User { arn, .. } = &caller.who {
        more.push(("userName", json!(name_in(arn))));
    }
    if let Some(session) = &caller.session {
        more.push(("sessionContext", context(caller, session)));
    }
    with(identity, more)
}

fn context(caller: &Caller<'_>, session: &CallerSession<'_>) -> Value {
    let context = json!({
        "attributes": {
            "creationDate": session.issued.iso().to_string(),
            "mfaAuthenticated": session.second_factor.to_string(),
        }
    });
    let mut more = Vec::new();
    let issuer = match &caller.who {
        Who::RoleSession { role, id, .. } => Some(("Role", role, Some(id))),
        Who::FederatedUser { issuer: Some((arn, id)), .. } => {
            Some((if id.is_some() { "IAMUser" } else { "Root" }, arn, id.as_ref()))
        }
        _ => None,
    };
    if let Some((kind, arn, id)) = issuer {
        let account = Arn::parse(arn).map(|arn| arn.account.to_owned());
        let id = id.map_or_else(|| account.clone(), |id| Some(id.to_string()));
        let mut issuer = json!({"type": kind, "principalId": id, "arn": arn, "accountId": account});
        if kind != "Root" {
            issuer = with(issuer, [("userName", json!(name_in(arn)))]);
        }
        more.push(("sessionIssuer", issuer));
    }
    // AWS: there is none where nobody vouched, rather than an empty one.
    let provider = session.provider.as_ref().filter(|provider| !provider.contains(":saml-provider/"));
    if let Some(provider) = provider {
        more.push(("webIdFederationData", json!({"federatedProvider": provider, "attributes": {}})));
    }
    if let Some(source_identity) = &session.source_identity {
        more.push(("sourceIdentity", json!(source_identity)));
    }
    with(context, more)
}

/// Somebody as the trail of another account knows them.
fn other_account(note: &Note<'_>) -> Value {
    let caller = note.caller.as_ref();
    let account = caller.and_then(|caller| caller.account.0).map(|account| account.to_string());
    json!({"type": "AWSAccount", "principalId": caller.and_then(Caller::principal_id), "accountId": account})
}

/// The parameters as an object: `Tags.member.1.Key` becomes `tags[0].key`. What is masked is left out.
fn parameters(note: &Note<'_>) -> Value {
    let mut object = Value::Object(Map::new());
    for (name, value) in note.params.iter().filter(|(_, value)| value != MASKED) {
        let leaf = match value.as_ref() {
            _ if NUMBERS.contains(&name.as_ref()) => value.parse::<i64>().map_or_else(|_| json!(value), Value::from),
            "true" if !name.contains('.') => Value::Bool(true),
            "false" if !name.contains('.') => Value::Bool(false),
            _ => json!(value),
        };
        let parts: Vec<&str> = name.split('.').filter(|part| *part != "member").collect();
        put(&mut object, &parts, leaf);
    }
    if object.as_object().is_some_and(Map::is_empty) { Value::Null } else { object }
}

/// Members of a list beyond this are no list's.
const LONGEST_LIST: usize = 64;

fn put(place: &mut Value, parts: &[&str], leaf: Value) {
    let Some((first, rest)) = parts.split_first() else {
        *place = leaf;
        return;
    };
    match first.parse::<usize>() {
        Ok(index) if (1..=LONGEST_LIST).contains(&index) => {
            if !place.is_array() {
                *place = Value::Array(Vec::new());
            }
            if let Some(list) = place.as_array_mut() {
                list.resize(list.len().max(index), Value::Null);
                if let Some(element) = list.get_mut(index - 1) {
                    put(element, rest, leaf);
                }
            }
        }
        Ok(_) => {}
        Err(_) => {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            if let Some(fields) = place.as_object_mut() {
                put(fields.entry(lower_first(first)).or_insert(Value::Null), rest, leaf);
            }
        }
    }
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// What an answer had, without what is secret.
fn elements(note: &Note<'_>, action: &str) -> Value {
    if note.outcome != Outcome::Success {
        return Value::Null;
    }
    // AWS: of IAM what was created, and nothing of what was changed or removed.
    if let Some(created) = &note.created {
        return serde_json::from_str(created).unwrap_or_default();
    }
    let Some(Made { account, session: Some(session), access_key_id }) = &note.made else { return Value::Null };
    let credentials = json!({
        "accessKeyId": access_key_id,
        "sessionToken": HIDDEN,
        "expiration": session.expires.iso().to_string(),
    });
    let mut elements = vec![
        ("credentials", credentials),
        ("sessionTokenUtilization", json!(session.token_utilization)),
        ("sessionTokenSize", json!(session.token_size)),
    ];
    let (arn, id) = (session.arn(), session.principal_id(*account));
    match action {
        "GetFederationToken" => elements.push(("federatedUser", json!({"federatedUserId": id, "arn": arn}))),
        _ if session.role_arn().is_some() => {
            elements.push(("assumedRoleUser", json!({"assumedRoleId": id, "arn": arn})));
        }
        _ => {}
    }
    // AWS: GetSessionToken has none (sts-s-packed-gst).
    if !matches!(action, "GetSessionToken" | "AssumeRoot") {
        elements.push(("packedPolicySize", json!(session.token_utilization)));
    }
    elements.extend(of_session(note, session));
    with(Value::Object(Map::new()), elements)
}

/// What the answer tells of whoever has become somebody else.
fn of_session(note: &Note<'_>, session: &MadeSession<'_>) -> Vec<(&'static str, Value)> {
    let mut elements = Vec::new();
    if let Some(source_identity) = &session.source_identity {
        elements.push(("sourceIdentity", json!(source_identity)));
    }
    match note.caller.as_ref().map(|caller| &caller.who) {
        Some(Who::Bearer { audience: Some(audience), provider, subject }) => elements.extend([
            ("subjectFromWebIdentityToken", json!(subject)),
            ("audience", json!(audience)),
            ("provider", json!(provider)),
        ]),
        Some(Who::Bearer { audience: None, subject, .. }) => elements.push(("subject", json!(subject))),
        _ => {}
    }
    elements
}
