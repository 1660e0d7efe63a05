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
        if is_list {
            context.set_many(name.to_owned(), values.iter().map(|value| (*value).to_owned()));
        } else {
            context.set(name.to_owned(), (*first).to_owned());
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
