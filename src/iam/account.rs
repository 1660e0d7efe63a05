//! What an account as a whole has and has set.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/console_account-alias.html>

use super::action::{Desk, Look, Target};
use crate::action;
use crate::api::ApiError;
use crate::api::operation::Entries;
use crate::env::draw;
use crate::identities::quota;
use crate::ids::names::{AccountAlias, GlobalEndpointTokenVersion};
use crate::ids::region::TokenVersion;
use crate::ids::unique_id::Kind;
use crate::ids::{AccountId, IssuerId};
use crate::store::records;

action! {
    /// Gives the account an alias, in place of the one it has.
    CreateAccountAlias;
    input CreateAccountAliasInput {
        /// The alias.
        "AccountAlias" alias: AccountAlias,
    }
    errors [EntityAlreadyExists, LimitExceeded]
    on |_input, _look| Ok(Target::any());
    writes |input, desk| {
        let alias = input.alias.as_str();
        if desk.identities.accounts().any(|account| account.record.alias.as_deref() == Some(alias)) {
            return Err(ApiError::alias_taken(alias));
        }
        set_alias(Some(alias.to_owned()), desk)
    };
}

action! {
    /// Takes the account's alias from it.
    DeleteAccountAlias;
    input DeleteAccountAliasInput {
        /// The alias that it has.
        "AccountAlias" alias: AccountAlias,
    }
    errors [NoSuchEntity, LimitExceeded]
    on |_input, _look| Ok(Target::any());
    writes |input, desk| {
        let present = desk.identities.account(desk.asker.account).and_then(|account| account.record.alias.clone());
        if present.as_deref() != Some(input.alias.as_str()) {
            return Err(ApiError::no_alias(input.alias.as_str()));
        }
        set_alias(None, desk)
    };
}

action! {
    /// Lists the account's alias, if it has one.
    ListAccountAliases in pages;
    input ListAccountAliasesInput {}
    errors []
    output ListAccountAliasesOutput {
        /// The alias.
        "AccountAliases" aliases: Members<String>,
    }
    on |_input, _look| Ok(Target::any());
    reads |input, look| {
        let alias = look.identities.account(look.asker.account).and_then(|account| account.record.alias.clone());
        Ok(input.paging(&[])?.cut_whole(alias.into_iter()).into())
    };
}

action! {
    /// Counts what the account has, beside AWS's quotas.
    GetAccountSummary;
    input GetAccountSummaryInput {}
    errors []
    output GetAccountSummaryOutput {
        /// Numbers by their names.
        "SummaryMap" summary: Entries<i64>,
    }
    on |_input, _look| Ok(Target::any());
    reads |_input, look| Ok(GetAccountSummaryOutput { summary: Entries(summary(look.asker.account, look)) });
}

action! {
    /// Says which tokens the global endpoint of STS shall issue for the account. Felt at once.
    SetSecurityTokenServicePreferences;
    input SetSecurityTokenServicePreferencesInput {
        /// Which.
        "GlobalEndpointTokenVersion" version: GlobalEndpointTokenVersion,
    }
    errors []
    on |_input, _look| Ok(Target::any());
    writes |input, desk| {
        let account = desk.asker.account;
        let present = desk.identities.account(account).map(|account| account.regions.clone()).unwrap_or_default();
        let global_endpoint_token_version = match input.version {
            GlobalEndpointTokenVersion::V1 => TokenVersion::V1,
            GlobalEndpointTokenVersion::V2 => TokenVersion::V2,
        };
        let settings = records::RegionSettings { global_endpoint_token_version, ..present };
        desk.identities.put_region_settings(desk.batch, account, settings).map_err(ApiError::internal)
    };
}

action! {
    /// Lets the account vouch for its own before others: STS issues web identity tokens from now on.
    EnableOutboundWebIdentityFederation;
    input EnableOutboundWebIdentityFederationInput {}
    errors [FeatureEnabled]
    output EnableOutboundWebIdentityFederationOutput {
        /// By which name others know the account; the same after it was switched off and on.
        "IssuerIdentifier" issuer: String,
    }
    on |_input, _look| Ok(Target::any());
    writes |_input, desk| {
        let account = desk.asker.account;
        if desk.identities.outbound(account).is_some_and(|outbound| outbound.enabled) {
            return Err(ApiError::outbound_enabled(account));
        }
        let fresh = IssuerId::mint(draw(desk.entropy));
        desk.identities.enable_outbound(desk.batch, account, fresh).map_err(ApiError::internal)?;
        Ok(EnableOutboundWebIdentityFederationOutput { issuer: issuer(desk.look())? })
    };
}

