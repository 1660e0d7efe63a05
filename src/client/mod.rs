//! The validator's other side: a library for services that let it say who asks and what they may do.
//!
//! It fails closed. A [`Caller`] is made only of a yes of the validator, or of a signature that a key handed out by it
//! proves; whatever else happens - nobody there, too slow, nonsense, a token that is not taken - is an [`Unavailable`],
//! which is never a yes. Signatures are verified here as long as changes are heard of, and asked about otherwise.
//!
//! ```no_run
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! use local_sts::client::{Asked, Check, Client, Received, Settings};
//!
//! let client = Client::start(Settings::for_service("s3", "http://127.0.0.1:4593".parse()?));
//! let headers = [("host", &b"127.0.0.1:9000"[..])];
//! let request = Received { method: "GET", target: "/bucket/key", headers: &headers, source_ip: None, tls: false };
//! let caller = client.authenticate(&request).await?;
//! let checks = [Check::new("s3:GetObject", "arn:aws:s3:::bucket/key")];
//! let verdicts = client.authorize(&caller, Asked { checks: &checks, ..Asked::default() }).await?;
//! if verdicts.iter().all(|verdict| verdict.is_allowed()) {
//!     // ... and `caller.body()?` judges the body as it arrives.
//! }
//! # Ok(())
//! # }
//! ```

mod caller;
mod endpoint;
mod events;
mod keys;
mod local;
mod protocol;
mod transport;
mod unavailable;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

pub use caller::{Caller, Signer};
pub use endpoint::{Endpoint, NotAnEndpoint};
pub use protocol::{Asked, AwsError, Check, Context, Credential, Identity, Refused, ResourcePolicy, Verdict};
pub use transport::PROTOCOL;
pub use unavailable::Unavailable;

use keys::Keys;
use local::{Candidate, Proof};
use protocol::{
    Audience, Authenticate, Authenticated, Authorize, Authorized, CheckBoth, Checked, No, RequestView, Resolve,
    Resolved, Vended,
};
use transport::Transport;

use crate::env::{Clock, SystemClock};
use crate::secret::Secret;
use crate::sigv4::{self, Declared, Parts};
use crate::time::{Moment, Timestamp};

/// Which validator, and for whom.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens.
    pub endpoint: Endpoint,
    /// What it takes us by; on a Unix socket it needs none. Without a token every signature is asked about, and
    /// signed chunks cannot be verified.
    pub token: Option<Secret<String>>,
    /// The signing name of our service.
    pub service: String,
    /// The regions that we take; any, if none are named.
    pub regions: Option<Vec<String>>,
    /// The names that we have; any, if none are named. They are the validator's to compare.
    pub hosts: Option<Vec<String>>,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long an answer may take, connecting included.
    pub answer_timeout: Duration,
}

impl Settings {
    /// The usual ones.
    pub fn for_service(service: &str, endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            token: None,
            service: service.to_owned(),
            regions: None,
            hosts: None,
            connect_timeout: Duration::from_secs(1),
            answer_timeout: Duration::from_secs(2),
        }
    }
}

/// A request as the service received it.
#[derive(Clone, Copy)]
pub struct Received<'a> {
    /// `GET`, `PUT`, ...
    pub method: &'a str,
    /// What stood in the request line: path and query, escapes untouched.
    pub target: &'a str,
    /// Names in lower case, repeated headers in their order; for HTTP/2 with `:authority` as `host`.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// Who is at the other end.
    pub source_ip: Option<IpAddr>,
    /// Whether it came over TLS.
    pub tls: bool,
}

impl<'a> Received<'a> {
    fn parts(&self) -> Parts<'a> {
        let (path, query) = self.target.split_once('?').unwrap_or((self.target, ""));
        Parts { method: self.method, path, query, headers: self.headers }
    }

    /// As the validator wants it; a header that is no text cannot be told.
    fn view(&self) -> Result<RequestView<'a>, Refusal> {
        let text = |(name, value): &(&'a str, &'a [u8])| Some((*name, std::str::from_utf8(value).ok()?));
        let headers = self.headers.iter().map(text).collect::<Option<_>>();
        let headers = headers.ok_or_else(|| Refusal::Refused(Box::new(Refused::unreadable())))?;
        let Self { method, target, source_ip, tls, .. } = *self;
        Ok(RequestView { method, target, headers, source_ip, tls })
    }
}

/// Why a request goes no further.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display, derive_more::From)]
pub enum Refusal {
    /// The validator says no: this is not who it claims to be, or they may not.
    #[display("{}: {}", _0.reason, _0.message)]
    Refused(Box<Refused>),
    /// There is no answer to go by.
    #[from]
    Unavailable(Unavailable),
}

impl std::error::Error for Refusal {}

/// Asks one validator. Cheap to clone; following its changes ends with the last clone.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    transport: Arc<Transport>,
    keys: Arc<Keys>,
    audience: Audience,
    clock: Box<dyn Clock>,
    /// The epoch in which the validator last said that we may not have keys.
    keys_denied_at: AtomicU64,
    follower: Option<AbortHandle>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(follower) = &self.follower {
            follower.abort();
        }
    }
}

