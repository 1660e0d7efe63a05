//! The built-in issuer: its address, its keys, and fresh ones in their place.
//!
//! It has one set of keys and as many addresses as anybody likes: `{base}/oidc` and every path below it.

use std::sync::Arc;

use crate::api::world::ChangeError;
use crate::api::{World, token_keys};
use crate::env::draw;
use crate::federation::Algorithm;
use crate::identities::TokenKeys;
use crate::ids::IssuerId;
use crate::store::records;

/// What stands between the companion's address and the path of an issuer.
const ROOM: &str = "/oidc";
/// What a path of an issuer has at most; AWS takes addresses of 255 characters.
const LONGEST_PATH: usize = 150;
/// What no part of a path may be, for it is something else already.
const TAKEN: [&str; 5] = ["token", "rotate", ".well-known", ".", ".."];

/// Of how many makings keys are shown at most. AWS: of RSA a set has a hundred, and a making has three.
const MOST_MAKINGS: usize = 33;

/// The address of the issuer at `path`; none if there can be no issuer there.
pub fn url(base: &str, path: &str) -> Option<String> {
    if path.is_empty() {
        return Some(format!("{base}{ROOM}"));
    }
    let fine = |part: &str| {
        let plain = part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        plain && !part.is_empty() && !TAKEN.contains(&part)
    };
    (path.len() <= LONGEST_PATH && path.split('/').all(fine)).then(|| format!("{base}{ROOM}/{path}"))
}

/// The path of the issuer that stands before a document in a path of the companion.
pub fn path(before: &str) -> Option<&str> {
    let path = before.strip_prefix(ROOM)?;
    if path.is_empty() { Some("") } else { path.strip_prefix('/').filter(|path| !path.is_empty()) }
}

/// Its keys, which outlive the process. May take a while: not for an async worker.
pub fn keys(world: &World) -> Result<Arc<TokenKeys>, ChangeError> {
    token_keys::settled(world, IssuerId::BUILT_IN, fresh)
}

/// Signs with fresh keys from now on, and shows those of the last `kept` makings, these included.
pub fn rotate(world: &World, kept: usize) -> Result<Arc<TokenKeys>, ChangeError> {
    let fresh = fresh(world);
    token_keys::replaced(world, IssuerId::BUILT_IN, |present| {
        let mut keys: Vec<records::TokenKey> = present.to_vec();
        keys.extend(fresh.clone());
        keys.drain(..dropped(keys.len(), kept));
        keys
    })
}

/// How many of so many keys go, the oldest, if those of the last `kept` makings stay.
fn dropped(keys: usize, kept: usize) -> usize {
    keys.saturating_sub(kept.clamp(1, MOST_MAKINGS) * Algorithm::ALL.len())
}

/// Keys under ids that no other keys have: whoever meets them again elsewhere looks for the keys anew.
fn fresh(world: &World) -> Vec<records::TokenKey> {
    let making = u32::from_be_bytes(draw(world.entropy.as_ref()));
    let ids = Algorithm::ALL.map(|algorithm| (format!("{}-{making:08x}", algorithm.name().to_lowercase()), algorithm));
    token_keys::make(world, &ids.each_ref().map(|(id, algorithm)| (id.as_str(), *algorithm)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_set_never_has_more_keys_than_aws_takes() {
        let making = Algorithm::ALL.len();
        for (keys, kept, expect) in [
            (making, 2, 0),
            (2 * making, 2, 0),
            (3 * making, 2, making),
            (3 * making, 0, 2 * making),
            (33 * making, usize::MAX, 0),
            (34 * making, usize::MAX, making),
        ] {
            assert_eq!(dropped(keys, kept), expect, "{keys} of {kept}");
        }
    }
}
