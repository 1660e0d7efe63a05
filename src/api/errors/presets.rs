//! Faults that many tests want, by name: what AWS says in each case, as a rule has it.

use serde_json::{Value, json};

use super::ApiError;
use super::authentication::expired_token;

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
        "throttle" => json!({"error": error(&ApiError::throttled(""))}),
        "internal-error" => json!({"error": error(&ApiError::internal(""))}),
        "expired-token" => json!({"error": error(&expired_token(""))}),
        "region-disabled" => {
            json!({"match": {"surface": "sts"}, "error": error(&ApiError::sts_deactivated("{account}"))})
        }
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
