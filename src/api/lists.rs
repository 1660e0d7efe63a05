//! Lists of the Query protocol: `Tags.member.1.Key`, their indices and the faults of their entries.
//!
//! AWS: indices as the front end of IAM and STS was measured to read them (aws-behaviour 17.8, iam-s-list-...).

use std::borrow::Cow;

use super::members::{InputMember, Reader, lower_camel};
use super::operation::{InputField, Parts};
use crate::shape::{Constraints, Measure, Shape, Violation, integer::Malformed};

/// A list of at most `MOST` entries; one that is absent is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T, const MOST: usize>(pub Vec<T>);

/// An entry of a list.
pub trait ListItem: Sized {
    /// Its members.
    const MEMBERS: &'static [InputField];

    /// Reads what was sent as an entry; what is wrong is noted under `path`.
    fn read(reader: &mut Reader<'_>, sent: &Sent<'_>, path: &str) -> Option<Self>;

    /// As AWS prints it in the fault of a list that is too long.
    fn print(sent: &Sent<'_>) -> String;
}

/// A structure that is a parameter by itself. If nothing was sent in it, it is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure<T>(pub T);

impl<T: ListItem> InputMember for Structure<T> {
    const REQUIRED: bool = true;
    const CONSTRAINTS: Constraints =
        Constraints { name: "Structure", measure: Measure::Length, min: 0, max: 0, pattern: None, secret: false };
    const PARTS: Parts = Parts::Members(T::MEMBERS);

    fn read(reader: &mut Reader<'_>, name: &'static str) -> Option<Self> {
        let path = lower_camel(name);
        let sent = Sent::inside(reader.parts(), name);
        if sent.0.is_empty() {
            // AWS: told of the structure, not of what it would hold (sts-s-aroot-task-null).
            reader.fault(&path, None, Violation::Null);
            return None;
        }
        T::read(reader, &sent, &path).map(Self)
    }
}

impl<T: ListItem> InputMember for Option<Structure<T>> {
    const REQUIRED: bool = false;
    const CONSTRAINTS: Constraints = Structure::<T>::CONSTRAINTS;
    const PARTS: Parts = Structure::<T>::PARTS;

    fn read(reader: &mut Reader<'_>, name: &'static str) -> Option<Self> {
        let sent = Sent::inside(reader.parts(), name);
        if sent.0.is_empty() { Some(None) } else { T::read(reader, &sent, &lower_camel(name)).map(Structure).map(Some) }
    }
}

impl<T: ListItem> Structure<T> {
    /// The structure that is a member of an entry of a list, if anything was sent in it.
    pub fn nested_or_none(reader: &mut Reader<'_>, sent: &Sent<'_>, path: &str, wire: &str) -> Option<Self> {
        let inside = Sent::inside(sent.pairs(), wire);
        if inside.0.is_empty() {
            return None;
        }
        T::read(reader, &inside, &format!("{path}.{}", lower_camel(wire))).map(Self)
    }
}

/// What was sent at one place of a list: each member with its value, in wire order.
#[derive(Clone, Debug, Default)]
pub struct Sent<'a>(Vec<(String, Cow<'a, str>)>);

impl<'a> Sent<'a> {
    /// What stands in the structure of this name.
    fn inside(pairs: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>, name: &str) -> Self {
        let member = |sent: &str| Some(sent.strip_prefix(name)?.strip_prefix('.')?.to_owned());
        Self(pairs.filter_map(|(name, value)| Some((member(&name)?, value))).collect())
    }

    fn pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        self.0.iter().map(|(name, value)| (Cow::Borrowed(name.as_str()), Cow::Borrowed(&**value)))
    }

    /// The first value of a member; that of a plain entry has no name.
    pub fn get(&self, member: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == member).map(|(_, value)| value.as_ref())
    }
}

/// How many places a list may leave out before the front end refuses it.
const MOST_SKIPPED: usize = 10;
/// Places that are looked into, far more than any list may have; of the others only their number is told (B-180).
const MOST_PLACES: usize = 1000;

