//! The real service under the deeds: signed calls through the whole pipeline, changes by the commands of `identities`,
//! restarts over the same rows, and a store that fails when it is told to.

use std::path::PathBuf;
use std::sync::Arc;

use local_sts::api::baseline;
use local_sts::api::world::{ChangeError, Draft};
use local_sts::env::{Steering, draw};
use local_sts::federation::mfa::{Seed, Step};
use local_sts::identities::Identities;
use local_sts::ids::unique_id::Kind;
use local_sts::ids::{AccountId, UniqueId};
use local_sts::secret::{Secret, SecretAccessKey};
use local_sts::sessions::{Issuer, SessionId, open};
use local_sts::shape::Shape;
use local_sts::store::records::{self, KeyOwner};
use local_sts::store::{Batch, Engine, Expect, Row, SledEngine, Ticket, Write};
use local_sts::time::Timestamp;

use super::administration::Task;
use super::cast::{ACCOUNTS, DEVICES, ROLES, SESSION_NAMES, Says, TAG_KEYS, Trust, USERS};
use super::cast::{role_arn, serial_number, user_arn};
use super::deeds::{Ask, Assume, Call, Change, Deed, Fault, Shown, Spoil};
use super::model::{Outcome, Said};
use crate::support::{self, FaultPoint, Faults, FaultyEngine, Keys, NOW, Rows, TestWorld};

/// Where the rows are.
pub enum Medium {
    Memory(Rows),
    Disk(PathBuf),
}

/// A service under the deeds, wherever it is.
pub trait Stage {
    /// Makes a call; what it hands out comes with what was said.
    fn ask(&mut self, call: &Call) -> (Said, Option<Keys>);
    /// Remembers what was handed out.
    fn take(&mut self, keys: Keys);
}

pub struct House {
    medium: Medium,
    /// None only while it is down.
    world: Option<TestWorld>,
    faults: Arc<Faults>,
    /// What the store does to changes.
    pub fault: Option<Fault>,
    /// The rows that are known to be durable.
    kept: Vec<Row>,
    starts: u64,
    seed: u64,
    pub keys: Vec<Keys>,
    sessions: Vec<Option<SessionId>>,
}

/// The key that the seed gives to a user, or to the root user of an account.
pub fn seeded_key(account: usize, user: Option<usize>) -> (String, String) {
    let number = user.map_or(1000, |user| 2000 + user as u64);
    let account_id = AccountId::parse(ACCOUNTS[account]).unwrap();
    let id = local_sts::ids::AccessKeyId::mint("AKIA", account_id, number).to_string();
    (id, secret(number))
}

pub fn secret(number: u64) -> String {
    format!("secret-of-{number}")
}

impl Stage for House {
    fn ask(&mut self, call: &Call) -> (Said, Option<Keys>) {
        self.call(call)
    }

    fn take(&mut self, keys: Keys) {
        self.remember_all(keys);
    }
}

impl House {
    /// The cast, over fresh rows.
    pub fn new(medium: Medium, seed: u64) -> Self {
        let faults = Arc::new(Faults::default());
        let (kept, keys, sessions) = Default::default();
        let mut house = Self { medium, world: None, faults, fault: None, kept, starts: 0, seed, keys, sessions };
        house.start(Some(&super::cast::seed(seeded_key)), 0);
        house.settled();
        for (user, (_, account, _)) in USERS.iter().enumerate() {
            house.remember(seeded_key(*account, Some(user)));
        }
        (0..ACCOUNTS.len()).for_each(|account| house.remember(seeded_key(account, None)));
        house
    }

    fn remember(&mut self, (id, secret): (String, String)) {
        self.keys.push(Keys { id, secret, token: None });
        self.sessions.push(None);
    }

    fn start(&mut self, seed: Option<&str>, elapsed: i64) {
        let engine: Box<dyn Engine> = match &self.medium {
            Medium::Memory(rows) => Box::new(rows.clone()),
            Medium::Disk(directory) => Box::new(SledEngine::open(directory).unwrap()),
        };
        let engine = Box::new(FaultyEngine::over(engine, Arc::clone(&self.faults)));
        self.starts += 1;
        // Chance never repeats itself after a restart.
        let world = TestWorld::over(engine, seed, self.seed.wrapping_mul(1000) + self.starts);
        world.wait(elapsed);
        self.world = Some(world);
    }

    fn world(&self) -> &TestWorld {
        self.world.as_ref().unwrap()
    }

    /// Whether a restart can forget what was not flushed. A directory on a disk that lives does not.
    pub fn can_lose(&self) -> bool {
        matches!(self.medium, Medium::Memory(_))
    }

