//! `/v1/forward-auth/{profile}`: a proxy asks before it passes a request on, so that any service gains signatures.
//!
//! The proxy's configuration says in the query what to check; the request comes in headers, by the names of one proxy
//! only, so that no client can choose which are believed. Bodies do not come along: what was signed of them is told,
//! and not compared.
//! <https://nginx.org/en/docs/http/ngx_http_auth_request_module.html>,
//! <https://caddyserver.com/docs/caddyfile/directives/forward_auth>

use std::net::IpAddr;

use super::answer::{Problem, Reply};
use super::authenticate::authenticate;
use super::check::{Plan, Verdict};
use super::decide::Check;
use super::dialect::AwsError;
use super::json::{Object, Text};
use super::mapper::{ExecuteApi, Map, may_lead_elsewhere};
use super::refusal::{self, Shown};
use super::request::{Audience, Received, split_target};
use super::{Answered, Ask};
use crate::access::Signed;
use crate::policy::context::RequestContext;
use crate::wire::Params;

/// How a proxy tells of the request, and what it can do with a refusal.
struct Profile {
    name: &'static str,
    method: &'static str,
    target: &'static str,
    host: &'static str,
    proto: &'static str,
    content_length: &'static str,
    /// The client's address: the last of a list.
    source: &'static str,
    /// Whether a refusal reaches the client as it is. If not, only 401 and 403 are refusals, and all else a fault.
    passes_refusals_on: bool,
}

/// The proxies that were tried.
static PROFILES: &[Profile] = &[
    Profile {
        name: "nginx",
        method: "x-original-method",
        target: "x-original-uri",
        host: "x-original-host",
        proto: "x-original-proto",
        content_length: "x-original-content-length",
        source: "x-real-ip",
        passes_refusals_on: false,
    },
    Profile {
        name: "caddy",
        method: "x-forwarded-method",
        target: "x-forwarded-uri",
        host: "x-forwarded-host",
        proto: "x-forwarded-proto",
        content_length: "x-forwarded-content-length",
        source: "x-forwarded-for",
        passes_refusals_on: true,
    },
];

/// Headers of the call that are the proxy's and none of the request's.
const OF_THE_CALL: [&str; 5] = ["host", "connection", "content-length", "transfer-encoding", "validator-token"];

pub(super) fn answer(ask: &Ask<'_>) -> Answered {
    let name = ask.raw.path.rsplit('/').next().unwrap_or_default();
    let profile = PROFILES.iter().find(|profile| profile.name == name);
    let profile = profile.ok_or_else(|| Problem::new(404, "there are the profiles nginx and caddy"))?;
    let wanted = Wanted::read(ask.raw.query)?;
    let received = profile.received(ask)?;
    match authenticate(ask, &received, &wanted.audience, &[]) {
        Ok(signed) => {
            let verdict = wanted.judge(ask, &received, &signed)?;
            Ok(profile.write(ask, Some(&signed), verdict.allow, verdict.aws_error, None))
        }
        Err(why) => {
            let shown = Shown::of(&received.parts());
            shown.log(ask, &wanted.audience.service, &why);
            let error = wanted.audience.dialect().unproved(&why, &shown, ask.request_id);
            let reason = refusal::reason(&why, &shown).word();
            Ok(profile.write(ask, None, false, Some(error), Some(reason)))
        }
    }
}

/// What the proxy's configuration wants to be checked.
struct Wanted<'a> {
    audience: Audience<'a>,
    map: Option<Map>,
    api: ExecuteApi<'a>,
    checks: Vec<Object<Check<'a>>>,
}

