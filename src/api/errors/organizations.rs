//! What IAM says of what it does for organizations.

use super::ApiError;
use crate::ids::AccountId;
use crate::wire::ErrorCode;

impl ApiError {
    /// An account without an organization.
    pub fn no_organization(account: AccountId) -> Self {
        let text = format!("Account {account} is not a member of an organization.");
        Self::new(ErrorCode::OrganizationNotFoundException, text)
    }

    /// A member that does not administer IAM for the others.
    pub fn not_an_administrator(account: AccountId) -> Self {
        let text = format!("Input account {account} is neither management account nor delegated admin.");
        Self::new(ErrorCode::AccountNotManagementOrDelegatedAdministratorException, text)
    }

    /// An organization in which IAM may do nothing.
    pub fn trusted_access_off(account: AccountId) -> Self {
        let text = format!("Trusted Access for IAM not enabled by organization of input account {account}.");
        Self::new(ErrorCode::ServiceAccessNotEnabledException, text)
    }

    /// An administrator that is not the account that leads the organization.
    pub fn not_the_management_account(account: AccountId) -> Self {
        let text = format!(
            "Caller account {account} is not management account of the organization and cannot enable IAM features."
        );
        Self::new(ErrorCode::CallerIsNotManagementAccountException, text)
    }
}
