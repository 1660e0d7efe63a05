//! Calls of IAM while sessions live: what chance picks, what is sent, and what must be said to it.

use super::cast::{Action, ROLES, Says, Trust, USERS, Whom};
use super::deeds::{Change, Dice, Pick};
use super::model::{Credential, Model, Owner, Said, Who};
use super::rules::{FAILED, INVALID, Refusal};
use crate::support::{Call, Keys};

const NO_SUCH: Refusal = "NoSuchEntity";
const TAKEN: Refusal = "EntityAlreadyExists";
const THINGS_HANG_ON_IT: Refusal = "DeleteConflict";
const TOO_MANY: Refusal = "LimitExceeded";
const MALFORMED: Refusal = "MalformedPolicyDocument";

const MOST_KEYS: usize = 2;

/// What a caller wants IAM to do in its own account.
#[derive(Clone, Debug)]
pub enum Task {
    MakeUser(usize),
    DeleteUser(usize),
    PermitUser(usize, Says),
    /// Removes the policy that a user has.
    SilenceUser(usize),
    NewKey(usize),
    /// A key said to be of this user.
    Switch(usize, Pick, bool),
    DeleteKey(usize, Pick),
    MakeRole(usize, Trust),
    DeleteRole(usize),
    PermitRole(usize, Says),
    SilenceRole(usize),
    Trust(usize, Trust),
}

enum Target {
    User(usize),
    Role(usize),
}

impl Task {
    fn target(&self) -> Target {
        match self {
            Self::MakeUser(user)
            | Self::DeleteUser(user)
            | Self::PermitUser(user, _)
            | Self::SilenceUser(user)
            | Self::NewKey(user)
            | Self::Switch(user, ..)
            | Self::DeleteKey(user, _) => Target::User(*user),
            Self::MakeRole(role, _)
            | Self::DeleteRole(role)
            | Self::PermitRole(role, _)
            | Self::SilenceRole(role)
            | Self::Trust(role, _) => Target::Role(*role),
        }
    }

    /// The account that the cast has its target in.
    pub fn account(&self) -> usize {
        match self.target() {
            Target::User(user) => USERS[user].1,
            Target::Role(role) => ROLES[role].1,
        }
    }

    /// Whether it would make somebody of the cast in another account than theirs, which no model of mine knows.
    pub fn is_out_of_place(&self, account: usize) -> bool {
        matches!(self, Self::MakeUser(_) | Self::MakeRole(..)) && self.account() != account
    }

    /// As it is sent.
    pub fn call(&self, keys: &[Keys]) -> Call {
        let action = match self {
            Self::MakeUser(_) => "CreateUser",
            Self::DeleteUser(_) => "DeleteUser",
            Self::PermitUser(..) => "PutUserPolicy",
            Self::SilenceUser(_) => "DeleteUserPolicy",
            Self::NewKey(_) => "CreateAccessKey",
            Self::Switch(..) => "UpdateAccessKey",
            Self::DeleteKey(..) => "DeleteAccessKey",
            Self::MakeRole(..) => "CreateRole",
            Self::DeleteRole(_) => "DeleteRole",
            Self::PermitRole(..) => "PutRolePolicy",
            Self::SilenceRole(_) => "DeleteRolePolicy",
            Self::Trust(..) => "UpdateAssumeRolePolicy",
        };
        let call = match self.target() {
            Target::User(user) => Call::iam(action).param("UserName", USERS[user].0),
            Target::Role(role) => Call::iam(action).param("RoleName", ROLES[role].0),
        };
        let id = |pick: &Pick| keys[pick.of(keys.len())].id.clone();
        match self {
            Self::PermitUser(_, says) | Self::PermitRole(_, says) => {
                call.param("PolicyName", "own").param("PolicyDocument", &says.document())
            }
            Self::SilenceUser(_) | Self::SilenceRole(_) => call.param("PolicyName", "own"),
            Self::Switch(_, pick, active) => {
                call.param("AccessKeyId", &id(pick)).param("Status", if *active { "Active" } else { "Inactive" })
            }
            Self::DeleteKey(_, pick) => call.param("AccessKeyId", &id(pick)),
            Self::MakeRole(role, trust) => call
                .param("AssumeRolePolicyDocument", &trust.document())
                .param("MaxSessionDuration", &ROLES[*role].3.to_string()),
            Self::Trust(_, trust) => call.param("PolicyDocument", &trust.document()),
            _ => call,
        }
    }

    /// The change that it comes to. A key gets its name from the service, after the answer.
    fn change(&self, new_key: String) -> Change {
        match self.clone() {
            Self::MakeUser(user) => Change::MakeUser(user, Says::Silent),
            Self::DeleteUser(user) => Change::DeleteUser(user),
            Self::PermitUser(user, says) => Change::PermitUser(user, says),
            Self::SilenceUser(user) => Change::PermitUser(user, Says::Silent),
            Self::NewKey(user) => Change::NewKey(user, new_key),
            Self::Switch(_, pick, active) => Change::Switch(pick, active),
            Self::DeleteKey(_, pick) => Change::DeleteKey(pick),
            Self::MakeRole(role, trust) => Change::MakeRole(role, Says::Silent, trust),
            Self::DeleteRole(role) => Change::DeleteRole(role),
            Self::PermitRole(role, says) => Change::PermitRole(role, says),
            Self::SilenceRole(role) => Change::PermitRole(role, Says::Silent),
            Self::Trust(role, trust) => Change::Trust(role, trust),
        }
    }
}

