//! Who holds what until when: the rules of STS in a few words, without a signature, a token or a policy document.
//!
//! It owes the service nothing; `rules.rs` goes on with what is said to calls. What comes next has its place: a session
//! of `AssumeRoot` is one more `Who`, a region one more part of a `Call`, a bearer of a token one more `Pick`.

use std::collections::{BTreeMap, BTreeSet};

use super::cast::{ACCOUNTS, DEVICES, ROLES, Says, Trust, USERS, Whom};
use super::deeds::{Change, Deed, Fault, Pick};

/// A number that is given once: whatever is made anew, or lost and made again, has another.
pub type Number = u32;

/// What everybody must agree on. A restart after a failed flush goes back to an earlier one.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub users: BTreeMap<usize, User>,
    pub roles: BTreeMap<usize, Role>,
    pub keys: BTreeMap<String, LongTerm>,
    /// What seals session tokens; the last one is in use.
    pub seals: Vec<Number>,
    pub revoked: BTreeSet<usize>,
    /// The users who have devices, by their ids.
    pub devices: BTreeMap<usize, Number>,
    /// Codes that were used up: device and step.
    pub used: BTreeSet<(usize, i64)>,
    /// How many codes of a device were verified in which three minutes.
    pub verified: BTreeMap<usize, (i64, u32)>,
}

#[derive(Clone, Debug)]
pub struct User {
    pub id: Number,
    /// Ends when all of the user's sessions are revoked, and another begins.
    pub spell: Number,
    pub says: Says,
}

#[derive(Clone, Debug)]
pub struct Role {
    pub id: Number,
    pub spell: Number,
    pub says: Says,
    pub trust: Trust,
    /// Whom the trust meant when it was written, and whom it excepted.
    pub meant: Option<Number>,
    pub excepted: Option<Number>,
}

#[derive(Clone, Debug)]
pub struct LongTerm {
    pub owner: Owner,
    pub active: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Root,
    User(usize),
}

/// A credential that was ever handed out.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Its access key id.
    pub id: String,
    pub account: usize,
    /// None for a key that stays until somebody removes it.
    pub session: Option<Session>,
}

/// What temporary credentials stand on: each of it may fall.
#[derive(Clone, Debug)]
pub struct Session {
    pub who: Who,
    pub account: usize,
    pub expires: i64,
    pub seal: Number,
    /// The issuer's id and spell; the root user has none.
    pub issuer: Option<(Number, Number)>,
    pub says: Option<Says>,
    /// The tags that are handed down.
    pub tags: BTreeMap<&'static str, String>,
    pub source_identity: Option<String>,
    pub second_factor: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    Root,
    User(usize),
    Role(usize, &'static str),
    /// Vouched for by a user, or by the root user.
    Federated(&'static str, Option<usize>),
}

/// What the service says to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    Refused(u16, String),
    Identity {
        arn: String,
        account: String,
    },
    Issued {
        arn: Option<String>,
        expires: i64,
        source_identity: Option<String>,
    },
    Account(String),
    /// A key of this user.
    Key(usize),
    Done,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// It makes no sense in this state.
    Refused,
    /// Nothing of it happened.
    Failed,
    /// It happened, and may be forgotten.
    Unsure,
}

pub struct Model {
    pub present: State,
    /// What a restart after a failed flush goes back to.
    pub kept: State,
    seed: State,
    pub credentials: Vec<Credential>,
    /// What the store does to changes.
    pub fault: Option<Fault>,
    given: Number,
    /// How often anything was written.
    pub commits: u32,
    pub machine: i64,
    steering: Steering,
}

#[derive(Clone, Copy, Debug)]
enum Steering {
    System,
    Offset(i64),
    Frozen(i64),
}

impl Model {
    /// The cast at `now`, a whole number of milliseconds; `key` names the access keys of the seed.
    pub fn new(now: i64, key: impl Fn(usize, Option<usize>) -> String) -> Self {
        let (present, kept, seed) = Default::default();
        let (credentials, given, steering) = (Vec::new(), 0, Steering::System);
        let mut model =
            Self { present, kept, seed, credentials, fault: None, given, commits: 0, machine: now, steering };
        for (at, (_, account, says)) in USERS.iter().enumerate() {
            let user = User { id: model.next(), spell: model.next(), says: *says };
            model.present.users.insert(at, user);
            model.add_key(key(*account, Some(at)), *account, Owner::User(at));
        }
        for (device, (user, _)) in DEVICES.iter().enumerate() {
            model.present.devices.insert(device, model.present.users[user].id);
        }
        for account in 0..ACCOUNTS.len() {
            model.add_key(key(account, None), account, Owner::Root);
        }
        // Roles may trust each other, so all of them are there before it is asked whom they mean.
        for (at, (_, _, says, _, trust)) in ROLES.iter().enumerate() {
            let (id, spell) = (model.next(), model.next());
            let role = Role { id, spell, says: *says, trust: *trust, meant: None, excepted: None };
            model.present.roles.insert(at, role);
        }
        for (at, (.., trust)) in ROLES.iter().enumerate() {
            let (meant, excepted) = model.present.named_by(trust).unwrap();
            model.present.roles.entry(at).and_modify(|role| (role.meant, role.excepted) = (meant, excepted));
        }
        model.present.seals = vec![model.next()];
        model.seed = model.present.clone();
        model.kept = model.present.clone();
        model
    }

