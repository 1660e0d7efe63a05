//! Why a signature was refused, as data. The sentences are `api`'s.

use crate::secret::MASKED;
use crate::time::Timestamp;

use super::{Explanation, Form, ScopeDateFault, ScopeFaults, ServiceFault};

/// Why a signature was refused, in the order in which the reasons are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// Both an `Authorization` header and `X-Amz-Algorithm` in the query.
    BothForms,
    /// A piece of the `Authorization` header, cut at commas and blanks, has no equal-sign.
    NotKeyValue {
        /// The piece.
        piece: Box<str>,
        /// The whole header.
        header: Box<str>,
    },
    /// A parameter of the signature, or the `Authorization` header itself, is there twice.
    Repeated {
        /// Which one; none for the `Authorization` header itself.
        parameter: Option<Parameter>,
        /// Where.
        form: Form,
    },
    /// Parameters that a signature needs are absent or empty.
    MissingParameters {
        /// All of them, in the order in which AWS names them.
        missing: Vec<Parameter>,
        /// Where they were looked for.
        form: Form,
        /// The whole `Authorization` header; empty in the query form.
        header: Box<str>,
    },
    /// The date is in no known form.
    BadDate {
        /// What stood there.
        got: Box<str>,
    },
    /// `SignedHeaders` has more than [`super::MOST_SIGNED_HEADERS`] names.
    TooManySignedHeaders {
        /// How many.
        count: usize,
    },
    /// `SignedHeaders` has a name that no header can have.
    BadSignedHeader {
        /// The name.
        got: Box<str>,
    },
    /// Signed more than the window before `now`.
    Expired {
        /// When it was signed.
        signed_at: Timestamp,
        /// The whole second it was compared with.
        now: Timestamp,
        /// The window.
        window_seconds: i64,
    },
    /// Signed more than the window after `now`.
    NotYetCurrent {
        /// When it was signed.
        signed_at: Timestamp,
        /// The whole second it was compared with.
        now: Timestamp,
        /// The window.
        window_seconds: i64,
    },
    /// A presigned request is from more than the window after `now`.
    PresignNotYet {
        /// When it was signed.
        signed_at: Timestamp,
        /// For how long it is good from then on.
        seconds: i64,
        /// The whole second it was compared with.
        now: Timestamp,
        /// The window.
        window_seconds: i64,
    },
    /// A presigned request is older than it said it would become.
    PresignExpired {
        /// When it was signed.
        signed_at: Timestamp,
        /// For how long it is good.
        seconds: i64,
        /// The whole second it was compared with.
        now: Timestamp,
    },
    /// `X-Amz-Expires` is more than [`super::LONGEST_PRESIGNED_SECONDS`].
    PresignTooLong {
        /// What stood there.
        got: Box<str>,
    },
    /// `X-Amz-Expires` is no whole number from zero on.
    BadExpires {
        /// What stood there.
        got: Box<str>,
    },
    /// `SignedHeaders` does not name `host`.
    HostNotSigned,
    /// Another algorithm than `AWS4-HMAC-SHA256`. In the query form this is found before all but [`Self::BothForms`].
    UnsupportedAlgorithm {
        /// The algorithm named.
        got: Box<str>,
        /// Where it was named.
        form: Form,
    },
    /// The credential has not five parts.
    CredentialShape {
        /// The credential.
        got: Box<str>,
    },
    /// A string to sign that has not its four lines, or no hash in the last.
    StringToSignShape,
    /// The credential is scoped to something else.
    WrongScope(Box<ScopeFaults>),
    /// The key did not sign this.
    Mismatch(Box<Explanation>),
}

/// What a signature is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// `X-Amz-Algorithm`; the first word of the header.
    Algorithm,
    /// `Credential`, `X-Amz-Credential`.
    Credential,
    /// `Signature`, `X-Amz-Signature`.
    Signature,
    /// `SignedHeaders`, `X-Amz-SignedHeaders`.
    SignedHeaders,
    /// `X-Amz-Date`, or in the header form the `Date` header.
    Date,
    /// `X-Amz-Expires`.
    Expires,
    /// `X-Amz-Security-Token`.
    SecurityToken,
}

impl Rejection {
    /// The same for those who only look on, if it repeats what the client wrote: people put secrets anywhere. What has
    /// the form that it should have stays.
    pub fn noted(&self) -> Option<Self> {
        let masked = || Box::from(MASKED);
        let noted = match self {
            Self::NotKeyValue { .. } => Self::NotKeyValue { piece: masked(), header: masked() },
            Self::MissingParameters { missing, form, .. } => {
                Self::MissingParameters { missing: missing.clone(), form: *form, header: masked() }
            }
            Self::BadSignedHeader { .. } => Self::BadSignedHeader { got: masked() },
            Self::CredentialShape { .. } => Self::CredentialShape { got: masked() },
            Self::BadDate { got } => Self::BadDate { got: fitting(got, DATE) },
            Self::PresignTooLong { got } => Self::PresignTooLong { got: fitting(got, NUMBER) },
            Self::BadExpires { got } => Self::BadExpires { got: fitting(got, NUMBER) },
            Self::UnsupportedAlgorithm { got, form } => {
                Self::UnsupportedAlgorithm { got: fitting(got, ALGORITHM), form: *form }
            }
            Self::WrongScope(faults) => Self::WrongScope(Box::new(faults.noted())),
            _ => return None,
        };
        Some(noted)
    }
}

impl ScopeFaults {
    fn noted(&self) -> Self {
        let Self { region, service, terminator, date } = self.clone();
        Self {
            region: region.map(|got| fitting(&got, SCOPE)),
            service: service.map(|fault| ServiceFault { got: fitting(&fault.got, SCOPE), ..fault }),
            terminator: terminator.map(|got| fitting(&got, SCOPE)),
            date: date.map(|fault| ScopeDateFault { got: fitting(&fault.got, DATE), ..fault }),
        }
    }
}

/// The letters that a part of a signature is written in, and how many there are at most.
type Spelling = (fn(u8) -> bool, usize);

const DATE: Spelling = (|letter| letter.is_ascii_digit() || b"TZ:-".contains(&letter), 20);
const NUMBER: Spelling = (|letter| letter.is_ascii_digit() || letter == b'-', 12);
const ALGORITHM: Spelling = (|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == b'-', 24);
const SCOPE: Spelling =
    (|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || b"-_".contains(&letter), 24);

/// A part that is spelled as it should be, or what stands for it.
fn fitting(got: &str, (is_fine, most): Spelling) -> Box<str> {
    if got.len() <= most && got.bytes().all(is_fine) { got.into() } else { MASKED.into() }
}
