//! All that requests share: the present state, the way to change it, the clock and chance.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};

use super::endpoint::RegionRule;
use super::errors::ApiError;
use super::news::{News, deeds};
use super::snapshots::Untaken;
use crate::access::{Bearer, Question};
use crate::env::{Clock, Entropy, FetchFault, Offline, SteeredClock, Steering, Unsteerable};
use crate::faults::Faults;
use crate::federation::oidc::{KeySet, ProvedLately};
use crate::federation::saml::Rules;
use crate::identities::{Identities, IdentityError};
use crate::ids::names::SourceIdentity;
use crate::ids::{AccessKeyId, AccountId, IssuerBase};
use crate::key_sets::{Found, KeySets, NoKeySet, Source};
use crate::sessions::ledger::Entry;
use crate::sessions::{Issuer, Ledger, MOST_REVOKED, SessionState, Unrevoked};
use crate::store::{Batch, CommitError, Engine, Row, StoreFault, Ticket, Write, records, tables};
use crate::time::{Moment, Timestamp};

/// The service's whole state and surroundings.
pub struct World {
    current: ArcSwap<Snapshot>,
    writer: Mutex<()>,
    engine: Box<dyn Engine>,
    news: News,
    /// What tells the time, and can be steered; [`World::steer`] makes that last.
    pub clock: Arc<SteeredClock>,
    /// Where chance comes from.
    pub entropy: Box<dyn Entropy>,
    /// Which regions this endpoint answers for.
    pub regions: RegionRule,
    /// What was minted, for operators' questions.
    pub ledger: Ledger,
    /// The keys of issuers; without a network until somebody gives it one.
    pub key_sets: KeySets,
    /// How much is demanded of assertions.
    pub saml: Rules,
    /// Whether the demo keys may be used by whatever name the service is called.
    pub open_demo: bool,
    /// Where others find the documents of the issuers of tokens: the beginning of their names.
    pub issuer_url: IssuerBase,
    /// What shall go wrong on purpose.
    pub faults: Faults,
    /// Held by whoever makes keys of issuers.
    pub(super) making_keys: Mutex<()>,
}

/// Where the documents of issuers are unless the service is told otherwise.
const ISSUER_URL: &str = "http://127.0.0.1:4593";

/// The state at one revision. Requests read it without a lock; a change makes the next one.
#[derive(Clone, Default)]
pub struct Snapshot {
    /// Accounts, users, roles, keys.
    pub identities: Identities,
    /// What seals tokens and what ended them early.
    pub sessions: SessionState,
    revision: u64,
}

/// What one request sees: one state, one instant.
pub struct View<'a> {
    /// The state it was planned on.
    pub snapshot: &'a Snapshot,
    /// When it came.
    pub moment: Moment,
    /// How much is demanded of assertions.
    pub saml: Rules,
    pub(super) key_sets: &'a KeySets,
    pub(super) may_wait: bool,
    /// Whether keys of issuers cannot be had, on purpose.
    pub(super) cut_off: bool,
    /// Asks questions anew of a later state; only while an authorized plan is carried out.
    pub(super) again: Option<&'a Again<'a>>,
}

type Again<'a> = dyn Fn(&[Question], &Identities) -> Result<(), ApiError> + 'a;

impl View<'_> {
    /// Asks the questions of a plan again if the state is no longer the one that it was judged on: the caller may be
    /// allowed less by now, and the thing may be another.
    pub fn judge_anew(
        &self,
        draft: &Draft,
        questions: impl FnOnce() -> Result<Vec<Question>, ApiError>,
    ) -> Result<(), ApiError> {
        if draft.follows == self.snapshot.revision {
            return Ok(());
        }
        let again = self.again.ok_or_else(|| ApiError::internal("a change that nobody may make"))?;
        again(&questions()?, &draft.identities)
    }

    /// The tokens of issuers that were proved lately.
    pub fn proved(&self) -> &ProvedLately {
        self.key_sets.proved()
    }

    /// The keys of an issuer, if the one that `has` looks for is among them. They are due only for a request that may
    /// wait.
    pub fn key_set(&self, source: &Source, has: impl Fn(&KeySet) -> bool) -> Found {
        if self.cut_off {
            let why = FetchFault::Unreachable("a fault that somebody wanted".to_owned());
            return Found::Nothing(NoKeySet::NotFetched(why));
        }
        match self.key_sets.find(source, has) {
            Found::Due(_) if !self.may_wait => Found::Nothing(NoKeySet::Late),
            found => found,
        }
    }
}

