//! Credentials that were delivered: the same are handed out again until they near their end, as AWS's agents do.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::access::Holder;
use crate::api::World;
use crate::api::world::Made;
use crate::sts::Credentials;
use crate::sts::by_service::{NotAssumed, ServiceWish, assume_for_service};
use crate::time::Timestamp;

/// AWS: new ones are there some minutes before the end (B-612).
const BEFORE_END_SECONDS: i64 = 900;
/// Recipients whose credentials are remembered.
const MOST: usize = 10_000;

/// By recipient.
#[derive(Default)]
pub struct Held(Mutex<BTreeMap<String, Given>>);

/// Credentials as they were delivered.
#[derive(Clone)]
pub struct Given {
    /// The credentials.
    pub credentials: Credentials,
    /// When they were made.
    pub issued: Timestamp,
    /// What the journal may know of them.
    pub made: Option<Made>,
    /// Whether nobody had them before.
    pub are_new: bool,
    /// From when on new ones are made.
    renewed_from: Timestamp,
}

impl Given {
    /// Whether they are good for a while: not ended early either, nor made in a future that the clock has left.
    fn is_good(&self, world: &World) -> bool {
        let (snapshot, now) = (world.snapshot(), world.now().now);
        let keys = self.credentials.in_the_clear();
        let find = |identities, sessions| {
            Holder::find(keys.access_key_id, Some(keys.session_token), None, identities, sessions, now).is_ok()
        };
        (self.issued..self.renewed_from).contains(&now) && find(&snapshot.identities, &snapshot.sessions)
    }
}

impl Held {
    /// The credentials that are `wish`ed for.
    pub fn credentials(&self, world: &World, wish: &ServiceWish<'_>) -> Result<Given, NotAssumed> {
        let tags: Vec<String> = wish.tags.iter().map(|tag| format!("{}={}", tag.key, tag.value)).collect();
        let (service, role, name) = (wish.service.name, &wish.role.id, &wish.session_name);
        let recipient = format!("{service} {role} {name} {} {}", wish.seconds, tags.join(" "));
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(given) = held.get(&recipient).filter(|given| given.is_good(world)) {
            return Ok(given.clone());
        }
        let issued = world.now().now;
        let (credentials, made) = assume_for_service(world, wish)?;
        let seconds = i64::from(wish.seconds);
        let renewed_from = credentials.expiration.plus_seconds(-BEFORE_END_SECONDS.min(seconds / 4));
        tracing::info!(role = wish.role.arn, session = %name, seconds, service, "delivered new credentials");
        if held.len() >= MOST {
            held.retain(|_, given| given.is_good(world));
        }
        let given = Given { credentials, issued, made, are_new: true, renewed_from };
        // Who comes when all places are taken gets credentials of its own each time.
        if held.len() < MOST {
            held.insert(recipient, Given { are_new: false, ..given.clone() });
        }
        Ok(given)
    }
}
