//! `/v1/authenticate`: who signed this request, or this string to sign?

use serde::{Deserialize, Serialize};

use super::answer::{Cache, Problem, Reply};
use super::check::Verdict;
use super::describe::{PayloadView, Signature};
use super::dialect::AwsError;
use super::json::{Object, Text};
use super::querier::Scope;
use super::refusal::{self, Shown};
use super::request::{Audience, Received, Request, StringToSign, host_candidates};
use super::signing_keys::SigningKeyView;
use super::told::Told;
use super::{Answered, Ask};
use crate::access::{Holder, Rejection, Signed, SignedString, Unproved, authenticate_forwarded, authenticate_string};
use crate::sigv4;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Call<'a> {
    #[serde(borrow)]
    request: Option<Object<Request<'a>>>,
    #[serde(borrow)]
    string_to_sign: Option<Object<StringToSign<'a>>>,
    #[serde(borrow)]
    audience: Object<Audience<'a>>,
    #[serde(borrow, default)]
    host_candidates: Vec<Text<'a>>,
    #[serde(default)]
    want: Vec<Want>,
}

/// What an answer shall have beside the usual.
#[derive(Deserialize, PartialEq, Eq, Clone, Copy)]
#[serde(rename_all = "camelCase")]
enum Want {
    SigningKey,
}

/// Somebody.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Yes<'a> {
    authenticated: bool,
    via: &'static str,
    #[serde(flatten)]
    holder: Told,
    signature: Signature<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<PayloadView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_key: Option<SigningKeyView>,
    #[serde(flatten)]
    verdict: Option<Verdict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aws_error: Option<AwsError>,
    cache: Cache,
    request_id: &'a str,
}

/// Nobody.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct No<'a> {
    authenticated: bool,
    reason: &'static str,
    message: String,
    #[serde(flatten)]
    verdict: Option<Verdict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aws_error: Option<AwsError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    debug: Option<Debug>,
    cache: Cache,
    request_id: &'a str,
}

/// What was computed: for whoever looks for the difference.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Debug {
    #[serde(skip_serializing_if = "String::is_empty")]
    canonical_request: String,
    string_to_sign: String,
}

pub(super) fn answer(ask: &Ask<'_>) -> Answered {
    let call: Call<'_> = ask.body()?;
    call.audience.check()?;
    let wants_key = call.want.contains(&Want::SigningKey);
    if wants_key && !ask.querier.may_sign_for(&call.audience.service) {
        return Err(Problem::lacks_key_for(ask.querier, &call.audience.service));
    }
    match (&call.request, &call.string_to_sign) {
        (Some(request), None) => {
            let (candidates, received) = (host_candidates(&call.host_candidates)?, request.received()?);
            Ok(match authenticate(ask, &received, &call.audience, &candidates) {
                Ok(signed) => Reply::ok(&Yes::of(ask, &signed, wants_key)),
                Err(why) => {
                    let shown = Shown::of(&received.parts());
                    shown.log(ask, &call.audience.service, &why);
                    Reply::ok(&No::of(ask, &why, &call.audience, shown))
                }
            })
        }
        (None, Some(string)) if call.host_candidates.is_empty() => {
            Ok(answer_string(ask, string, &call.audience, wants_key))
        }
        (None, Some(_)) => {
            Err(Problem::new(400, "a string to sign does not show its host: leave `hostCandidates` out"))
        }
        _ => Err(Problem::new(400, "send exactly one of `request` and `stringToSign`")),
    }
}

/// Finds out who signed what was received.
pub(super) fn authenticate<'a>(
    ask: &Ask<'a>,
    received: &'a Received<'a>,
    audience: &'a Audience<'a>,
    host_candidates: &'a [&'a str],
) -> Result<Signed<'a, 'a>, Unproved> {
    let (region_ok, host_ok) = (|region: &str| audience.takes_region(region), |host: &str| audience.has_host(host));
    let demand = audience.demand(ask, &region_ok, &host_ok);
    let (identities, sessions) = (&ask.snapshot.identities, &ask.snapshot.sessions);
    authenticate_forwarded(&received.forwarded(host_candidates), &demand, identities, sessions, &ask.moment)
}

