//! Why an assertion does not hold: one deed of its bearer or its issuer each.

use std::fmt;

use super::tree::NotXml;
use crate::time::Timestamp;

/// Why an assertion is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// It is no Response of the form that is taken.
    NotAResponse(Hole),
    /// The Assertion has no signature of its own.
    Unsigned,
    /// The metadata of the provider does not know who issued it.
    UnknownIssuer(String),
    /// A signature is not that of the issuer over just this document.
    BadSignature(Flaw),
    /// It names nobody.
    NoSubject,
    /// A time in it is over.
    Expired {
        /// Where it stands.
        of: &'static str,
        /// When it was over.
        since: Timestamp,
    },
    /// It was issued longer ago than it may be used.
    Stale {
        /// When it was issued.
        issued: Timestamp,
    },
    /// It was issued later than now, the grace counted.
    FromTheFuture {
        /// When it was issued.
        issued: Timestamp,
    },
    /// By the standard: it is for somebody else.
    WrongAudience(Vec<String>),
    /// By the standard: it is to be delivered elsewhere.
    WrongRecipient(String),
    /// By the standard: it was used before.
    Used,
    /// By the standard: its time has not come.
    NotYetValid {
        /// When it begins.
        not_before: Timestamp,
    },
}

/// What is missing or too much in a Response, as a schema would find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hole {
    /// It is not base64 of the standard alphabet.
    Base64,
    /// It is not UTF-8.
    Encoding,
    /// It is not XML of the form that is taken.
    Xml(NotXml),
    /// Its root is something else.
    Root,
    /// There is no assertion in it.
    NoAssertion,
    /// An element must be there, and once.
    Element(&'static str),
    /// An element is where it must not be.
    Misplaced(&'static str),
    /// An attribute must be there, with a value that makes sense.
    Attribute(&'static str),
    /// An instant is none.
    Instant(&'static str),
    /// Two elements have one ID, or it is spelled so that readers may differ.
    Id(String),
    /// The identity provider says that it refused.
    Status(String),
    /// It is not encrypted, and has to be.
    Plain,
    /// It cannot be decrypted. Why is not told, to anybody.
    Cipher,
}

/// What is wrong with a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// An element of it is missing, too many, or means more than it should.
    Form(&'static str),
    /// An algorithm that is not taken.
    Algorithm(String),
    /// It refers to something else than the element that it stands in.
    Reference(String),
    /// The element cannot be brought into a canonical form.
    Canonical,
    /// What is signed is not what is here.
    Digest,
    /// No key of the issuer made it.
    Value,
}

impl fmt::Display for Rejection {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAResponse(hole) => write!(out, "no Response that can be used: {hole}"),
            Self::Unsigned => out.write_str("the Assertion has no signature of its own"),
            Self::UnknownIssuer(issuer) => write!(out, "no entity of the metadata is called {issuer:?}"),
            Self::BadSignature(flaw) => write!(out, "the signature does not hold: {flaw}"),
            Self::NoSubject => out.write_str("the Subject has no NameID"),
            Self::Expired { of, since } => write!(out, "{of} is over since {}", since.iso()),
            Self::Stale { issued } => write!(out, "issued at {}, more than five minutes ago", issued.iso()),
            Self::FromTheFuture { issued } => write!(out, "issued at {}, which is yet to come", issued.iso()),
            Self::WrongAudience(audiences) => write!(out, "it is for {audiences:?}"),
            Self::WrongRecipient(recipient) => write!(out, "it is to be delivered to {recipient:?}"),
            Self::Used => out.write_str("it was used before"),
            Self::NotYetValid { not_before } => write!(out, "it is valid from {} on", not_before.iso()),
        }
    }
}

impl fmt::Display for Hole {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base64 => out.write_str("not base64"),
            Self::Encoding => out.write_str("not UTF-8"),
            Self::Xml(fault) => write!(out, "not XML that is taken: {fault:?}"),
            Self::Root => out.write_str("the root is no Response of SAML 2.0"),
            Self::NoAssertion => out.write_str("there is no assertion in it"),
            Self::Element(name) => write!(out, "there must be exactly one {name}"),
            Self::Misplaced(name) => write!(out, "{name} stands where it must not"),
            Self::Attribute(name) => write!(out, "{name} is missing or makes no sense"),
            Self::Instant(name) => write!(out, "{name} is no instant in UTC"),
            Self::Id(id) => write!(out, "the ID {id:?} is there twice, or spelled oddly"),
            Self::Status(status) => write!(out, "the identity provider answered {status:?}"),
            Self::Plain => out.write_str("the provider takes only encrypted assertions, and this one is not"),
            Self::Cipher => out.write_str("it cannot be decrypted"),
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(what) => write!(out, "{what} is not as it must be"),
            Self::Algorithm(name) => write!(out, "{name:?} is not taken"),
            Self::Reference(uri) => write!(out, "it is over {uri:?}"),
            Self::Canonical => out.write_str("there is no canonical form"),
            Self::Digest => out.write_str("what was signed was changed"),
            Self::Value => out.write_str("no key of the issuer made it"),
        }
    }
}
