//! The policy engine against its fixtures, and against properties that no fixture could list.
//!
//! `fixtures/policy/README.md` tells the form of a case. Every directory there has one `check` here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use local_sts::policy::combine::{Layers, ResourceRule, decide};
use local_sts::policy::context::RequestContext;
use local_sts::policy::decision::{Because, Decision, Layer, Verdict};
use local_sts::policy::document::Policy;
use local_sts::policy::evaluate::NamedPolicy;
use local_sts::policy::explain::explain;
use local_sts::policy::matching::{Miss, Request};
use local_sts::policy::parse::PolicyKind;
use local_sts::policy::principal::{Issuer, Principal};
use local_sts::policy::trust;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[test]
fn decisions_are_those_of_aws() {
    run::<DecisionCase>("decisions", |case| (&case.name, case.check()));
}

#[test]
fn every_row_of_the_decision_table_has_a_case() {
    let files = ["s3", "sts"].map(|name| read::<Vec<DecisionCase>>(&fixtures().join(format!("decisions/{name}.json"))));
    let named: Vec<&str> = files.iter().flatten().filter_map(|case| case.name.split(' ').next()).collect();
    let absent: Vec<u32> = (1..=87).filter(|row| !named.contains(&row.to_string().as_str())).collect();
    assert!(absent.is_empty(), "no case for {absent:?}");
}

#[test]
fn statements_match_as_aws_matches_them() {
    run::<MatchingCase>("matching", |case| (&case.name, case.check()));
    run::<MatchingCase>("variables", |case| (&case.name, case.check()));
}

#[test]
fn conditions_hold_as_they_hold_for_aws() {
    run::<ConditionCase>("conditions", |case| (&case.name, case.check()));
}

#[test]
fn principals_mean_whom_aws_means() {
    run::<PrincipalCase>("principals", |case| (&case.name, case.check()));
}

#[test]
fn documents_are_refused_for_what_aws_refuses() {
    run::<ParseCase>("parse", |case| (&case.name, case.check()));
}

/// A question with all its policies.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionCase {
    name: String,
    #[serde(rename = "why")]
    _why: String,
    /// The row is decided before any question is asked; says where.
    pipeline: Option<String>,
    request: Option<RequestCase>,
    #[serde(default)]
    identity: Vec<Value>,
    boundary: Option<Value>,
    session: Option<Vec<Value>>,
    resource: Option<Value>,
    /// `ordinary`, `must-allow` or `not-asked`; the second makes `resource` a trust policy.
    #[serde(default)]
    rule: RuleCase,
    #[serde(default)]
    service_control: Vec<Vec<Value>>,
    #[serde(default)]
    resource_control: Vec<Value>,
    #[serde(default)]
    bind: BTreeMap<String, String>,
    expect: Option<Expected>,
}

#[derive(Deserialize, Default, Clone, Copy, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum RuleCase {
    #[default]
    Ordinary,
    MustAllow,
    NotAsked,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestCase {
    caller: String,
    action: String,
    resource: String,
    other_resource: Option<String>,
    resource_account: Option<String>,
    #[serde(default)]
    root_may_repair: bool,
    #[serde(default)]
    context: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    decision: String,
    because: String,
}

