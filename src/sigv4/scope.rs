//! The credential: an access key id and what the signing key was narrowed to.
//!
//! Says which parts of a scope are wrong, all at once; never knows which services and regions there are.

use std::borrow::Cow;

use crate::time::Timestamp;

use super::dates::Stamp;
use super::{Rejection, TERMINATOR};

/// What a signing key is narrowed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope<'a> {
    /// `20260115`.
    pub date: &'a str,
    /// `us-east-1`.
    pub region: &'a str,
    /// `sts`.
    pub service: &'a str,
    /// `aws4_request`.
    pub terminator: &'a str,
}

/// All that is wrong with a scope. AWS joins its sentences in the order of these fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeFaults {
    /// The region, if it is not one of ours.
    pub region: Option<Box<str>>,
    /// The service, if it is another.
    pub service: Option<ServiceFault>,
    /// The terminator, if it is not `aws4_request`.
    pub terminator: Option<Box<str>>,
    /// The date, if it is not the day of signing.
    pub date: Option<ScopeDateFault>,
}

/// A scope of another service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceFault {
    /// The scope's.
    pub got: Box<str>,
    /// Ours.
    pub want: Box<str>,
}

/// A scope of another day than the day of signing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeDateFault {
    /// The scope's date.
    pub got: Box<str>,
    /// When the request says it was signed.
    pub signed_at: Timestamp,
}

/// `keyid/date/region/service/terminator`, and where each part ends.
#[derive(Clone, Debug)]
pub(super) struct Credential<'a> {
    text: Cow<'a, str>,
    ends: [usize; 5],
}

impl<'a> Credential<'a> {
    // AWS: slashes at the end are ignored; empty parts elsewhere are parts.
    pub(super) fn parse(text: Cow<'a, str>) -> Result<Self, Rejection> {
        let trimmed = text.trim_end_matches('/');
        let mut slashes = trimmed.bytes().enumerate().filter(|(_, byte)| *byte == b'/').map(|(at, _)| at);
        let mut end = || slashes.next();
        match (end(), end(), end(), end(), end()) {
            (Some(key), Some(date), Some(region), Some(service), None) => {
                let ends = [key, date, region, service, trimmed.len()];
                Ok(Self { text, ends })
            }
            _ => Err(Rejection::CredentialShape { got: text.into() }),
        }
    }

    pub(super) fn access_key_id(&self) -> &str {
        let [key, ..] = self.ends;
        self.text.get(..key).unwrap_or_default()
    }

    /// The scope as it is written, without slashes at the end.
    pub(super) fn scope_text(&self) -> &str {
        let [key, .., end] = self.ends;
        self.text.get(key + 1..end).unwrap_or_default()
    }

    pub(super) fn scope(&self) -> Scope<'_> {
        let [key, date, region, service, terminator] = self.ends;
        let part = |slash: usize, end: usize| self.text.get(slash + 1..end).unwrap_or_default();
        Scope {
            date: part(key, date),
            region: part(date, region),
            service: part(region, service),
            terminator: part(service, terminator),
        }
    }
}

/// What is wrong with a scope, if anything is.
pub(super) fn faults(
    scope: &Scope<'_>,
    service: &str,
    region_ok: impl Fn(&str) -> bool,
    stamp: &Stamp<'_>,
) -> Option<ScopeFaults> {
    let (region, service_ok) = (region_ok(scope.region), scope.service == service);
    let (terminator, date) = (scope.terminator == TERMINATOR, scope.date == stamp.day());
    if region && service_ok && terminator && date {
        return None;
    }
    Some(ScopeFaults {
        region: (!region).then(|| scope.region.into()),
        service: (!service_ok).then(|| ServiceFault { got: scope.service.into(), want: service.into() }),
        terminator: (!terminator).then(|| scope.terminator.into()),
        date: (!date).then(|| ScopeDateFault { got: scope.date.into(), signed_at: stamp.at }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, parts: Option<[&str; 5]>) {
        let got = Credential::parse(Cow::Borrowed(text)).ok();
        let got = got.as_ref().map(|credential| {
            let scope = credential.scope();
            [credential.access_key_id(), scope.date, scope.region, scope.service, scope.terminator]
        });
        assert_eq!(got, parts, "{text}");
    }

    #[test]
    fn a_credential_has_five_parts_and_may_end_in_slashes() {
        check(
            "AKID/20260115/us-east-1/sts/aws4_request",
            Some(["AKID", "20260115", "us-east-1", "sts", "aws4_request"]),
        );
        check("a/b/c/d/e///", Some(["a", "b", "c", "d", "e"]));
        check("//c/d/e", Some(["", "", "c", "d", "e"]));
        check("a/b/c/d/", None);
        check("a/b/c/d/e/f", None);
        check("a", None);
        check("////", None);
    }
}
