//! Partitions and their regions.
//!
//! <https://docs.aws.amazon.com/general/latest/gr/sts.html>

use serde::{Deserialize, Serialize};

/// A separate realm of AWS, as ARNs name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
}

impl std::fmt::Display for Partition {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.as_str())
    }
}

/// The region that a name means, if it is one of the table: the table's own text, and its partition.
pub fn find(name: &str) -> Option<(&'static str, Partition)> {
    let listed = |regions: &[&'static str]| regions.iter().copied().find(|region| *region == name);
    listed(COMMERCIAL)
        .map(|region| (region, Partition::Aws))
        .or_else(|| listed(CHINA).map(|region| (region, Partition::China)))
        .or_else(|| listed(US_GOV).map(|region| (region, Partition::UsGov)))
}

/// The region of the global endpoint.
pub const GLOBAL: &str = "us-east-1";

const COMMERCIAL: &[&str] = &[
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
];

const CHINA: &[&str] = &["cn-north-1", "cn-northwest-1"];

const US_GOV: &[&str] = &["us-gov-east-1", "us-gov-west-1"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_knows_its_partition() {
        assert_eq!(find("eu-central-1"), Some(("eu-central-1", Partition::Aws)));
        assert_eq!(find("cn-north-1"), Some(("cn-north-1", Partition::China)));
        assert_eq!(find("us-gov-west-1"), Some(("us-gov-west-1", Partition::UsGov)));
        assert_eq!(find("EU-CENTRAL-1"), None);
        assert_eq!(find("mars-north-1"), None);
    }
}