    pub fn restart(&mut self, lossy: bool) {
        let elapsed = self.world().machine_now().seconds() - NOW;
        self.world = None;
        if lossy && let Medium::Memory(rows) = &mut self.medium {
            let writes = self.kept.iter().map(|Row { key, value }| Write {
                key: key.clone(),
                value: Some(value.clone()),
                expect: Expect::Anything,
            });
            *rows = Rows::default();
            assert!(rows.commit(&Batch { writes: writes.collect(), wipe: false }, 0).is_ok());
        }
        self.start(None, elapsed);
    }

    fn revision(&self) -> u64 {
        if let Medium::Memory(rows) = &self.medium { rows.load().unwrap().1 } else { 0 }
    }

    /// What is there now is durable.
    fn settled(&mut self) {
        if let Medium::Memory(rows) = &self.medium {
            self.kept = rows.load().unwrap().0;
        }
    }

    /// Lets time pass or be steered; `end` is that of the session a deed may name. Says whether it was taken.
    pub fn pass(&self, deed: &Deed, end: Option<i64>) -> bool {
        let clock = &self.world().service.world().clock;
        match deed {
            Deed::Wait(seconds) => {
                self.world().wait(*seconds);
                true
            }
            Deed::Advance(seconds, backwards) => clock.advance(*seconds, *backwards).is_ok(),
            Deed::FreezeNear(_, before) => end
                .is_some_and(|end| clock.steer(Steering::Frozen(Timestamp::from_millis(end - before)), false).is_ok()),
            Deed::Unsteer(backwards) => clock.steer(Steering::System, *backwards).is_ok(),
            _ => unreachable!("{deed:?} is no matter of time"),
        }
    }

    // Calls --------------------------------------------------------------------------------------------------------

    fn call(&mut self, call: &Call) -> (Said, Option<Keys>) {
        let keys = shown_keys(call, &self.keys);
        let late = if let Spoil::Date(seconds) = call.spoil { seconds } else { 0 };
        let at = self.world().machine_now().plus_seconds(late);
        let now = self.world().service.world().now().now;
        let request = request(&call.ask, &self.keys, now).by(&keys).signed_at(at);
        let before = self.revision();
        self.arm();
        let answer = request.send(self.world());
        self.disarm();
        if self.fault.is_none() && self.revision() > before {
            self.settled();
        }
        read(&call.ask, &answer)
    }

    fn remember_all(&mut self, keys: Keys) {
        if keys.token.is_none() {
            return self.remember((keys.id, keys.secret));
        }
        let snapshot = self.world().service.world().snapshot();
        let opened = open(keys.token.as_deref().unwrap(), &keys.id, snapshot.sessions.ring()).unwrap();
        let id = opened.session().id;
        drop(snapshot);
        self.keys.push(keys);
        self.sessions.push(Some(id));
    }

    /// Makes the store fail for what comes next: a call writes twice at most.
    fn arm(&self) {
        self.point().inspect(|point| [1, 2].into_iter().for_each(|nth| self.faults.plan(*point, nth)));
    }

    /// Whatever met no store leaves no fault behind.
    fn disarm(&self) {
        self.point().inspect(|point| while self.faults.strikes(*point) {});
    }

    fn point(&self) -> Option<FaultPoint> {
        self.fault.map(|fault| match fault {
            Fault::Write => FaultPoint::StoreWrite,
            Fault::Flush => FaultPoint::StoreFlush,
        })
    }

    // Changes ------------------------------------------------------------------------------------------------------

    /// Makes a change.
    pub fn change(&mut self, change: &Change) -> Outcome {
        self.arm();
        let changed = self.attempt(change);
        self.disarm();
        let outcome = match changed.map(Ticket::wait) {
            Ok(Ok(())) => Outcome::Done,
            Ok(Err(_)) => Outcome::Unsure,
            Err(ChangeError::Identity(_)) => return Outcome::Refused,
            Err(_) => return Outcome::Failed,
        };
        if outcome == Outcome::Done {
            self.settled();
        }
        match change {
            Change::NewKey(user, id) => self.remember((id.clone(), secret(*user as u64))),
            // As the companion does.
            Change::Reset => self.world().service.world().clock.steer(Steering::System, true).unwrap(),
            _ => {}
        }
        outcome
    }

