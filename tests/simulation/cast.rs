//! The cast: accounts, users and roles, and what policies say of them, in words and in the documents that mean them.
//!
//! The model knows the words only; the service gets the documents only.

use serde_json::{Value, json};

pub const ACCOUNTS: [&str; 2] = ["123456789012", "210987654321"];

/// Name, account, and what the own policy says.
pub const USERS: [(&str, usize, Says); 5] = [
    ("ann", 0, Says::Everything),
    ("bob", 0, Says::Nothing),
    ("cat", 0, Says::NoAssume),
    ("dan", 1, Says::Everything),
    ("eve", 1, Says::OnlyAssume),
];

/// Name, account, what the own policy says, the longest session in seconds, and who may assume it.
pub const ROLES: [(&str, usize, Says, i64, Trust); 6] = [
    ("open", 0, Says::Everything, 43_200, Trust::of(Whom::Everyone)),
    ("delegated", 0, Says::Nothing, 3600, Trust::of(Whom::Account(0))),
    ("for-bob", 0, Says::OnlyAssume, 7200, Trust::of(Whom::User(1))),
    ("chained", 0, Says::Nothing, 7200, Trust::of(Whom::Role(0))),
    ("partner", 1, Says::Everything, 3600, Trust { external_id: true, ..Trust::of(Whom::Account(0)) }),
    ("abroad", 1, Says::NoTags, 7200, Trust { except: Some(3), ..Trust::of(Whom::Everyone) }),
];

/// MFA devices: whose, and their seeds.
pub const DEVICES: [(usize, &str); 2] = [(0, "ANNSPHONEANNSPHONE"), (3, "DANSPHONEDANSPHONE")];

pub const SESSION_NAMES: [&str; 2] = ["one", "two"];
pub const TAG_KEYS: [&str; 2] = ["team", "shift"];
pub const EXTERNAL_ID: &str = "tenant-9";

/// What a caller needs a permission for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    AssumeRole,
    TagSession,
    SetSourceIdentity,
    GetFederationToken,
    GetAccessKeyInfo,
    /// Whatever IAM does.
    Administer,
}

/// What a policy says, of an identity or of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// Nothing about STS.
    Nothing,
    Everything,
    OnlyAssume,
    /// Everything, but it denies `sts:AssumeRole`.
    NoAssume,
    /// Everything, but it denies `sts:TagSession`.
    NoTags,
    /// There is no policy.
    Silent,
}

impl Says {
    pub const ALL: [Self; 5] = [Self::Nothing, Self::Everything, Self::OnlyAssume, Self::NoAssume, Self::NoTags];

    /// Yes, no, or silence.
    pub fn about(self, action: Action) -> Option<bool> {
        match self {
            Self::Nothing | Self::Silent => None,
            Self::Everything => Some(true),
            Self::OnlyAssume => (action == Action::AssumeRole).then_some(true),
            Self::NoAssume => Some(action != Action::AssumeRole),
            Self::NoTags => Some(action != Action::TagSession),
        }
    }

    pub fn document(self) -> String {
        let allow = |action: &str| json!({"Effect": "Allow", "Action": action, "Resource": "*"});
        let deny = |action: &str| json!({"Effect": "Deny", "Action": action, "Resource": "*"});
        policy(match self {
            Self::Nothing => json!([allow("s3:GetObject")]),
            Self::Everything => json!([allow("*")]),
            Self::OnlyAssume => json!([allow("sts:AssumeRole")]),
            Self::NoAssume => json!([allow("*"), deny("sts:AssumeRole")]),
            Self::NoTags => json!([allow("*"), deny("sts:TagSession")]),
            Self::Silent => unreachable!("there is no policy"),
        })
    }
}

/// Whom a trust names; users and roles by their place in the cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    Everyone,
    Account(usize),
    User(usize),
    Role(usize),
    /// The session of this role that has the first name.
    Session(usize),
    Service,
}

/// Who may assume a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trust {
    pub whom: Whom,
    /// Whether they may tag, and set a source identity.
    pub tags: bool,
    pub source_identity: bool,
    /// Whether they must send the external id.
    pub external_id: bool,
    /// Whether they must have shown a second factor, in this call or for their session.
    pub second_factor: bool,
    /// A user to whom it denies `sts:AssumeRole`.
    pub except: Option<usize>,
}

