//! The metadata service of an instance, versions 1 and 2: plain texts below `/latest`, listings of what is below, and
//! tokens that only those get who can send a PUT.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>

use serde_json::json;

use super::Delivered;
use super::held::Held;
use super::instance::{Instance, InstanceRole};
use super::refusal::not_assumed;
use crate::api::World;
use crate::env::draw;
use crate::identities::Identities;
use crate::sessions::{Pass, open_pass, seal_pass};
use crate::sts::by_service::NotAssumed;
use crate::time::Timestamp;
use crate::wire::{RawRequest, RawResponse};

const TOKEN_PATH: &str = "latest/api/token";
const TTL: &str = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds";
/// AWS: six hours.
const LONGEST_TTL: i64 = 21_600;
const ROLES: &str = "meta-data/iam/security-credentials/";
/// What newer SDKs ask first; it tells the account, too.
const ROLES_EXTENDED: &str = "meta-data/iam/security-credentials-extended/";

/// Whether a path is one of the metadata service.
pub fn is_ours(path: &str) -> bool {
    let path = below_root(path);
    matches!(path, "" | "latest") || path.starts_with("latest/")
}

/// A path without the slashes at its beginning, of which some clients send two: they join what they were told with a
/// path that has one.
fn below_root(path: &str) -> &str {
    path.trim_start_matches('/')
}

/// Answers a request at such a path.
pub fn answer(held: &Held, world: &World, raw: &RawRequest<'_>) -> Delivered {
    if below_root(raw.path) == TOKEN_PATH {
        return if raw.method == "PUT" { token(world, raw) } else { wrong_method("OPTIONS, PUT") }.into();
    }
    if !matches!(raw.method, "GET" | "HEAD") {
        return wrong_method("GET, HEAD, OPTIONS").into();
    }
    let (snapshot, now) = (world.snapshot(), world.now().now);
    let instance = Instance::of(world, &snapshot.identities);
    match raw.header("x-aws-ec2-metadata-token") {
        Some(shown) if open_pass(Pass::Metadata, shown, snapshot.sessions.ring(), now).is_err() => {
            return page(401).into();
        }
        None if instance.v2_only => return page(401).into(),
        _ => {}
    }
    let path = raw.path.trim_matches('/');
    if path.is_empty() {
        return text("latest").into();
    }
    let path = path.strip_prefix("latest").unwrap_or_default().trim_start_matches('/');
    if path.is_empty() {
        return text("dynamic\nmeta-data").into();
    }
    Tree { held, world, identities: &snapshot.identities, instance, now }.at(path)
}

/// A token for as long as is asked for. AWS: none to whoever was forwarded, for a proxy that is open may be the sender.
fn token(world: &World, raw: &RawRequest<'_>) -> RawResponse {
    if raw.headers.iter().any(|(name, _)| *name == "x-forwarded-for") {
        return page(403);
    }
    let asked = raw.header("x-aws-ec2-metadata-token-ttl-seconds").and_then(|text| text.trim().parse::<i64>().ok());
    let Some(seconds) = asked.filter(|seconds| (1..=LONGEST_TTL).contains(seconds)) else { return page(400) };
    let (snapshot, now) = (world.snapshot(), world.now().now);
    let nonce = draw(world.entropy.as_ref());
    match seal_pass(Pass::Metadata, "", now.plus_seconds(seconds), snapshot.sessions.ring(), nonce) {
        Some(token) => {
            let mut response = text(&token);
            response.headers.push((TTL, seconds.to_string().into()));
            response
        }
        None => page(500),
    }
}

/// All that can be asked for.
struct Tree<'t> {
    held: &'t Held,
    world: &'t World,
    identities: &'t Identities,
    instance: Instance<'t>,
    now: Timestamp,
}