    fn attempt(&self, change: &Change) -> Result<Ticket, ChangeError> {
        let world = self.world().service.world();
        match change {
            Change::Reset => baseline::reset(world),
            Change::RevokeSession(pick) => match self.sessions[pick.of(self.keys.len())] {
                Some(id) => world
                    .change(|draft| Ok(draft.sessions.revoke(&mut draft.batch, id, world.now().now)?))
                    .map(|((), ticket)| ticket),
                None => Err(nobody()),
            },
            _ => world.change(|draft| self.draw_up(draft, change)).map(|((), ticket)| ticket),
        }
    }

    fn draw_up(&self, draft: &mut Draft, change: &Change) -> Result<(), ChangeError> {
        let world = self.world().service.world();
        let (entropy, now) = (world.entropy.as_ref(), world.now().now);
        let Draft { identities, sessions, batch, .. } = draft;
        let found = |arn: String| identities.unique_id(&arn).ok_or_else(nobody);
        match change {
            Change::Switch(pick, active) => {
                let key = Shape::parse(&self.keys[pick.of(self.keys.len())].id).unwrap();
                identities.set_access_key_active(batch, &key, *active)?;
            }
            Change::DeleteKey(pick) => {
                let key = Shape::parse(&self.keys[pick.of(self.keys.len())].id).unwrap();
                identities.delete_access_key(batch, &key)?;
            }
            Change::NewKey(user, id) => {
                let owner = KeyOwner::User(found(user_arn(*user))?);
                let secret = SecretAccessKey::new(secret(*user as u64));
                let record = records::AccessKey { secret, owner, active: true, created: now };
                identities.create_access_key(batch, Shape::parse(id).unwrap(), record)?;
            }
            Change::MakeUser(user, says) => {
                let (name, account, _) = USERS[*user];
                let account = AccountId::parse(ACCOUNTS[account]).unwrap();
                let record = records::User {
                    account,
                    name: Shape::parse(name).unwrap(),
                    path: local_sts::ids::names::Path::default(),
                    created: now,
                    tags: Vec::new(),
                    groups: Vec::new(),
                    permissions: inline(*says),
                };
                identities.create_user(batch, UniqueId::mint(Kind::User, account, draw(entropy)), record)?;
            }
            Change::DeleteUser(user) => {
                let id = found(user_arn(*user))?;
                identities.delete_user(batch, &id)?;
            }
            Change::PermitUser(user, says) => {
                let id = found(user_arn(*user))?;
                let record = identities.user(&id).unwrap().record.clone();
                identities.update_user(batch, &id, records::User { permissions: inline(*says), ..record })?;
            }
            Change::MakeRole(role, says, trust) => {
                let (name, account, _, longest, _) = ROLES[*role];
                let account = AccountId::parse(ACCOUNTS[account]).unwrap();
                let (trust, trusted) = written(trust, identities)?;
                let record = records::Role {
                    account,
                    name: Shape::parse(name).unwrap(),
                    path: local_sts::ids::names::Path::default(),
                    created: now,
                    description: None,
                    max_session_seconds: i32::try_from(longest).unwrap(),
                    trust,
                    trusted,
                    tags: Vec::new(),
                    permissions: inline(*says),
                };
                identities.create_role(batch, UniqueId::mint(Kind::Role, account, draw(entropy)), record)?;
            }
            Change::DeleteRole(role) => {
                let id = found(role_arn(*role))?;
                identities.delete_role(batch, &id)?;
            }
            Change::PermitRole(role, says) => {
                let id = found(role_arn(*role))?;
                let record = identities.role(&id).unwrap().record.clone();
                identities.update_role(batch, &id, records::Role { permissions: inline(*says), ..record })?;
            }
            Change::Trust(role, trust) => {
                let id = found(role_arn(*role))?;
                let (trust, trusted) = written(trust, identities)?;
                let record = identities.role(&id).unwrap().record.clone();
                identities.update_role(batch, &id, records::Role { trust, trusted, ..record })?;
            }
            Change::RevokeUser(user) => {
                sessions.revoke_all_of(batch, entropy, Issuer::Principal(&found(user_arn(*user))?))?;
            }
            Change::RevokeRole(role) => {
                sessions.revoke_all_of(batch, entropy, Issuer::Principal(&found(role_arn(*role))?))?;
            }
            Change::Rotate => sessions.rotate(batch, entropy, now)?,
            Change::Reset | Change::RevokeSession(_) => unreachable!("these draw up their own"),
        }
        Ok(())
    }
}

/// The keys that a call shows, some of them spoilt.
pub fn shown_keys(call: &Call, all: &[Keys]) -> Keys {
    let keys = &all[call.by.of(all.len())];
    match call.spoil {
        Spoil::Secret => keys.with_secret("another"),
        Spoil::Token(other) => keys.with_token(all[other.of(all.len())].token.as_deref()),
        Spoil::Not | Spoil::Date(_) => keys.clone(),
    }
}

