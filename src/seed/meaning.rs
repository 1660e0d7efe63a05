//! Checks what only the rest of the house can: the policy language, AWS-managed policies, trusted principals.

use std::collections::HashSet;
use std::path::PathBuf;

use super::document::{Account, Document, Located, NamedPolicy, PolicyText};
use super::fault::Faults;
use super::nearest::nearest;
use super::{Place, SeedErrors, delivery, organizations};
use crate::identities::{Identities, aws_managed_names};
use crate::ids::arn::name_in;
use crate::ids::names::ArnText;
use crate::ids::{Partition, services};
use crate::policy::document::Policy;
use crate::policy::parse::PolicyKind;
use crate::policy::principal::{PrincipalEntry, PrincipalKind};
use crate::policy::problem::ParseError;
use crate::policy::trust::check_shared_issuers;

/// `present` are the identities that are there beside the document's.
pub fn check(document: &Document, present: &Identities) -> Result<(), SeedErrors> {
    let mut faults = Faults::default();
    let written = entities(document);
    let known = |arn: &str| written.contains(arn) || present.unique_id(arn).is_some();
    organizations::check_accounts(document, present, &mut faults);
    delivery::check(document, present, &mut faults);
    for organization in &document.organizations {
        for policy in &organization.service_control_policies {
            checked(Policy::parse(&policy.document.json, PolicyKind::ServiceControl), &policy.document, &mut faults);
        }
        for policy in &organization.resource_control_policies {
            checked(Policy::parse(&policy.document.json, PolicyKind::ResourceControl), &policy.document, &mut faults);
        }
    }
    for account in &document.accounts {
        let partition = account.partition;
        for policy in &account.policies {
            check_policy(&policy.document, PolicyKind::Managed, partition, &mut faults);
            for version in policy.versions.iter().flat_map(|versions| &versions.all) {
                check_policy(&version.document, PolicyKind::Managed, partition, &mut faults);
            }
        }
        for policy in inline_policies(account) {
            check_policy(&policy.document, PolicyKind::Identity, partition, &mut faults);
        }
        for group in &account.groups {
            check_attached(&group.attached_policies, None, present, &mut faults);
        }
        for user in &account.users {
            let boundary = user.permissions_boundary.as_ref();
            check_attached(&user.attached_policies, boundary, present, &mut faults);
        }
        for role in &account.roles {
            let boundary = role.permissions_boundary.as_ref();
            check_attached(&role.attached_policies, boundary, present, &mut faults);
            let bound = |arn: &str| role.trusted.iter().any(|(known, _)| known == arn);
            check_trust(&role.trust, partition, &|arn: &str| bound(arn) || known(arn), &mut faults);
        }
    }
    faults.into_result(&[])
}

/// The ARNs of all users and roles that a document has.
fn entities(document: &Document) -> HashSet<String> {
    let of_account = |account: &'_ Account| -> Vec<String> {
        let users = account.users.iter().map(|user| account.arn("user", &user.path, user.name.as_str()));
        users.chain(account.roles.iter().map(|role| account.arn("role", &role.path, role.name.as_str()))).collect()
    };
    document.accounts.iter().flat_map(of_account).collect()
}

/// The inline policies of an account's groups, users and roles.
fn inline_policies(account: &Account) -> impl Iterator<Item = &NamedPolicy> {
    let of_groups = account.groups.iter().flat_map(|group| &group.policies);
    let of_users = account.users.iter().flat_map(|user| &user.policies);
    of_groups.chain(of_users).chain(account.roles.iter().flat_map(|role| &role.policies))
}

fn check_attached(
    attached: &[Located<ArnText>],
    boundary: Option<&Located<ArnText>>,
    present: &Identities,
    faults: &mut Faults,
) {
    let aws_managed = |arn: &&Located<ArnText>| arn.value.as_str().contains(":iam::aws:policy/");
    let attached = attached.iter().filter(|arn| !present.is_attachable(arn.value.as_str()));
    let bounding = boundary.into_iter().filter(|arn| present.managed_policy(arn.value.as_str()).is_none());
    for arn in attached.chain(bounding).filter(aws_managed) {
        faults.push(
            &arn.at,
            format!("the AWS-managed policy {} is not known here", arn.value),
            match meant(arn.value.as_str()) {
                Some(meant) => format!("did you mean `{meant}`? if not, {WRITE_IT}"),
                None => format!("{WRITE_IT}; ListPolicies of the Scope AWS tells which are known"),
            },
        );
    }
}

