//! What must be said to a call: who is let in, and what both sides must allow.

use std::collections::BTreeMap;

use super::administration;
use super::cast::{ACCOUNTS, Action, EXTERNAL_ID, ROLES, SESSION_NAMES, Says, TAG_KEYS, Whom};
use super::cast::{root_arn, session_arn, user_arn};
use super::deeds::{Ask, Assume, Call, Shown, Spoil};
use super::model::{Credential, Model, Owner, Role, Said, Session, Who};

pub type Refusal = &'static str;
pub const INVALID: Refusal = "InvalidClientTokenId";
const EXPIRED: Refusal = "ExpiredToken";
const UNSIGNED: Refusal = "SignatureDoesNotMatch";
pub const DENIED: Refusal = "AccessDenied";
const BAD_DURATION: Refusal = "ValidationError";
const OTHER_IDENTITY: Refusal = "ValidationError";
/// The store failed.
pub const FAILED: Refusal = "InternalFailure";
const TAG_IS_SET: Refusal = "InvalidParameterValue";

const HOUR: i64 = 3600;
const WINDOW: i64 = 900;
/// How long a device shows a code, and how many steps off it may be.
const CODE_STEP: i64 = 30;
const CODE_WINDOW: i64 = 2;
/// How many codes of a device are looked at in how many seconds.
const VERIFICATIONS: u32 = 9;
const VERIFICATION_SLOT: i64 = 180;

/// How closely a trust means a caller.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Means {
    /// The caller itself, or everybody.
    Caller,
    /// The role behind the caller's session.
    ItsRole,
    /// The caller's account, which leaves the rest to the caller's own policies.
    ItsAccount,
}

impl Model {
    /// What must be said to a call, and the session that comes of it.
    pub fn ask(&mut self, call: &Call) -> (Said, Option<Session>) {
        let commits = self.commits;
        let answered = self.answer(call);
        // Nobody is answered over what may be forgotten.
        let unsure = self.commits > commits && self.fault.is_some();
        match answered {
            _ if unsure => (Said::Refused(500, FAILED.to_owned()), None),
            Ok(answered) => answered,
            Err(code) => {
                let status = match code {
                    INVALID | EXPIRED | UNSIGNED | DENIED => 403,
                    FAILED => 500,
                    _ => administration::status(code).unwrap_or(400),
                };
                (Said::Refused(status, code.to_owned()), None)
            }
        }
    }

    /// What GetCallerIdentity must say to this credential.
    pub fn identify(&mut self, credential: usize) -> Said {
        self.ask(&Call::identify(credential)).0
    }

    /// Remembers what was handed out.
    pub fn hand_out(&mut self, id: String, session: Session) {
        self.credentials.push(Credential { id, account: session.account, session: Some(session) });
    }

    fn answer(&mut self, call: &Call) -> Result<(Said, Option<Session>), Refusal> {
        let by = &self.picked(call.by).clone();
        self.authenticate(call, by)?;
        let issued = |session: Session, arn: Option<String>| {
            let (expires, source_identity) = (session.expires, session.source_identity.clone());
            Ok((Said::Issued { arn, expires, source_identity }, Some(session)))
        };
        match &call.ask {
            Ask::Identity => {
                let (arn, account) = (self.arn_of(by), ACCOUNTS[by.account].to_owned());
                Ok((Said::Identity { arn, account }, None))
            }
            Ask::Assume(ask) => {
                issued(self.assume(by, ask)?, Some(session_arn(ask.role, SESSION_NAMES[ask.session_name])))
            }
            Ask::SessionToken(seconds, shown) => {
                let (who, seconds) = self.long_term(by, *seconds)?;
                let code = self.verify(&who, *shown)?;
                self.use_up(code)?;
                let session = self.begin(who, by.account, seconds);
                issued(Session { second_factor: code.is_some(), ..session }, None)
            }
            Ask::Federation { name, seconds, tagged, .. } => {
                let (who, seconds) = self.long_term(by, *seconds)?;
                let issuer = if let Who::User(user) = who { Some(user) } else { None };
                for action in [Action::GetFederationToken].into_iter().chain(tagged.then_some(Action::TagSession)) {
                    self.own_policies_allow(by, action)?;
                }
                let arn = format!("arn:aws:sts::{}:federated-user/{name}", ACCOUNTS[by.account]);
                issued(self.begin(Who::Federated(name, issuer), by.account, seconds), Some(arn))
            }
            Ask::Iam(task) => Ok((self.administer(by, task)?, None)),
            Ask::KeyInfo(asked) => {
                let of_a_user = by.session.as_ref().is_some_and(|session| !matches!(session.who, Who::Role(..)));
                if of_a_user {
                    return Err(DENIED);
                }
                self.own_policies_allow(by, Action::GetAccessKeyInfo)?;
                Ok((Said::Account(ACCOUNTS[self.picked(*asked).account].to_owned()), None))
            }
        }
    }