impl Client {
    /// Begins to follow the validator's changes, on the present tokio runtime. The validator need not be there yet.
    pub fn start(settings: Settings) -> Self {
        Self::start_by(settings, Box::new(SystemClock))
    }

    /// The same by another clock than the machine's.
    pub fn start_by(settings: Settings, clock: Box<dyn Clock>) -> Self {
        let Settings { endpoint, token, service, regions, hosts, connect_timeout, answer_timeout } = settings;
        // Keys and changes are told to nobody who only reached the port.
        let is_trusted = token.is_some() || matches!(endpoint, Endpoint::Unix(_));
        let transport = Arc::new(Transport::new(endpoint, token.as_ref(), connect_timeout, answer_timeout));
        let keys = Arc::new(Keys::default());
        let follow = || tokio::spawn(events::follow(Arc::clone(&transport), Arc::clone(&keys))).abort_handle();
        let follower = is_trusted.then(follow);
        let audience = Audience { service, regions, hosts };
        Self(Arc::new(Inner { transport, keys, audience, clock, keys_denied_at: AtomicU64::new(0), follower }))
    }

    /// Waits until the validator is there, but no longer than this. A fault that waiting will not mend is returned at
    /// once.
    pub async fn ready(&self, patience: Duration) -> Result<(), Unavailable> {
        let probing = async {
            loop {
                match events::ask_meta(&self.0.transport).await {
                    Ok(_) => return Ok(()),
                    Err(why) if why.is_passing() => sleep(Duration::from_millis(200)).await,
                    Err(why) => return Err(why),
                }
            }
        };
        timeout(patience, probing).await.unwrap_or(Err(Unavailable::TooSlow))
    }

    /// Whether signatures are verified here at present.
    pub fn verifies_locally(&self) -> bool {
        self.0.keys.is_live()
    }

    /// Finds out who sent a request.
    pub async fn authenticate(&self, request: &Received<'_>) -> Result<Caller, Refusal> {
        let parts = request.parts();
        if !local::shows_signature(&parts) {
            return Ok(Caller::anonymous(local::declared(&parts)));
        }
        match self.verify_locally(&parts) {
            Some(caller) => Ok(caller),
            // What does not verify with a kept key may be anything: the validator knows, and has the words for it.
            None => self.ask_who(request, &parts).await,
        }
    }

    /// Finds out what a caller may do: a verdict for each check, in their order.
    // WHY: this is asked each time, for policies change and sessions end: only who signed is verified here.
    pub async fn authorize(&self, caller: &Caller, asked: Asked<'_>) -> Result<Vec<Verdict>, Refusal> {
        let mut verdicts = Vec::with_capacity(asked.checks.len());
        for checks in portions(asked.checks) {
            let question = Authorize { subject: caller.subject(), asked: Asked { checks, ..asked } };
            let (answer, _): (Authorized, u64) = self.ask("/v1/authorize", &question).await?;
            verdicts.extend(answer.into_verdicts(checks.len()).map_err(|no| self.refusal(no))?);
        }
        Ok(verdicts)
    }

    /// Finds out in one question who sent a request and whether they may do what it asks for. `map` says how it is
    /// read: `s3-path`, `execute-api` and the like; checks are asked about besides.
    pub async fn check(
        &self,
        request: &Received<'_>,
        map: Option<&str>,
        asked: Asked<'_>,
    ) -> Result<(Identity, Credential), Refusal> {
        let question = CheckBoth { request: request.view()?, audience: &self.0.audience, map, asked };
        let (answer, _): (Checked, u64) = self.ask("/v1/check", &question).await?;
        answer.into_allowed().map_err(|no| self.refusal(no))
    }

    /// Whether each of these users, roles and accounts exists, in the order given: for whoever writes a policy about them.
    pub async fn exist(&self, arns: &[&str]) -> Result<Vec<bool>, Unavailable> {
        let (answer, _): (Resolved, u64) = self.ask("/v1/identities/resolve", &Resolve { arns }).await?;
        if answer.arns.len() != arns.len() {
            return Err(self.nonsense("not as many answers as names"));
        }
        Ok(answer.arns.iter().map(|found| found.found).collect())
    }

    fn moment(&self) -> Moment {
        let machine = self.0.clock.moment().machine;
        Moment { now: Timestamp::from_millis(machine.millis().saturating_add(self.0.keys.ahead())), machine }
    }

    fn verify_locally(&self, parts: &Parts<'_>) -> Option<Caller> {
        let (moment, audience) = (self.moment(), &self.0.audience);
        if !self.0.keys.is_live() || !local::may_pass(parts, audience) {
            return None;
        }
        let candidate = Candidate::of(parts, audience, &moment)?;
        let kept = self.0.keys.find(&candidate.fingerprint(), moment.now)?;
        let proof = candidate.verify(kept)?;
        Some(proof.into_caller())
    }

