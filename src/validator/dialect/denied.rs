//! The sentences that refuse: who may not do what to which, and where AWS tells it, why.
//!
//! AWS: iam-evaluation 7.3 and 8; <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>

use crate::api::errors::because_of;
use crate::policy::decision::Because;

/// A refusal to be put into words.
pub struct Denial<'a> {
    /// Who, as `GetCallerIdentity` names it.
    pub arn: &'a str,
    /// What.
    pub action: &'a str,
    /// To which.
    pub resource: &'a str,
    /// What decided.
    pub because: &'a Because<'a>,
    /// Whether the reason may be told: within one account or organization.
    pub tells_why: bool,
    /// All of it, sealed for the asker's account.
    pub encoded: Option<&'a str>,
}

impl Denial<'_> {
    /// S3's sentence: the resource in quotes, and nothing at all to strangers (s3-plain-denied).
    pub(super) fn by_s3(&self) -> String {
        if self.tells_why { self.sentence(|resource| format!("\"{resource}\"")) } else { "Access Denied".to_owned() }
    }

    /// That of all others.
    pub(super) fn by_others(&self) -> String {
        self.sentence(str::to_owned)
    }

    fn sentence(&self, written: impl Fn(&str) -> String) -> String {
        let Self { arn, action, resource, .. } = self;
        // AWS: an action on no resource in particular is told without one (s3-denied-identity).
        let on = if *resource == "*" { String::new() } else { format!(" on resource: {}", written(resource)) };
        format!("User: {arn} is not authorized to perform: {action}{on}{}", self.why())
    }

    fn why(&self) -> String {
        match self.because {
            Because::NoAllow(layer) => because_of(self.action, *layer, false, None),
            Because::Statement(hit) => because_of(self.action, hit.layer, true, None),
            Because::Root => String::new(),
        }
    }
}