impl DecisionCase {
    fn check(&self) -> Vec<String> {
        let (Some(request), Some(expect)) = (&self.request, &self.expect) else {
            let told = self.pipeline.is_some() && self.request.is_none() && self.expect.is_none();
            return if told { Vec::new() } else { vec!["neither a question nor a pipeline row".to_owned()] };
        };
        let (kind, rule) = match self.rule {
            RuleCase::Ordinary => (PolicyKind::Resource, ResourceRule::Ordinary),
            RuleCase::MustAllow => (PolicyKind::Trust, ResourceRule::MustAllow),
            RuleCase::NotAsked => (PolicyKind::Resource, ResourceRule::NotAsked),
        };
        let all = |values: &[Value], kind| values.iter().map(|value| policy(value, kind)).collect::<Vec<_>>();
        let identity = all(&self.identity, PolicyKind::Identity);
        let boundary = self.boundary.as_ref().map(|value| policy(value, PolicyKind::Managed));
        let session = self.session.as_ref().map(|values| all(values, PolicyKind::Session));
        let resource = self.resource.as_ref().map(|value| {
            let mut policy = policy(value, kind);
            policy.bind_principals(|arn| self.bind.get(arn).cloned());
            policy
        });
        let levels: Vec<_> = self.service_control.iter().map(|level| all(level, PolicyKind::ServiceControl)).collect();
        let resource_control = all(&self.resource_control, PolicyKind::ResourceControl);

        let names: Vec<String> = (0..9).map(|at| at.to_string()).collect();
        let levels: Vec<_> = levels.iter().map(|level| named(&names, level)).collect();
        let levels: Vec<_> = levels.iter().map(Vec::as_slice).collect();
        let session = session.as_ref().map(|policies| named(&names, policies));
        let layers = Layers {
            service_control: &levels,
            resource_control: &named(&names, &resource_control),
            identity: &named(&names, &identity),
            boundary: boundary.as_ref().map(|policy| NamedPolicy::new("0", policy)),
            session: session.as_deref(),
            resource: resource.as_ref().map(|policy| NamedPolicy::new("0", policy)),
        };
        let callers = callers();
        let caller = callers[&request.caller].principal();
        let context = context(&request.context);
        let question = Request {
            other_resource: request.other_resource.as_deref(),
            resource_account: request.resource_account.as_deref(),
            root_may_repair: request.root_may_repair,
            ..Request::new(&request.action, &request.resource, &caller, &context)
        };
        let decision = decide(&question, &layers, rule);
        let explained = explain(&question, &layers, rule).decision;
        let mut faults = differ("explained decision", &explained, &decision);
        faults.extend(differ("decision", word(decision.verdict), expect.decision.as_str()));
        faults.extend(differ("because", because(&decision), expect.because.clone()));
        faults
    }
}

/// A statement and what it matches.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MatchingCase {
    name: String,
    #[serde(rename = "why")]
    _why: String,
    #[serde(default = "identity")]
    kind: KindCase,
    /// A statement or a whole document; an Effect, and for a resource policy a Principal, are filled in.
    statement: Value,
    /// The absent members of a row come from here.
    action: Option<String>,
    resource: Option<String>,
    rows: Vec<MatchingRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MatchingRow {
    action: Option<String>,
    resource: Option<String>,
    #[serde(default)]
    context: BTreeMap<String, Value>,
    matches: bool,
}

impl MatchingCase {
    fn check(&self) -> Vec<String> {
        let kind = self.kind.kind();
        let policy = policy(&completed(&self.statement, kind.names_principals()), kind);
        let callers = callers();
        let caller = callers["alice"].principal();
        let mut faults = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            let action = row.action.as_ref().or(self.action.as_ref()).map_or("s3:GetObject", String::as_str);
            let resource = row.resource.as_ref().or(self.resource.as_ref()).map_or("*", String::as_str);
            let context = context(&row.context);
            let question = Request::new(action, resource, &caller, &context);
            let named = [NamedPolicy::new("0", &policy)];
            let layers = if kind == PolicyKind::Resource {
                Layers { resource: Some(named[0]), ..Layers::default() }
            } else {
                Layers { identity: &named, ..Layers::default() }
            };
            let explained = explain(&question, &layers, ResourceRule::Ordinary);
            let matches = explained.matched().next().is_some();
            faults.extend(differ(&format!("row {at} ({action} on {resource})"), matches, row.matches));
        }
        faults
    }
}

/// A condition and when it holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionCase {
    name: String,
    #[serde(rename = "why")]
    _why: String,
    condition: Value,
    #[serde(default = "newest")]
    version: String,
    rows: Vec<ConditionRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionRow {
    #[serde(default)]
    context: BTreeMap<String, Value>,
    holds: bool,
    /// What it comes to in a Deny, if that differs.
    in_deny: Option<bool>,
}

