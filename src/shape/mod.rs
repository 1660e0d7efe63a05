//! Constrained values: a constraint belongs to a shape, declared once, and every member of that shape obeys it.
//!
//! `shape!` turns one declaration into a private newtype, its parser, its description for the documents and
//! the bounds for the probes. The words in which AWS reports a violation are in `api::errors`.

mod class;
pub mod glob;
pub mod integer;
pub mod questions;
mod words;

pub use class::Class;

/// What a shape demands, as the service model would print it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Constraints {
    /// Name of the shape.
    pub name: &'static str,
    /// What the bounds count.
    pub measure: Measure,
    /// Least length or value.
    pub min: i64,
    /// Greatest length or value.
    pub max: i64,
    /// The character class, as AWS prints it.
    pub pattern: Option<&'static str>,
    /// Whether its values are never shown.
    pub secret: bool,
}

/// What the bounds of a shape count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Unicode scalar values of a text.
    Length,
    /// The value of a number.
    Value,
    /// The entries of a list.
    Entries,
    /// Nothing: it must be one of these words.
    Words(&'static [&'static str]),
}

/// One constraint that a value does not meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// A required member is absent.
    Null,
    /// A character outside the class.
    Pattern(&'static str),
    /// Fewer characters, or list entries, than this.
    TooShort(i64),
    /// More characters, or list entries, than this.
    TooLong(i64),
    /// A number below this.
    TooSmall(i64),
    /// A number above this.
    TooLarge(i64),
    /// None of these words.
    Word(&'static [&'static str]),
    /// Some entry of a list of plain values breaks the constraints of its shape.
    Entries(Constraints),
}

/// Why a wire text is not a value of its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The text is no number at all: refused before any constraint is looked at.
    Malformed(integer::Malformed),
    /// Every constraint it breaks.
    Violations(Vec<Violation>),
}

/// A value with constraints.
pub trait Shape: Sized {
    /// What it demands.
    const CONSTRAINTS: Constraints;

    /// The value of `text`, or everything that is wrong with it.
    fn parse(text: &str) -> Result<Self, Refusal>;
}

impl Constraints {
    /// Checks a text. The class is looked at before the length, as AWS mostly does.
    pub fn check_text(&self, class: Option<&Class>, text: &str) -> Result<(), Refusal> {
        let class_holds = class.is_none_or(|class| class.matches(text));
        let length = count(text);
        if class_holds && (self.min..=self.max).contains(&length) {
            return Ok(());
        }
        let mut violations = Vec::new();
        if let (false, Some(pattern)) = (class_holds, self.pattern) {
            violations.push(Violation::Pattern(pattern));
        }
        if length < self.min {
            violations.push(Violation::TooShort(self.min));
        }
        if length > self.max {
            violations.push(Violation::TooLong(self.max));
        }
        Err(Refusal::Violations(violations))
    }

    /// Checks a number.
    pub fn check_value(&self, value: i32) -> Result<(), Refusal> {
        let value = i64::from(value);
        if value < self.min {
            return Err(Refusal::Violations(vec![Violation::TooSmall(self.min)]));
        }
        if value > self.max {
            return Err(Refusal::Violations(vec![Violation::TooLarge(self.max)]));
        }
        Ok(())
    }
}

