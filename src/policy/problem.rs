//! Why a document is refused, as deeds with data.
//!
//! Plain words for a person are in `problem_text`; AWS's sentences are written elsewhere, by kind of policy.

use crate::json::NotJson;

/// A refused document: where, and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Place in the document, such as `Statement[1].Resource[0]`; empty for the whole.
    pub path: String,
    /// What is wrong.
    pub problem: Problem,
}

impl ParseError {
    pub(super) fn new(path: impl Into<String>, problem: impl Into<Problem>) -> Self {
        Self { path: path.into(), problem: problem.into() }
    }
}

/// What a document did wrong, with what it wrote there. Which sentence AWS prints for it depends on the kind of policy as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The text is no JSON.
    NotJson(NotJson),
    /// JSON, but no policy.
    Syntax(SyntaxFault),
    /// `Version` is absent or `2008-10-17` where `2012-10-17` is demanded.
    OldVersion,
    /// A statement names principals where none may stand.
    PrincipalNotAllowed,
    /// What IAM's older parser refuses.
    Legacy(LegacyFault),
    /// Two statements share a Sid.
    RepeatedSid(String),
    /// A Sid holds more than letters and digits.
    SidCharacters(String),
    /// A statement without actions, or with an empty list of them.
    NoActions,
    /// A statement without resources, or with an empty list of them.
    NoResources,
    /// A resource that cannot be.
    Resource(ResourceFault),
    /// An action that cannot be.
    Action(ActionFault),
    /// A condition value that its operator cannot read.
    Operand {
        /// Which sort of value was due.
        family: OperandFamily,
        /// The operator as written.
        operator: String,
        /// The value as written.
        value: String,
    },
    /// An element that this kind of policy demands is absent: `Principal`, `Action`, `Resource`.
    MissingField(&'static str),
    /// An element that this kind of policy demands is there and empty.
    EmptyField(&'static str),
    /// An element that this kind of policy may not hold.
    ProhibitedField(&'static str),
    /// A trust policy names an action outside the assume-role family, or in another case.
    NotAssumeRoleAction(String),
    /// A principal that cannot be, or that does not exist.
    InvalidPrincipal {
        /// The kind as AWS prints it: `AWS`, `SERVICE`, `STAR`, `FEDERATED`, `CANONICAL_USER`.
        kind: &'static str,
        /// The value as written.
        value: String,
    },
    /// A federated principal that is neither a host name nor a provider ARN.
    FederatedNotProvider(String),
    /// A trust on a shared issuer that does not say whose tokens it admits.
    SharedIssuer(SharedIssuerFault),
    /// What Organizations refuses in a resource control policy beyond the grammar.
    ResourceControl(ResourceControlFault),
}

/// Why a JSON text is no policy, with what it wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyntaxFault {
    /// The document is JSON but no object.
    NotAnObject,
    /// An object holds one key twice.
    RepeatedElement(String),
    /// An element that the grammar does not know; names are case-sensitive.
    UnknownElement(String),
    /// A value of another JSON type than the element takes.
    WrongType,
    /// A version other than the two there are.
    BadVersion(String),
    /// No `Statement`.
    NoStatement,
    /// `Statement` is an empty list.
    EmptyStatement,
    /// No `Effect`.
    NoEffect,
    /// An effect that is neither word, in any case.
    BadEffect(String),
    /// `Action` beside `NotAction`.
    BothActions,
    /// `Resource` beside `NotResource`.
    BothResources,
    /// `Principal` beside `NotPrincipal`.
    BothPrincipals,
    /// A principal kind that does not exist.
    UnknownPrincipalKind(String),
    /// A condition operator that does not exist; names are case-sensitive.
    UnknownOperator(String),
}

/// What IAM's older parser refuses, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegacyFault {
    /// `allow` or `DENY`.
    EffectCase(String),
    /// A date condition with a value that is no date.
    Date(String),
    /// An ARN of too few parts that skips one, or that names no service.
    Arn(String),
}

/// Why a resource cannot be, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceFault {
    /// Neither `*` nor anything with a colon.
    NotArn(String),
    /// A partition that does not exist.
    Partition {
        /// The partition as written.
        partition: String,
        /// The resource in the repaired form that IAM prints: six parts, the first of them `arn`.
        repaired: String,
    },
    /// The ARN ends after its partition.
    NoVendor(String),
    /// A wildcard in the name of the service.
    OpenVendor(String),
    /// A bucket or object ARN with a region, in its repaired form.
    S3Region(String),
    /// A bucket or object ARN with an account.
    S3Account(String),
    /// An ARN of Route 53 with a region.
    Route53Region(String),
    /// An IAM ARN with a region.
    IamRegion(String),
    /// An IAM ARN whose path begins with no kind of IAM entity.
    IamPath(String),
}

/// Why an action cannot be, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionFault {
    /// No colon.
    NoVendor(String),
    /// More than one colon.
    SeveralColons(String),
    /// A wildcard in the vendor; the vendor alone.
    OpenVendor(String),
    /// A vendor with characters that no vendor has; the vendor alone.
    BadVendor(String),
}

/// Sorts of condition values that have a form of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperandFamily {
    /// `Numeric...`
    Number,
    /// `Date...`
    Date,
    /// `IpAddress`, `NotIpAddress`
    Ip,
    /// `Arn...`
    Arn,
    /// `BinaryEquals`
    Binary,
}

/// Why a trust on a shared issuer is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SharedIssuerFault {
    /// No condition at all, on the one issuer (Cognito) that has a sentence of its own for it.
    NoCondition(String),
    /// No good condition on the claim that tells tenants apart.
    Unscoped {
        /// How AWS prints the principal: the host, or for GitHub the provider ARN as written.
        principal: String,
        /// The condition keys of which one must be tested.
        keys: Vec<String>,
    },
    /// The same of an issuer whose tokens tell of applications, which have a sentence of their own.
    NoApplication {
        /// The issuer's host.
        issuer: String,
        /// The condition keys of which one must be tested.
        keys: Vec<String>,
    },
}

/// What Organizations refuses in a resource control policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceControlFault {
    /// Only AWS's own full-access policy may allow.
    Allow,
    /// The lone action `*`.
    BareAction,
    /// A service that resource control policies do not reach.
    UnsupportedService(String),
    /// An element that may not stand: `NotAction`, `NotPrincipal`.
    Element(&'static str),
    /// A principal other than everyone.
    Principal,
}

macro_rules! problems {
    ($($variant:ident($fault:ident)),*) => {
        $(impl From<$fault> for Problem {
            fn from(fault: $fault) -> Self {
                Self::$variant(fault)
            }
        })*
    };
}

problems!(
    NotJson(NotJson),
    Syntax(SyntaxFault),
    Legacy(LegacyFault),
    Resource(ResourceFault),
    Action(ActionFault),
    ResourceControl(ResourceControlFault),
    SharedIssuer(SharedIssuerFault)
);
