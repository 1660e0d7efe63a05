//! How the documents of well-known identity providers look.
//!
//! What AWS does not look at differs from one to the next; what it demands is in all of them.

use crate::federation::saml::sign::{Hash, Style};

/// The manner of one identity provider.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a manner by itself")]
pub struct Shape {
    /// What it is called on command lines.
    pub name: &'static str,
    /// The prefix of the protocol's elements.
    pub protocol: &'static str,
    /// The prefix of the assertion's elements; none if empty.
    pub assertion: &'static str,
    /// How it signs.
    pub style: Style,
    /// Whether it signs the Response too, if nobody says.
    pub signs_response: bool,
    /// The kind of name that it gives.
    pub name_format: &'static str,
    /// The NameFormat of its attributes.
    pub attribute_format: Option<&'static str>,
    /// The `xsi:type` of its values.
    pub value_type: Option<&'static str>,
    /// Whether its Issuer says that it is an entity.
    pub issuer_format: bool,
    /// What its IDs begin with.
    pub id_prefix: &'static str,
    /// Whether its instants have milliseconds.
    pub millis: bool,
    /// Whether the document is broken into lines.
    pub pretty: bool,
}

const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
const EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
const BASIC: Option<&str> = Some("urn:oasis:names:tc:SAML:2.0:attrname-format:basic");
const URI: Option<&str> = Some("urn:oasis:names:tc:SAML:2.0:attrname-format:uri");
const PLAIN: Option<&str> = Some("urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified");
const DS: Style = Style { prefix: "ds", hash: Hash::Sha256, kept_prefixes: "" };

/// What the built-in identity provider does of itself.
pub const DEFAULT: Shape = Shape {
    name: "default",
    protocol: "samlp",
    assertion: "saml",
    style: DS,
    signs_response: false,
    name_format: PERSISTENT,
    attribute_format: None,
    value_type: None,
    issuer_format: false,
    id_prefix: "_",
    millis: false,
    pretty: false,
};

/// Every shape.
pub const ALL: [Shape; 11] = [
    DEFAULT,
    Shape {
        name: "okta",
        protocol: "saml2p",
        assertion: "saml2",
        style: Style { kept_prefixes: "xs", ..DS },
        signs_response: true,
        name_format: UNSPECIFIED,
        attribute_format: BASIC,
        value_type: Some("xs:string"),
        issuer_format: true,
        id_prefix: "id",
        millis: true,
        ..DEFAULT
    },
    Shape {
        name: "entra",
        assertion: "",
        style: Style { prefix: "", ..DS },
        name_format: EMAIL,
        millis: true,
        ..DEFAULT
    },
    Shape { name: "adfs", assertion: "", name_format: EMAIL, millis: true, ..DEFAULT },
    Shape {
        name: "keycloak",
        style: Style { prefix: "dsig", ..DS },
        signs_response: true,
        attribute_format: BASIC,
        value_type: Some("xs:string"),
        id_prefix: "ID_",
        millis: true,
        ..DEFAULT
    },
    Shape {
        name: "google",
        protocol: "saml2p",
        assertion: "saml2",
        name_format: EMAIL,
        value_type: Some("xs:anyType"),
        millis: true,
        ..DEFAULT
    },
    Shape {
        name: "ping",
        name_format: EMAIL,
        attribute_format: BASIC,
        value_type: Some("xs:string"),
        millis: true,
        ..DEFAULT
    },
    Shape {
        name: "jumpcloud",
        name_format: UNSPECIFIED,
        attribute_format: PLAIN,
        value_type: Some("xs:string"),
        ..DEFAULT
    },
    Shape {
        name: "shibboleth",
        protocol: "saml2p",
        assertion: "saml2",
        style: Style { kept_prefixes: "xsd", ..DS },
        signs_response: true,
        name_format: TRANSIENT,
        attribute_format: URI,
        value_type: Some("xsd:string"),
        millis: true,
        ..DEFAULT
    },
    Shape {
        name: "simplesamlphp",
        signs_response: true,
        name_format: TRANSIENT,
        attribute_format: BASIC,
        value_type: Some("xs:string"),
        pretty: true,
        ..DEFAULT
    },
    Shape {
        name: "onelogin",
        style: Style { hash: Hash::Sha512, ..DS },
        name_format: EMAIL,
        attribute_format: BASIC,
        value_type: Some("xs:string"),
        id_prefix: "pfx",
        ..DEFAULT
    },
];

/// The shape of this name.
pub fn named(name: &str) -> Option<&'static Shape> {
    ALL.iter().find(|shape| shape.name == name)
}
