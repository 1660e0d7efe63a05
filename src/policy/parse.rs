//! From text to a compiled policy, or to the first fault in the order in which AWS finds them.
//!
//! The order is here and in `rules.rs`; the grammar itself is `syntax.rs`.

use std::collections::HashSet;
use std::sync::Arc;

use super::document::{Actions, Effect, Policy, Resources, Statement, VendorIndex, Version};
use super::pattern::{Pattern, has_wildcard};
use super::principal::{PrincipalEntry, Who};
use super::problem::{ParseError, Problem, SyntaxFault};
use super::rules::Saving;
use super::syntax::{Draft, DraftStatement, List, Principals};
use super::variables::{Reading, has_variable};
use super::{arn, rules, syntax, variables};
use crate::json;

/// A policy needs six levels; the rest guards the stack.
const DEEPEST: usize = 64;

/// What a policy is for; decides what it may and must say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyKind {
    /// Inline in a user, group or role.
    Identity,
    /// A managed policy, attached or as a boundary, which must be of version 2012-10-17.
    Managed,
    /// Passed to a call that makes a session. Condition values that a stored policy may not hold are tolerated.
    Session,
    /// On a resource, such as a bucket.
    Resource,
    /// On a role: who may assume it.
    Trust,
    /// On an organization or a part of it, for its principals.
    ServiceControl,
    /// On an organization or a part of it, for its resources. Only those that customers write: all of them deny.
    ResourceControl,
}

impl PolicyKind {
    /// Whether its statements name principals.
    pub fn names_principals(self) -> bool {
        matches!(self, Self::Resource | Self::Trust | Self::ResourceControl)
    }
}

impl Policy {
    /// Reads a policy of a kind.
    pub fn parse(text: &str, kind: PolicyKind) -> Result<Self, ParseError> {
        Self::checked(text, kind, None)
    }

    /// Reads one that IAM is about to save for an account of `partition`. It takes less than it keeps: what was saved
    /// in laxer times still counts.
    pub fn parse_to_save(text: &str, kind: PolicyKind, partition: &str) -> Result<Self, ParseError> {
        Self::checked(text, kind, Some(Saving { partition }))
    }

    /// Reads a resource's policy that is only proposed, to a simulator.
    pub fn parse_to_simulate(text: &str) -> Result<Self, ParseError> {
        let draft = draft(text)?;
        rules::check_to_simulate(&draft)?;
        Ok(compile(draft, PolicyKind::Resource, text))
    }

    /// Reads the policy of the resource `arn` as its service does when it is set.
    pub fn parse_of(text: &str, arn: &str) -> Result<Self, ParseError> {
        let mut draft = draft(text)?;
        complete(&mut draft, arn);
        rules::check(&draft, PolicyKind::Resource, None)?;
        Ok(compile(draft, PolicyKind::Resource, text))
    }

    fn checked(text: &str, kind: PolicyKind, saving: Option<Saving<'_>>) -> Result<Self, ParseError> {
        let draft = draft(text)?;
        rules::check(&draft, kind, saving)?;
        Ok(compile(draft, kind, text))
    }
}

fn draft(text: &str) -> Result<Draft, ParseError> {
    let tree = json::read(text, DEEPEST).map_err(|fault| ParseError::new("", fault))?;
    syntax::read(&tree)
}

/// AWS: policies of image repositories and file systems need not say on what, for they are on nothing else. Those of APIs
/// may leave out what comes before the stage.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html>
fn complete(draft: &mut Draft, arn: &str) {
    let Some([_, _, service, _, _, resource]) = arn::parts(arn) else { return };
    match service {
        "ecr" | "ecr-public" | "elasticfilesystem" => {
            for statement in draft.statements.iter_mut().filter(|statement| statement.resources.is_none()) {
                statement.resources = Some(List { negated: false, texts: vec![arn.to_owned()] });
            }
        }
        "execute-api" => {
            let stage = resource.find('/').map_or(0, |at| resource.len() - at);
            let api = arn.get(..arn.len() - stage).unwrap_or(arn);
            let lists = draft.statements.iter_mut().filter_map(|statement| statement.resources.as_mut());
            for text in lists.flat_map(|list| &mut list.texts) {
                if let Some(path) = text.strip_prefix("execute-api:/") {
                    *text = format!("{api}/{path}");
                }
            }
        }
        _ => {}
    }
}

