//! The facts of one request that conditions and variables read: `aws:SourceIp`, `sts:ExternalId`, tags.
//!
//! Holds what it is given and asks nobody; who fills it decides what is true. Key names ignore case, values do not.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Display;

use crate::time::Timestamp;

/// Context keys with their values, for one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestContext<'a> {
    /// Sorted by key, ignoring case.
    entries: Vec<(Cow<'a, str>, ContextValue<'a>)>,
    /// The only keys that will be read, sorted like the entries, where that is known: no other is kept.
    read: Option<Vec<&'a str>>,
    /// Nobody asks: it is simulated.
    simulated: bool,
}

/// Where keys come from, once any are wanted.
// WHY: most policies read none, and gathering them takes longer than judging.
pub trait ContextSource {
    /// Sets them, in place of what is there.
    fn fill<'c>(&'c self, context: &mut RequestContext<'c>);
}

impl ContextSource for RequestContext<'_> {
    fn fill<'c>(&'c self, context: &mut RequestContext<'c>) {
        context.take_over(self);
    }
}

/// What a key holds. Whether it is one or many belongs to the key, not to how many values there happen to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContextValue<'a> {
    /// A single-valued key; an empty text is a value.
    One(Cow<'a, str>),
    /// A multi-valued key such as `aws:TagKeys`, which plain operators never match.
    Many(Vec<Cow<'a, str>>),
}

impl ContextValue<'_> {
    /// The values, however many there are.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (one, many) = match self {
            Self::One(value) => (Some(value), None),
            Self::Many(values) => (None, Some(values)),
        };
        one.into_iter().chain(many.into_iter().flatten()).map(Cow::as_ref)
    }
}

impl<'a> RequestContext<'a> {
    /// A context without keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// A context without keys but with room for some.
    pub fn with_capacity(keys: usize) -> Self {
        Self { entries: Vec::with_capacity(keys), ..Self::default() }
    }

    /// A context of which nobody will read more than these keys.
    pub fn for_reading(mut keys: Vec<&'a str>) -> Self {
        // ATTACK: a policy reads thousands, and a service tells hundreds.
        keys.sort_unstable_by(|one, other| compare_ignoring_case(one, other));
        keys.dedup_by(|one, other| compare_ignoring_case(one, other).is_eq());
        Self { read: Some(keys), ..Self::default() }
    }

    /// A context of a simulation. AWS's simulator stumbles over texts that its judges pass over (measured).
    pub fn simulated() -> Self {
        Self { simulated: true, ..Self::default() }
    }

    pub(super) fn is_simulated(&self) -> bool {
        self.simulated
    }

    /// Sets a single-valued key, in place of what it held in any case.
    pub fn set(&mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        self.put(key.into(), ContextValue::One(value.into()));
    }

    /// Sets a single-valued key if there is a value.
    pub fn set_some(&mut self, key: impl Into<Cow<'a, str>>, value: Option<impl Into<Cow<'a, str>>>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    /// Sets a single-valued key to what is written of `value`.
    pub fn set_shown(&mut self, key: &'a str, value: impl Display) {
        if self.is_read(key) {
            self.set(key, value.to_string());
        }
    }

    /// Sets a multi-valued key; an empty list is a present key without values.
    pub fn set_many<V: Into<Cow<'a, str>>>(
        &mut self,
        key: impl Into<Cow<'a, str>>,
        values: impl IntoIterator<Item = V>,
    ) {
        let values = values.into_iter().map(Into::into).collect();
        self.put(key.into(), ContextValue::Many(values));
    }

    /// Sets a key to `true` or `false`.
    pub fn set_bool(&mut self, key: impl Into<Cow<'a, str>>, value: bool) {
        self.set(key, if value { "true" } else { "false" });
    }

    /// Sets a key to a whole number.
    pub fn set_number(&mut self, key: &'a str, value: i64) {
        self.set_shown(key, value);
    }

    /// Sets a key to an instant, to the second.
    pub fn set_date(&mut self, key: &'a str, value: Timestamp) {
        self.set_shown(key, value.iso());
    }

    /// Sets `{family}/{tag}`, as in `aws:PrincipalTag/team`. Of tags that differ in case only, the last one set answers.
    pub fn set_tag(&mut self, family: &str, tag: &str, value: impl Into<Cow<'a, str>>) {
        let mut key = String::with_capacity(family.len() + tag.len() + 1);
        key.push_str(family);
        key.push('/');
        key.push_str(tag);
        self.set(key, value);
    }

