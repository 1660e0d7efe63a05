//! The companion's view of the whole state: out as a seed, and in again.

use std::cell::Cell;

use serde_json::{Value, json};

use super::reply::Reply;
use crate::api::World;
use crate::identities::Difference;
use crate::seed::{self, Seed, Source};
use crate::wire::{Params, RawResponse};

const VARIABLES: &str = "variables such as ${NAME} are filled in when the service starts, and not in an import: write \
                         the secrets themselves, and $${ for these two characters";

/// Whether it is this that is asked for.
pub fn is_ours(path: &str) -> bool {
    path == "/_admin/v1/state"
}

/// All identities as a seed, secrets included. May take long: not for an async worker.
pub fn export(world: &World) -> RawResponse {
    let text = seed::export(&world.snapshot().identities);
    if let Err(why) = seed::comes_back(&text) {
        return Reply::error(409, why).render();
    }
    let headers = vec![("Content-Type", "application/json".into())];
    RawResponse { status: 200, headers, body: text.into_bytes() }
}

/// The file of which mistakes shall be told.
pub fn name(query: &str) -> Result<String, Reply> {
    let params = Params::of_query(query).map_err(|broken| Reply::error(400, broken))?;
    let mut name = "state".to_owned();
    for (key, value) in params.iter() {
        if key.as_ref() != "name" {
            return Err(Reply::error(400, "`name`, by which mistakes are told, is all that may be in the query"));
        }
        name = printable(&value);
    }
    Ok(name)
}

/// The name of a file as it may be told.
pub fn printable(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(200).collect()
}

/// Replaces all identities by those of this seed. May take long: not for an async worker.
pub fn import(world: &World, name: &str, body: &[u8]) -> Result<Reply, Reply> {
    let seed = read(name, body)?;
    let (differences, ticket) = seed::replace(world, &seed)?;
    let counts = |count: fn(&Difference) -> usize| -> Value {
        let counts = differences.iter().map(|it| (it.kind.to_owned(), count(it).into()));
        Value::Object(counts.filter(|(_, count): &(_, Value)| *count != 0).collect())
    };
    let (came, went) = (counts(|it| it.came), counts(|it| it.went));
    let deed = format!("imported the state of {name}; came: {came}, went: {went}");
    let stayed = counts(|it| it.stayed);
    let warnings = seed.warnings;
    let reply = json!({"imported": true, "came": came, "stayed": stayed, "went": went, "warnings": warnings});
    Ok(Reply::after(ticket, reply, deed))
}

/// The seed in a body, or what is wrong with it.
pub fn read(name: &str, body: &[u8]) -> Result<Seed, Reply> {
    let text = std::str::from_utf8(body).map_err(|_| Reply::error(400, "the body is no UTF-8 text"))?;
    let source = Source { name: name.to_owned(), text: text.to_owned() };
    // ATTACK: the environment of the service is not for those who write to it from elsewhere, and a default is no secret.
    let has_variables = Cell::new(false);
    let seed = seed::parse(&[source], &|_| {
        has_variables.set(true);
        None
    });
    if has_variables.get() {
        return Err(Reply::error(400, VARIABLES));
    }
    seed.map_err(|errors| Reply::error(400, errors))
}