    fn add_key(&mut self, id: String, account: usize, owner: Owner) {
        self.present.keys.insert(id.clone(), LongTerm { owner, active: true });
        self.credentials.push(Credential { id, account, session: None });
    }

    fn next(&mut self) -> Number {
        self.given += 1;
        self.given
    }

    pub fn now(&self) -> i64 {
        match self.steering {
            Steering::System => self.machine,
            Steering::Offset(millis) => self.machine + millis,
            Steering::Frozen(at) => at,
        }
    }

    // Time ---------------------------------------------------------------------------------------------------------

    /// Lets time pass or be steered; says whether that was taken. Other deeds are not this one's.
    pub fn pass(&mut self, deed: &Deed) -> bool {
        let (steering, backwards) = match deed {
            Deed::Wait(seconds) => {
                self.machine += seconds * 1000;
                return true;
            }
            Deed::Advance(seconds, backwards) => {
                let millis = seconds * 1000;
                let steering = match self.steering {
                    Steering::System => Steering::Offset(millis),
                    Steering::Offset(before) => Steering::Offset(before + millis),
                    Steering::Frozen(at) => Steering::Frozen(at + millis),
                };
                (steering, *backwards)
            }
            Deed::FreezeNear(pick, millis_before) => match self.end_of(pick.of(self.credentials.len())) {
                Some(end) => (Steering::Frozen(end - millis_before), false),
                None => return false,
            },
            Deed::Unsteer(backwards) => (Steering::System, *backwards),
            _ => unreachable!("{deed:?} is no matter of time"),
        };
        let before = (self.now(), self.steering);
        self.steering = steering;
        let taken = backwards || self.now() >= before.0;
        if !taken {
            self.steering = before.1;
        }
        taken
    }

    /// When a session ends by itself.
    pub fn end_of(&self, credential: usize) -> Option<i64> {
        self.credentials[credential].session.as_ref().map(|session| session.expires)
    }

    // Changes ------------------------------------------------------------------------------------------------------

    /// Makes a change.
    pub fn change(&mut self, change: &Change) -> Outcome {
        let mut next = self.present.clone();
        if self.alter(&mut next, change).is_err() {
            return Outcome::Refused;
        }
        if self.commit(next).is_err() {
            return Outcome::Failed;
        }
        match change {
            Change::NewKey(user, id) => {
                let account = USERS[*user].1;
                self.credentials.push(Credential { id: id.clone(), account, session: None });
            }
            // Nothing is left that could live again.
            Change::Reset => self.steering = Steering::System,
            _ => {}
        }
        if self.fault.is_some() { Outcome::Unsure } else { Outcome::Done }
    }

    /// Writes the next state, as far as the store lets it.
    pub fn commit(&mut self, next: State) -> Result<(), Fault> {
        if self.fault == Some(Fault::Write) {
            return Err(Fault::Write);
        }
        self.commits += 1;
        self.present = next;
        if self.fault.is_none() {
            self.kept = self.present.clone();
        }
        Ok(())
    }

    /// A restart, which forgets what was not durable if it is `lossy`; nobody steers the clock any more (B-162).
    pub fn restart(&mut self, lossy: bool) {
        if lossy {
            self.present = self.kept.clone();
        }
        self.steering = Steering::System;
    }

    /// Another key seals from now on.
    pub fn part(&mut self) {
        let seal = self.next();
        self.present.seals.push(seal);
    }

