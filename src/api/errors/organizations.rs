//! What IAM says of what it does for organizations.

use super::ApiError;
use crate::ids::AccountId;
use crate::wire::ErrorCode;

phrases! {
    /// An account without an organization.
    no_organization(account: AccountId) OrganizationNotFoundException
        "Account {account} is not a member of an organization.";
    /// A member that does not administer IAM for the others.
    not_an_administrator(account: AccountId) AccountNotManagementOrDelegatedAdministratorException
        "Input account {account} is neither management account nor delegated admin.";
    /// An organization in which IAM may do nothing.
    trusted_access_off(account: AccountId) ServiceAccessNotEnabledException
        "Trusted Access for IAM not enabled by organization of input account {account}.";
    /// An administrator that is not the account that leads the organization.
    not_the_management_account(account: AccountId) CallerIsNotManagementAccountException
        "Caller account {account} is not management account of the organization and cannot enable IAM features.";
}