/// A change in the making: the next state and the rows that make it last.
pub struct Draft {
    /// Accounts, users, roles, keys.
    pub identities: Identities,
    /// What seals tokens and what ended them early.
    pub sessions: SessionState,
    /// What the store will be told.
    pub batch: Batch,
    /// The revision that it alters.
    follows: u64,
    /// How the clock shall be steered from then on, if anew.
    steering: Option<Steering>,
}

/// The changes that one request makes: it is answered once they are durable.
pub struct Changes<'a> {
    /// What they are made in.
    pub world: &'a World,
    /// The credentials among them: for the journal.
    pub made: Option<Made>,
    /// What the answer shows of what it created, as records of CloudTrail have it: for the journal.
    pub(super) created: Option<String>,
    /// Whether credentials that are handed out shall have expired already, on purpose.
    pub expires_credentials: bool,
    /// In whose name, if nobody signed: for the journal.
    pub(super) bearer: Option<Bearer>,
    pending: Option<Ticket>,
}

/// Credentials that a request made.
#[derive(Clone, Debug)]
pub enum Made {
    /// A key that stays until somebody removes it, and whose account that is.
    LongTerm(AccessKeyId, AccountId),
    /// Those of a session.
    Session(MadeSession),
}

/// A session that a request made.
#[derive(Clone, Debug)]
pub struct MadeSession {
    /// What the ledger remembers of it.
    pub entry: Entry,
    /// Who stands behind it.
    pub source_identity: Option<SourceIdentity>,
    /// Characters of its token.
    pub token_size: i64,
    /// How much of the room for tokens that fills, in percent.
    pub token_utilization: i64,
}

/// Why a change did not happen.
#[derive(Debug, derive_more::Display, derive_more::From)]
pub enum ChangeError {
    /// It makes no sense in this state.
    Identity(IdentityError),
    /// The clock cannot be steered so.
    Clock(Unsteerable),
    /// So many sessions were ended one by one that no more can be remembered.
    #[display(
        "{MOST_REVOKED} sessions were ended one by one, and are remembered until all are revoked or a reset: end all of a \
         role or user"
    )]
    TooManyRevoked,
    /// A snapshot cannot be taken, or is not there.
    Snapshot(Untaken),
    /// An operation refuses to make it.
    #[display("{}", _0.code.as_str())]
    #[from(ApiError)]
    Refused(Box<ApiError>),
    /// Others were faster, again and again.
    #[display("other changes were faster, eight times")]
    Contended,
    /// The store failed.
    #[from]
    Store(StoreFault),
}

impl std::error::Error for ChangeError {}

impl From<IdentityError> for ChangeError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Store(fault) => Self::Store(fault),
            error => Self::Identity(error),
        }
    }
}

impl From<Unrevoked> for ChangeError {
    fn from(error: Unrevoked) -> Self {
        match error {
            Unrevoked::TooMany => Self::TooManyRevoked,
            Unrevoked::Store(fault) => Self::Store(fault),
        }
    }
}

/// How often a change is planned again when another one came between.
const TRIES: usize = 8;

impl World {
    /// Reads the state that `engine` keeps.
    pub fn load(
        engine: Box<dyn Engine>,
        clock: Arc<SteeredClock>,
        entropy: Box<dyn Entropy>,
        regions: RegionRule,
        ledger: Ledger,
    ) -> Result<Self, ChangeError> {
        let (rows, revision) = engine.load()?;
        tables::check(&rows)?;
        clock.set(steering(&rows)?);
        let snapshot = Snapshot::read(&rows, revision)?;
        let news = News::begin(clock.moment().machine);
        snapshot.identities.token_keys_are_lasting();
        let watch: Arc<dyn Clock> = Arc::<SteeredClock>::clone(&clock);
        Ok(Self {
            current: ArcSwap::from_pointee(snapshot),
            writer: Mutex::new(()),
            engine,
            news,
            clock,
            entropy,
            regions,
            ledger,
            key_sets: KeySets::over(Box::new(Offline), watch),
            saml: Rules::default(),
            open_demo: false,
            issuer_url: IssuerBase::AsCalled(ISSUER_URL.to_owned()),
            faults: Faults::default(),
            making_keys: Mutex::new(()),
        })
    }

