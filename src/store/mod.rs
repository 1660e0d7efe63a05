//! What must outlive the process: typed tables over a narrow engine.
//!
//! An engine speaks in revisions: load everything, commit a batch with expectations. `sled` does it on disk
//! and `memory` for ephemeral services; one conformance suite holds for both. No decision is made here.

mod directory;
mod engine;
mod faulty;
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
pub use faulty::FaultyEngine;
pub use memory::MemoryEngine;
pub use on_disk::SledEngine;
pub use row_log::RowLog;
pub use table::{Key, Record, Table};

/// The tables of `state/`: this list is the schema. A number is never given to another table.
pub mod tables {
    use super::Table;
    use super::records;
    use crate::ids::{AccessKeyId, AccountId, IssuerId, UniqueId};

    /// What this directory is: its format, its seed.
    pub const ABOUT: Table<u8, records::About> = Table::new(0, "about");
    /// The rows that `reset` brings back, by their own keys.
    pub const BASELINE: Table<Vec<u8>, records::BaselineRow> = Table::new(10, "baseline");
    /// Accounts.
    pub const ACCOUNTS: Table<AccountId, records::Account> = Table::new(1, "accounts");
    /// What accounts have set about regions; those that set nothing have no row.
    pub const REGION_SETTINGS: Table<AccountId, records::RegionSettings> = Table::new(20, "region settings");
    /// Users, by unique id.
    pub const USERS: Table<UniqueId, records::User> = Table::new(2, "users");
    /// Roles, by unique id.
    pub const ROLES: Table<UniqueId, records::Role> = Table::new(3, "roles");
    /// Groups, by unique id.
    pub const GROUPS: Table<UniqueId, records::Group> = Table::new(4, "groups");
    /// Customer-managed policies, by unique id.
    pub const POLICIES: Table<UniqueId, records::ManagedPolicy> = Table::new(5, "policies");
    /// Long-term access keys.
    pub const ACCESS_KEYS: Table<AccessKeyId, records::AccessKey> = Table::new(6, "access keys");
    /// Virtual MFA devices, by serial number.
    pub const MFA_DEVICES: Table<String, records::MfaDevice> = Table::new(21, "MFA devices");
    /// How often codes were verified lately, by the serial number of the device.
    pub const MFA_VERIFICATIONS: Table<String, records::MfaVerifications> = Table::new(22, "MFA verifications");
    /// Codes that were used up, by the serial number of the device and the step.
    pub const USED_CODES: Table<(String, i64), records::UsedCode> = Table::new(23, "used codes");
    /// Up to which step every code counts as used, by the serial number of the device; absent while all are remembered.
    pub const USED_UP_TO: Table<String, records::UsedUpTo> = Table::new(29, "used up to");
    /// Organizations, by management account.
    pub const ORGANIZATIONS: Table<AccountId, records::Organization> = Table::new(30, "organizations");
    /// How the clock is steered; no row while it shows the machine's time.
    pub const STEERING: Table<u8, records::Steering> = Table::new(40, "steering");
    /// Providers of OpenID Connect, by ARN.
    pub const OIDC_PROVIDERS: Table<String, records::OidcProvider> = Table::new(24, "OIDC providers");
    /// Providers of SAML, by ARN.
    pub const SAML_PROVIDERS: Table<String, records::SamlProvider> = Table::new(25, "SAML providers");
    /// Passwords, by whose they are.
    pub const LOGIN_PROFILES: Table<records::KeyOwner, records::LoginProfile> = Table::new(26, "login profiles");
    /// What accounts ask of passwords.
    pub const PASSWORD_POLICIES: Table<AccountId, records::PasswordPolicy> = Table::new(27, "password policies");
    /// Instance profiles, by unique id.
    pub const INSTANCE_PROFILES: Table<UniqueId, records::InstanceProfile> = Table::new(50, "instance profiles");
    /// When access keys were last used.
    pub const KEY_USES: Table<AccessKeyId, records::Use> = Table::new(51, "uses of keys");
    /// When roles were last used.
    pub const ROLE_USES: Table<UniqueId, records::Use> = Table::new(52, "uses of roles");
    /// Assertions that were used up, by a digest of their issuer and ID.
    pub const USED_ASSERTIONS: Table<[u8; 32], records::UsedAssertion> = Table::new(62, "used assertions");
    /// Credential reports, as they were made.
    pub const CREDENTIAL_REPORTS: Table<AccountId, records::CredentialReport> = Table::new(70, "credential reports");
    /// What is delivered to whom; one row, or none if no seed says anything of it.
    pub const DELIVERY: Table<u8, records::Delivery> = Table::new(90, "delivery");
    /// Keys that seal session tokens.
    pub const RING: Table<u32, records::RingKey> = Table::new(7, "key ring");
    /// Sessions ended before their time, by session id.
    pub const REVOKED_SESSIONS: Table<[u8; 16], records::RevokedSession> = Table::new(8, "revoked sessions");
    /// Which generation of sessions of a user or role is alive, by its unique id; absent for the first one.
    pub const REVOKED_ISSUERS: Table<UniqueId, records::RevokedIssuer> = Table::new(9, "revoked issuers");
    /// The same of root users, by their account.
    pub const REVOKED_ROOTS: Table<AccountId, records::RevokedIssuer> = Table::new(11, "revoked root users");
    /// Which accounts vouch for their own before others.
    pub const OUTBOUND: Table<AccountId, records::Outbound> = Table::new(60, "outbound federation");
    /// The keys by which issuers sign tokens.
    pub const TOKEN_KEYS: Table<IssuerId, records::TokenKeys> = Table::new(61, "token keys");
    /// States that were kept under a name.
    pub const SNAPSHOTS: Table<String, records::Snapshot> = Table::new(80, "snapshots");
    /// Their rows, in pieces, by the name and the number of the piece.
    pub const SNAPSHOT_PIECES: Table<(String, i64), records::SnapshotPiece> = Table::new(81, "pieces of snapshots");

    /// Whether a row stays where everything else goes.
    pub fn outlives_wipes(row_key: &[u8]) -> bool {
        SNAPSHOTS.owns(row_key) || SNAPSHOT_PIECES.owns(row_key)
    }
}
