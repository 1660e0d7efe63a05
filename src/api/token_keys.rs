//! The keys by which issuers sign tokens: made when they are first needed, and trusted once they outlive the process.

use std::sync::{Arc, PoisonError};

use super::world::{ChangeError, Changes, Draft, World};
use crate::federation::signing::{Algorithm, PrivateKey};
use crate::identities::TokenKeys;
use crate::ids::IssuerId;
use crate::store::records;

/// Which keys an issuer has: their ids, and what they are shown for.
pub type Wanted<'a> = &'a [(&'a str, Algorithm)];

/// AWS: the keys of every account that vouches for its own (sts-s-gwit-jwks).
pub const OUTBOUND: Wanted<'static> = &[("RSA_0", Algorithm::Rs256), ("EC384_0", Algorithm::Es384)];

/// The keys of `issuer`, for an answer that waits for `changes`. Made here only if nobody was here before.
pub fn at_once(changes: &mut Changes<'_>, issuer: IssuerId, wanted: Wanted<'_>) -> Result<Arc<TokenKeys>, ChangeError> {
    let world = changes.world;
    if let Some(keys) = lasting(world, issuer) {
        return Ok(keys);
    }
    // INVARIANT: nobody is told what a key signed before that key is durable, whoever made it.
    let _turn = world.making_keys.lock().unwrap_or_else(PoisonError::into_inner);
    let keys = present_or_new(world, issuer, wanted);
    changes.make(|draft| keep(draft, issuer, &keys))
}

/// The keys of `issuer`, which outlive the process. May take a while: not for an async worker.
pub fn settled(world: &World, issuer: IssuerId, wanted: Wanted<'_>) -> Result<Arc<TokenKeys>, ChangeError> {
    if let Some(keys) = lasting(world, issuer) {
        return Ok(keys);
    }
    // ATTACK: whoever asks a thousand times for a key set that is not there yet has it made once.
    let turn = world.making_keys.lock().unwrap_or_else(PoisonError::into_inner);
    let keys = present_or_new(world, issuer, wanted);
    let (keys, ticket) = world.change(|draft| keep(draft, issuer, &keys))?;
    drop(turn);
    ticket.wait()?;
    keys.have_become_lasting();
    Ok(keys)
}

/// The issuers of accounts for whose keys a call would have to wait.
pub fn unsettled_outbound(world: &World) -> Vec<IssuerId> {
    let snapshot = world.snapshot();
    let enabled = snapshot.identities.outbound_issuers().filter(|outbound| outbound.enabled);
    enabled.map(|outbound| outbound.issuer).filter(|issuer| lasting(world, *issuer).is_none()).collect()
}

/// New keys under these ids.
pub fn make(world: &World, wanted: Wanted<'_>) -> Vec<records::TokenKey> {
    let chance = |bytes: &mut [u8]| world.entropy.fill(bytes);
    let created = world.now().now;
    let key = |(id, algorithm): &(&str, Algorithm)| records::TokenKey {
        id: (*id).to_owned(),
        algorithm: algorithm.name().to_owned(),
        private: PrivateKey::generate(algorithm.kind(), &chance).stored().clone(),
        created,
    };
    wanted.iter().map(key).collect()
}

fn lasting(world: &World, issuer: IssuerId) -> Option<Arc<TokenKeys>> {
    world.snapshot().identities.token_keys(issuer).filter(|keys| keys.are_lasting()).cloned()
}

fn present_or_new(world: &World, issuer: IssuerId, wanted: Wanted<'_>) -> Arc<TokenKeys> {
    let present = world.snapshot().identities.token_keys(issuer).cloned();
    present.unwrap_or_else(|| Arc::new(TokenKeys::new(records::TokenKeys(make(world, wanted)))))
}

/// Keeps `offered`, or again those that came first.
fn keep(draft: &mut Draft, issuer: IssuerId, offered: &Arc<TokenKeys>) -> Result<Arc<TokenKeys>, ChangeError> {
    let keys = Arc::clone(draft.identities.token_keys(issuer).unwrap_or(offered));
    draft.identities.put_token_keys(&mut draft.batch, issuer, Arc::clone(&keys))?;
    Ok(keys)
}