impl Dice {
    /// Mostly of things that are there and by whoever may.
    pub fn task(&self) -> Task {
        let (user, role) = (self.below(USERS.len()), self.below(ROLES.len()));
        // The key that the seed gave to a user stands at the user's place.
        let key = if self.once_in(2) { Pick::Nth(user) } else { self.pick() };
        match self.below(32) {
            0..3 => Task::MakeUser(user),
            3..5 => Task::DeleteUser(user),
            5..9 => Task::PermitUser(user, self.says()),
            9..11 => Task::SilenceUser(user),
            11..16 => Task::NewKey(user),
            16..19 => Task::Switch(user, key, !self.once_in(3)),
            19..21 => Task::DeleteKey(user, key),
            21..24 => Task::MakeRole(role, self.trust()),
            24 => Task::DeleteRole(role),
            25..28 => Task::PermitRole(role, self.says()),
            28..30 => Task::SilenceRole(role),
            _ => Task::Trust(role, self.trust()),
        }
    }
}

impl Model {
    /// IAM lets in no session of a federated user, and none of a user or the root user that showed no code.
    pub fn iam_lets_in(by: &Credential) -> Result<(), Refusal> {
        let lacks = by.session.as_ref().is_some_and(|session| match session.who {
            Who::Federated(..) => true,
            Who::Root | Who::User(_) => !session.second_factor,
            Who::Role(..) => false,
        });
        if lacks { Err(INVALID) } else { Ok(()) }
    }

    /// What must be said to a task.
    pub fn administer(&mut self, by: &Credential, task: &Task) -> Result<Said, Refusal> {
        self.own_policies_allow(by, Action::Administer)?;
        self.can(by, task)?;
        let mut next = self.present.clone();
        self.alter(&mut next, &task.change(unread(self.commits))).map_err(|_| MALFORMED)?;
        self.commit(next).map_err(|_| FAILED)?;
        Ok(if let Task::NewKey(user) = task { Said::Key(*user) } else { Said::Done })
    }

    /// Gives a key the name that its answer told.
    pub fn read_key(&mut self, id: String, user: usize) {
        let unread = unread(self.commits - 1);
        for state in [&mut self.present, &mut self.kept] {
            let key = state.keys.remove(&unread).unwrap();
            state.keys.insert(id.clone(), key);
        }
        self.credentials.push(Credential { id, account: USERS[user].1, session: None });
    }

    fn can(&self, by: &Credential, task: &Task) -> Result<(), Refusal> {
        let state = &self.present;
        let here = task.account() == by.account;
        let user = |user: &usize| state.users.get(user).filter(|_| here).ok_or(NO_SUCH);
        let role = |role: &usize| state.roles.get(role).filter(|_| here).ok_or(NO_SUCH);
        let keys = |user: &usize| state.keys.values().filter(|key| key.owner == Owner::User(*user)).count();
        let absent = |is_there: bool| if is_there { Err(TAKEN) } else { Ok(()) };
        let free = |hangs: bool| if hangs { Err(THINGS_HANG_ON_IT) } else { Ok(()) };
        let said = |says: Says| if says == Says::Silent { Err(NO_SUCH) } else { Ok(()) };
        match task {
            Task::MakeUser(at) => absent(state.users.contains_key(at)),
            Task::DeleteUser(at) => {
                let found = user(at)?;
                let has_device = state.devices.values().any(|owner| *owner == found.id);
                free(keys(at) > 0 || has_device || found.says != Says::Silent)
            }
            Task::PermitUser(at, _) => user(at).map(|_| ()),
            Task::SilenceUser(at) => said(user(at)?.says),
            Task::NewKey(at) => {
                user(at)?;
                if keys(at) >= MOST_KEYS { Err(TOO_MANY) } else { Ok(()) }
            }
            Task::Switch(at, pick, _) | Task::DeleteKey(at, pick) => {
                user(at)?;
                let key = state.keys.get(&self.picked(*pick).id).map(|key| key.owner);
                if key == Some(Owner::User(*at)) { Ok(()) } else { Err(NO_SUCH) }
            }
            Task::MakeRole(at, trust) => {
                absent(state.roles.contains_key(at))?;
                self.may_be_trusted(trust)
            }
            Task::DeleteRole(at) => free(role(at)?.says != Says::Silent),
            Task::PermitRole(at, _) => role(at).map(|_| ()),
            Task::SilenceRole(at) => said(role(at)?.says),
            Task::Trust(at, trust) => {
                role(at)?;
                self.may_be_trusted(trust)
            }
        }
    }

    /// IAM takes a session of a role only while there is such a role; the rest is looked up by whoever writes the trust.
    fn may_be_trusted(&self, trust: &Trust) -> Result<(), Refusal> {
        match trust.whom {
            Whom::Session(role) if !self.present.roles.contains_key(&role) => Err(MALFORMED),
            _ => Ok(()),
        }
    }
}

/// What a key is called until somebody reads its name in the answer, which may get lost.
fn unread(commits: u32) -> String {
    format!("made by commit {commits}")
}

/// The status with which IAM refuses.
pub fn status(code: Refusal) -> Option<u16> {
    match code {
        NO_SUCH => Some(404),
        TAKEN | THINGS_HANG_ON_IT | TOO_MANY => Some(409),
        _ => None,
    }
}
