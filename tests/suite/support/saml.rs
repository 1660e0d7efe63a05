//! Responses of the built-in identity provider, for tests.

use local_sts::federation::saml::{
    Addressee, DecryptionKey, Encryption, Metadata, Provider, Rejection, Rules, VerifiedAssertion,
};
use local_sts::idp::saml::ENTITY_ID;
use local_sts::idp::saml::defects::Defect;
use local_sts::idp::saml::metadata::metadata;
use local_sts::idp::saml::mint::Order;
use local_sts::idp::saml::shapes::{DEFAULT, Shape};
use local_sts::ids::Partition;
use local_sts::secret::Secret;
use local_sts::time::Timestamp;

pub const ROLE: &str = "arn:aws:iam::444455556666:role/night-shift";
pub const PROVIDER: &str = "arn:aws:iam::444455556666:saml-provider/demo";
/// The IDs of a document that nobody else makes.
pub const CHANCE: [u8; 32] = *b"thirty-two letters of no surpris";

pub fn now() -> Timestamp {
    Timestamp::parse_iso("2031-02-03T04:05:06Z").unwrap()
}

/// A Response for alice, who may be on the night shift.
pub fn order() -> Order {
    shaped(&DEFAULT)
}

pub fn shaped(shape: &'static Shape) -> Order {
    Order::of(shape, "alice", vec![(ROLE.to_owned(), PROVIDER.to_owned())])
}

pub fn spoilt(defect: Defect) -> Order {
    Order { defect: Some(defect), ..order() }
}

pub fn demo_metadata() -> String {
    metadata(ENTITY_ID, "https://idp.local-sts.test/sso").unwrap()
}

/// The file of this name under fixtures/saml.
pub fn fixture(name: &str) -> String {
    let place = format!("{}/fixtures/saml/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&place).unwrap_or_else(|fault| panic!("{place}: {fault}"))
}

/// The DER of a certificate under fixtures/saml/keys.
pub fn certificate(name: &str) -> Vec<u8> {
    use base64::Engine as _;
    let pem = fixture(&format!("keys/{name}.cert.pem"));
    let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

pub fn private_key(name: &str) -> DecryptionKey {
    DecryptionKey::parse(&Secret::new(fixture(&format!("keys/{name}.key.pem")))).unwrap()
}

/// The id of the provider in its own addresses.
pub const PROVIDER_ID: &str = "SAMLSPABCDEFGHIJKLMNOP";

/// A provider of an account that lives in `partition`.
pub fn provider_in(partition: Partition, metadata: &Metadata) -> Provider<'_> {
    let addressee = Addressee { partition, provider_id: PROVIDER_ID };
    Provider { metadata, decryption: &[], encryption: Encryption::Allowed, addressee }
}

/// A provider of an account like most.
pub fn provider<'p>(metadata: &'p Metadata, decryption: &'p [DecryptionKey], encryption: Encryption) -> Provider<'p> {
    Provider { decryption, encryption, ..provider_in(Partition::Aws, metadata) }
}

/// What the demo provider makes of a Response in base64.
pub fn verdict(encoded: &str) -> Result<VerifiedAssertion, Rejection> {
    verdict_at(encoded, now(), Rules::default())
}

pub fn verdict_at(encoded: &str, now: Timestamp, rules: Rules) -> Result<VerifiedAssertion, Rejection> {
    let metadata = Metadata::parse(&demo_metadata()).unwrap();
    provider(&metadata, &[], Encryption::Allowed).verify(encoded, rules, now)
}

/// What a provider of this metadata makes of a Response in XML.
pub fn verdict_by(metadata: &Metadata, xml: &str) -> Result<VerifiedAssertion, Rejection> {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(xml);
    provider(metadata, &[], Encryption::Allowed).verify(&encoded, Rules::default(), now())
}

/// What the demo provider makes of a Response in XML.
pub fn verdict_of_xml(xml: &str) -> Result<VerifiedAssertion, Rejection> {
    verdict_by(&Metadata::parse(&demo_metadata()).unwrap(), xml)
}

/// Metadata of the built-in identity provider with other keys.
pub fn metadata_of(keys: &[&str]) -> String {
    use base64::Engine as _;
    let keys: String = keys
        .iter()
        .map(|name| {
            let text = base64::engine::general_purpose::STANDARD.encode(certificate(name));
            format!(
                "<md:KeyDescriptor><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data>\
                 <ds:X509Certificate>{text}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            )
        })
        .collect();
    format!(
        "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{ENTITY_ID}\">\
         <md:IDPSSODescriptor>{keys}</md:IDPSSODescriptor></md:EntityDescriptor>"
    )
}
