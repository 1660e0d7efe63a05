//! Who may assume what: kinds of callers against forms of trust, each through the whole pipeline, as ticks and crosses.
//!
//! `fixtures/golden/trust-matrix.txt` says how to read it. A service and the bearer of a token cannot sign an
//! `AssumeRole`; the principals of `fixtures/policy` have them.

use std::fmt::Write as _;

use local_sts::federation::mfa::{Seed, Step};
use local_sts::identities::Identities;
use local_sts::ids::unique_id::Kind;
use local_sts::ids::{AccountId, UniqueId};
use local_sts::policy::document::Policy;
use local_sts::policy::parse::PolicyKind;
use local_sts::secret::Secret;
use local_sts::store::records;
use serde_json::{Value, json};

use crate::support::{Call, Keys, TestWorld, golden};

const HOME: &str = "111111111111";
const AWAY: &str = "222222222222";
const STANCES: [&str; 3] = ["allows", "silent", "denies"];
const ACTIONS: [&str; 3] = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];
const SESSION_NAME: &str = "here";
const EXTERNAL_ID: &str = "tenant-9";
/// The seed of every user's MFA device.
const DEVICE: &str = "TRUSTMATRIXTRUSTMATRIX";

const LEGEND: &str = "\
Who may assume a role of account 111111111111. Each line is a trust policy, by whom its statement about the action
names. Each column is a kind of caller, at home in that account or away in account 222222222222. Its three marks are
for callers whose own policy allows the action, is silent about it, or denies it.

  ✓  allowed      ✗  refused by policy      ·  refused before any policy is asked

A token is of GetSessionToken; with +code, a second factor is shown in the call, or was for the token. A narrowed role
session has a session policy that is silent about the action, a bounded one a role with a permissions boundary that
is. All callers bear the tag team=red.
";

/// Kinds of callers: heading, account, and how they come by their keys.
const CALLERS: [(&str, &str, Kin); 12] = [
    ("user", HOME, Kin::User),
    ("+code", HOME, Kin::UserWithCode),
    ("token", HOME, Kin::SessionToken),
    ("+code", HOME, Kin::SessionTokenWithCode),
    ("role", HOME, Kin::Role),
    ("narrowed", HOME, Kin::Narrowed),
    ("bounded", HOME, Kin::Bounded),
    ("user", AWAY, Kin::User),
    ("role", AWAY, Kin::Role),
    ("federated", HOME, Kin::Federated),
    ("root", HOME, Kin::Root),
    ("unsigned", HOME, Kin::Nobody),
];

#[derive(Clone, Copy, PartialEq)]
enum Kin {
    User,
    UserWithCode,
    SessionToken,
    SessionTokenWithCode,
    Role,
    Narrowed,
    Bounded,
    Federated,
    Root,
    Nobody,
}

impl Kin {
    /// One stance is enough where the caller's own policies cannot matter.
    fn stances(self) -> &'static [&'static str] {
        match self {
            Self::Federated | Self::Root | Self::Nobody => &STANCES[..1],
            _ => &STANCES,
        }
    }
}

/// A trust, as far as it is about the action in question.
struct Form {
    title: &'static str,
    /// Everything of its statements but the actions.
    statements: Vec<Value>,
    external_id: Option<&'static str>,
    /// Whom it names were deleted since it was written, and others made under their names.
    stale: bool,
    /// It is about the other actions.
    beside: bool,
}

fn users(account: &str) -> Value {
    STANCES.iter().map(|stance| format!("arn:aws:iam::{account}:user/user-{stance}")).collect()
}

/// The names of the roles that call.
fn callers() -> impl Iterator<Item = String> {
    STANCES.iter().flat_map(|stance| ["caller", "bounded"].map(|kind| format!("{kind}-{stance}")))
}

fn roles(account: &str) -> Value {
    callers().map(|name| format!("arn:aws:iam::{account}:role/{name}")).collect()
}

