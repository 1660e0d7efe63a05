//! Lists of the Query protocol: `Tags.member.1.Key`, their indices and the faults of their entries.
//!
//! AWS: indices as the front end of IAM and STS was measured to read them (aws-behaviour 17.8, iam-s-list-...).

use std::borrow::Cow;

use super::members::{InputMember, Reader, lower_camel};
use crate::shape::{Constraints, Measure, Refusal, Shape, Violation, integer::Malformed};

/// A list of at most `MOST` entries; one that is absent is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T, const MOST: usize>(pub Vec<T>);

/// An entry of a list.
pub trait ListItem: Sized {
    /// Reads the entry that stands under one of `names`; what is wrong is noted under `path`.
    fn read(reader: &mut Reader<'_>, names: &[String], path: &str) -> Option<Self>;

    /// As AWS prints it in the fault of a list that is too long.
    fn print(&self) -> String;
}

/// How many places a list may leave out before the front end refuses it.
const MOST_SKIPPED: usize = 10;

impl<T: ListItem, const MOST: usize> InputMember for List<T, MOST> {
    const REQUIRED: bool = false;
    const CONSTRAINTS: Constraints = Constraints {
        name: "List",
        measure: Measure::Entries,
        min: 0,
        // A list has far fewer entries than numbers have values.
        max: MOST as i64,
        pattern: None,
    };

    fn read(reader: &mut Reader<'_>, name: &'static str) -> Option<Self> {
        let Places { mut names, words } = reader.well_formed(places(reader, name))?;
        if words && names.is_empty() {
            // AWS: a word for an index means an entry in which nothing stands (iam-s-list-index-word).
            names.push(Vec::new());
        }
        let path = lower_camel(name);
        let entries: Vec<Option<T>> = names
            .iter()
            .enumerate()
            .map(|(at, names)| T::read(reader, names, &format!("{path}.{}.member", at + 1)))
            .collect();
        let entries: Option<Vec<T>> = entries.into_iter().collect();
        if names.len() > MOST {
            let printed = entries.as_ref().map(|entries| entries.iter().map(T::print).collect::<Vec<_>>().join(", "));
            reader.fault(&path, Some(format!("[{}]", printed.unwrap_or_default())), Violation::TooLong(MOST as i64));
        }
        entries.map(Self)
    }
}

/// A list of plain values: whatever is wrong with one of them is told of the whole list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainList<T, const MOST: usize>(pub Vec<T>);

impl<T: Shape, const MOST: usize> InputMember for PlainList<T, MOST> {
    const REQUIRED: bool = false;
    const CONSTRAINTS: Constraints = Constraints { max: MOST as i64, ..List::<Never, 0>::CONSTRAINTS };

    fn read(reader: &mut Reader<'_>, name: &'static str) -> Option<Self> {
        let Places { names, words } = reader.well_formed(places(reader, name))?;
        if words {
            return reader.well_formed(Err(Malformed::ListStart));
        }
        let text = |names: &Vec<String>| names.iter().find_map(|name| reader.text(name)).unwrap_or_default();
        let texts: Vec<Cow<'_, str>> = names.iter().map(text).collect();
        let values: Result<Vec<T>, Refusal> = texts.iter().map(|text| T::parse(text)).collect();
        let (path, printed) = (lower_camel(name), format!("[{}]", texts.join(", ")));
        if texts.len() > MOST {
            reader.fault(&path, Some(printed.clone()), Violation::TooLong(MOST as i64));
        }
        if values.is_err() {
            reader.fault(&path, Some(printed), Violation::Entries(T::CONSTRAINTS));
        }
        values.ok().map(Self)
    }
}

/// Stands for the entries of a list of which only the constraints are wanted.
enum Never {}

impl ListItem for Never {
    fn read(_: &mut Reader<'_>, _: &[String], _: &str) -> Option<Self> {
        None
    }

    fn print(&self) -> String {
        match *self {}
    }
}

/// What a list has at its places.
struct Places {
    /// For each, first to last, the names under which the call has it: `01` is the same place as `1`.
    names: Vec<Vec<String>>,
    /// Whether something stands where an index should.
    words: bool,
}

fn places(reader: &Reader<'_>, name: &str) -> Result<Places, Malformed> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut words = false;
    for rest in reader.names_under(&format!("{name}.member.")) {
        let mut parts = rest.split('.');
        let index = parts.next().unwrap_or_default();
        if parts.next().is_some_and(is_number) {
            return Err(Malformed::IndicesBackToBack);
        }
        match place(index)? {
            Some(place) => found.push((place, format!("{name}.member.{index}"))),
            None => words = true,
        }
    }
    found.sort();
    found.dedup();
    let mut names: Vec<Vec<String>> = Vec::new();
    for (place, spelt) in found {
        let skipped = place.saturating_sub(names.len().max(1));
        if skipped > MOST_SKIPPED {
            return Err(Malformed::SkipsEntries(skipped));
        }
        names.resize(place.max(names.len()), Vec::new());
        if let Some(names) = names.get_mut(place - 1) {
            names.push(spelt);
        }
    }
    Ok(Places { names, words })
}

/// The place that an index means; a word is none.
fn place(index: &str) -> Result<Option<usize>, Malformed> {
    if index.strip_prefix('-').is_some_and(is_number) {
        return Err(Malformed::NegativeIndex(index.to_owned()));
    }
    if !is_number(index) {
        return Ok(None);
    }
    match index.parse() {
        Ok(0) => Err(Malformed::NotAnIndex(index.to_owned())),
        Ok(place) => Ok(Some(place)),
        // More digits than any list has places: far more than may be skipped.
        Err(_) => Err(Malformed::SkipsEntries(usize::MAX)),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Declares a structure that is an entry of lists.
#[macro_export]
macro_rules! list_item {
    ($(#[$doc:meta])* $name:ident as $printed:literal { $($(#[$member_doc:meta])* $wire:literal $member:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name { $($(#[$member_doc])* pub $member: $type,)* }

        impl $crate::api::lists::ListItem for $name {
            fn read(reader: &mut $crate::api::members::Reader<'_>, names: &[String], path: &str) -> Option<Self> {
                $(let $member = reader.nested::<$type>(names, path, $wire);)*
                Some(Self { $($member: $member?,)* })
            }

            fn print(&self) -> String {
                let members: &[String] = &[$(format!("{}={}", stringify!($member), self.$member),)*];
                format!("{}({})", $printed, members.join(", "))
            }
        }
    };
}