/// The context keys that a document reads, each once as it is written; escapes of variables are told as keys.
///
/// AWS: it need not say what may be done, nor to what (iam-s-ctxkeys-lenient); a variable counts even where the operator
/// takes none.
pub fn context_keys(text: &str) -> Result<Vec<String>, ParseError> {
    let draft = match draft(text) {
        Err(ParseError {
            problem: Problem::Syntax(SyntaxFault::NoStatement | SyntaxFault::EmptyStatement), ..
        }) => {
            return Ok(Vec::new());
        }
        read => read?,
    };
    let has_variables = draft.version == Some(Version::V2012);
    let names = |text: &str| if has_variables { variables::names(text) } else { Vec::new() };
    let mut keys: Vec<String> = Vec::new();
    for statement in &draft.statements {
        keys.extend(statement.resources.iter().flat_map(|list| &list.texts).flat_map(|text| names(text)));
        for condition in &statement.conditions {
            keys.push(condition.key().to_owned());
            keys.extend(condition.values().flat_map(names));
        }
    }
    let mut seen = HashSet::new();
    keys.retain(|key| seen.insert(key.clone()));
    Ok(keys)
}

fn compile(draft: Draft, kind: PolicyKind, text: &str) -> Policy {
    let variables = draft.version == Some(Version::V2012);
    let statements: Vec<Statement> =
        draft.statements.into_iter().map(|statement| compile_statement(statement, kind, variables)).collect();
    Policy {
        kind,
        source: Arc::from(text),
        version: draft.version,
        id: draft.id.map(String::into_boxed_str),
        index: VendorIndex::new(&statements),
        keys_read: keys_read(&statements),
        statements: statements.into_boxed_slice(),
    }
}

fn keys_read(statements: &[Statement]) -> Box<[Box<str>]> {
    let mut seen = HashSet::new();
    let keys = statements.iter().flat_map(Statement::context_keys).filter(|key| seen.insert(*key));
    keys.map(Box::from).collect()
}

fn compile_statement(draft: DraftStatement, kind: PolicyKind, variables: bool) -> Statement {
    let actions = draft.actions.unwrap_or(List { negated: false, texts: Vec::new() });
    Statement {
        sid: draft.sid.map(String::into_boxed_str),
        effect: if draft.effect.eq_ignore_ascii_case("Deny") { Effect::Deny } else { Effect::Allow },
        who: draft.principal.as_ref().map_or(Who::Unsaid, compile_who),
        actions: Actions::new(actions.negated, &actions.texts),
        resources: draft.resources.map(|resources| Resources {
            negated: resources.negated,
            patterns: resources.texts.iter().map(|text| resource(text, kind, variables)).collect(),
        }),
        conditions: draft.conditions.into_boxed_slice(),
        place: draft.place,
    }
}

fn compile_who(principals: &Principals) -> Who {
    let entries = principals.entries.iter().map(|(kind, text)| PrincipalEntry::new(*kind, text)).collect();
    if principals.negated { Who::NotThese(entries) } else { Who::These(entries) }
}

/// AWS: an ARN of fewer than six parts means any in the missing ones, but only as written: never one that is short
/// because a variable stands in it, and in a resource's policy only one that has a wildcard.
fn resource(text: &str, kind: PolicyKind, variables: bool) -> Pattern {
    let reading = Reading { wildcards: true, variables };
    let parts = arn::up_to_six(text, |text| reading.cut(text)).len();
    let fills = match kind {
        PolicyKind::Resource => has_wildcard(text),
        _ => true,
    };
    if parts >= 6 || text == "*" || !fills || (variables && has_variable(text)) {
        return Pattern::new(text, reading);
    }
    let padded = format!("{text}{}", ":*".repeat(6 - parts));
    Pattern::with_meaning(text, &padded, reading)
}