impl ConditionCase {
    fn check(&self) -> Vec<String> {
        let statement = |effect: &str| {
            let statement = serde_json::json!({
                "Effect": effect, "Action": "*", "Resource": "*", "Condition": self.condition
            });
            // A session policy may hold malformed values, which is what some rows are about.
            let document = serde_json::json!({"Version": self.version, "Statement": statement});
            policy(&document, PolicyKind::Session)
        };
        let callers = callers();
        let caller = callers["alice"].principal();
        let mut faults = Vec::new();
        for (effect, policy) in [("Allow", statement("Allow")), ("Deny", statement("Deny"))] {
            for (at, row) in self.rows.iter().enumerate() {
                let context = context(&row.context);
                let question = Request::new("s3:GetObject", "arn:aws:s3:::b/k", &caller, &context);
                let named = [NamedPolicy::new("0", &policy)];
                let layers = Layers { identity: &named, ..Layers::default() };
                let explained = explain(&question, &layers, ResourceRule::Ordinary);
                let expect = if effect == "Deny" { row.in_deny.unwrap_or(row.holds) } else { row.holds };
                let holds = explained.matched().next().is_some();
                faults.extend(differ(&format!("{effect} row {at} ({:?})", row.context), holds, expect));
            }
        }
        faults
    }
}

/// A principal element and whom it means, as what.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrincipalCase {
    name: String,
    #[serde(rename = "why")]
    _why: String,
    #[serde(default = "resource")]
    kind: KindCase,
    principal: Option<Value>,
    not_principal: Option<Value>,
    #[serde(default = "allow")]
    effect: String,
    #[serde(default)]
    bind: BTreeMap<String, String>,
    /// The caller has a permissions boundary.
    #[serde(default)]
    boundary: bool,
    /// Caller to class; `null` for a caller who is not meant.
    rows: BTreeMap<String, Option<String>>,
}

impl PrincipalCase {
    fn check(&self) -> Vec<String> {
        let kind = self.kind.kind();
        let mut statement = serde_json::json!({"Effect": self.effect, "Action": "sts:AssumeRole"});
        if kind != PolicyKind::Trust {
            statement["Resource"] = "*".into();
        }
        for (name, value) in [("Principal", &self.principal), ("NotPrincipal", &self.not_principal)] {
            if let Some(value) = value {
                statement[name] = value.clone();
            }
        }
        let mut written = policy(&statement, kind);
        written.bind_principals(|arn| self.bind.get(arn).cloned());
        let all = serde_json::json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        let boundary = policy(&all, PolicyKind::Managed);
        let callers = callers();
        let mut faults = Vec::new();
        for (caller, class) in &self.rows {
            let Some(described) = callers.get(caller) else {
                faults.push(format!("no caller {caller}"));
                continue;
            };
            let (principal, context) = (described.principal(), RequestContext::new());
            let layers = Layers {
                resource: Some(NamedPolicy::new("0", &written)),
                boundary: self.boundary.then_some(NamedPolicy::new("0", &boundary)),
                ..Layers::default()
            };
            let question = Request::new("sts:AssumeRole", "arn:aws:iam::111111111111:role/x", &principal, &context);
            let explained = explain(&question, &layers, ResourceRule::Ordinary);
            let found = explained.matched().find(|trace| trace.layer == Layer::Resource);
            let found = found.and_then(|trace| trace.outcome.ok()).map(|class| format!("{class:?}"));
            faults.extend(differ(caller, &found, class));
        }
        faults
    }
}

/// A document and what is wrong with it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParseCase {
    name: String,
    #[serde(rename = "why")]
    _why: String,
    kind: KindCase,
    /// The text itself, where it matters.
    text: Option<String>,
    /// Or the document.
    document: Option<Value>,
    /// Or a statement, completed to one that would be accepted but for what it says.
    statement: Option<Value>,
    /// Read as if it were to be saved for an account of this partition.
    saving: Option<String>,
    /// After parsing, check as a trust on shared issuers.
    #[serde(default)]
    shared_issuers: bool,
    expect: ParseExpected,
}

/// `"accepted"`, or where and what.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum ParseExpected {
    Word(String),
    Refused { path: String, problem: String },
}

