//! Why a document is refused, as deeds with data.
//!
//! The plain words with each are for whoever wrote it into a seed or reads a log; AWS's sentences, by kind of policy, stand
//! in `api::errors`.

use super::problem_text::{principal, quoted, unscoped};
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
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display, derive_more::From)]
pub enum Problem {
    /// The text is no JSON.
    #[from]
    NotJson(NotJson),
    /// JSON, but no policy.
    #[from]
    Syntax(SyntaxFault),
    /// `Version` is absent or `2008-10-17` where `2012-10-17` is demanded.
    #[display("it must be written as `2012-10-17`")]
    OldVersion,
    /// A statement names principals where none may stand.
    #[display("this kind of policy names no principals")]
    PrincipalNotAllowed,
    /// What IAM's older parser refuses.
    #[from]
    Legacy(LegacyFault),
    /// Two statements share a Sid.
    #[display("an earlier statement has the Sid {} too", quoted(_0))]
    RepeatedSid(String),
    /// A Sid holds more than letters and digits.
    #[display("it may have only letters from A to Z and digits, and is {}", quoted(_0))]
    SidCharacters(String),
    /// A statement without actions, or with an empty list of them.
    #[display("it must name an action, such as `sts:AssumeRole`")]
    NoActions,
    /// A statement without resources, or with an empty list of them.
    #[display("it must name a resource, such as `*`")]
    NoResources,
    /// A resource that cannot be.
    #[from]
    Resource(ResourceFault),
    /// An action that cannot be.
    #[from]
    Action(ActionFault),
    /// A condition value that its operator cannot read.
    #[display("{} compares with {family}, and {} is none", quoted(operator), quoted(value))]
    Operand {
        /// Which sort of value was due.
        family: OperandFamily,
        /// The operator as written.
        operator: String,
        /// The value as written.
        value: String,
    },
    /// An element that this kind of policy demands is absent: `Principal`, `Action`, `Resource`.
    #[display("this kind of policy needs `{_0}` in every statement")]
    MissingField(&'static str),
    /// An element that this kind of policy demands is there and empty.
    #[display("it must not be empty")]
    EmptyField(&'static str),
    /// A trust policy tells kinds of principals and names nobody.
    #[display("it must not be empty")]
    NoPrincipals,
    /// An element that this kind of policy may not hold.
    #[display("this kind of policy may not have `{_0}`")]
    ProhibitedField(&'static str),
    /// A trust policy names an action outside the assume-role family, or in another case.
    #[display(
        "{} may not stand here: a trust policy has `Action` with names such as `sts:AssumeRole`, in these \
         capitals",
        quoted(_0)
    )]
    NotAssumeRoleAction(String),
    /// A principal that cannot be, or that does not exist.
    #[display("{}", principal(kind, value))]
    InvalidPrincipal {
        /// The kind as AWS prints it: `AWS`, `SERVICE`, `STAR`, `FEDERATED`, `CANONICAL_USER`.
        kind: &'static str,
        /// The value as written.
        value: String,
    },
    /// A federated principal that is neither a host name nor a provider ARN.
    #[display("{} is neither the host name of an issuer nor the ARN of a provider", quoted(_0))]
    FederatedNotProvider(String),
    /// A trust on a shared issuer that does not say whose tokens it admits.
    #[from]
    SharedIssuer(SharedIssuerFault),
    /// What Organizations refuses in a resource control policy beyond the grammar.
    #[from]
    ResourceControl(ResourceControlFault),
}

/// Why a JSON text is no policy, with what it wrote.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display)]
pub enum SyntaxFault {
    /// The document is JSON but no object.
    #[display("it must be an object, in `{{ }}`")]
    NotAnObject,
    /// An object holds one key twice.
    #[display("{} stands there twice", quoted(_0))]
    RepeatedElement(String),
    /// An element that the grammar does not know; names are case-sensitive.
    #[display("{} is no element that is known here", quoted(_0))]
    UnknownElement(String),
    /// A value of another JSON type than the element takes.
    #[display("it is of another JSON type than may stand here")]
    WrongType,
    /// A version other than the two there are.
    #[display("it must be `2012-10-17` or `2008-10-17`, and is {}", quoted(_0))]
    BadVersion(String),
    /// No `Statement`.
    #[display("it has no `Statement`")]
    NoStatement,
    /// `Statement` is an empty list.
    #[display("it must hold a statement")]
    EmptyStatement,
    /// No `Effect`.
    #[display("it has no `Effect`, which is `Allow` or `Deny`")]
    NoEffect,
    /// An effect that is neither word, in any case.
    #[display("it must be `Allow` or `Deny`, and is {}", quoted(_0))]
    BadEffect(String),
    /// `Action` beside `NotAction`.
    #[display("it may have `Action` or `NotAction`, and has both")]
    BothActions,
    /// `Resource` beside `NotResource`.
    #[display("it may have `Resource` or `NotResource`, and has both")]
    BothResources,
    /// `Principal` beside `NotPrincipal`.
    #[display("it may have `Principal` or `NotPrincipal`, and has both")]
    BothPrincipals,
    /// A principal kind that does not exist.
    #[display("{} is none of `AWS`, `Service`, `Federated` and `CanonicalUser`", quoted(_0))]
    UnknownPrincipalKind(String),
    /// A condition operator that does not exist; names are case-sensitive.
    #[display("{} is no operator, such as `StringEquals` in these capitals", quoted(_0))]
    UnknownOperator(String),
}

/// What IAM's older parser refuses, as written.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display)]
pub enum LegacyFault {
    /// `allow` or `DENY`.
    #[display("it must be `Allow` or `Deny`, and is {}", quoted(_0))]
    EffectCase(String),
    /// A date condition with a value that is no date.
    #[display("{} is not {}", quoted(_0), OperandFamily::Date)]
    Date(String),
    /// An ARN that names no service, or whose region or account cannot be one.
    #[display("{} names no service, or has a region or an account that cannot be one", quoted(_0))]
    Arn(String),
}

/// Why a resource cannot be, as it was written.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display)]
pub enum ResourceFault {
    /// Neither `*` nor anything with a colon.
    #[display("{} is neither `*` nor an ARN, such as `arn:aws:s3:::bucket/*`", quoted(_0))]
    NotArn(String),
    /// A partition that does not exist.
    #[display("{} is not the partition here, such as `aws` in `arn:aws:s3:::bucket/*`", quoted(partition))]
    Partition {
        /// The partition as written.
        partition: String,
        /// The resource in the repaired form that IAM prints: six parts, the first of them `arn`.
        repaired: String,
    },
    /// The ARN ends after its partition.
    #[display("{} ends before the name of a service", quoted(_0))]
    NoVendor(String),
    /// A wildcard in the name of the service.
    #[display("{} must name its service, in which no wildcard may stand", quoted(_0))]
    OpenVendor(String),
    /// A bucket or object ARN with a region, in its repaired form.
    #[display("{} has a region, which buckets and objects leave empty", quoted(_0))]
    S3Region(String),
    /// A bucket or object ARN with an account.
    #[display("{} has an account, which buckets and objects leave empty", quoted(_0))]
    S3Account(String),
    /// An ARN of Route 53 with a region.
    #[display("{} has a region, which Route 53 leaves empty", quoted(_0))]
    Route53Region(String),
    /// An IAM ARN with a region.
    #[display("{} has a region, which IAM leaves empty", quoted(_0))]
    IamRegion(String),
    /// An IAM ARN whose path begins with no kind of IAM entity.
    #[display("{} names nothing that IAM has, such as `role/NAME` or `user/*`", quoted(_0))]
    IamPath(String),
}

/// Why an action cannot be, as it was written.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display)]
pub enum ActionFault {
    /// No colon.
    #[display("{} needs a vendor and a name, such as `sts:AssumeRole`", quoted(_0))]
    NoVendor(String),
    /// More than one colon.
    #[display("{} must have one colon, such as `sts:AssumeRole`", quoted(_0))]
    SeveralColons(String),
    /// A wildcard in the vendor; the vendor alone.
    #[display("{} has a wildcard, where a vendor must be named as `sts` in `sts:*`", quoted(_0))]
    OpenVendor(String),
    /// A vendor with characters that no vendor has; the vendor alone.
    #[display("{} is no vendor, such as `sts` in `sts:AssumeRole`", quoted(_0))]
    BadVendor(String),
}

/// Sorts of condition values that have a form of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, derive_more::Display)]
pub enum OperandFamily {
    /// `Numeric...`
    #[display("a number")]
    Number,
    /// `Date...`
    #[display("a date, such as `2030-01-31T00:00:00Z`")]
    Date,
    /// `IpAddress`, `NotIpAddress`
    #[display("an IP address or range, such as `203.0.113.0/24`")]
    Ip,
    /// `Arn...`
    #[display("an ARN, such as `arn:aws:s3:::bucket`")]
    Arn,
    /// `BinaryEquals`
    #[display("bytes in base64")]
    Binary,
}

/// Why a trust on a shared issuer is refused.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display)]
pub enum SharedIssuerFault {
    /// No condition at all, on the one issuer (Cognito) that has a sentence of its own for it.
    #[display("{} serves many customers, so a condition must say whom you trust", quoted(_0))]
    NoCondition(String),
    /// No good condition on the claim that tells tenants apart.
    #[display("{}", unscoped(principal, keys))]
    Unscoped {
        /// How AWS prints the principal: the host, or for GitHub the provider ARN as written.
        principal: String,
        /// The condition keys of which one must be tested.
        keys: Vec<String>,
    },
    /// The same of an issuer whose tokens tell of applications, which have a sentence of their own.
    #[display("{}", unscoped(issuer, keys))]
    NoApplication {
        /// The issuer's host.
        issuer: String,
        /// The condition keys of which one must be tested.
        keys: Vec<String>,
    },
}

/// What Organizations refuses in a resource control policy.
#[derive(Clone, Debug, PartialEq, Eq, derive_more::Display)]
pub enum ResourceControlFault {
    /// Only AWS's own full-access policy may allow.
    #[display("it must be `Deny` in a resource control policy")]
    Allow,
    /// The lone action `*`.
    #[display("it must name a service, such as `s3:*`")]
    BareAction,
    /// A service that resource control policies do not reach.
    #[display("{} is no service that resource control policies reach", quoted(_0))]
    UnsupportedService(String),
    /// An element that may not stand: `NotAction`, `NotPrincipal`.
    #[display("a resource control policy may not have `{_0}`")]
    Element(&'static str),
    /// A principal other than everyone.
    #[display("it must be `*` in a resource control policy")]
    Principal,
}
