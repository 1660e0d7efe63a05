//! What well-formed elements may say, checked in AWS's order: the first fault answers.
//!
//! The order for identity policies was recorded with documents that hold two faults each: version, the older parser,
//! Sids, absent actions, absent resources, resources, actions.

use super::arn::is_account;
use super::document::Version;
use super::parse::PolicyKind;
use super::pattern::has_wildcard;
use super::principal::{Meaning, PrincipalEntry};
use super::problem::{ActionFault, LegacyFault, OperandFamily, ParseError, Problem, ResourceFault};
use super::syntax::{Draft, DraftStatement, List, element};
use super::variables::{names, split_at_colon};
use super::{arn, resource_control, trust};

/// That a document is about to be saved, and where.
#[derive(Clone, Copy)]
pub(super) struct Saving<'p> {
    /// The partition of its account.
    pub(super) partition: &'p str,
}

/// Checks a document of the right shape as a policy of a kind.
pub(super) fn check(draft: &Draft, kind: PolicyKind, saving: Option<Saving<'_>>) -> Result<(), ParseError> {
    match kind {
        PolicyKind::Trust => trust::check(draft, saving.is_some()),
        PolicyKind::Resource => check_resource_policy(draft, &[]),
        PolicyKind::ResourceControl => resource_control::check(draft),
        PolicyKind::Managed if draft.version != Some(Version::V2012) => {
            Err(ParseError::new("Version", Problem::OldVersion))
        }
        PolicyKind::Identity | PolicyKind::Managed | PolicyKind::Session | PolicyKind::ServiceControl => {
            check_without_principals(draft, kind, saving)
        }
    }
}

fn check_without_principals(draft: &Draft, kind: PolicyKind, saving: Option<Saving<'_>>) -> Result<(), ParseError> {
    let statements = &draft.statements;
    if let Some(statement) = statements.iter().find(|statement| statement.principal.is_some()) {
        return Err(statement.fault("Principal", Problem::PrincipalNotAllowed));
    }
    for statement in statements {
        effect_case(statement)?;
        legacy_arns(statement, saving.is_some())?;
        // AWS: session policies may hold what no operator can read, save for binary values (measured).
        let tolerated: &[_] = if kind == PolicyKind::Session { &ALL_BUT_BINARY } else { &[] };
        operands(statement, tolerated, saving.is_some())?;
    }
    sids(statements)?;
    let absent = |list: &Option<List>| list.as_ref().is_none_or(|list| list.texts.is_empty());
    if let Some(statement) = statements.iter().find(|statement| absent(&statement.actions)) {
        return Err(statement.fault("Action", Problem::NoActions));
    }
    if let Some(statement) = statements.iter().find(|statement| absent(&statement.resources)) {
        return Err(statement.fault("Resource", Problem::NoResources));
    }
    resources(statements, saving)?;
    actions(statements, saving.is_some())
}

/// Checks a resource's policy for a simulator, to which anything may be a network (measured).
pub(super) fn check_to_simulate(draft: &Draft) -> Result<(), ParseError> {
    check_resource_policy(draft, &[OperandFamily::Ip])
}

fn check_resource_policy(draft: &Draft, tolerated: &[OperandFamily]) -> Result<(), ParseError> {
    for statement in &draft.statements {
        required(statement)?;
    }
    for statement in &draft.statements {
        effect_case(statement)?;
        operands(statement, tolerated, false)?;
        principals(statement)?;
    }
    unique_sids(&draft.statements)?;
    resources(&draft.statements, None)?;
    actions(&draft.statements, false)
}

fn required(statement: &DraftStatement) -> Result<(), ParseError> {
    demand(statement, "Principal", statement.principal.as_ref().map(|principals| principals.entries.len()))?;
    demand(statement, "Action", statement.actions.as_ref().map(|list| list.texts.len()))?;
    demand(statement, "Resource", statement.resources.as_ref().map(|list| list.texts.len()))
}

/// An element that must be there and hold something; `length` says how much it holds.
pub(super) fn demand(statement: &DraftStatement, field: &'static str, length: Option<usize>) -> Result<(), ParseError> {
    match length {
        None => Err(statement.fault(field, Problem::MissingField(field))),
        Some(0) => Err(statement.fault(field, Problem::EmptyField(field))),
        Some(_) => Ok(()),
    }
}

fn principals(statement: &DraftStatement) -> Result<(), ParseError> {
    let entries = statement.principal.as_ref().map_or(&[][..], |principals| &principals.entries);
    for (kind, text) in entries {
        if text.is_empty() || *PrincipalEntry::new(*kind, text).meaning() == Meaning::Nobody {
            let problem = Problem::InvalidPrincipal { kind: trust::printed(*kind), value: text.clone() };
            return Err(statement.fault("Principal", problem));
        }
    }
    Ok(())
}

