//! API gateways: `execute-api:Invoke` on `arn:aws:execute-api:region:account:api/stage/METHOD/path`.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html>

use std::borrow::Cow;

use super::super::decide::Wanted;
use super::super::request::Received;
use super::{ExecuteApi, Told, Unmapped, decoded, has_odd_segments};
use crate::ids::region;
use crate::policy::context::RequestContext;

/// AWS: a request line and its headers together have 10 KiB.
const LONGEST_PATH: usize = 8 * 1024;

pub(super) fn map<'a>(
    received: &Received<'_>,
    api: &ExecuteApi<'_>,
    told: &Told<'_>,
) -> Result<Vec<Wanted<'a>>, Unmapped> {
    // ATTACK: a server may take `delete` for `DELETE`, which a policy that denies the latter does not mean.
    if received.method.is_empty() || !received.method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(Unmapped::Unknown("the method is not in capital letters"));
    }
    let path = decoded(received.path).ok_or(Unmapped::Unknown("the path is no text"))?;
    let path = path.strip_prefix('/').unwrap_or(&path);
    // ATTACK: a server may take `/pets/../admin`, `/pets/..;/admin` or `//admin` for `/admin`, which a policy about pets
    // does not mean.
    let doubled = path.starts_with('/') || path.contains("//");
    if path.len() > LONGEST_PATH {
        return Err(Unmapped::Unknown("the path is longer than gateways take it"));
    }
    if has_odd_segments(path) || doubled || ["%2f", "%2F", "#"].iter().any(|odd| received.path.contains(odd)) {
        return Err(Unmapped::Unknown("the path has segments that servers read differently"));
    }
    let (stage, path) = match api.stage.as_deref() {
        Some(stage) => (stage, path),
        None => path.split_once('/').unwrap_or((path, "")),
    };
    let api_id = match api.api_id.as_deref() {
        Some(id) => id,
        None => {
            told.host
                .split_once(".execute-api.")
                .ok_or(Unmapped::Unknown("neither `executeApi` nor the host names the API"))?
                .0
        }
    };
    let said = api.account_id.as_deref().map(Cow::Borrowed);
    let Some(account) = said.or_else(|| told.account.map(|account| Cow::Owned(account.to_string()))) else {
        return Err(Unmapped::Unknown("`executeApi` does not name the account of the API"));
    };
    let partition = region::find(told.region).map_or("aws", |region| region.partition.as_str());
    let (region, method) = (told.region, received.method);
    let resource = format!("arn:{partition}:execute-api:{region}:{account}:{api_id}/{stage}/{method}/{path}");
    Ok(vec![Wanted {
        id: None,
        action: Cow::Borrowed("execute-api:Invoke"),
        resource: Cow::Owned(resource),
        context: RequestContext::new(),
    }])
}
