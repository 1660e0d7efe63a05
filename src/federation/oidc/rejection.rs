//! Why a token does not hold: one deed of its bearer or its issuer each.

use std::fmt;

use crate::federation::Algorithm;
use crate::time::Timestamp;

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// It is no signed token of the form that is taken.
    NotAJwt(NotAJwt),
    /// A claim that every token must have is absent.
    MissingClaim(&'static str),
    /// The list of audiences is empty.
    NoAudience,
    /// The subject is `null`.
    NullSubject,
    /// There is no key to check it with.
    NoKey(NoKey),
    /// Its signature is not that of the key.
    BadSignature,
    /// An instant that is no whole number of seconds.
    BadTimestamp(&'static str),
    /// Its time is over, the grace too.
    Expired {
        /// The instant that it was held against.
        now: i64,
        /// When it ended.
        expires: i64,
    },
    /// Its time has not come, the grace counted.
    NotYetValid {
        /// The instant that it was held against.
        now: i64,
        /// When it begins.
        not_before: i64,
    },
    /// It says that it was issued later than now, the grace counted.
    FromTheFuture {
        /// When it was issued.
        issued: i64,
    },
    /// It was issued too long ago, whenever it ends.
    TooOld {
        /// Seconds since.
        age: i64,
    },
    /// Several audiences, and nobody says which of them presents it.
    ManyAudiences,
    /// It was issued for somebody else.
    WrongAudience(String),
}

/// Why a text is no signed token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAJwt {
    /// It does not have three parts.
    Parts,
    /// A part is not base64url to the letter.
    Encoding(Part),
    /// A part is not UTF-8, not JSON, or no object.
    NotAnObject(Part),
    /// The header says something twice.
    RepeatedMember(String),
    /// A member of the header that changes the meaning of the rest, or has the wrong type.
    HeaderMember(&'static str),
    /// No algorithm, or none of the six.
    Algorithm(Option<String>),
    /// A claim of the wrong type.
    Claim(&'static str),
}

/// A part of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What is said of the signature.
    Header,
    /// The claims.
    Payload,
    /// The proof.
    Signature,
}

/// Why a key set has no key for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoKey {
    /// No usable key has this id.
    Unknown(String),
    /// The token names no key, and the set does not have exactly one.
    Unnamed,
    /// The key is for other algorithms.
    Unfit(Algorithm),
    /// The set has more keys of this kind than are read.
    TooMany(Algorithm),
}

/// ATTACK: a token is a stranger's text; in a log it shall be short, and steer no terminal.
fn harmless(text: &str) -> impl fmt::Debug {
    text.chars().take(64).collect::<String>()
}

impl fmt::Display for Rejection {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |seconds: &i64| Timestamp::from_seconds(*seconds);
        match self {
            Self::NotAJwt(why) => write!(out, "it is no signed token: {why}"),
            Self::MissingClaim(name) => write!(out, "it has no claim {name}"),
            Self::NoAudience => out.write_str("its list of audiences is empty"),
            Self::NullSubject => out.write_str("its subject is null"),
            Self::NoKey(why) => write!(out, "{why}"),
            Self::BadSignature => out.write_str("its signature is not that of the key which it names"),
            Self::BadTimestamp(name) => write!(out, "its claim {name} is no whole number of seconds"),
            Self::Expired { expires, .. } => write!(out, "it ended at {}", at(expires).iso()),
            Self::NotYetValid { not_before, .. } => write!(out, "it begins at {}", at(not_before).iso()),
            Self::FromTheFuture { issued } => write!(out, "it says that it was issued at {}", at(issued).iso()),
            Self::TooOld { age } => write!(out, "it was issued {age} seconds ago"),
            Self::ManyAudiences => out.write_str("it has several audiences and no azp"),
            Self::WrongAudience(audience) => {
                write!(out, "its audience {:?} is no client id of the provider", harmless(audience))
            }
        }
    }
}

impl fmt::Display for NotAJwt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parts => out.write_str("it does not have three parts between dots"),
            Self::Encoding(part) => write!(out, "its {part} is not base64url to the letter"),
            Self::NotAnObject(part) => write!(out, "its {part} is no JSON object"),
            Self::RepeatedMember(name) => write!(out, "its header says {:?} twice", harmless(name)),
            Self::HeaderMember(name) => write!(out, "its header has a {name} that cannot be served"),
            Self::Algorithm(None) => out.write_str("its header names no algorithm"),
            Self::Algorithm(Some(name)) => write!(out, "its algorithm is {:?}", harmless(name)),
            Self::Claim(name) => write!(out, "its claim {name} is of the wrong type"),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}

impl fmt::Display for NoKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(id) => write!(out, "the issuer has no usable key {:?}", harmless(id)),
            Self::Unnamed => out.write_str("it names no key, and the issuer does not have exactly one"),
            Self::Unfit(algorithm) => write!(out, "the key which it names is not for {}", algorithm.name()),
            Self::TooMany(algorithm) => {
                write!(out, "the issuer has too many keys of the kind that {} takes", algorithm.name())
            }
        }
    }
}

impl From<NotAJwt> for Rejection {
    fn from(why: NotAJwt) -> Self {
        Self::NotAJwt(why)
    }
}

impl From<NoKey> for Rejection {
    fn from(why: NoKey) -> Self {
        Self::NoKey(why)
    }
}
