//! Which endpoint a request was sent to: its region, global or regional.
//!
//! <https://docs.aws.amazon.com/general/latest/gr/sts.html>

use crate::ids::region::{self, Endpoint, Region};
use crate::wire::RawRequest;

/// Which endpoints the listener answers for, where the host is no name of AWS's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionRule {
    /// The regional endpoint of whatever region a signature is scoped to.
    Any,
    /// This one.
    Only(Endpoint),
}

/// What the host of a request says of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host(Option<Endpoint>);

impl Host {
    /// What the request's `Host` says: a name of AWS's fixes the endpoint, any other leaves it to the rule.
    pub fn of(raw: &RawRequest<'_>, rule: RegionRule) -> Self {
        let host = raw.header("host").unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default();
        Self(named(host).or(match rule {
            RegionRule::Any => None,
            RegionRule::Only(endpoint) => Some(endpoint),
        }))
    }

    /// The region that a scope means here, if there is an endpoint that takes it.
    pub fn region(self, scope_region: &str) -> Option<&'static Region> {
        match self.0 {
            Some(Endpoint { region, .. }) => Some(region).filter(|region| region.name == scope_region),
            None => region::find(scope_region),
        }
    }

    /// The endpoint that answers a signature scoped to `region`.
    pub fn endpoint_in(self, region: &'static Region) -> Endpoint {
        self.0.unwrap_or_else(|| Endpoint::regional(region))
    }
}

/// What stands behind the region in names of endpoints.
const DOMAINS: [&str; 4] = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn"];

/// The endpoint of a host name of AWS's.
fn named(host: &str) -> Option<Endpoint> {
    // Every request comes by here: what ends in another letter is no host of AWS's.
    if !host.ends_with(['m', 'M', 'n', 'N', 's', 'S']) {
        return None;
    }
    let name = host.to_ascii_lowercase();
    if name == "sts.amazonaws.com" {
        return Some(Endpoint::global());
    }
    let rest = name.strip_prefix("sts.").or_else(|| name.strip_prefix("sts-fips."))?;
    let region = DOMAINS.iter().find_map(|domain| region::find(rest.strip_suffix(domain)?))?;
    Some(Endpoint::regional(region))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::region::GLOBAL;

    fn host(name: &str, rule: RegionRule) -> Host {
        let headers = [("host", name.as_bytes())];
        let raw = RawRequest {
            method: "POST",
            path: "/",
            query: "",
            headers: &headers,
            body: b"",
            peer: None,
            secure: false,
        };
        Host::of(&raw, rule)
    }

    fn regional(region: &str) -> Endpoint {
        Endpoint::regional(region::find(region).unwrap())
    }

    #[test]
    fn a_host_of_aws_fixes_the_endpoint() {
        for (name, expect) in [
            ("sts.eu-central-1.amazonaws.com:443", regional("eu-central-1")),
            ("sts-fips.us-west-2.amazonaws.com", regional("us-west-2")),
            ("sts.cn-north-1.amazonaws.com.cn", regional("cn-north-1")),
            ("sts.af-south-1.api.aws", regional("af-south-1")),
            ("STS.amazonaws.com", Endpoint::global()),
        ] {
            let host = host(name, RegionRule::Only(regional("eu-west-1")));
            assert_eq!(host.region(expect.region.name), Some(expect.region), "{name}");
            assert_eq!(host.region("eu-west-1"), None, "{name}");
            assert_eq!(host.endpoint_in(GLOBAL), expect, "{name}");
        }
    }

    #[test]
    fn any_other_host_takes_every_region_there_is() {
        let local = host("127.0.0.1:4592", RegionRule::Any);
        for region in ["us-east-1", "eu-central-1", "ap-southeast-7"] {
            assert_eq!(local.region(region).map(|region| local.endpoint_in(region)), Some(regional(region)));
        }
        assert_eq!(local.region("mars-north-1"), None);
        let fixed = host("sts.mars-north-1.amazonaws.com", RegionRule::Only(regional("eu-west-1")));
        assert_eq!(fixed.endpoint_in(GLOBAL), regional("eu-west-1"));
        assert_eq!(fixed.region("us-east-1"), None);
    }
}