    /// The present state.
    pub fn snapshot(&self) -> Guard<Arc<Snapshot>> {
        self.current.load()
    }

    /// What time it is.
    pub fn now(&self) -> Moment {
        self.clock.moment()
    }

    /// Steers the clock, also for the time after a restart: what has expired must not live again unnoticed.
    pub fn steer(
        &self,
        steering: impl Fn(&SteeredClock) -> Result<Steering, Unsteerable>,
        backwards: bool,
    ) -> Result<Ticket, ChangeError> {
        let ((), ticket) = self.change(|draft| {
            let steering = steering(&self.clock).map_err(ChangeError::Clock)?;
            self.clock.check(steering, backwards).map_err(ChangeError::Clock)?;
            Ok(draft.steer(steering)?)
        })?;
        Ok(ticket)
    }

    /// What changed of late.
    pub fn news(&self) -> &News {
        &self.news
    }

    /// Forgets codes and assertions that were used so long ago that they can matter no more, and stores when keys were last used.
    pub fn sweep(&self) -> Result<(), ChangeError> {
        let moment = self.now();
        let sweep = |identities: &mut Identities, batch: &mut Batch| -> Result<usize, ChangeError> {
            Ok(identities.sweep_codes(batch, moment)? + identities.sweep_assertions(batch, moment)?)
        };
        let over = sweep(&mut self.snapshot().identities.clone(), &mut Batch::default())?;
        if self.snapshot().identities.has_unsaved_uses() {
            self.change(|draft| Ok(draft.identities.save_uses(&mut draft.batch)?))?;
        }
        if over > 0 {
            self.change(|draft| sweep(&mut draft.identities, &mut draft.batch))?;
        }
        Ok(())
    }

    /// What keeps the service from doing all it should, and what to do about it.
    pub fn trouble(&self) -> Option<String> {
        let state = self.engine.fault().map(|fault| {
            format!("changes are refused until this service is started again with room on its disk: {fault}")
        });
        state.or_else(|| self.ledger.trouble())
    }

    /// Every stored row.
    pub(super) fn rows(&self) -> Result<Vec<Row>, StoreFault> {
        self.engine.load().map(|(rows, _)| rows)
    }

    /// Makes a change: `draw_up` alters the draft, then all of it happens or nothing.
    ///
    /// The ticket says when the change will outlive the process; nobody may be answered before.
    pub fn change<R>(
        &self,
        draw_up: impl Fn(&mut Draft) -> Result<R, ChangeError>,
    ) -> Result<(R, Ticket), ChangeError> {
        let _turn = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..TRIES {
            let present = self.current.load_full();
            let mut draft = Draft {
                identities: present.identities.clone(),
                sessions: present.sessions.clone(),
                batch: Batch::default(),
                follows: present.revision,
                steering: None,
            };
            let result = draw_up(&mut draft)?;
            match self.engine.commit(&draft.batch, present.revision) {
                Ok((revision, ticket)) => {
                    let Draft { identities, sessions, batch, steering, .. } = draft;
                    if let Some(steering) = steering {
                        self.clock.set(steering);
                    }
                    let deeds = deeds(&batch, &present.identities, &identities);
                    self.current.store(Arc::new(Snapshot { identities, sessions, revision }));
                    self.news.record(deeds);
                    return Ok((result, ticket));
                }
                Err(CommitError::Conflict) => {
                    let (rows, revision) = self.engine.load()?;
                    self.current.store(Arc::new(Snapshot::read(&rows, revision)?));
                }
                Err(CommitError::Fault(fault)) => return Err(fault.into()),
            }
        }
        Err(ChangeError::Contended)
    }
}

