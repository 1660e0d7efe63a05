//! The context keys that a request has, whatever it asks for.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use std::net::IpAddr;

use super::authn::{Caller, Credential, Principal};
use crate::ids::tags::Tag;
use crate::policy::context::RequestContext;
use crate::sessions::{OpenedToken, SessionTag, Subject};
use crate::time::{Moment, Timestamp};
use crate::wire::RawRequest;

/// What a request shows of itself beside who sent it.
#[derive(Clone, Copy, Debug)]
pub struct RequestFacts<'a> {
    /// When it came.
    pub moment: Moment,
    /// The region of its signature.
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
        Self {
            moment,
            region,
            source_ip: raw.peer,
            secure: raw.secure,
            second_factor: None,
            user_agent: raw.header("user-agent"),
            referer: raw.header("referer"),
        }
    }

    /// The same for a call that carries a code of an MFA device, verified at this instant.
    pub fn with_second_factor(self, at: Timestamp) -> Self {
        Self { second_factor: Some(at), ..self }
    }

    /// Adds the keys of the request and its caller; what the caller is overrides whatever was there.
    pub(super) fn fill(&self, context: &mut RequestContext<'a>, caller: &Caller<'_>) {
        context.set_date("aws:CurrentTime", self.moment.now);
        context.set_number("aws:EpochTime", self.moment.now.seconds());
        context.set_bool("aws:SecureTransport", self.secure);
        context.set_some("aws:SourceIp", self.source_ip.map(|address| address.to_string()));
        context.set_some("aws:UserAgent", self.user_agent);
        context.set_some("aws:Referer", self.referer);
        context.set("aws:RequestedRegion", self.region);
        context.set_bool("aws:ViaAWSService", false);
        context.set_bool("aws:PrincipalIsAWSService", false);
        fill_principal(context, caller.principal());
        fill_session(context, caller.credential());
        self.fill_second_factor(context, caller.credential());
    }

    /// AWS: temporary credentials always have the first key, long-term ones only where the call itself carries a code.
    fn fill_second_factor(&self, context: &mut RequestContext<'a>, credential: &Credential) {
        let session = credential.session().map(OpenedToken::session);
        let shown = self.second_factor.or_else(|| session?.second_factor);
        if shown.is_some() || session.is_some() {
            context.set_bool("aws:MultiFactorAuthPresent", shown.is_some());
        }
        if let Some(at) = shown {
            context.set_number("aws:MultiFactorAuthAge", (self.moment.now.millis_since(at) / 1000).max(0));
        }
    }
}

fn fill_principal(context: &mut RequestContext<'_>, principal: &Principal) {
    context.set("aws:PrincipalAccount", principal.account().to_string());
    context.set("aws:userid", principal.user_id());
    let (kind, arn, username, tags) = match principal {
        Principal::Root(account) => ("Account", account.root_arn(), None, &[][..]),
        Principal::User(user) => ("User", user.arn.clone(), Some(user.record.name.to_string()), &*user.record.tags),
        // AWS: of a session this is the role's ARN, with its path.
        Principal::RoleSession { role, .. } => ("AssumedRole", role.arn.clone(), None, &*role.record.tags),
        Principal::FederatedUser { issuer, .. } => {
            let tags = issuer.as_ref().map_or(&[][..], |user| &*user.record.tags);
            ("FederatedUser", principal.arn(), None, tags)
        }
    };
    context.set("aws:PrincipalType", kind);
    context.set("aws:PrincipalArn", arn);
    context.set_some("aws:username", username);
    for Tag { key, value } in tags {
        context.set_tag("aws:PrincipalTag", key.as_str(), value.as_str().to_owned());
    }
}

fn fill_session(context: &mut RequestContext<'_>, credential: &Credential) {
    if let Some(opened) = credential.session() {
        let carried = &opened.session().carried;
        context.set_some("aws:SourceIdentity", carried.source_identity.as_ref().map(ToString::to_string));
        // AWS: a tag of the session beats the role's of the same key, whatever their case.
        for SessionTag { tag: Tag { key, value }, .. } in &carried.tags {
            context.set_tag("aws:PrincipalTag", key.as_str(), value.as_str().to_owned());
        }
        context.set_date("aws:TokenIssueTime", opened.session().issued);
        // AWS: absent for keys of the root user itself (iam-evaluation 11.1).
        if opened.session().subject == Subject::AssumedRoot {
            context.set_bool("aws:AssumedRoot", true);
        }
    }
}
