//! What a trust policy may say on top of the grammar, and what IAM demands of trusts on issuers that many customers share.
//!
//! Whether a named user, role or account exists is not known here: `Policy::principal_arns` lists whom to look up.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html>

use super::arn;
use super::condition::{Comparison, Condition};
use super::document::{Effect, Policy, Statement};
use super::pattern::{Pattern, has_wildcard};
use super::principal::{Meaning, PrincipalEntry, PrincipalKind};
use super::problem::{ParseError, Problem, SharedIssuerFault};
use super::rules::{demand, effect_case, operands, sids};
use super::syntax::{Draft, DraftStatement};
use super::variables::Reading;

/// Checks a document of the right shape as a trust policy, which may be about to be saved.
pub(super) fn check(draft: &Draft, saving: bool) -> Result<(), ParseError> {
    let statements = &draft.statements;
    for statement in statements {
        elements(statement)?;
    }
    for statement in statements {
        effect_case(statement)?;
        operands(statement, &[], saving)?;
    }
    sids(statements)?;
    for statement in statements {
        actions(statement, saving)?;
    }
    for statement in statements {
        principals(statement, saving)?;
    }
    Ok(())
}

fn elements(statement: &DraftStatement) -> Result<(), ParseError> {
    let prohibited = |field| Err(statement.fault(field, Problem::ProhibitedField(field)));
    let principals = statement.principal.as_ref();
    if principals.is_some_and(|principals| principals.negated) {
        return prohibited("NotPrincipal");
    }
    demand(statement, "Principal", principals.map(|principals| principals.kinds))?;
    match &statement.resources {
        None => Ok(()),
        Some(resources) => prohibited(if resources.negated { "NotResource" } else { "Resource" }),
    }
}

// AWS: the names are compared with their case when a trust policy is saved, though not when it is judged (measured).
fn actions(statement: &DraftStatement, saving: bool) -> Result<(), ParseError> {
    let list = statement.actions.as_ref().filter(|list| !list.texts.is_empty());
    let list = list.ok_or_else(|| statement.fault("Action", Problem::NoActions))?;
    // AWS: all of STS is more than may be saved (measured).
    let sound = |text: &str| !list.negated && is_assume_role_action(text) && !(saving && text == "sts:*");
    match list.texts.iter().enumerate().find(|(_, text)| !sound(text)) {
        None => Ok(()),
        Some((at, text)) => {
            Err(statement.fault(list.element("Action", at), Problem::NotAssumeRoleAction(text.clone())))
        }
    }
}

fn is_assume_role_action(text: &str) -> bool {
    let Some(name) = text.strip_prefix("sts:") else {
        return false;
    };
    let name = Pattern::new(name, Reading { wildcards: true, variables: false });
    ASSUME_ROLE_ACTIONS.iter().any(|known| name.matches(known, &super::context::RequestContext::new()))
}

fn principals(statement: &DraftStatement, saving: bool) -> Result<(), ParseError> {
    let entries = statement.principal.as_ref().map_or(&[][..], |principals| &principals.entries);
    if entries.is_empty() {
        return Err(statement.fault("Principal", Problem::NoPrincipals));
    }
    let in_aws = entries.iter().filter(|(kind, _)| *kind == PrincipalKind::Aws).count();
    for (kind, text) in entries {
        principal(*kind, text, in_aws, saving).map_err(|problem| statement.fault("Principal", problem))?;
    }
    Ok(())
}

fn principal(kind: PrincipalKind, text: &str, in_aws: usize, saving: bool) -> Result<(), Problem> {
    let entry = PrincipalEntry::new(kind, text);
    let sound = match kind {
        // AWS: everyone is written `{"AWS": "*"}` here, and not among others.
        PrincipalKind::Star | PrincipalKind::CanonicalUser => false,
        PrincipalKind::Aws => match entry.meaning() {
            Meaning::Nobody => false,
            Meaning::Everyone => in_aws == 1,
            _ => true,
        },
        PrincipalKind::Service => is_host(text) && (!saving || is_of_aws(text)),
        PrincipalKind::Federated if is_host(text) || is_provider(text) => true,
        PrincipalKind::Federated => return Err(Problem::FederatedNotProvider(text.to_owned())),
    };
    if sound { Ok(()) } else { Err(Problem::InvalidPrincipal { kind: printed(kind), value: text.to_owned() }) }
}

