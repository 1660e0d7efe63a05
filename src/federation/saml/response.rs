//! A Response of SAML 2.0, as far as one can tell without its keys: one root, one assertion in it, nothing twice.
//!
//! ATTACK: wrapping needs a second assertion, a second element of one ID, or a signature in a place of its own choice.
//! <https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf>

use std::collections::HashSet;

use super::namespace::{ASSERTION, PROTOCOL, SIGNATURE};
use super::rejection::Hole;
use super::tree::{Element, Tree};
use crate::time::Timestamp;

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";

/// A Response.
pub(super) struct Response<'t> {
    pub(super) element: Element<'t>,
    pub(super) signature: Option<Element<'t>>,
    pub(super) content: Content<'t>,
}

/// The one assertion of a Response.
#[derive(Clone, Copy)]
pub(super) enum Content<'t> {
    Plain(Element<'t>),
    Encrypted(Element<'t>),
}

impl<'t> Response<'t> {
    pub(super) fn of(tree: &'t Tree<'_>) -> Result<Self, Hole> {
        let element = tree.root().filter(|root| root.is(PROTOCOL, "Response")).ok_or(Hole::Root)?;
        tree.check_cost().map_err(Hole::Xml)?;
        identified(element)?;
        ids_are_unique(tree)?;
        let known = [
            (ASSERTION, "Issuer"),
            (SIGNATURE, "Signature"),
            (PROTOCOL, "Extensions"),
            (PROTOCOL, "Status"),
            (ASSERTION, "Assertion"),
            (ASSERTION, "EncryptedAssertion"),
        ];
        if element.children().any(|child| !known.iter().any(|(namespace, name)| child.is(namespace, name))) {
            return Err(Hole::Misplaced("an element of the Response"));
        }
        element.at_most_one(ASSERTION, "Issuer").map_err(|_| Hole::Element("Issuer of the Response"))?;
        let signature = element.at_most_one(SIGNATURE, "Signature").map_err(|_| Hole::Element("Signature"))?;
        succeeded(element)?;
        let plain = element.at_most_one(ASSERTION, "Assertion").map_err(|_| Hole::Element("Assertion"))?;
        let encrypted = element.at_most_one(ASSERTION, "EncryptedAssertion").map_err(|_| Hole::Element("Assertion"))?;
        let content = match (plain, encrypted) {
            (Some(assertion), None) => Content::Plain(assertion),
            (None, Some(encrypted)) => Content::Encrypted(encrypted),
            (None, None) => return Err(Hole::NoAssertion),
            (Some(_), Some(_)) => return Err(Hole::Element("Assertion")),
        };
        nothing_elsewhere(tree, element, plain)?;
        Ok(Self { element, signature, content })
    }
}

/// What both a Response and an Assertion say of themselves.
pub(super) fn identified(element: Element<'_>) -> Result<Timestamp, Hole> {
    let id = element.attribute("ID").unwrap_or_default();
    let starts_well = id.starts_with(|first: char| first.is_alphabetic() || first == '_');
    if !starts_well || id.contains(|letter: char| letter.is_whitespace() || letter == ':') {
        return Err(Hole::Attribute("ID"));
    }
    if element.attribute("Version") != Some("2.0") {
        return Err(Hole::Attribute("Version"));
    }
    instant(element, "IssueInstant")?.ok_or(Hole::Attribute("IssueInstant"))
}

/// An attribute that is an instant, if it is there.
pub(super) fn instant(element: Element<'_>, name: &'static str) -> Result<Option<Timestamp>, Hole> {
    let text = element.attribute(name);
    text.map(|text| Timestamp::parse_iso(text.trim_ascii()).ok_or(Hole::Instant(name))).transpose()
}

/// ATTACK: an ID names one element, however the attribute is spelled; and no prefix makes another attribute of it.
fn ids_are_unique(tree: &Tree<'_>) -> Result<(), Hole> {
    let mut seen = HashSet::new();
    for element in tree.elements() {
        for (namespace, name, value) in element.attributes() {
            let is_id = name.eq_ignore_ascii_case("ID") || name == "AssertionID";
            if is_id && (namespace.is_some() || !seen.insert(value)) {
                return Err(Hole::Id(value.to_owned()));
            }
        }
    }
    Ok(())
}

fn succeeded(response: Element<'_>) -> Result<(), Hole> {
    let status = response.only(PROTOCOL, "Status").ok_or(Hole::Element("Status"))?;
    let code = status.only(PROTOCOL, "StatusCode").ok_or(Hole::Element("StatusCode"))?;
    match code.attribute("Value") {
        Some(SUCCESS) => Ok(()),
        other => Err(Hole::Status(other.unwrap_or_default().to_owned())),
    }
}

/// Assertions are where the one assertion is, signatures are children of what can be signed, and nothing more is hidden.
fn nothing_elsewhere(tree: &Tree<'_>, response: Element<'_>, assertion: Option<Element<'_>>) -> Result<(), Hole> {
    for element in tree.elements() {
        let parent = element.parent();
        if element.is(ASSERTION, "Assertion") && Some(element) != assertion {
            return Err(Hole::Misplaced("Assertion"));
        }
        if element.is(PROTOCOL, "Response") && element != response {
            return Err(Hole::Misplaced("Response"));
        }
        if element.is(ASSERTION, "EncryptedAssertion") && parent != Some(response) {
            return Err(Hole::Misplaced("EncryptedAssertion"));
        }
        if element.is(ASSERTION, "EncryptedID") || element.is(ASSERTION, "EncryptedAttribute") {
            return Err(Hole::Misplaced("EncryptedID"));
        }
        let may_be_signed = parent == Some(response) || (assertion.is_some() && parent == assertion);
        if element.is(SIGNATURE, "Signature") && !may_be_signed {
            return Err(Hole::Misplaced("Signature"));
        }
    }
    Ok(())
}
