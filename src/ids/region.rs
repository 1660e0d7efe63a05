//! Partitions and their regions, and what an account can have set about them.
//!
//! <https://docs.aws.amazon.com/general/latest/gr/sts.html>

use serde::{Deserialize, Serialize};

/// A separate realm of AWS, as ARNs name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, derive_more::Display)]
#[display("{}", self.as_str())]
pub enum Partition {
    /// Commercial regions.
    #[serde(rename = "aws")]
    Aws,
    /// China.
    #[serde(rename = "aws-cn")]
    China,
    /// United States government.
    #[serde(rename = "aws-us-gov")]
    UsGov,
}

impl Partition {
    /// The partition that an ARN names.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "aws" => Some(Self::Aws),
            "aws-cn" => Some(Self::China),
            "aws-us-gov" => Some(Self::UsGov),
            _ => None,
        }
    }

    /// As ARNs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::UsGov => "aws-us-gov",
        }
    }

    /// Where its IAM is.
    pub fn region_of_iam(self) -> &'static str {
        match self {
            Self::Aws => "us-east-1",
            Self::China => "cn-north-1",
            Self::UsGov => "us-gov-west-1",
        }
    }

    /// What stands behind the region in names of its endpoints.
    fn domains(self) -> [&'static str; 2] {
        match self {
            Self::Aws | Self::UsGov => ["amazonaws.com", "api.aws"],
            Self::China => ["amazonaws.com.cn", "api.amazonwebservices.com.cn"],
        }
    }
}

/// A region.
#[derive(Debug, PartialEq, Eq)]
pub struct Region {
    /// `us-east-1`.
    pub name: &'static str,
    /// Where it is.
    pub partition: Partition,
    /// Whether an account has it only when it asks for it.
    pub opt_in: bool,
}

/// An endpoint of a service: where it is, and whether it has a region in its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Where it is.
    pub region: &'static Region,
    /// Whether it is the global one, without a region in its name.
    pub global: bool,
}

impl Endpoint {
    /// The one without a region in its name.
    pub fn global() -> Self {
        Self { region: GLOBAL, global: true }
    }

    /// The one with this region in its name.
    pub fn regional(region: &'static Region) -> Self {
        Self { region, global: false }
    }

    /// The one of this host name, if it is a name of AWS's, which nobody else can own.
    pub fn of_host(host: &str) -> Option<Self> {
        let host = host.strip_suffix('.').unwrap_or(host);
        // Every request comes by here: what ends in another letter is no host of AWS's.
        if !host.ends_with(['m', 'M', 'n', 'N', 's', 'S']) {
            return None;
        }
        let name = host.to_ascii_lowercase();
        if name == "sts.amazonaws.com" {
            return Some(Self::global());
        }
        if let Some(rest) = name.strip_prefix("iam.") {
            let (_, region) = IAM_HOSTS.iter().find(|(host, _)| *host == rest)?;
            return find(region).map(Self::regional);
        }
        let rest = name.strip_prefix("sts.").or_else(|| name.strip_prefix("sts-fips."))?;
        let (region, domain) = rest.split_once('.')?;
        let region = find(region)?;
        region.partition.domains().contains(&domain).then(|| Self::regional(region))
    }

    /// The one that SDKs mean by this name of a region: `aws-global` is one to them.
    pub fn named(name: &str) -> Option<Self> {
        if name == "aws-global" { Some(Self::global()) } else { find(name).map(Self::regional) }
    }
}

/// What stands behind `iam.` in its host names: one endpoint for each partition, and where its signatures belong.
const IAM_HOSTS: [(&str, &str); 6] = [
    ("amazonaws.com", "us-east-1"),
    ("us-east-1.amazonaws.com", "us-east-1"),
    ("global.api.aws", "us-east-1"),
    ("cn-north-1.amazonaws.com.cn", "cn-north-1"),
    ("global.api.amazonwebservices.com.cn", "cn-north-1"),
    ("us-gov.amazonaws.com", "us-gov-west-1"),
];

/// Whether an account has an opt-in region, in the words of AWS's Account API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RegionOptStatus {
    /// It does.
    #[default]
    Enabled,
    /// It asked for it a moment ago.
    Enabling,
    /// It gave it back a moment ago.
    Disabling,
    /// It does not.
    Disabled,
}

impl RegionOptStatus {
    /// Whether credentials of the account are good there. AWS: to the end of disabling, and not before enabling is
    /// done (sts-s-region-disabling).
    pub fn is_usable(self) -> bool {
        matches!(self, Self::Enabled | Self::Disabling)
    }
}

/// Which of AWS's two formats a session token has: they differ in length, and in where they are good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenVersion {
    /// Short, of the global endpoint, good in the regions that every account has.
    #[default]
    V1,
    /// Long, of regional endpoints and, where an account prefers it, of the global one; good everywhere.
    V2,
}

