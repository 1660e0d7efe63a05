//! SAML providers of a seed: what IAM would refuse to register is refused here, with its place.
//!
//! AWS: federation C1. Beyond it, the word `built-in` stands for the metadata of the built-in identity provider.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateSAMLProvider.html>

use super::document::{SamlPrivateKey, SamlProvider};
use super::fault::quoted;
use super::reader::{Form, Map, Reader};
use super::tree::{Kind, Node};
use crate::federation::saml::{DecryptionKey, Metadata};
use crate::identities;
use crate::idp::saml::metadata::built_in_metadata;
use crate::secret::Secret;

static SAML_PROVIDER: Form =
    Form::of("a SAML provider", "name id created uploaded metadata assertionEncryptionMode privateKeys tags");

static PRIVATE_KEY: Form = Form::of_secrets("a private key", "id added pem");

/// AWS: characters of a private key.
const LONGEST_PRIVATE_KEY: usize = 16_384;
/// The metadata of the built-in identity provider.
const BUILT_IN: &str = "built-in";

impl Reader<'_> {
    pub(super) fn saml_provider(&mut self, node: &Node) -> Option<SamlProvider> {
        let map = self.map(node, &SAML_PROVIDER)?;
        let (name, at) = self.named(&map, "provider name");
        let metadata = self.required(&map, "metadata").and_then(|node| self.metadata(node));
        Some(SamlProvider {
            encryption_required: self.encryption_required(&map),
            private_keys: self.private_keys(&map),
            tags: self.tags(&map),
            id: self.saml_id(&map, "SAMLSP"),
            created: self.instant(&map, "created"),
            uploaded: self.instant(&map, "uploaded"),
            name: name?,
            at,
            metadata: metadata?,
        })
    }

    fn metadata(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node, "metadata")?;
        if text == BUILT_IN {
            return built_in_metadata();
        }
        if let Err(fault) = Metadata::parse(text) {
            let advice = "paste the metadata document of the identity provider behind `metadata: |`, or write built-in";
            self.faults.push(&node.at, format!("this cannot be used as metadata: {fault}"), advice);
            return None;
        }
        Some(text.to_owned())
    }

    fn encryption_required(&mut self, map: &Map) -> bool {
        let Some(node) = map.get("assertionEncryptionMode") else { return false };
        match self.text(node, "assertionEncryptionMode") {
            Some("Required") => true,
            Some("Allowed") | None => false,
            Some(other) => {
                let problem = format!("{} is no assertionEncryptionMode", quoted(other));
                self.faults.push(&node.at, problem, "write Required or Allowed");
                false
            }
        }
    }

    fn private_keys(&mut self, map: &Map) -> Vec<SamlPrivateKey> {
        self.at_most(map, "privateKeys", identities::SamlProvider::MOST_PRIVATE_KEYS);
        self.list(map, "privateKeys").iter().filter_map(|node| self.private_key(node)).collect()
    }

    /// A PEM, or a map around it that tells more.
    fn private_key(&mut self, node: &Node) -> Option<SamlPrivateKey> {
        if !matches!(node.kind, Kind::Map(_)) {
            return Some(SamlPrivateKey { pem: self.pem(node)?, id: None, added: None });
        }
        let map = self.map(node, &PRIVATE_KEY)?;
        let pem = self.required(&map, "pem").and_then(|node| self.pem(node));
        let id = self.saml_id(&map, "SAMLPK");
        let added = self.instant(&map, "added");
        Some(SamlPrivateKey { pem: pem?, id, added })
    }

    fn pem(&mut self, node: &Node) -> Option<Secret<String>> {
        let wish = "a private key is a PEM of up to 16384 characters";
        self.secret(node, "entry of `privateKeys`", is_private_key, wish)
    }
}

fn is_private_key(text: &str) -> bool {
    text.len() <= LONGEST_PRIVATE_KEY && DecryptionKey::parse(&Secret::new(text.to_owned())).is_ok()
}
