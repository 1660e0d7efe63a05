//! Which claims of a proved token become condition keys: those on AWS's list for its issuer, and no others.
//!
//! ATTACK: a claim that is not on the list is no key, so a condition on it meets an absent key, as on AWS.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif>

use super::claims::Claim;
use super::issuer::GOOGLE;
use super::verify::VerifiedToken;
use crate::federation::context::{ContextKey, ContextValue};

/// The condition keys of a token; `issuer` is the issuer's address without its scheme.
pub fn context_keys(token: &VerifiedToken, issuer: &str) -> Vec<ContextKey> {
    let key = |name: &str, value, lasting| ContextKey { key: [issuer, ":", name].concat(), value, lasting };
    let claims = token.claims();
    let one = |claim: &str| claims.get(claim).and_then(plain).map(ContextValue::One);
    let issued_for = match token.audiences() {
        [only] => ContextValue::One(only.clone()),
        several => ContextValue::Many(several.to_vec()),
    };
    let mut keys = vec![
        key("aud", ContextValue::One(token.audience().to_owned()), true),
        key("sub", ContextValue::One(token.subject().to_owned()), true),
        key("oaud", issued_for, false),
    ];
    keys.extend(claims.get("amr").and_then(list).map(|methods| key("amr", methods, true)));
    keys.extend(one("email").map(|email| key("email", email, false)));
    keys.extend(own_claims(issuer).iter().filter_map(|claim| Some(key(claim, one(claim)?, false))));
    if issuer == GOOGLE {
        keys.extend(organization(token).map(|number| key("google/organization_number", number, false)));
    }
    keys
}

/// A claim that is one value.
fn plain(claim: &Claim) -> Option<String> {
    match claim {
        Claim::Text(text) | Claim::Number(text) => Some(text.clone()),
        Claim::Bool(value) => Some(value.to_string()),
        Claim::Null | Claim::List(_) | Claim::Members(_) => None,
    }
}

fn list(claim: &Claim) -> Option<ContextValue> {
    match claim {
        Claim::List(items) => items.iter().map(plain).collect::<Option<Vec<String>>>().map(ContextValue::Many),
        claim => plain(claim).map(|value| ContextValue::Many(vec![value])),
    }
}

/// AWS spells the claim in two ways: flat, and within an object (B-209).
fn organization(token: &VerifiedToken) -> Option<ContextValue> {
    let within = token.claims().get("google").and_then(|google| match google {
        Claim::Members(members) => members.get("organization_number"),
        _ => None,
    });
    let claim = token.claims().get("google:organization_number").or(within);
    claim.and_then(plain).map(ContextValue::One)
}

/// The claims beside the standard ones that are keys for tokens of this issuer.
fn own_claims(issuer: &str) -> &'static [&'static str] {
    if is_github(issuer) {
        return &GITHUB;
    }
    match issuer {
        "gitlab.com" => &GITLAB,
        "agent.buildkite.com" => &BUILDKITE,
        _ if issuer.starts_with("oidc.circleci.com/org/") => &["oidc.circleci.com/project-id"],
        _ if issuer.starts_with("idcs-") && issuer.ends_with(".identity.oraclecloud.com") => &["rpst_id"],
        _ => &[],
    }
}

fn is_github(issuer: &str) -> bool {
    let hosted = |host: &str| issuer.strip_prefix(host).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let tenant = issuer.strip_prefix("token.actions.").and_then(|rest| rest.strip_suffix(".ghe.com"));
    hosted("token.actions.githubusercontent.com")
        || tenant.is_some_and(|tenant| !tenant.is_empty() && !tenant.contains(['.', '/']))
        || issuer.strip_prefix("github.com/enterprises/").is_some_and(|name| !name.is_empty())
}

const GITHUB: [&str; 10] = [
    "actor",
    "actor_id",
    "enterprise_id",
    "environment",
    "job_workflow_ref",
    "ref",
    "repository",
    "repository_id",
    "repository_owner_id",
    "workflow",
];

const GITLAB: [&str; 9] = [
    "namespace_id",
    "pipeline_source",
    "project_id",
    "ref_protected",
    "runner_environment",
    "user_access_level",
    "user_email",
    "user_id",
    "user_login",
];

const BUILDKITE: [&str; 7] = [
    "build_branch",
    "cluster_id",
    "cluster_name",
    "organization_id",
    "organization_slug",
    "pipeline_id",
    "pipeline_slug",
];
