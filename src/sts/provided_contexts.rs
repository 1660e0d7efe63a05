//! Provided contexts: what IAM Identity Center says of the person behind a session, in a form that STS alone can read.
//!
//! There is no context provider here, so nobody could have made an assertion; the trust is asked all the same.
//! <https://docs.aws.amazon.com/singlesignon/latest/userguide/trustedidentitypropagation-identity-enhanced-iam-role-sessions.html>

use crate::ids::names::{ArnText, ContextAssertion};
use crate::policy::context::RequestContext;

crate::list_item! {
    /// A context as a parameter.
    ProvidedContext as "ProvidedContext" {
        /// The provider that made it.
        "ProviderArn" provider_arn: ArnText,
        /// What it says.
        "ContextAssertion" context_assertion: ContextAssertion,
    }
}

/// Adds the key by which conditions read who provided contexts.
pub fn describe_contexts(provided: &[ProvidedContext], context: &mut RequestContext<'_>) {
    if !provided.is_empty() {
        context.set_many("sts:RequestContextProviders", provided.iter().map(|one| one.provider_arn.to_string()));
    }
}
