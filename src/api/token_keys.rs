//! The keys by which issuers sign tokens: made when they are first needed, and trusted once they outlive the process.

use std::sync::{Arc, PoisonError};

use super::world::{ChangeError, Changes, Draft, World};
use crate::federation::signing::PrivateKey;
use crate::federation::{Algorithm, KeyKind};
use crate::identities::TokenKeys;
use crate::ids::IssuerId;
use crate::secret::Secret;
use crate::store::records;

/// Makes the first keys of an issuer.
pub type Maker = fn(&World) -> Vec<records::TokenKey>;

/// AWS: the keys of every account that vouches for its own (sts-s-gwit-jwks).
pub fn outbound(world: &World) -> Vec<records::TokenKey> {
    make(world, &[("RSA_0", Algorithm::Rs256), ("EC384_0", Algorithm::Es384)])
}

/// The keys of `issuer`, for an answer that waits for `changes`. Made here only if nobody was here before.
pub fn at_once(changes: &mut Changes<'_>, issuer: IssuerId, maker: Maker) -> Result<Arc<TokenKeys>, ChangeError> {
    let world = changes.world;
    if let Some(keys) = lasting(world, issuer) {
        return Ok(keys);
    }
    // INVARIANT: nobody is told what a key signed before that key is durable, whoever made it.
    let _turn = world.making_keys.lock().unwrap_or_else(PoisonError::into_inner);
    let keys = present_or_new(world, issuer, maker);
    changes.make(|draft| keep(draft, issuer, &keys))
}

/// The keys of `issuer`, which outlive the process. May take a while: not for an async worker.
pub fn settled(world: &World, issuer: IssuerId, maker: Maker) -> Result<Arc<TokenKeys>, ChangeError> {
    if let Some(keys) = lasting(world, issuer) {
        return Ok(keys);
    }
    // ATTACK: whoever asks a thousand times for a key set that is not there yet has it made once.
    let turn = world.making_keys.lock().unwrap_or_else(PoisonError::into_inner);
    let keys = present_or_new(world, issuer, maker);
    let (keys, ticket) = world.change(|draft| keep(draft, issuer, &keys))?;
    drop(turn);
    ticket.wait()?;
    keys.have_become_lasting();
    Ok(keys)
}

/// Whether `settled` would answer at once.
pub fn are_settled(world: &World, issuer: IssuerId) -> bool {
    lasting(world, issuer).is_some()
}

/// The issuers of accounts for whose keys a call would have to wait.
pub fn unsettled_outbound(world: &World) -> Vec<IssuerId> {
    let snapshot = world.snapshot();
    let enabled = snapshot.identities.outbound_issuers().filter(|outbound| outbound.enabled);
    enabled.map(|outbound| outbound.issuer).filter(|issuer| lasting(world, *issuer).is_none()).collect()
}

/// Has `issuer` show the keys that `choose` makes of the present ones, and sign by the newest. May take a while: not
/// for an async worker.
pub fn replaced(
    world: &World,
    issuer: IssuerId,
    choose: impl Fn(&[records::TokenKey]) -> Vec<records::TokenKey>,
) -> Result<Arc<TokenKeys>, ChangeError> {
    let (keys, ticket) = world.change(|draft| {
        let present = draft.identities.token_keys(issuer).cloned();
        let keys = choose(present.as_ref().map_or(&[][..], |keys| &keys.record().0));
        let keys = Arc::new(TokenKeys::new(records::TokenKeys(keys)));
        draft.identities.put_token_keys(&mut draft.batch, issuer, Arc::clone(&keys))?;
        Ok(keys)
    })?;
    ticket.wait()?;
    keys.have_become_lasting();
    Ok(keys)
}

/// New keys under these ids, each for its algorithm. Those of one kind share one key, which others believe only for the
/// algorithm that it is shown for.
pub fn make(world: &World, wanted: &[(&str, Algorithm)]) -> Vec<records::TokenKey> {
    let chance = |bytes: &mut [u8]| world.entropy.fill(bytes);
    let created = world.now().now;
    let mut made: Vec<(KeyKind, Secret<Vec<u8>>)> = Vec::new();
    let mut keys = Vec::new();
    for (id, algorithm) in wanted {
        let kind = algorithm.kind();
        let present = made.iter().find(|(found, _)| *found == kind).map(|(_, private)| private.clone());
        let private = present.unwrap_or_else(|| PrivateKey::generate(kind, &chance).stored().clone());
        made.push((kind, private.clone()));
        let (id, algorithm) = ((*id).to_owned(), algorithm.name().to_owned());
        keys.push(records::TokenKey { id, algorithm, private, created });
    }
    keys
}

fn lasting(world: &World, issuer: IssuerId) -> Option<Arc<TokenKeys>> {
    world.snapshot().identities.token_keys(issuer).filter(|keys| keys.are_lasting()).cloned()
}

fn present_or_new(world: &World, issuer: IssuerId, maker: Maker) -> Arc<TokenKeys> {
    let present = world.snapshot().identities.token_keys(issuer).cloned();
    present.unwrap_or_else(|| Arc::new(TokenKeys::new(records::TokenKeys(maker(world)))))
}

/// Keeps `offered`, or again those that came first.
fn keep(draft: &mut Draft, issuer: IssuerId, offered: &Arc<TokenKeys>) -> Result<Arc<TokenKeys>, ChangeError> {
    let keys = Arc::clone(draft.identities.token_keys(issuer).unwrap_or(offered));
    draft.identities.put_token_keys(&mut draft.batch, issuer, Arc::clone(&keys))?;
    Ok(keys)
}
