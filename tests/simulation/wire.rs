//! The real binary under the deeds: calls over connections, changes by the calls that an operator has for them, and
//! kills. Its clock stands still where the model's does, so that what is said is known to the millisecond.

use std::path::{Path, PathBuf};

use local_sts::time::Timestamp;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::cast::{self, ACCOUNTS, ROLES, Says, USERS, Whom, role_arn, serial_number, user_arn};
use super::deeds::{Call, Change, Deed, Spoil};
use super::house::{Stage, read, request, seeded_key, shown_keys};
use super::model::{Model, Outcome, Owner, Said};
use crate::support::{self, Keys, Line, Running, over, talk};

/// A service of its own process, over a directory.
pub struct Wire {
    directory: PathBuf,
    seed: PathBuf,
    pub running: Running,
    pub aws: Line,
    pub side: Line,
    pub delivery: Line,
    pub now: Timestamp,
    keys: Vec<Keys>,
}

impl Stage for Wire {
    fn ask(&mut self, call: &Call) -> (Said, Option<Keys>) {
        let keys = shown_keys(call, &self.keys);
        let sent = request(&call.ask, &self.keys, self.now).by(&keys);
        read(&call.ask, &self.call(&sent))
    }

    fn take(&mut self, keys: Keys) {
        self.keys.push(keys);
    }
}

/// Who makes the changes: somebody of each account whom no model knows.
pub fn operator(account: &str) -> Keys {
    Keys::new(&format!("AKIAOPERATOR{}", &account[..4]), "of-the-operator")
}

/// The seed of the cast and of these further accounts, an operator in each.
fn seed(further: &[Value]) -> String {
    let mut seed: Value = serde_json::from_str(&cast::seed(seeded_key)).unwrap();
    let accounts = seed["accounts"].as_array_mut().unwrap();
    accounts.extend(further.iter().cloned());
    for account in accounts {
        let keys = operator(account["id"].as_str().unwrap());
        let all: Value = serde_json::from_str(&Says::Everything.document()).unwrap();
        account["users"].as_array_mut().unwrap().push(json!({
            "name": "operator", "accessKeys": [{"id": keys.id, "secret": keys.secret}],
            "policies": [{"name": "all", "document": all}],
        }));
    }
    seed["delivery"] = super::errands::delivery();
    seed.to_string()
}

fn start(directory: &Path, seed: &Path) -> (Running, [Line; 3]) {
    let (directory, seed) = (directory.to_str().unwrap(), seed.to_str().unwrap());
    let running = Running::start(&["--data-dir", directory, "--seed", seed, "--delivery-listen", "127.0.0.1:0"]);
    let lines = [&running.aws, &running.companion, running.delivery.as_ref().unwrap()].map(|place| Line::to(place));
    (running, lines)
}

impl Wire {
    /// The cast and these accounts, in a directory at this place.
    pub fn new(place: &Path, further: &[Value]) -> Self {
        std::fs::create_dir_all(place).unwrap();
        let (directory, file) = (place.join("data"), place.join("seed.json"));
        std::fs::write(&file, seed(further)).unwrap();
        let (running, [aws, side, delivery]) = start(&directory, &file);
        let now = Timestamp::from_seconds(0);
        Self { directory, seed: file, running, aws, side, delivery, now, keys: Vec::new() }
    }

    /// What the model has at its beginning.
    pub fn begin(&mut self, model: &Model) {
        let seeded = |(id, secret): (String, String)| Keys { id, secret, token: None };
        let users = USERS.iter().enumerate().map(|(user, (_, account, _))| seeded(seeded_key(*account, Some(user))));
        self.keys = users.chain((0..ACCOUNTS.len()).map(|account| seeded(seeded_key(account, None)))).collect();
        self.set_clock(model);
    }

    /// The temporary credentials that were handed out.
    pub fn sessions(&self) -> impl DoubleEndedIterator<Item = &Keys> {
        self.keys.iter().filter(|keys| keys.token.is_some())
    }

    /// Has the service's clock stand where the model's does.
    pub fn set_clock(&mut self, model: &Model) {
        self.now = Timestamp::from_millis(model.now());
        let at = self.now.iso_millis().to_string();
        self.admin("PUT", "/_admin/v1/clock", &json!({"mode": "frozen", "at": at, "backwards": true}));
    }

