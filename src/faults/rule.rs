//! One rule, as it is written: what it matches, how often, and what it does.

use serde::{Deserialize, Serialize};

use crate::shape::glob;

/// Where something can go wrong.
pub const SURFACES: [&str; 8] = ["sts", "iam", "validator", "oidc", "saml", "sign-in", "container", "imds"];

const LONGEST_ID: usize = 128;
const LONGEST_CODE: usize = 128;
const LONGEST_MESSAGE: usize = 2048;
const LONGEST_PATTERN: usize = 2048;
/// A connection on which nothing happens for a minute is cut.
const LONGEST_MILLIS: u64 = 55_000;

/// What shall go wrong, when and how often.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Rule {
    /// Its name; of one without, `rule-1` and so on.
    #[serde(default)]
    pub id: String,
    /// Which calls.
    #[serde(rename = "match", default)]
    pub matches: Match,
    /// How often; without it, always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// How likely; without it, certainly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Where its chance begins: of the same number, the same calls are struck.
    #[serde(default)]
    pub seed: u64,
    /// What happens.
    #[serde(flatten)]
    pub effect: Effect,
}

/// Which calls a rule is about. Patterns have `*` and `?`; what is not there matches all.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Match {
    /// Where; without it, everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surface: Option<String>,
    /// For what, perhaps with the surface before it: `sts:Assume*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The role that is to be assumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// The caller's ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// The account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The caller's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
}

/// What happens to a call.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    /// It is refused, and nothing is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Injected>,
    /// Its answer waits.
    #[serde(rename = "latencyMs", default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// It gets none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<Connection>,
    /// It gets another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutate: Option<Mutation>,
}

/// A refusal that nobody has earned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Injected {
    /// Its code. `{account}` in the text becomes the caller's account.
    pub code: String,
    /// Its text.
    pub message: Option<String>,
    /// Its status.
    #[serde(rename = "httpStatus", default = "bad_request")]
    pub status: u16,
}

fn bad_request() -> u16 {
    400
}

/// How long an answer waits, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(untagged, expecting = "latencyMs is a number, or {min, max}")]
pub enum Latency {
    /// So long.
    Fixed(u64),
    /// Somewhere between these.
    Between(Range),
}

/// The least and the most.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    min: u64,
    max: u64,
}

/// What becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Connection {
    /// It is cut without an answer, and nothing is done.
    Reset,
}

/// What of an answer is not as it should be.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Mutation {
    /// The credentials that it hands out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Credentials>,
    /// Its document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// Who vouches for tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
}

/// How credentials can be no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credentials {
    /// Their time was over before they were handed out.
    AlreadyExpired,
}

/// How a document can be no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    /// It breaks off in the middle.
    Truncated,
}

/// How a provider can be no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Its keys cannot be fetched.
    Unreachable,
}

