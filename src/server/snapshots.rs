//! The companion's snapshots: the whole state kept under a name, and brought back.

use serde::Deserialize;
use serde_json::{Value, json};

use super::below;
use super::companion::Work;
use super::reply::{Reply, parsed};
use crate::api::World;
use crate::api::snapshots::{self, MOST_BYTES, MOST_SNAPSHOTS, Untaken};
use crate::api::world::ChangeError;
use crate::store::records::Snapshot;
use crate::wire::RawRequest;

const BASE: &str = "/_admin/v1/snapshots";
const LONGEST_NAME: usize = 64;

/// Whether one that is there already shall be replaced.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Take {
    #[serde(default)]
    replace: bool,
}

/// What this call asks for, if it is about snapshots.
pub fn routed(raw: &RawRequest<'_>) -> Option<Work> {
    let rest = below(raw.path, BASE)?;
    let mut parts = rest.split('/').skip(1);
    let (name, deed) = (parts.next().map(str::to_owned), parts.next());
    if name.as_deref().is_some_and(|name| !is_name(name)) {
        let why = "a name is 1 to 64 letters, digits, dots, hyphens and underscores";
        return Some(Work::Done(Reply::error(400, why)));
    }
    let more = parts.next().is_some();
    Some(match (raw.method, name, deed) {
        _ if more => Work::Done(Reply::nothing_here()),
        ("GET", None, None) => Work::long(list),
        ("POST", Some(name), None) => {
            let body = if raw.body.trim_ascii().is_empty() { b"{}" } else { raw.body }.to_vec();
            Work::long(move |world| parsed(&body, |Take { replace }| take(world, &name, replace)))
        }
        ("POST", Some(name), Some("restore")) => Work::long(move |world| restore(world, &name)),
        ("DELETE", Some(name), None) => Work::long(move |world| delete(world, &name)),
        (_, _, None | Some("restore")) => Work::Done(Reply::wrong_method()),
        _ => Work::Done(Reply::nothing_here()),
    })
}

fn list(world: &World) -> Reply {
    match snapshots::list(world) {
        Ok(snapshots) => {
            let shown: Vec<Value> = snapshots.iter().map(|(name, taken)| shown(name, taken)).collect();
            let limits = json!({"snapshots": MOST_SNAPSHOTS, "bytes": MOST_BYTES});
            Reply::ok(json!({"snapshots": shown, "limits": limits}))
        }
        Err(fault) => Reply::error(500, fault),
    }
}

fn take(world: &World, name: &str, replace: bool) -> Reply {
    match snapshots::take(world, name, replace) {
        Ok((taken, ticket)) => {
            let body = json!({"snapshot": shown(name, &taken)});
            Reply::after(ticket, body, format!("took the snapshot {name}"))
        }
        Err(error) => refused(&error),
    }
}

fn restore(world: &World, name: &str) -> Reply {
    match snapshots::restore(world, name) {
        Ok((taken, ticket)) => {
            let clock = world.now().now.iso_millis().to_string();
            let body = json!({"restored": shown(name, &taken), "now": clock});
            Reply::after(ticket, body, format!("restored the snapshot {name}"))
        }
        Err(error) => refused(&error),
    }
}

fn delete(world: &World, name: &str) -> Reply {
    match snapshots::delete(world, name) {
        Ok(ticket) => Reply::after(ticket, json!({"deleted": true}), format!("deleted the snapshot {name}")),
        Err(error) => refused(&error),
    }
}

fn is_name(name: &str) -> bool {
    let fine = |letter: u8| letter.is_ascii_alphanumeric() || b"._-".contains(&letter);
    // Clients take dots alone out of paths.
    let is_path = matches!(name, "." | "..");
    (1..=LONGEST_NAME).contains(&name.len()) && !is_path && name.bytes().all(fine)
}

fn shown(name: &str, taken: &Snapshot) -> Value {
    json!({
        "name": name,
        "taken": taken.taken.iso_millis().to_string(),
        "clock": taken.clock.iso_millis().to_string(),
        "rows": taken.rows,
        "bytes": taken.bytes,
    })
}

fn refused(error: &ChangeError) -> Reply {
    let status = match error {
        ChangeError::Snapshot(Untaken::Absent(_)) => 404,
        ChangeError::Snapshot(_) => 409,
        _ => 500,
    };
    Reply::error(status, error)
}
