//! The context keys that a request has, whatever it asks for.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use std::net::IpAddr;

use super::acting_service::ActingService;
use super::authn::Principal;
use super::bearer::Bearer;
use crate::federation::context::ContextValue;
use crate::ids::tags::Tag;
use crate::policy::context::RequestContext;
use crate::sessions::{Session, SessionTag, Subject, Vouched};
use crate::time::{Moment, Timestamp};
use crate::wire::RawRequest;

/// What a request shows of itself beside who sent it.
#[derive(Clone, Copy, Debug)]
pub struct RequestFacts<'a> {
    /// When it came.
    pub moment: Moment,
    /// Where it was asked.
    pub region: &'a str,
    source_ip: Option<IpAddr>,
    secure: bool,
    second_factor: Option<Timestamp>,
    user_agent: Option<&'a str>,
    referer: Option<&'a str>,
}

impl<'a> RequestFacts<'a> {
    /// Reads them off `raw`.
    pub fn of(raw: &RawRequest<'a>, region: &'a str, moment: Moment) -> Self {
        Self::forwarded(raw.headers, region, raw.peer, raw.secure, moment)
    }

    /// The same for a call that carries a code of an MFA device, verified at this instant.
    pub fn with_second_factor(self, at: Timestamp) -> Self {
        Self { second_factor: Some(at), ..self }
    }