    /// Sets every key that `other` has, in place of what it held.
    pub fn take_over(&mut self, other: &Self) {
        if self.entries.is_empty() && self.read.is_none() {
            self.entries.clone_from(&other.entries);
            return;
        }
        for (key, value) in &other.entries {
            if self.is_read(key) {
                self.keep(key.clone(), value.clone());
            }
        }
    }

    /// What a key holds; its name in any case.
    pub fn get(&self, key: &str) -> Option<&ContextValue<'a>> {
        let at = self.find(key).ok()?;
        self.entries.get(at).map(|(_, value)| value)
    }

    /// Whether it has no keys.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All keys as they were spelled, with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ContextValue<'a>)> {
        self.entries.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// Whether it is of any use to set a key.
    pub fn is_read(&self, key: &str) -> bool {
        let is_among = |read: &Vec<&str>| read.binary_search_by(|read| compare_ignoring_case(read, key)).is_ok();
        self.read.as_ref().is_none_or(is_among)
    }

    fn put(&mut self, key: Cow<'a, str>, value: ContextValue<'a>) {
        if self.is_read(&key) {
            self.keep(key, value);
        }
    }

    fn keep(&mut self, key: Cow<'a, str>, value: ContextValue<'a>) {
        match self.find(&key) {
            Ok(at) => {
                if let Some(entry) = self.entries.get_mut(at) {
                    *entry = (key, value);
                }
            }
            Err(at) => self.entries.insert(at, (key, value)),
        }
    }

    fn find(&self, key: &str) -> Result<usize, usize> {
        self.entries.binary_search_by(|(have, _)| compare_ignoring_case(have, key))
    }
}

/// Orders texts by their lower-case characters. ASCII is compared bytewise, the rest character by character.
fn compare_ignoring_case(one: &str, other: &str) -> Ordering {
    let pairs = one.bytes().zip(other.bytes());
    let mut same = 0;
    for (left, right) in pairs {
        if !left.is_ascii() || !right.is_ascii() {
            let lower = |text: &str| -> Vec<char> {
                text.get(same..).unwrap_or_default().chars().flat_map(char::to_lowercase).collect()
            };
            return lower(one).cmp(&lower(other));
        }
        match left.to_ascii_lowercase().cmp(&right.to_ascii_lowercase()) {
            Ordering::Equal => same += 1,
            unequal => return unequal,
        }
    }
    one.len().cmp(&other.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(context: &RequestContext<'_>, key: &str, texts: &[&str]) {
        let found: Vec<&str> = context.get(key).map(|value| value.texts().collect()).unwrap_or_default();
        assert_eq!(found, texts, "{key}");
    }

    #[test]
    fn keys_ignore_case_and_the_last_value_answers() {
        let mut context = RequestContext::new();
        context.set("aws:username", "alice");
        context.set_tag("aws:PrincipalTag", "Team", "red");
        context.set_tag("aws:PrincipalTag", "TEAM", "blue");
        context.set_tag("aws:PrincipalTag", "Größe", "m");
        context.set_many("aws:TagKeys", ["a", "b"]);
        context.set_date("aws:CurrentTime", Timestamp::from_seconds(0));
        check(&context, "AWS:UserName", &["alice"]);
        check(&context, "aws:principaltag/team", &["blue"]);
        check(&context, "aws:PrincipalTag/GRÖßE", &["m"]);
        check(&context, "aws:tagkeys", &["a", "b"]);
        check(&context, "aws:currenttime", &["1970-01-01T00:00:00Z"]);
        check(&context, "aws:absent", &[]);
    }

    #[test]
    fn a_key_that_nobody_reads_is_not_kept() {
        let mut all = RequestContext::new();
        all.set("aws:userid", "u");
        all.set_tag("aws:PrincipalTag", "Größe", "m");
        let mut context =
            RequestContext::for_reading(vec!["aws:tagkeys", "AWS:UserName", "aws:principaltag/GRÖßE", "aws:USERNAME"]);
        context.take_over(&all);
        context.set("aws:username", "alice");
        context.set_number("aws:EpochTime", 0);
        check(&context, "aws:username", &["alice"]);
        check(&context, "aws:PrincipalTag/größe", &["m"]);
        assert_eq!(context.iter().count(), 2);
    }
}
