//! What must outlive the process: typed tables over a narrow engine.
//!
//! An engine speaks in revisions: load everything, commit a batch with expectations. `sled` does it on disk
//! and `memory` for ephemeral services; one conformance suite holds for both. No decision is made here.

mod directory;
mod engine;
mod flusher;
mod memory;
mod on_disk;
pub mod records;
mod reopened;
mod row_log;
mod table;
mod tally;

pub use directory::{OpenError, make_private};
pub use engine::{Batch, CommitError, Engine, Expect, Row, StoreFault, Ticket, Write};
pub use memory::MemoryEngine;
pub use on_disk::SledEngine;
pub use row_log::RowLog;
pub use table::{Key, Record, Table};

/// The tables of `state/`: this list is the schema. A number is never given to another table.
pub mod tables {
    use super::records;
    use super::{Row, StoreFault, Table};
    use crate::ids::{AccessKeyId, AccountId, IssuerId, UniqueId};

    macro_rules! tables {
        ($($(#[$doc:meta])+ $number:literal $name:ident: $table:ty = $words:literal;)+) => {
            $($(#[$doc])+ pub const $name: $table = Table::new($number, $words);)+

            /// The numbers of all tables.
            pub const NUMBERS: &[u8] = &[$($number),+];
        };
    }

    tables! {
        /// What this directory is: its format, its seed.
        0 ABOUT: Table<u8, records::About> = "about";
        /// The rows that `reset` brings back, by their own keys.
        10 BASELINE: Table<Vec<u8>, records::BaselineRow> = "baseline";
        /// Accounts.
        1 ACCOUNTS: Table<AccountId, records::Account> = "accounts";
        /// What accounts have set about regions; those that set nothing have no row.
        20 REGION_SETTINGS: Table<AccountId, records::RegionSettings> = "region settings";
        /// Users, by unique id.
        2 USERS: Table<UniqueId, records::User> = "users";
        /// Roles, by unique id.
        3 ROLES: Table<UniqueId, records::Role> = "roles";
        /// Groups, by unique id.
        4 GROUPS: Table<UniqueId, records::Group> = "groups";
        /// Customer-managed policies, by unique id.
        5 POLICIES: Table<UniqueId, records::ManagedPolicy> = "policies";
        /// Long-term access keys.
        6 ACCESS_KEYS: Table<AccessKeyId, records::AccessKey> = "access keys";
        /// Virtual MFA devices, by serial number.
        21 MFA_DEVICES: Table<String, records::MfaDevice> = "MFA devices";
        /// How often codes were verified lately, by the serial number of the device.
        22 MFA_VERIFICATIONS: Table<String, records::MfaVerifications> = "MFA verifications";
        /// Codes that were used up, by the serial number of the device and the step.
        23 USED_CODES: Table<(String, i64), records::UsedCode> = "used codes";
        /// Up to which step every code counts as used, by the serial number of the device; absent while all are remembered.
        29 USED_UP_TO: Table<String, records::UsedUpTo> = "used up to";
        /// Organizations, by management account.
        30 ORGANIZATIONS: Table<AccountId, records::Organization> = "organizations";
        /// How the clock is steered; no row while it shows the machine's time.
        40 STEERING: Table<u8, records::Steering> = "steering";
        /// Providers of OpenID Connect, by ARN.
        24 OIDC_PROVIDERS: Table<String, records::OidcProvider> = "OIDC providers";
        /// Providers of SAML, by ARN.
        25 SAML_PROVIDERS: Table<String, records::SamlProvider> = "SAML providers";
        /// Passwords, by whose they are.
        26 LOGIN_PROFILES: Table<records::KeyOwner, records::LoginProfile> = "login profiles";
        /// What accounts ask of passwords.
        27 PASSWORD_POLICIES: Table<AccountId, records::PasswordPolicy> = "password policies";
        /// Instance profiles, by unique id.
        50 INSTANCE_PROFILES: Table<UniqueId, records::InstanceProfile> = "instance profiles";
        /// When access keys were last used.
        51 KEY_USES: Table<AccessKeyId, records::Use> = "uses of keys";
        /// When roles were last used.
        52 ROLE_USES: Table<UniqueId, records::Use> = "uses of roles";
        /// Assertions that were used up, by a digest of their issuer and ID.
        62 USED_ASSERTIONS: Table<[u8; 32], records::UsedAssertion> = "used assertions";
        /// Credential reports, as they were made.
        70 CREDENTIAL_REPORTS: Table<AccountId, records::CredentialReport> = "credential reports";
        /// What is delivered to whom; one row, or none if no seed says anything of it.
        90 DELIVERY: Table<u8, records::Delivery> = "delivery";
        /// Keys that seal session tokens.
        7 RING: Table<u32, records::RingKey> = "key ring";
        /// Sessions ended before their time, by session id.
        8 REVOKED_SESSIONS: Table<[u8; 16], records::RevokedSession> = "revoked sessions";
        /// Which generation of sessions of a user or role is alive, by its unique id; absent for the first one.
        9 REVOKED_ISSUERS: Table<UniqueId, records::RevokedIssuer> = "revoked issuers";
        /// The same of root users, by their account.
        11 REVOKED_ROOTS: Table<AccountId, records::RevokedIssuer> = "revoked root users";
        /// Which accounts vouch for their own before others.
        60 OUTBOUND: Table<AccountId, records::Outbound> = "outbound federation";
        /// The keys by which issuers sign tokens.
        61 TOKEN_KEYS: Table<IssuerId, records::TokenKeys> = "token keys";
        /// States that were kept under a name.
        80 SNAPSHOTS: Table<String, records::Snapshot> = "snapshots";
        /// Their rows, in pieces, by the name and the number of the piece.
        81 SNAPSHOT_PIECES: Table<(String, i64), records::SnapshotPiece> = "pieces of snapshots";
    }

    /// Refuses rows of tables that only a later release has: what is not read would be lost with the next wipe.
    pub fn check(rows: &[Row]) -> Result<(), StoreFault> {
        let unknown = rows.iter().filter_map(|row| row.key.first()).find(|number| !NUMBERS.contains(number));
        unknown.map_or(Ok(()), |number| Err(StoreFault(format!("it has a table {number}, which {LATER}"))))
    }

    /// Of what this release cannot read, though it is no damage.
    pub(super) const LATER: &str = "only a later release knows: start the release that wrote it, or a later one";

    /// Whether a row stays where everything else goes.
    pub fn outlives_wipes(row_key: &[u8]) -> bool {
        SNAPSHOTS.owns(row_key) || SNAPSHOT_PIECES.owns(row_key)
    }
}
