//! Writes Responses and signs them.
//!
//! Every document is drawn up for one minute of use by one bearer; what it says is all in its [`Order`].

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::escape::escape;

use super::defects::Defect;
use super::shapes::Shape;
use super::{demo_signer, stranger};
use crate::federation::saml::attributes;
use crate::federation::saml::namespace::{ASSERTION, PROTOCOL};
use crate::federation::saml::sign::{Sealing, Signer, encrypt};
use crate::hex;
use crate::time::Timestamp;

/// What a Response shall say.
#[derive(Clone, Debug)]
pub struct Order {
    /// How it looks.
    pub shape: &'static Shape,
    /// Who vouches.
    pub issuer: String,
    /// To whom it is delivered.
    pub recipient: String,
    /// Where it is sent, if not there: login tools ask that place for the role page.
    pub destination: Option<String>,
    /// For which service.
    pub audience: String,
    /// For whom.
    pub subject: String,
    /// The kind of that name, if not the one of the shape.
    pub name_format: Option<String>,
    /// Pairs of ARNs: a role and the provider.
    pub roles: Vec<(String, String)>,
    /// The name of the session.
    pub session_name: Option<String>,
    /// Other attributes, AWS's own by their short names.
    pub attributes: Vec<(String, Vec<String>)>,
    /// How many seconds it lasts.
    pub seconds: i64,
    /// How many seconds the session at the identity provider lasts.
    pub session_seconds: Option<i64>,
    /// Whether the Response is signed too, if not as the shape has it.
    pub sign_response: Option<bool>,
    /// For whom it is encrypted, by the DER of a certificate, and how.
    pub encrypt_for: Option<(Vec<u8>, Sealing)>,
    /// What shall be wrong with it.
    pub defect: Option<Defect>,
}

/// What a Response is for if nobody says.
pub const SIGN_IN: &str = "https://signin.aws.amazon.com/saml";
/// AWS as a service.
pub const AUDIENCE: &str = "urn:amazon:webservices";

impl Order {
    /// A Response for one who may have `roles`.
    pub fn of(shape: &'static Shape, subject: &str, roles: Vec<(String, String)>) -> Self {
        Self {
            shape,
            issuer: super::ENTITY_ID.to_owned(),
            recipient: SIGN_IN.to_owned(),
            destination: None,
            audience: AUDIENCE.to_owned(),
            subject: subject.to_owned(),
            name_format: None,
            roles,
            session_name: Some(subject.to_owned()),
            attributes: Vec::new(),
            seconds: 300,
            session_seconds: None,
            sign_response: None,
            encrypt_for: None,
            defect: None,
        }
    }

    /// Adds an attribute; AWS's own go by their short names.
    pub fn attribute(mut self, name: &str, values: &[&str]) -> Self {
        self.attributes.push((name.to_owned(), values.iter().map(|value| (*value).to_owned()).collect()));
        self
    }

    /// The Response in base64, as a form carries it. `chance` makes its IDs.
    pub fn mint(&self, now: Timestamp, chance: [u8; 32]) -> Option<String> {
        self.mint_xml(now, chance).map(|xml| STANDARD.encode(xml))
    }

    /// The Response as XML.
    pub fn mint_xml(&self, now: Timestamp, chance: [u8; 32]) -> Option<String> {
        let ids = Ids::of(self.shape.id_prefix, chance);
        let defect = self.defect;
        let plain = self.write(now.plus_seconds(defect.map_or(0, Defect::seconds_off)), &ids);
        let plain = defect.map_or(Some(plain.clone()), |defect| defect.before_signing(&plain, self))?;
        let signer: Signer = if defect == Some(Defect::SignedByStranger) { stranger() } else { demo_signer() }?;
        let assertion = if defect.is_some_and(Defect::leaves_unsigned) {
            plain
        } else {
            signer.sign(&plain, &ids.assertion, self.shape.style)?
        };
        let sealed = match &self.encrypt_for {
            Some((certificate, sealing)) => encrypt(&assertion, certificate, *sealing, chance)?,
            None => assertion,
        };
        let signs_response =
            self.sign_response.unwrap_or(self.shape.signs_response) && defect != Some(Defect::Unsigned);
        let whole = if signs_response || defect.is_some_and(Defect::signs_response) {
            signer.sign(&sealed, &ids.response, self.shape.style)?
        } else {
            sealed
        };
        defect.map_or(Some(whole.clone()), |defect| defect.after_signing(&whole, &ids, self))
    }