pub(super) fn effect_case(statement: &DraftStatement) -> Result<(), ParseError> {
    match statement.effect.as_str() {
        "Allow" | "Deny" => Ok(()),
        other => Err(statement.fault("Effect", LegacyFault::EffectCase(other.to_owned()))),
    }
}

fn legacy_arns(statement: &DraftStatement, saving: bool) -> Result<(), ParseError> {
    let Some(list) = &statement.resources else {
        return Ok(());
    };
    match list.texts.iter().enumerate().find(|(_, text)| is_legacy_fault(text, saving)) {
        None => Ok(()),
        Some((at, text)) => Err(statement.fault(list.element("Resource", at), LegacyFault::Arn(text.clone()))),
    }
}

/// An ARN of a known partition that names no service, or whose region or account cannot be one.
fn is_legacy_fault(text: &str, saving: bool) -> bool {
    let parts = parts(text);
    let [head, partition, service, places @ ..] = parts.as_slice() else {
        return false;
    };
    let known = *head == "arn" && is_partition(partition);
    // What was saved before, whole, still counts.
    let looks = saving || (parts.len() < 6 && text.contains("::"));
    known && (service.is_empty() || (looks && places.iter().take(2).any(|place| !is_place(place))))
}

/// Words joined by single hyphens. AWS: they need not be places that exist, such as `region` and `account-id`, but
/// one letter is none (recorded).
fn is_place(part: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'*' | b'?');
    let is_word = part.bytes().all(fits) && !part.contains("--") && (part.len() != 1 || has_wildcard(part));
    is_word || is_from_context(part)
}

/// AWS: what stands in `${...}` without the prefix of a context key is no variable, such as a placeholder (quoted).
fn is_from_context(part: &str) -> bool {
    let is_key = |name: &String| name.split_once(':').is_some_and(|(_, rest)| !rest.starts_with(':'));
    names(part).iter().any(is_key)
}

const ALL_BUT_BINARY: [OperandFamily; 4] =
    [OperandFamily::Number, OperandFamily::Date, OperandFamily::Ip, OperandFamily::Arn];

/// Refuses condition values that their operator cannot read, save those of some families.
pub(super) fn operands(
    statement: &DraftStatement,
    tolerated: &[OperandFamily],
    saving: bool,
) -> Result<(), ParseError> {
    for condition in &statement.conditions {
        let Some((family, at, value)) = condition.malformed(saving) else {
            continue;
        };
        if tolerated.contains(&family) {
            continue;
        }
        let operator = condition.operator().name();
        let value = value.to_owned();
        let problem = match family {
            OperandFamily::Date => Problem::Legacy(LegacyFault::Date(value)),
            _ => Problem::Operand { family, operator: operator.to_owned(), value },
        };
        let name = format!("Condition.{operator}.{}", condition.key());
        return Err(statement.fault(element(&name, at, condition.values().count()), problem));
    }
    Ok(())
}

/// Sids differ, the empty ones excepted, and are made of letters and digits.
pub(super) fn sids(statements: &[DraftStatement]) -> Result<(), ParseError> {
    unique_sids(statements)?;
    for statement in statements {
        if let Some(sid) = statement.sid.as_ref().filter(|sid| !sid.bytes().all(|b| b.is_ascii_alphanumeric())) {
            return Err(statement.fault("Sid", Problem::SidCharacters(sid.clone())));
        }
    }
    Ok(())
}

fn unique_sids(statements: &[DraftStatement]) -> Result<(), ParseError> {
    let mut seen = std::collections::HashSet::new();
    for statement in statements {
        if let Some(sid) = statement.sid.as_ref().filter(|sid| !sid.is_empty())
            && !seen.insert(sid.as_str())
        {
            return Err(statement.fault("Sid", Problem::RepeatedSid(sid.clone())));
        }
    }
    Ok(())
}

pub(super) fn resources(statements: &[DraftStatement], saving: Option<Saving<'_>>) -> Result<(), ParseError> {
    each(statements, "Resource", |statement| statement.resources.as_ref(), |text| resource(text, saving))
}

pub(super) fn actions(statements: &[DraftStatement], saving: bool) -> Result<(), ParseError> {
    each(statements, "Action", |statement| statement.actions.as_ref(), |text| action(text, saving))
}

/// AWS: `Resource` of all statements before `NotResource`; of a list the fault that is first by the alphabet is told
/// (recorded), here of actions as well.
fn each<F: Into<Problem>>(
    statements: &[DraftStatement],
    name: &str,
    list: impl Fn(&DraftStatement) -> Option<&List>,
    check: impl Fn(&str) -> Result<(), F>,
) -> Result<(), ParseError> {
    for negated in [false, true] {
        for statement in statements {
            let Some(list) = list(statement).filter(|list| list.negated == negated) else {
                continue;
            };
            for (at, text) in by_alphabet(&list.texts) {
                check(text).map_err(|fault| statement.fault(list.element(name, at), fault))?;
            }
        }
    }
    Ok(())
}