impl Tree<'_> {
    fn at(&self, path: &str) -> Delivered {
        let is_role = |name: &&str| self.instance.role.as_ref().is_some_and(|it| it.role.record.name.as_str() == *name);
        for (begin, extended) in [(ROLES, false), (ROLES_EXTENDED, true)] {
            if let (Some(found), Some(_)) = (&self.instance.role, path.strip_prefix(begin).filter(is_role)) {
                return self.credentials(found, extended);
            }
        }
        let leaves = self.leaves();
        let path = path.trim_end_matches('/');
        if let Some((_, value)) = leaves.iter().find(|(leaf, _)| leaf == path) {
            return text(value).into();
        }
        let mut below: Vec<String> = Vec::new();
        for (leaf, _) in &leaves {
            let Some(rest) = leaf.strip_prefix(path).and_then(|rest| rest.strip_prefix('/')) else { continue };
            let entry = rest.split_once('/').map_or(rest.to_owned(), |(directory, _)| format!("{directory}/"));
            if !below.contains(&entry) {
                below.push(entry);
            }
        }
        if below.is_empty() { page(404) } else { text(&below.join("\n")) }.into()
    }

    /// What stands where, in the order in which it is listed.
    fn leaves(&self) -> Vec<(String, String)> {
        let below = |(path, value): (String, String)| (format!("meta-data/{path}"), value);
        let mut leaves: Vec<(String, String)> = self.instance.values().into_iter().map(below).collect();
        if let Some(found) = &self.instance.role {
            leaves.push(("meta-data/iam/info".to_owned(), self.info(found)));
            let role = &found.role.record.name;
            leaves.extend([ROLES, ROLES_EXTENDED].map(|begin| (format!("{begin}{role}"), String::new())));
        }
        leaves.sort();
        let document = object(&self.instance.document(self.begin()));
        leaves.push(("dynamic/instance-identity/document".to_owned(), document));
        leaves
    }

    fn info(&self, found: &InstanceRole<'_>) -> String {
        object(&[
            ("Code", Some("Success".to_owned())),
            ("LastUpdated", Some(self.now.iso().to_string())),
            ("InstanceProfileArn", Some(found.profile_arn.clone())),
            ("InstanceProfileId", Some(found.profile_id.clone())),
        ])
    }

    /// When the instance began: with its account, as far as that is known.
    fn begin(&self) -> Timestamp {
        self.identities.roles().map(|role| role.record.created).min().unwrap_or(self.now)
    }

    fn credentials(&self, found: &InstanceRole<'_>, extended: bool) -> Delivered {
        let given = match self.instance.wish(found) {
            Some(wish) => self.held.credentials(self.world, &wish),
            None => Err(NotAssumed::Unknown("the instance has no name".to_owned())),
        };
        let role_arn = Some(found.role.arn.clone());
        let given = match given {
            Ok(given) => given,
            Err(why) => {
                let code = code(&why);
                let message = not_assumed(why, &found.role.arn, super::instance::SERVICE, &["sts:AssumeRole"]).message;
                // AWS: 200 all the same; SDKs find no keys in it and show the code.
                let response = text(&object(&[
                    ("Code", Some(code.to_owned())),
                    ("Message", Some(message.clone())),
                    ("LastUpdated", Some(self.now.iso().to_string())),
                ]));
                return Delivered { role_arn, refused: Some((code, message)), ..response.into() };
            }
        };
        let keys = given.credentials.in_the_clear();
        let mut members = vec![
            ("Code", Some("Success".to_owned())),
            ("LastUpdated", Some(given.issued.iso().to_string())),
            ("Type", Some("AWS-HMAC".to_owned())),
            ("AccessKeyId", Some(keys.access_key_id.to_owned())),
            ("SecretAccessKey", Some(keys.secret_access_key.to_owned())),
            ("Token", Some(keys.session_token.to_owned())),
            ("Expiration", Some(keys.expiration.iso().to_string())),
        ];
        if extended {
            members.push(("AccountId", Some(found.role.record.account.to_string())));
        }
        let response = text(&object(&members));
        Delivered { role_arn, made: given.made, are_new: given.are_new, ..response.into() }
    }
}

/// AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html>
fn code(why: &NotAssumed) -> &'static str {
    match why {
        NotAssumed::Untrusting { .. } => "AssumeRoleUnauthorizedAccess",
        NotAssumed::Unknown(_) => "AssumeRoleValidationError",
        NotAssumed::Refused(_) => "Failed",
    }
}

/// JSON as the metadata service writes it: a member a line, and blanks around the colon.
fn object(members: &[(&str, Option<String>)]) -> String {
    let line = |(name, value): &(&str, Option<String>)| format!("  {} : {}", json!(name), json!(value));
    let lines: Vec<String> = members.iter().map(line).collect();
    format!("{{\n{}\n}}", lines.join(",\n"))
}

fn text(text: &str) -> RawResponse {
    served(200, "text/plain", text.to_owned())
}

fn wrong_method(allowed: &'static str) -> RawResponse {
    let mut response = page(405);
    response.headers.push(("Allow", allowed.into()));
    response
}

/// An error, as the metadata service shows it.
fn page(status: u16) -> RawResponse {
    let reason = match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        _ => "Internal Server Error",
    };
    let head = "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\"\n\t\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\" lang=\"en\">\n";
    let title = format!("{status} - {reason}");
    let body =
        format!("{head} <head>\n  <title>{title}</title>\n </head>\n <body>\n  <h1>{title}</h1>\n </body>\n</html>\n");
    served(status, "text/html", body)
}

fn served(status: u16, kind: &'static str, body: String) -> RawResponse {
    let headers = vec![("Content-Type", kind.into()), ("Server", "EC2ws".into())];
    RawResponse { status, headers, body: body.into_bytes() }
}
