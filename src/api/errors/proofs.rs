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
    /// No MFA device of this serial number.
    pub fn no_mfa_device(serial_number: &str) -> Self {
        Self::no_such(format!("MFA Device with serial number {serial_number} does not exist."))
    }

    /// An MFA device that is not this user's.
    pub fn not_their_mfa_device() -> Self {
        Self::no_such("MFA Device invalid for user.")
    }

    /// The name of an MFA device is taken.
    pub fn mfa_device_taken() -> Self {
        Self::taken("MFA device already exists.")
    }

    /// An MFA device that is this user's already.
    pub fn mfa_device_is_theirs(user: &str) -> Self {
        Self::taken(format!("MFA Device for user {user} already exists."))
    }

    /// An MFA device that is somebody else's.
    pub fn mfa_device_in_use() -> Self {
        Self::taken("MFA Device is already in use.")
    }

    /// An MFA device that is enabled.
    pub fn mfa_device_assigned() -> Self {
        Self::conflict("MFA VirtualDevice in use. Must deactivate first.")
    }

    /// Codes that do not set a device right.
    pub fn bad_pair_of_codes() -> Self {
        Self::new(ErrorCode::InvalidAuthenticationCode, "Authentication code for device is not valid.")
            .because("these are no two consecutive codes of the device, later than those before")
    }

    /// Whoever has a device must show it before he alters his devices.
    pub fn own_device_first() -> Self {
        let text = "To complete this action, please ensure that you are authenticated with an MFA device that is \
                    enabled for this user.";
        Self::new(ErrorCode::AccessDenied, text).because("the caller has a device and did not show it")
    }

    /// A virtual device where only a key of hardware has an answer.
    pub fn only_hardware_keys() -> Self {
        Self::invalid(
            "The MFA device serial number sent in the request is invalid or not supported by this API. Currently, only \
             hardware FIDO security keys are supported. Please use the compatible device or API.",
        )
    }

    /// No SAML provider of this ARN.
    pub fn no_saml_provider_at(arn: &str) -> Self {
        Self::no_such(format!("Manifest not found for arn {arn}"))
    }

    /// The name of a SAML provider is taken.
    pub fn saml_provider_taken(name: &str) -> Self {
        Self::taken(format!("Provider with name {name} already exists."))
    }

    /// Metadata that AWS does not take.
    pub fn bad_metadata(fault: &NotMetadata) -> Self {
        let text = match fault {
            NotMetadata::NoIssuer => "SAML Providers must reference at least one SAML assertion issuer.",
            NotMetadata::Unreadable(_) | NotMetadata::Length(_) => "Could not parse metadata",
        };
        Self::bad_input(text).because(fault)
    }

    /// A text that is no private key.
    pub fn bad_private_key() -> Self {
        Self::bad_input("Could not parse private key").because("the key is no PEM of a private key")
    }

    /// An update of nothing.
    pub fn nothing_to_update() -> Self {
        Self::invalid(
            "Unable to update identity provider. No updates are defined for metadata or encryption assertion.",
        )
    }

    /// A private key to be added and one to be removed at once.
    pub fn adds_and_removes_keys() -> Self {
        Self::invalid(
            "Unable to add and remove private keys in the same request. Set a value for only one of the two parameters.",
        )
    }

    /// A new provider that must encrypt, and for which no key is there.
    pub fn no_private_key_provided() -> Self {
        Self::invalid("Unable to set assertion encryption mode to Required because no private key is provided.")
    }

    /// The same of a provider that is there.
    pub fn no_private_key_present() -> Self {
        Self::bad_input("Failed to set assertion encryption mode to Required because no private key is present.")
    }

    /// More private keys than a provider has.
    pub fn too_many_private_keys(most: usize) -> Self {
        Self::new(ErrorCode::LimitExceeded, format!("Private key limit of {most} is reached."))
    }

    /// A private key that cannot be removed.
    pub fn private_key_stays(why: &str) -> Self {
        Self::bad_input("Failed to remove private key.").because(why)
    }

    /// A user without a password; the root user has no name.
    pub fn no_login_profile(user: Option<&str>) -> Self {
        let user = user.unwrap_or("null");
        Self::no_such(format!("Login Profile for User {user} cannot be found."))
    }

    /// A user with a password, or a root user who may choose one.
    pub fn login_profile_taken(user: Option<&str>, account: AccountId) -> Self {
        let whose = user.map_or_else(|| format!("account {account}"), |user| format!("user {user}"));
        Self::taken(format!("Login Profile for {whose} already exists."))
    }

    /// A user who has a password yet.
    pub fn login_profile_there() -> Self {
        Self::conflict("Cannot delete entity, must delete login profile first.")
    }

    /// No password where one is wanted.
    pub fn password_missing() -> Self {
        Self::invalid(
            "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must not be null",
        )
    }

    /// A password for a root user, who chooses it alone.
    pub fn password_of_root() -> Self {
        Self::invalid(
            "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must be null",
        )
    }

    /// Somebody else than a user.
    pub fn only_users_have_passwords() -> Self {
        Self::new(ErrorCode::InvalidUserType, "Only IAM Users can change their own password")
    }

    /// Not the present password, or no other one.
    pub fn wrong_password() -> Self {
        Self::new(ErrorCode::AccessDenied, "The old password was incorrect.")
            .because("the old password is another one, or the new one is the same")
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

    /// An account that asks nothing of passwords.
    pub fn no_password_policy(account: AccountId) -> Self {
        Self::no_such(format!("The Password Policy with domain name {account} cannot be found."))
    }

    /// The same to be removed.
    pub fn no_password_policy_to_delete() -> Self {
        Self::no_such("The account policy with name PasswordPolicy cannot be found.")
    }
}
