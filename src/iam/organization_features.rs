//! What IAM does for the organization of an account: whether `AssumeRoot` is good for anything.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html>

use std::sync::Arc;

use super::action::{Desk, Look, Target};
use crate::action;
use crate::api::ApiError;
use crate::api::operation::Members;
use crate::identities::Organization;
use crate::ids::OrganizationFeature::{self, RootCredentialsManagement, RootSessions};

action! {
    /// Tells what IAM does for the organization.
    ListOrganizationsFeatures;
    input ListOrganizationsFeaturesInput {}
    errors [ServiceAccessNotEnabledException, AccountNotManagementOrDelegatedAdministratorException,
        OrganizationNotFoundException]
    output ListOrganizationsFeaturesOutput {
        /// The organization.
        "OrganizationId" id: String,
        /// What is on.
        "EnabledFeatures" features: Members<String>,
    }
    on |_input, _look| Ok(Target::any());
    reads |_input, look| {
        let (id, features) = shown(administered(look)?);
        Ok(ListOrganizationsFeaturesOutput { id, features })
    };
}

/// The action that switches a feature on or off.
macro_rules! switch_action {
    ($(#[doc = $doc:literal])* $name:ident: $feature:ident $on:literal $($error:ident)?, $input:ident, $output:ident) => {
        action! {
            $(#[doc = $doc])*
            $name;
            input $input {}
            errors [ServiceAccessNotEnabledException, AccountNotManagementOrDelegatedAdministratorException,
                OrganizationNotFoundException $(, $error)?]
            output $output {
                /// The organization.
                "OrganizationId" id: String,
                /// What is on now.
                "EnabledFeatures" features: Members<String>,
            }
            on |_input, _look| Ok(Target::any());
            writes |_input, desk| {
                let (id, features) = switch($feature, $on, desk)?;
                Ok($output { id, features })
            };
        }
    };
}

switch_action! {
    /// Lets root users of member accounts be looked at and stripped of their credentials, by `AssumeRoot`.
    EnableOrganizationsRootCredentialsManagement:
    RootCredentialsManagement true CallerIsNotManagementAccountException,
    EnableOrganizationsRootCredentialsManagementInput, EnableOrganizationsRootCredentialsManagementOutput
}
switch_action! {
    /// Lets root users of member accounts be stood in for to unlock what locked everybody out, by `AssumeRoot`.
    EnableOrganizationsRootSessions:
    RootSessions true CallerIsNotManagementAccountException,
    EnableOrganizationsRootSessionsInput, EnableOrganizationsRootSessionsOutput
}
switch_action! {
    /// Ends that root users of member accounts can be looked at and stripped of their credentials.
    DisableOrganizationsRootCredentialsManagement:
    RootCredentialsManagement false,
    DisableOrganizationsRootCredentialsManagementInput, DisableOrganizationsRootCredentialsManagementOutput
}
switch_action! {
    /// Ends that root users of member accounts can be stood in for to unlock what locked everybody out.
    DisableOrganizationsRootSessions:
    RootSessions false,
    DisableOrganizationsRootSessionsInput, DisableOrganizationsRootSessionsOutput
}

/// The organization of the asker's account, if that administers IAM for it and IAM may do anything there.
fn administered(look: Look<'_>) -> Result<&Arc<Organization>, ApiError> {
    let account = look.asker.account;
    let found = look.identities.organization_of(account).ok_or_else(|| ApiError::no_organization(account))?;
    if !found.administers_iam(account) {
        return Err(ApiError::not_an_administrator(account));
    }
    if !found.record.iam_trusted_access {
        return Err(ApiError::trusted_access_off(account));
    }
    Ok(found)
}

/// AWS: a delegated administrator switches off and not on; what is so already is no fault.
fn switch(feature: OrganizationFeature, on: bool, desk: &mut Desk<'_>) -> Result<(String, Members<String>), ApiError> {
    let (account, management) = (desk.asker.account, administered(desk.look())?.management);
    if on && account != management {
        return Err(ApiError::not_the_management_account(account));
    }
    desk.identities.set_organization_feature(desk.batch, management, feature, on).map_err(ApiError::internal)?;
    Ok(shown(administered(desk.look())?))
}

/// AWS: in this order, whichever was switched on first.
fn shown(organization: &Organization) -> (String, Members<String>) {
    let on = [RootSessions, RootCredentialsManagement].into_iter().filter(|feature| organization.has_feature(*feature));
    (organization.record.id.to_string(), Members(on.map(|feature| feature.to_string()).collect()))
}
