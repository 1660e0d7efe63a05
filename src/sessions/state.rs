//! What ends sessions before their time: retired keys, revoked sessions, ended generations.

use foldhash::fast::RandomState;
use rpds::HashTrieMapSync;

use super::key_ring::KeyRing;
use super::ledger::Entry;
use super::session::{Issuer, SessionId};
use super::token::OpenedToken;
use crate::env::{Entropy, draw};
use crate::ids::{AccountId, UniqueId};
use crate::store::records::{Ending, RevokedIssuer, RevokedSession};
use crate::store::{Batch, Row, StoreFault, tables};
use crate::time::Timestamp;

type Map<K, V> = HashTrieMapSync<K, V, RandomState>;

/// The sessions' part of a snapshot. Cloning shares everything.
#[derive(Clone, Default)]
pub struct SessionState {
    ring: KeyRing,
    ended: Map<[u8; 16], Ending>,
    generations: Map<UniqueId, RevokedIssuer>,
    root_generations: Map<AccountId, RevokedIssuer>,
}

/// Sessions that can be ended one by one: what is remembered of them takes 36 MiB then.
pub const MOST_REVOKED: usize = 250_000;
/// Keys that may be there beside each other: each takes a kilobyte.
pub const MOST_KEYS: usize = 1024;
/// How many ends of all sessions, or of all of one issuer's, are remembered as expiries; sessions from before them
/// count as revoked.
const KEPT_EXPIRIES: usize = 32;

/// Why a session cannot be ended by its id.
#[derive(Debug)]
pub enum Unrevoked {
    /// So many were that no more can be remembered.
    TooMany,
    /// The row cannot be written.
    Store(StoreFault),
}

/// How a session came to its end before it expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// This very session was revoked.
    Revoked,
    /// All sessions that its user, role or root user had were.
    Generation,
    /// The key that sealed its token is gone.
    RetiredKey,
    /// It was told to count as expired.
    Expired,
}

impl SessionState {
    /// Reads the stored state.
    pub fn load(rows: &[Row]) -> Result<Self, StoreFault> {
        Ok(Self {
            ring: KeyRing::load(tables::RING.read(rows)?),
            ended: tables::REVOKED_SESSIONS.read(rows)?.into_iter().map(|(id, row)| (id, row.ending)).collect(),
            generations: tables::REVOKED_ISSUERS.read(rows)?.into_iter().collect(),
            root_generations: tables::REVOKED_ROOTS.read(rows)?.into_iter().collect(),
        })
    }

    /// The keys that seal and open tokens.
    pub fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// Adds a fresh key, which seals from now on; the older ones go on opening.
    pub fn rotate(&mut self, batch: &mut Batch, entropy: &dyn Entropy, now: Timestamp) -> Result<(), StoreFault> {
        let (id, key) = self.ring.next(entropy, now);
        tables::RING.put(batch, &id, &key)?;
        self.ring = self.ring.with(id, &key);
        Ok(())
    }

    /// Makes sure that the key that seals from now on has sealed nothing so far; false if there is no room for another
    /// key.
    pub fn part(&mut self, batch: &mut Batch, entropy: &dyn Entropy, now: Timestamp) -> Result<bool, StoreFault> {
        if self.ring.untouched().is_none() {
            if self.ring.stored().count() >= MOST_KEYS {
                return Ok(false);
            }
            self.rotate(batch, entropy, now)?;
        }
        Ok(true)
    }

    /// A state in which no token of this one opens: one fresh key, under an id that was never used.
    pub fn renewed(&self, batch: &mut Batch, entropy: &dyn Entropy, now: Timestamp) -> Result<Self, StoreFault> {
        Self::default().following(self, batch, entropy, now)
    }

    /// This state, and a fresh key beside its own, under an id that neither it nor any state up to `present` has used.
    pub fn following(
        mut self,
        present: &Self,
        batch: &mut Batch,
        entropy: &dyn Entropy,
        now: Timestamp,
    ) -> Result<Self, StoreFault> {
        let (id, key) = present.ring.next(entropy, now);
        tables::RING.put(batch, &id, &key)?;
        self.ring = self.ring.with(id, &key);
        Ok(self)
    }

    /// Revokes one session.
    pub fn revoke(&mut self, batch: &mut Batch, id: SessionId, now: Timestamp) -> Result<(), Unrevoked> {
        self.end(batch, id, Ending::Revoked, now)
    }

    /// Revokes every session that has this user, role or root user behind it.
    pub fn revoke_all_of(
        &mut self,
        batch: &mut Batch,
        entropy: &dyn Entropy,
        issuer: Issuer<'_>,
    ) -> Result<(), StoreFault> {
        self.end_all_of(batch, entropy, issuer, Ending::Revoked)
    }

