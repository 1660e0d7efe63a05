//! `/v1/check`: who signed this request, and may they do what it asks for? The one call that most services need.

use serde::{Deserialize, Serialize};

use super::answer::{Problem, Reply};
use super::authenticate::{self, No, Yes};
use super::authorize::unjudged;
use super::decide::{self, Asker, Check, Given, How, Outcome, ResourcePolicy, Wanted};
use super::dialect::AwsError;
use super::json::{Object, Pairs, Text, Texts};
use super::mapper::{self, ExecuteApi, Map, Told, Unmapped};
use super::refusal::Shown;
use super::request::{Audience, Received, Request, host_candidates};
use super::{Answered, Ask, context};
use crate::access::{Judge, Principal, Rejection, RequestFacts, Signed, Unproved};
use crate::policy::context::{ContextSource, RequestContext};
use crate::sessions::Session;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Call<'a> {
    #[serde(borrow)]
    request: Object<Request<'a>>,
    #[serde(borrow)]
    audience: Object<Audience<'a>>,
    #[serde(borrow, default)]
    host_candidates: Vec<Text<'a>>,
    map: Option<Map>,
    #[serde(borrow)]
    execute_api: Option<Object<ExecuteApi<'a>>>,
    #[serde(borrow, default)]
    checks: Vec<Object<Check<'a>>>,
    #[serde(borrow, default)]
    context: Pairs<'a, Texts<'a>>,
    #[serde(borrow, default)]
    resource_policies: Pairs<'a, Object<ResourcePolicy<'a>>>,
    #[serde(default)]
    explain: bool,
    #[serde(default)]
    allow_anonymous: bool,
}

/// What came of the checks of a request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Verdict {
    pub(super) allow: bool,
    pub(super) mapped: Vec<Mapped>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unmapped: Option<&'static str>,
    pub(super) results: Vec<Outcome>,
    #[serde(skip)]
    pub(super) aws_error: Option<AwsError>,
}

/// What a request was taken for.
#[derive(Serialize)]
pub(super) struct Mapped {
    action: String,
    resource: String,
}

/// What shall be checked of a request.
pub(super) struct Plan<'a> {
    pub(super) received: &'a Received<'a>,
    pub(super) audience: &'a Audience<'a>,
    pub(super) map: Option<Map>,
    pub(super) api: &'a ExecuteApi<'a>,
    pub(super) checks: &'a [Object<Check<'a>>],
    pub(super) context: &'a RequestContext<'a>,
    pub(super) resources: &'a [Given<'a>],
    pub(super) explain: bool,
}

pub(super) fn answer(ask: &Ask<'_>) -> Answered {
    let call: Call<'_> = ask.body()?;
    call.audience.check()?;
    if call.map.is_none() && call.checks.is_empty() {
        return Err(Problem::new(400, "say what to check: `map`, `checks` or both"));
    }
    // What cannot be meant is refused whoever signed.
    decide::wanted(&call.checks)?;
    let (candidates, received) = (host_candidates(&call.host_candidates)?, call.request.received()?);
    let (context, resources) = (context::read(&call.context)?, decide::resources(ask, &call.resource_policies)?);
    let nothing_known = ExecuteApi::default();
    let plan = Plan {
        received: &received,
        audience: &call.audience,
        map: call.map,
        api: call.execute_api.as_deref().unwrap_or(&nothing_known),
        checks: &call.checks,
        context: &context,
        resources: &resources,
        explain: call.explain,
    };
    match authenticate::authenticate(ask, &received, &call.audience, &candidates) {
        Ok(signed) => {
            let verdict = plan.judge_signed(ask, &signed)?;
            Ok(Reply::ok(&Yes::of(ask, &signed, false).with(ask, verdict)))
        }
        Err(Unproved::Access(Rejection::NotSigned)) if call.allow_anonymous => {
            let verdict = plan.judge_nobody(ask)?;
            let why = Unproved::Access(Rejection::NotSigned);
            Ok(Reply::ok(&No::of(ask, &why, &call.audience, Shown::default()).with(verdict)))
        }
        Err(why) => {
            let shown = Shown::of(&received.parts());
            shown.log(ask, &call.audience.service, &why);
            let no = No::of(ask, &why, &call.audience, shown);
            Ok(Reply::ok(&no.with(Verdict::refused())))
        }
    }
}

/// The keys that are read off a request.
struct ReadOff<'p> {
    map: Option<Map>,
    received: &'p Received<'p>,
    told: &'p Told<'p>,
    facts: RequestFacts<'p>,
}

