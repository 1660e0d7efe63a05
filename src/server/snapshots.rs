//! The companion's snapshots: the whole state kept under a name, and brought back.

use serde::Deserialize;
use serde_json::{Value, json};

use super::companion::Long;
use super::reply::{Reply, parsed};
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
pub fn routed(raw: &RawRequest<'_>) -> Option<Long> {
    let rest = raw.path.strip_prefix(BASE)?;
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    let mut parts = rest.split('/').skip(1);
    let (name, deed) = (parts.next().map(str::to_owned), parts.next().map(str::to_owned));
    if let Some(name) = &name
        && !is_name(name)
    {
        return answer(Reply::error(400, "a name is 1 to 64 letters, digits, dots, hyphens and underscores"));
    }
    let more = parts.next().is_some();
    match (raw.method, name, deed.as_deref()) {
        _ if more => answer(Reply::nothing_here()),
        ("GET", None, None) => Some(Box::new(|world| match snapshots::list(world) {
            Ok(snapshots) => {
                let shown: Vec<Value> = snapshots.iter().map(|(name, taken)| shown(name, taken)).collect();
                let limits = json!({"snapshots": MOST_SNAPSHOTS, "bytes": MOST_BYTES});
                Reply::ok(json!({"snapshots": shown, "limits": limits}))
            }
            Err(fault) => Reply::error(500, fault),
        })),
        ("POST", Some(name), None) => {
            let body = if raw.body.trim_ascii().is_empty() { b"{}" } else { raw.body }.to_vec();
            Some(Box::new(move |world| {
                parsed(&body, |Take { replace }| match snapshots::take(world, &name, replace) {
                    Ok((taken, ticket)) => {
                        let deed = format!("took the snapshot {name}");
                        Reply::after(ticket, json!({"snapshot": shown(&name, &taken)}), deed)
                    }
                    Err(error) => refused(&error),
                })
            }))
        }
        ("POST", Some(name), Some("restore")) => Some(Box::new(move |world| match snapshots::restore(world, &name) {
            Ok((taken, ticket)) => {
                let clock = world.now().now.iso_millis().to_string();
                let body = json!({"restored": shown(&name, &taken), "now": clock});
                Reply::after(ticket, body, format!("restored the snapshot {name}"))
            }
            Err(error) => refused(&error),
        })),
        ("DELETE", Some(name), None) => Some(Box::new(move |world| match snapshots::delete(world, &name) {
            Ok(ticket) => Reply::after(ticket, json!({"deleted": true}), format!("deleted the snapshot {name}")),
            Err(error) => refused(&error),
        })),
        (_, _, None | Some("restore")) => answer(Reply::wrong_method()),
        _ => answer(Reply::nothing_here()),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as `routed` gives it")]
fn answer(reply: Reply) -> Option<Long> {
    Some(Box::new(|_| reply))
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
