//! `/v1/authorize`: may this credential, this principal or nobody in particular do these things?

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::answer::{Cache, Problem, Reply};
use super::decide::{self, Asker, Check, How, Outcome, ResourcePolicy, Wanted};
use super::dialect::{AwsError, Dialect};
use super::json::{Object, Pairs, Text, Texts, said};
use super::querier::Scope;
use super::refusal::{self, Reason, Shown};
use super::{Answered, Ask, context};
use crate::access::{Holder, Judge, Principal, Rejection, RequestFacts, Unproved, supposed};
use crate::ids::Region;
use crate::sessions::Session;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Call<'a> {
    #[serde(borrow)]
    subject: Object<SubjectOf<'a>>,
    #[serde(borrow)]
    checks: Vec<Object<Check<'a>>>,
    #[serde(borrow, default)]
    context: Pairs<'a, Texts<'a>>,
    #[serde(borrow, default)]
    resource_policies: Pairs<'a, Object<ResourcePolicy<'a>>>,
    #[serde(default)]
    explain: bool,
    dialect: Option<Dialect>,
}

/// Who would do it: a credential, a principal, or nobody in particular.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SubjectOf<'a> {
    #[serde(borrow)]
    access_key_id: Option<Text<'a>>,
    #[serde(borrow)]
    session_token: Option<Text<'a>>,
    #[serde(borrow)]
    principal_arn: Option<Text<'a>>,
    #[serde(default)]
    anonymous: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    active: bool,
    principal_arn: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aws_error: Option<AwsError>,
    results: Vec<Outcome>,
    cache: Cache,
    request_id: &'a str,
}

pub(super) fn answer(ask: &Ask<'_>) -> Answered {
    let call: Call<'_> = ask.body()?;
    let context = context::read(&call.context)?;
    let wanted = decide::wanted(&call.checks)?;
    if wanted.is_empty() {
        return Err(Problem::new(400, "`checks` is empty: there is nothing to decide"));
    }
    let resources = decide::resources(ask, &call.resource_policies)?;
    let how = How { context: &context, explain: call.explain, dialect: call.dialect };
    let of_request = RequestFacts::untold();
    let decide = |principal: Option<&Principal>, session: Option<&Session>| {
        let asker = Asker(principal);
        let identities = &ask.snapshot.identities;
        match Judge::over(principal, session, &of_request, ask.moment, identities) {
            Ok(judge) => decide::decide(ask, &judge, asker, &wanted, &resources, how),
            Err(denial) => Ok(unjudged(ask, asker, &wanted, &denial.reason)),
        }
    };
    let answer = |principal: Option<&Principal>, results: Vec<Outcome>| {
        Reply::ok(&Answer {
            active: true,
            principal_arn: principal.map(Principal::principal_arn),
            reason: None,
            message: None,
            aws_error: None,
            cache: if results.iter().all(Outcome::is_allowed) { ask.cache() } else { ask.cache_of_no() },
            results,
            request_id: ask.request_id,
        })
    };
    match call.subject.read()? {
        Who::Anonymous => Ok(answer(None, decide(None, None)?)),
        Who::Key(id, token) => match ask.holder(id, token) {
            Ok(holder) => {
                ask.note_holder(&holder);
                Ok(answer(Some(holder.principal()), decide(Some(holder.principal()), holder.session())?))
            }
            Err(rejection) => {
                let why = Unproved::Access(rejection);
                let shown = Shown::of_key(id, token);
                let dialect = call.dialect.unwrap_or_else(|| {
                    let first = wanted.first().and_then(|wanted| wanted.action.split_once(':'));
                    Dialect::of(first.unwrap_or_default().0)
                });
                let aws_error = Some(dialect.unproved(&why, &shown, ask.request_id));
                Ok(inactive(ask, &wanted, refusal::reason(&why, &shown), refusal::message(&why, &shown), aws_error))
            }
        },
        Who::Supposed(_) if !ask.querier.may(Scope::AuthorizeAny) => Err(Problem::lacks(Scope::AuthorizeAny)),
        Who::Supposed(arn) => {
            if let Some(principal) = supposed(arn, &ask.snapshot.identities) {
                return Ok(answer(Some(&principal), decide(Some(&principal), None)?));
            }
            let message = format!("There is no user, role or account {arn}.");
            Ok(inactive(ask, &wanted, Reason::UnknownPrincipal, message, None))
        }
    }
}

enum Who<'a> {
    Anonymous,
    Key(&'a str, Option<&'a str>),
    Supposed(&'a str),
}

impl SubjectOf<'_> {
    fn read(&self) -> Result<Who<'_>, Problem> {
        let token = said(self.session_token.as_ref());
        match (self.access_key_id.as_deref(), self.principal_arn.as_deref(), self.anonymous) {
            (Some(id), None, false) => Ok(Who::Key(id, token)),
            (None, Some(arn), false) if token.is_none() => Ok(Who::Supposed(arn)),
            (None, None, true) if token.is_none() => Ok(Who::Anonymous),
            _ => Err(Problem::new(
                400,
                "`subject` has an `accessKeyId`, with its `sessionToken` if it is temporary, or a `principalArn`, or \
                 `anonymous`: true",
            )),
        }
    }
}

impl<'a> Ask<'a> {
    /// Whoever holds these credentials, if they are alive.
    pub(super) fn holder(&self, access_key_id: &str, token: Option<&str>) -> Result<Holder<'a>, Rejection> {
        self.holder_in(None, access_key_id, token)
    }

    /// The same in a region, if it is one of AWS's: there an account may not have it, or a token may not be read.
    pub(super) fn holder_in(
        &self,
        region: Option<&'static Region>,
        access_key_id: &str,
        token: Option<&str>,
    ) -> Result<Holder<'a>, Rejection> {
        let (identities, sessions) = (&self.snapshot.identities, &self.snapshot.sessions);
        let holder = Holder::find(access_key_id, token, region, identities, sessions, self.moment.now)?;
        if holder.long_term().is_some() && token.is_some() {
            return Err(Rejection::TokenBesideLongTermKey);
        }
        Ok(holder)
    }
}

/// Something that should bind the asker cannot be found or read: then nothing is allowed.
pub(super) fn unjudged(ask: &Ask<'_>, asker: Asker<'_>, wanted: &[Wanted<'_>], cause: &str) -> Vec<Outcome> {
    tracing::info!(request_id = ask.request_id, caller = &*asker.arn(), because = cause, "denied");
    let mut findings = ask.findings.borrow_mut();
    findings.because = Some(cause.to_owned());
    for wanted in wanted {
        findings.decided(&wanted.action, &wanted.resource, "deny", "implicitDeny");
    }
    wanted.iter().map(|wanted| Outcome::refused(wanted, "implicitDeny")).collect()
}

fn inactive(
    ask: &Ask<'_>,
    wanted: &[Wanted<'_>],
    reason: Reason,
    message: String,
    aws_error: Option<AwsError>,
) -> Reply {
    let reason = reason.word();
    tracing::info!(request_id = ask.request_id, reason, "not active");
    ask.note_reason(reason);
    Reply::ok(&Answer {
        active: false,
        principal_arn: None,
        reason: Some(reason),
        message: Some(message),
        aws_error,
        results: wanted.iter().map(|wanted| Outcome::refused(wanted, "notActive")).collect(),
        cache: ask.cache_of_no(),
        request_id: ask.request_id,
    })
}
