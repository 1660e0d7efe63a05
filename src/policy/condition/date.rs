//! `DateEquals`, `DateLessThan` and their kin: instants, to the millisecond.
//!
//! A date is seconds since the epoch, or `yyyy[-mm[-dd]][T[hh[:mm[:ss[.fraction]]]][zone]]` with nothing but the year
//! and at most nine digits of fraction. Without a zone it is UTC. What is no date matches nothing, so `DateNotEquals`
//! holds for it (measured).

use crate::time::Timestamp;

use super::{Order, Outcome};

pub(super) fn compare(order: Order, operands: &[Option<Timestamp>], value: &str) -> Outcome {
    let Some(value) = parse(value) else {
        return Outcome::NoMatch;
    };
    Outcome::of(operands.iter().flatten().any(|operand| order.admits(value.cmp(operand))))
}

/// Reads a date; years beyond four digits come out as the last instant that can be written.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    if is_digits(unsigned) {
        return unsigned.parse::<i64>().ok().map(Timestamp::from_seconds);
    }
    let (date, rest) = match text.split_once(['T', 't']) {
        Some((date, rest)) => (date, Some(rest)),
        None => (text, None),
    };
    let days = parse_days(date)?;
    let Some(rest) = rest else {
        return Some(Timestamp::from_millis(days.saturating_mul(DAY)));
    };
    let (clock, offset) = split_zone(rest)?;
    let millis = parse_clock(clock)?;
    Some(Timestamp::from_millis(days.saturating_mul(DAY).saturating_add(millis - offset)))
}

/// Days since the epoch of `[-]yyyy[-mm[-dd]]`.
fn parse_days(text: &str) -> Option<i64> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let mut parts = text.split('-');
    let year = parts.next().filter(|year| is_digits(year))?.parse::<i64>().ok()?;
    let year = if negative { -year } else { year };
    let month = parts.next().map_or(Some(1), |month| short(month, 1..=12))?;
    let day = parts.next().map_or(Some(1), |day| short(day, 1..=31))?;
    let known = FIRST_YEAR..=LAST_YEAR;
    if parts.next().is_some() || !known.contains(&year) || day > month_length(year, month) {
        return None;
    }
    // Days are counted in years that begin in March, so that the leap day is a year's last.
    let march_year = if month > 2 { year } else { year - 1 };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let leaps = march_year.div_euclid(4) - march_year.div_euclid(100) + march_year.div_euclid(400);
    Some(march_year * 365 + leaps + day_of_year - DAYS_TO_1970)
}

fn month_length(year: i64, month: i64) -> i64 {
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Takes the zone off: the rest, and how many milliseconds the zone is ahead of UTC.
fn split_zone(text: &str) -> Option<(&str, i64)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let Some(at) = text.rfind(['+', '-']) else {
        return Some((text, 0));
    };
    let (clock, zone) = text.split_at_checked(at)?;
    let (sign, zone) = if let Some(zone) = zone.strip_prefix('-') { (-1, zone) } else { (1, zone.strip_prefix('+')?) };
    let (hours, minutes) = zone.split_once(':').unwrap_or((zone, "00"));
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    Some((clock, sign * (short(hours, 0..=23)? * HOUR + short(minutes, 0..=59)? * MINUTE)))
}

/// Milliseconds since midnight of `[hh[:mm[:ss[.fraction]]]]`.
fn parse_clock(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let mut parts = text.split(':');
    let hour = short(parts.next()?, 0..=23)?;
    let minute = parts.next().map_or(Some(0), |minute| short(minute, 0..=59))?;
    let (second, fraction) = parts.next().map_or(("0", None), |part| match part.split_once('.') {
        Some((second, fraction)) => (second, Some(fraction)),
        None => (part, None),
    });
    let millis = match fraction {
        None => 0,
        Some(digits) if is_digits(digits) && digits.len() <= 9 => {
            let padded = digits.bytes().chain(std::iter::repeat(b'0')).take(3);
            padded.fold(0, |millis, digit| millis * 10 + i64::from(digit - b'0'))
        }
        Some(_) => return None,
    };
    let whole = hour * HOUR + minute * MINUTE + short(second, 0..=59)? * SECOND;
    parts.next().is_none().then_some(whole + millis)
}

/// A number of one or two digits within `range`.
fn short(text: &str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
    let number = text.parse().ok().filter(|_| text.len() <= 2 && is_digits(text))?;
    range.contains(&number).then_some(number)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// The years that AWS's date library can write.
const FIRST_YEAR: i64 = -292_275_054;
const LAST_YEAR: i64 = 292_278_993;
/// From the first of March of year 0 to the epoch.
const DAYS_TO_1970: i64 = 719_468;
