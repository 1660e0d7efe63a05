//! `/v1/introspect`: is this credential, or this proof of one, good right now? The names are those of RFC 7662.
//!
//! A presigned address is parsed and verified here; nobody ever calls it.
//! <https://www.rfc-editor.org/rfc/rfc7662>

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::answer::{Cache, Problem, Reply};
use super::json::{HeaderName, HeaderPair, Text};
use super::querier::Scope;
use super::refusal::{self, Reason, Shown};
use super::{Answered, Ask};
use crate::access::{Demand, Forwarded, Holder, Unproved, authenticate_forwarded};
use crate::sigv4::{Parts, SignedHeaders, WINDOW_SECONDS};
use crate::time::Timestamp;
use crate::wire::Params;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Call<'a> {
    #[serde(borrow)]
    token: Text<'a>,
    token_type_hint: Hint,
    /// Beside a temporary access key.
    #[serde(borrow)]
    session_token: Option<Text<'a>>,
    /// Beside a session token, which opens for its own key only.
    #[serde(borrow)]
    access_key_id: Option<Text<'a>>,
    /// What `x-k8s-aws-id` must have been.
    #[serde(borrow)]
    cluster_id: Option<Text<'a>>,
    /// Further headers that must have been signed.
    #[serde(borrow, default)]
    headers: Vec<HeaderPair<'a>>,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Hint {
    AccessKey,
    SessionToken,
    PresignedGetCallerIdentity,
    #[serde(rename = "k8s_aws_v1")]
    K8sAwsV1,
}

#[derive(Serialize)]
struct Active<'a> {
    active: bool,
    token_type: &'static str,
    sub: String,
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(rename = "accountId")]
    account_id: String,
    #[serde(rename = "principalArn")]
    principal_arn: &'a str,
    #[serde(rename = "userId")]
    user_id: String,
    cache: Cache,
    #[serde(rename = "requestId")]
    request_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Inactive<'a> {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    cache: Cache,
    request_id: &'a str,
}

/// AWS's own verifier reads no more.
const LONGEST_CLUSTER_TOKEN: usize = 4 * 1024;
const CLUSTER_PREFIX: &str = "k8s-aws-v1.";
const CLUSTER_HEADER: &str = "x-k8s-aws-id";
const MOST_HEADERS: usize = 50;

pub(super) fn answer(ask: &Ask<'_>) -> Answered {
    let call: Call<'_> = ask.body()?;
    call.check()?;
    let found = match call.token_type_hint {
        Hint::AccessKey => key(ask, &call.token, call.session_token.as_deref()),
        Hint::SessionToken => key(ask, call.access_key_id.as_deref().unwrap_or_default(), Some(&call.token)),
        Hint::PresignedGetCallerIdentity => presigned(ask, &call, &call.token),
        Hint::K8sAwsV1 => cluster_token(ask, &call),
    };
    Ok(found.unwrap_or_else(|reason| inactive(ask, reason)))
}

impl Call<'_> {
    /// What belongs to another kind of token is a mistake.
    fn check(&self) -> Result<(), Problem> {
        let hint = self.token_type_hint;
        let stray = [
            (self.session_token.is_some() && hint != Hint::AccessKey, "`sessionToken` belongs beside an access_key"),
            (
                self.access_key_id.is_some() != (hint == Hint::SessionToken),
                "`accessKeyId` belongs beside a session_token",
            ),
            (self.cluster_id.is_some() != (hint == Hint::K8sAwsV1), "`clusterId` belongs beside a k8s_aws_v1 token"),
            (
                !self.headers.is_empty() && hint != Hint::PresignedGetCallerIdentity,
                "`headers` belong beside a presigned_get_caller_identity",
            ),
            (self.headers.len() > MOST_HEADERS, "at most 50 `headers`"),
        ];
        let stray = stray.into_iter().find(|(wrong, _)| *wrong);
        stray.map_or(Ok(()), |(_, why)| Err(Problem::new(400, why)))
    }
}

fn key(ask: &Ask<'_>, access_key_id: &str, token: Option<&str>) -> Result<Reply, Reason> {
    let token = token.filter(|token| !token.is_empty());
    match ask.holder(access_key_id, token) {
        Ok(holder) => {
            let session = holder.session();
            let (iat, exp) = (session.map(|session| session.issued), session.map(|session| session.expires));
            Ok(active(ask, &holder, if session.is_some() { "session" } else { "access_key" }, iat, exp))
        }
        Err(rejection) => Err(refusal::reason(&Unproved::Access(rejection), &Shown::of_key(access_key_id, token))),
    }
}