impl<'a> Changes<'a> {
    /// None so far.
    pub(super) fn none(world: &'a World) -> Self {
        Self { world, made: None, created: None, expires_credentials: false, bearer: None, pending: None }
    }

    /// Makes one, as [`World::change`] does.
    pub fn make<R>(&mut self, draw_up: impl Fn(&mut Draft) -> Result<R, ChangeError>) -> Result<R, ChangeError> {
        let (result, ticket) = self.world.change(draw_up)?;
        // INVARIANT: what was committed before is durable when this is.
        self.pending = Some(ticket);
        Ok(result)
    }

    /// Says when all of them are durable; none if there are none.
    pub(super) fn into_pending(self) -> Option<Ticket> {
        self.pending
    }
}

impl Draft {
    /// Begins again from nothing: every stored row goes, and no session token opens any more.
    pub fn wipe(&mut self, entropy: &dyn Entropy, now: Timestamp) -> Result<(), ChangeError> {
        self.batch = Batch { wipe: true, ..Batch::default() };
        self.sessions = self.sessions.renewed(&mut self.batch, entropy, now)?;
        // Nothing is left that could live again, so the clock may go back; its row went with the others.
        self.steering = Some(Steering::System);
        self.become_identities(Identities::default())
    }

    /// Replaces everything by what these rows say, the steering of the clock included, and seals by a key that they do
    /// not know.
    pub fn become_rows(&mut self, rows: &[Row], entropy: &dyn Entropy, now: Timestamp) -> Result<(), ChangeError> {
        tables::check(rows)?;
        self.batch = Batch { wipe: true, ..Batch::default() };
        self.batch.writes.extend(rows.iter().cloned().map(Write::from));
        self.sessions = SessionState::load(rows)?.following(&self.sessions, &mut self.batch, entropy, now)?;
        self.steering = Some(steering(rows)?);
        self.become_identities(Identities::load(rows)?)
    }

    /// Replaces all identities; the keys of issuers stay, for relying parties keep what they fetched.
    pub fn become_identities(&mut self, identities: Identities) -> Result<(), ChangeError> {
        let before = std::mem::replace(&mut self.identities, identities);
        Ok(self.identities.inherit_token_keys(&mut self.batch, &before)?)
    }

    /// Ends the sessions of whoever was not there `before`: coming back under an old unique id revives no session.
    pub fn end_sessions_of_newcomers(&mut self, before: &Identities, entropy: &dyn Entropy) -> Result<(), StoreFault> {
        let (now, sessions, batch) = (&self.identities, &mut self.sessions, &mut self.batch);
        let users = now.users().map(|user| &user.id).filter(|id| before.user(id).is_none());
        let roles = now.roles().map(|role| &role.id).filter(|id| before.role(id).is_none());
        let roots = now.accounts().map(|account| account.id).filter(|id| before.account(*id).is_none());
        let issuers = users.chain(roles).map(Issuer::Principal).chain(roots.map(Issuer::Root));
        issuers.into_iter().try_for_each(|issuer| sessions.revoke_all_of(batch, entropy, issuer))
    }

    fn steer(&mut self, steering: Steering) -> Result<(), StoreFault> {
        match steering {
            Steering::System => tables::STEERING.remove(&mut self.batch, &0),
            Steering::Offset(millis) => {
                tables::STEERING.put(&mut self.batch, &0, &records::Steering::Offset(millis))?;
            }
            Steering::Frozen(at) => tables::STEERING.put(&mut self.batch, &0, &records::Steering::Frozen(at))?,
        }
        self.steering = Some(steering);
        Ok(())
    }
}

fn steering(rows: &[Row]) -> Result<Steering, StoreFault> {
    Ok(match tables::STEERING.read(rows)?.pop() {
        None => Steering::System,
        Some((_, records::Steering::Offset(millis))) => Steering::Offset(millis),
        Some((_, records::Steering::Frozen(at))) => Steering::Frozen(at),
    })
}

impl Snapshot {
    fn read(rows: &[Row], revision: u64) -> Result<Self, ChangeError> {
        Ok(Self { identities: Identities::load(rows)?, sessions: SessionState::load(rows)?, revision })
    }
}
