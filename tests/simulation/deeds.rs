//! What may happen, and how chance picks it. A deed means something in every state, so any of them can be left out.

use local_sts::env::{Entropy, SeededEntropy, draw};
use local_sts::ids::access_key::LONG_TERM;
use local_sts::ids::{AccessKeyId, AccountId};

use super::administration::Task;
use super::cast::{ACCOUNTS, DEVICES, EXTERNAL_ID, ROLES, SESSION_NAMES, Says, TAG_KEYS, Trust, USERS, Whom};

/// One thing that happens.
#[derive(Clone, Debug)]
pub enum Deed {
    Call(Call),
    Change(Change),
    /// From now on the store does this to changes.
    Store(Option<Fault>),
    /// So many seconds pass on the machine.
    Wait(i64),
    /// The service's clock goes on by so many seconds; backwards only if that is said.
    Advance(i64, bool),
    /// The service's clock stands still so many milliseconds before the end of this session.
    FreezeNear(Pick, i64),
    /// The service's clock is the machine's again.
    Unsteer(bool),
    /// The process ends and begins again; a lossy one forgets what was not flushed.
    Restart {
        lossy: bool,
    },
}

/// What the store does to a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Write,
    Flush,
}

/// One of the credentials that there are by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// Of all, the long-term keys of the seed first.
    Nth(usize),
    /// Counted from the newest.
    Newest(usize),
}

#[derive(Clone, Debug)]
pub struct Call {
    pub by: Pick,
    pub spoil: Spoil,
    pub ask: Ask,
}

/// How a call is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoil {
    Not,
    /// Signed with another secret.
    Secret,
    /// With the session token of another credential, or none if that has none.
    Token(Pick),
    /// Signed so many seconds after the machine's clock.
    Date(i64),
}

#[derive(Clone, Debug)]
pub enum Ask {
    Identity,
    Assume(Assume),
    SessionToken(Option<i64>, Option<Shown>),
    Federation { name: &'static str, seconds: Option<i64>, policy: Option<Says>, tagged: bool },
    KeyInfo(Pick),
    Iam(Task),
}

#[derive(Clone, Debug)]
pub struct Assume {
    pub role: usize,
    pub session_name: usize,
    pub seconds: Option<i64>,
    pub external_id: Option<&'static str>,
    /// A tag, and whether it is handed down.
    pub tag: Option<(usize, bool)>,
    pub source_identity: Option<&'static str>,
    pub policy: Option<Says>,
    pub shown: Option<Shown>,
}

/// What a device showed, or will show, so many steps from now.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    pub device: usize,
    pub offset: i64,
}

#[derive(Clone, Debug)]
pub enum Change {
    Switch(Pick, bool),
    DeleteKey(Pick),
    NewKey(usize, String),
    MakeUser(usize, Says),
    DeleteUser(usize),
    PermitUser(usize, Says),
    RevokeUser(usize),
    MakeRole(usize, Says, Trust),
    DeleteRole(usize),
    PermitRole(usize, Says),
    Trust(usize, Trust),
    RevokeRole(usize),
    RevokeSession(Pick),
    Rotate,
    Reset,
}

impl Pick {
    /// The place of the credential among `count`.
    pub fn of(self, count: usize) -> usize {
        match self {
            Self::Nth(at) => at % count,
            Self::Newest(back) => count - 1 - back % count,
        }
    }
}

impl Call {
    /// GetCallerIdentity by this credential.
    pub fn identify(credential: usize) -> Self {
        Self { by: Pick::Nth(credential), spoil: Spoil::Not, ask: Ask::Identity }
    }
}

impl Ask {
    pub fn shown(&self) -> Option<Shown> {
        match self {
            Self::Assume(Assume { shown, .. }) | Self::SessionToken(_, shown) => *shown,
            _ => None,
        }
    }
}