impl Rule {
    /// Whether it can be meant; if not, what is wrong with it.
    pub fn check(&self) -> Result<(), String> {
        let Effect { error, latency, connection, mutate } = &self.effect;
        let about = if self.id.is_empty() { String::new() } else { format!("rule {}: ", self.id) };
        let wrong = |what: &str| Err(format!("{about}{what}"));
        if error.is_none() && latency.is_none() && connection.is_none() && mutate.is_none_or(Mutation::is_nothing) {
            return wrong("say what shall happen: error, latencyMs, connection, mutate or a preset");
        }
        let fine = |letter: char| letter.is_ascii_alphanumeric() || "-._~".contains(letter);
        let is_path = matches!(self.id.as_str(), "." | "..");
        if self.id.len() > LONGEST_ID || is_path || !self.id.chars().all(fine) {
            return wrong("an id has at most 128 letters, digits and -._~");
        }
        if self.times == Some(0) {
            return wrong("times is at least 1");
        }
        if self.probability.is_some_and(|probability| !(0.0..=1.0).contains(&probability)) {
            return wrong("probability is a number from 0 to 1");
        }
        if let Some(error) = error {
            let named = !error.code.is_empty() && error.code.len() <= LONGEST_CODE;
            if !named || !error.code.chars().all(|letter| letter.is_ascii_alphanumeric() || ".:".contains(letter)) {
                return wrong("error.code is a word of letters and digits");
            }
            if !(400..=599).contains(&error.status) {
                return wrong("error.httpStatus is a number from 400 to 599");
            }
            if error.message.as_ref().is_some_and(|message| message.len() > LONGEST_MESSAGE) {
                return wrong("error.message has at most 2048 bytes");
            }
        }
        if latency.is_some_and(|latency| !latency.is_sensible()) {
            return wrong(
                "latencyMs is a number up to 55000, or {min, max} of such numbers: after a minute connections are cut",
            );
        }
        if let Some(surface) = self.matches.surface.as_deref().filter(|surface| !SURFACES.contains(surface)) {
            return wrong(&format!("there is no surface {surface}; there are {}", SURFACES.join(", ")));
        }
        let (named, action) = self.matches.said_of_action();
        if !SURFACES.iter().any(|surface| glob::matches(named, surface)) {
            let surfaces = SURFACES.join(", ");
            return wrong(&format!("before the colon of an action stands a surface: {named} is none of {surfaces}"));
        }
        let Match { surface, action: _, role_arn, caller, account_id, access_key_id } = &self.matches;
        let who =
            [("roleArn", role_arn), ("caller", caller), ("accountId", account_id), ("accessKeyId", access_key_id)];
        let who = who.map(|(field, pattern)| (field, pattern.as_deref()));
        let mut patterns = who.iter().filter_map(|(_, pattern)| *pattern).chain([action]);
        if patterns.any(|pattern| pattern.len() > LONGEST_PATTERN) {
            return wrong("a pattern has at most 2048 bytes");
        }
        if self.matches.surfaces().next().is_none() {
            let surface = surface.as_deref().unwrap_or_default();
            return wrong(&format!("no call is of the surface {surface} and of {named}: leave one of them out"));
        }
        if !self.matches.surfaces().any(|surface| matches!(surface, "sts" | "iam")) {
            if mutate.is_some_and(|it| !it.is_nothing()) {
                return wrong("mutate is for calls of sts and iam");
            }
            if let Some((field, _)) = who.iter().find(|(_, pattern)| pattern.is_some()) {
                return wrong(&format!("{field} is known of calls of sts and iam alone: leave it out"));
            }
        }
        Ok(())
    }
}

impl Match {
    /// The surfaces of which it has any calls.
    pub fn surfaces(&self) -> impl Iterator<Item = &'static str> {
        let (named, _) = self.said_of_action();
        let is_meant = move |surface: &&str| {
            self.surface.as_deref().is_none_or(|only| only == *surface) && glob::matches(named, surface)
        };
        SURFACES.into_iter().filter(is_meant)
    }

    /// Two patterns: `sts` and `Assume*` of `sts:Assume*`; of any surface, if it names none.
    pub fn said_of_action(&self) -> (&str, &str) {
        let action = self.action.as_deref().unwrap_or("*");
        action.split_once(':').unwrap_or(("*", action))
    }
}

impl Effect {
    /// Whether the call is not carried out.
    pub fn stops(&self) -> bool {
        self.error.is_some() || self.resets()
    }

    /// Whether the connection is cut.
    pub fn resets(&self) -> bool {
        self.connection == Some(Connection::Reset)
    }

    /// Whether the answer breaks off in the middle.
    pub fn truncates(&self) -> bool {
        self.mutate.is_some_and(|mutate| mutate.body == Some(Body::Truncated))
    }

    /// Whether credentials that are handed out have expired already.
    pub fn expires_credentials(&self) -> bool {
        self.mutate.is_some_and(|mutate| mutate.credentials == Some(Credentials::AlreadyExpired))
    }

    /// Whether keys of issuers cannot be fetched.
    pub fn cuts_off_providers(&self) -> bool {
        self.mutate.is_some_and(|mutate| mutate.provider == Some(Provider::Unreachable))
    }
}

impl Effect {
    /// Whether answers are all that it touches.
    pub(super) fn only_alters(&self) -> bool {
        self.error.is_none() && self.latency.is_none() && self.connection.is_none()
    }
}

impl Mutation {
    fn is_nothing(self) -> bool {
        self.credentials.is_none() && self.body.is_none() && self.provider.is_none()
    }
}

impl Latency {
    pub(super) fn drawn(self, chance: u64) -> u64 {
        match self {
            Self::Fixed(millis) => millis,
            Self::Between(Range { min, max }) => min + chance % (max.saturating_sub(min) + 1),
        }
    }

    fn is_sensible(self) -> bool {
        match self {
            Self::Fixed(millis) => millis <= LONGEST_MILLIS,
            Self::Between(Range { min, max }) => min <= max && max <= LONGEST_MILLIS,
        }
    }
}
