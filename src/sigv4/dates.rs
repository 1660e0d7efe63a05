//! The date of a signature: `20260115T120000Z`, or the HTTP form in a `Date` header.
//!
//! Never compares it with the present.

use std::borrow::Cow;

use crate::time::Timestamp;

use super::Rejection;

/// An instant, and the sixteen characters in which the string to sign has it.
#[derive(Clone, Debug)]
pub(super) struct Stamp<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) at: Timestamp,
}

impl<'a> Stamp<'a> {
    /// Reads `X-Amz-Date`.
    pub(super) fn basic(text: Cow<'a, str>) -> Result<Self, Rejection> {
        match Timestamp::parse_basic(&text) {
            Some(at) => Ok(Self { text, at }),
            None => Err(Rejection::BadDate { got: text.into() }),
        }
    }

    /// Reads a `Date` header: the HTTP form, or the basic form.
    pub(super) fn http_or_basic(text: Cow<'a, str>) -> Result<Self, Rejection> {
        match basic_of_http(&text) {
            // The string to sign has the basic form, whatever the header has.
            Some(basic) => Self::basic(Cow::Owned(basic)).map_err(|_| Rejection::BadDate { got: text.into() }),
            None => Self::basic(text),
        }
    }

    /// The `YYYYMMDD` of it.
    pub(super) fn day(&self) -> &str {
        self.text.get(..8).unwrap_or_default()
    }
}

/// Turns `Thu, 15 Jan 2026 12:00:00 GMT` into `20260115T120000Z`; the digits are the basic parser's to judge.
fn basic_of_http(text: &str) -> Option<String> {
    let (_weekday, rest) = text.split_once(", ")?;
    let mut words = rest.split_ascii_whitespace();
    let mut word = || words.next();
    let (day, month, year, clock, zone) = (word()?, word()?, word()?, word()?, word()?);
    // WHY: botocore writes its Date header with `-0000`.
    if word().is_some() || !["GMT", "UTC", "+0000", "-0000"].contains(&zone) {
        return None;
    }
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let (hour, minutes) = clock.split_once(':')?;
    let (minute, second) = minutes.split_once(':')?;
    // INVARIANT: two digits each; digits may not slide over into a neighbour and still add up to sixteen.
    if [hour, minute, second].iter().any(|part| part.len() != 2) || year.len() != 4 {
        return None;
    }
    Some(format!("{year}{month:02}{day:0>2}T{hour}{minute}{second}Z"))
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, basic: Option<&str>) {
        let got = Stamp::http_or_basic(Cow::Borrowed(text)).ok().map(|stamp| stamp.text.into_owned());
        assert_eq!(got.as_deref(), basic, "{text}");
    }

    #[test]
    fn a_date_header_is_read_in_the_http_and_in_the_basic_form() {
        check("Thu, 15 Jan 2026 12:00:00 GMT", Some("20260115T120000Z"));
        check("Thu, 15 Jan 2026 12:00:00 -0000", Some("20260115T120000Z"));
        check("Mon, 5 Jan 2026 02:03:04 +0000", Some("20260105T020304Z"));
        check("20260115T120000Z", Some("20260115T120000Z"));
    }

    #[test]
    fn a_date_header_of_another_zone_or_form_is_refused() {
        for text in [
            "Thu, 15 Jan 2026 12:00:00 +0100",
            "Thu, 15 Jan 2026 12:00:00 CET",
            "Thu, 15 Jan 2026 12:00:00 GMT GMT",
            "Thu, 15 Jan 2026 12:00 GMT",
            "Thu, 32 Jan 2026 12:00:00 GMT",
            "Thu, 15 Foo 2026 12:00:00 GMT",
            "Thu, 15 Jan 26 12:00:00 GMT",
            "Thursday, 15-Jan-26 12:00:00 GMT",
            "Thu, 15 Jan 2026 1:002:00 GMT",
            "2026-01-15T12:00:00Z",
            "",
        ] {
            check(text, None);
        }
    }
}
