//! The credential report: who has which credentials, and when they were last used.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::action::{Look, Target};
use super::shown::root_created;
use crate::action;
use crate::api::ApiError;
use crate::identities::{AccessKey, User};
use crate::store::records::{CredentialReport, KeyOwner, LoginProfile, PasswordPolicy};
use crate::time::Timestamp;

/// AWS: a report is made anew no more often than that, and shown no longer.
const LASTS_SECONDS: i64 = 4 * 60 * 60;
const COLUMNS: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

action! {
    /// Has a credential report made, unless there is one that is younger than four hours. It is made at once.
    GenerateCredentialReport;
    input GenerateCredentialReportInput {}
    errors [LimitExceeded]
    output GenerateCredentialReportOutput {
        /// What is said of one that was begun.
        "Description" description: Option<String>,
        /// `STARTED` or `COMPLETE`.
        "State" state: String,
    }
    on |_input, _look| Ok(Target::any());
    writes |_input, desk| {
        let (account, now) = (desk.asker.account, desk.now);
        if desk.identities.credential_report(account).is_some_and(|report| is_good(report, now)) {
            return Ok(GenerateCredentialReportOutput { description: None, state: "COMPLETE".to_owned() });
        }
        let report = CredentialReport { generated: now.whole_second(), content: report(desk.look()) };
        desk.identities.put_credential_report(desk.batch, account, report).map_err(ApiError::internal)?;
        let description = "No report exists. Starting a new report generation task".to_owned();
        Ok(GenerateCredentialReportOutput { description: Some(description), state: "STARTED".to_owned() })
    };
}

action! {
    /// Shows the credential report, as it was when it was made.
    GetCredentialReport;
    input GetCredentialReportInput {}
    errors [ReportNotPresent, ReportExpired]
    output GetCredentialReportOutput {
        /// When it was made.
        "GeneratedTime" generated: Timestamp,
        /// `text/csv`.
        "ReportFormat" format: String,
        /// The report in base64.
        "Content" content: String,
    }
    on |_input, _look| Ok(Target::any());
    reads |_input, look| {
        let report = look.identities.credential_report(look.asker.account).ok_or_else(ApiError::no_report)?;
        if !is_good(report, look.now) {
            return Err(ApiError::report_expired());
        }
        let (format, content) = ("text/csv".to_owned(), STANDARD.encode(&report.content));
        Ok(GetCredentialReportOutput { generated: report.generated, format, content })
    };
}

fn is_good(report: &CredentialReport, now: Timestamp) -> bool {
    now < report.generated.plus_seconds(LASTS_SECONDS)
}

/// AWS: the root user, then users in the order of their names whatever their case; no line end behind the last one.
fn report(look: Look<'_>) -> String {
    let account = look.asker.account;
    let mut out = COLUMNS.to_owned();
    let mut row = |name: &str, arn: &str, created: Timestamp, password: &str, owner: &KeyOwner| {
        let has_device = look.identities.mfa_devices_of(owner).next().is_some();
        let _ = write!(out, "\n{name},{arn},{},{password},{has_device}", created.iso());
        // AWS: by their ids, not by their age.
        let mut keys = look.identities.access_keys_of(owner);
        for _ in 0..2 {
            write_key(keys.next().map(|key| &**key), &mut out);
        }
        out.push_str(",false,N/A,false,N/A");
    };
    let root = KeyOwner::Root(account);
    // AWS: whether the root user has a password is told only if a session of AssumeRoot has made one.
    let password_of_root = look.identities.login_profile(&root).map_or_else(
        || "not_supported,no_information,not_supported,not_supported".to_owned(),
        |profile| format!("true,no_information,{},not_supported", profile.changed.iso()),
    );
    row("<root_account>", &look.asker.arn("root"), root_created(), &password_of_root, &root);
    let policy = look.identities.password_policy(account);
    for (_, user) in look.identities.users_after(account, None) {
        let User { id, arn, record, .. } = &**user;
        let owner = KeyOwner::User(id.clone());
        let password = password(look.identities.login_profile(&owner), policy);
        row(record.name.as_str(), arn, record.created, &password, &owner);
    }
    out
}

/// The four columns of a password, with which nobody ever logs in here.
fn password(profile: Option<&Arc<LoginProfile>>, policy: Option<&PasswordPolicy>) -> String {
    const DAY: i64 = 24 * 60 * 60;
    let Some(profile) = profile else { return "false,N/A,N/A,N/A".to_owned() };
    let rotation = policy.and_then(|policy| policy.max_age).map_or_else(
        || "N/A".to_owned(),
        |days| profile.changed.plus_seconds(DAY.saturating_mul(days.into())).iso().to_string(),
    );
    format!("true,no_information,{},{rotation}", profile.changed.iso())
}

fn write_key(key: Option<&AccessKey>, out: &mut String) {
    let Some(key) = key else {
        out.push_str(",false,N/A,N/A,N/A,N/A");
        return;
    };
    let _ = write!(out, ",{},{}", key.record.active, key.record.created.iso());
    match key.last_use.get() {
        None => out.push_str(",N/A,N/A,N/A"),
        Some(last) => {
            let _ = write!(out, ",{},{},{}", last.at.iso(), last.region, last.service);
        }
    }
}
