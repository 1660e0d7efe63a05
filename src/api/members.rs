//! Reads the parameters of a call into typed members, and gathers everything that is wrong with them.

use crate::shape::{Constraints, Refusal, Shape, Violation, integer::Malformed};
use crate::wire::Params;

/// A member of an input.
pub trait InputMember: Sized {
    /// Whether a call without it is refused.
    const REQUIRED: bool;
    /// What its value must meet.
    const CONSTRAINTS: Constraints;

    /// Reads the member called `name`; what is wrong with it is noted in the reader.
    fn read(reader: &mut Reader<'_>, name: &'static str) -> Option<Self>;
}

/// The parameters of a call under reading.
pub struct Reader<'a> {
    params: &'a Params<'a>,
    malformed: Option<Malformed>,
    faults: Vec<Fault>,
}

/// One broken constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// As the service model spells it: `roleSessionName`.
    pub member: String,
    /// What was sent, if anything.
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

impl<'a> Reader<'a> {
    /// Begins to read.
    pub fn new(params: &'a Params<'a>) -> Self {
        Self { params, malformed: None, faults: Vec::new() }
    }

    /// The input, if nothing was wrong.
    pub fn finish<I>(mut self, input: Option<I>) -> Result<I, Unreadable> {
        if let Some(malformed) = self.malformed {
            return Err(Unreadable::Malformed(malformed));
        }
        match input {
            Some(input) if self.faults.is_empty() => Ok(input),
            _ => {
                self.faults.sort_by_key(|fault| listing_place(&fault.member));
                Err(Unreadable::Faults(self.faults))
            }
        }
    }

    fn value<T: Shape>(&mut self, name: &'static str) -> Option<Result<T, ()>> {
        let text = self.params.get(name)?;
        match T::parse(text) {
            Ok(value) => Some(Ok(value)),
            Err(Refusal::Malformed(malformed)) => {
                self.malformed.get_or_insert(malformed);
                Some(Err(()))
            }
            Err(Refusal::Violations(violations)) => {
                for violation in violations {
                    self.faults.push(Fault { member: lower_camel(name), value: Some(text.to_owned()), violation });
                }
                Some(Err(()))
            }
        }
    }
}

impl<T: Shape> InputMember for T {
    const REQUIRED: bool = true;
    const CONSTRAINTS: Constraints = <T as Shape>::CONSTRAINTS;

    fn read(reader: &mut Reader<'_>, name: &'static str) -> Option<Self> {
        let value = reader.value(name);
        if value.is_none() {
            reader.faults.push(Fault { member: lower_camel(name), value: None, violation: Violation::Null });
        }
        value?.ok()
    }
}

impl<T: Shape> InputMember for Option<T> {
    const REQUIRED: bool = false;
    const CONSTRAINTS: Constraints = <T as Shape>::CONSTRAINTS;

    fn read(reader: &mut Reader<'_>, name: &'static str) -> Option<Self> {
        match reader.value(name) {
            None => Some(None),
            Some(value) => value.ok().map(Some),
        }
    }
}

/// `RoleArn` as the service model spells it in messages: `roleArn`.
pub fn lower_camel(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + characters.as_str())
}

/// Where AWS puts a member when it lists several: the bucket of a Java 8 hash map of sixteen.
///
/// AWS: reproduces every captured order of members and of faults (iam-api section 3).
pub fn listing_place(member: &str) -> u32 {
    let hash = member.encode_utf16().fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
    (hash ^ hash >> 16) & 15
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
            assert!(captured.is_sorted_by_key(|member| listing_place(member)), "{captured:?}");
        }
    }
}
