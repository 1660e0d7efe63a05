//! Instants as values, and the ways AWS writes them.
//!
//! Nothing here can tell the time: `env` is the only room that asks a clock.

use std::fmt;

use ::time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};
use serde::{Deserialize, Serialize, Serializer};

/// An instant in milliseconds since 1970-01-01T00:00:00Z, the precision at which IAM compares dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(i64);

/// What one request knows of the time, read once at its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The service's time: decides expiry, policy dates and what is minted.
    pub now: Timestamp,
    /// The machine's time, by which clients sign. Equal to `now` unless the clock is steered.
    pub machine: Timestamp,
}

impl Moment {
    /// A moment at which nobody steers the clock.
    pub fn unsteered(now: Timestamp) -> Self {
        Self { now, machine: now }
    }
}

/// First and last second that AWS's four-digit years can write.
const WRITABLE: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

impl Timestamp {
    /// From milliseconds since the epoch; what four-digit years cannot write is moved to the nearest they can.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(WRITABLE.start() * 1000, WRITABLE.end() * 1000 + 999))
    }

    /// From whole seconds since the epoch; clamped as [`Timestamp::from_millis`].
    pub fn from_seconds(seconds: i64) -> Self {
        Self::from_millis(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the epoch.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The same instant without its milliseconds.
    pub fn whole_second(self) -> Self {
        Self::from_seconds(self.seconds())
    }

    /// This instant moved by `seconds`, which may be negative.
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_millis(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// This instant a hundred years on, on the same day of the calendar; of a 29 February that the year does not have,
    /// on 1 March.
    pub fn plus_century(self) -> Self {
        let at = self.parts();
        let later = at.replace_year(at.year() + 100).or_else(|_| {
            let next = at.date().next_day().unwrap_or(Date::MAX);
            at.replace_date(next).replace_year(at.year() + 100)
        });
        let seconds = later.map_or(*WRITABLE.end(), OffsetDateTime::unix_timestamp);
        Self::from_millis(seconds.saturating_mul(1000).saturating_add(self.0.rem_euclid(1000)))
    }

    /// Milliseconds from `earlier` to `self`; negative if `earlier` is the later one.
    pub fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads the `20260115T120000Z` of `X-Amz-Date`.
    pub fn parse_basic(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 16 || bytes.get(8) != Some(&b'T') || bytes.get(15) != Some(&b'Z') {
            return None;
        }
        from_parts(
            number(text, 0, 4)?,
            number(text, 4, 6)?,
            number(text, 6, 8)?,
            (number(text, 9, 11)?, number(text, 11, 13)?, number(text, 13, 15)?),
            0,
        )
    }

    /// Reads `2026-01-15T12:00:00Z`, with or without a fraction (kept to milliseconds). UTC only.
    pub fn parse_iso(text: &str) -> Option<Self> {
        let rest = text.strip_suffix('Z')?;
        let (whole, fraction) = match rest.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (rest, None),
        };
        let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
        let shaped =
            whole.len() == 19 && separators.iter().all(|(at, separator)| whole.as_bytes().get(*at) == Some(separator));
        if !shaped {
            return None;
        }
        let millis = match fraction {
            None => 0,
            Some(digits) if digits.is_empty() || digits.len() > 9 => return None,
            Some(digits) if !digits.bytes().all(|byte| byte.is_ascii_digit()) => return None,
            Some(digits) => format!("{digits:0<3}").get(..3)?.parse().ok()?,
        };
        from_parts(
            number(whole, 0, 4)?,
            number(whole, 5, 7)?,
            number(whole, 8, 10)?,
            (number(whole, 11, 13)?, number(whole, 14, 16)?, number(whole, 17, 19)?),
            millis,
        )
    }

    /// Writes `20260115T120000Z`.
    pub fn basic(self) -> impl fmt::Display {
        Basic(self)
    }

    /// Writes `20260115`, the date of a credential scope.
    pub fn basic_date(self) -> impl fmt::Display {
        BasicDate(self)
    }

    /// Writes `2026-01-15T12:00:00Z`.
    pub fn iso(self) -> impl fmt::Display + Serialize {
        Iso(self)
    }

    /// Writes `2026-01-15T12:00:00.507Z`.
    pub fn iso_millis(self) -> impl fmt::Display {
        IsoMillis(self)
    }

    /// To the second.
    fn parts(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

fn number(text: &str, from: usize, to: usize) -> Option<u16> {
    let digits = text.get(from..to)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn from_parts(year: u16, month: u16, day: u16, clock: (u16, u16, u16), millis: u16) -> Option<Timestamp> {
    let (hour, minute, second) = clock;
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
    let time = Time::from_hms(u8::try_from(hour).ok()?, u8::try_from(minute).ok()?, u8::try_from(second).ok()?).ok()?;
    let instant = PrimitiveDateTime::new(date, time).assume_offset(UtcOffset::UTC);
    Some(Timestamp::from_millis(instant.unix_timestamp() * 1000 + i64::from(millis)))
}

struct Basic(Timestamp);
struct BasicDate(Timestamp);
struct Iso(Timestamp);
struct IsoMillis(Timestamp);

impl fmt::Display for Basic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.0.parts();
        write!(out, "{}T{:02}{:02}{:02}Z", BasicDate(self.0), at.hour(), at.minute(), at.second())
    }
}

impl fmt::Display for BasicDate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.0.parts();
        write!(out, "{:04}{:02}{:02}", at.year(), u8::from(at.month()), at.day())
    }
}

