//! The operations of AWS IAM, by kinds of things. The list below is what is served; any other is no action here.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html>

mod access_keys;
mod account;
pub mod action;
mod attachments;
mod boundaries;
mod context_entries;
mod details;
mod groups;
mod inline_policies;
mod instance_profiles;
mod known_actions;
mod mfa_devices;
mod oidc_providers;
mod organization_features;
mod organization_levels;
mod other_credentials;
mod paging;
mod passwords;
mod policies;
mod policy_exclusions;
mod policy_sources;
mod policy_versions;
mod reports;
mod roles;
mod saml_providers;
mod service_linked_roles;
mod shown;
mod simulation;
mod simulator;
mod tags;
mod users;

use crate::api::Catalog;
use crate::api::catalog::entry;

/// What IAM answers.
pub static CATALOG: Catalog = Catalog {
    service: "iam",
    version: "2010-05-08",
    namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
    is_global: true,
    wants_second_factor: true,
    shows_values: false,
    entries: &[
        entry::<oidc_providers::AddClientIDToOpenIDConnectProvider>(),
        entry::<instance_profiles::AddRoleToInstanceProfile>(),
        entry::<groups::AddUserToGroup>(),
        entry::<attachments::attach_group::AttachGroupPolicy>(),
        entry::<attachments::attach_role::AttachRolePolicy>(),
        entry::<attachments::attach_user::AttachUserPolicy>(),
        entry::<passwords::ChangePassword>(),
        entry::<access_keys::CreateAccessKey>(),
        entry::<account::CreateAccountAlias>(),
        entry::<groups::CreateGroup>(),
        entry::<instance_profiles::CreateInstanceProfile>(),
        entry::<passwords::CreateLoginProfile>(),
        entry::<oidc_providers::CreateOpenIDConnectProvider>(),
        entry::<policies::CreatePolicy>(),
        entry::<policy_versions::CreatePolicyVersion>(),
        entry::<roles::CreateRole>(),
        entry::<saml_providers::CreateSAMLProvider>(),
        entry::<service_linked_roles::CreateServiceLinkedRole>(),
        entry::<users::CreateUser>(),
        entry::<mfa_devices::CreateVirtualMFADevice>(),
        entry::<mfa_devices::DeactivateMFADevice>(),
        entry::<access_keys::DeleteAccessKey>(),
        entry::<account::DeleteAccountAlias>(),
        entry::<passwords::DeleteAccountPasswordPolicy>(),
        entry::<groups::DeleteGroup>(),
        entry::<inline_policies::delete_group::DeleteGroupPolicy>(),
        entry::<instance_profiles::DeleteInstanceProfile>(),
        entry::<passwords::DeleteLoginProfile>(),
        entry::<oidc_providers::DeleteOpenIDConnectProvider>(),
        entry::<policies::DeletePolicy>(),
        entry::<policy_versions::DeletePolicyVersion>(),
        entry::<roles::DeleteRole>(),
        entry::<boundaries::delete_role::DeleteRolePermissionsBoundary>(),
        entry::<inline_policies::delete_role::DeleteRolePolicy>(),
        entry::<saml_providers::DeleteSAMLProvider>(),
        entry::<service_linked_roles::DeleteServiceLinkedRole>(),
        entry::<users::DeleteUser>(),
        entry::<boundaries::delete_user::DeleteUserPermissionsBoundary>(),
        entry::<inline_policies::delete_user::DeleteUserPolicy>(),
        entry::<mfa_devices::DeleteVirtualMFADevice>(),
        entry::<attachments::detach_group::DetachGroupPolicy>(),
        entry::<attachments::detach_role::DetachRolePolicy>(),
        entry::<attachments::detach_user::DetachUserPolicy>(),
        entry::<organization_features::DisableOrganizationsRootCredentialsManagement>(),
        entry::<organization_features::DisableOrganizationsRootSessions>(),
        entry::<account::DisableOutboundWebIdentityFederation>(),
        entry::<mfa_devices::EnableMFADevice>(),
        entry::<organization_features::EnableOrganizationsRootCredentialsManagement>(),
        entry::<organization_features::EnableOrganizationsRootSessions>(),
        entry::<account::EnableOutboundWebIdentityFederation>(),
        entry::<reports::GenerateCredentialReport>(),
        entry::<access_keys::GetAccessKeyLastUsed>(),
        entry::<details::GetAccountAuthorizationDetails>(),
        entry::<passwords::GetAccountPasswordPolicy>(),
        entry::<account::GetAccountSummary>(),
        entry::<simulator::GetContextKeysForCustomPolicy>(),
        entry::<simulator::GetContextKeysForPrincipalPolicy>(),
        entry::<reports::GetCredentialReport>(),
        entry::<groups::GetGroup>(),
        entry::<inline_policies::get_group::GetGroupPolicy>(),
        entry::<instance_profiles::GetInstanceProfile>(),
        entry::<passwords::GetLoginProfile>(),
        entry::<mfa_devices::GetMFADevice>(),
        entry::<oidc_providers::GetOpenIDConnectProvider>(),
        entry::<account::GetOutboundWebIdentityFederationInfo>(),
        entry::<policies::GetPolicy>(),
        entry::<policy_versions::GetPolicyVersion>(),
        entry::<roles::GetRole>(),
        entry::<inline_policies::get_role::GetRolePolicy>(),
        entry::<saml_providers::GetSAMLProvider>(),
        entry::<service_linked_roles::GetServiceLinkedRoleDeletionStatus>(),
        entry::<users::GetUser>(),
        entry::<inline_policies::get_user::GetUserPolicy>(),
        entry::<access_keys::ListAccessKeys>(),
        entry::<account::ListAccountAliases>(),
        entry::<attachments::list_group::ListAttachedGroupPolicies>(),
        entry::<attachments::list_role::ListAttachedRolePolicies>(),
        entry::<attachments::list_user::ListAttachedUserPolicies>(),
        entry::<attachments::ListEntitiesForPolicy>(),
        entry::<inline_policies::list_group::ListGroupPolicies>(),
        entry::<groups::ListGroups>(),
        entry::<groups::ListGroupsForUser>(),
        entry::<tags::list_instance_profile_tags::ListInstanceProfileTags>(),
        entry::<instance_profiles::ListInstanceProfiles>(),
        entry::<instance_profiles::ListInstanceProfilesForRole>(),
        entry::<tags::list_mfa_device_tags::ListMFADeviceTags>(),
        entry::<mfa_devices::ListMFADevices>(),
        entry::<tags::list_oidc_provider_tags::ListOpenIDConnectProviderTags>(),
        entry::<oidc_providers::ListOpenIDConnectProviders>(),
        entry::<organization_features::ListOrganizationsFeatures>(),
        entry::<policies::ListPolicies>(),
        entry::<tags::list_policy_tags::ListPolicyTags>(),
        entry::<policy_versions::ListPolicyVersions>(),
        entry::<inline_policies::list_role::ListRolePolicies>(),
        entry::<tags::list_role_tags::ListRoleTags>(),
        entry::<roles::ListRoles>(),
        entry::<tags::list_saml_provider_tags::ListSAMLProviderTags>(),
        entry::<saml_providers::ListSAMLProviders>(),
        entry::<other_credentials::ListSSHPublicKeys>(),
        entry::<other_credentials::ListServiceSpecificCredentials>(),
        entry::<other_credentials::ListSigningCertificates>(),
        entry::<inline_policies::list_user::ListUserPolicies>(),
        entry::<tags::list_user_tags::ListUserTags>(),
        entry::<users::ListUsers>(),
        entry::<mfa_devices::ListVirtualMFADevices>(),
        entry::<inline_policies::put_group::PutGroupPolicy>(),
        entry::<boundaries::put_role::PutRolePermissionsBoundary>(),
        entry::<inline_policies::put_role::PutRolePolicy>(),
        entry::<boundaries::put_user::PutUserPermissionsBoundary>(),
        entry::<inline_policies::put_user::PutUserPolicy>(),
        entry::<oidc_providers::RemoveClientIDFromOpenIDConnectProvider>(),
        entry::<instance_profiles::RemoveRoleFromInstanceProfile>(),
        entry::<groups::RemoveUserFromGroup>(),
        entry::<mfa_devices::ResyncMFADevice>(),
        entry::<policy_versions::SetDefaultPolicyVersion>(),
        entry::<account::SetSecurityTokenServicePreferences>(),
        entry::<simulator::SimulateCustomPolicy>(),
        entry::<simulator::SimulatePrincipalPolicy>(),
        entry::<tags::tag_instance_profile::TagInstanceProfile>(),
        entry::<tags::tag_mfa_device::TagMFADevice>(),
        entry::<tags::tag_oidc_provider::TagOpenIDConnectProvider>(),
        entry::<tags::tag_policy::TagPolicy>(),
        entry::<tags::tag_role::TagRole>(),
        entry::<tags::tag_saml_provider::TagSAMLProvider>(),
        entry::<tags::tag_user::TagUser>(),
        entry::<tags::untag_instance_profile::UntagInstanceProfile>(),
        entry::<tags::untag_mfa_device::UntagMFADevice>(),
        entry::<tags::untag_oidc_provider::UntagOpenIDConnectProvider>(),
        entry::<tags::untag_policy::UntagPolicy>(),
        entry::<tags::untag_role::UntagRole>(),
        entry::<tags::untag_saml_provider::UntagSAMLProvider>(),
        entry::<tags::untag_user::UntagUser>(),
        entry::<access_keys::UpdateAccessKey>(),
        entry::<passwords::UpdateAccountPasswordPolicy>(),
        entry::<roles::UpdateAssumeRolePolicy>(),
        entry::<groups::UpdateGroup>(),
        entry::<passwords::UpdateLoginProfile>(),
        entry::<oidc_providers::UpdateOpenIDConnectProviderThumbprint>(),
        entry::<roles::UpdateRole>(),
        entry::<roles::UpdateRoleDescription>(),
        entry::<saml_providers::UpdateSAMLProvider>(),
        entry::<users::UpdateUser>(),
    ],
};
