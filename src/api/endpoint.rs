//! Which endpoint a request was sent to: its region, global or regional.
//!
//! <https://docs.aws.amazon.com/general/latest/gr/sts.html>

use crate::ids::region::{self, GLOBAL};
use crate::sessions::TokenVersion;
use crate::wire::RawRequest;

/// Which regions the listener answers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionRule {
    /// Every region of the table, unless the host names one.
    Any,
    /// This one.
    Only(&'static str),
}

/// The endpoint that a request means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The region that signatures must be scoped to; none if any of the table is fine.
    pub region: Option<&'static str>,
    /// Whether it is the endpoint without a region in its name.
    pub global: bool,
}

impl Endpoint {
    /// The endpoint that the request's `Host` names: a name of AWS's fixes it, any other leaves it to the rule.
    pub fn of(raw: &RawRequest<'_>, rule: RegionRule) -> Self {
        let host = raw.header("host").unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default();
        match named(host) {
            Some(endpoint) => endpoint,
            None => match rule {
                RegionRule::Any => Self { region: None, global: false },
                RegionRule::Only(region) => Self { region: Some(region), global: false },
            },
        }
    }

    /// Whether a signature may be scoped to this region.
    pub fn takes(&self, scope_region: &str) -> bool {
        match self.region {
            Some(region) => region == scope_region,
            None => region::find(scope_region).is_some(),
        }
    }

    /// The region that answers a signature scoped to `scope_region`, which it takes.
    pub fn region_of(&self, scope_region: &str) -> &'static str {
        self.region.or_else(|| region::find(scope_region).map(|(region, _)| region)).unwrap_or(GLOBAL)
    }

    /// The kind of session token that is issued here.
    pub fn token_version(&self) -> TokenVersion {
        if self.global { TokenVersion::V1 } else { TokenVersion::V2 }
    }
}

/// The endpoint of a host name of AWS's.
fn named(host: &str) -> Option<Endpoint> {
    // Every request comes by here: what ends in another letter is no host of AWS's.
    if !host.ends_with(['m', 'M', 'n', 'N']) {
        return None;
    }
    let name = host.to_ascii_lowercase();
    if name == "sts.amazonaws.com" {
        return Some(Endpoint { region: Some(GLOBAL), global: true });
    }
    let rest = name.strip_prefix("sts.").or_else(|| name.strip_prefix("sts-fips."))?;
    let region = rest.strip_suffix(".amazonaws.com").or_else(|| rest.strip_suffix(".amazonaws.com.cn"))?;
    let (region, _) = region::find(region)?;
    Some(Endpoint { region: Some(region), global: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(host: &str, rule: RegionRule) -> Endpoint {
        let headers = [("host", host.as_bytes())];
        let raw = RawRequest {
            method: "POST",
            path: "/",
            query: "",
            headers: &headers,
            body: b"",
            peer: None,
            secure: false,
        };
        Endpoint::of(&raw, rule)
    }

    #[test]
    fn a_host_of_aws_fixes_the_region() {
        let regional = endpoint("sts.eu-central-1.amazonaws.com:443", RegionRule::Any);
        assert_eq!((regional.region, regional.global), (Some("eu-central-1"), false));
        let global = endpoint("STS.amazonaws.com", RegionRule::Only("eu-central-1"));
        assert_eq!((global.region, global.global), (Some("us-east-1"), true));
    }

    #[test]
    fn any_other_host_takes_every_region_there_is() {
        let local = endpoint("127.0.0.1:4592", RegionRule::Any);
        assert!(local.takes("eu-central-1") && local.takes("ap-southeast-7") && !local.takes("mars-north-1"));
        let fixed = endpoint("sts.mars-north-1.amazonaws.com", RegionRule::Only("eu-west-1"));
        assert!(fixed.takes("eu-west-1") && !fixed.takes("us-east-1"));
    }
}
