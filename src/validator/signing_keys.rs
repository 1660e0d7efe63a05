//! `/v1/signing-keys`: keys for services that verify by themselves, each for one day, region and service.
//!
//! Whoever verifies can sign, so a key is given for credentials that were shown and never for a signature that was,
//! and only to those whose token says so.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::answer::{Cache, Problem, Reply};
use super::dialect::{AwsError, Dialect};
use super::json::{Text, said};
use super::refusal::{self, Shown};
use super::told::Told;
use super::{Answered, Ask};
use crate::access::{Holder, Rules, Unproved};
use crate::ids::region;
use crate::sigv4::{self, SigningKey};
use crate::time::Timestamp;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Call<'a> {
    #[serde(borrow)]
    access_key_id: Text<'a>,
    #[serde(borrow)]
    session_token: Option<Text<'a>>,
    /// `20260115`, as in the scope.
    #[serde(borrow)]
    date: Text<'a>,
    #[serde(borrow)]
    region: Text<'a>,
    #[serde(borrow)]
    service: Text<'a>,
    dialect: Option<Dialect>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Vended<'a> {
    active: bool,
    signing_key: SigningKeyView,
    #[serde(flatten)]
    holder: Told,
    cache: Cache,
    request_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Withheld<'a> {
    active: bool,
    reason: &'static str,
    message: String,
    aws_error: AwsError,
    cache: Cache,
    request_id: &'a str,
}

/// A signing key as it is handed out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SigningKeyView {
    algorithm: &'static str,
    key: String,
    not_after: String,
}

/// AWS: a presigned request may be a week old, and begin late on the day of its scope.
const LONGEST_USE_SECONDS: i64 = 8 * 24 * 3600;

pub(super) fn answer(ask: &Ask<'_>) -> Answered {
    let call: Call<'_> = ask.body()?;
    if !ask.querier.may_sign_for(&call.service) {
        return Err(Problem::lacks_key_for(ask.querier, &call.service));
    }
    let Some(day) = Timestamp::parse_basic(&format!("{}T000000Z", &*call.date)) else {
        return Err(Problem::new(400, "`date` is the date of the scope, such as 20260115"));
    };
    if call.region.is_empty() || call.region.contains('/') {
        return Err(Problem::new(400, "`region` is the region of the scope, such as us-east-1"));
    }
    let token = said(call.session_token.as_ref());
    let found = in_reach(ask, day, &call.service)
        .and_then(|()| ask.holder_in(region::find(&call.region), &call.access_key_id, token).map_err(Unproved::Access));
    match found {
        Ok(holder) => {
            ask.note_holder(&holder);
            let scope = sigv4::Scope {
                date: &call.date,
                region: &call.region,
                service: &call.service,
                terminator: "aws4_request",
            };
            Ok(Reply::ok(&Vended {
                active: true,
                signing_key: SigningKeyView::of(&holder.signing_key(&scope).key, &holder, &call.date),
                holder: Told::of(ask, &holder),
                cache: ask.cache(),
                request_id: ask.request_id,
            }))
        }
        Err(why) => {
            let shown = Shown::of_key(&call.access_key_id, token);
            shown.log(ask, &call.service, &why);
            let dialect = call.dialect.unwrap_or_else(|| Dialect::of(&call.service));
            Ok(Reply::ok(&Withheld {
                active: false,
                reason: refusal::reason(&why, &shown).word(),
                message: refusal::message(&why, &shown),
                aws_error: dialect.unproved(&why, &shown, ask.request_id),
                cache: ask.cache_of_no(),
                request_id: ask.request_id,
            }))
        }
    }
}

/// Whether requests of this day can be good already and still, by either clock.
// ATTACK: a key for a day to come would outlive every revocation.
fn in_reach(ask: &Ask<'_>, day: Timestamp, service: &str) -> Result<(), Unproved> {
    let window_seconds = Rules::of(service).timing.window_seconds;
    let near = |now: Timestamp| {
        let age = now.millis_since(day);
        (-window_seconds * 1000..LONGEST_USE_SECONDS * 1000).contains(&age)
    };
    let now = ask.moment.machine;
    if near(now) || near(ask.moment.now) {
        return Ok(());
    }
    Err(Unproved::from(if now < day {
        sigv4::Rejection::NotYetCurrent { signed_at: day, now, window_seconds }
    } else {
        sigv4::Rejection::Expired { signed_at: day, now, window_seconds: LONGEST_USE_SECONDS }
    }))
}

impl SigningKeyView {
    /// The key that signs for `date` as this holder does.
    pub(super) fn of(key: &SigningKey, holder: &Holder<'_>, date: &str) -> Self {
        let day = Timestamp::parse_basic(&format!("{date}T000000Z")).unwrap_or(Timestamp::from_seconds(0));
        let end = day.plus_seconds(LONGEST_USE_SECONDS);
        let not_after = holder.session().map_or(end, |session| session.expires.min(end));
        Self {
            algorithm: "AWS4-HMAC-SHA256",
            key: STANDARD.encode(key.expose()),
            not_after: not_after.iso().to_string(),
        }
    }
}