impl Iso {
    fn letters(&self) -> [u8; 20] {
        let at = self.0.parts();
        // WHY: every answer has an instant, and the formatting machinery costs more than the rest of a line.
        let numbers = [
            (0, u8::try_from(at.year() / 100).unwrap_or_default()),
            (2, u8::try_from(at.year() % 100).unwrap_or_default()),
            (5, u8::from(at.month())),
            (8, at.day()),
            (11, at.hour()),
            (14, at.minute()),
            (17, at.second()),
        ];
        let mut text = *b"0000-00-00T00:00:00Z";
        for (place, number) in numbers {
            if let Some([tens, ones]) = text.get_mut(place..place + 2) {
                (*tens, *ones) = (b'0' + number / 10 % 10, b'0' + number % 10);
            }
        }
        text
    }
}

impl fmt::Display for Iso {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(str::from_utf8(&self.letters()).unwrap_or_default())
    }
}

impl Serialize for Iso {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(str::from_utf8(&self.letters()).unwrap_or_default())
    }
}

impl fmt::Display for IsoMillis {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = Iso(self.0).to_string();
        write!(out, "{}.{:03}Z", whole.trim_end_matches('Z'), self.0.0.rem_euclid(1000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_century_ends_on_the_same_day() {
        for (from, to) in [
            ("2026-09-11T10:09:02.273Z", "2126-09-11T10:09:02.273Z"),
            ("2028-02-29T00:00:00.000Z", "2128-02-29T00:00:00.000Z"),
            ("2000-02-29T23:59:59.999Z", "2100-03-01T23:59:59.999Z"),
            ("9950-01-01T00:00:00.001Z", "9999-12-31T23:59:59.001Z"),
        ] {
            assert_eq!(Timestamp::parse_iso(from).unwrap().plus_century().iso_millis().to_string(), to);
        }
    }

    #[track_caller]
    fn check_iso(text: &str, millis: Option<i64>) {
        assert_eq!(Timestamp::parse_iso(text).map(Timestamp::millis), millis, "{text}");
    }

    #[test]
    fn iso_instants_are_read_to_the_millisecond() {
        check_iso("2026-01-15T12:00:00Z", Some(1_768_478_400_000));
        check_iso("2026-01-15T12:00:00.5Z", Some(1_768_478_400_500));
        check_iso("2026-01-15T12:00:00.123987Z", Some(1_768_478_400_123));
        check_iso("2026-01-15T12:00:00", None);
        check_iso("2026-02-30T12:00:00Z", None);
        check_iso("2026-01-15 12:00:00Z", None);
        check_iso("2026-01-15T12:00:00.Z", None);
    }

    #[test]
    fn what_is_written_reads_back() {
        let instant = Timestamp::from_millis(1_768_478_400_507);
        assert_eq!(instant.iso().to_string(), "2026-01-15T12:00:00Z");
        assert_eq!(instant.iso_millis().to_string(), "2026-01-15T12:00:00.507Z");
        assert_eq!(instant.basic().to_string(), "20260115T120000Z");
        assert_eq!(Timestamp::parse_basic("20260115T120000Z"), Some(instant.whole_second()));
        assert_eq!(Timestamp::parse_iso("2026-01-15T12:00:00.507Z"), Some(instant));
    }

    #[test]
    fn basic_dates_with_anything_odd_are_refused() {
        for text in ["20260115T120000", "20260115T1200000", "2026-1-15T12:00Z", "20261315T120000Z", "２０26"] {
            assert_eq!(Timestamp::parse_basic(text), None, "{text}");
        }
    }
}