impl TokenVersion {
    /// Whether a token of this format is good in `region`, enabled or not.
    pub fn is_good_in(self, region: &Region) -> bool {
        self == Self::V2 || !region.opt_in
    }
}

/// The region that a name means, if it is one of the table.
pub fn find(name: &str) -> Option<&'static Region> {
    REGIONS.iter().find(|region| region.name == name)
}

/// The region of the global endpoint.
pub static GLOBAL: &Region = &on("us-east-1");

/// Every region, those first that every account has.
pub static REGIONS: &[Region] = &[
    on("us-east-1"),
    on("us-east-2"),
    on("us-west-1"),
    on("us-west-2"),
    on("ap-northeast-1"),
    on("ap-northeast-2"),
    on("ap-northeast-3"),
    on("ap-south-1"),
    on("ap-southeast-1"),
    on("ap-southeast-2"),
    on("ca-central-1"),
    on("eu-central-1"),
    on("eu-north-1"),
    on("eu-west-1"),
    on("eu-west-2"),
    on("eu-west-3"),
    on("sa-east-1"),
    opt_in("af-south-1"),
    opt_in("ap-east-1"),
    opt_in("ap-east-2"),
    opt_in("ap-south-2"),
    opt_in("ap-southeast-3"),
    opt_in("ap-southeast-4"),
    opt_in("ap-southeast-5"),
    opt_in("ap-southeast-6"),
    opt_in("ap-southeast-7"),
    opt_in("ca-west-1"),
    opt_in("eu-central-2"),
    opt_in("eu-south-1"),
    opt_in("eu-south-2"),
    opt_in("il-central-1"),
    opt_in("me-central-1"),
    opt_in("me-south-1"),
    opt_in("me-west-1"),
    opt_in("mx-central-1"),
    opt_in("sa-west-1"),
    of("cn-north-1", Partition::China),
    of("cn-northwest-1", Partition::China),
    of("us-gov-east-1", Partition::UsGov),
    of("us-gov-west-1", Partition::UsGov),
];

const fn on(name: &'static str) -> Region {
    of(name, Partition::Aws)
}

const fn opt_in(name: &'static str) -> Region {
    Region { name, partition: Partition::Aws, opt_in: true }
}

const fn of(name: &'static str, partition: Partition) -> Region {
    Region { name, partition, opt_in: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expect: Option<(Partition, bool)>) {
        assert_eq!(find(name).map(|region| (region.partition, region.opt_in)), expect, "{name}");
    }

    #[test]
    fn a_region_knows_its_partition_and_whether_every_account_has_it() {
        check("eu-central-1", Some((Partition::Aws, false)));
        check("eu-central-2", Some((Partition::Aws, true)));
        check("cn-north-1", Some((Partition::China, false)));
        check("us-gov-west-1", Some((Partition::UsGov, false)));
        check("EU-CENTRAL-1", None);
        check("mars-north-1", None);
        assert_eq!(find("us-east-1"), Some(GLOBAL));
    }

    #[test]
    fn a_host_name_of_aws_is_an_endpoint_of_its_partition() {
        let regional = |region: &str| Some(Endpoint::regional(find(region).unwrap()));
        for (host, expect) in [
            ("sts.eu-central-1.amazonaws.com", regional("eu-central-1")),
            ("sts-fips.us-west-2.amazonaws.com", regional("us-west-2")),
            ("sts.cn-north-1.amazonaws.com.cn", regional("cn-north-1")),
            ("sts.cn-northwest-1.api.amazonwebservices.com.cn", regional("cn-northwest-1")),
            ("sts.us-gov-west-1.amazonaws.com", regional("us-gov-west-1")),
            ("sts.af-south-1.api.aws.", regional("af-south-1")),
            ("STS.amazonaws.com", Some(Endpoint::global())),
            ("sts.amazonaws.com.", Some(Endpoint::global())),
            ("sts.us-east-1.amazonaws.com.cn", None),
            ("sts.us-east-1.api.amazonwebservices.com.cn", None),
            ("sts.cn-north-1.amazonaws.com", None),
            ("sts.us-gov-west-1.amazonaws.com.cn", None),
            ("sts.amazonaws.com.cn", None),
            ("sts.amazonaws.com..", None),
            ("sts.us-east-1.s3.amazonaws.com", None),
            ("x.s3.amazonaws.com", None),
            ("ec2-203-0-113-1.compute-1.amazonaws.com", None),
            ("sts.mars-north-1.amazonaws.com", None),
        ] {
            assert_eq!(Endpoint::of_host(host), expect, "{host}");
        }
    }

    #[test]
    fn short_tokens_are_good_in_the_regions_that_every_account_has() {
        let (osaka, hong_kong) = (find("ap-northeast-3").unwrap(), find("ap-east-1").unwrap());
        assert!(TokenVersion::V1.is_good_in(osaka) && !TokenVersion::V1.is_good_in(hong_kong));
        assert!(TokenVersion::V2.is_good_in(osaka) && TokenVersion::V2.is_good_in(hong_kong));
    }
}
