//! Rows in memory: for ephemeral services and tests. Everything is durable for as long as the value lives.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::engine::{Batch, CommitError, Engine, Expect, Row, StoreFault, Ticket};

/// An engine that forgets when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryEngine(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
    revision: u64,
}

impl Engine for MemoryEngine {
    fn load(&self) -> Result<(Vec<Row>, u64), StoreFault> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = state.rows.iter().map(|(key, value)| Row { key: key.clone(), value: value.clone() }).collect();
        Ok((rows, state.revision))
    }

    fn fault(&self) -> Option<StoreFault> {
        None
    }

    fn commit(&self, batch: &Batch, planned_on: u64) -> Result<(u64, Ticket), CommitError> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State { rows, revision } = &mut *state;
        let free = |write: &super::Write| {
            write.expect == Expect::Anything || batch.wipes(&write.key) || !rows.contains_key(&write.key)
        };
        if *revision != planned_on || !batch.writes.iter().all(free) {
            return Err(CommitError::Conflict);
        }
        rows.retain(|key, _| !batch.wipes(key));
        for write in &batch.writes {
            match &write.value {
                Some(value) => rows.insert(write.key.clone(), value.clone()),
                None => rows.remove(&write.key),
            };
        }
        *revision += 1;
        Ok((*revision, Ticket::settled(Ok(()))))
    }
}
