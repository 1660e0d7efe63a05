//! An entry as it is shown: the names that queries and expectations use.

use serde_json::{Map, Value, json};

use super::masks::MASKED;
use super::note::{Caller, Decision, Made, MadeSession, Note, Text, Who};
use crate::ids::{AccountId, Arn};

/// A call that is remembered.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number. Later calls have higher ones.
    pub number: u64,
    /// What was noted of it.
    pub note: Note<'static>,
}

/// Every field of an entry that can be asked about; what stands under a star has names of its own.
pub(super) const FIELDS: &[&str] = &[
    "number",
    "time",
    "machineTime",
    "surface",
    "action",
    "region",
    "params.*",
    "roleArn",
    "accountId",
    "caller.type",
    "caller.arn",
    "caller.principalId",
    "caller.accountId",
    "caller.accessKeyId",
    "caller.sessionId",
    "caller.sourceIdentity",
    "caller.provider",
    "caller.audience",
    "caller.subject",
    "sourceIp",
    "userAgent",
    "host",
    "status",
    "outcome",
    "error.code",
    "error.message",
    "because",
    "requestId",
    "made.accessKeyId",
    "made.accountId",
    "made.sessionId",
    "made.arn",
    "made.sourceIdentity",
    "made.expiresAt",
    "decisions.action",
    "decisions.resource",
    "decisions.decision",
    "decisions.basis",
    "fault",
];

impl Entry {
    /// The value of a parameter, if it was sent.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.note.params.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_ref())
    }

    /// The role that it is about: the one to be assumed.
    pub fn role_arn(&self) -> Option<&str> {
        let made = self.note.made.as_ref().and_then(|made| made.session.as_ref()?.role_arn());
        made.or_else(|| self.param("RoleArn").filter(|arn| *arn != MASKED))
    }

    /// The account that it is of: the caller's, or else the one of the role that is to be assumed, or of what was made.
    pub fn account(&self) -> Option<AccountId> {
        let callers = self.note.caller.as_ref().and_then(|caller| caller.account.0);
        let of_role = || AccountId::parse(Arn::parse(self.role_arn()?)?.account);
        callers.or_else(of_role).or_else(|| self.note.made.as_ref().map(|made| made.account))
    }

    /// All of it, as JSON.
    pub fn render(&self) -> Value {
        let note = &self.note;
        let params: Map<String, Value> =
            note.params.iter().map(|(name, value)| (name.to_string(), json!(value))).collect();
        let error = note.error.as_ref().map(|error| json!({"code": error.code, "message": error.message}));
        let mut entry = json!({
            "number": self.number,
            "time": note.at.iso_millis().to_string(),
            "machineTime": note.machine.iso_millis().to_string(),
            "surface": note.surface.word(),
            "action": note.action(),
            "region": (!note.region.is_empty()).then_some(&note.region),
            "params": params,
            "roleArn": self.role_arn(),
            "accountId": self.account().map(|account| account.to_string()),
            "caller": note.caller.as_ref().map(caller),
            "sourceIp": note.source_ip.map(|address| address.to_string()),
            "userAgent": note.user_agent.text(),
            "host": note.host.text(),
            "status": note.status,
            "outcome": note.outcome.word(),
            "error": error,
            "because": note.error.as_ref().and_then(|error| error.because.as_ref()),
            "requestId": (!note.request_id.is_empty()).then_some(&note.request_id),
            "made": note.made.as_ref().map(made),
        });
        if let Some(fields) = entry.as_object_mut() {
            if !note.decisions.is_empty() {
                fields.insert("decisions".to_owned(), note.decisions.iter().map(decision).collect());
            }
            if let Some(fault) = &note.fault {
                fields.insert("fault".to_owned(), json!(fault));
            }
        }
        entry
    }
}

fn caller(caller: &Caller<'_>) -> Value {
    let mut shown = json!({
        "type": caller.kind(),
        "arn": caller.arn(),
        "principalId": caller.principal_id(),
        "accountId": caller.account.0.map(|account| account.to_string()),
        "accessKeyId": caller.access_key_id,
    });
    let mut add = |name: &str, value: Option<&Text<'_>>| {
        if let (Some(fields), Some(value)) = (shown.as_object_mut(), value) {
            fields.insert(name.to_owned(), json!(value));
        }
    };
    if let Some(session) = &caller.session {
        add("sessionId", Some(&session.id.to_string().into()));
        add("sourceIdentity", session.source_identity.as_ref());
        add("provider", session.provider.as_ref());
    }
    if let Who::Bearer { audience, provider, subject } = &caller.who {
        add("provider", Some(provider));
        add("audience", audience.as_ref());
        add("subject", Some(subject));
    }
    shown
}

fn made(made: &Made<'_>) -> Value {
    let session = made.session.as_ref();
    json!({
        "accessKeyId": made.access_key_id,
        "accountId": made.account.to_string(),
        "sessionId": session.map(|session| session.id.to_string()),
        "arn": session.and_then(MadeSession::arn),
        "sourceIdentity": session.and_then(|session| session.source_identity.as_ref()),
        "expiresAt": session.map(|session| session.expires.iso().to_string()),
    })
}

fn decision(decision: &Decision<'_>) -> Value {
    let Decision { action, resource, decision, basis } = decision;
    json!({"action": action, "resource": resource, "decision": decision, "basis": basis})
}