fn sessions(name: &str) -> Value {
    callers().map(|role| format!("arn:aws:sts::{HOME}:assumed-role/{role}/{name}")).collect()
}

fn allow(title: &'static str, principal: Value) -> Form {
    let statements = vec![json!({"Effect": "Allow", "Principal": principal})];
    Form { title, statements, external_id: None, stale: false, beside: false }
}

fn aws(title: &'static str, who: impl Into<Value>) -> Form {
    allow(title, json!({"AWS": who.into()}))
}

impl Form {
    fn given(mut self, condition: Value) -> Self {
        self.statements[0]["Condition"] = condition;
        self
    }

    fn but(mut self, who: impl Into<Value>, condition: Value) -> Self {
        self.statements.push(json!({"Effect": "Deny", "Principal": {"AWS": who.into()}, "Condition": condition}));
        self
    }

    fn sending(self, external_id: &'static str) -> Self {
        Self { external_id: Some(external_id), ..self }
    }

    fn stale(self) -> Self {
        Self { stale: true, ..self }
    }

    fn about_others(self) -> Self {
        Self { beside: true, ..self }
    }

    fn document(&self, action: &str) -> Value {
        let mut statements = self.statements.clone();
        let spoken_of = |one: &&str| (*one == action) != self.beside;
        let actions: Vec<&str> = ACTIONS.into_iter().filter(spoken_of).collect();
        for statement in &mut statements {
            statement["Action"] = actions.clone().into();
        }
        if action != ACTIONS[0] {
            statements.push(json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ACTIONS[0]}));
        }
        policy(&statements.into())
    }
}

fn forms() -> Vec<Form> {
    let none = || json!({});
    let account = format!("arn:aws:iam::{HOME}:root");
    let external_id = || json!({"StringEquals": {"sts:ExternalId": EXTERNAL_ID}});
    let mfa = |operator: &str, value: &str| json!({operator: {"aws:MultiFactorAuthPresent": value}});
    let team = |team: &str| json!({"StringEquals": {"aws:PrincipalTag/team": team}});
    let like = |arn: &str| json!({"ArnLike": {"aws:PrincipalArn": arn}});
    vec![
        aws("the account, by its ARN", account.as_str()),
        aws("the account, by its number", HOME),
        aws("the other account", AWAY),
        aws("the users at home", users(HOME)),
        aws("the users away", users(AWAY)),
        aws("the roles at home", roles(HOME)),
        aws("the roles away", roles(AWAY)),
        aws("the sessions of the roles at home", sessions(SESSION_NAME)),
        aws("sessions of other names", sessions("elsewhere")),
        aws("the federated user", format!("arn:aws:sts::{HOME}:federated-user/guest")),
        aws("everybody", "*"),
        aws("everybody, for the other actions", "*").about_others(),
        allow("a service", json!({"Service": "ec2.amazonaws.com"})),
        allow("an identity provider", json!({"Federated": format!("arn:aws:iam::{HOME}:oidc-provider/example.com")})),
        aws("unique ids of what is gone", json!(["AIDAZZZZZZZZZZZZZZZZZ", "AROAZZZZZZZZZZZZZZZZZ"])),
        aws("the users at home, made anew since", users(HOME)).stale(),
        aws("the roles at home, made anew since", roles(HOME)).stale(),
        aws("everybody with an external id, sent", "*").given(external_id()).sending(EXTERNAL_ID),
        aws("the account with an external id, sent", HOME).given(external_id()).sending(EXTERNAL_ID),
        aws("everybody with an external id, not sent", "*").given(external_id()),
        aws("everybody with an external id, another sent", "*").given(external_id()).sending("tenant-8"),
        aws("everybody with a second factor", "*").given(mfa("Bool", "true")),
        aws("everybody with one if that is known", "*").given(mfa("BoolIfExists", "true")),
        aws("everybody, but a Deny of sessions without one", "*").but("*", mfa("Bool", "false")),
        aws("everybody of team red", "*").given(team("red")),
        aws("everybody of team blue", "*").given(team("blue")),
        aws("the account, if a user by aws:PrincipalArn", HOME).given(like("arn:aws:iam::*:user/*")),
        aws("everybody, if a role by aws:PrincipalArn", "*").given(like("arn:aws:iam::*:role/*")),
        aws("everybody, if a session by aws:PrincipalArn", "*").given(like("arn:aws:sts::*:assumed-role/*")),
        aws("everybody, if at home by aws:PrincipalAccount", "*")
            .given(json!({"StringEquals": {"aws:PrincipalAccount": HOME}})),
        aws("everybody, but a Deny of the users at home", "*").but(users(HOME), none()),
        aws("everybody, but a Deny of the roles at home", "*").but(roles(HOME), none()),
        aws("everybody, but a Deny of their sessions", "*").but(sessions(SESSION_NAME), none()),
        aws("everybody, but a Deny of the account", "*").but(account.as_str(), none()),
        aws("everybody, but a Deny of team red", "*").but("*", team("red")),
        aws("the users at home, but a Deny of everybody", users(HOME)).but("*", none()),
    ]
}

