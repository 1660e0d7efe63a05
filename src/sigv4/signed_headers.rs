//! The list of the headers that a signature covers.
//!
//! Kept in its canonical text, so that a well-behaved client's list is borrowed and never copied.

use std::borrow::Cow;

use super::Rejection;

/// How many names a list may have; signers use fewer than twenty.
pub const MOST_SIGNED_HEADERS: usize = 200;

/// Header names in lower case, sorted, each once.
// AWS: names are compared without case; what it does with an unsorted list is not known. Sorting it is what the
// canonical request asks for, so the order in which a client lists them does not matter here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHeaders<'a>(Cow<'a, str>);

impl<'a> SignedHeaders<'a> {
    /// Reads `host;x-amz-date`; empty names are dropped.
    pub(super) fn parse(list: Cow<'a, str>) -> Result<Self, Rejection> {
        if is_ordinary(&list) {
            return Ok(Self(list));
        }
        let count = names(&list).filter(|name| !name.is_empty()).count();
        if count > MOST_SIGNED_HEADERS {
            return Err(Rejection::TooManySignedHeaders { count });
        }
        // ATTACK: a line feed in a name could make two requests share one canonical request.
        let odd = |name: &&[u8]| *name != AUTHORITY.as_bytes() && !name.iter().all(|byte| is_token(*byte));
        if let Some(name) = names(&list).find(odd) {
            return Err(Rejection::BadSignedHeader { got: String::from_utf8_lossy(name).into() });
        }
        Ok(Self(if is_canonical(&list) { list } else { Cow::Owned(canonical(&list)) }))
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let mut rest = self.as_str();
        // The only list with an empty name is the empty one.
        std::iter::from_fn(move || {
            let at = names(rest).next().map(<[u8]>::len).filter(|at| *at > 0)?;
            let name = rest.get(..at)?;
            rest = rest.get(at + 1..).unwrap_or_default();
            Some(name)
        })
    }

    /// Whether this name, in lower case, is listed.
    pub fn contains(&self, name: &str) -> bool {
        names(&self.0).any(|listed| listed == name.as_bytes())
    }

    /// The names joined with `;`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn cover_host(&self) -> bool {
        self.contains("host") || self.contains(AUTHORITY)
    }
}

/// What HTTP/2 calls `host`; a list may use this name for it.
pub(super) const AUTHORITY: &str = ":authority";

// WHY: bytes, because cutting a text at a character costs more than the names are long.
fn names(list: &str) -> impl Iterator<Item = &[u8]> {
    list.as_bytes().split(|byte| *byte == b';')
}

/// Whether this is how every signer writes a list; what is not may still be in order.
fn is_ordinary(list: &str) -> bool {
    let plain = |byte: &u8| matches!(byte, b'a'..=b'z' | b'-' | b'0'..=b'9');
    // A list of so many names is longer.
    list.len() < 2 * MOST_SIGNED_HEADERS && is_rising(list, |name| name.iter().all(plain))
}

fn is_canonical(list: &str) -> bool {
    is_rising(list, |name| !name.iter().any(u8::is_ascii_uppercase))
}

/// Whether the names are sorted, each once, none empty, and all `fine`.
fn is_rising(list: &str, fine: impl Fn(&[u8]) -> bool) -> bool {
    let mut before: &[u8] = b"";
    names(list).all(|name| {
        // WHY: byte by byte, for names differ at once or are short.
        let rising = before.iter().lt(name) && fine(name);
        before = name;
        rising
    })
}

fn canonical(list: &str) -> String {
    let lower = list.to_ascii_lowercase();
    let mut names: Vec<&str> = lower.split(';').filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    names.join(";")
}

/// RFC 9110's characters of a header name.
fn is_token(byte: u8) -> bool {
    match byte {
        b'-' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => true,
        _ => b"!#$%&'*+.^_`|~".contains(&byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(list: &str, canonical: &str) {
        let parsed = SignedHeaders::parse(Cow::Borrowed(list)).expect(list);
        assert_eq!(parsed.as_str(), canonical, "{list}");
    }

    #[test]
    fn a_list_is_sorted_lowered_and_freed_of_repeats() {
        check("host;x-amz-date", "host;x-amz-date");
        check("x-amz-date;host", "host;x-amz-date");
        check("Host;X-Amz-Date", "host;x-amz-date");
        check("host;host;;x-amz-date;", "host;x-amz-date");
        check("", "");
        check(";;", "");
        check(":authority;x-amz-date", ":authority;x-amz-date");
    }

    #[test]
    fn a_good_list_is_borrowed() {
        let parsed = SignedHeaders::parse(Cow::Borrowed("content-type;host;x-amz-date")).expect("good");
        assert!(matches!(parsed.0, Cow::Borrowed(_)));
    }

    #[test]
    fn names_that_no_header_has_are_refused() {
        for list in ["host;a b", "host;a\nb", "host;é", "host;:path", "host;a:b", ":authority;é"] {
            assert!(
                matches!(SignedHeaders::parse(Cow::Borrowed(list)), Err(Rejection::BadSignedHeader { .. })),
                "{list}"
            );
        }
    }

    #[test]
    fn a_list_may_be_long_but_not_too_long() {
        let names = |count: usize| (0..count).map(|at| format!("h{at}")).collect::<Vec<_>>().join(";");
        assert!(SignedHeaders::parse(Cow::Owned(names(MOST_SIGNED_HEADERS))).is_ok());
        assert_eq!(
            SignedHeaders::parse(Cow::Owned(names(MOST_SIGNED_HEADERS + 1))),
            Err(Rejection::TooManySignedHeaders { count: MOST_SIGNED_HEADERS + 1 })
        );
    }
}
