//! What ends sessions before their time: retired keys, revoked sessions, ended generations.

use rpds::{HashTrieMapSync, HashTrieSetSync};

use super::key_ring::KeyRing;
use super::ledger::Entry;
use super::session::{Issuer, Session, SessionId};
use crate::env::{Entropy, draw};
use crate::ids::{AccountId, UniqueId};
use crate::store::records::{RevokedIssuer, RevokedSession};
use crate::store::{Batch, Row, StoreFault, tables};
use crate::time::Timestamp;

/// The sessions' part of a snapshot. Cloning shares everything.
#[derive(Clone, Default)]
pub struct SessionState {
    ring: KeyRing,
    revoked: HashTrieSetSync<[u8; 16]>,
    generations: HashTrieMapSync<UniqueId, u64>,
    root_generations: HashTrieMapSync<AccountId, u64>,
}

/// Sessions that can be ended one by one: what is remembered of them takes 36 MiB then.
pub const MOST_REVOKED: usize = 250_000;

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
}

impl SessionState {
    /// Reads the stored state.
    pub fn load(rows: &[Row]) -> Result<Self, StoreFault> {
        Ok(Self {
            ring: KeyRing::load(tables::RING.read(rows)?),
            revoked: tables::REVOKED_SESSIONS.read(rows)?.into_iter().map(|(id, _)| id).collect(),
            generations: tables::REVOKED_ISSUERS
                .read(rows)?
                .into_iter()
                .map(|(id, row)| (id, row.generation))
                .collect(),
            root_generations: tables::REVOKED_ROOTS
                .read(rows)?
                .into_iter()
                .map(|(account, row)| (account, row.generation))
                .collect(),
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

    /// A state in which no token of this one opens: one fresh key, under an id that was never used.
    pub fn renewed(&self, batch: &mut Batch, entropy: &dyn Entropy, now: Timestamp) -> Result<Self, StoreFault> {
        let (id, key) = self.ring.next(entropy, now);
        tables::RING.put(batch, &id, &key)?;
        Ok(Self { ring: KeyRing::default().with(id, &key), ..Self::default() })
    }

    /// Ends one session, for good: clocks can be turned, so no instant is late enough to forget it (B-160).
    pub fn revoke(&mut self, batch: &mut Batch, id: SessionId, now: Timestamp) -> Result<(), Unrevoked> {
        if self.revoked.size() >= MOST_REVOKED && !self.revoked.contains(&id.0) {
            return Err(Unrevoked::TooMany);
        }
        tables::REVOKED_SESSIONS.put(batch, &id.0, &RevokedSession { revoked: now }).map_err(Unrevoked::Store)?;
        self.revoked.insert_mut(id.0);
        Ok(())
    }

    /// Ends every session that has this user, role or root user behind it, whatever the clock shows or showed.
    pub fn revoke_all_of(
        &mut self,
        batch: &mut Batch,
        entropy: &dyn Entropy,
        issuer: Issuer<'_>,
    ) -> Result<(), StoreFault> {
        // ATTACK: sessions may have begun in a generation that the store then lost; the next one must not be theirs.
        let generation = u64::from_be_bytes(draw(entropy));
        match issuer {
            Issuer::Principal(id) => {
                tables::REVOKED_ISSUERS.put(batch, id, &RevokedIssuer { generation })?;
                self.generations.insert_mut(id.clone(), generation);
            }
            Issuer::Root(account) => {
                tables::REVOKED_ROOTS.put(batch, &account, &RevokedIssuer { generation })?;
                self.root_generations.insert_mut(account, generation);
            }
        }
        Ok(())
    }

    /// The generation that new sessions of this user, role or root user belong to.
    pub fn generation(&self, issuer: Issuer<'_>) -> u64 {
        let drawn = match issuer {
            Issuer::Principal(id) => self.generations.get(id),
            Issuer::Root(account) => self.root_generations.get(&account),
        };
        drawn.copied().unwrap_or_default()
    }

    /// Whether something other than its expiry has ended `session`, whose token opened.
    pub fn ended(&self, session: &Session) -> Option<Ended> {
        if self.revoked.contains(&session.id.0) {
            return Some(Ended::Revoked);
        }
        (session.generation != self.generation(session.issuer())).then_some(Ended::Generation)
    }

    /// The same for a session of which only the ledger's entry is known.
    pub fn ended_early(&self, entry: &Entry) -> Option<Ended> {
        if self.ring.find(entry.ring_key).is_none() {
            return Some(Ended::RetiredKey);
        }
        if self.revoked.contains(&entry.id.0) {
            return Some(Ended::Revoked);
        }
        (entry.generation != self.generation(entry.issuer())).then_some(Ended::Generation)
    }
}