    async fn ask_who(&self, request: &Received<'_>, parts: &Parts<'_>) -> Result<Caller, Refusal> {
        let question = Authenticate { request: request.view()?, audience: &self.0.audience };
        let (answer, _): (Authenticated, u64) = self.ask("/v1/authenticate", &question).await?;
        let (identity, credential) = answer.into_who().map_err(|no| self.refusal(no))?;
        let (identity, credential) = (Arc::new(identity), Arc::new(credential));
        let claim = sigv4::parse(parts).ok().flatten();
        let Some(claim) = claim.filter(|claim| claim.access_key_id() == credential.access_key_id) else {
            return Err(self.nonsense("it speaks of another key than the request").into());
        };
        let declared = Declared::of(parts, Some(claim.form()));
        let in_signed_chunks = declared.as_ref().is_ok_and(|declared| declared.mode().is_signed_by_chunks());
        let is_of_use = in_signed_chunks || local::may_pass(parts, &self.0.audience);
        let proof = if is_of_use { self.learn_key(parts).await } else { Ok(None) };
        let chain = match proof {
            Ok(proof) => proof.and_then(|proof| proof.chain),
            Err(why) if in_signed_chunks => return Err(why.into()),
            Err(_) => None,
        };
        if in_signed_chunks && chain.is_none() {
            return Err(Unavailable::NoSigningKey.into());
        }
        let token = claim.session_token().map(|token| Secret::new(token.to_owned()));
        let (form, signed_at) = (claim.form(), claim.signed_at());
        let signer = Signer { identity, credential, token, form, signed_at, locally: false };
        Ok(Caller { signer: Some(signer), declared, chain })
    }

    /// Has the key handed out that verifies this request and those after it, keeps it, and verifies.
    async fn learn_key(&self, parts: &Parts<'_>) -> Result<Option<Proof>, Unavailable> {
        let Inner { audience, keys, keys_denied_at, follower, .. } = &*self.0;
        let Some(candidate) = Candidate::of(parts, audience, &self.moment()) else { return Ok(None) };
        // Until something changes there, it need not be tried again.
        if follower.is_none() || keys_denied_at.load(Ordering::Relaxed) == keys.epoch() {
            return Ok(None);
        }
        let (answer, epoch): (Vended, u64) = match self.ask("/v1/signing-keys", &candidate.key_wanted()).await {
            Err(Unavailable::NotTrusted { message }) => {
                tracing::warn!(%message, "no signing keys: every signature is asked about");
                keys_denied_at.store(keys.epoch(), Ordering::Relaxed);
                return Ok(None);
            }
            answer => answer?,
        };
        let Some(kept) = answer.into_kept() else { return Ok(None) };
        let kept = Arc::new(kept);
        // ATTACK: any web page can sign with a demo key, so the validator looks at each of its requests.
        if !kept.credential.well_known {
            keys.keep(candidate.fingerprint(), Arc::clone(&kept), epoch);
        }
        Ok(candidate.verify(kept))
    }

    async fn ask<A: DeserializeOwned>(&self, path: &str, question: &impl Serialize) -> Result<(A, u64), Unavailable> {
        let body = serde_json::to_vec(question)
            .map_err(|error| Unavailable::Misasked { status: 0, message: error.to_string() })?;
        let answer = self.0.transport.ask(Method::POST, path, body).await?;
        self.0.keys.change(answer.epoch);
        match serde_json::from_slice(&answer.body) {
            Ok(read) => Ok((read, answer.epoch)),
            Err(error) => Err(self.nonsense(&error.to_string())),
        }
    }

    fn refusal(&self, no: No) -> Refusal {
        match no {
            No::Refused(refused) => Refusal::Refused(refused),
            No::Nonsense(what) => self.nonsense(what).into(),
        }
    }

    /// What answers is not to be asked again over the same connection.
    fn nonsense(&self, what: &str) -> Unavailable {
        self.0.transport.hang_up();
        Unavailable::nonsense(what)
    }
}

/// Cuts checks into what one question can hold.
fn portions(checks: &[Check]) -> impl Iterator<Item = &[Check]> {
    let mut rest = checks;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |check: &&Check| {
            bytes += check.action.len() + check.resource.len();
            bytes <= MOST_CHECKED_BYTES
        };
        let length = rest.iter().take(MOST_CHECKS).take_while(fits).count();
        let (portion, after) = rest.split_at(length.max(1).min(rest.len()));
        rest = after;
        (!portion.is_empty()).then_some(portion)
    })
}

/// The validator takes no more in one question.
const MOST_CHECKS: usize = 1000;
/// Its questions have at most 256 KiB, and characters may be escaped in them.
const MOST_CHECKED_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lengths: &[usize], expect: &[usize]) {
        let checks: Vec<Check> = lengths.iter().map(|length| Check::new("", "x".repeat(*length))).collect();
        let found: Vec<usize> = portions(&checks).map(<[Check]>::len).collect();
        assert_eq!(found, expect, "{lengths:?}");
    }

    #[test]
    fn many_checks_are_asked_in_several_questions() {
        check(&[], &[]);
        check(&[10], &[1]);
        check(&[10; 1000], &[1000]);
        check(&[10; 2001], &[1000, 1000, 1]);
        check(&[1024; 130], &[64, 64, 2]);
        check(&[1, 100_000, 1], &[1, 1, 1]);
    }
}
