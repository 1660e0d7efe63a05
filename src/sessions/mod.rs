//! Temporary credentials: minted, sealed into their token, opened again, ended before their time.
//!
//! The token carries the session, so a request needs no store look-up to be believed; only what ends a
//! session early is state. The keys that seal tokens seal authorization messages, too.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html>

mod carried;
mod encoded_message;
mod envelope;
mod key_ring;
mod lately;
pub mod ledger;
mod mint;
mod packed;
mod pass;
mod session;
mod state;
mod token;

pub use carried::{Carried, SessionPolicies, SessionTag, Vouched};
pub use encoded_message::{EncodedMessage, Undecoded, decode};
pub use envelope::Unopened;
pub use key_ring::KeyRing;
pub use lately::ByKey;
pub use ledger::Ledger;
pub use mint::{Minted, Order, mint};
pub use pass::{Pass, Unusable, open_pass, seal_pass};
pub use session::{Issuer, Session, SessionId, Subject};
pub use state::{Ended, MOST_KEYS, MOST_REVOKED, SessionState, Unrevoked};
pub use token::{OpenedToken, SessionToken, open};

pub use crate::store::records::Ending;
