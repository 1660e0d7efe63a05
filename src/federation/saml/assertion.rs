//! What an assertion says. Whoever calls knows whether it was proved.
//!
//! AWS: federation C3: what must be there for an assertion to be one, and what is not looked at.

use super::namespace::{ASSERTION, INSTANCE, SIGNATURE};
use super::rejection::Hole;
use super::response::{identified, instant};
use super::tree::Element;
use crate::time::Timestamp;

const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/// All that is read of an assertion.
pub(super) struct Said {
    pub(super) id: String,
    pub(super) issuer: String,
    pub(super) issued: Timestamp,
    /// Text and Format of the `NameID`.
    pub(super) subject: Option<(String, String)>,
    pub(super) recipient: String,
    /// The times at which something of it is over.
    pub(super) ends: Vec<(&'static str, Timestamp)>,
    pub(super) not_before: Option<Timestamp>,
    /// Of each restriction, those whom it admits.
    pub(super) audiences: Vec<Vec<String>>,
    pub(super) session_ends: Option<Timestamp>,
    pub(super) attributes: Vec<(String, Vec<String>)>,
}

impl Said {
    pub(super) fn by(assertion: Element<'_>) -> Result<Self, Hole> {
        let issued = identified(assertion)?;
        let one = |name| assertion.only(ASSERTION, name).ok_or(Hole::Element(name));
        let issuer = text_of(one("Issuer")?, "Issuer")?;
        let subject = one("Subject")?;
        let data = confirmation(subject)?;
        let conditions = one("Conditions")?;
        instant(data, "NotBefore")?;
        let mut ends = vec![(
            "SubjectConfirmationData",
            instant(data, "NotOnOrAfter")?.ok_or(Hole::Attribute("NotOnOrAfter of SubjectConfirmationData"))?,
        )];
        ends.extend(instant(conditions, "NotOnOrAfter")?.map(|end| ("Conditions", end)));
        let mut sessions = assertion.all(ASSERTION, "AuthnStatement").peekable();
        sessions.peek().ok_or(Hole::Element("AuthnStatement"))?;
        let mut session_ends: Option<Timestamp> = None;
        for session in sessions {
            let end = instant(session, "SessionNotOnOrAfter")?;
            session_ends = session_ends.into_iter().chain(end).min();
        }
        ends.extend(session_ends.map(|end| ("SessionNotOnOrAfter", end)));
        Ok(Self {
            id: assertion.attribute("ID").unwrap_or_default().to_owned(),
            issuer,
            issued,
            subject: name_id(subject)?,
            recipient: data.attribute("Recipient").ok_or(Hole::Attribute("Recipient"))?.to_owned(),
            ends,
            not_before: instant(conditions, "NotBefore")?,
            audiences: audiences(conditions),
            session_ends,
            attributes: attributes(assertion)?,
        })
    }
}

/// The one Signature that an assertion may have.
pub(super) fn own_signature(assertion: Element<'_>) -> Result<Option<Element<'_>>, Hole> {
    assertion.at_most_one(SIGNATURE, "Signature").map_err(|_| Hole::Element("Signature"))
}

fn text_of(element: Element<'_>, name: &'static str) -> Result<String, Hole> {
    element.text().map(|text| text.trim_ascii().to_owned()).ok_or(Hole::Element(name))
}

/// AWS: whoever has no name is nobody; a name without a Format is a fault of form.
fn name_id(subject: Element<'_>) -> Result<Option<(String, String)>, Hole> {
    let Some(name) = subject.at_most_one(ASSERTION, "NameID").map_err(|_| Hole::Element("NameID"))? else {
        return Ok(None);
    };
    let format = name.attribute("Format").ok_or(Hole::Attribute("Format of NameID"))?;
    let text = text_of(name, "NameID")?;
    Ok((!text.is_empty()).then(|| (text, format.to_owned())))
}

/// ATTACK: one confirmation, for bearers; those that bind the assertion to a key cannot be checked here.
fn confirmation(subject: Element<'_>) -> Result<Element<'_>, Hole> {
    let name = "SubjectConfirmation";
    let confirmation = subject.only(ASSERTION, name).ok_or(Hole::Element(name))?;
    if confirmation.attribute("Method") != Some(BEARER) {
        return Err(Hole::Attribute("Method"));
    }
    let data = "SubjectConfirmationData";
    confirmation.only(ASSERTION, data).ok_or(Hole::Element(data))
}

fn audiences(conditions: Element<'_>) -> Vec<Vec<String>> {
    let restrictions = conditions.all(ASSERTION, "AudienceRestriction");
    let admitted = |restriction: Element<'_>| {
        restriction.all(ASSERTION, "Audience").map(|audience| audience.deep_text().trim_ascii().to_owned()).collect()
    };
    restrictions.map(admitted).collect()
}

/// The attributes with their values; one that is named twice has the values of both.
fn attributes(assertion: Element<'_>) -> Result<Vec<(String, Vec<String>)>, Hole> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    let statements = assertion.all(ASSERTION, "AttributeStatement");
    for attribute in statements.flat_map(|statement| statement.all(ASSERTION, "Attribute")) {
        let name = attribute.attribute("Name").ok_or(Hole::Attribute("Name of an Attribute"))?;
        let values = attribute.all(ASSERTION, "AttributeValue").filter(|value| !is_nil(*value));
        let values = values.map(|value| value.deep_text().trim_ascii().to_owned()).filter(|value| !value.is_empty());
        match found.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => known.extend(values),
            None => found.push((name.to_owned(), values.collect())),
        }
    }
    Ok(found)
}

fn is_nil(value: Element<'_>) -> bool {
    matches!(value.attribute_in(INSTANCE, "nil"), Some("true" | "1"))
}
