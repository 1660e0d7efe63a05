//! Faults that many tests want, by name: what AWS says in each case, as a rule has it.

use serde_json::{Value, json};

use super::ApiError;

/// Every preset there is.
pub const NAMES: [&str; 8] = [
    "throttle",
    "internal-error",
    "expired-token",
    "region-disabled",
    "idp-unreachable",
    "packed-policy-too-large",
    "truncated-xml",
    "slow",
];

/// The rule of this name.
pub fn preset(name: &str) -> Option<Value> {
    Some(match name {
        "throttle" => json!({"error": {"code": "Throttling", "message": "Rate exceeded", "httpStatus": 400}}),
        "internal-error" => json!({"error": error(&ApiError::internal(""))}),
        "expired-token" => json!({"error": {
            "code": "ExpiredToken",
            "message": "The security token included in the request is expired",
            "httpStatus": 403,
        }}),
        "region-disabled" => json!({"match": {"surface": "sts"}, "error": {
            "code": "RegionDisabledException",
            "message": "STS is not activated in this region for account:{account}. Your account administrator can activate STS in this region using the IAM Console.",
            "httpStatus": 403,
        }}),
        "idp-unreachable" => {
            json!({"match": {"action": "AssumeRoleWithWebIdentity"}, "mutate": {"provider": "unreachable"}})
        }
        "packed-policy-too-large" => {
            json!({"match": {"surface": "sts"}, "error": error(&ApiError::too_large(112, false))})
        }
        "truncated-xml" => json!({"mutate": {"body": "truncated"}}),
        "slow" => json!({"latencyMs": {"min": 1000, "max": 3000}}),
        _ => return None,
    })
}

fn error(error: &ApiError) -> Value {
    json!({"code": error.code.as_str(), "message": error.message, "httpStatus": error.code.status()})
}