/// AWS counts Unicode scalar values.
fn count(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// Declares constrained types.
///
/// `Name: text MIN..=MAX of "PATTERN";` gives a private newtype over text; `of "PATTERN"` may be absent.
/// `Name: secret text MIN..=MAX;` gives one that does not print.
/// `Name: word { One "one", };` gives an enumeration of words, listed as AWS lists them.
/// `Name: integer MIN..=MAX;` gives a private newtype over `i32`, read as AWS reads integers.
#[macro_export]
macro_rules! shape {
    () => {};
    ($(#[$doc:meta])* $name:ident: text $min:literal ..= $max:literal $(of $pattern:literal)?; $($rest:tt)*) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        $crate::shape!(@text $name, $min, $max, secret: false $(, $pattern)?);

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0.into()
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                <Self as $crate::shape::Shape>::parse(&text)
                    .map_err(|_| serde::de::Error::custom($crate::shape::Expected(&<Self as $crate::shape::Shape>::CONSTRAINTS)))
            }
        }

        $crate::shape!($($rest)*);
    };
    ($(#[$doc:meta])* $name:ident: secret text $min:literal ..= $max:literal; $($rest:tt)*) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Box<str>);

        $crate::shape!(@text $name, $min, $max, secret: true);

        impl std::fmt::Debug for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        $crate::shape!($($rest)*);
    };
    ($(#[$doc:meta])* $name:ident: integer $min:literal ..= $max:literal; $($rest:tt)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(i32);

        impl $crate::shape::Shape for $name {
            const CONSTRAINTS: $crate::shape::Constraints = $crate::shape::Constraints {
                name: stringify!($name),
                measure: $crate::shape::Measure::Value,
                min: $min,
                max: $max,
                pattern: None,
                secret: false,
            };

            fn parse(text: &str) -> Result<Self, $crate::shape::Refusal> {
                let value = $crate::shape::integer::parse(text).map_err($crate::shape::Refusal::Malformed)?;
                Self::CONSTRAINTS.check_value(value)?;
                Ok(Self(value))
            }
        }

        impl $name {
            /// The number.
            pub fn get(self) -> i32 {
                self.0
            }
        }

        $crate::shape!($($rest)*);
    };
    ($(#[$doc:meta])* $name:ident: word { $($(#[$word_doc:meta])* $word:ident $wire:literal,)* }; $($rest:tt)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$word_doc])* $word,)* }

        impl $crate::shape::Shape for $name {
            const CONSTRAINTS: $crate::shape::Constraints = $crate::shape::Constraints {
                name: stringify!($name),
                measure: $crate::shape::Measure::Words(&[$($wire),*]),
                min: 0,
                max: 0,
                pattern: None,
                secret: false,
            };

            fn parse(text: &str) -> Result<Self, $crate::shape::Refusal> {
                match text {
                    $($wire => Ok(Self::$word),)*
                    _ => Err($crate::shape::Refusal::Violations(vec![$crate::shape::Violation::Word(&[$($wire),*])])),
                }
            }
        }

        impl $name {
            /// As it stands on the wire.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$word => $wire,)*
                }
            }
        }

        $crate::shape!($($rest)*);
    };
    (@text $name:ident, $min:literal, $max:literal, secret: $secret:literal $(, $pattern:literal)?) => {
        impl $crate::shape::Shape for $name {
            const CONSTRAINTS: $crate::shape::Constraints = $crate::shape::Constraints {
                name: stringify!($name),
                measure: $crate::shape::Measure::Length,
                min: $min,
                max: $max,
                pattern: $crate::shape!(@pattern $($pattern)?),
                secret: $secret,
            };

            fn parse(text: &str) -> Result<Self, $crate::shape::Refusal> {
                const CLASS: Option<$crate::shape::Class> = $crate::shape!(@class $($pattern)?);
                Self::CONSTRAINTS.check_text(CLASS.as_ref(), text)?;
                Ok(Self(text.into()))
            }
        }

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
    (@pattern) => { None };
    (@pattern $pattern:literal) => { Some($pattern) };
    (@class) => { None };
    (@class $pattern:literal) => { Some($crate::shape::Class::of($pattern)) };
}

/// Says in plain words what a shape wants: for seed files and other texts of our own, never for the wire.
pub struct Expected<'a>(pub &'a Constraints);

impl std::fmt::Display for Expected<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Constraints { name, measure, min, max, pattern, .. } = self.0;
        match measure {
            Measure::Length => write!(out, "{name} must have {min} to {max} characters")?,
            Measure::Value => write!(out, "{name} must be a number from {min} to {max}")?,
            Measure::Entries => write!(out, "{name} must have {min} to {max} entries")?,
            Measure::Words(words) => write!(out, "{name} must be one of {}", words.join(", "))?,
        }
        match pattern {
            Some(pattern) => write!(out, " of {pattern}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    shape! {
        /// A session name as STS wants it.
        Sample: text 2..=5 of r"[\w+=,.@-]*";
        /// A duration.
        Count: integer 900..=43200;
    }

    #[track_caller]
    fn check(text: &str, violations: &[Violation]) {
        let found = match Sample::parse(text) {
            Ok(_) => Vec::new(),
            Err(Refusal::Violations(found)) => found,
            Err(Refusal::Malformed(_)) => panic!("texts are never malformed"),
        };
        assert_eq!(found, violations, "{text}");
        assert!(Sample::parse(text).is_ok_and(|sample| sample.as_str() == text) == violations.is_empty());
    }

    #[test]
    fn every_broken_constraint_is_reported() {
        check("ab", &[]);
        check("a", &[Violation::TooShort(2)]);
        check("", &[Violation::TooShort(2)]);
        check("abcdef", &[Violation::TooLong(5)]);
        check("a:b", &[Violation::Pattern(r"[\w+=,.@-]*")]);
        check("a:bcdef", &[Violation::Pattern(r"[\w+=,.@-]*"), Violation::TooLong(5)]);
    }

    #[test]
    fn length_counts_scalar_values() {
        check("éé:", &[Violation::Pattern(r"[\w+=,.@-]*")]);
    }

    #[test]
    fn numbers_are_bounded_on_both_sides() {
        assert_eq!(Count::parse("0900").map(Count::get), Ok(900));
        assert_eq!(Count::parse("899"), Err(Refusal::Violations(vec![Violation::TooSmall(900)])));
        assert_eq!(Count::parse("43201"), Err(Refusal::Violations(vec![Violation::TooLarge(43200)])));
        assert_eq!(Count::parse("900.0"), Err(Refusal::Malformed(integer::Malformed::NotANumber)));
    }
}