impl Trust {
    pub const fn of(whom: Whom) -> Self {
        Self { whom, tags: true, source_identity: true, external_id: false, second_factor: false, except: None }
    }

    pub fn document(&self) -> String {
        let principal = match self.whom {
            Whom::Everyone => json!({"AWS": "*"}),
            Whom::Account(account) => json!({"AWS": format!("arn:aws:iam::{}:root", ACCOUNTS[account])}),
            Whom::User(user) => json!({"AWS": user_arn(user)}),
            Whom::Role(role) => json!({"AWS": role_arn(role)}),
            Whom::Session(role) => json!({"AWS": session_arn(role, SESSION_NAMES[0])}),
            Whom::Service => json!({"Service": "ec2.amazonaws.com"}),
        };
        let mut actions = vec!["sts:AssumeRole"];
        actions.extend(self.tags.then_some("sts:TagSession"));
        actions.extend(self.source_identity.then_some("sts:SetSourceIdentity"));
        let mut allow = json!({"Effect": "Allow", "Principal": principal, "Action": actions});
        if self.external_id {
            allow["Condition"]["StringEquals"] = json!({"sts:ExternalId": EXTERNAL_ID});
        }
        if self.second_factor {
            allow["Condition"]["Bool"] = json!({"aws:MultiFactorAuthPresent": "true"});
        }
        let denial = |user| json!({"Effect": "Deny", "Principal": {"AWS": user_arn(user)}, "Action": "sts:AssumeRole"});
        policy([allow].into_iter().chain(self.except.map(denial)).collect())
    }
}

fn policy(statements: Value) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

pub fn root_arn(account: usize) -> String {
    format!("arn:aws:iam::{}:root", ACCOUNTS[account])
}

pub fn user_arn(user: usize) -> String {
    let (name, account, _) = USERS[user];
    format!("arn:aws:iam::{}:user/{name}", ACCOUNTS[account])
}

pub fn role_arn(role: usize) -> String {
    let (name, account, ..) = ROLES[role];
    format!("arn:aws:iam::{}:role/{name}", ACCOUNTS[account])
}

pub fn serial_number(device: usize) -> String {
    let (name, account, _) = USERS[DEVICES[device].0];
    format!("arn:aws:iam::{}:mfa/{name}", ACCOUNTS[account])
}

pub fn session_arn(role: usize, session_name: &str) -> String {
    let (name, account, ..) = ROLES[role];
    format!("arn:aws:sts::{}:assumed-role/{name}/{session_name}", ACCOUNTS[account])
}

/// The seed of the cast. `key` makes the access key of the root user of an account (`None`) and of each user.
pub fn seed(key: impl Fn(usize, Option<usize>) -> (String, String)) -> String {
    let key = |account, user| {
        let (id, secret) = key(account, user);
        json!([{"id": id, "secret": secret}])
    };
    let inline = |says: Says| json!([{"name": "own", "document": document(&says.document())}]);
    let account = |at: usize| {
        let users = USERS.iter().enumerate().filter(|(_, (_, account, _))| *account == at);
        let users: Vec<Value> = users
            .map(|(user, (name, account, says))| {
                let devices = DEVICES.iter().filter(|(owner, _)| *owner == user);
                let devices: Vec<Value> = devices.map(|(_, seed)| json!({"name": name, "secret": seed})).collect();
                json!({
                    "name": name, "accessKeys": key(*account, Some(user)), "mfaDevices": devices,
                    "policies": inline(*says),
                })
            })
            .collect();
        let roles = ROLES.iter().filter(|(_, account, ..)| *account == at);
        let roles: Vec<Value> = roles
            .map(|(name, _, says, longest, trust)| {
                json!({
                    "name": name, "maxSessionDuration": longest,
                    "policies": inline(*says), "trust": document(&trust.document()),
                })
            })
            .collect();
        json!({"id": ACCOUNTS[at], "rootAccessKeys": key(at, None), "users": users, "roles": roles})
    };
    json!({"accounts": [account(0), account(1)]}).to_string()
}

fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
