//! OIDC providers of a seed: what IAM would refuse to register is refused here, with its place.
//!
//! AWS: federation A1. Beyond it, for issuers on one's own machines: `http`, ports, and keys that need no network.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html>

use super::document::{Named, OidcProvider};
use super::fault::{Place, quoted};
use super::json;
use super::reader::{Form, Map, Reader};
use super::tree::{Kind, Node};
use crate::federation::oidc::{IssuerUrl, KeySet};
use crate::identities;
use crate::store::records::KEYS_OF_BUILT_IN_ISSUER;

static OIDC_PROVIDER: Form = Form::of("an OIDC provider", "url created clientIds thumbprints tags jwks");

impl Reader<'_> {
    pub(super) fn oidc_provider(&mut self, node: &Node) -> Option<OidcProvider> {
        let map = self.map(node, &OIDC_PROVIDER)?;
        let url_node = self.required(&map, "url");
        let url = url_node.and_then(|node| self.issuer_url(node));
        let client_ids = self.client_ids(&map);
        let thumbprints = self.thumbprints(&map);
        let tags = self.tags(&map);
        let keys = map.get("jwks").map(|node| self.key_set(node));
        let created = self.instant(&map, "created");
        let (at, keys) = (url_node?.at.clone(), keys.flatten());
        Some(OidcProvider { url: url?, at, client_ids, thumbprints, tags, keys, created })
    }

    fn issuer_url(&mut self, node: &Node) -> Option<IssuerUrl> {
        let text = self.text(node, "url")?;
        let url = IssuerUrl::parse(text);
        if let Err(fault) = url {
            let problem = format!("{} cannot be the address of an issuer", quoted(text));
            self.faults.push(&node.at, problem, fault.to_string());
        }
        url.ok()
    }

    /// AWS: each of 1 to 255 characters, once.
    fn client_ids(&mut self, map: &Map) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for node in self.list(map, "clientIds") {
            let Some(id) = self.text(node, "entry of `clientIds`") else { continue };
            if !(1..=255).contains(&id.chars().count()) {
                let problem = format!("a client id cannot have {} characters", id.chars().count());
                self.faults.push(&node.at, problem, "write 1 to 255 characters");
            } else if !found.iter().any(|known| known == id) {
                found.push(id.to_owned());
            }
        }
        self.at_most(map, "clientIds", identities::OidcProvider::MOST_CLIENT_IDS);
        found
    }

    /// AWS: each of 40 characters, in lower case; whether they are hexadecimal is not looked at.
    fn thumbprints(&mut self, map: &Map) -> Vec<String> {
        let mut found = Vec::new();
        for node in self.list(map, "thumbprints") {
            let Some(text) = self.text(node, "entry of `thumbprints`") else { continue };
            if text.chars().count() != 40 {
                let problem = format!("{} cannot be a thumbprint", quoted(text));
                self.faults.push(&node.at, problem, "a thumbprint has 40 characters: a SHA-1 without colons");
            }
            found.push(text.to_lowercase());
        }
        self.at_most(map, "thumbprints", identities::OidcProvider::MOST_THUMBPRINTS);
        found
    }

    /// A key set, written as a map or as JSON in a text, or the word for that of the built-in issuer.
    fn key_set(&mut self, node: &Node) -> Option<String> {
        if matches!(&node.kind, Kind::Scalar { text, .. } if text == KEYS_OF_BUILT_IN_ISSUER) {
            return Some(KEYS_OF_BUILT_IN_ISSUER.to_owned());
        }
        let parsed = match &node.kind {
            Kind::Scalar { text, .. } if !node.is_null() => Some(json::read(text, &node.at, self.faults)?),
            _ => None,
        };
        let document = json::render(parsed.as_deref().unwrap_or(node));
        if let Err(fault) = KeySet::parse(document.as_bytes()).and_then(KeySet::useful) {
            let advice = "paste what the issuer's jwks_uri shows: { keys: [{ kty: RSA, kid: ..., n: ..., e: AQAB }] }";
            self.faults.push(&node.at, format!("this cannot be used as a key set: {fault}"), advice);
            return None;
        }
        Some(document)
    }
}

impl Named for OidcProvider {
    const NOUN: &'static str = "OIDC provider";
    const RULE: &'static str = "one issuer is registered once, whatever its scheme";

    fn name(&self) -> &str {
        self.url.as_iss()
    }

    fn at(&self) -> &Place {
        &self.at
    }

    /// AWS: case and slashes tell two apart, the scheme does not.
    fn key(&self) -> String {
        self.url.without_scheme().to_owned()
    }
}