    /// The signature's date, the key, the token, its end, whoever stands behind it, and at last the signature itself.
    fn authenticate(&self, call: &Call, by: &Credential) -> Result<(), Refusal> {
        if let Spoil::Date(seconds) = call.spoil {
            let signed = (self.machine + seconds * 1000).div_euclid(1000);
            let near = |clock: i64| (signed - clock.div_euclid(1000)).abs() <= WINDOW;
            if !near(self.machine) && !near(self.now()) {
                return Err(UNSIGNED);
            }
        }
        if let Spoil::Token(other) = call.spoil {
            let other = other.of(self.credentials.len());
            let tokenless = by.session.is_none() && self.credentials[other].session.is_none();
            if other != call.by.of(self.credentials.len()) && !tokenless {
                return Err(INVALID);
            }
        }
        self.alive(call.by.of(self.credentials.len()))?;
        if let Ask::Iam(_) = call.ask {
            Self::iam_lets_in(by)?;
        }
        if call.spoil == Spoil::Secret { Err(UNSIGNED) } else { Ok(()) }
    }

    fn alive(&self, at: usize) -> Result<(), Refusal> {
        let credential = &self.credentials[at];
        let Some(session) = &credential.session else {
            let active = self.present.keys.get(&credential.id).is_some_and(|key| key.active);
            return if active { Ok(()) } else { Err(INVALID) };
        };
        if !self.present.seals.contains(&session.seal) {
            return Err(INVALID);
        }
        if self.now() >= session.expires {
            return Err(EXPIRED);
        }
        let stands = session.issuer == self.present.issuer(&session.who);
        if stands && !self.present.revoked.contains(&at) { Ok(()) } else { Err(INVALID) }
    }

    /// A code that counts now: it is of the caller's own device, which has one verification less, and unused.
    fn verify(&mut self, who: &Who, shown: Option<Shown>) -> Result<Option<(usize, i64)>, Refusal> {
        let Some(Shown { device, offset }) = shown else { return Ok(None) };
        let now = self.now().div_euclid(1000);
        let (slot, step) = (now.div_euclid(VERIFICATION_SLOT), now.div_euclid(CODE_STEP) + offset);
        let theirs =
            matches!(who, Who::User(_)) && self.present.id_of(who) == self.present.devices.get(&device).copied();
        let counted = self.present.verified.get(&device).filter(|(at, _)| *at == slot).map_or(0, |(_, count)| *count);
        if !theirs || counted >= VERIFICATIONS {
            return Err(DENIED);
        }
        let mut next = self.present.clone();
        next.verified.insert(device, (slot, counted + 1));
        self.commit(next).map_err(|_| FAILED)?;
        let counts = offset.abs() <= CODE_WINDOW && !self.present.used.contains(&(device, step));
        if counts { Ok(Some((device, step))) } else { Err(DENIED) }
    }

    fn use_up(&mut self, code: Option<(usize, i64)>) -> Result<(), Refusal> {
        let Some(code) = code else { return Ok(()) };
        let mut next = self.present.clone();
        next.used.insert(code);
        self.commit(next).map_err(|_| FAILED)
    }

    fn assume(&mut self, by: &Credential, ask: &Assume) -> Result<Session, Refusal> {
        let (who, own) = (self.who(by), by.session.as_ref());
        if let Who::Federated(..) = who {
            return Err(DENIED);
        }
        let mut handed_down = own.map(|session| session.tags.clone()).unwrap_or_default();
        let asked = ask.tag.map(|(key, transitive)| (TAG_KEYS[key], transitive));
        if asked.is_some_and(|(key, _)| handed_down.contains_key(key)) {
            return Err(TAG_IS_SET);
        }
        let set = own.and_then(|session| session.source_identity.clone());
        let source_identity = match (set, ask.source_identity) {
            (Some(set), Some(asked)) if set != asked => return Err(OTHER_IDENTITY),
            (set, asked) => set.or(asked.map(str::to_owned)),
        };
        if who == Who::Root {
            return Err(DENIED);
        }
        let code = self.verify(&who, ask.shown)?;
        let second_factor = code.is_some() || own.is_some_and(|session| session.second_factor);
        let role = self.present.roles.get(&ask.role).ok_or(DENIED)?;
        let tagged = asked.is_some() || !handed_down.is_empty();
        let needed = [Action::AssumeRole]
            .into_iter()
            .chain(tagged.then_some(Action::TagSession))
            .chain(source_identity.is_some().then_some(Action::SetSourceIdentity));
        for action in needed {
            self.both_sides_allow(by, &who, role, (ask, second_factor), action)?;
        }
        let seconds = ask.seconds.unwrap_or(HOUR);
        if seconds > ROLES[ask.role].3 || own.is_some() && seconds > HOUR {
            return Err(BAD_DURATION);
        }
        self.use_up(code)?;
        if let Some((key, true)) = asked {
            handed_down.insert(key, "x".to_owned());
        }
        let session = self.begin(Who::Role(ask.role, SESSION_NAMES[ask.session_name]), ROLES[ask.role].1, seconds);
        Ok(Session { says: ask.policy, tags: handed_down, source_identity, ..session })
    }