impl Wanted<'static> {
    fn read(query: &str) -> Result<Self, Problem> {
        let params = Params::of_query(query).map_err(|broken| Problem::new(400, &broken.to_string()))?;
        let mut audience = Audience::of(String::new());
        let (mut map, mut api, mut action, mut resource) = (None, ExecuteApi::default(), None, None);
        let mut seen = Vec::new();
        for (name, value) in params.iter() {
            // Of two values one is not meant, and it may be the one that guards.
            if seen.contains(&name) {
                return Err(Problem::new(400, &format!("the parameter {name} is there twice")));
            }
            seen.push(name.clone());
            let text = || Text::owned(&value);
            let list = || Some(value.split(',').map(Text::owned).collect());
            match &*name {
                "service" => audience.service = text(),
                "regions" => audience.regions = list(),
                "hosts" => audience.hosts = list(),
                "map" => {
                    let wrong = || Problem::new(400, "`map` is s3-path, s3-virtual-host or execute-api");
                    map = Some(Map::parse(&value).ok_or_else(wrong)?);
                }
                "api" => api.api_id = Some(text()),
                "stage" => api.stage = Some(text()),
                "account" => api.account_id = Some(text()),
                "action" => action = Some(text()),
                "resource" => resource = Some(text()),
                _ => return Err(Problem::new(400, &format!("there is no parameter {name}"))),
            }
        }
        if audience.service.is_empty() {
            return Err(Problem::new(400, "`service` is the signing name of what is guarded, such as execute-api"));
        }
        let checks = match (action, resource) {
            (Some(action), Some(resource)) => vec![Object(Check::of(action, resource))],
            (None, None) => Vec::new(),
            _ => return Err(Problem::new(400, "`action` and `resource` go together")),
        };
        Ok(Self { audience, map, api, checks })
    }

    fn judge(&self, ask: &Ask<'_>, received: &Received<'_>, signed: &Signed<'_, '_>) -> Result<Verdict, Problem> {
        // Whoever configures nothing to check wants to know who it is, and no more.
        if self.map.is_none() && self.checks.is_empty() {
            return Ok(Verdict { allow: true, ..Verdict::refused() });
        }
        // ATTACK: S3 takes `/mine/../theirs` for a key; what is behind the proxy may take it for `/theirs`.
        if may_lead_elsewhere(self.map, received) {
            let aws_error = Some(self.audience.dialect().not_implemented(ask.request_id));
            return Ok(Verdict { aws_error, ..Verdict::refused() });
        }
        let plan = Plan {
            received,
            audience: &self.audience,
            map: self.map,
            api: &self.api,
            checks: &self.checks,
            context: &RequestContext::new(),
            resources: &[],
            explain: false,
        };
        plan.judge_signed(ask, signed)
    }
}

impl Profile {
    /// The request that the proxy asks about.
    fn received<'a>(&self, ask: &Ask<'a>) -> Result<Received<'a>, Problem> {
        let (method, target) = (self.one(ask, self.method)?, self.one(ask, self.target)?);
        let host = self.one(ask, self.host)?;
        let (path, query) = split_target(target)
            .ok_or_else(|| Problem::new(400, &format!("{} is no target of a request", self.target)))?;
        let proxys = |name: &str| OF_THE_CALL.contains(&name) || self.names().contains(&name);
        let mut headers: Vec<(&str, &[u8])> = vec![("host", host.as_bytes())];
        headers.extend(ask.raw.headers.iter().copied().filter(|(name, _)| !proxys(name)));
        if let Some(length) = ask.raw.header(self.content_length).filter(|length| !length.is_empty()) {
            headers.push(("content-length", length.as_bytes()));
        }
        let source = ask.raw.header(self.source).and_then(|list| list.rsplit(',').next());
        let source_ip: Option<IpAddr> = source.and_then(|address| address.trim().parse().ok());
        let tls = ask.raw.header(self.proto) == Some("https");
        Ok(Received { method, path, query, headers, body_sha256: None, source_ip, tls })
    }

    /// The value of a header that the proxy must set, once.
    // ATTACK: of two, one may be the client's.
    fn one<'a>(&self, ask: &Ask<'a>, name: &str) -> Result<&'a str, Problem> {
        let mut values = ask.raw.headers.iter().filter(|(found, _)| *found == name);
        match (values.next().and_then(|(_, value)| std::str::from_utf8(value).ok()), values.next()) {
            (Some(value), None) if !value.is_empty() => Ok(value),
            _ => Err(Problem::new(400, &format!("have the proxy {} set {name}, once", self.name))),
        }
    }

    fn names(&self) -> [&'static str; 6] {
        [self.method, self.target, self.host, self.proto, self.content_length, self.source]
    }

    fn write(
        &self,
        ask: &Ask<'_>,
        signed: Option<&Signed<'_, '_>>,
        allow: bool,
        error: Option<AwsError>,
        reason: Option<&'static str>,
    ) -> Reply {
        let mut headers = vec![
            ("x-auth-decision", if allow { "allow" } else { "deny" }.to_owned()),
            ("x-auth-request-id", ask.request_id.to_owned()),
        ];
        if let Some(holder) = signed.map(Signed::holder) {
            let principal = holder.principal();
            headers.push(("x-auth-principal-arn", principal.arn()));
            headers.push(("x-auth-account", principal.account().to_string()));
            headers.push(("x-auth-access-key-id", holder.access_key_id().to_string()));
            let session = holder.session().and_then(|session| session.subject.session_name());
            headers.extend(session.map(|name| ("x-auth-session-name", name.to_owned())));
        }
        headers.extend(reason.map(|reason| ("x-auth-reason", reason.to_owned())));
        headers.extend(error.as_ref().map(|error| ("x-auth-error-code", error.code.clone().into_owned())));
        let reply = match error.filter(|_| !allow) {
            Some(error) => {
                let own = if signed.is_some() { 403 } else { 401 };
                let status = if self.passes_refusals_on { error.http_status } else { own };
                Reply { body: error.body.into_bytes(), ..Reply::empty(status, error.content_type) }
            }
            None => Reply::empty(if allow { 200 } else { 403 }, "text/plain"),
        };
        Reply { headers, ..reply }
    }
}
