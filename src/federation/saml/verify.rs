//! The proof of an assertion, step by step: form, signatures, times.
//!
//! AWS: federation C3. The order is a choice (B-280).

use sha2::{Digest as _, Sha256};

use super::addressee::Addressee;
use super::assertion::{Said, own_signature};
use super::cipher::{DecryptionKey, decrypt};
use super::from_base64;
use super::metadata::Metadata;
use super::rejection::{Hole, Rejection};
use super::response::{Content, Response};
pub use super::signature::Sha1Is;
use super::signature::{SignedElement, prove};
use super::text::Text;
use super::tree::{Tree, is_one_element};
use crate::time::Timestamp;

/// AWS: an assertion is to be used within so many seconds, whatever it says.
const GREATEST_AGE: i64 = 300;

/// How much is demanded of assertions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Also what the standard and AWS's manual demand, and AWS does not look at: audience, recipient, NotBefore, and that
    /// nobody has used it.
    pub by_the_standard: bool,
    /// Whether signatures may rest on SHA-1.
    pub sha1: Sha1Is,
}

/// Whether a provider takes assertions that are not encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encryption {
    /// Both kinds.
    #[default]
    Allowed,
    /// Only encrypted ones.
    Required,
}

/// What an account knows of an identity provider.
#[derive(Clone, Copy, Debug)]
pub struct Provider<'p> {
    /// Who it is, and its keys.
    pub metadata: &'p Metadata,
    /// The keys that open what it encrypts.
    pub decryption: &'p [DecryptionKey],
    /// Whether it has to.
    pub encryption: Encryption,
    /// Whom its assertions are for.
    pub addressee: Addressee<'p>,
}

/// That an assertion was used. Only a proved one tells what to remember of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OneTimeUse {
    name: [u8; 32],
    until: Timestamp,
}

impl OneTimeUse {
    /// A digest of its issuer and its ID.
    pub fn name(&self) -> [u8; 32] {
        self.name
    }

    /// Behind this instant it is refused for its age.
    pub fn until(&self) -> Timestamp {
        self.until
    }
}

/// An assertion of which everything was proved. Only [`Provider::verify`] makes one, from the very element that was
/// signed.
#[derive(derive_more::Debug)]
#[debug("VerifiedAssertion({:?} of {:?})", self.subject(), self.issuer())]
pub struct VerifiedAssertion {
    said: Said,
    subject: String,
    format: String,
}

impl Provider<'_> {
    /// Proves a Response as it came, in base64.
    pub fn verify(&self, encoded: &str, rules: Rules, now: Timestamp) -> Result<VerifiedAssertion, Rejection> {
        let written = decode(encoded)?;
        let text = Text::of(&written).map_err(Hole::Xml)?;
        let tree = Tree::parse(&text).map_err(Hole::Xml)?;
        let response = Response::of(&tree)?;
        match response.content {
            Content::Plain(_) if self.encryption == Encryption::Required => Err(Hole::Plain.into()),
            Content::Plain(_) => self.prove(&response, &response, rules, now),
            Content::Encrypted(encrypted) => {
                let opened = decrypt(encrypted, self.decryption).ok_or(Hole::Cipher)?;
                let opened = Text::of(&opened).ok().filter(is_one_element).ok_or(Hole::Cipher)?;
                let range = encrypted.range().ok_or(Hole::Cipher)?;
                let opened = text.with(range, opened.as_str()).ok_or(Hole::Cipher)?;
                let opened = Text::of(&opened).map_err(|_| Hole::Cipher)?;
                let opened = Tree::parse(&opened).map_err(|_| Hole::Cipher)?;
                let within = Response::of(&opened).map_err(|_| Hole::Cipher)?;
                // The Response was signed as it came, the Assertion before it was encrypted.
                self.prove(&response, &within, rules, now)
            }
        }
    }

    /// Proves the assertion of `within` and, if it is signed, `response` around it.
    fn prove(
        &self,
        response: &Response<'_>,
        within: &Response<'_>,
        rules: Rules,
        now: Timestamp,
    ) -> Result<VerifiedAssertion, Rejection> {
        let Content::Plain(assertion) = within.content else { return Err(Hole::Cipher.into()) };
        let claimed = Said::by(assertion)?;
        let signature = own_signature(assertion)?.ok_or(Rejection::Unsigned)?;
        let keys = self.metadata.keys(&claimed.issuer).ok_or(Rejection::UnknownIssuer(claimed.issuer))?;
        let signed = prove(assertion, signature, keys, rules.sha1).map_err(Rejection::BadSignature)?;
        if let Some(signature) = response.signature {
            prove(response.element, signature, keys, rules.sha1).map_err(Rejection::BadSignature)?;
        }
        VerifiedAssertion::by(signed, rules, self.addressee, now)
    }
}