/// How AWS prints a kind of principal in a refusal.
pub fn printed(kind: PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::Star => "STAR",
        PrincipalKind::Aws => "AWS",
        PrincipalKind::Federated => "FEDERATED",
        PrincipalKind::Service => "SERVICE",
        PrincipalKind::CanonicalUser => "CANONICAL_USER",
    }
}

fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.bytes().all(plain) && !label.starts_with('-') && !label.ends_with('-')
    };
    text.contains('.') && text.split('.').all(label)
}

/// Whether a host is in a domain in which AWS, in one of its partitions, has services.
fn is_of_aws(host: &str) -> bool {
    const DOMAINS: [&str; 11] = [
        "amazonaws.com",
        "amazonaws.com.cn",
        "amazonaws.eu",
        "api.aws",
        "api.amazonwebservices.com.cn",
        "amazon.com",
        "aws.internal",
        "c2s.ic.gov",
        "sc2s.sgov.gov",
        "cloud.adc-e.uk",
        "csp.hci.ic.gov",
    ];
    DOMAINS.iter().any(|domain| host.strip_suffix(domain).is_some_and(|name| name.ends_with('.')))
}

fn is_provider(text: &str) -> bool {
    provider_name(text, "saml-provider/").or(provider_name(text, "oidc-provider/")).is_some_and(|name| !name.is_empty())
}

fn provider_name<'t>(arn: &'t str, kind: &str) -> Option<&'t str> {
    let [_, partition, "iam", "", account, resource] = arn::parts(arn)? else {
        return None;
    };
    let shaped = !partition.is_empty() && !account.is_empty() && !has_wildcard(arn);
    resource.strip_prefix(kind).filter(|_| shaped)
}

/// Checks that every statement which lets web identities of a shared issuer in also says whose.
///
/// AWS: checked when a trust is saved and never after; a statement that denies, or that does not admit web identities,
/// is free, and one good statement does not excuse another (measured).
pub fn check_shared_issuers(policy: &Policy) -> Result<(), ParseError> {
    for (at, statement) in policy.statements().iter().enumerate() {
        let admits = statement.actions().matches("sts", "AssumeRoleWithWebIdentity");
        if statement.effect() != Effect::Allow || !admits {
            continue;
        }
        for entry in statement.who().entries().iter().filter(|entry| entry.kind() == PrincipalKind::Federated) {
            shared_issuer(statement, entry.text())
                .map_err(|fault| ParseError::new(format!("Statement[{at}]"), Problem::SharedIssuer(fault)))?;
        }
    }
    Ok(())
}

fn shared_issuer(statement: &Statement, principal: &str) -> Result<(), SharedIssuerFault> {
    let issuer = provider_name(principal, "oidc-provider/").unwrap_or(principal);
    let Some(control) = control(issuer) else {
        return Ok(());
    };
    if issuer == COGNITO && statement.conditions().is_empty() {
        return Err(SharedIssuerFault::NoCondition(issuer.to_owned()));
    }
    let keys: Vec<String> = control
        .claims
        .iter()
        .map(|claim| if claim.contains(':') { (*claim).to_owned() } else { format!("{issuer}:{claim}") })
        .collect();
    let mut blocks: Vec<&str> = statement.conditions().iter().map(|condition| condition.operator().name()).collect();
    blocks.dedup();
    let scoped = blocks.iter().any(|block| {
        let in_block = |condition: &&Condition| condition.operator().name() == *block;
        is_scoped(statement.conditions().iter().filter(in_block), &keys, control.values)
    });
    if scoped {
        return Ok(());
    }
    if control.values == Values::Any {
        return Err(SharedIssuerFault::NoApplication { issuer: issuer.to_owned(), keys });
    }
    let principal = if control.values == Values::GitHub { principal } else { issuer };
    Err(SharedIssuerFault::Unscoped { principal: principal.to_owned(), keys })
}

/// Whether one operator's block tests a required key, and every required key in it well.
fn is_scoped<'c>(block: impl Iterator<Item = &'c Condition>, keys: &[String], values: Values) -> bool {
    let required = |condition: &&Condition| match values {
        Values::Any => keys.iter().any(|key| key == condition.key()),
        Values::NotStar | Values::GitHub => keys.iter().any(|key| key.eq_ignore_ascii_case(condition.key())),
    };
    let mut tested = block.filter(required).peekable();
    tested.peek().is_some() && tested.all(|condition| is_good(condition, values))
}

