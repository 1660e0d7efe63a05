//! Context keys as simulations are given them, with the kinds of their values.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ContextEntry.html>

use std::collections::HashSet;

use crate::api::ApiError;
use crate::api::lists::{List, ListItem, PlainList, Sent};
use crate::api::members::Reader;
use crate::api::operation::InputField;
use crate::ids::names::{ContextKeyName, ContextKeyType, ContextKeyValue};
use crate::policy::condition::can_be_read;
use crate::policy::context::RequestContext;
use crate::policy::problem::OperandFamily;
use crate::time::Timestamp;

type Values = PlainList<ContextKeyValue, 1000>;

/// A context key as it is sent.
#[derive(Clone, Debug)]
pub struct SentEntry {
    name: Option<ContextKeyName>,
    values: Values,
    kind: Option<ContextKeyType>,
}

/// Context keys as they are sent.
pub type SentEntries = List<SentEntry, 1000>;

impl ListItem for SentEntry {
    const MEMBERS: &'static [InputField] = &[
        InputField::of::<Option<ContextKeyName>>("ContextKeyName", " Its name."),
        InputField::of::<Values>("ContextKeyValues", " What it holds."),
        InputField::of::<Option<ContextKeyType>>("ContextKeyType", " What kind of values these are."),
    ];

    fn read(reader: &mut Reader<'_>, sent: &Sent<'_>, path: &str) -> Option<Self> {
        let name = reader.nested_or_none(sent, path, "ContextKeyName");
        let values = Values::nested(reader, sent, path, "ContextKeyValues");
        let kind = reader.nested_or_none(sent, path, "ContextKeyType");
        Some(Self { name, values: values?, kind })
    }

    fn print(sent: &Sent<'_>) -> String {
        format!("ContextEntry(contextKeyName={})", sent.get("ContextKeyName").unwrap_or("null"))
    }
}

/// The context that these entries make.
pub(super) fn context(entries: &SentEntries) -> Result<RequestContext<'static>, ApiError> {
    let mut context = RequestContext::with_capacity(entries.0.len());
    let mut seen = HashSet::new();
    for SentEntry { name, values, kind } in &entries.0 {
        if name.is_none() && kind.is_none() && values.0.is_empty() {
            // AWS: an entry in which nothing stands is passed over (iam-s-sim-ctx-noname).
            continue;
        }
        let name = name.as_ref().ok_or_else(ApiError::context_key_unnamed)?.as_str();
        let kind = kind.ok_or_else(|| ApiError::context_key_untyped(name))?;
        let values: Vec<&str> = values.0.iter().map(ContextKeyValue::as_str).collect();
        let Some(first) = values.first() else { return Err(ApiError::context_key_empty(name)) };
        let (is_list, form) = meaning(kind);
        if !is_list && values.len() > 1 {
            return Err(ApiError::context_key_of_one_value(kind.as_str(), values.len()));
        }
        if let Some((family, form)) = form
            && !values.iter().all(|value| can_be_read(family, value))
        {
            return Err(ApiError::context_value_of_other_form(name, form));
        }
        if !seen.insert(name.to_lowercase()) {
            return Err(ApiError::context_key_repeated(name));
        }
        let text = |value: &str| as_text(form.map(|(family, _)| family), value);
        if is_list {
            context.set_many(name.to_owned(), values.iter().map(|value| text(value)));
        } else {
            context.set(name.to_owned(), text(first));
        }
    }
    Ok(context)
}

