//! The parts that several things of a seed have: names, paths, tags, keys, policies, references.

use std::collections::HashSet;
use std::fmt::Display;

use super::document::{AccessKey, AccountAlias, Located, MfaDevice, NamedPolicy, PolicyText};
use super::fault::{Place, Seen, quoted};
use super::reader::{Form, Map, Reader};
use super::tree::{Entry, Kind, Node};
use crate::ids::AccessKeyId;
use crate::ids::names::{ArnText, IamDescription, Path};
use crate::ids::tags::{Tag, TagKey};
use crate::shape::{Expected, Shape};

/// AWS: a user has at most two access keys, in whatever state; so has the root user.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MAX_ACCESS_KEYS: usize = 2;
/// AWS: the same page.
const MAX_MFA_DEVICES: usize = 8;
/// AWS: the same page.
const MAX_TAGS: usize = 50;
/// The longest secret of an access key.
const MAX_SECRET: usize = 128;
/// What to write where a managed policy is named.
const POLICY_ARN: &str = "write the whole ARN: arn:aws:iam::123456789012:policy/NAME, or arn:aws:iam::aws:policy/NAME";

static TAG: Form = Form::of("a tag", "Key Value");
static ACCESS_KEY: Form = Form::of_secrets("an access key", "id secret status created");
static MFA_DEVICE: Form = Form::of_secrets("an MFA device", "name secret path enabled drift lastPair tags");
static INLINE_POLICY: Form = Form::of("an inline policy", "name document documentText");

