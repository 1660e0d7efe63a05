//! What the tokens of well-known platforms look like: `presets.json`, and how a subject fills in the rest.
//!
//! A subject has holes, `repo:{owner}/{repo}:...`; what a given subject has in their places goes into the claims.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Map, Value};

/// The tokens of one platform.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Preset {
    /// By which it is asked for.
    pub name: String,
    /// Whose tokens they are.
    pub about: String,
    /// The path of the issuer.
    pub issuer: String,
    platform: String,
    audience: Vec<String>,
    /// Whether one audience is a list too.
    #[serde(default)]
    pub audience_is_list: bool,
    /// Seconds that a token is good for.
    pub lifetime: i64,
    /// Seconds before its making from which it is good; it does not say if there are none.
    pub not_before: Option<i64>,
    /// How it is signed, if not in the usual way.
    pub algorithm: Option<String>,
    /// Whether its header does not say that it is a token.
    #[serde(default)]
    pub untyped: bool,
    /// The first is the one that is taken if none is given; of those that fit a given one the last counts.
    subjects: Vec<SubjectForm>,
    values: BTreeMap<String, String>,
    trust: Trust,
    claims: Map<String, Value>,
}

/// How the platform's guide has a role trust its tokens.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trust {
    /// For whom the guide has them made, if not for whom they are anyway.
    audience: Option<String>,
    /// The condition; its keys are without the name of the issuer.
    condition: Map<String, Value>,
}

/// A form of subjects, and what follows from it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectForm {
    pattern: String,
    #[serde(default)]
    values: BTreeMap<String, String>,
}

/// A preset with its holes filled.
#[derive(Debug, PartialEq)]
pub struct Filled {
    /// The claim `sub`.
    pub subject: String,
    /// How the platform itself is called as an issuer.
    pub platform: String,
    /// For whom, if nobody says otherwise.
    pub audience: Vec<String>,
    /// All the claims of the platform's own.
    pub claims: Map<String, Value>,
    /// For whom, if a role is to be assumed with it.
    pub trusted_audience: String,
    /// What a role demands of it; the keys are without the name of the issuer.
    pub condition: Map<String, Value>,
}

/// Values that mention values: no more of them within each other.
const DEEPEST: usize = 4;

/// Every preset.
pub fn all() -> &'static [Preset] {
    static ALL: OnceLock<Vec<Preset>> = OnceLock::new();
    // A unit test reads the same text.
    ALL.get_or_init(|| serde_json::from_str(include_str!("presets.json")).unwrap_or_default())
}

/// The preset of this name.
pub fn find(name: &str) -> Option<&'static Preset> {
    all().iter().find(|preset| preset.name == name)
}

impl Preset {
    /// The forms of its subjects.
    pub fn forms(&self) -> impl Iterator<Item = &str> {
        self.subjects.iter().map(|form| form.pattern.as_str())
    }

    /// Fills it in for this subject and this audience, or for its own.
    pub fn filled(&self, subject: Option<&str>, audience: Option<&str>) -> Filled {
        let fits = |form: &SubjectForm| Some((bound(&form.pattern, subject?)?, form.values.clone()));
        let (mut holes, values) = self.subjects.iter().rev().find_map(fits).unwrap_or_default();
        let own_values = [holes.clone(), values.clone(), self.values.clone()];
        let own = || self.subjects.first().and_then(|form| fill(&form.pattern, &own_values, DEEPEST));
        let subject = subject.map(str::to_owned).or_else(own).unwrap_or_default();
        let own_audience: Vec<String> =
            self.audience.iter().filter_map(|audience| fill(audience, &own_values, DEEPEST)).collect();
        let trusted = audience.or(self.trust.audience.as_deref()).or(own_audience.first().map(String::as_str));
        let trusted_audience = trusted.unwrap_or_default().to_owned();
        holes.insert("sub".to_owned(), subject.clone());
        holes.insert("aud".to_owned(), trusted_audience.clone());
        let layers = [holes, values, self.values.clone()];
        let fill = |template: &str| fill(template, &layers, DEEPEST);
        Filled {
            platform: fill(&self.platform).unwrap_or_default(),
            claims: members(&self.claims, &fill),
            condition: members(&self.trust.condition, &fill),
            audience: own_audience,
            trusted_audience,
            subject,
        }
    }
}