impl ParseCase {
    fn check(&self) -> Vec<String> {
        let kind = self.kind.kind();
        let document = match (&self.text, &self.document, &self.statement) {
            (Some(text), None, None) => text.clone(),
            (None, Some(document), None) => document.to_string(),
            (None, None, Some(statement)) => {
                let mut statement = statement.clone();
                let mut fill = |name: &str, other: &str, value: Value| {
                    if statement.get(name).is_none() && statement.get(other).is_none() {
                        statement[name] = value;
                    }
                };
                let trust = kind == PolicyKind::Trust;
                let effect = if kind == PolicyKind::ResourceControl { "Deny" } else { "Allow" };
                fill("Effect", "Effect", effect.into());
                fill("Action", "NotAction", if trust { "sts:AssumeRole" } else { "s3:GetObject" }.into());
                if !trust {
                    fill("Resource", "NotResource", "*".into());
                }
                if kind.names_principals() {
                    fill("Principal", "NotPrincipal", serde_json::json!({"AWS": "*"}));
                }
                serde_json::json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
            }
            _ => return vec!["needs one of text, document, statement".to_owned()],
        };
        let parsed = match &self.saving {
            Some(partition) => Policy::parse_to_save(&document, kind, partition),
            None => Policy::parse(&document, kind),
        };
        let parsed =
            parsed.and_then(|policy| if self.shared_issuers { trust::check_shared_issuers(&policy) } else { Ok(()) });
        match (&parsed, &self.expect) {
            (Ok(()), ParseExpected::Word(word)) => differ("word", word.as_str(), "accepted"),
            (Ok(()), ParseExpected::Refused { problem, .. }) => vec![format!("accepted, not refused for {problem}")],
            (Err(found), ParseExpected::Word(_)) => vec![format!("refused {found}")],
            (Err(found), ParseExpected::Refused { path, problem }) => {
                let mut faults = differ("path", found.path.as_str(), path.as_str());
                faults.extend(differ("problem", format!("{:?}", found.problem), problem.clone()));
                faults
            }
        }
    }
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum KindCase {
    Identity,
    Managed,
    Session,
    Resource,
    Trust,
    ServiceControl,
    ResourceControl,
}

impl KindCase {
    fn kind(self) -> PolicyKind {
        match self {
            Self::Identity => PolicyKind::Identity,
            Self::Managed => PolicyKind::Managed,
            Self::Session => PolicyKind::Session,
            Self::Resource => PolicyKind::Resource,
            Self::Trust => PolicyKind::Trust,
            Self::ServiceControl => PolicyKind::ServiceControl,
            Self::ResourceControl => PolicyKind::ResourceControl,
        }
    }
}

fn identity() -> KindCase {
    KindCase::Identity
}

fn resource() -> KindCase {
    KindCase::Resource
}

fn newest() -> String {
    "2012-10-17".to_owned()
}

fn allow() -> String {
    "Allow".to_owned()
}

/// A caller of `callers.json`.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
enum CallerCase {
    Root { arn: String, account: String },
    User { arn: String, id: String, account: String },
    RoleSession { role_arn: String, role_id: String, session_arn: String, account: String, provider: Option<String> },
    FederatedUser { arn: String, account: String, issuer: Option<IssuerCase> },
    WebIdentity { provider: String, account: String },
    Saml { provider: String, account: String },
    Service { name: String },
    Anonymous,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuerCase {
    arn: String,
    id: String,
}

impl CallerCase {
    fn principal(&self) -> Principal<'_> {
        match self {
            Self::Root { arn, account } => Principal::Root { arn, account },
            Self::User { arn, id, account } => Principal::User { arn, id, account },
            Self::RoleSession { role_arn, role_id, session_arn, account, provider } => Principal::RoleSession {
                role_arn,
                role_id,
                session_arn,
                account,
                federated_provider: provider.as_deref(),
            },
            Self::FederatedUser { arn, account, issuer } => {
                let issuer = match issuer {
                    Some(IssuerCase { arn, id }) => Issuer::User { arn, id },
                    None => Issuer::Root,
                };
                Principal::FederatedUser { arn, account, issuer }
            }
            Self::WebIdentity { provider, account } => Principal::WebIdentity { provider, account },
            Self::Saml { provider, account } => Principal::Saml { provider, account },
            Self::Service { name } => Principal::Service { name },
            Self::Anonymous => Principal::Anonymous,
        }
    }
}

fn callers() -> BTreeMap<String, CallerCase> {
    read(&fixtures().join("callers.json"))
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/policy")
}

/// Runs every case of a directory and reports all that fail.
#[track_caller]
fn run<C: DeserializeOwned>(topic: &str, check: impl Fn(&C) -> (&String, Vec<String>)) {
    let mut files: Vec<PathBuf> = std::fs::read_dir(fixtures().join(topic))
        .expect(topic)
        .map(|entry| entry.expect("entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no cases in {topic}");
    let mut faults = Vec::new();
    for file in files {
        for case in &read::<Vec<C>>(&file) {
            let (name, found) = check(case);
            let file = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            faults.extend(found.into_iter().map(|fault| format!("{topic}/{file}: {name}: {fault}")));
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

fn read<T: DeserializeOwned>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A policy from a document, or from a statement or several that are made one of version 2012-10-17.
#[track_caller]
fn policy(value: &Value, kind: PolicyKind) -> Policy {
    let text = match value.get("Statement") {
        Some(_) => value.to_string(),
        None => serde_json::json!({"Version": "2012-10-17", "Statement": value}).to_string(),
    };
    Policy::parse(&text, kind).unwrap_or_else(|error| panic!("{error} in {text}"))
}

fn completed(value: &Value, principal: bool) -> Value {
    let mut value = value.clone();
    let statement = if value.get("Statement").is_some() { &mut value["Statement"] } else { &mut value };
    let mut fill = |name: &str, other: &str, with: &str| {
        if statement.get(name).is_none() && statement.get(other).is_none() {
            statement[name] = with.into();
        }
    };
    fill("Effect", "Effect", "Allow");
    fill("Action", "NotAction", "*");
    fill("Resource", "NotResource", "*");
    if principal {
        fill("Principal", "NotPrincipal", "*");
    }
    value
}

fn named<'a>(names: &'a [String], policies: &'a [Policy]) -> Vec<NamedPolicy<'a>> {
    names.iter().zip(policies).map(|(name, policy)| NamedPolicy::new(name, policy)).collect()
}

/// A list is a multi-valued key.
fn context(members: &BTreeMap<String, Value>) -> RequestContext<'_> {
    let mut context = RequestContext::new();
    for (key, value) in members {
        match value {
            Value::Array(values) => {
                context.set_many(key.as_str(), values.iter().map(|value| value.as_str().expect("text")));
            }
            value => context.set(key.as_str(), value.as_str().expect("text")),
        }
    }
    context
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::ExplicitDeny => "explicit deny",
        Verdict::ImplicitDeny => "implicit deny",
    }
}

/// `identity 0#1` is the second statement of the first identity policy.
fn because(decision: &Decision<'_>) -> String {
    match decision.because {
        Because::Root => "root".to_owned(),
        Because::NoAllow(layer) => format!("no {} allows", layer.word()),
        Because::Statement(hit) if hit.layer == Layer::Resource && decision.is_allowed() => {
            format!("resource {}#{} as {:?}", hit.policy, hit.at, hit.class)
        }
        Because::Statement(hit) => format!("{} {}#{}", hit.layer.word(), hit.policy, hit.at),
    }
}

fn differ<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expect: T) -> Vec<String> {
    if found == expect { Vec::new() } else { vec![format!("{what}: found {found:?}, expected {expect:?}")] }
}

#[track_caller]
fn check_span(text: &str, at: usize, start: (usize, usize), end: (usize, usize)) {
    let policy = Policy::parse(text, PolicyKind::Identity).expect("policy");
    let span = policy.spans()[at];
    let place = |position: local_sts::json::Position| (position.line, position.column);
    assert_eq!((place(span.start), place(span.end)), (start, end), "{text}");
}

#[test]
fn statements_stand_where_the_simulator_says() {
    let bare = r#"{"Version": "2012-10-17", "Statement": {"Sid": "", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}}"#;
    check_span(bare, 0, (1, 41), (1, 113));
    let list = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    check_span(list, 0, (1, 38), (1, 84));
    let two = "{\"Statement\": [\n  {\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"},\n  {\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}\n]}";
    check_span(two, 1, (2, 48), (3, 48));
}

