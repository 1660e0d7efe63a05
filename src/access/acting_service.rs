//! A service of AWS's that assumes a role for its customer: nobody signs, and the trust policy alone decides.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services>

use crate::ids::AccountId;
use crate::policy::context::RequestContext;
use crate::policy::principal::Principal;

/// The service, and for whom it acts.
#[derive(Clone, Debug)]
pub struct ActingService {
    /// `ecs-tasks.amazonaws.com`
    pub name: &'static str,
    /// The account of its customer.
    pub account: AccountId,
    /// The ARN of what it acts for, where the service says it.
    pub source_arn: Option<String>,
}

impl ActingService {
    /// AWS: what a trust policy finds about a service; the last two keep it from acting for a stranger.
    pub(super) fn fill(&self, context: &mut RequestContext<'_>) {
        context.set_bool("aws:PrincipalIsAWSService", true);
        context.set("aws:PrincipalServiceName", self.name);
        context.set_many("aws:PrincipalServiceNamesList", [self.name.to_owned()]);
        context.set("aws:SourceAccount", self.account.to_string());
        context.set_some("aws:SourceArn", self.source_arn.clone());
    }

    pub(super) fn as_policies_see(&self) -> Principal<'_> {
        Principal::Service { name: self.name }
    }
}
