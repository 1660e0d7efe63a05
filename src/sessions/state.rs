//! What ends sessions before their time: retired keys, revoked sessions, cut-off instants.

use rpds::HashTrieMapSync;

use super::key_ring::KeyRing;
use super::session::{Session, SessionId};
use crate::env::Entropy;
use crate::ids::UniqueId;
use crate::store::records::{RevokedIssuer, RevokedSession};
use crate::store::{Batch, Row, StoreFault, tables};
use crate::time::{Moment, Timestamp};

/// The sessions' part of a snapshot. Cloning shares everything.
#[derive(Clone, Default)]
pub struct SessionState {
    ring: KeyRing,
    revoked: HashTrieMapSync<[u8; 16], Timestamp>,
    cut_off: HashTrieMapSync<UniqueId, Timestamp>,
}

/// How a session came to its end before it expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// This very session was revoked.
    Revoked,
    /// All sessions of its user or role issued before this instant were.
    CutOff(Timestamp),
}

impl SessionState {
    /// Reads the stored state.
    pub fn load(rows: &[Row]) -> Result<Self, StoreFault> {
        Ok(Self {
            ring: KeyRing::load(tables::RING.read(rows)?),
            revoked: tables::REVOKED_SESSIONS.read(rows)?.into_iter().map(|(id, row)| (id, row.expires)).collect(),
            cut_off: tables::REVOKED_ISSUERS.read(rows)?.into_iter().map(|(id, row)| (id, row.before)).collect(),
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

    /// Ends one session.
    pub fn revoke(&mut self, batch: &mut Batch, id: SessionId, expires: Timestamp) -> Result<(), StoreFault> {
        tables::REVOKED_SESSIONS.put(batch, &id.0, &RevokedSession { expires })?;
        self.revoked.insert_mut(id.0, expires);
        Ok(())
    }

    /// Ends every session of this user or role that was issued before `before`.
    pub fn revoke_older(&mut self, batch: &mut Batch, issuer: &UniqueId, before: Timestamp) -> Result<(), StoreFault> {
        tables::REVOKED_ISSUERS.put(batch, issuer, &RevokedIssuer { before })?;
        self.cut_off.insert_mut(issuer.clone(), before);
        Ok(())
    }

    /// Whether something other than its expiry has ended `session`.
    pub fn ended(&self, session: &Session) -> Option<Ended> {
        self.ended_early(session.id, session.issuer(), session.issued)
    }

    /// The same for a session of which only this is known.
    pub fn ended_early(&self, id: SessionId, issuer: &UniqueId, issued: Timestamp) -> Option<Ended> {
        if self.revoked.contains_key(&id.0) {
            return Some(Ended::Revoked);
        }
        let cut_off = self.cut_off.get(issuer)?;
        (issued < *cut_off).then_some(Ended::CutOff(*cut_off))
    }

    /// Forgets revoked sessions that are past their expiry anyway.
    pub fn sweep(&mut self, batch: &mut Batch, moment: Moment) {
        // ATTACK: a clock steered back must not revive what was forgotten while it was ahead.
        let now = moment.now.min(moment.machine);
        let over: Vec<[u8; 16]> =
            self.revoked.iter().filter(|(_, expires)| **expires <= now).map(|(id, _)| *id).collect();
        for id in over {
            tables::REVOKED_SESSIONS.remove(batch, &id);
            self.revoked.remove_mut(&id);
        }
    }
}
