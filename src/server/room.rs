//! Room for the large bodies of all clients together: one alone is bounded, and there are many.

use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::http::StatusCode;
use actix_web::web::Bytes;

use super::limits::{BODIES_BYTES, SMALL_BODY_BYTES};

/// Bytes of large bodies that are held now, of all services of this process: memory is the process's.
static HELD: AtomicUsize = AtomicUsize::new(0);

/// What one body takes of it, until it is dropped. A small one takes nothing, and is always heard.
#[derive(Default)]
pub struct Room(usize);

impl Room {
    /// Takes room for a body of so many bytes, if there is any.
    pub fn hold(&mut self, bytes: usize) -> Result<(), StatusCode> {
        let more = bytes.saturating_sub(self.0);
        if bytes <= SMALL_BODY_BYTES || more == 0 {
            return Ok(());
        }
        let held = |held: usize| held.checked_add(more).filter(|held| *held <= BODIES_BYTES);
        let taken = HELD.fetch_update(Ordering::Relaxed, Ordering::Relaxed, held);
        // ATTACK: who comes when others fill it does not wait: waiting bodies would be held as well.
        taken.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
        self.0 = bytes;
        Ok(())
    }

    /// The body, which keeps its room for as long as somebody has it.
    pub fn of(self, body: Bytes) -> Bytes {
        if self.0 == 0 { body } else { Bytes::from_owner(Kept { body, _room: self }) }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // WHY: a small body, which took nothing, does not touch what all workers write.
        if self.0 > 0 {
            HELD.fetch_sub(self.0, Ordering::Relaxed);
        }
    }
}

struct Kept {
    body: Bytes,
    _room: Room,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}
