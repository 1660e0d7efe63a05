//! Makes temporary credentials.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::carried::Carried;
use super::ledger::Entry;
use super::session::{Issuer, Session, SessionId, Subject};
use super::state::SessionState;
use super::token::SessionToken;
use crate::env::{Entropy, draw};
use crate::ids::access_key::TEMPORARY;
use crate::ids::names::MinimumSessionTokenSize;
use crate::ids::region::TokenVersion;
use crate::ids::{AccessKeyId, AccountId, Endpoint};
use crate::secret::SecretAccessKey;
use crate::time::Timestamp;

/// What somebody was found entitled to.
#[derive(Debug)]
pub struct Order {
    /// The account the session acts in.
    pub account: AccountId,
    /// Who acts.
    pub subject: Subject,
    /// The ARN of the role, user or root user behind it.
    pub issuer_arn: String,
    /// How long the credentials live.
    pub seconds: i32,
    /// When the user showed a code of an MFA device for it, if so.
    pub second_factor: Option<Timestamp>,
    /// What the session shall carry.
    pub carried: Carried,
    /// How long the token shall be at least.
    pub minimum_token_size: Option<MinimumSessionTokenSize>,
}

/// Fresh credentials.
#[derive(Debug)]
pub struct Minted {
    /// What signs.
    pub secret: SecretAccessKey,
    /// What must accompany every request.
    pub token: SessionToken,
    /// What the ledger shall remember: the name of the pair of keys, and all else but these two.
    pub entry: Entry,
}

/// Mints credentials at `endpoint` that begin `now` and end at a whole second. None only if the ring is empty.
pub fn mint(
    order: Order,
    endpoint: Endpoint,
    version: TokenVersion,
    sessions: &SessionState,
    entropy: &dyn Entropy,
    now: Timestamp,
) -> Option<Minted> {
    let access_key_id = AccessKeyId::mint(TEMPORARY, order.account, u64::from_be_bytes(draw(entropy)));
    let secret = SecretAccessKey::new(STANDARD.encode(Zeroizing::new(draw::<30>(entropy))));
    let session = Session {
        id: SessionId(draw(entropy)),
        secret,
        account: order.account,
        global: endpoint.global,
        generation: sessions.generation(Issuer::of(order.subject.issuer(), order.account)),
        subject: order.subject,
        issued: now,
        expires: now.whole_second().plus_seconds(order.seconds.into()),
        second_factor: order.second_factor,
        carried: order.carried,
    };
    let least = order.minimum_token_size.map_or(0, |size| size.get().unsigned_abs() as usize);
    let token = SessionToken::seal(&session, &access_key_id, sessions.ring(), version, least, draw(entropy))?;
    let (issuer, session_name) = session.subject.into_issuer_and_name();
    let entry = Entry {
        id: session.id,
        access_key_id,
        account: session.account,
        issuer,
        issuer_arn: order.issuer_arn,
        session_name,
        generation: session.generation,
        ring_key: sessions.ring().newest()?.id,
        issued: session.issued,
        expires: session.expires,
    };
    Some(Minted { secret: session.secret, token, entry })
}