#[test]
fn a_trust_policy_is_printed_as_getrole_prints_it() {
    let text = r#"{ "Statement": [ { "Action": ["sts:AssumeRole"], "Condition": { "StringEquals": { "a": ["x"], "b": ["y", "z"] }, "Bool": {"c": true} },
        "Principal": { "Service": "ec2.amazonaws.com", "AWS": ["arn:aws:iam::111111111111:role/gone", "111111111111"] }, "Effect": "Allow", "Sid": "" } ], "Version": "2012-10-17" }"#;
    let mut policy = Policy::parse(text, PolicyKind::Trust).expect("policy");
    assert_eq!(policy.principal_arns().collect::<Vec<_>>(), ["arn:aws:iam::111111111111:role/gone"]);
    policy.bind_principals(|arn| arn.ends_with("gone").then(|| "AROAGONE000000000001".to_owned()));
    let bound: Vec<_> = policy.principals().map(|entry| (entry.text(), entry.bound())).collect();
    assert_eq!(bound[1], ("arn:aws:iam::111111111111:role/gone", Some("AROAGONE000000000001")));
    // The account is shown by its ARN, the role by its id, for it is gone.
    let printed = policy.print(|entry| match (entry.bound(), entry.text()) {
        (Some(id), _) => id.to_owned(),
        (None, "111111111111") => "arn:aws:iam::111111111111:root".to_owned(),
        (None, text) => text.to_owned(),
    });
    assert_eq!(
        printed,
        concat!(
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"","Effect":"Allow","Principal":{"#,
            r#""AWS":["AROAGONE000000000001","arn:aws:iam::111111111111:root"],"Service":"ec2.amazonaws.com"},"#,
            r#""Action":"sts:AssumeRole","Condition":{"StringEquals":{"a":"x","b":["y","z"]},"Bool":{"c":"true"}}}]}"#
        )
    );
}

