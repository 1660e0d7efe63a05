//! Why an assertion does not hold: one deed of its bearer or its issuer each.

use super::tree::NotXml;
use crate::time::Timestamp;

/// Why an assertion is refused.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display, derive_more::From)]
pub enum Rejection {
    /// It is no Response of the form that is taken.
    #[display("no Response that can be used: {_0}")]
    #[from]
    NotAResponse(Hole),
    /// The Assertion has no signature of its own.
    #[display("the Assertion has no signature of its own")]
    Unsigned,
    /// The metadata of the provider does not know who issued it.
    #[display("no entity of the metadata is called {_0:?}")]
    UnknownIssuer(String),
    /// A signature is not that of the issuer over just this document.
    #[display("the signature does not hold: {_0}")]
    BadSignature(Flaw),
    /// It names nobody.
    #[display("the Subject has no NameID")]
    NoSubject,
    /// A time in it is over.
    #[display("{of} is over since {}", since.iso())]
    Expired {
        /// Where it stands.
        of: &'static str,
        /// When it was over.
        since: Timestamp,
    },
    /// It was issued longer ago than it may be used.
    #[display("issued at {}, more than five minutes ago", issued.iso())]
    Stale {
        /// When it was issued.
        issued: Timestamp,
    },
    /// It was issued later than now, the grace counted.
    #[display("issued at {}, which is yet to come", issued.iso())]
    FromTheFuture {
        /// When it was issued.
        issued: Timestamp,
    },
    /// By the standard: it is for somebody else.
    #[display("it is for {_0:?}")]
    WrongAudience(Vec<String>),
    /// By the standard: it is to be delivered elsewhere.
    #[display("it is to be delivered to {_0:?}")]
    WrongRecipient(String),
    /// By the standard: it was used before.
    #[display("it was used before")]
    Used,
    /// By the standard: its time has not come.
    #[display("it is valid from {} on", not_before.iso())]
    NotYetValid {
        /// When it begins.
        not_before: Timestamp,
    },
}

/// What is missing or too much in a Response, as a schema would find.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display)]
pub enum Hole {
    /// It is not base64 of the standard alphabet.
    #[display("not base64")]
    Base64,
    /// It is not UTF-8.
    #[display("not UTF-8")]
    Encoding,
    /// It is not XML of the form that is taken.
    #[display("not XML that is taken: {_0:?}")]
    Xml(NotXml),
    /// Its root is something else.
    #[display("the root is no Response of SAML 2.0")]
    Root,
    /// There is no assertion in it.
    #[display("there is no assertion in it")]
    NoAssertion,
    /// An element must be there, and once.
    #[display("there must be exactly one {_0}")]
    Element(&'static str),
    /// An element is where it must not be.
    #[display("{_0} stands where it must not")]
    Misplaced(&'static str),
    /// An attribute must be there, with a value that makes sense.
    #[display("{_0} is missing or makes no sense")]
    Attribute(&'static str),
    /// An instant is none.
    #[display("{_0} is no instant in UTC")]
    Instant(&'static str),
    /// Two elements have one ID, or it is spelled so that readers may differ.
    #[display("the ID {_0:?} is there twice, or spelled oddly")]
    Id(String),
    /// The identity provider says that it refused.
    #[display("the identity provider answered {_0:?}")]
    Status(String),
    /// It is not encrypted, and has to be.
    #[display("the provider takes only encrypted assertions, and this one is not")]
    Plain,
    /// It cannot be decrypted. Why is not told, to anybody.
    #[display("it cannot be decrypted")]
    Cipher,
}

/// What is wrong with a signature.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display)]
pub enum Flaw {
    /// An element of it is missing, too many, or means more than it should.
    #[display("{_0} is not as it must be")]
    Form(&'static str),
    /// An algorithm that is not taken.
    #[display("{_0:?} is not taken")]
    Algorithm(String),
    /// It refers to something else than the element that it stands in.
    #[display("it is over {_0:?}")]
    Reference(String),
    /// The element cannot be brought into a canonical form.
    #[display("there is no canonical form")]
    Canonical,
    /// What is signed is not what is here.
    #[display("what was signed was changed")]
    Digest,
    /// No key of the issuer made it.
    #[display("no key of the issuer made it")]
    Value,
}
