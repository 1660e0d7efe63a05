//! What is done though nobody called on the aws listener: the operator asks for it, or a service of AWS's for its customer.

use super::errors::ApiError;
use super::world::{Changes, View, World};

/// Does it to the state as it is now. What it changed is durable when this returns; what changes nothing never waits.
pub fn without_call<R, E: From<ApiError>>(
    world: &World,
    deed: impl FnOnce(&mut Changes<'_>, &View<'_>) -> Result<R, E>,
) -> Result<R, E> {
    let snapshot = world.snapshot();
    let (moment, saml, key_sets) = (world.now(), world.saml, &world.key_sets);
    let view = View { snapshot: &snapshot, moment, saml, key_sets, may_wait: false, cut_off: false, again: None };
    let mut changes = Changes::none(world);
    let done = deed(&mut changes, &view)?;
    if let Some(ticket) = changes.into_pending() {
        ticket.wait().map_err(ApiError::internal)?;
    }
    Ok(done)
}
