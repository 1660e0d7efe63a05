//! How paths are narrowed down in requests.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names>

use super::names::{PATH_PATTERN, Path};
use crate::shape::{Constraints, Measure, Refusal, Shape, Violation};

/// The form of how paths begin, as IAM's model writes it.
pub const PREFIX_PATTERN: &str = r"\u002F[\u0021-\u007F]*";
/// The form of paths of managed policies, as IAM's model writes it.
pub const POLICY_PATH_PATTERN: &str = r"((/[A-Za-z0-9\.,\+@=_-]+)*)/";

/// How paths of a list begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPrefix(Box<str>);

/// The path of a managed policy, which has fewer characters than others; or how such paths begin, slash by slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyPath(Path);

/// A whole path by which a list is narrowed down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrefixPath(Path);

const fn constraints(name: &'static str, pattern: &'static str) -> Constraints {
    Constraints { name, measure: Measure::Length, min: 1, max: 512, pattern: Some(pattern), secret: false }
}

fn refused(text: &str, pattern: &'static str) -> Refusal {
    let too_long = text.chars().count() > 512;
    Refusal::Violations(vec![if too_long { Violation::TooLong(512) } else { Violation::Pattern(pattern) }])
}

impl Shape for PathPrefix {
    const CONSTRAINTS: Constraints = constraints("PathPrefix", PREFIX_PATTERN);

    fn parse(text: &str) -> Result<Self, Refusal> {
        let fits = text.starts_with('/') && text.len() <= 512 && text.bytes().all(|byte| (0x21..=0x7F).contains(&byte));
        if fits { Ok(Self(text.into())) } else { Err(refused(text, PREFIX_PATTERN)) }
    }
}

impl Shape for PolicyPath {
    const CONSTRAINTS: Constraints = constraints("PolicyPath", POLICY_PATH_PATTERN);

    fn parse(text: &str) -> Result<Self, Refusal> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".,+@=_-".contains(&byte);
        let inside = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
        let fits = inside.is_some_and(|it| it.split('/').all(|part| !part.is_empty() && part.bytes().all(plain)));
        let path = Path::parse(text).filter(|_| fits || text == "/");
        path.map(Self).ok_or_else(|| refused(text, POLICY_PATH_PATTERN))
    }
}

impl Shape for PrefixPath {
    const CONSTRAINTS: Constraints = constraints("PrefixPath", PATH_PATTERN);

    fn parse(text: &str) -> Result<Self, Refusal> {
        <Path as Shape>::parse(text).map(Self)
    }
}

impl PolicyPath {
    /// The path.
    pub fn into_path(self) -> Path {
        self.0
    }
}

impl AsRef<str> for PathPrefix {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for PolicyPath {
    fn as_ref(&self) -> &str {
        self.0.as_str()
    }
}

impl AsRef<str> for PrefixPath {
    fn as_ref(&self) -> &str {
        self.0.as_str()
    }
}
