//! What IAM says of that by which people prove who they are: MFA devices, SAML providers,
//! passwords.

use super::ApiError;
use crate::federation::saml::NotMetadata;
use crate::ids::AccountId;
use crate::wire::ErrorCode;

/// Why an account does not take a password.
pub enum Weakness {
    /// No letter of a kind that it has to have.
    Lacks(&'static str),
    /// Too few kinds of letters.
    LacksSome {
        /// So many more are asked for.
        count: usize,
        /// Those that are missing.
        of: Vec<&'static str>,
    },
    /// Less than so many letters.
    ShorterThan(i32),
    /// The account asks for another one than the last ones.
    UsedBefore,
}

impl ApiError {
    /// Metadata that AWS does not take.
    pub fn bad_metadata(fault: &NotMetadata) -> Self {
        let text = match fault {
            NotMetadata::NoIssuer => "SAML Providers must reference at least one SAML assertion issuer.",
            NotMetadata::Unreadable(_) | NotMetadata::Length(_) => "Could not parse metadata",
        };
        Self::bad_input(text).because(fault)
    }

    /// A user without a password; the root user has no name.
    pub fn no_login_profile(user: Option<&str>) -> Self {
        let user = user.unwrap_or("null");
        Self::new(ErrorCode::NoSuchEntity, format!("Login Profile for User {user} cannot be found."))
    }

    /// A user with a password, or a root user who may choose one.
    pub fn login_profile_taken(user: Option<&str>, account: AccountId) -> Self {
        let whose = user.map_or_else(|| format!("account {account}"), |user| format!("user {user}"));
        Self::new(ErrorCode::EntityAlreadyExists, format!("Login Profile for {whose} already exists."))
    }

    /// A password that the account does not take.
    pub fn weak_password(weakness: &Weakness) -> Self {
        let text = match weakness {
            Weakness::Lacks(kind) => format!("Password should have {kind}"),
            Weakness::LacksSome { count, of } => {
                let kinds: Vec<_> = of.iter().map(|kind| format!("Password should have {kind}")).collect();
                format!("Password should meet {count} more of the following requirements: {}", kinds.join(", "))
            }
            Weakness::ShorterThan(least) => format!("Password should have a minimum length of {least}"),
            Weakness::UsedBefore => "Password does not conform to the account password policy.".to_owned(),
        };
        Self::new(ErrorCode::PasswordPolicyViolation, text)
    }
}

phrases! {
    /// No MFA device of this serial number.
    no_mfa_device(serial_number: &str) NoSuchEntity "MFA Device with serial number {serial_number} does not exist.";
    /// An MFA device that is not this user's.
    not_their_mfa_device() NoSuchEntity "MFA Device invalid for user.";
    /// The name of an MFA device is taken.
    mfa_device_taken() EntityAlreadyExists "MFA device already exists.";
    /// An MFA device that is this user's already.
    mfa_device_is_theirs(user: &str) EntityAlreadyExists "MFA Device for user {user} already exists.";
    /// An MFA device that is somebody else's.
    mfa_device_in_use() EntityAlreadyExists "MFA Device is already in use.";
    /// An MFA device that is enabled.
    mfa_device_assigned() DeleteConflict "MFA VirtualDevice in use. Must deactivate first.";
    /// Codes that do not set a device right.
    bad_pair_of_codes() InvalidAuthenticationCode "Authentication code for device is not valid."
        because "these are no two consecutive codes of the device, later than those before";
    /// Whoever has a device must show it before he alters his devices.
    own_device_first() AccessDenied
        "To complete this action, please ensure that you are authenticated with an MFA device that is enabled for \
         this user."
        because "the caller has a device and did not show it";
    /// A virtual device where only a key of hardware has an answer.
    only_hardware_keys() ValidationError
        "The MFA device serial number sent in the request is invalid or not supported by this API. Currently, only \
         hardware FIDO security keys are supported. Please use the compatible device or API.";
    /// No SAML provider of this ARN.
    no_saml_provider_at(arn: &str) NoSuchEntity "Manifest not found for arn {arn}";
    /// The name of a SAML provider is taken.
    saml_provider_taken(name: &str) EntityAlreadyExists "Provider with name {name} already exists.";
    /// A text that is no private key.
    bad_private_key() InvalidInput "Could not parse private key"
        because "the key is no PEM of a private key";
    /// An update of nothing.
    nothing_to_update() ValidationError
        "Unable to update identity provider. No updates are defined for metadata or encryption assertion.";
    /// A private key to be added and one to be removed at once.
    adds_and_removes_keys() ValidationError
        "Unable to add and remove private keys in the same request. Set a value for only one of the two parameters.";
    /// A new provider that must encrypt, and for which no key is there.
    no_private_key_provided() ValidationError
        "Unable to set assertion encryption mode to Required because no private key is provided.";
    /// The same of a provider that is there.
    no_private_key_present() InvalidInput
        "Failed to set assertion encryption mode to Required because no private key is present.";
    /// More private keys than a provider has.
    too_many_private_keys(most: usize) LimitExceeded "Private key limit of {most} is reached.";
    /// A user who has a password yet.
    login_profile_there() DeleteConflict "Cannot delete entity, must delete login profile first.";
    /// No password where one is wanted.
    password_missing() ValidationError
        "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must not be null";
    /// A password for a root user, who chooses it alone.
    password_of_root() ValidationError
        "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must be null";
    /// Somebody else than a user.
    only_users_have_passwords() InvalidUserType "Only IAM Users can change their own password";
    /// Not the present password, or no other one.
    wrong_password() AccessDenied "The old password was incorrect."
        because "the old password is another one, or the new one is the same";
    /// An account that asks nothing of passwords.
    no_password_policy(account: AccountId) NoSuchEntity
        "The Password Policy with domain name {account} cannot be found.";
    /// The same to be removed.
    no_password_policy_to_delete() NoSuchEntity "The account policy with name PasswordPolicy cannot be found.";
    /// A private key that cannot be removed.
    private_key_stays(why: &str) InvalidInput "Failed to remove private key." because why;
}
