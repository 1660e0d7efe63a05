//! Why a token does not hold: one deed of its bearer or its issuer each.

use std::fmt;

use crate::federation::Algorithm;
use crate::time::Timestamp;

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display, derive_more::From)]
pub enum Rejection {
    /// It is no signed token of the form that is taken.
    #[display("it is no signed token: {_0}")]
    #[from]
    NotAJwt(NotAJwt),
    /// A claim that every token must have is absent.
    #[display("it has no claim {_0}")]
    MissingClaim(&'static str),
    /// The list of audiences is empty.
    #[display("its list of audiences is empty")]
    NoAudience,
    /// The subject is `null`.
    #[display("its subject is null")]
    NullSubject,
    /// There is no key to check it with.
    #[from]
    NoKey(NoKey),
    /// Its signature is not that of the key.
    #[display("its signature is not that of the key which it names")]
    BadSignature,
    /// An instant that is no whole number of seconds.
    #[display("its claim {_0} is no whole number of seconds")]
    BadTimestamp(&'static str),
    /// Its time is over, the grace too.
    #[display("it ended at {}", Timestamp::from_seconds(*expires).iso())]
    Expired {
        /// The instant that it was held against.
        now: i64,
        /// When it ended.
        expires: i64,
    },
    /// Its time has not come, the grace counted.
    #[display("it begins at {}", Timestamp::from_seconds(*not_before).iso())]
    NotYetValid {
        /// The instant that it was held against.
        now: i64,
        /// When it begins.
        not_before: i64,
    },
    /// It says that it was issued later than now, the grace counted.
    #[display("it says that it was issued at {}", Timestamp::from_seconds(*issued).iso())]
    FromTheFuture {
        /// When it was issued.
        issued: i64,
    },
    /// It was issued too long ago, whenever it ends.
    #[display("it was issued {age} seconds ago")]
    TooOld {
        /// Seconds since.
        age: i64,
    },
    /// Several audiences, and nobody says which of them presents it.
    #[display("it has several audiences and no azp")]
    ManyAudiences,
    /// It was issued for somebody else.
    #[display("its audience {:?} is no client id of the provider", harmless(_0))]
    WrongAudience(String),
}

/// Why a text is no signed token.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display)]
pub enum NotAJwt {
    /// It does not have three parts.
    #[display("it does not have three parts between dots")]
    Parts,
    /// A part is not base64url to the letter.
    #[display("its {_0} is not base64url to the letter")]
    Encoding(Part),
    /// A part is not UTF-8, not JSON, or no object.
    #[display("its {_0} is no JSON object")]
    NotAnObject(Part),
    /// The header says something twice.
    #[display("its header says {:?} twice", harmless(_0))]
    RepeatedMember(String),
    /// A member of the header that changes the meaning of the rest, or has the wrong type.
    #[display("its header has a {_0} that cannot be served")]
    HeaderMember(&'static str),
    /// No algorithm, or none of the six.
    #[display("{}", no_algorithm(_0.as_deref()))]
    Algorithm(Option<String>),
    /// A claim of the wrong type.
    #[display("its claim {_0} is of the wrong type")]
    Claim(&'static str),
}

/// A part of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, derive_more::Display)]
pub enum Part {
    /// What is said of the signature.
    #[display("header")]
    Header,
    /// The claims.
    #[display("payload")]
    Payload,
    /// The proof.
    #[display("signature")]
    Signature,
}

/// Why a key set has no key for a token.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display)]
pub enum NoKey {
    /// No usable key has this id.
    #[display("the issuer has no usable key {:?}", harmless(_0))]
    Unknown(String),
    /// The token names no key, and the set does not have exactly one.
    #[display("it names no key, and the issuer does not have exactly one")]
    Unnamed,
    /// The key is for other algorithms.
    #[display("the key which it names is not for {}", _0.name())]
    Unfit(Algorithm),
    /// The set has more keys of this kind than are read.
    #[display("the issuer has too many keys of the kind that {} takes", _0.name())]
    TooMany(Algorithm),
}

/// ATTACK: a token is a stranger's text; in a log it shall be short, and steer no terminal.
fn harmless(text: &str) -> impl fmt::Debug {
    text.chars().take(64).collect::<String>()
}

fn no_algorithm(name: Option<&str>) -> String {
    name.map_or("its header names no algorithm".to_owned(), |name| format!("its algorithm is {:?}", harmless(name)))
}