const WRITE_IT: &str = "write its document under `policies` of the account and attach that";

/// The AWS-managed policy that was meant where its path was forgotten or its name mistyped.
fn meant(arn: &str) -> Option<String> {
    let (before, name) = arn.split_once(":policy/")?;
    let nearest = nearest(name_in(name), aws_managed_names().map(name_in))?;
    let whole = aws_managed_names().find(|whole| name_in(whole) == nearest)?;
    Some(format!("{before}:policy{whole}"))
}

fn check_policy(text: &PolicyText, kind: PolicyKind, partition: Partition, faults: &mut Faults) -> Option<Policy> {
    checked(Policy::parse_to_save(&text.json, kind, partition.as_str()), text, faults)
}

fn checked(parsed: Result<Policy, ParseError>, text: &PolicyText, faults: &mut Faults) -> Option<Policy> {
    parsed.map_err(|error| bad_policy(&text.at, &error.to_string(), faults)).ok()
}

fn check_trust(text: &PolicyText, partition: Partition, known: &dyn Fn(&str) -> bool, faults: &mut Faults) {
    let Some(policy) = check_policy(text, PolicyKind::Trust, partition, faults) else { return };
    if let Err(error) = check_shared_issuers(&policy) {
        bad_policy(&text.at, &error.to_string(), faults);
    }
    for arn in Identities::principals_to_bind(&policy).filter(|arn| !known(arn)) {
        faults.push(
            &text.at,
            format!("the trust policy names {arn}, which does not exist"),
            "add that user or role to the seed, or trust its account and name it in a condition on aws:PrincipalArn",
        );
    }
}

/// A line for each service of which nobody knows and that a role trusts all the same: AWS may have it by now. Of roles that
/// trust alike the first is named.
pub(super) fn unknown_services(document: &Document) -> Vec<String> {
    let trusts = document.accounts.iter().flat_map(|account| &account.roles).map(|role| &role.trust);
    let (mut told, mut seen) = (Vec::new(), HashSet::new());
    for text in trusts.filter(|text| text.json.contains("\"Service\"") && seen.insert(&text.json)) {
        let Ok(policy) = Policy::parse(&text.json, PolicyKind::Trust) else { continue };
        let services = policy.principals().filter(|entry| entry.kind() == PrincipalKind::Service);
        for service in services.map(PrincipalEntry::text).filter(|name| !services::is_known(name)) {
            let at = &text.at;
            told.push(format!(
                "{at}: the trust policy names {service}, of which nobody here knows; IAM refuses a service that is none"
            ));
        }
    }
    told
}

fn bad_policy(at: &Place, error: &str, faults: &mut Faults) {
    let problem = format!("AWS would refuse this policy: {error}");
    faults.push(at, problem, "mend the document; AWS's policy editor says the same");
}

/// Checks seed files as a start would, and prints what is fine; every mistake is in the error.
pub fn check_files(paths: &[PathBuf]) -> Result<(), String> {
    let sources = super::read_files(paths).map_err(|errors| errors.to_string())?;
    let seed = super::parse(&sources, &|name| std::env::var(name).ok()).map_err(|errors| errors.to_string())?;
    check(&seed.document, &Identities::default()).map_err(|errors| errors.to_string())?;
    for warning in &seed.warnings {
        println!("warning: {warning}");
    }
    let count = |each: fn(&Account) -> usize| seed.document.accounts.iter().map(each).sum::<usize>();
    let counted = |many: usize, one: &str| format!("{many} {one}{}", if many == 1 { "" } else { "s" });
    println!(
        "fine: {}, {}, {}",
        counted(seed.document.accounts.len(), "account"),
        counted(count(|account| account.users.len()), "user"),
        counted(count(|account| account.roles.len()), "role")
    );
    Ok(())
}