fn answer_string(ask: &Ask<'_>, string: &StringToSign<'_>, audience: &Audience<'_>, wants_key: bool) -> Reply {
    let expires = string.expires();
    let wording = string.wording(expires.as_deref());
    let (region_ok, host_ok) = (|region: &str| audience.takes_region(region), |host: &str| audience.has_host(host));
    let demand = audience.demand(ask, &region_ok, &host_ok);
    let (identities, sessions) = (&ask.snapshot.identities, &ask.snapshot.sessions);
    match authenticate_string(&wording, &demand, identities, sessions, &ask.moment) {
        Ok(signed) => Reply::ok(&Yes::of_string(ask, &signed, wants_key)),
        Err(why) => {
            let shown = Shown::of_wording(&wording);
            shown.log(ask, &audience.service, &why);
            Reply::ok(&No::of(ask, &why, audience, shown))
        }
    }
}

impl<'a> Yes<'a> {
    /// Tells who signed a request.
    pub(super) fn of(ask: &Ask<'a>, signed: &'a Signed<'_, '_>, wants_key: bool) -> Self {
        let (holder, verified) = (signed.holder(), signed.verified());
        let via = if verified.is_presigned() { "sigv4-query" } else { "sigv4-header" };
        let key = wants_key.then(|| SigningKeyView::of(signed.key(), holder, verified.scope().date));
        let payload = Some(PayloadView::of(signed.payload()));
        Self { payload, ..Self::by(ask, via, holder, Signature::of(signed), key) }
    }

    fn of_string(ask: &Ask<'a>, signed: &'a SignedString<'_, '_>, wants_key: bool) -> Self {
        let (holder, scope) = (signed.holder(), signed.verified().scope());
        let key = wants_key.then(|| SigningKeyView::of(signed.key(), holder, scope.date));
        Self::by(ask, "sigv4-string-to-sign", holder, Signature::of_string(signed), key)
    }

    fn by(
        ask: &Ask<'a>,
        via: &'static str,
        holder: &Holder<'_>,
        signature: Signature<'a>,
        signing_key: Option<SigningKeyView>,
    ) -> Self {
        ask.note_holder(holder);
        Self {
            authenticated: true,
            via,
            holder: Told::of(ask, holder),
            signature,
            payload: None,
            signing_key,
            verdict: None,
            aws_error: None,
            cache: ask.cache(),
            request_id: ask.request_id,
        }
    }

    /// Adds what they may do.
    pub(super) fn with(self, ask: &Ask<'_>, mut verdict: Verdict) -> Self {
        let cache = if verdict.allow { self.cache } else { ask.cache_of_no() };
        Self { aws_error: verdict.aws_error.take(), verdict: Some(verdict), cache, ..self }
    }
}

impl<'a> No<'a> {
    /// Tells why nobody is known to have signed.
    pub(super) fn of(ask: &Ask<'a>, why: &Unproved, audience: &Audience<'_>, mut shown: Shown) -> Self {
        shown.regions = audience.regions.iter().flatten().map(|region| region.to_string()).collect();
        let debug = match why {
            Unproved::Access(Rejection::Signature(sigv4::Rejection::Mismatch(found)))
                if ask.querier.may(Scope::Debug) =>
            {
                let sigv4::Explanation { canonical_request, string_to_sign } = (**found).clone();
                Some(Debug { canonical_request, string_to_sign })
            }
            _ => None,
        };
        Self {
            authenticated: false,
            reason: refusal::reason(why, &shown).word(),
            message: refusal::message(why, &shown),
            verdict: None,
            aws_error: Some(audience.dialect().unproved(why, &shown, ask.request_id)),
            debug,
            cache: ask.cache_of_no(),
            request_id: ask.request_id,
        }
    }

    /// Adds what nobody in particular may do.
    pub(super) fn with(self, mut verdict: Verdict) -> Self {
        let aws_error = if verdict.allow { None } else { verdict.aws_error.take().or(self.aws_error) };
        Self { aws_error, verdict: Some(verdict), ..self }
    }
}