    /// Ends the process and starts it again; the connections are new ones.
    pub fn restart(&mut self, signal: Signal, model: &Model) {
        self.running.end(signal);
        (self.running, [self.aws, self.side, self.delivery]) = start(&self.directory, &self.seed);
        let told = self.admin("GET", "/_admin/v1/clock", &Value::Null);
        assert_eq!(told["now"], json!(self.now.iso_millis().to_string()), "a restart turns no clock");
        self.set_clock(model);
    }

    /// Makes a call.
    pub fn call(&mut self, call: &support::Call) -> support::Answer {
        over(&mut self.aws, call).unwrap_or_else(|| panic!("the aws listener does not answer {call:?}"))
    }

    /// Asks the companion, which must take it.
    #[track_caller]
    pub fn admin(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let (status, answer) = talk(&mut self.side, (method, path), "", &text).expect("the companion answers");
        let shown = String::from_utf8_lossy(&answer);
        assert_eq!(status, 200, "{method} {path} {text}: {shown}");
        serde_json::from_str(&shown).unwrap_or(Value::Null)
    }

    /// The name of the session of a credential, if the ledger has it: what began in the moment before a kill it may lack.
    pub fn session_id(&mut self, keys: &Keys) -> Option<String> {
        let page = self.admin("GET", &format!("/_admin/v1/sessions?accessKeyId={}", keys.id), &Value::Null);
        page["sessions"][0]["sessionId"].as_str().map(str::to_owned)
    }

    // Changes ------------------------------------------------------------------------------------------------------

    /// Makes a change on both sides. Those that an operator has no calls for are left out.
    pub fn change(&mut self, model: &mut Model, change: &Change) -> Result<(), String> {
        let Some((change, done)) = self.operate(model, change) else { return Ok(()) };
        let expected = model.change(&change);
        let agree = done == (expected == Outcome::Done);
        if let (Change::Reset, true) = (&change, agree) {
            self.set_clock(model);
        }
        if agree { Ok(()) } else { Err(format!("{change:?} was done: {done}, and should be {expected:?}")) }
    }

