//! `/v1/secrets/lookup`: secrets in the clear, for old servers that can verify in no other way.
//!
//! ATTACK: whoever has a secret is its owner. So this needs a flag at the start, a listener of this machine alone and a
//! token that says `secret`; and each look-up is a line of the log.

use serde::{Deserialize, Serialize};

use super::answer::{Cache, Problem, Reply};
use super::json::{Text, said};
use super::refusal::{self, Shown};
use super::{Answered, Ask};
use crate::access::Unproved;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Call<'a> {
    #[serde(borrow)]
    access_key_id: Text<'a>,
    #[serde(borrow)]
    session_token: Option<Text<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    found: bool,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    principal_arn: String,
    expires_at: Option<String>,
    cache: Cache,
    request_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Untold<'a> {
    found: bool,
    reason: &'static str,
    message: String,
    cache: Cache,
    request_id: &'a str,
}

pub(super) fn answer(ask: &Ask<'_>) -> Answered {
    if !ask.settings.unsafe_secrets {
        return Err(Problem::new(403, "secrets are looked up only with --unsafe-secrets-lookup"));
    }
    let call: Call<'_> = ask.body()?;
    let token = said(call.session_token.as_ref());
    match ask.holder(&call.access_key_id, token) {
        Ok(holder) => {
            ask.note_holder(&holder);
            let access_key_id = holder.access_key_id().as_str();
            tracing::warn!(request_id = ask.request_id, access_key_id, "a secret was looked up");
            Ok(Reply::ok(&Told {
                found: true,
                access_key_id,
                secret_access_key: holder.secret().expose(),
                principal_arn: holder.principal().principal_arn().into_owned(),
                expires_at: holder.session().map(|session| session.expires.iso().to_string()),
                cache: ask.cache_of_no(),
                request_id: ask.request_id,
            }))
        }
        Err(rejection) => {
            let (why, shown) = (Unproved::Access(rejection), Shown::of_key(&call.access_key_id, token));
            ask.note_reason(refusal::reason(&why, &shown).word());
            Ok(Reply::ok(&Untold {
                found: false,
                reason: refusal::reason(&why, &shown).word(),
                message: refusal::message(&why, &shown),
                cache: ask.cache_of_no(),
                request_id: ask.request_id,
            }))
        }
    }
}