/// What was said, and what was handed out.
pub fn read(ask: &Ask, answer: &support::Answer) -> (Said, Option<Keys>) {
    let text = |element| answer.text(element);
    let said = match (answer.status(), ask) {
        (200, Ask::Identity) => Said::Identity { arn: text("Arn").unwrap(), account: text("Account").unwrap() },
        (200, Ask::KeyInfo(_)) => Said::Account(text("Account").unwrap()),
        (200, Ask::Iam(Task::NewKey(user))) => Said::Key(*user),
        (200, Ask::Iam(_)) => Said::Done,
        (200, _) => {
            let expires = Timestamp::parse_iso(&text("Expiration").unwrap()).unwrap().millis();
            Said::Issued { arn: text("Arn"), expires, source_identity: text("SourceIdentity") }
        }
        (status, _) => Said::Refused(status, text("Code").unwrap_or_default()),
    };
    let keys = match said {
        Said::Issued { .. } => Some(answer.keys()),
        Said::Key(_) => {
            Some(Keys { id: text("AccessKeyId").unwrap(), secret: text("SecretAccessKey").unwrap(), token: None })
        }
        _ => None,
    };
    (said, keys)
}

/// A call as it is sent at this time of the service.
pub fn request(ask: &Ask, keys: &[Keys], now: Timestamp) -> support::Call {
    let lasting = |call: support::Call, seconds: Option<i64>| match seconds {
        Some(seconds) => call.param("DurationSeconds", &seconds.to_string()),
        None => call,
    };
    match ask {
        Ask::Identity => support::Call::sts("GetCallerIdentity"),
        Ask::Assume(ask) => lasting(showing(assume_role(ask), ask.shown, now), ask.seconds),
        Ask::SessionToken(seconds, shown) => {
            lasting(showing(support::Call::sts("GetSessionToken"), *shown, now), *seconds)
        }
        Ask::Federation { name, seconds, policy, tagged } => {
            let mut call = support::Call::sts("GetFederationToken").param("Name", name);
            if let Some(says) = policy {
                call = call.param("Policy", &says.document());
            }
            if *tagged {
                call = tag(call, TAG_KEYS[0]);
            }
            lasting(call, *seconds)
        }
        Ask::KeyInfo(asked) => {
            let id = &keys[asked.of(keys.len())].id;
            support::Call::sts("GetAccessKeyInfo").param("AccessKeyId", id)
        }
        Ask::Iam(task) => task.call(keys),
    }
}

fn showing(call: support::Call, shown: Option<Shown>, now: Timestamp) -> support::Call {
    let Some(Shown { device, offset }) = shown else { return call };
    let seed = Seed::parse(&Secret::new(DEVICES[device].1.to_owned())).unwrap();
    let code = seed.code(Step::of(now, offset)).unwrap();
    call.param("SerialNumber", &serial_number(device)).param("TokenCode", &code)
}

fn nobody() -> ChangeError {
    ChangeError::Identity(local_sts::identities::IdentityError::NoSuch("one", "of this name".to_owned()))
}

fn assume_role(ask: &Assume) -> support::Call {
    let mut call = support::Call::assume_role(&role_arn(ask.role), SESSION_NAMES[ask.session_name]);
    if let Some(id) = ask.external_id {
        call = call.param("ExternalId", id);
    }
    if let Some((key, handed_down)) = ask.tag {
        call = tag(call, TAG_KEYS[key]);
        if handed_down {
            call = call.param("TransitiveTagKeys.member.1", TAG_KEYS[key]);
        }
    }
    if let Some(who) = ask.source_identity {
        call = call.param("SourceIdentity", who);
    }
    if let Some(says) = ask.policy {
        call = call.param("Policy", &says.document());
    }
    call
}

fn tag(call: support::Call, key: &str) -> support::Call {
    call.param("Tags.member.1.Key", key).param("Tags.member.1.Value", "x")
}

fn inline(says: Says) -> records::Permissions {
    let own = records::InlinePolicy { name: Shape::parse("own").unwrap(), document: says.document() };
    records::Permissions { inline: vec![own], ..records::Permissions::default() }
}

/// A trust policy, and the unique ids of those whom it names.
fn written(trust: &Trust, identities: &Identities) -> Result<(String, Vec<(String, UniqueId)>), ChangeError> {
    let document = trust.document();
    let trusted = Identities::trusted(&document, |arn| identities.unique_id(arn))?;
    Ok((document, trusted))
}
