//! The AWS-managed policies that are known here, with their published documents.
//!
//! <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>

use std::sync::LazyLock;

use super::policies::{NamedPolicy, parse};
use super::root_tasks;
use crate::ids::Partition;
use crate::policy::parse::PolicyKind;

/// The AWS-managed policy of this ARN, in whichever partition.
pub(super) fn find(arn: &str) -> Option<&'static NamedPolicy> {
    COMPILED.iter().find(|policy| *policy.name == *arn)
}

/// The names of those that are of use to users, groups and roles, for messages.
pub fn names() -> impl Iterator<Item = &'static str> {
    DOCUMENTS.iter().map(|(name, _)| *name)
}

static COMPILED: LazyLock<Vec<NamedPolicy>> = LazyLock::new(|| {
    let compile = |(partition, name, document): (Partition, &str, String)| {
        let arn = format!("arn:{partition}:iam::aws:policy/{name}");
        // INVARIANT: the documents parse; a test holds it.
        parse(&arn, &document, PolicyKind::Managed).ok().map(|policy| NamedPolicy::new(arn, policy))
    };
    documents().filter_map(compile).collect()
});

fn documents() -> impl Iterator<Item = (Partition, &'static str, String)> {
    [Partition::Aws, Partition::China, Partition::UsGov].into_iter().flat_map(|partition| {
        let own = DOCUMENTS.iter().map(|(name, document)| (*name, (*document).to_owned()));
        own.chain(root_tasks::documents(partition)).map(move |(name, document)| (partition, name, document))
    })
}

const DOCUMENTS: &[(&str, &str)] = &[(
    "AdministratorAccess",
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_parses() {
        assert_eq!(COMPILED.len(), documents().count());
        assert_eq!(COMPILED.len(), 3 * (1 + 5));
        assert!(find("arn:aws-cn:iam::aws:policy/AdministratorAccess").is_some());
        assert!(find("arn:aws-us-gov:iam::aws:policy/root-task/S3UnlockBucketPolicy").is_some());
        assert!(find("arn:aws:iam::aws:policy/Nothing").is_none());
    }
}