    /// Reads them off a request that another service received from `source_ip`.
    pub fn forwarded(
        headers: &[(&str, &'a [u8])],
        region: &'a str,
        source_ip: Option<IpAddr>,
        secure: bool,
        moment: Moment,
    ) -> Self {
        let text = |name: &str| {
            let (_, value) = headers.iter().find(|(found, _)| *found == name)?;
            std::str::from_utf8(value).ok()
        };
        let (user_agent, referer) = (text("user-agent"), text("referer"));
        Self { moment, region, source_ip, secure, second_factor: None, user_agent, referer }
    }

    /// The keys that every request tells of itself, or by not having them.
    pub const READ_OFF: [&'static str; 5] =
        ["aws:Referer", "aws:RequestedRegion", "aws:SecureTransport", "aws:SourceIp", "aws:UserAgent"];

    /// Adds the keys of the request.
    pub fn fill(&self, context: &mut RequestContext<'a>) {
        context.set_bool("aws:SecureTransport", self.secure);
        if let Some(address) = self.source_ip {
            context.set_shown("aws:SourceIp", address);
        }
        context.set_some("aws:UserAgent", self.user_agent);
        context.set_some("aws:Referer", self.referer);
        context.set("aws:RequestedRegion", self.region);
        context.set_bool("aws:ViaAWSService", false);
    }

    /// What policies find of a request of which nobody tells otherwise.
    pub fn untold() -> RequestContext<'static> {
        let mut context = RequestContext::new();
        context.set_bool("aws:SecureTransport", false);
        context.set_bool("aws:ViaAWSService", false);
        context
    }

    /// When a code that the call itself carries was verified.
    pub(super) fn second_factor(&self) -> Option<Timestamp> {
        self.second_factor
    }
}

/// Who asks.
#[derive(Clone, Copy)]
pub(super) enum Who<'a> {
    /// Somebody whom an account knows.
    Principal(&'a Principal),
    /// Somebody whom a provider vouches for.
    Bearer(&'a Bearer),
    /// A service of AWS's.
    Service(&'a ActingService),
    /// Nobody in particular.
    Anybody,
}

/// Whoever asks, and what they showed for this one call.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    pub(super) who: Who<'a>,
    pub(super) session: Option<&'a Session>,
    pub(super) second_factor: Option<Timestamp>,
}

impl Asker<'_> {
    /// Adds the time and the keys of whoever asks; they override whatever was there.
    pub(super) fn fill(self, context: &mut RequestContext<'_>, now: Timestamp) {
        context.set_date("aws:CurrentTime", now);
        context.set_number("aws:EpochTime", now.seconds());
        match self.who {
            Who::Principal(principal) => {
                context.set_bool("aws:PrincipalIsAWSService", false);
                fill_principal(context, principal);
            }
            Who::Bearer(bearer) => {
                context.set_bool("aws:PrincipalIsAWSService", false);
                bearer.fill(context);
            }
            Who::Service(service) => service.fill(context),
            Who::Anybody => {
                context.set("aws:PrincipalAccount", "anonymous");
                context.set("aws:userid", "anonymous");
                context.set("aws:PrincipalType", "Anonymous");
            }
        }
        if let Some(session) = self.session {
            fill_session(context, session);
        }
        self.fill_second_factor(context, now);
    }

    /// AWS: temporary credentials always have the first key, long-term ones only where the call itself carries a code.
    fn fill_second_factor(self, context: &mut RequestContext<'_>, now: Timestamp) {
        let shown = self.second_factor.or_else(|| self.session?.second_factor);
        if shown.is_some() || self.session.is_some() {
            context.set_bool("aws:MultiFactorAuthPresent", shown.is_some());
        }
        if let Some(at) = shown {
            context.set_number("aws:MultiFactorAuthAge", (now.millis_since(at) / 1000).max(0));
        }
    }
}

/// Whether a key tells who asks or when: only we know that, so no service may say it.
pub fn is_of_asker(key: &str) -> bool {
    // ATTACK: conditions ignore case beyond ASCII, too: a Kelvin sign is a k.
    let key = key.to_lowercase();
    is_of_provider(&key) || key.starts_with("aws:principal") || ASKERS_KEYS.contains(&key.as_str())
}

/// Whether a key tells what a provider said: before its colon is a host, with path and port, and no service's name.
fn is_of_provider(key: &str) -> bool {
    let Some((vendor, rest)) = key.split_once(':') else { return false };
    let port = rest.split([':', '/']).next().unwrap_or_default();
    let has_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    has_port || matches!(vendor, "saml" | "localhost") || vendor.contains(['.', '/'])
}

const ASKERS_KEYS: [&str; 20] = [
    "aws:assumedroot",
    "aws:currenttime",
    "aws:ec2instancesourceprivateipv4",
    "aws:ec2instancesourcevpc",
    "aws:epochtime",
    "aws:federatedprovider",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:sourceidentity",
    "aws:tokenissuetime",
    "aws:userid",
    "aws:username",
    "ec2:roledelivery",
    "ec2:sourceinstancearn",
    "glue:credentialissuingservice",
    "glue:roleassumedby",
    "identitystore:userid",
    "lambda:sourcefunctionarn",
    "ssm:sourceinstancearn",
    "sts:sourceidentity",
];

fn fill_principal(context: &mut RequestContext<'_>, principal: &Principal) {
    context.set_shown("aws:PrincipalAccount", principal.account());
    if context.is_read("aws:userid") {
        context.set("aws:userid", principal.user_id());
    }
    let (kind, username, tags) = match principal {
        Principal::Root(_) => ("Account", None, &[][..]),
        Principal::User(user) => ("User", Some(&user.record.name), &*user.record.tags),
        Principal::RoleSession { role, .. } => ("AssumedRole", None, &*role.record.tags),
        Principal::FederatedUser { issuer, .. } => {
            ("FederatedUser", None, issuer.as_ref().map_or(&[][..], |user| &*user.record.tags))
        }
    };
    context.set("aws:PrincipalType", kind);
    if context.is_read("aws:PrincipalArn") {
        context.set("aws:PrincipalArn", principal.principal_arn().into_owned());
    }
    if let Some(username) = username {
        context.set_shown("aws:username", username);
    }
    for Tag { key, value } in tags {
        context.set_tag("aws:PrincipalTag", key.as_str(), value.as_str().to_owned());
    }
}

fn fill_session(context: &mut RequestContext<'_>, session: &Session) {
    let carried = &session.carried;
    if let Some(source_identity) = &carried.source_identity {
        context.set_shown("aws:SourceIdentity", source_identity);
    }
    // AWS: a tag of the session beats the role's of the same key, whatever their case.
    for SessionTag { tag: Tag { key, value }, .. } in &carried.tags {
        context.set_tag("aws:PrincipalTag", key.as_str(), value.as_str().to_owned());
    }
    if let Some(vouched) = &carried.vouched {
        fill_vouched(context, vouched);
    }
    context.set_date("aws:TokenIssueTime", session.issued);
    // AWS: absent for keys of the root user itself (iam-evaluation 11.1).
    if session.subject == Subject::AssumedRoot {
        context.set_bool("aws:AssumedRoot", true);
    }
}

/// Adds a condition key of a provider.
pub fn describe_vouched(key: String, value: ContextValue, context: &mut RequestContext<'_>) {
    match value {
        ContextValue::One(value) => context.set(key, value),
        ContextValue::Many(values) => context.set_many(key, values),
    }
}

/// AWS: who vouched stays for the life of the session, and some of what was said (federation A7).
fn fill_vouched(context: &mut RequestContext<'_>, vouched: &Vouched) {
    for (key, value) in vouched.keys() {
        if context.is_read(&key) {
            describe_vouched(key.into_owned(), value.clone(), context);
        }
    }
    context.set_shown("aws:FederatedProvider", &vouched.provider);
}
