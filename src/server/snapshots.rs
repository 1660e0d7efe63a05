//! The companion's snapshots: the whole state kept under a name, and brought back.

use serde::Deserialize;
use serde_json::{Value, json};

use super::below;
use super::companion::Work;
use super::reply::{Reply, command};
use crate::api::World;
use crate::api::snapshots::{self, MOST_BYTES, MOST_SNAPSHOTS};
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
            Work::long(move |world| take(world, &name, &command(&body)?))
        }
        ("POST", Some(name), Some("restore")) => Work::long(move |world| restore(world, &name)),
        ("DELETE", Some(name), None) => Work::long(move |world| delete(world, &name)),
        (_, _, None | Some("restore")) => Work::Done(Reply::wrong_method()),
        _ => Work::Done(Reply::nothing_here()),
    })
}

fn list(world: &World) -> Result<Reply, Reply> {
    let shown: Vec<Value> = snapshots::list(world)?.iter().map(|(name, taken)| shown(name, taken)).collect();
    let limits = json!({"snapshots": MOST_SNAPSHOTS, "bytes": MOST_BYTES});
    Ok(Reply::ok(json!({"snapshots": shown, "limits": limits})))
}

fn take(world: &World, name: &str, how: &Take) -> Result<Reply, Reply> {
    let (taken, ticket) = snapshots::take(world, name, how.replace)?;
    let body = json!({"snapshot": shown(name, &taken)});
    Ok(Reply::after(ticket, body, format!("took the snapshot {name}")))
}

fn restore(world: &World, name: &str) -> Result<Reply, Reply> {
    let (taken, ticket) = snapshots::restore(world, name)?;
    let clock = world.now().now.iso_millis().to_string();
    let body = json!({"restored": shown(name, &taken), "now": clock});
    Ok(Reply::after(ticket, body, format!("restored the snapshot {name}")))
}

fn delete(world: &World, name: &str) -> Result<Reply, Reply> {
    let ticket = snapshots::delete(world, name)?;
    Ok(Reply::after(ticket, json!({"deleted": true}), format!("deleted the snapshot {name}")))
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