    /// The trust must allow, and depending on how it means the caller their own policies as well.
    fn both_sides_allow(
        &self,
        by: &Credential,
        who: &Who,
        role: &Role,
        (ask, second_factor): (&Assume, bool),
        action: Action,
    ) -> Result<(), Refusal> {
        let (own, session) =
            (self.own_policies(by).about(action), by.session.as_ref().and_then(|session| session.says));
        let session = session.map(|says| says.about(action));
        let trust = &role.trust;
        let excepted = role.excepted.is_some() && role.excepted == self.present.id_of(who);
        let denied = excepted && action == Action::AssumeRole;
        if own == Some(false) || session == Some(Some(false)) || denied {
            return Err(DENIED);
        }
        let speaks_of_it = match action {
            Action::TagSession => trust.tags,
            Action::SetSourceIdentity => trust.source_identity,
            _ => true,
        };
        let demands =
            (!trust.external_id || ask.external_id == Some(EXTERNAL_ID)) && (!trust.second_factor || second_factor);
        let means = self.means(by, who, role).filter(|_| speaks_of_it && demands).ok_or(DENIED)?;
        let own = own == Some(true);
        let limited = session.is_none_or(|says| says == Some(true));
        let allowed = match means {
            _ if by.account != ROLES[ask.role].1 => own && limited,
            Means::Caller => true,
            Means::ItsRole => limited,
            Means::ItsAccount => own && limited,
        };
        if allowed { Ok(()) } else { Err(DENIED) }
    }

    fn means(&self, by: &Credential, who: &Who, role: &Role) -> Option<Means> {
        let same = role.meant.is_some() && role.meant == self.present.id_of(who);
        match (role.trust.whom, who) {
            (Whom::Everyone, _) => Some(Means::Caller),
            (Whom::Account(account), _) => (account == by.account).then_some(Means::ItsAccount),
            (Whom::User(_), Who::User(_)) => same.then_some(Means::Caller),
            (Whom::Role(_), Who::Role(..)) => same.then_some(Means::ItsRole),
            // By name alone: a session has no id that a trust could keep.
            (Whom::Session(role), Who::Role(own, name)) => {
                (role == *own && *name == SESSION_NAMES[0]).then_some(Means::Caller)
            }
            _ => None,
        }
    }

    pub fn own_policies_allow(&self, by: &Credential, action: Action) -> Result<(), Refusal> {
        let session = by.session.as_ref().and_then(|session| session.says);
        let allowed = self.own_policies(by).about(action) == Some(true)
            && session.is_none_or(|says| says.about(action) == Some(true));
        if allowed { Ok(()) } else { Err(DENIED) }
    }

    fn own_policies(&self, by: &Credential) -> Says {
        match self.who(by) {
            Who::User(user) => self.present.users[&user].says,
            Who::Role(role, _) => self.present.roles[&role].says,
            Who::Root | Who::Federated(..) => Says::Everything,
        }
    }

    /// Who calls with keys that stay, and how long a session of theirs lasts.
    fn long_term(&self, by: &Credential, asked: Option<i64>) -> Result<(Who, i64), Refusal> {
        match (self.who(by), &by.session) {
            (_, Some(_)) => Err(DENIED),
            (Who::Root, None) => Ok((Who::Root, asked.unwrap_or(HOUR).min(HOUR))),
            (who, None) => Ok((who, asked.unwrap_or(12 * HOUR))),
        }
    }

    fn begin(&self, who: Who, account: usize, seconds: i64) -> Session {
        Session {
            account,
            expires: (self.now().div_euclid(1000) + seconds) * 1000,
            seal: *self.present.seals.last().unwrap(),
            issuer: self.present.issuer(&who),
            who,
            says: None,
            tags: BTreeMap::new(),
            source_identity: None,
            second_factor: false,
        }
    }

    fn who(&self, credential: &Credential) -> Who {
        match (&credential.session, self.present.keys.get(&credential.id).map(|key| key.owner)) {
            (Some(session), _) => session.who.clone(),
            (None, Some(Owner::User(user))) => Who::User(user),
            (None, _) => Who::Root,
        }
    }

    fn arn_of(&self, credential: &Credential) -> String {
        match self.who(credential) {
            Who::Root => root_arn(credential.account),
            Who::User(user) => user_arn(user),
            Who::Role(role, name) => session_arn(role, name),
            Who::Federated(name, _) => format!("arn:aws:sts::{}:federated-user/{name}", ACCOUNTS[credential.account]),
        }
    }
}
