//! Amazon Resource Names, split at their first five colons.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>

use super::{AccountId, Partition};

/// The six parts of an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`; unchecked.
    pub partition: &'a str,
    /// `iam`, `sts`, ...
    pub service: &'a str,
    /// Empty for global services.
    pub region: &'a str,
    /// Twelve digits, or empty, or `aws`.
    pub account: &'a str,
    /// All the rest, its own colons included.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits `text`; a partition, a service and a resource are demanded, as STS demands them.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut rest = text.strip_prefix("arn:")?;
        let mut part = || {
            let colon = rest.bytes().position(|byte| byte == b':')?;
            let part = rest.get(..colon)?;
            rest = rest.get(colon + 1..)?;
            Some(part)
        };
        let (partition, service, region, account) = (part()?, part()?, part()?, part()?);
        let arn = Self { partition, service, region, account, resource: rest };
        let named = !arn.partition.is_empty() && !arn.service.is_empty() && !arn.resource.is_empty();
        named.then_some(arn)
    }

    /// Whether it names something of AWS's own, such as a managed policy.
    pub fn is_of_aws(&self) -> bool {
        self.account == "aws"
    }

    /// The role that this ARN names: its account and its name without path.
    pub fn as_role(&self) -> Option<(AccountId, &'a str)> {
        self.as_iam("role/")
    }

    /// The user that this ARN names: its account and its name without path.
    pub fn as_user(&self) -> Option<(AccountId, &'a str)> {
        self.as_iam("user/")
    }

    /// The virtual MFA device that this ARN names: its account and its name without path.
    pub fn as_mfa_device(&self) -> Option<(AccountId, &'a str)> {
        self.as_iam("mfa/")
    }

    /// The SAML provider that this ARN names: its account and its name.
    pub fn as_saml_provider(&self) -> Option<(AccountId, &'a str)> {
        self.as_iam("saml-provider/")
    }

    fn as_iam(&self, kind: &str) -> Option<(AccountId, &'a str)> {
        Partition::parse(self.partition)?;
        if self.service != "iam" || !self.region.is_empty() {
            return None;
        }
        let path_and_name = self.resource.strip_prefix(kind)?;
        let name =
            path_and_name.bytes().rposition(|byte| byte == b'/').and_then(|slash| path_and_name.get(slash + 1..));
        let name = name.unwrap_or(path_and_name);
        Some((AccountId::parse(self.account)?, name))
    }
}

/// What an ARN names, or a name with its path: what stands behind the last slash.
pub fn name_in(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_that_sts_calls_invalid_do_not_parse() {
        for text in [
            "nothing-valid-in-here",
            "arn::b:::something/test-role",
            "arn:a::::something/test-role",
            "arn:a:::something/test-role",
            "arn:a:a::aaaaaaaaaa:",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_role_arn_names_account_and_role() {
        let arn = Arn::parse("arn:aws:iam::123456789012:role/team/a/reader").unwrap();
        assert_eq!(arn.as_role(), AccountId::parse("123456789012").map(|account| (account, "reader")));
        assert_eq!(arn.as_user(), None);
        assert_eq!(Arn::parse("arn:aws:s3:::bucket/a:b").unwrap().resource, "bucket/a:b");
    }
}
