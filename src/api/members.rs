//! Reads the parameters of a call into typed members, and gathers everything that is wrong with them.

use std::borrow::Cow;

use memchr::memchr;

use super::lists::Sent;
use super::operation::Parts;
use crate::shape::{Constraints, Refusal, Shape, Violation, integer::Malformed};
use crate::wire::Params;

/// A member of an input.
pub trait InputMember: Sized {
    /// Whether a call without it is refused.
    const REQUIRED: bool;
    /// What its value must meet.
    const CONSTRAINTS: Constraints;
    /// What it is made of.
    const PARTS: Parts = Parts::None;

    /// Reads the member called `name`; what is wrong with it is noted in the reader.
    fn read(reader: &mut Reader<'_>, name: &'static str) -> Option<Self>;
}

/// The parameters of a call under reading.
pub struct Reader<'a> {
    params: &'a Params<'a>,
    has_parts: bool,
    malformed: Option<Malformed>,
    faults: Vec<Fault>,
}

/// One broken constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// As the service model spells it: `roleSessionName`.
    pub member: String,
    /// What was sent, if anything, and if it may be shown.
    pub value: Option<String>,
    /// Which constraint.
    pub violation: Violation,
}

/// Why an input could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// A number that is none: nothing else is looked at.
    Malformed(Malformed),
    /// Every broken constraint, in the order in which AWS lists them.
    Faults(Vec<Fault>),
}

/// AWS: more faults than this are not listed (iam-s-list-max-faults).
const MOST_FAULTS: usize = 10;

impl Fault {
    /// Where it is listed: by its member, then by the entry of a list, then by the entry's member.
    fn place(&self) -> (u32, usize, u32) {
        let mut parts = self.member.split('.');
        let place = |part: Option<&str>| part.map_or(0, |name| listing_place(name, 1));
        let member = place(parts.next());
        let entry = parts.next().and_then(|entry| entry.parse().ok()).unwrap_or_default();
        (member, entry, place(parts.nth(1)))
    }
}

impl<'a> Reader<'a> {
    /// Begins to read.
    pub fn new(params: &'a Params<'a>) -> Self {
        let has_parts = params.names().any(|name| memchr(b'.', name.as_bytes()).is_some());
        Self { params, has_parts, malformed: None, faults: Vec::new() }
    }

    /// The input, if nothing was wrong.
    pub fn finish<I>(mut self, input: Option<I>) -> Result<I, Unreadable> {
        if let Some(malformed) = self.malformed {
            return Err(Unreadable::Malformed(malformed));
        }
        match input {
            Some(input) if self.faults.is_empty() => Ok(input),
            _ => {
                self.faults.sort_by_key(Fault::place);
                self.faults.truncate(MOST_FAULTS);
                Err(Unreadable::Faults(self.faults))
            }
        }
    }

    /// The first value of this name.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.params.get(name)
    }

    /// Whether there are entries of lists or members of structures at all.
    pub(super) fn has_parts(&self) -> bool {
        self.has_parts
    }

    /// Every name and value.
    pub(super) fn parts(&self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> + use<'a> {
        self.params.iter()
    }

    /// The value, unless what was sent has no form at all; that is noted.
    pub(super) fn well_formed<T>(&mut self, result: Result<T, Malformed>) -> Option<T> {
        result.map_err(|malformed| self.malformed.get_or_insert(malformed).clone()).ok()
    }

    /// Notes a broken constraint.
    pub(super) fn fault(&mut self, member: &str, value: Option<String>, violation: Violation) {
        self.faults.push(Fault { member: member.to_owned(), value, violation });
    }

    /// The member `wire` of an entry of a list.
    pub fn nested<T: Shape>(&mut self, sent: &Sent<'_>, path: &str, wire: &str) -> Option<T> {
        self.nested_value(sent.get(wire), path, wire)
    }

    /// The same where it may be left out.
    pub fn nested_or_none<T: Shape>(&mut self, sent: &Sent<'_>, path: &str, wire: &str) -> Option<T> {
        sent.get(wire).and_then(|text| self.nested_value(Some(text), path, wire))
    }

    fn nested_value<T: Shape>(&mut self, text: Option<&str>, path: &str, wire: &str) -> Option<T> {
        let before = self.faults.len();
        let read = self.required(text.map(Cow::Borrowed), || format!("{path}.{}", lower_camel(wire)));
        // AWS: here the length comes before the pattern, elsewhere behind it (sts-s-gwit-tag-empty-key).
        if let Some(noted) = self.faults.get_mut(before..) {
            noted.reverse();
        }
        read
    }

    fn required<T: Shape>(&mut self, text: Option<Cow<'_, str>>, member: impl Fn() -> String) -> Option<T> {
        if let Some(text) = text {
            self.value(&text, member)
        } else {
            self.fault(&member(), None, Violation::Null);
            None
        }
    }

    fn value<T: Shape>(&mut self, text: &str, member: impl Fn() -> String) -> Option<T> {
        match T::parse(text) {
            Ok(value) => Some(value),
            Err(Refusal::Malformed(malformed)) => self.well_formed(Err(malformed)),
            Err(Refusal::Violations(violations)) => {
                // AWS: a fault of a sensitive member does not show its value (wi-token-length).
                let shown = (!T::CONSTRAINTS.secret).then(|| text.to_owned());
                for violation in violations {
                    self.fault(&member(), shown.clone(), violation);
                }
                None
            }
        }
    }
}

impl<T: Shape> InputMember for T {
    const REQUIRED: bool = true;
    const CONSTRAINTS: Constraints = <T as Shape>::CONSTRAINTS;

    fn read(reader: &mut Reader<'_>, name: &'static str) -> Option<Self> {
        reader.required(reader.text(name), || lower_camel(name))
    }
}

impl<T: Shape> InputMember for Option<T> {
    const REQUIRED: bool = false;
    const CONSTRAINTS: Constraints = <T as Shape>::CONSTRAINTS;

    fn read(reader: &mut Reader<'_>, name: &'static str) -> Option<Self> {
        match reader.text(name) {
            None => Some(None),
            Some(text) => reader.value(&text, || lower_camel(name)).map(Some),
        }
    }
}

/// `RoleArn` as the service model spells it in messages: `roleArn`.
pub fn lower_camel(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + characters.as_str())
}

/// Where AWS puts a name when it lists as many as `among`: its bucket of a Java 8 hash map, of sixteen at least.
///
/// AWS: reproduces every captured order of members, of faults (iam-api section 3) and of a token's tags.
pub fn listing_place(name: &str, among: usize) -> u32 {
    let hash = name.encode_utf16().fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
    // A map grows when it is more than three quarters full.
    let buckets = among.saturating_mul(4).div_ceil(3).next_power_of_two().max(16);
    (hash ^ hash >> 16) & u32::try_from(buckets - 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_listed_as_captured_answers_list_them() {
        for captured in [
            ["assumedRoleUser", "credentials", "sourceIdentity", "packedPolicySize"].as_slice(),
            &["arn", "userId", "account"],
            &["accessKeyId", "sessionToken", "expiration"],
        ] {
            assert!(captured.is_sorted_by_key(|name| listing_place(name, captured.len())), "{captured:?}");
        }
    }
}