    fn write(&self, now: Timestamp, ids: &Ids) -> String {
        let shape = self.shape;
        let p = format!("{}:", shape.protocol);
        let a = if shape.assertion.is_empty() { String::new() } else { format!("{}:", shape.assertion) };
        let xmlns = if a.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{}", shape.assertion) };
        let line = if shape.pretty { "\n" } else { "" };
        let instant = |seconds| self.instant(now.plus_seconds(seconds));
        let issuer_format =
            if shape.issuer_format { " Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:entity\"" } else { "" };
        let (issuer, recipient, audience) = (escape(&*self.issuer), escape(&*self.recipient), escape(&*self.audience));
        let destination = escape(self.destination.as_deref().unwrap_or(&self.recipient));
        let (subject, format) = (escape(&*self.subject), self.name_format.as_deref().unwrap_or(shape.name_format));
        let format = escape(format);
        let session_ends = self.session_seconds.map(|seconds| format!(" SessionNotOnOrAfter=\"{}\"", instant(seconds)));
        let lasts = self.defect.map_or(self.seconds, |defect| defect.ends_after(self.seconds));
        let (issued, ends) = (instant(0), instant(lasts));
        let mut out = String::new();
        // A text takes everything that is written to it.
        let _ = write!(
            out,
            "<{p}Response xmlns:{protocol}=\"{PROTOCOL}\" ID=\"{response}\" Version=\"2.0\" IssueInstant=\"{issued}\" \
             Destination=\"{destination}\">{line}<{a}Issuer {xmlns}=\"{ASSERTION}\"{issuer_format}>{issuer}</{a}Issuer>{line}\
             <{p}Status><{p}StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></{p}Status>{line}\
             <{a}Assertion {xmlns}=\"{ASSERTION}\" ID=\"{assertion}\" Version=\"2.0\" IssueInstant=\"{issued}\">{line}\
             <{a}Issuer{issuer_format}>{issuer}</{a}Issuer>{line}\
             <{a}Subject>{line}<{a}NameID Format=\"{format}\">{subject}</{a}NameID>{line}\
             <{a}SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\">{line}\
             <{a}SubjectConfirmationData NotOnOrAfter=\"{ends}\" Recipient=\"{recipient}\"/>{line}\
             </{a}SubjectConfirmation>{line}</{a}Subject>{line}\
             <{a}Conditions NotBefore=\"{begins}\" NotOnOrAfter=\"{ends}\">{line}\
             <{a}AudienceRestriction><{a}Audience>{audience}</{a}Audience></{a}AudienceRestriction>{line}\
             </{a}Conditions>{line}<{a}AuthnStatement AuthnInstant=\"{issued}\" SessionIndex=\"{assertion}\"{session}>\
             <{a}AuthnContext><{a}AuthnContextClassRef>\
             urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</{a}AuthnContextClassRef></{a}AuthnContext>\
             </{a}AuthnStatement>{line}<{a}AttributeStatement>{line}{attributes}</{a}AttributeStatement>{line}\
             </{a}Assertion>{line}</{p}Response>",
            protocol = shape.protocol,
            response = ids.response,
            assertion = ids.assertion,
            begins = instant(-60),
            session = session_ends.unwrap_or_default(),
            attributes = self.write_attributes(&a, line),
        );
        out
    }

    fn instant(&self, at: Timestamp) -> String {
        if self.shape.millis { at.iso_millis().to_string() } else { at.iso().to_string() }
    }

    fn write_attributes(&self, a: &str, line: &str) -> String {
        let pairs: Vec<String> = self.roles.iter().map(|(role, provider)| format!("{role},{provider}")).collect();
        let own =
            [("Role".to_owned(), pairs), ("RoleSessionName".to_owned(), self.session_name.iter().cloned().collect())];
        let attributes = own.iter().chain(&self.attributes).filter(|(_, values)| !values.is_empty());
        let shape = self.shape;
        let format = shape.attribute_format.map(|format| format!(" NameFormat=\"{format}\"")).unwrap_or_default();
        let kind = shape.value_type.map(|kind| {
            let prefix = kind.split(':').next().unwrap_or_default();
            format!(
                " xmlns:{prefix}=\"http://www.w3.org/2001/XMLSchema\" \
                 xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{kind}\""
            )
        });
        let kind = kind.unwrap_or_default();
        let write = |(name, values): &(String, Vec<String>)| {
            let full = if name.contains(['/', '.']) && !name.starts_with("PrincipalTag:") {
                name.clone()
            } else {
                format!("{}{name}", attributes::PREFIX)
            };
            let value =
                |value: &String| format!("<{a}AttributeValue{kind}>{}</{a}AttributeValue>{line}", escape(&**value));
            let values: String = values.iter().map(value).collect();
            format!("<{a}Attribute Name=\"{}\"{format}>{line}{values}</{a}Attribute>{line}", escape(&*full))
        };
        attributes.map(write).collect()
    }
}

/// The IDs of a document.
pub struct Ids {
    /// Of the Response.
    pub response: String,
    /// Of the Assertion.
    pub assertion: String,
}

impl Ids {
    fn of(prefix: &str, chance: [u8; 32]) -> Self {
        let (one, other) = chance.split_at(16);
        let id = |bytes: &[u8]| format!("{prefix}{}", hex::text(bytes));
        Self { response: id(one), assertion: id(other) }
    }
}
