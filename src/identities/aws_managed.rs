//! The AWS-managed policies that are known here, with their published documents.
//!
//! <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>

use std::sync::LazyLock;

use super::policies::{NamedPolicy, parse};
use crate::ids::Partition;
use crate::policy::parse::PolicyKind;

/// The AWS-managed policy of this ARN, in whichever partition.
pub(super) fn find(arn: &str) -> Option<&'static NamedPolicy> {
    let (partition, path_and_name) = arn.strip_prefix("arn:")?.split_once(":iam::aws:policy/")?;
    Partition::parse(partition)?;
    COMPILED.iter().find(|(known, _)| *known == path_and_name).map(|(_, policy)| policy)
}

/// The names that `find` knows, for messages.
pub fn names() -> impl Iterator<Item = &'static str> {
    DOCUMENTS.iter().map(|(name, _)| *name)
}

static COMPILED: LazyLock<Vec<(&str, NamedPolicy)>> = LazyLock::new(|| {
    let compile = |(name, document): &(&'static str, &str)| {
        let arn = format!("arn:aws:iam::aws:policy/{name}");
        // INVARIANT: the documents below parse; a test holds it.
        parse(&arn, document, PolicyKind::Managed).ok().map(|policy| (*name, NamedPolicy::new(arn, policy)))
    };
    DOCUMENTS.iter().filter_map(compile).collect()
});

const DOCUMENTS: &[(&str, &str)] = &[(
    "AdministratorAccess",
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_parses() {
        assert_eq!(COMPILED.len(), DOCUMENTS.len());
        assert!(find("arn:aws-cn:iam::aws:policy/AdministratorAccess").is_some());
        assert!(find("arn:aws:iam::aws:policy/Nothing").is_none());
    }
}
