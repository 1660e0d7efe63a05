//! The companion's seeds: another one for a service that runs, in place of what is there or beside it.

use serde_json::json;

use super::companion::Work;
use super::reply::Reply;
use super::state;
use crate::api::World;
use crate::api::baseline::{self, Origin};
use crate::seed::{self, Replanting};
use crate::wire::{Params, RawRequest};

const PATH: &str = "/_admin/v1/seed";

/// Whether it is this that is asked for.
pub fn is_ours(path: &str) -> bool {
    path == PATH
}

/// What this call asks for, if it is about the seed.
pub fn routed(raw: &RawRequest<'_>) -> Option<Work> {
    is_ours(raw.path).then(|| match raw.method {
        "GET" => Work::long(show),
        "PUT" => match asked(raw.query) {
            Ok((name, how)) => {
                let body = raw.body.to_vec();
                Work::long(move |world| plant(world, &name, &body, how))
            }
            Err(reply) => Work::Done(reply),
        },
        _ => Work::Done(Reply::wrong_method()),
    })
}

/// The file of which mistakes shall be told, and what shall become of what is there.
fn asked(query: &str) -> Result<(String, Replanting), Reply> {
    let params = Params::of_query(query).map_err(|broken| Reply::error(400, broken))?;
    let (mut name, mut how) = ("seed".to_owned(), Replanting::Replace);
    for (key, value) in params.iter() {
        match (key.as_ref(), value.as_ref()) {
            ("name", value) => name = state::printable(value),
            ("mode", "replace") => how = Replanting::Replace,
            ("mode", "merge") => how = Replanting::Merge,
            ("mode", _) => return Err(Reply::error(400, "the mode is replace or merge")),
            _ => {
                let known = "`mode`, and `name`, by which mistakes are told, are all that may be in the query";
                return Err(Reply::error(400, known));
            }
        }
    }
    Ok((name, how))
}

fn plant(world: &World, name: &str, body: &[u8], how: Replanting) -> Result<Reply, Reply> {
    let seed = state::read(name, body)?;
    let mode = if how == Replanting::Merge { "merge" } else { "replace" };
    let ticket = seed::replant(world, &seed, how)?;
    let reply = json!({"seeded": true, "mode": mode, "digest": seed.digest, "warnings": seed.warnings});
    Ok(Reply::after(ticket, reply, format!("seeded by {name}: {mode}")))
}

/// Which seed `reset` comes back to, and whether identities were changed since.
fn show(world: &World) -> Result<Reply, Reply> {
    Ok(Reply::ok(match baseline::origin(world)? {
        Origin::Empty => json!({"digest": null, "builtIn": false, "changed": false}),
        Origin::Seeded { about, touched } => {
            json!({"digest": about.seed_digest, "builtIn": about.built_in, "changed": touched})
        }
    }))
}
