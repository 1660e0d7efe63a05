//! By what people and platforms prove who they are, as it is stored: MFA devices, passwords, providers, and what was used up.

use serde::{Deserialize, Serialize};

use super::{KeyOwner, Record, stored};
use crate::ids::AccountId;
use crate::ids::names::{MfaDeviceName, Path, SamlProviderName};
use crate::ids::tags::Tag;
use crate::secret::Secret;
use crate::time::Timestamp;

/// A virtual MFA device.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MfaDevice {
    /// Its account.
    pub account: AccountId,
    /// Unique in the account, whatever its case.
    pub name: MfaDeviceName,
    /// Its path.
    pub path: Path,
    /// The seed that it shares with the service, in base32.
    #[serde(with = "stored")]
    pub seed: Secret<String>,
    /// Whose it is, if it is enabled.
    pub assignment: Option<MfaAssignment>,
    /// How many steps its clock is ahead of the service's.
    pub drift: i64,
    /// The step of the second code of the pair that last set it right.
    pub last_pair: Option<i64>,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// An MFA device as it was before it could have tags.
#[derive(Deserialize)]
struct MfaDevice1 {
    account: AccountId,
    name: MfaDeviceName,
    path: Path,
    #[serde(with = "stored")]
    seed: Secret<String>,
    assignment: Option<MfaAssignment>,
    drift: i64,
    last_pair: Option<i64>,
}

/// That a device is enabled.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MfaAssignment {
    /// For whom.
    pub owner: KeyOwner,
    /// Since when.
    pub enabled: Timestamp,
}

/// That a user has a password, or that a root user may choose one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoginProfile {
    /// When it was made.
    pub created: Timestamp,
    /// When the password was last set.
    pub changed: Timestamp,
    /// Whether the password has to be changed before it is used.
    pub reset_required: bool,
    /// The present password behind some of those before it; of a root user none.
    pub passwords: Vec<HashedPassword>,
}

/// A password, so that it is known again and not found out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HashedPassword {
    /// Another one for each.
    pub salt: [u8; 16],
    /// What is made of both.
    #[serde(with = "stored")]
    pub hash: Secret<Vec<u8>>,
}

/// What an account asks of passwords.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are as many in AWS's policy")]
pub struct PasswordPolicy {
    /// So many characters at least.
    pub minimum_length: i32,
    /// A symbol among them.
    pub symbols: bool,
    /// A digit among them.
    pub numbers: bool,
    /// A capital letter among them.
    pub uppercase: bool,
    /// A small letter among them.
    pub lowercase: bool,
    /// Whether users may change their own.
    pub users_change: bool,
    /// After so many days they end.
    pub max_age: Option<i32>,
    /// So many of the last ones may not come again.
    pub reuse: Option<i32>,
    /// Whether one that has ended can only be changed by somebody else.
    pub hard_expiry: Option<bool>,
}

/// How often codes of a device were verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MfaVerifications {
    /// In which three minutes since 1970.
    pub slot: i64,
    /// How often in these.
    pub count: u32,
}

/// That a code was used up. The row says all by being there.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct UsedCode;

/// That an assertion was used up.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct UsedAssertion {
    /// Behind this instant it is refused for its age.
    pub until: Timestamp,
}

/// Up to which step the codes of a device count as used.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct UsedUpTo {
    /// The last of them.
    pub step: i64,
}

/// The word for the keys of the built-in issuer where a key set could stand.
pub const KEYS_OF_BUILT_IN_ISSUER: &str = "built-in";

/// A provider of OpenID Connect.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OidcProvider {
    /// Its account.
    pub account: AccountId,
    /// The address of its issuer, with scheme.
    pub url: String,
    /// For whom its tokens may be, in the order given.
    pub client_ids: Vec<String>,
    /// SHA-1 of certificates in hexadecimal, as good as a known authority.
    pub thumbprints: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// A key set in JSON, or the word for that of the built-in issuer, in place of the one that its issuer publishes.
    pub keys: Option<String>,
}

/// A provider of SAML.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SamlProvider {
    /// Its account.
    pub account: AccountId,
    /// Its name.
    pub name: SamlProviderName,
    /// `SAMLSP...`: a provider that is made again under the same name has another one.
    pub id: String,
    /// The metadata document, to the letter.
    pub metadata: String,
    /// Whether assertions have to be encrypted.
    pub encryption_required: bool,
    /// The keys that open them.
    pub private_keys: Vec<SamlPrivateKey>,
    /// When it was made.
    pub created: Timestamp,
    /// When its document was last uploaded; AWS calls it valid for a hundred years from then.
    pub uploaded: Timestamp,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// A key that opens the assertions for a provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SamlPrivateKey {
    /// `SAMLPK...`.
    pub id: String,
    /// When it was added.
    pub added: Timestamp,
    /// The key, in PEM.
    #[serde(with = "stored")]
    pub pem: Secret<String>,
}

impl Record for MfaDevice {
    const VERSION: u8 = 2;

    fn from_older(version: u8, bytes: &[u8]) -> Option<Self> {
        if version != 1 {
            return None;
        }
        let MfaDevice1 { account, name, path, seed, assignment, drift, last_pair } =
            postcard::from_bytes(bytes).ok()?;
        Some(Self { account, name, path, seed, assignment, drift, last_pair, tags: Vec::new() })
    }
}

impl Record for LoginProfile {}
impl Record for PasswordPolicy {}
impl Record for MfaVerifications {}
impl Record for UsedCode {}
impl Record for UsedAssertion {}
impl Record for UsedUpTo {}
impl Record for OidcProvider {}
impl Record for SamlProvider {}