fn is_good(condition: &Condition, values: Values) -> bool {
    let operator = condition.operator();
    let equality = matches!(operator.comparison(), Comparison::StringEquals | Comparison::StringEqualsIgnoreCase);
    let compares = equality || (operator.comparison() == Comparison::StringLike && values != Values::Any);
    let good = |value: &str| match values {
        Values::Any => true,
        Values::NotStar => value != "*",
        Values::GitHub => !value.starts_with('*') && !value.trim().is_empty(),
    };
    compares && !operator.negated() && !operator.if_exists() && condition.values().all(good)
}

/// What a trust on a shared issuer must test.
#[derive(Clone, Copy)]
struct Control {
    /// Claims of the issuer, or whole keys. One of them is enough.
    claims: &'static [&'static str],
    values: Values,
}

/// Which values count as a test.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Values {
    /// Every one, but the key must be spelled in lower case and `StringLike` does not count.
    Any,
    /// Every one but the lone `*`.
    NotStar,
    /// None that begins with `*` and none that is blank.
    GitHub,
}

// AWS: issuers compare exactly, `gitlab.com/private` is not `gitlab.com`; GitHub's by how they begin (measured).
fn control(issuer: &str) -> Option<Control> {
    if issuer.starts_with("token.actions.githubusercontent.com") {
        return Some(Control { claims: &["sub", "job_workflow_ref"], values: Values::GitHub });
    }
    let (_, claims, values) = SHARED.iter().find(|(known, ..)| *known == issuer)?;
    Some(Control { claims, values: *values })
}

const ASSUME_ROLE_ACTIONS: [&str; 6] =
    ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "TagSession", "SetSourceIdentity", "SetContext"];

const COGNITO: &str = "cognito-identity.amazonaws.com";

const SHARED: [(&str, &[&str], Values); 24] = [
    (COGNITO, &["aud"], Values::NotStar),
    ("accounts.google.com", &["aud", "oaud", "sub"], Values::Any),
    ("www.amazon.com", &["app_id", "sub"], Values::Any),
    ("graph.facebook.com", &["app_id", "sub"], Values::Any),
    ("vstoken.actions.githubusercontent.com", &["sub"], Values::NotStar),
    ("oidc-configuration.audit-log.githubusercontent.com", &["sub"], Values::NotStar),
    ("gitlab.com", &["sub"], Values::NotStar),
    ("agent.buildkite.com", &["sub"], Values::NotStar),
    ("app.terraform.io", &["sub"], Values::NotStar),
    ("oidc.codefresh.io", &["sub"], Values::NotStar),
    ("studio.datachain.ai/api", &["sub"], Values::NotStar),
    ("scalr.io", &["sub"], Values::NotStar),
    ("tokens.cloud.shisho.dev", &["sub"], Values::NotStar),
    ("proidc.upbound.io", &["sub"], Values::NotStar),
    ("api.pulumi.com/oidc", &["aud"], Values::NotStar),
    ("sandboxes.cloud", &["aud"], Values::NotStar),
    ("oidc.vercel.com", &["aud"], Values::NotStar),
    ("sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d", &["sts:RoleSessionName"], Values::NotStar),
    ("rh-oidc.s3.us-east-1.amazonaws.com/22ejnvnnturfmt6km08idd0nt4hekbn7", &["sub"], Values::NotStar),
    ("rh-oidc.s3.us-east-1.amazonaws.com/23e3sd27sju1hoou6ohfs68vbno607tr", &["sub"], Values::NotStar),
    ("rh-oidc.s3.us-east-1.amazonaws.com/23ne21h005qjl3n33d8dui5dlrmv2tmg", &["sub"], Values::NotStar),
    ("rh-oidc.s3.us-east-1.amazonaws.com/24jrf12m5dj7ljlfb4ta2frhrcoadm26", &["sub"], Values::NotStar),
    ("oidc.op1.openshiftapps.com/2f785sojlpb85i7402pk3qogugim5nfb", &["sub"], Values::NotStar),
    ("oidc.op1.openshiftapps.com/2c51blsaqa9gkjt0o9rt11mle8mmropu", &["sub"], Values::NotStar),
];
