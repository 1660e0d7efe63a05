//! The one road that every call takes, and the order of its steps.
//!
//! Front end, routing, operation, signature, parameters, second factor, permission, deed, answer. The order is AWS's
//! behaviour; `tests/suite/order.rs` pins it pair by pair. An operation fills in two hooks and skips nothing.

use super::answer::{AnswerIds, injected, refusal, success};
use super::catalog::{Answer, Bare, Catalog, Entry, Run, Stop};
use super::endpoint::Host;
use super::errors::{ApiError, unauthenticated};
use super::operation::{Authorized, Description, Plan};
use super::second_factor;
use super::world::{Changes, Made, View, World};
use crate::access::{
    Audience, Bearer, Caller, Denial, Judge, Principal, Question, Rejection, RequestFacts, authenticate,
};
use crate::env::draw;
use crate::faults::{Asked, Effect, Injected, Strike};
use crate::identities::Identities;
use crate::ids::{AccountId, Arn, Endpoint};
use crate::key_sets::Due;
use crate::sigv4::{self, Parts};
use crate::store::Ticket;
use crate::time::Moment;
use crate::wire::{ErrorCode, Format, Params, RawRequest, RawResponse, query};

/// AWS: where requests that name no operation are sent (sts-proto-missing-action-post).
const FRONT_PAGE: &str = "https://aws.amazon.com/iam";
/// AWS: the namespace of errors of the front end; the odd date is real.
const FAULT_NAMESPACE: &str = "http://webservices.amazon.com/AWSFault/2005-15-09";
/// AWS: the longest query of a request without a body, in bytes (sts-proto-get-head-max).
const LONGEST_QUERY: usize = 15_844;

/// More letters than any service's name has.
const LONGEST_SERVICE: usize = 40;

/// How parameters are sent in a body.
const FORM: &str = "application/x-www-form-urlencoded";

/// AWS: the most letters of an ARN.
const LONGEST_ARN: usize = 2048;

/// What pages may read of an answer beside its body.
const EXPOSED_HEADERS: &str = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date";

/// What became of a call: for the log and the journal.
pub struct Record<'r> {
    /// What went wrong on purpose.
    pub strike: Option<&'r Strike>,
    /// When it came.
    pub moment: Moment,
    /// As it came.
    pub raw: &'r RawRequest<'r>,
    /// As in the answer's header and body.
    pub request_id: &'r str,
    /// The service that was asked.
    pub door: Option<&'static Catalog>,
    /// The operation, if it exists.
    pub operation: Option<&'static Description>,
    /// What was sent, if it can be read.
    pub params: Option<&'r Params<'r>>,
    /// Where.
    pub endpoint: Endpoint,
    /// Who called, if that was found out.
    pub caller: Option<&'r Caller>,
    /// Who bears a proof, if nobody signed.
    pub bearer: Option<&'r Bearer>,
    /// The credentials that were made.
    pub made: Option<&'r Made>,
    /// What the answer shows of what was created, as records of CloudTrail have it.
    pub created: Option<&'r str>,
    /// The refusal, if it was one.
    pub error: Option<&'r ApiError>,
    /// Why it means no operation, if it means none.
    pub astray: Option<&'r str>,
    /// The answer.
    pub response: &'r RawResponse,
}

/// What a request comes to.
#[derive(Debug)]
pub struct Handled {
    /// The answer.
    pub response: RawResponse,
    /// What must be durable before the answer is given.
    pub pending: Option<Ticket>,
    /// How the answer is kept from its client, on purpose.
    pub disturbance: Disturbance,
}

/// How an answer is kept from its client, on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disturbance {
    /// How long it waits, in milliseconds.
    pub delay_millis: u64,
    /// Whether the connection is cut in its stead.
    pub resets: bool,
}

impl Disturbance {
    fn of(strike: &Strike) -> Self {
        Self { delay_millis: strike.delay_millis, resets: strike.effect.resets() }
    }
}

/// How far a request gets.
#[derive(Debug)]
pub enum Outcome {
    /// To its answer.
    Answered(Handled),
    /// To keys that must be there first. Nothing was done.
    Waiting(Due),
}