impl Reader<'_> {
    /// The name of a thing, and the place by which later faults will name the thing.
    pub(super) fn named<T: Shape>(&mut self, map: &Map, noun: &str) -> (Option<T>, Place) {
        let Some(node) = self.required(map, "name") else { return (None, map.at.clone()) };
        (self.shaped(node, noun), node.at.clone())
    }

    pub(super) fn path(&mut self, map: &Map) -> Path {
        let advice = "a path begins and ends with / and has at most 512 printable characters: /team/";
        map.get("path").and_then(|node| self.value(node, "path", advice, Path::parse)).unwrap_or_default()
    }

    pub(super) fn description(&mut self, map: &Map) -> Option<IamDescription> {
        let advice = "a description has at most 1000 characters, all of them up to U+00FF";
        self.advised(map.get("description")?, "description", advice)
    }

    pub(super) fn alias(&mut self, node: &Node) -> Option<Located<AccountAlias>> {
        let value: AccountAlias = self.shaped(node, "account alias")?;
        let text = value.as_str();
        if text.starts_with('-') || text.ends_with('-') || text.contains("--") {
            let advice = "hyphens stand one by one between letters and digits";
            self.unusable(text, &node.at, "account alias", advice);
        }
        Some(Located { value, at: node.at.clone() })
    }

    /// Tags as a map, or in the list form of AWS.
    pub(super) fn tags(&mut self, map: &Map) -> Vec<Tag> {
        let Some(node) = map.written("tags") else { return Vec::new() };
        let tags: Vec<(Tag, Place)> = match &node.kind {
            Kind::Map(entries) => entries.iter().filter_map(|entry| self.tag(entry)).collect(),
            Kind::List(items) => items.iter().filter_map(|item| self.tag_of_list(item)).collect(),
            Kind::Scalar { .. } => {
                let problem = format!("`tags` must be a map, not {}", node.noun());
                self.faults.push(&node.at, problem, "write it as { key: value }");
                return Vec::new();
            }
        };
        let mut seen = Seen::new();
        for (tag, at) in &tags {
            let key = tag.key.as_str();
            if let Some(first) = seen.before(tag.key.folded(), at) {
                let problem = format!("the tag {} is written twice", quoted(key));
                let advice = format!("tag keys must differ by more than case: the first is on {}", first.seen_from(at));
                self.faults.push(at, problem, advice);
            }
            if key.to_lowercase().starts_with("aws:") {
                let problem = format!("the tag {} is reserved", quoted(key));
                self.faults.push(at, problem, "tag keys do not begin with `aws:`");
            }
        }
        if tags.len() > MAX_TAGS {
            self.faults.push(&node.at, format!("these are {} tags", tags.len()), format!("leave at most {MAX_TAGS}"));
        }
        tags.into_iter().map(|(tag, _)| tag).collect()
    }

    fn tag(&mut self, entry: &Entry) -> Option<(Tag, Place)> {
        let key = TagKey::parse(&entry.key).ok();
        if key.is_none() {
            self.unusable(&entry.key, &entry.at, "tag key", &Expected(&TagKey::CONSTRAINTS).to_string());
        }
        let value = self.shaped(&entry.value, "tag value");
        Some((Tag { key: key?, value: value? }, entry.at.clone()))
    }

    fn tag_of_list(&mut self, item: &Node) -> Option<(Tag, Place)> {
        let map = self.map(item, &TAG)?;
        let key_node = self.required(&map, "Key");
        let value_node = self.required(&map, "Value");
        let key = key_node.and_then(|node| self.shaped(node, "tag key"));
        let value = value_node.and_then(|node| self.shaped(node, "tag value"));
        Some((Tag { key: key?, value: value? }, key_node?.at.clone()))
    }

    /// A list of names of other things, no two alike.
    pub(super) fn references<T: Shape + Display>(
        &mut self,
        map: &Map,
        key: &str,
        noun: &str,
        advice: &str,
    ) -> Vec<Located<T>> {
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for node in self.list(map, key) {
            let Some(value) = self.advised::<T>(node, noun, advice) else { continue };
            let name = value.to_string();
            if seen.insert(name.clone()) {
                found.push(Located { value, at: node.at.clone() });
            } else {
                self.faults.push(&node.at, format!("the {noun} {} is listed twice", quoted(&name)), "keep one");
            }
        }
        found
    }

    pub(super) fn attached_policies(&mut self, map: &Map) -> Vec<Located<ArnText>> {
        self.references(map, "attachedPolicies", "policy ARN", POLICY_ARN)
    }

    pub(super) fn permissions_boundary(&mut self, map: &Map) -> Option<Located<ArnText>> {
        let node = map.get("permissionsBoundary")?;
        Some(Located { value: self.advised(node, "policy ARN", POLICY_ARN)?, at: node.at.clone() })
    }

    pub(super) fn inline_policy(&mut self, node: &Node) -> Option<NamedPolicy> {
        let map = self.map(node, &INLINE_POLICY)?;
        let (name, at) = self.named(&map, "policy name");
        let document = self.document(&map, "document");
        Some(NamedPolicy { name: name?, at, document: document? })
    }

    /// The policy document under a key that must be there.
    pub(super) fn document(&mut self, map: &Map, key: &str) -> Option<PolicyText> {
        let noun = if key == "trust" { "trust policy" } else { "policy document" };
        // A document whose blanks and spelling count is written as a text under another key.
        let Some(node) = map.get(&format!("{key}Text")) else {
            let node = self.required(map, key)?;
            return self.policy(node, noun);
        };
        if map.get(key).is_some() {
            self.faults.push(&node.at, format!("the {noun} is written twice"), format!("keep `{key}` or `{key}Text`"));
        }
        Some(PolicyText { json: self.text(node, noun)?.to_owned(), at: node.at.clone() })
    }

    pub(super) fn access_keys(&mut self, map: &Map, key: &str) -> Vec<AccessKey> {
        let items = self.list(map, key);
        self.no_more(items.iter().map(|node| &node.at), "access keys", MAX_ACCESS_KEYS);
        items.iter().filter_map(|node| self.access_key(node)).collect()
    }

    fn access_key(&mut self, node: &Node) -> Option<AccessKey> {
        let map = self.map(node, &ACCESS_KEY)?;
        let id_node = self.required(&map, "id");
        let id = id_node.and_then(|node| self.access_key_id(node));
        let wish = "a secret is a text of 1 to 128 printable characters without blanks";
        let secret = self.required(&map, "secret").and_then(|node| self.secret(node, "secret", is_secret, wish));
        let states = [("Active", true), ("Inactive", false)];
        let active = map.get("status").map_or(Some(true), |node| self.word(node, "status", &states));
        let created = self.instant(&map, "created");
        Some(AccessKey { id: id?, at: id_node?.at.clone(), secret: secret?, active: active?, created })
    }

    /// ATTACK: an id is no secret, but whoever swaps the two lines writes the secret here; so it is not shown.
    fn access_key_id(&mut self, node: &Node) -> Option<AccessKeyId> {
        let id = AccessKeyId::parse(self.text(node, "id of the access key")?).ok();
        if id.is_none() {
            let advice = "an id has 1 to 128 letters, digits and _, such as AKIAEXAMPLEALICE0001";
            self.faults.push(&node.at, "this cannot be used as the id of an access key", advice);
        }
        id
    }

    pub(super) fn mfa_devices(&mut self, map: &Map, key: &str) -> Vec<MfaDevice> {
        let devices = self.things(map, key, Self::mfa_device);
        self.no_more(devices.iter().map(|device| &device.at), "MFA devices", MAX_MFA_DEVICES);
        devices
    }

    pub(super) fn mfa_device(&mut self, node: &Node) -> Option<MfaDevice> {
        let map = self.map(node, &MFA_DEVICE)?;
        let (name, at) = self.named(&map, "device name");
        let wish = "the seed of a device has 16 to 128 characters of base32: A to Z and 2 to 7";
        let secret = self.required(&map, "secret").and_then(|node| self.secret(node, "secret", is_base32, wish));
        let path = self.path(&map);
        let enabled = self.instant(&map, "enabled");
        let drift = self.steps(&map, "drift").unwrap_or_default();
        let last_pair = self.steps(&map, "lastPair");
        let tags = self.tags(&map);
        Some(MfaDevice { name: name?, at, path, secret: secret?, enabled, drift, last_pair, tags })
    }
}

fn is_secret(text: &str) -> bool {
    let printable = text.chars().all(|letter| !letter.is_control() && !letter.is_whitespace());
    printable && (1..=MAX_SECRET).contains(&text.chars().count())
}

fn is_base32(text: &str) -> bool {
    let letters = text.trim_end_matches('=');
    let base32 = letters.bytes().all(|letter| letter.is_ascii_uppercase() || (b'2'..=b'7').contains(&letter));
    base32 && (16..=128).contains(&letters.len())
}