    /// Whether it was done, and the change as it came out.
    fn operate(&mut self, model: &Model, change: &Change) -> Option<(Change, bool)> {
        let (present, mut came_out) = (&model.present, change.clone());
        let owner = |id: &String| present.keys.get(id).map(|key| key.owner);
        let (user, role) = (|at: usize| present.users.get(&at), |at: usize| present.roles.get(&at));
        let named =
            |trust: &cast::Trust| !matches!(trust.whom, Whom::Session(role) if !present.roles.contains_key(&role));
        let done = match change {
            Change::Switch(pick, _) | Change::DeleteKey(pick) => {
                let id = &model.picked(*pick).id;
                let Some(Owner::User(user)) = owner(id) else { return None };
                let (action, status) = match change {
                    Change::Switch(_, active) => ("UpdateAccessKey", Some(if *active { "Active" } else { "Inactive" })),
                    _ => ("DeleteAccessKey", None),
                };
                let status = status.map(|status| ("Status", status));
                self.of_user(
                    user,
                    action,
                    &[("AccessKeyId", id.as_str())].into_iter().chain(status).collect::<Vec<_>>(),
                )
            }
            Change::NewKey(at, _) => {
                user(*at)?;
                if present.keys.values().filter(|key| key.owner == Owner::User(*at)).count() >= 2 {
                    return None;
                }
                let call = support::Call::iam("CreateAccessKey").param("UserName", USERS[*at].0);
                let made = self.call(&call.by(&operator(ACCOUNTS[USERS[*at].1])));
                let [id, secret] = ["AccessKeyId", "SecretAccessKey"].map(|element| made.text(element).unwrap());
                came_out = Change::NewKey(*at, id.clone());
                self.take(Keys { id, secret, token: None });
                true
            }
            Change::MakeUser(at, says) => {
                if user(*at).is_some() {
                    return None;
                }
                self.of_user(*at, "CreateUser", &[]) && self.permit_user(*at, *says)
            }
            Change::DeleteUser(at) => {
                let found = user(*at)?.clone();
                for (id, _) in present.keys.iter().filter(|(_, key)| key.owner == Owner::User(*at)) {
                    self.of_user(*at, "DeleteAccessKey", &[("AccessKeyId", id)]);
                }
                for (device, _) in present.devices.iter().filter(|(_, owner)| **owner == found.id) {
                    let serial = serial_number(*device);
                    self.of_user(*at, "DeactivateMFADevice", &[("SerialNumber", &serial)]);
                    let call = support::Call::iam("DeleteVirtualMFADevice").param("SerialNumber", &serial);
                    self.call(&call.by(&operator(ACCOUNTS[USERS[*at].1])));
                }
                if found.says != Says::Silent {
                    self.of_user(*at, "DeleteUserPolicy", &[("PolicyName", "own")]);
                }
                self.of_user(*at, "DeleteUser", &[])
            }
            Change::PermitUser(at, says) => {
                user(*at)?;
                self.permit_user(*at, *says)
            }
            Change::MakeRole(at, says, trust) => {
                if role(*at).is_some() || !named(trust) {
                    return None;
                }
                let longest = ROLES[*at].3.to_string();
                let (document, longest) = (trust.document(), ("MaxSessionDuration", longest.as_str()));
                self.of_role(*at, "CreateRole", &[("AssumeRolePolicyDocument", &document), longest])
                    && self.permit_role(*at, *says)
            }
            Change::DeleteRole(at) => {
                if role(*at)?.says != Says::Silent {
                    self.of_role(*at, "DeleteRolePolicy", &[("PolicyName", "own")]);
                }
                self.of_role(*at, "DeleteRole", &[])
            }
            Change::PermitRole(at, says) => {
                role(*at)?;
                self.permit_role(*at, *says)
            }
            Change::Trust(at, trust) => {
                role(*at).filter(|_| named(trust))?;
                self.of_role(*at, "UpdateAssumeRolePolicy", &[("PolicyDocument", &trust.document())])
            }
            Change::RevokeUser(at) => {
                user(*at)?;
                self.end_sessions(&json!({"user": user_arn(*at)}))
            }
            Change::RevokeRole(at) => {
                role(*at)?;
                self.end_sessions(&json!({"role": role_arn(*at)}))
            }
            Change::RevokeSession(pick) => {
                let at = pick.of(model.credentials.len());
                model.credentials[at].session.as_ref()?;
                let id = self.session_id(&self.keys[at].clone())?;
                self.end_sessions(&json!({ "sessionId": id }))
            }
            // Another key seals once a snapshot was taken.
            Change::Rotate => {
                self.admin("POST", "/_admin/v1/snapshots/rotation", &json!({"replace": true}));
                true
            }
            Change::Reset => {
                self.admin("POST", "/_admin/v1/reset", &Value::Null);
                true
            }
        };
        Some((came_out, done))
    }

    fn end_sessions(&mut self, whose: &Value) -> bool {
        self.admin("POST", "/_admin/v1/sessions/revoke", whose);
        true
    }

    fn permit_user(&mut self, user: usize, says: Says) -> bool {
        self.of_user(user, "PutUserPolicy", &[("PolicyName", "own"), ("PolicyDocument", &says.document())])
    }

    fn permit_role(&mut self, role: usize, says: Says) -> bool {
        self.of_role(role, "PutRolePolicy", &[("PolicyName", "own"), ("PolicyDocument", &says.document())])
    }

    fn of_user(&mut self, user: usize, action: &str, params: &[(&str, &str)]) -> bool {
        let (name, account, _) = USERS[user];
        self.iam(account, support::Call::iam(action).param("UserName", name), params)
    }

    fn of_role(&mut self, role: usize, action: &str, params: &[(&str, &str)]) -> bool {
        let (name, account, ..) = ROLES[role];
        self.iam(account, support::Call::iam(action).param("RoleName", name), params)
    }

    fn iam(&mut self, account: usize, call: support::Call, params: &[(&str, &str)]) -> bool {
        let call = params.iter().fold(call, |call, (name, value)| call.param(name, value));
        self.call(&call.by(&operator(ACCOUNTS[account]))).status() == 200
    }
}

/// A deed as it can happen to a process: nothing makes its disk fail or loses what it wrote, and the dates of its
/// signatures are those of the machine.
pub fn tamed(deed: &Deed) -> Option<Deed> {
    match deed {
        Deed::Store(_) => None,
        Deed::Call(call) if matches!(call.spoil, Spoil::Date(_)) => {
            Some(Deed::Call(Call { spoil: Spoil::Not, ..call.clone() }))
        }
        deed => Some(deed.clone()),
    }
}