/// What `text` has in the holes of `pattern`; none if it does not fit.
fn bound(pattern: &str, text: &str) -> Option<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut pieces = pattern.split('{');
    let mut rest = text.strip_prefix(pieces.next()?)?;
    for piece in pieces {
        let (name, literal) = piece.split_once('}')?;
        let (value, behind) = if literal.is_empty() { (rest, "") } else { rest.split_once(literal)? };
        if value.is_empty() {
            return None;
        }
        found.insert(name.to_owned(), value.to_owned());
        rest = behind;
    }
    rest.is_empty().then_some(found)
}

/// A template with its holes filled, the first layer that knows a name winning; none if no layer does.
/// Doubled braces are braces.
fn fill(template: &str, layers: &[BTreeMap<String, String>], depth: usize) -> Option<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at_checked(at)?;
        out.push_str(before);
        if let Some(behind) = from.strip_prefix("{{") {
            out.push('{');
            rest = behind;
        } else if let Some(behind) = from.strip_prefix("}}") {
            out.push('}');
            rest = behind;
        } else {
            let (name, behind) = from.strip_prefix('{')?.split_once('}')?;
            let (layer, value) =
                layers.iter().enumerate().find_map(|(layer, values)| Some((layer, values.get(name)?)))?;
            // What was read out of a subject is as it is; only what is written here has holes.
            let value = if layer == 0 { value.clone() } else { fill(value, layers, depth.checked_sub(1)?)? };
            out.push_str(&value);
            rest = behind;
        }
    }
    out.push_str(rest);
    Some(out)
}

/// The members whose holes can be filled.
fn members(templates: &Map<String, Value>, fill: &dyn Fn(&str) -> Option<String>) -> Map<String, Value> {
    templates.iter().filter_map(|(name, template)| Some((name.clone(), value(template, fill)?))).collect()
}

fn value(template: &Value, fill: &dyn Fn(&str) -> Option<String>) -> Option<Value> {
    Some(match template {
        Value::String(text) => Value::String(fill(text)?),
        Value::Array(items) => items.iter().filter_map(|item| value(item, fill)).collect(),
        Value::Object(templates) => Value::Object(members(templates, fill)),
        other => other.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_can_be_read_and_filled() {
        let presets: Vec<Preset> = serde_json::from_str(include_str!("presets.json")).unwrap();
        assert!(presets.len() > 15);
        for preset in presets {
            let own = preset.filled(None, None);
            assert!(!own.subject.is_empty() && !own.audience.is_empty(), "{}", preset.name);
            assert_eq!(preset.filled(Some(&own.subject), None), own, "{}: its own subject fits it", preset.name);
            let text = format!("{own:?}");
            assert!(!text.contains("{owner") && !text.contains("{{"), "{text}");
            let demanded = |key: &str| own.condition["StringEquals"].get(key).is_some_and(|value| value != "");
            assert!(own.platform.starts_with("https://") && demanded(":aud"), "{text}");
        }
    }

    #[track_caller]
    fn check(preset: &str, subject: &str, expect: &[(&str, Option<&str>)]) {
        let filled = find(preset).unwrap().filled(Some(subject), None);
        assert_eq!(filled.subject, subject);
        for (claim, value) in expect {
            assert_eq!(filled.claims.get(*claim).and_then(Value::as_str), *value, "{claim} of {subject}");
        }
    }

    #[test]
    fn a_subject_fills_the_claims() {
        check(
            "github-actions",
            "repo:octo/tool:ref:refs/heads/feature/x",
            &[
                ("repository", Some("octo/tool")),
                ("ref", Some("refs/heads/feature/x")),
                ("ref_type", Some("branch")),
                ("environment", None),
                ("workflow_ref", Some("octo/tool/.github/workflows/ci.yml@refs/heads/feature/x")),
            ],
        );
        check("github-actions", "repo:octo/tool:ref:refs/tags/v1", &[("ref_type", Some("tag"))]);
        check("github-actions", "repo:o/t:pull_request", &[("event_name", Some("pull_request"))]);
        check("github-actions", "repo:o/t:environment:prod", &[("environment", Some("prod"))]);
        check(
            "github-actions",
            "repo:o@1/t@2:environment:prod",
            &[("repository", Some("o/t")), ("repository_id", Some("2")), ("repository_owner_id", Some("1"))],
        );
        check("github-actions", "something else", &[("repository", Some("acme/shop"))]);
        check("bitbucket", "{a}:{b}:{c}", &[("repositoryUuid", Some("{a}")), ("stepUuid", Some("{c}"))]);
        let filled = find("eks").unwrap().filled(Some("system:serviceaccount:blue:worker"), None);
        assert_eq!(filled.claims["kubernetes.io"]["serviceaccount"]["name"], "worker");
    }
}
