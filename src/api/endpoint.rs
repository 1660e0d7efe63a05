//! Which endpoint a request was sent to: its region, global or regional.
//!
//! <https://docs.aws.amazon.com/general/latest/gr/sts.html>

use memchr::memchr;

use crate::ids::Endpoint;
use crate::ids::region::GLOBAL;
use crate::wire::RawRequest;

/// Which endpoints the listener answers for, where the host is no name of AWS's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionRule {
    /// The endpoint of whatever region a signature is scoped to, the global one for `aws-global`.
    Any,
    /// This one.
    Only(Endpoint),
}

impl RegionRule {
    /// The endpoint that answers what neither a host nor a signature tells it for.
    pub fn usual_endpoint(self) -> Endpoint {
        match self {
            Self::Only(endpoint) => endpoint,
            Self::Any => Endpoint::regional(GLOBAL),
        }
    }
}

/// What the host of a request says of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// It is a name of AWS's, of this endpoint of this service.
    OfAws(Endpoint, &'static str),
    /// It is any other.
    Other(RegionRule),
}

impl Host {
    /// What the request's `Host` says: a name of AWS's fixes the endpoint, any other leaves it to the rule.
    pub fn of(raw: &RawRequest<'_>, rule: RegionRule) -> Self {
        let authority = raw.header("host").unwrap_or_default();
        let host = memchr(b':', authority.as_bytes()).and_then(|at| authority.get(..at)).unwrap_or(authority);
        let Some(endpoint) = Endpoint::of_host(host) else { return Self::Other(rule) };
        let is_iam = host.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("iam."));
        Self::OfAws(endpoint, if is_iam { "iam" } else { "sts" })
    }

    /// Whether this service answers under that name: a name of AWS's belongs to one.
    pub fn is_of(self, service: &str) -> bool {
        match self {
            Self::OfAws(_, its) => its == service,
            Self::Other(_) => true,
        }
    }

    /// The endpoint that takes a signature scoped to this region, if there is one here.
    pub fn endpoint_for(self, scope_region: &str) -> Option<Endpoint> {
        let is_its_region = |endpoint: &Endpoint| endpoint.region.name == scope_region;
        match self {
            Self::OfAws(endpoint, _) => Some(endpoint).filter(is_its_region),
            Self::Other(RegionRule::Any) => Endpoint::named(scope_region),
            Self::Other(RegionRule::Only(endpoint)) => {
                Some(endpoint).filter(|it| is_its_region(it) || Endpoint::named(scope_region) == Some(*it))
            }
        }
    }

    /// The endpoint that answers what no signature tells it for.
    pub fn usual_endpoint(self) -> Endpoint {
        match self {
            Self::OfAws(endpoint, _) => endpoint,
            Self::Other(rule) => rule.usual_endpoint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    fn named(region: &str) -> Endpoint {
        Endpoint::named(region).unwrap()
    }

    #[test]
    fn a_host_of_aws_fixes_the_endpoint() {
        for (name, expect) in [
            ("sts.eu-central-1.amazonaws.com:443", named("eu-central-1")),
            ("STS.amazonaws.com", Endpoint::global()),
            ("sts.amazonaws.com.:443", Endpoint::global()),
        ] {
            for rule in [RegionRule::Any, RegionRule::Only(named("eu-west-1")), RegionRule::Only(Endpoint::global())] {
                let host = host(name, rule);
                assert_eq!(host.endpoint_for(expect.region.name), Some(expect), "{name}");
                assert_eq!(host.endpoint_for("eu-west-1"), None, "{name}");
                assert_eq!(host.endpoint_for("aws-global"), None, "{name}");
                assert_eq!(host.usual_endpoint(), expect, "{name}");
            }
        }
    }

    #[test]
    fn any_other_host_takes_every_region_there_is() {
        let local = host("127.0.0.1:4592", RegionRule::Any);
        for region in ["us-east-1", "eu-central-1", "ap-southeast-7", "cn-north-1", "aws-global"] {
            assert_eq!(local.endpoint_for(region), Some(named(region)), "{region}");
        }
        assert_eq!(local.endpoint_for("mars-north-1"), None);
        assert_eq!(local.usual_endpoint(), named("us-east-1"));
    }

    #[test]
    fn any_other_host_takes_the_region_of_the_rule() {
        for (rule, region, expect) in [
            ("eu-west-1", "eu-west-1", true),
            ("eu-west-1", "us-east-1", false),
            ("eu-west-1", "aws-global", false),
            ("us-east-1", "us-east-1", true),
            ("us-east-1", "aws-global", false),
            ("aws-global", "us-east-1", true),
            ("aws-global", "aws-global", true),
            ("aws-global", "eu-west-1", false),
        ] {
            let host = host("sts.mars-north-1.amazonaws.com", RegionRule::Only(named(rule)));
            assert_eq!(host.endpoint_for(region), expect.then(|| named(rule)), "{region} at {rule}");
            assert_eq!(host.usual_endpoint(), named(rule));
        }
    }
}
