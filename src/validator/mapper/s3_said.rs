//! What a request to S3 says beside its path: in headers, or in the query of a presigned address, where signers move
//! headers to.

use std::borrow::Cow;

use super::super::request::Received;
use super::Unmapped;
use crate::wire::Params;

/// Headers by their names, wherever they stand; each is there once.
pub(super) struct Said<'a> {
    in_headers: Vec<(&'a str, &'a str)>,
    in_query: Vec<(String, String)>,
}

impl<'a> Said<'a> {
    /// Reads them.
    // ATTACK: of two values of one name, this reader and the server behind it may take different ones.
    pub(super) fn of(received: &'a Received<'a>, query: &Params<'_>) -> Result<Self, Unmapped> {
        let mut names: Vec<Cow<'_, str>> = query.names().map(lower_if_header).collect();
        let in_headers: Vec<(&str, &str)> = received
            .headers
            .iter()
            .filter(|(name, _)| counts(name))
            .map(|(name, value)| Ok((*name, std::str::from_utf8(value).map_err(|_| NO_TEXT)?)))
            .collect::<Result<_, Unmapped>>()?;
        names.extend(in_headers.iter().map(|(name, _)| Cow::Borrowed(*name)));
        names.sort_unstable();
        if names.windows(2).any(|two| two.first() == two.last()) {
            return Err(Unmapped::Unknown("a parameter or header is there twice"));
        }
        let in_query = query
            .iter()
            .map(|(name, value)| (lower_if_header(name).into_owned(), value.into_owned()))
            .filter(|(name, _)| is_amz(name) && !of_signature(name))
            .collect();
        Ok(Self { in_headers, in_query })
    }

    /// What is said under this lower-case name.
    pub(super) fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        let header = self.in_headers.iter().find(|(found, _)| *found == name).map(|(_, value)| Cow::Borrowed(*value));
        let moved =
            || self.in_query.iter().find(|(found, _)| found == name).map(|(_, value)| Cow::Owned(value.clone()));
        header.or_else(moved)
    }

    /// Whether anything is.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether it is a yes.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Whether it is said who may do what to the new thing.
    pub(super) fn has_acl(&self) -> bool {
        let of_acl = |name: &str| name == "x-amz-acl" || name.starts_with("x-amz-grant-");
        self.in_headers.iter().any(|(name, _)| of_acl(name)) || self.in_query.iter().any(|(name, _)| of_acl(name))
    }
}

const NO_TEXT: Unmapped = Unmapped::Unknown("a header is no text");

/// Whether a header can change what is asked for. Those of metadata cannot, and may come in several lines.
fn counts(name: &str) -> bool {
    (is_amz(name) && !name.starts_with("x-amz-meta-") && !of_signature(name))
        || matches!(name, "host" | "if-match" | "if-none-match")
}

fn is_amz(name: &str) -> bool {
    name.starts_with("x-amz-")
}

/// Parameters of S3 have a case, headers have none.
fn lower_if_header(name: Cow<'_, str>) -> Cow<'_, str> {
    let is_header = name.get(..6).is_some_and(|head| head.eq_ignore_ascii_case("x-amz-"));
    if is_header { Cow::Owned(name.to_ascii_lowercase()) } else { name }
}

/// What a signature consists of: that it comes once, and counts once, is for `sigv4` to say.
fn of_signature(name: &str) -> bool {
    matches!(
        name,
        "x-amz-algorithm"
            | "x-amz-content-sha256"
            | "x-amz-credential"
            | "x-amz-date"
            | "x-amz-expires"
            | "x-amz-security-token"
            | "x-amz-signature"
            | "x-amz-signedheaders"
    )
}