fn cluster_token(ask: &Ask<'_>, call: &Call<'_>) -> Result<Reply, Reason> {
    if call.token.len() > LONGEST_CLUSTER_TOKEN {
        return Err(Reason::Malformed);
    }
    let packed = call.token.strip_prefix(CLUSTER_PREFIX).ok_or(Reason::Malformed)?;
    let address = URL_SAFE_NO_PAD.decode(packed).map_err(|_| Reason::Malformed)?;
    let address = std::str::from_utf8(&address).map_err(|_| Reason::Malformed)?;
    if !is_short_lived(address) {
        return Err(Reason::Malformed);
    }
    presigned(ask, call, address)
}

/// Whether it says that it is good for a quarter of an hour at most, as clusters demand.
fn is_short_lived(address: &str) -> bool {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let Ok(params) = Params::of_query(query) else { return false };
    let seconds = params.get("X-Amz-Expires").and_then(|text| text.parse::<u32>().ok());
    seconds.is_some_and(|seconds| i64::from(seconds) <= WINDOW_SECONDS)
}

/// Verifies a presigned GetCallerIdentity as STS would, with the headers that must have been signed.
fn presigned(ask: &Ask<'_>, call: &Call<'_>, address: &str) -> Result<Reply, Reason> {
    let (_, rest) =
        address.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https")).ok_or(Reason::Malformed)?;
    let (authority, query) = rest.split_once("/?").or_else(|| rest.split_once('?')).ok_or(Reason::Malformed)?;
    if authority.contains('/') || query.contains('#') || !asks_who_i_am(query) {
        return Err(Reason::Malformed);
    }
    let mut headers: Vec<(&str, &[u8])> = vec![("host", authority.as_bytes())];
    headers.extend(call.cluster_id.as_deref().map(|id| (CLUSTER_HEADER, id.as_bytes())));
    headers.extend(call.headers.iter().map(|HeaderPair(HeaderName(name), value)| (&**name, value.as_bytes())));
    let parts = Parts { method: "GET", path: "/", query, headers: &headers };
    let request = Forwarded { parts, body_sha256: None, host_candidates: &[] };
    let demand = Demand { service: "sts", region_ok: &|_| true, host_ok: None, open_demo: ask.world.open_demo };
    let (identities, sessions) = (&ask.snapshot.identities, &ask.snapshot.sessions);
    let signed = authenticate_forwarded(&request, &demand, identities, sessions, &ask.moment)
        .map_err(|why| refusal::reason(&why, &Shown::of(&parts)))?;
    // ATTACK: a header that was not signed is whatever its bearer says.
    let covered = |list: &SignedHeaders<'_>| headers.iter().all(|(name, _)| list.contains(name));
    if !covered(signed.verified().signed_headers()) {
        return Err(Reason::UnsignedAmzHeader);
    }
    let begin = signed.verified().signed_at();
    let window = begin.plus_seconds(WINDOW_SECONDS);
    let end = signed.holder().session().map_or(window, |session| session.expires.min(window));
    let kind = match call.token_type_hint {
        Hint::K8sAwsV1 => "k8s_aws_v1",
        _ => "presigned_get_caller_identity",
    };
    Ok(active(ask, signed.holder(), kind, Some(begin), Some(end)))
}

/// Whether the query is that of GetCallerIdentity, presigned, and nothing more.
fn asks_who_i_am(query: &str) -> bool {
    let Ok(params) = Params::of_query(query) else { return false };
    let fine = params.iter().all(|(name, value)| match &*name {
        "Action" => value == "GetCallerIdentity",
        "Version" => value == "2011-06-15",
        name => SIGNING_PARAMETERS.contains(&name),
    });
    let once = |wanted: &str| params.names().filter(|name| name == wanted).count() == 1;
    fine && once("Action") && once("Version")
}

const SIGNING_PARAMETERS: [&str; 8] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
    "X-Amz-User-Agent",
];

fn active(
    ask: &Ask<'_>,
    holder: &Holder<'_>,
    token_type: &'static str,
    begin: Option<Timestamp>,
    end: Option<Timestamp>,
) -> Reply {
    ask.note_holder(holder);
    let principal = holder.principal();
    Reply::ok(&Active {
        active: true,
        token_type,
        sub: principal.arn(),
        client_id: holder.access_key_id().as_str(),
        jti: holder.session().map(|session| session.id.to_string()),
        iat: begin.map(Timestamp::seconds),
        exp: end.map(Timestamp::seconds),
        account_id: principal.account().to_string(),
        principal_arn: &principal.principal_arn(),
        user_id: principal.user_id(),
        cache: ask.cache(),
        request_id: ask.request_id,
    })
}

fn inactive(ask: &Ask<'_>, reason: Reason) -> Reply {
    tracing::info!(request_id = ask.request_id, reason = reason.word(), "not active");
    ask.note_reason(reason.word());
    let reason = ask.querier.may(Scope::Debug).then_some(reason.word());
    Reply::ok(&Inactive { active: false, reason, cache: ask.cache_of_no(), request_id: ask.request_id })
}