action! {
    /// Has the account vouch for nobody any more. What was signed before goes on to be good.
    DisableOutboundWebIdentityFederation;
    input DisableOutboundWebIdentityFederationInput {}
    errors [FeatureDisabled]
    on |_input, _look| Ok(Target::any());
    writes |_input, desk| {
        let account = desk.asker.account;
        if !desk.identities.outbound(account).is_some_and(|outbound| outbound.enabled) {
            return Err(ApiError::outbound_already_disabled(account));
        }
        desk.identities.disable_outbound(desk.batch, account).map_err(ApiError::internal)
    };
}

action! {
    /// Says by which name others know the account, if it vouches for its own.
    GetOutboundWebIdentityFederationInfo;
    input GetOutboundWebIdentityFederationInfoInput {}
    errors [FeatureDisabled]
    output GetOutboundWebIdentityFederationInfoOutput {
        /// The name.
        "IssuerIdentifier" issuer: String,
        /// That tokens are issued.
        "JwtVendingEnabled" enabled: bool,
    }
    on |_input, _look| Ok(Target::any());
    reads |_input, look| {
        let account = look.asker.account;
        if !look.identities.outbound(account).is_some_and(|outbound| outbound.enabled) {
            return Err(ApiError::outbound_disabled(account));
        }
        Ok(GetOutboundWebIdentityFederationInfoOutput { issuer: issuer(look)?, enabled: true })
    };
}

/// AWS: a name of its own; here where the keys are really found.
fn issuer(look: Look<'_>) -> Result<String, ApiError> {
    let account = look.asker.account;
    let outbound = look.identities.outbound(account).ok_or_else(|| ApiError::outbound_disabled(account))?;
    Ok(format!("{}/outbound/{}", look.issuer_url, outbound.issuer))
}

fn set_alias(alias: Option<String>, desk: &mut Desk<'_>) -> Result<(), ApiError> {
    let account = desk.asker.account;
    let partition = desk.asker.partition;
    desk.identities.put_account(desk.batch, account, records::Account { partition, alias }).map_err(ApiError::internal)
}

/// AWS: in the order of a hash map of 64 places (iam-s-summary-order).
fn summary(account: AccountId, look: Look<'_>) -> Vec<(&'static str, i64)> {
    let identities = look.identities;
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let most = |kind| count(quota(kind).most);
    let devices = || identities.mfa_devices_after(account, None);
    let root = records::KeyOwner::Root(account);
    let saml_providers = identities.saml_providers_of(account).len();
    let token_version = identities.account(account).map(|account| account.regions.global_endpoint_token_version);
    vec![
        ("GroupPolicySizeQuota", 5120),
        ("InstanceProfilesQuota", most(Kind::InstanceProfile)),
        ("Policies", count(identities.policies_after(account, None).count())),
        ("GroupsPerUserQuota", 10),
        ("InstanceProfiles", count(identities.instance_profiles_after(account, None).count())),
        ("AttachedPoliciesPerUserQuota", 10),
        ("Users", count(identities.users_after(account, None).count())),
        ("PoliciesQuota", most(Kind::Policy)),
        ("Providers", count(identities.oidc_providers_of(account).count() + saml_providers)),
        ("AccountMFAEnabled", i64::from(devices().any(|(_, device)| device.owner() == Some(&root)))),
        ("AccessKeysPerUserQuota", 2),
        ("AssumeRolePolicySizeQuota", 2048),
        ("PolicyVersionsInUseQuota", 10_000),
        ("GlobalEndpointTokenVersion", if token_version == Some(TokenVersion::V2) { 2 } else { 1 }),
        ("VersionsPerPolicyQuota", 5),
        ("AttachedPoliciesPerGroupQuota", 10),
        ("PolicySizeQuota", 6144),
        ("Groups", count(identities.groups_after(account, None).count())),
        ("AccountSigningCertificatesPresent", 0),
        ("UsersQuota", most(Kind::User)),
        ("ServerCertificatesQuota", 20),
        ("MFADevices", count(devices().count())),
        ("UserPolicySizeQuota", 2048),
        ("PolicyVersionsInUse", count(identities.held_policies(account).count())),
        ("ServerCertificates", 0),
        ("Roles", count(identities.roles_after(account, None).count())),
        ("RolesQuota", most(Kind::Role)),
        ("SigningCertificatesPerUserQuota", 2),
        ("MFADevicesInUse", count(devices().filter(|(_, device)| device.owner().is_some()).count())),
        ("RolePolicySizeQuota", 10_240),
        ("AttachedPoliciesPerRoleQuota", 10),
        ("AccountAccessKeysPresent", i64::from(identities.access_keys_of(&root).next().is_some())),
        ("AccountPasswordPresent", i64::from(identities.login_profile(&root).is_some())),
        ("GroupsQuota", most(Kind::Group)),
    ]
}