fn resource(text: &str, saving: Option<Saving<'_>>) -> Result<(), ResourceFault> {
    let written = || text.to_owned();
    let parts = parts(text);
    let part = |at: usize| parts.get(at).copied();
    let or_none = |at: usize| part(at).unwrap_or_default();
    // AWS: every region is none in particular, written out or left out.
    let region = Some(or_none(3)).filter(|region| *region != "*").unwrap_or_default();
    let (Some(partition), service, account) = (part(1), part(2), or_none(4)) else {
        // A variable may bring the whole ARN.
        let may_be_one = text == "*" || is_from_context(text) || (saving.is_none() && text.starts_with("${"));
        return if may_be_one { Ok(()) } else { Err(ResourceFault::NotArn(written())) };
    };
    let elsewhere = |saving: Saving<'_>| !has_wildcard(partition) && partition != saving.partition;
    if !is_partition(partition) || saving.is_some_and(elsewhere) {
        return Err(ResourceFault::Partition { partition: partition.to_owned(), repaired: repaired(&parts) });
    }
    let Some(service) = service else {
        return Err(ResourceFault::NoVendor(written()));
    };
    let (rest, saving) = (part(5), saving.is_some());
    match service {
        service if saving && has_wildcard(service) => Err(ResourceFault::OpenVendor(written())),
        "s3" if rest.is_some_and(has_s3_region) => Ok(()),
        // AWS: what is short is shown with what it stands for.
        "s3" if !region.is_empty() => Err(ResourceFault::S3Region(repaired(&parts))),
        "s3" if saving && is_account(account) => Err(ResourceFault::S3Account(written())),
        "route53" if saving && !region.is_empty() => Err(ResourceFault::Route53Region(written())),
        "iam" if !region.is_empty() => Err(ResourceFault::IamRegion(written())),
        "iam" if rest.is_some_and(|rest| !is_iam_path(rest)) => Err(ResourceFault::IamPath(written())),
        _ => Ok(()),
    }
}

/// The kinds of S3 resource that live in a region by name.
fn has_s3_region(rest: &str) -> bool {
    const REGIONAL: [&str; 6] =
        ["accesspoint/", "job/", "storage-lens/", "storage-lens-group/", "async-request/", "access-grants/"];
    rest == "*" || REGIONAL.iter().any(|kind| rest.starts_with(kind))
}

fn is_iam_path(rest: &str) -> bool {
    const KINDS: [&str; 14] = [
        "user/",
        "federated-user/",
        "role/",
        "group/",
        "instance-profile/",
        "mfa/",
        "server-certificate/",
        "policy/",
        "sms-mfa/",
        "saml-provider/",
        "oidc-provider/",
        "report/",
        "access-report/",
        // In policies of AWS's own; IAM's sentence does not list it.
        "role-template/",
    ];
    rest == "*" || rest == "root" || KINDS.iter().any(|kind| rest.starts_with(kind))
}

/// The resource as IAM prints it with a bad partition: the first part becomes `arn`, the missing ones `*`.
fn repaired(parts: &[&str]) -> String {
    let mut shown: Vec<&str> = parts.to_vec();
    if let Some(first) = shown.first_mut() {
        *first = "arn";
    }
    if let [_, _, service @ ""] = shown.as_mut_slice() {
        *service = "*";
    }
    while shown.len() < 6 {
        shown.push("*");
    }
    shown.join(":")
}

fn action(text: &str, saving: bool) -> Result<(), ActionFault> {
    if text == "*" {
        return Ok(());
    }
    let Some((vendor, name)) = text.split_once(':') else {
        return Err(ActionFault::NoVendor(text.to_owned()));
    };
    if name.contains(':') {
        return Err(ActionFault::SeveralColons(text.to_owned()));
    }
    if saving && has_wildcard(vendor) && text != "*:*" {
        return Err(ActionFault::OpenVendor(vendor.to_owned()));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    if vendor == "*" || (!vendor.is_empty() && vendor.bytes().all(plain)) {
        return Ok(());
    }
    Err(ActionFault::BadVendor(vendor.to_owned()))
}

/// The texts with their places, sorted.
fn by_alphabet(texts: &[String]) -> Vec<(usize, &str)> {
    let mut sorted: Vec<(usize, &str)> = texts.iter().map(String::as_str).enumerate().collect();
    sorted.sort_by_key(|(_, text)| *text);
    sorted
}

/// Colons inside variables do not split.
fn parts(text: &str) -> Vec<&str> {
    arn::up_to_six(text, split_at_colon)
}

/// A partition there is, or a text that may stand for one.
fn is_partition(text: &str) -> bool {
    const PARTITIONS: [&str; 8] =
        ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"];
    PARTITIONS.contains(&text) || has_wildcard(text) || text.contains("${")
}