/// Whether values of a type are several, and what form they have if they have one.
fn meaning(kind: ContextKeyType) -> (bool, Option<(OperandFamily, &'static str)>) {
    use ContextKeyType as Kind;
    let number = (OperandFamily::Number, "numeric format");
    let date = (OperandFamily::Date, "DateTime format");
    let address = (OperandFamily::Ip, "IP address");
    let binary = (OperandFamily::Binary, "base-64 encoded binary format");
    match kind {
        // AWS: any text passes as a boolean.
        Kind::String | Kind::Boolean => (false, None),
        Kind::StringList | Kind::BooleanList => (true, None),
        Kind::Numeric => (false, Some(number)),
        Kind::NumericList => (true, Some(number)),
        Kind::Date => (false, Some(date)),
        Kind::DateList => (true, Some(date)),
        Kind::Ip => (false, Some(address)),
        Kind::IpList => (true, Some(address)),
        Kind::Binary => (false, Some(binary)),
        Kind::BinaryList => (true, Some(binary)),
    }
}

/// AWS: what text operators see of a value is its typed form written out; addresses and Base64 stay as they were sent.
fn as_text(family: Option<OperandFamily>, value: &str) -> String {
    let written = match family {
        Some(OperandFamily::Number) => plain_number(value),
        Some(OperandFamily::Date) => instant(value).map(|instant| instant.iso_millis().to_string()),
        _ => None,
    };
    written.unwrap_or_else(|| value.to_owned())
}

/// How many zeros an exponent may bring; a number of more keeps its text (B-852).
const MOST_ZEROS: i64 = 100;

/// A number as Java's `BigDecimal.toPlainString` writes it: without plus, leading zeros and exponent, with every digit
/// behind the point that was there.
fn plain_number(text: &str) -> Option<String> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().ok()?;
    let negative = mantissa.starts_with('-');
    let (whole, fraction) = mantissa.trim_start_matches(['+', '-']).split_once('.').unwrap_or((mantissa, ""));
    let mut digits = format!("{}{fraction}", whole.trim_start_matches(['+', '-']));
    // How many digits stand behind the point; fewer than none are zeros before it.
    let scale = i64::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    if !(-MOST_ZEROS..=MOST_ZEROS.max(i64::try_from(digits.len()).ok()?)).contains(&scale) {
        return None;
    }
    let behind = usize::try_from(scale.max(0)).ok()?;
    digits.extend(std::iter::repeat_n('0', usize::try_from((-scale).max(0)).ok()?));
    let digits = format!("{digits:0>width$}", width = behind + 1);
    let (whole, fraction) = digits.split_at_checked(digits.len() - behind)?;
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let is_zero = digits.bytes().all(|digit| digit == b'0');
    let sign = if negative && !is_zero { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}"))
}

/// An instant in seconds, or in as much of `2026-01-02T03:04:05.678+01:00` as is there.
fn instant(text: &str) -> Option<Timestamp> {
    if !text.starts_with('-')
        && let Ok(seconds) = text.parse()
    {
        return Some(Timestamp::from_seconds(seconds));
    }
    let (date, rest) = text.split_once(['T', 't']).unwrap_or((text, ""));
    let (clock, zone) = rest.find(['Z', 'z', '+', '-']).map_or((rest, ""), |at| rest.split_at(at));
    let date = format!("{date}{}", "0000-01-01".get(date.len()..)?);
    let clock = format!("{clock}{}", "00:00:00".get(clock.len()..).unwrap_or_default());
    let there = Timestamp::parse_iso(&format!("{date}T{clock}Z"))?;
    let ahead = match zone.split_at_checked(1) {
        None | Some(("Z" | "z", _)) => 0,
        Some((sign, offset)) => {
            let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "0"));
            let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
            if sign == "-" { -minutes } else { minutes }
        }
    };
    Some(there.plus_seconds(-60 * ahead))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_values_are_written_out() {
        for (value, written) in [
            ("01.00", "1.00"),
            ("+1", "1"),
            ("-0", "0"),
            ("-01.5", "-1.5"),
            ("1.", "1"),
            (".5", "0.5"),
            ("1e2", "100"),
            ("1.50e1", "15.0"),
            ("12e-3", "0.012"),
            ("0e3", "0"),
            ("1e9999", "1e9999"),
        ] {
            assert_eq!(as_text(Some(OperandFamily::Number), value), written, "{value}");
        }
        for (value, written) in [
            ("0", "1970-01-01T00:00:00.000Z"),
            ("2035-01", "2035-01-01T00:00:00.000Z"),
            ("2035-01-02", "2035-01-02T00:00:00.000Z"),
            ("2035-01-02T03:04Z", "2035-01-02T03:04:00.000Z"),
            ("2035-01-02T03:04:05+02:00", "2035-01-02T01:04:05.000Z"),
            ("2035-01-02T03:04:05.123456Z", "2035-01-02T03:04:05.123Z"),
            ("2035-01-02T03-01", "2035-01-02T04:00:00.000Z"),
        ] {
            assert_eq!(as_text(Some(OperandFamily::Date), value), written, "{value}");
        }
        assert_eq!(as_text(Some(OperandFamily::Ip), "2001:0db8::1"), "2001:0db8::1");
    }
}