impl ContextSource for ReadOff<'_> {
    fn fill<'c>(&'c self, context: &mut RequestContext<'c>) {
        mapper::fill_shared(self.map, self.received, self.told, context);
        self.facts.fill(context);
    }
}

impl Verdict {
    pub(super) fn refused() -> Self {
        Self { allow: false, mapped: Vec::new(), unmapped: None, results: Vec::new(), aws_error: None }
    }
}

impl Plan<'_> {
    /// What whoever signed may do.
    pub(super) fn judge_signed(&self, ask: &Ask<'_>, signed: &Signed<'_, '_>) -> Result<Verdict, Problem> {
        let (holder, verified) = (signed.holder(), signed.verified());
        let age = ask.moment.now.millis_since(verified.signed_at());
        let scope = verified.scope();
        let told = Told {
            host: signed.host(),
            region: scope.region,
            account: Some(holder.principal().account()),
            presigned_age: verified.is_presigned().then_some(age),
            is_signed: true,
        };
        self.judge(ask, Some(holder.principal()), holder.session(), &told)
    }

    /// What nobody in particular may do.
    fn judge_nobody(&self, ask: &Ask<'_>) -> Result<Verdict, Problem> {
        let host = self.received.header("host").unwrap_or_default();
        let told = Told { host, region: "us-east-1", account: None, presigned_age: None, is_signed: false };
        self.judge(ask, None, None, &told)
    }

    fn judge(
        &self,
        ask: &Ask<'_>,
        principal: Option<&Principal>,
        session: Option<&Session>,
        told: &Told<'_>,
    ) -> Result<Verdict, Problem> {
        let mapping = match self.map {
            None => Ok(Vec::new()),
            Some(map) => mapper::map(map, self.received, self.audience, self.api, told)?,
        };
        let appended = decide::wanted(self.checks)?;
        let unmapped = mapping.as_ref().err().map(|unmapped| match unmapped {
            Unmapped::Unknown(why) | Unmapped::InBody(why) => *why,
        });
        let unknown = matches!(mapping, Err(Unmapped::Unknown(_)));
        self.check_context(&mapping)?;
        let mapped = mapping.as_ref().map_or(0, Vec::len);
        let wanted: Vec<Wanted<'_>> = mapping.unwrap_or_default().into_iter().chain(appended).collect();
        if unknown || wanted.is_empty() {
            let aws_error = Some(self.audience.dialect().not_implemented(ask.request_id));
            return Ok(Verdict { unmapped, aws_error, ..Verdict::refused() });
        }
        let facts = self.received.facts(told.region, ask);
        let keys = ReadOff { map: self.map, received: self.received, told, facts };
        let asker = Asker(principal);
        let how = How { context: self.context, explain: self.explain, dialect: Some(self.audience.dialect()) };
        let results = match Judge::over(principal, session, &keys, ask.moment, &ask.snapshot.identities) {
            Ok(judge) => decide::decide(ask, &judge, asker, &wanted, self.resources, how)?,
            Err(denial) => unjudged(ask, asker, &wanted, &denial.reason),
        };
        let allow = results.iter().all(Outcome::is_allowed);
        let aws_error = results.iter().find_map(|outcome| outcome.aws_error().cloned());
        let mapped = wanted.into_iter().take(mapped).map(Mapped::of).collect();
        Ok(Verdict { allow, mapped, unmapped, results, aws_error })
    }

    /// Demands that what the service says of the request is not for the request to say.
    // ATTACK: a prefix that the service took from elsewhere would decide about a listing without one.
    fn check_context(&self, mapping: &Result<Vec<Wanted<'_>>, Unmapped>) -> Result<(), Problem> {
        if self.context.is_empty() {
            return Ok(());
        }
        let in_body = matches!(mapping, Err(Unmapped::InBody(_)));
        let said = |key: &&str| self.context.get(key).is_some();
        let mut of_mapped = mapping.iter().flatten().flat_map(|wanted| wanted.context.iter()).map(|(key, _)| key);
        let of_requests = RequestFacts::READ_OFF.into_iter().chain(mapper::keys(self.map, in_body)).find(said);
        match of_requests.or_else(|| of_mapped.find(said)) {
            None => Ok(()),
            Some(key) => {
                let why = format!("{key} is read off `request`, of which `sourceIp` and `tls` are parts: leave it out");
                Err(Problem::new(400, &why))
            }
        }
    }
}

impl Mapped {
    fn of(wanted: Wanted<'_>) -> Self {
        Self { action: wanted.action.into_owned(), resource: wanted.resource.into_owned() }
    }
}
