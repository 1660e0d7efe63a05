//! The metadata of an identity provider: who it is, and by which keys its assertions are known.
//!
//! AWS: federation C1. Keys count whatever the dates of their certificates; the document's own signature is not asked.
//! <https://docs.oasis-open.org/security/saml/v2.0/saml-metadata-2.0-os.pdf>

use super::from_base64;
use super::namespace::{METADATA, SIGNATURE};
use super::text::Text;
use super::tree::{Element, NotXml, Tree};
use crate::federation::certificate::certified;
use crate::federation::public_key::PublicKey;

/// AWS: a document has so many characters.
const LENGTH: std::ops::RangeInclusive<usize> = 1000..=10_000_000;

/// Identity providers, each with its keys.
#[derive(Clone, Debug)]
pub struct Metadata {
    entities: Vec<Entity>,
}

/// One identity provider.
#[derive(Clone, Debug)]
struct Entity {
    id: String,
    keys: Vec<PublicKey>,
}

/// Why a document is no metadata that AWS takes.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display)]
pub enum NotMetadata {
    /// It has too few or too many characters.
    #[display("it has {_0} characters, and AWS takes {} to {}", LENGTH.start(), LENGTH.end())]
    Length(usize),
    /// It cannot be read.
    #[display("it cannot be read: {_0}")]
    Unreadable(String),
    /// There is no identity provider in it.
    #[display("there is no IDPSSODescriptor in it, so nobody who issues assertions")]
    NoIssuer,
}

impl Metadata {
    /// Reads a document, an `EntityDescriptor` or an `EntitiesDescriptor` with several of them.
    pub fn parse(document: &str) -> Result<Self, NotMetadata> {
        let length = document.chars().count();
        if !LENGTH.contains(&length) {
            return Err(NotMetadata::Length(length));
        }
        let unreadable = |why: &str| NotMetadata::Unreadable(why.to_owned());
        let not_xml = |fault: NotXml| NotMetadata::Unreadable(format!("{fault:?}"));
        let text = Text::of(document).map_err(not_xml)?;
        let tree = Tree::parse(&text).map_err(not_xml)?;
        let root = tree.root().ok_or_else(|| unreadable("it has no root element"))?;
        let mut found = Vec::new();
        descriptors(root, &mut found)?;
        let mut entities: Vec<Entity> = Vec::new();
        for descriptor in found {
            let entity = Entity::of(descriptor)?;
            if let Some(entity) = entity {
                if entities.iter().any(|known| known.id == entity.id) {
                    return Err(unreadable("two entities have one entityID"));
                }
                entities.push(entity);
            }
        }
        if entities.is_empty() { Err(NotMetadata::NoIssuer) } else { Ok(Self { entities }) }
    }

    /// The keys of the identity provider that names itself so.
    ///
    /// ATTACK: the keys of one entity never vouch for another one of the same document.
    pub(super) fn keys(&self, issuer: &str) -> Option<&[PublicKey]> {
        self.entities.iter().find(|entity| entity.id == issuer).map(|entity| entity.keys.as_slice())
    }

    /// Whether the identity provider that names itself so signs by the key of this certificate, in base64.
    pub fn has_key(&self, issuer: &str, certificate: &str) -> bool {
        let key = decode(certificate).and_then(|certificate| certified(&certificate).ok()?);
        key.is_some_and(|key| self.keys(issuer).is_some_and(|keys| keys.contains(&key)))
    }

    /// What the identity providers call themselves.
    pub fn entity_ids(&self) -> impl Iterator<Item = &str> {
        self.entities.iter().map(|entity| entity.id.as_str())
    }
}

/// Collects entities, however deep the groups of them are.
fn descriptors<'t>(element: Element<'t>, found: &mut Vec<Element<'t>>) -> Result<(), NotMetadata> {
    if element.is(METADATA, "EntityDescriptor") {
        found.push(element);
    } else if element.is(METADATA, "EntitiesDescriptor") {
        for child in element.children().filter(|child| child.name().starts_with("Entit")) {
            descriptors(child, found)?;
        }
    } else {
        return Err(NotMetadata::Unreadable(format!("{} is no EntityDescriptor", element.name())));
    }
    Ok(())
}

impl Entity {
    /// The identity provider of a descriptor; none if the entity is something else.
    fn of(descriptor: Element<'_>) -> Result<Option<Self>, NotMetadata> {
        let unreadable = |why: &str| NotMetadata::Unreadable(why.to_owned());
        let id = descriptor.attribute("entityID").filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| unreadable("an EntityDescriptor has no entityID"))?.to_owned();
        let mut roles = descriptor.all(METADATA, "IDPSSODescriptor").peekable();
        if roles.peek().is_none() {
            return Ok(None);
        }
        let mut keys = Vec::new();
        for key in roles.flat_map(|role| role.all(METADATA, "KeyDescriptor")) {
            let signs = match key.attribute("use") {
                None | Some("signing") => true,
                Some("encryption") => false,
                Some(_) => return Err(unreadable("the use of a key is neither signing nor encryption")),
            };
            for certificate in certificates(key) {
                let text = certificate.text().unwrap_or_default();
                let key = decode(&text).and_then(|certificate| certified(&certificate).ok());
                let key = key.ok_or_else(|| unreadable("a certificate cannot be decoded, or its key is too small"))?;
                keys.extend(key.filter(|_| signs));
            }
        }
        Ok(Some(Self { id, keys }))
    }
}

fn certificates(key: Element<'_>) -> impl Iterator<Item = Element<'_>> {
    let data = key.all(SIGNATURE, "KeyInfo").flat_map(|info| info.all(SIGNATURE, "X509Data"));
    data.flat_map(|data| data.all(SIGNATURE, "X509Certificate"))
}

/// Some paste the armour of PEM along.
fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_ascii().trim_start_matches("-----BEGIN CERTIFICATE-----");
    from_base64(text.trim_end_matches("-----END CERTIFICATE-----"))
}