/// Who vouches for a Response, as it says itself; nobody is named outside of what is encrypted.
///
/// ATTACK: nothing is proved, so it is good for one thing: to find the providers that may try.
pub fn claimed_issuer(encoded: &str) -> Result<Option<String>, Rejection> {
    let written = decode(encoded)?;
    let text = Text::of(&written).map_err(Hole::Xml)?;
    let tree = Tree::parse(&text).map_err(Hole::Xml)?;
    match Response::of(&tree)?.content {
        Content::Plain(assertion) => Ok(Some(Said::by(assertion)?.issuer)),
        Content::Encrypted(_) => Ok(None),
    }
}

/// AWS: compressed documents are none.
fn decode(encoded: &str) -> Result<String, Hole> {
    String::from_utf8(from_base64(encoded).ok_or(Hole::Base64)?).map_err(|_| Hole::Encoding)
}

impl VerifiedAssertion {
    fn by(
        signed: SignedElement<'_>,
        rules: Rules,
        addressee: Addressee<'_>,
        now: Timestamp,
    ) -> Result<Self, Rejection> {
        let said = Said::by(signed.element())?;
        in_time(&said, now)?;
        if rules.by_the_standard {
            by_the_standard(&said, addressee, now)?;
        }
        let (subject, format) = said.subject.clone().ok_or(Rejection::NoSubject)?;
        Ok(Self { said, subject, format })
    }

    /// Who vouches.
    pub fn issuer(&self) -> &str {
        &self.said.issuer
    }

    /// For whom.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// What kind of name that is. AWS: without the prefix of SAML 2.0's own kinds.
    pub fn subject_type(&self) -> &str {
        self.format.strip_prefix("urn:oasis:names:tc:SAML:2.0:nameid-format:").unwrap_or(&self.format)
    }

    /// To whom it is to be delivered, which AWS calls its audience.
    pub fn recipient(&self) -> &str {
        &self.said.recipient
    }

    /// When the session at the identity provider ends.
    pub fn session_ends(&self) -> Option<Timestamp> {
        self.said.session_ends
    }

    /// What tells it from all others of its issuer, for as long as somebody could use it again.
    pub fn one_time_use(&self) -> OneTimeUse {
        let mut name = Sha256::new();
        // No two pairs of texts run together into one.
        name.update((self.said.issuer.len() as u64).to_be_bytes());
        name.update(&self.said.issuer);
        name.update(&self.said.id);
        let oldest = self.said.issued.plus_seconds(GREATEST_AGE);
        let until = self.said.ends.iter().map(|(_, end)| *end).chain([oldest]).min().unwrap_or(oldest);
        OneTimeUse { name: name.finalize().into(), until }
    }

    /// All attributes, each with its values.
    pub fn attributes(&self) -> &[(String, Vec<String>)] {
        &self.said.attributes
    }

    /// The values of an attribute; none if it is not there.
    pub fn values(&self, name: &str) -> &[String] {
        let found = self.said.attributes.iter().find(|(known, _)| known == name);
        found.map_or(&[], |(_, values)| values.as_slice())
    }
}

/// AWS: it is to be used within five minutes (B-281), which is told first (B-766); and a time that is over ends it,
/// without grace.
fn in_time(said: &Said, now: Timestamp) -> Result<(), Rejection> {
    let age = now.millis_since(said.issued);
    if age > GREATEST_AGE * 1000 {
        return Err(Rejection::Stale { issued: said.issued });
    }
    if age < -GREATEST_AGE * 1000 {
        return Err(Rejection::FromTheFuture { issued: said.issued });
    }
    match said.ends.iter().find(|(_, end)| now.millis() >= end.millis()) {
        Some((of, since)) => Err(Rejection::Expired { of, since: *since }),
        None => Ok(()),
    }
}

/// What AWS's manual demands and AWS does not look at (B-282).
fn by_the_standard(said: &Said, addressee: Addressee<'_>, now: Timestamp) -> Result<(), Rejection> {
    let admits = |audiences: &Vec<String>| audiences.iter().any(|audience| addressee.is_called(audience));
    if said.audiences.is_empty() || !said.audiences.iter().all(admits) {
        return Err(Rejection::WrongAudience(said.audiences.concat()));
    }
    if !addressee.is_at(&said.recipient) {
        return Err(Rejection::WrongRecipient(said.recipient.clone()));
    }
    match said.not_before {
        Some(not_before) if now.millis() < not_before.millis() => Err(Rejection::NotYetValid { not_before }),
        _ => Ok(()),
    }
}
