//! What Organizations lets customers write into a resource control policy: everyone may do less, nobody more.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html>

use super::principal::PrincipalKind;
use super::problem::{ParseError, Problem, ResourceControlFault};
use super::rules::{self, effect_case, operands, sids};
use super::syntax::{Draft, DraftStatement, Principals};

/// Checks a document of the right shape as a resource control policy.
pub(super) fn check(draft: &Draft) -> Result<(), ParseError> {
    for statement in &draft.statements {
        effect_case(statement)?;
        operands(statement, &[], false)?;
        if statement.effect == "Allow" {
            return Err(statement.fault("Effect", ResourceControlFault::Allow));
        }
        principal(statement)?;
        actions(statement)?;
        if statement.resources.as_ref().is_none_or(|list| list.texts.is_empty()) {
            return Err(statement.fault("Resource", Problem::NoResources));
        }
    }
    sids(&draft.statements)?;
    rules::resources(&draft.statements, None)?;
    rules::actions(&draft.statements, false)
}

fn principal(statement: &DraftStatement) -> Result<(), ParseError> {
    match &statement.principal {
        None => Err(statement.fault("Principal", Problem::MissingField("Principal"))),
        Some(Principals { negated: true, .. }) => {
            Err(statement.fault("NotPrincipal", ResourceControlFault::Element("NotPrincipal")))
        }
        Some(Principals { entries, .. }) => match entries.as_slice() {
            [(PrincipalKind::Star | PrincipalKind::Aws, text)] if text == "*" => Ok(()),
            _ => Err(statement.fault("Principal", ResourceControlFault::Principal)),
        },
    }
}

fn actions(statement: &DraftStatement) -> Result<(), ParseError> {
    let list = statement.actions.as_ref().filter(|list| !list.texts.is_empty());
    let list = list.ok_or_else(|| statement.fault("Action", Problem::NoActions))?;
    if list.negated {
        return Err(statement.fault("NotAction", ResourceControlFault::Element("NotAction")));
    }
    for text in &list.texts {
        let (vendor, _) = text.split_once(':').unwrap_or((text, ""));
        if vendor == "*" {
            return Err(statement.fault("Action", ResourceControlFault::BareAction));
        }
        if text.contains(':') && !SERVICES.iter().any(|known| known.eq_ignore_ascii_case(vendor)) {
            let vendor = vendor.to_owned();
            return Err(statement.fault("Action", ResourceControlFault::UnsupportedService(vendor)));
        }
    }
    Ok(())
}

/// The services that resource control policies reach, as of September 2026.
const SERVICES: [&str; 63] = [
    "aoss",
    "appconfig",
    "appstream",
    "autoscaling",
    "autoscaling-plans",
    "budgets",
    "clouddirectory",
    "cloudfront",
    "cloudsearch",
    "cloudtrail-data",
    "codeartifact",
    "codebuild",
    "codecommit",
    "codepipeline",
    "cognito-identity",
    "cognito-idp",
    "comprehend",
    "comprehendmedical",
    "compute-optimizer",
    "cost-optimization-hub",
    "dax",
    "dsql",
    "dynamodb",
    "ecr",
    "ecr-public",
    "events",
    "firehose",
    "fis",
    "fms",
    "gamelift",
    "health",
    "inspector-scan",
    "kendra",
    "kinesisvideo",
    "kms",
    "logs",
    "memorydb",
    "networkmonitor",
    "notifications",
    "opensearch",
    "pca-connector-ad",
    "personalize",
    "polly",
    "pricing",
    "resource-groups",
    "rolesanywhere",
    "s3",
    "s3express",
    "secretsmanager",
    "servicediscovery",
    "signin",
    "sqs",
    "sts",
    "support",
    "swf",
    "textract",
    "timestream-influxdb",
    "transcribe",
    "transfer",
    "translate",
    "wafv2",
    "workspaces",
    "xray",
];