const fn entries(most: usize) -> Constraints {
    // A list has far fewer entries than numbers have values.
    Constraints { name: "List", measure: Measure::Entries, min: 0, max: most as i64, pattern: None, secret: false }
}

impl<T: ListItem, const MOST: usize> InputMember for List<T, MOST> {
    const REQUIRED: bool = false;
    const CONSTRAINTS: Constraints = entries(MOST);
    const PARTS: Parts = Parts::Members(T::MEMBERS);

    fn read(reader: &mut Reader<'_>, name: &'static str) -> Option<Self> {
        if !reader.has_parts() {
            return Some(Self(Vec::new()));
        }
        let mut places = reader.well_formed(places(reader.parts(), name))?;
        if places.is_empty() {
            return Some(Self(Vec::new()));
        }
        if places.words && places.sent.is_empty() {
            // AWS: a word for an index means an entry in which nothing stands (iam-s-list-index-word).
            places.sent.push(Sent::default());
        }
        let path = lower_camel(name);
        let read: Vec<Option<T>> = places
            .sent
            .iter()
            .enumerate()
            .map(|(at, sent)| T::read(reader, sent, &format!("{path}.{}.member", at + 1)))
            .collect();
        too_long(reader, &path, MOST, &places, T::print);
        read.into_iter().collect::<Option<Vec<T>>>().map(Self)
    }
}

/// A list of plain values: a fault of one of them is reported as one of the whole list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainList<T, const MOST: usize>(pub Vec<T>);

impl<T: Shape, const MOST: usize> InputMember for PlainList<T, MOST> {
    const REQUIRED: bool = false;
    const CONSTRAINTS: Constraints = entries(MOST);
    const PARTS: Parts = Parts::Values(T::CONSTRAINTS);

    fn read(reader: &mut Reader<'_>, name: &'static str) -> Option<Self> {
        if !reader.has_parts() {
            return Some(Self(Vec::new()));
        }
        let places = reader.well_formed(places(reader.parts(), name))?;
        Self::read_at(reader, &places, &lower_camel(name))
    }
}

impl<T: Shape, const MOST: usize> PlainList<T, MOST> {
    /// The list that is a member of an entry of another list.
    pub fn nested(reader: &mut Reader<'_>, sent: &Sent<'_>, path: &str, wire: &str) -> Option<Self> {
        let places = reader.well_formed(places(sent.pairs(), wire))?;
        Self::read_at(reader, &places, &format!("{path}.{}", lower_camel(wire)))
    }

    fn read_at(reader: &mut Reader<'_>, places: &Places<'_>, path: &str) -> Option<Self> {
        if places.is_empty() {
            return Some(Self(Vec::new()));
        }
        if places.words {
            return reader.well_formed(Err(Malformed::ListStart));
        }
        too_long(reader, path, MOST, places, print_plain);
        let read = |sent: &Sent<'_>| T::parse(sent.get("").unwrap_or_default()).ok();
        let values: Option<Vec<T>> = places.sent.iter().map(read).collect();
        if values.is_none() {
            reader.fault(path, Some(print_all(&places.sent, print_plain)), Violation::Entries(T::CONSTRAINTS));
        }
        values.map(Self)
    }
}

/// A list that must have an entry; AWS: an empty one is absent (sts-s-gwit-audience-null).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NonEmpty<L>(pub L);

impl<T: Shape, const MOST: usize> InputMember for NonEmpty<PlainList<T, MOST>> {
    const REQUIRED: bool = true;
    const CONSTRAINTS: Constraints = Constraints { min: 1, ..entries(MOST) };
    const PARTS: Parts = Parts::Values(T::CONSTRAINTS);

    fn read(reader: &mut Reader<'_>, name: &'static str) -> Option<Self> {
        let list = PlainList::<T, MOST>::read(reader, name)?;
        if list.0.is_empty() {
            reader.fault(&lower_camel(name), None, Violation::Null);
            return None;
        }
        Some(Self(list))
    }
}