/// What the dice say: the same for the same seed.
pub struct Dice(SeededEntropy);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(SeededEntropy::new(seed))
    }

    fn number(&self) -> u64 {
        u64::from_be_bytes(draw(&self.0 as &dyn Entropy))
    }

    pub fn below(&self, end: usize) -> usize {
        (self.number() % end as u64) as usize
    }

    /// Whether something happens that happens once in so many times.
    pub fn once_in(&self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn of<T: Copy>(&self, values: &[T]) -> T {
        values[self.below(values.len())]
    }

    /// So many deeds.
    pub fn deeds(&self, count: usize) -> Vec<Deed> {
        (0..count).map(|_| self.deed()).collect()
    }

    pub fn deed(&self) -> Deed {
        match self.below(100) {
            0..64 => Deed::Call(self.call()),
            64..84 => Deed::Change(self.change()),
            84..87 => Deed::Store(self.of(&[None, None, Some(Fault::Flush), Some(Fault::Write)])),
            87..89 => Deed::Wait(self.seconds()),
            89..92 => Deed::Advance(self.seconds() * self.of(&[1, 1, -1]), !self.once_in(3)),
            92..95 => Deed::FreezeNear(self.pick(), self.of(&[0, 1, 507, 1000])),
            95..98 => Deed::Unsteer(!self.once_in(3)),
            _ => Deed::Restart { lossy: self.once_in(2) },
        }
    }

    /// Around the lengths of sessions, and now and then longer than any of them.
    fn seconds(&self) -> i64 {
        let days = 2 * 86_400;
        let few = !self.once_in(5);
        if few { self.of(&[1, 2, 59, 60, 300, 899, 900, 901]) } else { self.of(&[3599, 3600, 3601, 43_200, days]) }
    }

    /// Mostly a new one or one of the seed: others are likely to be dead.
    pub fn pick(&self) -> Pick {
        match self.below(8) {
            0..3 => Pick::Nth(self.below(USERS.len() + ACCOUNTS.len())),
            3..7 => Pick::Newest(self.below(8)),
            _ => Pick::Nth(self.below(10_000)),
        }
    }

    fn call(&self) -> Call {
        let ask = match self.below(26) {
            0..3 => Ask::Identity,
            3..14 => Ask::Assume(self.assume()),
            14..16 => {
                let seconds = self.once_in(2).then(|| self.of(&[900, 3600, 43_200, 129_600]));
                Ask::SessionToken(seconds, self.once_in(2).then(|| self.shown()))
            }
            16..19 => Ask::Federation {
                name: self.of(&["guest", "auditor"]),
                seconds: self.once_in(2).then(|| self.of(&[900, 3601, 129_600])),
                policy: self.once_in(2).then(|| self.says()),
                tagged: self.once_in(3),
            },
            19 => Ask::KeyInfo(self.pick()),
            _ => Ask::Iam(self.task()),
        };
        let spoil = match self.below(24) {
            0 => Spoil::Secret,
            1 => Spoil::Token(self.pick()),
            2 => Spoil::Date(self.of(&[-3600, -901, -900, 900, 901, 3600])),
            _ => Spoil::Not,
        };
        // The key that the seed gave to a user stands at the user's place.
        let by = match &ask {
            // The root users' keys come after those of the users.
            Ask::Iam(task) if self.once_in(2) => Some(Pick::Nth(USERS.len() + task.account())),
            _ => ask.shown().filter(|_| !self.once_in(3)).map(|shown| Pick::Nth(DEVICES[shown.device].0)),
        };
        Call { by: by.unwrap_or_else(|| self.pick()), spoil, ask }
    }

    fn assume(&self) -> Assume {
        Assume {
            role: self.below(ROLES.len()),
            session_name: self.below(SESSION_NAMES.len()),
            seconds: self.once_in(2).then(|| self.of(&[900, 901, 3600, 3601, 7200, 43_200])),
            external_id: self.of(&[None, Some(EXTERNAL_ID), Some(EXTERNAL_ID), Some("tenant-8")]),
            tag: self.once_in(2).then(|| (self.below(TAG_KEYS.len()), !self.once_in(3))),
            source_identity: self.once_in(5).then(|| self.of(&["ann@example.com", "bob@example.com"])),
            policy: self.once_in(4).then(|| self.says()),
            shown: self.once_in(5).then(|| self.shown()),
        }
    }

    fn shown(&self) -> Shown {
        Shown { device: self.below(DEVICES.len()), offset: self.of(&[0, 0, 0, 1, -1, 2, -2, 3, -3]) }
    }

    fn change(&self) -> Change {
        let (user, role) = (self.below(USERS.len()), self.below(ROLES.len()));
        match self.below(60) {
            0..6 => Change::Switch(self.pick(), !self.once_in(4)),
            6..8 => Change::DeleteKey(self.pick()),
            8..13 => Change::NewKey(user, self.key_id(USERS[user].1)),
            13..17 => Change::MakeUser(user, self.says()),
            17..19 => Change::DeleteUser(user),
            19..23 => Change::PermitUser(user, self.says()),
            23..26 => Change::RevokeUser(user),
            26..33 => Change::MakeRole(role, self.says(), self.trust()),
            33..36 => Change::DeleteRole(role),
            36..40 => Change::PermitRole(role, self.says()),
            40..47 => Change::Trust(role, self.trust()),
            47..51 => Change::RevokeRole(role),
            51..57 => Change::RevokeSession(self.pick()),
            57..59 => Change::Rotate,
            _ => Change::Reset,
        }
    }

    pub fn says(&self) -> Says {
        if self.once_in(3) { Says::Everything } else { self.of(&Says::ALL) }
    }

    pub fn trust(&self) -> Trust {
        let whom = match self.below(12) {
            0..5 => Whom::Everyone,
            5..7 => Whom::Account(self.below(ACCOUNTS.len())),
            7..9 => Whom::User(self.below(USERS.len())),
            9 => Whom::Role(self.below(ROLES.len())),
            10 => Whom::Session(self.below(ROLES.len())),
            _ => Whom::Service,
        };
        Trust {
            whom,
            tags: !self.once_in(3),
            source_identity: !self.once_in(3),
            external_id: self.once_in(4),
            second_factor: self.once_in(6),
            except: self.once_in(4).then(|| self.below(USERS.len())),
        }
    }

    fn key_id(&self, account: usize) -> String {
        let account = AccountId::parse(ACCOUNTS[account]).unwrap();
        AccessKeyId::mint(LONG_TERM, account, self.number()).to_string()
    }
}