    /// Brings this state back; what was handed out since stays dead.
    pub fn restore(&mut self, state: State) {
        self.present = state;
        self.part();
        self.kept = self.present.clone();
    }

    pub fn alter(&mut self, state: &mut State, change: &Change) -> Result<(), Impossible> {
        match change {
            Change::Switch(pick, active) => {
                state.keys.get_mut(&self.picked(*pick).id).ok_or(Impossible)?.active = *active;
            }
            Change::DeleteKey(pick) => _ = state.keys.remove(&self.picked(*pick).id).ok_or(Impossible)?,
            Change::NewKey(user, id) => {
                state.user(*user)?;
                state.keys.insert(id.clone(), LongTerm { owner: Owner::User(*user), active: true });
            }
            Change::MakeUser(user, says) => {
                let made = User { id: self.next(), spell: self.next(), says: *says };
                if state.users.contains_key(user) {
                    return Err(Impossible);
                }
                state.users.insert(*user, made);
            }
            Change::DeleteUser(user) => {
                let gone = state.users.remove(user).ok_or(Impossible)?;
                state.keys.retain(|_, key| key.owner != Owner::User(*user));
                state.devices.retain(|_, owner| *owner != gone.id);
            }
            Change::PermitUser(user, says) => state.user(*user)?.says = *says,
            Change::RevokeUser(user) => state.user(*user)?.spell = self.next(),
            Change::MakeRole(role, says, trust) => {
                let (meant, excepted) = state.named_by(trust)?;
                let made = Role { id: self.next(), spell: self.next(), says: *says, trust: *trust, meant, excepted };
                if state.roles.contains_key(role) {
                    return Err(Impossible);
                }
                state.roles.insert(*role, made);
            }
            Change::DeleteRole(role) => _ = state.roles.remove(role).ok_or(Impossible)?,
            Change::PermitRole(role, says) => state.role(*role)?.says = *says,
            Change::Trust(role, trust) => {
                let (meant, excepted) = state.named_by(trust)?;
                let role = state.role(*role)?;
                (role.trust, role.meant, role.excepted) = (*trust, meant, excepted);
            }
            Change::RevokeRole(role) => state.role(*role)?.spell = self.next(),
            Change::RevokeSession(pick) => {
                self.picked(*pick).session.as_ref().ok_or(Impossible)?;
                state.revoked.insert(pick.of(self.credentials.len()));
            }
            Change::Rotate => state.seals.push(self.next()),
            Change::Reset => *state = State { seals: vec![self.next()], ..self.seed.clone() },
        }
        Ok(())
    }

    pub fn picked(&self, pick: Pick) -> &Credential {
        &self.credentials[pick.of(self.credentials.len())]
    }
}

impl State {
    fn user(&mut self, at: usize) -> Result<&mut User, Impossible> {
        self.users.get_mut(&at).ok_or(Impossible)
    }

    fn role(&mut self, at: usize) -> Result<&mut Role, Impossible> {
        self.roles.get_mut(&at).ok_or(Impossible)
    }

    /// The id and the spell of the user or role behind somebody; the root user has none.
    pub fn issuer(&self, who: &Who) -> Option<(Number, Number)> {
        let nobody = || Some((0, 0));
        match who {
            Who::Root | Who::Federated(_, None) => None,
            Who::User(user) | Who::Federated(_, Some(user)) => {
                self.users.get(user).map(|user| (user.id, user.spell)).or_else(nobody)
            }
            Who::Role(role, _) => self.roles.get(role).map(|role| (role.id, role.spell)).or_else(nobody),
        }
    }

    pub fn id_of(&self, who: &Who) -> Option<Number> {
        self.issuer(who).map(|(id, _)| id)
    }

    /// The ids of the user or role that a trust means, and of the user whom it excepts; it can only be written while
    /// those are there.
    fn named_by(&self, trust: &Trust) -> Result<(Option<Number>, Option<Number>), Impossible> {
        let user = |user: usize| self.users.get(&user).map(|user| user.id).ok_or(Impossible);
        let meant = match trust.whom {
            Whom::User(at) => Some(user(at)?),
            Whom::Role(at) => Some(self.roles.get(&at).map(|role| role.id).ok_or(Impossible)?),
            _ => None,
        };
        Ok((meant, trust.except.map(user).transpose()?))
    }
}

/// What is to be changed is not there, or what is to be made is.
#[derive(Debug)]
pub struct Impossible;