#[test]
fn an_explanation_names_what_was_missing() {
    let text = r#"{"Version": "2012-10-17", "Statement": [
        {"Sid": "Tagged", "Effect": "Allow", "Action": "s3:*", "Resource": "*",
         "Condition": {"StringEquals": {"aws:PrincipalTag/team": "${aws:username}"}, "Bool": {"aws:SecureTransport": "true"}}},
        {"Sid": "Home", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${saml:sub}"},
        {"Sid": "Other", "Effect": "Allow", "Action": "iam:*", "Resource": "*", "Condition": {"Null": {"aws:absent": "false"}}}
    ]}"#;
    let policy = Policy::parse(text, PolicyKind::Identity).expect("policy");
    let callers = callers();
    let caller = callers["reader s1"].principal();
    let mut context = RequestContext::new();
    context.set_bool("aws:SecureTransport", true);
    let request = Request::new("s3:GetObject", "arn:aws:s3:::b/k", &caller, &context);
    let identity = [NamedPolicy::new("role/reader/inline/read", &policy)];
    let layers = Layers { identity: &identity, ..Layers::default() };
    let explanation = explain(&request, &layers, ResourceRule::Ordinary);
    assert_eq!(explanation.keys_missing(&context), ["aws:PrincipalTag/team", "aws:username", "saml:sub"]);
    let why: Vec<String> = explanation
        .statements
        .iter()
        .map(|trace| match trace.outcome {
            Err(Miss::Condition(condition)) => format!("{} {}", condition.operator().name(), condition.key()),
            Err(Miss::Variable { key }) => format!("no {key}"),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(why, ["StringEquals aws:PrincipalTag/team", "no saml:sub", "Err(Action)"]);
    let tagged = explanation.statements[0].statement;
    let hold: Vec<bool> = tagged.conditions().iter().map(|it| it.holds(&context, tagged.effect())).collect();
    assert_eq!(hold, [false, true]);
}