fn policy(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn statement(effect: &str, action: &str) -> Value {
    json!({"Effect": effect, "Action": action, "Resource": "*"})
}

/// What a policy that is silent about `action` allows: for the others, the AssumeRole that they go with.
fn beside(action: &str) -> &'static str {
    if action == ACTIONS[0] { "s3:GetObject" } else { ACTIONS[0] }
}

/// An account with a user and two roles of each stance towards `action`, and these roles beside.
fn account(id: &str, action: &str, targets: Vec<Value>) -> Value {
    let own = |stance: &str| {
        let mut statements = vec![statement("Allow", "sts:GetFederationToken"), statement("Allow", beside(action))];
        statements.extend((stance == "allows").then(|| statement("Allow", action)));
        statements.extend((stance == "denies").then(|| statement("Deny", action)));
        json!([{"name": "own", "document": policy(&statements.into())}])
    };
    let key = |name: &str| json!([{"id": key_id(id, name), "secret": "secret"}]);
    let everybody = policy(&json!([{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]));
    let users = STANCES.iter().map(|stance| {
        let name = format!("user-{stance}");
        let device = json!([{"name": name, "secret": DEVICE}]);
        json!({"name": name, "accessKeys": key(&name), "tags": {"team": "red"}, "policies": own(stance), "mfaDevices": device})
    });
    let callers = callers().map(|name| {
        let (kind, stance) = name.split_once('-').unwrap();
        let mut role = json!({"name": name, "tags": {"team": "red"}, "policies": own(stance), "trust": everybody});
        if kind == "bounded" {
            role["permissionsBoundary"] = format!("arn:aws:iam::{id}:policy/silent").into();
        }
        role
    });
    json!({
        "id": id,
        "rootAccessKeys": key("root"),
        "policies": [{"name": "silent", "document": policy(&json!([statement("Allow", beside(action))]))}],
        "users": users.chain([json!({"name": "maker", "accessKeys": key("maker")})]).collect::<Vec<_>>(),
        "roles": callers.chain(targets).collect::<Vec<_>>(),
    })
}

/// Both accounts, and a role at home for each form of trust.
fn world(action: &str, forms: &[Form]) -> TestWorld {
    let target = |(at, form): (usize, &Form)| json!({"name": target(at), "trust": form.document(action)});
    let targets = forms.iter().enumerate().map(target).collect();
    let accounts = [account(HOME, action, targets), account(AWAY, action, Vec::new())];
    let world = TestWorld::new(&json!({"accounts": accounts}).to_string());
    for at in (0..forms.len()).filter(|at| forms[*at].stale) {
        make_stale(&world, &target_arn(at));
    }
    world
}

/// Binds the trust of a role to other unique ids than those of today's bearers of the names.
fn make_stale(world: &TestWorld, arn: &str) {
    let gone = UniqueId::mint(Kind::User, AccountId::parse(HOME).unwrap(), [9; 9]);
    world.change(|draft| {
        let role = draft.identities.role_by_arn(arn).unwrap().clone();
        let trusted: Vec<_> = role.record.trusted.iter().map(|(arn, _)| (arn.clone(), gone.clone())).collect();
        assert!(!trusted.is_empty());
        let record = records::Role { trusted, ..role.record.clone() };
        Ok(draft.identities.update_role(&mut draft.batch, &role.id, record)?)
    });
}

fn key_id(account: &str, name: &str) -> String {
    format!("AKIA{account}{}", name.to_uppercase().replace('-', "_"))
}

fn target(at: usize) -> String {
    format!("target-{at}")
}

fn target_arn(at: usize) -> String {
    format!("arn:aws:iam::{HOME}:role/{}", target(at))
}

fn assume(role: &str) -> Call {
    Call::assume_role(role, SESSION_NAME)
}

/// The keys of a caller; none for one who does not sign.
fn keys(world: &TestWorld, account: &str, kin: Kin, stance: &str, action: &str) -> Option<Keys> {
    let key = |name: &str| Keys::new(&key_id(account, name), "secret");
    let user = key(&format!("user-{stance}"));
    let session = |role: &str| assume(&format!("arn:aws:iam::{account}:role/{role}-{stance}")).by(&key("maker"));
    let allowing = |action: &str| policy(&json!([statement("Allow", action)])).to_string();
    let begin = match kin {
        Kin::User | Kin::UserWithCode => return Some(user),
        Kin::Root => return Some(key("root")),
        Kin::Nobody => return None,
        Kin::SessionToken => Call::sts("GetSessionToken").by(&user),
        Kin::SessionTokenWithCode => showing(Call::sts("GetSessionToken"), world, stance).by(&user),
        Kin::Federated => {
            Call::sts("GetFederationToken").param("Name", "guest").param("Policy", &allowing("*")).by(&user)
        }
        Kin::Role => session("caller"),
        Kin::Narrowed => session("caller").param("Policy", &allowing(beside(action))),
        Kin::Bounded => session("bounded"),
    };
    Some(begin.send(world).keys())
}

/// `call` with what the device of the user of this stance shows.
fn showing(call: Call, world: &TestWorld, stance: &str) -> Call {
    let code = Seed::parse(&Secret::new(DEVICE.to_owned())).unwrap().code(Step::of(world.machine_now(), 0)).unwrap();
    call.param("SerialNumber", &format!("arn:aws:iam::{HOME}:mfa/user-{stance}")).param("TokenCode", &code)
}

/// What comes of `call`: a mark. Whatever is refused by policy is refused for `action` and nothing else.
fn mark(world: &TestWorld, kin: Kin, call: &Call, action: &str) -> char {
    let answer = call.send(world);
    let (code, message) = (answer.text("Code"), answer.text("Message").unwrap_or_default());
    match (answer.status(), code.as_deref()) {
        (200, None) => '✓',
        (403, Some("MissingAuthenticationToken")) if kin == Kin::Nobody => '·',
        (403, Some("AccessDenied")) if kin == Kin::Root && message.starts_with("Roles may not be assumed by") => '·',
        (403, Some("AccessDenied")) if kin == Kin::Federated => '·',
        (403, Some("AccessDenied")) if message.contains(&format!("to perform: {action} on resource")) => '✗',
        _ => panic!("{}", answer.body()),
    }
}

fn row(title: &str, cells: impl Iterator<Item = String>) -> String {
    let columns = CALLERS.iter().zip(cells);
    let cells: String =
        columns.map(|((heading, ..), cell)| format!("  {cell:width$}", width = heading.len().max(5))).collect();
    format!("{title:46}{}\n", cells.trim_end())
}

/// The lines of the table of an action.
fn lines(action: &str) -> Vec<String> {
    let forms = forms();
    let world = world(action, &forms);
    let keys_of = |account: &str, kin: Kin| -> Vec<Option<Keys>> {
        kin.stances().iter().map(|stance| keys(&world, account, kin, stance, action)).collect()
    };
    let callers = CALLERS.map(|(_, account, kin)| (kin, keys_of(account, kin)));
    let line = |(at, form): (usize, &Form)| {
        let call = assume(&target_arn(at));
        let call = match action {
            "sts:TagSession" => call.tags(&[("k", "v")]),
            "sts:SetSourceIdentity" => call.param("SourceIdentity", "ann"),
            _ => call,
        };
        let call = form.external_id.map_or(call.clone(), |id| call.param("ExternalId", id));
        // Each code counts once.
        world.wait(30);
        let cell = |(kin, keys): &(Kin, Vec<Option<Keys>>)| {
            let marks = keys.iter().zip(STANCES).map(|(keys, stance)| {
                let call = keys.as_ref().map_or(call.clone(), |keys| call.clone().by(keys));
                let call = if *kin == Kin::UserWithCode { showing(call, &world, stance) } else { call };
                mark(&world, *kin, &call, action).to_string()
            });
            marks.collect::<Vec<_>>().join(" ")
        };
        row(form.title, callers.iter().map(cell))
    };
    forms.iter().enumerate().map(line).collect()
}

/// The first action in full, of the others what differs.
fn tables() -> String {
    let [first, others @ ..] = ACTIONS;
    let headings = CALLERS.map(|(heading, ..)| heading.to_owned());
    let places = CALLERS.map(|(_, account, kin)| match account {
        _ if kin.stances().len() == 1 => String::new(),
        HOME => "home".to_owned(),
        _ => "away".to_owned(),
    });
    let all = lines(first);
    let mut out = format!("\n{}{}{}", row(first, headings.into_iter()), row("", places.into_iter()), all.concat());
    for action in others {
        let differing: Vec<String> = lines(action).into_iter().filter(|line| !all.contains(line)).collect();
        let but = if differing.is_empty() { "the same" } else { "the same, but for" };
        let _ = write!(out, "\n{action}, with AssumeRole allowed on both sides: {but}\n{}", differing.concat());
    }
    out
}

/// Trusts that nobody can write, and why.
fn refused() -> String {
    let mut out = String::from("\nRefused when they are written\n\n");
    let mut tell = |title: &str, element: &str, principal: Value, action: &str| {
        let statement = json!({"Effect": "Allow", element: principal, "Action": action});
        let document = policy(&json!([statement])).to_string();
        let why = match Policy::parse(&document, PolicyKind::Trust) {
            Err(error) => error.to_string(),
            Ok(_) => Identities::trusted(&document, |_| None).unwrap_err().to_string(),
        };
        let _ = writeln!(out, "{title:46}  {why}");
    };
    let home = |rest: &str| json!({"AWS": format!("arn:aws:iam::{HOME}:{rest}")});
    tell("everybody but the account, by NotPrincipal", "NotPrincipal", home("root"), ACTIONS[0]);
    for (title, principal) in [
        ("everybody, as a bare star", json!("*")),
        ("everybody, and somebody", json!({"AWS": ["*", HOME]})),
        ("all users, by a star in an ARN", home("user/*")),
        ("a group", home("group/g")),
        ("a user who is not there", home("user/none")),
        ("any provider", json!({"Federated": "*"})),
    ] {
        tell(title, "Principal", principal, ACTIONS[0]);
    }
    tell("the account, for every action", "Principal", home("root"), "*");
    tell("the account, for another action", "Principal", home("root"), "sts:GetSessionToken");
    out
}

#[test]
fn who_may_assume_what_is_as_it_was() {
    golden("fixtures/golden/trust-matrix.txt", &format!("{LEGEND}{}{}", tables(), refused()));
}