/// Answers a request; one that `may_wait` may turn out to need keys first. `tell` hears of what reached the service
/// itself, rather than its front end.
pub fn handle(
    world: &World,
    catalogs: &[&'static Catalog],
    raw: &RawRequest<'_>,
    may_wait: bool,
    tell: impl FnOnce(&Record<'_>),
) -> Outcome {
    if let Some(response) = front_end(raw) {
        return Outcome::Answered(Handled { response, pending: None, disturbance: Disturbance::default() });
    }
    let moment = world.now();
    let host = Host::of(raw, world.regions);
    let ids = AnswerIds::draw(world.entropy.as_ref(), moment.now);
    let (mut endpoint, mut operation, mut identified, mut strike) = (None, None, None, None);
    let mut door = catalogs.first().copied();
    let format = Format::accepted(raw.header("accept"));
    let mut changes = Changes::none(world);
    let params = params(raw);
    let mut astray = None;
    let mut answer = |params: &Params<'_>| {
        if let Some(response) = without_operation(raw, params) {
            astray = Some(lost(raw));
            return Ok(response);
        }
        let catalog = catalog(catalogs, host, params);
        door = catalog.or(door);
        let (catalog, entry) = find(catalog, params, raw)?;
        operation = Some(entry.description);
        let snapshot = world.snapshot();
        let (saml, key_sets) = (world.saml, &world.key_sets);
        let view = View { snapshot: &snapshot, moment, saml, key_sets, may_wait, cut_off: false, again: None };
        // AWS: of a call that need not be signed, whatever is signed all the same is not looked at.
        let caller = match entry.run {
            Run::Signed(_) => Some(&*identified.insert(identify(world, raw, catalog, host, &view)?)),
            Run::Unsigned(_) => None,
        };
        let here = *endpoint.insert(caller.map_or_else(|| host.usual_endpoint(), Caller::endpoint));
        strike = struck(world, catalog, entry, params, caller);
        if let Some(stops) = strike.as_ref().and_then(stopping) {
            return Err(stops);
        }
        let does = |what: fn(&Effect) -> bool| strike.as_ref().is_some_and(|strike| what(&strike.effect));
        changes.expires_credentials = does(Effect::expires_credentials);
        let view = View { cut_off: does(Effect::cuts_off_providers), ..view };
        let answer = Answer { format, catalog, request_id: &ids.request_id };
        let region = if catalog.is_global { here.region.partition.region_of_iam() } else { here.region.name };
        let facts = RequestFacts::of(raw, region, moment);
        let bare = Bare { params, endpoint: here, facts: &facts, view: &view, answer };
        let body = match (entry.run, caller) {
            (Run::Signed(run), Some(caller)) => run(&bare, caller, &mut changes)?,
            (Run::Signed(_), None) => return Err(Stop::Refused(ApiError::internal("nobody was looked for"))),
            (Run::Unsigned(run), _) => run(&bare, &mut changes)?,
        };
        Ok(success(format, body))
    };
    let answered = match &params {
        Ok(params) => answer(params),
        Err(error) => Err(Stop::Refused(error.clone())),
    };
    let (response, error) = match answered {
        Ok(response) => (response, None),
        Err(Stop::Waiting(due)) => {
            if let Some(strike) = &strike {
                world.faults.take_back(strike);
            }
            return Outcome::Waiting(due);
        }
        Err(Stop::Struck(error)) => (injected(&error, namespace_of(door), format, &ids.request_id), None),
        Err(Stop::Refused(error)) => {
            let error = error.relayed_as(&ids.request_id);
            (refusal(&error, namespace(door, &error), format, &ids.request_id), Some(error))
        }
    };
    let endpoint = endpoint.unwrap_or_else(|| unproved_endpoint(raw, host));
    let mut response = readable_by_pages(ids.stamp(response, door, endpoint), raw);
    if strike.as_ref().is_some_and(|strike| strike.effect.truncates()) {
        response.body.truncate(response.body.len() / 2);
    }
    tell(&Record {
        strike: strike.as_ref(),
        moment,
        raw,
        request_id: request_id(&response),
        door,
        operation,
        params: params.as_ref().ok(),
        endpoint,
        caller: identified.as_ref(),
        bearer: changes.bearer.as_ref(),
        made: changes.made.as_ref(),
        created: changes.created.as_deref(),
        error: error.as_ref(),
        astray: astray.as_deref(),
        response: &response,
    });
    let disturbance = strike.as_ref().map(Disturbance::of).unwrap_or_default();
    Outcome::Answered(Handled { response, pending: changes.into_pending(), disturbance })
}

/// The answer to a request on which we stumbled, over this.
pub fn failed(
    world: &World,
    catalogs: &[&'static Catalog],
    raw: &RawRequest<'_>,
    cause: &str,
    tell: impl FnOnce(&Record<'_>),
) -> RawResponse {
    let moment = world.now();
    let ids = AnswerIds::draw(world.entropy.as_ref(), moment.now);
    let error = ApiError::internal(cause);
    let format = Format::accepted(raw.header("accept"));
    let host = Host::of(raw, world.regions);
    let params = params(raw).ok();
    let asked = params.as_ref().and_then(|params| catalog(catalogs, host, params));
    let found = params.as_ref().and_then(|params| find(asked, params, raw).ok());
    let door = asked.or(catalogs.first().copied());
    let response = refusal(&error, namespace(door, &error), format, &ids.request_id);
    let endpoint = unproved_endpoint(raw, host);
    let response = readable_by_pages(ids.stamp(response, door, endpoint), raw);
    tell(&Record {
        strike: None,
        moment,
        raw,
        request_id: request_id(&response),
        door,
        operation: found.map(|(_, entry)| entry.description),
        params: params.as_ref(),
        endpoint,
        caller: None,
        bearer: None,
        made: None,
        created: None,
        error: Some(&error),
        astray: None,
        response: &response,
    });
    response
}

/// What somebody wanted to go wrong with this call.
fn struck(
    world: &World,
    catalog: &Catalog,
    entry: &Entry,
    params: &Params<'_>,
    caller: Option<&Caller>,
) -> Option<Strike> {
    if !world.faults.are_armed() {
        return None;
    }
    // ATTACK: what is longer is no ARN, and patterns take their time.
    let role_arn = params.get("RoleArn").filter(|arn| arn.len() <= LONGEST_ARN);
    let of_role = || AccountId::parse(Arn::parse(role_arn.as_deref()?)?.account);
    let account = caller.map(|caller| caller.principal().account()).or_else(of_role);
    let arn = caller.map(|caller| caller.principal().arn());
    let strike = world.faults.strike(&Asked {
        surface: catalog.service,
        action: entry.description.name,
        role_arn: role_arn.as_deref(),
        caller: arn.as_deref(),
        account,
        access_key_id: caller.map(|caller| caller.credential().access_key_id().as_str()),
        alterable: true,
    });
    strike.map(|strike| strike.naming(account))
}

/// Why a call is not carried out that was struck.
fn stopping(strike: &Strike) -> Option<Stop> {
    // What is answered on a connection that is cut, nobody sees.
    let unseen = || Injected { code: "ConnectionReset".to_owned(), message: None, status: 500 };
    strike.effect.stops().then(|| Stop::Struck(strike.effect.error.clone().unwrap_or_else(unseen)))
}

fn request_id(response: &RawResponse) -> &str {
    let found = response.headers.iter().find(|(name, _)| *name == "x-amzn-RequestId");
    found.map_or("", |(_, value)| value)
}

/// The endpoint by what a signature says that nobody has looked at, or that proved nothing.
fn unproved_endpoint(raw: &RawRequest<'_>, host: Host) -> Endpoint {
    let parts = Parts { method: raw.method, path: raw.path, query: raw.query, headers: raw.headers };
    let claim = sigv4::parse(&parts).ok().flatten();
    let told = claim.and_then(|claim| host.endpoint_for(claim.scope_region()?));
    told.unwrap_or_else(|| host.usual_endpoint())
}

fn namespace(door: Option<&'static Catalog>, error: &ApiError) -> &'static str {
    if error.code == ErrorCode::InvalidAction { FAULT_NAMESPACE } else { namespace_of(door) }
}

fn namespace_of(door: Option<&'static Catalog>) -> &'static str {
    door.map_or(FAULT_NAMESPACE, |catalog| catalog.namespace)
}

/// What AWS's front end answers by itself, without request ids.
fn front_end(raw: &RawRequest<'_>) -> Option<RawResponse> {
    match raw.method {
        "OPTIONS" => return Some(preflight(raw)),
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" => {}
        _ => return Some(RawResponse::bare(400)),
    }
    let whole = query::escapes_are_whole(raw.path) && query::escapes_are_whole(raw.query);
    let fits = matches!(raw.method, "POST" | "PUT" | "PATCH") || raw.query.len() <= LONGEST_QUERY;
    (!whole || !fits).then(|| RawResponse::bare(400))
}

/// AWS: any origin, for two days (sts-proto-options-cors).
fn preflight(raw: &RawRequest<'_>) -> RawResponse {
    let mut response = RawResponse::bare(200);
    if raw.header("origin").is_some() {
        let asked = |name: &str| raw.header(name).map(str::to_owned);
        response.headers.push(("Access-Control-Allow-Origin", "*".into()));
        response.headers.push(("Access-Control-Max-Age", "172800".into()));
        if let Some(methods) = asked("access-control-request-method") {
            response.headers.push(("Access-Control-Allow-Methods", methods.into()));
        }
        if let Some(headers) = asked("access-control-request-headers") {
            response.headers.push(("Access-Control-Allow-Headers", headers.into()));
        }
    }
    response
}

/// AWS: to pages of any origin, without cookies or the like: what they may read, their own keys have earned.
fn readable_by_pages(mut response: RawResponse, raw: &RawRequest<'_>) -> RawResponse {
    if raw.headers.iter().any(|(name, _)| *name == "origin") {
        response.headers.push(("Access-Control-Allow-Origin", "*".into()));
        response.headers.push(("Access-Control-Expose-Headers", EXPOSED_HEADERS.into()));
    }
    response
}

fn params<'a>(raw: &RawRequest<'a>) -> Result<Params<'a>, ApiError> {
    let form = if raw.is_typed(FORM) { raw.body } else { b"" };
    Params::new(raw.query.as_bytes(), form).map_err(|_| ApiError::malformed_form())
}

/// What is answered to requests that mean no operation.
fn without_operation(raw: &RawRequest<'_>, params: &Params<'_>) -> Option<RawResponse> {
    let names_action = params.get("Action").is_some();
    if names_action {
        return None;
    }
    if raw.path != "/" {
        let mut response = RawResponse::bare(404);
        response.body = b"<UnknownOperationException/>\n".to_vec();
        return Some(response);
    }
    let question = if raw.query.is_empty() { "" } else { "?" };
    let mut response = RawResponse::bare(302);
    response.headers.push(("Location", format!("{FRONT_PAGE}{question}{}", raw.query).into()));
    Some(response)
}

/// Why a request means no operation, as far as that can be guessed.
fn lost(raw: &RawRequest<'_>) -> String {
    match for_another_service(raw) {
        Some(cause) => cause,
        None if !raw.body.is_empty() && !raw.is_typed(FORM) => {
            format!("it names no Action: a body is read if its Content-Type is {FORM}")
        }
        None => "it names no Action".to_owned(),
    }
}

/// What to say of a request that is signed for a service which is not here.
fn for_another_service(raw: &RawRequest<'_>) -> Option<String> {
    let parts = Parts { method: raw.method, path: raw.path, query: raw.query, headers: raw.headers };
    let claim = sigv4::parse(&parts).ok().flatten()?;
    let is_here = |service: &str| ["sts", "iam"].iter().any(|here| service.eq_ignore_ascii_case(here));
    let service = claim.scope_service().filter(|service| !is_here(service))?;
    Some(format!(
        "it is signed for {:?}, and here are STS and IAM: set AWS_ENDPOINT_URL_STS and AWS_ENDPOINT_URL_IAM rather than \
         AWS_ENDPOINT_URL",
        service.chars().take(LONGEST_SERVICE).collect::<String>()
    ))
}

/// The service whose version is asked for. AWS: a name of AWS's belongs to one, and what another one answers is not known
/// there.
fn catalog(catalogs: &[&'static Catalog], host: Host, params: &Params<'_>) -> Option<&'static Catalog> {
    let version = params.get("Version")?;
    catalogs.iter().copied().find(|catalog| catalog.version == version && host.is_of(catalog.service))
}

fn find(
    catalog: Option<&'static Catalog>,
    params: &Params<'_>,
    raw: &RawRequest<'_>,
) -> Result<(&'static Catalog, &'static Entry), ApiError> {
    let action = params.get("Action").unwrap_or_default();
    let found = catalog.and_then(|catalog| Some((catalog, catalog.find(&action)?)));
    let version = || params.get("Version");
    found.ok_or_else(|| ApiError::unknown_operation(&action, version().as_deref(), for_another_service(raw)))
}

fn identify(
    world: &World,
    raw: &RawRequest<'_>,
    catalog: &Catalog,
    host: Host,
    view: &View<'_>,
) -> Result<Caller, ApiError> {
    let audience = Audience {
        service: catalog.service,
        endpoint: &|region| host.endpoint_for(region),
        // AWS: elsewhere than at the root no signature is good (sts-proto-nonroot-with-action).
        path_ok: raw.path == "/",
        open_demo: world.open_demo,
        wants_second_factor: catalog.wants_second_factor,
    };
    authenticate(raw, &audience, &view.snapshot.identities, &view.snapshot.sessions, &view.moment)
        .map_err(|rejection| unauthenticated(&rejection))
}

/// Looks at the second factor, then asks every question of a plan; only here does a plan become authorized.
pub(super) fn authorize<R>(
    plan: Plan<R>,
    caller: &Caller,
    bare: &Bare<'_>,
    changes: &mut Changes<'_>,
) -> Result<Authorized<R>, ApiError> {
    let view = bare.view;
    let code = second_factor::verify(&plan.second_factor, caller, view, changes)?;
    let ready = plan.ready?;
    let facts = code.as_ref().map_or(*bare.facts, |code| bare.facts.with_second_factor(code.at()));
    judge(&plan.questions, caller, caller.principal(), &facts, &view.snapshot.identities, view, changes.world)?;
    Ok(Authorized::new(ready, code))
}

/// Asks `questions` anew of identities that have changed since a plan was authorized, the caller's own among them.
pub(super) fn judge_again(
    questions: &[Question],
    caller: &Caller,
    bare: &Bare<'_>,
    identities: &Identities,
    world: &World,
) -> Result<(), ApiError> {
    let principal = caller.principal().as_known_to(identities);
    let principal = principal.ok_or_else(|| unauthenticated(&Rejection::PrincipalGone))?;
    judge(questions, caller, &principal, bare.facts, identities, bare.view, world)
}

fn judge(
    questions: &[Question],
    caller: &Caller,
    principal: &Principal,
    facts: &RequestFacts<'_>,
    identities: &Identities,
    view: &View<'_>,
    world: &World,
) -> Result<(), ApiError> {
    let Some(first) = questions.first() else { return Ok(()) };
    let denied = |question, denial: Denial| {
        let error = ApiError::denied(&principal.arn(), question, &denial);
        let (ring, nonce) = (view.snapshot.sessions.ring(), draw(world.entropy.as_ref()));
        error.with(denial.message.and_then(|it| it.encode(principal.account(), ring, view.moment.now, nonce)))
    };
    let judge = Judge::of(caller, principal, facts, identities).map_err(|denial| denied(first, denial))?;
    questions.iter().try_for_each(|question| judge.decide(question).map_err(|denial| denied(question, denial)))
}

/// The same for somebody who bears a token or an assertion: there is no second factor.
pub(super) fn authorize_bearer<R>(
    operation: &str,
    bearer: &Bearer,
    questions: &[Question],
    ready: R,
    bare: &Bare<'_>,
) -> Result<Authorized<R>, ApiError> {
    let denied = |denial: Denial| ApiError::bearer_denied(operation, format!("{bearer}: {}", denial.reason));
    let judge = Judge::of_bearer(bearer, bare.facts, &bare.view.snapshot.identities).map_err(denied)?;
    for question in questions {
        judge.decide(question).map_err(denied)?;
    }
    Ok(Authorized::new(ready, None))
}