    /// Ends one session. That is remembered until all are ended: clocks can be turned, so no instant is late enough to
    /// forget it (B-160).
    pub fn end(&mut self, batch: &mut Batch, id: SessionId, ending: Ending, now: Timestamp) -> Result<(), Unrevoked> {
        let before = self.ended.get(&id.0);
        if self.ended.size() >= MOST_REVOKED && before.is_none() {
            return Err(Unrevoked::TooMany);
        }
        // What was revoked does not merely expire.
        let ending = before.copied().filter(|before| *before == Ending::Revoked).unwrap_or(ending);
        tables::REVOKED_SESSIONS
            .put(batch, &id.0, &RevokedSession { revoked: now, ending })
            .map_err(Unrevoked::Store)?;
        self.ended.insert_mut(id.0, ending);
        Ok(())
    }

    /// Ends every session that has this user, role or root user behind it, whatever the clock shows or showed.
    pub fn end_all_of(
        &mut self,
        batch: &mut Batch,
        entropy: &dyn Entropy,
        issuer: Issuer<'_>,
        ending: Ending,
    ) -> Result<(), StoreFault> {
        let mut expired = match (ending, self.drawn(issuer)) {
            (Ending::Revoked, _) => Vec::new(),
            (Ending::Expired, None) => vec![0],
            (Ending::Expired, Some(before)) => [before.expired.as_slice(), &[before.generation]].concat(),
        };
        expired.drain(..expired.len().saturating_sub(KEPT_EXPIRIES));
        // ATTACK: sessions may have begun in a generation that the store then lost; the next one must not be theirs.
        let row = RevokedIssuer { generation: u64::from_be_bytes(draw(entropy)), expired };
        match issuer {
            Issuer::Principal(id) => {
                tables::REVOKED_ISSUERS.put(batch, id, &row)?;
                self.generations.insert_mut(id.clone(), row);
            }
            Issuer::Root(account) => {
                tables::REVOKED_ROOTS.put(batch, &account, &row)?;
                self.root_generations.insert_mut(account, row);
            }
        }
        Ok(())
    }

    /// Ends every session there is.
    pub fn end_all(
        &mut self,
        batch: &mut Batch,
        entropy: &dyn Entropy,
        ending: Ending,
        now: Timestamp,
    ) -> Result<(), StoreFault> {
        let (id, fresh) = self.ring.next(entropy, now);
        let kept = if ending == Ending::Expired { KEPT_EXPIRIES } else { 0 };
        if ending == Ending::Revoked {
            // INVARIANT: no key is left that opens a token of before, so whoever was ended by its id is so without it.
            let ended = std::mem::take(&mut self.ended);
            ended.keys().for_each(|id| tables::REVOKED_SESSIONS.remove(batch, id));
        }
        let (gone, expired) = self.ring.expired(kept);
        for id in &gone {
            tables::RING.remove(batch, id);
        }
        expired.stored().try_for_each(|(id, key)| tables::RING.put(batch, &id, key))?;
        tables::RING.put(batch, &id, &fresh)?;
        self.ring = expired.with(id, &fresh);
        Ok(())
    }

    fn drawn(&self, issuer: Issuer<'_>) -> Option<&RevokedIssuer> {
        match issuer {
            Issuer::Principal(id) => self.generations.get(id),
            Issuer::Root(account) => self.root_generations.get(&account),
        }
    }

    /// The generation that new sessions of this user, role or root user belong to.
    pub fn generation(&self, issuer: Issuer<'_>) -> u64 {
        self.drawn(issuer).map(|drawn| drawn.generation).unwrap_or_default()
    }

    /// Whether something other than its expiry has ended the session of this token.
    pub fn ended(&self, token: &OpenedToken) -> Option<Ended> {
        let session = token.session();
        self.how_ended(session.id, session.issuer(), session.generation, token.ring_key())
    }

    /// The same for a session of which only the ledger's entry is known.
    pub fn ended_early(&self, entry: &Entry) -> Option<Ended> {
        self.how_ended(entry.id, entry.issuer(), entry.generation, entry.ring_key)
    }

    fn how_ended(&self, id: SessionId, issuer: Issuer<'_>, generation: u64, ring_key: u32) -> Option<Ended> {
        let Some(key) = self.ring.find(ring_key) else { return Some(Ended::RetiredKey) };
        let one = self.ended.get(&id.0);
        if one == Some(&Ending::Revoked) {
            return Some(Ended::Revoked);
        }
        let drawn = self.drawn(issuer);
        let is_current = generation == drawn.map(|drawn| drawn.generation).unwrap_or_default();
        if !is_current && !drawn.is_some_and(|drawn| drawn.expired.contains(&generation)) {
            return Some(Ended::Generation);
        }
        (key.stored.expired || one.is_some() || !is_current).then_some(Ended::Expired)
    }
}