fn too_long(reader: &mut Reader<'_>, path: &str, most: usize, places: &Places<'_>, print: fn(&Sent<'_>) -> String) {
    if places.count > most {
        reader.fault(path, Some(print_all(&places.sent, print)), Violation::TooLong(most as i64));
    }
}

fn print_all(sent: &[Sent<'_>], print: fn(&Sent<'_>) -> String) -> String {
    format!("[{}]", sent.iter().map(print).collect::<Vec<_>>().join(", "))
}

fn print_plain(sent: &Sent<'_>) -> String {
    sent.get("").unwrap_or("null").to_owned()
}

/// What a list has at its places, first to last.
struct Places<'a> {
    /// What was sent for each of the first places.
    sent: Vec<Sent<'a>>,
    /// How many places there are.
    count: usize,
    /// Whether something stands where an index should.
    words: bool,
}

impl Places<'_> {
    fn is_empty(&self) -> bool {
        self.sent.is_empty() && !self.words
    }
}

/// ATTACK: one walk through the parameters, however many there are; a look-up for each entry would be its square.
fn places<'a>(pairs: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>, name: &str) -> Result<Places<'a>, Malformed> {
    let mut found: Vec<(usize, String, Cow<'a, str>)> = Vec::new();
    let mut words = false;
    for (sent, value) in pairs {
        let Some(rest) = sent.strip_prefix(name).and_then(|rest| rest.strip_prefix(".member.")) else { continue };
        let (index, member) = rest.split_once('.').unwrap_or((rest, ""));
        if is_number(member.split('.').next().unwrap_or_default()) {
            return Err(Malformed::IndicesBackToBack);
        }
        match place(index)? {
            Some(place) => found.push((place, member.to_owned(), value)),
            None => words = true,
        }
    }
    // Equal places keep their wire order: `01` is the same place as `1`, and the first value counts.
    found.sort_by_key(|(place, ..)| *place);
    let (mut sent, mut count): (Vec<Sent<'a>>, usize) = (Vec::new(), 0);
    for (place, member, value) in found {
        let skipped = place.saturating_sub(count.max(1));
        if skipped > MOST_SKIPPED {
            return Err(Malformed::SkipsEntries(skipped));
        }
        count = place;
        // ATTACK: a few bytes skip ten places, and each of them would be an entry with faults of its own.
        sent.resize_with(place.min(MOST_PLACES), Sent::default);
        if let Some(Sent(members)) = sent.get_mut(place - 1) {
            members.push((member, value));
        }
    }
    Ok(Places { sent, count, words })
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
        Err(_) => Ok(Some(usize::MAX)),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Declares a structure that is an entry of lists.
#[macro_export]
macro_rules! list_item {
    ($(#[$doc:meta])* $name:ident as $printed:literal { $($(#[doc = $member_doc:literal])* $wire:literal $member:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name { $($(#[doc = $member_doc])* pub $member: $type,)* }

        impl $crate::api::lists::ListItem for $name {
            const MEMBERS: &'static [$crate::api::operation::InputField] = &[$(
                $crate::api::operation::InputField::of::<$type>($wire, concat!($($member_doc),*)),
            )*];

            fn read(
                reader: &mut $crate::api::members::Reader<'_>,
                sent: &$crate::api::lists::Sent<'_>,
                path: &str,
            ) -> Option<Self> {
                $(let $member = reader.nested::<$type>(sent, path, $wire);)*
                Some(Self { $($member: $member?,)* })
            }

            fn print(sent: &$crate::api::lists::Sent<'_>) -> String {
                let members: &[String] =
                    &[$(format!("{}={}", $crate::api::members::lower_camel($wire), sent.get($wire).unwrap_or("null")),)*];
                format!("{}({})", $printed, members.join(", "))
            }
        }
    };
}
